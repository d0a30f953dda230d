/* fuzz_split.c: the frame splitter. A frame that was taken is written again as the same bytes; no beginning of it is
 * taken for a frame or refused; and the limit holds. */
#include <string.h>

#include "common/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { LIMIT = 4096 };

static void judge_frame(const uint8_t *data, size_t size, WireFrame frame) {
  g_autoptr(GByteArray) again = g_byte_array_new();
  WireFrame part;

  g_assert_cmpuint(size, <=, LIMIT);
  wire_frame(frame.type, frame.correlation, frame.fields, again);
  g_assert_cmpmem(again->data, again->len, data, size);
  for (size_t n = 0; n < size; n += 1 + size / 16)
    g_assert_cmpint(wire_split(data, n, LIMIT, &part), ==, 0);
  g_assert_cmpint(wire_split(data, size, (uint32_t)size, &part), ==, (gint64)size);
  g_assert_cmpint(wire_split(data, size, (uint32_t)size - 1, &part), ==, -1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
  for (size_t at = 0; at <= len;) {
    WireFrame frame;
    int64_t size = wire_split(data + at, len - at, LIMIT, &frame);
    g_assert_cmpint(size, >=, -1);
    g_assert_cmpint(size, <=, (gint64)(len - at));
    if (size <= 0) break;
    judge_frame(data + at, (size_t)size, frame);
    at += (size_t)size;
  }
  return 0;
}
