"""The client's core as the desk wires it, against a real linlid: commands that may be recalled, and what a replica holds."""
import queue
import sqlite3
import subprocess
import threading
import unittest

from office import Office, program, until
from test_main_path import found, register
from wire import codec, entry, uuid7

LONG = 600000  # ms: longer than any test


class Driver:
    def __init__(self, office, folder, user="clerk"):
        folder.mkdir(exist_ok=True)
        self.outbox = folder / "outbox.sqlite"
        self.heard, self.seen = queue.Queue(), []
        self.child = subprocess.Popen([program("client_core_driver"), str(folder)], env=office.env(user), text=True, bufsize=1,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        for line in self.child.stdout:
            self.heard.put(line.strip())

    def said(self):
        while not self.heard.empty():
            self.seen.append(self.heard.get())
        return self.seen

    def wait(self, line):
        until(lambda: line in self.said(), f"{line}; there came {self.seen}")

    def say(self, *words):
        print(*words, file=self.child.stdin, flush=True)

    def ask(self, *words):
        before = len(self.said())
        self.say(*words)
        until(lambda: [x for x in self.said()[before:] if x.startswith(words[0])], f"an answer to {words}")
        return next(x for x in self.said()[before:] if x.startswith(words[0])).split()[-1]

    def kept(self):
        """How many are on disk, as another process sees it."""
        with sqlite3.connect(self.outbox) as db:
            table = db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%body%'").fetchone()[0]
            return db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]

    def end(self):
        self.child.stdin.close()
        self.child.wait(30)
        self.child.stdout.close()
        self.thread.join(10)

    def kill(self):
        self.child.kill()
        self.child.wait()
        self.thread.join(10)
        self.child.stdin.close()
        self.child.stdout.close()


class Core(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.office = Office().__enter__()
        cls.addClassCleanup(cls.office.__exit__, None, None, None)
        cls.place = found(cls.office)
        cls.comment = entry("command", "request.comment")
        cls.requests = {n: register(cls.office, cls.place[n])["request"] for n in ("east", "west")}

    def driver(self, name, wait=True):
        driver = Driver(self.office, self.office.dir / name)
        self.addCleanup(lambda: driver.child.poll() is None and driver.kill())
        if wait:
            driver.wait("ready")
        return driver

    def words(self, text, where="east"):
        import uuid
        body = codec.encode(self.comment, {"request": uuid.UUID(self.requests[where]), "text": text})
        return str(uuid7()), self.comment.number, self.place[where] * 4 + 2, body.hex()

    def stored(self, text):
        return int(self.office.sql(f"SELECT count(*) FROM linli.event WHERE note ->> 'text' = '{text}'")[0][0])

    def test_what_is_held_is_on_disk_and_recalled_without_a_trace(self):
        d = self.driver("recalled")
        held = self.words("收回")
        d.say("held", LONG, *held)
        until(lambda: d.kept() == 1, "it is on disk")
        self.assertEqual(d.ask("recall", held[0]), "yes")
        d.wait(f"decided {held[0]} cancelled")
        until(lambda: d.kept() == 0, "it is gone from the disk")
        self.assertEqual(d.ask("recall", held[0]), "no")
        d.end()
        self.assertEqual(self.stored("收回"), 0)

    def test_what_is_held_leaves_when_its_time_is_up(self):
        d = self.driver("left")
        held = self.words("时间到")
        d.say("held", 300, *held)
        d.wait(f"decided {held[0]} done")
        self.assertEqual(d.ask("recall", held[0]), "no")
        self.assertEqual(self.stored("时间到"), 1)
        until(lambda: d.kept() == 0, "it is gone from the disk")
        d.end()

    def test_a_later_command_of_its_stream_sends_it_first_and_one_of_another_does_not(self):
        d = self.driver("order")
        held, elsewhere, later = self.words("先"), self.words("另一社区", "west"), self.words("后")
        d.say("held", LONG, *held)
        d.say("submit", *elsewhere)
        d.wait(f"decided {elsewhere[0]} done")
        self.assertEqual([x for x in d.said() if held[0] in x], [])
        d.say("submit", *later)
        d.wait(f"decided {later[0]} done")
        decided = [x.split()[1] for x in d.said() if x.startswith("decided")]
        self.assertEqual(decided, [elsewhere[0], held[0], later[0]])
        self.assertEqual(d.ask("recall", held[0]), "no")
        texts = self.office.sql(f"SELECT note ->> 'text' FROM linli.event WHERE stream = {held[2]} AND note ? 'text' ORDER BY seq DESC LIMIT 2")
        self.assertEqual([t[0] for t in texts], ["后", "先"])
        d.end()

    def test_what_was_held_by_a_killed_program_leaves_at_its_next_start(self):
        d = self.driver("killed")
        held = self.words("重启后发出")
        d.say("held", LONG, *held)
        until(lambda: d.kept() == 1, "it is on disk")
        d.kill()
        self.assertEqual(self.stored("重启后发出"), 0)
        again = self.driver("killed")
        again.wait(f"decided {held[0]} done")
        self.assertEqual(self.stored("重启后发出"), 1)
        again.end()

    def test_a_replica_holds_what_all_offices_share_and_hears_of_it(self):
        d = self.driver("root")
        until(lambda: d.ask("current") == "yes", "at the heads")
        noun = entry("message", "district").number
        self.assertEqual(d.ask("count", noun), "1")
        self.office.ctl("district", "put", "--code", "119700000000", "--name", "另一区")
        until(lambda: d.ask("count", noun) == "2", "the new district came")
        categories = entry("message", "category").number
        before = int(d.ask("count", categories))
        self.assertGreater(before, 40)
        self.office.ctl("category", "put", "--code", "test.shared", "--name", "共用", "--english", "Shared", "--office", 1)
        until(lambda: int(d.ask("count", categories)) == before + 1, "a category of all offices came")
        d.end()


if __name__ == "__main__":
    unittest.main()
