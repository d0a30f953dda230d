-- What the laboratory adds to a fresh office, as the database's owner: territory, requests in progress, desks. Made by the
-- api functions where there is one, fifty to a transaction: a counter's versions are pruned only after a commit.
CREATE SCHEMA lab;
CREATE TABLE lab.place (office bigint, first bigint);
CREATE TABLE lab.desk (n integer PRIMARY KEY, account bigint, device uuid);

CREATE FUNCTION lab.id() RETURNS uuid LANGUAGE sql AS $$
  SELECT linli.uuid_of(clock_timestamp(), uuid_send(gen_random_uuid()))
$$;

-- The number of the row that a command made.
CREATE FUNCTION lab.row(o api_1.outcome) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  IF o.refusal IS NOT NULL THEN RAISE EXCEPTION 'lab: %: %', o.refusal, o.detail; END IF;
  RETURN ('x' || right(translate(o.row_id::text, '-', ''), 16))::bit(64)::bigint;
END $$;

CREATE PROCEDURE lab.request(request uuid, community bigint, team bigint) LANGUAGE plpgsql AS $$
DECLARE
  s bigint := linli.community_stream(community);
BEGIN
  PERFORM lab.row(api_1.request_register(NULL, lab.id(), s, NULL, now(), '\x00', request, '楼道灯不亮，老人夜里不敢出门。', '楼道灯不亮',
    'phone', 'help', NULL, NULL, '3号楼2单元', 'ordinary', false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL));
  PERFORM lab.row(api_1.request_accept(NULL, lab.id(), s, NULL, now(), '\x00', request, NULL, NULL, NULL, NULL));
  PERFORM lab.row(api_1.request_dispatch(NULL, lab.id(), s, NULL, now(), '\x00', request, team, NULL, NULL));
  PERFORM lab.row(api_1.request_sign(NULL, lab.id(), s, NULL, now(), '\x00', request, '已电话告知'));
END $$;

-- The k-th request belongs to the (k mod communities)-th community, whose numbers follow one another.
CREATE PROCEDURE lab.fill(communities integer, each integer, prefix text, first_row bigint) LANGUAGE plpgsql AS $$
DECLARE
  office bigint;
  here   bigint;
  c      bigint;
  t      bigint;
  first  bigint;
  teams  bigint[];
BEGIN
  PERFORM lab.row(api_1.district_put(NULL, lab.id(), 5, NULL, now(), '\x00', '119900000000', '测试区'));
  PERFORM lab.row(api_1.subdistrict_put(NULL, lab.id(), 5, NULL, now(), '\x00', '119900001000', '测试街道', '119900000000', NULL));
  office := (SELECT s.office FROM linli.subdistrict s WHERE s.code = '119900001000');
  here := linli.office_stream(office);
  COMMIT;
  FOR i IN 0 .. communities - 1 LOOP
    c := lab.row(api_1.community_put(NULL, lab.id(), here, NULL, now(), '\x00', '119900001' || lpad((i + 1)::text, 3, '0'),
                                     '测试社区' || i, NULL, NULL));
    t := lab.row(api_1.team_add(NULL, lab.id(), here, NULL, now(), '\x00', 'unit', '测试单位' || i, NULL, 'utility', NULL, NULL, NULL));
    first := coalesce(first, c);
    IF c <> first + i THEN RAISE EXCEPTION 'lab: communities are not numbered one after another'; END IF;
    teams := teams || t;
  END LOOP;
  COMMIT;
  INSERT INTO lab.place VALUES (office, first);
  FOR k IN 0 .. communities * each - 1 LOOP
    CALL lab.request((prefix || first_row + k)::uuid, first + k % communities, teams[1 + k % communities]);
    IF k % 50 = 49 THEN COMMIT; END IF;
  END LOOP;
  COMMIT;
  ANALYZE;
END $$;

-- Accounts n, n + 1 …, each with a device and a session whose token is SHA-256 of 'bench desk N'. What is stored of a
-- token is its SHA-256.
CREATE PROCEDURE lab.desks(first integer, count integer) LANGUAGE plpgsql AS $$
DECLARE
  office bigint := (SELECT p.office FROM lab.place p);
  a      bigint;
  d      uuid;
BEGIN
  FOR n IN first .. first + count - 1 LOOP
    a := lab.row(api_1.account_add(NULL, lab.id(), linli.office_stream(office), NULL, now(), '\x00', 'desk' || n, '测试席位' || n,
                                   linli.dummy_hash(), 'dispatcher', NULL, NULL));
    d := gen_random_uuid();
    INSERT INTO lab.desk VALUES (n, a, d);
    INSERT INTO linli.device (account, id, first_seen_at, last_seen_at) VALUES (a, d, now(), now());
    INSERT INTO linli.session (token, account, office, device, made_at, expires_at)
      VALUES (sha256(sha256(convert_to('bench desk ' || n, 'UTF8'))), a, office, d, now(), now() + interval '30 hours');
    IF n % 50 = 49 THEN COMMIT; END IF;
  END LOOP;
  COMMIT;
  ANALYZE linli.session, linli.account, linli.device, linli.role_grant, linli.stream;
END $$;
