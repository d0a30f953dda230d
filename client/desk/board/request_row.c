/* request_row.c: see request_row.h. */
#include "client/desk/board/request_row.h"
#include "client/desk/app/words.h"

#include <glib/gi18n.h>
#include <string.h>

typedef enum {
  PART_LEFT,
  PART_NUMBER,
  PART_CLASS,
  PART_TITLE,
  PART_PLACE,
  PART_TEAM,
  PART_STATE,
  PART_CHANNEL,
  PARTS
} Part;

/* From which width on, in ems, there is room for place, team and channel beside the title. */
enum { PAD = 8, GAP = 10, PLACE_FROM = 34, TEAM_FROM = 42, CHANNEL_FROM = 56 };

struct _LinliRequestRow {
  GtkWidget parent_instance;
  LinliContext *context;
  LinliCard *card;
  PangoLayout *parts[PARTS];
  LinliUrgency urgency;
  gboolean pinned, fresh; /* fresh: the parts say what the card does */
};

G_DEFINE_FINAL_TYPE(LinliRequestRow, linli_request_row, GTK_TYPE_WIDGET)

/* --- Words ---------------------------------------------------------------------------------------------------- */

char *linli_left_text(const ProtoRequest *request, guint64 now) {
  guint64 due = request->due_at, minutes;
  gboolean over = due < now;

  if (!due || !linli_is_open(request)) return g_strdup("");
  minutes = (over ? now - due : due - now) / (60 * (guint64)G_USEC_PER_SEC);
  if (minutes >= 2 * 24 * 60)
    return g_strdup_printf(over ? _("over %ud") : _("left %ud"), (guint)(minutes / (24 * 60)));
  return g_strdup_printf(over ? _("over %u:%02u") : _("left %u:%02u"), (guint)(minutes / 60), (guint)(minutes % 60));
}

const char *linli_urgency_sign(const ProtoRequest *request, LinliUrgency urgency) {
  static const char *const signs[] = {
      [LINLI_CALM] = "·", [LINLI_DUE_SOON] = "◇", [LINLI_DUE_NOW] = "◆", [LINLI_OVERDUE] = "▲"};

  return linli_is_pinned(request) ? "‼" : signs[urgency];
}

static char *place_of(LinliRequestRow *row, const ProtoRequest *r) {
  const char *community = linli_context_name(row->context, PROTO_MESSAGE_COMMUNITY, r->community);

  return r->grid ? g_strconcat(community, "/", linli_context_name(row->context, PROTO_MESSAGE_GRID, r->grid), NULL)
                 : g_strdup(community);
}

/* Control characters and line breaks would break the line: they are spaces here. */
static char *title_of(LinliRequestRow *row, const ProtoRequest *r) {
  g_autofree char *title = g_strndup((const char *)r->title.data, r->title.len);

  if (!r->title.len) return g_strdup(_("Confidential request"));
  for (char *p = title; *p; p++)
    if ((guchar)*p < 0x20 || *p == 0x7f) *p = ' ';
  return r->category
             ? g_strconcat(linli_context_name(row->context, PROTO_MESSAGE_CATEGORY, r->category), " · ", title, NULL)
             : g_steal_pointer(&title);
}

static char *short_number(const ProtoRequest *r) {
  gsize skip = r->number.len > 4 ? r->number.len - 4 : 0;

  return g_strndup((const char *)r->number.data + skip, r->number.len - skip);
}

static gboolean is_ordinary(const ProtoRequest *r) {
  return r->class == PROTO_REQUEST_CLASS_ORDINARY || !r->class;
}

/* --- Layouts -------------------------------------------------------------------------------------------------- */

static void set_part(LinliRequestRow *row, Part part, const char *text) {
  if (!row->parts[part]) {
    row->parts[part] = gtk_widget_create_pango_layout(GTK_WIDGET(row), text);
    pango_layout_set_single_paragraph_mode(row->parts[part], TRUE);
    pango_layout_set_ellipsize(row->parts[part], PANGO_ELLIPSIZE_END);
  } else {
    pango_layout_set_text(row->parts[part], text, -1);
  }
}

/* TRUE: it reads differently now. */
static gboolean set_left(LinliRequestRow *row) {
  const ProtoRequest *r = linli_card_request(row->card);
  double ignored;
  guint64 now = linli_context_now(row->context);
  g_autofree char *left = linli_left_text(r, now);

  row->urgency = linli_urgency(r, now, &ignored);
  g_autofree char *text = g_strconcat(linli_urgency_sign(r, row->urgency), " ", left, NULL);
  if (row->parts[PART_LEFT] && strcmp(text, pango_layout_get_text(row->parts[PART_LEFT])) == 0) return FALSE;
  set_part(row, PART_LEFT, text);
  return TRUE;
}

