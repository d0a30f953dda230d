-- What every command function does, in this order: enter (lock the counter, know the session, look the id up), check,
-- write, emit. No refusal after the first write, no subtransaction. Nobody but api functions calls these.
-- Run first. Bodies may name what later files define. All functions but those of 0001 are made anew, so that a changed
-- parameter or result needs no DROP of its own; who calls meanwhile sees the old ones until this commits.
SET LOCAL check_function_bodies = off;
DO $$
DECLARE
  old regprocedure;
BEGIN
  FOR old IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace IN ('linli'::regnamespace, 'api_1'::regnamespace)
                AND p.proname NOT IN ('office_stream', 'community_stream', 'account_stream', 'stream_owner', 'key')
              ORDER BY p.prokind LOOP     -- aggregates before what they are made of
    EXECUTE 'DROP ROUTINE ' || old;
  END LOOP;
END $$;

DROP TYPE IF EXISTS linli.command CASCADE;
CREATE TYPE linli.command AS (
  answer  api_1.outcome,     -- set when it was decided before, or cannot be decided here: return it
  decided boolean,
  account bigint,            -- NULL for the system
  office  bigint,            -- whose stream it is, or whose community's or account's
  zone    text,              -- that office's
  id      uuid,
  stream  bigint,
  owner   bigint,            -- the community, office or account of the stream
  digest  bytea,
  now     timestamptz,       -- after the lock, never before the stream's newest event
  made_at timestamptz,
  head    bigint,
  chain   bytea,
  log     integer            -- which table of the command log holds the id
);

-- The time. Only a member of the owner's role (the demo office, tests) may set another by linli.clock: whoever
-- connects as linlid may set the setting too, and it counts for nothing.
CREATE OR REPLACE FUNCTION linli.clock() RETURNS timestamptz
  LANGUAGE sql VOLATILE AS $$
  SELECT CASE WHEN current_setting('linli.clock', true) <> '' AND pg_has_role(session_user, 'linli_owner', 'MEMBER')
              THEN current_setting('linli.clock', true)::timestamptz ELSE clock_timestamp() END
$$;

-- The time of a UUIDv7, in milliseconds since 1970.
CREATE OR REPLACE FUNCTION linli.uuid_ms(id uuid) RETURNS bigint
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT ('x' || encode(substring(uuid_send(id) FOR 6), 'hex'))::bit(48)::bigint
$$;
CREATE OR REPLACE FUNCTION linli.uuid_time(id uuid) RETURNS timestamptz
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT to_timestamp(linli.uuid_ms(id) / 1000.0)';

-- The smallest UUIDv7 of an instant's millisecond, and one that hashes `about`: the same for the same question.
CREATE OR REPLACE FUNCTION linli.uuid_floor(at timestamptz) RETURNS uuid
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid
$$;
CREATE OR REPLACE FUNCTION linli.uuid_of(at timestamptz, about bytea) RETURNS uuid
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0')
          || '7' || substring(h FROM 1 FOR 3) || '8' || substring(h FROM 4 FOR 15))::uuid
    FROM encode(sha256(about), 'hex') h
$$;

-- Which of the four tables of the command log holds an id of this millisecond: 64 days each.
CREATE OR REPLACE FUNCTION linli.log_of(ms bigint) RETURNS integer
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT (ms / 5529600000 % 4)::integer';
CREATE OR REPLACE FUNCTION linli.logged(c linli.command, o api_1.outcome) RETURNS api_1.outcome LANGUAGE plpgsql AS $$
BEGIN
  CASE c.log
    WHEN 0 THEN INSERT INTO linli.log_0 VALUES (c.id, coalesce(c.account, 0), c.digest, o.refusal, o.detail, o.stream, o.seq, o.row_id);
    WHEN 1 THEN INSERT INTO linli.log_1 VALUES (c.id, coalesce(c.account, 0), c.digest, o.refusal, o.detail, o.stream, o.seq, o.row_id);
    WHEN 2 THEN INSERT INTO linli.log_2 VALUES (c.id, coalesce(c.account, 0), c.digest, o.refusal, o.detail, o.stream, o.seq, o.row_id);
    WHEN 3 THEN INSERT INTO linli.log_3 VALUES (c.id, coalesce(c.account, 0), c.digest, o.refusal, o.detail, o.stream, o.seq, o.row_id);
  END CASE;
  RETURN o;
END $$;

-- Decides nothing by itself: a repeat comes back with answer set. Session NULL means the system: a command function that
-- says so itself (as_system), or anything called by the owner. linlid cannot become the system by forgetting a session.
CREATE OR REPLACE FUNCTION linli.enter(session bytea, id uuid, stream bigint, made_at timestamptz, digest bytea,
                                       as_system boolean DEFAULT false)
  RETURNS linli.command LANGUAGE plpgsql AS $$
DECLARE
  c    linli.command;
  last timestamptz;
  old  linli.log_0;
  ms   bigint := linli.uuid_ms(id);
