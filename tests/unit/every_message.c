#include "tests/unit/every_message.h"

static void add(GPtrArray *all, const WireMessage *message) {
  if (message && !g_ptr_array_find(all, message, NULL)) g_ptr_array_add(all, (gpointer)message);
}

GPtrArray *every_message(const Proto *proto) {
  GPtrArray *all = g_ptr_array_new();

  for (size_t i = 0; i < proto->n_frames; i++)
    add(all, proto->frames[i].message);
  for (size_t i = 0; i < proto->n_messages; i++)
    add(all, proto->messages[i]);
  for (size_t i = 0; i < proto->n_commands; i++)
    add(all, proto->commands[i].fields);
  for (size_t i = 0; i < proto->n_queries; i++)
    add(all, proto->queries[i].fields);
  for (size_t i = 0; i < proto->n_events; i++)
    add(all, proto->events[i].note);
  return all;
}
