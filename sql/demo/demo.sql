-- The demo office's last weeks: requests made, worked on and ended by the api functions in the order of time, with the
-- clock set. Owner only; each run makes the same office. People are 居民 and a number; phones are 190-0000-xxxx, masked and
-- unsealed, since only linlid has the key: a reveal shows a name and no phone.

DROP TYPE IF EXISTS linli.demo_kind CASCADE;
CREATE TYPE linli.demo_kind AS (kind text, share double precision, category text, nature text, team text, season text, title text, text text,
                                answer text);

-- days: how far back; requests: how many; password_hash: argon2id of every demo account's password.
CREATE OR REPLACE FUNCTION linli.demo(days integer, requests integer, password_hash text) RETURNS void
  LANGUAGE plpgsql SET search_path = linli, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  until  timestamptz := clock_timestamp();
  start  timestamptz := until - make_interval(days => least(days, 85));
  office bigint;
  last   timestamptz := '-infinity';
  place  integer := 0;
  s      record;
  j      record;
BEGIN
  IF EXISTS (SELECT FROM linli.subdistrict d WHERE d.code = '119900001000') THEN
    RAISE EXCEPTION 'The demo office is here already.' USING HINT = 'Begin with an empty database for another one.';
  END IF;
  PERFORM setseed(0.42), setval('linli.demo_serial', 1, false);
  PERFORM set_config('linli.clock', (start - interval '1 day')::text, true);
  PERFORM linli.bootstrap('admin', '系统管理员', password_hash);
  office := linli.demo_office(password_hash);
  PERFORM linli.demo_sessions(true);
  PERFORM linli.demo_arrivals(office, start, until, requests);

  -- Steps are never deleted: the cursor (at, n) only goes on, as new steps lie later.
  LOOP
    SELECT * INTO s FROM demo_step d WHERE (d.at, d.n) > (last, place) AND d.at <= until ORDER BY d.at, d.n LIMIT 1;
    EXIT WHEN NOT FOUND;
    LOOP                                               -- what falls due before it; an effect may bring another one
      SELECT d.stream, d.job, d.due_at INTO j FROM linli.job d WHERE d.due_at >= last AND d.due_at <= s.at ORDER BY d.due_at, d.job LIMIT 1;
      EXIT WHEN NOT FOUND;
      PERFORM set_config('linli.clock', j.due_at::text, true);
      PERFORM api_1.due_run(NULL, linli.demo_id(), j.stream, NULL, linli.clock(), int8send(j.job), j.job);
    END LOOP;
    last := s.at; place := s.n;
    PERFORM set_config('linli.clock', s.at::text, true);
    PERFORM linli.demo_step(office, s.n, s.what);
  END LOOP;
  PERFORM set_config('linli.clock', until::text, true);
  PERFORM linli.demo_due();
  PERFORM linli.demo_sessions(false);
  PERFORM set_config('linli.clock', '', true);
END $$;

