/* wire.c: the reading half of the wire runtime: varints, fields, frames, the arena, decode and check by table.
 *
 *   wire_decode ─┐                 ┌─ judge: is this value what the field allows? (nested messages walk again)
 *                ├─ walk ─ take ───┤
 *   wire_check  ─┘   (out NULL)    └─ store: put it into the struct, lists into the arena
 *
 * Owner: whoever calls; nothing here outlives a call but the arena. Invariants: the input is judged completely before
 * anything is stored of a field; a list is allocated only after it was counted and judged; decode and check are one
 * code path, so they cannot disagree. Memory that cannot be had ends the program (GLib's policy). */
#include "common/wire.h"

#include <string.h>

#include "common/wire_kind.h"

enum { MAX_DEPTH = 4, MAX_FRAME_HEAD = 5, BLOCK = 4096 };

const char *wire_status_text(WireStatus status) {
  switch (status) {
  case WIRE_OK:
    return "it is well formed";
  case WIRE_TRUNCATED:
    return "it ends inside a field";
  case WIRE_NOT_CANONICAL:
    return "it is not written in the one canonical form";
  case WIRE_WRONG_KIND:
    return "it is of another kind than the schema says";
  case WIRE_TOO_LONG:
    return "it is longer than allowed";
  case WIRE_NOT_UTF8:
    return "it is not UTF-8 text without NUL";
  case WIRE_BAD_VALUE:
    return "its value is not allowed";
  case WIRE_MISSING:
    return "it is missing";
  case WIRE_TOO_DEEP:
    return "it is nested too deeply";
  }
  return "it failed for an unknown reason";
}

/* --- Reader --------------------------------------------------------------------------------------------------- */

WireStatus wire_read_varint(WireReader *r, uint64_t *value) {
  uint64_t v = 0;
  const uint8_t *at = r->at;

  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (at == r->end) return WIRE_TRUNCATED;
    uint8_t byte = *at++;
    if (shift == 63 && byte > 1) return WIRE_NOT_CANONICAL;
    v |= (uint64_t)(byte & 0x7f) << shift;
    if (byte & 0x80) continue;
    if (byte == 0 && shift > 0) return WIRE_NOT_CANONICAL;
    r->at = at;
    *value = v;
    return WIRE_OK;
  }
  return WIRE_NOT_CANONICAL;
}

WireStatus wire_read_element(WireReader *r, WireAny *any) {
  uint64_t len = 16;
  WireStatus status = WIRE_OK;

  switch (any->kind) {
  case WIRE_VARINT:
    return wire_read_varint(r, &any->value);
  case WIRE_EIGHT:
    len = 8;
    break;
  case WIRE_SIXTEEN:
    break;
  case WIRE_LENGTH:
    status = wire_read_varint(r, &len);
    break;
  }
  if (status != WIRE_OK) return status;
  if (len > (size_t)(r->end - r->at) || len > UINT32_MAX) return WIRE_TRUNCATED;
  any->bytes = (WireBytes){r->at, (uint32_t)len};
  r->at += len;
  if (any->kind == WIRE_EIGHT) any->value = wire_eight(any->bytes.data);
  return WIRE_OK;
}

WireStatus wire_read_any(WireReader *r, WireAny *any) {
  uint64_t tag;
  WireStatus status = wire_read_varint(r, &tag);

  if (status != WIRE_OK) return status;
  if (tag < 4 || tag > UINT32_MAX) return WIRE_NOT_CANONICAL;
  *any = (WireAny){.number = (uint32_t)(tag >> 2), .kind = (WireKind)(tag & 3)};
  return wire_read_element(r, any);
}

int64_t wire_split(const uint8_t *data, size_t len, uint32_t max, WireFrame *frame) {
  WireReader r = {data, len ? data + len : data};
  uint64_t length, type, correlation;
  WireStatus status = wire_read_varint(&r, &length);

  if (status == WIRE_TRUNCATED) return len >= MAX_FRAME_HEAD ? -1 : 0;
  if (status != WIRE_OK) return -1;
  size_t head = (size_t)(r.at - data);
  if (length < 2 || length > max || head + length > max) return -1;
  if ((size_t)(r.end - r.at) < length) return 0;
  r.end = r.at + length;
  if (wire_read_varint(&r, &type) != WIRE_OK || wire_read_varint(&r, &correlation) != WIRE_OK) return -1;
  if (type > UINT32_MAX || correlation > UINT32_MAX) return -1;
  *frame = (WireFrame){(uint32_t)type, (uint32_t)correlation, {r.at, (uint32_t)(r.end - r.at)}};
  return (int64_t)(head + length);
}

