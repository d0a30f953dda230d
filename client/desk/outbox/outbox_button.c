/* outbox_button.c: see outbox_button.h. */
#include "client/desk/outbox/outbox_button.h"

struct _LinliOutboxButton {
  GtkWidget parent_instance;
  LinliContext *context;
};

G_DEFINE_FINAL_TYPE(LinliOutboxButton, linli_outbox_button, GTK_TYPE_WIDGET)

GtkWidget *linli_outbox_button_new(LinliContext *context) {
  LinliOutboxButton *self = g_object_new(LINLI_TYPE_OUTBOX_BUTTON, NULL);

  self->context = g_object_ref(context);
  return GTK_WIDGET(self);
}

static void linli_outbox_button_dispose(GObject *object) {
  g_clear_object(&LINLI_OUTBOX_BUTTON(object)->context);
  G_OBJECT_CLASS(linli_outbox_button_parent_class)->dispose(object);
}

static void linli_outbox_button_class_init(LinliOutboxButtonClass *class) {
  G_OBJECT_CLASS(class)->dispose = linli_outbox_button_dispose;
}

static void linli_outbox_button_init(G_GNUC_UNUSED LinliOutboxButton *self) {
}
