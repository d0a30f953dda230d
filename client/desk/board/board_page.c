/* board_page.c: see board_page.h. */
#include "client/desk/board/board_page.h"

struct _LinliBoardPage {
  GtkWidget parent_instance;
  LinliContext *context;
};

G_DEFINE_FINAL_TYPE(LinliBoardPage, linli_board_page, GTK_TYPE_WIDGET)

GtkWidget *linli_board_page_new(LinliContext *context) {
  LinliBoardPage *self = g_object_new(LINLI_TYPE_BOARD_PAGE, NULL);

  self->context = g_object_ref(context);
  return GTK_WIDGET(self);
}

void linli_board_page_set_detail(G_GNUC_UNUSED LinliBoardPage *page, G_GNUC_UNUSED GtkWidget *detail) {
}
void linli_board_page_select(G_GNUC_UNUSED LinliBoardPage *page, G_GNUC_UNUSED Uuid id) {
}
void linli_board_page_focus_search(G_GNUC_UNUSED LinliBoardPage *page) {
}
void linli_board_page_focus_list(G_GNUC_UNUSED LinliBoardPage *page) {
}
void linli_board_page_show_queues(G_GNUC_UNUSED LinliBoardPage *page, G_GNUC_UNUSED gboolean shown) {
}
gboolean linli_board_page_queues_shown(G_GNUC_UNUSED LinliBoardPage *page) {
  return FALSE;
}

static void linli_board_page_dispose(GObject *object) {
  g_clear_object(&LINLI_BOARD_PAGE(object)->context);
  G_OBJECT_CLASS(linli_board_page_parent_class)->dispose(object);
}

static void linli_board_page_class_init(LinliBoardPageClass *class) {
  G_OBJECT_CLASS(class)->dispose = linli_board_page_dispose;
  for (const char *const *name = (const char *const[]){"selected", "activated", NULL}; *name; name++)
    g_signal_new(*name, G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                 G_TYPE_POINTER);
}

static void linli_board_page_init(G_GNUC_UNUSED LinliBoardPage *self) {
}