/* --- Arena ---------------------------------------------------------------------------------------------------- */

typedef struct Block Block;
struct Block {
  Block *next;
  size_t size, used;
  uint64_t data[];
};
struct WireArena {
  Block *blocks;
}; /* the newest first; the oldest is kept by a reset */

WireArena *wire_arena_new(void) {
  return g_new0(WireArena, 1);
}

static void *arena_take(WireArena *arena, size_t bytes) {
  Block *block = arena->blocks;
  size_t need = (bytes + 7) & ~(size_t)7;

  if (!block || block->size - block->used < need) {
    size_t size = MAX(need, BLOCK);
    block = g_malloc(sizeof *block + size);
    *block = (Block){.next = arena->blocks, .size = size};
    arena->blocks = block;
  }
  void *at = (uint8_t *)block->data + block->used;
  block->used += need;
  return at;
}

void wire_arena_reset(WireArena *arena) {
  while (arena->blocks && (arena->blocks->next || arena->blocks->size > BLOCK)) {
    Block *gone = arena->blocks;
    arena->blocks = gone->next;
    g_free(gone);
  }
  if (arena->blocks) arena->blocks->used = 0;
}

void wire_arena_free(WireArena *arena) {
  if (!arena) return;
  while (arena->blocks) {
    Block *gone = arena->blocks;
    arena->blocks = gone->next;
    g_free(gone);
  }
  g_free(arena);
}

/* --- Whole messages ------------------------------------------------------------------------------------------- */

static WireStatus walk(const WireMessage *message, WireBytes bytes, bool partial, unsigned depth, WireArena *arena,
                       void *out, WireError *error);

static WireStatus judge_number(const WireField *f, uint64_t v) {
  bool fine = true;

  switch ((WireFieldKind)f->kind) {
  case WIRE_FIELD_UINT:
    fine = f->max == 0 || v <= f->max;
    break;
  case WIRE_FIELD_BOOL:
    fine = v <= 1;
    break;
  case WIRE_FIELD_TIME:
    fine = v <= WIRE_TIME_MAX;
    break;
  case WIRE_FIELD_DATE:
    fine = wire_date_allowed(wire_unzigzag(v));
    break;
  case WIRE_FIELD_ENUM:
    fine = v != 0 && v <= UINT32_MAX;
    break;
  case WIRE_FIELD_INT:
  case WIRE_FIELD_FIXED:
  case WIRE_FIELD_UUID:
  case WIRE_FIELD_TEXT:
  case WIRE_FIELD_BYTES:
  case WIRE_FIELD_MESSAGE:
    break;
  }
  return fine ? WIRE_OK : WIRE_BAD_VALUE;
}

static WireStatus judge(const WireField *f, const WireAny *any, unsigned depth, WireError *error) {
  if (any->kind != WIRE_LENGTH) return judge_number(f, any->value);
  if (f->max && any->bytes.len > f->max) return WIRE_TOO_LONG;
  if (f->kind == WIRE_FIELD_TEXT)
    return g_utf8_validate_len((const char *)any->bytes.data, any->bytes.len, NULL) ? WIRE_OK : WIRE_NOT_UTF8;
  if (f->kind == WIRE_FIELD_MESSAGE) return walk(f->message, any->bytes, false, depth + 1, NULL, NULL, error);
  return WIRE_OK;
}

static void store(const WireField *f, const WireAny *any, void *slot) {
  uint64_t v = wire_is_zigzag(f) ? (uint64_t)wire_unzigzag(any->value) : any->value;

  switch (any->kind) {
  case WIRE_VARINT:
  case WIRE_EIGHT:
    memcpy(slot, &v, sizeof v);
    break;
  case WIRE_SIXTEEN:
    memcpy(slot, any->bytes.data, 16);
    break;
  case WIRE_LENGTH:
    memcpy(slot, &any->bytes, sizeof any->bytes);
    break;
  }
}

