-- labels.sql: protocol tiny, version 2, as rows for tests. Made by proto/generate.py from the schema; change that, not this.

CREATE TEMPORARY TABLE proto_label (enumeration text, number integer, identifier text, zh text, en text, since integer);
INSERT INTO proto_label VALUES
  ('stream_kind', 1, 'office', '街道', 'Office', 1),
  ('stream_kind', 2, 'community', '社区', 'Community', 1),
  ('right', 1, 'follow', '看板', 'Follow', 1),
  ('right', 2, 'work', '办理', 'Work', 2),
  ('refusal', 1, 'not_allowed', '没有权限。', 'You may not do this.', 1),
  ('error', 1, 'bad_frame', '报文错误。', 'A frame could not be read.', 1),
  ('error', 2, 'busy', '繁忙。', 'Busy. Try again.', 2);

CREATE TEMPORARY TABLE proto_function (kind text, number bigint, name text, function text, arguments text, argument_names text[]);
INSERT INTO proto_function VALUES
  ('command', 257, 'job.add', 'job_add', 'bytea, uuid, bigint, bigint, timestamp with time zone, bytea, uuid, text, bytea, bytea, text, bigint[], text[], jsonb[], jsonb, text', ARRAY['session', 'id', 'stream', 'version', 'made_at', 'digest', 'job', 'title', 'phone_sealed', 'phone_key', 'phone_masked', 'teams', 'needed', 'spots', 'at', 'password']::text[]),
  ('command', 258, 'job.draft', 'job_draft', 'bytea, uuid, bigint, bigint, timestamp with time zone, bytea', ARRAY['session', 'id', 'stream', 'version', 'made_at', 'digest']::text[]),
  ('command', 260, 'job.expire', 'job_expire', 'bytea, uuid, bigint, bigint, timestamp with time zone, bytea', ARRAY['session', 'id', 'stream', 'version', 'made_at', 'digest']::text[]),
  ('query', 320, 'job.list', 'job_list', 'bytea, text, integer, boolean, bytea', ARRAY['session', 'after', 'max', 'done', 'phone_key']::text[]);

CREATE TEMPORARY TABLE proto_command (number bigint, name text, function text, stream_kind text, needs text, quiet boolean, system boolean);
INSERT INTO proto_command VALUES
  (257, 'job.add', 'job_add', 'community', 'work', false, false),
  (258, 'job.draft', 'job_draft', 'office', NULL, true, false),
  (260, 'job.expire', 'job_expire', 'community', NULL, false, true);

CREATE TEMPORARY TABLE proto_query (number bigint, name text, function text, returns text, needs text, page_by text[]);
INSERT INTO proto_query VALUES
  (320, 'job.list', 'job_list', 'job', 'follow', ARRAY['due', 'id']::text[]);

CREATE TEMPORARY TABLE proto_event (number bigint, name text, row text, whole boolean, rights boolean, audience integer);
INSERT INTO proto_event VALUES
  (384, 'job.added', 'job', true, false, 1),
  (385, 'job.changed', 'job', false, true, 0);

CREATE TEMPORARY TABLE proto_field (sort text, owner text, number integer, name text, type text, required boolean, audience integer);
INSERT INTO proto_field VALUES
  ('message', 'place', 1, 'latitude', 'bigint', true, 0),
  ('message', 'place', 2, 'longitude', 'bigint', true, 0),
  ('message', 'job', 1, 'id', 'uuid', true, 0),
  ('message', 'job', 2, 'title', 'text', true, 1),
  ('message', 'job', 3, 'due', 'date', false, 0),
  ('message', 'job', 4, 'done', 'boolean', true, 0),
  ('message', 'job', 5, 'tags', 'text[]', false, 0),
  ('message', 'job', 6, 'chain', 'bigint', false, 0),
  ('message', 'job', 7, 'at', 'jsonb', false, 0),
  ('message', 'job', 8, 'photo', 'uuid', false, 0),
  ('message', 'job', 9, 'right', 'text', false, 0),
  ('message', 'caller', 1, 'job', 'uuid', true, 0),
  ('message', 'caller', 2, 'phone', 'text', false, 0),
  ('command', 'job.add', 1, 'job', 'uuid', true, 0),
  ('command', 'job.add', 2, 'title', 'text', true, 0),
  ('command', 'job.add', 3, 'phone', 'text', false, 0),
  ('command', 'job.add', 4, 'teams', 'bigint[]', false, 0),
  ('command', 'job.add', 5, 'needed', 'text[]', false, 0),
  ('command', 'job.add', 6, 'spots', 'jsonb[]', false, 0),
  ('command', 'job.add', 7, 'at', 'jsonb', false, 0),
  ('command', 'job.add', 8, 'password', 'text', false, 0),
  ('command', 'job.typing', 1, 'job', 'uuid', true, 0),
  ('query', 'job.list', 1, 'done', 'boolean', false, 0),
  ('query', 'job.list', 2, 'phone', 'text', false, 0),
  ('event', 'job.changed', 1, 'note', 'text', false, 0);
