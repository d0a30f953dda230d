-- How a request comes in and is sent to a team: register, accept, dispatch, import.

-- Who holds register in the community.
CREATE OR REPLACE FUNCTION api_1.request_register(session bytea, id uuid, stream bigint, version bigint, made_at timestamptz,
    digest bytea, request uuid, text text, title text, channel text, nature text, category bigint, grid bigint, place text,
    class text, confidential boolean, caller_name text, caller_phone_sealed bytea, caller_phone_key bytea,
    caller_phone_masked text, occurred_at timestamptz, call uuid, external_system text, external_number text,
    subject_team bigint, latitude bigint, longitude bigint, source_type text)
  RETURNS api_1.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  c linli.command := linli.enter(session, id, stream, made_at, digest);
  r linli.request;
  k linli.category;
  why text;
BEGIN
  IF c.decided                                         THEN RETURN c.answer; END IF;
  IF c.stream % 4 <> 2                                 THEN RETURN linli.refuse(c, 'wrong_stream'); END IF;
  IF NOT linli.may(c, 'register', c.owner, grid)       THEN RETURN linli.refuse(c, 'not_allowed'); END IF;
  k := linli.category_for(category, c.office);
  r.id := request;
  r.community := c.owner;
  r.state := 'registered';
  r.text := btrim(text);
  r.title := coalesce(nullif(btrim(title), ''), linli.first_line(text));
  r.channel := channel;
  r.nature := coalesce(nature, 'help');
  r.category := k.id;
  r.grid := grid;
  r.place := nullif(btrim(place), '');
  r.class := coalesce(class, k.class, 'ordinary');
  -- A report 举报 is always confidential; a petition 信访 and a request about a named team are unless said otherwise.
  r.confidential := r.nature = 'report' OR coalesce(confidential, subject_team IS NOT NULL OR channel = 'petition'
                                                                  OR coalesce(k.confidential, false));
  r.anonymous := coalesce(caller_name, '') = '' AND caller_phone_key IS NULL;
  r.occurred_at := occurred_at;
  r.registered_at := c.now;
  r.registered_by := c.account;
  r.call := call;
  r.external_system := external_system;
  r.external_number := external_number;
  r.source_type := source_type;
  r.subject_team := subject_team;
  r.latitude := latitude;
  r.longitude := longitude;
  why := linli.request_flaw(r, category);
  IF why IS NOT NULL                                   THEN RETURN linli.refuse(c, 'bad_value', why); END IF;
  IF linli.request_exists(c, r)                           THEN RETURN linli.refuse(c, 'exists'); END IF;
  r.number := linli.next_number(c.office, c.now, c.now);
  r := linli.request_insert(c, linli.set_deadline(c, r));
  IF NOT r.anonymous THEN
    INSERT INTO linli.caller VALUES (r.id, nullif(caller_name, ''), caller_phone_sealed, caller_phone_key, caller_phone_masked);
  END IF;
  RETURN linli.emit(c, 'request.registered', r.id, NULL, to_jsonb(r), NULL, NULL, linli.request_audience(r));
END $$;

-- The category, if this office has it: its own, or one of all offices.
CREATE OR REPLACE FUNCTION linli.category_for(category bigint, office bigint) RETURNS linli.category
  LANGUAGE plpgsql STABLE AS $$
DECLARE
  k linli.category;
BEGIN
  IF category IS NULL THEN RETURN NULL; END IF;
  SELECT * INTO k FROM linli.category g
   WHERE g.id = category_for.category AND (g.office IS NULL OR g.office IN (1, category_for.office));
  RETURN k;
END $$;

