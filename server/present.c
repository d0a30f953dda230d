/* present.c: see present.h. Between processes: "stream actor kind hex\n" lines on channel linli_present. */
#include "server/present.h"

#include <stdio.h>
#include <string.h>

#include "server/db.h"
#include "server/doorbell.h"
#include "server/event.h"
#include "server/server.h"
#include "server/stream.h"

enum { BODY_MAX = 512, NEWS_MAX = 20000, AGAIN_MS = 4000, FORGET_MS = 10000, TEXT_MAX = 7500, ASK_MAX = 4000 };

typedef struct {
  int64_t stream, actor;
  uint32_t kind;
} Key;

typedef struct {
  Key key;
  bool dirty, ours; /* to be told at the next tick; to other processes too */
  bool of_row;
  Uuid row;
  uint64_t heard_ms, told_ms;
  uint16_t len, told_len;
  uint8_t body[BODY_MAX], told[BODY_MAX];
} News;

struct Presence {
  Server *server;
  GHashTable *news;
  GArray *asked; /* of Question: what SQL is being asked about; NULL when nothing is */
};

/* The row of this news; it may have gone on to another when the answer comes. */
typedef struct {
  Key key;
  Uuid row;
} Question;

static guint key_hash(gconstpointer data) {
  const Key *key = data;
  return (guint)(key->stream * 31 + key->actor) * 31 + key->kind;
}

static gboolean key_equal(gconstpointer a, gconstpointer b) {
  const Key *x = a, *y = b;
  return x->stream == y->stream && x->actor == y->actor && x->kind == y->kind;
}

/* --- Taking --------------------------------------------------------------------------------------------------- */

/* The body has been checked: field 1 comes first. */
static bool row_of(const WireMessage *fields, WireBytes body, Uuid *row) {
  WireReader reader = {body.data, body.data + body.len};
  WireAny any;

  if (!fields->count || fields->fields[0].number != 1 || fields->fields[0].kind != WIRE_FIELD_UUID) return false;
  if (wire_read_any(&reader, &any) != WIRE_OK || any.number != 1 || any.bytes.len != sizeof row->b) return false;
  memcpy(row->b, any.bytes.data, sizeof row->b);
  return true;
}

static void put(Presence *presence, Key key, const WireMessage *fields, WireBytes body, bool ours) {
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
  news->of_row = row_of(fields, body, &news->row);
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
  put(server->presence, (Key){(int64_t)frame->stream, session_account(session), command->number}, command->fields,
      frame->body, true);
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
      put(server->presence, (Key){stream, actor, kind}, command->fields, (WireBytes){body, len}, false);
  }
}

/* --- Telling -------------------------------------------------------------------------------------------------- */

/* Who may see the row, as its newest event says. */
typedef struct {
  int16_t audience;
  int64_t teams[STREAM_TEAMS_MAX], barred;
  size_t n_teams;
} Audience;

typedef struct {
  const Audience *audience; /* NULL: no row */
  int64_t actor;
  bool found; /* a follower of that account may see it */
  Block *block;
} Telling;

static bool may_hear(const Telling *telling, const Follow *follow) {
  const Audience *a = telling->audience;

  if (follow->state == FOLLOW_HEARING) return false;
  return !a || event_row_form(a->audience, a->teams, a->n_teams, a->barred, follow->rights) == 0;
}

static void find_author(Follow *follow, void *user) {
  Telling *telling = user;
  if (session_account(follow->session) == telling->actor && may_hear(telling, follow)) telling->found = true;
}

static void tell_follow(Follow *follow, void *user) {
  const Telling *telling = user;
  if (follow->state == FOLLOW_LIVE && may_hear(telling, follow)) session_send_block(follow->session, telling->block);
}

static Block *frame_of(const News *news) {
  g_autoptr(GByteArray) out = g_byte_array_new();
  ProtoPresent frame = {.has = PROTO_HAS_PRESENT_STREAM | PROTO_HAS_PRESENT_KIND | PROTO_HAS_PRESENT_BODY |
                               PROTO_HAS_PRESENT_ACTOR,
                        .stream = (uint64_t)news->key.stream,
                        .kind = news->key.kind,
                        .actor = (uint64_t)news->key.actor,
                        .body = {news->body, news->len}};

  wire_frame_message(&proto_msg_present, 0, &frame, out);
  return block_new(out->data, out->len);
}

