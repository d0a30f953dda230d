/* wire.h: bytes <-> messages, driven by the tables that proto/generate.py emits.
 *
 *   frame    = length  type  correlation  fields          length counts everything after itself
 *   field    = tag value                                   tag = number << 2 | kind
 *   kind 0   = varint (uint, int as zigzag, bool, time, date as zigzag, enum)
 *   kind 1   = eight bytes, little-endian (fixed)
 *   kind 2   = length and bytes (text, bytes, message, every list)
 *   kind 3   = sixteen bytes (uuid)
 *
 * Canonical: shortest varints, ascending field numbers, each number once, no empty lists, no trailing bytes. A reader
 * skips numbers it does not know by their kind. A list is one field: its elements packed, varint ones bare, fixed and
 * uuid ones bare, text, bytes and messages each behind a length.
 * Values: a bool is 0 or 1; an enum is not 0 and below 2^32, and may be a number that only the other side knows; a time
 * lies in 1970 … 9999, a date in 0001 … 9999; text holds no NUL; messages nest at most four deep. An empty list is an
 * absent one, so a list is never missing.
 *
 * Pure: no I/O, no globals, no allocation before a length was judged. Views (WireBytes, lists) point into the input
 * or into the arena given; they live as long as both. Memory that cannot be had ends the program, which is GLib's
 * policy: what is asked for is bounded by bytes that were judged before.
 * To add a kind of field, start at WireFieldKind and let the compiler lead you. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { WIRE_VARINT = 0, WIRE_EIGHT = 1, WIRE_LENGTH = 2, WIRE_SIXTEEN = 3 } WireKind;

typedef enum {
  WIRE_FIELD_UINT,
  WIRE_FIELD_INT,
  WIRE_FIELD_BOOL,
  WIRE_FIELD_TIME, /* UTC microseconds since 1970 */
  WIRE_FIELD_DATE, /* days since 1970 */
  WIRE_FIELD_ENUM,
  WIRE_FIELD_FIXED,
  WIRE_FIELD_UUID,
  WIRE_FIELD_TEXT,
  WIRE_FIELD_BYTES,
  WIRE_FIELD_MESSAGE,
} WireFieldKind;

enum {
  WIRE_OPTIONAL = 1 << 0,
  WIRE_LIST = 1 << 1,
  WIRE_SECRET = 1 << 2, /* never logged; hashed before SQL sees it */
  WIRE_SEALED = 1 << 3, /* encrypted before SQL sees it */
  WIRE_BLOB = 1 << 4,   /* a uuid that names an attachment */
};

typedef struct { const uint8_t *data; uint32_t len; } WireBytes; /* text too: UTF-8, not terminated */
typedef struct { uint8_t b[16]; } Uuid;
typedef struct { const void *data; uint32_t count; } WireList; /* elements of the field's own C type */

typedef struct WireMessage WireMessage;
typedef struct WireEnum WireEnum;

typedef struct {
  uint16_t number;
  uint8_t kind;      /* WireFieldKind */
  uint8_t flags;     /* WIRE_OPTIONAL … */
  uint16_t since;
  uint16_t offset;   /* of the value in the message's struct */
  uint8_t has;       /* bit in the struct's first member `uint64_t has` */
  uint8_t audience;  /* 0: everybody; else fields left out of the redacted form */
  uint32_t max;      /* bytes of text or bytes; largest uint, 0 for any */
  uint32_t max_count;/* elements of a list */
  const char *name;
  const char *doc;
  const WireMessage *message;   /* of kind MESSAGE */
  const WireEnum *enumeration;  /* of kind ENUM */
} WireField;

struct WireMessage { /* a message, frame, or the fields of a command, query or event */
  uint32_t number;
  uint16_t since;
  uint16_t count;
  uint32_t size; /* of the C struct */
  const char *name;
  const char *doc;
  const WireField *fields; /* ascending numbers */
};

typedef struct { uint32_t number; uint16_t since; bool fatal; const char *name, *zh, *en; } WireLabel;

struct WireEnum { /* also the list of all refusals and of all errors */
  uint32_t number;
  uint32_t count;
  const char *name;
  const char *doc;
  const WireLabel *labels; /* ascending numbers */
};

typedef enum {
  WIRE_OK = 0,
  WIRE_TRUNCATED,     /* ends inside a field */
  WIRE_NOT_CANONICAL, /* overlong varint, order, repetition, empty list */
  WIRE_WRONG_KIND,    /* a known number with another kind */
  WIRE_TOO_LONG,      /* over the field's max or max_count */
  WIRE_NOT_UTF8,
  WIRE_BAD_VALUE,     /* a bool of 2, a uint over max, an enum of 0 */
  WIRE_MISSING,       /* a field that is not optional */
  WIRE_TOO_DEEP,      /* nesting over 4 */
} WireStatus;

/* What went wrong and where; the sentence names the field. */
typedef struct { WireStatus status; const WireField *field; } WireError;
const char *wire_status_text(WireStatus status);

/* --- Reader: never allocates, never asserts on input ---------------------------------------------------------- */
typedef struct { const uint8_t *at, *end; } WireReader;

