"""linlictl import: each row is taken or rejected with its reason, and a bad file is a sentence."""
import csv
import json
import os
import pathlib
import sys
import tempfile
import unittest

from office import SHARED, Office

DATA = SHARED / "data"
DONGCHENG = DATA / "divisions/beijing_dongcheng_110101.csv"
BAD = DATA / "badinput"
HEADER = "number,opened,closed,status,title,ward\n"
MAPPING = """[source]
system=test
[tree]
district_code=119900000000
district=测试区
subdistrict_code=119900001000
subdistrict=测试街道
place=ward
pattern=^(\\\\w+)-(\\\\w+)$
community=%s社区
grid=%s网格
unplaced=待定位
team=%s队
[columns]
number=number
registered_at=opened
closed_at=closed
title=title
[state]
column=status
1=^done$ closed
2=^open$ in_progress
"""


def needs_data(test):
    return unittest.skipUnless(DATA.exists(), f"the real data is not here: {DATA}")(test)


def sums(office, *args, expect=0, **more):
    """The last JSON line of an import, which must add up."""
    line = office.ctl("import", *args, expect=expect, **more)[-1]
    assert line["rows"] == line["added"] + line["changed"] + line["already"] + line["rejected"], line
    return line


class Small(unittest.TestCase):
    """Files made here; one office for all."""

    @classmethod
    def setUpClass(cls):
        cls.office = Office().__enter__()
        cls.addClassCleanup(cls.office.__exit__, None, None, None)
        cls.mapping = cls.office.dir / "test.mapping"
        cls.mapping.write_text(MAPPING)
        cls.numbers = iter(range(1, 10 ** 6))

    def file(self, data, name="rows.csv"):
        folder = tempfile.mkdtemp(dir=self.office.dir)
        path = os.path.join(folder, name)
        with open(path, "wb") as out:
            out.write(data if isinstance(data, bytes) else data.encode())
        return path

    def run_import(self, path, *more):
        rejects = path + ".rejects"
        return sums(self.office, "requests", "--mapping", self.mapping, "--rejects", rejects, *more, path), \
            list(csv.DictReader(pathlib.Path(rejects).read_text().splitlines()))

    def row(self, title="title", ward="东-01", status="done", opened="2026-01-05 10:00:00", closed="2026-01-06 10:00:00"):
        number = next(self.numbers)
        return f"{number},{opened},{closed},{status},{title},{ward}\n"

    def test_each_row_is_imported_or_rejected_with_its_number_and_reason(self):
        rows = [self.row(), self.row(status="lost"), self.row(opened="yesterday"), "1,2\n", self.row(ward="nowhere"),
                self.row(opened="2026-02-01 10:00:00"), ",2026-01-05 10:00:00,,done,no number,东-01\n", self.row(title="x" * 13000),
                self.row(status="open", closed="")]
        line, rejects = self.run_import(self.file(HEADER + "".join(rows)))
        self.assertEqual((line["rows"], line["added"], line["rejected"]), (9, 3, 6))
        reasons = {int(r["rejected_row"]): r["rejected_because"] for r in rejects}
        for row, words in [(3, "state"), (4, "not a time"), (5, "2 columns"), (7, "closed before"), (8, "no number"),
                           (9, "bytes")]:
            self.assertIn(words, reasons[row])
        self.assertEqual(rejects[0]["title"], "title")
        self.assertEqual([int(r["rejected_line"]) for r in rejects], [int(r["rejected_row"]) for r in rejects])

    def test_rejected_rows_can_be_corrected_in_the_rejects_file_and_imported(self):
        path = self.file(HEADER + self.row(status="lost"))
        self.run_import(path)
        text = pathlib.Path(path + ".rejects").read_text().replace(",lost,", ",done,")
        line, _ = self.run_import(self.file(text))
        self.assertEqual((line["added"], line["rejected"]), (1, 0))

    def test_a_long_title_is_cut_and_kept_whole_in_the_text(self):
        title = "长" * 200
        path = self.file(HEADER + self.row(title=title))
        line, _ = self.run_import(path)
        self.assertEqual(line["added"], 1)
        found = self.office.sql("SELECT octet_length(title), text LIKE '长长长%' AND length(text) >= 200 FROM linli.request "
                                "WHERE title LIKE '长%'")
        self.assertLessEqual(int(found[0][0]), 240)
        self.assertEqual(found[0][1], "t")

    def test_a_file_is_read_however_it_was_saved(self):
        text = HEADER + self.row(title="路灯不亮")
        for encoding in ("utf-8-sig", "utf-16", "gb18030"):
            with self.subTest(encoding):
                number = next(self.numbers)
                fresh = HEADER + f"{number},2026-01-05 10:00:00,2026-01-06 10:00:00,done,路灯不亮 {encoding},东-01\n"
                line, rejects = self.run_import(self.file(fresh.replace("\n", "\r\n").encode(encoding)))
                self.assertEqual((line["added"], rejects), (1, []), text)
                self.assertEqual(self.office.sql(f"SELECT count(*) FROM linli.request WHERE title = '路灯不亮 {encoding}'"),
                                 [["1"]])

    def test_bad_bytes_harm_only_their_row(self):
        good = [self.row().encode() for _ in range(4)]
        rows = [good[0], b'7000001,"never closes,,done,x,y\n', good[1], b"7000002,\0,,done,x,y\n", good[2],
                b"7000003,2026-01-05 10:00:00,,done,\xff\xfe\xfd,y\n", b"7000004," + b"x" * 10_000_000 + b",,done,t,y\n", good[3]]
        line, rejects = self.run_import(self.file(HEADER.encode() + b"".join(rows)))
        self.assertEqual((line["rows"], line["added"], line["rejected"]), (8, 4, 4), rejects)
        self.assertEqual([int(r["rejected_row"]) for r in rejects], [3, 5, 7, 8])
        self.assertEqual([r["number"] for r in rejects], [None, None, "7000003", None])

    def test_a_file_that_is_no_such_table_ends_in_a_sentence(self):
        for data, words in [(b"", "empty"), (b"\n\n", "empty"), (b"a,b,c\n1,2,3\n", "no column"), (b"\xff\xfe", "empty"),
                            (b"\0\0\0\0", "NUL"), (b"\x80\xff\x00\xffnumber,opened\n", None)]:
            with self.subTest(data):
                done = self.office.run("import", "requests", "--mapping", self.mapping, self.file(data))
                self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
                sentence = json.loads(done.stdout)["sentence"]
                self.assertTrue(sentence.endswith("."), sentence)
                self.assertIn(words or "", sentence)

    def test_a_mapping_that_is_wrong_ends_in_a_sentence(self):
        for old, new, words in [("[tree]", "[trees]", "[tree] lacks"), ("^done$ closed", "^done$ finished", "no request_state"),
                                ("^(\\\\w+)", "^(\\\\w+", "not a pattern"), ("%s社区", "社区", "each need %s"),
                                ("number=number\n", "", "lacks number"), ("system=test", "system=test\nzone=Mars/Base", "zone")]:
            with self.subTest(words):
                path = self.file(MAPPING.replace(old, new), "bad.mapping")
                done = self.office.run("import", "requests", "--mapping", path, self.file(HEADER + self.row()))
                self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
                self.assertIn(words, json.loads(done.stdout)["sentence"])
        done = self.office.run("import", "requests", "--mapping", "no-such", self.file(HEADER))
        self.assertEqual(done.returncode, 2)

    def test_places_without_digits_get_free_codes_and_keep_them(self):
        wards = ["Silver Lake-A", "Downtown-B7", "东城-01", "7-12", "07-12"]
        path = self.file(HEADER + "".join(self.row(ward=w.replace(" ", "_")) for w in wards))
        line, _ = self.run_import(path)
        self.assertEqual(line["added"], 5)
        again, _ = self.run_import(self.file(HEADER + self.row(ward="Downtown-B7")))
        self.assertEqual((again["communities"], again["grids"], again["added"]), (0, 0, 1))

    @needs_data
    def test_the_bad_files_of_the_data_are_each_a_sentence_or_rejected_rows(self):
        for path in sorted(BAD.rglob("*")):
            if path.suffix not in (".csv", ".txt") or not path.is_file():
                continue
            for what in (("requests", "--mapping", "boston"), ("divisions",)):
                with self.subTest(f"{path.name} {what[0]}"):
                    done = self.office.run("import", *what, "--rejects", self.office.dir / "rejects", path)
                    self.assertIn(done.returncode, (0, 2), done.stdout + done.stderr)
                    line = json.loads(done.stdout.splitlines()[-1])
                    self.assertTrue("sentence" in line or line["rejected"] == line["rows"], line)


