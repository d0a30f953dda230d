/* context.c: see context.h. */
#include "client/desk/app/context.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>

#include "client/core/certificates.h"
#include "client/core/clock.h"
#include "client/core/identity.h"
#include "client/core/row.h"
#include "client/desk/app/who_file.h"
#include "common/uuid.h"

enum { STALE_S = 45, TICK_MS = 1000 };

struct _LinliContext {
  GObject parent_instance;
  GSettings *settings;
  char *folder;
  LinliTokens *tokens;
  LinliOutbox *outbox;

  LinliReplicaLoad *expected; /* what linli_context_expect() began, of the folder */
  char *expected_folder;

  LinliSession *session; /* these, while open */
  LinliReplica *replica;
  LinliLive *live;
  LinliSync *sync;
  LinliCourier *courier;
  LinliDrafts *drafts;
  LinliDraftCopies *copies;
  LinliRules *rules;
  LinliWho *who; /* of the last sign-in, from disk, until the session knows better */
  char *who_path, *account_folder;

  guint listener, tick;
  guint64 as_of;     /* UTC microseconds */
  GHashTable *names; /* noun << 48 ^ number -> text */
  GQueue pending;    /* of Submission: not yet decided */
  WireArena *arena;
};

G_DEFINE_FINAL_TYPE(LinliContext, linli_context, G_TYPE_OBJECT)

enum { OPENED, CLOSED, STATE_CHANGED, TICK, RETURNED, WAITING_CHANGED, NAMES_CHANGED, FORKED, PRESENT, N_SIGNALS };
static guint signals[N_SIGNALS];

static GSettings *find_settings(void) {
  g_autoptr(GSettingsSchema) schema = NULL;
  GSettingsSchemaSource *installed = g_settings_schema_source_get_default();
  g_autoptr(GSettingsSchemaSource) built =
      g_settings_schema_source_new_from_directory(LINLI_SCHEMA_DIR, installed, TRUE, NULL);

  /* What lies beside the program that was just built is never older than what is installed. */
  if (built) schema = g_settings_schema_source_lookup(built, LINLI_APP_ID, TRUE);
  if (!schema && installed) schema = g_settings_schema_source_lookup(installed, LINLI_APP_ID, TRUE);
  return schema ? g_settings_new_full(schema, NULL, NULL) : NULL;
}

LinliContext *linli_context_new(const char *state_folder, LinliTokens *tokens, GError **error) {
  g_autoptr(LinliContext) context = g_object_new(LINLI_TYPE_CONTEXT, NULL);

  context->tokens = tokens;
  context->folder = state_folder ? g_strdup(state_folder) : linli_settings_state_folder(error);
  if (!context->folder) return NULL;
  context->settings = find_settings();
  if (!context->settings) {
    g_set_error(error, LINLI_ERROR, LINLI_ERROR_DISK,
                _("The settings schema %s is not installed. Install the program again."), LINLI_APP_ID);
    return NULL;
  }
  if (!context->tokens) context->tokens = linli_tokens_in_folder(context->folder, error);
  if (!context->tokens) return NULL;
  return g_steal_pointer(&context);
}

/* --- Names ---------------------------------------------------------------------------------------------------- */

static guint64 name_key(guint32 noun, guint64 number) {
  return (guint64)noun << 48 ^ number;
}

static WireBytes row_of(LinliContext *context, guint32 noun, guint64 number) {
  WireBytes none = {NULL, 0};

  return context->replica && number ? linli_replica_get(context->replica, noun, linli_id_of_number(number)) : none;
}

static char *find_name(LinliContext *context, guint32 noun, guint64 number) {
  WireBytes row = row_of(context, noun, number);
  const WireMessage *message = proto_message(&proto_linli, noun);
  static const char *const zh[] = {"short_name", "title", "name"}, *const en[] = {"short_name", "title", "english",
                                                                                  "name"};
  gboolean chinese = linli_in_chinese();
  guint count = chinese ? G_N_ELEMENTS(zh) : G_N_ELEMENTS(en);

  for (guint i = 0; row.data && i < count; i++) {
    WireBytes text = linli_row_text(message, row, (chinese ? zh : en)[i]);
    if (text.len) return g_strndup((const char *)text.data, text.len);
  }
  return number ? g_strdup_printf("#%" G_GUINT64_FORMAT, number) : g_strdup("");
}

