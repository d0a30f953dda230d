"""A call becomes a case, reaches its team, and everyone responsible watches it until the resident says it is solved."""
import unittest

from office import Office, until

ROLES = [("clerk", "intake_clerk"), ("dispatch", "dispatcher"), ("checker", "supervisor"), ("caller", "callback_clerk"),
         ("worker", "station_worker"), ("second", "station_worker"), ("lead", "shift_leader")]


def found(office):
    """The smallest office with everything a case needs; returns its numbers."""
    office.ctl("district", "put", "--code", "119800000000", "--name", "试验区")
    office.ctl("subdistrict", "put", "--code", "119800001000", "--name", "试验街道", "--district_code", "119800000000")
    place = {"office": office.ctl("subdistrict", "list")[0]["office"]}
    for n, name in ((1, "东里"), (2, "西里")):
        office.ctl("community", "put", "--code", f"11980000100{n}", "--name", f"{name}社区居委会", "--short_name", name,
                   "--office", place["office"])
    place["east"], place["west"] = (c["id"] for c in office.ctl("community", "list"))
    office.ctl("grid", "add", "--community", place["east"], "--name", "东里第一网格", "--office", place["office"])
    for name, role in ROLES:
        place[name] = office.account(name, role=role, office=place["office"])
    for n, name in ((1, "team"), (2, "other")):
        place[name] = office.ctl("team", "add", "--kind", "cadres", "--name", f"第{n}队", "--office", place["office"])[-1]["row"]
    office.ctl("member", "add", "--team", place["team"], "--account", place["worker"], "--office", place["office"])
    office.ctl("member", "add", "--team", place["other"], "--account", place["second"], "--office", place["office"])
    return place


def register(office, community, text="6号楼电梯停运，老人下不了楼", user="clerk", **more):
    fields = [x for k, v in more.items() for x in (f"--{k}", str(v))]
    return office.ctl("request", "register", "--community", community, "--channel", "phone", "--text", text,
                      "--caller_name", "居民一", "--caller_phone", "19000000001", *fields, user=user)[-1]


def row(office, request, user="dispatch"):
    return office.ctl("request", "show", request, user=user)[0]


