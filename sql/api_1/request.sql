-- What all commands on a request share: who may do what in which state, the one place where a row changes, its audience,
-- its number, its deadline. Called by api functions only.

CREATE OR REPLACE FUNCTION linli.request_json(r linli.request) RETURNS jsonb
  LANGUAGE sql STABLE AS 'SELECT to_jsonb(r)';

-- Who may see it: class 1 is confidential; lead and assisting teams see it whatever the class; who was in the team that it
-- complains about sees nothing.
CREATE OR REPLACE FUNCTION linli.request_audience(r linli.request) RETURNS linli.audience
  LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN ((CASE WHEN r.confidential THEN 1 ELSE 0 END)::smallint,
          CASE WHEN r.team IS NOT NULL THEN r.team || coalesce(r.assist, '{}') END,
          CASE WHEN r.subject_team IS NOT NULL THEN linli.barred(r.subject_team, r.registered_at) END)::linli.audience;
END $$;

CREATE OR REPLACE FUNCTION linli.is_member(account bigint, teams bigint[], at timestamptz) RETURNS boolean
  LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN EXISTS (
    SELECT FROM linli.member m JOIN linli.team t ON t.id = m.team JOIN linli.office o ON o.id = t.office
     WHERE m.account = is_member.account AND m.team = ANY (teams)
       AND (at AT TIME ZONE o.zone)::date BETWEEN m.from_date AND coalesce(m.to_date, 'infinity'));
END $$;

-- The same for the command's account and teams of the stream's office, whose date it is; and whether such a team has anybody.
CREATE OR REPLACE FUNCTION linli.in_teams(c linli.command, teams bigint[]) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN EXISTS (SELECT FROM linli.member m WHERE m.account = c.account AND m.team = ANY (teams)
                    AND (c.now AT TIME ZONE c.zone)::date BETWEEN m.from_date AND coalesce(m.to_date, 'infinity'));
