/* proto_tables.c: protocol tiny, version 2. Made by proto/generate.py from the schema; change that, not this. */
#include "proto/proto_tables.h"

static const WireLabel labels_stream_kind[] = {
  { .number = 1, .since = 1, .name = "office", .zh = "街道", .en = "Office" },
  { .number = 2, .since = 1, .name = "community", .zh = "社区", .en = "Community" },
};
const WireEnum proto_enum_stream_kind = { .number = 1, .count = 2, .name = "stream_kind", .doc = "What a stream belongs to.", .labels = labels_stream_kind };

static const WireLabel labels_right[] = {
  { .number = 1, .since = 1, .name = "follow", .zh = "看板", .en = "Follow" },
  { .number = 2, .since = 2, .name = "work", .zh = "办理", .en = "Work" },
};
const WireEnum proto_enum_right = { .number = 2, .count = 2, .name = "right", .doc = "What a role allows.", .labels = labels_right };

static const WireLabel labels_refusal[] = {
  { .number = 1, .since = 1, .name = "not_allowed", .zh = "没有权限。", .en = "You may not do this." },
};
static const WireEnum refusals = { .count = 1, .name = "refusal", .doc = "Decisions against a command or a query.", .labels = labels_refusal };

static const WireLabel labels_error[] = {
  { .number = 1, .since = 1, .fatal = true, .name = "bad_frame", .zh = "报文错误。", .en = "A frame could not be read." },
  { .number = 2, .since = 2, .name = "busy", .zh = "繁忙。", .en = "Busy. Try again." },
};
static const WireEnum errors = { .count = 2, .name = "error", .doc = "What is wrong with the connection or the moment.", .labels = labels_error };

static const WireField fields_hello[] = {
  { .number = 1, .kind = WIRE_FIELD_UINT, .since = 1, .offset = offsetof(ProtoHello, version), .max = 65535, .name = "version", .doc = "Protocol version." },
  { .number = 2, .kind = WIRE_FIELD_TIME, .flags = WIRE_OPTIONAL, .since = 1, .offset = offsetof(ProtoHello, now), .has = 1, .name = "now", .doc = "The clock." },
};
const WireMessage proto_msg_hello = { .number = 0x01, .since = 1, .count = 2, .size = sizeof(ProtoHello), .name = "hello", .doc = "The first frame of either side.", .fields = fields_hello };

static const WireField fields_sign_in[] = {
  { .number = 1, .kind = WIRE_FIELD_BYTES, .flags = WIRE_SECRET, .since = 1, .offset = offsetof(ProtoSignIn, token), .max = 32, .name = "token", .doc = "The token." },
};
const WireMessage proto_msg_sign_in = { .number = 0x02, .since = 1, .count = 1, .size = sizeof(ProtoSignIn), .name = "sign_in", .doc = "Sign in.", .fields = fields_sign_in };

static const WireField fields_command_frame[] = {
  { .number = 1, .kind = WIRE_FIELD_UUID, .since = 1, .offset = offsetof(ProtoCommandFrame, id), .name = "id", .doc = "The id." },
  { .number = 2, .kind = WIRE_FIELD_UINT, .since = 1, .offset = offsetof(ProtoCommandFrame, kind), .has = 1, .name = "kind", .doc = "The number of the command." },
  { .number = 3, .kind = WIRE_FIELD_BYTES, .since = 1, .offset = offsetof(ProtoCommandFrame, body), .has = 2, .max = 4096, .name = "body", .doc = "Its fields." },
};
const WireMessage proto_msg_command_frame = { .number = 0x03, .since = 1, .count = 3, .size = sizeof(ProtoCommandFrame), .name = "command", .doc = "Ask for a change.", .fields = fields_command_frame };

static const WireField fields_rows[] = {
  { .number = 1, .kind = WIRE_FIELD_BYTES, .flags = WIRE_OPTIONAL | WIRE_LIST, .since = 1, .offset = offsetof(ProtoRows, rows), .max = 4096, .max_count = 10, .name = "rows", .doc = "Each row." },
  { .number = 2, .kind = WIRE_FIELD_ENUM, .flags = WIRE_OPTIONAL, .since = 1, .offset = offsetof(ProtoRows, refusal), .has = 1, .name = "refusal", .doc = "Why there are none.", .enumeration = &refusals },
  { .number = 3, .kind = WIRE_FIELD_ENUM, .flags = WIRE_OPTIONAL, .since = 1, .offset = offsetof(ProtoRows, error), .has = 2, .name = "error", .doc = "What went wrong.", .enumeration = &errors },
  { .number = 4, .kind = WIRE_FIELD_MESSAGE, .flags = WIRE_OPTIONAL | WIRE_LIST, .since = 1, .offset = offsetof(ProtoRows, places), .has = 3, .max_count = 3, .name = "places", .doc = "Places named in them.", .message = &proto_msg_place },
};
const WireMessage proto_msg_rows = { .number = 0x04, .since = 1, .count = 4, .size = sizeof(ProtoRows), .name = "rows", .doc = "A page of rows.", .fields = fields_rows };

