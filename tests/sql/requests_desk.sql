-- What the desk asks: the state machine, forecasts, what may be the same, which team, one's drafts.
\ir requests_office.inc
SELECT no_plan();
SELECT pg_catalog.set_config('t.k', (SELECT id::text FROM linli.category WHERE code = 'facility.light'), false) \g /dev/null
CREATE FUNCTION t.k() RETURNS bigint LANGUAGE sql AS $$ SELECT current_setting('t.k')::bigint $$;

-- The state machine.
SELECT is((SELECT count(*) FROM api_1.transition_list(t.session('proof'), NULL, 1000)), (SELECT count(*) FROM linli.request_transition), 'every row of the state machine');
SELECT is((SELECT array_agg((body ->> 'id')::int ORDER BY (body ->> 'id')::int) FROM api_1.transition_list(t.session('desk'), NULL, 1000)),
          (SELECT array_agg(i) FROM generate_series(1, (SELECT count(*)::int FROM linli.request_transition)) i), 'numbered without a gap');
SELECT is((SELECT body - 'id' FROM api_1.transition_list(t.session('desk'), NULL, 1000) WHERE body ->> 'result' = 'unsolved'),
  '{"state": "callback", "action": "callback", "result": "unsolved", "next_state": "in_progress", "needs": "callback", "who": "not_handler", "offered": true}', 'a result of a call-back');
SELECT is((SELECT body - 'id' FROM api_1.transition_list(t.session('desk'), NULL, 1000) WHERE body ->> 'action' = 'expire'),
  '{"state": "needs_info", "action": "expire", "next_state": "rejected", "who": "system"}', 'the clock''s own, not offered yet');
SELECT is((SELECT array_agg(key ORDER BY key::int) FROM (SELECT key FROM api_1.transition_list(t.session('desk'), NULL, 40)
             UNION ALL SELECT key FROM api_1.transition_list(t.session('desk'), '40', 1000)) x),
          (SELECT array_agg(key ORDER BY key::int) FROM api_1.transition_list(t.session('desk'), NULL, 1000)), 'in pages');
SELECT throws_ok($$SELECT api_1.transition_list(t.session('nobody'), NULL, 10)$$, 'LI001', 'signed_out', 'nobody learns nothing');

-- Forecasts say what a registration does.
CREATE FUNCTION t.forecast(who text, category bigint DEFAULT NULL, class text DEFAULT NULL, place text DEFAULT 'a') RETURNS jsonb LANGUAGE sql AS $$
  SELECT body FROM api_1.request_forecast(t.session(who), NULL, 10, t.n(place), category, class) $$;
SELECT t.register('now', format('{"category": %s}', t.k())) \g /dev/null
SELECT is((t.forecast('intake', t.k()) ->> 'dispatch_due_at')::timestamptz, (t.request('now')).due_at, 'the deadline of a registration');
SELECT t.bring('now', 'dispatched') \g /dev/null
SELECT is((t.forecast('intake', t.k()) ->> 'finish_due_at')::timestamptz, (t.request('now')).finish_due_at, 'and of a dispatch');
SELECT is(t.forecast('intake') ->> 'class', 'ordinary', 'without a category it is ordinary');
SELECT is(t.forecast('intake', t.k(), 'urgent') ->> 'class', 'urgent', 'a class given beats the category''s');
SELECT is(t.forecast('intake', (SELECT id FROM linli.category WHERE code = 'demand.conduct')) ->> 'confidential', 'true', 'confidential by its category');
SELECT is(t.forecast('intake') ->> 'working', 'true', 'a Wednesday morning');
SELECT t.clock('2026-04-15 11:00+00') \g /dev/null
SELECT ok(NOT t.forecast('intake') ? 'working', 'not the evening');
SELECT is(t.forecast('intake') ->> 'calendar_missing', '2026', 'no calendar was loaded');
SELECT ok(NOT t.forecast('intake', NULL, 'critical') ? 'calendar_missing', 'which a limit round the clock does not ask');
INSERT INTO linli.calendar_year VALUES (2026);
SELECT ok(NOT t.forecast('intake') ? 'calendar_missing', 'loaded');
SELECT t.clock('2026-12-30 02:00+00') \g /dev/null
SELECT is(t.forecast('intake') ->> 'calendar_missing', '2027', 'the year in which it ends');
SELECT t.clock('2026-04-15 02:00+00') \g /dev/null
SELECT throws_ok($$SELECT t.forecast('station', NULL, NULL, 'b')$$, 'LI001', 'not_allowed', 'another community is refused');
SELECT throws_ok($$SELECT t.forecast('watch')$$, 'LI001', 'not_allowed', 'so is who does not register');
SELECT throws_ok($$SELECT t.forecast('intake', 999999)$$, 'LI001', 'bad_value', 'no such category');
SELECT throws_ok($$SELECT t.forecast('intake', NULL, 'some')$$, 'LI001', 'bad_value', 'no such class');
SELECT is((SELECT count(*) FROM api_1.request_forecast(t.session('intake'), 'ordinary', 10, t.n('a'), NULL, NULL))::int, 0, 'one row and no second page');

