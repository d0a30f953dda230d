/* proto_tables.h: protocol tiny, version 2. Made by proto/generate.py from the schema; change that, not this.
 *
 * Every struct begins with `has`, one bit a field: a value counts only where its PROTO_HAS_ bit is set. Values of
 * varint and eight-byte kinds, enumerations and bools too, take eight bytes; texts, bytes and nested messages are
 * views; a list's elements have the type of a single value of its kind. */
#pragma once

#include "common/proto.h"

extern const Proto proto_tiny;

/* Types of frames. */
enum {
  PROTO_FRAME_HELLO = 0x01,
  PROTO_FRAME_SIGN_IN = 0x02,
  PROTO_FRAME_COMMAND = 0x03,
  PROTO_FRAME_ROWS = 0x04,
  PROTO_FRAME_PRESENT = 0x05,
};

/* Numbers of messages: nouns of rows. */
enum {
  PROTO_MESSAGE_PLACE = 0x06,
  PROTO_MESSAGE_JOB = 0x0100,
  PROTO_MESSAGE_CALLER = 0x0101,
};

/* Commands. */
enum {
  PROTO_COMMAND_JOB_ADD = 0x0101,
  PROTO_COMMAND_JOB_DRAFT = 0x0102,
  PROTO_COMMAND_JOB_TYPING = 0x0103,
  PROTO_COMMAND_JOB_EXPIRE = 0x0104,
};

/* Queries. */
enum {
  PROTO_QUERY_JOB_LIST = 0x0140,
};

/* Events. */
enum {
  PROTO_EVENT_JOB_ADDED = 0x0180,
  PROTO_EVENT_JOB_CHANGED = 0x0181,
};

/* Errors. */
enum {
  PROTO_ERROR_BAD_FRAME = 1,
  PROTO_ERROR_BUSY = 2,
};

/* Refusals. */
enum {
  PROTO_REFUSAL_NOT_ALLOWED = 1,
};

/* What a stream belongs to. */
enum {
  PROTO_STREAM_KIND_OFFICE = 1, /* 街道 */
  PROTO_STREAM_KIND_COMMUNITY = 2, /* 社区 */
};

/* What a role allows. */
enum {
  PROTO_RIGHT_FOLLOW = 1, /* 看板 */
  PROTO_RIGHT_WORK = 2, /* 办理 */
};

extern const WireEnum proto_enum_stream_kind;
extern const WireEnum proto_enum_right;

/* frame hello: The first frame of either side. */
typedef struct {
  uint64_t has;
  uint64_t version;
  uint64_t now; /* time */
} ProtoHello;
#define PROTO_HAS_HELLO_VERSION (UINT64_C(1) << 0)
#define PROTO_HAS_HELLO_NOW (UINT64_C(1) << 1)
extern const WireMessage proto_msg_hello;

/* frame sign_in: Sign in. */
typedef struct {
  uint64_t has;
  WireBytes token;
} ProtoSignIn;
#define PROTO_HAS_SIGN_IN_TOKEN (UINT64_C(1) << 0)
extern const WireMessage proto_msg_sign_in;

/* frame command: Ask for a change. */
typedef struct {
  uint64_t has;
  Uuid id;
  uint64_t kind;
  WireBytes body;
} ProtoCommandFrame;
#define PROTO_HAS_COMMAND_FRAME_ID (UINT64_C(1) << 0)
#define PROTO_HAS_COMMAND_FRAME_KIND (UINT64_C(1) << 1)
#define PROTO_HAS_COMMAND_FRAME_BODY (UINT64_C(1) << 2)
extern const WireMessage proto_msg_command_frame;

/* frame rows: A page of rows. */
typedef struct {
  uint64_t has;
  WireList rows; /* of WireBytes: bytes */
  uint64_t refusal; /* refusal */
  uint64_t error; /* error */
  WireList places; /* of WireBytes: place */
} ProtoRows;
#define PROTO_HAS_ROWS_ROWS (UINT64_C(1) << 0)
#define PROTO_HAS_ROWS_REFUSAL (UINT64_C(1) << 1)
#define PROTO_HAS_ROWS_ERROR (UINT64_C(1) << 2)
#define PROTO_HAS_ROWS_PLACES (UINT64_C(1) << 3)
extern const WireMessage proto_msg_rows;

/* frame present: Passing news. */
typedef struct {
  uint64_t has;
} ProtoPresent;
extern const WireMessage proto_msg_present;

/* message place: A point, nested. */
typedef struct {
  uint64_t has;
  int64_t latitude;
  int64_t longitude;
} ProtoPlace;
#define PROTO_HAS_PLACE_LATITUDE (UINT64_C(1) << 0)
#define PROTO_HAS_PLACE_LONGITUDE (UINT64_C(1) << 1)
extern const WireMessage proto_msg_place;

