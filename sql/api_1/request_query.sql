-- Asking for requests. Each row is given in the form its reader may see: whole, listed (fields of an audience left out),
-- or not at all. The rule is that of the streams: audience against clear, sight, teams and bars.

-- What a reader sees in each community, or in one.
DROP TYPE IF EXISTS linli.request_reach CASCADE;
CREATE TYPE linli.request_reach AS (community bigint, clear smallint, sight smallint, bars linli.bar[]);
CREATE OR REPLACE FUNCTION linli.reach_of(who linli.reader, mine bigint[], community bigint) RETURNS linli.request_reach[]
  LANGUAGE plpgsql STABLE AS $$
DECLARE
  bars linli.bar[] := linli.bars_of(who.account);
BEGIN
  RETURN coalesce((SELECT array_agg((x.community, x.clear, x.sight, bars)::linli.request_reach) FROM linli.reach(who.account, mine) x
                    WHERE reach_of.community IS NULL OR x.community = reach_of.community), '{}');
END $$;

CREATE OR REPLACE FUNCTION linli.request_form(r linli.request, clear smallint, sight smallint, teams bigint[], bars linli.bar[]) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN r.subject_team IS NOT NULL
               AND linli.is_barred(r.subject_team, r.registered_at, bars)         THEN NULL
              WHEN (r.confidential)::int <= clear
                OR r.team = ANY (teams) OR r.assist && teams                      THEN 'full'
              WHEN (r.confidential)::int <= sight                                 THEN 'redacted' END
$$;

CREATE OR REPLACE FUNCTION linli.form_in(r linli.request, reach linli.request_reach[], teams bigint[]) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT linli.request_form(r, x.clear, x.sight, teams, x.bars) FROM unnest(reach) x WHERE x.community = r.community
$$;

-- The fields that the wire's schema marks with an audience are absent in the redacted form.
CREATE OR REPLACE FUNCTION linli.request_as(r linli.request, form text) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE form WHEN 'full' THEN jsonb_strip_nulls(to_jsonb(r))
                   WHEN 'redacted' THEN jsonb_strip_nulls(to_jsonb(r)) - ARRAY['title', 'category', 'grid', 'handler', 'text',
                     'place', 'answer', 'occurred_at', 'callback_result', 'parent', 'call', 'registered_by', 'external_system',
                     'external_number', 'source_type', 'subject_team', 'latitude', 'longitude'] END
$$;

-- A stream's working set: what is open, and what ended in the last days; older ones are asked for.
CREATE OR REPLACE FUNCTION linli.working_set() RETURNS interval LANGUAGE sql IMMUTABLE AS $$ SELECT interval '7 days' $$;
CREATE OR REPLACE FUNCTION linli.snapshot_requests(community bigint)
  RETURNS TABLE (audience smallint, teams bigint[], barred bigint, body jsonb) LANGUAGE plpgsql STABLE AS $$
DECLARE
  since timestamptz := linli.clock() - linli.working_set();
BEGIN
  RETURN QUERY
    SELECT (r.confidential)::int::smallint, CASE WHEN r.team IS NOT NULL THEN r.team || coalesce(r.assist, '{}') END,
           CASE WHEN r.subject_team IS NOT NULL THEN linli.barred(r.subject_team, r.registered_at) END, jsonb_strip_nulls(to_jsonb(r))
      FROM linli.request r WHERE r.community = snapshot_requests.community AND r.closed_at IS NULL
    UNION ALL
    SELECT (r.confidential)::int::smallint, CASE WHEN r.team IS NOT NULL THEN r.team || coalesce(r.assist, '{}') END,
           CASE WHEN r.subject_team IS NOT NULL THEN linli.barred(r.subject_team, r.registered_at) END, jsonb_strip_nulls(to_jsonb(r))
      FROM linli.request r WHERE r.community = snapshot_requests.community AND r.closed_at >= since;
END $$;

-- Whether an account sees a row in any form.
CREATE OR REPLACE FUNCTION linli.knows(account bigint, r linli.request) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
  mine bigint[]    := linli.teams_of(account);
  bars linli.bar[] := linli.bars_of(account);
BEGIN
  RETURN EXISTS (SELECT FROM linli.reach(account, mine) x
                  WHERE x.community = r.community AND linli.request_form(r, x.clear, x.sight, mine, bars) IS NOT NULL);
END $$;

