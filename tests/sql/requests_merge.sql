-- Merging across communities is exactly once, told back when refused, and reveals nothing. Deadlines wake and urge.
\ir requests_office.inc
SELECT no_plan();

SELECT t.register('child', '', 'intake', 'a') \g /dev/null
SELECT t.register('parent', '', 'intake', 'b') \g /dev/null
SELECT is(t.did('merge', 'intake', 'child', quote_literal(t.r('child')) || '::uuid, ' || t.n('a') || ', NULL'), 'same_row', 'not into itself');
SELECT is(t.did('merge', 'intake', 'child', quote_literal(t.r('parent')) || '::uuid, ' || t.n('a') || ', NULL'), 'unknown_row', 'the parent is where it is');
SELECT is(t.did('merge', 'station', 'child', quote_literal(t.r('parent')) || '::uuid, ' || t.n('b') || ', NULL'), 'unknown_row', 'not into one that the actor cannot see');
SELECT is(t.did('merge', 'intake', 'child', quote_literal(t.r('parent')) || '::uuid, ' || t.n('b') || ', ''同一件'''), 'done', 'merge into the other community');
SELECT ok((t.request('child')).moving, 'it is being moved');
SELECT is((t.request('child')).state, 'registered', 'and not merged yet');
SELECT is(t.did('accept', 'intake', 'child', 'NULL, NULL, NULL, NULL'), 'being_moved', 'nothing else meanwhile');
SELECT is(t.did('comment', 'intake', 'child', '''x'''), 'done', 'but remarks');
-- The first half runs twice with one id, as two schedulers would.
CREATE TEMP TABLE due AS SELECT * FROM api_1.due_list(10);
SELECT is((SELECT count(*)::int FROM due), 1, 'one effect');
SELECT api_1.due_run(NULL, id, stream, NULL, linli.clock(), digest, job) FROM due \g /dev/null
SELECT ok((SELECT (api_1.due_run(NULL, id, stream, NULL, linli.clock(), digest, job)).repeated FROM due), 'a second scheduler gets the first outcome');
SELECT is((t.request('parent')).children, 1::bigint, 'joined once');
SELECT is(t.run_due(), 1, 'the answer comes back');
SELECT is((t.request('child')).state || (t.request('child')).moving, 'mergedfalse', 'merged');
SELECT is((t.request('child')).parent, t.r('parent'), 'it follows its parent');
SELECT is((SELECT array_agg(e.kind ORDER BY e.seq) FROM linli.event e WHERE e.row_id = t.r('child')),
          '{request.registered,request.merging,request.commented,request.merged}'::text[], 'the child''s stream tells it');
SELECT is((SELECT count(*)::int FROM linli.job j WHERE j.row_id = t.r('child')), 0, 'no deadline runs on a merged one');

