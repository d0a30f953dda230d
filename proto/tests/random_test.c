/* random_test.c: does what proto_random writes hold before the wire runtime, for every message of the schema?
 * With a count as argument it prints that many of each as "SORT NAME HEX", for second_opinion.py to judge. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/proto_random.h"
#include "proto/proto_tables.h"

enum { ROUNDS = 200, SEED = 20260415 };

typedef void (*Visit)(const char *sort, const WireMessage *message, GRand *rand, gpointer data);

static void every_message(const Proto *proto, Visit visit, GRand *rand, gpointer data) {
  for (size_t i = 0; i < proto->n_frames; i++)
    visit("frame", proto->frames[i].message, rand, data);
  for (size_t i = 0; i < proto->n_messages; i++)
    visit("message", proto->messages[i], rand, data);
  for (size_t i = 0; i < proto->n_commands; i++)
    visit("command", proto->commands[i].fields, rand, data);
  for (size_t i = 0; i < proto->n_queries; i++)
    visit("query", proto->queries[i].fields, rand, data);
  for (size_t i = 0; i < proto->n_events; i++)
    visit("event", proto->events[i].note, rand, data);
}

static void judge_one(const WireMessage *message, GRand *rand, WireArena *arena) {
  g_autoptr(GByteArray) bytes = g_byte_array_new(), again = g_byte_array_new();
  g_autofree void *decoded = g_malloc0(message->size);
  WireError error = {WIRE_OK, NULL};

  proto_random_message(message, rand, bytes);
  if (!wire_decode(message, (WireBytes){bytes->data, bytes->len}, false, arena, decoded, &error))
    g_error("%s: field %s: %s", message->name, error.field ? error.field->name : "?", wire_status_text(error.status));
  wire_encode(message, decoded, again);
  if (bytes->len != again->len || (bytes->len && memcmp(bytes->data, again->data, bytes->len) != 0))
    g_error("%s: reads well and is written otherwise", message->name);
  wire_arena_reset(arena);
}

static void judge(const char *sort, const WireMessage *message, GRand *rand, gpointer arena) {
  (void)sort;
  for (int i = 0; i < ROUNDS; i++)
    judge_one(message, rand, arena);
}

static void print(const char *sort, const WireMessage *message, GRand *rand, gpointer count) {
  for (int i = 0; i < *(int *)count; i++) {
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    proto_random_message(message, rand, bytes);
    printf("%s %s ", sort, message->name);
    for (guint at = 0; at < bytes->len; at++)
      printf("%02x", bytes->data[at]);
    putchar('\n');
  }
}

int main(int argc, char **argv) {
  g_autoptr(WireArena) arena = wire_arena_new();
  g_autoptr(GRand) rand = g_rand_new_with_seed(SEED);
  int count = argc > 1 ? atoi(argv[1]) : 0;

  if (count > 0)
    every_message(&proto_linli, print, rand, &count);
  else
    every_message(&proto_linli, judge, rand, arena);
  return 0;
}
