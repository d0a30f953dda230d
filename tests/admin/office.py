"""A private folder with an embedded cluster for a test, and what acts on it. It leaves nothing running."""
import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = None
TEMPLATE = None


def main():
    """Runs the calling module's tests with the program that ctest names."""
    global PROGRAM
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    sys.modules["office"].PROGRAM = PROGRAM
    unittest.main(verbosity=2)


class Answer:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def json(self):
        return json.loads(self.out.splitlines()[-1])


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def fast_place():
    """A folder in memory, where there is room: a cluster is made there in a second, whatever the disk is at."""
    try:
        room = os.statvfs("/dev/shm")
        return "/dev/shm" if room.f_bavail * room.f_frsize > 4 << 30 and os.access("/dev/shm", os.W_OK) else None
    except OSError:
        return None


class Office:
    def __init__(self, path=None, user=None):
        self.top = tempfile.mkdtemp(prefix="linli-test-", dir=fast_place())
        os.chmod(self.top, 0o755)
        self.dir = os.path.join(self.top, "office") if path is None else os.path.join(self.top, path)
        self.user = user
        if user:
            shutil.chown(self.top, user)

    def command(self, *words):
        argv = [PROGRAM, "--json", *words]
        if self.user:
            argv = ["setpriv", "--reuid", self.user, "--clear-groups", *argv]
        return argv

    def run(self, *words, embedded=True):
        if embedded:
            words = (*words, "--embedded", self.dir)
        done = subprocess.run(self.command(*words), capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)
        return Answer(done.returncode, done.stdout, done.stderr)

    def ok(self, *words):
        answer = self.run(*words)
        if answer.code != 0:
            raise AssertionError(f"{' '.join(words)}: exit {answer.code}: {answer.err}")
        return answer.json

    def laid(self):
        """A cluster that ran and was stopped, copied: for tests that are not about making one."""
        subprocess.run(["cp", "-a", template().dir, self.dir], check=True)
        return self

    def start(self):
        self.url = self.ok("cluster", "start")["owner_url"]
        return self.url

    def pid(self):
        return self.run("cluster", "status").json["pid"]

    def kill(self):
        """kill -9 of the postmaster, until it and its children are gone."""
        pid = self.pid()
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not os.path.exists(f"/proc/{pid}"))

    def sql(self, text, url=None, role=None):
        url = url or self.url
        if role:
            url = url.replace("//linli@", f"//{role}@")
        done = subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", url, "-c", text], capture_output=True, text=True,
                              env={**os.environ, "LC_ALL": "C.UTF-8"}, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip())
        return done.stdout.strip()

    def close(self):
        if os.path.exists(os.path.join(self.dir, "pg")):
            self.run("cluster", "stop")
            pg = os.path.realpath(os.path.join(self.dir, "pg"))
            if pg.startswith("/var/lib/linli/"):
                shutil.rmtree(os.path.dirname(pg), ignore_errors=True)
        shutil.rmtree(self.top, ignore_errors=True)


def template():
    global TEMPLATE
    if TEMPLATE is None:
        made = Office()
        atexit.register(made.close)
        made.start()
        made.ok("cluster", "stop")
        TEMPLATE = made
    return TEMPLATE


def wait_until(true, seconds=30):
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise AssertionError("it did not happen in time")
        time.sleep(0.02)


class OfficeCase(unittest.TestCase):
    """A test with an office of its own."""

    def setUp(self):
        self.office = self.make()
        self.addCleanup(self.office.close)

    def make(self):
        return Office()

    def refused(self, answer, *words):
        self.assertEqual(answer.code, 1, answer.err)
        for word in words:
            self.assertIn(word, answer.err)
