"""The database away at start, going away, killed, full; backup, restore, and the fork that every desk notices."""
import os
import pathlib
import shutil
import subprocess
import time
import unittest

from office import Office, free_port, program, until
from test_main_path import found, register, row


class Away(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.office = Office().__enter__()
        cls.addClassCleanup(cls.office.__exit__, None, None, None)
        cls.place = found(cls.office)

    def test_a_killed_database_loses_no_acknowledged_command_and_comes_back_by_itself(self):
        kept = [register(self.office, self.place["east"], f"之前{n}")["request"] for n in range(5)]
        self.office.kill_postgres()
        # linlid brings it back; the command line keeps the command on disk and sends it again until then.
        kept.append(register(self.office, self.place["east"], "之后")["request"])
        for request in kept:
            self.assertEqual(row(self.office, request)["state"], "registered")
        self.assertEqual(self.office.sql("SELECT count(*), max(seq) - min(seq) + 1 FROM linli.event WHERE stream = "
                                         f"{self.place['east'] * 4 + 2}")[0][0],
                         self.office.sql(f"SELECT head FROM linli.stream WHERE stream = {self.place['east'] * 4 + 2}")[0][0])

    def test_a_query_while_it_is_away_says_so_and_the_server_stays(self):
        self.office.admin_verb("cluster", "stop", "--embedded", self.office.base)
        try:
            done = self.office.run("request", "list", "--timeout", "5", user="dispatch")
            self.assertNotEqual(done.returncode, 0)
            self.assertTrue(self.office.linlid[0].running())
        finally:
            self.office.admin_verb("cluster", "start", "--embedded", self.office.base)
        until(lambda: self.office.run("request", "list", user="dispatch").returncode == 0, "queries work again")

    def test_a_database_named_by_url_that_is_away_at_start_is_waited_for(self):
        log = self.office.dir / "away.log"
        port = free_port()
        url = f"postgresql:///linli?host={self.office.dir}/nowhere&user=linlid"
        tls = self.office.base / "tls"
        with open(log, "wb") as out:
            child = subprocess.Popen([program("linlid"), "--database", url, "--listen", f"127.0.0.1:{port}", "--certificate",
                                      tls / "server.pem", "--key", tls / "server.key", "--data", self.office.dir / "away"],
                                     stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=self.office.plain_env())
        try:
            until(lambda: "database" in log.read_text(), "the log names the database")
            self.assertIsNone(child.poll(), log.read_text())
        finally:
            child.terminate()
            child.wait(30)


class Refusals(unittest.TestCase):
    """What linlid says, and its exit status, when it cannot start."""

    def said(self, *options):
        done = subprocess.run([program("linlid"), *map(str, options)], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=60)
        return done.returncode, done.stdout + done.stderr

    def setUp(self):
        import tempfile
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="linli-test-"))
        self.addCleanup(shutil.rmtree, self.folder, True)

    def config(self, text):
        path = self.folder / "linlid.conf"
        path.write_text(text)
        return path

    def test_a_config_that_is_not_there_or_wrong_is_named_with_what_to_do(self):
        cases = [(self.folder / "absent.conf", "absent.conf"), (self.config("[linlid]\nlissen=1\n"), "lissen")]
        for path, word in cases:
            status, text = self.said("--config", path, "--check-config")
            self.assertEqual(status, 2)
            self.assertIn(word, text)
        status, text = self.said("--config", self.config("[linlid]\nwrite-connections=many\n"), "--check-config")
        self.assertEqual(status, 2)
        self.assertIn("write-connections", text)

    def test_check_config_prints_what_stands(self):
        status, text = self.said("--database", "postgresql:///linli", "--certificate", "c", "--key", "k", "--check-config")
        self.assertIn("batch-max", text)
        self.assertIn(status, (0, 2))


class Backup(unittest.TestCase):
    def test_a_restore_from_a_backup_makes_a_watch_notice_the_fork(self):
        with Office() as office:
            place = found(office)
            old = register(office, place["east"], "备份前")["request"]
            office.admin_verb("backup", office.dir / "backup", "--embedded", office.base)
            lost = register(office, place["east"], "备份后")["request"]
            watch = office.watch("--community", place["east"], user="dispatch")
            register(office, place["east"], "还有一件")
            until(lambda: watch.events, "the watch has seen history that the backup lacks")
            office.linlid[0].stop()
            office.admin_verb("restore", office.dir / "backup", "--embedded", office.base, "--until", "latest"
                              if os.environ.get("LINLI_RESTORE_LATEST") else office_time(office, old))
            office.restart_one(0)
            until(lambda: any(m.get("forked") for m in watch.marks), "the watch says that history forked")
            self.assertEqual(row(office, old)["state"], "registered")
            office.refused("unknown_row", "request", "show", lost, user="dispatch")
            self.assertEqual(office.admin_verb("audit", "verify", "--embedded", office.base).count("finding"), 0)


class Fork(unittest.TestCase):
    """The database goes back in its history under a linlid that lives on, as after a failover that lost something."""

    def setUp(self):
        self.office = Office().__enter__()
        self.addCleanup(self.office.__exit__, None, None, None)
        self.place = found(self.office)
        self.pg, self.kept = self.office.base / "pg", self.office.dir / "pg-kept"

    def stopped(self, work):
        self.office.admin_verb("cluster", "stop", "--embedded", self.office.base)
        work()
        self.office.admin_verb("cluster", "start", "--embedded", self.office.base)

    def go_back(self):
        shutil.rmtree(self.pg)
        self.kept.rename(self.pg)

    def watched(self, new):
        """A watch that has seen an event which is then taken back, and `new` further commands after that."""
        register(self.office, self.place["east"], "之前")
        self.stopped(lambda: subprocess.run(["cp", "-a", self.pg, self.kept], check=True))
        until(lambda: self.office.run("request", "list", user="dispatch").returncode == 0, "it answers")
        watch = self.office.watch("--community", self.place["east"], user="dispatch")
        lost = register(self.office, self.place["east"], "没有了")["request"]
        until(lambda: any(lost in str(e) for e in watch.events), "the watch has seen what will be lost")
        self.stopped(self.go_back)
        fresh = [register(self.office, self.place["east"], f"之后{n}")["request"] for n in range(new)]
        return watch, fresh

    def test_who_watches_is_told_although_the_same_seq_was_given_to_another_event(self):
        watch, fresh = self.watched(new=3)
        until(lambda: any(m.get("forked") for m in watch.marks), "the watch says that history forked")
        after = register(self.office, self.place["east"], "最后")["request"]
        until(lambda: any(after in str(e) for e in watch.events), "it goes on with the new history")
        self.assertTrue(self.office.linlid[0].running())
        self.assertEqual(len(fresh), 3)

    def test_who_watches_is_told_although_nothing_new_happens(self):
        watch, _ = self.watched(new=0)
        until(lambda: any(m.get("forked") for m in watch.marks), "the watch says that history forked")


def office_time(office, request):
    """Just after this request was recorded, for point-in-time recovery."""
    return office.sql("SELECT to_char(at + interval '1 ms', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') FROM linli.event "
                      f"WHERE row_id = '{request}' ORDER BY seq LIMIT 1")[0][0]


if __name__ == "__main__":
    unittest.main()
