-- Signing in: throttled by who guesses, never by whom is guessed; sessions end when they must.
BEGIN;
\ir fixture.sql
SELECT plan(48);
SET linli.clock = '2026-03-01 09:00+08';
SELECT pg_temp.account('clerk', 2, 'intake_clerk', 'office', 2) AS clerk \gset
DELETE FROM linli.session WHERE account = :clerk;
\set desk '00000000-0000-7000-8000-00000000000d'
\set other '00000000-0000-7000-8000-00000000000e'

SELECT is(account, :clerk::bigint, 'the account is found') FROM api_1.sign_in_begin('clerk', :'desk', '10.0.0.1');
SELECT ok(known AND wait_ms = 0 AND hash = pg_temp.hash(), 'its device is known') FROM api_1.sign_in_begin('clerk', :'desk', '10.0.0.1');
SELECT ok(NOT known AND account IS NULL AND hash LIKE '$argon2id$v=19$m=19456,t=2,p=1$%' AND wait_ms = 0, 'an unknown name looks like a known one')
  FROM api_1.sign_in_begin('nobody', :'desk', '10.0.0.1');
SELECT is((api_1.sign_in_end('nobody', :'desk', 'd', '10.0.0.1', true, sha256('x'))).error, 'wrong_password', 'and cannot sign in even when linlid says ok');
SELECT is((api_1.sign_in_end('clerk', :'desk', 'd', '10.0.0.1', false, sha256('x'))).error, 'wrong_password', 'a bad password does not sign in');
SELECT is((api_1.sign_in_end('clerk', :'desk', 'd', '10.0.0.1', true, 'short')).error, 'wrong_password', 'nor does a token that is no digest');

-- A thousand guesses from elsewhere.
CREATE TEMP TABLE guess AS SELECT (api_1.sign_in_begin('clerk', gen_random_uuid(), '203.0.113.9')).wait_ms FROM generate_series(1, 1000);
SELECT is((SELECT count(*) FROM guess WHERE wait_ms = 0), 5::bigint, 'of a thousand guesses from one address five are compared');
SELECT cmp_ok((SELECT max(wait_ms) FROM guess), '<=', 20000::bigint, 'and the others are told how long to wait');
SELECT is((SELECT count(*) FROM linli.sign_in_attempt WHERE key LIKE '%203.0.113.9 clerk'), 1::bigint, 'a guesser costs one row');
CREATE TEMP TABLE spread AS SELECT (api_1.sign_in_begin('clerk', gen_random_uuid(), '2001:db8:0:1::' || to_hex(i))).wait_ms FROM generate_series(1, 100) i;
SELECT is((SELECT count(*) FROM spread WHERE wait_ms = 0), 5::bigint, 'a /64 of IPv6 is one guesser');
SELECT is((SELECT wait_ms FROM api_1.sign_in_begin('clerk', :'desk', '203.0.113.9')), 0::bigint, 'the known device gets through meanwhile, even behind that address');
SELECT is((SELECT wait_ms FROM api_1.sign_in_begin('clerk', :'other', '10.0.0.7')), 0::bigint, 'and so does a new device from another place');
SET linli.clock = '2026-03-01 09:00:20.001+08';
SELECT is((SELECT wait_ms FROM api_1.sign_in_begin('clerk', :'other', '203.0.113.9')), 0::bigint, 'after the wait one more guess is taken');
SELECT cmp_ok((SELECT wait_ms FROM api_1.sign_in_begin('clerk', :'other', '203.0.113.9')), '>', 0::bigint, 'and only one');
CREATE TEMP TABLE names AS SELECT (api_1.sign_in_begin('name' || i, gen_random_uuid(), '203.0.113.10')).wait_ms FROM generate_series(1, 700) i;
SELECT is((SELECT count(*) FROM names WHERE wait_ms = 0), 500::bigint, 'a list of names from one address is bounded, an office in the morning is not');
SELECT is((SELECT count(*) FROM linli.sign_in_attempt WHERE key LIKE '%203.0.113.10%'), 501::bigint, 'and so are the rows that ever new names cost');
SELECT is(count(*), 10::bigint, 'a known device may err ten times') FROM generate_series(1, 30) i, LATERAL (SELECT i, (api_1.sign_in_begin('root', :'desk', '10.0.0.1')).wait_ms OFFSET 0) w WHERE w.wait_ms = 0;
SELECT ok((pg_temp.sign_in('root', :'other')).error IS NULL, 'a good password signs in');
SELECT cmp_ok((SELECT wait_ms FROM api_1.sign_in_begin('root', :'desk', '10.0.0.1')), '>', 0::bigint, 'it forgives its own device, not others');

