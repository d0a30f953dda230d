"""Faults: what each does, how it ends, and the plan that a seed makes of them.

A fault is a class; its instance is one stroke of the plan. Everything that a fault chooses it chooses while the plan is made,
from the seed's generator: the same seed and cluster give the same plan. begin() and end() run in the harness's thread, at the
plan's times; end() must leave what it touched as it was, whatever happened meanwhile.

`needs` names what a cluster must have (Cluster.kinds). `limit`: seconds that a client may wait for an answer after it, which
is measured and reported when the fault comes alone; None: not measured. To add one, write a class below; @fault lists it."""
import os
import pathlib
import random
import resource
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
from office import until  # noqa: E402

ALL = []


def fault(cls):
    ALL.append(cls)
    return cls


class Fault:
    needs, limit, measure = frozenset(), None, None
    shortest, longest = 1, 6          # seconds between begin and end
    pause = 8                         # until the next stroke may come

    def __init__(self, chance, cluster):
        self.chance = chance
        self.length = round(chance.uniform(self.shortest, self.longest), 1)
        self.choose(chance, cluster)

    def choose(self, chance, cluster):
        pass

    def begin(self, room):
        raise NotImplementedError

    def end(self, room):
        pass

    def excused(self):
        """Clients whose line the fault itself cuts: their waiting says nothing about the server."""
        return set()

    def __str__(self):
        return type(self).__name__ + (f" {self.target}" if hasattr(self, "target") else "")


class OneLinlid(Fault):
    needs = {"linlid"}

    def choose(self, chance, cluster):
        self.target = chance.randrange(cluster.count)

    def linlid(self, room):
        return room.cluster.linlids[self.target]


# linlid ----------------------------------------------------------------------------------------------------------
@fault
class LinlidKilled(OneLinlid):
    """kill -9; another is started in its place some seconds later, as systemd would."""
    limit, measure = 2, "after kill -9 of one linlid"

    def begin(self, room):
        self.linlid(room).kill()

    def end(self, room):
        self.linlid(room).start()


@fault
class LinlidStopped(OneLinlid):
    """SIGSTOP with batches under way: longer than PostgreSQL lets a transaction idle, so its streams are not frozen."""
    shortest, longest = 3, 8

    def begin(self, room):
        self.linlid(room).signal(signal.SIGSTOP)

    def end(self, room):
        self.linlid(room).signal(signal.SIGCONT)


@fault
class RollingRestart(Fault):
    """Each linlid in turn is told to end, ends by itself, and is started again."""
    needs, shortest, longest = {"linlid"}, 0, 0

    def begin(self, room):
        for linlid in room.cluster.linlids:
            linlid.start()
            linlid.stop()
            linlid.start()


@fault
class CertificateReload(Fault):
    """SIGHUP to all: certificate and key are read anew while handshakes are under way."""
    needs, shortest, longest = {"linlid"}, 0, 0

    def begin(self, room):
        for linlid in room.cluster.linlids:
            linlid.signal(signal.SIGHUP)


@fault
class FilesExhausted(OneLinlid):
    """The fd limit drops below what is open: accepting and opening fail, established lines go on."""
    shortest, longest = 3, 8

    def begin(self, room):
        self.pid = self.linlid(room).pid
        try:
            self.before = resource.prlimit(self.pid, resource.RLIMIT_NOFILE)
            resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (len(os.listdir(f"/proc/{self.pid}/fd")), self.before[1]))
        except (ProcessLookupError, FileNotFoundError):
            self.before = None

    def end(self, room):
        try:
            if self.before:
                resource.prlimit(self.pid, resource.RLIMIT_NOFILE, self.before)
        except ProcessLookupError:
            pass                       # it was killed meanwhile, and started with its own


# PostgreSQL ------------------------------------------------------------------------------------------------------
class Postmaster(Fault):
    needs, pause = {"database"}, 20
    number = signal.SIGKILL

    def begin(self, room):
        pid = room.cluster.primary_pid()
        if pid:
            os.kill(pid, self.number)


@fault
class PostgresKilled(Postmaster):
    limit, measure = 15, "after death of the primary's process"


@fault
class PostgresPowerCut(Postmaster):
    """Immediate stop: what a power cut leaves, but for what the disk had not written."""
    limit, measure, number = 15, "after death of the primary's process", signal.SIGQUIT


@fault
class BackendKilled(Fault):
    """kill -9 of one backend: PostgreSQL ends all sessions and recovers."""
    needs, shortest, longest = {"database"}, 0, 0

    def begin(self, room):
        pid = room.cluster.primary_pid()
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split() if pid else []
        backends = [c for c in children if b"linlid" in command_line(c)]
        if backends:
            os.kill(int(self.chance.choice(backends)), signal.SIGKILL)


