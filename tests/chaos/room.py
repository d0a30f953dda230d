"""One run: a cluster, a crowd, a plan of faults, and the judgement."""
import bisect
import collections
import contextlib
import importlib
import os
import pathlib
import socket
import ssl
import sys
import time

import faults
from checker import check
from crew import Crew, fill, token
from history import Clients, Database

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
from office import until  # noqa: E402

COMMUNITIES, CROWDS, ENOUGH = 20, 10, 15
PATIENCE = 900                        # seconds until everything must be at rest once the faults are over


class Skip(Exception):
    """This machine cannot; says why."""


def say(text):
    print(text, flush=True)


class Room:
    def __init__(self, cluster, options, lines):
        self.cluster, self.options = cluster, options
        self.crew = Crew(cluster, cluster.folder / "crew", lines, CROWDS, options.seed, options.pace, ENOUGH)
        self.lines = lines
        self.struck = []              # (stroke, began, ended), UTC microseconds

    # Faults --------------------------------------------------------------------------------------------------
    def follow(self, plan):
        """Carries the plan out, and heals everything at its end."""
        start, open_ones = time.monotonic(), []
        for stroke in plan:
            self.sleep_until(start + stroke.at, open_ones)
            waited = time.monotonic()
            safe = self.cluster.settle()
            start += max(0, time.monotonic() - waited - 1)
            if not safe:
                say("# the cluster was not whole again; the next stroke comes all the same")
            say(f"# {stroke}")
            began = time.time_ns() // 1000
            self.struck.append([stroke, began, None])
            for fault in stroke.faults:
                fault.begin(self)
                open_ones.append((time.monotonic() + fault.length, fault, self.struck[-1]))
            self.sleep_until(start + stroke.until, open_ones)
        self.sleep_until(start + self.options.minutes * 60, open_ones)
        self.finish(open_ones)

    def sleep_until(self, when, open_ones):
        while True:
            for one in [o for o in open_ones if o[0] <= time.monotonic()]:
                open_ones.remove(one)
                self.finish([one])
            now = time.monotonic()
            if now >= when:
                return
            time.sleep(min([when - now] + [max(o[0] - now, 0.01) for o in open_ones]))

    def finish(self, ones):
        for _, fault, struck in ones:
            fault.end(self)
            struck[2] = time.time_ns() // 1000

    def slow_line(self, n):
        """A TLS line of a client of its own, that asked for the whole office and then hardly reads."""
        from wire import codec, entry
        number, account, secret, device = self.lines[1:][10 * n].split()[:4]
        host, port = self.cluster.server.split(":")
        raw = self.cluster.connect(host, int(port))
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(self.cluster.ca)
        context.set_alpn_protocols(["linli/1"])
        line = context.wrap_socket(raw)

        def send(name, correlation=0, **fields):
            frame = entry("frame", name)
            line.sendall(codec.frame(frame.number, correlation, codec.encode(frame, fields)))
        import uuid
        send("hello", lowest=1, highest=1, program="slow")
        send("resume", 1, token=bytes.fromhex(secret), device=uuid.UUID(device))
        time.sleep(1)
        streams = [int(pair.split(":")[0]) * 4 + 2 for pair in self.lines[0].split()]
        send("subscribe", 0, items=[{"stream": s} for s in streams])
        return contextlib.closing(line)

    # Judgement -----------------------------------------------------------------------------------------------
    def dump(self, name="database.jsonl"):
        path = self.cluster.folder / name
        path.write_text(self.cluster.psql("-f", str(pathlib.Path(__file__).parent / "database.sql")))
        database = Database()
        database.read(path)
        return database

    def recorded(self):
        clients = Clients()
        for path in self.crew.histories():
            clients.read(path)
        return clients


def outages(clients, struck, end):
    """(fault, longest wait of a client for an answer, seconds) of faults that came alone and are measured: of commands that
    waited at any moment from the stroke to the next one, and of their waiting what lies between the two."""
    answered = sorted((c.sent_at, c.answer.at, c.client) for c in clients.commands.values() if c.answer)
    sent = [a[0] for a in answered]
    found = []
    for i, (stroke, began, _) in enumerate(struck):
        fault = stroke.faults[0]
        if len(stroke.faults) != 1 or fault.limit is None:
            continue
        following = struck[i + 1][1] if i + 1 < len(struck) else end
        last = bisect.bisect_left(sent, following)
        away = {c for other, *_ in struck[max(0, i - 3):i + 1] for f in other.faults for c in f.excused()}
        waits = [(min(at, following) - max(given, began)) / 1e6 for given, at, client in answered[:last]
                 if at > began and client not in away and given > began - 60_000_000]
        found.append((fault, max(waits, default=0.0)))
    return found


