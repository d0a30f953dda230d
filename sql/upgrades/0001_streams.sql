-- Streams: everything that happens is an event in an ordered, gapless stream, written in the transaction that changes
-- the row. Run as role linli_owner, which owns both schemas and cannot sign in.

CREATE SCHEMA IF NOT EXISTS linli;
CREATE SCHEMA IF NOT EXISTS api_1;

-- What has been run: the numbered files here, and the text of the api files as a whole (number 0).
CREATE TABLE IF NOT EXISTS linli.upgrade (
  number integer     PRIMARY KEY,
  name   text        NOT NULL,
  sha256 text        NOT NULL,         -- lower-case hex
  at     timestamptz NOT NULL DEFAULT now()
);

-- Kinds of stream: owner * 4 + kind. The same numbers stand in enum stream_kind of the wire's schema.
CREATE FUNCTION linli.office_stream(office bigint) RETURNS bigint
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT office * 4 + 1';
CREATE FUNCTION linli.community_stream(community bigint) RETURNS bigint
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT community * 4 + 2';
CREATE FUNCTION linli.account_stream(account bigint) RETURNS bigint
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT account * 4 + 3';
CREATE FUNCTION linli.stream_owner(stream bigint) RETURNS bigint
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT stream / 4';

-- Row ids are uuids in events. A row with a number has a uuid whose first eight bytes are zero.
CREATE FUNCTION linli.key(number bigint) RETURNS uuid
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT ('0000000000000000' || lpad(to_hex(number), 16, '0'))::uuid $$;

-- The counter. Locked by a command until its transaction ends, so seq is commit order.
CREATE TABLE linli.stream (
  stream bigint PRIMARY KEY,
  office bigint      NOT NULL,         -- whose it is, or whose community or account it is of: made with that row, never changed
  head   bigint      NOT NULL DEFAULT 0,
  at     timestamptz NOT NULL DEFAULT '-infinity',   -- of the newest event; time never runs backwards in a stream
  chain  bytea       NOT NULL DEFAULT '\x0000000000000000000000000000000000000000000000000000000000000000'
) WITH (fillfactor = 10);   -- a batch updates its row fifty times before any of those can be pruned

CREATE TABLE linli.event (
  stream       bigint      NOT NULL,   -- its counter was locked by whoever writes here: no foreign key asks again
  seq          bigint      NOT NULL,
  at           timestamptz NOT NULL,
  actor        bigint,                 -- account; NULL for the system
  kind         text        NOT NULL,   -- such as request.dispatched
  row_id       uuid        NOT NULL,
  audience     smallint    NOT NULL,   -- class a reader must be cleared for; 0 for every reader of the stream
  teams        bigint[],               -- teams whose members see it in full whatever the class
  barred       bigint,                 -- the team it complains about: its members see nothing
  was_audience smallint,               -- the same before this event, where it changed
  was_teams    bigint[],
  whole        boolean     NOT NULL,   -- the body holds the whole row
  body         jsonb,                  -- the row's id and changed fields; NULL once erased
  note         jsonb,                  -- the event's own fields
  salt         bytea,                  -- NULL once erased
  digest       bytea       NOT NULL,   -- SHA-256 of salt, body and note
  chain        bytea       NOT NULL,
  PRIMARY KEY (stream, seq)
);
CREATE INDEX event_by_row ON linli.event (row_id, seq);

-- What was decided about each command, refusals too. A UUIDv7 begins with its time, so time decides which of four tables
-- an id is in: 64 days each, in a ring, so that ids of the last 90 days and the next never meet older ones and old days
-- go by TRUNCATE. Not a partitioned table: asking one for an id opens all its partitions (24 µs, this 2.5).
CREATE TABLE linli.log_0 (
  id      uuid   NOT NULL,
  account bigint NOT NULL,             -- 0 for the system
  digest  bytea  NOT NULL,
  refusal text,
  detail  text,
  stream  bigint NOT NULL,
  seq     bigint,
  row_id  uuid,
  PRIMARY KEY (id, account)
);
CREATE TABLE linli.log_1 (LIKE linli.log_0 INCLUDING ALL);
CREATE TABLE linli.log_2 (LIKE linli.log_0 INCLUDING ALL);
CREATE TABLE linli.log_3 (LIKE linli.log_0 INCLUDING ALL);
CREATE VIEW linli.command_log AS
  TABLE linli.log_0 UNION ALL TABLE linli.log_1 UNION ALL TABLE linli.log_2 UNION ALL TABLE linli.log_3;

-- Work that is due: effects of an event in another stream, and deadlines. Runs as a system command of its stream.
CREATE TABLE linli.job (
  job           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  stream        bigint      NOT NULL,  -- a row's that was just read, and streams are never deleted: no foreign key asks again
  due_at        timestamptz NOT NULL,
  kind          text        NOT NULL,  -- names the function that due_run calls
  row_id        uuid        NOT NULL,  -- what it is about
  origin_stream bigint,                -- an effect: the event it follows from, and its place among that event's effects
  origin_seq    bigint,
  n             integer,
  args          jsonb       NOT NULL DEFAULT '{}'
);
CREATE UNIQUE INDEX job_once_per_origin ON linli.job (origin_stream, origin_seq, n) WHERE origin_stream IS NOT NULL;
CREATE INDEX job_by_due ON linli.job (due_at);
CREATE INDEX job_by_row ON linli.job (row_id, kind);

-- The fixed row that every command function, and stream_read, returns.
CREATE TYPE api_1.outcome AS (
  refusal text, detail text, repeated boolean,
  stream bigint, seq bigint, row_id uuid,
  at timestamptz, actor bigint, kind text, chain bytea,
  audience smallint, teams bigint[], barred bigint, was_audience smallint, was_teams bigint[],
  whole boolean, body text, note text
);
