-- The order inside every command: exactly once, gapless, remembered refusals.
BEGIN;
\ir fixture.sql
SELECT plan(25);

CREATE TEMP TABLE first AS
  SELECT r.* FROM api_1.district_put(pg_temp.token('root'), '01930000-0000-7000-8000-000000000001', 5, NULL, now(), 'd', '110102000000', '西城区') r
  LIMIT 0;
SET linli.clock = '2026-03-01 09:00+08';
UPDATE linli.session SET expires_at = '2026-03-02';
UPDATE linli.stream SET at = '2026-02-01';
CREATE FUNCTION pg_temp.put(id uuid, digest bytea, name text, session text DEFAULT 'root', stream bigint DEFAULT 5) RETURNS api_1.outcome
  LANGUAGE sql AS $$ SELECT api_1.district_put(pg_temp.token(session), id, stream, NULL, now(), digest, '110102000000', name) $$;
CREATE FUNCTION pg_temp.at(at timestamptz, n integer) RETURNS uuid LANGUAGE sql AS $$ SELECT linli.uuid_of(at, int4send(n)) $$;

INSERT INTO first SELECT r.* FROM pg_temp.put(pg_temp.at(linli.clock(), 1), 'd', '西城区') r;
SELECT is(refusal, NULL, 'a good command is done') FROM first;
SELECT is(seq, (SELECT head FROM linli.stream WHERE stream = 5), 'its event is the head') FROM first;
SELECT ok(whole AND NOT repeated AND actor = 1 AND kind = 'district.changed', 'the outcome is the event as stored') FROM first;
SELECT is(body::jsonb ->> 'name', '西城区', 'and holds the row') FROM first;
SELECT is(at, linli.clock(), 'the clock may be set by the owner') FROM first;

SELECT results_eq('SELECT refusal, repeated, stream, seq, row_id FROM pg_temp.put(pg_temp.at(linli.clock(), 1), ''d'', ''西城区'')',
                  'SELECT refusal, true, stream, seq, row_id FROM first', 'a repeated command returns its first outcome');
SELECT is((SELECT head FROM linli.stream WHERE stream = 5), (SELECT seq FROM first), 'a repeat writes nothing');
SELECT is((pg_temp.put(pg_temp.at(linli.clock(), 1), 'other', '西城')).refusal, 'reused_id', 'the id with another digest is refused');
SELECT is((pg_temp.put(pg_temp.at(linli.clock(), 1), 'd', '西城区')).refusal, NULL, 'and that refusal does not replace what was decided');

SELECT is((pg_temp.put(pg_temp.at(linli.clock(), 2), 'd', '西城区')).refusal, 'exists', 'a put of the same content is refused');
SELECT is((SELECT refusal FROM linli.command_log WHERE id = pg_temp.at(linli.clock(), 2) AND account = 1), 'exists', 'refusals are logged');
UPDATE linli.district SET name = 'x' WHERE code = '110102000000';
SELECT results_eq('SELECT refusal, repeated FROM pg_temp.put(pg_temp.at(linli.clock(), 2), ''d'', ''西城区'')',
                  $$VALUES ('exists', true)$$, 'a repeat of a refusal is refused again, even when it would now be done');

SELECT is((pg_temp.put(pg_temp.at(linli.clock() - interval '91 days', 3), 'd', 'y')).refusal, 'too_old', 'an id older than the log is refused');
SELECT is((pg_temp.put(pg_temp.at(linli.clock() + interval '2 days', 3), 'd', 'y')).refusal, 'too_old', 'an id from the future is refused');
SELECT is((pg_temp.put(pg_temp.at(linli.clock() - interval '89 days', 4), 'd', 'y')).refusal, NULL, 'an id that the log still reaches is taken');
SELECT is((pg_temp.put(pg_temp.at(linli.clock() - interval '89 days', 4), 'd', 'y')).repeated, true, 'and is found there again');
SELECT is((pg_temp.put(pg_temp.at(linli.clock(), 5), 'd', 'z', 'nobody')).refusal, 'signed_out', 'an unknown token may do nothing');
SELECT is((pg_temp.put(pg_temp.at(linli.clock(), 6), 'd', 'z', 'root', 4001)).refusal, 'wrong_stream', 'a stream that is not there is refused');
SELECT is((pg_temp.put(pg_temp.at(linli.clock(), 7), 'd', 'z', 'root', 9)).refusal, 'wrong_stream', 'districts are kept by the root office alone');
SET linli.clock = '2026-03-02 08:00:01+08';
SELECT is((pg_temp.put(pg_temp.at(linli.clock(), 8), 'd', 'z')).refusal, 'signed_out', 'a session that has expired may do nothing');
SELECT is((SELECT count(*) FROM linli.command_log WHERE id = pg_temp.at(linli.clock(), 8)), 0::bigint, 'what is not decided is not logged');

-- Time never runs backwards in a stream.
SET linli.clock = '2026-01-01 09:00+08';
UPDATE linli.session SET expires_at = '2027-01-01';
SELECT is((pg_temp.put(pg_temp.at('2026-02-28', 9), 'd', 'w')).at, (SELECT at FROM first), 'an event is never earlier than the one before');

-- A year of ids through the ring of four tables: none is lost before its time, all of a table go afterwards.
SET linli.clock = '2026-03-02 09:00+08';
TRUNCATE linli.log_0, linli.log_1, linli.log_2, linli.log_3;
DO $$
DECLARE
  c linli.command;
BEGIN
  FOR d IN 0..400 LOOP
    PERFORM set_config('linli.clock', ('2026-03-10 00:00Z'::timestamptz + d * interval '1 day')::text, true);
    PERFORM linli.keep_log(linli.clock());
    PERFORM linli.refuse(linli.enter(NULL, linli.uuid_of(linli.clock(), int4send(d)), 5, now(), 'd'), 'exists');
    IF d >= 89 AND NOT (linli.enter(NULL, linli.uuid_of(linli.clock() - interval '89 days', int4send(d - 89)), 5, now(), 'd')).decided THEN
      RAISE EXCEPTION 'day % has lost day %', d, d - 89;
    END IF;
  END LOOP;
END $$;
SELECT pass('the log knows each id for 89 days');
SELECT cmp_ok((SELECT min(linli.uuid_time(id)) FROM linli.command_log), '>', linli.clock() - interval '230 days', 'and keeps none for ever');
SELECT is((SELECT max(head) - count(*) FROM linli.stream s JOIN linli.event e USING (stream) WHERE stream = 5), 0::bigint, 'no sequence number is missing');
SELECT * FROM finish();
ROLLBACK;
