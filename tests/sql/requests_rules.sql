-- The rules that decide quality, each tried to be broken.
\ir requests_office.inc
SELECT no_plan();

-- Register.
SELECT is(t.register('one', '{"grid": null, "caller_name": "居民一", "sealed": "\\x0102", "key": "\\x03", "masked": "190****0001"}'), 'done', 'an intake clerk registers');
SELECT is((t.request('one')).number, '260415-0001', 'the number is date and serial');
SELECT is((t.request('one')).title, '楼道灯不亮', 'the title is the beginning of the text');
SELECT is((t.request('one')).due_at, '2026-04-15 03:00:00+00', 'one working hour to dispatch');
SELECT is((SELECT count(*)::int FROM linli.event e WHERE e.row_id = t.r('one') AND (e.body::text ~ '居民一' OR e.body::text ~ '190')), 0, 'the caller is in no event');
SELECT is(t.register('x1', '{"category": 99999}'), 'bad_value', 'an unknown category');
SELECT is(t.register('x2', format('{"grid": %s}', t.n('grid')), 'intake', 'b'), 'bad_value', 'a grid of another community');
SELECT is(t.register('x3', '', 'water1'), 'not_allowed', 'a unit clerk does not register');
SELECT is(t.register('x4', '', 'station', 'b'), 'not_allowed', 'a station worker registers in her own community only');
SELECT is(t.register('x5', '', 'station', 'a'), 'done', 'and there she does');
SELECT is(t.register('x6', '{"system": "12345", "number": "7"}'), 'done', 'an external number');
SELECT is(t.register('x7', '{"system": "12345", "number": "7"}', 'intake', 'b'), 'exists', 'is unique in the office, in whichever community');
SELECT is((t.register_row(t.r('one'), '', 'intake', 'b')).refusal, 'exists', 'an id is registered once');
SELECT is(t.register('report', '{"nature": "report", "confidential": false}'), 'done', 'a report');
SELECT ok((t.request('report')).confidential, 'a report is confidential whatever was said');
SELECT is((t.last_event('report')).audience, 1::smallint, 'and its event has the audience');
SELECT is(t.register('anonymous', ''), 'done', 'no caller');
SELECT ok((t.request('anonymous')).anonymous, 'is anonymous');

-- A repeat returns the first outcome; a second one with other content is refused.
SELECT is((t.outcome('request_comment', 'intake', linli.community_stream(t.n('a')), quote_literal(t.r('one')) || '::uuid, ''x''', NULL, linli.uuid_of(linli.clock(), 'again'))).seq,
          (t.outcome('request_comment', 'intake', linli.community_stream(t.n('a')), quote_literal(t.r('one')) || '::uuid, ''x''', NULL, linli.uuid_of(linli.clock(), 'again'))).seq,
          'a repeated command returns its first outcome');

