/* request_pane.c: see request_pane.h. */
#include "client/desk/request/request_pane.h"

struct _LinliRequestPane {
  GtkWidget parent_instance;
  LinliContext *context;
};

G_DEFINE_FINAL_TYPE(LinliRequestPane, linli_request_pane, GTK_TYPE_WIDGET)

GtkWidget *linli_request_pane_new(LinliContext *context) {
  LinliRequestPane *self = g_object_new(LINLI_TYPE_REQUEST_PANE, NULL);

  self->context = g_object_ref(context);
  return GTK_WIDGET(self);
}

void linli_request_pane_show(G_GNUC_UNUSED LinliRequestPane *pane, G_GNUC_UNUSED const Uuid *id) {
}
gboolean linli_request_pane_shown(G_GNUC_UNUSED LinliRequestPane *pane, G_GNUC_UNUSED Uuid *id) {
  return FALSE;
}
GActionGroup *linli_request_pane_actions(G_GNUC_UNUSED LinliRequestPane *pane) {
  return NULL;
}
void linli_request_pane_focus(G_GNUC_UNUSED LinliRequestPane *pane) {
}

static void linli_request_pane_dispose(GObject *object) {
  g_clear_object(&LINLI_REQUEST_PANE(object)->context);
  G_OBJECT_CLASS(linli_request_pane_parent_class)->dispose(object);
}

static void linli_request_pane_class_init(LinliRequestPaneClass *class) {
  G_OBJECT_CLASS(class)->dispose = linli_request_pane_dispose;
}

static void linli_request_pane_init(G_GNUC_UNUSED LinliRequestPane *self) {
}
