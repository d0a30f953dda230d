/* slip.c: see slip.h. */
#include "client/desk/slip/slip.h"
#include "client/desk/app/words.h"

#include <glib/gi18n.h>
#include <string.h>

enum { MARGIN = 36, FONT = 11 };

static void add(GString *out, const char *name, const char *value) {
  if (value && *value) g_string_append_printf(out, "%s: %s\n", name, value);
}

char *linli_slip_text(LinliContext *context, const ProtoRequest *request) {
  g_autoptr(GString) out = g_string_new(NULL);
  g_autofree char *number = linli_words_copy(request->number), *title = linli_words_copy(request->title),
                  *text = linli_words_copy(request->text), *place = linli_words_copy(request->place);

  g_string_append_printf(out, "%s %s\n", number, linli_words_label(&proto_enum_request_class, request->class));
  if (request->confidential || !request->title.len) {
    g_string_append_printf(out, "%s\n", _("Confidential request"));
    return g_string_free(g_steal_pointer(&out), FALSE);
  }
  g_string_append_printf(out, "%s\n", title);
  add(out, _("Community"), linli_context_name(context, PROTO_MESSAGE_COMMUNITY, request->community));
  add(out, _("Grid"), linli_context_name(context, PROTO_MESSAGE_GRID, request->grid));
  add(out, _("Place"), place);
  add(out, _("Category"), linli_context_name(context, PROTO_MESSAGE_CATEGORY, request->category));
  add(out, _("Lead team"), linli_context_name(context, PROTO_MESSAGE_TEAM, request->team));
  if (request->finish_due_at) {
    g_autoptr(GDateTime) due = g_date_time_new_from_unix_local((gint64)(request->finish_due_at / G_USEC_PER_SEC));
    g_autofree char *at = g_date_time_format(due, "%Y-%m-%d %H:%M");
    add(out, _("To be finished by"), at);
  }
  if (strcmp(text, title) != 0) g_string_append_printf(out, "%s\n", text);
  return g_string_free(g_steal_pointer(&out), FALSE);
}

/* --- Paper ---------------------------------------------------------------------------------------------------- */

/* One layout for all pages, cut between lines. */
typedef struct {
  char *heading, *text, *foot;
  PangoLayout *layout;
  GArray *firsts; /* of int: the first line of each page */
} Paper;

static void paper_free(gpointer data) {
  Paper *paper = data;

  g_clear_object(&paper->layout);
  g_array_unref(paper->firsts);
  g_free(paper->heading);
  g_free(paper->text);
  g_free(paper->foot);
  g_free(paper);
}

static Paper *paper_new(LinliContext *context, const ProtoRequest *request) {
  const LinliWho *who = linli_context_who(context);
  const char *office = who ? linli_context_name(context, PROTO_MESSAGE_OFFICE, who->office) : "";
  g_autofree char *now = linli_words_time(linli_context_now(context), "%Y-%m-%d %H:%M");
  Paper *paper = g_new0(Paper, 1);

  paper->heading = g_strdup_printf("%s %s", office, _("Work slip"));
  paper->text = linli_slip_text(context, request);
  paper->foot = g_strdup_printf("%s\n\n%s\n\n%s\n\n\n%s: %s", _("Received by: ______________   Time: ______________"),
                                _("What was done: ______________________________________"),
                                _("Done by: ______________   Time: ______________"), _("Printed"), now);
  paper->firsts = g_array_new(FALSE, FALSE, sizeof(int));
  return paper;
}

/* The font is named: without one a printer's context falls to a serif that has no Chinese. */
static PangoLayout *layout_new(GtkPrintContext *print, const Paper *paper) {
  PangoLayout *layout = gtk_print_context_create_pango_layout(print);
  PangoFontDescription *font = pango_font_description_from_string("Sans");
  g_autofree char *text = g_strdup_printf("%s\n\n%s\n\n%s", paper->heading, paper->text, paper->foot);
  PangoAttrList *attributes = pango_attr_list_new();
  PangoAttribute *large[] = {pango_attr_scale_new(PANGO_SCALE_X_LARGE), pango_attr_weight_new(PANGO_WEIGHT_BOLD)};

  for (gsize i = 0; i < G_N_ELEMENTS(large); i++) {
    large[i]->end_index = (guint)strlen(paper->heading);
    pango_attr_list_insert(attributes, large[i]);
  }
  pango_font_description_set_absolute_size(font, FONT * 1.3 * PANGO_SCALE);
  pango_layout_set_font_description(layout, font);
  pango_layout_set_width(layout, (int)((gtk_print_context_get_width(print) - 2 * MARGIN) * PANGO_SCALE));
  pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
  pango_layout_set_spacing(layout, 4 * PANGO_SCALE);
  pango_layout_set_attributes(layout, attributes);
  pango_layout_set_text(layout, text, -1);
  pango_attr_list_unref(attributes);
  pango_font_description_free(font);
  return layout;
}

