-- What a request must not tell: to other offices, to teams it is not with, to whom it complains about.
\ir requests_office.inc
SELECT no_plan();

-- Another office, which shares the database and nothing else.
DO $$
DECLARE
  office bigint;
BEGIN
  PERFORM t.row_number(t.outcome('subdistrict_put', NULL, linli.office_stream(1), $x$'119900002000', '另一街道', '119900000000', NULL$x$));
  PERFORM t.run_due();
  office := (SELECT s.office FROM linli.subdistrict s WHERE s.code = '119900002000');
  INSERT INTO t.name VALUES ('far_office', office);
  INSERT INTO t.name SELECT 'far', t.row_number(t.outcome('community_put', NULL, linli.office_stream(office), $x$'119900002001', '远社区', NULL, NULL$x$));
  INSERT INTO t.name VALUES ('stranger', t.row_number(t.outcome('account_add', NULL, linli.office_stream(office),
    format($x$'stranger', 'stranger', %L, 'shift_leader', 'office', %s$x$, linli.dummy_hash(), office))));
  INSERT INTO linli.device (account, id, first_seen_at, last_seen_at) VALUES (t.n('stranger'), linli.key(t.n('stranger')), '-infinity', '-infinity');
  INSERT INTO linli.session (token, account, office, device, made_at, expires_at)
    VALUES (t.session('stranger'), t.n('stranger'), office, linli.key(t.n('stranger')), linli.clock(), 'infinity');
END $$;

-- Numbers of other systems.
SELECT is(t.register('ours', '{"system": "12345", "number": "260415001"}'), 'done', 'a number of another system');
SELECT is(t.register('again', '{"system": "12345", "number": "260415001"}', 'intake', 'b'), 'exists', 'comes once in an office');
SELECT is(t.register('theirs', '{"system": "12345", "number": "260415001"}', 'stranger', 'far'), 'done', 'and another office neither takes it nor learns of it');
SELECT is(t.register('theirs2', '{"system": "12345", "number": "260415001"}', 'stranger', 'far'), 'exists', 'where it then comes once too');
SELECT is(t.register('half', '{"system": "12345"}'), 'done', 'a system without a number');
SELECT is(t.register('half2', '{"system": "12345"}'), 'done', 'is nobody''s');

-- A row is told to be there only to who sees it.
SELECT is(t.register('secret', '{"confidential": true}'), 'done', 'a confidential case');
SELECT is(t.did('comment', 'stranger', 'ours', '''x'''), 'unknown_row', 'another office does not learn that a case is there');
SELECT is((t.outcome('request_comment', 'stranger', linli.community_stream(t.n('far')), quote_literal(t.r('ours')) || '::uuid, ''x''')).refusal, 'unknown_row', 'nor by asking in a stream of its own');
SELECT is((t.outcome('request_comment', 'intake', linli.community_stream(t.n('b')), quote_literal(t.r('ours')) || '::uuid, ''x''')).refusal, 'wrong_stream', 'who sees it is told where it is');
SELECT is(t.did('comment', 'station', 'secret', '''x'''), 'unknown_row', 'a confidential one is not there for who may not list it');
SELECT is(t.did('comment', 'intake', 'secret', '''x'''), 'not_allowed', 'who lists it may not touch it');
SELECT throws_ok(format($$SELECT api_1.caller_show(t.session('stranger'), NULL, 10, %L)$$, t.r('ours')), 'LI001', 'unknown_row', 'nor is its caller');

-- Looking is noted, masked or not.
SELECT is(t.register('called', '{"caller_name": "居民一", "sealed": "\\x0102", "key": "\\x03", "masked": "190****0001"}'), 'done', 'somebody called');
SELECT count(*) FROM api_1.caller_show(t.session('intake'), NULL, 10, t.r('called')) \g /dev/null
SELECT is((SELECT array_agg(what || ' ' || account) FROM linli.access_log WHERE row_id = t.r('called')), ARRAY['caller.show ' || t.n('intake')], 'a masked look is in the access log');
SELECT is_empty('SELECT * FROM linli.audit_access(' || t.n('office') || ')', 'which holds');