-- Rows of another community, unknown rows, versions.
SELECT is((t.outcome('request_accept', 'intake', linli.community_stream(t.n('b')), quote_literal(t.r('one')) || '::uuid, NULL, NULL, NULL, NULL')).refusal, 'wrong_stream', 'a row is changed in its own stream only');
SELECT is((t.outcome('request_accept', 'intake', linli.community_stream(t.n('a')), '''00000000-0000-7000-8000-000000000000''::uuid, NULL, NULL, NULL, NULL')).refusal, 'unknown_row', 'an unknown row');
SELECT is(t.did('accept', 'intake', 'one', 'NULL, NULL, NULL, NULL', 9), 'conflict', 'another version is a conflict');
SELECT is(t.did('accept', 'intake', 'one', '''urgent'', NULL, ' || t.n('grid') || ', NULL', 1), 'done', 'accept with another class and grid');
SELECT is((t.request('one')).due_at, '2026-04-15 02:10:00+00', 'the limit of the new class counts from registration');
SELECT is((t.request('one')).version, 2::bigint, 'each change is a version');
SELECT is(t.did('sign', 'shift', 'one', 'NULL'), 'wrong_state', 'nothing is signed before it is dispatched');

-- Dispatch: the clock starts there.
SELECT is(t.did('dispatch', 'intake', 'one', t.n('water') || ', NULL, NULL'), 'not_allowed', 'an intake clerk does not dispatch');
SELECT is(t.did('dispatch', 'desk', 'one', '99999, NULL, NULL'), 'bad_value', 'an unknown team');
SELECT is(t.did('dispatch', 'desk', 'one', t.n('water') || ', ARRAY[' || t.n('power') || ',' || t.n('water') || ']::bigint[], NULL'), 'done', 'dispatch');
SELECT is((t.request('one')).assist, ARRAY[t.n('power')], 'the lead is not among those who assist');
SELECT is((t.request('one')).finish_due_at, '2026-04-16 02:00:00+00', 'finish counts from dispatch');
SELECT is((t.last_event('one')).teams, ARRAY[t.n('water'), t.n('power')], 'both teams see it');
SELECT ok((t.last_event('one')).whole, 'and get it whole');
SELECT is(t.did('sign', 'power1', 'one', 'NULL'), 'not_your_team', 'the lead signs, no other');
SELECT is(t.did('sign', 'desk', 'one', '''x'''), 'not_your_team', 'no clerk signs for a team that has accounts');

-- Two returns, then the shift leader, whose dispatch stands.
SELECT is(t.did('return', 'water1', 'one', '''not_ours'', NULL'), 'done', 'first return');
SELECT is((t.last_event('one')).note ->> 'team', t.n('water')::text, 'the event names who gave it back');
SELECT ok((t.last_event('one')).was_teams IS NOT NULL AND (t.last_event('one')).teams IS NULL, 'it leaves the team''s view');
SELECT is(t.did('dispatch', 'desk', 'one', t.n('power') || ', NULL, NULL'), 'done', 'dispatched again');
SELECT is(t.did('sign', 'power1', 'one', 'NULL'), 'done', 'signed');
SELECT is(t.did('return', 'power1', 'one', '''not_ours'', NULL'), 'done', 'second return, after signing');
SELECT is(t.did('dispatch', 'desk', 'one', t.n('power') || ', NULL, NULL'), 'needs_shift_leader', 'ping-pong ends');
SELECT is(t.did('dispatch', 'shift', 'one', t.n('power') || ', NULL, NULL'), 'done', 'by the shift leader');
SELECT is(t.did('return', 'power1', 'one', '''not_ours'', NULL'), 'cannot_return', 'whose dispatch stands');

-- Separation of duties: who handled neither verifies nor calls back, even with the right.
SELECT t.row_number(t.outcome('grant_add', NULL, linli.office_stream(t.n('office')), t.n('power1') || ', ''shift_leader'', NULL, NULL'));
SELECT is(t.did('sign', 'power1', 'one', 'NULL'), 'done', 'sign');
SELECT is((t.request('one')).due_stage, 'contact', 'first the resident is contacted');
SELECT is(t.did('contact', 'power1', 'one', '''已联系'''), 'done', 'contact');
SELECT is((t.request('one')).due_stage, 'finish', 'then the whole is due');
SELECT is(t.did('report', 'power1', 'one', 'NULL, NULL'), 'done', 'report without an answer');
SELECT is(t.did('verify', 'power1', 'one', 'NULL'), 'same_person', 'who handled does not verify');
SELECT is(t.did('verify', 'watch', 'one', 'NULL'), 'needs_answer', 'a public answer is needed');
SELECT is(t.did('rework', 'watch', 'one', '''没有答复'''), 'done', 'sent back');
SELECT is((t.request('one')).finish_due_at, '2026-04-20 02:00:00+00', 'three working days for a rework');
SELECT is(t.did('report', 'power1', 'one', 'NULL, ''已修复'''), 'done', 'report with an answer');
SELECT is(t.did('verify', 'watch', 'one', 'NULL'), 'done', 'verify');
SELECT is(t.did('callback', 'power1', 'one', '''solved_satisfied'', NULL'), 'same_person', 'who handled does not call back');
SELECT is(t.did('callback', 'caller', 'one', '''exempt'', NULL'), 'one_reporter', 'a named caller is spared only with a note');
SELECT is(t.did('callback', 'caller', 'one', '''unsolved'', NULL'), 'done', 'not solved');
SELECT is((t.request('one')).state || (t.request('one')).reworks, 'in_progress2', 'the team goes on');
SELECT is(t.did('report', 'power1', 'one', 'NULL, NULL') || t.did('verify', 'watch', 'one', 'NULL'), 'donedone', 'again');
SELECT is(t.did('callback', 'caller', 'one', '''solved_unsatisfied'', NULL'), 'done', 'unsatisfied');
SELECT is((t.request('one')).state, 'callback', 'waits for the shift leader');
SELECT is(t.did('callback', 'caller', 'one', '''solved_satisfied'', NULL'), 'needs_shift_leader', 'not the clerk');
SELECT is(t.did('rework', 'watch', 'one', '''x'''), 'not_allowed', 'nor the supervisor');
SELECT is(t.did('callback', 'shift', 'one', '''solved_unsatisfied'', NULL'), 'bad_value', 'explained with a note');
SELECT is(t.did('callback', 'shift', 'one', '''solved_unsatisfied'', ''已解释'''), 'done', 'explained and closed');
SELECT is((t.request('one')).state || (t.request('one')).callback_result, 'closedsolved_unsatisfied', 'an honest failure');
SELECT is((SELECT count(*)::int FROM linli.job j WHERE j.row_id = t.r('one')), 0, 'no deadline outlives a request');

-- A unit without accounts is served by a clerk who says who was phoned.
SELECT t.register('smell', '{"caller_name": "居民二"}');
SELECT is(t.did('accept', 'desk', 'smell', 'NULL, NULL, NULL, NULL') || t.did('dispatch', 'desk', 'smell', t.n('gas') || ', NULL, NULL'), 'donedone', 'to the gas unit');
SELECT is(t.did('sign', 'station', 'smell', '''x'''), 'not_your_team', 'a station worker is no clerk of it');
SELECT is(t.did('sign', 'desk', 'smell', 'NULL'), 'bad_value', 'who was phoned?');
SELECT is(t.did('sign', 'desk', 'smell', '''值班电话'''), 'done', 'signed for');
SELECT is(t.did('contact', 'desk', 'smell', '''x''') || t.did('report', 'desk', 'smell', 'NULL, ''好了'''), 'donedone', 'worked for');
SELECT is(t.did('verify', 'shift', 'smell', 'NULL'), 'done', 'verified');
-- Three tries, two days, one outside office hours.
SELECT is(t.did('callback', 'caller', 'smell', '''not_reached'', NULL'), 'done', 'try 1');
SELECT t.clock('2026-04-16 02:00+00');
SELECT is(t.did('callback', 'caller', 'smell', '''not_reached'', NULL'), 'done', 'try 2');
SELECT t.clock('2026-04-17 02:00+00');
SELECT is(t.did('callback', 'caller', 'smell', '''not_reached'', NULL'), 'done', 'try 3');
SELECT is((t.request('smell')).state, 'callback', 'all within office hours: not enough');
SELECT t.clock('2026-04-17 12:00+00');
SELECT is(t.did('callback', 'caller', 'smell', '''not_reached'', NULL'), 'done', 'in the evening');
SELECT is((t.request('smell')).state || (t.request('smell')).callback_result || (t.request('smell')).callback_tries, 'closednot_reached4', 'not answered');

-- Anonymous: exempt, and nothing else.
SELECT t.bring('anonymous', 'callback');
SELECT is(t.did('callback', 'caller', 'anonymous', '''solved_satisfied'', NULL'), 'one_reporter', 'nobody can be called');
SELECT is(t.did('callback', 'caller', 'anonymous', '''exempt'', NULL'), 'done', 'exempt');

-- The subject sees nothing and is sent nothing.
SELECT t.register('about', format('{"subject_team": %s}', t.n('water')));
SELECT ok((t.request('about')).confidential, 'a request about a named team is confidential');
SELECT is((t.last_event('about')).barred, linli.barred(t.n('water'), linli.clock()), 'the team is barred, as it is at this moment');
SELECT is(t.did('accept', 'intake', 'about', 'NULL, NULL, NULL, NULL'), 'not_allowed', 'who may only list it does not act');
SELECT is(t.did('accept', 'shift', 'about', 'NULL, NULL, NULL, NULL'), 'done', 'a named role does');
SELECT is(t.did('dispatch', 'shift', 'about', t.n('water') || ', NULL, NULL'), 'subject_excluded', 'never to its subject');
SELECT is(t.did('dispatch', 'shift', 'about', t.n('power') || ', ARRAY[' || t.n('water') || ']::bigint[], NULL'), 'subject_excluded', 'not as a helper either');
SELECT is(t.did('dispatch', 'shift', 'about', t.n('power') || ', NULL, NULL'), 'done', 'to another');
SELECT is(t.did('comment', 'water1', 'about', '''x'''), 'unknown_row', 'its subject does not know of it');
SELECT is(t.did('comment', 'water2', 'report', '''x'''), 'unknown_row', 'a confidential one is not there for other teams');
SELECT is(t.did('sign', 'power1', 'about', 'NULL') || t.did('report', 'power1', 'about', 'NULL, NULL') || t.did('verify', 'shift', 'about', 'NULL'),
          'donedonedone', 'confidential ones end without a public answer');

-- A disabled team takes nothing more.
SELECT t.register('late', '');
SELECT t.bring('late', 'accepted');
SELECT is((t.outcome('team_disable', 'clerk', linli.office_stream(t.n('office')), t.n('gas')::text)).refusal, NULL, 'disable');
SELECT is(t.did('dispatch', 'shift', 'late', t.n('gas') || ', NULL, NULL'), 'disabled_team', 'nothing is sent to a disabled team');

-- Membership: has_accounts follows, rights are told.
SELECT ok((SELECT t.has_accounts FROM linli.team t WHERE t.id = t.n('power')), 'a team with a member has accounts');
SELECT is((t.outcome('member_end', 'clerk', linli.office_stream(t.n('office')), (SELECT m.id FROM linli.member m WHERE m.team = t.n('power'))::text)).refusal, NULL, 'the last member leaves');
SELECT ok(NOT (SELECT t.has_accounts FROM linli.team t WHERE t.id = t.n('power')), 'none any more');
SELECT ok(NOT linli.is_member(t.n('power1'), ARRAY[t.n('power')], linli.clock()), 'it ends at once');
SELECT is((t.outcome('team_add', 'desk', linli.office_stream(t.n('office')), '''unit'', ''x'', NULL, NULL, NULL, NULL, NULL')).refusal, 'not_allowed', 'a dispatcher makes no team');
SELECT is((t.outcome('category_put', 'clerk', linli.office_stream(t.n('office')), '''own.one'', ''hazard'', ''自定'', ''Own'', NULL, true')).refusal, NULL, 'an office adds a category');
SELECT t.register('own', format('{"category": %s}', (SELECT id FROM linli.category WHERE code = 'own.one')));
SELECT ok((t.request('own')).confidential, 'a category that is confidential makes its requests so');

-- Drafts: quiet, one's own, the newest wins.
SELECT is((t.outcome('request_draft', 'desk', linli.account_stream(t.n('desk')), quote_literal(t.r('one')) || '::uuid, ''half''')).refusal, NULL, 'a draft');
SELECT is((t.outcome('request_draft', 'desk', linli.account_stream(t.n('shift')), quote_literal(t.r('one')) || '::uuid, ''half''')).refusal, 'wrong_stream', 'only in one''s own stream');
SELECT is((SELECT count(*)::int FROM linli.event WHERE stream = linli.account_stream(t.n('desk')) AND kind LIKE 'request%'), 0, 'no event');
SELECT is((t.outcome('request_draft', 'desk', linli.account_stream(t.n('desk')), quote_literal(t.r('one')) || '::uuid, ''''')).refusal, NULL, 'empty');
SELECT is((SELECT count(*)::int FROM linli.draft), 0, 'is forgotten');

SELECT t.run_due();
DELETE FROM linli.session; DELETE FROM linli.device;
SELECT is_empty('SELECT * FROM linli.audit_verify()', 'events and tables agree');
SELECT * FROM finish();
