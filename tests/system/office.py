"""A real office for one test: embedded PostgreSQL, linlid processes and linlictl, all private and all ended.

    with Office() as office:                 # one linlid; demo=(days, requests) fills it first
        office.ctl("request", "list")        # as the administrator, JSON lines -> list of dict
        office.linlid[0].kill()              # SIGKILL, as a fault would

Programs come from $LINLI_BIN (a build folder). Nothing sleeps for luck: `until` polls a condition against a deadline.
"""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("LINLI_BIN", ROOT / ".build/asan"))
SHARED = ROOT.parent / "shared"
# Sanitizers on two busy cores are slow; a deadline only ends a test that would hang.
PATIENCE = float(os.environ.get("LINLI_PATIENCE", "60"))


def program(name):
    for place in ("server", "client", "client/desk", "."):
        path = BUILD / place / name
        if path.is_file():
            return str(path)
    raise FileNotFoundError(f"{name} is not built under {BUILD}; build it, or set LINLI_BIN")


def until(condition, what, patience=PATIENCE):
    """Polls until condition() is true and returns its value; fails naming what never came."""
    end = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"after {patience:.0f} s still not: {what}")
        time.sleep(0.05)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Process:
    """A child whose standard error is kept, and which the test ends by its own pid."""

    def __init__(self, argv, env=None, log=None, stdout=None):
        self.argv = argv
        self.log = log
        err = open(log, "ab") if log else subprocess.DEVNULL
        self.child = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=stdout or err, stderr=err,
                                      text=stdout is not None)
        if log:
            err.close()

    @property
    def pid(self):
        return self.child.pid

    def running(self):
        return self.child.poll() is None

    def signal(self, number):
        if self.running():
            self.child.send_signal(number)

    def kill(self):
        self.signal(signal.SIGKILL)
        self.child.wait()

    def stop(self, patience=30):
        self.signal(signal.SIGTERM)
        try:
            return self.child.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"did not end within {patience} s of SIGTERM: {self.argv}")


class Watch:
    """`linlictl watch --json` in the background; its events in order. Returns once it follows `streams` streams."""

    def __init__(self, office, *args, user="admin", server=0, streams=1):
        self.events = []
        self.marks = []  # of snapshots and forks
        self.process = Process([program("linlictl"), "--json", "watch", "--snapshots", *map(str, args)], env=office.env(user, server),
                               log=office.dir / f"watch-{time.monotonic_ns()}.log", stdout=subprocess.PIPE)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()
        try:
            until(lambda: len(self.marks) >= streams or not self.process.running(), "the watch follows")
        except AssertionError:
            self.process.kill()
            raise

    def _read(self):
        for line in self.process.child.stdout:
            if line.strip():
                said = json.loads(line)
                (self.events if "seq" in said else self.marks).append(said)

    def of(self, stream):
        return [e for e in self.events if e.get("stream") == stream]

    def stop(self):
        self.process.signal(signal.SIGTERM)
        self.process.child.wait(30)
        self.thread.join(10)
        self.process.child.stdout.close()
        return self.events