const WireMessage proto_msg_present = { .number = 0x05, .since = 2, .size = sizeof(ProtoPresent), .name = "present", .doc = "Passing news." };

static const WireField fields_place[] = {
  { .number = 1, .kind = WIRE_FIELD_INT, .since = 1, .offset = offsetof(ProtoPlace, latitude), .name = "latitude", .doc = "Millionths of a degree: \"south\" is negative." },
  { .number = 2, .kind = WIRE_FIELD_INT, .since = 1, .offset = offsetof(ProtoPlace, longitude), .has = 1, .name = "longitude", .doc = "Millionths of a degree." },
};
const WireMessage proto_msg_place = { .number = 0x06, .since = 1, .count = 2, .size = sizeof(ProtoPlace), .name = "place", .doc = "A point, nested.", .fields = fields_place };

static const WireField fields_job[] = {
  { .number = 1, .kind = WIRE_FIELD_UUID, .since = 1, .offset = offsetof(ProtoJob, id), .name = "id", .doc = "Id." },
  { .number = 2, .kind = WIRE_FIELD_TEXT, .since = 1, .offset = offsetof(ProtoJob, title), .has = 1, .audience = 1, .max = 60, .name = "title", .doc = "One line." },
  { .number = 3, .kind = WIRE_FIELD_DATE, .flags = WIRE_OPTIONAL, .since = 1, .offset = offsetof(ProtoJob, due), .has = 2, .name = "due", .doc = "Last day." },
  { .number = 4, .kind = WIRE_FIELD_BOOL, .since = 1, .offset = offsetof(ProtoJob, done), .has = 3, .name = "done", .doc = "True when done." },
  { .number = 5, .kind = WIRE_FIELD_TEXT, .flags = WIRE_OPTIONAL | WIRE_LIST, .since = 1, .offset = offsetof(ProtoJob, tags), .has = 4, .max = 16, .max_count = 4, .name = "tags", .doc = "Words." },
  { .number = 6, .kind = WIRE_FIELD_FIXED, .flags = WIRE_OPTIONAL, .since = 1, .offset = offsetof(ProtoJob, chain), .has = 5, .name = "chain", .doc = "Eight bytes." },
  { .number = 7, .kind = WIRE_FIELD_MESSAGE, .flags = WIRE_OPTIONAL, .since = 1, .offset = offsetof(ProtoJob, at), .has = 6, .name = "at", .doc = "Where.", .message = &proto_msg_place },
  { .number = 8, .kind = WIRE_FIELD_UUID, .flags = WIRE_OPTIONAL | WIRE_BLOB, .since = 1, .offset = offsetof(ProtoJob, photo), .has = 7, .name = "photo", .doc = "A photo." },
  { .number = 9, .kind = WIRE_FIELD_ENUM, .flags = WIRE_OPTIONAL, .since = 2, .offset = offsetof(ProtoJob, right), .has = 8, .name = "right", .doc = "The right it needs.", .enumeration = &proto_enum_right },
};
const WireMessage proto_msg_job = { .number = 0x0100, .since = 1, .count = 9, .size = sizeof(ProtoJob), .name = "job", .doc = "Something to do 事项, a | b.", .fields = fields_job };

static const WireField fields_caller[] = {
  { .number = 1, .kind = WIRE_FIELD_UUID, .since = 1, .offset = offsetof(ProtoCaller, job), .name = "job", .doc = "The job." },
  { .number = 2, .kind = WIRE_FIELD_TEXT, .flags = WIRE_OPTIONAL | WIRE_SEALED, .since = 1, .offset = offsetof(ProtoCaller, phone), .has = 1, .max = 64, .name = "phone", .doc = "Phone." },
};
const WireMessage proto_msg_caller = { .number = 0x0101, .since = 1, .count = 2, .size = sizeof(ProtoCaller), .name = "caller", .doc = "Who called; never in a stream.", .fields = fields_caller };

