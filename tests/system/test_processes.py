"""Several linlid on one database behave as one server; one that dies or restarts costs nobody anything."""
import signal
import unittest

from office import Office, until
from test_main_path import found, register, row


class Processes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.office = Office(processes=3).__enter__()
        cls.addClassCleanup(cls.office.__exit__, None, None, None)
        cls.place = found(cls.office)

    def test_watchers_on_three_processes_see_the_same_gapless_sequence(self):
        watches = [self.office.watch("--community", self.place["east"], user="dispatch", server=n) for n in range(3)]
        for n in range(30):
            self.office.ctl("request", "register", "--community", self.place["east"], "--channel", "phone",
                            "--text", f"第{n}件", user="clerk", server=n % 3)
        until(lambda: all(len(w.events) >= 30 for w in watches), "each watcher has thirty events")
        seen = [[(e["seq"], e["kind"], e["id"], e["chain"]) for e in w.events[:30]] for w in watches]
        self.assertEqual(seen[0], seen[1])
        self.assertEqual(seen[1], seen[2])
        seqs = [e[0] for e in seen[0]]
        self.assertEqual(seqs, list(range(seqs[0], seqs[0] + 30)))

    def test_an_effect_runs_once_though_three_could_run_it(self):
        pairs = []
        for n in range(5):
            parent = register(self.office, self.place["west"], f"主{n}")["request"]
            child = register(self.office, self.place["east"], f"子{n}")["request"]
            self.office.ctl("request", "merge", "--request", child, "--into", parent, "--into_community",
                            self.place["west"], user="dispatch", server=n % 3)
            pairs.append((parent, child))
        for parent, child in pairs:
            until(lambda: row(self.office, child)["state"] == "merged", "the child is merged")
            self.assertEqual(row(self.office, parent)["children"], 1)

    def test_a_killed_process_is_left_for_another_and_a_watch_goes_on_after_its_restart(self):
        watch = self.office.watch("--community", self.place["east"], user="dispatch", server=2)
        before = len(watch.events)
        register(self.office, self.place["east"], "杀前")
        until(lambda: len(watch.events) == before + 1, "the watch is live")
        self.office.linlid[2].kill()
        for n in range(5):
            register(self.office, self.place["east"], f"停机中{n}")  # through another process
        self.office.restart_one(2)
        until(lambda: len(watch.events) == before + 6, "the watch caught up")
        seqs = [e["seq"] for e in watch.events]
        self.assertEqual(seqs, list(range(seqs[0], seqs[0] + len(seqs))))

    def test_a_graceful_end_finishes_what_it_began_and_says_goodbye(self):
        self.office.start()
        extra = len(self.office.linlid) - 1
        watch = self.office.watch("--community", self.place["east"], user="dispatch", server=extra)
        self.assertEqual(self.office.linlid[extra].stop(), 0)
        self.assertTrue(watch.process.running(), "the watch waits to connect again")

    def test_a_new_certificate_is_served_after_a_signal_and_a_broken_one_is_not(self):
        pem = self.office.base / "tls" / "server.pem"
        good = pem.read_bytes()
        try:
            pem.write_bytes(b"no certificate")
            self.office.linlid[0].signal(signal.SIGHUP)
            until(lambda: "certificate" in (self.office.dir / "linlid-0.log").read_text().split("serving")[-1],
                  "the log speaks of the certificate")
            self.office.ctl("status")
        finally:
            pem.write_bytes(good)
        self.office.linlid[0].signal(signal.SIGHUP)
        self.office.ctl("status")


if __name__ == "__main__":
    unittest.main()