END $$;
CREATE OR REPLACE FUNCTION linli.has_members(c linli.command, team bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN EXISTS (SELECT FROM linli.member m JOIN linli.account a ON a.id = m.account AND NOT a.disabled
                  WHERE m.team = has_members.team
                    AND (c.now AT TIME ZONE c.zone)::date BETWEEN m.from_date AND coalesce(m.to_date, 'infinity'));
END $$;

-- Whoever signed, contacted or reported has handled the case: they neither verify it nor call back.
CREATE OR REPLACE FUNCTION linli.has_handled(account bigint, r linli.request) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF r.handler = account THEN RETURN true; END IF;
  RETURN EXISTS (SELECT FROM linli.event e WHERE e.row_id = r.id AND e.actor = account
                    AND e.kind IN ('request.signed', 'request.contacted', 'request.reported'));
END $$;

-- The one question before every action: what hinders this account from doing it to this row now? NULL: nothing.
-- A row that the actor may not know of is unknown; one that it may only list is not allowed.
CREATE OR REPLACE FUNCTION linli.hindrance(c linli.command, r linli.request, version bigint, action text, outcome text DEFAULT '')
  RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  who    text;
  holds  boolean;     -- the right that the transition asks for
  member boolean;     -- of the lead team, where it asks for that
BEGIN
  IF r.id IS NULL                                                       THEN RETURN 'unknown_row';  END IF;
  IF linli.community_stream(r.community) <> c.stream                    THEN RETURN 'wrong_stream'; END IF;
  IF r.subject_team IS NOT NULL THEN
    IF linli.was_in(c.account, r.subject_team, r.registered_at)         THEN RETURN 'unknown_row';  END IF;
    IF linli.in_teams(c, ARRAY[r.subject_team])                         THEN RETURN 'subject_excluded'; END IF;
  END IF;
  IF r.confidential AND NOT linli.may(c, 'see_confidential', r.community, r.grid)
     AND NOT linli.in_teams(c, r.team || coalesce(r.assist, '{}'))      THEN RETURN 'not_allowed';  END IF;
  -- may and in_teams in the same statement: this is asked more often than anything.
  SELECT x.who, c.account IS NULL OR EXISTS (
           SELECT FROM linli.role_grant g JOIN linli.role_right h ON h.role = g.role
            WHERE g.account = c.account AND NOT g.ended AND h.right_name = x.needs_right
              AND linli.covers(g.scope, g.scope_id, c.office, r.community, r.grid)),
         x.who = 'team' AND EXISTS (
           SELECT FROM linli.member m WHERE m.account = c.account AND m.team = r.team
              AND (c.now AT TIME ZONE c.zone)::date BETWEEN m.from_date AND coalesce(m.to_date, 'infinity'))
    INTO who, holds, member
    FROM linli.request_transition x WHERE x.state = r.state AND x.action = hindrance.action AND x.outcome = hindrance.outcome;
  IF who IS NULL                                                        THEN RETURN 'wrong_state';  END IF;
  IF who = 'system' AND c.account IS NOT NULL                           THEN RETURN 'not_allowed';  END IF;
  IF who <> 'team' OR member THEN
    IF NOT holds                                                        THEN RETURN 'not_allowed';  END IF;
  ELSIF linli.has_members(c, r.team)
     OR NOT linli.may(c, 'work_for', r.community, r.grid)               THEN RETURN 'not_your_team'; END IF;
  IF who = 'not_handler' AND linli.has_handled(c.account, r)            THEN RETURN 'same_person';  END IF;
  -- A remark changes nothing: it cannot collide, and is welcome while a merge is under way.
  IF action = 'comment'                                                 THEN RETURN NULL;           END IF;
  IF r.moving                                                           THEN RETURN 'being_moved';  END IF;
  IF version <> r.version                                               THEN RETURN 'conflict';     END IF;
  RETURN NULL;
END $$;

-- What hindered is told to who may know of the row; to others it is as one that is not there.
CREATE OR REPLACE FUNCTION linli.refuse_request(c linli.command, r linli.request, why text) RETURNS api_1.outcome
  LANGUAGE plpgsql AS $$
BEGIN
  IF c.account IS NOT NULL AND r.id IS NOT NULL THEN
    IF NOT linli.knows(c.account, r) THEN RETURN linli.refuse(c, 'unknown_row'); END IF;
  END IF;
  RETURN linli.refuse(c, why, CASE why WHEN 'conflict'    THEN 'version ' || r.version
                                       WHEN 'wrong_state' THEN 'state ' || r.state END);
END $$;

-- Date and serial of the office, such as 260415-0127. Today's come from a sequence, so that communities of one office do not
-- wait for each other's commits; a transaction that fails leaves a gap. The first of a day notes where the day begins.
CREATE OR REPLACE FUNCTION linli.next_number(office bigint, at timestamptz, now timestamptz)
  RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  zone   text := linli.zone_of(office);
  day    date := (at AT TIME ZONE zone)::date;
  base   bigint;
  serial bigint;
BEGIN
  IF day < (now AT TIME ZONE zone)::date THEN
    serial := linli.past_serial(office, day);
  ELSE
    base := linli.serial_base(office, day);   -- before the day's first value is taken
    serial := nextval(linli.serial_of(office)) - base;
  END IF;
  RETURN to_char(day, 'YYMMDD') || '-' || lpad(serial::text, greatest(4, length(serial::text)), '0');
END $$;

-- The office's sequence, made when it is first needed. The name is made of a number alone.
CREATE OR REPLACE FUNCTION linli.serial_of(office bigint) RETURNS regclass LANGUAGE plpgsql AS $$
DECLARE
  name text := 'serial_' || office;
BEGIN
  IF to_regclass('linli.' || name) IS NULL THEN
    EXECUTE format('CREATE SEQUENCE IF NOT EXISTS linli.%I MINVALUE 0 START 0', name);
    PERFORM nextval(('linli.' || name)::regclass);   -- 0: from here on last_value is what was given last
  END IF;
  RETURN ('linli.' || name)::regclass;
END $$;

-- What the sequence had given before this day. Whoever finds no note makes it; others wait for that commit, once a day, and
-- nobody waits for theirs: they hold other streams' counters.
CREATE OR REPLACE FUNCTION linli.serial_base(office bigint, day date) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  found bigint;
BEGIN
  SELECT s.base INTO found FROM linli.request_serial s WHERE s.office = serial_base.office AND s.day = serial_base.day;
  IF found IS NULL THEN
    INSERT INTO linli.request_serial AS s (office, day, base)
      VALUES (office, day, pg_sequence_last_value(linli.serial_of(office)))
      ON CONFLICT ON CONSTRAINT request_serial_pkey DO UPDATE SET base = coalesce(s.base, EXCLUDED.base)
      RETURNING s.base INTO found;
  END IF;
  RETURN found;
END $$;

-- A serial of a day gone by. One at a time for an office: callers hold their stream's counter, then this lock, and ask for
-- no counter after it, so waits cannot close a circle.
CREATE OR REPLACE FUNCTION linli.past_serial(office bigint, day date) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  given bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(1, office::integer);
  UPDATE linli.request_serial s SET last = s.last + 1
   WHERE s.office = past_serial.office AND s.day = past_serial.day AND s.last IS NOT NULL RETURNING s.last INTO given;
  IF given IS NULL THEN
    SELECT coalesce(max(split_part(r.number, '-', 2)::bigint), 0) + 1 INTO given
      FROM linli.request r JOIN linli.community k ON k.id = r.community
     WHERE k.office = past_serial.office AND r.number >= to_char(day, 'YYMMDD') || '-' AND r.number < to_char(day, 'YYMMDD') || '.';
    INSERT INTO linli.request_serial AS s (office, day, last) VALUES (office, day, given)
      ON CONFLICT ON CONSTRAINT request_serial_pkey DO UPDATE SET last = EXCLUDED.last;
  END IF;
  RETURN given;
END $$;

CREATE OR REPLACE FUNCTION linli.office_of(community bigint) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT k.office FROM linli.community k WHERE k.id = community);
END $$;

