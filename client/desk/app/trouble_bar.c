/* trouble_bar.c: see trouble_bar.h. */
#include "client/desk/app/trouble_bar.h"

#include <glib/gi18n.h>

struct _LinliTroubleBar {
  GtkWidget parent_instance;
  LinliContext *context;
  GtkWidget *box, *label, *again;
  char *hidden; /* the sentence that somebody has closed */
};

G_DEFINE_FINAL_TYPE(LinliTroubleBar, linli_trouble_bar, GTK_TYPE_WIDGET)

/* The sentence that counts; NULL for none. g_free. */
static char *trouble_of(LinliTroubleBar *bar, gboolean *of_drafts) {
  LinliDrafts *drafts = linli_context_drafts(bar->context);
  LinliReplica *replica = linli_context_replica(bar->context);
  char *trouble = drafts ? linli_drafts_trouble(drafts) : NULL;

  *of_drafts = trouble != NULL;
  return trouble ? trouble : replica ? linli_replica_trouble(replica) : NULL;
}

static void show(LinliTroubleBar *bar) {
  gboolean of_drafts;
  g_autofree char *trouble = trouble_of(bar, &of_drafts);
  gboolean shown = trouble && g_strcmp0(trouble, bar->hidden) != 0;

  if (!trouble) g_clear_pointer(&bar->hidden, g_free);
  gtk_label_set_text(GTK_LABEL(bar->label), shown ? trouble : "");
  gtk_widget_set_visible(bar->again, of_drafts); /* the local copy takes no second try before the next start */
  gtk_widget_set_visible(GTK_WIDGET(bar), shown);
}

static void on_again(LinliTroubleBar *bar) {
  LinliDrafts *drafts = linli_context_drafts(bar->context);

  if (drafts) linli_drafts_settle(drafts);
  show(bar);
}

static void on_close(LinliTroubleBar *bar) {
  gboolean ignored;

  g_free(bar->hidden);
  bar->hidden = trouble_of(bar, &ignored);
  show(bar);
}

/* --- The object ----------------------------------------------------------------------------------------------- */

GtkWidget *linli_trouble_bar_new(LinliContext *context) {
  LinliTroubleBar *bar = g_object_new(LINLI_TYPE_TROUBLE_BAR, NULL);

  bar->context = g_object_ref(context);
  g_signal_connect_object(context, "tick", G_CALLBACK(show), bar, G_CONNECT_SWAPPED);
  g_signal_connect_object(context, "opened", G_CALLBACK(show), bar, G_CONNECT_SWAPPED);
  show(bar);
  return GTK_WIDGET(bar);
}

static void linli_trouble_bar_dispose(GObject *object) {
  LinliTroubleBar *bar = LINLI_TROUBLE_BAR(object);

  g_clear_pointer(&bar->box, gtk_widget_unparent);
  g_clear_pointer(&bar->hidden, g_free);
  g_clear_object(&bar->context);
  G_OBJECT_CLASS(linli_trouble_bar_parent_class)->dispose(object);
}

static void linli_trouble_bar_class_init(LinliTroubleBarClass *class) {
  G_OBJECT_CLASS(class)->dispose = linli_trouble_bar_dispose;
  gtk_widget_class_set_layout_manager_type(GTK_WIDGET_CLASS(class), GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_css_name(GTK_WIDGET_CLASS(class), "troublebar");
}

static void linli_trouble_bar_init(LinliTroubleBar *bar) {
  GtkWidget *close = gtk_button_new_from_icon_name("window-close-symbolic");

  bar->box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 8);
  bar->label = gtk_label_new(NULL);
  bar->again = gtk_button_new_with_label(_("Try again"));
  gtk_label_set_wrap(GTK_LABEL(bar->label), TRUE);
  gtk_label_set_wrap_mode(GTK_LABEL(bar->label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_xalign(GTK_LABEL(bar->label), 0);
  gtk_widget_set_hexpand(bar->label, TRUE);
  gtk_widget_set_valign(bar->again, GTK_ALIGN_CENTER);
  gtk_widget_set_valign(close, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class(close, "flat");
  gtk_accessible_update_property(GTK_ACCESSIBLE(close), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Hide this message"), -1);
  gtk_widget_set_tooltip_text(close, _("Hide this message"));
  gtk_box_append(GTK_BOX(bar->box), gtk_image_new_from_icon_name("dialog-warning-symbolic"));
  gtk_box_append(GTK_BOX(bar->box), bar->label);
  gtk_box_append(GTK_BOX(bar->box), bar->again);
  gtk_box_append(GTK_BOX(bar->box), close);
  gtk_widget_set_parent(bar->box, GTK_WIDGET(bar));
  gtk_widget_set_visible(GTK_WIDGET(bar), FALSE);
  g_signal_connect_object(bar->again, "clicked", G_CALLBACK(on_again), bar, G_CONNECT_SWAPPED);
  g_signal_connect_object(close, "clicked", G_CALLBACK(on_close), bar, G_CONNECT_SWAPPED);
}
