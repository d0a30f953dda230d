-- Teams and units, in their office's stream.

CREATE OR REPLACE FUNCTION linli.team_json(r linli.team) RETURNS jsonb LANGUAGE sql STABLE AS 'SELECT to_jsonb(r)';

-- Who holds manage_teams for the office, or for the community that the team serves.
CREATE OR REPLACE FUNCTION api_1.team_add(session bytea, id uuid, stream bigint, version bigint, made_at timestamptz,
    digest bytea, kind text, name text, community bigint, unit_kind text, capacity bigint, fallback boolean, pinyin text)
  RETURNS api_1.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  c linli.command := linli.enter(session, id, stream, made_at, digest);
  t linli.team;
BEGIN
  IF c.decided                                                 THEN RETURN c.answer; END IF;
  IF c.stream % 4 <> 1                                         THEN RETURN linli.refuse(c, 'wrong_stream'); END IF;
  IF NOT linli.may(c, 'manage_teams', community)               THEN RETURN linli.refuse(c, 'not_allowed'); END IF;
  IF coalesce(btrim(name), '') = ''                            THEN RETURN linli.refuse(c, 'bad_value', 'name'); END IF;
  IF (kind IN ('volunteers', 'cadres', 'party_members', 'unit')) IS NOT TRUE
                                                               THEN RETURN linli.refuse(c, 'bad_value', 'kind'); END IF;
  IF unit_kind IS NOT NULL AND kind <> 'unit'                  THEN RETURN linli.refuse(c, 'bad_value', 'unit_kind'); END IF;
  IF community IS NOT NULL AND linli.office_of(community) IS DISTINCT FROM c.owner
                                                               THEN RETURN linli.refuse(c, 'bad_value', 'community'); END IF;
  IF EXISTS (SELECT FROM linli.team o WHERE o.office = c.owner AND o.name = btrim(team_add.name))
                                                               THEN RETURN linli.refuse(c, 'exists'); END IF;
  INSERT INTO linli.team (kind, name, office, community, unit_kind, capacity, fallback, pinyin)
    VALUES (kind, btrim(name), c.owner, community, unit_kind, capacity, coalesce(fallback, false), pinyin) RETURNING * INTO t;
  RETURN linli.emit(c, 'team.changed', linli.key(t.id), NULL, linli.team_json(t));
END $$;

-- The same. What it has in hand it finishes; nothing more is dispatched to it.
CREATE OR REPLACE FUNCTION api_1.team_disable(session bytea, id uuid, stream bigint, version bigint, made_at timestamptz,
    digest bytea, team bigint)
  RETURNS api_1.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  c linli.command := linli.enter(session, id, stream, made_at, digest);
  t linli.team;
BEGIN
  IF c.decided                                                 THEN RETURN c.answer; END IF;
  SELECT * INTO t FROM linli.team o WHERE o.id = team_disable.team;
  IF t.id IS NULL                                              THEN RETURN linli.refuse(c, 'unknown_row'); END IF;
  IF linli.office_stream(t.office) <> c.stream                 THEN RETURN linli.refuse(c, 'wrong_stream'); END IF;
  IF NOT linli.may(c, 'manage_teams', t.community)             THEN RETURN linli.refuse(c, 'not_allowed'); END IF;
  IF t.version <> team_disable.version                         THEN RETURN linli.refuse(c, 'conflict', 'version ' || t.version); END IF;
  IF t.disabled                                                THEN RETURN linli.refuse(c, 'wrong_state'); END IF;
  UPDATE linli.team o SET disabled = true, version = o.version + 1 WHERE o.id = t.id RETURNING o.* INTO t;
  RETURN linli.emit(c, 'team.changed', linli.key(t.id), NULL, linli.team_json(t));
END $$;

-- Whoever may follow the office.
CREATE OR REPLACE FUNCTION api_1.team_list(session bytea, after text, max integer, office bigint, name text)
  RETURNS TABLE (key text, body jsonb) LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  who linli.reader := linli.reader(session);
BEGIN
  office := coalesce(office, who.office);
  IF NOT linli.may_follow_office(who.account, who.office, office) THEN PERFORM linli.deny('not_allowed'); END IF;
  RETURN QUERY SELECT t.id::text, linli.team_json(t) FROM linli.team t
    WHERE t.office = team_list.office AND t.id > coalesce(after::bigint, 0)
      AND (team_list.name IS NULL OR strpos(t.name, team_list.name) > 0)
    ORDER BY t.id LIMIT linli.page(max);
END $$;