static void on_begin(GtkPrintOperation *operation, GtkPrintContext *print, Paper *paper) {
  double room = gtk_print_context_get_height(print) - 2 * MARGIN;
  PangoLayoutIter *line;
  int top = 0, first = 0, n = 0;

  g_clear_object(&paper->layout);
  paper->layout = layout_new(print, paper);
  g_array_set_size(paper->firsts, 0);
  g_array_append_val(paper->firsts, first);
  line = pango_layout_get_iter(paper->layout);
  do {
    int from, to;
    pango_layout_iter_get_line_yrange(line, &from, &to);
    if ((to - top) > room * PANGO_SCALE && from > top) {
      top = from;
      g_array_append_val(paper->firsts, n);
    }
    n++;
  } while (pango_layout_iter_next_line(line));
  pango_layout_iter_free(line);
  gtk_print_operation_set_n_pages(operation, (int)paper->firsts->len);
}

static void on_draw(G_GNUC_UNUSED GtkPrintOperation *operation, GtkPrintContext *print, int page, Paper *paper) {
  cairo_t *cr = gtk_print_context_get_cairo_context(print);
  int first = g_array_index(paper->firsts, int, page), n = 0, top = -1;
  int end = (guint)page + 1 < paper->firsts->len ? g_array_index(paper->firsts, int, page + 1) : G_MAXINT;
  PangoLayoutIter *line = pango_layout_get_iter(paper->layout);

  do {
    int from;
    if (n < first || n >= end) continue;
    pango_layout_iter_get_line_yrange(line, &from, NULL);
    if (top < 0) top = from;
    cairo_move_to(cr, MARGIN, MARGIN + (double)(pango_layout_iter_get_baseline(line) - top) / PANGO_SCALE);
    pango_cairo_show_layout_line(cr, pango_layout_iter_get_line_readonly(line));
  } while (n++, pango_layout_iter_next_line(line));
  pango_layout_iter_free(line);
}

/* The printer chosen last, for the next slip. */
static GtkPrintSettings *last_settings;

static void on_done(GtkPrintOperation *operation, GtkPrintOperationResult result, GtkWindow *parent) {
  g_autoptr(GError) error = NULL;

  if (result == GTK_PRINT_OPERATION_RESULT_APPLY)
    g_set_object(&last_settings, gtk_print_operation_get_print_settings(operation));
  if (result != GTK_PRINT_OPERATION_RESULT_ERROR) return;
  gtk_print_operation_get_error(operation, &error);
  GtkWidget *said =
      gtk_message_dialog_new(parent, GTK_DIALOG_MODAL, GTK_MESSAGE_ERROR, GTK_BUTTONS_CLOSE, "%s", error->message);
  g_signal_connect(said, "response", G_CALLBACK(gtk_window_destroy), NULL);
  gtk_window_present(GTK_WINDOW(said));
}

/* A file, where somebody prints to one, is named by the request and lies among their documents. */
static GtkPrintSettings *settings_for(const ProtoRequest *request) {
  GtkPrintSettings *settings = last_settings ? gtk_print_settings_copy(last_settings) : gtk_print_settings_new();
  const char *documents = g_get_user_special_dir(G_USER_DIRECTORY_DOCUMENTS);
  g_autofree char *name = g_strdup_printf("%s %.*s", _("Work slip"), (int)request->number.len, request->number.data);

  gtk_print_settings_set(settings, GTK_PRINT_SETTINGS_OUTPUT_DIR, documents ? documents : g_get_home_dir());
  gtk_print_settings_set(settings, GTK_PRINT_SETTINGS_OUTPUT_BASENAME, name);
  gtk_print_settings_set(settings, GTK_PRINT_SETTINGS_OUTPUT_URI, NULL);
  return settings;
}

/* Without waiting: the dialog of a loop of its own would keep the program from ending. */
void linli_slip_print(LinliContext *context, GtkWindow *parent, const ProtoRequest *request) {
  g_autoptr(GtkPrintOperation) operation = gtk_print_operation_new();
  g_autoptr(GtkPrintSettings) settings = settings_for(request);
  Paper *paper = paper_new(context, request);

  gtk_print_operation_set_job_name(operation, _("Work slip"));
  gtk_print_operation_set_unit(operation, GTK_UNIT_POINTS);
  gtk_print_operation_set_embed_page_setup(operation, TRUE);
  gtk_print_operation_set_allow_async(operation, TRUE);
  gtk_print_operation_set_print_settings(operation, settings);
  g_object_set_data_full(G_OBJECT(operation), "paper", paper, paper_free);
  g_signal_connect(operation, "begin-print", G_CALLBACK(on_begin), paper);
  g_signal_connect(operation, "draw-page", G_CALLBACK(on_draw), paper);
  g_signal_connect_object(operation, "done", G_CALLBACK(on_done), parent, 0);
  gtk_print_operation_run(operation, GTK_PRINT_OPERATION_ACTION_PRINT_DIALOG, parent, NULL);
}
