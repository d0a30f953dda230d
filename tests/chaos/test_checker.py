"""The checker is right about a history that is honest, and catches each fault that is planted in it."""
import copy
import hashlib
import json
import random
import sys
import unittest
import uuid

from checker import NO_CHAIN, chain_of, check, digest_of, fold_step, tag
from history import Clients, Database

EAST, WEST = 42, 46
TRANSITIONS = [("registered", "accept", "", "accepted"), ("accepted", "dispatch", "", "dispatched"),
               ("dispatched", "sign", "", "in_progress"), ("in_progress", "report", "", "reported"),
               ("reported", "verify", "", "callback"), ("registered", "merge", "", "merged"),
               ("callback", "callback", "solved_satisfied", "closed"), ("registered", "comment", "", None)]
STEPS = [("request.registered", "registered", 11), ("request.accepted", "accepted", 11), ("request.dispatched", "dispatched", 12),
         ("request.signed", "in_progress", 12), ("request.reported", "reported", 12), ("request.verified", "callback", 11),
         ("request.closed", "closed", 11)]


class World:
    """A history by the rules: three clients, two streams; `clients` and `database` hold the lines, to be spoilt."""

    def __init__(self, seed=7):
        self.random = random.Random(seed)
        self.clock = 800_000_000_000_000
        self.clients, self.database = [], []
        self.heads = {EAST: (0, NO_CHAIN), WEST: (0, NO_CHAIN)}
        self.rows = {}
        self.accounts = {1: 11, 2: 12, 3: 13}
        for client, account in self.accounts.items():
            self.clients.append({"t": "hello", "c": client, "account": account, "run": 1})
            self.clients += [{"t": "snap", "c": client, "s": stream, "n": 0, "h": 0} for stream in (EAST, WEST)]
        for state, action, outcome, following in TRANSITIONS:
            self.database.append({"t": "transition", "state": state, "action": action, "outcome": outcome, "next": following})

    def id(self):
        return str(uuid.UUID(int=self.random.getrandbits(128)))

    def tick(self):
        self.clock += 1000
        return self.clock

    def event(self, stream, kind, row, body, note=None, actor=None, whole=False):
        seq, chain = self.heads[stream]
        event = {"t": "event", "s": stream, "n": seq + 1, "at": self.tick(), "actor": actor, "kind": kind, "row": row, "audience": 0,
                 "teams": [7, 9] if seq % 2 else None, "barred": None, "was_audience": None, "was_teams": [] if seq % 3 else None,
                 "whole": whole, "body": json.dumps(body), "note": note and json.dumps(note),
                 "salt": hashlib.sha256(str(self.clock).encode()).hexdigest()[:32]}
        event["digest"] = digest_of(event)
        event["chain"] = chain_of(chain, event)
        self.heads[stream] = seq + 1, bytes.fromhex(event["chain"])
        self.rows[row] = stream, fold_step(self.rows.get(row, (0, None))[1], event)
        self.database.append(event)
        for client in self.accounts:
            self.clients.append({"t": "e", "c": client, "s": stream, "n": event["n"], "h": tag(event["chain"])})
        return event

    def command(self, client, stream, kind, row, body, note=None, whole=False, refusal=None, answered=True):
        id, mark = self.id(), f"mark {self.id()}"
        self.clients.append({"t": "send", "c": client, "id": id, "kind": kind, "s": stream, "row": row, "mark": mark, "at": self.tick()})
        seq = None
        if not refusal:
            seq = self.event(stream, kind, row, body, {**(note or {}), "note": mark}, self.accounts[client], whole)["n"]
        self.database.append({"t": "log", "id": id, "account": self.accounts[client], "refusal": refusal, "s": stream, "n": seq})
        if answered:
            self.clients.append({"t": "answer", "c": client, "id": id, "what": "refused" if refusal else "done", "s": stream,
                                 "seq": seq, "code": refusal, "at": self.tick()})
        return id

    def request(self, stream, until="closed", answered=True):
        row, version = self.id(), 1
        for kind, state, account in STEPS:
            whole = kind == "request.registered"
            note = {"result": "solved_satisfied"} if kind == "request.closed" else None
            body = {"id": row, "state": state, "version": version, **({"urged": 0, "due_at": "soon"} if whole else {})}
            self.command(account - 10, stream, kind, row, body, note, whole, answered=answered)
            if kind == "request.registered":
                self.urge(stream, row)
                version += 1
            version += 1
            if state == until:
                break
        return row

    def urge(self, stream, row, level=1):
        self.event(stream, "request.overdue", row, {"id": row, "urged": level, "version": 1 + level}, {"level": level, "stage": "accept"})
        event = self.database[-1]
        self.database.append({"t": "log", "id": self.id(), "account": 0, "refusal": None, "s": stream, "n": event["n"]})

    def rest(self):
        for client in self.accounts:
            for stream, (seq, chain) in self.heads.items():
                self.clients.append({"t": "end", "c": client, "s": stream, "n": seq, "h": tag(chain.hex())})
                for row, (where, body) in self.rows.items():
                    if where == stream:
                        self.clients.append({"t": "row", "c": client, "s": stream, "row": row, "state": body["state"],
                                             "version": body["version"], "urged": body["urged"]})
        for stream, (seq, chain) in self.heads.items():
            self.database.append({"t": "stream", "s": stream, "head": seq, "chain": chain.hex()})
        for row, (stream, body) in self.rows.items():
            self.database.append({"t": "row", "noun": "request", "s": stream, "row": row, "body": {**body, "title": None}})
        self.database.append({"t": "dumped", "at": self.clock})
        return self

    def judged(self, **more):
        clients, database = Clients(), Database()
        for line in self.clients:
            clients.take(copy.deepcopy(line))
        for line in self.database:
            database.take(copy.deepcopy(line))
        return check(clients, database, **more)

    def of(self, lines, **want):
        return [line for line in lines if all(line.get(k) == v for k, v in want.items())]


