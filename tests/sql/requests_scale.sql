-- A million requests and their events: hot questions ask indexes, never the whole table. About a minute; skipped when
-- LINLI_SKIP_SCALE is set.
\getenv skip LINLI_SKIP_SCALE
\ir requests_office.inc
SELECT no_plan();
\if :{?skip}
SELECT pass('skipped: LINLI_SKIP_SCALE is set');
\else
SELECT t.register('one', '{"category": 3}') \g /dev/null
-- Twenty communities by number; 2 % open. Rows as they would be after years of work; foreign keys are not the question here.
SET session_replication_role = replica;
CREATE TEMP TABLE made AS SELECT pg_get_indexdef(i.indexrelid) AS text, i.indexrelid::regclass AS name FROM pg_index i
  WHERE i.indrelid = 'linli.request'::regclass AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid);
SELECT 'DROP INDEX ' || name FROM made \gexec
INSERT INTO linli.community (id, code, name, subdistrict, office)
  SELECT 100 + i, (119900001100 + i)::text, 'k' || i, 1, t.n('office') FROM generate_series(1, 18) i;
INSERT INTO linli.request (id, number, state, class, due_at, due_stage, team, title, category, community, channel, nature, text, place, registered_at, closed_at)
  SELECT linli.uuid_floor(at) , to_char(at, 'YYMMDD-') || lpad((i % 400)::text, 4, '0'), CASE WHEN i % 50 = 0 THEN 'in_progress' ELSE 'closed' END, 'ordinary',
         CASE WHEN i % 50 = 0 THEN at + interval '5 days' END, CASE WHEN i % 50 = 0 THEN 'finish' END,
         (ARRAY[t.water, t.power, t.gas])[1 + i % 3], 'title', 1 + i % 50,
         CASE WHEN i % 20 < 2 THEN (ARRAY[t.a, t.b])[1 + i % 20] ELSE 100 + i % 20 - 1 END, 'phone', 'help', 'text', '槐安里 ' || i % 1000 || '号楼', at, CASE WHEN i % 50 <> 0 THEN at + interval '3 days' END
    FROM (SELECT t.n('water') AS water, t.n('power') AS power, t.n('gas') AS gas, t.n('a') AS a, t.n('b') AS b OFFSET 0) t,
         generate_series(1, 1000000) i, LATERAL (SELECT timestamptz '2019-05-01 00:00+00' + i * interval '219 seconds' AS at) x;
SELECT text FROM made \gexec
INSERT INTO linli.event (stream, seq, at, kind, row_id, audience, whole, digest, chain, body)
  SELECT linli.community_stream(999), row_number() OVER (), r.registered_at, 'request.registered', r.id, 0, true, '\x', '\x', '{}' FROM linli.request r;
SET session_replication_role = origin;
ANALYZE linli.request, linli.event, linli.community, linli.job;
SELECT is((SELECT count(*)::int FROM linli.request), 1000001, 'a million requests');

-- Whether a statement read request or event from end to end, told by the counters of this transaction; and its time.
CREATE FUNCTION t.scans() RETURNS bigint LANGUAGE sql VOLATILE AS $$
  SELECT sum(seq_scan)::bigint FROM pg_stat_xact_user_tables WHERE schemaname = 'linli' AND relname IN ('request', 'event', 'caller') $$;
CREATE FUNCTION t.by_index(asked text, what text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  before bigint := t.scans();
  start  timestamptz;
  rows   integer;
BEGIN
  EXECUTE asked;                                        -- plans are made
  start := clock_timestamp();
  EXECUTE asked;
  GET DIAGNOSTICS rows = ROW_COUNT;
  RETURN NEXT is(t.scans(), before, what);
  RETURN NEXT diag(format('%s: %s rows, %s ms', what, rows, round(1000 * extract(epoch FROM clock_timestamp() - start), 1)));
END $$;
BEGIN;
SELECT t.by_index($$SELECT api_1.request_list(t.session('shift'), NULL, 100, NULL, NULL, NULL, NULL, NULL, NULL)$$, 'what is most pressing in all communities');
SELECT t.by_index(format($$SELECT api_1.request_list(t.session('shift'), NULL, 100, %s, NULL, NULL, NULL, NULL, NULL)$$, t.n('a')), 'in one');
SELECT t.by_index(format($$SELECT api_1.request_list(t.session('shift'), NULL, 100, %s, 'in_progress', NULL, NULL, NULL, NULL)$$, t.n('a')), 'in one and one state');
SELECT t.by_index($$SELECT api_1.request_list(t.session('shift'), NULL, 100, NULL, NULL, NULL, true, NULL, NULL)$$, 'what is late');
SELECT t.by_index(format($$SELECT api_1.request_list(t.session('shift'), NULL, 100, NULL, NULL, %s, NULL, NULL, NULL)$$, t.n('water')), 'what a team has in hand');
SELECT t.by_index($$SELECT api_1.request_list(t.session('water1'), NULL, 100, NULL, NULL, NULL, NULL, NULL, NULL)$$, 'what a member has to do');
SELECT t.by_index($$SELECT api_1.request_list(t.session('shift'), NULL, 100, NULL, NULL, NULL, NULL, true, NULL)$$, 'closed ones too');
SELECT t.by_index($$SELECT api_1.request_list(t.session('shift'), 'infinity 019a0000-0000-7000-8000-000000000000', 100, NULL, NULL, NULL, NULL, true, NULL)$$, 'a page in the middle of them');
SELECT t.by_index($$SELECT api_1.request_show(t.session('shift'), NULL, 10, NULL, '260415-0001')$$, 'by number');
SELECT t.by_index(format($$SELECT api_1.request_show(t.session('shift'), NULL, 10, %L, NULL)$$, t.r('one')), 'by id');
SELECT t.by_index(format($$SELECT api_1.request_timeline(t.session('shift'), NULL, 100, %L)$$, t.r('one')), 'a history');
SELECT t.by_index(format($$SELECT * FROM linli.snapshot_requests(%s)$$, t.n('a')), 'a snapshot');
SELECT t.by_index(format($$SELECT t.did('comment', 'shift', 'one', '''x''')$$), 'a remark');
SELECT t.by_index($$SELECT t.register('r' || clock_timestamp(), format('{"system": "s", "number": "%s"}', clock_timestamp()))$$, 'a registration');
SELECT t.by_index(format($$SELECT q.id FROM linli.request q WHERE q.community = %s AND q.category = 3 AND q.closed_at IS NULL$$, t.n('a')), 'duplicates among the open ones');
SELECT t.by_index(format($$SELECT api_1.request_similar(t.session('shift'), NULL, 100, %s, '槐安里 120号楼', 1, %s, '\x01')$$, t.n('a'), t.n('grid')), 'what may be the same, of a thousand open ones');
SELECT t.by_index(format($$SELECT api_1.request_propose(t.session('shift'), NULL, 100, %L)$$, t.r('one')), 'who may lead');
COMMIT;
\endif
SELECT * FROM finish();