-- One row in its reader's form, or NULL.
CREATE OR REPLACE FUNCTION linli.request_for(who linli.reader, r linli.request) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
  mine bigint[]    := linli.teams_of(who.account);
  bars linli.bar[] := linli.bars_of(who.account);
BEGIN
  RETURN (SELECT linli.request_as(r, linli.request_form(r, x.clear, x.sight, mine, bars))
            FROM linli.reach(who.account, mine) x WHERE x.community = r.community);
END $$;

-- Whoever may see it. By id; by its whole number; or by the last four digits of a number of today.
CREATE OR REPLACE FUNCTION api_1.request_show(session bytea, after text, max integer, request uuid, number text)
  RETURNS TABLE (key text, body jsonb) LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  who linli.reader := linli.reader(session);
BEGIN
  IF number ~ '^[0-9]{1,4}$' THEN
    number := to_char(linli.local_date(who.office, linli.clock()), 'YYMMDD') || '-' || lpad(number, 4, '0');
  END IF;
  RETURN QUERY
    SELECT x.id, x.body
      FROM (SELECT r.id::text, linli.request_for(who, r) FROM linli.request r WHERE r.id = request
            UNION
            SELECT r.id::text, linli.request_for(who, r) FROM linli.request r WHERE r.number = request_show.number) x (id, body)
     WHERE x.body IS NOT NULL AND x.id > coalesce(after, '') ORDER BY x.id LIMIT linli.page(max);
  IF NOT FOUND AND after IS NULL THEN PERFORM linli.deny('unknown_row'); END IF;
END $$;

-- Whoever may see them, by deadline, those without one last. Each community gives its own first page by its index and
-- the pages are merged, so that a reader of a whole district waits no longer than one of a community. Who sees a
-- community only by a team starts from the team's rows.
CREATE OR REPLACE FUNCTION api_1.request_list(session bytea, after text, max integer, community bigint, state text,
    team bigint, overdue boolean, closed boolean, external_system text)
  RETURNS TABLE (key text, body jsonb) LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp
  SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  who   linli.reader := linli.reader(session);
  mine  bigint[] := linli.teams_of(who.account);
  reach linli.request_reach[] := linli.reach_of(who, mine, community);
  due   timestamptz := coalesce(split_part(after, ' ', 1)::timestamptz, '-infinity');
  least_id uuid := coalesce(split_part(after, ' ', 2)::uuid, '00000000-0000-0000-0000-000000000000');
  late  timestamptz := CASE WHEN overdue THEN linli.clock() ELSE 'infinity' END;
  page  integer := linli.page(max);
  watched bigint[] := (SELECT coalesce(array_agg(x.community), '{}') FROM unnest(reach) x WHERE x.clear >= 0);
  asked bigint[] := CASE WHEN team IS NULL THEN mine ELSE ARRAY[team] END;
  from_system text := external_system;                 -- who may not read it may not guess it
