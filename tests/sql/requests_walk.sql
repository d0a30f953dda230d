-- Random walks: whatever anybody does in whatever order, the events make the tables, and the invariants hold. The seed is
-- printed and replays: psql -v seed=0.123.
\ir requests_office.inc
\if :{?seed}
\else
SELECT round(random()::numeric, 6) AS seed \gset
\endif
\echo '# seed' :seed
SELECT setseed(:seed) \g /dev/null
SELECT no_plan();

CREATE FUNCTION t.pick(VARIADIC options text[]) RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT options[1 + floor(random() * cardinality(options))::integer] $$;
DO $$
DECLARE
  now  timestamptz := linli.clock();
  name text;
  command text;
  who  text;
  n    integer := 0;
BEGIN
  FOR i IN 1 .. 2500 LOOP
    now := now + random() * interval '20 minutes';
    PERFORM t.clock(now);
    IF i % 20 = 1 THEN
      n := n + 1;
      PERFORM t.register('walk' || n, CASE WHEN random() < 0.2 THEN '{"nature": "report"}' WHEN random() < 0.2 THEN '{"caller_name": "居民"}'
        WHEN random() < 0.1 THEN format('{"subject_team": %s}', t.n('water')) ELSE '' END, 'intake', t.pick('a', 'b'));
    END IF;
    name := 'walk' || 1 + floor(random() * n)::integer;
    command := CASE WHEN random() < 0.6 THEN CASE (t.request(name)).state WHEN 'registered' THEN 'accept' WHEN 'accepted' THEN 'dispatch'
        WHEN 'dispatched' THEN 'sign' WHEN 'in_progress' THEN t.pick('contact', 'report') WHEN 'reported' THEN t.pick('verify', 'rework')
        WHEN 'callback' THEN 'callback' ELSE 'comment' END
      ELSE t.pick('accept', 'dispatch', 'sign', 'contact', 'report', 'verify', 'rework', 'callback', 'return', 'comment', 'merge') END;
    who := CASE WHEN random() < 0.5 THEN t.pick('shift', 'water1', 'power1') ELSE t.pick('intake', 'desk', 'shift_two', 'caller', 'watch', 'station', 'water2') END;
    PERFORM t.did(command, who, name, CASE command
      WHEN 'accept' THEN t.pick('NULL', '''urgent''', '''difficult''') || ', NULL, NULL, NULL'
      WHEN 'dispatch' THEN t.pick(t.n('water')::text, t.n('power')::text, t.n('gas')::text) || ', ' || t.pick('NULL', 'ARRAY[' || t.n('power') || ']::bigint[]') || ', NULL'
      WHEN 'sign' THEN t.pick('NULL', '''x''') WHEN 'report' THEN 'NULL, ' || t.pick('NULL', '''好了''') WHEN 'return' THEN '''other'', NULL'
      WHEN 'callback' THEN quote_literal(t.pick('solved_satisfied', 'solved_unsatisfied', 'unsolved', 'not_reached', 'exempt')) || ', ''x'''
      WHEN 'merge' THEN format('%L::uuid, %s, NULL', t.r('walk' || 1 + floor(random() * n)::integer), t.n(t.pick('a', 'b')))
      ELSE '''x''' END, CASE WHEN random() < 0.2 THEN 1 + floor(random() * 6)::bigint END);
    IF random() < 0.3 THEN PERFORM t.run_due(); END IF;
  END LOOP;
  PERFORM t.clock(now + interval '80 days');
  PERFORM t.run_due();
END $$;

SELECT ok((SELECT count(DISTINCT state) >= 5 FROM linli.request), 'the walk got about');
SELECT ok((SELECT count(DISTINCT kind) >= 12 FROM linli.event WHERE kind LIKE 'request.%'), 'and met most events');
DELETE FROM linli.session; DELETE FROM linli.device;
SELECT is_empty('SELECT * FROM linli.audit_verify()', 'events and tables agree');
SELECT is_empty($$ SELECT * FROM linli.request WHERE moving $$, 'every merge was answered');
SELECT is_empty($$ SELECT * FROM linli.job $$, 'nothing is left to do');
SELECT is_empty($$ SELECT id FROM linli.request WHERE closed_at IS NOT NULL AND (due_at IS NOT NULL OR due_stage IS NOT NULL) $$, 'nothing is due of what ended');
SELECT is_empty($$ SELECT id FROM linli.request WHERE state = 'closed' AND answer IS NULL AND NOT confidential $$, 'nothing ended without an answer');
SELECT is_empty($$ SELECT c.id FROM linli.request c JOIN linli.request p ON p.id = c.parent WHERE c.confidential <> p.confidential
                      AND NOT EXISTS (SELECT FROM linli.event e JOIN linli.account a ON a.id = e.actor WHERE e.row_id = c.id AND e.kind = 'request.merging' AND a.name LIKE 'shift%') $$,
  'no merge joined what its actor could not read');
SELECT is_empty($$ SELECT r.id FROM linli.request r WHERE r.children <> (SELECT count(*) FROM linli.request c WHERE c.parent = r.id) $$, 'each parent counts its children');
SELECT is_empty($$ SELECT e.stream, e.seq FROM linli.event e, LATERAL (SELECT 1 FROM linli.event w WHERE w.row_id = e.row_id AND w.actor = e.actor
                      AND w.kind IN ('request.signed', 'request.contacted', 'request.reported') AND (w.stream, w.seq) < (e.stream, e.seq)) h
                   WHERE e.kind IN ('request.verified', 'request.closed', 'request.called_back') $$, 'nobody verified or called back what he handled');
SELECT is_empty($$ SELECT e.seq FROM linli.event e WHERE e.kind LIKE 'request.%' AND t.n('water') = ANY (e.teams) AND e.barred & 4294967295 = t.n('water') $$, 'no event showed a subject its case');
SELECT is((SELECT count(*) FROM (SELECT DISTINCT number FROM linli.request) x), (SELECT count(*) FROM linli.request), 'numbers are unique');
SELECT * FROM finish();