static const WireField fields_job_add[] = {
  { .number = 1, .kind = WIRE_FIELD_UUID, .since = 1, .offset = offsetof(ProtoJobAdd, job), .name = "job", .doc = "Its id." },
  { .number = 2, .kind = WIRE_FIELD_TEXT, .since = 1, .offset = offsetof(ProtoJobAdd, title), .has = 1, .max = 60, .name = "title", .doc = "One line." },
  { .number = 3, .kind = WIRE_FIELD_TEXT, .flags = WIRE_OPTIONAL | WIRE_SEALED, .since = 1, .offset = offsetof(ProtoJobAdd, phone), .has = 2, .max = 64, .name = "phone", .doc = "Phone." },
  { .number = 4, .kind = WIRE_FIELD_UINT, .flags = WIRE_OPTIONAL | WIRE_LIST, .since = 1, .offset = offsetof(ProtoJobAdd, teams), .has = 3, .max_count = 8, .name = "teams", .doc = "Teams." },
  { .number = 5, .kind = WIRE_FIELD_ENUM, .flags = WIRE_OPTIONAL | WIRE_LIST, .since = 1, .offset = offsetof(ProtoJobAdd, needed), .has = 4, .max_count = 2, .name = "needed", .doc = "Rights.", .enumeration = &proto_enum_right },
  { .number = 6, .kind = WIRE_FIELD_MESSAGE, .flags = WIRE_OPTIONAL | WIRE_LIST, .since = 1, .offset = offsetof(ProtoJobAdd, spots), .has = 5, .max_count = 2, .name = "spots", .doc = "Places.", .message = &proto_msg_place },
  { .number = 7, .kind = WIRE_FIELD_MESSAGE, .flags = WIRE_OPTIONAL, .since = 1, .offset = offsetof(ProtoJobAdd, at), .has = 6, .name = "at", .doc = "Where.", .message = &proto_msg_place },
  { .number = 8, .kind = WIRE_FIELD_TEXT, .flags = WIRE_OPTIONAL | WIRE_SECRET, .since = 1, .offset = offsetof(ProtoJobAdd, password), .has = 7, .max = 64, .name = "password", .doc = "A password." },
};
const WireMessage proto_msg_job_add = { .number = 0x0101, .since = 1, .count = 8, .size = sizeof(ProtoJobAdd), .name = "job.add", .doc = "Add a job.", .fields = fields_job_add };

const WireMessage proto_msg_job_draft = { .number = 0x0102, .since = 1, .size = sizeof(ProtoJobDraft), .name = "job.draft", .doc = "Keep a draft." };

static const WireField fields_job_typing[] = {
  { .number = 1, .kind = WIRE_FIELD_UUID, .since = 2, .offset = offsetof(ProtoJobTyping, job), .name = "job", .doc = "The job." },
};
const WireMessage proto_msg_job_typing = { .number = 0x0103, .since = 2, .count = 1, .size = sizeof(ProtoJobTyping), .name = "job.typing", .doc = "Tell that one types.", .fields = fields_job_typing };

const WireMessage proto_msg_job_expire = { .number = 0x0104, .since = 1, .size = sizeof(ProtoJobExpire), .name = "job.expire", .doc = "Let a job end." };

static const WireField fields_job_list[] = {
  { .number = 1, .kind = WIRE_FIELD_BOOL, .flags = WIRE_OPTIONAL, .since = 1, .offset = offsetof(ProtoJobList, done), .name = "done", .doc = "Only those done." },
  { .number = 2, .kind = WIRE_FIELD_TEXT, .flags = WIRE_OPTIONAL | WIRE_SEALED, .since = 1, .offset = offsetof(ProtoJobList, phone), .has = 1, .max = 64, .name = "phone", .doc = "Only of this caller." },
};
const WireMessage proto_msg_job_list = { .number = 0x0140, .since = 1, .count = 2, .size = sizeof(ProtoJobList), .name = "job.list", .doc = "Jobs by day.", .fields = fields_job_list };

const WireMessage proto_msg_job_added = { .number = 0x0180, .since = 1, .size = sizeof(ProtoJobAdded), .name = "job.added", .doc = "A job was added." };

