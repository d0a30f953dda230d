"""The peers' programs, used as they are from the folder beside this project, in a folder of their own that is removed.

    fan = Fan.found()                     # None, with a message, where they are not there
    fan.run("nats", "rate", "-s", 1000)   # {"srv_cpu_s_per_M": 20.1, …} of the last line that it printed

They pin their server to one core and their generator to another; `pinned` does the same to linlid and linli-load.
"""
import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parents[2].parent / "shared" / "peers"
NEEDED = ("mosquitto", "nats-server", "gcc", "taskset", "openssl")


class Fan:
    @classmethod
    def found(cls):
        lacking = [name for name in NEEDED if not shutil.which(name)]
        if not (FOLDER / "fan.sh").exists():
            print(f"no peers: {FOLDER} is not there; absolute figures only", file=sys.stderr)
        elif lacking:
            print(f"no peers: install {', '.join(lacking)}; absolute figures only", file=sys.stderr)
        else:
            return cls()
        return None

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bench-peers-"))
        (self.folder / "node" / "node_modules" / "ws").mkdir(parents=True)  # what it would install, and is not asked for

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, peer, test, *args):
        done = subprocess.run(["bash", str(FOLDER / "fan.sh"), peer, test, *map(str, args)], cwd=self.folder,
                              env={**os.environ, "PEERS": str(self.folder)}, capture_output=True, text=True, timeout=180)
        told = re.findall(r"(\w+)=([\d.]+)", done.stdout.strip().splitlines()[-1]) if done.stdout.strip() else []
        assert told, f"{peer} {test} told nothing: {done.stderr[-500:]}"
        return {name: float(value) for name, value in told}


@contextlib.contextmanager
def pinned(*pids):
    """The first to core 0, the second to core 1, all their threads, until the end."""
    were = {}
    for core, pid in enumerate(pids):
        for thread in map(int, os.listdir(f"/proc/{pid}/task")):
            were[thread] = os.sched_getaffinity(thread)
            os.sched_setaffinity(thread, {core % os.cpu_count()})
    try:
        yield
    finally:
        for thread, cores in were.items():
            with contextlib.suppress(ProcessLookupError):
                os.sched_setaffinity(thread, cores)
