-- A small office for tests: \ir fixture.sql inside a transaction. Root 1, office 2 with communities 1 and 2, office 3 with
-- community 3, grid 1 in community 1; accounts by name with a session whose token is sha256(name).
-- The clock stands at 2026-03-01 08:00 in Beijing, a Sunday.
SET linli.clock = '2026-03-01 08:00+08';
SELECT linli.bootstrap('root', '管理员', '$argon2id$v=19$m=19456,t=2,p=1$' || repeat('a', 22) || '$' || repeat('b', 43)) \g /dev/null

CREATE FUNCTION pg_temp.hash() RETURNS text LANGUAGE sql AS $$
  SELECT '$argon2id$v=19$m=19456,t=2,p=1$' || repeat('a', 22) || '$' || repeat('b', 43) $$;
CREATE FUNCTION pg_temp.new_id() RETURNS uuid LANGUAGE sql AS $$ SELECT linli.uuid_of(linli.clock(), uuid_send(gen_random_uuid())) $$;
CREATE FUNCTION pg_temp.token(name text) RETURNS bytea LANGUAGE sql AS $$ SELECT sha256(convert_to(name, 'UTF8')) $$;

-- Runs what is due as the scheduler does.
CREATE FUNCTION pg_temp.run_due() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  d record;
  n integer := 0;
BEGIN
  FOR d IN SELECT * FROM api_1.due_list(1000) LOOP
    PERFORM api_1.due_run(NULL, d.id, d.stream, NULL, now(), d.digest, d.job);
    n := n + 1;
  END LOOP;
  RETURN n;
END $$;

CREATE FUNCTION pg_temp.sign_in(name text, device uuid DEFAULT '00000000-0000-7000-8000-00000000000d')
  RETURNS api_1.signed_in LANGUAGE sql AS $$
  DELETE FROM linli.session s WHERE s.token = pg_temp.token(name);
  SELECT api_1.sign_in_end(name, device, 'desk', '10.0.0.1', true, pg_temp.token(name)) $$;

-- An account of an office with a role, signed in.
CREATE FUNCTION pg_temp.account(name text, office bigint, role text, scope text, scope_id bigint) RETURNS bigint
  LANGUAGE plpgsql AS $$
DECLARE
  o api_1.outcome := api_1.account_add(NULL, pg_temp.new_id(), linli.office_stream(office), NULL, now(), 'x', name, name,
                                       pg_temp.hash(), role, scope, scope_id);
BEGIN
  IF o.refusal IS NOT NULL THEN RAISE EXCEPTION '%', o; END IF;
  PERFORM pg_temp.sign_in(name);
  RETURN (SELECT a.id FROM linli.account a WHERE a.name = account.name);
END $$;

SELECT pg_temp.sign_in('root') \g /dev/null
SELECT api_1.district_put(NULL, pg_temp.new_id(), 5, NULL, now(), 'x', '110101000000', '东城区') \g /dev/null
SELECT api_1.subdistrict_put(NULL, pg_temp.new_id(), 5, NULL, now(), 'x', '110101001000', '东华门街道', '110101000000', NULL) \g /dev/null
SELECT api_1.subdistrict_put(NULL, pg_temp.new_id(), 5, NULL, now(), 'x', '110101002000', '景山街道', '110101000000', NULL) \g /dev/null
SELECT api_1.community_put(NULL, pg_temp.new_id(), 9, NULL, now(), 'x', '110101001001', '多福巷社区居委会', '多福巷', 'duofuxiang') \g /dev/null
SELECT api_1.community_put(NULL, pg_temp.new_id(), 9, NULL, now(), 'x', '110101001002', '银闸社区居委会', '银闸', NULL) \g /dev/null
SELECT api_1.community_put(NULL, pg_temp.new_id(), 13, NULL, now(), 'x', '110101002001', '隆福寺社区居委会', '隆福寺', NULL) \g /dev/null
SELECT api_1.grid_add(NULL, pg_temp.new_id(), 9, NULL, now(), 'x', 1, NULL, '第一网格', NULL, NULL) \g /dev/null
SELECT pg_temp.run_due() \g /dev/null
