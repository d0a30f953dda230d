/* sought.c: see sought.h. */
#include "client/core/sought.h"

#include <string.h>

#include "client/core/row.h"
#include "common/fold.h"
#include "common/pinyin.h"

/* Words beyond these, and what is remembered of texts longer than a byte counts, are left out: nobody types them. */
enum { WORDS_MAX = 8, LENGTH_MAX = 254 };

typedef struct {
  PinyinQuery query;
  char *text;
} Word;

struct LinliSought {
  LinliReplica *replica;
  char *text;     /* folded */
  char *whole;    /* the longest text of which `text` and all that LinliSeen speaks of are beginnings */
  guint32 number; /* of whole; from 1 on */
  gsize len;
  Word words[WORDS_MAX];
  guint n_words, numeric; /* which of them begin with a digit, as bits: no other is in a number */
  GHashTable *names;      /* noun << 48 ^ number -> which words it holds, as bits, + 1 */
};

LinliSought *linli_sought_new(LinliReplica *replica) {
  LinliSought *s = g_new0(LinliSought, 1);

  s->replica = replica;
  s->text = g_strdup("");
  s->whole = g_strdup("");
  s->number = 1;
  s->names = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
  return s;
}

static void forget_words(LinliSought *s) {
  for (guint i = 0; i < s->n_words; i++)
    g_free(s->words[i].text);
  s->n_words = s->numeric = 0;
  g_hash_table_remove_all(s->names);
}

void linli_sought_free(LinliSought *sought) {
  forget_words(sought);
  g_hash_table_unref(sought->names);
  g_free(sought->text);
  g_free(sought->whole);
  g_free(sought);
}

/* --- The text ------------------------------------------------------------------------------------------------- */

static void cut_words(LinliSought *s) {
  g_auto(GStrv) parts = g_strsplit(s->text, " ", WORDS_MAX + 1);

  forget_words(s);
  for (char **part = parts; *part && s->n_words < WORDS_MAX; part++) {
    Word *word = &s->words[s->n_words];
    pinyin_query_init(&word->query, *part);
    if (word->query.count == 0) continue; /* nothing but punctuation */
    word->text = g_strdup(*part);
    s->numeric |= (guint)(word->query.at[0] < 0x80 && g_ascii_isdigit((char)word->query.at[0])) << s->n_words;
    s->n_words++;
  }
}

LinliSoughtChange linli_sought_set(LinliSought *sought, const char *text) {
  g_autofree char *folded = fold_text(text ? text : "");
  gboolean grows = g_str_has_prefix(folded, sought->text), within = g_str_has_prefix(sought->whole, folded);

  if (strcmp(folded, sought->text) == 0) return LINLI_SOUGHT_SAME;
  if (!within) {
    if (!g_str_has_prefix(folded, sought->whole)) sought->number++;
    g_free(sought->whole);
    sought->whole = g_strdup(folded);
  }
  /* "ly" does not find 吕 and "lyu" does (pinyin.h): what ends so says nothing of what is longer. */
  gboolean less = grows && !g_str_has_suffix(sought->text, "y");
  g_free(sought->text);
  sought->text = g_steal_pointer(&folded);
  sought->len = strlen(sought->text);
  cut_words(sought);
  return less ? LINLI_SOUGHT_LESS : LINLI_SOUGHT_OTHER;
}

/* --- One request ---------------------------------------------------------------------------------------------- */

/* Which of the words that are still wanted the text holds. */
static guint words_in(const LinliSought *s, WireBytes text, guint wanted) {
  guint held = 0;

  for (guint i = 0; i < s->n_words; i++) {
    const Word *word = &s->words[i];
    if (!(wanted >> i & 1)) continue;
    if (word->query.hopeless) { /* too long for a sound, but perhaps a whole title */
      g_autofree char *whole = g_strndup((const char *)text.data, text.len);
      held |= (guint)fold_contains(whole, word->text) << i;
    } else {
      held |= (guint)pinyin_query_matches_text(&word->query, (const char *)text.data, text.len) << i;
    }
  }
  return held;
}

static guint words_of_name(LinliSought *s, guint32 noun, guint64 number) {
  static const char *const fields[] = {"short_name", "name", "title", "english"};
  guint64 key = (guint64)noun << 48 ^ number;
  guint held = GPOINTER_TO_UINT(g_hash_table_lookup(s->names, &key));

  if (held) return held - 1;
  WireBytes row = linli_replica_get(s->replica, noun, linli_id_of_number(number));
  for (gsize i = 0; row.data && i < G_N_ELEMENTS(fields); i++) {
    WireBytes name = linli_row_text(proto_message(&proto_linli, noun), row, fields[i]);
    if (name.len) held |= words_in(s, name, ~held);
  }
  g_hash_table_insert(s->names, g_memdup2(&key, sizeof key), GUINT_TO_POINTER(held + 1));
  return held;
}

/* Which of the words one field of the request holds. */
static guint words_of_field(LinliSought *s, const WireAny *field, guint wanted) {
  static guint32 number, title, place, category, community, grid, team;

  if (!number) {
    number = wire_field_by_name(&proto_msg_request, "number")->number;
    title = wire_field_by_name(&proto_msg_request, "title")->number;
    place = wire_field_by_name(&proto_msg_request, "place")->number;
    category = wire_field_by_name(&proto_msg_request, "category")->number;
    community = wire_field_by_name(&proto_msg_request, "community")->number;
    grid = wire_field_by_name(&proto_msg_request, "grid")->number;
    team = wire_field_by_name(&proto_msg_request, "team")->number;
  }
  if (field->number == number) return words_in(s, field->bytes, wanted & s->numeric);
  if (field->number == title || field->number == place) return words_in(s, field->bytes, wanted);
  if (field->number == category) return words_of_name(s, PROTO_MESSAGE_CATEGORY, field->value);
  if (field->number == community) return words_of_name(s, PROTO_MESSAGE_COMMUNITY, field->value);
  if (field->number == grid) return words_of_name(s, PROTO_MESSAGE_GRID, field->value);
  if (field->number == team) return words_of_name(s, PROTO_MESSAGE_TEAM, field->value);
  return 0;
}

static gboolean ask(LinliSought *s, WireBytes request) {
  WireReader reader = {request.data, request.data + request.len};
  guint wanted = (1u << s->n_words) - 1;
  WireAny field;

  while (wanted && reader.at < reader.end && wire_read_any(&reader, &field) == WIRE_OK)
    wanted &= ~words_of_field(s, &field, wanted);
  return wanted == 0;
}

gboolean linli_sought_is_empty(const LinliSought *sought) {
  return sought->n_words == 0;
}

gboolean linli_sought_matches(LinliSought *sought, WireBytes request, LinliSeen *seen) {
  if (!sought->n_words) return TRUE;
  if (!request.data) return FALSE;
  if (sought->len > LENGTH_MAX) return ask(sought, request);
  if (seen->text != sought->number) *seen = (LinliSeen){.text = sought->number, .no = G_MAXUINT8};
  if (seen->yes >= sought->len) return TRUE;
  if (seen->no <= sought->len) return FALSE;
  gboolean found = ask(sought, request);
  if (found)
    seen->yes = (guint8)sought->len;
  else if (sought->text[sought->len - 1] != 'y')
    seen->no = (guint8)sought->len;
  return found;
}
