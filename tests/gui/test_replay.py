"""Work that comes by the hour a second is seen live in two desks and on a wall, and at the end all say what the server says;
a desk whose line was away catches up and says so.

The real stream is played where it lies beside the project; the demo office's simulation always. $LINLI_TEST_MINUTE=1 keeps
the line away for a whole minute, without a word, instead of some seconds.
"""
import collections
import datetime
import os
import re
import sqlite3
import threading
import unittest
import zoneinfo

import desk
from desk import Desk, until
from office import SHARED, Office, Process, program
from relay import Relay
from test_main_path import found  # noqa: F401  (the folder of the harness)
from wire import codec, entry

BOSTON = SHARED / "data/requests/boston_311_2011-07-01_to_2011-10-16.csv"
HERE = zoneinfo.ZoneInfo("Asia/Shanghai")  # the desks'
STATES = {"registered": ("待受理", "Registered"), "accepted": ("待派单", "To dispatch"), "dispatched": ("待签收", "To sign"),
          "in_progress": ("办理中", "In progress"), "reported": ("待核查", "To verify"), "callback": ("待回访", "To call back")}
STATE_NAMES = {value.number: value.name for value in entry("enum", "request_state").values}
CLOSED = ("closed", "rejected", "merged", "transferred", "archived")


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def today(text):
    return bool(text) and instant(text).astimezone(HERE).date() == datetime.datetime.now(HERE).date()


class Truth:
    """What the server says, counted as the queues count it: those that no clock moves."""

    def __init__(self, office, user):
        self.rows = office.ctl("request", "list", "--closed", "true", user=user, timeout=300)
        states = collections.Counter(r["state"] for r in self.rows)
        self.queues = {state: states[state] for state in STATES}
        self.open = sum(r["state"] not in CLOSED for r in self.rows)
        self.closed_today = sum(r["state"] in CLOSED and today(r.get("closed_at")) for r in self.rows)
        self.registered_today = sum(today(r["registered_at"]) for r in self.rows)

    def board(self, language):
        n = language == "en"
        said = {STATES[state][n]: count for state, count in self.queues.items()}
        return {**said, ("全部在办", "All open")[n]: self.open, ("今日办结", "Closed today")[n]: self.closed_today}

    def wall(self):
        return {"今日受理": self.registered_today, "办理中": self.queues["in_progress"], "待回访": self.queues["callback"],
                "今日办结": self.closed_today}


def figures(d, names):
    """Name and number of each of those queues or figures, as a screen reader hears them."""
    said = {}
    for name in d.said():
        found = re.match(r"^(.+) (\d+)$", name)
        if found and found[1] in names:
            said[found[1]] = int(found[2])
    return said


def kept(d):
    """{id: (number, state, version)} of what a desk that has ended holds on disk."""
    message = entry("message", "request")
    path = next(d.home.rglob("replica.sqlite"))
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        # a confidential case comes without its text
        rows = [codec.decode(message, body, partial=True) for (body,) in db.execute("SELECT body FROM row WHERE noun = ?", (message.number,))]
    return {str(r["id"]): (r["number"], STATE_NAMES[r["state"]], r["version"]) for r in rows}