@needs_data
class Divisions(unittest.TestCase):
    def test_a_district_is_brought_in_twice_and_its_offices_can_be_seen(self):
        with Office() as office:
            first = sums(office, "divisions", DONGCHENG)
            self.assertEqual((first["rows"], first["added"], first["rejected"]), (187, 187, 0))
            second = sums(office, "divisions", DONGCHENG)
            self.assertEqual((second["added"], second["changed"], second["already"]), (0, 0, 187))
            counts = [int(office.sql(f"SELECT count(*) FROM linli.{t}")[0][0]) for t in ("district", "subdistrict", "community")]
            self.assertEqual(counts, [1, 17, 169])
            self.assertEqual(office.sql("SELECT pinyin FROM linli.community WHERE short_name = '多福巷'"), [["duo fu xiang/hang"]])
            self.a_changed_name_is_changed(office)
            self.rows_out_of_place_are_rejected(office)

    def a_changed_name_is_changed(self, office):
        path = office.dir / "changed.csv"
        path.write_text(DONGCHENG.read_text().replace("东华门街道,东华门", "东华门大街道,东华门"))
        line = sums(office, "divisions", path)
        self.assertEqual((line["changed"], line["already"]), (1, 186))

    def rows_out_of_place_are_rejected(self, office):
        path = office.dir / "odd.csv"
        path.write_text("level,code12,name,short_name,parent_code12\n"
                        "village,110101001001,a,,110101001000\n"
                        "community,110101999001,a,,110101999000\n"
                        "community,110102001001,a,,110101001000\n"
                        "street,11010199,a,,110101000000\n"
                        "district,x,a\n")
        line = sums(office, "divisions", "--rejects", office.dir / "odd.rejects", path)
        self.assertEqual((line["rows"], line["rejected"]), (5, 5), (office.dir / "odd.rejects").read_text())


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
