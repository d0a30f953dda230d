"""Heads are signed by one process of all, with keys that the database does not hold: rewritten history is caught even when
every hash in the database was made to fit."""
import pathlib
import unittest

from office import Office, until
from test_main_path import found

# Each event after `first` chained anew, as somebody would who may write every table.
RECHAIN = """DO $$
DECLARE
  e linli.event;
  c bytea;
BEGIN
  PERFORM set_config('TimeZone', 'UTC', true);
  UPDATE linli.event SET note = note || '{{"note": "别的"}}' WHERE stream = {stream} AND seq = {seq};
  c := (SELECT chain FROM linli.event WHERE stream = {stream} AND seq = {seq} - 1);
  FOR e IN SELECT * FROM linli.event WHERE stream = {stream} AND seq >= {seq} ORDER BY seq LOOP
    e.digest := linli.event_digest(e.salt, e.body::text, e.note::text);
    c := linli.chained(c, e.seq, e.at, e.actor, e.row_id, e.digest, e.audience, e.whole, e.barred, e.was_audience, e.teams,
                       e.was_teams, e.kind);
    UPDATE linli.event SET digest = e.digest, chain = c WHERE stream = e.stream AND seq = e.seq;
  END LOOP;
  UPDATE linli.stream SET chain = c WHERE stream = {stream};
END $$"""


class Signing(unittest.TestCase):
    def verify(self, office, expect=0):
        return office.admin_verb("audit", "verify", "--embedded", office.base, expect=expect)

    def test_a_rewritten_history_is_caught_although_its_chain_was_recomputed(self):
        with Office(processes=2, options=("--sign-interval", "1")) as office:
            place = found(office)
            stream = place["east"] * 4 + 2
            request = office.ctl("request", "register", "--community", place["east"], "--channel", "counter", "--text", "井盖",
                                 user="clerk")[-1]["request"]
            office.ctl("request", "accept", "--request", request, "--note", "原话", user="clerk")
            office.ctl("request", "comment", "--request", request, "--text", "再说一句", user="clerk")
            waiting = "SELECT count(*) FROM linli.stream s WHERE head > 0 AND NOT EXISTS (SELECT FROM linli.signed_head h " \
                      "WHERE h.stream = s.stream AND h.head = s.head)"
            until(lambda: office.sql(waiting) == [["0"]], "every head is signed")
            said = self.verify(office)
            self.assertRegex(said, r"[0-9]+ signatures of [0-9]+ streams are good, the newest of 20.*; 0 streams")
            listed = office.admin_verb("audit", "verify", "--embedded", office.base, "--signatures")
            self.assertRegex(listed, rf"stream {stream}, event 3: signed 20\d\d-.*Z by [0-9a-f]{{16}}")

            # Another key signs from the next round on; what the first one signed stays good.
            folder = pathlib.Path(office.base) / "linlid" / "signing"
            (folder / "key").unlink()
            office.ctl("request", "comment", "--request", request, "--text", "又一句", user="clerk")
            until(lambda: len(list(folder.glob("*.pub"))) == 2 and office.sql(waiting) == [["0"]], "a new key signs")
            self.assertEqual(office.sql("SELECT count(DISTINCT key_id) FROM linli.signed_head"), [["2"]])
            self.verify(office)

            office.sql(RECHAIN.format(stream=stream, seq=2))
            self.assertIn("is not in the stream", self.verify(office, expect=1))
            office.ctl("request", "comment", "--request", request, "--text", "后来", user="clerk")
            logs = [pathlib.Path(p.log) for p in office.linlid]
            until(lambda: any("signed_history_changed" in log.read_text() for log in logs), "linlid says that it does not fit")
            for process in office.linlid:
                process.stop()
            # The signed chains are made to fit as well: then their signatures do not.
            office.sql("UPDATE linli.signed_head h SET chain = e.chain FROM linli.event e WHERE e.stream = h.stream AND e.seq = h.head")
            said = self.verify(office, expect=1)
            self.assertIn("is false", said)
            self.assertNotIn("is not in the stream", said)
            # Or signed by a key of one's own: which nobody here knows.
            office.sql(f"UPDATE linli.signed_head SET key_id = '0123456789abcdef' WHERE stream = {stream}")
            self.assertIn("signed by key 0123456789abcdef", self.verify(office, expect=1))


if __name__ == "__main__":
    unittest.main()
