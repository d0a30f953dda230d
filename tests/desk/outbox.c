/* outbox.c: the outbox as a list for widgets changes only where something has changed, and what came back becomes the
 * draft of the form that made it, choices and all. */
#include <glib/gstdio.h>
#include <string.h>

#include "client/core/identity.h"
#include "client/desk/intake/intake_form.h"
#include "client/desk/outbox/outbox_model.h"
#include "client/desk/request/form_draft.h"
#include "common/uuid.h"

#define TEXT(s) ((WireBytes){(const uint8_t *)(s), (uint32_t)strlen(s)})

static char *folder;
static const Uuid REQUEST = {{1, 2, 3}};

static void keep(LinliOutbox *outbox, guint32 kind, LinliKeptState state, guint64 at, const GByteArray *body) {
  g_autoptr(LinliEntry) e = linli_entry_new(linli_new_id(), kind, 6, (WireBytes){body->data, body->len});

  e->server = g_strdup("127.0.0.1:9");
  e->account = g_strdup("somebody");
  e->state = state;
  e->code = PROTO_REFUSAL_CONFLICT;
  e->version = 2;
  e->kept_at = at;
  linli_outbox_keep(outbox, e, NULL, NULL);
}

static GByteArray *dispatch_body(void) {
  GByteArray *body = g_byte_array_new();
  const guint8 assist[] = {8, 9};

  wire_put_uuid(body, 1, REQUEST);
  wire_put_uint(body, 2, 7);
  wire_put_bytes(body, 3, (WireBytes){assist, sizeof assist});
  wire_put_bytes(body, 4, TEXT("bring the ladder"));
  return body;
}

static GByteArray *register_body(void) {
  GByteArray *body = g_byte_array_new();

  wire_put_uuid(body, 1, REQUEST);
  wire_put_bytes(body, 2, TEXT("路灯不亮\n第二行"));
  wire_put_uint(body, 4, PROTO_CHANNEL_PHONE);
  wire_put_bytes(body, 8, TEXT("6号楼东侧"));
  return body;
}

/* One that waits, then two that came back, the younger first on the disk. */
static void fill_outbox(void) {
  g_autofree char *path = g_build_filename(folder, "outbox.sqlite", NULL);
  g_autoptr(GError) error = NULL;
  LinliOutbox *outbox = linli_outbox_open(path, &error);
  g_autoptr(GByteArray) dispatch = dispatch_body(), intake = register_body();

  g_assert_no_error(error);
  keep(outbox, PROTO_COMMAND_REQUEST_DISPATCH, LINLI_KEPT, 1000, dispatch);
  keep(outbox, PROTO_COMMAND_REQUEST_REGISTER, LINLI_KEPT_REFUSED, 3000, intake);
  keep(outbox, PROTO_COMMAND_REQUEST_DISPATCH, LINLI_KEPT_REFUSED, 2000, dispatch);
  linli_outbox_close(outbox);
}

static LinliContext *open_context(void) {
  g_autoptr(GError) error = NULL;
  LinliContext *context = linli_context_new(folder, linli_tokens_in_memory(), &error);
  g_autoptr(LinliSettings) settings = linli_settings_named("127.0.0.1:9", NULL, "somebody", NULL);

  g_assert_no_error(error);
  g_assert_true(linli_context_open(context, settings, &error)); /* nobody listens there */
  g_assert_no_error(error);
  return context;
}

static LinliOutboxItem *item_at(LinliOutboxModel *model, guint position) {
  g_autoptr(LinliOutboxItem) item = g_list_model_get_item(G_LIST_MODEL(model), position);

  return item; /* the model keeps it */
}

typedef struct {
  guint n, position, removed, added;
} Heard;

static void on_items(Heard *heard, guint position, guint removed, guint added) {
  *heard = (Heard){heard->n + 1, position, removed, added};
}

static void what_came_back_stands_first_and_the_oldest_before_the_younger(LinliOutboxModel *model) {
  g_assert_cmpuint(g_list_model_get_n_items(G_LIST_MODEL(model)), ==, 3);
  g_assert_cmpuint(linli_outbox_model_back(model), ==, 2);
  g_assert_cmpuint(linli_outbox_item_entry(item_at(model, 0))->kept_at, ==, 2000);
  g_assert_cmpuint(linli_outbox_item_entry(item_at(model, 1))->kept_at, ==, 3000);
  g_assert_cmpuint(linli_outbox_item_entry(item_at(model, 2))->kept_at, ==, 1000);
}

