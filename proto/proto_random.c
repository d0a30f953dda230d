/* proto_random.c: see proto_random.h. From the leaves up: numbers, text, one value, a list, a field, a message. */
#include "proto/proto_random.h"

enum {
  SHORT_TEXT = 40, /* most texts are no longer, in bytes */
  SHORT_LIST = 4,  /* most lists have no more elements */
  LONG_LIST =
      4096, /* elements of a list at its maximum are of one byte or so: whole messages stay within a few MiB */
};

/* What PostgreSQL and ISO 8601 agree on: 0001-01-01 to 9999-12-31. */
static const int64_t FIRST_DAY = -719162, LAST_DAY = 2932896;
static const uint64_t LAST_TIME = UINT64_C(253402300799999999);

static bool one_in(GRand *rand, gint32 n) {
  return g_rand_int_range(rand, 0, n) == 0;
}

static uint64_t any_uint64(GRand *rand) {
  uint64_t high = g_rand_int(rand);
  return high << 32 | g_rand_int(rand);
}

/* 0 … max; small, large and the two ends are all likely, because varints differ by length. */
static uint64_t number_to(GRand *rand, uint64_t max) {
  if (one_in(rand, 8)) return max;
  uint64_t value = any_uint64(rand) >> g_rand_int_range(rand, 0, 64);
  return max == UINT64_MAX ? value : value % (max + 1);
}

static void put_varint(GByteArray *out, uint64_t value) {
  for (; value > 0x7f; value >>= 7) {
    uint8_t byte = (uint8_t)(value | 0x80);
    g_byte_array_append(out, &byte, 1);
  }
  uint8_t last = (uint8_t)value;
  g_byte_array_append(out, &last, 1);
}

static uint64_t zigzag(int64_t value) {
  return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}

static void put_random_bytes(GByteArray *out, GRand *rand, uint32_t len) {
  for (; len; len--) {
    uint8_t byte = (uint8_t)g_rand_int(rand);
    g_byte_array_append(out, &byte, 1);
  }
}

/* Characters of one to four bytes, as they come in addresses, names and messages from telephones; never NUL. */
static gunichar random_character(GRand *rand) {
  switch (g_rand_int_range(rand, 0, 8)) {
  case 0:
    return (gunichar)g_rand_int_range(rand, 0x01, 0x80);
  case 1:
    return (gunichar)g_rand_int_range(rand, 0xa1, 0x800);
  case 2:
    return (gunichar)g_rand_int_range(rand, 0x1f300, 0x1f600);
  case 3:
  case 4:
    return (gunichar)g_rand_int_range(rand, 'a', 'z' + 1);
  default:
    return (gunichar)g_rand_int_range(rand, 0x4e00, 0x9fa6);
  }
}

static void put_random_text(GByteArray *out, GRand *rand, uint32_t len) {
  while (len) {
    char character[6];
    uint32_t size = (uint32_t)g_unichar_to_utf8(random_character(rand), character);
    if (size > len) continue; /* try again: one-byte characters are common enough */
    g_byte_array_append(out, (const uint8_t *)character, size);
    len -= size;
  }
}

static uint32_t random_length(GRand *rand, const WireField *field, bool small) {
  uint32_t max = field->max ? field->max : SHORT_TEXT;

  if (small) return MIN(max, 1);
  if (one_in(rand, 16)) return max;
  return (uint32_t)g_rand_int_range(rand, 0, (gint32)MIN(max, SHORT_TEXT) + 1);
}

/* Of the values this build knows: what it does not know, it cannot show either. */
static uint64_t random_label(GRand *rand, const WireEnum *e) {
  return e->count ? e->labels[g_rand_int_range(rand, 0, (gint32)e->count)].number : 1;
}