static void set_accessible(LinliRequestRow *row) {
  const ProtoRequest *r = linli_card_request(row->card);
  g_autofree char *number = short_number(r), *left = linli_left_text(r, linli_context_now(row->context)),
                  *title = title_of(row, r), *place = place_of(row, r);
  g_autofree char *sentence =
      g_strdup_printf("%s, %s, %s, %s, %s, %s, %s, %s", linli_words_label(&proto_enum_request_class, r->class),
                      number, title, place, linli_words_label(&proto_enum_request_state, r->state),
                      linli_context_name(row->context, PROTO_MESSAGE_TEAM, r->team), left,
                      linli_words_label(&proto_enum_channel, r->channel));

  /* The list's own widget around it is what takes the focus. */
  GtkWidget *item = gtk_widget_get_parent(GTK_WIDGET(row));
  gtk_accessible_update_property(GTK_ACCESSIBLE(row), GTK_ACCESSIBLE_PROPERTY_LABEL, sentence, -1);
  if (item) gtk_accessible_update_property(GTK_ACCESSIBLE(item), GTK_ACCESSIBLE_PROPERTY_LABEL, sentence, -1);
}

static void set_parts(LinliRequestRow *row) {
  const ProtoRequest *r = linli_card_request(row->card);
  g_autofree char *number = short_number(r), *title = title_of(row, r), *place = place_of(row, r);

  row->fresh = TRUE;
  row->pinned = linli_is_pinned(r);
  set_left(row);
  set_part(row, PART_NUMBER, number);
  set_part(row, PART_CLASS, is_ordinary(r) ? "" : linli_words_label(&proto_enum_request_class, r->class));
  set_part(row, PART_TITLE, title);
  set_part(row, PART_PLACE, place);
  set_part(row, PART_TEAM, linli_context_name(row->context, PROTO_MESSAGE_TEAM, r->team));
  set_part(row, PART_STATE, linli_words_label(&proto_enum_request_state, r->state));
  set_part(row, PART_CHANNEL, linli_words_label(&proto_enum_channel, r->channel));
}

/* Its words are laid out when they are drawn: of some two hundred rows that a list keeps, thirty are seen. */
void linli_request_row_renew(LinliRequestRow *row) {
  row->fresh = FALSE;
  if (!row->card) return;
  set_accessible(row);
  gtk_widget_queue_draw(GTK_WIDGET(row));
}

void linli_request_row_set_card(LinliRequestRow *row, LinliCard *card) {
  if (row->card) g_signal_handlers_disconnect_by_func(row->card, linli_request_row_renew, row);
  g_set_object(&row->card, card);
  if (card) g_signal_connect_swapped(card, "changed", G_CALLBACK(linli_request_row_renew), row);
  linli_request_row_renew(row);
}

void linli_request_row_tick(LinliRequestRow *row) {
  if (row->card && row->fresh && set_left(row)) gtk_widget_queue_draw(GTK_WIDGET(row));
}

/* --- Drawing -------------------------------------------------------------------------------------------------- */

static GdkRGBA named_colour(GtkStyleContext *style, const char *name, const GdkRGBA *otherwise) {
  GdkRGBA colour;

  return gtk_style_context_lookup_color(style, name, &colour) ? colour : *otherwise;
}

static GdkRGBA left_colour(LinliRequestRow *row, GtkStyleContext *style, const GdkRGBA *text) {
  static const char *const names[] = {[LINLI_CALM] = "linli_calm",
                                      [LINLI_DUE_SOON] = "linli_soon",
                                      [LINLI_DUE_NOW] = "linli_now",
                                      [LINLI_OVERDUE] = "linli_over"};

  return named_colour(style, row->pinned ? "linli_over" : names[row->urgency], text);
}

/* Draws a part into the width; returns where the next one begins. */
static double draw_part(GtkSnapshot *snapshot, LinliRequestRow *row, Part part, double x, double width,
                        const GdkRGBA *colour) {
  PangoLayout *layout = row->parts[part];
  int height = gtk_widget_get_height(GTK_WIDGET(row)), text_height;

  pango_layout_set_width(layout, (int)(MAX(width, 0) * PANGO_SCALE));
  pango_layout_get_pixel_size(layout, NULL, &text_height);
  gtk_snapshot_save(snapshot);
  gtk_snapshot_translate(snapshot, &GRAPHENE_POINT_INIT((float)x, (float)(height - text_height) / 2));
  gtk_snapshot_append_layout(snapshot, layout, colour);
  gtk_snapshot_restore(snapshot);
  return x + width + GAP;
}