@fault
class BackendStopped(Fault):
    """SIGSTOP of one of linlid's backends: its stream waits, nobody else does."""
    needs, shortest, longest = {"database"}, 2, 5

    def begin(self, room):
        pid, self.stopped = room.cluster.primary_pid(), None
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split() if pid else []
        backends = [c for c in children if b"linlid" in command_line(c)]
        if backends:
            self.stopped = int(self.chance.choice(backends))
            os.kill(self.stopped, signal.SIGSTOP)

    def end(self, room):
        try:
            if self.stopped:
                os.kill(self.stopped, signal.SIGCONT)
        except ProcessLookupError:
            pass


def command_line(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return b""


# Nodes, and the network between them ------------------------------------------------------------------------------
class OnPrimary(Fault):
    """Something happens to the primary's node, whichever that is by then."""
    needs, pause = {"nodes"}, 20

    def node(self, room):
        self.at = room.cluster.primary() or "db1"
        return self.at


@fault
class PrimaryNodeLost(OnPrimary):
    """All processes of the primary's node at once: PostgreSQL, Patroni, etcd. It comes back as a standby."""
    limit, measure, shortest, longest = 35, "after loss or partition of the primary's node", 40, 45

    def begin(self, room):
        for pid in room.cluster.pids(self.node(room)):
            kill(pid, signal.SIGKILL)


@fault
class PrimaryCutOff(OnPrimary):
    """The primary's node hears nobody and nobody hears it; its processes live."""
    needs, limit, measure, shortest, longest = {"network"}, 35, "after loss or partition of the primary's node", 40, 45

    def begin(self, room):
        node = self.node(room)
        for other in room.cluster.others(node):
            room.cluster.line(node, other, "cut")

    def end(self, room):
        for other in room.cluster.others(self.at):
            room.cluster.line(self.at, other)


@fault
class PrimaryFrozen(OnPrimary):
    """SIGSTOP of all processes of the primary's node, sometimes for longer than its lease; then it wakes and believes it is
    primary still."""
    shortest, longest = 3, 30

    def begin(self, room):
        self.pids = room.cluster.pids(self.node(room))
        for pid in self.pids:
            kill(pid, signal.SIGSTOP)

    def end(self, room):
        for pid in self.pids:
            kill(pid, signal.SIGCONT)


@fault
class Switchover(Fault):
    """Patroni is asked to make the other one primary."""
    needs, shortest, longest, pause = {"nodes"}, 0, 0, 15

    def begin(self, room):
        cluster = room.cluster
        node = cluster.primary() or "db1"
        subprocess.run([*cluster.beside(node), "/usr/bin/patronictl", "-c", str(cluster.folder / node / "patroni.yml"), "switchover",
                        "--force", "linli"], env=cluster.env(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, timeout=120)


class Killed(Fault):
    """kill -9 of one helper; its service starts it again after a while."""
    needs, shortest, longest, names = {"nodes"}, 1, 6, ()

    def choose(self, chance, cluster):
        self.target = chance.choice(self.names)

    def begin(self, room):
        room.cluster.programs[self.target].kill()

    def end(self, room):
        room.cluster.programs[self.target].start()


@fault
class PatroniKilled(Killed):
    """The standby's: Patroni 3.0 that is started again beside a running leader takes synchronous_standby_names away, and the
    cluster then commits without its standby."""
    names = ("patroni",)

    def begin(self, room):
        self.killed = "patroni-db1" if room.cluster.primary() == "db2" else "patroni-db2"
        room.cluster.programs[self.killed].kill()

    def end(self, room):
        room.cluster.programs[self.killed].start()


@fault
class EtcdKilled(Killed):
    names = ("etcd-db1", "etcd-db2", "etcd-witness")


@fault
class BalancerKilled(Killed):
    names = ("haproxy-lb",)
    shortest, longest = 1, 3


class BadLine(Fault):
    needs, shortest, longest = {"network"}, 4, 15

    def choose(self, chance, cluster):
        pair = chance.choice(PAIRS)
        self.words = self.what(chance)
        self.target = f"{pair[0]}–{pair[1]} {' '.join(self.words)}"
        self.pair = pair

    def begin(self, room):
        room.cluster.line(*self.pair, *self.words)

    def end(self, room):
        room.cluster.line(*self.pair)


# Those that speak to each other.
PAIRS = [("db1", "db2"), ("db1", "witness"), ("db2", "witness")] + [(a, d) for a in ("a1", "a2") for d in ("db1", "db2")] \
    + [("lb", n) for n in ("db1", "db2", "a1", "a2", "a3", "clients")]


@fault
class LineCut(BadLine):
    @staticmethod
    def what(_chance):
        return ["cut"]


@fault
class LineLossy(BadLine):
    @staticmethod
    def what(chance):
        return [f"loss={chance.uniform(0.02, 0.3):.2f}"]


@fault
class LineSlow(BadLine):
    @staticmethod
    def what(chance):
        return [f"delay={chance.choice((20, 80, 200, 600))}", f"loss={chance.uniform(0, 0.02):.3f}"]


@fault
class DiskFull(OnPrimary):
    """The primary's disk has no byte left, for a while."""
    needs, shortest, longest = {"disk"}, 4, 12

    def begin(self, room):
        self.file = room.cluster.folder / self.node(room) / "disk" / "filler"
        try:
            with open(self.file, "wb") as filler:
                while True:
                    filler.write(bytes(1 << 20))
        except OSError:
            pass

    def end(self, room):
        self.file.unlink(missing_ok=True)


@fault
class ClockStep(OnPrimary):
    """The clock of the primary's PostgreSQL steps, and steps back."""
    needs, shortest, longest = {"clock"}, 3, 10

    def choose(self, chance, cluster):
        self.step = chance.choice((-15, -5, 5, 15))

    def begin(self, room):
        room.cluster.set_clock(self.node(room), self.step)

    def end(self, room):
        room.cluster.set_clock(self.at, 0)


def kill(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


# Clients ---------------------------------------------------------------------------------------------------------
@fault
class LinesPulled(Fault):
    """A tenth of the clients is offline and goes on working into its outboxes."""
    needs, shortest, longest, pause = {"clients"}, 5, 20, 1

    def choose(self, chance, cluster):
        self.clients = sorted(chance.sample(range(cluster.clients), max(1, cluster.clients // 10)))

    def begin(self, room):
        for client in self.clients:
            room.crew.crowd_of(client).say("offline", client, 0)

    def end(self, room):
        for client in self.clients:
            room.crew.crowd_of(client).say("online", client)

    def excused(self):
        return set(self.clients)


@fault
class ClientsVanish(Fault):
    """kill -9 of a process of clients; it comes back with what was on its disks."""
    needs, shortest, longest, pause = {"clients"}, 2, 10, 4

    def choose(self, chance, cluster):
        self.target = chance.randrange(cluster.crowds)

    def begin(self, room):
        self.clients = set(room.crew.crowds[self.target].clients)
        room.crew.crowds[self.target].kill()

    def end(self, room):
        crowd = room.crew.crowds[self.target]
        if crowd.child.poll() is not None:
            crowd.start()
            crowd.go()

    def excused(self):
        return self.clients


@fault
class SlowReaders(Fault):
    """Readers that follow the whole office and take a byte a second."""
    needs, shortest, longest, pause = {"clients"}, 5, 15, 1
    count = 5

    def begin(self, room):
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.crawl, args=(room, n), daemon=True) for n in range(self.count)]
        for thread in self.threads:
            thread.start()

    def crawl(self, room, n):
        try:
            with room.slow_line(n) as line:
                while not self.over.wait(1):
                    line.recv(1)
        except OSError:
            pass                       # cut for it, as the server should

    def end(self, room):
        self.over.set()
        for thread in self.threads:
            thread.join(5)


# The plan --------------------------------------------------------------------------------------------------------
class Stroke:
    """One or several faults that begin together, `at` seconds after the crowd began."""

    def __init__(self, at, faults):
        self.at, self.faults = at, faults

    @property
    def until(self):
        return self.at + max(f.length for f in self.faults)

    def __str__(self):
        return f"{self.at:6.1f} s  " + " + ".join(f"{f} ({f.length} s)" for f in self.faults)


def plan(seed, seconds, cluster, only=None):
    """Every kind once before any comes again; two strokes of three hold one fault, so that it can be measured."""
    chance = random.Random(f"{seed}/{sorted(cluster.kinds)}/{cluster.clients}")
    kinds = [k for k in ALL if k.needs <= cluster.kinds and (not only or k.__name__ in only)]
    strokes, deck, at = [], [], 6.0
    while at < seconds - 12:
        together = chance.choice((1, 1, 2, 1, 1, 3)) if len(kinds) > 3 else 1
        faults = []
        while len(faults) < together:
            if not deck:
                deck = kinds[:]
                chance.shuffle(deck)
            kind = deck.pop()
            faults.append(kind(random.Random(chance.random()), cluster))
        strokes.append(Stroke(round(at, 1), faults))
        at = strokes[-1].until + max(f.pause for f in faults) + chance.uniform(0, 3)
    return strokes
