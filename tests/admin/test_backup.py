"""Backups that bring back what was there. Usage: test_backup.py PROGRAM"""
import datetime
import glob
import os
import unittest

import office
from office import Office, OfficeCase


class Backup(OfficeCase):
    def setUp(self):
        super().setUp()
        self.office.laid().start()
        self.to = os.path.join(self.office.top, "backups")
        self.office.sql("CREATE TABLE t (i int); INSERT INTO t SELECT generate_series(1, 1000)")

    def add(self, i):
        self.office.sql(f"INSERT INTO t VALUES ({i})")

    def rows(self, of=None):
        return (of or self.office).sql("SELECT count(*), max(i) FROM t")

    def now(self):
        return self.office.sql("SELECT to_char(clock_timestamp(), 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")

    def test_a_restore_brings_back_the_backup_and_keeps_what_was_there(self):
        made = self.office.ok("backup", self.to)["backup"]
        self.assertTrue(os.path.exists(os.path.join(made, "base", "backup_manifest")))
        self.add(2000)
        aside = self.office.ok("restore", made)["aside"]
        self.assertEqual(self.rows(), "1000|1000")
        self.assertTrue(os.path.exists(os.path.join(aside, "PG_VERSION")))
        self.add(3000)  # it is a primary again
        self.office.ok("backup", self.to)
        self.office.ok("restore", self.to)
        self.assertEqual(self.rows(), "1001|3000")

    def test_a_restore_up_to_a_moment_even_one_that_an_earlier_restore_gave_up(self):
        self.office.ok("backup", self.to)
        self.add(2000)
        moment = self.now()
        self.add(3000)
        self.office.ok("restore", self.to, "--until", "latest")
        self.assertEqual(self.rows(), "1002|3000")
        self.office.ok("restore", self.to)
        self.assertEqual(self.rows(), "1000|1000")
        self.office.ok("restore", self.to, "--until", moment)
        self.assertEqual(self.rows(), "1001|2000")

    def test_a_moment_that_was_not_archived_leaves_the_data_as_it_is(self):
        self.office.ok("backup", self.to)
        self.add(2000)
        later = (datetime.datetime.now() + datetime.timedelta(days=1)).isoformat()
        self.refused(self.office.run("restore", self.to, "--until", later), "old data is in its place")
        self.assertEqual(self.rows(), "1001|2000")
        self.refused(self.office.run("restore", self.to, "--until", "yesterday"), "not an instant", "2025-01-31T09:30:00")

    def test_another_folder_can_take_the_backup(self):
        self.office.ok("backup", self.to)
        other = Office()
        self.addCleanup(other.close)
        self.assertIsNone(other.ok("restore", self.to)["aside"])
        other.start()
        self.assertEqual(self.rows(other), "1000|1000")

    def test_a_damaged_backup_is_refused_before_anything_stops(self):
        made = self.office.ok("backup", self.to)["backup"]
        victim = max(glob.glob(os.path.join(made, "base", "base", "*", "*")), key=os.path.getsize)
        with open(victim, "r+b") as file:
            file.seek(9000)
            file.write(b"damage")
        pid = self.office.pid()
        self.refused(self.office.run("restore", made), "damaged", "another one")
        self.assertEqual(self.office.pid(), pid)
        self.refused(self.office.run("restore", self.office.top), "holds no backup")

    def test_wal_that_a_backup_holds_does_not_pile_up(self):
        for i in range(3):
            self.add(i)
            self.office.ok("backup", self.to)
        kept = [name for name in os.listdir(os.path.join(self.office.dir, "wal")) if len(name) == 27]
        stored = [name for name in os.listdir(os.path.join(self.to, "wal")) if len(name) == 27]
        self.assertLessEqual(len(kept), 2, kept)
        self.assertGreater(len(stored), len(kept))


if __name__ == "__main__":
    office.main()