G_GNUC_WARN_UNUSED_RESULT WireStatus wire_read_varint(WireReader *r, uint64_t *value);
/* Next field whatever its number; for LENGTH bytes is the content, for EIGHT and VARINT value is set. */
typedef struct { uint32_t number; WireKind kind; uint64_t value; WireBytes bytes; } WireAny;
G_GNUC_WARN_UNUSED_RESULT WireStatus wire_read_any(WireReader *r, WireAny *any);

/* Splits one frame off the front of [data, data + len). max bounds the whole frame, its length prefix included.
 * Returns the frame's whole size in bytes, 0 when more bytes are needed, -1 when it is longer than max or its header
 * is not canonical. */
typedef struct { uint32_t type; uint32_t correlation; WireBytes fields; } WireFrame;
G_GNUC_WARN_UNUSED_RESULT int64_t wire_split(const uint8_t *data, size_t len, uint32_t max, WireFrame *frame);

/* --- Arena: lists of a decoded message; freed at once --------------------------------------------------------- */
typedef struct WireArena WireArena;
WireArena *wire_arena_new(void);
void wire_arena_reset(WireArena *arena);
void wire_arena_free(WireArena *arena);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WireArena, wire_arena_free)

/* --- Whole messages ------------------------------------------------------------------------------------------- */
/* Decodes into *out (message->size bytes, zeroed first). partial: absent fields are no error (bodies of events). */
G_GNUC_WARN_UNUSED_RESULT bool wire_decode(const WireMessage *message, WireBytes bytes, bool partial, WireArena *arena,
                                           void *out, WireError *error);
/* Appends the fields that are present in *in. The caller's values are trusted to be within their maxima: debug
 * builds assert it. */
void wire_encode(const WireMessage *message, const void *in, GByteArray *out);
/* Checks without decoding: what wire_decode would say. */
G_GNUC_WARN_UNUSED_RESULT bool wire_check(const WireMessage *message, WireBytes bytes, bool partial, WireError *error);

/* Appends a whole frame. */
void wire_frame(uint32_t type, uint32_t correlation, WireBytes fields, GByteArray *out);
void wire_frame_message(const WireMessage *message, uint32_t correlation, const void *in, GByteArray *out);

/* --- Writer, for code that has no struct ---------------------------------------------------------------------- */
void wire_put_varint(GByteArray *out, uint64_t value);
void wire_put_uint(GByteArray *out, uint32_t number, uint64_t value);
void wire_put_int(GByteArray *out, uint32_t number, int64_t value);
void wire_put_fixed(GByteArray *out, uint32_t number, uint64_t value);
void wire_put_uuid(GByteArray *out, uint32_t number, Uuid value);
void wire_put_bytes(GByteArray *out, uint32_t number, WireBytes value);

/* --- Fields by table ------------------------------------------------------------------------------------------ */
const WireField *wire_field_by_name(const WireMessage *message, const char *name);
const WireField *wire_field_by_number(const WireMessage *message, uint32_t number);
const WireLabel *wire_label_by_number(const WireEnum *e, uint32_t number);
const WireLabel *wire_label_by_name(const WireEnum *e, const char *name);
/* Copies a body without the fields that have an audience, those that hold one, and those that the table does not know:
 * nobody can say who may read them. The body must have been checked. */
void wire_redact(const WireMessage *message, WireBytes body, GByteArray *out);
/* Replaces in `old` the fields present in `change`, and drops those whose numbers are in cleared: the fold of events.
 * Fields that the table does not know are kept. Returns false, and appends nothing, when either body is malformed. */
G_GNUC_WARN_UNUSED_RESULT bool wire_merge(const WireMessage *message, WireBytes old, WireBytes change,
                                          const uint64_t *cleared, size_t n_cleared, GByteArray *out);

/* --- JSON: one object per message, keys are field names, enums by identifier, times as ISO 8601 with Z,
 *     uuids in hyphens, bytes as lower-case hex, fixed as 16 hex digits, a uint above 2^63 - 1 as a string of digits.
 *     In wire_json.c, on jansson. ------------------------------------------------------------------------------- */
/* Accepts what PostgreSQL's to_jsonb prints too (times with +00:00, bytea as \x…). Null members and empty arrays are
 * appended to cleared (field numbers, may be NULL); absent members are no error: wire_check says what is missing.
 * Unknown members are ignored when `lenient`, else refused.
 * Returns false with *why (a sentence that names the member; g_free). */
G_GNUC_WARN_UNUSED_RESULT bool wire_from_json(const WireMessage *message, const char *json, size_t len, bool lenient,
                                              GByteArray *out, GArray *cleared /* of uint64_t */, char **why);
/* Compact JSON text, no newline; g_free. NULL when the bytes are not the message's. */
char *wire_to_json(const WireMessage *message, WireBytes bytes);
/* One field from its text form, as linlictl takes it ("dispatched", "2026-11-24T08:00:00Z", "12,13"): an enum by its
 * identifier, its Chinese label or its number; a bool as true, yes, 是, false, no, 否; a message as JSON. Returns false
 * with *why, and appends nothing, when it does not fit. */
G_GNUC_WARN_UNUSED_RESULT bool wire_put_text(const WireField *field, const char *text, GByteArray *out, char **why);
