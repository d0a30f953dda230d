-- What a reader gets: whole, listed or nothing; pages that hold every row once; who called.
\ir requests_office.inc
SELECT no_plan();
CREATE FUNCTION t.list(who text, community bigint DEFAULT NULL, state text DEFAULT NULL, team bigint DEFAULT NULL, overdue boolean DEFAULT NULL,
                       closed boolean DEFAULT NULL, page integer DEFAULT 1000) RETURNS TABLE (id uuid, body jsonb) LANGUAGE plpgsql AS $$
DECLARE
  after text;
  r record;
  n integer;
BEGIN
  LOOP
    n := 0;
    FOR r IN SELECT * FROM api_1.request_list(t.session(who), after, page, community, state, team, overdue, closed, NULL) LOOP
      id := (r.body ->> 'id')::uuid; body := r.body; after := r.key; n := n + 1;
      RETURN NEXT;
    END LOOP;
    EXIT WHEN n < page;
  END LOOP;
END $$;
CREATE FUNCTION t.names(who text, community bigint DEFAULT NULL, state text DEFAULT NULL, team bigint DEFAULT NULL, overdue boolean DEFAULT NULL,
                        closed boolean DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(string_agg(n.name, ' ' ORDER BY n.name), '') FROM t.list(who, community, state, team, overdue, closed) l JOIN t.name n ON n.id = l.id $$;

SELECT t.register('plain', '{"caller_name": "居民甲", "sealed": "\\x0102", "key": "\\x03", "masked": "190****0001"}') \g /dev/null
SELECT t.register('secret', '{"nature": "report", "title": "机密", "caller_name": "居民乙"}') \g /dev/null
SELECT t.register('about', format('{"subject_team": %s}', t.n('water'))) \g /dev/null
SELECT t.register('far', '', 'intake', 'b') || t.register('done', '') || t.register('helped', '', 'intake', 'b') \g /dev/null
SELECT t.bring('plain', 'dispatched') || t.bring('done', 'callback') || t.did('callback', 'shift', 'done', '''exempt'', NULL') \g /dev/null
SELECT t.bring('helped', 'accepted') || t.did('dispatch', 'shift', 'helped', t.n('power') || ', ARRAY[' || t.n('water') || ']::bigint[], NULL') \g /dev/null

SELECT is(t.names('shift'), 'about far helped plain secret', 'a named role sees all that is open');
SELECT is(t.names('desk'), 'about far helped plain secret', 'a dispatcher sees that they exist');
SELECT is_empty($$ SELECT k FROM t.list('desk') l, jsonb_object_keys(l.body) k WHERE id = t.r('secret') AND k IN ('title', 'text', 'category', 'grid',
  'place', 'answer', 'handler', 'registered_by', 'subject_team', 'external_number', 'call', 'parent', 'callback_result') $$, 'a listed row has no field of an audience');
SELECT is((SELECT body ->> 'title' FROM t.list('shift') WHERE id = t.r('secret')), '机密', 'a named role reads it');
SELECT is(t.names('station'), 'plain', 'a station sees its community, and no confidential case');
SELECT is(t.names('water1'), 'helped plain', 'a team sees what it leads or helps with');
SELECT is(t.names('power1'), 'helped', 'and no more');
SELECT is(t.names('shift', NULL, 'registered'), 'about far secret', 'by state');
SELECT is(t.names('shift', t.n('b')), 'far helped', 'by community');
SELECT is(t.names('shift', NULL, NULL, t.n('water')), 'plain', 'by team');
SELECT is(t.names('shift', NULL, NULL, NULL, true), '', 'none is late');
SELECT is(t.names('shift', NULL, NULL, NULL, NULL, true), 'about done far helped plain secret', 'closed ones when asked for');
SELECT throws_ok(format($$SELECT api_1.request_list(t.session('station'), NULL, 10, %s, NULL, NULL, NULL, NULL, NULL)$$, t.n('b')), 'LI001', 'not_allowed', 'another community is refused');
SELECT throws_ok($$SELECT api_1.request_list(t.session('nobody'), NULL, 10, NULL, NULL, NULL, NULL, NULL, NULL)$$, 'LI001', 'signed_out', 'nobody is nobody');
SELECT throws_ok(format($$SELECT api_1.request_show(t.session('water1'), NULL, 10, %L, NULL)$$, t.r('about')), 'LI001', 'unknown_row', 'its subject does not know of it');
SELECT throws_ok(format($$SELECT api_1.request_timeline(t.session('water1'), NULL, 10, %L)$$, t.r('about')), 'LI001', 'unknown_row', 'nor of its history');
SELECT is((SELECT count(*)::int FROM api_1.request_show(t.session('desk'), NULL, 10, NULL, '0001')), 1, 'the last four digits find today''s');
SELECT is((SELECT body ->> 'id' FROM api_1.request_show(t.session('desk'), NULL, 10, NULL, '260415-0001')), t.r('plain')::text, 'so does the whole number');

-- Pages of any size hold each row once, in order.
SELECT t.register('many' || i, format('{"class": "%s"}', CASE WHEN i % 3 = 0 THEN 'urgent' ELSE 'ordinary' END), 'intake', CASE WHEN i % 2 = 0 THEN 'a' ELSE 'b' END)
  FROM generate_series(1, 57) i \g /dev/null
SELECT is((SELECT array_agg(id) FROM t.list('shift', page => 7)), (SELECT array_agg(id) FROM t.list('shift')), 'small pages give what a large one gives');
SELECT is((SELECT array_agg(id) FROM t.list('shift')), (SELECT array_agg(r.id ORDER BY r.due_at NULLS LAST, r.id) FROM linli.request r WHERE r.closed_at IS NULL), 'by deadline');
SELECT is((SELECT array_agg(id) FROM t.list('shift', closed => true, page => 10)), (SELECT array_agg(r.id ORDER BY r.due_at NULLS LAST, r.id) FROM linli.request r), 'and those without one last');

-- History.
SELECT is((SELECT array_agg(body ->> 'kind') FROM api_1.request_timeline(t.session('shift'), NULL, 10, t.r('plain'))), '{request.registered,request.accepted,request.dispatched}', 'oldest first');
SELECT is((SELECT array_agg(body ->> 'kind') FROM api_1.request_timeline(t.session('shift'), (SELECT key FROM api_1.request_timeline(t.session('shift'), NULL, 1, t.r('plain'))), 1, t.r('plain'))),
          '{request.accepted}', 'in pages');
SELECT is((SELECT count(*)::int FROM api_1.request_timeline(t.session('desk'), NULL, 10, t.r('secret')) WHERE body ? 'note' OR body ? 'changed' OR body ? 'actor'), 0, 'who may only list it learns only when');

-- Who called: masked, then for a reason, which is noted.
SELECT is((SELECT body FROM api_1.caller_show(t.session('desk'), NULL, 10, t.r('plain'))),
  jsonb_build_object('request', t.r('plain'), 'name', '居*', 'phone', '190****0001', 'revealed', false), 'masked');
SELECT throws_ok(format($$SELECT api_1.caller_show(t.session('water1'), NULL, 10, %L)$$, t.r('plain')), 'LI001', 'not_allowed', 'never to who handles it');
SELECT throws_ok(format($$SELECT api_1.caller_show(t.session('desk'), NULL, 10, %L)$$, t.r('secret')), 'LI001', 'not_allowed', 'nor to who may only list it');
SELECT throws_ok(format($$SELECT api_1.caller_reveal(t.session('desk'), NULL, 10, %L, ' ')$$, t.r('plain')), 'LI001', 'bad_value', 'a reason is needed');
SELECT is((SELECT body ->> 'name' || (body -> 'phone' ->> 'sealed') FROM api_1.caller_reveal(t.session('desk'), NULL, 10, t.r('plain'), '回访核实')), '居民甲\x0102', 'in clear, sealed for linlid');
SELECT is((SELECT count(*)::int FROM linli.access_log l WHERE l.row_id = t.r('plain') AND l.reason = '回访核实' AND l.account = t.n('desk')), 1, 'and noted');

-- The working set, and the lists of teams.
SELECT is((SELECT count(*)::int FROM linli.snapshot_requests(t.n('a')) s WHERE s.body ->> 'id' = t.r('done')::text), 1, 'closed today: in the working set');
SELECT t.clock('2026-04-23 02:00+00') \g /dev/null
SELECT is((SELECT count(*)::int FROM linli.snapshot_requests(t.n('a')) s WHERE s.body ->> 'id' = t.r('done')::text), 0, 'a week later no more');
SELECT is((SELECT s.audience || ' ' || s.barred FROM linli.snapshot_requests(t.n('a')) s WHERE s.body ->> 'id' = t.r('about')::text), '1 ' || linli.barred(t.n('water'), (t.request('about')).registered_at), 'with its audience');
SELECT is((SELECT string_agg(body ->> 'name', ' ' ORDER BY body ->> 'name') FROM api_1.team_list(t.session('desk'), NULL, 10, NULL, 'wa')), 'water', 'teams by part of a name');
SELECT is((SELECT count(*)::int FROM api_1.member_list(t.session('desk'), NULL, 10, t.n('water'))), 2, 'members');
SELECT ok((SELECT count(*) > 40 FROM api_1.category_list(t.session('desk'), NULL, 1000)), 'categories');
SELECT * FROM finish();