BEGIN
  -- Bodies hold times as text: always UTC, whatever the connection says.
  IF current_setting('TimeZone') <> 'UTC' THEN PERFORM set_config('TimeZone', 'UTC', false); END IF;
  SELECT s.head, s.chain, s.at, s.office, f.zone INTO c.head, c.chain, last, c.office, c.zone
    FROM linli.stream s JOIN linli.office f ON f.id = s.office WHERE s.stream = enter.stream FOR NO KEY UPDATE OF s;
  c.decided := false;
  c.id := id; c.stream := stream; c.owner := stream / 4; c.digest := digest; c.log := linli.log_of(ms);
  c.now := greatest(linli.clock(), last);
  c.made_at := least(coalesce(made_at, c.now), c.now);
  IF session IS NOT NULL THEN
    SELECT w.account INTO c.account FROM linli.whoever(session, c.now) w;
    IF c.account IS NULL THEN RETURN linli.undecided(c, 'signed_out'); END IF;
  ELSIF NOT (as_system OR pg_has_role(session_user, 'linli_owner', 'MEMBER')) THEN
    RETURN linli.undecided(c, 'signed_out');
  END IF;
  -- Only now: a repeat that waited for its first run must see what that wrote.
  CASE c.log
    WHEN 0 THEN SELECT * INTO old FROM linli.log_0 l WHERE l.id = enter.id AND l.account = coalesce(c.account, 0);
    WHEN 1 THEN SELECT * INTO old FROM linli.log_1 l WHERE l.id = enter.id AND l.account = coalesce(c.account, 0);
    WHEN 2 THEN SELECT * INTO old FROM linli.log_2 l WHERE l.id = enter.id AND l.account = coalesce(c.account, 0);
    WHEN 3 THEN SELECT * INTO old FROM linli.log_3 l WHERE l.id = enter.id AND l.account = coalesce(c.account, 0);
  END CASE;
  IF old.id IS NOT NULL THEN
    IF old.digest <> digest THEN RETURN linli.undecided(c, 'reused_id'); END IF;
    c.decided := true;
    c.answer := (old.refusal, old.detail, true, old.stream, old.seq, old.row_id,
                 NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    RETURN c;
  END IF;
  IF to_timestamp(ms / 1000) NOT BETWEEN c.now - interval '90 days' AND c.now + interval '1 day' THEN
    RETURN linli.undecided(c, 'too_old', CASE WHEN to_timestamp(ms / 1000) > c.now
      THEN 'The id is of the future, or no UUIDv7: correct the clock by ping and make a new id.' END);
  END IF;
  IF c.head IS NULL THEN RETURN linli.undecided(c, 'wrong_stream'); END IF;
  RETURN c;
END $$;

-- An answer that is not logged, because the log must not hold it: there is no account, or the id is another's.
CREATE OR REPLACE FUNCTION linli.undecided(c linli.command, refusal text, detail text DEFAULT NULL) RETURNS linli.command
  LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  c.decided := true;
  c.answer := (refusal, detail, false, c.stream, NULL, NULL,
               NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
  RETURN c;
END $$;

-- A refusal is a value, and is remembered: a repeat gets the same.
CREATE OR REPLACE FUNCTION linli.refuse(c linli.command, refusal text, detail text DEFAULT NULL, elsewhere bigint DEFAULT NULL)
  RETURNS api_1.outcome LANGUAGE plpgsql AS $$
BEGIN
  RETURN linli.logged(c, (refusal, detail, false, coalesce(elsewhere, c.stream), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                          NULL, NULL, NULL, NULL, NULL, NULL)::api_1.outcome);
END $$;

-- What changed from one row to the next: members of `after` that differ, NULL ones included; the id always.
CREATE OR REPLACE FUNCTION linli.changed(before jsonb, after jsonb) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN (SELECT coalesce(jsonb_object_agg(a.key, a.value), '{}')
            FROM jsonb_each(after) a WHERE a.key = 'id' OR a.value IS DISTINCT FROM before -> a.key);
END $$;

-- The same for one column, as text of a member that follows another one, or NULL; a row of fifty columns is compared at a
-- tenth of the cost. Written so that it is put in place where it is called.
CREATE OR REPLACE FUNCTION linli.differs(name text, before anyelement, after anyelement) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN before IS DISTINCT FROM after THEN concat(', "', name, '": ', coalesce(to_json(after)::text, 'null')) END
$$;

-- The chain covers all of an event but what erasure takes (salt, body, note), for which its digest stands.
CREATE OR REPLACE FUNCTION linli.chained(chain bytea, seq bigint, at timestamptz, actor bigint, row_id uuid, digest bytea,
    audience smallint, whole boolean, barred bigint, was_audience smallint, teams bigint[], was_teams bigint[], kind text)
  RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT sha256(chain || int8send(seq) || timestamptz_send(at) || int8send(coalesce(actor, 0)) || uuid_send(row_id) || digest
    || int2send(audience) || boolsend(whole) || int8send(coalesce(barred, 0)) || int2send(coalesce(was_audience, -1::smallint))
    || coalesce(array_send(teams), '') || coalesce(array_send(was_teams), '') || textsend(kind))
$$;

CREATE OR REPLACE FUNCTION linli.event_digest(salt bytea, body text, note text)
  RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT sha256(salt || int4send(length(body)) || textsend(body) || textsend(coalesce(note, '')))
$$;

-- Who may see an event or a row: the class, teams that see it whatever the class, the team it complains about.
DROP TYPE IF EXISTS linli.audience CASCADE;
CREATE TYPE linli.audience AS (class smallint, teams bigint[], barred bigint);

-- The one place where events are made. whole: the body holds the whole row, because it is new or its audience changed and
-- somebody sees it for the first time. was: the audience before, where that changed.
CREATE OR REPLACE FUNCTION linli.append(c linli.command, kind text, row_id uuid, whole boolean, body jsonb,
                                        note jsonb, was linli.audience, becomes linli.audience)
  RETURNS api_1.outcome LANGUAGE plpgsql AS $$
DECLARE
  o      api_1.outcome;
  salt   bytea := uuid_send(gen_random_uuid());
  digest bytea;
BEGIN
  note := nullif(jsonb_strip_nulls(note), '{}');
  o := (NULL, NULL, false, c.stream, c.head + 1, row_id, c.now, c.account, kind, NULL, coalesce(becomes.class, 0), becomes.teams,
        becomes.barred, was.class, was.teams, whole, body::text, note::text);
  digest := linli.event_digest(salt, o.body, o.note);
  o.chain := linli.chained(c.chain, o.seq, c.now, c.account, row_id, digest, o.audience, whole, o.barred, o.was_audience,
                           o.teams, o.was_teams, kind);
  UPDATE linli.stream s SET head = o.seq, at = c.now, chain = o.chain WHERE s.stream = c.stream;
  INSERT INTO linli.event VALUES (c.stream, o.seq, c.now, c.account, kind, row_id, o.audience, o.teams, o.barred,
    o.was_audience, o.was_teams, whole, body, note, salt, digest, o.chain);
  RETURN o;
END $$;

-- From the row as it was and as it is. before NULL: a new row.
CREATE OR REPLACE FUNCTION linli.append_row(c linli.command, kind text, row_id uuid, before jsonb, after jsonb,
                                            note jsonb, was linli.audience, becomes linli.audience)
  RETURNS api_1.outcome LANGUAGE plpgsql AS $$
BEGIN
  IF before IS NULL THEN
    RETURN linli.append(c, kind, row_id, true, jsonb_strip_nulls(after), note, NULL, becomes);
  ELSIF was IS DISTINCT FROM becomes THEN
    RETURN linli.append(c, kind, row_id, true, jsonb_strip_nulls(after), note,
                        (coalesce(was.class, 0::smallint), was.teams, was.barred)::linli.audience, becomes);
  END IF;
  RETURN linli.append(c, kind, row_id, false, linli.changed(before, after), note, NULL, becomes);
END $$;

-- The event of a command: logs it and returns its outcome. The last thing a command function does.
CREATE OR REPLACE FUNCTION linli.emit(c linli.command, kind text, row_id uuid, before jsonb, after jsonb,
                                      note jsonb DEFAULT NULL,
                                      was linli.audience DEFAULT NULL, becomes linli.audience DEFAULT NULL)
  RETURNS api_1.outcome LANGUAGE plpgsql AS $$
BEGIN
  RETURN linli.logged(c, linli.append_row(c, kind, row_id, before, after, note, was, becomes));
END $$;

-- The same where the command knows what changed: body holds the id and that.
CREATE OR REPLACE FUNCTION linli.emit_part(c linli.command, kind text, row_id uuid, body jsonb, note jsonb, becomes linli.audience)
  RETURNS api_1.outcome LANGUAGE plpgsql AS $$
BEGIN
  RETURN linli.logged(c, linli.append(c, kind, row_id, false, body, note, NULL, becomes));
END $$;

-- One more event before the command's own, in the same stream, for a second row that it writes:
-- c := also(c, …); RETURN emit(c, …). The reader sees a seq it was not told and reads it from the table.
CREATE OR REPLACE FUNCTION linli.also(c linli.command, kind text, row_id uuid, before jsonb, after jsonb,
                                      note jsonb DEFAULT NULL,
                                      was linli.audience DEFAULT NULL, becomes linli.audience DEFAULT NULL)
  RETURNS linli.command LANGUAGE plpgsql AS $$
DECLARE
  o api_1.outcome := linli.append_row(c, kind, row_id, before, after, note, was, becomes);
BEGIN
  c.head := o.seq;
  c.chain := o.chain;
  RETURN c;
END $$;

-- An effect of the event that `o` made: runs in another stream as a system command, exactly once.
CREATE OR REPLACE FUNCTION linli.effect(o api_1.outcome, n integer, stream bigint, kind text, row_id uuid, args jsonb)
  RETURNS void LANGUAGE sql AS $$
  INSERT INTO linli.job (stream, due_at, kind, row_id, origin_stream, origin_seq, n, args)
    VALUES (stream, o.at, kind, row_id, o.stream, o.seq, n, coalesce(args, '{}'))
$$;
