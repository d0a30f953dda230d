-- The request, who called, drafts.

-- Enumerations are domains, not CHECKs of the table: a domain is checked where a value is made, and once made it is
-- trusted; a table's CHECK is parsed anew by every statement that writes a row (8 % of a command, measured).
CREATE DOMAIN linli.request_state AS text CHECK (VALUE IN ('registered', 'needs_info', 'accepted', 'dispatched', 'in_progress',
  'shelved', 'reported', 'callback', 'closed', 'rejected', 'merged', 'transferred', 'archived'));
CREATE DOMAIN linli.request_class AS text CHECK (VALUE IN ('critical', 'urgent', 'enquiry', 'ordinary', 'difficult'));
CREATE DOMAIN linli.request_nature AS text CHECK (VALUE IN ('enquiry', 'help', 'complaint', 'report', 'suggestion', 'praise'));
CREATE DOMAIN linli.channel AS text CHECK (VALUE IN ('phone', 'counter', 'patrol', 'visit', 'hotline_12345', 'district', 'police_110',
  'petition', 'leader', 'web', 'wechat', 'import'));
CREATE DOMAIN linli.deadline_stage AS text CHECK (VALUE IN ('accept', 'sign', 'contact', 'finish', 'verify', 'callback'));
CREATE DOMAIN linli.callback_result AS text CHECK (VALUE IN ('solved_satisfied', 'solved_basically', 'solved_unsatisfied', 'unsolved',
  'not_reached', 'refused', 'exempt'));

-- Columns are named as the fields of the wire's message: to_jsonb(row) is the wire's row. No foreign keys and no CHECKs, since
-- each costs every command a look or a parse, and rows are written in two places only (request_insert, request_change), whose
-- callers have looked: the community is the owner of the locked stream; category, grid and teams are found by request_flaw
-- or team_hindrance in the same transaction. None of those rows is ever deleted. What must hold within a row:
-- linli.request_sound.
CREATE TABLE linli.request (
  id              uuid        PRIMARY KEY,
  number          text        NOT NULL,
  state           linli.request_state NOT NULL,
  class           linli.request_class NOT NULL,
  due_at          timestamptz,
  due_stage       linli.deadline_stage,
  team            bigint,
  title           text        NOT NULL,
  category        bigint,
  grid            bigint,
  community       bigint      NOT NULL,
  version         bigint      NOT NULL DEFAULT 1,
  returns         bigint      NOT NULL DEFAULT 0,
  handler         bigint,
  urged           bigint      NOT NULL DEFAULT 0,
  channel         linli.channel NOT NULL,
  nature          linli.request_nature NOT NULL,
  text            text        NOT NULL,
  place           text,
  answer          text,
  confidential    boolean     NOT NULL DEFAULT false,
  anonymous       boolean     NOT NULL DEFAULT false,
  assist          bigint[],
  occurred_at     timestamptz,
  registered_at   timestamptz NOT NULL,
  dispatched_at   timestamptz,
  signed_at       timestamptz,
  contacted_at    timestamptz,
  reported_at     timestamptz,
  verified_at     timestamptz,
  closed_at       timestamptz,
  finish_due_at   timestamptz,
  reworks         bigint      NOT NULL DEFAULT 0,
  callback_tries  bigint      NOT NULL DEFAULT 0,
  callback_result linli.callback_result,
  parent          uuid,
  children        bigint      NOT NULL DEFAULT 0,
  moving          boolean     NOT NULL DEFAULT false,
  call            uuid,
  registered_by   bigint,
  external_system text,
  external_number text,
  source_type     text,
  subject_team    bigint,
  latitude        bigint,
  longitude       bigint,
  leader_dispatched boolean   NOT NULL DEFAULT false
) WITH (fillfactor = 70);

-- Lists are ordered by deadline, those without one last; a page continues after (due_at, id). Each change of a request
-- writes to each index that holds it: so those that are closed have their own, and a state is looked for among the open ones.
CREATE INDEX request_open_by_due ON linli.request (community, coalesce(due_at, 'infinity'), id) WHERE closed_at IS NULL;
CREATE INDEX request_open_by_team ON linli.request (team, coalesce(due_at, 'infinity'), id) WHERE closed_at IS NULL AND team IS NOT NULL;
CREATE INDEX request_open_by_assist ON linli.request USING gin (assist) WHERE closed_at IS NULL AND assist IS NOT NULL;
CREATE INDEX request_closed_by_due ON linli.request (community, coalesce(due_at, 'infinity'), id) WHERE closed_at IS NOT NULL;
CREATE INDEX request_closed_by_team ON linli.request (team, coalesce(due_at, 'infinity'), id) WHERE closed_at IS NOT NULL AND team IS NOT NULL;
CREATE INDEX request_by_closed ON linli.request (community, closed_at) WHERE closed_at IS NOT NULL;
CREATE UNIQUE INDEX request_external ON linli.request (external_system, external_number) WHERE external_system IS NOT NULL;
CREATE INDEX request_by_number ON linli.request (number);
CREATE INDEX request_by_parent ON linli.request (parent) WHERE parent IS NOT NULL;
CREATE INDEX request_by_call ON linli.request (call) WHERE call IS NOT NULL;
CREATE INDEX request_by_subject ON linli.request (subject_team) WHERE subject_team IS NOT NULL;

-- The serials of a day within an office: those of the day itself are a sequence's values beyond base; those given later,
-- to history that is brought in, count on from last.
CREATE TABLE linli.request_serial (
  office bigint NOT NULL REFERENCES linli.office,
  day    date   NOT NULL,
  base   bigint,
  last   bigint,
  PRIMARY KEY (office, day)
);

-- Who called. The caller is protected from the handler: never in a stream, read only by caller.show and caller.reveal.
-- The phone is sealed by linlid before SQL sees it; key is its keyed hash, for "called before". Written by the statement
-- after its request's, which is never deleted: no foreign key asks again.
CREATE TABLE linli.caller (
  request      uuid PRIMARY KEY,
  name         text,
  phone_sealed bytea,
  phone_key    bytea,
  phone_masked text
);
CREATE INDEX caller_by_phone ON linli.caller (phone_key) WHERE phone_key IS NOT NULL;

-- Half-written texts: quiet, so no event and no log; each belongs to one account.
CREATE TABLE linli.draft (
  account  bigint      NOT NULL REFERENCES linli.account,
  draft    uuid        NOT NULL,
  text     text        NOT NULL,
  made_at  timestamptz NOT NULL,
  PRIMARY KEY (account, draft)
);
