"""linlictl import: every row of a real file is accounted for, an interruption resumes, and a second time changes nothing."""
import json
import os
import subprocess
import sys
import unittest

from office import SHARED, Office, Process, program, until

BOSTON = SHARED / "data/requests/boston_311_2011-07-01_to_2011-10-16.csv"
LONG = 3600  # a deadline only ends a test that would hang


@unittest.skipUnless(BOSTON.exists(), f"the real data is not here: {BOSTON}")
class Whole(unittest.TestCase):
    def test_the_whole_file_is_accounted_for_through_kills_and_a_second_time_changes_nothing(self):
        with Office() as office:
            os.chdir(office.dir)
            self.killed_halfway(office)
            self.through_a_restart_of_the_server(office)
            head = office.sql("SELECT sum(head) FROM linli.stream WHERE stream % 4 = 2")
            last = office.ctl("import", "requests", "--mapping", "boston", BOSTON, timeout=LONG)[-1]
            self.assertEqual((last["rows"], last["added"], last["already"], last["rejected"]), (36673, 0, 36673, 0))
            self.assertEqual((last["communities"], last["grids"], last["teams"]), (0, 0, 0))
            self.assertEqual(office.sql("SELECT sum(head) FROM linli.stream WHERE stream % 4 = 2"), head)
            self.assertEqual(office.sql("SELECT count(*), count(DISTINCT external_number) FROM linli.request"),
                             [["36673", "36673"]])
            self.assertEqual(office.sql("SELECT count(*) FROM linli.request r JOIN linli.community c ON c.id = r.community "
                                        "WHERE c.code LIKE '%999' AND r.grid IS NULL"), [["1822"]])
            self.assertEqual(office.sql("SELECT state, count(*) FROM linli.request GROUP BY 1 ORDER BY 1"),
                             [["closed", "34548"], ["in_progress", "2125"]])

    def start(self, office):
        process = Process([program("linlictl"), "--json", "import", "requests", "--mapping", "boston", str(BOSTON)],
                          env=office.env(), log=office.dir / "import.log", stdout=subprocess.PIPE)
        self.addCleanup(process.kill)
        return process

    def imported(self, office):
        return int(office.sql("SELECT count(*) FROM linli.request")[0][0])

    def killed_halfway(self, office):
        first = self.start(office)
        until(lambda: self.imported(office) > 3000 or not first.running(), "3,000 rows came in", LONG)
        self.assertTrue(first.running(), "it ended before it was killed")
        first.kill()
        first.child.stdout.close()

    def through_a_restart_of_the_server(self, office):
        second = self.start(office)
        until(lambda: self.imported(office) > 8000 or not second.running(), "8,000 rows came in", LONG)
        office.linlid[0].kill()
        office.restart_one(0)
        out, _ = second.child.communicate(timeout=LONG)
        line = json.loads(out.splitlines()[-1])
        self.assertIn("rows", line)
        self.assertEqual((line["rows"], line["rejected"], line["added"] + line["already"]), (36673, 0, 36673), line)
        self.assertGreater(line["already"], 2900)
        print(f"{line['added'] / line['seconds']:.0f} rows/s", file=sys.stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
