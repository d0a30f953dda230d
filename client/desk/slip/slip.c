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

/* The font is named: without one a printer's context falls to a serif that has no Chinese. */
static void on_draw(G_GNUC_UNUSED GtkPrintOperation *operation, GtkPrintContext *print, G_GNUC_UNUSED int page,
                    const char *text) {
  cairo_t *cr = gtk_print_context_get_cairo_context(print);
  PangoLayout *layout = gtk_print_context_create_pango_layout(print);
  PangoFontDescription *font = pango_font_description_from_string("Sans");

  pango_font_description_set_absolute_size(font, FONT * 1.3 * PANGO_SCALE);
  pango_layout_set_font_description(layout, font);
  pango_layout_set_width(layout, (int)((gtk_print_context_get_width(print) - 2 * MARGIN) * PANGO_SCALE));
  pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
  pango_layout_set_spacing(layout, 4 * PANGO_SCALE);
  pango_layout_set_text(layout, text, -1);
  cairo_move_to(cr, MARGIN, MARGIN);
  pango_cairo_show_layout(cr, layout);
  pango_font_description_free(font);
  g_object_unref(layout);
}

void linli_slip_print(LinliContext *context, GtkWindow *parent, const ProtoRequest *request, const char *pdf_path) {
  g_autoptr(GtkPrintOperation) operation = gtk_print_operation_new();
  g_autoptr(GError) error = NULL;
  char *text = linli_slip_text(context, request);

  gtk_print_operation_set_n_pages(operation, 1);
  gtk_print_operation_set_job_name(operation, _("Work slip"));
  gtk_print_operation_set_unit(operation, GTK_UNIT_POINTS);
  if (pdf_path) gtk_print_operation_set_export_filename(operation, pdf_path);
  g_signal_connect_data(operation, "draw-page", G_CALLBACK(on_draw), text, (GClosureNotify)(void (*)(void))g_free, 0);
  if (gtk_print_operation_run(operation,
                              pdf_path ? GTK_PRINT_OPERATION_ACTION_EXPORT : GTK_PRINT_OPERATION_ACTION_PRINT_DIALOG,
                              parent, &error) != GTK_PRINT_OPERATION_RESULT_ERROR)
    return;
  GtkWidget *said =
      gtk_message_dialog_new(parent, GTK_DIALOG_MODAL, GTK_MESSAGE_ERROR, GTK_BUTTONS_CLOSE, "%s", error->message);
  g_signal_connect(said, "response", G_CALLBACK(gtk_window_destroy), NULL);
  gtk_window_present(GTK_WINDOW(said));
}
