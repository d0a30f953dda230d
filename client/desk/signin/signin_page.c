/* signin_page.c: see signin_page.h. */
#include "client/desk/signin/signin_page.h"

struct _LinliSigninPage {
  GtkWidget parent_instance;
  LinliContext *context;
};

G_DEFINE_FINAL_TYPE(LinliSigninPage, linli_signin_page, GTK_TYPE_WIDGET)

GtkWidget *linli_signin_page_new(LinliContext *context) {
  LinliSigninPage *self = g_object_new(LINLI_TYPE_SIGNIN_PAGE, NULL);

  self->context = g_object_ref(context);
  return GTK_WIDGET(self);
}

gboolean linli_signin_page_try(G_GNUC_UNUSED LinliSigninPage *page) {
  return FALSE;
}

static void linli_signin_page_dispose(GObject *object) {
  g_clear_object(&LINLI_SIGNIN_PAGE(object)->context);
  G_OBJECT_CLASS(linli_signin_page_parent_class)->dispose(object);
}

static void linli_signin_page_class_init(LinliSigninPageClass *class) {
  G_OBJECT_CLASS(class)->dispose = linli_signin_page_dispose;
}

static void linli_signin_page_init(G_GNUC_UNUSED LinliSigninPage *self) {
}