/* message job: Something to do 事项, a | b. */
typedef struct {
  uint64_t has;
  Uuid id;
  WireBytes title; /* text */
  int64_t due; /* date */
  uint64_t done; /* bool */
  WireList tags; /* of WireBytes: text */
  uint64_t chain;
  WireBytes at; /* place */
  Uuid photo;
  uint64_t right; /* right */
} ProtoJob;
#define PROTO_HAS_JOB_ID (UINT64_C(1) << 0)
#define PROTO_HAS_JOB_TITLE (UINT64_C(1) << 1)
#define PROTO_HAS_JOB_DUE (UINT64_C(1) << 2)
#define PROTO_HAS_JOB_DONE (UINT64_C(1) << 3)
#define PROTO_HAS_JOB_TAGS (UINT64_C(1) << 4)
#define PROTO_HAS_JOB_CHAIN (UINT64_C(1) << 5)
#define PROTO_HAS_JOB_AT (UINT64_C(1) << 6)
#define PROTO_HAS_JOB_PHOTO (UINT64_C(1) << 7)
#define PROTO_HAS_JOB_RIGHT (UINT64_C(1) << 8)
extern const WireMessage proto_msg_job;

/* message caller: Who called; never in a stream. */
typedef struct {
  uint64_t has;
  Uuid job;
  WireBytes phone; /* text */
} ProtoCaller;
#define PROTO_HAS_CALLER_JOB (UINT64_C(1) << 0)
#define PROTO_HAS_CALLER_PHONE (UINT64_C(1) << 1)
extern const WireMessage proto_msg_caller;

/* command job.add: Add a job. */
typedef struct {
  uint64_t has;
  Uuid job;
  WireBytes title; /* text */
  WireBytes phone; /* text */
  WireList teams; /* of uint64_t: uint */
  WireList needed; /* of uint64_t: right */
  WireList spots; /* of WireBytes: place */
  WireBytes at; /* place */
  WireBytes password; /* text */
} ProtoJobAdd;
#define PROTO_HAS_COMMAND_JOB_ADD_JOB (UINT64_C(1) << 0)
#define PROTO_HAS_COMMAND_JOB_ADD_TITLE (UINT64_C(1) << 1)
#define PROTO_HAS_COMMAND_JOB_ADD_PHONE (UINT64_C(1) << 2)
#define PROTO_HAS_COMMAND_JOB_ADD_TEAMS (UINT64_C(1) << 3)
#define PROTO_HAS_COMMAND_JOB_ADD_NEEDED (UINT64_C(1) << 4)
#define PROTO_HAS_COMMAND_JOB_ADD_SPOTS (UINT64_C(1) << 5)
#define PROTO_HAS_COMMAND_JOB_ADD_AT (UINT64_C(1) << 6)
#define PROTO_HAS_COMMAND_JOB_ADD_PASSWORD (UINT64_C(1) << 7)
extern const WireMessage proto_msg_job_add;

/* command job.draft: Keep a draft. */
typedef struct {
  uint64_t has;
} ProtoJobDraft;
extern const WireMessage proto_msg_job_draft;

/* command job.typing: Tell that one types. */
typedef struct {
  uint64_t has;
  Uuid job;
} ProtoJobTyping;
#define PROTO_HAS_COMMAND_JOB_TYPING_JOB (UINT64_C(1) << 0)
extern const WireMessage proto_msg_job_typing;

/* command job.expire: Let a job end. */
typedef struct {
  uint64_t has;
} ProtoJobExpire;
extern const WireMessage proto_msg_job_expire;

/* query job.list: Jobs by day. */
typedef struct {
  uint64_t has;
  uint64_t done; /* bool */
  WireBytes phone; /* text */
} ProtoJobList;
#define PROTO_HAS_QUERY_JOB_LIST_DONE (UINT64_C(1) << 0)
#define PROTO_HAS_QUERY_JOB_LIST_PHONE (UINT64_C(1) << 1)
extern const WireMessage proto_msg_job_list;

/* event job.added: A job was added. */
typedef struct {
  uint64_t has;
} ProtoJobAdded;
extern const WireMessage proto_msg_job_added;

/* event job.changed: A job changed. */
typedef struct {
  uint64_t has;
  WireBytes note; /* text */
} ProtoJobChanged;
#define PROTO_HAS_EVENT_JOB_CHANGED_NOTE (UINT64_C(1) << 0)
extern const WireMessage proto_msg_job_changed;
