/* palette.c: see palette.h. */
#include "client/desk/palette/palette.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <string.h>

#include "client/desk/app/actions.h"
#include "client/desk/app/keys.h"
#include "client/desk/app/picker.h"
#include "client/desk/app/window.h"
#include "client/desk/app/words.h"
#include "client/desk/palette/palette_search.h"

/* What a choice stands for: actions from 1 on, then queues, then requests that were found. */
enum { QUEUES = 1000, REQUESTS = 2000 };

typedef struct {
  LinliContext *context;
  GtkWindow *window, *parent;
  LinliPicker *picker;
  LinliPaletteSearch *search; /* NULL: nobody has signed in */
  GArray *requests;           /* of Uuid, in the order of the choices */
} Palette;

static void palette_free(gpointer data) {
  Palette *p = data;

  g_clear_pointer(&p->search, linli_palette_search_free);
  g_array_unref(p->requests);
  g_object_unref(p->context);
  g_free(p);
}

/* Once the palette is gone, so that the focus is where the action expects it. */
static void run(GtkWindow *parent, const LinliActionInfo *info) {
  g_autofree char *name = NULL;
  g_autoptr(GVariant) target = NULL;

  if (!g_action_parse_detailed_name(info->name, &name, &target, NULL)) return;
  if (!gtk_widget_activate_action_variant(GTK_WIDGET(parent), name, target) && LINLI_IS_WINDOW(parent))
    linli_window_toast(LINLI_WINDOW(parent), _("This cannot be done now."), NULL, NULL, NULL);
}

static void on_picked(LinliPicker *picker, Palette *p) {
  guint64 id = linli_picker_selected(picker);
  GtkWindow *parent = p->parent;
  Uuid request = id >= REQUESTS ? g_array_index(p->requests, Uuid, id - REQUESTS) : (Uuid){0};

  if (!id) return;
  gtk_window_destroy(p->window); /* and p is gone */
  if (id < QUEUES)
    run(parent, &linli_actions[id - 1]);
  else if (LINLI_IS_WINDOW(parent) && id < REQUESTS)
    linli_window_show_queue(LINLI_WINDOW(parent), (LinliQueue)(id - QUEUES));
  else if (LINLI_IS_WINDOW(parent))
    linli_window_show_request(LINLI_WINDOW(parent), request);
}

/* --- Actions -------------------------------------------------------------------------------------------------- */

/* Why an action of the table cannot be done now: a sentence; NULL: it can. */
static const char *why_not(Palette *p, const LinliActionInfo *info) {
  const LinliWho *who = linli_context_who(p->context);
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoRequest r;
  Uuid id;

  if (strcmp(info->name, "win.new-request") == 0)
    return who && who->rights >> PROTO_RIGHT_REGISTER & 1 ? NULL : linli_may_sentence(LINLI_MAY_NOT_RIGHT);
  if (!g_str_has_prefix(info->name, "request.")) return NULL;
  if (!LINLI_IS_WINDOW(p->parent) || !linli_window_request(LINLI_WINDOW(p->parent), &id) ||
      !linli_context_request(p->context, id, arena, &r))
    return _("Choose a request first.");
  return info->request_action ? linli_may_sentence(linli_context_may(p->context, &r, info->request_action)) : NULL;
}

/* What can be done comes first. */
static void add_actions(Palette *p, gboolean possible) {
  for (gsize i = 0; i < linli_actions_count; i++) {
    const LinliActionInfo *info = &linli_actions[i];
    const char *why = why_not(p, info);
    if (!(info->flags & LINLI_ACTION_PALETTE) || possible != !why) continue;
    g_autofree char *keys = linli_action_keys(info);
    /* Found by its Chinese name and pinyin whatever language is shown. */
    g_autofree char *text = linli_in_chinese() ? g_strdup_printf("%s · %s", _(info->label), info->label)
                                               : g_strdup_printf("%s · %s", _(info->label), info->chinese);
    if (why)
      linli_picker_add_greyed(p->picker, text, why);
    else
      linli_picker_add(p->picker, i + 1, text, keys ? keys : "");
  }
}

