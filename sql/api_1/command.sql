-- What every command function does, in this order: enter (lock the counter, know the session, look the id up), check,
-- write, emit. No refusal after the first write, no subtransaction. Nobody but api functions calls these.

DROP TYPE IF EXISTS linli.command CASCADE;
CREATE TYPE linli.command AS (
  answer  api_1.outcome,     -- set when it was decided before, or cannot be decided here: return it
  decided boolean,
  account bigint,            -- NULL for the system
  office  bigint,            -- the account's
  id      uuid,
  stream  bigint,
  owner   bigint,            -- the community, office or account of the stream
  digest  bytea,
  now     timestamptz,       -- after the lock, never before the stream's newest event
  made_at timestamptz,
  head    bigint,
  chain   bytea
);

-- The time. Only an owner's connection (the demo office, tests) may set another by linli.clock; linlid cannot, since
-- the setting counts only for the role that owns the schema.
CREATE OR REPLACE FUNCTION linli.clock() RETURNS timestamptz
  LANGUAGE sql VOLATILE AS $$
  SELECT CASE WHEN session_user <> 'linlid' AND current_setting('linli.clock', true) <> ''
              THEN current_setting('linli.clock', true)::timestamptz ELSE clock_timestamp() END
$$;

CREATE OR REPLACE FUNCTION linli.uuid_time(id uuid) RETURNS timestamptz
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT to_timestamp(('x' || translate(left(id::text, 13), '-', ''))::bit(48)::bigint / 1000.0)
$$;

-- Decides nothing by itself: a repeat comes back with answer set. Session NULL means the system.
CREATE OR REPLACE FUNCTION linli.enter(session bytea, id uuid, stream bigint, made_at timestamptz, digest bytea)
  RETURNS linli.command LANGUAGE plpgsql AS $$
DECLARE
  c    linli.command;
  last timestamptz;
  old  linli.command_log;
