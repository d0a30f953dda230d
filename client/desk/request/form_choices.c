/* form_choices.c: see form_choices.h. */
#include "client/desk/request/form_choices.h"

#include <string.h>

#include "client/core/row.h"
#include "client/desk/app/words.h"

enum { MERGE_CANDIDATES = 300 };

typedef struct {
  LinliContext *context;
  const ProtoRequest *request;
  LinliPicker *picker;
  GHashTable *but;
  GArray *targets;
} Filling;

static void fill(Filling *filling, guint32 noun, LinliReplicaEach each) {
  linli_replica_foreach(linli_context_replica(filling->context), noun, each, filling);
}

static gboolean add_category(Uuid id, G_GNUC_UNUSED guint64 stream, G_GNUC_UNUSED WireBytes body, gpointer data) {
  Filling *f = data;
  guint64 number = linli_number_of_id(id);
  ProtoCategory category;

  if (!linli_context_row(f->context, PROTO_MESSAGE_CATEGORY, number, &category)) return TRUE;
  g_autofree char *above = g_strdup(linli_context_name(f->context, PROTO_MESSAGE_CATEGORY, category.parent));
  linli_picker_add(f->picker, number, linli_context_name(f->context, PROTO_MESSAGE_CATEGORY, number), above);
  return TRUE;
}

static gboolean add_grid(Uuid id, G_GNUC_UNUSED guint64 stream, G_GNUC_UNUSED WireBytes body, gpointer data) {
  Filling *f = data;
  guint64 number = linli_number_of_id(id);
  ProtoGrid grid;

  if (linli_context_row(f->context, PROTO_MESSAGE_GRID, number, &grid) && grid.community == f->request->community)
    linli_picker_add(f->picker, number, linli_context_name(f->context, PROTO_MESSAGE_GRID, number), NULL);
  return TRUE;
}

static gboolean add_team(Uuid id, G_GNUC_UNUSED guint64 stream, G_GNUC_UNUSED WireBytes body, gpointer data) {
  Filling *f = data;
  guint64 number = linli_number_of_id(id);
  ProtoTeam team;

  if (!linli_context_row(f->context, PROTO_MESSAGE_TEAM, number, &team) || team.disabled ||
      (team.community && team.community != f->request->community) || number == f->request->subject_team ||
      (f->but && g_hash_table_contains(f->but, GUINT_TO_POINTER((guint)number))))
    return TRUE;
  linli_picker_add(f->picker, number, linli_context_name(f->context, PROTO_MESSAGE_TEAM, number),
                   linli_words_label(&proto_enum_team_kind, team.kind));
  return TRUE;
}

static gboolean add_target(Uuid id, G_GNUC_UNUSED guint64 stream, WireBytes body, gpointer data) {
  Filling *f = data;
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoRequest r;
  WireError ignored;

  if (!wire_decode(&proto_msg_request, body, true, arena, &r, &ignored) || !linli_is_open(&r) || !r.title.len ||
      memcmp(&id, &f->request->id, sizeof id) == 0 || r.confidential)
    return TRUE;
  const LinliTarget target = {id, r.community};
  g_array_append_val(f->targets, target);
  g_autofree char *text =
      g_strdup_printf("%.*s %.*s", (int)r.number.len, r.number.data, (int)r.title.len, r.title.data);
  linli_picker_add(f->picker, f->targets->len, text,
                   linli_context_name(f->context, PROTO_MESSAGE_COMMUNITY, r.community));
  return f->targets->len < MERGE_CANDIDATES;
}

void linli_choices_teams(LinliContext *context, const ProtoRequest *request, GHashTable *but, LinliPicker *picker) {
  fill(&(Filling){context, request, picker, but, NULL}, PROTO_MESSAGE_TEAM, add_team);
}

void linli_choices_categories(LinliContext *context, LinliPicker *picker) {
  fill(&(Filling){context, NULL, picker, NULL, NULL}, PROTO_MESSAGE_CATEGORY, add_category);
}

void linli_choices_grids(LinliContext *context, const ProtoRequest *request, LinliPicker *picker) {
  fill(&(Filling){context, request, picker, NULL, NULL}, PROTO_MESSAGE_GRID, add_grid);
}

void linli_choices_targets(LinliContext *context, const ProtoRequest *request, GArray *targets, LinliPicker *picker) {
  fill(&(Filling){context, request, picker, NULL, targets}, PROTO_MESSAGE_REQUEST, add_target);
}
