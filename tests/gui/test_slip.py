"""A request on paper and as text for a chat group: what the team needs, and nothing of who called."""
import subprocess
import unittest

import desk
from desk import Desk, until
from office import Office
from test_main_path import found, register

TEXT = "6号楼电梯停运，老人下不了楼"
CALLER = ("居民一", "19000000001", "138")  # register()'s, and what a masked phone begins with


class Slip(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.office = Office().__enter__()
        cls.addClassCleanup(cls.office.__exit__, None, None, None)
        cls.place = found(cls.office)

    def made(self, text, **more):
        request = register(self.office, self.place["east"], text=text, place="6号楼2单元", **more)["request"]
        return self.office.ctl("request", "show", request, user="lead")[0]["number"]

    def shown(self, d, number):
        d.find(None, "试验街道")
        d.focus()
        d.key("ctrl+f")
        d.write(number)
        d.key("Return", "Down", "Home")
        d.find("label", f"^{number}$")

    maxDiff = None

    def says_nothing_of_the_caller(self, text):
        for word in CALLER:
            self.assertNotIn(word, text)

    def test_the_copied_text_is_for_the_team_and_names_no_caller(self):
        number = self.made(TEXT)
        with Desk(self.office, "dispatch", "zh", extra_env=desk.WHOLE_STACKS) as d:
            self.shown(d, number)
            d.key("ctrl+shift+c")
            d.find(None, "已复制")
            # into the filter, as into any other program's text
            d.key("ctrl+f", "ctrl+a", "ctrl+v")
            pasted = until(lambda: (lambda n: n and len(self.text(d, n)) > len(number) and self.text(d, n))(d.focused_text()),
                           "the text was pasted")
            for word in (number, TEXT, "6号楼2单元", "东里"):
                self.assertIn(word, pasted)
            self.says_nothing_of_the_caller(pasted)

    @staticmethod
    def text(d, node):
        return d.text_of(node)

    def printed(self, d, number):
        """The print dialog's own printer to a file, as somebody without a printer uses it; the pages' text."""
        d.key("ctrl+p")
        d.focus("打印|Print")
        printer, button = d.find(None, "^(打印到文件|Print to File)$"), "^(打印|_?Print)[^派]*$"  # the toolkit's, in its own language

        def usable():
            found = d.find_now("push button", button)
            return found and d.is_enabled(found)
        until(lambda: d.point_at(printer) or usable(), "the printer to a file is chosen")
        d.click("push button", button)
        path = d.home / f"派工单 {number}.pdf"
        until(path.exists, "the PDF is there, named by the request")

        def read():
            done = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True)
            return done.stdout if done.returncode == 0 and done.stdout.strip() else None
        return until(read, "the PDF can be read")

    def test_the_printed_slip_reads_as_it_should(self):
        number = self.made(TEXT)
        with Desk(self.office, "dispatch", "zh", extra_env=desk.WHOLE_STACKS) as d:
            self.shown(d, number)
            text = self.printed(d, number)
            for word in (number, TEXT, "6号楼2单元", "东里", "派工单", "签收人", "试验街道"):
                self.assertIn(word, text.replace(" ", "") if word not in text else text)
            self.says_nothing_of_the_caller(text)

    def test_a_long_text_goes_on_to_the_next_page_and_ends_with_its_last_word(self):
        number = self.made("漏水" * 1990 + "到此为止")
        with Desk(self.office, "dispatch", "zh", extra_env=desk.WHOLE_STACKS) as d:
            self.shown(d, number)
            text = self.printed(d, number)
            self.assertGreater(text.count("\f"), 1)
            self.assertIn("到此为止", text.replace("\n", "").replace(" ", ""))
            self.assertIn("签收人", text)

    def test_of_a_confidential_one_nothing_but_number_and_class(self):
        number = self.made("邻居家的争吵", confidential="true")
        with Desk(self.office, "lead", "zh", extra_env=desk.WHOLE_STACKS) as d:
            self.shown(d, number)
            text = self.printed(d, number)
            self.assertIn(number, text)
            self.assertNotIn("争吵", text)
            self.assertNotIn("6号楼", text)
            self.says_nothing_of_the_caller(text)


if __name__ == "__main__":
    desk.main(__name__)