BEGIN
  SELECT s.head, s.chain, s.at INTO c.head, c.chain, last
    FROM linli.stream s WHERE s.stream = enter.stream FOR NO KEY UPDATE;
  c.decided := false;
  c.id := id; c.stream := stream; c.owner := stream / 4; c.digest := digest; c.made_at := made_at;
  c.now := greatest(linli.clock(), last);
  IF session IS NOT NULL THEN
    SELECT w.account, w.office INTO c.account, c.office FROM linli.whoever(session, c.now) w;
    IF c.account IS NULL THEN RETURN linli.undecided(c, 'signed_out'); END IF;
  END IF;
  -- Only now: a repeat that waited for its first run must see what that wrote.
  SELECT * INTO old FROM linli.command_log l WHERE l.account = coalesce(c.account, 0) AND l.id = enter.id;
  IF FOUND THEN
    IF old.digest <> digest THEN RETURN linli.undecided(c, 'reused_id'); END IF;
    c.decided := true;
    c.answer := (old.refusal, old.detail, true, old.stream, old.seq, old.row_id,
                 NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    RETURN c;
  END IF;
  IF linli.uuid_time(id) NOT BETWEEN c.now - interval '90 days' AND c.now + interval '1 day' THEN
    RETURN linli.undecided(c, 'too_old');
  END IF;
  IF c.head IS NULL THEN RETURN linli.undecided(c, 'wrong_stream'); END IF;
  RETURN c;
END $$;

-- An answer that is not logged, because the log must not hold it: there is no account, or the id is another's.
CREATE OR REPLACE FUNCTION linli.undecided(c linli.command, refusal text) RETURNS linli.command
  LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  c.decided := true;
  c.answer := (refusal, NULL, false, c.stream, NULL, NULL,
               NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
  RETURN c;
END $$;

-- A refusal is a value, and is remembered: a repeat gets the same.
CREATE OR REPLACE FUNCTION linli.refuse(c linli.command, refusal text, detail text DEFAULT NULL, elsewhere bigint DEFAULT NULL)
  RETURNS api_1.outcome LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO linli.command_log (account, id, digest, refusal, detail, stream)
    VALUES (coalesce(c.account, 0), c.id, c.digest, refusal, detail, coalesce(elsewhere, c.stream));
  RETURN (refusal, detail, false, coalesce(elsewhere, c.stream), NULL, NULL,
          NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
END $$;

-- What changed from one row to the next: members of `after` that differ, NULL ones included; the id always.
CREATE OR REPLACE FUNCTION linli.changed(before jsonb, after jsonb) RETURNS jsonb
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(jsonb_object_agg(a.key, a.value), '{}')
    FROM jsonb_each(after) a
   WHERE a.key = 'id' OR a.value IS DISTINCT FROM before -> a.key
$$;

CREATE OR REPLACE FUNCTION linli.chained(chain bytea, seq bigint, at timestamptz, actor bigint, row_id uuid, digest bytea)
  RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT sha256(chain || int8send(seq) || timestamptz_send(at) || int8send(coalesce(actor, 0)) || uuid_send(row_id) || digest)
$$;

CREATE OR REPLACE FUNCTION linli.event_digest(salt bytea, kind text, body jsonb, note jsonb)
  RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT sha256(salt || convert_to(kind || body::text || coalesce(note::text, ''), 'UTF8'))
$$;

-- Who may see an event or a row: the class, teams that see it whatever the class, the team it complains about.
DROP TYPE IF EXISTS linli.audience CASCADE;
CREATE TYPE linli.audience AS (class smallint, teams bigint[], barred bigint);

-- The one place where events are made. before NULL: a new row, the event is whole. The event is whole too when the
-- audience changed, because it brings the row into somebody's view. Logs the command and returns its outcome.
CREATE OR REPLACE FUNCTION linli.emit(c linli.command, kind text, row_id uuid, before jsonb, after jsonb,
                                      note jsonb DEFAULT NULL,
                                      was linli.audience DEFAULT NULL, becomes linli.audience DEFAULT NULL)
  RETURNS api_1.outcome LANGUAGE plpgsql AS $$
DECLARE
  moved  boolean := before IS NOT NULL AND was IS DISTINCT FROM becomes;
  whole  boolean := before IS NULL OR moved;
  body   jsonb   := jsonb_strip_nulls(after);
  salt   bytea   := uuid_send(gen_random_uuid());
  seq    bigint  := c.head + 1;
  digest bytea;
  chain  bytea;
BEGIN
  IF NOT whole THEN body := linli.changed(before, after); END IF;
  note := nullif(jsonb_strip_nulls(note), '{}');
  digest := linli.event_digest(salt, kind, body, note);
  chain := linli.chained(c.chain, seq, c.now, c.account, row_id, digest);
  UPDATE linli.stream s SET head = emit.seq, at = c.now, chain = emit.chain WHERE s.stream = c.stream;
  INSERT INTO linli.event VALUES (c.stream, seq, c.now, c.account, kind, row_id,
    coalesce(becomes.class, 0), becomes.teams, becomes.barred,
    CASE WHEN moved THEN was.class END, CASE WHEN moved THEN was.teams END,
    whole, body, note, salt, digest, chain);
  INSERT INTO linli.command_log (account, id, digest, stream, seq, row_id)
    VALUES (coalesce(c.account, 0), c.id, c.digest, c.stream, seq, row_id);
  RETURN (NULL, NULL, false, c.stream, seq, row_id, c.now, c.account, kind, chain,
          coalesce(becomes.class, 0), becomes.teams, becomes.barred,
          CASE WHEN moved THEN was.class END, CASE WHEN moved THEN was.teams END, whole, body::text, note::text);
END $$;

-- An effect of the event that `o` made: runs in another stream as a system command, exactly once.
CREATE OR REPLACE FUNCTION linli.effect(o api_1.outcome, n integer, stream bigint, kind text, row_id uuid, args jsonb)
  RETURNS void LANGUAGE sql AS $$
  INSERT INTO linli.job (stream, due_at, kind, row_id, origin_stream, origin_seq, n, args)
    VALUES (stream, o.at, kind, row_id, o.stream, o.seq, n, args)
$$;
