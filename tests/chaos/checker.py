"""The history checker: whether what clients recorded and what the database holds can both be true. Linear in both.

    acknowledged is present once · unknown is present at most once · nothing is present that nobody asked for
    seq is 1, 2, 3 … and time never runs back · the chain is whole · every replica is a prefix of the database's stream
    a client's own order holds within a stream · no step that the state machine has not · duties stay separate
    deadlines, urgings and effects once each · tables are the fold of their events · replicas at rest are the tables

    findings = check(clients, database)        # of history.py; a finding is (rule, sentence); none: all held

A restore from a backup is the one thing that may take acknowledged commands away. It is told by `restored`, a map from
stream to the head that was restored, and the instant: then every client that stood past such a head must have been told
of the fork. What was acknowledged before is judged against the dump made before (call check() with that one too)."""
import collections
import hashlib
import json
import struct

NO_CHAIN = bytes(32)
# Refusals given before the log is reached: nothing was decided about the id, and nothing is remembered.
NOT_LOGGED = {"not_allowed", "signed_out", "too_old", "reused_id", "wrong_stream", "too_many"}
# Which actions an event tells of. What is not here leaves the state as it is.
ACTIONS = {"request.accepted": ("accept",), "request.dispatched": ("dispatch",), "request.signed": ("sign",),
           "request.contacted": ("contact",), "request.reported": ("report",), "request.verified": ("verify",),
           "request.sent_back": ("rework", "callback"), "request.called_back": ("callback",),
           "request.closed": ("callback",), "request.returned": ("return",), "request.merged": ("merge",)}
ENDS_OF_MERGE = ("request.merged", "request.merge_refused")


def check(clients, database, restored=None, restored_at=0):
    return Checker(clients, database, restored or {}, restored_at).run()


def tag(chain):
    return int.from_bytes(bytes.fromhex(chain)[:8], "little")