-- A line for the list from what was said.
CREATE OR REPLACE FUNCTION linli.first_line(text text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT left(btrim(regexp_replace(left(text, 400), '\s+', ' ', 'g')), 40)
$$;

-- The first field of a new row that is not valid, or does not belong where the row is; NULL when all are good.
CREATE OR REPLACE FUNCTION linli.request_flaw(r linli.request, category bigint) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF coalesce(r.text, '') = ''                                                       THEN RETURN 'text';         END IF;
  IF category IS NOT NULL AND r.category IS DISTINCT FROM category                   THEN RETURN 'category';     END IF;
  IF r.grid IS NOT NULL THEN
    IF NOT EXISTS (SELECT FROM linli.grid g WHERE g.id = r.grid AND g.community = r.community) THEN RETURN 'grid'; END IF;
  END IF;
  IF r.subject_team IS NOT NULL AND linli.team_office(r.subject_team) IS DISTINCT FROM linli.office_of(r.community)
                                                                                     THEN RETURN 'subject_team'; END IF;
  IF r.team IS NOT NULL AND linli.team_office(r.team) IS DISTINCT FROM linli.office_of(r.community)
                                                                                     THEN RETURN 'team';         END IF;
  IF r.latitude  NOT BETWEEN  -90000000 AND  90000000                                THEN RETURN 'latitude';     END IF;
  IF r.longitude NOT BETWEEN -180000000 AND 180000000                                THEN RETURN 'longitude';    END IF;
  RETURN NULL;
END $$;

-- Whether its id is known, or in this office its number in another system. Two at once are stopped by the unique index: the
-- later transaction fails whole, its commands are run again one by one, and then see this.
CREATE OR REPLACE FUNCTION linli.request_exists(c linli.command, r linli.request) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF EXISTS (SELECT FROM linli.request q WHERE q.id = r.id) THEN RETURN true; END IF;
  IF r.external_number IS NULL THEN RETURN false; END IF;
  RETURN EXISTS (SELECT FROM linli.request_external x
                  WHERE x.office = c.office AND x.system = r.external_system AND x.number = r.external_number);
END $$;

CREATE OR REPLACE FUNCTION linli.request_insert(c linli.command, r linli.request) RETURNS linli.request
  LANGUAGE plpgsql AS $$
DECLARE
  at timestamptz;
BEGIN
  r.version := 1; r.returns := 0; r.urged := 0; r.reworks := 0; r.callback_tries := 0; r.children := 0;
  r.moving := false; r.leader_dispatched := false;
  IF NOT linli.request_sound(r) THEN RAISE EXCEPTION 'request % would not be sound', r.id USING ERRCODE = 'check_violation'; END IF;
  INSERT INTO linli.request VALUES (r.*);
  IF r.external_system IS NOT NULL AND r.external_number IS NOT NULL THEN
    INSERT INTO linli.request_external VALUES (c.office, r.external_system, r.external_number, r.id);
  END IF;
  IF r.due_at > c.now THEN at := linli.request_watch(c, r); END IF;
  RETURN r;
END $$;

-- Who holds triage. A category that is confidential by default makes the request so; nothing makes it less.
CREATE OR REPLACE FUNCTION api_1.request_accept(session bytea, id uuid, stream bigint, version bigint, made_at timestamptz,
    digest bytea, request uuid, class text, category bigint, grid bigint, note text)
  RETURNS api_1.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  c   linli.command := linli.enter(session, id, stream, made_at, digest);
  was linli.request;
  r   linli.request;
  k   linli.category;
  why text;
BEGIN
  IF c.decided THEN RETURN c.answer; END IF;
  SELECT * INTO was FROM linli.request q WHERE q.id = request;
  why := linli.hindrance(c, was, version, 'accept');
  IF why IS NOT NULL THEN RETURN linli.refuse_request(c, was, why); END IF;
  k := linli.category_for(category, c.office);
  r := was;
  r.state := 'accepted';
  r.class := coalesce(class, k.class, r.class);
  r.category := coalesce(k.id, r.category);
  r.grid := coalesce(grid, r.grid);
  r.confidential := r.confidential OR coalesce(k.confidential, false);
  IF category IS NOT NULL OR grid IS NOT NULL THEN
    why := linli.request_flaw(r, category);
    IF why IS NOT NULL THEN RETURN linli.refuse(c, 'bad_value', why); END IF;
  END IF;
  RETURN linli.request_change(c, was, r, 'request.accepted', jsonb_build_object('note', note));
END $$;

-- Who holds dispatch; after two returns only who holds dispatch_returned, and then it cannot be returned.
CREATE OR REPLACE FUNCTION api_1.request_dispatch(session bytea, id uuid, stream bigint, version bigint, made_at timestamptz,
    digest bytea, request uuid, team bigint, assist bigint[], note text)
  RETURNS api_1.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  c      linli.command := linli.enter(session, id, stream, made_at, digest);
  was    linli.request;
  r      linli.request;
  why    text;
  others bigint[];
BEGIN
  IF c.decided THEN RETURN c.answer; END IF;
  SELECT * INTO was FROM linli.request q WHERE q.id = request;
  why := linli.hindrance(c, was, version, 'dispatch');
  IF why IS NOT NULL THEN RETURN linli.refuse_request(c, was, why); END IF;
  IF was.returns >= 2 AND NOT linli.may(c, 'dispatch_returned', was.community, was.grid)
                     THEN RETURN linli.refuse(c, 'needs_shift_leader'); END IF;
  IF assist <> '{}'  THEN others := (SELECT array_agg(DISTINCT a ORDER BY a) FROM unnest(assist) a WHERE a <> team); END IF;
  IF was.subject_team = ANY (team || others)
                     THEN RETURN linli.refuse(c, 'subject_excluded'); END IF;
  why := linli.team_hindrance(c, ARRAY[team]);
  IF why IS NOT NULL THEN RETURN linli.refuse(c, why, 'team'); END IF;
  why := linli.team_hindrance(c, others);
  IF why IS NOT NULL THEN RETURN linli.refuse(c, why, 'assist'); END IF;
  r := was;
  r.state := 'dispatched';
  r.team := team;
  r.assist := others;
  r.dispatched_at := c.now;
  r.finish_due_at := linli.limited(c.office, r.class, 'finish', c.now);
  r.leader_dispatched := was.returns >= 2;
  RETURN linli.request_change(c, was, r, 'request.dispatched', jsonb_build_object('note', note));
END $$;

-- Whether something may be dispatched to all these teams from this community: of its office, serving it, not disabled.
CREATE OR REPLACE FUNCTION linli.team_hindrance(c linli.command, teams bigint[]) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  fit      bigint;
  disabled boolean;
BEGIN
  IF teams IS NULL                                        THEN RETURN NULL;            END IF;
  SELECT count(*), bool_or(t.disabled) INTO fit, disabled FROM linli.team t
   WHERE t.id = ANY (teams) AND t.office = c.office AND (t.community IS NULL OR t.community = c.owner);
  IF fit <> cardinality(teams) OR cardinality(teams) > 8  THEN RETURN 'bad_value';     END IF;
  IF disabled                                             THEN RETURN 'disabled_team'; END IF;
  RETURN NULL;
END $$;

-- Who holds import. One row of another system, in the state it had reached there; its history is not ours. It wakes
-- nobody: only an open one with a deadline still to come is watched.
CREATE OR REPLACE FUNCTION api_1.request_import(session bytea, id uuid, stream bigint, version bigint, made_at timestamptz,
    digest bytea, request uuid, external_system text, external_number text, state text, title text, text text, channel text,
    category bigint, grid bigint, place text, class text, registered_at timestamptz, due_at timestamptz,
    closed_at timestamptz, answer text, source_type text, latitude bigint, longitude bigint, team bigint)
  RETURNS api_1.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  c linli.command := linli.enter(session, id, stream, made_at, digest);
  r linli.request;
  k linli.category;
  why text;
BEGIN
  IF c.decided                                         THEN RETURN c.answer; END IF;
  IF c.stream % 4 <> 2                                 THEN RETURN linli.refuse(c, 'wrong_stream'); END IF;
  IF NOT linli.may(c, 'import', c.owner, grid)         THEN RETURN linli.refuse(c, 'not_allowed'); END IF;
  k := linli.category_for(category, c.office);
  r.id := request;
  r.community := c.owner;
  r.external_system := external_system;
  r.external_number := external_number;
  r.state := state;
  r.title := coalesce(nullif(btrim(title), ''), linli.first_line(text));
  r.text := text;
  r.channel := coalesce(channel, 'import');
  r.nature := 'help';
  r.category := k.id;
  r.grid := grid;
  r.place := nullif(btrim(place), '');
  r.class := coalesce(class, 'ordinary');
  r.confidential := coalesce(k.confidential, false) OR r.channel = 'petition';
  r.anonymous := true;                                 -- its caller stayed in the other system
  r.registered_at := registered_at;
  r.registered_by := c.account;
  r.answer := nullif(btrim(answer), '');
  r.source_type := source_type;
  r.latitude := latitude;
  r.longitude := longitude;
  r.team := team;
  IF state IN ('closed', 'rejected', 'merged', 'transferred', 'archived') THEN
    r.closed_at := coalesce(closed_at, due_at, registered_at);
  ELSE
    r.due_at := due_at;
    r.due_stage := CASE WHEN due_at IS NOT NULL THEN 'finish' END;
  END IF;
  r.finish_due_at := due_at;
  why := coalesce(linli.request_flaw(r, category),
                  CASE WHEN coalesce(external_system, '') = '' THEN 'external_system'
                       WHEN coalesce(external_number, '') = '' THEN 'external_number'
                       WHEN registered_at > c.now + interval '1 day' THEN 'registered_at'
                       WHEN team IS NULL AND state IN ('dispatched', 'in_progress', 'shelved', 'reported', 'callback')
                       THEN 'team' END);
  IF why IS NOT NULL                                   THEN RETURN linli.refuse(c, 'bad_value', why); END IF;
  IF linli.request_exists(c, r)                           THEN RETURN linli.refuse(c, 'exists'); END IF;
  -- What runs on here needs the moments its next deadlines count from.
  IF r.closed_at IS NULL AND team IS NOT NULL          THEN r.dispatched_at := registered_at; END IF;
  IF state IN ('reported', 'callback')                 THEN r.reported_at := c.now; END IF;
  IF state = 'callback'                                THEN r.verified_at := c.now; END IF;
  r.number := linli.next_number(c.office, registered_at, c.now);
  r := linli.request_insert(c, r);
  RETURN linli.emit(c, 'request.imported', r.id, NULL, to_jsonb(r), NULL, NULL, linli.request_audience(r));
END $$;
