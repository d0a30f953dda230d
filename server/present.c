/* present.c: see present.h. Between processes: "stream actor kind hex\n" lines on channel linli_present. */
#include "server/present.h"

#include <stdio.h>
#include <string.h>

#include "server/doorbell.h"
#include "server/server.h"
#include "server/stream.h"

enum { BODY_MAX = 512, NEWS_MAX = 20000, AGAIN_MS = 4000, FORGET_MS = 10000, TEXT_MAX = 7500 };

typedef struct {
  int64_t stream, actor;
  uint32_t kind;
} Key;

typedef struct {
  Key key;
  bool dirty, ours; /* to be told at the next tick; to other processes too */
  uint64_t heard_ms, told_ms;
  uint16_t len, told_len;
  uint8_t body[BODY_MAX], told[BODY_MAX];
} News;

struct Presence {
  Server *server;
  GHashTable *news;
};

static guint key_hash(gconstpointer data) {
  const Key *key = data;
  return (guint)(key->stream * 31 + key->actor) * 31 + key->kind;
}

static gboolean key_equal(gconstpointer a, gconstpointer b) {
  const Key *x = a, *y = b;
  return x->stream == y->stream && x->actor == y->actor && x->kind == y->kind;
}

/* --- Taking --------------------------------------------------------------------------------------------------- */

static void put(Presence *presence, Key key, WireBytes body, bool ours) {
  News *news = g_hash_table_lookup(presence->news, &key);

  if (!news) {
    if (g_hash_table_size(presence->news) >= NEWS_MAX) return;
    news = g_new0(News, 1);
    news->key = key;
    g_hash_table_insert(presence->news, &news->key, news);
  }
  news->heard_ms = presence->server->now_ms;
  news->len = (uint16_t)body.len;
  if (body.len) memcpy(news->body, body.data, body.len);
  news->ours = ours;
  bool same = news->told_ms && news->told_len == news->len && memcmp(news->told, news->body, news->len) == 0;
  if (!same || news->heard_ms - news->told_ms >= AGAIN_MS) news->dirty = true;
}

static const ProtoCommand *ephemeral(const Proto *proto, uint64_t kind) {
  const ProtoCommand *command = kind <= UINT32_MAX ? proto_command(proto, (uint32_t)kind) : NULL;
  return command && (command->flags & PROTO_EPHEMERAL) ? command : NULL;
}

void present_take(Session *session, const ProtoPresent *frame) {
  Server *server = session_server(session);
  const ProtoCommand *command = ephemeral(server->proto, frame->kind);
  WireError error;

  if (!command) {
    session_error(session, 0, PROTO_ERROR_UNKNOWN_KIND, 0, NULL);
    return;
  }
  if (frame->stream % 4 != command->stream_kind || frame->body.len > BODY_MAX ||
      !wire_check(command->fields, frame->body, false, &error)) {
    session_error(session, 0, PROTO_ERROR_BAD_FIELD, 0, "body");
    return;
  }
  if (command->needs && !session_has_right(session, command->needs)) return;
  put(server->presence, (Key){(int64_t)frame->stream, session_account(session), command->number}, frame->body, true);
}

void present_heard(Server *server, const char *text) {
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

  for (char **line = lines; *line && **line; line++) {
    uint8_t body[BODY_MAX];
    char digits[2 * BODY_MAX + 1];
    long long stream, actor;
    unsigned kind;
    WireError error;
    digits[0] = '\0';
    if (sscanf(*line, "%lld %lld %u %1024s", &stream, &actor, &kind, digits) < 3) continue;
    uint32_t len = (uint32_t)strlen(digits) / 2;
    for (uint32_t i = 0; i < len; i++)
      body[i] = (uint8_t)(g_ascii_xdigit_value(digits[2 * i]) << 4 | g_ascii_xdigit_value(digits[2 * i + 1]));
    const ProtoCommand *command = ephemeral(server->proto, kind);
    if (command && stream_find(server, stream) && wire_check(command->fields, (WireBytes){body, len}, false, &error))
      put(server->presence, (Key){stream, actor, kind}, (WireBytes){body, len}, false);
  }
}

/* --- Telling -------------------------------------------------------------------------------------------------- */

static void tell_follow(Follow *follow, void *user) {
  if (follow->state == FOLLOW_LIVE) session_send_block(follow->session, user);
}

static void tell_here(Server *server, const News *news) {
  Stream *stream = stream_find(server, news->key.stream);
  g_autoptr(GByteArray) out = g_byte_array_new();
  ProtoPresent frame = {.stream = (uint64_t)news->key.stream,
                        .kind = news->key.kind,
                        .actor = (uint64_t)news->key.actor,
                        .body = {news->body, news->len}};

  if (!stream) return;
  frame.has = PROTO_HAS_PRESENT_STREAM | PROTO_HAS_PRESENT_KIND | PROTO_HAS_PRESENT_BODY | PROTO_HAS_PRESENT_ACTOR;
  wire_frame_message(&proto_msg_present, 0, &frame, out);
  g_autoptr(Block) block = block_new(out->data, out->len);
  stream_for_each_follow(stream, tell_follow, block);
}

static void tell_others(Server *server, const News *news, GString *text) {
  if (text->len + 2 * BODY_MAX + 64 > TEXT_MAX) {
    doorbell_tell(server, text->str);
    g_string_truncate(text, 0);
  }
  g_string_append_printf(text, "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %u ", news->key.stream, news->key.actor,
                         news->key.kind);
  for (guint i = 0; i < news->len; i++)
    g_string_append_printf(text, "%02x", news->body[i]);
  g_string_append_c(text, '\n');
}

void present_tick(Server *server) {
  g_autoptr(GString) text = g_string_new(NULL);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init(&iter, server->presence->news);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    News *news = value;
    if (news->dirty) {
      tell_here(server, news);
      if (news->ours) tell_others(server, news, text);
      news->dirty = false;
      news->told_ms = server->now_ms;
      news->told_len = news->len;
      memcpy(news->told, news->body, news->len);
    } else if (server->now_ms - news->heard_ms >= FORGET_MS) {
      g_hash_table_iter_remove(&iter);
    }
  }
  if (text->len) doorbell_tell(server, text->str);
}

Presence *presence_new(Server *server) {
  Presence *presence = g_new(Presence, 1);
  presence->server = server;
  presence->news = g_hash_table_new_full(key_hash, key_equal, NULL, g_free);
  return presence;
}

void presence_free(Presence *presence) {
  if (!presence) return;
  g_hash_table_unref(presence->news);
  g_free(presence);
}
