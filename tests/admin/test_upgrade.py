"""Upgrades: once, in order, never edited. Usage: test_upgrade.py PROGRAM"""
import os
import subprocess
import unittest

import office
from office import Office, OfficeCase, write


class Upgrade(OfficeCase):
    @classmethod
    def setUpClass(cls):
        cls.shared = Office()
        cls.shared.start()

    @classmethod
    def tearDownClass(cls):
        cls.shared.close()

    def setUp(self):
        """A database of its own on the shared cluster."""
        self.office = self.shared
        self.name = "t_" + self.id().rsplit(".", 1)[1][-40:]
        self.office.sql(f"CREATE DATABASE {self.name}")
        self.url = self.office.url.replace("/linli?", f"/{self.name}?")

    def db(self, *words):
        return self.office.run("db", *words, "--database", self.url, embedded=False)

    def ok(self, *words):
        answer = self.db(*words)
        self.assertEqual(answer.code, 0, answer.err)
        return answer.json

    def sql(self, text, role=None):
        return self.office.sql(text, self.url, role)

    def password(self, text):
        return write(os.path.join(self.office.top, "password"), text + "\n")

    def test_each_runs_once(self):
        first, second = self.ok("upgrade"), self.ok("upgrade")
        self.assertGreater(first["upgrades"], 0)
        self.assertTrue(first["api"])
        self.assertEqual((second["upgrades"], second["api"], second["number"]), (0, False, first["number"]))
        self.assertEqual(self.sql("SELECT count(*) FROM linli.upgrade"), str(first["upgrades"]))

    def test_check_tells_and_changes_nothing(self):
        files = self.ok("check")["would_run"]
        self.assertTrue(files[0].startswith("upgrades/0001_"))
        api = [file for file in files if file.startswith("api_1/")]
        self.assertEqual(api[:3], ["api_1/command.sql", "api_1/right.sql", "api_1/session.sql"])
        self.assertEqual(self.sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'linli'"), "0")
        self.ok("upgrade")
        self.assertEqual(self.ok("check")["would_run"], [])

    def test_many_at_once_run_it_once(self):
        argv = self.office.command("db", "upgrade", "--database", self.url)
        many = [subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
        said = [p.communicate(timeout=120) for p in many]
        self.assertEqual([p.returncode for p in many], [0] * 4, said)
        self.assertEqual(sum('"upgrades":0' in out for out, _ in said), 3, said)

    def test_a_file_edited_after_it_ran_is_refused(self):
        self.ok("upgrade")
        self.sql("UPDATE linli.upgrade SET sha256 = 'other' WHERE number = 1")
        self.refused(self.db("upgrade"), "upgrades/0001_", "has changed", "new upgrade")
        self.refused(self.db("check"), "has changed")

    def test_a_number_below_one_that_ran_is_refused(self):
        self.ok("upgrade")
        self.sql("DELETE FROM linli.upgrade WHERE number = 1")
        self.refused(self.db("upgrade"), "upgrades/0001_", "has not run")

    def test_a_newer_database_is_left_alone(self):
        self.ok("upgrade")
        self.sql("INSERT INTO linli.upgrade VALUES (9999, '9999_later.sql', 'x'); UPDATE linli.api SET sha256 = 'later'")
        report = self.ok("upgrade")
        self.assertTrue(report["newer"])
        self.assertEqual(self.sql("SELECT sha256 FROM linli.api"), "later")

    def test_changed_api_functions_are_loaded_again(self):
        self.ok("upgrade")
        self.sql("UPDATE linli.api SET sha256 = 'earlier'")
        report = self.ok("upgrade")
        self.assertEqual((report["upgrades"], report["api"]), (0, True))
        self.assertFalse(self.ok("upgrade")["api"])

    def test_linlid_may_call_the_api_and_nothing_else(self):
        self.ok("upgrade")
        for wrong in ("SELECT * FROM linli.stream", "SELECT linli.bootstrap('a', 'b', 'c')", "CREATE TABLE api_1.t ()",
                      "CREATE TEMPORARY TABLE t ()", "CREATE SCHEMA mine", "SET ROLE linli_owner"):
            with self.assertRaisesRegex(RuntimeError, "permission denied"):
                self.sql(wrong, role="linlid")
        other = ("SELECT count(*) FROM pg_proc WHERE pronamespace = 'linli'::regnamespace"
                 " AND has_function_privilege('linlid', oid, 'EXECUTE')")
        self.assertEqual(self.sql(other), "0")
        api = ("SELECT bool_and(has_function_privilege('linlid', oid, 'EXECUTE')) FROM pg_proc"
               " WHERE pronamespace = 'api_1'::regnamespace")
        self.assertEqual(self.sql(api), "t")

    def test_everything_belongs_to_a_role_that_cannot_sign_in(self):
        self.ok("upgrade")
        owners = ("SELECT DISTINCT relowner::regrole FROM pg_class WHERE relnamespace = 'linli'::regnamespace UNION "
                  "SELECT DISTINCT proowner::regrole FROM pg_proc WHERE pronamespace IN ('linli'::regnamespace, 'api_1'::regnamespace)")
        self.assertEqual(self.sql(owners), "linli_owner")
        self.assertEqual(self.sql("SELECT rolcanlogin, rolsuper FROM pg_roles WHERE rolname = 'linli_owner'"), "f|f")

    def test_the_first_administrator_is_made_once(self):
        self.ok("upgrade")
        self.refused(self.db("bootstrap", "--password-file", self.password("nine 4567")), "10 characters")
        self.ok("bootstrap", "--title", "管理员", "--password-file", self.password("long enough"))
        self.refused(self.db("bootstrap", "--password-file", self.password("long enough")), "accounts already")
        answer = self.office.run("audit", "verify", "--database", self.url, embedded=False)
        self.assertEqual((answer.code, answer.json["faults"]), (0, 0), answer.out)


if __name__ == "__main__":
    office.main()