class Checker:
    def __init__(self, clients, database, restored, restored_at):
        self.clients, self.database = clients, database
        self.restored, self.restored_at = restored, restored_at
        self.findings = []
        self.by_place = {}                                   # (stream, seq) -> event
        self.forks = 0

    def run(self):
        for events in self.database.events.values():
            events.sort(key=lambda e: e["n"])
            for event in events:
                self.by_place[event["s"], event["n"]] = event
        for rule in (self.sequences, self.chains, self.log_and_events, self.acknowledged, self.own_order, self.marks,
                     self.replicas, self.state_machine, self.deadlines, self.effects, self.fold, self.rows_at_rest):
            rule()
        return self.findings

    def find(self, rule, text):
        self.findings.append((rule, text))

    # The streams ---------------------------------------------------------------------------------------------
    def sequences(self):
        for stream, head in self.database.streams.items():
            events = self.database.events.get(stream, [])
            for place, event in enumerate(events, 1):
                if event["n"] != place:
                    self.find("gapless", f"stream {stream}: {place} is missing, {event['n']} comes instead")
                    break
            if len(events) != head["head"]:
                self.find("gapless", f"stream {stream}: its head is {head['head']} and it has {len(events)} events")
            for before, event in zip(events, events[1:]):
                if event["at"] < before["at"]:
                    self.find("gapless", f"stream {stream}: time runs back at {event['n']}")
        for stream in self.database.events.keys() - self.database.streams.keys():
            self.find("gapless", f"stream {stream} has events and no counter")

    def chains(self):
        for stream, events in self.database.events.items():
            chain = NO_CHAIN
            for event in events:
                if event["salt"] is not None and digest_of(event) != event["digest"]:
                    self.find("chain", f"stream {stream}: the body of {event['n']} is not the one digested")
                if chain_of(chain, event) != event["chain"]:
                    self.find("chain", f"stream {stream}: the chain breaks at {event['n']}")
                chain = bytes.fromhex(event["chain"])
            head = self.database.streams.get(stream)
            if head and bytes.fromhex(head["chain"]) != chain:
                self.find("chain", f"stream {stream}: its head's chain is not its newest event's")

    # Commands ------------------------------------------------------------------------------------------------
    def log_and_events(self):
        """Each event by one command, each command by one event; an event beside a command's stands right before it."""
        owner = {}
        for entries in self.database.log.values():
            if len(entries) > 1:
                self.find("once", f"{entries[0]['id']} is logged {len(entries)} times")
            for entry in entries:
                if entry["n"] is None:
                    continue
                place = entry["s"], entry["n"]
                if place in owner:
                    self.find("once", f"event {place} was made by two commands: {owner[place]} and {entry['id']}")
                owner[place] = entry["id"]
                if place not in self.by_place:
                    self.find("once", f"{entry['id']} is logged with event {place}, which is not there")
        for stream, events in self.database.events.items():
            beside = None                                    # what follows decides about it
            for event in events:
                if beside and (beside["at"], beside["actor"]) != (event["at"], event["actor"]):
                    self.find("once", f"event {stream}/{beside['n']} {beside['kind']} was made by no command")
                beside = None if (stream, event["n"]) in owner else event
            if beside:
                self.find("once", f"event {stream}/{beside['n']} {beside['kind']} was made by no command")

    def acknowledged(self):
        for id in self.clients.twice_sent:
            self.find("acknowledged", f"{id} was submitted twice")
        for id in self.clients.strays:
            self.find("acknowledged", f"{id} was answered and never sent")
        for command in self.clients.commands.values():
            entries = self.database.log.get(command.id, [])
            for answer in command.answers:
                if answer[:4] != command.answers[0][:4]:
                    self.find("acknowledged", f"{command} was answered {command.answers[0].what} and then {answer.what}")
            if command.answer:
                self.one_answer(command, command.answer, entries[0] if entries else None)

    def taken_back(self, answer):
        """Acknowledged before a restore, and past the head that was restored."""
        return answer.at <= self.restored_at and (answer.stream not in self.restored or answer.seq is None
                                                  or answer.seq > self.restored[answer.stream])

    def one_answer(self, command, answer, entry):
        if answer.what == "done":
            if self.taken_back(answer):
                return
            event = self.by_place.get((answer.stream, answer.seq))
            if entry is None:
                self.find("acknowledged", f"{command} was acknowledged, and is lost")
            elif entry["refusal"] is not None or (entry["s"], entry["n"]) != (answer.stream, answer.seq):
                self.find("acknowledged", f"{command} was acknowledged as {answer.stream}/{answer.seq}, and the log says "
                                          f"{entry['refusal'] or (entry['s'], entry['n'])}")
            elif event is None or event["actor"] != self.clients.accounts.get(command.client):
                self.find("acknowledged", f"{command}: event {answer.stream}/{answer.seq} is not its own")
        elif answer.what == "unsaved":                       # the disk did not take it, and the user was told so
            if entry is not None:
                self.find("acknowledged", f"{command} was given back to its user, and was done")
        elif answer.what == "refused":
            if entry is None and answer.code not in NOT_LOGGED and not answer.at <= self.restored_at:
                self.find("acknowledged", f"{command} was refused ({answer.code}), and the log does not know it")
            elif entry is not None and entry["refusal"] != answer.code and not self.taken_back(answer):
                self.find("acknowledged", f"{command} was refused ({answer.code}), and the log says "
                                          f"{entry['refusal'] or 'done'}")
        else:
            self.find("acknowledged", f"{command} could not be decided: {answer.code}")

    def own_order(self):
        newest = {}                                          # (client, stream) -> Command with the highest seq so far
        for command in sorted(self.clients.commands.values(), key=lambda c: c.order):
            entries = self.database.log.get(command.id)
            seq = entries[0]["n"] if entries else None
            if seq is None or command.sent_at <= self.restored_at:
                continue
            key = command.client, command.stream
            if key in newest and newest[key][0] > seq:
                self.find("own order", f"{command} is {seq}, before {newest[key][1]}, which was given earlier and is "
                                       f"{newest[key][0]}")
            newest[key] = max(newest.get(key, (0, None)), (seq, str(command)))

    def marks(self):
        """Every command's text holds a mark of its own: found twice, it was done twice, whatever the log says."""
        wanted = {c.mark: c for c in self.clients.commands.values() if c.mark}
        found = collections.Counter()
        for event in self.by_place.values():
            for text in texts_of(event):
                if text in wanted:
                    found[text] += 1
        for mark, times in found.items():
            if times > 1:
                self.find("once", f"{wanted[mark]} was done {times} times")

    # Replicas ------------------------------------------------------------------------------------------------
    def replicas(self):
        for (client, stream), lines in self.clients.seen.items():
            self.one_replica(client, stream, lines)

    def one_replica(self, client, stream, lines):
        """A fork excuses what was held before it, and nothing after: only what follows the last one is compared."""
        last_fork = max((i for i, line in enumerate(lines) if line["t"] == "fork"), default=-1)
        self.forks += last_fork >= 0
        at, told = None, True                                # told: the cursor counts
        where = f"client {client}, stream {stream}"
        for i, line in enumerate(lines):
            if line["t"] == "fork" or line["t"] == "forget":
                at, told = None, line["t"] == "forget"
                continue
            if line["t"] == "e":
                if at is None or line["n"] != at + 1:
                    self.find("prefix", f"{where}: after {at} it took {line['n']}")
            elif line["t"] == "end" and at is not None and line["n"] != at:
                self.find("prefix", f"{where}: it ends at {line['n']}, and took up to {at}")
            at, told = line["n"], True
            if i > last_fork and line["n"] and not self.same(stream, line):
                self.find("prefix", f"{where}: what it holds at {line['n']} is not in the database, and nobody told it")
                return
        head = self.database.streams.get(stream)
        if (client, stream) in self.clients.ended and head and at != head["head"]:
            self.find("prefix", f"{where}: at rest it stands at {at} of {head['head']}")

    def same(self, stream, line):
        event = self.by_place.get((stream, line["n"]))
        return event is not None and tag(event["chain"]) == line["h"]

    def rows_at_rest(self):
        tables = collections.defaultdict(dict)
        for (noun, id), row in self.database.rows.items():
            if noun == "request":
                tables[row["s"]][id] = row["body"]
        for client, stream in self.clients.ended:
            held = self.clients.rows.get((client, stream))
            if held is None or (client, stream) not in self.clients.rows:
                continue
            for id in held.keys() ^ tables[stream].keys():
                self.find("replica rows", f"client {client}: request {id} is in "
                                          f"{'its replica' if id in held else 'the table'} alone")
            for id in held.keys() & tables[stream].keys():
                for field in ("state", "version", "team", "urged"):
                    if held[id].get(field) != tables[stream][id].get(field):
                        self.find("replica rows", f"client {client}: {field} of request {id} is {held[id].get(field)}, "
                                                  f"in the table {tables[stream][id].get(field)}")

    # Meaning -------------------------------------------------------------------------------------------------
    def requests(self):
        """Each request's events in order, with the row before and after: moves between streams do not happen."""
        for stream, events in self.database.events.items():
            rows = {}
            for event in events:
                if event["kind"].startswith("request."):
                    before = rows.get(event["row"])
                    after = fold_step(before, event)
                    rows[event["row"]] = after
                    yield event, before, after

    def state_machine(self):
        steps = collections.defaultdict(set)
        for t in self.database.transitions:
            steps[t["state"], t["action"], t["outcome"]].add(t["next"])
        handled = collections.defaultdict(set)               # row -> accounts that signed, contacted, reported
        for event, before, after in self.requests():
            where = f"request {event['row']}, event {event['s']}/{event['n']} {event['kind']}"
            if before is None:
                if event["kind"] not in ("request.registered", "request.imported"):
                    self.find("state machine", f"{where}: nobody registered it")
                elif event["kind"] == "request.registered" and after.get("state") != "registered":
                    self.find("state machine", f"{where}: it begins as {after.get('state')}")
                continue
            if not legal(steps, event, before, after):
                self.find("state machine", f"{where}: from {before.get('state')} to {after.get('state')}")
            if event["kind"] in ("request.signed", "request.contacted", "request.reported"):
                handled[event["row"]].add(event["actor"])
            elif event["kind"] in ("request.verified", "request.closed", "request.called_back", "request.sent_back") \
                    and event["actor"] in handled[event["row"]]:
                self.find("state machine", f"{where}: account {event['actor']} handled it itself")
            if event["kind"] not in ("request.commented",) and after.get("version") != before.get("version", 0) + 1:
                self.find("state machine", f"{where}: version {before.get('version')} became {after.get('version')}")

    def deadlines(self):
        fired = collections.Counter()
        for event, before, after in self.requests():
            if event["kind"] == "request.overdue":
                note = json.loads(event["note"] or "{}")
                fired[event["row"], before.get("due_at"), note.get("stage"), note.get("level")] += 1
                if event["actor"] is not None:
                    self.find("deadlines", f"request {event['row']} was urged by account {event['actor']}")
                if note.get("level") != before.get("urged", 0) + 1:
                    self.find("deadlines", f"request {event['row']}: level {note.get('level')} after {before.get('urged', 0)}")
        for (row, due, stage, level), times in fired.items():
            if times > 1:
                self.find("deadlines", f"request {row}: level {level} of stage {stage}, due {due}, fired {times} times")
        for job in self.database.jobs:
            if job["due"] < self.database.dumped_at - 5_000_000:
                self.find("deadlines", f"job {job['job']} {job['kind']} of {job['row']} was due and never ran")

    def effects(self):
        """A merge that began ends once, and its other side hears of it once."""
        begun, ended, joined = {}, collections.Counter(), collections.Counter()
        for event in self.by_place.values():
            if event["kind"] == "request.merging":
                begun[event["row"]] = json.loads(event["note"])["into"]
            elif event["kind"] in ENDS_OF_MERGE:
                ended[event["row"], event["kind"]] += 1
            elif event["kind"] == "request.joined":
                joined[json.loads(event["note"])["child"], event["row"]] += 1
        waiting = {j["row"] for j in self.database.jobs} | {str(j.get("child")) for j in self.database.jobs}
        for row, into in begun.items():
            merged = ended[row, "request.merged"]
            if merged > 1 or joined[row, into] > 1 or merged != joined[row, into] and row not in waiting:
                self.find("effects", f"merge of {row} into {into}: merged {merged} times, joined {joined[row, into]} times")
            if not merged and not ended[row, "request.merge_refused"] and row not in waiting and into not in waiting:
                self.find("effects", f"merge of {row} into {into} began and nothing came of it")
        for (child, row), times in joined.items():
            if child not in begun:
                self.find("effects", f"request {row} was joined by {child}, which never asked")

    def fold(self):
        folded, erased = {}, set()
        for stream, events in self.database.events.items():
            for event in events:
                if event["kind"] == "account.rights_changed":
                    continue
                key = event["kind"].split(".")[0], event["row"]
                if event["body"] is None:
                    erased.add(key)
                elif key not in erased:
                    folded[key] = fold_step(folded.get(key), event)
        unheard = {j["row"] for j in self.database.jobs if j["kind"] == "office.changed"}
        for key in folded.keys() | self.database.rows.keys():
            if key in erased:
                continue
            row = self.database.rows.get(key)
            table = row and strip(row["body"])
            told = folded.get(key)
            if told is None and (table.get("version") == 0 or key[0] == "office" and key[1] in unheard):
                continue
            if table != told:
                fields = sorted(f for f in (table or {}).keys() | (told or {}).keys()
                                if (table or {}).get(f) != (told or {}).get(f))
                self.find("fold", f"{key[0]} {key[1]}: the table is not what its events made it: {', '.join(fields)}")