static void linli_request_row_snapshot(GtkWidget *widget, GtkSnapshot *snapshot) {
  LinliRequestRow *row = LINLI_REQUEST_ROW(widget);
  GtkStyleContext *style = gtk_widget_get_style_context(widget);
  int width = gtk_widget_get_width(widget), height = gtk_widget_get_height(widget);
  double em = height / 2.3, x = PAD;
  GdkRGBA text, dim, left;

  if (!row->card) return;
  if (!row->fresh) set_parts(row);
  gtk_style_context_get_color(style, &text);
  dim = text;
  dim.alpha *= 0.72f;
  left = left_colour(row, style, &text);
  if (row->pinned) {
    GdkRGBA ground = left;
    ground.alpha = 0.12f;
    gtk_snapshot_append_color(snapshot, &ground, &GRAPHENE_RECT_INIT(0, 0, (float)width, (float)height));
  }
  double place = width > PLACE_FROM * em ? em * 8 : 0, team = width > TEAM_FROM * em ? em * 7.5 : 0,
         channel = width > CHANNEL_FROM * em ? em * 5.5 : 0;
  double state = em * (linli_in_chinese() ? 4 : 6),
         class = *pango_layout_get_text(row->parts[PART_CLASS]) ? em * 4.2 : 0;
  double rest = width - 2 * PAD - em * 6 - em * 3 - state - 3 * GAP - (class > 0 ? class + GAP : 0) -
                (place > 0 ? place + GAP : 0) - (team > 0 ? team + GAP : 0) - (channel > 0 ? channel + GAP : 0);
  x = draw_part(snapshot, row, PART_LEFT, x, em * 6, &left);
  x = draw_part(snapshot, row, PART_NUMBER, x, em * 3, &dim);
  if (class > 0) x = draw_part(snapshot, row, PART_CLASS, x, class, &left);
  x = draw_part(snapshot, row, PART_TITLE, x, rest, &text);
  if (place > 0) x = draw_part(snapshot, row, PART_PLACE, x, place, &dim);
  if (team > 0) x = draw_part(snapshot, row, PART_TEAM, x, team, &dim);
  x = draw_part(snapshot, row, PART_STATE, x, state, &text);
  if (channel > 0) draw_part(snapshot, row, PART_CHANNEL, x, channel, &dim);
}

static void linli_request_row_measure(GtkWidget *widget, GtkOrientation orientation, G_GNUC_UNUSED int for_size,
                                      int *minimum, int *natural, int *minimum_baseline, int *natural_baseline) {
  PangoContext *context = gtk_widget_get_pango_context(widget);
  PangoFontMetrics *metrics = pango_context_get_metrics(context, pango_context_get_font_description(context), NULL);
  int line = (pango_font_metrics_get_ascent(metrics) + pango_font_metrics_get_descent(metrics)) / PANGO_SCALE;

  pango_font_metrics_unref(metrics);
  *minimum_baseline = *natural_baseline = -1;
  *minimum = orientation == GTK_ORIENTATION_VERTICAL ? MAX(34, line * 2) : 320;
  *natural = orientation == GTK_ORIENTATION_VERTICAL ? *minimum : 700;
}

/* --- The object ----------------------------------------------------------------------------------------------- */

static void forget_layouts(LinliRequestRow *row) {
  row->fresh = FALSE;
  for (gsize i = 0; i < PARTS; i++)
    g_clear_object(&row->parts[i]);
}

static void linli_request_row_css_changed(GtkWidget *widget, GtkCssStyleChange *change) {
  LinliRequestRow *row = LINLI_REQUEST_ROW(widget);

  GTK_WIDGET_CLASS(linli_request_row_parent_class)->css_changed(widget, change);
  forget_layouts(row);
}

static void linli_request_row_system_setting_changed(GtkWidget *widget, GtkSystemSetting setting) {
  LinliRequestRow *row = LINLI_REQUEST_ROW(widget);

  GTK_WIDGET_CLASS(linli_request_row_parent_class)->system_setting_changed(widget, setting);
  forget_layouts(row);
  gtk_widget_queue_resize(widget);
}

static void linli_request_row_dispose(GObject *object) {
  LinliRequestRow *row = LINLI_REQUEST_ROW(object);

  linli_request_row_set_card(row, NULL);
  forget_layouts(row);
  g_clear_object(&row->context);
  G_OBJECT_CLASS(linli_request_row_parent_class)->dispose(object);
}

static void linli_request_row_class_init(LinliRequestRowClass *class) {
  GtkWidgetClass *widget = GTK_WIDGET_CLASS(class);

  G_OBJECT_CLASS(class)->dispose = linli_request_row_dispose;
  widget->snapshot = linli_request_row_snapshot;
  widget->measure = linli_request_row_measure;
  widget->css_changed = linli_request_row_css_changed;
  widget->system_setting_changed = linli_request_row_system_setting_changed;
  gtk_widget_class_set_css_name(widget, "requestrow");
  gtk_widget_class_set_accessible_role(widget, GTK_ACCESSIBLE_ROLE_LABEL);
}

static void linli_request_row_init(LinliRequestRow *row) {
  gtk_widget_set_overflow(GTK_WIDGET(row), GTK_OVERFLOW_HIDDEN);
}

GtkWidget *linli_request_row_new(LinliContext *context) {
  LinliRequestRow *row = g_object_new(LINLI_TYPE_REQUEST_ROW, NULL);

  row->context = g_object_ref(context);
  return GTK_WIDGET(row);
}
