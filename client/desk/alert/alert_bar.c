/* alert_bar.c: see alert_bar.h. */
#include "client/desk/alert/alert_bar.h"

struct _LinliAlertBar {
  GtkWidget parent_instance;
  LinliContext *context;
};

G_DEFINE_FINAL_TYPE(LinliAlertBar, linli_alert_bar, GTK_TYPE_WIDGET)

GtkWidget *linli_alert_bar_new(LinliContext *context) {
  LinliAlertBar *self = g_object_new(LINLI_TYPE_ALERT_BAR, NULL);

  self->context = g_object_ref(context);
  return GTK_WIDGET(self);
}

void linli_alert_bar_focus(G_GNUC_UNUSED LinliAlertBar *bar) {
}

static void linli_alert_bar_dispose(GObject *object) {
  g_clear_object(&LINLI_ALERT_BAR(object)->context);
  G_OBJECT_CLASS(linli_alert_bar_parent_class)->dispose(object);
}

static void linli_alert_bar_class_init(LinliAlertBarClass *class) {
  G_OBJECT_CLASS(class)->dispose = linli_alert_bar_dispose;
}

static void linli_alert_bar_init(G_GNUC_UNUSED LinliAlertBar *self) {
}