static const WireField fields_job_changed[] = {
  { .number = 1, .kind = WIRE_FIELD_TEXT, .flags = WIRE_OPTIONAL, .since = 1, .offset = offsetof(ProtoJobChanged, note), .max = 200, .name = "note", .doc = "A note." },
};
const WireMessage proto_msg_job_changed = { .number = 0x0181, .since = 1, .count = 1, .size = sizeof(ProtoJobChanged), .name = "job.changed", .doc = "A job changed.", .fields = fields_job_changed };

static const ProtoFrameType frames[] = {
  { .number = PROTO_FRAME_HELLO, .from = PROTO_FROM_CLIENT | PROTO_FROM_SERVER, .message = &proto_msg_hello },
  { .number = PROTO_FRAME_SIGN_IN, .from = PROTO_FROM_CLIENT, .message = &proto_msg_sign_in },
  { .number = PROTO_FRAME_COMMAND, .from = PROTO_FROM_CLIENT, .message = &proto_msg_command_frame },
  { .number = PROTO_FRAME_ROWS, .from = PROTO_FROM_SERVER, .message = &proto_msg_rows },
  { .number = PROTO_FRAME_PRESENT, .from = PROTO_FROM_CLIENT | PROTO_FROM_SERVER, .message = &proto_msg_present },
};
static const WireMessage *const messages[] = {
  &proto_msg_place,
  &proto_msg_job,
  &proto_msg_caller,
};
static const WireEnum *const enums[] = {
  &proto_enum_stream_kind,
  &proto_enum_right,
};
static const ProtoCommand commands[] = {
  { .number = PROTO_COMMAND_JOB_ADD, .since = 1, .name = "job.add", .function = "job_add", .fields = &proto_msg_job_add, .stream_kind = PROTO_STREAM_KIND_COMMUNITY, .needs = PROTO_RIGHT_WORK, .rate_count = 30, .rate_seconds = 60, .doc = "Add a job." },
  { .number = PROTO_COMMAND_JOB_DRAFT, .since = 1, .name = "job.draft", .function = "job_draft", .fields = &proto_msg_job_draft, .stream_kind = PROTO_STREAM_KIND_OFFICE, .flags = PROTO_QUIET, .rate_count = 5, .rate_seconds = 1, .doc = "Keep a draft." },
  { .number = PROTO_COMMAND_JOB_TYPING, .since = 2, .name = "job.typing", .fields = &proto_msg_job_typing, .stream_kind = PROTO_STREAM_KIND_COMMUNITY, .flags = PROTO_EPHEMERAL, .needs = PROTO_RIGHT_FOLLOW, .doc = "Tell that one types." },
  { .number = PROTO_COMMAND_JOB_EXPIRE, .since = 1, .name = "job.expire", .function = "job_expire", .fields = &proto_msg_job_expire, .stream_kind = PROTO_STREAM_KIND_COMMUNITY, .flags = PROTO_SYSTEM, .doc = "Let a job end." },
};
static const ProtoQuery queries[] = {
  { .number = PROTO_QUERY_JOB_LIST, .since = 1, .name = "job.list", .function = "job_list", .fields = &proto_msg_job_list, .returns = &proto_msg_job, .needs = PROTO_RIGHT_FOLLOW, .rate_count = 20, .rate_seconds = 3600, .page_by = "due id", .doc = "Jobs by day." },
};
static const ProtoEvent events[] = {
  { .number = PROTO_EVENT_JOB_ADDED, .since = 1, .name = "job.added", .row = &proto_msg_job, .note = &proto_msg_job_added, .whole = true, .audience = 1, .doc = "A job was added." },
  { .number = PROTO_EVENT_JOB_CHANGED, .since = 1, .name = "job.changed", .row = &proto_msg_job, .note = &proto_msg_job_changed, .rights = true, .doc = "A job changed." },
};

const Proto proto_tiny = {
  .version = 2,
  .name = "tiny",
  .frames = frames, .n_frames = G_N_ELEMENTS(frames),
  .messages = messages, .n_messages = G_N_ELEMENTS(messages),
  .enums = enums, .n_enums = G_N_ELEMENTS(enums),
  .commands = commands, .n_commands = G_N_ELEMENTS(commands),
  .queries = queries, .n_queries = G_N_ELEMENTS(queries),
  .events = events, .n_events = G_N_ELEMENTS(events),
  .refusals = &refusals,
  .errors = &errors,
  .rights = &proto_enum_right,
  .digest = "deda6765881a13a64e86fd3c9a195bdca81a5f937336dc8ee3ab5c78f3c8d1de",
};
