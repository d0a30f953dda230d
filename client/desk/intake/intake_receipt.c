/* intake_receipt.c: see intake_receipt.h. */
#include "client/desk/intake/intake_receipt.h"

#include <gio/gio.h>
#include <glib/gi18n.h>
#include <string.h>

#include "client/desk/app/words.h"

struct _LinliIntakeReceipt {
  GtkWidget parent_instance;
  LinliContext *context;
  GtkWidget *box, *number, *words, *correct;
  Uuid command, request, draft;
  gboolean has_draft, waiting; /* waiting: not decided yet */
  char *text;                  /* as a draft, should it be refused */
  char *added_to;              /* the number it was added to as a comment; NULL: it was registered */
  guint listener;
  LinliWalk *asking;
};

G_DEFINE_FINAL_TYPE(LinliIntakeReceipt, linli_intake_receipt, GTK_TYPE_WIDGET)

enum { FAILED, CORRECT, N_SIGNALS };
static guint signals[N_SIGNALS];

static void say(LinliIntakeReceipt *r, const char *number, const char *words) {
  gtk_label_set_text(GTK_LABEL(r->number), number);
  gtk_widget_set_visible(r->number, *number != '\0');
  gtk_label_set_text(GTK_LABEL(r->words), words);
}

/* --- The number ----------------------------------------------------------------------------------------------- */

static void stop_looking(LinliIntakeReceipt *r) {
  if (r->listener && linli_context_replica(r->context))
    linli_replica_unlisten(linli_context_replica(r->context), r->listener);
  r->listener = 0;
  g_clear_pointer(&r->asking, linli_walk_stop);
}

static void show_number(LinliIntakeReceipt *r, const ProtoRequest *row) {
  g_autofree char *number = linli_words_copy(row->number);

  say(r, number, _("Registered. This is the number to say aloud; today its last four figures are enough."));
}

static void on_row(G_GNUC_UNUSED LinliReplica *replica, G_GNUC_UNUSED guint32 noun, Uuid id,
                   G_GNUC_UNUSED WireBytes before, WireBytes after, gpointer data) {
  LinliIntakeReceipt *r = data;
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoRequest row;
  WireError ignored;

  if (memcmp(&id, &r->request, sizeof id) == 0 && after.data &&
      wire_decode(&proto_msg_request, after, true, arena, &row, &ignored))
    show_number(r, &row);
}

static gboolean on_asked(WireBytes bytes, gpointer data) {
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoRequest row;
  WireError ignored;

  if (wire_decode(&proto_msg_request, bytes, true, arena, &row, &ignored)) show_number(data, &row);
  return FALSE;
}

static void on_asked_all(G_GNUC_UNUSED const GError *error, gpointer data) {
  LINLI_INTAKE_RECEIPT(data)->asking = NULL;
}

/* The decision does not carry it. The stream brings it a moment later where its community is followed; asking for it
 * also serves those who do not. */
static void look_for_number(LinliIntakeReceipt *r) {
  g_autoptr(WireArena) arena = wire_arena_new();
  g_autoptr(GByteArray) body = g_byte_array_new();
  ProtoRequest row;

  if (linli_context_request(r->context, r->request, arena, &row)) {
    show_number(r, &row);
    return;
  }
  say(r, "", _("Registered. Its number is being fetched…"));
  r->listener = linli_replica_listen(linli_context_replica(r->context), PROTO_MESSAGE_REQUEST, on_row, r);
  wire_put_uuid(body, 1, r->request);
  r->asking = linli_walk_start(linli_context_session(r->context), proto_query(&proto_linli, PROTO_QUERY_REQUEST_SHOW),
                               (WireBytes){body->data, body->len}, 1, on_asked, on_asked_all, r);
}

/* --- The decision --------------------------------------------------------------------------------------------- */

static void show_refused(LinliIntakeReceipt *r, const LinliAnswer *answer) {
  const WireEnum *of = answer->verdict == LINLI_REFUSED ? proto_linli.refusals : proto_linli.errors;
  g_autofree char *words =
      g_strdup_printf(_("Not registered: %s What was typed is kept."), linli_sentence(of, answer->code));

  say(r, "", words);
  gtk_widget_add_css_class(r->words, "error");
  gtk_widget_set_visible(r->correct, TRUE);
}

static void on_decided(G_GNUC_UNUSED const LinliEntry *entry, const LinliAnswer *answer, const GError *error,
                       gpointer data) {
  g_autoptr(LinliIntakeReceipt) r = data;

  r->waiting = FALSE;
  if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CLOSED)) return; /* it is on disk, and goes at the next sign-in */
  if (error && r->box) {
    g_signal_emit(r, signals[FAILED], 0, error->message);
  } else if (error) { /* nobody looks any more: the draft is there for the next window */
    if (r->has_draft && linli_context_drafts(r->context))
      linli_drafts_release(linli_context_drafts(r->context), r->draft);
  } else if (!r->box) {
    return;
  } else if (answer->verdict != LINLI_DONE) {
    show_refused(r, answer);
  } else if (r->added_to) {
    say(r, r->added_to, _("Added to this request as a comment."));
  } else {
    look_for_number(r);
  }
  if (error) r->has_draft = FALSE;
}

/* On disk, or on_decided() has said why not. */
static void on_stored(G_GNUC_UNUSED const GError *error, gpointer data) {
  g_autoptr(LinliIntakeReceipt) r = data;

  if (!r->has_draft || !linli_context_drafts(r->context)) return;
  r->has_draft = FALSE;
  linli_drafts_remove(linli_context_drafts(r->context), r->draft);
  linli_draft_copies_put(linli_context_draft_copies(r->context), r->draft, "");
}