-- By default: a petition is confidential.
SELECT t.register('petition', '{"channel": "petition"}'), t.register('petition2', '{"channel": "petition", "confidential": false}') \g /dev/null
SELECT ok((t.request('petition')).confidential, 'a petition is confidential');
SELECT ok(NOT (t.request('petition2')).confidential, 'unless said otherwise');

-- Roles are told as the office's stream tells them.
SELECT is((SELECT count(*) FROM api_1.grant_list(t.session('intake'), NULL, 100, NULL)),
          (SELECT count(*) FROM api_1.snapshot(t.session('intake'), linli.office_stream(t.n('office'))) WHERE noun = 'grant'), 'by query and by stream alike');
SELECT throws_ok($$SELECT api_1.grant_list(t.session('stranger'), NULL, 100, t.n('intake'))$$, 'LI001', 'unknown_row', 'and in neither way elsewhere');

-- A case is not merged into the hands of whom it complains about, nor into what its clerk may not see by then.
SELECT t.register('against', format('{"subject_team": %s, "confidential": false}', t.n('water'))) \g /dev/null
SELECT t.register('parent', '') \g /dev/null
SELECT t.bring('parent', 'dispatched') \g /dev/null
SELECT is(t.did('merge', 'intake', 'against', quote_literal(t.r('parent')) || '::uuid, ' || t.n('a') || ', NULL'), 'subject_excluded', 'its subject has the other case');
SELECT t.register('parent2', '') \g /dev/null
SELECT is(t.did('merge', 'intake', 'against', quote_literal(t.r('parent2')) || '::uuid, ' || t.n('a') || ', NULL'), 'done', 'else it is merged');
SELECT t.bring('parent2', 'dispatched') \g /dev/null
SELECT t.run_due() \g /dev/null
SELECT is((SELECT note ->> 'refusal' FROM t.last_event('against')), 'subject_excluded', 'unless the subject got it meanwhile');
SELECT t.register('child', '') \g /dev/null
SELECT t.register('parent3', '') \g /dev/null
SELECT is(t.did('merge', 'intake', 'child', quote_literal(t.r('parent3')) || '::uuid, ' || t.n('a') || ', NULL'), 'done', 'merging');
UPDATE linli.role_grant SET ended = true WHERE account = t.n('intake');
SELECT t.run_due() \g /dev/null
SELECT is((SELECT note ->> 'refusal' FROM t.last_event('child')), 'unknown_row', 'into what its clerk no longer sees');
UPDATE linli.role_grant SET ended = false WHERE account = t.n('intake');

-- Whom it complains about: who was in the team when it was registered, for good; who joins later neither gains nor loses sight.
CREATE FUNCTION t.join(who text, team text) RETURNS text LANGUAGE sql AS $$
  SELECT coalesce((t.outcome('member_add', 'clerk', linli.office_stream(t.n('office')), t.n(team) || ', ' || t.n(who) || ', NULL')).refusal, 'done') $$;
CREATE FUNCTION t.leave(who text, team text) RETURNS text LANGUAGE sql AS $$
  SELECT coalesce((t.outcome('member_end', 'clerk', linli.office_stream(t.n('office')),
    (SELECT m.id FROM linli.member m WHERE m.team = t.n($2) AND m.account = t.n($1) AND m.to_date IS NULL)::text)).refusal, 'done') $$;
