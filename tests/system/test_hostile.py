"""What comes from outside is judged before it costs anything: each bad frame gets its error, the others go on."""
import os
import pathlib
import socket
import ssl
import time
import unittest
import uuid

from office import BUILD, Office, until
from test_main_path import found
from wire import Client, Closed, codec, entry, uuid7

HELLO = codec.frame(1, 0, codec.encode(entry("frame", "hello"), {"lowest": 1, "highest": 1}))


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.office = Office().__enter__()
        cls.addClassCleanup(cls.office.__exit__, None, None, None)
        cls.place = found(cls.office)
        cls.good = Client(cls.office, "clerk")
        cls.good.sign_in()
        cls.addClassCleanup(cls.good.socket.close)

    def tearDown(self):
        """Whatever was done, another's command goes through."""
        self.assertNotIn("code", self.register(self.good))

    def register(self, client, **more):
        fields = {"request": uuid7(), "text": "井盖松动", "channel": 1, **more}
        return client.command("request.register", self.place["east"] * 4 + 2, **fields)

    def error_of(self, client):
        _, fields = client.expect("error")
        return next(e.name for e in entry("frame", "error").fields[0].enumeration.values if e.number == fields["code"])

    def assert_cut(self, client, error):
        self.assertEqual(self.error_of(client), error)
        with self.assertRaises(Closed):
            while True:
                client.read()

    # TLS -----------------------------------------------------------------------------------------------------
    def test_an_older_tls_is_refused(self):
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            Client(self.office, minimum=ssl.TLSVersion.TLSv1_2, maximum=ssl.TLSVersion.TLSv1_2)

    def test_no_or_another_application_protocol_is_refused(self):
        for alpn in ((), ("http/1.1",)):
            with self.assertRaises((ssl.SSLError, ConnectionError, Closed)):
                client = Client(self.office, alpn=alpn)
                client.hello()

    def test_bytes_that_are_no_tls_are_cut(self):
        with socket.create_connection(("127.0.0.1", self.office.ports[0]), timeout=30) as raw:
            raw.sendall(b"GET / HTTP/1.1\r\nHost: linli\r\n\r\n" * 10)
            while raw.recv(4096):
                pass

    # Frames --------------------------------------------------------------------------------------------------
    def test_a_frame_over_4_kib_before_sign_in_is_cut_before_it_is_stored(self):
        with Client(self.office) as c:
            c.hello()
            c.send_bytes(codec.varint(5000) + b"\x02")
            self.assert_cut(c, "too_large")

    def test_a_huge_length_after_sign_in_is_cut_before_it_is_stored(self):
        with Client(self.office) as c:
            c.sign_in()
            c.send_bytes(codec.varint(1 << 31) + b"\x11\x01")
            self.assert_cut(c, "too_large")

    def test_an_overlong_length_and_noise_are_cut(self):
        for junk in (b"\x81\x80\x00\x01", b"\x05\x07\x00\xff\xff\xff", os.urandom(64).replace(b"\x00", b"\x01")):
            with Client(self.office) as c:
                c.hello()
                c.send_bytes(junk + b"\x00" * 4200)
                with self.assertRaises(Closed):
                    while True:
                        c.read()

    def test_out_of_order_unknown_and_repeated_frames_are_cut(self):
        cases = [b"", HELLO]  # before HELLO, and after it
        for before in cases:
            with Client(self.office) as c:
                c.send_bytes(before)
                c.send("command", 1, id=uuid7(), kind=0x100b, stream=6, made_at=1, body=b"")
                self.assert_cut(c, "unexpected")
        with Client(self.office) as c:
            c.send_bytes(HELLO + codec.frame(0x3f, 1, b""))
            self.assert_cut(c, "unexpected")
        with Client(self.office) as c:
            c.send_bytes(HELLO + HELLO)
            self.assert_cut(c, "unexpected")

    def test_a_version_that_nobody_speaks_is_told_so(self):
        with Client(self.office) as c:
            c.send("hello", lowest=7, highest=9)
            self.assert_cut(c, "version")

    def test_a_truncated_frame_and_a_vanished_client_leave_nothing(self):
        for _ in range(50):
            with Client(self.office) as c:
                c.send_bytes(HELLO + b"\x20\x02")

    # Commands ------------------------------------------------------------------------------------------------
    def test_bad_fields_are_named_and_the_connection_goes_on(self):
        with Client(self.office, "clerk") as c:
            c.sign_in()
            stream = self.place["east"] * 4 + 2
            kind = entry("command", "request.register").number
            bodies = [b"\x07" + bytes(5), codec.encode(entry("command", "request.comment"), {"request": uuid7(), "text": "x"}),
                      codec.varint(1 << 2 | 3) + bytes(16) + codec.varint(2 << 2 | 2) + b"\x03\xff\xfe\xfd"]
            for n, body in enumerate(bodies):
                c.send("command", 100 + n, id=uuid7(), kind=kind, stream=stream, made_at=1, body=body)
                fields = c.expect("error", correlation=100 + n)[1]
                self.assertEqual(fields["code"], 13, fields)
            self.assertNotIn("code", self.register(c))

    def test_unknown_kinds_streams_and_ids_are_answered(self):
        with Client(self.office, "clerk") as c:
            c.sign_in()
            c.send("command", 1, id=uuid7(), kind=0x7fff, stream=6, made_at=1, body=b"")
            self.assertEqual(c.expect("error")[1]["code"], 12)
            refusals = {v.name: v.number for v in entry("frame", "outcome").fields[0].enumeration.values}
            self.assertEqual(c.command("request.register", 4_000_002, request=uuid7(), text="x", channel=1)["refusal"],
                             refusals["wrong_stream"])
            stream = self.place["east"] * 4 + 2
            self.assertEqual(c.command("request.comment", stream, request=uuid7(), text="x").get("refusal"),
                             refusals["unknown_row"])

    def test_a_system_command_cannot_be_called_from_the_wire(self):
        with Client(self.office) as c:
            c.sign_in()
            self.assertIn("code", c.command("office.run_due", 5, job=1))

    def test_a_repeated_command_returns_its_first_outcome_and_another_body_is_refused(self):
        with Client(self.office, "clerk") as c:
            c.sign_in()
            id, request = uuid7(), uuid7()
            first = self.register(c, id=id, request=request)
            again = self.register(c, id=id, request=request)
            self.assertEqual((again["stream"], again["seq"], again["repeated"]), (first["stream"], first["seq"], True))
            other = self.register(c, id=id, request=request, text="别的内容")
            self.assertEqual(other["refusal"], 7)

    def test_what_a_role_may_not_do_is_refused(self):
        with Client(self.office, "worker") as c:
            c.sign_in()
            outcome = c.command("account.disable", self.place["office"] * 4 + 1, account=1)
            self.assertEqual(outcome["refusal"], 1)

    # Sign-in -------------------------------------------------------------------------------------------------
    def test_wrong_passwords_by_the_thousand_lock_nobody_out(self):
        known = uuid.uuid4()
        with Client(self.office, "worker") as c:
            c.sign_in(device=known)
        with Client(self.office) as c:
            c.hello()
            codes = set()
            for _ in range(1000):
                c.send("sign_in", 1, account="worker", password="not the password", device=uuid.uuid4())
                try:
                    codes.add(self.error_of(c))
                except Closed:
                    c.__exit__()
                    c.__init__(self.office)
                    c.hello()
            self.assertLessEqual(codes, {"wrong_password", "throttled", "busy"})
            self.assertIn("throttled", codes)
        with Client(self.office, "worker") as c:
            c.sign_in(device=known)

    def test_an_expired_or_foreign_token_asks_for_the_password(self):
        with Client(self.office, "worker") as c:
            token = c.sign_in()["token"]
            device = c.device
        for candidate, at in ((os.urandom(32), device), (token, uuid.uuid4())):
            with Client(self.office) as c:
                c.hello()
                c.send("resume", 1, token=candidate, device=at)
                self.assertEqual(self.error_of(c), "token_expired")
        self.office.sql("UPDATE linli.session SET expires_at = now() - interval '1 s' WHERE account = "
                        f"{self.place['worker']}")
        with Client(self.office) as c:
            c.hello()
            c.send("resume", 1, token=token, device=device)
            self.assertEqual(self.error_of(c), "token_expired")

    def test_a_disabled_account_loses_its_open_session_within_moments(self):
        number = self.office.account("leaver", role="station_worker", office=self.place["office"])
        with Client(self.office, "leaver") as c:
            me = c.sign_in()
            c.subscribe(me["account"] * 4 + 3, self.place["east"] * 4 + 2)
            self.office.ctl("account", "disable", "--account", number, "--office", self.place["office"])
            with self.assertRaises(Closed):
                while True:
                    c.read()

    def closes_soon(self, client):
        """What the account's stream says takes effect at once: the judging now and then would take minutes."""
        began = time.monotonic()
        with self.assertRaises(Closed):
            while True:
                client.read()
        self.assertLess(time.monotonic() - began, 20 if "asan" in str(BUILD) else 5)

    def test_an_ended_session_hears_no_more_though_it_never_followed_its_account(self):
        number = self.office.account("listener", role="shift_leader", office=self.place["office"])
        with Client(self.office, "listener") as c:
            c.sign_in()
            c.subscribe(self.place["east"] * 4 + 2)
            self.office.ctl("account", "disable", "--account", number, "--office", self.place["office"])
            self.closes_soon(c)

    def test_a_disabled_account_loses_a_session_that_follows_nothing(self):
        number = self.office.account("idler", role="shift_leader", office=self.place["office"])
        with Client(self.office, "idler") as c:
            c.sign_in()
            self.office.ctl("account", "disable", "--account", number, "--office", self.place["office"])
            self.closes_soon(c)

    def test_a_role_that_ends_takes_its_community_from_a_session_that_follows_only_that(self):
        number = self.office.account("mover", role="shift_leader", office=self.place["office"])
        stream = self.place["east"] * 4 + 2
        with Client(self.office, "mover") as c:
            c.sign_in()
            c.subscribe(stream)
            grant = next(g for g in self.office.ctl("grant", "list", "--account", number))
            self.office.ctl("grant", "end", "--grant", grant["id"], "--office", self.place["office"])
            began = time.monotonic()
            items = c.expect("subscribed")[1]["items"]
            self.assertLess(time.monotonic() - began, 20 if "asan" in str(BUILD) else 5)
            self.assertEqual([(i["stream"], "refusal" in i) for i in items], [(stream, True)])

    def test_whoever_claims_another_history_raises_no_alarm_unless_it_was_given_here(self):
        stream, log = self.place["east"] * 4 + 2, pathlib.Path(self.office.linlid[0].log)
        with Client(self.office, "clerk") as c:
            c.sign_in()
            head = c.subscribe(stream)[0]["head"]
            for _ in range(3):
                self.assertTrue(c.subscribe({"stream": stream, "since": head + 1000, "chain": 7})[0]["forked"])
                self.assertTrue(c.subscribe({"stream": stream, "since": head, "chain": 7})[0]["forked"])
            self.assertEqual((log.read_text().count("history_forked"), log.read_text().count("fork_claimed")), (0, 1))
            self.register(self.good)
            event = c.expect("event")[1]
            where = f"WHERE stream = {stream} AND seq = {event['seq']}"
            chain = self.office.sql(f"SELECT chain FROM linli.event {where}")[0][0]
            self.office.sql(f"UPDATE linli.event SET chain = sha256(chain) {where}")
            self.assertTrue(c.subscribe({"stream": stream, "since": event["seq"], "chain": event["chain"]})[0]["forked"])
            until(lambda: log.read_text().count("history_forked") == 1, "the alarm")
            self.office.sql(f"UPDATE linli.event SET chain = '{chain}' {where}")

    def test_a_revoked_device_loses_its_open_session_at_once(self):
        for follows_itself in (True, False):
            with Client(self.office, "worker") as thief, Client(self.office, "worker") as owner:
                me = thief.sign_in()
                owner.sign_in()
                own = me["account"] * 4 + 3
                thief.subscribe(*([own] if follows_itself else []), self.place["east"] * 4 + 2)
                self.assertNotIn("refusal", owner.command("device.revoke", own, device=thief.device))
                self.closes_soon(thief)
                self.assertIn("rows", owner.query("device.list"))


if __name__ == "__main__":
    unittest.main()