-- What may be the same.
CREATE FUNCTION t.similar(who text, place text DEFAULT NULL, category bigint DEFAULT NULL, grid bigint DEFAULT NULL, at text DEFAULT 'a', phone bytea DEFAULT NULL) RETURNS text
  LANGUAGE sql AS $$
  SELECT coalesce(string_agg(n.name, ' ' ORDER BY (s.body ->> 'rank')::int), '')
    FROM api_1.request_similar(t.session(who), NULL, 100, t.n(at), place, category, grid, phone) s JOIN t.name n ON n.id = (s.body ->> 'request')::uuid $$;
SELECT t.register('plain', format('{"place": "槐安里３号楼 ２单元", "title": "楼道灯", "category": %s, "grid": %s}', t.k(), t.n('grid'))) \g /dev/null
SELECT t.clock('2026-04-15 02:01+00'), t.register('both', '{"place": "槐安里 3号楼2单元", "caller_name": "居民甲"}') \g /dev/null
SELECT t.clock('2026-04-15 02:02+00'), t.register('near', format('{"category": %s, "grid": %s}', t.k(), t.n('grid'))) \g /dev/null
SELECT t.clock('2026-04-15 02:03+00'), t.register('known', format('{"place": "槐安里3号楼2单元", "confidential": false, "subject_team": %s}', t.n('water'))) \g /dev/null
SELECT t.register('secret', '{"place": "槐安里3号楼2单元", "nature": "report"}') || t.register('other', '{"place": "槐安里4号楼"}') \g /dev/null
SELECT t.register('far', '{"place": "槐安里3号楼2单元"}', 'intake', 'b') || t.register('nowhere', '{"place": " "}') \g /dev/null
SELECT is(t.similar('intake', '槐安里３号楼　2单元', t.k(), t.n('grid')), 'plain known both near', 'the same place first, whatever its width and spaces; then the newest');
SELECT is(t.similar('shift', '槐安里3号楼2单元'), 'known both plain', 'a confidential one never, even to who may read it');
SELECT is(t.similar('intake', NULL, t.k(), t.n('grid')), 'near plain', 'category and grid');
SELECT is(t.similar('intake', NULL, t.k()), '', 'a category alone is no likeness');
SELECT is(t.similar('intake', '   '), '', 'nor is a place of spaces');
SELECT is(t.similar('intake', '槐安里3号楼2单元', at => 'b'), 'far', 'in its community');
SELECT is((SELECT body - 'rank' FROM api_1.request_similar(t.session('intake'), NULL, 100, t.n('a'), '槐安里3号楼2单元', t.k(), t.n('grid'), NULL) WHERE body ->> 'request' = t.r('plain')::text),
  jsonb_build_object('request', t.r('plain'), 'number', (t.request('plain')).number, 'state', 'registered', 'title', '楼道灯', 'community', t.n('a'),
    'registered_at', (t.request('plain')).registered_at, 'same_place', true, 'same_category', true), 'what is told of it');
SELECT throws_ok($$SELECT t.similar('station', 'x', at => 'b')$$, 'LI001', 'not_allowed', 'a station asks about its community');
SELECT throws_ok($$SELECT t.similar('water1', 'x')$$, 'LI001', 'not_allowed', 'who does not register asks nothing');
SELECT is((SELECT string_agg(body ->> 'rank', ' ') FROM api_1.request_similar(t.session('intake'), '1', 2, t.n('a'), '槐安里3号楼2单元', t.k(), t.n('grid'), NULL)), '2 3', 'in pages');
-- Who called is found by the key of the phone, where the reader may be told who called.
SELECT t.register('call1', '{"caller_name": "居民丙", "sealed": "\\x0102", "key": "\\x77", "masked": "m"}', 'intake', 'b') \g /dev/null
SELECT t.register('call2', '{"key": "\\x77", "sealed": "\\x0102", "masked": "m", "nature": "report"}') || t.register('call3', '{"key": "\\x78", "sealed": "\\x", "masked": "m"}') \g /dev/null
SELECT is(t.similar('intake', '槐安里3号楼2单元', phone => '\x77'), 'call1 known both plain', 'the same phone first, also of another community, but nothing confidential');
SELECT is((SELECT body ->> 'same_caller' FROM api_1.request_similar(t.session('intake'), NULL, 1, t.n('a'), NULL, NULL, NULL, '\x77')), 'true', 'and said so');
SELECT is(t.similar('station', phone => '\x78'), '', 'not to who may not be told who called');
SELECT is(t.similar('intake', phone => '\x79'), '', 'a phone that never called');
-- A grid's post registers in its grid; the community's board is what it sees.
SELECT t.outcome('account_add', NULL, linli.office_stream(t.n('office')), format($f$'post', 'post', %L, 'station_worker', 'grid', %s$f$, linli.dummy_hash(), t.n('grid'))) \g /dev/null
INSERT INTO t.name SELECT 'post', a.id FROM linli.account a WHERE a.name = 'post';
INSERT INTO linli.device (account, id, first_seen_at, last_seen_at) VALUES (t.n('post'), linli.key(t.n('post')), '-infinity', '-infinity');
INSERT INTO linli.session (token, account, office, device, made_at, expires_at)
  VALUES (t.session('post'), t.n('post'), t.n('office'), linli.key(t.n('post')), linli.clock(), 'infinity');
