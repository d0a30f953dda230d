-- What the crowd needs in a fresh office, as the database's owner: communities, a team each, accounts with roles, devices
-- and sessions. Made by the api functions where there is one, so that everything is in the streams. Limits are a minute, so
-- that deadlines pass during a run.
CREATE SCHEMA chaos;
CREATE TABLE chaos.place (n integer PRIMARY KEY, community bigint, team bigint);
CREATE TABLE chaos.client (n integer PRIMARY KEY, account bigint, device uuid, role text, community bigint, team bigint);

CREATE FUNCTION chaos.id() RETURNS uuid LANGUAGE sql AS $$
  SELECT linli.uuid_of(clock_timestamp(), uuid_send(gen_random_uuid()))
$$;

-- The number of the row that a command made.
CREATE FUNCTION chaos.row(o api_1.outcome) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  IF o.refusal IS NOT NULL THEN RAISE EXCEPTION 'chaos: %: %', o.refusal, o.detail; END IF;
  RETURN ('x' || right(translate(o.row_id::text, '-', ''), 16))::bit(64)::bigint;
END $$;

CREATE PROCEDURE chaos.places(communities integer) LANGUAGE plpgsql AS $$
DECLARE
  here bigint;
  c    bigint;
  t    bigint;
BEGIN
  PERFORM chaos.row(api_1.district_put(NULL, chaos.id(), 5, NULL, now(), '\x00', '119900000000', '测试区'));
  PERFORM chaos.row(api_1.subdistrict_put(NULL, chaos.id(), 5, NULL, now(), '\x00', '119900001000', '测试街道', '119900000000', NULL));
  here := linli.office_stream((SELECT s.office FROM linli.subdistrict s WHERE s.code = '119900001000'));
  FOR i IN 1 .. communities LOOP
    c := chaos.row(api_1.community_put(NULL, chaos.id(), here, NULL, now(), '\x00', '119900001' || lpad(i::text, 3, '0'),
                                       '测试社区' || i, NULL, NULL));
    t := chaos.row(api_1.team_add(NULL, chaos.id(), here, NULL, now(), '\x00', 'unit', '测试队伍' || i, NULL, 'utility', NULL, NULL, NULL));
    INSERT INTO chaos.place VALUES (i - 1, c, t);
  END LOOP;
  UPDATE linli.time_limit SET amount = 1, unit = 'minute', clock = 'round' WHERE class IN ('critical', 'ordinary');
END $$;

-- Of ten clients one is a wall (the whole office), four are desks of a community and five its station's workers. The token of
-- client N is SHA-256 of 'chaos N'; what is stored of a token is its SHA-256.
CREATE PROCEDURE chaos.clients(count integer) LANGUAGE plpgsql AS $$
DECLARE
  office bigint := (SELECT s.office FROM linli.subdistrict s WHERE s.code = '119900001000');
  here   bigint := linli.office_stream(office);
  p      chaos.place;
  role   text;
  a      bigint;
  d      uuid;
BEGIN
  FOR k IN 0 .. count - 1 LOOP
    SELECT * INTO p FROM chaos.place t WHERE t.n = k / 10 % (SELECT count(*) FROM chaos.place);
    role := CASE WHEN k % 10 = 0 THEN 'wall' WHEN k % 10 < 5 THEN 'desk' ELSE 'station' END;
    a := chaos.row(api_1.account_add(NULL, chaos.id(), here, NULL, now(), '\x00', 'chaos' || k, '测试席位' || k, linli.dummy_hash(),
      CASE role WHEN 'station' THEN 'station_worker' ELSE 'shift_leader' END,
      CASE role WHEN 'wall' THEN 'office' ELSE 'community' END, CASE role WHEN 'wall' THEN office ELSE p.community END));
    IF role = 'station' THEN
      PERFORM chaos.row(api_1.member_add(NULL, chaos.id(), here, NULL, now(), '\x00', p.team, a, NULL));
    END IF;
    d := gen_random_uuid();
    INSERT INTO chaos.client VALUES (k, a, d, role, p.community, p.team);
    PERFORM api_1.sign_in_end('chaos' || k, d, 'chaos', '127.0.0.1', true, sha256(sha256(convert_to('chaos ' || k, 'UTF8'))));
    IF k % 50 = 49 THEN COMMIT; END IF;
  END LOOP;
  COMMIT;
  ANALYZE;
END $$;
