-- What the checker needs of the database, as JSON lines, in one REPEATABLE READ transaction. `at` of events and jobs is in
-- microseconds since 2000, as PostgreSQL sends an instant; of `dumped` too. A stream's rows are those its events are about.
\set ON_ERROR_STOP on
\pset format unaligned
\pset tuples_only on
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET TIME ZONE 'UTC';
SELECT json_build_object('t', 'dumped', 'at', (extract(epoch FROM clock_timestamp()) * 1000000)::bigint - 946684800000000);
SELECT json_build_object('t', 'transition', 'state', state, 'action', action, 'outcome', outcome, 'next', next_state)
  FROM linli.request_transition;
SELECT json_build_object('t', 'stream', 's', stream, 'head', head, 'chain', encode(chain, 'hex')) FROM linli.stream;
SELECT json_build_object('t', 'event', 's', stream, 'n', seq, 'at', (extract(epoch FROM at) * 1000000)::bigint - 946684800000000,
    'actor', actor, 'kind', kind, 'row', row_id, 'audience', audience, 'teams', teams, 'barred', barred,
    'was_audience', was_audience, 'was_teams', was_teams, 'whole', whole, 'body', body::text, 'note', note::text,
    'salt', encode(salt, 'hex'), 'digest', encode(digest, 'hex'), 'chain', encode(chain, 'hex'))
  FROM linli.event ORDER BY stream, seq;
SELECT json_build_object('t', 'log', 'id', id, 'account', account, 'refusal', refusal, 's', stream, 'n', seq) FROM linli.command_log;
SELECT json_build_object('t', 'row', 'noun', r.noun, 's', s.stream, 'row', r.row_id, 'body', r.body)
  FROM linli.stream s, LATERAL linli.rows(s.stream) r;
SELECT json_build_object('t', 'job', 'job', job, 's', stream, 'due', (extract(epoch FROM due_at) * 1000000)::bigint - 946684800000000,
    'kind', kind, 'row', row_id, 'child', args ->> 'child') FROM linli.job;
COMMIT;
