"""A cluster of one host: the embedded PostgreSQL and linlid processes that share a port. Needs no rights and no packages
besides linlid's own."""
import pathlib
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
from office import Office, free_port, program, until  # noqa: E402


class Linlid:
    """One of the processes, by its place; it is started again on the same port."""

    def __init__(self, office, place):
        self.office, self.place, self.name = office, place, f"linlid {place}"

    @property
    def process(self):
        return self.office.linlid[self.place]

    @property
    def pid(self):
        return self.process.pid

    def kill(self):
        self.process.kill()

    def stop(self):
        self.process.stop(60)

    def signal(self, number):
        self.process.signal(number)

    def start(self):
        if not self.process.running():
            self.office.restart_one(self.place)


class Plain:
    kinds = {"linlid", "database", "clients"}
    name = "one host: embedded PostgreSQL, linlid processes on one port (SO_REUSEPORT)"

    def __init__(self, linlids=3, options=()):
        self.office = Office(processes=0, options=["--reuse-port", "true", "--log-level", "info", "--hello-timeout", "30", *options])
        self.count = linlids

    def __enter__(self):
        self.office.__enter__()
        try:
            port = free_port()
            for _ in range(self.count):
                self.office.start_one(port)
            self.server = f"127.0.0.1:{port}"
            self.ca = self.office.ca
            self.folder = self.office.dir
            self.linlids = [Linlid(self.office, i) for i in range(self.count)]
        except BaseException:
            self.office.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, *what):
        self.office.__exit__(*what)

    def beside(self, _node):
        return []

    def env(self):
        return self.office.plain_env()

    # Database ------------------------------------------------------------------------------------------------
    def as_owner(self, *more):
        place = (self.office.base / "pg" / "postmaster.pid").read_text().splitlines()[4]
        return ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", place, "-U", "linli", "-d", "linli", *map(str, more)]

    def psql(self, *more, input=None):
        done = subprocess.run(self.as_owner(*more), input=input, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def owner_session(self):
        return subprocess.Popen(self.as_owner(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def owner(self, text):
        return [line.split("|") for line in self.psql(input=text).splitlines()]

    def primary_pid(self):
        return self.office.postmaster()

    def healed(self, patience=120):
        """Everything that should run does, and the database takes writes."""
        for linlid in self.linlids:
            linlid.start()
        until(lambda: self.office.postmaster() and self.alive(), "the database is back", patience)

    def alive(self):
        try:
            return self.owner("SELECT 1") == [["1"]]
        except (AssertionError, OSError, IndexError, subprocess.TimeoutExpired):
            return False

    def program(self, name):
        return program(name)

    def missing(self):
        return None

    def ready_again(self):
        """What a supervisor would have started again by the time of the next stroke."""
        for linlid in self.linlids:
            linlid.start()

    def settle(self, patience=120):
        self.ready_again()
        return True

    def connect(self, host, port):
        return socket.create_connection((host, port), timeout=30)

    def complaints(self):
        """What no fault excuses: a linlid that died by itself, or said that its own state is wrong."""
        return said_by(self.folder.glob("linlid-*.log"))


BAD_WORDS = ("AddressSanitizer", "UndefinedBehavior", "runtime error", "assertion", "stream_has_gap", "database_call_failed")


def said_by(logs):
    found = []
    for path in logs:
        for line in path.read_text(errors="replace").splitlines():
            if any(word in line for word in BAD_WORDS):
                found.append(("logs", f"{path.name}: {line}"))
    return found
