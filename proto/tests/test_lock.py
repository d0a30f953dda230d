"""What the lock lets pass and what it does not: each change is made to one small schema that is in use."""

import io
import tempfile
import unittest
from contextlib import redirect_stderr
from pathlib import Path

import schemas

BASE = '''protocol tiny version 2
enum stream_kind = 1 since 1
    "Kinds."
    1 office "街道" "Office"
    2 community "社区" "Community"
refusal moved = 1 since 1
    "已移。" "It moved."
frame hello = 0x01 since 1 from both
    "Hello."
    1 now time "The clock."
message job = 0x0100 since 1
    "A job."
    1 id uuid "Id."
    2 title text max 60 "Title."
    3 teams uint[] max 8 optional "Teams."
command job.add = 0x0101 since 1
    "Add a job."
    calls job_add  stream office
    1 job uuid "Its id."
    2 title text max 60 "Title."
    3 note text max 60 optional "Note."
query job.list = 0x0140 since 1
    "Jobs."
    calls job_list  returns job  page by id
event job.added = 0x0180 since 1
    "It was added."
    row job
'''


def said(schema: Path, option: str) -> str:
    """What generate.py prints; it must exit with an error exactly when it says something."""
    with redirect_stderr(io.StringIO()) as heard:
        try:
            schemas.generate.main([str(schema), option])
            failed = False
        except SystemExit as end:
            failed = bool(end.code)
    assert failed == bool(heard.getvalue())
    return heard.getvalue()