# How an event is written down, as sql/api_1/command.sql does it --------------------------------------------------
def digest_of(event):
    body, note = event["body"], event["note"] or ""
    return hashlib.sha256(bytes.fromhex(event["salt"]) + struct.pack(">i", len(body)) + body.encode()
                          + note.encode()).hexdigest()


def numbers(values):
    """array_send of bigint[]: dimensions, has-null, element type, then length and lower bound, then the elements."""
    if values is None:
        return b""
    if not values:
        return struct.pack(">iii", 0, 0, 20)
    return struct.pack(">iiiii", 1, 0, 20, len(values), 1) + b"".join(struct.pack(">iq", 8, v) for v in values)


def chain_of(before, event):
    was = event["was_audience"]
    return hashlib.sha256(
        before + struct.pack(">qqq", event["n"], event["at"], event["actor"] or 0)
        + bytes.fromhex(event["row"].replace("-", "")) + bytes.fromhex(event["digest"])
        + struct.pack(">h?qh", event["audience"], event["whole"], event["barred"] or 0, -1 if was is None else was)
        + numbers(event["teams"]) + numbers(event["was_teams"]) + event["kind"].encode()).hexdigest()


def strip(value):
    """Without members that are null, at any depth: what is not there and what has no value are the same."""
    if isinstance(value, dict):
        return {k: strip(v) for k, v in value.items() if v is not None}
    return [strip(v) for v in value] if isinstance(value, list) else value


def fold_step(row, event):
    body = json.loads(event["body"]) if event["body"] is not None else {}
    return strip(body if event["whole"] or row is None else {**row, **body})


def texts_of(event):
    """The marks that an event may hold: texts of its note and of what it changed, each once."""
    found = []
    for text in (event["note"], event["body"] if event["kind"] == "request.registered" else None):
        found += [v for v in json.loads(text or "{}").values() if isinstance(v, str)]
    return found


def legal(steps, event, before, after):
    old, new = before.get("state"), after.get("state")
    actions = ACTIONS.get(event["kind"])
    if actions is None:
        return old == new
    result = json.loads(event["note"] or "{}").get("result") or ""
    for action in actions:
        nexts = steps.get((old, action, result if action == "callback" else ""), ())
        # A call-back that closes: the shift leader explained, or the third try reached nobody.
        if new in nexts or (None in nexts and old == new) \
                or (action == "callback" and nexts and event["kind"] == "request.closed" and new == "closed"
                    and result in ("solved_unsatisfied", "not_reached")):
            return True
    return False
