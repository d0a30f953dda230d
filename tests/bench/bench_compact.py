"""compact: live events on the wire beside the same events as `linlictl watch --json` prints them.

The demo office lives through its weeks. A plain client reads each community's stream from its second event on and
counts the frames, length included; `linlictl --json watch` prints the same events. Both are the shift leader,
who sees all in full. Nothing is timed: the ratio depends on the events alone.
"""
import json
import sys

from lab import ROOT, system

sys.path.insert(0, str(ROOT / "tests" / "system"))
import wire  # noqa: E402

GOAL, USER = 0.3, "shift1"


class Counting(wire.Client):
    """Knows how many bytes the frame had that it read last."""

    def read(self):
        while not self._whole():
            data = self.socket.recv(65536)
            if not data:
                raise wire.Closed("end of file")
            self.buffer += data
        before = len(self.buffer)
        frame = super().read()
        self.size = before - len(self.buffer)
        return frame


def frames(office, cursors):
    """(stream, seq) -> bytes of its event frame."""
    sizes = {}
    wanted = sum(c.pop("head") - 1 for c in cursors)
    with Counting(office, USER) as client:
        client.sign_in()
        client.send("subscribe", 1, items=cursors)
        while len(sizes) < wanted:
            name, _, body = client.read()
            assert name in ("event", "subscribed"), (name, body)
            if name == "event":
                assert "form" not in body, "a shift leader sees every event in full"
                sizes[body["stream"], body["seq"]] = client.size
    return sizes


def lines(office):
    """(stream, seq) -> bytes of its line, without the end of it."""
    done = office.run("watch", "--all", "--since", 1, "--until-idle", 3, user=USER, timeout=300)
    assert done.returncode == 0, done.stderr
    sizes = {}
    for line in done.stdout.splitlines():
        event = json.loads(line)
        sizes[event["stream"], event["seq"]] = len(line.encode())
    return sizes


def counted(requests, days):
    """(bytes on the wire, bytes as JSON, events)"""
    with system.Office() as office:
        password = office.dir / "password-demo"
        office._secret(password, "long enough for a demo")
        office.admin_verb("db", "demo", "--embedded", office.base, "--days", days, "--requests", requests,
                          "--password-file", password)
        rows = office.sql("SELECT s.stream, s.head, linli.chain_tag(e.chain) FROM linli.stream s"
                          " JOIN linli.event e ON e.stream = s.stream AND e.seq = 1"
                          " WHERE s.stream % 4 = 2 AND s.head > 1")
        cursors = [{"stream": int(s), "since": 1, "chain": int(tag) % 2**64, "head": int(head)}
                   for s, head, tag in rows]
        wire_sizes = frames(office, cursors)
        json_sizes = lines(office)
    assert set(wire_sizes) == set(json_sizes), set(wire_sizes) ^ set(json_sizes)
    return sum(wire_sizes.values()), sum(json_sizes.values()), len(wire_sizes)


def run(_, figures, quick):
    on_wire, as_json, events = counted(*((60, 10) if quick else (400, 20)))
    figures.add("compact", on_wire / events, "bytes an event", f"<= {GOAL}", "linlictl watch --json",
                as_json / events)