def honest():
    world = World()
    for stream in (EAST, WEST, EAST):
        world.request(stream)
    world.command(3, EAST, "request.accepted", world.id(), {}, refusal="unknown_row")
    world.request(WEST, until="dispatched", answered=False)
    return world.rest()


class Checks(unittest.TestCase):
    def caught(self, world, rule, words="", **more):
        found = world.judged(**more)
        self.assertTrue([text for name, text in found if name == rule and words in text], f"not caught; found {found}")

    def test_an_honest_history_has_no_findings(self):
        self.assertEqual(honest().judged(), [])

    def test_an_unknown_command_may_be_there_once_or_not_at_all(self):
        world = honest()
        id = world.of(world.clients, t="send")[0]["id"]
        world.clients = [line for line in world.clients if not (line["t"] == "answer" and line["id"] == id)]
        self.assertEqual(world.judged(), [])
        world.clients.append({"t": "send", "c": 1, "id": world.id(), "kind": "request.accepted", "s": EAST, "mark": "x", "at": world.tick()})
        self.assertEqual(world.judged(), [])

    def test_a_command_done_twice_under_a_new_id(self):
        world = World()
        row = world.request(EAST, until="accepted")
        event = world.of(world.database, t="event", kind="request.accepted")[0]
        world.event(EAST, "request.accepted", row, json.loads(event["body"]), json.loads(event["note"]), event["actor"])
        world.database.append({"t": "log", "id": world.id(), "account": 11, "refusal": None, "s": EAST, "n": world.heads[EAST][0]})
        self.caught(world.rest(), "once", "was done 2 times")

    def test_a_command_logged_twice(self):
        world = honest()
        world.database.append({**world.of(world.database, t="log")[2], "account": 12})
        self.caught(world, "once", "is logged 2 times")

    def test_an_event_that_nobody_asked_for(self):
        world = World()
        row = world.request(EAST, until="accepted")
        world.event(EAST, "request.commented", row, {"id": row}, {"text": "?"}, 11)
        self.caught(world.rest(), "once", "was made by no command")

    def test_two_commands_that_claim_one_event(self):
        world = honest()
        logs = world.of(world.database, t="log", s=EAST)
        logs[3]["n"] = logs[2]["n"]
        self.caught(world, "once", "two commands")

    def test_a_lost_acknowledged_command(self):
        world = honest()
        world.database.remove(world.of(world.database, t="log")[4])
        self.caught(world, "acknowledged", "is lost")

    def test_an_acknowledgement_of_another_event(self):
        world = honest()
        world.of(world.clients, t="answer", what="done")[3]["seq"] += 1
        self.caught(world, "acknowledged", "and the log says")

    def test_a_refusal_that_was_done(self):
        world = honest()
        world.of(world.clients, t="answer", what="done")[3].update(what="refused", code="conflict")
        self.caught(world, "acknowledged", "and the log says done")

    def test_two_different_answers(self):
        world = honest()
        world.clients.append({**world.of(world.clients, t="answer", what="done")[1], "what": "refused", "code": "conflict"})
        self.caught(world, "acknowledged", "and then refused")

    def test_a_clients_own_order_broken(self):
        world = honest()
        sent = world.of(world.clients, t="send", c=1, s=EAST)
        i, j = world.clients.index(sent[0]), world.clients.index(sent[1])
        world.clients[i], world.clients[j] = world.clients[j], world.clients[i]
        self.caught(world, "own order")

    def test_a_gap_in_a_stream(self):
        world = honest()
        world.database.remove(world.of(world.database, t="event", s=EAST, n=5)[0])
        self.caught(world, "gapless", "5 is missing")

    def test_a_stream_cut_short(self):
        world = honest()
        world.database.remove(world.of(world.database, t="event", s=EAST)[-1])
        self.caught(world, "gapless", "its head is")

    def test_time_that_runs_back(self):
        world = honest()
        world.of(world.database, t="event", s=EAST, n=5)[0]["at"] -= 1_000_000
        self.caught(world, "gapless", "time runs back at 5")

    def test_a_swapped_pair(self):
        world = honest()
        first, second = (world.of(world.database, t="event", s=EAST, n=n)[0] for n in (4, 5))
        first["n"], second["n"] = 5, 4
        self.caught(world, "chain", "breaks at 4")
        self.caught(world, "prefix", "is not in the database")

    def test_a_body_altered_and_an_actor_altered(self):
        world = honest()
        world.of(world.database, t="event", s=WEST, n=3)[0]["body"] = '{"id": "x"}'
        self.caught(world, "chain", "is not the one digested")
        world = honest()
        world.of(world.database, t="event", s=WEST, n=3)[0]["actor"] = 13
        self.caught(world, "chain", "breaks at 3")

    def test_a_replica_that_skipped_and_one_that_went_back(self):
        world = honest()
        world.clients.remove(world.of(world.clients, t="e", c=2, s=EAST, n=4)[0])
        self.caught(world, "prefix", "after 3 it took 5")
        world = honest()
        at = world.clients.index(world.of(world.clients, t="e", c=2, s=EAST, n=4)[0])
        world.clients.insert(at + 1, world.clients[at])
        self.caught(world, "prefix", "after 4 it took 4")

    def test_a_replica_of_another_history(self):
        world = honest()
        world.of(world.clients, t="e", c=3, s=WEST, n=6)[0]["h"] ^= 1
        self.caught(world, "prefix", "nobody told it")

    def test_a_fork_excuses_what_was_held_before_it_and_nothing_else(self):
        world = honest()
        line = world.of(world.clients, t="e", c=3, s=WEST, n=6)[0]
        line["h"] ^= 1
        at = world.clients.index(line)
        seventh = next(e for e in world.database if e["t"] == "event" and e["s"] == WEST and e["n"] == 6)
        world.clients[at + 1:at + 1] = [{"t": "fork", "c": 3, "s": WEST},
                                        {"t": "snap", "c": 3, "s": WEST, "n": 6, "h": tag(seventh["chain"])}]
        self.assertEqual(world.judged(), [])
        world.clients[at + 2]["h"] ^= 1
        self.caught(world, "prefix", "nobody told it")

    def test_a_replica_that_stopped_short(self):
        world = honest()
        last = world.of(world.clients, t="e", c=2, s=EAST)[-1]
        world.clients.remove(last)
        end = world.of(world.clients, t="end", c=2, s=EAST)[0]
        before = world.of(world.clients, t="e", c=2, s=EAST)[-1]
        end.update(n=before["n"], h=before["h"])
        self.caught(world, "prefix", "at rest it stands at")

    def test_a_restart_begins_where_its_disk_was(self):
        world = honest()
        lines = world.of(world.clients, t="e", c=2, s=EAST)
        at = world.clients.index(lines[5])
        world.clients[at:at] = [{**lines[2], "t": "at"}, lines[3], lines[4]]
        self.assertEqual(world.judged(), [])
        world.clients.remove(lines[3])
        world.clients.remove(lines[3])
        self.caught(world, "prefix", "after 3 it took 5")

    def test_an_illegal_step(self):
        world = World()
        row = world.request(EAST, until="accepted")
        world.command(2, EAST, "request.signed", row, {"id": row, "state": "in_progress", "version": 4})
        self.caught(world.rest(), "state machine", "from accepted to in_progress")

    def test_a_remark_that_changes_the_state(self):
        world = World()
        row = world.request(EAST, until="accepted")
        world.command(2, EAST, "request.commented", row, {"id": row, "state": "closed"})
        self.caught(world.rest(), "state machine", "from accepted to closed")

    def test_who_handled_it_verifies_it(self):
        world = World()
        row = world.request(EAST, until="reported")
        world.command(2, EAST, "request.verified", row, {"id": row, "state": "callback", "version": 7})
        self.caught(world.rest(), "state machine", "handled it itself")

    def test_a_deadline_fired_twice(self):
        world = World()
        row = world.request(EAST, until="registered")
        world.urge(EAST, row)
        self.caught(world.rest(), "deadlines", "fired 2 times")

    def test_a_deadline_that_never_fired(self):
        world = honest()
        world.database.append({"t": "job", "job": 1, "s": EAST, "due": world.clock - 60_000_000, "kind": "request.deadline", "row": "x"})
        self.caught(world, "deadlines", "never ran")

    def test_an_effect_that_ran_twice_and_one_that_never_did(self):
        world = World()
        rows = [world.request(EAST, until="registered"), world.request(WEST, until="registered")]
        world.command(1, EAST, "request.merging", rows[0], {"id": rows[0], "version": 3}, {"into": rows[1]})
        lonely = copy.deepcopy(world)
        self.caught(lonely.rest(), "effects", "nothing came of it")
        for version in (3, 4):
            world.command(1, WEST, "request.joined", rows[1], {"id": rows[1], "version": version}, {"child": rows[0]})
        world.command(1, EAST, "request.merged", rows[0], {"id": rows[0], "state": "merged", "version": 4})
        self.caught(world.rest(), "effects", "joined 2 times")

    def test_a_stale_table(self):
        world = honest()
        world.of(world.database, t="row")[1]["body"]["state"] = "accepted"
        self.caught(world, "fold", "state")

    def test_a_row_that_no_event_made(self):
        world = honest()
        world.database.append({"t": "row", "noun": "request", "s": EAST, "row": "y", "body": {"id": "y", "state": "closed", "version": 1}})
        self.caught(world, "fold", "request y")

    def test_a_replica_at_rest_with_another_row(self):
        world = honest()
        world.of(world.clients, t="row", c=1)[0]["version"] += 1
        self.caught(world, "replica rows", "version")
        world = honest()
        world.clients.remove(world.of(world.clients, t="row", c=1)[0])
        self.caught(world, "replica rows", "the table alone")

    def test_a_restore_takes_back_only_what_came_before_it(self):
        """And every client that stood past the restored head must be told."""
        world = honest()
        lost = world.of(world.database, t="event", s=EAST)[-1]
        entry = world.of(world.database, t="log", s=EAST, n=lost["n"])[0]
        before = world.of(world.database, t="event", s=EAST)[-2]
        stream = world.of(world.database, t="stream", s=EAST)[0]
        stream.update(head=before["n"], chain=before["chain"])
        row = world.of(world.database, t="row", row=lost["row"])[0]
        row["body"].update(state="callback", version=row["body"]["version"] - 1)
        for line in (lost, entry):
            world.database.remove(line)
        restored = {"restored": {EAST: before["n"], WEST: world.heads[WEST][0]}, "restored_at": world.clock}
        self.caught(world, "acknowledged", "is lost")
        self.caught(world, "prefix", "nobody told it", **restored)
        world.clients = [line for line in world.clients if not (line["t"] in ("end", "row") and line["s"] == EAST)]
        for client in world.accounts:
            world.clients += [{"t": "fork", "c": client, "s": EAST},
                              {"t": "snap", "c": client, "s": EAST, "n": before["n"], "h": tag(before["chain"])}]
        self.assertEqual(world.judged(**restored), [])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-b", *sys.argv[1:]])
