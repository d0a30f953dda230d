-- Following streams, and proof that nothing was altered.
BEGIN;
\ir fixture.sql
SELECT plan(49);
SELECT pg_temp.account('dispatcher', 2, 'dispatcher', 'office', 2) AS dispatcher \gset
SELECT linli.chain_tag(chain) AS tag FROM linli.event WHERE stream = 9 AND seq = 2 \gset
SELECT head FROM linli.stream WHERE stream = 9 \gset

SELECT is(linli.chain_tag('\x0100000000000080ff'), -9223372036854775807, 'a chain tag is little-endian and signed');
CREATE FUNCTION pg_temp.ask(since bigint, tag bigint, OUT forked boolean, OUT snapshot boolean) LANGUAGE sql AS $$
  SELECT forked, snapshot FROM api_1.subscribe(pg_temp.token('dispatcher'), '{9}', ARRAY[since], ARRAY[tag], NULL) $$;
SELECT is(pg_temp.ask(2, :tag)::text, '(f,f)', 'a reader whose history is ours goes on');
SELECT is(pg_temp.ask(2, NULL)::text, '(f,f)', 'so does one that has no tag');
SELECT is(pg_temp.ask(NULL, NULL)::text, '(f,t)', 'a new reader gets a snapshot');
SELECT is(pg_temp.ask(-1, NULL)::text, '(f,t)', 'so does one that linlid says holds nothing');
SELECT is(pg_temp.ask(0, NULL)::text, '(f,f)', 'zero asks for the events from the first on');
SELECT is(pg_temp.ask(2, :tag + 1)::text, '(t,t)', 'another history is told apart');
SELECT is(pg_temp.ask(:head + 1, :tag)::text, '(t,t)', 'a reader ahead of us witnesses a loss');
SELECT is((SELECT count(*) FROM api_1.subscribe(pg_temp.token('dispatcher'), '{9,6}', '{1,0}', '{NULL,NULL}', 2)), 3::bigint, 'an office adds the communities not named');
SELECT is((SELECT count(*) FROM api_1.subscribe(pg_temp.token('dispatcher'), '{}', '{}', '{}', 3)), 0::bigint, 'another office adds none');
SELECT is((SELECT refusal FROM api_1.subscribe(pg_temp.token('root'), '{4003}', '{0}', '{0}', 3)  WHERE stream = 4003), 'unknown_row', 'a stream that is not there');
UPDATE linli.stream SET head = head + 5000 WHERE stream = 9;
SELECT is(pg_temp.ask(:head - 1, NULL)::text, '(f,t)', 'a reader more than 5,000 events behind gets a snapshot');
SELECT is(pg_temp.ask(:head, NULL)::text, '(f,f)', 'one 5,000 behind catches up');
UPDATE linli.stream SET head = head - 5000 WHERE stream = 9;

SELECT is((SELECT array_agg(seq) FROM api_1.stream_read(9, 1, 3)), '{2,3,4}', 'events come in order');
SELECT is((SELECT count(*) FROM api_1.stream_read(9, :head, 3)), 0::bigint, 'none after the head');
SELECT is((SELECT seq FROM api_1.stream_head(9)), :head::bigint, 'the head is told');
SELECT results_eq($$SELECT * FROM api_1.heads('{5,9,77}', ARRAY[0, 1000, 0])$$, $$SELECT 5::bigint, head FROM linli.stream WHERE stream = 5$$, 'heads tells those that moved');
SELECT lives_ok($$SELECT api_1.ring('{5,9}')$$, 'the doorbell rings');

SELECT is((SELECT string_agg(noun || ' ' || n, ' ' ORDER BY noun COLLATE "C") FROM (SELECT noun, count(*) n FROM api_1.snapshot(pg_temp.token('dispatcher'), 9) GROUP BY 1) x),
          'account 1 community 2 grant 1 grid 1 office 1', 'an office''s desk finds its office and all it keeps');
SELECT is((SELECT body::jsonb ->> 'name' FROM api_1.snapshot(pg_temp.token('dispatcher'), 9) WHERE noun = 'office'), '东华门街道', 'by name');
SELECT is((SELECT string_agg(noun || ' ' || n, ' ' ORDER BY noun COLLATE "C") FROM (SELECT noun, count(*) n FROM api_1.snapshot(pg_temp.token('dispatcher'), 5) WHERE noun <> 'category' GROUP BY 1) x),
          'account 1 district 1 grant 1 office 1 subdistrict 2', 'the root keeps districts and subdistricts');
SELECT is((SELECT string_agg(noun, ' ' ORDER BY noun COLLATE "C") FROM api_1.snapshot(pg_temp.token('dispatcher'), linli.account_stream(:dispatcher))), 'account device', 'an account''s own stream');
SELECT throws_ok($$SELECT * FROM api_1.snapshot(pg_temp.token('dispatcher'), 7)$$, 'LI001', 'not_allowed', 'another''s is refused');
SELECT throws_ok($$SELECT * FROM api_1.snapshot(pg_temp.token('dispatcher'), 13)$$, 'LI001', 'not_allowed', 'another office''s too');
SELECT throws_ok($$SELECT * FROM api_1.snapshot(pg_temp.token('dispatcher'), 4001)$$, 'LI001', 'unknown_row', 'one that is not there too');
SELECT ok((SELECT bool_and(body !~ 'argon2') FROM api_1.snapshot(pg_temp.token('root'), 5)), 'no snapshot holds a password');
SELECT ok((SELECT bool_and(body::text !~ 'argon2') FROM linli.event), 'no event holds a password');

