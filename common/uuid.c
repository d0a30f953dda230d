/* uuid.c: see uuid.h. */
#include "common/uuid.h"

#include <string.h>

enum { COUNT_MAX = 0x0fff, COUNT_START = 0x07ff };

Uuid uuid_v7(uint64_t unix_ms, const uint8_t random[UUID_RANDOM]) {
  Uuid id;

  for (unsigned i = 0; i < 6; i++)
    id.b[i] = (uint8_t)(unix_ms >> (8 * (5 - i)));
  memcpy(id.b + 6, random, UUID_RANDOM);
  id.b[6] = (uint8_t)(0x70 | (id.b[6] & 0x0f));
  id.b[8] = (uint8_t)(0x80 | (id.b[8] & 0x3f));
  return id;
}

uint64_t uuid_time_ms(Uuid id) {
  uint64_t ms = 0;

  if (id.b[6] >> 4 != 7 || id.b[8] >> 6 != 2) return 0;
  for (unsigned i = 0; i < 6; i++)
    ms = ms << 8 | id.b[i];
  return ms;
}

Uuid uuid_clock_next(UuidClock *clock, uint64_t unix_ms, const uint8_t random[UUID_RANDOM]) {
  uint8_t bits[UUID_RANDOM];

  memcpy(bits, random, sizeof bits);
  if (unix_ms > clock->ms || clock->ms == 0) {
    clock->ms = unix_ms;
    clock->count = (uint16_t)((random[0] << 8 | random[1]) & COUNT_START);
  } else if (++clock->count > COUNT_MAX) {
    clock->ms++;
    clock->count = 0;
  }
  bits[0] = (uint8_t)(clock->count >> 8);
  bits[1] = (uint8_t)clock->count;
  return uuid_v7(clock->ms, bits);
}

Uuid uuid_from_name(Uuid name_space, WireBytes name) {
  GChecksum *sha1 = g_checksum_new(G_CHECKSUM_SHA1);
  uint8_t digest[20];
  gsize len = sizeof digest;
  Uuid id;

  g_checksum_update(sha1, name_space.b, sizeof name_space.b);
  if (name.len) g_checksum_update(sha1, name.data, name.len);
  g_checksum_get_digest(sha1, digest, &len);
  g_checksum_free(sha1);
  memcpy(id.b, digest, sizeof id.b);
  id.b[6] = (uint8_t)(0x50 | (id.b[6] & 0x0f));
  id.b[8] = (uint8_t)(0x80 | (id.b[8] & 0x3f));
  return id;
}

static bool hyphen_at(size_t i) {
  return i == 8 || i == 13 || i == 18 || i == 23;
}

bool uuid_parse(const char *text, size_t len, Uuid *id) {
  Uuid read = {{0}};
  unsigned nibble = 0;

  if (len != UUID_TEXT_SIZE - 1) return false;
  for (size_t i = 0; i < len; i++) {
    if (hyphen_at(i)) {
      if (text[i] != '-') return false;
      continue;
    }
    int digit = g_ascii_xdigit_value(text[i]);
    if (digit < 0) return false;
    read.b[nibble / 2] = (uint8_t)(read.b[nibble / 2] << 4 | digit);
    nibble++;
  }
  *id = read;
  return true;
}

char *uuid_format(Uuid id, char out[UUID_TEXT_SIZE]) {
  static const char hex[] = "0123456789abcdef";
  unsigned nibble = 0;

  for (size_t i = 0; i < UUID_TEXT_SIZE - 1; i++) {
    if (hyphen_at(i)) {
      out[i] = '-';
      continue;
    }
    unsigned byte = id.b[nibble / 2];
    out[i] = hex[nibble % 2 ? byte & 0x0f : byte >> 4];
    nibble++;
  }
  out[UUID_TEXT_SIZE - 1] = '\0';
  return out;
}

int uuid_compare(Uuid a, Uuid b) {
  return memcmp(a.b, b.b, sizeof a.b);
}

bool uuid_is_nil(Uuid id) {
  return uuid_compare(id, (Uuid){{0}}) == 0;
}

/* The last bytes of a v7 id are random, the first are not. */
guint uuid_hash(gconstpointer id) {
  guint hash;

  memcpy(&hash, ((const Uuid *)id)->b + 12, sizeof hash);
  return hash;
}

gboolean uuid_equal(gconstpointer a, gconstpointer b) {
  return memcmp(a, b, sizeof(Uuid)) == 0;
}