def say_outages(found):
    by_name = collections.defaultdict(list)
    for fault, seconds in found:
        by_name[fault.measure, fault.limit].append(seconds)
    return [f"longest outage {name} {max(times):.1f} s (goal {limit}, {len(times)} times)" for (name, limit), times in by_name.items()]


def report(room, clients, findings, forks):
    commands = list(clients.commands.values())
    done = sum(1 for c in commands if c.answer and c.answer.what == "done")
    refused = sum(1 for c in commands if c.answer and c.answer.what == "refused")
    events = sum(1 for lines in clients.seen.values() for line in lines if line["t"] == "e")
    say(f"# {len(commands)} commands: {done} done, {refused} refused, {len(commands) - done - refused} never answered; "
        f"{events} events taken by replicas, {forks} of them told of a fork")
    for fault, seconds in outages(clients, room.struck, time.time_ns() // 1000):
        say(f"# {fault}: longest wait of a client {seconds:.1f} s")
    for rule, text in findings[:40]:
        say(f"VIOLATED {rule}: {text}")
    lost = sum(1 for rule, text in findings if text.endswith("is lost"))
    doubled = sum(1 for rule, text in findings if rule == "once")
    injected = sum(len(stroke.faults) for stroke, *_ in room.struck)
    say(", ".join([f"faults injected {injected}", f"commands acknowledged {done + refused}", f"lost {lost}", f"doubled {doubled}",
                   f"other violations {len(findings) - lost - doubled}",
                   *say_outages(outages(clients, room.struck, time.time_ns() // 1000))]))
    return not findings


def make_cluster(options):
    module = importlib.import_module("plain" if options.cluster == "plain" else "nodes")
    cluster = module.Plain() if options.cluster == "plain" else module.Nodes()
    cluster.clients, cluster.crowds = options.clients, CROWDS
    why = cluster.missing()
    if why and not options.plan:
        raise Skip(why)
    return cluster


def run(options):
    cluster = make_cluster(options)
    plan = faults.plan(options.seed, options.minutes * 60, cluster, set(filter(None, options.only.split(","))))
    say(f"# seed {options.seed}: tests/chaos/run --cluster {options.cluster} --minutes {options.minutes:g} --seed {options.seed}"
        + (f" --only {options.only}" if options.only else ""))
    say(f"# {cluster.name}")
    if options.plan:
        for stroke in plan:
            say(f"# {stroke}")
        return True
    with cluster:
        return one_run(cluster, options, plan)


def one_run(cluster, options, plan):
    room = Room(cluster, options, fill(cluster, options.clients, COMMUNITIES))
    say(f"# {options.clients} clients on {COMMUNITIES} communities; everything in {cluster.folder}")
    room.crew.start()
    began = time.monotonic()
    until(lambda: room.crew.status()[1] == options.clients, "all clients are signed in", PATIENCE)
    say(f"# all signed in after {time.monotonic() - began:.1f} s")
    room.follow(plan)
    say("# all faults are over")
    cluster.healed(PATIENCE)
    say(f"# at rest after {room.crew.rest(PATIENCE):.1f} s")
    until(lambda: cluster.owner("SELECT count(*) FROM linli.job WHERE due_at <= now()") == [["0"]], "due work is done", PATIENCE)
    return judge(room)


@contextlib.contextmanager
def held(cluster):
    """No stream moves inside: every counter is locked by a transaction of the owner's."""
    child = cluster.owner_session()
    try:
        child.stdin.write("BEGIN;\nSELECT count(*) FROM (SELECT FROM linli.stream FOR UPDATE) held;\n")
        child.stdin.flush()
        assert child.stdout.readline().strip().isdigit(), "the counters could not be held"
        yield
    finally:
        child.stdin.close()
        child.wait(30)
        child.stdout.close()


def at_heads(room):
    """Inside held(): waits until every client stands where the streams do."""
    heads = room.cluster.folder / "heads"
    heads.write_text("\n".join(" ".join(row) for row in room.cluster.owner("SELECT stream, head FROM linli.stream")) + "\n")
    room.crew.say("heads", heads)
    until(lambda: (s := room.crew.status())[2] == s[0], "all clients are at the heads", PATIENCE)


def judge(room):
    cluster = room.cluster
    # Deadlines go on passing: the counters are held, so that all stand at one moment.
    with held(cluster):
        at_heads(room)
        room.crew.record_end()
        database = room.dump()
    codes = room.crew.end()
    clients = room.recorded()
    findings = check(clients, database)
    findings += [("audit", " ".join(row)) for row in cluster.owner("SELECT * FROM linli.audit_verify() LIMIT 20")]
    findings += [("programs", f"crowd {i} ended with {code}") for i, code in enumerate(codes) if code]
    findings += cluster.complaints()
    if findings:
        os.environ["LINLI_TEST_KEEP"] = "1"
    forks = sum(1 for lines in clients.seen.values() for line in lines if line["t"] == "fork")
    return report(room, clients, findings, forks)