const char *linli_context_name(LinliContext *context, guint32 noun, guint64 number) {
  guint64 key = name_key(noun, number);
  char *name = g_hash_table_lookup(context->names, &key);

  if (!name) {
    name = find_name(context, noun, number);
    g_hash_table_insert(context->names, g_memdup2(&key, sizeof key), name);
  }
  return name;
}

void linli_context_forget_names(LinliContext *context) {
  g_hash_table_remove_all(context->names);
  g_signal_emit(context, signals[NAMES_CHANGED], 0);
}

gboolean linli_context_row(LinliContext *context, guint32 noun, guint64 number, gpointer row) {
  WireBytes body = row_of(context, noun, number);
  WireError ignored;

  wire_arena_reset(context->arena);
  return body.data && wire_decode(proto_message(&proto_linli, noun), body, true, context->arena, row, &ignored);
}

gboolean linli_context_request(LinliContext *context, Uuid id, WireArena *arena, ProtoRequest *request) {
  WireBytes body = {NULL, 0};
  WireError ignored;

  if (context->replica) body = linli_replica_get(context->replica, PROTO_MESSAGE_REQUEST, id);
  return body.data && wire_decode(&proto_msg_request, body, true, arena, request, &ignored);
}

LinliMay linli_context_may(LinliContext *context, const ProtoRequest *request, guint64 action) {
  ProtoTeam team;
  gboolean has_accounts = !request->team || !linli_context_row(context, PROTO_MESSAGE_TEAM, request->team, &team) ||
                          !(team.has & PROTO_HAS_TEAM_HAS_ACCOUNTS) || team.has_accounts;

  return context->rules ? linli_rules_may(context->rules, request, action, has_accounts) : LINLI_MAY_NOT_KNOWN;
}

static void on_row(G_GNUC_UNUSED LinliReplica *replica, guint32 noun, G_GNUC_UNUSED Uuid id,
                   G_GNUC_UNUSED WireBytes before, G_GNUC_UNUSED WireBytes after, gpointer data) {
  LinliContext *context = data;

  if (noun == PROTO_MESSAGE_REQUEST) return;
  if (g_hash_table_size(context->names) == 0) return;
  g_hash_table_remove_all(context->names);
  g_signal_emit(context, signals[NAMES_CHANGED], 0);
}

/* --- Age ------------------------------------------------------------------------------------------------------ */

LinliAge linli_context_age(LinliContext *context, guint64 *as_of) {
  gint64 heard, silent;

  *as_of = context->as_of;
  if (!context->session) return LINLI_AGE_CLOSED;
  heard = linli_session_heard_at(context->session);
  silent = linli_clock_local() - heard;
  if (linli_session_state(context->session) != LINLI_STATE_READY || !heard || silent > STALE_S * G_USEC_PER_SEC)
    return LINLI_AGE_STALE;
  if (!linli_sync_is_current(context->sync)) return LINLI_AGE_CATCHING;
  *as_of = context->as_of = linli_context_now(context) - (guint64)silent;
  return LINLI_AGE_LIVE;
}

char *linli_context_known_certificate(LinliContext *context) {
  if (!context->session) return NULL;
  return linli_certificate_known(context->folder, linli_settings_server(linli_session_settings(context->session)));
}

guint linli_context_waiting(LinliContext *context, guint64 *oldest) {
  *oldest = 0;
  return context->courier ? linli_courier_waiting(context->courier, oldest) : 0;
}

static gboolean on_tick(gpointer data) {
  LinliContext *context = data;
  guint64 ignored;

  (void)linli_context_age(context, &ignored);
  linli_live_tick(context->live);
  g_signal_emit(context, signals[TICK], 0);
  return G_SOURCE_CONTINUE;
}

static guint64 now_of(gpointer context) {
  return linli_context_now(context);
}

guint64 linli_context_now(LinliContext *context) {
  return context->session ? linli_session_now(context->session) : (guint64)g_get_real_time();
}

const LinliWho *linli_context_who(LinliContext *context) {
  const LinliWho *who = context->session ? linli_session_who(context->session) : NULL;

  return who ? who : context->who;
}

/* --- Commands ------------------------------------------------------------------------------------------------- */

typedef struct {
  LinliContext *context; /* whose table holds it */
  LinliDecided decided;
  gpointer data;
} Submission;

