-- Who may do what, where: decided here and nowhere else, from role_grant and role_right. Called by api functions.

-- The account that a session belongs to now, or no row. One look: whatever ends a session deletes its row.
CREATE OR REPLACE FUNCTION linli.whoever(session bytea, now timestamptz) RETURNS TABLE (account bigint, office bigint)
  LANGUAGE sql STABLE ROWS 1 AS $$
  SELECT s.account, s.office FROM linli.session s WHERE s.token = session AND s.expires_at > now
$$;

-- Whether the scope of a grant covers a place. Written so that it is put in place where it is called.
CREATE OR REPLACE FUNCTION linli.covers(scope text, scope_id bigint, office bigint, community bigint, grid bigint) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE scope WHEN 'everything' THEN true
                    WHEN 'office'     THEN scope_id = office
                    WHEN 'community'  THEN scope_id = community
                    WHEN 'grid'       THEN scope_id = grid END
$$;

-- Whether an account holds a right that covers a place. NULL parts of the place are covered by wider scopes only.
CREATE OR REPLACE FUNCTION linli.account_may(account bigint, right_name text, office bigint,
                                             community bigint DEFAULT NULL, grid bigint DEFAULT NULL)
  RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM linli.role_grant g JOIN linli.role_right r ON r.role = g.role
     WHERE g.account = account_may.account AND NOT g.ended AND r.right_name = account_may.right_name
       AND linli.covers(g.scope, g.scope_id, account_may.office, account_may.community, account_may.grid))
$$;

-- Whether this command's account may do it in the stream it writes; the system may. In an office's stream a community
-- narrows the place; in a community's stream the community is that one.
CREATE OR REPLACE FUNCTION linli.may(c linli.command, right_name text, community bigint DEFAULT NULL, grid bigint DEFAULT NULL)
  RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF c.account IS NULL THEN RETURN true; END IF;
  IF c.stream % 4 = 2 THEN community := c.owner; END IF;
  RETURN EXISTS (
    SELECT FROM linli.role_grant g JOIN linli.role_right r ON r.role = g.role
     WHERE g.account = c.account AND NOT g.ended AND r.right_name = may.right_name
       AND linli.covers(g.scope, g.scope_id, c.office, may.community, may.grid));
END $$;

-- Teams an account is a member of today, by the calendar of the team's office.
CREATE OR REPLACE FUNCTION linli.teams_of(account bigint) RETURNS bigint[] LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN coalesce((
    SELECT array_agg(DISTINCT m.team ORDER BY m.team)
      FROM linli.member m JOIN linli.team t ON t.id = m.team JOIN linli.office o ON o.id = t.office
     WHERE m.account = teams_of.account
       AND (linli.clock() AT TIME ZONE o.zone)::date BETWEEN m.from_date AND coalesce(m.to_date, 'infinity')), '{}');
END $$;

-- When an account was in a team. A request that complains about a team is hidden from who was in it when that request was
-- registered, for good; who joins later sees what they saw, and does nothing there while a member.
DROP TYPE IF EXISTS linli.bar CASCADE;
CREATE TYPE linli.bar AS (team bigint, since timestamptz, until timestamptz);

-- What of it matters: memberships of today, since a request may come at any moment, and past ones of teams that a request
-- complains about.
CREATE OR REPLACE FUNCTION linli.bars_of(account bigint) RETURNS linli.bar[] LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN coalesce((
    SELECT array_agg((x.team, x.joined_at, coalesce(x.left_at, 'infinity'))::linli.bar ORDER BY x.team, x.joined_at)
      FROM (SELECT m.team, m.joined_at, m.left_at FROM linli.member m
             WHERE m.account = bars_of.account
               AND (m.left_at IS NULL OR EXISTS (SELECT FROM linli.request r WHERE r.subject_team = m.team))
             ORDER BY m.left_at DESC NULLS FIRST LIMIT 64) x), '{}');
END $$;
CREATE OR REPLACE FUNCTION linli.is_barred(team bigint, at timestamptz, bars linli.bar[]) RETURNS boolean
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN EXISTS (SELECT FROM unnest(bars) b WHERE b.team = is_barred.team AND at BETWEEN b.since AND b.until);
END $$;
CREATE OR REPLACE FUNCTION linli.was_in(account bigint, team bigint, at timestamptz) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN EXISTS (SELECT FROM linli.member m WHERE m.account = was_in.account AND m.team = was_in.team
                    AND at BETWEEN m.joined_at AND coalesce(m.left_at, 'infinity'));
END $$;

