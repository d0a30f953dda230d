"""Words of the schema language whose work is done by linlid: sealed, quiet, ephemeral, rate, secret, page by."""
import unittest
import uuid

from office import Office, until
from test_main_path import found, register
from wire import Client, codec, entry, uuid7


class Words(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.office = Office().__enter__()
        cls.addClassCleanup(cls.office.__exit__, None, None, None)
        cls.place = found(cls.office)
        cls.stream = cls.place["east"] * 4 + 2

    def test_a_sealed_field_is_unreadable_at_rest_masked_in_a_query_and_clear_only_when_revealed(self):
        request = register(self.office, self.place["east"])["request"]
        stored = self.office.sql(f"SELECT phone_sealed, phone_masked FROM linli.caller WHERE request = '{request}'")[0]
        self.assertNotIn("19000000001", bytes.fromhex(stored[0][2:]).decode("latin-1"))
        self.assertEqual(stored[1], "190****0001")
        shown = self.office.ctl("caller", "show", request, user="caller")[0]
        self.assertEqual(shown["phone"], "190****0001")
        clear = self.office.ctl("caller", "reveal", request, "--reason", "约定回电", user="caller")[0]
        self.assertEqual((clear["phone"], clear["revealed"]), ("19000000001", True))
        self.office.refused("not_allowed", "caller", "show", request, user="worker")
        self.assertEqual(self.office.sql("SELECT count(*) FROM linli.access_log")[0][0] == "0", False)

    def test_a_sealed_text_of_a_query_finds_what_was_sealed_and_is_not_passed_on(self):
        request = register(self.office, self.place["east"])["request"]
        with Client(self.office, "clerk") as c:
            c.sign_in()
            asked = {"community": self.place["east"]}
            found = c.query("request.similar", caller_phone="190-0000 0001", **asked)["rows"]
            self.assertIn(request, [str(r["request"]) for r in found if r.get("same_caller")])
            self.assertEqual(c.query("request.similar", caller_phone="19000000002", **asked)["rows"], [])
            self.assertEqual(c.query("request.similar", caller_phone=" ", **asked)["rows"], [])
            self.assertEqual(c.query("request.similar", **asked)["rows"], [])
        shown = self.office.ctl("request", "similar", "--community", self.place["east"], "--caller_phone", "19000000001", user="clerk")
        self.assertIn(request, [r["request"] for r in shown])

    def test_what_nobody_may_see_in_a_stream_is_not_in_a_stream(self):
        register(self.office, self.place["east"], "只看文字")
        found_in = self.office.sql("SELECT count(*) FROM linli.event WHERE body::text LIKE '%19000000001%' OR "
                                   "body::text LIKE '%居民一%'")
        self.assertEqual(found_in[0][0], "0")

    def test_a_quiet_command_makes_no_event(self):
        with Client(self.office, "clerk") as c:
            account = c.sign_in()["account"]
            before = self.office.sql(f"SELECT head FROM linli.stream WHERE stream = {account * 4 + 3}")
            outcome = c.command("request.draft", account * 4 + 3, draft=uuid7(), text="写到一半")
            self.assertNotIn("refusal", outcome)
            self.assertNotIn("seq", outcome)
            self.assertEqual(before, self.office.sql(f"SELECT head FROM linli.stream WHERE stream = {account * 4 + 3}"))

    def test_an_ephemeral_command_reaches_the_others_and_is_never_stored(self):
        viewing = entry("command", "request.viewing")
        with Client(self.office, "clerk") as one, Client(self.office, "dispatch") as two:
            me = one.sign_in()["account"]
            two.sign_in()
            one.subscribe(self.stream)
            two.subscribe(self.stream)
            request = uuid.UUID(register(self.office, self.place["east"])["request"])
            one.send("present", 0, stream=self.stream, kind=viewing.number,
                     body=codec.encode(viewing, {"request": request, "typing": True}))
            news = two.expect("present")[1]
            self.assertEqual((news["actor"], news["kind"]), (me, viewing.number))
            self.assertEqual(codec.decode(viewing, news["body"])["request"], request)

    def test_a_rate_is_kept_and_told(self):
        request = register(self.office, self.place["east"])["request"]
        with Client(self.office, "clerk") as c:
            c.sign_in()
            answers = [c.command("request.comment", self.stream, request=uuid.UUID(request), text=str(n))
                       for n in range(35)]
            self.assertEqual([a.get("code") for a in answers[:30]], [None] * 30)
            self.assertEqual(answers[-1]["code"], 14)
            self.assertGreater(answers[-1]["retry_after"], 0)

    def test_a_page_goes_on_where_the_last_one_ended(self):
        numbers = {register(self.office, self.place["west"], f"第{n}件")["request"] for n in range(7)}
        numbers |= {self.office.ctl("request", "import", "--community", self.place["west"], "--external_system", "old",
                                    "--external_number", n, "--state", "closed", "--title", "旧件", "--text", "旧件",
                                    "--registered_at", "2026-01-02T03:04:05Z")[-1]["request"] for n in range(5)}
        with Client(self.office, "dispatch") as c:
            c.sign_in()
            seen, after = [], None
            while True:
                page = c.query("request.list", after=after, limit=3, community=self.place["west"], closed=True)
                seen += [str(r["id"]) for r in page["rows"]]
                after = page.get("next")
                if after is None:
                    break
            self.assertEqual(c.query("request.list", after="nonsense")["code"], 13)
        self.assertEqual(len(seen), len(set(seen)))
        self.assertLessEqual(numbers, set(seen))

    def test_a_password_is_stored_only_as_a_hash(self):
        rows = self.office.sql("SELECT count(*) FROM linli.account WHERE password_hash NOT LIKE '$argon2id$%'")
        self.assertEqual(rows[0][0], "0")
        self.office.refused("weak_password", "account", "add", "--name", "short", "--title", "x", "--password", "short",
                            "--office", self.place["office"])


if __name__ == "__main__":
    unittest.main()