CREATE FUNCTION t.shown(who text, name text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN (SELECT coalesce(body ->> 'title', 'listed') FROM api_1.request_show(t.session(who), NULL, 10, t.r(name), NULL));
EXCEPTION WHEN SQLSTATE 'LI001' THEN RETURN sqlerrm;
END $$;
-- What linlid is told of the reader and of the row, compared as linlid does.
CREATE FUNCTION t.streamed(who text, name text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  bars bigint[] := (SELECT s.bars FROM api_1.subscribe(t.session(who), ARRAY[linli.community_stream(t.n('a'))], '{-1}', '{NULL}', NULL) s);
  bar  bigint   := (SELECT a.barred FROM api_1.audiences(ARRAY[linli.community_stream(t.n('a'))], ARRAY[t.r(name)]) a);
BEGIN
  RETURN NOT EXISTS (SELECT FROM generate_series(1, cardinality(bars), 3) i
                      WHERE bars[i] = bar & 4294967295 AND bar >> 32 BETWEEN bars[i + 1] AND bars[i + 2]);
END $$;
SELECT t.clock('2026-04-15 02:10+00'), t.join('chief', 'gas') \g /dev/null
SELECT t.clock('2026-04-15 02:20+00'), t.register('blame', format('{"subject_team": %s}', t.n('gas'))) \g /dev/null
SELECT is(t.shown('chief', 'blame') || t.streamed('chief', 'blame'), 'unknown_rowfalse', 'a member does not see it, whatever the role');
SELECT is(t.shown('shift', 'blame') || t.streamed('shift', 'blame'), '楼道灯不亮true', 'another of that rank does');
SELECT t.clock('2026-04-15 02:30+00'), t.leave('chief', 'gas'), t.join('shift', 'gas') \g /dev/null
SELECT is(t.shown('chief', 'blame') || t.streamed('chief', 'blame'), 'unknown_rowfalse', 'who leaves, on the same day, does not see it either');
SELECT is(t.did('comment', 'chief', 'blame', '''x'''), 'unknown_row', 'nor learns that it is there');
SELECT is(t.shown('shift', 'blame') || t.streamed('shift', 'blame'), '楼道灯不亮true', 'nobody is blinded by being made a member, on the same day');
SELECT is(t.did('accept', 'shift', 'blame', 'NULL, NULL, NULL, NULL'), 'subject_excluded', 'but a member has no hand in it');
SELECT t.clock('2026-04-15 02:40+00'), t.register('blame2', format('{"subject_team": %s}', t.n('gas'))) \g /dev/null
SELECT is(t.shown('shift', 'blame2') || t.streamed('shift', 'blame2'), 'unknown_rowfalse', 'nor sees what comes from then on');
SELECT is(t.shown('chief', 'blame2') || t.streamed('chief', 'blame2'), '楼道灯不亮true', 'which who left before does');
SELECT is(t.leave('shift', 'gas') || t.did('accept', 'shift', 'blame', 'NULL, NULL, NULL, NULL'), 'donedone', 'once no member it acts again');
SELECT is((SELECT count(*) FROM linli.event e WHERE e.kind = 'member.changed' AND e.body ?| '{joined_at,left_at}'), 0::bigint, 'the moments are in no event');
SELECT is((SELECT count(*) FROM api_1.member_list(t.session('clerk'), NULL, 10, t.n('gas')) WHERE body ?| '{joined_at,left_at}'), 0::bigint, 'nor in an answer');

-- Drafts: as many as anybody writes.
CREATE FUNCTION t.draft(draft uuid, text text) RETURNS text LANGUAGE sql AS $$
  SELECT coalesce((t.outcome('request_draft', 'desk', linli.account_stream(t.n('desk')), format('%L, %L', draft, text))).refusal, 'done') $$;
SELECT is((SELECT array_agg(DISTINCT t.draft(linli.key(i), 'x')) FROM generate_series(1, 200) i), '{done}', 'two hundred drafts');
SELECT is(t.draft(linli.key(201), 'x'), 'too_many', 'are the most');
SELECT is(t.draft(linli.key(200), 'y'), 'done', 'those are written on');
SELECT is(t.draft(linli.key(7), ''), 'done', 'one is forgotten');
SELECT is(t.draft(linli.key(201), 'x'), 'done', 'and makes room');

SELECT is_empty('SELECT * FROM linli.audit_verify()', 'the audit finds nothing');
SELECT * FROM finish();
