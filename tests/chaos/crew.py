"""The crowd: its processes, the files its clients come from, and their histories."""
import hashlib
import pathlib
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
from office import program, until  # noqa: E402


def fill(cluster, clients, communities):
    """Makes the office of the crowd; returns the lines for chaos_crowd: places first, then a client each."""
    cluster.owner((pathlib.Path(__file__).parent / "fill.sql").read_text())
    cluster.owner(f"CALL chaos.places({communities})")
    cluster.owner(f"CALL chaos.clients({clients})")
    places = " ".join(f"{c}:{t}" for c, t in cluster.owner("SELECT community, team FROM chaos.place ORDER BY n"))
    rows = cluster.owner("SELECT n, account, device, role, community, team FROM chaos.client ORDER BY n")
    return [places] + [f"{n} {a} {token(n)} {d} {role} {c} {t}" for n, a, d, role, c, t in rows]


def token(n):
    return hashlib.sha256(f"chaos {n}".encode()).hexdigest()


class Crowd:
    """One process. Killed and started again, its clients go on with the outboxes and replicas on their disks."""

    def __init__(self, crew, number, lines):
        self.crew, self.number = crew, number
        self.clients = [int(line.split()[0]) for line in lines[1:]]
        self.file = crew.folder / f"clients-{number}"
        self.file.write_text("\n".join(lines) + "\n")
        self.runs, self.child, self.said = 0, None, []
        self.told = threading.Condition()

    def start(self):
        self.runs += 1
        self.history = self.crew.folder / f"history-{self.number:02}-{self.runs:03}.jsonl"
        argv = [*self.crew.cluster.beside("clients"), program("tests/chaos/chaos_crowd"), self.file, self.history, self.crew.folder,
                self.crew.cluster.server, self.crew.cluster.ca, self.crew.seed, self.runs, self.crew.pace, self.crew.enough]
        with open(self.crew.folder / f"crowd-{self.number}.log", "ab") as log:
            self.child = subprocess.Popen([str(a) for a in argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                                          bufsize=1, env=self.crew.cluster.env())
        self.begun = len(self.said)
        self.thread = threading.Thread(target=self._read, args=(self.child,), daemon=True)
        self.thread.start()

    def go(self, working=True):
        self.wait_for("begun", self.begun)
        if working:
            self.say("work")

    def _read(self, child):
        for line in child.stdout:
            with self.told:
                self.said.append(line.split())
                self.told.notify_all()

    def wait_for(self, word, since, patience=120):
        with self.told:
            found = self.told.wait_for(lambda: next((w for w in self.said[since:] if w[0] == word), None)
                                       or self.child.poll() is not None, patience)
        if not isinstance(found, list):
            raise AssertionError(f"crowd {self.number} said no '{word}'" + (f" and ended with {self.child.poll()}; see {self.crew.folder}"
                                 f"/crowd-{self.number}.log" if self.child.poll() is not None else ""))
        return found

    def say(self, *words):
        if self.child.poll() is None:
            self.child.stdin.write(" ".join(map(str, words)) + "\n")
            self.child.stdin.flush()

    def ask(self, word, answer=None):
        with self.told:
            before = len(self.said)
        self.say(word)
        return self.wait_for(answer or word, before)

    def kill(self):
        self.child.kill()
        self.child.wait()
        self.thread.join(10)
        self.child.stdin.close()
        self.child.stdout.close()

    def end(self):
        if self.child and self.child.poll() is None:
            self.child.stdin.close()
            self.child.wait(120)
            self.thread.join(10)
            self.child.stdout.close()
        return self.child.returncode if self.child else 0


class Crew:
    def __init__(self, cluster, folder, lines, processes, seed, pace, enough):
        self.cluster, self.folder, self.seed, self.pace, self.enough = cluster, pathlib.Path(folder), seed, pace, enough
        self.folder.mkdir(exist_ok=True)
        parts = [lines[1:][i::processes] for i in range(processes)]
        self.crowds = [Crowd(self, i, [lines[0], *part]) for i, part in enumerate(parts)]

    def start(self, working=True):
        for crowd in self.crowds:
            crowd.start()
        for crowd in self.crowds:
            crowd.go(working)

    def crowd_of(self, client):
        return next(c for c in self.crowds if client in c.clients)

    def say(self, *words):
        for crowd in self.crowds:
            crowd.say(*words)

    def status(self):
        """clients, ready, at rest, commands that wait; of those processes that run."""
        alive = [crowd for crowd in self.crowds if crowd.child.poll() is None]
        return [sum(map(int, column)) for column in zip(*(crowd.ask("status")[1:] for crowd in alive))]

    def rest(self, patience):
        """No new commands, and everything decided and at the heads; seconds it took."""
        began = time.monotonic()
        self.say("rest")
        try:
            until(lambda: (s := self.status())[2] == s[0] and s[3] == 0, "all clients are at rest", patience)
        except AssertionError as error:
            raise AssertionError(f"{error}: clients, ready, at rest, waiting = {self.status()}")
        return time.monotonic() - began

    def record_end(self):
        for crowd in self.crowds:
            crowd.ask("end", "ended")

    def end(self):
        return [crowd.end() for crowd in self.crowds]

    def histories(self):
        return sorted(self.folder.glob("history-*.jsonl"))
