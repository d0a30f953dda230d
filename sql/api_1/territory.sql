-- Territory: district and subdistrict in the root office's stream, community and grid in their office's.

CREATE OR REPLACE FUNCTION linli.office_json(r linli.office) RETURNS jsonb LANGUAGE sql STABLE AS 'SELECT to_jsonb(r)';
CREATE OR REPLACE FUNCTION linli.district_json(r linli.district) RETURNS jsonb LANGUAGE sql STABLE AS 'SELECT to_jsonb(r)';
CREATE OR REPLACE FUNCTION linli.subdistrict_json(r linli.subdistrict) RETURNS jsonb LANGUAGE sql STABLE AS 'SELECT to_jsonb(r)';
CREATE OR REPLACE FUNCTION linli.community_json(r linli.community) RETURNS jsonb LANGUAGE sql STABLE AS 'SELECT to_jsonb(r)';
CREATE OR REPLACE FUNCTION linli.grid_json(r linli.grid) RETURNS jsonb LANGUAGE sql STABLE AS 'SELECT to_jsonb(r)';

-- linlid, for district.put.
CREATE OR REPLACE FUNCTION api_1.district_put(session bytea, id uuid, stream bigint, version bigint, made_at timestamptz,
    digest bytea, code text, name text)
  RETURNS api_1.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  c linli.command := linli.enter(session, id, stream, made_at, digest);
  d linli.district;
BEGIN
  IF c.decided                                             THEN RETURN c.answer; END IF;
  IF c.stream <> linli.office_stream(1)                    THEN RETURN linli.refuse(c, 'wrong_stream'); END IF;
  IF NOT linli.may(c, 'manage_territory')                  THEN RETURN linli.refuse(c, 'not_allowed'); END IF;
  IF (code ~ '^[0-9]{6}0{6}$') IS NOT TRUE                 THEN RETURN linli.refuse(c, 'bad_value', 'code'); END IF;
  IF coalesce(btrim(name), '') = ''                        THEN RETURN linli.refuse(c, 'bad_value', 'name'); END IF;
  SELECT * INTO d FROM linli.district t WHERE t.code = district_put.code;
  IF d.id IS NULL THEN
    INSERT INTO linli.district (code, name) VALUES (code, name) RETURNING * INTO d;
  ELSE
    IF d.version <> district_put.version                   THEN RETURN linli.refuse(c, 'conflict'); END IF;
    IF d.name = district_put.name                          THEN RETURN linli.refuse(c, 'exists'); END IF;
    UPDATE linli.district t SET name = district_put.name, version = t.version + 1 WHERE t.id = d.id RETURNING * INTO d;
  END IF;
  RETURN linli.emit(c, 'district.changed', linli.key(d.id), NULL, linli.district_json(d));
END $$;

-- linlid, for subdistrict.put. The office is made in the same transaction, so that a desk of it can sign in at once; what
-- its own stream is told comes as an effect.
CREATE OR REPLACE FUNCTION api_1.subdistrict_put(session bytea, id uuid, stream bigint, version bigint, made_at timestamptz,
    digest bytea, code text, name text, district_code text, zone text)
  RETURNS api_1.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  c linli.command := linli.enter(session, id, stream, made_at, digest);
  d linli.district;
  s linli.subdistrict;
  f linli.office;
  o api_1.outcome;
BEGIN
  IF c.decided                                             THEN RETURN c.answer; END IF;
  IF c.stream <> linli.office_stream(1)                    THEN RETURN linli.refuse(c, 'wrong_stream'); END IF;
  IF NOT linli.may(c, 'manage_territory')                  THEN RETURN linli.refuse(c, 'not_allowed'); END IF;
  IF (code ~ '^[0-9]{9}000$' AND code !~ '000000$') IS NOT TRUE THEN RETURN linli.refuse(c, 'bad_value', 'code'); END IF;
  IF coalesce(btrim(name), '') = ''                        THEN RETURN linli.refuse(c, 'bad_value', 'name'); END IF;
  IF NOT linli.is_zone(zone)                               THEN RETURN linli.refuse(c, 'bad_value', 'zone'); END IF;
  SELECT * INTO d FROM linli.district t WHERE t.code = district_code;
  IF d.id IS NULL                                          THEN RETURN linli.refuse(c, 'unknown_row', 'district_code'); END IF;
  SELECT * INTO s FROM linli.subdistrict t WHERE t.code = subdistrict_put.code;
  IF s.id IS NULL THEN
    INSERT INTO linli.office (code, name, zone) VALUES (code, name, coalesce(zone, 'Asia/Shanghai')) RETURNING * INTO f;
    INSERT INTO linli.stream (stream, office) VALUES (linli.office_stream(f.id), f.id);
    INSERT INTO linli.subdistrict (code, name, district, office) VALUES (code, name, d.id, f.id) RETURNING * INTO s;
  ELSE
    SELECT * INTO f FROM linli.office t WHERE t.id = s.office;
    IF s.version <> subdistrict_put.version                THEN RETURN linli.refuse(c, 'conflict'); END IF;
    IF s.name = subdistrict_put.name AND s.district = d.id AND f.zone = coalesce(zone, f.zone)
                                                           THEN RETURN linli.refuse(c, 'exists'); END IF;
    UPDATE linli.subdistrict t SET name = subdistrict_put.name, district = d.id, version = t.version + 1
     WHERE t.id = s.id RETURNING * INTO s;
  END IF;
  o := linli.emit(c, 'subdistrict.changed', linli.key(s.id), NULL, linli.subdistrict_json(s));
  PERFORM linli.effect(o, 1, linli.office_stream(s.office), 'office.changed', linli.key(s.office),
                       jsonb_build_object('name', name, 'zone', coalesce(zone, f.zone)));
  RETURN o;
