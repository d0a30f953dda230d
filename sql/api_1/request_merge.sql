-- Merging. The child's stream asks, the parent's answers, the child's ends it: three commands, each in one stream, also
-- when both are of one community. Until the answer the child is `moving`, and nothing else may be done to it.
--
--   request.merge ─ merging ─→ job request.join ─ joined ──→ job request.join_done ─ merged
--    (child's stream)           (parent's)    └─ refused ─→ job request.join_refused ─ merge_refused (child's stream)

-- Who holds triage for the child. A confidential request is merged with its like, or by somebody who may read both:
-- a merge never tells that a confidential case exists.
CREATE OR REPLACE FUNCTION api_1.request_merge(session bytea, id uuid, stream bigint, version bigint, made_at timestamptz,
    digest bytea, request uuid, "into" uuid, into_community bigint, note text)
  RETURNS api_1.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  c      linli.command := linli.enter(session, id, stream, made_at, digest);
  was    linli.request;
  r      linli.request;
  parent linli.request;
  why    text;
  o      api_1.outcome;
BEGIN
  IF c.decided THEN RETURN c.answer; END IF;
  SELECT * INTO was FROM linli.request q WHERE q.id = request;
  why := linli.hindrance(c, was, version, 'merge');
  IF why IS NOT NULL                              THEN RETURN linli.refuse_request(c, was, why); END IF;
  IF request_merge."into" = was.id                THEN RETURN linli.refuse(c, 'same_row'); END IF;
  -- A look without its counter, to tell the clerk at once; the parent's own stream decides.
  SELECT * INTO parent FROM linli.request q WHERE q.id = request_merge."into" AND q.community = into_community;
  IF parent.id IS NULL OR NOT linli.sees(c.account, parent, c.now)
                                                  THEN RETURN linli.refuse(c, 'unknown_row', 'into'); END IF;
  -- Nor may an open case lead to a confidential one, or the other way: its events would name what others must not know of.
  IF linli.office_of(parent.community) <> linli.office_of(was.community) OR parent.confidential <> was.confidential
                                                  THEN RETURN linli.refuse(c, 'not_allowed', 'into'); END IF;
  IF parent.state NOT IN ('registered', 'needs_info', 'accepted', 'dispatched', 'in_progress', 'shelved', 'reported', 'callback')
                                                  THEN RETURN linli.refuse(c, 'wrong_state', 'into'); END IF;
  IF was.subject_team = ANY (parent.team || parent.assist)
                                                  THEN RETURN linli.refuse(c, 'subject_excluded'); END IF;
  r := was;
  r.moving := true;
  o := linli.request_change(c, was, r, 'request.merging',
         jsonb_build_object('into', parent.id, 'into_community', parent.community, 'note', note));
  PERFORM linli.effect(o, 1, linli.community_stream(parent.community), 'request.join', parent.id,
    jsonb_build_object('child', r.id, 'child_community', r.community, 'actor', c.account,
                       'confidential', r.confidential, 'subject', r.subject_team));
  RETURN o;
END $$;

-- Whether an account may read a row: the audience of the row against its rights there. The system may.
CREATE OR REPLACE FUNCTION linli.sees(account bigint, r linli.request, at timestamptz) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF account IS NULL THEN RETURN true; END IF;
  IF r.subject_team IS NOT NULL AND linli.was_in(account, r.subject_team, r.registered_at) THEN RETURN false; END IF;
  RETURN linli.account_may(account, CASE WHEN r.confidential THEN 'see_confidential' ELSE 'follow' END,
                           linli.office_of(r.community), r.community, r.grid)
      OR linli.is_member(account, r.team || coalesce(r.assist, '{}'), at);
END $$;

-- The scheduler, in the parent's stream. A refusal goes back too: the next job is written with it, so that the child is
-- told exactly once, whoever runs this.
CREATE OR REPLACE FUNCTION linli.job_request_join(c linli.command, j linli.job) RETURNS api_1.outcome LANGUAGE plpgsql AS $$
DECLARE
  was  linli.request;
  r    linli.request;
  back bigint := linli.community_stream((j.args ->> 'child_community')::bigint);
  why  text;
  o    api_1.outcome;
BEGIN
  SELECT * INTO was FROM linli.request q WHERE q.id = j.row_id;
  why := CASE
    WHEN was.id IS NULL OR linli.community_stream(was.community) <> c.stream THEN 'unknown_row'
    WHEN was.state IN ('closed', 'rejected', 'merged', 'transferred', 'archived') THEN 'wrong_state'
    WHEN was.moving THEN 'being_moved'
    WHEN was.confidential <> (j.args ->> 'confidential')::boolean THEN 'conflict'   -- of the child, which cannot change meanwhile
    WHEN (j.args ->> 'subject')::bigint = ANY (was.team || was.assist) THEN 'subject_excluded'
    WHEN NOT linli.sees((j.args ->> 'actor')::bigint, was, c.now) THEN 'unknown_row'
  END;
  IF why IS NOT NULL THEN
    INSERT INTO linli.job (stream, due_at, kind, row_id, origin_stream, origin_seq, n, args)
      VALUES (back, c.now, 'request.join_refused', (j.args ->> 'child')::uuid, j.origin_stream, j.origin_seq, -j.n,
              jsonb_build_object('refusal', why));
    RETURN linli.refuse(c, why);
  END IF;
  r := was;
  r.children := was.children + 1;
  o := linli.request_change(c, was, r, 'request.joined',
         jsonb_build_object('child', j.args -> 'child', 'child_community', j.args -> 'child_community'));
  PERFORM linli.effect(o, 1, back, 'request.join_done', (j.args ->> 'child')::uuid, jsonb_build_object('parent', r.id));
  RETURN o;
END $$;

-- The scheduler, in the child's stream: done, it follows its parent. Its caller stays a caller of the parent.
CREATE OR REPLACE FUNCTION linli.job_request_join_done(c linli.command, j linli.job) RETURNS api_1.outcome LANGUAGE plpgsql AS $$
DECLARE
  was linli.request;
  r   linli.request;
BEGIN
  SELECT * INTO was FROM linli.request q WHERE q.id = j.row_id;
  r := was;
  r.state := 'merged';
  r.moving := false;
  r.parent := (j.args ->> 'parent')::uuid;
  r.closed_at := c.now;
  RETURN linli.request_change(c, was, r, 'request.merged');
END $$;

-- The scheduler, in the child's stream: it goes on as before.
CREATE OR REPLACE FUNCTION linli.job_request_join_refused(c linli.command, j linli.job) RETURNS api_1.outcome LANGUAGE plpgsql AS $$
DECLARE
  was linli.request;
  r   linli.request;
BEGIN
  SELECT * INTO was FROM linli.request q WHERE q.id = j.row_id;
  r := was;
  r.moving := false;
  RETURN linli.request_change(c, was, r, 'request.merge_refused', jsonb_build_object('refusal', j.args -> 'refusal'));
END $$;