/* What came back is told to everybody: whoever asked may be gone. data: the context. */
static void tell_returned(const LinliEntry *entry, const LinliAnswer *answer, const GError *error, gpointer data) {
  if (error && g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) return;
  if (error) {
    g_signal_emit(data, signals[RETURNED], 0, entry, error->message);
  } else if (answer->verdict != LINLI_DONE) {
    const WireEnum *of = answer->verdict == LINLI_REFUSED ? proto_linli.refusals : proto_linli.errors;
    g_signal_emit(data, signals[RETURNED], 0, entry, linli_sentence(of, answer->code));
  }
}

static void on_decided(const LinliEntry *entry, const LinliAnswer *answer, const GError *error, gpointer data) {
  g_autofree Submission *s = data;
  g_autoptr(LinliContext) context = g_object_ref(s->context);

  g_queue_remove(&context->pending, s);
  if (s->decided) s->decided(entry, answer, error, s->data);
  tell_returned(entry, answer, error, context);
}

static gpointer submission(LinliContext *context, LinliDecided decided, gpointer data) {
  Submission *s = g_new(Submission, 1);

  *s = (Submission){context, decided, data};
  g_queue_push_tail(&context->pending, s);
  return s;
}

/* The courier is gone and calls nobody: who asked hears it from here. */
static void end_submissions(LinliContext *context) {
  g_autoptr(GError) error =
      g_error_new(G_IO_ERROR, G_IO_ERROR_CLOSED, "It is kept, and leaves when the desk is opened again.");
  Submission *s;

  while ((s = g_queue_pop_head(&context->pending))) {
    if (s->decided) s->decided(NULL, NULL, error, s->data);
    g_free(s);
  }
}

Uuid linli_context_submit(LinliContext *context, guint32 kind, guint64 stream, guint64 version,
                          const GByteArray *body, guint hold_ms, LinliDecided decided, gpointer data) {
  LinliCommand command = {
      .id = linli_new_id_at(linli_context_now(context) / 1000),
      .kind = kind,
      .stream = stream,
      .made_at = linli_context_now(context),
      .version = version,
      .body = {body->data, body->len},
  };

  linli_courier_submit_held(context->courier, &command, hold_ms, on_decided, submission(context, decided, data));
  return command.id;
}

void linli_context_resend(LinliContext *context, const LinliEntry *entry, guint64 stream, guint64 version) {
  gsize len;
  const guint8 *data = g_bytes_get_data(entry->body, &len);
  g_autoptr(GByteArray) body = g_byte_array_sized_new((guint)len);
  Uuid old = entry->id;

  g_byte_array_append(body, data, (guint)len);
  linli_context_submit(context, entry->kind, stream, version, body, 0, NULL, NULL);
  linli_courier_acknowledge(context->courier, old); /* written after the new one: at no moment is it nowhere */
}

gboolean linli_context_recall(LinliContext *context, Uuid id) {
  return context->courier && linli_courier_recall(context->courier, id);
}

static void on_waiting(G_GNUC_UNUSED LinliCourier *courier, gpointer context) {
  g_signal_emit(context, signals[WAITING_CHANGED], 0);
}

/* --- Opening and closing -------------------------------------------------------------------------------------- */

static void on_state(G_GNUC_UNUSED LinliSession *session, G_GNUC_UNUSED guint state, LinliContext *context) {
  g_signal_emit(context, signals[STATE_CHANGED], 0);
}

static void on_signed_in(LinliSession *session, const LinliWho *who, LinliContext *context) {
  linli_certificate_remember(context->folder, linli_settings_server(linli_session_settings(session)),
                             linli_session_fingerprint(session));
  linli_who_save(context->who_path, who);
}

static void on_present(G_GNUC_UNUSED LinliSession *session, const ProtoPresent *present, LinliContext *context) {
  g_signal_emit(context, signals[PRESENT], 0, present);
}

static void on_forked(G_GNUC_UNUSED LinliSync *sync, G_GNUC_UNUSED guint64 stream, gpointer context) {
  g_signal_emit(context, signals[FORKED], 0);
}

static void on_rules(gpointer context) {
  g_signal_emit(context, signals[STATE_CHANGED], 0);
}

