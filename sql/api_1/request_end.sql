-- How a request ends: verify or send back, then call the resident. Who handled it does neither.

-- Who holds verify and did not handle the case. The public answer is written by then, unless it is confidential.
CREATE OR REPLACE FUNCTION api_1.request_verify(session bytea, id uuid, stream bigint, version bigint, made_at timestamptz,
    digest bytea, request uuid, note text)
  RETURNS api_1.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  c   linli.command := linli.enter(session, id, stream, made_at, digest);
  was linli.request;
  r   linli.request;
  why text;
BEGIN
  IF c.decided THEN RETURN c.answer; END IF;
  SELECT * INTO was FROM linli.request q WHERE q.id = request;
  why := linli.hindrance(c, was, version, 'verify');
  IF why IS NOT NULL                                THEN RETURN linli.refuse_request(c, was, why); END IF;
  IF was.answer IS NULL AND NOT was.confidential    THEN RETURN linli.refuse(c, 'needs_answer'); END IF;
  r := was;
  r.state := 'callback';
  r.verified_at := c.now;
  r.callback_tries := 0;
  r.callback_result := NULL;
  RETURN linli.request_change(c, was, r, 'request.verified', jsonb_build_object('note', note));
END $$;

-- The same; in state callback the shift leader, once a resident was found unsatisfied.
CREATE OR REPLACE FUNCTION api_1.request_rework(session bytea, id uuid, stream bigint, version bigint, made_at timestamptz,
    digest bytea, request uuid, note text)
  RETURNS api_1.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  c   linli.command := linli.enter(session, id, stream, made_at, digest);
  was linli.request;
  why text;
BEGIN
  IF c.decided THEN RETURN c.answer; END IF;
  SELECT * INTO was FROM linli.request q WHERE q.id = request;
  why := linli.hindrance(c, was, version, 'rework');
  IF why IS NOT NULL                                THEN RETURN linli.refuse_request(c, was, why); END IF;
  IF was.state = 'callback' AND was.callback_result IS DISTINCT FROM 'solved_unsatisfied'
                                                    THEN RETURN linli.refuse_request(c, was, 'wrong_state'); END IF;
  IF coalesce(btrim(note), '') = ''                 THEN RETURN linli.refuse(c, 'bad_value', 'note'); END IF;
  RETURN linli.request_change(c, was, linli.send_back(c, was), 'request.sent_back', jsonb_build_object('note', note));
END $$;

-- 重办 has a limit of its own.
CREATE OR REPLACE FUNCTION linli.send_back(c linli.command, r linli.request) RETURNS linli.request
  LANGUAGE plpgsql STABLE AS $$
BEGIN
  r.state := 'in_progress';
  r.reworks := r.reworks + 1;
  r.reported_at := NULL;
  r.verified_at := NULL;
  r.finish_due_at := linli.limited(c.office, r.class, 'rework', c.now);
  RETURN r;
END $$;

-- Who holds callback and did not handle the case; after "solved, unsatisfied" only the shift leader (dispatch_returned),
-- whose next call closes it 解释办结 when the resident calls it solved, content or not: a note says what was explained.
CREATE OR REPLACE FUNCTION api_1.request_callback(session bytea, id uuid, stream bigint, version bigint, made_at timestamptz,
    digest bytea, request uuid, result text, note text)
  RETURNS api_1.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  c       linli.command := linli.enter(session, id, stream, made_at, digest);
  was     linli.request;
  r       linli.request;
  why     text;
  leaders boolean;
BEGIN
  IF c.decided THEN RETURN c.answer; END IF;
  SELECT * INTO was FROM linli.request q WHERE q.id = request;
  why := linli.hindrance(c, was, version, 'callback', result);
  IF why IS NOT NULL                         THEN RETURN linli.refuse_request(c, was, why); END IF;
  leaders := was.callback_result IS NOT DISTINCT FROM 'solved_unsatisfied';
  IF leaders AND NOT linli.may(c, 'dispatch_returned', was.community, was.grid)
                                             THEN RETURN linli.refuse(c, 'needs_shift_leader'); END IF;
  IF leaders AND result = 'solved_unsatisfied' AND coalesce(btrim(note), '') = ''
                                             THEN RETURN linli.refuse(c, 'bad_value', 'note'); END IF;
  -- Nobody can be asked who left neither name nor phone; others are spared only if they asked for it, which a note tells.
  IF (result = 'exempt') <> was.anonymous AND (was.anonymous OR coalesce(btrim(note), '') = '')
                                             THEN RETURN linli.refuse(c, 'one_reporter'); END IF;
  IF was.answer IS NULL AND NOT was.confidential AND result <> 'unsolved'
                                             THEN RETURN linli.refuse(c, 'needs_answer'); END IF;
  r := was;
  IF result = 'unsolved' THEN
    r := linli.send_back(c, r);
  ELSIF result = 'not_reached' THEN
    r.callback_tries := was.callback_tries + 1;
    IF linli.tries_suffice(c, r) THEN r.state := 'closed'; END IF;
  ELSIF result <> 'solved_unsatisfied' OR leaders THEN
    r.state := 'closed';
  END IF;
  IF result <> 'not_reached' OR r.state = 'closed' THEN r.callback_result := result; END IF;
  IF r.state = 'closed' THEN r.closed_at := c.now; END IF;
  RETURN linli.request_change(c, was, r,
    CASE r.state WHEN 'closed' THEN 'request.closed' WHEN 'in_progress' THEN 'request.sent_back' ELSE 'request.called_back' END,
    jsonb_build_object('result', result, 'note', note));
END $$;

-- Three tries that reach nobody close it "not answered", if two days lie between the first and the last and one of them
-- was outside office hours; until then it stays and is tried again.
CREATE OR REPLACE FUNCTION linli.tries_suffice(c linli.command, r linli.request) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
  tries  timestamptz[];
BEGIN
  IF r.callback_tries < 3 THEN RETURN false; END IF;
  tries := (SELECT array_agg(e.at) FROM linli.event e
             WHERE e.row_id = r.id AND e.kind = 'request.called_back' AND e.note ->> 'result' = 'not_reached'
               AND e.at >= r.verified_at);
  RETURN (SELECT min(t) <= c.now - interval '2 days' AND NOT bool_and(linli.is_working_time(c.office, t))
            FROM unnest(tries || c.now) t);
END $$;
