"""linlictl replay: a day of the real stream as live work, by many accounts; and what its journal says afterwards."""
import json
import signal
import sys
import threading
import unittest

import journal
from office import SHARED, Office, Process, program, until

BOSTON = SHARED / "data/requests/boston_311_2011-07-01_to_2011-10-16.csv"


def needs_data(test):
    return unittest.skipUnless(BOSTON.exists(), f"the real data is not here: {BOSTON}")(test)


def replay(office, *args, server=None, timeout=300):
    done = office.run("replay", BOSTON, "--mapping", "boston", *args, *(("--server", server) if server else ()),
                      timeout=timeout)
    assert done.stdout.strip(), done.stderr
    return done.returncode, json.loads(done.stdout.splitlines()[-1])


@needs_data
class Replay(unittest.TestCase):
    def test_a_day_is_played_and_every_acknowledged_command_is_in_the_database_once(self):
        with Office() as office:
            path = office.dir / "journal"
            status, sums = replay(office, "--speed", "86400", "--from", "2011-07-08", "--to", "2011-07-08", "--limit", "120",
                                  "--accounts", "24", "--journal", path)
            self.assertEqual((status, sums["refused"], sums["undecided"]), (0, {}, 0), sums)
            self.assertEqual((sums["rows"], sums["registered"]), (120, 120))
            self.assertGreater(sums["closed"], 10)
            self.assertGreater(sums["returned"], 3)
            counts = journal.check(office, path)
            self.assertEqual(counts, {"done": sums["acknowledged"]})
            states = dict(office.sql("SELECT state, count(*) FROM linli.request GROUP BY state"))
            self.assertEqual(int(states["closed"]), sums["closed"])
            self.nobody_judged_their_own_work(office)
            self.a_second_replay_uses_the_same_accounts(office)

    def nobody_judged_their_own_work(self, office):
        both = office.sql("SELECT count(*) FROM linli.event a JOIN linli.event b USING (row_id, actor) "
                          "WHERE a.kind IN ('request.signed', 'request.contacted', 'request.reported') "
                          "AND b.kind IN ('request.verified', 'request.closed')")
        self.assertEqual(both, [["0"]])
        actors = office.sql("SELECT count(DISTINCT actor) FROM linli.event WHERE kind LIKE 'request.%'")
        self.assertGreater(int(actors[0][0]), 12)

    def a_second_replay_uses_the_same_accounts(self, office):
        before = office.sql("SELECT count(*) FROM linli.account")
        status, sums = replay(office, "--speed", "max", "--from", "2011-07-08", "--to", "2011-07-08", "--limit", "10",
                              "--accounts", "24")
        self.assertEqual((status, sums["registered"]), (0, 10), sums)
        self.assertEqual(office.sql("SELECT count(*) FROM linli.account"), before)
        secrets = [p for p in office.home.rglob("replay-*/replay-*")]
        self.assertEqual(len(secrets), 24)
        self.assertEqual({p.stat().st_mode & 0o777 for p in secrets}, {0o600})

    def test_servers_and_postgresql_are_killed_and_nothing_is_lost_or_doubled(self):
        with Office(processes=2) as office:
            path = office.dir / "journal"
            servers = ",".join(f"127.0.0.1:{port}" for port in office.ports)
            args = ["replay", BOSTON, "--mapping", "boston", "--server", servers, "--from", "2011-07-11", "--to", "2011-07-11",
                    "--accounts", "20"]
            office.ctl(*args, "--tree-only")
            player = Process([program("linlictl"), "--json", *map(str, args), "--speed", "5000", "--limit", "250", "--journal",
                              str(path)], env=office.env(), log=office.dir / "replay.log", stdout=-1)
            self.addCleanup(player.kill)
            lines = []
            reader = threading.Thread(target=lambda: lines.extend(player.child.stdout), daemon=True)
            reader.start()

            def decided(n):
                until(lambda: path.exists() and path.read_text().count('"outcome"') >= n or not player.running(),
                      f"{n} commands were decided")

            decided(100)
            office.linlid[0].kill()
            office.restart_one(0)
            decided(250)
            office.kill_postgres()
            office.start_postgres()
            decided(450)
            office.linlid[1].kill()
            office.restart_one(1)
            until(lambda: not player.running(), "the replay ended", 240)
            reader.join(10)
            sums = json.loads(lines[-1])
            self.assertEqual((player.child.returncode, sums["refused"], sums["undecided"]), (0, {}, 0), sums)
            self.assertEqual(sums["registered"], 250)
            self.assertEqual(journal.check(office, path), {"done": sums["acknowledged"]})

    def test_three_watchers_on_three_servers_print_the_same_gapless_sequences_whatever_is_killed(self):
        with Office(processes=3) as office:
            servers = ",".join(f"127.0.0.1:{port}" for port in office.ports)
            slice_of = ["--from", "2011-07-06T06:00:00", "--to", "2011-07-06T16:00:00", "--limit", "300", "--accounts", "20"]
            office.ctl("replay", BOSTON, "--mapping", "boston", "--server", servers, *slice_of, "--tree-only")
            watches = [office.watch("--all", "--since", "0", server=i, streams=0) for i in range(3)]
            path = office.dir / "journal"
            player = Process([program("linlictl"), "--json", "replay", str(BOSTON), "--mapping", "boston", "--server", servers,
                              *slice_of, "--speed", "3600", "--journal", str(path)], env=office.env(),
                             log=office.dir / "replay.log", stdout=-1)
            self.addCleanup(player.kill)
            until(lambda: path.exists() and path.read_text().count('"outcome"') > 150, "150 commands were decided")
            office.linlid[1].kill()
            office.restart_one(1)
            out, _ = player.child.communicate(timeout=240)
            sums = json.loads(out.splitlines()[-1])
            self.assertEqual((sums["refused"], sums["undecided"], sums["registered"]), ({}, 0, 300), sums)
            journal.check(office, path)
            heads = {int(s): int(h) for s, h in office.sql("SELECT stream, head FROM linli.stream WHERE stream % 4 = 2 AND head > 0")}
            for watch in watches:
                until(lambda: self.last_of(watch) == heads, "a watch has everything")
            told = [[json.dumps(e, sort_keys=True) for e in sorted(w.events, key=lambda e: e["stream"])] for w in watches]
            self.assertEqual(len(told[0]), sum(heads.values()))
            self.assertEqual(told[0], told[1])
            self.assertEqual(told[0], told[2])
            for stream in heads:
                self.assertEqual([e["seq"] for e in watches[1].of(stream)], list(range(1, heads[stream] + 1)))

    @staticmethod
    def last_of(watch):
        return {e["stream"]: e["seq"] for e in list(watch.events)}

    def test_options_that_are_wrong_end_in_a_sentence(self):
        with Office() as office:
            for args, words in [(("--speed", "fast"), "--speed takes a number"), ((), "--speed X"),
                                (("--speed", "1", "--accounts", "2"), "--accounts takes"),
                                (("--speed", "1", "--from", "July"), "--from and --to take"),
                                (("--speed", "1", "--from", "2031-01-01"), "no rows between"),
                                (("--speed", "1", "--bogus"), "bogus")]:
                with self.subTest(args=args):
                    done = office.run("replay", BOSTON, "--mapping", "boston", *args)
                    self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
                    self.assertIn(words, done.stdout + done.stderr)

    def test_a_stop_waits_for_what_is_under_way(self):
        with Office() as office:
            path = office.dir / "journal"
            player = Process([program("linlictl"), "--json", "replay", str(BOSTON), "--mapping", "boston", "--speed", "600",
                              "--limit", "100", "--accounts", "10", "--journal", str(path)], env=office.env(),
                             log=office.dir / "replay.log", stdout=-1)
            self.addCleanup(player.kill)
            until(lambda: path.exists() and path.read_text().count('"outcome"') > 3, "some commands were decided")
            player.signal(signal.SIGINT)
            out, _ = player.child.communicate(timeout=60)
            sums = json.loads(out.splitlines()[-1])
            self.assertEqual((player.child.returncode, sums["stopped"], sums["undecided"]), (130, True, 0))
            journal.check(office, path)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
