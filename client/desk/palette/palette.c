/* palette.c: see palette.h. */
#include "client/desk/palette/palette.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "client/desk/app/actions.h"
#include "client/desk/app/keys.h"
#include "client/desk/app/picker.h"
#include "client/desk/app/window.h"

/* What a choice stands for: actions from 1 on, then the requests of the board, the most pressing first. */
enum { REQUESTS = 100000, MANY = 300 };

typedef struct {
  LinliContext *context;
  GtkWindow *window, *parent;
  GArray *requests; /* of Uuid */
} Palette;

static void palette_free(gpointer data) {
  Palette *p = data;

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
    linli_window_toast(LINLI_WINDOW(parent), _("This cannot be done now: choose a request first."), NULL, NULL, NULL);
}

static void on_picked(LinliPicker *picker, Palette *p) {
  guint64 id = linli_picker_selected(picker);
  GtkWindow *parent = p->parent;

  if (!id) return;
  if (id >= REQUESTS) {
    Uuid request = g_array_index(p->requests, Uuid, id - REQUESTS);
    gtk_window_destroy(p->window);
    if (LINLI_IS_WINDOW(parent)) linli_window_show_request(LINLI_WINDOW(parent), request);
    return;
  }
  gtk_window_destroy(p->window);
  run(parent, &linli_actions[id - 1]);
}

static void add_actions(LinliPicker *picker) {
  for (gsize i = 0; i < linli_actions_count; i++) {
    const LinliActionInfo *info = &linli_actions[i];
    if (!(info->flags & LINLI_ACTION_PALETTE)) continue;
    g_autofree char *keys = linli_action_keys(info);
    /* Found by its Chinese name and pinyin whatever language is shown. */
    g_autofree char *text = linli_in_chinese() ? g_strdup_printf("%s · %s", _(info->label), info->label)
                                               : g_strdup_printf("%s · %s", info->label, info->chinese);
    linli_picker_add(picker, i + 1, text, keys ? keys : "");
  }
}

static void add_requests(Palette *p, LinliPicker *picker) {
  GListModel *live = G_LIST_MODEL(linli_context_live(p->context));
  guint n = MIN(g_list_model_get_n_items(live), MANY);

  for (guint i = 0; i < n; i++) {
    g_autoptr(LinliCard) card = g_list_model_get_item(live, i);
    const ProtoRequest *r = linli_card_request(card);
    Uuid id = linli_card_id(card);
    if (!r->title.len) continue;
    g_autofree char *text =
        g_strdup_printf("%.*s %.*s", (int)r->number.len, r->number.data, (int)r->title.len, r->title.data);
    linli_picker_add(picker, REQUESTS + p->requests->len, text,
                     linli_context_name(p->context, PROTO_MESSAGE_COMMUNITY, r->community));
    g_array_append_val(p->requests, id);
  }
}

static gboolean on_key(G_GNUC_UNUSED GtkEventControllerKey *controller, guint key, G_GNUC_UNUSED guint code,
                       G_GNUC_UNUSED GdkModifierType state, Palette *p) {
  if (key != GDK_KEY_Escape || linli_keys_composing(gtk_window_get_focus(p->window))) return FALSE;
  gtk_window_destroy(p->window);
  return TRUE;
}

void linli_palette_present(LinliContext *context, GtkWindow *parent) {
  GtkWidget *picker = linli_picker_new(_("Command or request"), FALSE);
  GtkEventController *keys = gtk_event_controller_key_new();
  Palette *p = g_new(Palette, 1);

  *p =
      (Palette){g_object_ref(context), GTK_WINDOW(gtk_window_new()), parent, g_array_new(FALSE, FALSE, sizeof(Uuid))};
  add_actions(LINLI_PICKER(picker));
  if (linli_context_is_open(context)) add_requests(p, LINLI_PICKER(picker));
  gtk_widget_add_css_class(picker, "palette");
  gtk_window_set_title(p->window, _("Command palette"));
  gtk_window_set_default_size(p->window, 560, 420);
  gtk_window_set_modal(p->window, TRUE);
  gtk_window_set_transient_for(p->window, parent);
  gtk_window_set_destroy_with_parent(p->window, TRUE);
  gtk_window_set_child(p->window, picker);
  g_object_set_data_full(G_OBJECT(p->window), "palette", p, palette_free);
  g_signal_connect(picker, "picked", G_CALLBACK(on_picked), p);
  gtk_event_controller_set_propagation_phase(keys, GTK_PHASE_CAPTURE);
  g_signal_connect(keys, "key-pressed", G_CALLBACK(on_key), p);
  gtk_widget_add_controller(GTK_WIDGET(p->window), keys);
  gtk_window_present(p->window);
  gtk_widget_grab_focus(picker);
}