END $$;

CREATE OR REPLACE FUNCTION linli.is_zone(zone text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT zone IS NULL OR zone = 'Asia/Shanghai' OR EXISTS (SELECT FROM pg_timezone_names z WHERE z.name = zone)
$$;

-- The effect of subdistrict.put in the office's own stream.
CREATE OR REPLACE FUNCTION linli.job_office_changed(c linli.command, j linli.job)
  RETURNS api_1.outcome LANGUAGE plpgsql AS $$
DECLARE
  f linli.office;
BEGIN
  UPDATE linli.office t SET name = j.args ->> 'name', zone = j.args ->> 'zone', version = t.version + 1
   WHERE t.id = c.owner AND (t.name, t.zone) IS DISTINCT FROM (j.args ->> 'name', j.args ->> 'zone');
  SELECT * INTO f FROM linli.office t WHERE t.id = c.owner;
  RETURN linli.emit(c, 'office.changed', linli.key(f.id), NULL, linli.office_json(f));
END $$;

-- linlid, for community.put. The community gets its stream in the same transaction.
CREATE OR REPLACE FUNCTION api_1.community_put(session bytea, id uuid, stream bigint, version bigint, made_at timestamptz,
    digest bytea, code text, name text, short_name text, pinyin text)
  RETURNS api_1.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  c linli.command := linli.enter(session, id, stream, made_at, digest);
  s linli.subdistrict;
  k linli.community;
BEGIN
  IF c.decided                                             THEN RETURN c.answer; END IF;
  SELECT * INTO s FROM linli.subdistrict t WHERE t.office = c.owner AND c.stream % 4 = 1;
  IF s.id IS NULL                                          THEN RETURN linli.refuse(c, 'wrong_stream'); END IF;
  SELECT * INTO k FROM linli.community t WHERE t.code = community_put.code;
  IF NOT linli.may(c, 'manage_territory', k.id)            THEN RETURN linli.refuse(c, 'not_allowed'); END IF;
  IF (code ~ '^[0-9]{12}$' AND code !~ '000$') IS NOT TRUE THEN RETURN linli.refuse(c, 'bad_value', 'code'); END IF;
  IF left(code, 9) <> left(s.code, 9)                      THEN RETURN linli.refuse(c, 'wrong_stream', 'code'); END IF;
  IF coalesce(btrim(name), '') = ''                        THEN RETURN linli.refuse(c, 'bad_value', 'name'); END IF;
  IF k.id IS NULL THEN
    INSERT INTO linli.community (code, name, short_name, subdistrict, office, pinyin)
      VALUES (code, name, short_name, s.id, s.office, pinyin) RETURNING * INTO k;
    INSERT INTO linli.stream (stream, office) VALUES (linli.community_stream(k.id), k.office);
  ELSE
    IF k.version <> community_put.version                  THEN RETURN linli.refuse(c, 'conflict'); END IF;
    IF (k.name, k.short_name, k.pinyin) IS NOT DISTINCT FROM
       (community_put.name, community_put.short_name, community_put.pinyin)
                                                           THEN RETURN linli.refuse(c, 'exists'); END IF;
    UPDATE linli.community t SET name = community_put.name, short_name = community_put.short_name,
                                 pinyin = community_put.pinyin, version = t.version + 1
     WHERE t.id = k.id RETURNING * INTO k;
  END IF;
  RETURN linli.emit(c, 'community.changed', linli.key(k.id), NULL, linli.community_json(k));
END $$;

-- linlid, for grid.add. Ordinary grids are numbered 001–899, dedicated ones 900–999.
CREATE OR REPLACE FUNCTION api_1.grid_add(session bytea, id uuid, stream bigint, version bigint, made_at timestamptz,
    digest bytea, community bigint, code text, name text, kind text, official_code text)
  RETURNS api_1.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  c      linli.command := linli.enter(session, id, stream, made_at, digest);
  k      linli.community;
  g      linli.grid;
  low    text;
  high   text;
BEGIN
  IF c.decided                                             THEN RETURN c.answer; END IF;
  SELECT * INTO k FROM linli.community t WHERE t.id = grid_add.community;
  IF k.id IS NULL                                          THEN RETURN linli.refuse(c, 'unknown_row', 'community'); END IF;
  IF c.stream <> linli.office_stream(k.office)             THEN RETURN linli.refuse(c, 'wrong_stream'); END IF;
  IF NOT linli.may(c, 'manage_territory', k.id)            THEN RETURN linli.refuse(c, 'not_allowed'); END IF;
  IF coalesce(btrim(name), '') = ''                        THEN RETURN linli.refuse(c, 'bad_value', 'name'); END IF;
  IF coalesce(kind, 'ordinary') NOT IN ('ordinary', 'dedicated') THEN RETURN linli.refuse(c, 'bad_value', 'kind'); END IF;
  low  := k.code || CASE kind WHEN 'dedicated' THEN '900' ELSE '001' END;
  high := k.code || CASE kind WHEN 'dedicated' THEN '999' ELSE '899' END;
  IF code IS NULL THEN
    SELECT coalesce((max(t.code)::bigint + 1)::text, low) INTO code FROM linli.grid t WHERE t.code BETWEEN low AND high;
    code := lpad(code, 15, '0');
  END IF;
  IF NOT (code ~ '^[0-9]{15}$' AND code BETWEEN low AND high) THEN RETURN linli.refuse(c, 'bad_value', 'code'); END IF;
  IF EXISTS (SELECT FROM linli.grid t WHERE t.code = grid_add.code) THEN RETURN linli.refuse(c, 'exists'); END IF;
  INSERT INTO linli.grid (code, name, community, kind, official_code)
    VALUES (code, name, k.id, coalesce(kind, 'ordinary'), official_code) RETURNING * INTO g;
  RETURN linli.emit(c, 'grid.changed', linli.key(g.id), NULL, linli.grid_json(g));
END $$;

-- linlid, for the lists. Territory is public: any session may read it, except that office.list shows offices it may follow.
CREATE OR REPLACE FUNCTION api_1.office_list(session bytea, after text, max integer)
  RETURNS TABLE (key text, body jsonb) LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  r linli.reader := linli.reader(session);
BEGIN
  RETURN QUERY SELECT t.id::text, linli.office_json(t) FROM linli.office t
    WHERE t.id > coalesce(after::bigint, 0) AND linli.may_follow_office(r.account, r.office, t.id)
    ORDER BY t.id LIMIT linli.page(max);
END $$;

CREATE OR REPLACE FUNCTION api_1.district_list(session bytea, after text, max integer)
  RETURNS TABLE (key text, body jsonb) LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
BEGIN
  PERFORM linli.reader(session);
  RETURN QUERY SELECT t.code, linli.district_json(t) FROM linli.district t
    WHERE t.code > coalesce(after, '') ORDER BY t.code LIMIT linli.page(max);
END $$;

CREATE OR REPLACE FUNCTION api_1.subdistrict_list(session bytea, after text, max integer, district bigint)
  RETURNS TABLE (key text, body jsonb) LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
BEGIN
  PERFORM linli.reader(session);
  RETURN QUERY SELECT t.code, linli.subdistrict_json(t) FROM linli.subdistrict t
    WHERE t.code > coalesce(after, '') AND (subdistrict_list.district IS NULL OR t.district = subdistrict_list.district)
    ORDER BY t.code LIMIT linli.page(max);
END $$;

CREATE OR REPLACE FUNCTION api_1.community_list(session bytea, after text, max integer, office bigint, code text)
  RETURNS TABLE (key text, body jsonb) LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
BEGIN
  PERFORM linli.reader(session);
  RETURN QUERY SELECT t.code, linli.community_json(t) FROM linli.community t
    WHERE t.code > coalesce(after, '') AND (community_list.office IS NULL OR t.office = community_list.office)
      AND (community_list.code IS NULL OR t.code = community_list.code)
    ORDER BY t.code LIMIT linli.page(max);
END $$;

CREATE OR REPLACE FUNCTION api_1.grid_list(session bytea, after text, max integer, community bigint, code text)
  RETURNS TABLE (key text, body jsonb) LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
BEGIN
  PERFORM linli.reader(session);
  RETURN QUERY SELECT t.code, linli.grid_json(t) FROM linli.grid t
    WHERE t.code > coalesce(after, '') AND (grid_list.community IS NULL OR t.community = grid_list.community)
      AND (grid_list.code IS NULL OR t.code = grid_list.code)
    ORDER BY t.code LIMIT linli.page(max);
END $$;
