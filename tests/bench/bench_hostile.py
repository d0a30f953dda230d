"""hostile: what honest desks feel, and what linlid holds, while strangers attack it (attacks.py).

For each attack: twenty desks write at a steady pace without it and with it, alternated; p99 of command to durable outcome,
the growth of linlid's memory, and what linlid did with the offenders. And a morning: desks behind one address sign in by
password, without and with a thousand wrong ones a second from elsewhere. Asserted: each honest command and sign-in is
answered, connections that the attack made are cut, and the reason is in the log. Attacker, desks and linlid share the cores.
"""
import json
import pathlib
import statistics
import subprocess
import sys
import time
import uuid
from concurrent import futures

import attacks
import lab as laboratory
import office as system
import wire

REASONS = {  # which line of the log tells of an offender
    "silent": ("reason=hello_timeout",), "slow_tls": ("reason=hello_timeout",), "slow_frames": ("reason=hello_timeout",),
    "handshakes": (), "passwords": ("sign_in_throttled", "sign_in_refused", "throttled"),
    "junk": ("reason=",), "deaf": ("reason=slow",), "downgrade": ("handshake_failed",)}


class Attacker:
    def __init__(self, lab, name, desks):
        office = lab.office
        path = lab.scratch / "attacked"
        path.write_text("\n".join(desks) + "\n")
        self.child = subprocess.Popen(
            [sys.executable, "-B", str(pathlib.Path(attacks.__file__)), name, str(office.ports[0]), str(office.ca), str(path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        line = self.child.stdout.readline()
        assert line, "the attack could not begin"
        return self

    def __exit__(self, *_):
        self.child.stdin.close()
        self.told = json.loads(self.child.stdout.readline() or "{}")
        self.child.wait(60)
        self.child.stdout.close()


def morning(lab, devices):
    """Seconds until the desks of those devices have all signed in by password, sixteen at a time."""
    secret = lab.office.password_file("admin").read_text().strip()

    def sign_in(n):
        with wire.Client(lab.office, f"desk{n}") as client:
            client.sign_in(secret, uuid.UUID(devices[n]))
    began = time.monotonic()
    with futures.ThreadPoolExecutor(16) as crowd:
        list(crowd.map(sign_in, range(len(devices))))
    return time.monotonic() - began


def counted(log, words):
    text = log.read_text(errors="replace")
    return sum(text.count(word) for word in words)


def run(lab, figures, quick):
    pairs, seconds, rate = (1, 1, 20) if quick else (3, 5, 50)
    log = pathlib.Path(lab.office.linlid[0].log)
    desks = lab.desks(20 if quick else 1000)
    lab.sql("UPDATE linli.account SET password_hash = (SELECT password_hash FROM linli.account WHERE name = 'admin') "
            "WHERE name LIKE 'desk%'")
    plan = {"kind": "request.contact", "window": 20, "rate": rate, "warm": 0.5, "seconds": seconds}
    with lab.crew(desks[:20]) as crew:
        crew.run(**plan)
        for name in attacks.NAMES:
            quiet, loud, grown = [], [], []
            words, before = REASONS[name], counted(log, REASONS[name])
            for _ in range(pairs):
                quiet.append(crew.run(**plan)["p99_us"])
                held = lab.rss()
                with Attacker(lab, name, desks) as attacker:
                    loud.append(crew.run(**plan)["p99_us"])
                    grown.append(lab.rss() - held)
                    if words:
                        system.until(lambda: counted(log, words) > before, f"linlid's log says why it cuts {name}", 120)
            cuts = counted(log, words) - before
            figures.add(f"hostile.{name}", statistics.median(loud) / 1000, "ms p99 of honest commands", "<= 2",
                        "without the attack", statistics.median(quiet) / 1000,
                        statistics.median(l / q for l, q in zip(loud, quiet)))
            figures.add(f"hostile.{name}.memory", max(grown) / 1024, "MiB that linlid grew", "<= 256")
            figures.add(f"hostile.{name}.tries", attacker.told.get("tries", 0), "attempts of the last run")
            laboratory.say(f"  {name}: {attacker.told}, {cuts} lines of the log")
    devices = [line.split()[1] for line in desks]
    quiet = morning(lab, devices)
    with Attacker(lab, "passwords", desks):
        loud = morning(lab, devices)
    figures.add("hostile.sign_ins", loud, f"s until {len(desks)} desks are in", "<= 2", "without the attack", quiet)
