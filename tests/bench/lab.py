"""The laboratory: one private office with twenty communities, and what measures it.

    with Lab() as lab:
        desks = lab.desks(64)                     # accounts, devices and sessions, put there by the database's owner
        with lab.crew(desks, lab.targets) as crew:  # linli-load, all desks signed in
            crew.run(kind="request.contact", window=64, seconds=5)
        lab.pgbench("contact", clients=16, seconds=5)

Passwords would cost an argon2id each: sessions are rows, so the bench makes them and resumes. Requests are made by
the api functions, as the system, and are in progress with a team that has no members: a dispatcher may comment and
contact.
"""
import hashlib
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "system"))
import office as system  # noqa: E402

COMMUNITIES = 20
WARM = 50  # transactions of one client that do not count
HZ = os.sysconf("SC_CLK_TCK")
# Ids end in twelve digits, which are hexadecimal too: pgbench can make them without a function.
ROW_PREFIX, FIRST_ROW = "01900000-0000-7000-8000-", 100000000000


def say(text):
    print(text, file=sys.stderr, flush=True)


class Crew:
    """A linli-load process; run() leads it through one run."""

    def __init__(self, lab, desks, targets, readers=0, listen=0):
        self.lab = lab
        paths = [lab.scratch / "desks", lab.scratch / "targets"]
        for path, lines in zip(paths, (desks, targets)):
            path.write_text("\n".join(lines) + "\n")
        self.child = subprocess.Popen(
            [system.program("tests/bench/linli-load"), "--server", f"127.0.0.1:{lab.office.ports[0]}",
             "--ca", str(lab.office.ca), "--desks", str(paths[0]), "--targets", str(paths[1]),
             "--readers", str(readers), "--listen", str(listen)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ready = None

    def __enter__(self):
        self.ready = self._line()
        return self

    def __exit__(self, *_):
        self.child.stdin.close()
        self.child.wait(60)
        self.child.stdout.close()

    def _line(self):
        line = self.child.stdout.readline()
        assert line, f"linli-load ended with {self.child.wait(60)}"
        return json.loads(line)

    def run(self, **words):
        self.child.stdin.write("run " + " ".join(f"{k}={v}" for k, v in words.items()) + "\n")
        self.child.stdin.flush()
        result = self._line()
        broken = {k: result[k] for k in ("refused", "errors", "closed", "unanswered", "gaps") if result[k]}
        assert not broken, f"a run that is not clean: {broken}"
        return result


class Lab:
    def __init__(self, each=100, log_level="warn"):
        self.each = each  # requests a community
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit[1], limit[1]))
        self.metrics_port = system.free_port()
        self.office = system.Office(options=["--metrics", str(self.metrics_port), "--log-level", log_level])
        self.made = 0

    def __enter__(self):
        self.office.__enter__()
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir=self.office.dir))
        self._fill()
        return self

    def __exit__(self, *what):
        self.office.__exit__(*what)

    # The office ----------------------------------------------------------------------------------------------
    def sql(self, text):
        return self.office.sql(text)

    def _fill(self):
        self.sql((pathlib.Path(__file__).parent / "lab.sql").read_text())
        self.sql(f"CALL lab.fill({COMMUNITIES}, {self.each}, '{ROW_PREFIX}', {FIRST_ROW})")
        self.office_id, self.first = map(int, self.sql("SELECT office, first FROM lab.place")[0])
        self.targets = [f"{self.stream(k)} {ROW_PREFIX}{FIRST_ROW + k}" for k in range(COMMUNITIES * self.each)]
        self.hot = [t for t in self.targets if t.startswith(f"{self.stream(0)} ")]

    def stream(self, k):
        """Of the k-th request, and of the k-th community."""
        return (self.first + k % COMMUNITIES) * 4 + 2

    def desks(self, count, follow=None):
        """Lines for linli-load: count new desks, each an account of its own that follows what `follow` says."""
        first, self.made = self.made, self.made + count
        self.sql(f"CALL lab.desks({first}, {count})")
        rows = self.sql(f"SELECT a.n, a.account, a.device FROM lab.desk a WHERE a.n >= {first} ORDER BY a.n")
        heads = {int(s): f"{s}:{head}:{int(tag) % 2**64:x}" for s, head, tag in
                 self.sql("SELECT stream, head, linli.chain_tag(chain) FROM linli.stream")} if follow else {}
        return [" ".join([self.token(int(n)), device.replace("-", "")] +
                         [heads[s] for s in (follow(int(n) - first, int(account)) if follow else [])])
                for n, account, device in rows]

    def now(self, desks, stream):
        """The same desks, each following that stream from where it is now."""
        head, tag = self.sql(f"SELECT head, linli.chain_tag(chain) FROM linli.stream WHERE stream = {stream}")[0]
        return [" ".join([*line.split()[:2], f"{stream}:{head}:{int(tag) % 2**64:x}"]) for line in desks]

    @staticmethod
    def token(n):
        return hashlib.sha256(f"bench desk {n}".encode()).hexdigest()

    def crew(self, desks, targets=None, **options):
        return Crew(self, desks, targets or self.targets, **options)

    # What linlid costs ---------------------------------------------------------------------------------------
    def cpu(self, pid=None):
        """Processor seconds of linlid, or of a process, so far, all threads."""
        text = pathlib.Path(f"/proc/{pid or self.office.linlid[0].pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(text[11]) + int(text[12])) / HZ

    def rss(self):
        """KiB."""
        text = pathlib.Path(f"/proc/{self.office.linlid[0].pid}/status").read_text()
        return int(next(line for line in text.splitlines() if line.startswith("VmRSS:")).split()[1])

    def settled_rss(self):
        """Once it has stayed within 64 KiB for three seconds."""
        seen = [self.rss()]
        end = time.monotonic() + 60
        while time.monotonic() < end:
            time.sleep(0.5)
            seen = seen[-5:] + [self.rss()]
            if len(seen) == 6 and max(seen) - min(seen) <= 64:
                break
        return seen[-1]

    def metrics(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return {name: float(value) for name, value in
                (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))}

    @property
    def socket(self):
        return (self.office.base / "pg" / "postmaster.pid").read_text().splitlines()[4]

    # PostgreSQL alone ----------------------------------------------------------------------------------------
    def pgbench(self, script, clients, seconds=None, count=None, communities=COMMUNITIES, database="linli",
                user="linlid"):
        """Transactions per second of a function of api_1, or of a script with a path; p50 and p99 in µs."""
        path = pathlib.Path(script)
        if not path.is_absolute():
            path = self._script(script)
        folder = pathlib.Path(tempfile.mkdtemp(prefix="pgbench-", dir=self.scratch))
        argv = ["pgbench", "-h", self.socket, "-U", user, "-n", "-M", "prepared", "-f", str(path), "-c", str(clients),
                "-j", "1" if clients == 1 else "2", "-D", f"nc={communities}", "-l", "--log-prefix=log"]
        # What comes first only warms: a new connection compiles every function that it calls, 64 of them for seconds.
        length = ["-T", str(2 * seconds)] if seconds else ["-t", str(count + WARM)]
        done = subprocess.run([*argv, *length, database], cwd=folder, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0 and "number of failed transactions: 0 " in done.stdout, done.stdout + done.stderr
        rows = [line.split() for log in folder.glob("log.*") for line in log.open()]
        ended = [(int(r[4]) + int(r[5]) / 1e6, int(r[2])) for r in rows]
        last = max((at for at, _ in ended), default=0)
        times = sorted([us for at, us in ended if at > last - seconds] if seconds else [us for _, us in ended[WARM:]])
        assert times, "pgbench did nothing in its time; the machine is too busy"
        span = seconds or sum(times) / 1e6 / clients
        return len(times) / span, times[len(times) // 2], times[int(len(times) * 0.99)]

    def _script(self, name):
        """command.pgbench with the values of this office and this moment in it."""
        text = (pathlib.Path(__file__).parent / "command.pgbench").read_text()
        if self.made == 0:
            self.desks(1)
        stamp = f"{int(time.time() * 1000):012x}"
        session = hashlib.sha256(bytes.fromhex(self.token(0))).hexdigest()
        for word, value in (("FUNCTION", f"api_1.request_{name}"), ("SESSION", session), ("ROWS", ROW_PREFIX),
                            ("FIRST_ROW", FIRST_ROW), ("EACH", self.each), ("COMMUNITIES", COMMUNITIES),
                            ("FIRST", self.first), ("IDS", f"{stamp[:8]}-{stamp[8:]}")):
            text = text.replace(f"@{word}@", str(value))
        path = self.scratch / f"{name}.pgbench"
        path.write_text(text)
        return path

    def peer_database(self):
        """A database with the bare function of the peers' schema; None where that folder is not there."""
        schema = ROOT.parent / "shared" / "peers" / "pg_schema.sql"
        if not schema.exists():
            return None
        if not self.sql("SELECT 1 FROM pg_database WHERE datname = 'peer'"):
            self.sql("CREATE DATABASE peer")
            subprocess.run(["psql", "-Xqh", self.socket, "-U", "linli", "-d", "peer", "-f", str(schema)], check=True,
                           capture_output=True)
        return "peer"
