-- Memberships, in the stream of the team's office. A membership changes what its account sees: its own stream is told.

CREATE OR REPLACE FUNCTION linli.member_json(r linli.member) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT to_jsonb(r) - 'joined_at' - 'left_at'
$$;

-- Keep whether a team has accounts of its own; an event of the team before the command's own when that changes.
CREATE OR REPLACE FUNCTION linli.count_accounts(c linli.command, team bigint) RETURNS linli.command LANGUAGE plpgsql AS $$
DECLARE
  t   linli.team;
  has boolean := EXISTS (SELECT FROM linli.member m WHERE m.team = count_accounts.team AND m.to_date IS NULL);
BEGIN
  UPDATE linli.team o SET has_accounts = has, version = o.version + 1
   WHERE o.id = count_accounts.team AND o.has_accounts <> has RETURNING o.* INTO t;
  IF t.id IS NOT NULL THEN
    c := linli.also(c, 'team.changed', linli.key(t.id), NULL, linli.team_json(t));
  END IF;
  RETURN c;
END $$;

-- Who holds manage_teams for the office, or for the community that the team serves.
CREATE OR REPLACE FUNCTION api_1.member_add(session bytea, id uuid, stream bigint, version bigint, made_at timestamptz,
    digest bytea, team bigint, account bigint, leader boolean)
  RETURNS api_1.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  c linli.command := linli.enter(session, id, stream, made_at, digest);
  t linli.team;
  m linli.member;
  o api_1.outcome;
BEGIN
  IF c.decided                                                 THEN RETURN c.answer; END IF;
  SELECT * INTO t FROM linli.team x WHERE x.id = member_add.team;
  IF t.id IS NULL                                              THEN RETURN linli.refuse(c, 'unknown_row', 'team'); END IF;
  IF linli.office_stream(t.office) <> c.stream                 THEN RETURN linli.refuse(c, 'wrong_stream'); END IF;
  IF NOT linli.may(c, 'manage_teams', t.community)             THEN RETURN linli.refuse(c, 'not_allowed'); END IF;
  IF NOT EXISTS (SELECT FROM linli.account a WHERE a.id = member_add.account AND a.office = t.office)
                                                               THEN RETURN linli.refuse(c, 'unknown_row', 'account'); END IF;
  IF EXISTS (SELECT FROM linli.member x WHERE x.team = t.id AND x.account = member_add.account AND x.to_date IS NULL)
                                                               THEN RETURN linli.refuse(c, 'exists'); END IF;
  -- As many as linlid compares with an event's teams, and with whom it complains about.
  IF cardinality(linli.bars_of(account)) >= 64                 THEN RETURN linli.refuse(c, 'bad_value', 'account'); END IF;
  INSERT INTO linli.member (team, account, leader, from_date, joined_at)
    VALUES (t.id, account, coalesce(leader, false), linli.local_date(t.office, c.now), c.now) RETURNING * INTO m;
  c := linli.count_accounts(c, t.id);
  o := linli.emit(c, 'member.changed', linli.key(m.id), NULL, linli.member_json(m));
  PERFORM linli.tell_rights(o, 1, m.account);
  RETURN o;
END $$;

-- The same. It ends at once, so yesterday was its last day.
CREATE OR REPLACE FUNCTION api_1.member_end(session bytea, id uuid, stream bigint, version bigint, made_at timestamptz,
    digest bytea, member bigint)
  RETURNS api_1.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  c linli.command := linli.enter(session, id, stream, made_at, digest);
  t linli.team;
  m linli.member;
  o api_1.outcome;
BEGIN
  IF c.decided                                                 THEN RETURN c.answer; END IF;
  SELECT * INTO m FROM linli.member x WHERE x.id = member_end.member;
  IF m.id IS NULL                                              THEN RETURN linli.refuse(c, 'unknown_row'); END IF;
  SELECT * INTO t FROM linli.team x WHERE x.id = m.team;
  IF linli.office_stream(t.office) <> c.stream                 THEN RETURN linli.refuse(c, 'wrong_stream'); END IF;
  IF NOT linli.may(c, 'manage_teams', t.community)             THEN RETURN linli.refuse(c, 'not_allowed'); END IF;
  IF m.to_date IS NOT NULL                                     THEN RETURN linli.refuse(c, 'wrong_state'); END IF;
  UPDATE linli.member x SET to_date = linli.local_date(t.office, c.now) - 1, left_at = c.now WHERE x.id = m.id RETURNING x.* INTO m;
  c := linli.count_accounts(c, t.id);
  o := linli.emit(c, 'member.changed', linli.key(m.id), NULL, linli.member_json(m));
  PERFORM linli.tell_rights(o, 1, m.account);
  RETURN o;
END $$;

-- Whoever may follow the team's office.
CREATE OR REPLACE FUNCTION api_1.member_list(session bytea, after text, max integer, team bigint)
  RETURNS TABLE (key text, body jsonb) LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  who    linli.reader := linli.reader(session);
  office bigint := linli.team_office(team);
BEGIN
  IF office IS NULL THEN PERFORM linli.deny('unknown_row'); END IF;
  IF NOT linli.may_follow_office(who.account, who.office, office) THEN PERFORM linli.deny('not_allowed'); END IF;
  RETURN QUERY SELECT m.id::text, linli.member_json(m) FROM linli.member m
    WHERE m.team = member_list.team AND m.id > coalesce(after::bigint, 0) ORDER BY m.id LIMIT linli.page(max);
END $$;
