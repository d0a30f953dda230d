/* block.h: a run of whole frames, encoded once, immutable, shared by reference between any number of sessions.
 * Owner: whoever holds a reference; freed with the last one. Loop thread only: the count is not atomic. */
#pragma once

#include <glib.h>
#include <stdint.h>

typedef struct Block {
  uint32_t refs;
  uint32_t len;
  uint8_t data[];
} Block;

/* Takes a copy of the bytes; one reference to the caller. */
Block *block_new(const uint8_t *data, uint32_t len);
Block *block_ref(Block *block);
void block_unref(Block *block);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Block, block_unref)