/* False: its author may not see that row, and nobody is told. */
static bool tell_here(Server *server, const News *news, const Audience *audience) {
  Stream *stream = stream_find(server, news->key.stream);
  Telling telling = {.audience = audience, .actor = news->key.actor};

  if (!stream) return false;
  if (news->ours && audience) {
    stream_for_each_follow(stream, find_author, &telling);
    if (!telling.found) return false;
  }
  telling.block = frame_of(news);
  stream_for_each_follow(stream, tell_follow, &telling);
  block_unref(telling.block);
  return true;
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

static void tell(Server *server, const News *news, const Audience *audience, GString *text) {
  if (tell_here(server, news, audience) && news->ours) tell_others(server, news, text);
}

static void tell_answer(Presence *presence, const PGresult *rows) {
  enum { N, AUDIENCE, TEAMS, BARRED };
  g_autoptr(GString) text = g_string_new(NULL);

  for (int i = 0; i < PQntuples(rows); i++) {
    int64_t n = db_get_int8(rows, i, N);
    if (n < 1 || n > presence->asked->len) continue;
    const Question *question = &g_array_index(presence->asked, Question, n - 1);
    const News *news = g_hash_table_lookup(presence->news, &question->key);
    Audience audience = {.audience = (int16_t)db_get_int(rows, i, AUDIENCE), .barred = db_get_int8(rows, i, BARRED)};
    audience.n_teams = db_get_int8_array(rows, i, TEAMS, audience.teams, STREAM_TEAMS_MAX);
    if (news && news->of_row && memcmp(&news->row, &question->row, sizeof news->row) == 0)
      tell(presence->server, news, &audience, text);
  }
  if (text->len) doorbell_tell(presence->server, text->str);
}

/* A row that is unknown in its stream has no answer, and is told to nobody. */
static void on_audiences(void *user, const DbResult *result) {
  Presence *presence = user;

  if (result->status == DB_OK) tell_answer(presence, result->rows);
  g_clear_pointer(&presence->asked, g_array_unref);
}

static void ask(Presence *presence) {
  g_autoptr(GArray) streams = g_array_new(FALSE, FALSE, sizeof(int64_t)),
                    rows = g_array_new(FALSE, FALSE, sizeof(Uuid));
  DbParams *params = db_params_new();

  for (guint i = 0; i < presence->asked->len; i++) {
    const Question *question = &g_array_index(presence->asked, Question, i);
    g_array_append_val(streams, question->key.stream);
    g_array_append_val(rows, question->row);
  }
  db_put_int8_array(params, (const int64_t *)streams->data, streams->len);
  db_put_uuid_array(params, (const Uuid *)rows->data, rows->len);
  db_call(presence->server->db, DB_CONTROL, "audiences", params, on_audiences, presence);
}

/* Told now, or asked about first; false when that must wait for the next tick. */
static bool go_on(Presence *presence, const News *news, GArray *questions, GString *text) {
  if (!news->of_row) {
    tell(presence->server, news, NULL, text);
    return true;
  }
  if (!questions || questions->len >= ASK_MAX) return false;
  Question question = {news->key, news->row};
  g_array_append_val(questions, question);
  return true;
}

void present_tick(Server *server) {
  Presence *presence = server->presence;
  g_autoptr(GString) text = g_string_new(NULL);
  GArray *questions = presence->asked ? NULL : g_array_new(FALSE, FALSE, sizeof(Question));
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init(&iter, presence->news);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    News *news = value;
    if (news->dirty && go_on(presence, news, questions, text)) {
      news->dirty = false;
      news->told_ms = server->now_ms;
      news->told_len = news->len;
      memcpy(news->told, news->body, news->len);
    } else if (server->now_ms - news->heard_ms >= FORGET_MS) {
      g_hash_table_iter_remove(&iter);
    }
  }
  if (text->len) doorbell_tell(server, text->str);
  if (!questions) return;
  if (questions->len) {
    presence->asked = questions;
    ask(presence);
  } else {
    g_array_unref(questions);
  }
}

Presence *presence_new(Server *server) {
  Presence *presence = g_new0(Presence, 1);
  presence->server = server;
  presence->news = g_hash_table_new_full(key_hash, key_equal, NULL, g_free);
  return presence;
}

void presence_free(Presence *presence) {
  if (!presence) return;
  g_hash_table_unref(presence->news);
  if (presence->asked) g_array_unref(presence->asked);
  g_free(presence);
}