-- Renaming a subdistrict reaches its office's stream by an effect, once.
SELECT is((api_1.subdistrict_put(pg_temp.token('root'), pg_temp.new_id(), 5, NULL, now(), 'd', '110101001000', '东华门', '110101000000', NULL)).refusal, NULL, 'a subdistrict is renamed');
SELECT is((SELECT string_agg(what, ';') FROM linli.audit_verify()), NULL, 'nothing is wrong while its effect is due');
SELECT is(pg_temp.run_due(), 1, 'one effect');
SELECT is((SELECT name || version FROM linli.office WHERE id = 2), '东华门2', 'renames the office');

-- Audit: all is well; then each way of altering history is planted and found.
SELECT is((SELECT string_agg(what, ';') FROM linli.audit_verify()), NULL, 'the chain verifies and the tables are what the events made');
CREATE FUNCTION pg_temp.found(change text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  what text;
BEGIN
  BEGIN
    EXECUTE change;
    what := (SELECT string_agg(DISTINCT regexp_replace(a.what, ' of [0-9-]+ .* is not', ' is not'), '; ' ORDER BY regexp_replace(a.what, ' of [0-9-]+ .* is not', ' is not')) FROM linli.audit_verify() a);
    RAISE EXCEPTION 'undo';
  EXCEPTION WHEN raise_exception THEN RETURN what;
  END;
END $$;
SELECT is(pg_temp.found($$UPDATE linli.event SET body = body || '{"name":"x"}' WHERE stream = 9 AND seq = 2$$),
  'a row of community is not what its events made it: name; the body or note is not the one digested', 'a changed body is found');
SELECT is(pg_temp.found($$UPDATE linli.event SET audience = 1 WHERE stream = 9 AND seq = 2$$), 'the chain does not fit the event', 'a changed audience is found');
SELECT is(pg_temp.found($$DELETE FROM linli.event WHERE stream = 9 AND seq = 1$$),
  'a row of community is in the table, and in no event; a sequence number is missing before this one; the chain does not fit the event', 'a missing event is found');
SELECT is(pg_temp.found($$DELETE FROM linli.event e USING linli.stream s WHERE e.stream = 14 AND s.stream = 14 AND e.seq = s.head; DELETE FROM linli.event WHERE stream = 9 AND seq = (SELECT max(seq) FROM linli.event WHERE stream = 9)$$) ~ 'the head is not the newest event', true, 'a cut end is found');
SELECT is(pg_temp.found($$UPDATE linli.community SET name = 'x' WHERE id = 1$$), 'a row of community is not what its events made it: name', 'a table changed behind the events is found');
SELECT is(pg_temp.found($$UPDATE linli.event SET body = NULL, salt = NULL WHERE stream = 9 AND seq = 2$$), NULL, 'an erased event leaves the chain whole');

-- Signing heads.
\set one '00000000-0000-7000-8000-000000000001'
\set two '00000000-0000-7000-8000-000000000002'
CREATE TEMP TABLE head AS SELECT * FROM api_1.heads_to_sign(:'one', 3600, 100);
SELECT is((SELECT count(*) FROM head WHERE NOT broken), (SELECT count(*) FROM linli.stream WHERE head > 0), 'every stream is to be signed');
SELECT is((SELECT count(*) FROM api_1.heads_to_sign(:'two', 3600, 100)), 0::bigint, 'by one process');
SELECT api_1.heads_signed(array_agg(stream ORDER BY stream), array_agg(seq ORDER BY stream), string_agg(chain, '' ORDER BY stream), 'k1',
                          string_agg(sha256(chain) || chain, '' ORDER BY stream)) FROM head \g /dev/null
SELECT is((SELECT count(*) FROM linli.signed_head h JOIN head USING (stream) WHERE h.head = seq AND h.chain = head.chain AND signature = sha256(h.chain) || h.chain),
          (SELECT count(*) FROM head), 'each keeps its own signature');
SELECT is((SELECT count(*) FROM api_1.heads_to_sign(:'one', 3600, 100)), 0::bigint, 'a signed head is not asked for again');
SELECT api_1.team_add(NULL, pg_temp.new_id(), 9, NULL, now(), 'x', 'cadres', '队', NULL, NULL, NULL, NULL, NULL) \g /dev/null
SELECT is((SELECT count(*) FROM api_1.heads_to_sign(:'one', 3600, 100)), 0::bigint, 'nor one that moved since, before the hour is over');
SELECT is((SELECT array_agg(stream) FROM api_1.heads_to_sign(:'one', 0, 100)), '{9}', 'but then');
SELECT api_1.heads_signed('{9}', ARRAY[(SELECT head FROM linli.stream WHERE stream = 9)], sha256('x'), 'k1', sha256('x') || sha256('y')) \g /dev/null
SELECT is((SELECT count(*) FROM api_1.heads_to_sign(:'one', 0, 100)), 1::bigint, 'what is not in the stream is not kept');
UPDATE linli.signed_head SET chain = sha256('x') WHERE stream = 9;
SELECT is((SELECT broken FROM api_1.heads_to_sign(:'one', 0, 100)), true, 'a stream that lost its signed head is told of');
SELECT is((SELECT count(*) FROM linli.audit_stream(9) WHERE what ~ 'the signed head'), 1::bigint, 'and found');
SET linli.clock = '2026-03-01 12:00+08';
SELECT is((SELECT array_agg(stream) FROM api_1.heads_to_sign(:'two', 0, 100)), '{9}', 'another process takes over once the lease ends');
DELETE FROM linli.signed_head;
SELECT linli.log_access(1, 'caller.reveal', pg_temp.new_id(), 'r' || i) FROM generate_series(1, 3) i \g /dev/null
SELECT is(pg_temp.found($$UPDATE linli.access_log SET reason = 'x' WHERE seq = 2$$), 'the access log does not fit its chain', 'a changed access log is found');
SELECT * FROM finish();
ROLLBACK;