SELECT is(t.similar('post', '槐安里3号楼2单元'), 'known both plain', 'a grid''s post asks about its community');
SELECT ok(t.forecast('post') ? 'class', 'and what would follow');
-- A member of the team a request is about does not learn of it, even with the right to register.
SELECT t.outcome('grant_add', NULL, linli.office_stream(t.n('office')), t.n('water1') || $$, 'intake_clerk', 'office', $$ || t.n('office')) \g /dev/null
SELECT is(t.similar('water1', '槐安里3号楼2单元'), 'both plain', 'its subject does not know of it');
-- Closed ones of the last days; merged ones stand for their parent.
SELECT t.register('twin', '{"place": "槐安里3号楼2单元"}') || t.bring('both', 'closed') \g /dev/null
SELECT is(t.did('merge', 'shift', 'twin', quote_literal(t.r('plain')) || '::uuid, ' || t.n('a') || ', NULL'), 'done', 'a merge');
SELECT t.run_due() \g /dev/null
SELECT is(t.similar('intake', '槐安里3号楼2单元'), 'known both plain', 'closed today, but not what was merged');
SELECT t.clock('2026-04-21 02:00+00') \g /dev/null
SELECT is(t.similar('intake', '槐安里3号楼2单元'), 'known both plain', 'six days later');
SELECT t.clock('2026-04-23 02:00+00') \g /dev/null
SELECT is(t.similar('intake', '槐安里3号楼2单元'), 'known plain', 'eight days later only what is open');

-- Which team.
CREATE FUNCTION t.proposed(who text, name text) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(n.name || ':' || (p.body ->> 'reason'), ' ' ORDER BY (p.body ->> 'rank')::int)
    FROM api_1.request_propose(t.session(who), NULL, 100, t.r(name)) p JOIN t.name n ON n.n = (p.body ->> 'team')::bigint AND n.id IS NULL
   WHERE n.name NOT IN (SELECT a.name FROM linli.account a) AND n.name NOT IN ('a', 'b', 'grid', 'office') $$;
INSERT INTO t.name SELECT x.name, t.row_number(t.outcome('team_add', NULL, linli.office_stream(t.n('office')),
    format($f$'unit', %L, %s, 'committee', %s, %L, NULL$f$, x.name, coalesce(x.at::text, 'NULL'), coalesce(x.capacity, 'NULL'), x.fallback)))
  FROM (VALUES ('ours', t.n('a'), NULL, false), ('theirs', t.n('b'), NULL, false), ('small', NULL, '1', false), ('last', NULL, NULL, true), ('shut', NULL, NULL, false)) x (name, at, capacity, fallback);
SELECT t.outcome('team_disable', NULL, linli.office_stream(t.n('office')), t.n('shut')::text, 1) \g /dev/null
SELECT t.register('new', format('{"category": %s, "grid": %s}', t.k(), t.n('grid'))) || t.bring('new', 'accepted') \g /dev/null
SELECT is(t.proposed('shift', 'new'), 'ours:serves_here power:serves_office gas:serves_office small:serves_office water:serves_office last:fallback',
  'of the community first, then who has least in hand; not those of other communities nor disabled ones; the fallback last');
