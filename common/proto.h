/* proto.h: the tables that proto/generate.py emits from linli.schema, as one object that is handed around.
 *
 * Generated proto_tables.h declares `extern const Proto proto_linli;`, one C struct per message (ProtoHello,
 * ProtoCommandFrame, ProtoRequest …) and the constants (PROTO_FRAME_HELLO, PROTO_FORM_GONE, PROTO_REFUSAL_MOVED …).
 * Rooms that must know no noun take `const Proto *` and walk it; only they that speak of a frame by name include
 * proto_tables.h. All arrays are in ascending order of their numbers. */
#pragma once

#include "common/wire.h"

enum { PROTO_FROM_CLIENT = 1, PROTO_FROM_SERVER = 2 };

typedef struct { uint32_t number; uint8_t from; const WireMessage *message; } ProtoFrameType;

enum { PROTO_QUIET = 1, PROTO_EPHEMERAL = 2, PROTO_SYSTEM = 4 };

typedef struct {
  uint32_t number;
  uint16_t since;
  const char *name;          /* "request.dispatch" */
  const char *function;      /* of schema api_N; NULL when ephemeral */
  const WireMessage *fields;
  uint8_t stream_kind;       /* 1 office, 2 community, 3 account: as in enum stream_kind */
  uint8_t flags;             /* PROTO_QUIET … */
  uint8_t needs;             /* number in enum right, 0 for none */
  uint32_t rate_count;       /* at most this many … 0 for no bound */
  uint32_t rate_seconds;     /* … in this time, a session */
  const char *doc;
} ProtoCommand;

typedef struct {
  uint32_t number;
  uint16_t since;
  const char *name;          /* "request.list" */
  const char *function;
  const WireMessage *fields;
  const WireMessage *returns;
  uint8_t needs;
  uint32_t rate_count, rate_seconds;
  const char *page_by;       /* "due_at id": for people */
  const char *doc;
} ProtoQuery;

typedef struct {
  uint32_t number;
  uint16_t since;
  const char *name;          /* "request.dispatched" */
  const WireMessage *row;    /* whose changed fields the body holds; field 1 is the id */
  const WireMessage *note;   /* its own fields; count may be 0 */
  bool whole;                /* the body always holds the whole row */
  bool rights;               /* in an account's stream: the account's rights have changed */
  uint8_t audience;          /* 0, or the class its readers need for the full form */
  const char *doc;
} ProtoEvent;

typedef struct {
  uint16_t version;
  const char *name;
  const ProtoFrameType *frames;    size_t n_frames;
  const WireMessage *const *messages; size_t n_messages; /* rows and nested messages */
  const WireEnum *const *enums;    size_t n_enums;
  const WireEnum *refusals, *errors, *rights;            /* rights: enum right */
  const ProtoCommand *commands;    size_t n_commands;
  const ProtoQuery *queries;       size_t n_queries;
  const ProtoEvent *events;        size_t n_events;
  const char *digest;              /* hex SHA-256 of the schema file */
} Proto;

/* Binary search by number, linear by name; NULL when there is none. */
const ProtoFrameType *proto_frame(const Proto *proto, uint32_t number);
const WireMessage *proto_message(const Proto *proto, uint32_t number);
const WireMessage *proto_message_by_name(const Proto *proto, const char *name);
const ProtoCommand *proto_command(const Proto *proto, uint32_t number);
const ProtoCommand *proto_command_by_name(const Proto *proto, const char *name);
const ProtoQuery *proto_query(const Proto *proto, uint32_t number);
const ProtoQuery *proto_query_by_name(const Proto *proto, const char *name);
const ProtoEvent *proto_event(const Proto *proto, uint32_t number);
const ProtoEvent *proto_event_by_name(const Proto *proto, const char *name);
