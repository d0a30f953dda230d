/* fuzz_json.c: JSON and typed text that nobody vouches for. Input: two bytes that choose the message as in
 * fuzz_decode.c, then JSON; the same text is also tried as each field's typed form.
 *
 * Meaning: what is taken passes wire_check and prints as JSON that is taken again for the same bytes; what is refused
 * leaves the output alone and says why. */
#include <string.h>

#include "proto/proto_tables.h"
#include "tests/unit/every_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void judge_body(const WireMessage *message, const GByteArray *body) {
  g_autoptr(GByteArray) again = g_byte_array_new();
  WireBytes bytes = {body->data, body->len};
  g_autofree char *json = wire_to_json(message, bytes);

  g_assert_true(wire_check(message, bytes, true, NULL));
  g_assert_nonnull(json);
  g_assert_true(wire_from_json(message, json, strlen(json), false, again, NULL, NULL));
  g_assert_cmpmem(again->data, again->len, body->data, body->len);
}

static void judge_typed(const WireMessage *message, const WireField *field, const char *text) {
  g_autoptr(GByteArray) out = g_byte_array_new();
  g_autofree char *why = NULL;

  if (wire_put_text(field, text, out, &why)) {
    judge_body(message, out);
  } else {
    g_assert_nonnull(why);
    g_assert_cmpuint(out->len, ==, 0);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
  if (len < 2) return 0;
  g_autoptr(GPtrArray) all = every_message(&proto_linli);
  const WireMessage *message = all->pdata[(data[0] | (unsigned)data[1] << 8) % all->len];
  g_autoptr(GByteArray) out = g_byte_array_new();
  g_autofree char *text = g_strndup((const char *)data + 2, len - 2), *why = NULL;

  if (wire_from_json(message, (const char *)data + 2, len - 2, true, out, NULL, &why))
    judge_body(message, out);
  else
    g_assert_true(why && out->len == 0);
  for (uint16_t i = 0; i < message->count; i++)
    judge_typed(message, &message->fields[i], text);
  return 0;
}