static WireStatus judge_list(const WireField *f, WireBytes content, unsigned depth, uint32_t *count,
                             WireError *error) {
  WireReader r = wire_reader(content);
  WireAny element = {.kind = wire_kind(f)};

  for (*count = 0; r.at < r.end; ++*count) {
    if (f->max_count && *count == f->max_count) return WIRE_TOO_LONG;
    WireStatus status = wire_read_element(&r, &element);
    if (status == WIRE_OK) status = judge(f, &element, depth, error);
    if (status != WIRE_OK) return status;
  }
  return *count ? WIRE_OK : WIRE_NOT_CANONICAL;
}

static void store_list(const WireField *f, WireBytes content, uint32_t count, WireArena *arena, void *slot) {
  WireList list = {content.data, count}; /* uuids are read where they are */
  WireReader r = wire_reader(content);
  WireAny element = {.kind = wire_kind(f)};

  if (element.kind != WIRE_SIXTEEN) {
    size_t size = wire_element_size(f);
    uint8_t *to = arena_take(arena, (size_t)count * size);
    list.data = to;
    for (uint32_t i = 0; i < count && wire_read_element(&r, &element) == WIRE_OK; i++)
      store(f, &element, to + i * size);
  }
  memcpy(slot, &list, sizeof list);
}

static WireStatus take(const WireField *f, const WireAny *any, unsigned depth, WireArena *arena, uint8_t *out,
                       WireError *error) {
  bool list = f->flags & WIRE_LIST;
  uint32_t count = 0;

  if (any->kind != (list ? WIRE_LENGTH : wire_kind(f))) return WIRE_WRONG_KIND;
  WireStatus status = list ? judge_list(f, any->bytes, depth, &count, error) : judge(f, any, depth, error);
  if (status != WIRE_OK || !out) return status;
  if (list)
    store_list(f, any->bytes, count, arena, out + f->offset);
  else
    store(f, any, out + f->offset);
  return WIRE_OK;
}

/* The innermost field at fault is named: an inner walk has set it already. */
static WireStatus fail(WireError *error, WireStatus status, const WireField *field) {
  if (error->status == WIRE_OK) *error = (WireError){status, field};
  return status;
}

/* The first field from *i on that must be there and whose number is below `below`; *i stops at `below`. */
static const WireField *missing(const WireMessage *message, bool partial, uint32_t below, uint16_t *i) {
  for (; *i < message->count && message->fields[*i].number < below; ++*i)
    if (!partial && !(message->fields[*i].flags & (WIRE_OPTIONAL | WIRE_LIST))) return &message->fields[*i];
  return NULL;
}

static WireStatus walk(const WireMessage *message, WireBytes bytes, bool partial, unsigned depth, WireArena *arena,
                       void *out, WireError *error) {
  WireReader r = wire_reader(bytes);
  WireAny any;
  uint64_t has = 0;
  uint32_t last = 0;
  uint16_t i = 0;

  if (depth > MAX_DEPTH) return fail(error, WIRE_TOO_DEEP, NULL);
  while (r.at < r.end) {
    WireStatus status = wire_read_any(&r, &any);
    if (status != WIRE_OK) return fail(error, status, NULL);
    if (any.number <= last) return fail(error, WIRE_NOT_CANONICAL, wire_field_by_number(message, any.number));
    last = any.number;
    const WireField *lacking = missing(message, partial, last, &i);
    if (lacking) return fail(error, WIRE_MISSING, lacking);
    if (i == message->count || message->fields[i].number != last) continue;
    const WireField *f = &message->fields[i++];
    status = take(f, &any, depth, arena, out, error);
    if (status != WIRE_OK) return fail(error, status, f);
    has |= (uint64_t)1 << f->has;
  }
  const WireField *lacking = missing(message, partial, UINT32_MAX, &i);
  if (lacking) return fail(error, WIRE_MISSING, lacking);
  if (out) memcpy(out, &has, sizeof has);
  return WIRE_OK;
}

bool wire_decode(const WireMessage *message, WireBytes bytes, bool partial, WireArena *arena, void *out,
                 WireError *error) {
  WireError unasked;

  if (!error) error = &unasked;
  *error = (WireError){WIRE_OK, NULL};
  memset(out, 0, message->size);
  return walk(message, bytes, partial, 0, arena, out, error) == WIRE_OK;
}

bool wire_check(const WireMessage *message, WireBytes bytes, bool partial, WireError *error) {
  WireError unasked;

  if (!error) error = &unasked;
  *error = (WireError){WIRE_OK, NULL};
  return walk(message, bytes, partial, 0, NULL, NULL, error) == WIRE_OK;
}