class Lock(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.schema = Path(folder.name, "tiny.schema")
        self.lock = self.schema.with_suffix(".lock")
        self.write(BASE)
        self.run_generator("--update-lock")

    def write(self, text: str) -> None:
        self.schema.write_text(text, encoding="utf-8")

    def run_generator(self, option: str) -> str:
        """What it prints, with the folder left out; empty when it is content."""
        return said(self.schema, option).replace(f"{self.schema.parent}/", "")

    def change(self, old: str, new: str) -> None:
        self.assertIn(old, BASE)
        self.write(BASE.replace(old, new))

    def assert_refused(self, old: str, new: str, *sentences: str) -> None:
        """Both options refuse, and what is locked stays as it was."""
        self.change(old, new)
        before = self.lock.read_text(encoding="utf-8")
        for option in ("--check-lock", "--update-lock"):
            self.assertEqual(self.run_generator(option).splitlines(), list(sentences))
        self.assertEqual(self.lock.read_text(encoding="utf-8"), before)

    def assert_addition(self, old: str, new: str) -> None:
        """The check asks for an update, which is then content."""
        self.change(old, new)
        self.assertIn("run --update-lock", self.run_generator("--check-lock"))
        self.assertEqual(self.run_generator("--update-lock"), "")
        self.assertEqual(self.run_generator("--check-lock"), "")

    def test_an_unchanged_schema_passes(self):
        self.assertEqual(self.run_generator("--check-lock"), "")

    def test_a_missing_lock_is_said_once(self):
        self.lock.unlink()
        self.assertEqual(self.run_generator("--check-lock"),
                         "tiny.lock:1: there is no lock; run --update-lock and commit it with the schema\n")

    def test_a_broken_lock_is_refused(self):
        self.lock.write_text("message one hello\n", encoding="utf-8")
        self.assertEqual(self.run_generator("--check-lock"),
                         "tiny.lock:1: this is no line of a lock; bring it back from version control\n")

    def test_new_entries_are_additions(self):
        self.assert_addition('event job.added', 'frame bye = 0x02 since 2 from both\n    "Bye."\nevent job.added')

    def test_a_new_event_is_an_addition(self):
        self.assert_addition('event job.added', 'event job.ended = 0x0181 since 2\n    "End."\n    row job\nevent job.added')

    def test_an_optional_field_is_an_addition(self):
        self.assert_addition('    2 title text max 60 "Title."\n    3 teams',
                             '    4 due date optional since 2 "Due."\n    2 title text max 60 "Title."\n    3 teams')

    def test_a_value_is_an_addition(self):
        self.assert_addition('    2 community', '    3 account since 2 "账号" "Account"\n    2 community')

    def test_a_sentence_may_change_without_a_word(self):
        self.change('"A job."', '"Some work."')
        self.assertEqual(self.run_generator("--check-lock"), "")

    def test_a_higher_maximum_is_an_addition(self):
        self.assert_addition("3 note text max 60", "3 note text max 90")

    def test_a_command_may_ask_for_less(self):
        self.assert_addition('2 title text max 60 "Title."\n    3 note', '2 title text max 60 optional "Title."\n    3 note')

    def test_a_required_field_is_no_addition(self):
        self.assert_refused('    3 note text max 60 optional', '    4 team uint "Team."\n    3 note text max 60 optional',
                            "tiny.schema:21: team (command/job.add 4) is a new field of something in use; make it optional, "
                            "for older programs do not send it")

    def test_a_number_is_not_given_to_another(self):
        self.assert_refused("3 note text", "3 remark text",
                            "tiny.schema:21: remark (command/job.add 3) has the number of note; a number is never given to "
                            "another, take a free one")
        self.assert_refused("refusal moved", "refusal gone",
                            "tiny.schema:6: gone (refusal 1) has the number of moved; a number is never given to another, "
                            "take a free one")

    def test_a_value_is_not_renumbered(self):
        self.assert_refused("2 community", "3 community",
                            f"tiny.lock:{self.line_of('community')}: community (enum/stream_kind 2) is gone from "
                            "the schema; write `retired 2` inside stream_kind in its place, so that the number stays unused")

    def test_a_kind_does_not_change(self):
        tail = "; add a new one instead and retire this"
        self.assert_refused("3 note text max 60", "3 note bytes max 60",
                            f"tiny.schema:21: note (command/job.add 3) was text and is now bytes{tail}")
        self.assert_refused("3 teams uint[] max 8", "3 teams uint max 8",
                            f"tiny.schema:15: teams (message/job 3) was uint[] and is now uint{tail}")
        self.assert_refused("stream office", "stream community",
                            f"tiny.schema:16: job.add (command 0x0101) was command:office and is now command:community{tail}")
        self.assert_refused("from both", "from client",
                            f"tiny.schema:8: hello (message 0x01) was frame:both and is now frame:client{tail}")

    def test_a_maximum_is_not_lowered(self):
        tail = " has a lower maximum than programs in use may send; raise it again"
        self.assert_refused("3 note text max 60", "3 note text max 59", f"tiny.schema:21: note (command/job.add 3){tail}")
        self.assert_refused("teams uint[] max 8", "teams uint[] max 7", f"tiny.schema:15: teams (message/job 3){tail}")
        self.assert_refused("teams uint[] max 8", "teams uint[] max 8 of 9", f"tiny.schema:15: teams (message/job 3){tail}")

    def test_what_may_be_absent_may_stay_absent(self):
        self.assert_refused("3 note text max 60 optional", "3 note text max 60",
                            "tiny.schema:21: note (command/job.add 3) was optional, and programs in use leave it out; "
                            "make it optional again")

    def test_what_was_always_sent_is_always_sent(self):
        self.assert_refused("1 now time", "1 now time optional",
                            "tiny.schema:10: now (message/hello 1) was always there, and programs in use refuse to read "
                            "without it; let it be sent always")

    def test_something_removed_leaves_its_number_retired(self):
        self.assert_refused('    3 note text max 60 optional "Note."\n', "",
                            f"tiny.lock:{self.line_of('note')}: note (command/job.add 3) is gone from the schema; write "
                            "`retired 3` inside job.add in its place, so that the number stays unused")
        self.assert_addition('3 note text max 60 optional "Note."', "retired 3")
        self.write(BASE)
        self.assertIn("has a number that is retired (note had it); take a free one", self.run_generator("--check-lock"))

    def test_an_entry_removed_leaves_number_and_name_retired(self):
        entry = BASE[BASE.index("query job.list"):BASE.index("event job.added")]
        self.assert_refused(entry, "", f"tiny.lock:{self.line_of('job.list')}: job.list (query 0x0140) is gone from the schema; "
                                       "write `retired query 0x0140` in its place, so that the number stays unused")
        self.assert_addition(entry, "retired query 0x0140\n")
        self.write(BASE.replace("query job.list = 0x0140", "query job.list = 0x0141"))
        self.assertIn("has the name of something retired", self.run_generator("--check-lock"))

    def test_since_does_not_change(self):
        self.assert_refused("event job.added = 0x0180 since 1", "event job.added = 0x0180 since 2",
                            "tiny.schema:25: job.added (event 0x0180) came with version 1; since cannot change")

    def test_the_project_s_lock_is_current(self):
        self.assertEqual(said(schemas.LINLI, "--check-lock"), "")

    def line_of(self, name: str) -> int:
        lines = self.lock.read_text(encoding="utf-8").splitlines()
        return next(number for number, line in enumerate(lines, 1) if line.split()[2] == name)


if __name__ == "__main__":
    unittest.main()