/* A folder for what is kept of one account on one server: its replica, the rules, who it was. */
static char *account_folder(LinliContext *context, LinliSettings *settings, GError **error) {
  g_autofree char *whose = g_strconcat(linli_settings_server(settings), "\n", linli_settings_user(settings), NULL);
  g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, whose, -1);
  g_autofree char *folder = g_build_filename(context->folder, "desk", NULL);

  digest[16] = '\0';
  char *path = g_build_filename(folder, digest, NULL);
  if (g_mkdir_with_parents(path, 0700) == 0) return path;
  g_set_error(error, LINLI_ERROR, LINLI_ERROR_DISK,
              _("The folder %s cannot be made: %s. Make room on the disk, or ask the administrator."), path,
              g_strerror(errno));
  g_free(path);
  return NULL;
}

static LinliReplica *take_expected(LinliContext *context, const char *folder) {
  gboolean same = g_strcmp0(folder, context->expected_folder) == 0;
  LinliReplica *replica = context->expected ? linli_replica_load_end(context->expected) : NULL;

  context->expected = NULL;
  g_clear_pointer(&context->expected_folder, g_free);
  if (!same) g_clear_pointer(&replica, linli_replica_free);
  return replica;
}

void linli_context_expect(LinliContext *context, LinliSettings *settings) {
  g_autofree char *folder = account_folder(context, settings, NULL);

  if (!folder || context->expected || context->session) return;
  g_autofree char *path = g_build_filename(folder, "replica.sqlite", NULL);
  context->expected = linli_replica_load_begin(&proto_linli, path);
  context->expected_folder = g_steal_pointer(&folder);
}

static gboolean open_files(LinliContext *context, LinliSettings *settings, const char *folder, GError **error) {
  g_autofree char *outbox = g_build_filename(context->folder, "outbox.sqlite", NULL);
  g_autofree char *replica = g_build_filename(folder, "replica.sqlite", NULL);

  if (!context->outbox) context->outbox = linli_outbox_open(outbox, error);
  if (!context->outbox) return FALSE;
  context->drafts =
      linli_drafts_open(context->folder, linli_settings_server(settings), linli_settings_user(settings), error);
  if (!context->drafts) return FALSE;
  context->replica = take_expected(context, folder);
  if (!context->replica) context->replica = linli_replica_new(&proto_linli, replica);
  return TRUE;
}

static void connect_session(LinliContext *context, LinliSettings *settings, const char *folder) {
  g_autofree char *rules = g_build_filename(folder, "rules", NULL);

  context->session = linli_session_new(settings, context->tokens, &proto_linli, "linli " LINLI_VERSION);
  context->sync = linli_sync_new(context->session, context->replica);
  context->rules = linli_rules_new(context->session, rules);
  context->live = linli_live_new(context->replica, now_of, context);
  context->courier = linli_courier_new(context->session, context->outbox);
  context->listener = linli_replica_listen(context->replica, 0, on_row, context);
  context->copies = linli_draft_copies_new(context->session);
  linli_sync_on_forked(context->sync, on_forked, context);
  linli_rules_assume(context->rules, context->who);
  linli_rules_on_changed(context->rules, on_rules, context);
  linli_courier_on_changed(context->courier, on_waiting, context);
  g_signal_connect(context->session, "state-changed", G_CALLBACK(on_state), context);
  g_signal_connect(context->session, "signed-in", G_CALLBACK(on_signed_in), context);
  g_signal_connect(context->session, "present", G_CALLBACK(on_present), context);
}

gboolean linli_context_open(LinliContext *context, LinliSettings *settings, GError **error) {
  g_return_val_if_fail(!context->session, FALSE);
  g_autofree char *folder = account_folder(context, settings, error);

  if (!folder) return FALSE;
  context->account_folder = g_strdup(folder);
  context->who_path = g_build_filename(folder, "who", NULL);
  context->who = linli_who_load(context->who_path);
  if (!open_files(context, settings, folder, error)) {
    linli_context_close(context);
    return FALSE;
  }
  connect_session(context, settings, folder);
  if (!linli_courier_take_over(context->courier, tell_returned, context, error)) {
    linli_context_close(context);
    return FALSE;
  }
  context->tick = g_timeout_add(TICK_MS, on_tick, context);
  linli_session_start(context->session);
  g_signal_emit(context, signals[OPENED], 0);
  return TRUE;
}

