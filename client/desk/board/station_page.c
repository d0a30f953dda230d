/* station_page.c: see station_page.h. */
#include "client/desk/board/station_page.h"

struct _LinliStationPage {
  GtkWidget parent_instance;
  LinliContext *context;
};

G_DEFINE_FINAL_TYPE(LinliStationPage, linli_station_page, GTK_TYPE_WIDGET)

GtkWidget *linli_station_page_new(LinliContext *context) {
  LinliStationPage *self = g_object_new(LINLI_TYPE_STATION_PAGE, NULL);

  self->context = g_object_ref(context);
  return GTK_WIDGET(self);
}

void linli_station_page_set_detail(G_GNUC_UNUSED LinliStationPage *page, G_GNUC_UNUSED GtkWidget *detail) {
}
void linli_station_page_select(G_GNUC_UNUSED LinliStationPage *page, G_GNUC_UNUSED Uuid id) {
}
void linli_station_page_focus_search(G_GNUC_UNUSED LinliStationPage *page) {
}
void linli_station_page_focus_list(G_GNUC_UNUSED LinliStationPage *page) {
}

static void linli_station_page_dispose(GObject *object) {
  g_clear_object(&LINLI_STATION_PAGE(object)->context);
  G_OBJECT_CLASS(linli_station_page_parent_class)->dispose(object);
}

static void linli_station_page_class_init(LinliStationPageClass *class) {
  G_OBJECT_CLASS(class)->dispose = linli_station_page_dispose;
  for (const char *const *name = (const char *const[]){"selected", "activated", NULL}; *name; name++)
    g_signal_new(*name, G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                 G_TYPE_POINTER);
}

static void linli_station_page_init(G_GNUC_UNUSED LinliStationPage *self) {
}
