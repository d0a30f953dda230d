-- What the lead team does: sign, contact, report, return; and the remark that anybody may add. For a team without accounts
-- a clerk who holds work_for does it and says who was phoned.

-- A member of the lead team, or the clerk of a team without accounts.
CREATE OR REPLACE FUNCTION api_1.request_sign(session bytea, id uuid, stream bigint, version bigint, made_at timestamptz,
    digest bytea, request uuid, phoned text)
  RETURNS api_1.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  c   linli.command := linli.enter(session, id, stream, made_at, digest);
  was linli.request;
  r   linli.request;
  why text;
BEGIN
  IF c.decided THEN RETURN c.answer; END IF;
  SELECT * INTO was FROM linli.request q WHERE q.id = request;
  why := linli.hindrance(c, was, version, 'sign');
  IF why IS NOT NULL THEN RETURN linli.refuse_request(c, was, why); END IF;
  IF coalesce(phoned, '') = '' AND NOT linli.in_teams(c, ARRAY[was.team])
                     THEN RETURN linli.refuse(c, 'bad_value', 'phoned'); END IF;
  r := was;
  r.state := 'in_progress';
  r.handler := c.account;
  r.signed_at := c.now;
  RETURN linli.request_change(c, was, r, 'request.signed', jsonb_build_object('phoned', phoned));
END $$;

-- The same. The first one stops the contact deadline.
CREATE OR REPLACE FUNCTION api_1.request_contact(session bytea, id uuid, stream bigint, version bigint, made_at timestamptz,
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
  why := linli.hindrance(c, was, version, 'contact');
  IF why IS NOT NULL THEN RETURN linli.refuse_request(c, was, why); END IF;
  r := was;
  r.contacted_at := coalesce(r.contacted_at, linli.done_at(c, r));
  RETURN linli.request_change(c, was, r, 'request.contacted', jsonb_build_object('note', note));
END $$;

-- The same. The note stays inside; the answer is what the public is told.
CREATE OR REPLACE FUNCTION api_1.request_report(session bytea, id uuid, stream bigint, version bigint, made_at timestamptz,
    digest bytea, request uuid, note text, answer text)
  RETURNS api_1.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  c   linli.command := linli.enter(session, id, stream, made_at, digest);
  was linli.request;
  r   linli.request;
  why text;
BEGIN
  IF c.decided THEN RETURN c.answer; END IF;
  SELECT * INTO was FROM linli.request q WHERE q.id = request;
  why := linli.hindrance(c, was, version, 'report');
  IF why IS NOT NULL THEN RETURN linli.refuse_request(c, was, why); END IF;
  r := was;
  r.state := 'reported';
  r.reported_at := linli.done_at(c, r);
  r.answer := coalesce(nullif(btrim(answer), ''), r.answer);
  RETURN linli.request_change(c, was, r, 'request.reported', jsonb_build_object('note', note));
END $$;

-- The same; not what the shift leader has dispatched.
CREATE OR REPLACE FUNCTION api_1.request_return(session bytea, id uuid, stream bigint, version bigint, made_at timestamptz,
    digest bytea, request uuid, reason text, note text)
  RETURNS api_1.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  c   linli.command := linli.enter(session, id, stream, made_at, digest);
  was linli.request;
  r   linli.request;
  why text;
BEGIN
  IF c.decided THEN RETURN c.answer; END IF;
  SELECT * INTO was FROM linli.request q WHERE q.id = request;
  why := linli.hindrance(c, was, version, 'return');
  IF why IS NOT NULL         THEN RETURN linli.refuse_request(c, was, why); END IF;
  IF was.leader_dispatched   THEN RETURN linli.refuse(c, 'cannot_return'); END IF;
  IF reason IS NULL          THEN RETURN linli.refuse(c, 'bad_value', 'reason'); END IF;
  r := was;
  r.state := 'accepted';
  r.returns := was.returns + 1;
  r.team := NULL; r.assist := NULL; r.handler := NULL;
  r.dispatched_at := NULL; r.signed_at := NULL; r.finish_due_at := NULL;
  RETURN linli.request_change(c, was, r, 'request.returned',
    jsonb_build_object('reason', reason, 'note', note, 'team', was.team));
END $$;

-- Who holds comment and may read it. The row stays as it is, its version too: a remark collides with nothing.
CREATE OR REPLACE FUNCTION api_1.request_comment(session bytea, id uuid, stream bigint, version bigint, made_at timestamptz,
    digest bytea, request uuid, text text)
  RETURNS api_1.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  c   linli.command := linli.enter(session, id, stream, made_at, digest);
  r   linli.request;
  why text;
BEGIN
  IF c.decided THEN RETURN c.answer; END IF;
  SELECT * INTO r FROM linli.request q WHERE q.id = request;
  why := linli.hindrance(c, r, NULL, 'comment');
  IF why IS NOT NULL       THEN RETURN linli.refuse_request(c, r, why); END IF;
  IF btrim(text) = ''      THEN RETURN linli.refuse(c, 'bad_value', 'text'); END IF;
  RETURN linli.emit_part(c, 'request.commented', r.id, jsonb_build_object('id', r.id), jsonb_build_object('text', text),
                         linli.request_audience(r));
END $$;
