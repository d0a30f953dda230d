"""The disk under the database runs full: nobody is told "done" wrongly, the server stays, and it goes on once there is room.

Needs root for a small file system of its own; says so and skips otherwise."""
import json
import os
import subprocess
import sys
import unittest

from office import Office, until
from test_main_path import found, register

SIZE = "320m"


class SmallDisk(Office):
    """An office whose folder is a file system of a few hundred MB."""

    def start(self, count=1):
        if not self.base.is_mount():
            self.base.mkdir()
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0755", "tmpfs", self.base], check=True)
        super().start(count)

    def __exit__(self, kind, value, trace):
        try:
            super().__exit__(kind, value, trace)
        finally:
            subprocess.run(["umount", "-l", self.base], check=False)


class Full(unittest.TestCase):
    def test_a_full_disk_acknowledges_nothing_it_cannot_keep_and_goes_on_when_there_is_room(self):
        with SmallDisk() as office:
            place = found(office)
            kept = [register(office, place["east"], "之前")["request"]]
            ballast = office.base / "ballast"
            with open(ballast, "wb", buffering=0) as out:
                try:
                    while True:
                        out.write(bytes(1 << 20))
                except OSError:
                    pass
            # Some commands still fit into what PostgreSQL holds already; then none does.
            for n in range(200):
                done = office.run("request", "register", "--community", place["east"], "--channel", "phone", "--text",
                                  "满" * 3900, "--timeout", "5", "--no-outbox", user="clerk")
                if done.returncode == 0:
                    kept.append(json.loads(done.stdout.splitlines()[-1])["request"])
                else:
                    break
            self.assertNotEqual(done.returncode, 0, "the disk never ran full")
            self.assertNotEqual(done.returncode, 1, f"a full disk is no refusal: {done.stdout}")
            self.assertTrue(office.linlid[0].running())
            ballast.unlink()
            office.admin_verb("cluster", "start", "--embedded", office.base)
            until(lambda: office.run("request", "list", user="dispatch").returncode == 0, "it goes on")
            kept.append(register(office, place["east"], "之后")["request"])
            for request in kept:
                self.assertEqual(office.ctl("request", "show", request, user="dispatch")[0]["id"], request)
            self.assertEqual(office.admin_verb("audit", "verify", "--embedded", office.base).count("finding"), 0)


if __name__ == "__main__":
    if os.geteuid() != 0 or subprocess.run(["sh", "-c", "mkdir -p /tmp/linli-mount-try && mount -t tmpfs -o size=1m tmpfs "
                                            "/tmp/linli-mount-try && umount /tmp/linli-mount-try"]).returncode:
        print("skipped: needs root and the right to mount a small file system")
        sys.exit(77)
    unittest.main()