-- The deadline that runs in the row's state. The clock of the work starts at dispatch, not at signing.
CREATE OR REPLACE FUNCTION linli.set_deadline(c linli.command, r linli.request) RETURNS linli.request
  LANGUAGE plpgsql STABLE AS $$
BEGIN
  r.due_at := NULL; r.due_stage := NULL;
  CASE r.state
    WHEN 'registered', 'accepted' THEN     -- a returned one waits for a dispatcher from now on
      r.due_at := linli.limited(c.office, r.class, 'accept', CASE WHEN r.returns = 0 THEN r.registered_at ELSE c.now END);
      r.due_stage := 'accept';
    WHEN 'dispatched' THEN
      r.due_at := linli.limited(c.office, r.class, 'sign', r.dispatched_at);
      r.due_stage := 'sign';
    WHEN 'in_progress' THEN
      r.due_at := r.finish_due_at;
      r.due_stage := CASE WHEN r.due_at IS NOT NULL THEN 'finish' END;
      IF r.contacted_at IS NULL AND r.dispatched_at IS NOT NULL AND r.reworks = 0 THEN -- one sent back has the limit of 重办
        r.due_at := linli.limited(c.office, r.class, 'contact', r.dispatched_at);
        r.due_stage := 'contact';
        IF r.due_at > r.finish_due_at THEN r.due_at := r.finish_due_at; r.due_stage := 'finish'; END IF;
      END IF;
    WHEN 'reported' THEN
      r.due_at := linli.limited(c.office, r.class, 'verify', r.reported_at);
      r.due_stage := 'verify';
    WHEN 'callback' THEN
      r.due_at := linli.limited(c.office, r.class, 'callback', r.verified_at);
      r.due_stage := 'callback';
    ELSE NULL;
  END CASE;
  RETURN r;