-- Refused: the parent closes between asking and answering.
SELECT t.register('late', '', 'intake', 'a') \g /dev/null
SELECT t.bring('parent', 'callback') \g /dev/null
SELECT is(t.did('merge', 'intake', 'late', quote_literal(t.r('parent')) || '::uuid, ' || t.n('b') || ', NULL'), 'done', 'asked');
SELECT is(t.did('callback', 'shift', 'parent', '''exempt'', NULL'), 'done', 'the parent closes');
SELECT is(t.run_due(), 2, 'asked, and told back');
SELECT is((t.request('late')).state || (t.request('late')).moving, 'registeredfalse', 'it goes on as before');
SELECT is((t.last_event('late')).kind || ((t.last_event('late')).note ->> 'refusal'), 'request.merge_refusedwrong_state', 'with the reason');
SELECT is((t.request('parent')).children, 1::bigint, 'the parent is untouched');
SELECT is(t.did('merge', 'intake', 'late', quote_literal(t.r('parent')) || '::uuid, ' || t.n('b') || ', NULL'), 'wrong_state', 'a closed one is refused at once');

-- Two that merge into each other: neither ends.
SELECT t.register('x', '', 'intake', 'a') || t.register('y', '', 'intake', 'b') \g /dev/null
SELECT is(t.did('merge', 'intake', 'x', quote_literal(t.r('y')) || '::uuid, ' || t.n('b') || ', NULL')
       || t.did('merge', 'intake', 'y', quote_literal(t.r('x')) || '::uuid, ' || t.n('a') || ', NULL'), 'donedone', 'both ask');
SELECT t.run_due() \g /dev/null
SELECT is((t.request('x')).state || (t.request('x')).moving || (t.request('y')).state || (t.request('y')).moving, 'registeredfalseregisteredfalse', 'both go on');

-- A confidential case is not hinted at.
SELECT t.register('secret', '{"nature": "report"}', 'intake', 'b') \g /dev/null
SELECT is(t.did('merge', 'intake', 'x', quote_literal(t.r('secret')) || '::uuid, ' || t.n('b') || ', NULL'), 'unknown_row', 'who may not read it cannot merge into it');
SELECT is(t.did('merge', 'shift', 'x', quote_literal(t.r('secret')) || '::uuid, ' || t.n('b') || ', NULL'), 'not_allowed', 'nor may who reads both: an open case would name it');
SELECT t.register('secret2', '{"nature": "report"}', 'intake', 'a') \g /dev/null
SELECT is(t.did('merge', 'shift', 'secret2', quote_literal(t.r('secret')) || '::uuid, ' || t.n('b') || ', NULL'), 'done', 'two confidential ones can be merged');
SELECT t.run_due() \g /dev/null
SELECT is((t.request('secret2')).state, 'merged', 'and are');

-- Deadlines: one working hour from 10:00; urged at 11:00, at +50 % and at +100 %, and no more.
SELECT t.register('slow', '') \g /dev/null
SELECT is((SELECT count(*)::int FROM linli.job j WHERE j.row_id = t.r('slow')), 1, 'one job a request');
SELECT t.clock('2026-04-15 03:00:01+00') \g /dev/null
SELECT t.run_due() \g /dev/null
SELECT is((t.request('slow')).urged, 1::bigint, 'level 1');
SELECT is((t.last_event('slow')).note, '{"level": 1, "stage": "accept"}'::jsonb, 'told');
SELECT is(t.run_due(), 0, 'level 2 is not due');
SELECT is((SELECT j.due_at FROM linli.job j WHERE j.row_id = t.r('slow')), '2026-04-15 03:30:00+00', 'half the limit later');
SELECT t.clock('2026-04-15 06:00+00') \g /dev/null
SELECT t.run_due() \g /dev/null
SELECT is((t.request('slow')).urged, 3::bigint, 'level 3');
SELECT is((SELECT count(*)::int FROM linli.job j WHERE j.row_id = t.r('slow')), 0, 'and no more');
SELECT is(t.bring('slow', 'accepted'), 'accepted', 'it is accepted late');
SELECT is((t.request('slow')).urged::text || ' ' || t.run_due(), '3 0', 'and not urged about the same deadline again');
SELECT is(t.bring('slow', 'dispatched'), 'dispatched', 'work goes on');
SELECT is((t.request('slow')).urged::text || ' ' || (t.request('slow')).due_stage, '0 sign', 'a new stage is not late');
SELECT is((SELECT j.due_at FROM linli.job j WHERE j.row_id = t.r('slow')), (t.request('slow')).due_at, 'its job moved along');
-- A job read before the row moved on does nothing, and loses nothing.
CREATE TEMP TABLE stale AS SELECT j.* FROM linli.job j WHERE j.row_id = t.r('slow');
SELECT is((linli.job_request_deadline(linli.enter(NULL, t.id(), linli.community_stream(t.n('a')), linli.clock(), '\x'), (SELECT x FROM linli.job x WHERE x.row_id = t.r('slow')))).refusal,
          'wrong_state', 'not due yet');
SELECT is((SELECT count(*)::int FROM linli.job j WHERE j.row_id = t.r('slow')), 1, 'the job stays');
-- Sent back without a first contact: the limit of a rework runs, and nobody is urged about the contact again.
SELECT is(t.bring('slow', 'in_progress'), 'in_progress', 'signed');
SELECT t.clock('2026-04-24 03:00+00') \g /dev/null
SELECT t.run_due() \g /dev/null
SELECT is((t.request('slow')).due_stage || (t.request('slow')).urged, 'contact3', 'no contact, urged three times');
SELECT is(t.bring('slow', 'reported'), 'reported', 'reported without one');
SELECT is(t.did('rework', 'shift', 'slow', '''没有修好'''), 'done', 'sent back');
SELECT is((t.request('slow')).due_stage || (t.request('slow')).urged, 'finish0', 'it has a deadline of its own');
SELECT is((t.request('slow')).due_at, linli.limited(t.n('office'), 'ordinary', 'rework', linli.clock()), 'from now');
SELECT is(t.run_due(), 0, 'which is not late');
SELECT t.clock('2026-04-15 06:00+00') \g /dev/null

-- Imports: open ones with a deadline to come are watched, others wake nobody.
CREATE FUNCTION t.import(name text, state text, due text, number text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO t.name VALUES (name, NULL, t.id());
  RETURN coalesce((t.outcome('request_import', 'clerk', linli.community_stream(t.n('a')), format(
    $f$%L::uuid, 'old', %L, %L, 'title', 'text', NULL, NULL, NULL, NULL, NULL, '2025-03-02 17:00+00', %L, NULL, 'answer', NULL, NULL, NULL, %s$f$,
    t.r(name), number, state, due, t.n('water')))).refusal, 'done');
END $$;
SELECT is(t.import('old1', 'closed', '2025-03-09 00:00+00', '1'), 'done', 'a closed one');
SELECT is((t.request('old1')).number, '250303-0001', 'its number is of its own local day');
SELECT is(t.import('old2', 'in_progress', '2025-03-09 00:00+00', '2'), 'done', 'an open one that is late');
SELECT is(t.import('old3', 'in_progress', '2026-05-09 00:00+00', '3'), 'done', 'an open one with time left');
SELECT is(t.import('old4', 'closed', NULL, '3'), 'exists', 'a number comes once');
SELECT is((SELECT array_agg(j.row_id) FROM linli.job j WHERE j.row_id IN (t.r('old1'), t.r('old2'), t.r('old3'))), ARRAY[t.r('old3')], 'only that one is watched');
SELECT is(t.did('return', 'water1', 'old3', '''other'', NULL'), 'done', 'and it can be worked on');

DELETE FROM linli.session; DELETE FROM linli.device;
SELECT is_empty('SELECT * FROM linli.audit_verify()', 'events and tables agree');
SELECT * FROM finish();