static void only_the_row_that_goes_is_told(LinliContext *context, LinliOutboxModel *model) {
  Heard heard = {0};
  LinliOutboxItem *stays = item_at(model, 1);
  g_autoptr(LinliEntry) entry = linli_entry_ref(linli_outbox_item_entry(item_at(model, 0)));

  gulong handler = g_signal_connect_swapped(model, "items-changed", G_CALLBACK(on_items), &heard);
  linli_courier_acknowledge(linli_context_courier(context), entry->id);
  g_assert_cmpuint(heard.n, ==, 1);
  g_assert_cmpuint(heard.position, ==, 0);
  g_assert_cmpuint(heard.removed, ==, 1);
  g_assert_true(item_at(model, 0) == stays);
  linli_courier_restore(linli_context_courier(context), entry);
  g_assert_cmpuint(heard.n, ==, 2);
  g_assert_cmpuint(heard.position, ==, 0);
  g_assert_cmpuint(heard.added, ==, 1);
  g_assert_true(item_at(model, 1) == stays);
  g_signal_emit_by_name(context, "waiting-changed"); /* nothing has: nobody is told */
  g_assert_cmpuint(heard.n, ==, 2);
  g_signal_handler_disconnect(model, handler);
}

static void an_action_becomes_the_draft_of_its_form_with_its_choices(LinliOutboxModel *model) {
  g_autofree char *about = NULL, *draft = linli_outbox_item_draft(item_at(model, 0), &about);
  g_autoptr(GKeyFile) file = g_key_file_new();
  const struct {
    const char *field, *kept;
  } wanted[] = {{"team", "7"}, {"assist", "8;9"}, {"note", "bring the ladder"}};

  g_assert_true(g_str_has_prefix(about, "request.dispatch "));
  g_assert_true(g_key_file_load_from_data(file, draft, (gsize)-1, G_KEY_FILE_NONE, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS(wanted); i++) {
    g_autofree char *kept = g_key_file_get_string(file, LINLI_FORM_DRAFT_GROUP, wanted[i].field, NULL);
    g_assert_cmpstr(kept, ==, wanted[i].kept);
  }
  g_assert_false(g_key_file_has_key(file, LINLI_FORM_DRAFT_GROUP, "request", NULL));
}

static void a_new_request_becomes_a_draft_of_the_intake(LinliOutboxModel *model, LinliContext *context) {
  g_autofree char *about = NULL, *draft = linli_outbox_item_draft(item_at(model, 1), &about),
                  *words = linli_outbox_item_about(item_at(model, 1), context);
  g_auto(LinliIntake) intake = {0};

  linli_intake_init(&intake);
  g_assert_cmpstr(about, ==, "request");
  g_assert_true(linli_intake_from_draft(&intake, draft));
  g_assert_cmpstr(intake.text, ==, "路灯不亮\n第二行");
  g_assert_cmpstr(intake.place, ==, "6号楼东侧");
  g_assert_cmpuint(intake.community, ==, 1); /* of the stream it was for */
  g_assert_cmpstr(words, ==, "路灯不亮");
}

static void what_is_not_on_this_desk_is_not_sent_again_and_a_new_request_is(LinliOutboxModel *model,
                                                                            LinliContext *context) {
  const char *why;

  g_assert_false(linli_outbox_item_may_resend(item_at(model, 0), context, &why));
  g_assert_nonnull(why);
  g_assert_true(linli_outbox_item_may_resend(item_at(model, 1), context, &why));
  g_assert_null(why);
}

static void remove_all(const char *path) {
  g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name(dir))) {
    g_autofree char *inner = g_build_filename(path, name, NULL);
    remove_all(inner);
  }
  g_remove(path);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  folder = g_dir_make_tmp("linli-outbox-XXXXXX", NULL);
  fill_outbox();
  LinliContext *context = open_context();
  LinliOutboxModel *model = linli_outbox_model_new(context);

  what_came_back_stands_first_and_the_oldest_before_the_younger(model);
  only_the_row_that_goes_is_told(context, model);
  an_action_becomes_the_draft_of_its_form_with_its_choices(model);
  a_new_request_becomes_a_draft_of_the_intake(model, context);
  what_is_not_on_this_desk_is_not_sent_again_and_a_new_request_is(model, context);
  g_object_unref(model);
  g_object_unref(context);
  remove_all(folder);
  g_free(folder);
  return 0;
}
