"""A station without a line for two hours: its commands are kept, survive a crash, come back through a failover, and are each
applied once or refused with both sides known. The two hours are compressed: 200 commands are made at once, and each says
(made_at) when in those two hours it was made."""
import os
import signal
import sqlite3
import sys
import unittest

from checker import check
from crew import Crew, fill
from plain import Plain
import room as rooms

STATION, COMMANDS, HOURS_MS, REFUSED = 5, 200, 2 * 3600 * 1000, 2


class Options:
    seed, pace = 11, 400


class Station(unittest.TestCase):
    def setUp(self):
        self.cluster = Plain(linlids=2).__enter__()
        self.addCleanup(lambda: self.cluster.__exit__(*sys.exc_info()))
        self.room = rooms.Room(self.cluster, Options, fill(self.cluster, 10, 1))
        self.crew = self.room.crew
        self.crew.start()
        self.addCleanup(self.crew.end)
        self.crowd = self.crew.crowd_of(STATION)

    def wait(self, condition, what):
        rooms.until(condition, what, rooms.PATIENCE)

    def kept(self):
        """id -> (state, code, body) of what the station's outbox has on its disk."""
        path = self.crew.folder / f"client-{STATION}" / "outbox.sqlite"
        with sqlite3.connect(path) as db:
            return {bytes(id).hex(): (state, code, bytes(body)) for id, state, code, body in
                    db.execute("SELECT id, state, code, body FROM command")}

    def events(self, kind):
        return int(self.cluster.owner(f"SELECT count(*) FROM linli.event WHERE kind = 'request.{kind}'")[0][0])

    def test_two_hours_without_a_line(self):
        self.wait(lambda: self.events("signed") >= 4, "there is work in progress")
        self.crew.rest(rooms.PATIENCE)
        before = set(self.kept())
        self.crowd.say("offline", STATION, 0)
        self.crowd.say("backlog", STATION, COMMANDS, HOURS_MS)
        self.wait(lambda: len(set(self.kept()) - before) == COMMANDS, "all of it is on disk")
        mine = set(self.kept()) - before
        self.crowd.kill()
        self.district_goes_on()
        os.kill(self.cluster.primary_pid(), signal.SIGKILL)
        self.cluster.linlids[0].kill()
        self.crowd.start()
        self.crowd.go(working=False)
        self.cluster.healed(rooms.PATIENCE)
        self.crew.rest(rooms.PATIENCE)
        self.judge(mine)

    def district_goes_on(self):
        changes = self.events("reported") + self.events("verified") + self.events("contacted")
        for crowd in self.crew.crowds:
            if crowd is not self.crowd:
                crowd.say("work")
        self.wait(lambda: self.events("reported") + self.events("verified") + self.events("contacted") >= changes + 6,
                  "the district changes what the station holds")
        for crowd in self.crew.crowds:
            crowd.say("rest")

    def judge(self, mine):
        findings = []
        with rooms.held(self.cluster):
            rooms.at_heads(self.room)
            self.crew.record_end()
            database = self.room.dump()
        self.crew.end()
        clients = self.room.recorded()
        findings = check(clients, database)
        self.assertEqual(findings, [])
        commands = [c for c in clients.commands.values() if c.id.replace("-", "") in mine]
        self.assertEqual(len(commands), COMMANDS)
        done = [c for c in commands if c.answer and c.answer.what == "done"]
        refused = [c for c in commands if c.answer and c.answer.what == "refused"]
        self.assertEqual(len(done) + len(refused), COMMANDS, "every one was decided")
        self.assertTrue(done and refused, f"{len(done)} done, {len(refused)} refused: neither shows anything")
        kept = self.kept()
        for command in refused:        # the station's side, still there; the district's is in its replica (checked at rest)
            state, code, body = kept[command.id.replace("-", "")]
            self.assertEqual(state, REFUSED)
            self.assertTrue(code and command.mark.encode() in body)
        self.assertFalse({c.id.replace("-", "") for c in done} & set(kept), "what was done has left the outbox")
        print(f"{len(done)} applied once, {len(refused)} refused with what was typed kept", file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