static void add_queues(Palette *p) {
  for (guint queue = 0; queue < LINLI_QUEUES; queue++) {
    guint n = linli_live_count(linli_context_live(p->context), (LinliQueue)queue);
    g_autofree char *text = g_strdup_printf(_("Queue: %s"), linli_queue_label((LinliQueue)queue));
    g_autofree char *count = g_strdup_printf("%u", n);
    linli_picker_add(p->picker, QUEUES + queue, text, count);
  }
}

/* --- Requests ------------------------------------------------------------------------------------------------- */

static void on_found(const Uuid *ids, guint n, gpointer data) {
  Palette *p = data;
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoRequest r;

  linli_picker_drop_found(p->picker);
  g_array_set_size(p->requests, 0);
  for (guint i = 0; i < n; i++) {
    if (!linli_context_request(p->context, ids[i], arena, &r)) continue;
    g_autofree char *title = r.title.len ? linli_words_copy(r.title) : g_strdup(_("Confidential request"));
    g_autofree char *text = g_strdup_printf("%.*s %s", (int)r.number.len, r.number.data, title);
    g_autofree char *detail =
        g_strdup_printf("%s · %s", linli_context_name(p->context, PROTO_MESSAGE_COMMUNITY, r.community),
                        linli_words_label(&proto_enum_request_state, r.state));
    linli_picker_add_found(p->picker, REQUESTS + p->requests->len, text, detail);
    g_array_append_val(p->requests, ids[i]);
  }
}

static void on_typed(LinliPicker *picker, Palette *p) {
  if (p->search) linli_palette_search_for(p->search, linli_picker_typed(picker));
}

/* --- The window ----------------------------------------------------------------------------------------------- */

static gboolean on_key(G_GNUC_UNUSED GtkEventControllerKey *controller, guint key, G_GNUC_UNUSED guint code,
                       G_GNUC_UNUSED GdkModifierType state, Palette *p) {
  if (key != GDK_KEY_Escape || linli_keys_composing(gtk_window_get_focus(p->window))) return FALSE;
  gtk_window_destroy(p->window);
  return TRUE;
}

/* The window may be held for a moment longer; the search may not. */
static void on_destroyed(Palette *p) {
  g_clear_pointer(&p->search, linli_palette_search_free);
}

static void fill(Palette *p) {
  gboolean station = LINLI_IS_WINDOW(p->parent) && linli_window_is_station(LINLI_WINDOW(p->parent));

  add_actions(p, TRUE);
  if (linli_context_is_open(p->context)) {
    if (!station) add_queues(p);
    p->search = linli_palette_search_new(p->context, on_found, p);
  }
  add_actions(p, FALSE);
}

void linli_palette_present(LinliContext *context, GtkWindow *parent) {
  GtkWidget *picker = linli_picker_new(_("Command or request"), FALSE);
  GtkEventController *keys = gtk_event_controller_key_new();
  Palette *p = g_new(Palette, 1);

  *p = (Palette){.context = g_object_ref(context),
                 .window = GTK_WINDOW(gtk_window_new()),
                 .parent = parent,
                 .picker = LINLI_PICKER(picker),
                 .requests = g_array_new(FALSE, FALSE, sizeof(Uuid))};
  fill(p);
  gtk_widget_add_css_class(picker, "palette");
  gtk_window_set_title(p->window, _("Command palette"));
  gtk_window_set_default_size(p->window, 680, 480);
  gtk_window_set_modal(p->window, TRUE);
  gtk_window_set_transient_for(p->window, parent);
  gtk_window_set_destroy_with_parent(p->window, TRUE);
  gtk_window_set_child(p->window, picker);
  g_object_set_data_full(G_OBJECT(p->window), "palette", p, palette_free);
  g_signal_connect_swapped(p->window, "destroy", G_CALLBACK(on_destroyed), p);
  g_signal_connect(picker, "picked", G_CALLBACK(on_picked), p);
  g_signal_connect(picker, "typed", G_CALLBACK(on_typed), p);
  g_signal_connect_object(context, "closed", G_CALLBACK(gtk_window_destroy), p->window, G_CONNECT_SWAPPED);
  gtk_event_controller_set_propagation_phase(keys, GTK_PHASE_CAPTURE);
  g_signal_connect(keys, "key-pressed", G_CALLBACK(on_key), p);
  gtk_widget_add_controller(GTK_WIDGET(p->window), keys);
  gtk_window_present(p->window);
  gtk_widget_grab_focus(picker);
}
