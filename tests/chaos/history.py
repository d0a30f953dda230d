"""What clients recorded and what the database holds, read from JSON lines into plain tables. One pass, no judgement.

A client's lines ("c" is the client's number, "s" a stream, "n" a seq, "h" a chain tag, "at" UTC microseconds):
    hello   account run               a process of this client began; what follows is of that run
    at      s n h                     what its replica held of a stream when it began
    send    id kind s row mark        a command was put into the outbox; mark stands in its text
    answer  id what s seq code        done, refused, or person (can never be decided)
    e       s n h                     an event was taken        snap    s n h    a snapshot was
    fork    s                         the server said that the history held is not its own
    forget  s                         a stream may not be followed any more
    end     s n h                     where the replica stands at the end, at rest
    row     s row state version team urged   a request in the replica at the end

The database's lines: stream, event, log, row, job, transition, and one `dumped` with the instant. See database.sql.
The harness's own: fault (name target at), restored (at, heads)."""
import collections
import json

Answer = collections.namedtuple("Answer", "what stream seq code at")


class Command:
    __slots__ = ("id", "client", "kind", "stream", "row", "mark", "sent_at", "answers", "order")

    def __init__(self, line, order):
        self.id, self.client, self.kind, self.stream = line["id"], line["c"], line["kind"], line["s"]
        self.row, self.mark, self.sent_at = line.get("row"), line.get("mark"), line["at"]
        self.answers, self.order = [], order

    def __str__(self):
        return f"{self.kind} {self.id} of client {self.client} in stream {self.stream}"

    @property
    def answer(self):
        return self.answers[0] if self.answers else None


class Clients:
    """Everything that clients recorded. seen: (client, stream) -> its lines at/e/snap/fork/forget/end, in order."""

    def __init__(self):
        self.accounts = {}                                   # client -> account
        self.commands = {}                                   # id -> Command
        self.twice_sent = []                                 # ids that were submitted twice
        self.strays = []                                     # answers to what was never sent
        self.seen = collections.defaultdict(list)
        self.rows = collections.defaultdict(dict)            # (client, stream) -> row -> line
        self.ended = set()                                   # (client, stream) with an `end`
        self.readiness = collections.defaultdict(list)       # client -> [(at, ready)]

    def read(self, path):
        with open(path, encoding="utf-8") as file:
            for line in file:
                if line.endswith("\n"):                      # a kill cuts the last line of a run; the next begins anew
                    self.take(json.loads(line))

    def take(self, line):
        kind = line["t"]
        if kind in ("e", "snap", "at", "fork", "forget", "end"):
            self.seen[line["c"], line["s"]].append(line)
            if kind == "end":
                self.ended.add((line["c"], line["s"]))
        elif kind == "send":
            if line["id"] in self.commands:
                self.twice_sent.append(line["id"])
            else:
                self.commands[line["id"]] = Command(line, len(self.commands))
        elif kind == "answer":
            command = self.commands.get(line["id"])
            if command is None:
                self.strays.append(line["id"])
            else:
                command.answers.append(Answer(line["what"], line.get("s"), line.get("seq"), line.get("code"), line["at"]))
        elif kind == "hello":
            self.accounts[line["c"]] = line["account"]
        elif kind == "row":
            self.rows[line["c"], line["s"]][line["row"]] = line
        elif kind == "state":
            self.readiness[line["c"]].append((line["at"], line["ready"]))


class Database:
    def __init__(self):
        self.streams = {}                                    # stream -> line
        self.events = collections.defaultdict(list)          # stream -> lines by seq
        self.log = collections.defaultdict(list)             # id -> lines
        self.rows = {}                                       # (noun, row) -> line
        self.jobs, self.transitions = [], []
        self.dumped_at = 0

    def read(self, path):
        with open(path, encoding="utf-8") as file:
            for line in file:
                self.take(json.loads(line))

    def take(self, line):
        kind = line["t"]
        if kind == "event":
            self.events[line["s"]].append(line)
        elif kind == "log":
            self.log[line["id"]].append(line)
        elif kind == "row":
            self.rows[line["noun"], line["row"]] = line
        elif kind == "stream":
            self.streams[line["s"]] = line
        elif kind == "job":
            self.jobs.append(line)
        elif kind == "transition":
            self.transitions.append(line)
        elif kind == "dumped":
            self.dumped_at = line["at"]
