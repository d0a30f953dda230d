/* chip.c: see chip.h. */
#include "client/desk/request/chip.h"

#include "client/desk/app/words.h"
#include "proto/proto_tables.h"

struct _LinliChip {
  GtkWidget parent_instance;
  GtkWidget *box, *icon, *label;
  const char *look; /* its style class; NULL for none */
};

G_DEFINE_FINAL_TYPE(LinliChip, linli_chip, GTK_TYPE_WIDGET)

/* A queue of the board has the icon of the state that it gathers. */
static const char *const state_icons[] = {
    [PROTO_REQUEST_STATE_REGISTERED] = "mail-unread-symbolic",
    [PROTO_REQUEST_STATE_NEEDS_INFO] = "dialog-question-symbolic",
    [PROTO_REQUEST_STATE_ACCEPTED] = "mail-forward-symbolic",
    [PROTO_REQUEST_STATE_DISPATCHED] = "document-edit-symbolic",
    [PROTO_REQUEST_STATE_IN_PROGRESS] = "system-run-symbolic",
    [PROTO_REQUEST_STATE_SHELVED] = "media-playback-pause-symbolic",
    [PROTO_REQUEST_STATE_REPORTED] = "edit-find-symbolic",
    [PROTO_REQUEST_STATE_CALLBACK] = "call-start-symbolic",
    [PROTO_REQUEST_STATE_CLOSED] = "object-select-symbolic",
    [PROTO_REQUEST_STATE_REJECTED] = "action-unavailable-symbolic",
    [PROTO_REQUEST_STATE_MERGED] = "insert-link-symbolic",
    [PROTO_REQUEST_STATE_TRANSFERRED] = "send-to-symbolic",
    [PROTO_REQUEST_STATE_ARCHIVED] = "folder-symbolic",
};

static const struct {
  const char *icon, *look;
} classes[] = {
    [PROTO_REQUEST_CLASS_CRITICAL] = {"dialog-warning-symbolic", "critical"},
    [PROTO_REQUEST_CLASS_URGENT] = {"alarm-symbolic", "urgent"},
    [PROTO_REQUEST_CLASS_ENQUIRY] = {"dialog-question-symbolic", NULL},
    [PROTO_REQUEST_CLASS_ORDINARY] = {"view-list-symbolic", NULL},
    [PROTO_REQUEST_CLASS_DIFFICULT] = {"emblem-important-symbolic", NULL},
};

static void show(LinliChip *chip, const char *icon, const char *word, const char *look) {
  gtk_image_set_from_icon_name(GTK_IMAGE(chip->icon), icon);
  gtk_widget_set_visible(chip->icon, icon != NULL);
  gtk_label_set_text(GTK_LABEL(chip->label), word);
  gtk_widget_set_visible(GTK_WIDGET(chip), *word != '\0');
  if (chip->look) gtk_widget_remove_css_class(GTK_WIDGET(chip), chip->look);
  if (look) gtk_widget_add_css_class(GTK_WIDGET(chip), look);
  chip->look = look;
}

void linli_chip_show_state(LinliChip *chip, guint64 state) {
  show(chip, state < G_N_ELEMENTS(state_icons) ? state_icons[state] : NULL,
       linli_words_label(&proto_enum_request_state, state), NULL);
}

void linli_chip_show_class(LinliChip *chip, guint64 class) {
  gboolean known = class < G_N_ELEMENTS(classes);

  show(chip, known ? classes[class].icon : NULL, linli_words_label(&proto_enum_request_class, class),
       known ? classes[class].look : NULL);
}

/* --- The object ----------------------------------------------------------------------------------------------- */

GtkWidget *linli_chip_new(void) {
  return g_object_new(LINLI_TYPE_CHIP, NULL);
}

static void linli_chip_dispose(GObject *object) {
  g_clear_pointer(&LINLI_CHIP(object)->box, gtk_widget_unparent);
  G_OBJECT_CLASS(linli_chip_parent_class)->dispose(object);
}

static void linli_chip_class_init(LinliChipClass *class) {
  G_OBJECT_CLASS(class)->dispose = linli_chip_dispose;
  gtk_widget_class_set_layout_manager_type(GTK_WIDGET_CLASS(class), GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_css_name(GTK_WIDGET_CLASS(class), "chip");
}

static void linli_chip_init(LinliChip *chip) {
  chip->box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);
  chip->icon = gtk_image_new();
  chip->label = gtk_label_new(NULL);
  gtk_box_append(GTK_BOX(chip->box), chip->icon);
  gtk_box_append(GTK_BOX(chip->box), chip->label);
  gtk_widget_set_valign(GTK_WIDGET(chip), GTK_ALIGN_CENTER);
  gtk_widget_set_parent(chip->box, GTK_WIDGET(chip));
}
