/* intake_drafts.c: see intake_drafts.h. */
#include "client/desk/intake/intake_drafts.h"

#include <glib/gi18n.h>
#include <string.h>

#include "client/desk/app/picker.h"
#include "client/desk/app/words.h"
#include "client/desk/intake/intake_form.h"
#include "common/uuid.h"

typedef struct {
  Uuid id;
  char *copy; /* NULL: it is on this desk */
} Listed;

struct _LinliIntakeDrafts {
  GtkWidget parent_instance;
  LinliContext *context;
  GtkWidget *button;
  LinliPicker *picker;
  GArray *listed;      /* of Listed, as the list shows them */
  GPtrArray *copies;   /* of Listed: of other desks, as the server had them */
  GHashTable *present; /* Uuid set: all that the server had */
  Uuid own;
  LinliWalk *walk;
  gboolean looked;
};

G_DEFINE_FINAL_TYPE(LinliIntakeDrafts, linli_intake_drafts, GTK_TYPE_WIDGET)

enum { LOCAL, ELSEWHERE, LOOKED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void listed_free(gpointer data) {
  g_free(((Listed *)data)->copy);
  g_free(data);
}

static void listed_clear(gpointer data) {
  g_free(((Listed *)data)->copy);
}

static gboolean is_registered(LinliIntakeDrafts *d, const LinliIntake *intake) {
  return !uuid_is_nil(intake->request) &&
         linli_replica_get(linli_context_replica(d->context), PROTO_MESSAGE_REQUEST, intake->request).data;
}

/* --- The list ------------------------------------------------------------------------------------------------- */

static void add(LinliIntakeDrafts *d, Uuid id, const char *copy, const LinliIntake *intake, const char *where) {
  Listed one = {id, g_strdup(copy)};
  const char *words = *intake->text    ? intake->text
                      : *intake->place ? intake->place
                      : *intake->name  ? intake->name
                                       : "…";
  g_autofree char *line = g_strndup(words, strcspn(words, "\n"));

  g_array_append_val(d->listed, one);
  linli_picker_add(d->picker, d->listed->len, line, where);
}

static void add_local(LinliIntakeDrafts *d) {
  LinliDrafts *drafts = linli_context_drafts(d->context);
  g_autoptr(GPtrArray) list = linli_drafts_list(drafts, "request");
  g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(Uuid));

  for (guint i = 0; i < list->len; i++) {
    const LinliDraft *draft = list->pdata[i];
    g_auto(LinliIntake) intake = {0};
    if (uuid_compare(draft->id, d->own) == 0 || !linli_intake_from_draft(&intake, draft->text)) continue;
    if (is_registered(d, &intake)) {
      g_array_append_val(done, draft->id);
      continue;
    }
    g_autofree char *at = linli_words_time(draft->saved_at, "%m-%d %H:%M");
    add(d, draft->id, NULL, &intake, at);
  }
  for (guint i = 0; i < done->len; i++)
    linli_drafts_remove(drafts, g_array_index(done, Uuid, i));
}

static void add_copies(LinliIntakeDrafts *d) {
  for (guint i = 0; i < d->copies->len; i++) {
    const Listed *copy = d->copies->pdata[i];
    g_auto(LinliIntake) intake = {0};
    Uuid device;
    if (!linli_intake_from_draft(&intake, copy->copy) || is_registered(d, &intake)) continue;
    g_autofree char *desk = linli_intake_desk_of(copy->copy, &device);
    g_autofree char *where = g_strdup_printf(_("at %s"), desk ? desk : _("another desk"));
    add(d, copy->id, copy->copy, &intake, where);
  }
}

static void show(LinliIntakeDrafts *d) {
  g_array_set_size(d->listed, 0);
  linli_picker_clear(d->picker);
  if (linli_context_is_open(d->context)) {
    add_local(d);
    add_copies(d);
  }
  g_autofree char *label = g_strdup_printf(_("Drafts (%u)"), d->listed->len);
  gtk_menu_button_set_label(GTK_MENU_BUTTON(d->button), label);
  gtk_widget_set_visible(GTK_WIDGET(d), d->listed->len > 0);
}

static void on_picked(LinliIntakeDrafts *d) {
  guint64 at = linli_picker_selected(d->picker);

  if (!at || at > d->listed->len) return;
  Listed one = g_array_index(d->listed, Listed, at - 1);
  g_autofree char *copy = g_strdup(one.copy);
  linli_picker_select(d->picker, 0);
  gtk_menu_button_popdown(GTK_MENU_BUTTON(d->button));
  if (copy)
    g_signal_emit(d, signals[ELSEWHERE], 0, &one.id, copy);
  else
    g_signal_emit(d, signals[LOCAL], 0, &one.id);
}

/* --- The server's --------------------------------------------------------------------------------------------- */

