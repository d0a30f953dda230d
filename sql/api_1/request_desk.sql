-- What the desk asks while a request is written or dispatched: its deadlines, what may be the same, which team. They write
-- nothing, and decide nothing: the command that follows looks again.

-- Whether an account holds a right in the community or in a part of it.
CREATE OR REPLACE FUNCTION linli.may_within(account bigint, right_name text, community bigint) RETURNS boolean
  LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM linli.role_grant g JOIN linli.role_right r ON r.role = g.role
     WHERE g.account = may_within.account AND NOT g.ended AND r.right_name = may_within.right_name
       AND (linli.covers(g.scope, g.scope_id, linli.office_of(may_within.community), may_within.community, NULL)
            OR g.scope = 'grid' AND EXISTS (SELECT FROM linli.grid d WHERE d.id = g.scope_id AND d.community = may_within.community)))
$$;

-- Who holds register in the community or a grid of it. One row.
CREATE OR REPLACE FUNCTION api_1.request_forecast(session bytea, after text, max integer, community bigint, category bigint, class text)
  RETURNS TABLE (key text, body jsonb) LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  who      linli.reader := linli.reader(session);
  office   bigint := linli.office_of(community);
  now      timestamptz := linli.clock();
  k        linli.category := linli.category_for(category, office);
  accept   linli.time_limit;
  finish   linli.time_limit;
  dispatch_due timestamptz;
  finish_due   timestamptz;
  missing  integer;
BEGIN
  IF NOT linli.may_within(who.account, 'register', community) THEN PERFORM linli.deny('not_allowed');           END IF;
  IF category IS NOT NULL AND k.id IS NULL                    THEN PERFORM linli.deny('bad_value', 'category'); END IF;
  class := coalesce(class, k.class, 'ordinary');
  accept := linli.limit_of(office, class, 'accept');
  finish := linli.limit_of(office, class, 'finish');
  IF accept.class IS NULL OR finish.class IS NULL             THEN PERFORM linli.deny('bad_value', 'class');    END IF;
  IF after IS NOT NULL THEN RETURN; END IF;
  dispatch_due := linli.add_time(office, now, accept);
  finish_due := linli.add_time(office, now, finish);
  -- A limit that runs round the clock asks no calendar.
  missing := (SELECT min(y) FROM linli.calendar_missing(linli.local_date(office, now), linli.local_date(office,
                greatest(CASE WHEN accept.clock = 'working' THEN dispatch_due END, CASE WHEN finish.clock = 'working' THEN finish_due END))) y);
  RETURN QUERY SELECT class, jsonb_strip_nulls(jsonb_build_object('class', class, 'dispatch_due_at', dispatch_due,
    'finish_due_at', finish_due, 'working', nullif(linli.is_working_time(office, now), false), 'calendar_missing', missing,
    'confidential', nullif(k.confidential, false)));
END $$;