BEGIN
  IF community IS NOT NULL AND reach = '{}' THEN PERFORM linli.deny('not_allowed'); END IF;
  RETURN QUERY
    SELECT linli.request_cursor(t.r), linli.request_as(t.r, linli.form_in(t.r, reach, mine))
      FROM (
        SELECT q.r FROM unnest(reach) x CROSS JOIN LATERAL (
            SELECT r FROM linli.request r
             WHERE r.community = x.community AND x.clear >= 0 AND request_list.team IS NULL AND r.closed_at IS NULL
               AND linli.request_asked(r, due, least_id, late, request_list.state)
               AND linli.request_form(r, x.clear, x.sight, mine, x.bars) IS NOT NULL
               AND (from_system IS NULL OR r.external_system = from_system AND linli.request_form(r, x.clear, x.sight, mine, x.bars) = 'full')
             ORDER BY coalesce(r.due_at, 'infinity'), r.id LIMIT page) q
        UNION ALL
        SELECT q.r FROM unnest(reach) x CROSS JOIN LATERAL (
            SELECT r FROM linli.request r
             WHERE r.community = x.community AND x.clear >= 0 AND request_list.team IS NULL AND r.closed_at IS NOT NULL AND closed
               AND linli.request_asked(r, due, least_id, late, request_list.state)
               AND linli.request_form(r, x.clear, x.sight, mine, x.bars) IS NOT NULL
               AND (from_system IS NULL OR r.external_system = from_system AND linli.request_form(r, x.clear, x.sight, mine, x.bars) = 'full')
             ORDER BY coalesce(r.due_at, 'infinity'), r.id LIMIT page) q
        UNION ALL
        SELECT q.r FROM unnest(asked) m CROSS JOIN LATERAL (
            SELECT r FROM linli.request r
             WHERE r.team = m AND (request_list.team IS NOT NULL OR r.community <> ALL (watched)) AND r.closed_at IS NULL
               AND linli.request_asked(r, due, least_id, late, request_list.state) AND linli.form_in(r, reach, mine) IS NOT NULL
               AND (from_system IS NULL OR r.external_system = from_system AND linli.form_in(r, reach, mine) = 'full')
             ORDER BY coalesce(r.due_at, 'infinity'), r.id LIMIT page) q
        UNION ALL
        SELECT q.r FROM unnest(asked) m CROSS JOIN LATERAL (
            SELECT r FROM linli.request r
             WHERE r.team = m AND (request_list.team IS NOT NULL OR r.community <> ALL (watched)) AND r.closed_at IS NOT NULL AND closed
               AND linli.request_asked(r, due, least_id, late, request_list.state) AND linli.form_in(r, reach, mine) IS NOT NULL
               AND (from_system IS NULL OR r.external_system = from_system AND linli.form_in(r, reach, mine) = 'full')
             ORDER BY coalesce(r.due_at, 'infinity'), r.id LIMIT page) q
        UNION ALL
        SELECT r FROM linli.request r
         WHERE request_list.team IS NULL AND r.assist && mine AND r.assist IS NOT NULL AND r.closed_at IS NULL
           AND r.community <> ALL (watched) AND NOT coalesce(r.team = ANY (mine), false)
           AND linli.request_asked(r, due, least_id, late, request_list.state) AND linli.form_in(r, reach, mine) IS NOT NULL
           AND (from_system IS NULL OR r.external_system = from_system AND linli.form_in(r, reach, mine) = 'full')
      ) t (r)
     ORDER BY coalesce((t.r).due_at, 'infinity'), (t.r).id LIMIT page;
END $$;

-- Whether it comes after the cursor, is late where that is asked, and is in the state that is asked for. Written so that it
-- is put in place where it is called, and an index answers it.
CREATE OR REPLACE FUNCTION linli.request_asked(r linli.request, due timestamptz, least_id uuid, late timestamptz, state text)
  RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (coalesce(r.due_at, 'infinity'), r.id) > (due, least_id) AND coalesce(r.due_at, 'infinity') <= late
     AND (request_asked.state IS NULL OR r.state = request_asked.state)
$$;

CREATE OR REPLACE FUNCTION linli.request_cursor(r linli.request) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT coalesce(to_char(r.due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'infinity') || ' ' || r.id
$$;

-- Whoever may read it, oldest first. Who may only list it learns what happened when, and nothing else. note and changed
-- are bytes on the wire: here they are objects, to be encoded by the table of the event `kind`: note as the event's own
-- fields, changed as the event's row.
CREATE OR REPLACE FUNCTION api_1.request_timeline(session bytea, after text, max integer, request uuid)
  RETURNS TABLE (key text, body jsonb) LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  who  linli.reader := linli.reader(session);
  mine bigint[]    := linli.teams_of(who.account);
  bars linli.bar[] := linli.bars_of(who.account);
  form text;
BEGIN
  SELECT linli.request_form(r, x.clear, x.sight, mine, bars) INTO form
    FROM linli.request r JOIN linli.reach(who.account, mine) x ON x.community = r.community WHERE r.id = request;
  IF form IS NULL THEN PERFORM linli.deny('unknown_row'); END IF;
  RETURN QUERY
    SELECT e.seq::text, jsonb_strip_nulls(jsonb_build_object('stream', e.stream, 'seq', e.seq, 'kind', e.kind, 'at', e.at))
           || CASE WHEN form = 'full'
                   THEN jsonb_strip_nulls(jsonb_build_object('actor', e.actor, 'actor_title', a.title, 'note', e.note))
                        || jsonb_build_object('changed', e.body) ELSE '{}' END
      FROM linli.event e LEFT JOIN linli.account a ON a.id = e.actor
     WHERE e.row_id = request AND e.seq > coalesce(after::bigint, 0) ORDER BY e.seq LIMIT linli.page(max);
END $$;