-- Sessions of all demo accounts for as long as the demo is made. No sign-in was made, so no device is told of either.
CREATE OR REPLACE FUNCTION linli.demo_sessions(wanted boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF wanted THEN
    INSERT INTO linli.device (account, id, first_seen_at, last_seen_at)
      SELECT a.id, linli.key(a.id), linli.clock(), linli.clock() FROM linli.account a;
    INSERT INTO linli.session (token, account, office, device, made_at, expires_at)
      SELECT linli.demo_session(a.name), a.id, a.office, linli.key(a.id), linli.clock(), 'infinity' FROM linli.account a;
  ELSE
    DELETE FROM linli.session s WHERE s.expires_at = 'infinity';
    DELETE FROM linli.device d WHERE d.id = linli.key(d.account);
  END IF;
END $$;
CREATE OR REPLACE FUNCTION linli.demo_session(name text) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
  SELECT sha256(convert_to('demo ' || name, 'UTF8'))
$$;

-- What will come in: a week of office life (peaks 09–11, bumps at 14:30 and 19:30, weekends at 27 %), one afternoon of a
-- rainstorm, one week before the heating starts. The last dozen come in today and are left at one state each.
CREATE OR REPLACE FUNCTION linli.demo_arrivals(office bigint, start timestamptz, until timestamptz, requests integer)
  RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  zone   text := linli.zone_of(office);
  today  date := (until AT TIME ZONE zone)::date;
  rain   date := today - 33;
  hours  double precision[] := '{1,.5,.4,.3,.3,.6,1,3,6,11,11,8,5,5,8,7,6,5,4,7,4,3,2,1}';
  kinds  linli.demo_kind[] := (SELECT array_agg((t.kind, t.share, t.category, t.nature, t.team, t.season, t.title, t.text, t.answer)::linli.demo_kind)
                                 FROM linli.demo_texts() t);
  k      linli.demo_kind;
  at     timestamptz;
  day    date;
  hour   integer;
  season text;
  place  linli.grid;
  grids  linli.grid[] := (SELECT array_agg(g ORDER BY g.code) FROM linli.grid g JOIN linli.community c ON c.id = g.community
                           WHERE c.office = demo_arrivals.office);
BEGIN
  CREATE TEMP TABLE demo_request (n integer PRIMARY KEY, id uuid, k linli.demo_kind, grid bigint, community bigint, at timestamptz,
    stop integer, slow boolean, returns integer, rework boolean, team bigint, who text, b integer) ON COMMIT DROP;
  CREATE TEMP TABLE demo_step (at timestamptz, n integer, what text) ON COMMIT DROP;
  CREATE INDEX ON demo_step (at, n);
  FOR i IN 1 .. requests LOOP
    LOOP
      season := CASE WHEN random() < 0.02 THEN 'rain' WHEN random() < 0.04 THEN 'heating' END;
      day := CASE season WHEN 'rain' THEN rain WHEN 'heating' THEN today - 16 + floor(random() * 7)::integer
                         ELSE today - floor(random() * (today - (start AT TIME ZONE zone)::date + 1))::integer END;
      CONTINUE WHEN season IS NULL AND NOT linli.is_working_day(day) AND random() > 0.27;
      hour := CASE season WHEN 'rain' THEN 14 + floor(random() * 4)::integer ELSE floor(random() * 24)::integer END;
      CONTINUE WHEN season IS DISTINCT FROM 'rain' AND random() > hours[hour + 1] / 11;
      at := (day + make_interval(hours => hour, secs => CASE WHEN hour IN (14, 19) THEN 900 + random() * 2699 ELSE random() * 3599 END))
            AT TIME ZONE zone;
      IF i > requests - 12 THEN at := until - random() * interval '3 hours'; season := NULL; END IF;
      EXIT WHEN at BETWEEN start AND until - interval '1 minute';
    END LOOP;
    LOOP
      k := kinds[1 + floor(random() * cardinality(kinds))::integer];
      EXIT WHEN CASE WHEN season IS NOT NULL THEN k.season = season
                     ELSE k.season IS NULL AND random() * 6 < k.share END;
    END LOOP;
    place := grids[1 + floor(random() * cardinality(grids))::integer];
    INSERT INTO demo_request VALUES (i, linli.uuid_of(at, convert_to('demo request ' || i, 'UTF8')), k, place.id, place.community, at,
      CASE WHEN i > requests - 12 THEN (i % 7) + 1 END, random() < 0.015, CASE WHEN random() < 0.125 THEN 1 + (random() < 0.2)::integer ELSE 0 END,
      random() < 0.03, NULL, NULL, 1 + floor(random() * 18)::integer);
    INSERT INTO demo_step VALUES (at, i, 'register');
  END LOOP;
  ANALYZE demo_request, demo_step;
END $$;
-- A moment within a share of a limit that runs since `at`, in working time where the limit is.
CREATE OR REPLACE FUNCTION linli.demo_within(office bigint, class text, stage text, at timestamptz, low double precision, high double precision)
  RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
  SELECT linli.add_time(office, at, linli.limit_of(office, class, stage), low + random() * (high - low))
$$;

-- One step of one request, and when its next one comes.
CREATE OR REPLACE FUNCTION linli.demo_step(office bigint, n integer, what text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  d    demo_request;
  r    linli.request;
  now  timestamptz := linli.clock();
  here bigint;
  who  text;
  into_ linli.request;
  next text;
  at   timestamptz;
  o    api_1.outcome;
  text text;
  lucky double precision := random();
  result text;
BEGIN
  SELECT * INTO d FROM demo_request q WHERE q.n = demo_step.n;
  SELECT * INTO r FROM linli.request q WHERE q.id = d.id;
  IF r.moving OR r.state = 'merged' THEN RETURN; END IF;
  here := linli.community_stream(d.community);
  CASE what
  WHEN 'register' THEN
    text := replace(replace(replace((d.k).text, '{b}', d.b::text), '{u}', (1 + d.b % 4)::text), '{r}', (1 + d.b % 6)::text);
    who := CASE WHEN lucky < 0.15 THEN (SELECT t.who FROM demo_team t WHERE t.key = 'cadres' AND t.community = d.community)
                ELSE 'clerk' || 1 + n % 3 END;
    o := api_1.request_register(linli.demo_session(who), linli.demo_id(), here, NULL, now, '\x00', d.id, text,
      replace(replace((d.k).title, '{b}', d.b::text), '{u}', (1 + d.b % 4)::text),
      CASE WHEN lucky < 0.10 THEN 'patrol' WHEN lucky < 0.15 THEN 'visit' WHEN lucky < 0.75 THEN 'phone' WHEN lucky < 0.85 THEN 'counter'
           WHEN lucky < 0.93 THEN 'hotline_12345' WHEN lucky < 0.97 THEN 'wechat' ELSE 'web' END,
      (d.k).nature, (SELECT c.id FROM linli.category c WHERE c.code = (d.k).category AND c.office IS NULL), d.grid,
      d.b || '号楼' || (1 + d.b % 4) || '单元附近', NULL, NULL,
      CASE WHEN lucky > 0.12 THEN '居民' || lpad((1 + n * 7 % 900)::text, 4, '0') END, NULL,
      CASE WHEN lucky > 0.12 THEN sha256(convert_to('demo phone ' || (1 + n * 7 % 900), 'UTF8')) END,
      CASE WHEN lucky > 0.12 THEN '190****' || lpad((1 + n * 7 % 900)::text, 4, '0') END,
      now - lucky * interval '40 minutes', NULL,
      CASE WHEN lucky BETWEEN 0.85 AND 0.93 THEN '12345' END, CASE WHEN lucky BETWEEN 0.85 AND 0.93 THEN 'DEMO' || lpad(n::text, 6, '0') END,
      NULL, NULL, NULL, NULL);
    next := 'accept';
    r := (SELECT q FROM linli.request q WHERE q.id = d.id);
    at := linli.demo_within(office, r.class, 'accept', now, 0.05, 0.35);
  WHEN 'accept' THEN
    who := CASE WHEN r.confidential THEN 'shift1' ELSE 'dispatcher' || 1 + n % 2 END;
    o := api_1.request_accept(linli.demo_session(who), linli.demo_id(), here, r.version, now, '\x00', d.id, NULL, NULL, NULL, NULL);
    next := CASE WHEN lucky < 0.02 THEN 'merge' ELSE 'dispatch' END;
    at := greatest(linli.demo_within(office, r.class, 'accept', r.registered_at, 0.4, 0.9), now + interval '20 seconds');
  WHEN 'merge' THEN
    -- Into an open one of the same category, here or next door; else it goes its own way.
    SELECT * INTO into_ FROM linli.request q
     WHERE q.category = r.category AND q.id <> r.id AND q.confidential = r.confidential AND NOT q.moving
       AND q.state IN ('dispatched', 'in_progress') ORDER BY q.registered_at DESC LIMIT 1;
    IF into_.id IS NOT NULL THEN
      o := api_1.request_merge(linli.demo_session(CASE WHEN r.confidential THEN 'shift1' ELSE 'dispatcher1' END), linli.demo_id(), here, r.version, now, '\x00', d.id, into_.id, into_.community,
             '与' || into_.number || '同一问题');
    ELSE
      next := 'dispatch'; at := now + interval '30 seconds';
    END IF;
  WHEN 'dispatch' THEN
    SELECT t.team, t.who INTO d.team, d.who FROM demo_team t
     WHERE t.key = CASE WHEN d.returns >= 1 AND r.returns < d.returns THEN 'city' ELSE (d.k).team END
       AND coalesce(t.community, d.community) = d.community;
    UPDATE demo_request q SET team = d.team, who = d.who WHERE q.n = demo_step.n;
    who := CASE WHEN r.confidential OR r.returns >= 2 THEN 'shift1' ELSE 'dispatcher' || 1 + n % 2 END;
    o := api_1.request_dispatch(linli.demo_session(who), linli.demo_id(), here, r.version, now, '\x00', d.id, d.team,
      CASE WHEN (d.k).kind IN ('construction', 'special') AND (d.k).team <> 'cadres' THEN
        (SELECT array_agg(t.team) FROM demo_team t WHERE t.key = 'cadres' AND t.community = d.community) END, NULL);
    next := CASE WHEN r.returns < d.returns THEN 'return' ELSE 'sign' END;
    at := linli.demo_within(office, r.class, 'sign', now, 0.1, CASE WHEN d.slow THEN 1.3 ELSE 0.85 END);
  WHEN 'return' THEN
    o := api_1.request_return(linli.demo_session(d.who), linli.demo_id(), here, r.version, now, '\x00', d.id,
      (ARRAY['not_ours', 'wrong_place', 'lacks_facts', 'needs_joint'])[1 + n % 4], '请改派相关单位');
    next := 'dispatch';
    at := linli.demo_within(office, r.class, 'accept', now, 0.2, 0.8);
  WHEN 'sign' THEN
    o := api_1.request_sign(linli.demo_session(d.who), linli.demo_id(), here, r.version, now, '\x00', d.id,
      CASE WHEN d.who = 'dispatcher1' THEN '已电话告知该单位值班人员' END);
    next := 'contact';
    at := greatest(linli.demo_within(office, r.class, 'contact', r.dispatched_at, 0.3, 0.9), now + interval '1 minute');
  WHEN 'contact' THEN
    o := api_1.request_contact(linli.demo_session(d.who), linli.demo_id(), here, r.version, now, '\x00', d.id,
      (ARRAY['已与反映人联系，约定上门时间', '已到现场查看，正在处理', '电话核实情况，居民表示理解'])[1 + n % 3]);
    next := 'report';
    at := greatest(linli.demo_within(office, r.class, 'finish', r.dispatched_at, 0.25, 0.9), now + interval '5 minutes');
    IF d.slow THEN at := linli.demo_within(office, r.class, 'finish', r.dispatched_at, 1.05, 2.2); END IF;
    IF lucky < 0.15 THEN INSERT INTO demo_step VALUES (now + (at - now) * 0.5, demo_step.n, 'comment'); END IF;
  WHEN 'comment' THEN
    IF r.confidential THEN RETURN; END IF;
    o := api_1.request_comment(linli.demo_session('clerk' || 1 + n % 3), linli.demo_id(), here, NULL, now, '\x00', d.id,
      (ARRAY['反映人来电询问进展，已安抚', '补充：最好下午联系', '现场照片已由网格员查看'])[1 + n % 3]);
  WHEN 'report' THEN
    o := api_1.request_report(linli.demo_session(d.who), linli.demo_id(), here, r.version, now, '\x00', d.id, '现场已处理完毕',
      nullif((d.k).answer, ''));
    next := CASE WHEN d.rework AND r.reworks = 0 THEN 'rework' ELSE 'verify' END;
    at := linli.demo_within(office, r.class, 'verify', now, 0.1, 0.85);
  WHEN 'rework' THEN
    o := api_1.request_rework(linli.demo_session('shift' || 1 + n % 2), linli.demo_id(), here, r.version, now, '\x00', d.id, '答复与现场不符，请重新办理');
    next := 'report';
    at := linli.demo_within(office, r.class, 'rework', now, 0.2, 0.85);
  WHEN 'verify' THEN
    o := api_1.request_verify(linli.demo_session(CASE WHEN r.confidential THEN 'shift1' ELSE 'supervisor1' END), linli.demo_id(), here,
      r.version, now, '\x00', d.id, NULL);
    next := 'callback';
    at := linli.demo_within(office, r.class, 'callback', now, 0.1, 0.85);
  WHEN 'callback' THEN
    result := CASE WHEN r.anonymous THEN 'exempt' WHEN r.callback_result = 'solved_unsatisfied' THEN 'solved_unsatisfied'
      WHEN lucky < 0.72 THEN 'solved_satisfied' WHEN lucky < 0.87 THEN 'solved_basically' WHEN lucky < 0.90 THEN 'solved_unsatisfied'
      WHEN lucky < 0.92 THEN 'unsolved' WHEN lucky < 0.96 THEN 'not_reached' WHEN lucky < 0.97 THEN 'refused' ELSE 'solved_satisfied' END;
    who := CASE WHEN r.confidential OR r.callback_result = 'solved_unsatisfied' THEN 'shift2' ELSE 'callback' || 1 + n % 2 END;
    o := api_1.request_callback(linli.demo_session(who), linli.demo_id(), here, r.version, now, '\x00', d.id, result,
      CASE WHEN r.callback_result = 'solved_unsatisfied' THEN '已说明条件所限，解释办结' END);
    next := CASE result WHEN 'unsolved' THEN 'report' WHEN 'not_reached' THEN 'callback' WHEN 'solved_unsatisfied' THEN 'callback' END;
    at := CASE result WHEN 'unsolved' THEN linli.demo_within(office, r.class, 'rework', now, 0.3, 0.85)
                      WHEN 'not_reached' THEN now + interval '3 hours' + (lucky - 0.92) * interval '100 hours'
                      ELSE linli.demo_within(office, r.class, 'verify', now, 0.1, 0.6) END;
    IF result = 'solved_unsatisfied' AND r.callback_result = 'solved_unsatisfied' THEN next := NULL; END IF;
  END CASE;
  PERFORM linli.demo_row(o, what || ' of ' || n) WHERE o.stream IS NOT NULL;
  IF d.stop IS NOT NULL THEN
    -- One of the last dozen: hurries to the state it is left at.
    d.stop := d.stop - 1; at := now + (clock_timestamp() - now) * 0.2;
    UPDATE demo_request q SET stop = d.stop, returns = 0, rework = false WHERE q.n = demo_step.n;
    IF d.stop <= 0 THEN RETURN; END IF;
  END IF;
  IF next IS NOT NULL THEN INSERT INTO demo_step VALUES (at, demo_step.n, next); END IF;
END $$;
