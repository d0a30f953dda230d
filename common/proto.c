/* proto.c: lookups in the generated tables. Arrays ascend by number (the generator sees to it), so numbers are found
 * by bisection; names are for people and programs that read them, and are found one by one. */
#include "common/proto.h"

#include <string.h>

/* The element of `base` whose key is `number`. Every record of proto.h begins with its number as uint32_t. */
static const void *by_number(const void *base, size_t count, size_t size, uint32_t number) {
  size_t low = 0, high = count;

  while (low < high) {
    size_t middle = low + (high - low) / 2;
    const uint8_t *at = (const uint8_t *)base + middle * size;
    uint32_t found;
    memcpy(&found, at, sizeof found);
    if (found == number) return at;
    if (found < number)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

G_STATIC_ASSERT(offsetof(ProtoFrameType, number) == 0);
G_STATIC_ASSERT(offsetof(ProtoCommand, number) == 0);
G_STATIC_ASSERT(offsetof(ProtoQuery, number) == 0);
G_STATIC_ASSERT(offsetof(ProtoEvent, number) == 0);

const ProtoFrameType *proto_frame(const Proto *proto, uint32_t number) {
  return by_number(proto->frames, proto->n_frames, sizeof *proto->frames, number);
}

const ProtoCommand *proto_command(const Proto *proto, uint32_t number) {
  return by_number(proto->commands, proto->n_commands, sizeof *proto->commands, number);
}

const ProtoQuery *proto_query(const Proto *proto, uint32_t number) {
  return by_number(proto->queries, proto->n_queries, sizeof *proto->queries, number);
}

const ProtoEvent *proto_event(const Proto *proto, uint32_t number) {
  return by_number(proto->events, proto->n_events, sizeof *proto->events, number);
}

const WireMessage *proto_message(const Proto *proto, uint32_t number) {
  size_t low = 0, high = proto->n_messages;

  while (low < high) {
    size_t middle = low + (high - low) / 2;
    const WireMessage *found = proto->messages[middle];
    if (found->number == number) return found;
    if (found->number < number)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

const WireMessage *proto_message_by_name(const Proto *proto, const char *name) {
  for (size_t i = 0; i < proto->n_messages; i++)
    if (strcmp(proto->messages[i]->name, name) == 0) return proto->messages[i];
  return NULL;
}

const ProtoCommand *proto_command_by_name(const Proto *proto, const char *name) {
  for (size_t i = 0; i < proto->n_commands; i++)
    if (strcmp(proto->commands[i].name, name) == 0) return &proto->commands[i];
  return NULL;
}

const ProtoQuery *proto_query_by_name(const Proto *proto, const char *name) {
  for (size_t i = 0; i < proto->n_queries; i++)
    if (strcmp(proto->queries[i].name, name) == 0) return &proto->queries[i];
  return NULL;
}

const ProtoEvent *proto_event_by_name(const Proto *proto, const char *name) {
  for (size_t i = 0; i < proto->n_events; i++)
    if (strcmp(proto->events[i].name, name) == 0) return &proto->events[i];
  return NULL;
}