CREATE FUNCTION t.finished(name text, team text, place text, category bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM t.register(name, format('{"category": %s}', category), 'intake', place), t.bring(name, 'accepted');
  PERFORM t.did('dispatch', 'shift', name, t.n(team) || ', NULL, NULL');
  UPDATE linli.request q SET state = 'closed', closed_at = linli.clock() WHERE q.id = t.r(name);
END $$;
SELECT t.finished('f' || i, 'gas', 'b', t.k()) FROM generate_series(1, 3) i \g /dev/null
SELECT t.finished('f4', 'power', 'a', t.k()), t.finished('f5', 'small', 'a', t.k()), t.finished('f6', 'small', 'a', t.k()), t.finished('f7', 'last', 'a', t.k()) \g /dev/null
SELECT t.finished('f8', 'ours', 'a', (SELECT id FROM linli.category WHERE code = 'order.pets')) \g /dev/null
SELECT is(t.proposed('shift', 'new'), 'small:handled_here power:handled_here gas:handled_there ours:serves_here water:serves_office last:fallback', 'who finished such requests here, then elsewhere');
SELECT is((SELECT body FROM api_1.request_propose(t.session('shift'), NULL, 100, t.r('new')) WHERE (body ->> 'team')::bigint = t.n('gas')),
  jsonb_build_object('team', t.n('gas'), 'reason', 'handled_there', 'handled', 3, 'in_hand', 0, 'rank', 3), 'with its figures');
SELECT t.register('hand', '') || t.bring('hand', 'accepted') \g /dev/null
SELECT t.did('dispatch', 'shift', 'hand', t.n('small') || ', NULL, NULL') \g /dev/null
SELECT is(t.proposed('shift', 'new'), 'power:handled_here gas:handled_there ours:serves_here water:serves_office small:handled_here last:fallback', 'who has no room comes after who has');
SELECT t.clock('2026-07-23 02:00+00') \g /dev/null
SELECT is(split_part(t.proposed('shift', 'new'), ' ', 1), 'ours:serves_here', '90 days later it is forgotten');
SELECT t.clock('2026-04-23 02:00+00') \g /dev/null
SELECT t.register('about', format('{"category": %s, "subject_team": %s}', t.k(), t.n('power'))) || t.register('hidden', format('{"nature": "report", "category": %s}', t.k())) \g /dev/null
SELECT ok(t.proposed('shift', 'about') !~ 'power', 'not its subject');
SELECT throws_ok($$SELECT t.proposed('desk', 'hidden')$$, 'LI001', 'not_allowed', 'not to who may not read it');
SELECT throws_ok($$SELECT t.proposed('power1', 'hidden')$$, 'LI001', 'unknown_row', 'nor to who may not know of it');
SELECT throws_ok($$SELECT t.proposed('intake', 'new')$$, 'LI001', 'not_allowed', 'nor to who dispatches nothing');
SELECT throws_ok($$SELECT api_1.request_propose(t.session('desk'), NULL, 10, gen_random_uuid())$$, 'LI001', 'unknown_row', 'no such request');
SELECT is((SELECT string_agg(body ->> 'rank', ' ') FROM api_1.request_propose(t.session('shift'), '2', 3, t.r('new'))), '3 4 5', 'in pages');

-- Drafts.
CREATE FUNCTION t.draft(who text, draft uuid, text text) RETURNS text LANGUAGE sql AS $$
  SELECT coalesce((t.outcome('request_draft', who, linli.account_stream(t.n(who)), format('%L, %L', draft, text))).refusal, 'done') $$;
INSERT INTO t.name SELECT 'd' || i, NULL, t.id() FROM generate_series(1, 5) i;
SELECT t.clock(timestamptz '2026-04-23 02:00+00' + (i / 2) * interval '1 minute'), t.draft('desk', t.r('d' || i), 'draft ' || i) FROM generate_series(1, 5) i \g /dev/null
SELECT t.draft('shift', t.id(), 'mine') \g /dev/null
SELECT is((SELECT array_agg(body ->> 'made_at') FROM api_1.draft_list(t.session('desk'), NULL, 10)),
          (SELECT array_agg(to_jsonb(d.made_at) #>> '{}' ORDER BY d.made_at DESC) FROM linli.draft d WHERE d.account = t.n('desk')), 'one''s own, the newest first');
SELECT is((SELECT body FROM api_1.draft_list(t.session('shift'), NULL, 10)) ->> 'text', 'mine', 'with their text');
CREATE FUNCTION t.draft_pages() RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE
  ids uuid[] := '{}'; after text; r record;
BEGIN
  LOOP
    SELECT * INTO r FROM api_1.draft_list(t.session('desk'), after, 1);
    EXIT WHEN NOT FOUND;
    ids := ids || (r.body ->> 'id')::uuid; after := r.key;
  END LOOP;
  RETURN ids;
END $$;
SELECT is(t.draft_pages(), (SELECT array_agg((body ->> 'id')::uuid) FROM api_1.draft_list(t.session('desk'), NULL, 10)), 'pages of one hold each once');
SELECT t.draft('desk', t.r('d5'), '') \g /dev/null
SELECT is((SELECT count(*)::int FROM api_1.draft_list(t.session('desk'), NULL, 10)), 4, 'an empty text forgets it');
SELECT throws_ok($$SELECT api_1.draft_list(t.session('nobody'), NULL, 10)$$, 'LI001', 'signed_out', 'nobody has any');
SELECT * FROM finish();