-- The same for linlid: seconds since 2000; `barred` of an event or a row is the team and, above 32 bits, when the row was made
-- (0 in events of before: who is or was in the team); bars are team, since, until, one after the other.
CREATE OR REPLACE FUNCTION linli.seconds(at timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN at = 'infinity' THEN 2147483647 ELSE greatest(floor(extract(epoch FROM at)) - 946684800, 1)::bigint END
$$;
CREATE OR REPLACE FUNCTION linli.barred(team bigint, at timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT linli.seconds(at) << 32 | team
$$;
CREATE OR REPLACE FUNCTION linli.bars_told(bars linli.bar[]) RETURNS bigint[] LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(array_agg(v.x ORDER BY u.n, v.k), '{}') FROM unnest(bars) WITH ORDINALITY u (team, since, until, n)
    CROSS JOIN LATERAL (VALUES (1, u.team), (2, linli.seconds(u.since)), (3, linli.seconds(u.until))) v (k, x)
$$;

-- Communities an account may follow, and how much it sees there. By right: clear 0, or 1 for confidential rows; sight 1
-- where it sees that confidential rows exist. By a team of the office alone: -1, only what the team has.
CREATE OR REPLACE FUNCTION linli.reach(account bigint, teams bigint[])
  RETURNS TABLE (community bigint, office bigint, clear smallint, sight smallint) LANGUAGE sql STABLE AS $$
  WITH held AS (
    SELECT g.scope, g.scope_id, bool_or(r.right_name = 'follow') AS follows,
           bool_or(r.right_name = 'see_confidential') AS sees, bool_or(r.right_name = 'list_confidential') AS lists
      FROM linli.role_grant g JOIN linli.role_right r ON r.role = g.role
     WHERE g.account = reach.account AND NOT g.ended GROUP BY 1, 2
  ), part AS (
    SELECT k.id, k.office, h.follows, h.sees, h.lists FROM linli.community k JOIN held h
        ON h.scope = 'everything' OR (h.scope = 'office' AND h.scope_id = k.office) OR (h.scope = 'community' AND h.scope_id = k.id)
    UNION ALL   -- a grid's post watches its community's board, but is cleared for nothing more there
    SELECT k.id, k.office, h.follows, false, false
      FROM held h JOIN linli.grid g ON g.id = h.scope_id JOIN linli.community k ON k.id = g.community WHERE h.scope = 'grid'
    UNION ALL
    SELECT k.id, k.office, NULL, NULL, NULL FROM linli.community k
     WHERE k.office IN (SELECT linli.team_office(t) FROM unnest(teams) t)
  )
  SELECT p.id, p.office,
         CASE WHEN bool_or(p.follows) THEN (bool_or(p.sees))::int ELSE -1 END::smallint,
         CASE WHEN bool_or(p.follows) THEN (bool_or(p.sees OR p.lists))::int ELSE -1 END::smallint
    FROM part p GROUP BY p.id, p.office HAVING bool_or(p.follows) OR bool_or(p.follows IS NULL)
$$;
CREATE OR REPLACE FUNCTION linli.team_office(team bigint) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT t.office FROM linli.team t WHERE t.id = team);
END $$;

-- Whether an account may follow an office's stream: its own, the root's (what all offices share), and any it has a role in.
CREATE OR REPLACE FUNCTION linli.may_follow_office(account bigint, own bigint, office bigint) RETURNS boolean
  LANGUAGE sql STABLE AS $$
  SELECT office IN (own, 1) OR EXISTS (
    SELECT FROM linli.role_grant g WHERE g.account = may_follow_office.account AND NOT g.ended
       AND CASE g.scope WHEN 'everything' THEN true
                        WHEN 'office'     THEN g.scope_id = may_follow_office.office
                        WHEN 'community'  THEN EXISTS (SELECT FROM linli.community k WHERE k.id = g.scope_id
                                                          AND k.office = may_follow_office.office)
                        ELSE false END)
$$;

-- Who asks a query; LI001 signed_out when nobody. Times in bodies are told in UTC, whatever the connection says.
DROP TYPE IF EXISTS linli.reader CASCADE;
CREATE TYPE linli.reader AS (account bigint, office bigint);
CREATE OR REPLACE FUNCTION linli.reader(session bytea) RETURNS linli.reader LANGUAGE plpgsql AS $$
DECLARE
  r linli.reader;
BEGIN
  PERFORM linli.utc();
  SELECT w.account, w.office INTO r FROM linli.whoever(session, linli.clock()) w;
  IF r.account IS NULL THEN RAISE EXCEPTION 'signed_out' USING ERRCODE = 'LI001'; END IF;
  RETURN r;
END $$;

CREATE OR REPLACE FUNCTION linli.utc() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('TimeZone') <> 'UTC' THEN PERFORM set_config('TimeZone', 'UTC', false); END IF;
END $$;

-- Rows a page may hold.
CREATE OR REPLACE FUNCTION linli.page(max integer) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT least(greatest(coalesce(max, 100), 1), 1000)
$$;

-- A query's refusal: it has written nothing, so raising harms nobody.
CREATE OR REPLACE FUNCTION linli.deny(refusal text, detail text DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%', refusal USING ERRCODE = 'LI001', DETAIL = coalesce(detail, '');
END $$;