static uint64_t random_varint(GRand *rand, const WireField *field) {
  switch ((WireFieldKind)field->kind) {
  case WIRE_FIELD_BOOL:
    return number_to(rand, 1);
  case WIRE_FIELD_TIME:
    return number_to(rand, LAST_TIME);
  case WIRE_FIELD_DATE:
    return zigzag(FIRST_DAY + (int64_t)number_to(rand, (uint64_t)(LAST_DAY - FIRST_DAY)));
  case WIRE_FIELD_ENUM:
    return random_label(rand, field->enumeration);
  case WIRE_FIELD_INT:
    return zigzag((int64_t)number_to(rand, UINT64_MAX));
  default:
    return number_to(rand, field->max ? field->max : UINT64_MAX);
  }
}

static WireKind wire_kind_of(const WireField *field) {
  switch ((WireFieldKind)field->kind) {
  case WIRE_FIELD_FIXED:
    return WIRE_EIGHT;
  case WIRE_FIELD_UUID:
    return WIRE_SIXTEEN;
  case WIRE_FIELD_TEXT:
  case WIRE_FIELD_BYTES:
  case WIRE_FIELD_MESSAGE:
    return WIRE_LENGTH;
  default:
    return WIRE_VARINT;
  }
}

/* What stands behind the length of a text, bytes or message. */
static void put_content(const WireField *field, GRand *rand, bool small, GByteArray *out) {
  if (field->kind == WIRE_FIELD_MESSAGE)
    proto_random_message(field->message, rand, out);
  else if (field->kind == WIRE_FIELD_TEXT)
    put_random_text(out, rand, random_length(rand, field, small));
  else
    put_random_bytes(out, rand, random_length(rand, field, small));
}

static void put_behind_length(GByteArray *content, GByteArray *out) {
  put_varint(out, content->len);
  if (content->len) g_byte_array_append(out, content->data, content->len);
}

static void put_value(const WireField *field, GRand *rand, bool small, GByteArray *out) {
  switch (wire_kind_of(field)) {
  case WIRE_VARINT:
    put_varint(out, random_varint(rand, field));
    break;
  case WIRE_EIGHT:
    put_random_bytes(out, rand, 8);
    break;
  case WIRE_SIXTEEN:
    put_random_bytes(out, rand, 16);
    break;
  case WIRE_LENGTH: {
    g_autoptr(GByteArray) content = g_byte_array_new();
    put_content(field, rand, small, content);
    put_behind_length(content, out);
    break;
  }
  }
}

static void put_list(const WireField *field, GRand *rand, GByteArray *out) {
  g_autoptr(GByteArray) content = g_byte_array_new();
  uint32_t max = field->max_count ? field->max_count : SHORT_LIST;
  /* Lists of messages stay short: each may hold texts and lists of its own. */
  bool full = field->kind != WIRE_FIELD_MESSAGE && max <= LONG_LIST && one_in(rand, 16);
  uint32_t count = full ? max : (uint32_t)g_rand_int_range(rand, 1, (gint32)MIN(max, SHORT_LIST) + 1);

  for (; count; count--)
    put_value(field, rand, full, content);
  put_behind_length(content, out);
}

static void put_field(const WireField *field, GRand *rand, GByteArray *out) {
  bool list = field->flags & WIRE_LIST;

  put_varint(out, (uint64_t)field->number << 2 | (list ? WIRE_LENGTH : wire_kind_of(field)));
  if (list)
    put_list(field, rand, out);
  else
    put_value(field, rand, false, out);
}

void proto_random_fields(const WireMessage *message, uint64_t has, GRand *rand, GByteArray *out) {
  for (uint16_t i = 0; i < message->count; i++)
    if (has >> message->fields[i].has & 1) put_field(&message->fields[i], rand, out);
}

void proto_random_message(const WireMessage *message, GRand *rand, GByteArray *out) {
  uint64_t has = 0;

  for (uint16_t i = 0; i < message->count; i++) {
    const WireField *field = &message->fields[i];
    bool must = !(field->flags & (WIRE_OPTIONAL | WIRE_LIST));
    if (must || g_rand_boolean(rand)) has |= UINT64_C(1) << field->has;
  }
  proto_random_fields(message, has, rand, out);
}
