"""A noun that the project does not have, added to a copy of the schema and of the SQL, works end to end: no C changes."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

SCHEMA = '''
message bulletin = 0x7000 since 1
    "A notice on a community's board."
    1 id        uint                         "Number."
    2 community uint                         "Community."
    3 title     text max 200                 "What it says."
    4 pinned    bool optional                "True when it stays on top."
    5 version   uint                         "Row version."
command bulletin.post = 0x7001 since 1
    "Put a notice on the board of the community whose stream this is."
    calls bulletin_post  stream community  needs comment
    1 title     text max 200                 "What it says."
    2 pinned    bool optional                "True when it stays on top."
query bulletin.list = 0x7040 since 1
    "Notices of a community."
    calls bulletin_list  returns bulletin  page by id
    1 community uint                         "The community."
event bulletin.posted = 0x7080 since 1
    "A notice was put on the board."
    row bulletin  whole
'''

TABLE = '''
CREATE TABLE linli.bulletin (
  id        bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  community bigint  NOT NULL REFERENCES linli.community,
  title     text    NOT NULL,
  pinned    boolean NOT NULL DEFAULT false,
  version   bigint  NOT NULL DEFAULT 1
);
CREATE INDEX bulletin_by_community ON linli.bulletin (community);
'''

API = '''
CREATE OR REPLACE FUNCTION linli.bulletin_json(b linli.bulletin) RETURNS jsonb LANGUAGE sql STABLE AS 'SELECT to_jsonb(b)';

CREATE OR REPLACE FUNCTION api_1.bulletin_post(session bytea, id uuid, stream bigint, version bigint, made_at timestamptz,
                                               digest bytea, title text, pinned boolean)
  RETURNS api_1.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  c linli.command := linli.enter(session, id, stream, made_at, digest);
  b linli.bulletin;
BEGIN
  IF c.decided THEN RETURN c.answer; END IF;
  IF NOT linli.may(c, 'comment') THEN RETURN linli.refuse(c, 'not_allowed'); END IF;
  INSERT INTO linli.bulletin (community, title, pinned) VALUES (c.owner, title, coalesce(pinned, false)) RETURNING * INTO b;
  RETURN linli.emit(c, 'bulletin.posted', linli.key(b.id), NULL, linli.bulletin_json(b));
END $$;

CREATE OR REPLACE FUNCTION api_1.bulletin_list(session bytea, after text, max integer, community bigint)
  RETURNS TABLE (key text, body jsonb) LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
BEGIN
  PERFORM linli.reader(session);
  RETURN QUERY SELECT b.id::text, linli.bulletin_json(b) FROM linli.bulletin b
                WHERE b.community = bulletin_list.community AND b.id > coalesce(after, '0')::bigint
                ORDER BY b.id LIMIT linli.page(max);
END $$;
'''

SNAPSHOT_OLD = "RETURN QUERY SELECT 'request'::text, r.audience"
SNAPSHOT_NEW = """RETURN QUERY SELECT 'bulletin'::text, 0::smallint, NULL::bigint[], NULL::bigint,
                          jsonb_strip_nulls(linli.bulletin_json(b))::text FROM linli.bulletin b WHERE b.community = owner;
      """ + SNAPSHOT_OLD


def run(*argv, **more):
    done = subprocess.run([*map(str, argv)], capture_output=True, text=True, **more)
    assert done.returncode == 0, f"{argv}\n{done.stdout[-4000:]}{done.stderr[-4000:]}"


def build(folder):
    """The project's own sources, with a noun more in copies of the schema and the SQL."""
    proto, sql = folder / "proto", folder / "sql"
    proto.mkdir()
    for name in ("linli.schema", "linli.lock"):
        shutil.copy(ROOT / "proto" / name, proto)
    shutil.copytree(ROOT / "sql", sql)
    with open(proto / "linli.schema", "a", encoding="utf-8") as schema:
        schema.write(SCHEMA)
    run("/usr/bin/python3", "-B", ROOT / "proto" / "generate.py", proto / "linli.schema", "--update-lock")
    (sql / "upgrades" / "0900_bulletin.sql").write_text(TABLE, encoding="utf-8")
    (sql / "api_1" / "bulletin.sql").write_text(API, encoding="utf-8")
    stream = sql / "api_1" / "stream.sql"
    text = stream.read_text(encoding="utf-8")
    assert SNAPSHOT_OLD in text
    stream.write_text(text.replace(SNAPSHOT_OLD, SNAPSHOT_NEW), encoding="utf-8")
    run("cmake", "-S", ROOT, "-B", folder / "build", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug",
        f"-DLINLI_SCHEMA={proto / 'linli.schema'}", f"-DLINLI_SQL_DIR={sql}")
    run("cmake", "--build", folder / "build", "--target", "linlid", "linlictl")
    os.environ["LINLI_BIN"] = str(folder / "build")
    os.environ["LINLI_SCHEMA"] = str(proto / "linli.schema")


class NewNoun(unittest.TestCase):
    def test_a_noun_added_in_schema_and_sql_is_written_watched_listed_and_snapshotted(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="linli-noun-"))
        self.addCleanup(shutil.rmtree, folder, True)
        folder.chmod(0o755)
        build(folder)
        sys.path.insert(0, str(pathlib.Path(__file__).parent))
        from office import Office, until  # only now: they look for the programs and the schema
        from test_main_path import found
        from wire import Client, entry
        with Office() as office:
            place = found(office)
            watch = office.watch("--community", place["east"], user="dispatch")
            done = office.ctl("bulletin", "post", "--community", place["east"], "--title", "周六停水", "--pinned", "true",
                              user="dispatch")[-1]
            event = until(lambda: watch.events and watch.events[-1], "the event came")
            self.assertEqual((event["kind"], event["changed"]["title"]), ("bulletin.posted", "周六停水"))
            rows = office.ctl("bulletin", "list", "--community", place["east"], user="worker")
            self.assertEqual([(r["id"], r["title"], r["pinned"]) for r in rows], [(done["row"], "周六停水", True)])
            # A community nobody has watched: its snapshot is made now, not one of a moment ago with the event behind it.
            office.ctl("bulletin", "post", "--community", place["west"], "--title", "周日来水", user="dispatch")
            with Client(office, "dispatch") as c:
                c.sign_in()
                c.subscribe(place["west"] * 4 + 2)
                frames = [c.expect("snapshot")[1]]
                while not frames[-1].get("last"):
                    frames.append(c.expect("snapshot")[1])
                nouns = [r["noun"] for f in frames for r in f.get("rows", [])]
                self.assertIn(entry("message", "bulletin").number, nouns)


if __name__ == "__main__":
    unittest.main()
