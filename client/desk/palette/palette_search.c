/* palette_search.c: see palette_search.h. */
#include "client/desk/palette/palette_search.h"

#include "client/core/row.h"
#include "client/core/sought.h"
#include "common/uuid.h"

enum { SLICE_US = 4000, STEP = 32, MAX_SHOWN = 50 };

typedef struct {
  Uuid id;
  guint64 due;
  gboolean closed;
} Found;

struct LinliPaletteSearch {
  LinliContext *context;
  LinliPaletteFound found;
  gpointer data;
  GArray *all;  /* of Uuid, as they were when the palette opened */
  GArray *hits; /* of Found */
  LinliSought *sought;
  guint at, work;
};

static gboolean on_each(Uuid id, G_GNUC_UNUSED guint64 stream, G_GNUC_UNUSED WireBytes body, gpointer data) {
  g_array_append_val(((LinliPaletteSearch *)data)->all, id);
  return TRUE;
}

static int by_pressure(gconstpointer a, gconstpointer b) {
  const Found *x = a, *y = b;

  if (x->closed != y->closed) return x->closed ? 1 : -1;
  if (x->due != y->due) return x->due < y->due ? -1 : 1;
  return -uuid_compare(x->id, y->id); /* of closed ones, the newest */
}

static void look_at(LinliPaletteSearch *s, Uuid id) {
  WireBytes body = linli_replica_get(linli_context_replica(s->context), PROTO_MESSAGE_REQUEST, id);
  LinliSeen seen = {0};

  if (!body.data || !linli_sought_matches(s->sought, body, &seen)) return;
  guint64 due = linli_row_uint(&proto_msg_request, body, "due_at");
  Found hit = {id, due ? due : G_MAXUINT64,
               linli_row_uint(&proto_msg_request, body, "state") >= PROTO_REQUEST_STATE_CLOSED};
  g_array_append_val(s->hits, hit);
}

static void tell(LinliPaletteSearch *s) {
  Uuid ids[MAX_SHOWN];
  guint n = MIN(s->hits->len, MAX_SHOWN);

  g_array_sort(s->hits, by_pressure);
  for (guint i = 0; i < n; i++)
    ids[i] = g_array_index(s->hits, Found, i).id;
  s->found(ids, n, s->data);
}

static gboolean on_work(gpointer data) {
  LinliPaletteSearch *s = data;
  gint64 end = g_get_monotonic_time() + SLICE_US;

  while (s->at < s->all->len) {
    look_at(s, g_array_index(s->all, Uuid, s->at));
    if (++s->at % STEP == 0 && g_get_monotonic_time() > end) return G_SOURCE_CONTINUE;
  }
  s->work = 0;
  tell(s);
  return G_SOURCE_REMOVE;
}

LinliPaletteSearch *linli_palette_search_new(LinliContext *context, LinliPaletteFound found, gpointer data) {
  LinliPaletteSearch *s = g_new0(LinliPaletteSearch, 1);

  s->context = g_object_ref(context);
  s->found = found;
  s->data = data;
  s->sought = linli_sought_new(linli_context_replica(context));
  s->hits = g_array_new(FALSE, FALSE, sizeof(Found));
  s->all = g_array_sized_new(FALSE, FALSE, sizeof(Uuid),
                             linli_replica_count(linli_context_replica(context), PROTO_MESSAGE_REQUEST));
  linli_replica_foreach(linli_context_replica(context), PROTO_MESSAGE_REQUEST, on_each, s);
  return s;
}

void linli_palette_search_free(LinliPaletteSearch *s) {
  g_clear_handle_id(&s->work, g_source_remove);
  g_array_unref(s->all);
  g_array_unref(s->hits);
  linli_sought_free(s->sought);
  g_object_unref(s->context);
  g_free(s);
}

void linli_palette_search_for(LinliPaletteSearch *s, const char *text) {
  g_clear_handle_id(&s->work, g_source_remove);
  linli_sought_set(s->sought, text);
  g_array_set_size(s->hits, 0);
  s->at = 0;
  if (linli_sought_is_empty(s->sought)) {
    tell(s);
    return;
  }
  s->work = g_idle_add_full(G_PRIORITY_LOW, on_work, s, NULL); /* after what is to be painted */
}