END $$;

-- What holds within every row. No CHECK of the table: that would be read from its text by every statement that writes one.
CREATE OR REPLACE FUNCTION linli.request_sound(r linli.request) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN (r.closed_at IS NOT NULL) = (r.state IN ('closed', 'rejected', 'merged', 'transferred', 'archived'))
     AND (r.confidential OR r.nature <> 'report') AND (r.team = r.subject_team OR r.subject_team = ANY (r.assist)) IS NOT TRUE;
END $$;

-- The one place where a request changes: version, deadline, its job, and the event. A command sets fields of its copy and
-- returns this. One statement for all commands: PostgreSQL writes the whole row anyway, and touches only those indexes
-- whose values differ. What is written is what is told: a column is in both lists or in none.
CREATE OR REPLACE FUNCTION linli.request_change(c linli.command, was linli.request, r linli.request, kind text,
                                                note jsonb DEFAULT NULL)
  RETURNS api_1.outcome LANGUAGE plpgsql AS $$
DECLARE
  at timestamptz;
BEGIN
  r.version := was.version + 1;
  IF r.state <> was.state OR r.class <> was.class OR r.contacted_at IS DISTINCT FROM was.contacted_at
     OR r.finish_due_at IS DISTINCT FROM was.finish_due_at THEN
    r := linli.set_deadline(c, r);
    -- Accepting keeps the deadline that runs, and what was urged about it.
    IF (r.due_stage, r.due_at) IS DISTINCT FROM (was.due_stage, was.due_at) THEN r.urged := 0; END IF;
  END IF;
  IF NOT linli.request_sound(r) THEN RAISE EXCEPTION 'request % would not be sound', r.id USING ERRCODE = 'check_violation'; END IF;
  UPDATE linli.request q SET
      state = r.state, class = r.class, due_at = r.due_at, due_stage = r.due_stage, team = r.team, category = r.category,
      grid = r.grid, version = r.version, returns = r.returns, handler = r.handler, urged = r.urged, answer = r.answer,
      confidential = r.confidential, assist = r.assist, dispatched_at = r.dispatched_at, signed_at = r.signed_at,
      contacted_at = r.contacted_at, reported_at = r.reported_at, verified_at = r.verified_at, closed_at = r.closed_at,
      finish_due_at = r.finish_due_at, reworks = r.reworks, callback_tries = r.callback_tries,
      callback_result = r.callback_result, parent = r.parent, children = r.children, moving = r.moving,
      leader_dispatched = r.leader_dispatched
    WHERE q.id = r.id;
  IF r.due_at IS DISTINCT FROM was.due_at OR r.urged <> was.urged THEN at := linli.request_watch(c, r); END IF;
  IF (r.confidential, r.team, r.assist) IS DISTINCT FROM (was.confidential, was.team, was.assist) THEN
    RETURN linli.logged(c, linli.append(c, kind, r.id, true, jsonb_strip_nulls(to_jsonb(r)), note,
                                        linli.request_audience(was), linli.request_audience(r)));
  END IF;
  RETURN linli.emit_part(c, kind, r.id, concat('{"id": "', r.id, '", "version": ', r.version,
      linli.differs('state', was.state, r.state), linli.differs('class', was.class, r.class),
      linli.differs('due_at', was.due_at, r.due_at), linli.differs('due_stage', was.due_stage, r.due_stage),
      linli.differs('category', was.category, r.category), linli.differs('grid', was.grid, r.grid),
      linli.differs('returns', was.returns, r.returns), linli.differs('handler', was.handler, r.handler),
      linli.differs('urged', was.urged, r.urged), linli.differs('answer', was.answer, r.answer),
      linli.differs('dispatched_at', was.dispatched_at, r.dispatched_at), linli.differs('signed_at', was.signed_at, r.signed_at),
      linli.differs('contacted_at', was.contacted_at, r.contacted_at), linli.differs('reported_at', was.reported_at, r.reported_at),
      linli.differs('verified_at', was.verified_at, r.verified_at), linli.differs('closed_at', was.closed_at, r.closed_at),
      linli.differs('finish_due_at', was.finish_due_at, r.finish_due_at), linli.differs('reworks', was.reworks, r.reworks),
      linli.differs('callback_tries', was.callback_tries, r.callback_tries),
      linli.differs('callback_result', was.callback_result, r.callback_result), linli.differs('parent', was.parent, r.parent),
      linli.differs('children', was.children, r.children), linli.differs('moving', was.moving, r.moving),
      linli.differs('leader_dispatched', was.leader_dispatched, r.leader_dispatched), '}')::jsonb,
    note, linli.request_audience(r));