/* One of this desk that is no longer here was sent or thrown away before the server could be told. */
static gboolean on_copy(WireBytes row, gpointer data) {
  LinliIntakeDrafts *d = data;
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoDraft draft;
  WireError ignored;
  Uuid device, here = linli_session_device(linli_context_session(d->context));

  if (!wire_decode(&proto_msg_draft, row, true, arena, &draft, &ignored)) return TRUE;
  g_autofree char *text = linli_words_copy(draft.text), *desk = linli_intake_desk_of(text, &device);
  g_hash_table_add(d->present, g_memdup2(&draft.id, sizeof draft.id));
  if (uuid_compare(device, here) != 0) {
    Listed *copy = g_new(Listed, 1);
    *copy = (Listed){draft.id, g_steal_pointer(&text)};
    g_ptr_array_add(d->copies, copy);
  } else if (!linli_drafts_get(linli_context_drafts(d->context), draft.id)) {
    linli_draft_copies_put(linli_context_draft_copies(d->context), draft.id, "");
  }
  return TRUE;
}

static void on_copies(const GError *error, gpointer data) {
  LinliIntakeDrafts *d = data;

  d->walk = NULL;
  d->looked = !error;
  if (error) return;
  show(d);
  g_signal_emit(d, signals[LOOKED], 0);
}

void linli_intake_drafts_refresh(LinliIntakeDrafts *d) {
  LinliSession *session = linli_context_session(d->context);

  g_clear_pointer(&d->walk, linli_walk_stop);
  d->looked = FALSE;
  g_ptr_array_set_size(d->copies, 0);
  g_hash_table_remove_all(d->present);
  show(d);
  if (session && linli_session_state(session) == LINLI_STATE_READY)
    d->walk = linli_draft_copies_list(linli_context_draft_copies(d->context), on_copy, on_copies, d);
}

gboolean linli_intake_drafts_looked(LinliIntakeDrafts *d) {
  return d->looked;
}

gboolean linli_intake_drafts_on_server(LinliIntakeDrafts *d, Uuid id) {
  return g_hash_table_contains(d->present, &id);
}

void linli_intake_drafts_set_own(LinliIntakeDrafts *d, const Uuid *own) {
  d->own = own ? *own : (Uuid){{0}};
}

/* --- The object ----------------------------------------------------------------------------------------------- */

static void on_closed(LinliIntakeDrafts *d) {
  g_clear_pointer(&d->walk, linli_walk_stop);
  d->looked = FALSE;
}

GtkWidget *linli_intake_drafts_new(LinliContext *context) {
  LinliIntakeDrafts *d = g_object_new(LINLI_TYPE_INTAKE_DRAFTS, NULL);

  d->context = g_object_ref(context);
  g_signal_connect_object(context, "closed", G_CALLBACK(on_closed), d, G_CONNECT_SWAPPED);
  return GTK_WIDGET(d);
}

static void linli_intake_drafts_dispose(GObject *object) {
  LinliIntakeDrafts *d = LINLI_INTAKE_DRAFTS(object);

  g_clear_pointer(&d->walk, linli_walk_stop);
  g_clear_pointer(&d->button, gtk_widget_unparent);
  g_clear_object(&d->context);
  G_OBJECT_CLASS(linli_intake_drafts_parent_class)->dispose(object);
}

static void linli_intake_drafts_finalize(GObject *object) {
  LinliIntakeDrafts *d = LINLI_INTAKE_DRAFTS(object);

  g_array_unref(d->listed);
  g_ptr_array_unref(d->copies);
  g_hash_table_unref(d->present);
  G_OBJECT_CLASS(linli_intake_drafts_parent_class)->finalize(object);
}

static void linli_intake_drafts_class_init(LinliIntakeDraftsClass *class) {
  GType type = LINLI_TYPE_INTAKE_DRAFTS;

  G_OBJECT_CLASS(class)->dispose = linli_intake_drafts_dispose;
  G_OBJECT_CLASS(class)->finalize = linli_intake_drafts_finalize;
  gtk_widget_class_set_layout_manager_type(GTK_WIDGET_CLASS(class), GTK_TYPE_BIN_LAYOUT);
  signals[LOCAL] =
      g_signal_new("local", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  signals[ELSEWHERE] = g_signal_new("elsewhere", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                                    G_TYPE_POINTER, G_TYPE_STRING);
  signals[LOOKED] = g_signal_new("looked", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void linli_intake_drafts_init(LinliIntakeDrafts *d) {
  GtkWidget *popover = gtk_popover_new();

  d->listed = g_array_new(FALSE, FALSE, sizeof(Listed));
  g_array_set_clear_func(d->listed, listed_clear);
  d->copies = g_ptr_array_new_with_free_func(listed_free);
  d->present = g_hash_table_new_full(uuid_hash, uuid_equal, g_free, NULL);
  d->button = gtk_menu_button_new();
  d->picker = LINLI_PICKER(linli_picker_new(_("Drafts"), FALSE));
  gtk_widget_set_size_request(GTK_WIDGET(d->picker), 360, -1);
  gtk_popover_set_child(GTK_POPOVER(popover), GTK_WIDGET(d->picker));
  gtk_menu_button_set_popover(GTK_MENU_BUTTON(d->button), popover);
  gtk_widget_set_parent(d->button, GTK_WIDGET(d));
  g_signal_connect_swapped(d->picker, "picked", G_CALLBACK(on_picked), d);
}
