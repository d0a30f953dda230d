/* block.c: shared bytes with a count of their readers. */
#include "server/block.h"

#include <string.h>

Block *block_new(const uint8_t *data, uint32_t len) {
  Block *block = g_malloc(sizeof *block + len);
  block->refs = 1;
  block->len = len;
  if (len) memcpy(block->data, data, len);
  return block;
}

Block *block_ref(Block *block) {
  block->refs++;
  return block;
}

void block_unref(Block *block) {
  if (--block->refs == 0) g_free(block);
}
