-- Who may do what, where; and that nobody lifts themselves.
BEGIN;
\ir fixture.sql
SELECT plan(38);
SELECT pg_temp.account('office_admin', 2, 'administrator', 'office', 2) AS office_admin \gset
SELECT pg_temp.account('community_admin', 2, 'administrator', 'community', 1) AS community_admin \gset
SELECT pg_temp.account('dispatcher', 2, 'dispatcher', 'office', 2) AS dispatcher \gset
SELECT pg_temp.account('station', 2, 'station_worker', 'community', 1) AS station \gset
SELECT pg_temp.account('gridder', 2, 'station_worker', 'grid', 1) AS gridder \gset
SELECT pg_temp.account('leader', 2, 'shift_leader', 'office', 2) AS leader \gset
SELECT pg_temp.account('plain', 2, 'team_member', 'office', 2) AS plain \gset

SELECT ok(    linli.account_may(1, 'manage_territory', 3, NULL, NULL), 'everything covers every office');
SELECT ok(    linli.account_may(:dispatcher, 'dispatch', 2, 1, NULL), 'an office covers its communities');
SELECT ok(NOT linli.account_may(:dispatcher, 'dispatch', 3, 3, NULL), 'and no other office');
SELECT ok(NOT linli.account_may(:dispatcher, 'verify', 2, 1, NULL), 'a role has its rights and no others');
SELECT ok(    linli.account_may(:station, 'triage', 2, 1, NULL), 'a community covers itself');
SELECT ok(NOT linli.account_may(:station, 'triage', 2, 2, NULL), 'and not its neighbour');
SELECT ok(NOT linli.account_may(:station, 'triage', 2, NULL, NULL), 'nor its office');
SELECT ok(    linli.account_may(:gridder, 'triage', 2, 1, 1), 'a grid covers itself');
SELECT ok(NOT linli.account_may(:gridder, 'triage', 2, 1, NULL), 'and not its community');

CREATE FUNCTION pg_temp.may_in(name text, stream bigint, right_name text, community bigint DEFAULT NULL, grid bigint DEFAULT NULL) RETURNS boolean
  LANGUAGE sql AS $$ SELECT linli.may(linli.enter(pg_temp.token(name), pg_temp.new_id(), stream, now(), 'd'), right_name, community, grid) $$;
SELECT ok(    pg_temp.may_in('dispatcher', 6, 'dispatch'), 'in a community stream its office counts');
SELECT ok(NOT pg_temp.may_in('dispatcher', 14, 'dispatch'), 'of another office it does not');
SELECT ok(    pg_temp.may_in('station', 6, 'triage'), 'a community scope counts in its stream');
SELECT ok(NOT pg_temp.may_in('station', 10, 'triage', 1), 'and cannot be named into another stream');
SELECT ok(    pg_temp.may_in('gridder', 6, 'triage', NULL, 1), 'a grid scope counts for its grid');

CREATE FUNCTION pg_temp.grid(name text, community bigint) RETURNS text LANGUAGE sql AS $$
  SELECT (api_1.grid_add(pg_temp.token(name), pg_temp.new_id(), 9, NULL, now(), 'd', community, NULL, 'g', NULL, NULL)).refusal $$;
SELECT is(pg_temp.grid('community_admin', 1), NULL, 'a community administrator adds grids there');
SELECT is(pg_temp.grid('community_admin', 2), 'not_allowed', 'and not next door');
SELECT is(pg_temp.grid('office_admin', 3), 'wrong_stream', 'a community of another office is not in this stream');
SELECT is(pg_temp.grid('dispatcher', 1), 'not_allowed', 'a dispatcher adds none');

CREATE FUNCTION pg_temp.give(name text, account bigint, role text, scope text, scope_id bigint, stream bigint DEFAULT 9) RETURNS text LANGUAGE sql AS $$
  SELECT (api_1.grant_add(pg_temp.token(name), pg_temp.new_id(), stream, NULL, now(), 'd', account, role, scope, scope_id)).refusal $$;
SELECT is(pg_temp.give('office_admin', :plain, 'supervisor', NULL, NULL), NULL, 'an administrator gives a role in the office');
SELECT is(pg_temp.give('office_admin', :plain, 'supervisor', NULL, NULL), 'exists', 'not twice');
SELECT is(pg_temp.give('office_admin', :plain, 'supervisor', 'everything', NULL), 'not_allowed', 'nobody gives further than they reach');
SELECT is(pg_temp.give('office_admin', :plain, 'supervisor', 'office', 3), 'not_allowed', 'nor into another office');
SELECT is(pg_temp.give('office_admin', :plain, 'supervisor', 'grid', 77), 'wrong_scope', 'a scope must exist');
SELECT is(pg_temp.give('office_admin', :plain, 'supervisor', 'everything', 3), 'wrong_scope', 'everything has no number');
SELECT is(pg_temp.give('office_admin', :plain, 'emperor', NULL, NULL), 'bad_value', 'a role must exist');
SELECT is(pg_temp.give('office_admin', 1, 'supervisor', 'office', 2), 'wrong_stream', 'accounts of another office are not in this stream');
SELECT is(pg_temp.give('dispatcher', :plain, 'supervisor', NULL, NULL), 'not_allowed', 'a dispatcher gives no roles');
SELECT is(pg_temp.give('root', :plain, 'supervisor', 'everything', NULL), NULL, 'the root administrator may');
SELECT is((api_1.account_set_password(pg_temp.token('office_admin'), pg_temp.new_id(), 9, NULL, now(), 'd', :plain, pg_temp.hash())).refusal,
          'not_allowed', 'a password of somebody who reaches further cannot be set to borrow their rights');

-- A change of rights reaches the account's own stream, once.
SELECT is((SELECT count(*) FROM linli.event WHERE kind = 'account.rights_changed'), 0::bigint, 'no effect has run yet');
SELECT is(pg_temp.run_due(), 2, 'one effect for each change of rights');
SELECT is((SELECT count(*) FROM linli.event WHERE kind = 'account.rights_changed' AND stream = linli.account_stream(:plain)), 2::bigint, 'in the stream of the account it is about');
SELECT is(pg_temp.run_due(), 0, 'and never again');

-- What a session may follow, and how clearly.
CREATE FUNCTION pg_temp.sees(name text) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(stream || ':' || coalesce(refusal, clear || '/' || sight), ' ' ORDER BY stream)
    FROM api_1.subscribe(pg_temp.token(name), '{5,6,7,9,10,13,14}', '{0,0,0,0,0,0,0}', '{0,0,0,0,0,0,0}', NULL) $$;
SELECT is(pg_temp.sees('dispatcher'), '5:0/0 6:0/1 7:not_allowed 9:0/0 10:0/1 13:not_allowed 14:not_allowed', 'a dispatcher follows the office and knows that confidential rows exist');
SELECT is(pg_temp.sees('leader'), '5:0/0 6:1/1 7:not_allowed 9:0/0 10:1/1 13:not_allowed 14:not_allowed', 'a shift leader reads them');
SELECT is(pg_temp.sees('station'), '5:0/0 6:0/0 7:not_allowed 9:0/0 10:not_allowed 13:not_allowed 14:not_allowed', 'a station follows its community');
SELECT is(pg_temp.sees('gridder'), '5:0/0 6:0/0 7:not_allowed 9:0/0 10:not_allowed 13:not_allowed 14:not_allowed', 'a grid worker too');
SELECT is(pg_temp.sees('root'), '5:0/0 6:0/0 7:0/0 9:0/0 10:0/0 13:0/0 14:0/0', 'an administrator is not cleared for confidential rows');
SELECT * FROM finish();
ROLLBACK;