END $$;

-- Keep the one job that wakes the scheduler at the row's next urging, and tell when that is. A new number each time, since
-- it is the identity of the command that runs the job. The counter is held already: never a job before a counter.
CREATE OR REPLACE FUNCTION linli.request_watch(c linli.command, r linli.request) RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
  at timestamptz := linli.next_urging(r);
BEGIN
  IF at IS NULL THEN
    DELETE FROM linli.job j WHERE j.row_id = r.id AND j.kind = 'request.deadline';
  ELSE
    UPDATE linli.job j SET job = DEFAULT, due_at = at WHERE j.row_id = r.id AND j.kind = 'request.deadline';
    IF NOT FOUND THEN
      INSERT INTO linli.job (stream, due_at, kind, row_id) VALUES (c.stream, at, 'request.deadline', r.id);
    END IF;
  END IF;
  RETURN at;
END $$;

-- Level 1 when the deadline passes, 2 and 3 when another half and another whole of its limit have passed.
CREATE OR REPLACE FUNCTION linli.next_urging(r linli.request) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
DECLARE
  office bigint;
BEGIN
  IF r.due_at IS NULL OR r.urged >= 3 THEN RETURN NULL; END IF;
  IF r.urged = 0 THEN RETURN r.due_at; END IF;
  office := linli.office_of(r.community);
  RETURN linli.add_time(office, r.due_at,
    linli.limit_of(office, r.class, CASE WHEN r.due_stage = 'finish' AND r.reworks > 0 THEN 'rework' ELSE r.due_stage END),
    r.urged / 2.0);
END $$;

-- The moment at which something was done outside, by the client's corrected clock: field workers upload late, and their
-- contact or report counts from when it was made; never before the team signed, never in the future.
CREATE OR REPLACE FUNCTION linli.done_at(c linli.command, r linli.request) RETURNS timestamptz LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN greatest(least(c.made_at, c.now), r.signed_at);
END $$;

-- The scheduler, when a deadline may have passed. The row may have moved on since the job was read.
CREATE OR REPLACE FUNCTION linli.job_request_deadline(c linli.command, j linli.job) RETURNS api_1.outcome
  LANGUAGE plpgsql AS $$
DECLARE
  was linli.request;
  r   linli.request;
  at  timestamptz;
BEGIN
  SELECT * INTO was FROM linli.request q WHERE q.id = j.row_id;
  at := linli.next_urging(was);
  IF at IS NULL   THEN RETURN linli.refuse(c, 'wrong_state', 'no deadline runs'); END IF;
  IF at > c.now   THEN at := linli.request_watch(c, was); RETURN linli.refuse(c, 'wrong_state', 'not due yet'); END IF;
  r := was;
  r.urged := was.urged + 1;
  RETURN linli.request_change(c, was, r, 'request.overdue', jsonb_build_object('level', r.urged, 'stage', r.due_stage));
END $$;