class Live:
    """Two desks, one behind a line that can be cut, and a wall, while somebody plays."""

    def __init__(self, test, office, accounts):
        self.test, self.office = test, office
        self.line = test.enterContext(Relay(office.ports[0]))
        self.near = Desk(office, accounts[0], "zh")
        self.far = Desk(office, accounts[1], "en", server=self.line.address)
        self.wall = Desk(office, accounts[2], "zh", args=["--wall"])
        self.user = accounts[0]
        self.seen = []  # of closed and open today, while it went on
        for d in (self.near, self.far, self.wall):
            test.enterContext(d)
        self.near.find(None, "实时")
        self.far.find(None, "Live")
        self.wall.find(None, "今日受理")
        self.look()

    def look(self):
        self.seen.append(tuple(sorted(figures(self.near, [zh for zh, _ in STATES.values()] + ["全部在办", "今日办结"]).items())))

    def truth(self):
        return Truth(self.office, self.user)

    def lose_the_line(self):
        """In the middle of it all."""
        minute = os.environ.get("LINLI_TEST_MINUTE")
        self.line.hush() if minute else self.line.cut()
        self.far.find(None, "Offline", patience=120)
        stood = self.as_of()
        threading.Event().wait(60 if minute else 5)  # the cut itself, not a hope
        self.test.assertEqual(self.as_of(), stood, "the bar claims to know more than it can")
        self.line.cut()
        self.line.mend()
        self.far.find(None, "The line is back: everything since")
        until(lambda: self.as_of() != stood and self.far.find_now(None, "· Live$"), "the desk is live again")

    def as_of(self):
        return self.far.find(None, r"^Data as of \d").get_name().split(" · ")[0]

    def ends_as_the_server_says(self):
        truth = self.truth()
        for d, names in ((self.near, truth.board("zh")), (self.far, truth.board("en")), (self.wall, truth.wall())):
            until(lambda: figures(d, names) == names, f"it says what the server says: {names}")
        shown = {r["number"]: r["state"] for r in truth.rows}
        for d in (self.near, self.far):
            d.end()
        self.test.assertEqual({number: state for number, state, _ in kept(self.near).values()}, shown)
        self.test.assertEqual(kept(self.near), kept(self.far))
        return truth


class Replay(unittest.TestCase):
    @unittest.skipUnless(BOSTON.exists(), f"the real data is not here: {BOSTON}")
    def test_the_boston_stream_is_seen_live_and_a_cut_desk_catches_up(self):
        with Office() as office:
            args = ["replay", str(BOSTON), "--mapping", "boston", "--from", "2011-07-06T08:00:00", "--to", "2011-07-06T14:00:00",
                    "--limit", "150", "--accounts", "12"]
            office.ctl(*args, "--tree-only")
            number = office.ctl("subdistrict", "list")[0]["office"]
            for name in ("desk1", "desk2", "screen"):
                office.account(name, role="supervisor", scope="office", scope_id=number, office=number)
            watch = office.watch("--all", "--since", "0", streams=0)
            live = Live(self, office, ("desk1", "desk2", "screen"))
            player = Process([program("linlictl"), "--json", *args, "--speed", "3600"], env=office.env(),
                             log=office.dir / "replay.log")
            self.addCleanup(player.kill)
            self.follow(live, player)
            truth = live.ends_as_the_server_says()
            states = {}
            heads = {int(s): int(h) for s, h in office.sql("SELECT stream, head FROM linli.stream WHERE stream % 4 = 2 AND head > 0")}
            until(lambda: {e["stream"]: e["seq"] for e in list(watch.events)} == heads, "the watch has everything")
            for event in watch.events:
                states[event["id"]] = (event.get("changed") or {}).get("state", states.get(event["id"]))
            self.assertEqual(states, {r["id"]: r["state"] for r in truth.rows})

    def test_the_demo_office_at_work_is_seen_live_and_a_cut_desk_catches_up(self):
        with Office(demo=(5, 60)) as office:
            live = Live(self, office, ("dispatcher1", "supervisor1", "supervisor1"))
            player = Process([program("linlictl"), "simulate", "--rate", "240", "--minutes", "0.4"],
                             env=office.env("dispatcher1"), log=office.dir / "simulate.log")
            self.addCleanup(player.kill)
            self.follow(live, player)
            live.ends_as_the_server_says()

    def follow(self, live, player):
        """It is not the end alone that is right: the figures moved while it went on."""
        before = live.truth().open
        until(lambda: live.truth().open != before, "work has begun")
        live.look()
        live.lose_the_line()
        live.look()
        until(lambda: live.look() or not player.running(), "the player ended", 300)
        self.assertEqual(player.child.returncode, 0, "the player failed")
        self.assertGreater(len(set(live.seen)), 1, "the board stood still while the office worked")


if __name__ == "__main__":
    desk.main(__name__)
