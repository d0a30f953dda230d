"""Passing news names a row to nobody who may not read that row, on whichever process they are."""
import unittest
import uuid

from office import Office
from test_main_path import found, register
from wire import Client, codec, entry, uuid7

VIEWING = entry("command", "request.viewing")


class Present(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.office = Office(processes=2).__enter__()
        cls.addClassCleanup(cls.office.__exit__, None, None, None)
        cls.place = found(cls.office)
        cls.office.account("boss", role="office_leader", office=cls.place["office"])
        cls.stream = cls.place["east"] * 4 + 2
        cls.open, cls.later = cls.case(), cls.case()
        cls.secret = cls.case(confidential="true")
        cls.complaint = cls.case(subject_team=cls.place["team"], confidential="false")

    @classmethod
    def case(cls, **more):
        return uuid.UUID(register(cls.office, cls.place["east"], user="lead", **more)["request"])

    def setUp(self):
        self.desks = {}
        for n, name in enumerate(("lead", "boss", "clerk", "worker")):
            desk = self.desks[name] = self.enterContext(Client(self.office, name, server=n % 2))
            desk.sign_in()
            desk.subscribe(self.stream)

    def views(self, name, request):
        self.desks[name].send("present", 0, stream=self.stream, kind=VIEWING.number, body=codec.encode(VIEWING, {"request": request}))

    def hears(self, name):
        news = self.desks[name].expect("present")[1]
        return news["actor"], codec.decode(VIEWING, news["body"])["request"]

    def account(self, name):
        return self.desks[name].me["account"]

    def test_who_lists_a_confidential_case_does_not_learn_who_reads_it(self):
        self.views("lead", self.secret)
        self.assertEqual(self.hears("boss"), (self.account("lead"), self.secret))
        self.views("lead", self.open)
        for name in ("boss", "clerk", "worker"):
            self.assertEqual(self.hears(name), (self.account("lead"), self.open))

    def test_the_team_that_a_case_complains_about_hears_nothing_of_it(self):
        self.views("lead", self.complaint)
        for name in ("boss", "clerk"):
            self.assertEqual(self.hears(name), (self.account("lead"), self.complaint))
        self.views("lead", self.open)
        self.assertEqual(self.hears("worker"), (self.account("lead"), self.open))

    def test_nobody_pretends_to_look_at_what_they_may_not_see_or_what_is_not_there(self):
        for name, request in (("clerk", self.secret), ("worker", self.complaint), ("lead", uuid7())):
            self.views(name, request)
        for request in (self.open, self.later):  # two turns of telling: whatever else was told would have come between
            self.views("boss", request)
            for name in ("lead", "clerk", "worker"):
                self.assertEqual(self.hears(name), (self.account("boss"), request))


if __name__ == "__main__":
    unittest.main()