static void submit(LinliIntakeReceipt *r, guint32 kind, guint64 community, const GByteArray *body) {
  LinliSession *session = linli_context_session(r->context);
  gboolean online = linli_session_state(session) == LINLI_STATE_READY;

  say(r, "", online ? _("Being registered…") : _("Kept. It gets its number when it has been sent."));
  r->waiting = TRUE;
  r->command = linli_context_submit(r->context, kind, community * 4 + PROTO_STREAM_KIND_COMMUNITY, 0, body, 0,
                                    on_decided, g_object_ref(r));
  linli_outbox_after(linli_context_outbox(r->context), on_stored, g_object_ref(r));
}

static void take(LinliIntakeReceipt *r, const LinliIntake *intake, const Uuid *draft) {
  r->has_draft = draft != NULL;
  if (draft) r->draft = *draft;
  r->request = intake->request;
  r->text = linli_intake_to_draft(intake);
}

void linli_intake_receipt_register(LinliIntakeReceipt *r, const LinliIntake *intake, const Uuid *draft) {
  g_autoptr(GByteArray) body = linli_intake_body(intake);

  take(r, intake, draft);
  submit(r, PROTO_COMMAND_REQUEST_REGISTER, intake->community, body);
}

void linli_intake_receipt_remark(LinliIntakeReceipt *r, const LinliIntake *intake, const Uuid *draft, Uuid request,
                                 guint64 community, const char *number) {
  g_autoptr(GByteArray) body = g_byte_array_new();
  g_autofree char *text = linli_intake_remark(intake);

  take(r, intake, draft);
  r->added_to = g_strdup(number);
  wire_put_uuid(body, 1, request);
  wire_put_bytes(body, 2, (WireBytes){(const uint8_t *)text, (uint32_t)strlen(text)});
  submit(r, PROTO_COMMAND_REQUEST_COMMENT, community, body);
}

static void on_correct(LinliIntakeReceipt *r) {
  g_signal_emit(r, signals[CORRECT], 0, r->text);
}

void linli_intake_receipt_taken_back(LinliIntakeReceipt *r) {
  if (linli_context_courier(r->context)) linli_courier_acknowledge(linli_context_courier(r->context), r->command);
}

/* --- The object ----------------------------------------------------------------------------------------------- */

static void on_closed(LinliIntakeReceipt *r) {
  stop_looking(r);
  if (r->waiting) say(r, "", _("Kept. It gets its number when it has been sent."));
}

GtkWidget *linli_intake_receipt_new(LinliContext *context) {
  LinliIntakeReceipt *r = g_object_new(LINLI_TYPE_INTAKE_RECEIPT, NULL);

  r->context = g_object_ref(context);
  g_signal_connect_object(context, "closed", G_CALLBACK(on_closed), r, G_CONNECT_SWAPPED);
  return GTK_WIDGET(r);
}

static void linli_intake_receipt_dispose(GObject *object) {
  LinliIntakeReceipt *r = LINLI_INTAKE_RECEIPT(object);

  if (r->context) stop_looking(r);
  g_clear_pointer(&r->box, gtk_widget_unparent);
  G_OBJECT_CLASS(linli_intake_receipt_parent_class)->dispose(object);
}

static void linli_intake_receipt_finalize(GObject *object) {
  LinliIntakeReceipt *r = LINLI_INTAKE_RECEIPT(object);

  g_clear_object(&r->context);
  g_free(r->text);
  g_free(r->added_to);
  G_OBJECT_CLASS(linli_intake_receipt_parent_class)->finalize(object);
}

static void linli_intake_receipt_class_init(LinliIntakeReceiptClass *class) {
  GType type = LINLI_TYPE_INTAKE_RECEIPT;

  G_OBJECT_CLASS(class)->dispose = linli_intake_receipt_dispose;
  G_OBJECT_CLASS(class)->finalize = linli_intake_receipt_finalize;
  gtk_widget_class_set_layout_manager_type(GTK_WIDGET_CLASS(class), GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_css_name(GTK_WIDGET_CLASS(class), "receipt");
  signals[FAILED] =
      g_signal_new("failed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[CORRECT] =
      g_signal_new("correct", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void linli_intake_receipt_init(LinliIntakeReceipt *r) {
  r->box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 2);
  r->number = gtk_label_new(NULL);
  r->words = gtk_label_new(NULL);
  r->correct = gtk_button_new_with_label(_("Correct it"));
  gtk_label_set_selectable(GTK_LABEL(r->number), TRUE);
  gtk_widget_add_css_class(r->number, "number");
  gtk_label_set_wrap(GTK_LABEL(r->words), TRUE);
  gtk_label_set_justify(GTK_LABEL(r->words), GTK_JUSTIFY_CENTER);
  gtk_widget_set_halign(r->correct, GTK_ALIGN_CENTER);
  gtk_widget_set_visible(r->correct, FALSE);
  g_signal_connect_swapped(r->correct, "clicked", G_CALLBACK(on_correct), r);
  gtk_box_append(GTK_BOX(r->box), r->number);
  gtk_box_append(GTK_BOX(r->box), r->words);
  gtk_box_append(GTK_BOX(r->box), r->correct);
  gtk_widget_set_parent(r->box, GTK_WIDGET(r));
}