-- A place as it is compared: full width, spaces and letter case are no difference. NULL where nothing is left.
CREATE OR REPLACE FUNCTION linli.place_fold(place text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT nullif(translate(lower(normalize(place, NFKC)), E' \t\r\n\u200b\ufeff', ''), '')
$$;

-- Who holds register in the community or a grid of it. Of what its reader may see: open, or registered in the last 7 days;
-- never a confidential one. That the same phone called is told to who may be told who called (reveal), in any community of the
-- office: others could ask by it who did. Both lists are a community's own and read by index; places are folded there, not stored: a
-- community has tens of open requests, and an index would cost each command that changes one.
CREATE OR REPLACE FUNCTION api_1.request_similar(session bytea, after text, max integer, community bigint, place text,
    category bigint, grid bigint, caller_phone_key bytea)
  RETURNS TABLE (key text, body jsonb) LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp
  SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  who    linli.reader := linli.reader(session);
  mine   bigint[] := linli.teams_of(who.account);
  reach  linli.request_reach[] := linli.reach_of(who, mine, NULL);
  since  timestamptz := linli.clock() - linli.working_set();
  here   text := linli.place_fold(place);
  called uuid[] := '{}';
BEGIN
  IF NOT linli.may_within(who.account, 'register', community) THEN PERFORM linli.deny('not_allowed'); END IF;
  IF caller_phone_key IS NOT NULL THEN
    called := ARRAY(SELECT r.id FROM linli.caller k JOIN linli.request r ON r.id = k.request JOIN linli.community p ON p.id = r.community
                     WHERE k.phone_key = caller_phone_key AND (r.closed_at IS NULL OR r.registered_at >= since)
                       AND p.office = linli.office_of(request_similar.community)
                       AND linli.account_may(who.account, 'reveal', p.office, r.community, r.grid));
  END IF;
  RETURN QUERY
    WITH found AS MATERIALIZED (
      SELECT unnest(called) AS id
      UNION
      SELECT r.id FROM linli.request r
       WHERE r.community = request_similar.community AND r.closed_at IS NULL AND NOT r.confidential
         AND (r.category = request_similar.category AND r.grid = request_similar.grid OR linli.place_fold(r.place) = here)
      UNION
      SELECT r.id FROM linli.request r
       WHERE r.community = request_similar.community AND r.closed_at >= since AND NOT r.confidential
         AND (r.category = request_similar.category AND r.grid = request_similar.grid OR linli.place_fold(r.place) = here)
    ), told AS (
      SELECT r, r.id = ANY (called) AS same_caller, coalesce(linli.place_fold(r.place) = here, false) AS same_place,
             coalesce(r.category = request_similar.category AND r.grid = request_similar.grid, false) AS same_category
        FROM found f JOIN linli.request r ON r.id = f.id
       WHERE NOT r.confidential AND r.state <> 'merged' AND (r.closed_at IS NULL OR r.registered_at >= since)
         AND linli.form_in(r, reach, mine) = 'full'
    ), ranked AS (
      SELECT t.*, row_number() OVER (ORDER BY t.same_caller::int * 4 + t.same_place::int * 2 + t.same_category::int DESC, (t.r).registered_at DESC, (t.r).id) AS rank
        FROM told t ORDER BY rank LIMIT 50
    )
    SELECT x.rank::text, jsonb_strip_nulls(jsonb_build_object('request', (x.r).id, 'number', (x.r).number, 'state', (x.r).state,
             'title', (x.r).title, 'community', (x.r).community, 'registered_at', (x.r).registered_at,
             'same_caller', nullif(x.same_caller, false), 'same_place', nullif(x.same_place, false), 'same_category', nullif(x.same_category, false),
             'team', (x.r).team, 'rank', x.rank))
      FROM ranked x WHERE x.rank > coalesce(after::bigint, 0) ORDER BY x.rank LIMIT linli.page(max);
END $$;

-- Who holds dispatch there and may read the request: its category tells more than the redacted form does. Teams that
-- request_dispatch would take: of the office, serving the community, not disabled, not the subject. Those with room first,
-- then those that finished such requests here, then elsewhere in the office, in the last 90 days; the fallback last.
CREATE OR REPLACE FUNCTION api_1.request_propose(session bytea, after text, max integer, request uuid)
  RETURNS TABLE (key text, body jsonb) LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp
  SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  who       linli.reader := linli.reader(session);
  mine      bigint[] := linli.teams_of(who.account);
  since     timestamptz := linli.clock() - interval '90 days';
  r         linli.request;
  office_id bigint;
  form      text;
BEGIN
  SELECT * INTO r FROM linli.request q WHERE q.id = request;
  office_id := linli.office_of(r.community);
  form := linli.form_in(r, linli.reach_of(who, mine, r.community), mine);
  IF form IS NULL                             THEN PERFORM linli.deny('unknown_row'); END IF;
  IF form <> 'full' OR NOT linli.account_may(who.account, 'dispatch', office_id, r.community, r.grid)
                                              THEN PERFORM linli.deny('not_allowed'); END IF;
  RETURN QUERY
    WITH fit AS MATERIALIZED (
      SELECT t.id, t.community, t.capacity, t.fallback FROM linli.team t
       WHERE t.office = office_id AND NOT t.disabled AND (t.community IS NULL OR t.community = r.community)
         AND t.id IS DISTINCT FROM r.subject_team
    ), done AS (
      SELECT q.team, count(*) AS everywhere, count(*) FILTER (WHERE q.community = r.community) AS here FROM linli.request q
       WHERE q.category = r.category AND q.team = ANY (ARRAY(SELECT f.id FROM fit f)) AND q.closed_at >= since
         AND q.state IN ('closed', 'archived') GROUP BY q.team
    ), busy AS (
      SELECT q.team, count(*) AS n FROM linli.request q
       WHERE q.team = ANY (ARRAY(SELECT f.id FROM fit f)) AND q.closed_at IS NULL GROUP BY q.team
    ), ranked AS (
      SELECT f.*, d.here, d.everywhere, coalesce(b.n, 0) AS in_hand,
             row_number() OVER (ORDER BY f.fallback, coalesce(b.n >= f.capacity, false), coalesce(d.here, 0) DESC,
                                coalesce(d.everywhere, 0) DESC, f.community IS NULL, coalesce(b.n, 0), f.id) AS rank
        FROM fit f LEFT JOIN done d ON d.team = f.id LEFT JOIN busy b ON b.team = f.id
    )
    SELECT x.rank::text, jsonb_strip_nulls(jsonb_build_object('team', x.id,
             'reason', CASE WHEN x.fallback THEN 'fallback' WHEN x.here > 0 THEN 'handled_here' WHEN x.everywhere > 0 THEN 'handled_there'
                            WHEN x.community IS NOT NULL THEN 'serves_here' ELSE 'serves_office' END,
             'handled', x.everywhere, 'in_hand', x.in_hand, 'capacity', x.capacity, 'rank', x.rank))
      FROM ranked x WHERE x.rank > coalesce(after::bigint, 0) ORDER BY x.rank LIMIT linli.page(max);
END $$;