-- What a session is told.
SELECT * FROM pg_temp.sign_in('clerk') \gset s_
SELECT is(:'s_rights'::text, '{comment,follow,list_confidential,register,reveal,triage}', 'the rights of its roles');
SELECT is(:'s_communities'::text, '{1,2}', 'the communities it may follow');
SELECT is(:s_account_stream, :clerk * 4 + 3, 'its own stream');
SELECT is(:s_office_stream, 9, 'its office''s');
SELECT is(:'s_zone'::text, 'Asia/Shanghai', 'its office''s time zone');

-- Devices are told in the account's own stream.
SELECT is((SELECT count(*) FROM linli.event WHERE stream = :s_account_stream), 1::bigint, 'a second sign-in from a known device is no event');
SELECT ok((api_1.sign_in_end('clerk', :'other', 'phone', '10.0.0.1', true, sha256('2'))).error IS NULL, 'a second device');
SELECT is((SELECT body ->> 'name' FROM linli.event WHERE stream = :s_account_stream ORDER BY seq DESC LIMIT 1), 'phone', 'is an event');
SELECT is((SELECT count(*) FROM api_1.device_list(sha256('2'), NULL, 10)), 2::bigint, 'and is listed');

-- resume
SELECT is((api_1.resume(pg_temp.token('clerk'), :'other', 'x')).error, 'token_expired', 'a token counts on its own device only');
SELECT is((api_1.resume(pg_temp.token('clerk'), :'desk', 'x')).account, :clerk::bigint, 'there it resumes');
SET linli.clock = '2026-03-02 09:00+08';
SELECT is((api_1.resume(pg_temp.token('clerk'), :'desk', 'x')).expires_at, '2026-03-03 21:00+08'::timestamptz, 'a session in use lasts on');
SET linli.clock = '2026-03-04 09:00+08';
SELECT is((api_1.resume(pg_temp.token('clerk'), :'desk', 'x')).error, 'token_expired', 'one out of use ends');
SELECT throws_ok($$SELECT * FROM api_1.subscribe(pg_temp.token('clerk'), '{9}', '{0}', '{0}', NULL)$$, 'LI001', 'signed_out', 'and follows nothing more');

-- Revoking, disabling, a new password, signing out.
SET linli.clock = '2026-03-01 10:00+08';
SELECT is((api_1.device_revoke(sha256('2'), pg_temp.new_id(), :s_account_stream, NULL, now(), 'd', :'desk')).refusal, NULL, 'one revokes one''s own device');
SELECT is((api_1.resume(pg_temp.token('clerk'), :'desk', 'x')).error, 'token_expired', 'its tokens are gone');
SELECT ok(NOT known, 'it is no longer known') FROM api_1.sign_in_begin('clerk', :'desk', '10.0.0.99');
SELECT is((api_1.device_revoke(sha256('2'), pg_temp.new_id(), 7, NULL, now(), 'd', :'desk')).refusal, 'not_allowed', 'nobody revokes another''s');
SELECT is((SELECT string_agg(kind, ' ' ORDER BY seq) FROM linli.event WHERE stream = :s_account_stream AND seq > 2), 'account.rights_changed device.changed',
          'open sessions are told before the device is');
SELECT is(account_head, (SELECT head FROM linli.stream WHERE stream = account_stream), 'a session is told where its account''s stream stands') FROM pg_temp.sign_in('root');
SELECT pg_temp.account('wide', 2, 'administrator', 'everything', NULL) AS wide \gset
SELECT pg_temp.account('local', 2, 'administrator', 'office', 2) \g /dev/null
SELECT is((api_1.device_revoke(pg_temp.token('local'), pg_temp.new_id(), :wide * 4 + 3, NULL, now(), 'd', :'desk')).refusal, 'not_allowed',
          'nobody revokes a device of who reaches further');
SELECT is((api_1.device_revoke(pg_temp.token('root'), pg_temp.new_id(), linli.account_stream(account), NULL, now(), 'd', :'desk')).refusal, NULL, 'else an administrator does')
  FROM linli.session WHERE token = pg_temp.token('local');
SELECT is((api_1.account_set_password(pg_temp.token('root'), pg_temp.new_id(), 9, NULL, now(), 'd', :clerk, NULL)).refusal, 'weak_password', 'a password that linlid found too short');
SELECT is((api_1.account_set_password(pg_temp.token('root'), pg_temp.new_id(), 9, NULL, now(), 'd', :clerk, pg_temp.hash())).refusal, NULL, 'a new password');
SELECT is((api_1.resume(sha256('2'), :'other', 'x')).error, 'token_expired', 'ends the other sessions');
SELECT ok((pg_temp.sign_in('clerk')).error IS NULL, 'it signs in again') ;
SELECT is((api_1.account_disable(pg_temp.token('root'), pg_temp.new_id(), 9, NULL, now(), 'd', :clerk)).refusal, NULL, 'disabled');
SELECT is((pg_temp.sign_in('clerk')).error, 'disabled', 'a disabled account is told so after a right password');
SELECT is((SELECT count(*) FROM linli.session WHERE account = :clerk), 0::bigint, 'and has no session');
SELECT * FROM finish();
ROLLBACK;
