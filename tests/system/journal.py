"""Holds a replay's own journal against the database: what was acknowledged is there, once; nothing else is."""
import json


def read(path):
    """{id: {"kind", "stream", …, and once decided "outcome", "seq" or "code"}}; a last line cut by a kill is left out."""
    commands = {}
    text = path.read_text()
    lines = text.split("\n")
    for line in lines[:-1] if not text.endswith("\n") else lines:
        if not line:
            continue
        entry = json.loads(line)
        command = commands.setdefault(entry["id"], {})
        if "outcome" in entry:
            assert "outcome" not in command, f"decided twice: {entry['id']}"
        command.update(entry)
    return commands


def check(office, path, all_decided=True):
    """Asserts it, and returns counts by outcome."""
    commands = read(path)
    log = {}
    for id, refusal, stream, seq in office.sql("SELECT id, coalesce(refusal, ''), stream, coalesce(seq, 0) FROM linli.command_log"):
        log.setdefault(id, []).append((refusal, int(stream), int(seq)))
    events = {(int(stream), int(seq)): kind
              for stream, seq, kind in office.sql("SELECT stream, seq, kind FROM linli.event")}
    counts = {}
    for id, command in commands.items():
        outcome = command.get("outcome")
        counts[outcome] = counts.get(outcome, 0) + 1
        found = log.get(id, [])
        assert len(found) <= 1, f"logged {len(found)} times: {command}"
        if outcome is None:
            assert not all_decided, f"never decided: {command}"
            continue
        assert len(found) == 1, f"acknowledged and not in the log: {command}"
        refusal, stream, seq = found[0]
        if outcome == "done":
            assert (refusal, stream, seq) == ("", command["stream"], command["seq"]), (command, found)
            assert (stream, seq) in events, f"its event is missing: {command}"
        else:
            assert refusal == command["code"], (command, found)
    places = [(c["stream"], c["seq"]) for c in commands.values() if c.get("outcome") == "done"]
    assert len(places) == len(set(places)), "two commands were given one event"
    gapless(office)
    return counts


def gapless(office):
    """Every stream is 1, 2, 3 … up to its head."""
    bad = office.sql("SELECT s.stream, s.head, count(e.seq), coalesce(max(e.seq), 0) FROM linli.stream s "
                     "LEFT JOIN linli.event e USING (stream) GROUP BY s.stream, s.head "
                     "HAVING count(e.seq) <> s.head OR coalesce(max(e.seq), 0) <> s.head")
    assert not bad, f"streams with gaps: {bad}"