class Office:
    def __init__(self, processes=1, demo=None, options=()):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="linli-test-"))
        self.dir.chmod(0o755)  # PostgreSQL runs as another user when the test is root
        self.home = self.dir / "home"
        self.home.mkdir()
        self.base = self.dir / "office"
        self.ca = self.base / "tls" / "ca.pem"
        self.options = list(options)
        self.wanted = processes
        self.demo = demo
        self.linlid = []
        self.ports = []
        self.watches = []

    def __enter__(self):
        try:
            if self.demo:
                self.load_demo(*self.demo)
            self.start(self.wanted)
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def load_demo(self, days, requests):
        """The demo office of that many days and requests, into the empty database; linlid comes after."""
        self._secret(self.dir / "password-demo", "demo-office-password")
        self.admin_verb("db", "upgrade", "--embedded", str(self.base))
        self.admin_verb("db", "demo", "--embedded", str(self.base), "--days", str(days), "--requests", str(requests),
                        "--password-file", str(self.dir / "password-demo"))

    def __exit__(self, kind, value, trace):
        for watch in self.watches:
            watch.stop()
        for process in self.linlid:
            if process.running():
                process.kill() if kind else process.stop()
        self.stop_postgres()
        if kind is None and not os.environ.get("LINLI_TEST_KEEP"):
            shutil.rmtree(self.dir, ignore_errors=True)
        else:
            print(f"kept: {self.dir}", file=sys.stderr)
            self.show_logs()

    # Processes -----------------------------------------------------------------------------------------------
    def start(self, count=1):
        for _ in range(count):
            self.start_one(free_port())

    def start_one(self, port, wait=True):
        index = len(self.linlid)
        ready_r, ready_w = os.pipe()
        os.set_inheritable(ready_w, True)
        log = open(self.dir / f"linlid-{index}.log", "ab")
        child = Process.__new__(Process)
        child.argv = [program("linlid"), "--embedded", str(self.base), "--listen", f"127.0.0.1:{port}",
                      "--ready-fd", str(ready_w), *self.options]
        child.log = log.name
        child.child = subprocess.Popen(child.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       pass_fds=[ready_w], env=self.plain_env())
        log.close()
        os.close(ready_w)
        self.linlid.append(child)
        self.ports.append(port)
        if wait:
            with os.fdopen(ready_r) as ready:
                line = ready.readline()
            assert line, f"linlid {index} ended before it was ready; see {child.log}"
        else:
            os.close(ready_r)
        return child

    def restart_one(self, index):
        port = self.ports[index]
        fresh = self.start_one(port)
        self.linlid[index] = fresh
        self.linlid.pop()
        self.ports.pop()

    def postmaster(self):
        try:
            return int((self.base / "pg" / "postmaster.pid").read_text().split()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None

    def kill_postgres(self):
        pid = self.postmaster()
        os.kill(pid, signal.SIGKILL)
        until(lambda: not pathlib.Path(f"/proc/{pid}").exists(), "the postmaster is gone")

    def start_postgres(self):
        """As whoever watches over it would after a crash."""
        self.admin_verb("cluster", "start", "--embedded", str(self.base))

    def stop_postgres(self):
        if self.postmaster():
            subprocess.run([program("linlictl"), "cluster", "stop", "--embedded", str(self.base)],
                           env=self.plain_env(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)

    # Command line --------------------------------------------------------------------------------------------
    def plain_env(self):
        keep = {k: v for k, v in os.environ.items()
                if k in ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS") or k.startswith("LINLI_TEST_")}
        return {**keep, "HOME": str(self.home), "LC_ALL": "C.UTF-8", "XDG_RUNTIME_DIR": str(self.home)}

    def password_file(self, user):
        """A file whose first line is the password: an account's own, the first administrator's, or the demo office's."""
        own = self.dir / f"password-{user}"
        if user == "admin" and not own.exists():
            lines = (self.base / "administrator").read_text().splitlines()
            self._secret(own, next(line for line in lines if line.startswith("password: ")).removeprefix("password: "))
        return own if own.exists() else self.dir / "password-demo"

    @staticmethod
    def _secret(path, text):
        path.touch(0o600)
        path.write_text(text + "\n")

    def env(self, user="admin", server=0):
        return {**self.plain_env(), "LINLI_SERVER": f"127.0.0.1:{self.ports[server]}",
                "LINLI_CA": str(self.ca), "LINLI_USER": user,
                "LINLI_PASSWORD_FILE": str(self.password_file(user))}

    def run(self, *args, user="admin", server=0, timeout=120, stdin=None):
        return subprocess.run([program("linlictl"), "--json", *map(str, args)], env=self.env(user, server),
                              input=stdin, stdin=subprocess.DEVNULL if stdin is None else None,
                              capture_output=True, text=True, timeout=timeout)

    def ctl(self, *args, user="admin", server=0, expect=0, timeout=120):
        done = self.run(*args, user=user, server=server, timeout=timeout)
        assert done.returncode == expect, \
            f"linlictl {' '.join(map(str, args))}: exit {done.returncode}, expected {expect}\n{done.stdout}{done.stderr}"
        return [json.loads(line) for line in done.stdout.splitlines() if line.strip()]

    def refused(self, code, *args, user="admin", server=0):
        lines = self.ctl(*args, user=user, server=server, expect=1)
        assert lines and lines[-1].get("code") == code, f"expected refusal {code}, got {lines}"
        return lines[-1]

    def admin_verb(self, *args, expect=0):
        done = subprocess.run([program("linlictl"), *map(str, args)], env=self.plain_env(), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=300)
        assert done.returncode == expect, f"linlictl {' '.join(map(str, args))}: exit {done.returncode}\n" \
                                          f"{done.stdout}{done.stderr}"
        return done.stdout

    def watch(self, *args, user="admin", server=0, streams=1):
        watch = Watch(self, *args, user=user, server=server, streams=streams)
        self.watches.append(watch)
        return watch

    def account(self, name, role=None, scope=None, scope_id=None, office=None):
        """Adds an account with a password of its own and returns its number."""
        self._secret(self.dir / f"password-{name}", f"long enough {name}")
        more = []
        for field, value in (("--role", role), ("--scope", scope), ("--scope_id", scope_id), ("--office", office)):
            more += [field, value] if value is not None else []
        line = self.ctl("account", "add", "--name", name, "--title", name, "--password", f"long enough {name}",
                        *more)[-1]
        return line["row"]

    # Database, as its owner: for looking, never for doing the product's work -----------------------------------
    def sql(self, text):
        socket_folder = (self.base / "pg" / "postmaster.pid").read_text().splitlines()[4]
        done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", socket_folder, "-U", "linli",
                               "-d", "linli", "-c", text], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return [line.split("|") for line in done.stdout.splitlines()]

    def show_logs(self):
        for path in sorted(self.dir.glob("*.log")):
            tail = path.read_text(errors="replace").splitlines()[-40:]
            print(f"--- {path.name}", *tail, sep="\n", file=sys.stderr)