class MainPath(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.office = Office().__enter__()
        cls.addClassCleanup(cls.office.__exit__, None, None, None)
        cls.place = found(cls.office)

    def walk(self, request, *steps):
        for user, verb, *fields in steps:
            self.office.ctl("request", verb, "--request", request, *fields, user=user)

    def test_a_case_goes_from_the_counter_to_closed_and_is_watched_live(self):
        watch = self.office.watch("--community", self.place["east"], user="dispatch")
        request = register(self.office, self.place["east"])["request"]
        self.walk(request, ("dispatch", "accept"), ("dispatch", "dispatch", "--team", self.place["team"]),
                  ("worker", "sign"), ("worker", "contact", "--note", "已电话联系"),
                  ("worker", "report", "--note", "已更换曳引机", "--answer", "电梯已恢复运行。"), ("checker", "verify"),
                  ("caller", "callback", "--result", "solved_satisfied"))
        kinds = ["request." + k for k in ("registered", "accepted", "dispatched", "signed", "contacted", "reported",
                                          "verified", "closed")]
        mine = until(lambda: [e for e in watch.events if e["id"] == request][7:] and
                     [e for e in watch.events if e["id"] == request], "all eight events came")
        self.assertEqual([e["kind"] for e in mine], kinds)
        seqs = [e["seq"] for e in mine]
        self.assertEqual(seqs, list(range(seqs[0], seqs[0] + 8)))
        self.assertEqual(mine[2]["changed"]["team"], self.place["team"])
        self.assertEqual(row(self.office, request)["state"], "closed")
        timeline = [e["kind"] for e in self.office.ctl("request", "timeline", request, user="dispatch")]
        self.assertEqual(len(timeline), 8)

    def test_each_step_is_refused_to_who_may_not_or_too_early(self):
        request = register(self.office, self.place["east"])["request"]
        self.office.refused("not_allowed", "request", "dispatch", "--request", request, "--team", self.place["team"],
                            user="clerk")
        self.office.refused("wrong_state", "request", "dispatch", "--request", request, "--team", self.place["team"],
                            user="dispatch")
        self.walk(request, ("dispatch", "accept"), ("dispatch", "dispatch", "--team", self.place["team"]))
        self.office.refused("not_your_team", "request", "sign", "--request", request, user="second")
        self.walk(request, ("worker", "sign"), ("worker", "contact", "--note", "x"))
        self.office.refused("wrong_state", "request", "sign", "--request", request, user="worker")

    def test_after_two_returns_only_the_shift_leader_dispatches_and_that_cannot_come_back(self):
        request = register(self.office, self.place["east"])["request"]
        self.walk(request, ("dispatch", "accept"))
        for _ in range(2):
            self.walk(request, ("dispatch", "dispatch", "--team", self.place["team"]),
                      ("worker", "return", "--reason", "not_ours"))
        self.office.refused("needs_shift_leader", "request", "dispatch", "--request", request, "--team",
                            self.place["team"], user="dispatch")
        self.walk(request, ("lead", "dispatch", "--team", self.place["team"]))
        self.office.refused("cannot_return", "request", "return", "--request", request, "--reason", "not_ours",
                            user="worker")

    def test_a_version_that_moved_is_a_conflict_and_nothing_is_written(self):
        request = register(self.office, self.place["east"])["request"]
        version = row(self.office, request)["version"]
        self.walk(request, ("dispatch", "accept"))
        self.office.refused("conflict", "request", "dispatch", "--request", request, "--team", self.place["team"],
                            "--version", version, user="dispatch")
        self.assertEqual(row(self.office, request)["state"], "accepted")

    def test_a_merge_across_two_communities_ends_in_both_streams(self):
        parent = register(self.office, self.place["west"], "路灯连续三盏不亮")["request"]
        child = register(self.office, self.place["east"], "路灯不亮")["request"]
        self.office.ctl("request", "merge", "--request", child, "--into", parent, "--into_community", self.place["west"],
                        user="dispatch")
        until(lambda: row(self.office, child)["state"] == "merged", "the child is merged")
        self.assertEqual(row(self.office, parent)["children"], 1)
        self.assertNotIn("moving", {k for k, v in row(self.office, child).items() if v})
        self.assertEqual(row(self.office, child)["parent"], parent)

    def test_a_merge_that_the_other_side_refuses_comes_back(self):
        parent = register(self.office, self.place["west"])["request"]
        child = register(self.office, self.place["east"])["request"]
        watch = self.office.watch("--community", self.place["east"], user="dispatch")
        # The parent ends between the command and its effect: ask for a merge into one that is merged itself.
        third = register(self.office, self.place["west"])["request"]
        self.office.ctl("request", "merge", "--request", parent, "--into", third, "--into_community", self.place["west"],
                        user="dispatch")
        until(lambda: row(self.office, parent)["state"] == "merged", "the parent is merged")
        done = self.office.run("request", "merge", "--request", child, "--into", parent, "--into_community",
                               self.place["west"], user="dispatch")
        if done.returncode == 0:
            until(lambda: any(e["kind"] == "request.merge_refused" and e["id"] == child for e in watch.events),
                  "the refusal came back")
        self.assertEqual(row(self.office, child)["state"], "registered")

    def test_a_confidential_case_is_full_redacted_or_hidden_with_one_gapless_seq(self):
        watches = {user: self.office.watch("--community", self.place["east"], user=user)
                   for user in ("lead", "dispatch", "worker")}
        request = register(self.office, self.place["east"], "举报某单位弄虚作假", nature="report")["request"]
        until(lambda: all(w.events for w in watches.values()), "everyone got the event")
        events = {user: w.events[-1] for user, w in watches.items()}
        self.assertEqual({e["seq"] for e in events.values()}, {events["lead"]["seq"]})
        self.assertEqual(events["lead"].get("form", "full"), "full")
        self.assertIn("text", events["lead"]["changed"])
        self.assertEqual(events["dispatch"]["form"], "redacted")
        self.assertNotIn("text", events["dispatch"]["changed"])
        self.assertEqual(events["dispatch"]["changed"]["confidential"], True)
        self.assertEqual(events["worker"]["form"], "tombstone")
        self.assertNotIn("id", {k for k, v in events["worker"].items() if v})
        self.office.refused("unknown_row", "request", "show", request, user="worker")

    def test_the_audit_finds_the_chain_whole_and_the_tables_equal_to_their_events(self):
        self.assertEqual(self.office.admin_verb("audit", "verify", "--json", "--embedded", self.office.base).count("finding"), 0)


if __name__ == "__main__":
    unittest.main()
