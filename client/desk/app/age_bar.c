/* age_bar.c: see age_bar.h. */
#include "client/desk/app/age_bar.h"
#include "client/desk/app/line_words.h"
#include "client/desk/app/words.h"

#include <glib/gi18n.h>

struct _LinliAgeBar {
  GtkWidget parent_instance;
  LinliContext *context;
  GtkWidget *box, *icon, *label, *problem, *more;
};

G_DEFINE_FINAL_TYPE(LinliAgeBar, linli_age_bar, GTK_TYPE_WIDGET)

/* Each second: what has not changed is not set, or the whole bar is measured again. */
static void set_text(GtkWidget *label, const char *text) {
  if (g_strcmp0(gtk_label_get_text(GTK_LABEL(label)), text) != 0) gtk_label_set_text(GTK_LABEL(label), text);
}

static void set_icon(GtkWidget *icon, const char *name) {
  if (g_strcmp0(gtk_image_get_icon_name(GTK_IMAGE(icon)), name) != 0)
    gtk_image_set_from_icon_name(GTK_IMAGE(icon), name);
}

static const char *icon_of(LinliAge age) {
  return age == LINLI_AGE_LIVE       ? "emblem-ok-symbolic"
         : age == LINLI_AGE_CATCHING ? "emblem-synchronizing-symbolic"
                                     : "network-offline-symbolic";
}

static void show_problem(LinliAgeBar *bar, const GError *problem) {
  g_autofree char *sentence = problem ? linli_line_sentence(problem, TRUE) : g_strdup("");

  gtk_label_set_text(GTK_LABEL(bar->problem), sentence);
  gtk_widget_set_visible(bar->problem, problem != NULL);
  gtk_widget_set_visible(bar->more, problem != NULL);
}

static void on_more(LinliAgeBar *bar) {
  linli_line_present(bar->context, GTK_WINDOW(gtk_widget_get_root(GTK_WIDGET(bar))));
}

static void show(LinliAgeBar *bar) {
  guint64 as_of;
  LinliAge age = linli_context_age(bar->context, &as_of);
  LinliSession *session = linli_context_session(bar->context);
  const GError *problem = session ? linli_session_problem(session) : NULL;
  const char *state = age == LINLI_AGE_LIVE       ? _("Live")
                      : age == LINLI_AGE_CATCHING ? _("Catching up…")
                                                  : _("Offline");
  g_autofree char *time = as_of ? linli_words_time(as_of, "%H:%M:%S") : g_strdup("—");
  g_autofree char *text = g_strdup_printf(_("Data as of %s · %s"), time, state);

  set_text(bar->label, text);
  set_icon(bar->icon, icon_of(age));
  show_problem(bar, age == LINLI_AGE_STALE ? problem : NULL);
  if (age == LINLI_AGE_STALE)
    gtk_widget_add_css_class(GTK_WIDGET(bar), "stale");
  else
    gtk_widget_remove_css_class(GTK_WIDGET(bar), "stale");
}

GtkWidget *linli_age_bar_new(LinliContext *context) {
  LinliAgeBar *bar = g_object_new(LINLI_TYPE_AGE_BAR, NULL);

  bar->context = g_object_ref(context);
  g_signal_connect_object(context, "tick", G_CALLBACK(show), bar, G_CONNECT_SWAPPED);
  g_signal_connect_object(context, "state-changed", G_CALLBACK(show), bar, G_CONNECT_SWAPPED);
  show(bar);
  return GTK_WIDGET(bar);
}

static void linli_age_bar_dispose(GObject *object) {
  LinliAgeBar *bar = LINLI_AGE_BAR(object);

  g_clear_pointer(&bar->box, gtk_widget_unparent);
  g_clear_object(&bar->context);
  G_OBJECT_CLASS(linli_age_bar_parent_class)->dispose(object);
}

static void linli_age_bar_class_init(LinliAgeBarClass *class) {
  G_OBJECT_CLASS(class)->dispose = linli_age_bar_dispose;
  gtk_widget_class_set_layout_manager_type(GTK_WIDGET_CLASS(class), GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_css_name(GTK_WIDGET_CLASS(class), "agebar");
}

static void linli_age_bar_init(LinliAgeBar *bar) {
  bar->box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 8);
  bar->icon = gtk_image_new();
  bar->label = gtk_label_new(NULL);
  bar->problem = gtk_label_new(NULL);
  gtk_label_set_ellipsize(GTK_LABEL(bar->problem), PANGO_ELLIPSIZE_END);
  gtk_label_set_xalign(GTK_LABEL(bar->problem), 0);
  gtk_widget_set_hexpand(bar->problem, TRUE);
  bar->more = gtk_button_new_with_label(_("Details"));
  gtk_widget_add_css_class(bar->more, "flat");
  g_signal_connect_swapped(bar->more, "clicked", G_CALLBACK(on_more), bar);
  gtk_box_append(GTK_BOX(bar->box), bar->icon);
  gtk_box_append(GTK_BOX(bar->box), bar->label);
  gtk_box_append(GTK_BOX(bar->box), bar->problem);
  gtk_box_append(GTK_BOX(bar->box), bar->more);
  gtk_widget_set_parent(bar->box, GTK_WIDGET(bar));
}
