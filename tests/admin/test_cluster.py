"""The embedded cluster: made, adopted, refused. Usage: test_cluster.py PROGRAM"""
import os
import pwd
import shutil
import stat
import subprocess
import unittest

import office
from office import Office, OfficeCase, read, write

ROOT = os.geteuid() == 0


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


class Made(OfficeCase):
    def test_nobody_else_can_come_in(self):
        self.office.start()
        for folder in ("pg", "run", "wal", "tls"):
            self.assertEqual(mode(os.path.join(self.office.dir, folder)), 0o700, folder)
        self.assertEqual(mode(os.path.join(self.office.dir, "tls", "server.key")), 0o600)
        self.assertEqual(self.office.sql("SHOW listen_addresses"), "")
        self.assertNotIn(":1538", read("/proc/net/tcp"))  # 5432 in hexadecimal
        with self.assertRaises(RuntimeError):
            self.office.sql("CREATE TABLE t (phone text PRIMARY KEY); INSERT INTO t VALUES ('19000000001'), ('19000000001')")
        log = os.path.join(self.office.dir, "log", "postgresql")
        said = "".join(read(os.path.join(log, name)) for name in os.listdir(log))
        self.assertIn("duplicate key", said)
        self.assertNotIn("DETAIL", said)
        with self.assertRaisesRegex(RuntimeError, "Peer authentication failed"):
            self.office.sql("SELECT 1", role="postgres")

    def test_order_and_letters_do_not_depend_on_the_machine(self):
        self.office.start()
        row = "SELECT datcollate, datctype, pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'linli'"
        self.assertEqual(self.office.sql(row), "C|C.UTF-8|UTF8")
        self.assertEqual(self.office.sql("SHOW data_checksums"), "on")

    def test_leftovers_of_an_interrupted_initdb_do_no_harm(self):
        os.makedirs(os.path.join(self.office.dir, "pg.new", "base"))
        self.office.start()
        self.assertEqual(self.office.sql("SELECT 1"), "1")

    def test_two_starts_at_once_make_one_cluster(self):
        argv = self.office.command("cluster", "start", "--embedded", self.office.dir)
        both = [subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
        said = [p.communicate(timeout=60) for p in both]
        self.assertEqual([p.returncode for p in both], [0, 0], said)
        self.assertEqual(sum('"made":true' in out for out, _ in said), 1, said)

    def test_a_path_too_long_for_a_socket_works(self):
        deep = Office(path="/".join(["d" * 40] * 3))
        self.addCleanup(deep.close)
        url = deep.start()
        self.assertIn("host=%2Ftmp%2Flinli-", url)
        self.assertEqual(deep.sql("SELECT 1"), "1")
        folder = deep.sql("SHOW unix_socket_directories")
        self.assertEqual(mode(folder), 0o700)
        self.addCleanup(shutil.rmtree, folder, True)

    def test_settings_of_the_administrator_are_kept(self):
        self.office.laid()
        path = write(os.path.join(self.office.dir, "pg", "local.conf"), "work_mem = '12MB'\n")
        os.chmod(path, 0o644)
        self.office.start()
        self.assertEqual(self.office.sql("SHOW work_mem"), "12MB")


class Adopted(OfficeCase):
    def setUp(self):
        super().setUp()
        self.office.laid().start()

    def test_it_outlives_who_started_it_and_is_found_again(self):
        pid = self.office.pid()
        again = self.office.ok("cluster", "start")
        self.assertEqual((again["made"], again["started"]), (False, False))
        self.assertEqual(self.office.pid(), pid)

    def test_after_kill_9_it_starts_again_with_what_was_committed(self):
        self.office.sql("CREATE TABLE kept (i int); INSERT INTO kept VALUES (7)")
        self.office.kill()
        self.assertTrue(self.office.ok("cluster", "start")["started"])
        self.assertEqual(self.office.sql("SELECT i FROM kept"), "7")

    def test_a_pid_file_that_names_somebody_else_is_stale(self):
        self.office.kill()
        for path, line in (("pg/postmaster.pid", 0), ("run/.s.PGSQL.5432.lock", 0)):
            path = os.path.join(self.office.dir, path)
            lines = read(path).split("\n")
            lines[line] = str(os.getpid())
            write(path, "\n".join(lines))
        self.assertEqual(self.office.pid(), 0)
        self.assertTrue(self.office.ok("cluster", "start")["started"])

    def test_a_postmaster_whose_socket_was_removed_is_started_anew(self):
        os.unlink(os.path.join(self.office.dir, "run", ".s.PGSQL.5432"))
        self.assertTrue(self.office.ok("cluster", "start")["started"])
        self.assertEqual(self.office.sql("SELECT 1"), "1")

    def test_stop_is_for_good_and_may_be_repeated(self):
        self.office.ok("cluster", "stop")
        self.office.ok("cluster", "stop")
        status = self.office.run("cluster", "status")
        self.assertEqual((status.code, status.json["running"]), (1, False))

    def test_a_folder_that_was_moved_keeps_its_data(self):
        self.office.sql("CREATE TABLE kept (i int); INSERT INTO kept VALUES (7)")
        self.office.ok("cluster", "stop")
        moved = self.office.dir + "-moved"
        os.rename(self.office.dir, moved)
        self.office.dir = moved
        self.office.start()
        self.assertEqual(self.office.sql("SELECT i FROM kept"), "7")


class Refused(OfficeCase):
    def version(self, text):
        self.office.laid()
        path = os.path.join(self.office.dir, "pg", "PG_VERSION")
        write(path, text)
        return path

    def test_an_older_cluster_with_the_command_that_upgrades_it(self):
        path = self.version("13\n")
        self.refused(self.office.run("cluster", "start"), "PostgreSQL 13", "pg_upgrade", self.office.dir)
        self.assertEqual(read(path), "13\n")

    def test_a_newer_cluster(self):
        self.version("17\n")
        self.refused(self.office.run("cluster", "start"), "PostgreSQL 17", "newer")

    def test_a_folder_that_is_no_cluster(self):
        os.makedirs(os.path.join(self.office.dir, "pg"))
        self.refused(self.office.run("cluster", "start"), "not a PostgreSQL cluster", "restore")

    def test_a_folder_that_cannot_be_made(self):
        self.office.dir = "/proc/linli"
        self.refused(self.office.run("cluster", "start"), "could not be made", "Choose a folder")

    def test_usage(self):
        for words in ((), ("cluster",), ("cluster", "dance"), ("backup",), ("db", "upgrade", "now", "x"), ("--nonsense",)):
            self.assertEqual(self.office.run(*words).code, 2, words)
        self.assertEqual(self.office.run("db", "check", embedded=False).code, 2)
        away = self.office.run("db", "check", "--database", "postgresql://linli@/linli?host=/nowhere", embedded=False)
        self.assertEqual((away.code, away.json["error"]), (3, "away"))


@unittest.skipUnless(ROOT, "only root can act as somebody else")
class Users(unittest.TestCase):
    def make(self, **how):
        made = Office(**how)
        self.addCleanup(made.close)
        return made

    def test_root_runs_it_as_the_user_postgres(self):
        one = self.make()
        one.start()
        self.assertEqual(os.stat(f"/proc/{one.pid()}").st_uid, pwd.getpwnam("postgres").pw_uid)
        self.assertEqual(os.stat(os.path.join(one.dir, "tls")).st_uid, 0)

    def test_an_ordinary_user_runs_it_and_root_may_stop_it(self):
        one = self.make(user="nobody")
        one.start()
        self.assertEqual(os.stat(f"/proc/{one.pid()}").st_uid, pwd.getpwnam("nobody").pw_uid)
        one.ok("db", "upgrade")
        one.ok("backup", os.path.join(one.top, "backups"))
        one.ok("restore", os.path.join(one.top, "backups"))
        one.user = None
        self.assertTrue(one.pid())
        one.ok("cluster", "stop")
        self.assertFalse(one.pid())
        one.start()
        self.assertEqual(os.stat(f"/proc/{one.pid()}").st_uid, pwd.getpwnam("nobody").pw_uid)

    def test_a_folder_behind_a_closed_door_works(self):
        one = self.make()
        os.chmod(one.top, 0o700)
        one.start()
        self.assertTrue(os.path.realpath(os.path.join(one.dir, "pg")).startswith("/var/lib/linli/"))
        self.assertEqual(mode(one.top), 0o700)
        pid = one.pid()
        one.start()
        self.assertEqual(one.pid(), pid)

    def test_data_given_to_root_by_a_copy_goes_back(self):
        one = self.make().laid()
        subprocess.run(["chown", "-R", "root:root", one.dir], check=True)
        one.start()
        self.assertEqual(one.sql("SELECT 1"), "1")


if __name__ == "__main__":
    office.main()