void linli_context_close(LinliContext *context) {
  gboolean was_open = context->session != NULL;

  if (was_open) g_signal_emit(context, signals[CLOSED], 0);
  g_clear_handle_id(&context->tick, g_source_remove);
  g_clear_pointer(&context->courier, linli_courier_free);
  end_submissions(context);
  g_clear_pointer(&context->copies, linli_draft_copies_free);
  g_clear_object(&context->live);
  g_clear_pointer(&context->rules, linli_rules_free);
  g_clear_pointer(&context->sync, linli_sync_free);
  if (context->session) {
    g_signal_handlers_disconnect_by_data(context->session, context);
    linli_session_stop(context->session);
  }
  g_clear_object(&context->session);
  if (context->listener) linli_replica_unlisten(context->replica, context->listener);
  context->listener = 0;
  g_clear_pointer(&context->replica, linli_replica_free);
  g_clear_pointer(&context->drafts, linli_drafts_close);
  g_clear_pointer(&context->who, linli_who_free);
  g_clear_pointer(&context->who_path, g_free);
  g_clear_pointer(&context->account_folder, g_free);
  g_hash_table_remove_all(context->names);
  context->as_of = 0;
}

void linli_context_sign_out(LinliContext *context) {
  if (!context->session) return;
  linli_session_sign_out(context->session);
  linli_context_close(context);
}

/* --- Reading -------------------------------------------------------------------------------------------------- */

gboolean linli_context_is_open(LinliContext *context) {
  return context->session != NULL;
}

GSettings *linli_context_settings(LinliContext *context) {
  return context->settings;
}

const char *linli_context_folder(LinliContext *context) {
  return context->folder;
}

const char *linli_context_account_folder(LinliContext *context) {
  return context->account_folder;
}

LinliSession *linli_context_session(LinliContext *context) {
  return context->session;
}

LinliReplica *linli_context_replica(LinliContext *context) {
  return context->replica;
}

LinliLive *linli_context_live(LinliContext *context) {
  return context->live;
}

LinliCourier *linli_context_courier(LinliContext *context) {
  return context->courier;
}

LinliOutbox *linli_context_outbox(LinliContext *context) {
  return context->outbox;
}

LinliDrafts *linli_context_drafts(LinliContext *context) {
  return context->drafts;
}

LinliDraftCopies *linli_context_draft_copies(LinliContext *context) {
  return context->copies;
}

LinliRules *linli_context_rules(LinliContext *context) {
  return context->rules;
}

LinliSync *linli_context_sync(LinliContext *context) {
  return context->sync;
}

/* --- The object ----------------------------------------------------------------------------------------------- */

static void linli_context_dispose(GObject *object) {
  linli_context_close(LINLI_CONTEXT(object));
  G_OBJECT_CLASS(linli_context_parent_class)->dispose(object);
}

static void linli_context_finalize(GObject *object) {
  LinliContext *context = LINLI_CONTEXT(object);
  LinliReplica *unused = take_expected(context, NULL);

  g_clear_pointer(&unused, linli_replica_free);
  g_clear_pointer(&context->outbox, linli_outbox_close);
  g_clear_pointer(&context->tokens, linli_tokens_free);
  g_clear_object(&context->settings);
  g_hash_table_unref(context->names);
  wire_arena_free(context->arena);
  g_free(context->folder);
  G_OBJECT_CLASS(linli_context_parent_class)->finalize(object);
}

static guint signal_new(const char *name, guint n, const GType *types) {
  return g_signal_newv(name, LINLI_TYPE_CONTEXT, G_SIGNAL_RUN_LAST, NULL, NULL, NULL, NULL, G_TYPE_NONE, n,
                       (GType *)types);
}

static void linli_context_class_init(LinliContextClass *class) {
  const GType returned[] = {G_TYPE_POINTER, G_TYPE_STRING}, present[] = {G_TYPE_POINTER};

  G_OBJECT_CLASS(class)->dispose = linli_context_dispose;
  G_OBJECT_CLASS(class)->finalize = linli_context_finalize;
  signals[OPENED] = signal_new("opened", 0, NULL);
  signals[CLOSED] = signal_new("closed", 0, NULL);
  signals[STATE_CHANGED] = signal_new("state-changed", 0, NULL);
  signals[TICK] = signal_new("tick", 0, NULL);
  signals[RETURNED] = signal_new("returned", 2, returned);
  signals[WAITING_CHANGED] = signal_new("waiting-changed", 0, NULL);
  signals[NAMES_CHANGED] = signal_new("names-changed", 0, NULL);
  signals[FORKED] = signal_new("forked", 0, NULL);
  signals[PRESENT] = signal_new("present", 1, present);
}

static void linli_context_init(LinliContext *context) {
  context->names = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
  context->arena = wire_arena_new();
}
