/* session.c: the state machine of session.h. What is asked and waits for an answer lives in pending.c. */
#include "client/core/session.h"

#include <string.h>

#include "client/core/backoff.h"
#include "client/core/clock.h"
#include "client/core/link.h"
#include "client/core/pending.h"
#include "client/core/subscriptions.h"
#include "proto/proto_tables.h"

enum {
  TICK_MS = 1000,
  PING_SECONDS = 20,
  SILENCE_SECONDS = 10,  /* after an unanswered ping */
  SIGN_IN_SECONDS = 120, /* queued behind others is normal on a Monday morning */
  STEADY_SECONDS = 10,   /* READY that long: the next loss begins with short waits again */
  LATE_TOKEN_MS = 500,   /* a keyring that is still starting */
  HURRIES = 3,           /* attempts at once in a row, before waits begin */
  SUBSCRIBE_MAX = 4096,
  PROTOCOL_VERSION = 1,
  DECODED_MAX = 512,
};

struct _LinliSession {
  GObject parent;
  LinliSettings *settings;
  LinliTokens *tokens;
  const Proto *proto;
  char *program;

  LinliState state;
  LinliLink *link;
  LinliPending *pending;
  LinliSubscriptions *subscriptions;
  LinliBackoff backoff;
  LinliClock clock;
  LinliWho *who;
  GError *problem;
  WireArena *arena;
  Uuid instance;
  char *fingerprint;
  guint64 version;
  gboolean by_token; /* the sign-in in flight is a resume */
  gboolean token_is_bad;
  guint hurries;
  guint tick, retry;
  gint64 patience_us, without_since, since, heard_at, ping_at, goaway_at;
};

G_DEFINE_FINAL_TYPE(LinliSession, linli_session, G_TYPE_OBJECT)

enum { STATE_CHANGED, SIGNED_IN, FOLLOWING, EVENT, SNAPSHOT, RESYNC, PRESENT, PROBLEM, N_SIGNALS };
static guint signals[N_SIGNALS];

static void connect_now(LinliSession *s);
static void on_down(gpointer owner, const GError *error, gboolean hurry);

/* --- States --------------------------------------------------------------------------------------------------- */

static void enter(LinliSession *s, LinliState state) {
  if (s->state == state) return;
  if (s->state == LINLI_STATE_READY) s->without_since = linli_clock_local();
  s->state = state;
  s->since = linli_clock_local();
  if (state == LINLI_STATE_READY) g_clear_error(&s->problem);
  g_signal_emit(s, signals[STATE_CHANGED], 0, (guint)state);
}

static void tell(LinliSession *s, const GError *error) {
  g_clear_error(&s->problem);
  s->problem = g_error_copy(error);
  g_signal_emit(s, signals[PROBLEM], 0, s->problem);
}

static void drop_link(LinliSession *s) {
  g_clear_pointer(&s->link, linli_link_close);
  g_clear_handle_id(&s->tick, g_source_remove);
  s->ping_at = s->goaway_at = 0;
  linli_pending_break(s->pending);
  linli_subscriptions_forget(s->subscriptions);
}

static gboolean on_retry(gpointer data) {
  LinliSession *s = data;

  s->retry = 0;
  connect_now(s);
  return G_SOURCE_REMOVE;
}

static void fail(LinliSession *s, const GError *error) {
  drop_link(s);
  tell(s, error);
  enter(s, LINLI_STATE_FAILED);
}

/* Waits and connects again, unless the patience is at its end. */
static void later(LinliSession *s, const GError *error, guint64 wait_ms) {
  gint64 spent = linli_clock_local() - s->without_since;

  if (s->patience_us >= 0 && spent + (gint64)wait_ms * 1000 > s->patience_us) {
    fail(s, error);
    return;
  }
  drop_link(s);
  tell(s, error);
  if (s->state == LINLI_STATE_FAILED || s->state == LINLI_STATE_IDLE) return; /* a handler of `problem` stopped us */
  g_clear_handle_id(&s->retry, g_source_remove);
  s->retry = g_timeout_add((guint)MIN(wait_ms, G_MAXUINT), on_retry, s);
  enter(s, LINLI_STATE_WAITING);
}

static guint next_wait(LinliSession *s, gboolean hurry) {
  if (hurry && s->hurries < HURRIES) {
    s->hurries++;
    return (guint)g_random_int_range(0, 20);
  }
  return linli_backoff_next(&s->backoff, g_random_double());
}

static void note_certificate(LinliSession *s) {
  if (!s->link || !linli_link_fingerprint(s->link)) return;
  g_free(s->fingerprint);
  s->fingerprint = g_strdup(linli_link_fingerprint(s->link));
}

static void on_down(gpointer owner, const GError *error, gboolean hurry) {
  LinliSession *s = owner;
  gboolean was_ready = s->state == LINLI_STATE_READY;
  gint64 now = linli_clock_local();

  note_certificate(s);
  if (s->goaway_at) {
    later(s, error, (guint64)MAX(s->goaway_at - now, 0) / 1000);
    return;
  }
  if (was_ready && now - s->since > STEADY_SECONDS * G_USEC_PER_SEC) linli_backoff_reset(&s->backoff);
  /* Once it was READY, a handshake that fails is a server that was killed in the middle of it. */
  gboolean untrusted = !s->who && g_error_matches(error, LINLI_ERROR, LINLI_ERROR_TRUST);
  if (g_error_matches(error, LINLI_ERROR, LINLI_ERROR_USAGE) || (untrusted && s->patience_us >= 0)) {
    fail(s, error);
    return;
  }
  if (was_ready) s->without_since = now;
  later(s, error, untrusted ? LINLI_BACKOFF_LAST_MS : next_wait(s, hurry));
}

/* --- Signing in ----------------------------------------------------------------------------------------------- */

static void send_message(LinliSession *s, const WireMessage *message, guint32 correlation, const void *in) {
  g_autoptr(GByteArray) out = g_byte_array_new();

  wire_frame_message(message, correlation, in, out);
  if (s->link) linli_link_send(s->link, out->data, out->len);
}

static WireBytes text_bytes(const char *text) {
  return (WireBytes){(const uint8_t *)text, (uint32_t)strlen(text)};
}

static gboolean resume(LinliSession *s) {
  if (s->token_is_bad) return FALSE;
  g_autoptr(GBytes) token =
      s->tokens->load(s->tokens, linli_settings_server(s->settings), linli_settings_user(s->settings));
  if (!token) return FALSE;
  gsize len;
  const uint8_t *bytes = g_bytes_get_data(token, &len);
  ProtoResume in = {.has = PROTO_HAS_RESUME_TOKEN | PROTO_HAS_RESUME_DEVICE,
                    .token = {bytes, (uint32_t)len},
                    .device = s->tokens->device};
  s->by_token = TRUE;
  send_message(s, &proto_msg_resume, 1, &in);
  return TRUE;
}

static void sign_in(LinliSession *s) {
  GError *error = NULL;
  g_autofree char *password = linli_settings_password(s->settings, &error);

  if (!password) {
    gboolean wait = !error && !s->token_is_bad && s->tokens->may_come && s->tokens->may_come(s->tokens);
    if (!error)
      error =
          g_error_new(LINLI_ERROR, LINLI_ERROR_PASSWORD,
                      linli_text("%s is not signed in here, and no password is at hand: name a file that holds it by "
                                 "LINLI_PASSWORD_FILE or --password-file."),
                      linli_settings_user(s->settings));
    if (wait)
      later(s, error, LATE_TOKEN_MS);
    else
      fail(s, error);
    g_error_free(error);
    return;
  }
  ProtoSignIn in = {.has = PROTO_HAS_SIGN_IN_ACCOUNT | PROTO_HAS_SIGN_IN_PASSWORD | PROTO_HAS_SIGN_IN_DEVICE |
                           PROTO_HAS_SIGN_IN_DEVICE_NAME,
                    .account = text_bytes(linli_settings_user(s->settings)),
                    .password = text_bytes(password),
                    .device = s->tokens->device,
                    .device_name = text_bytes(g_get_host_name())};
  if (in.account.len > 64 || in.password.len > 256 || in.device_name.len > 128) {
    GError *long_error =
        g_error_new(LINLI_ERROR, LINLI_ERROR_SIGN_IN,
                    linli_text("Account or password is too long (64 and 256 bytes at most). Check both."));
    fail(s, long_error);
    g_error_free(long_error);
    return;
  }
  s->by_token = FALSE;
  send_message(s, &proto_msg_sign_in, 1, &in);
  memset(password, 0, strlen(password));
}

static void handle_hello(LinliSession *s, G_GNUC_UNUSED guint32 correlation, const void *in) {
  const ProtoHello *hello = in;

  s->version = hello->highest;
  if (hello->has & PROTO_HAS_HELLO_INSTANCE) s->instance = hello->instance;
  if (hello->has & PROTO_HAS_HELLO_NOW) linli_clock_sample(&s->clock, s->since, hello->now, linli_clock_local());
  if (s->state != LINLI_STATE_CONNECTING) return;
  enter(s, LINLI_STATE_SIGNING_IN);
  if (s->state == LINLI_STATE_SIGNING_IN && !resume(s)) sign_in(s);
}

static char *dup_text(WireBytes text) {
  return g_strndup((const char *)text.data, text.len);
}

static void who_free(LinliWho *who) {
  g_free(who->name);
  g_free(who->title);
  g_free(who->zone);
  g_array_unref(who->communities);
  g_array_unref(who->teams);
  g_free(who);
}

static GArray *numbers(WireList list) {
  GArray *array = g_array_new(FALSE, FALSE, sizeof(guint64));

  if (list.count) g_array_append_vals(array, list.data, list.count);
  return array;
}

static LinliWho *who_from(const ProtoSignedIn *in) {
  LinliWho *who = g_new0(LinliWho, 1);
  const uint64_t *rights = in->rights.data;

  who->account = in->account;
  who->office = in->office;
  who->expires_at = in->expires_at;
  who->name = dup_text(in->name);
  who->title = in->has & PROTO_HAS_SIGNED_IN_TITLE ? dup_text(in->title) : NULL;
  who->zone = dup_text(in->zone);
  who->communities = numbers(in->communities);
  who->teams = numbers(in->teams);
  for (guint i = 0; i < in->rights.count; i++)
    if (rights[i] < 64) who->rights |= G_GUINT64_CONSTANT(1) << rights[i];
  return who;
}

static void send_ping(LinliSession *s) {
  ProtoPing in = {.has = PROTO_HAS_PING_SENT_AT, .sent_at = (guint64)linli_clock_local()};

  s->ping_at = linli_clock_local();
  send_message(s, &proto_msg_ping, 2, &in);
}

static void handle_signed_in(LinliSession *s, G_GNUC_UNUSED guint32 correlation, const void *in) {
  const ProtoSignedIn *signed_in = in;

  if (signed_in->has & PROTO_HAS_SIGNED_IN_TOKEN)
    s->tokens->save(s->tokens, linli_settings_server(s->settings), linli_settings_user(s->settings),
                    signed_in->token);
  s->token_is_bad = FALSE;
  s->hurries = 0;
  g_clear_pointer(&s->who, who_free);
  s->who = who_from(signed_in);
  send_ping(s);
  enter(s, LINLI_STATE_READY);
  if (s->state == LINLI_STATE_READY) g_signal_emit(s, signals[SIGNED_IN], 0, s->who);
}

/* --- Frames --------------------------------------------------------------------------------------------------- */

static void handle_ping(LinliSession *s, guint32 correlation, const void *in) {
  ProtoPong out = {.has = PROTO_HAS_PONG_SENT_AT | PROTO_HAS_PONG_NOW,
                   .sent_at = ((const ProtoPing *)in)->sent_at,
                   .now = (guint64)g_get_real_time()};

  send_message(s, &proto_msg_pong, correlation, &out);
}

static void handle_pong(LinliSession *s, G_GNUC_UNUSED guint32 correlation, const void *in) {
  const ProtoPong *pong = in;

  s->ping_at = 0;
  linli_clock_sample(&s->clock, (gint64)pong->sent_at, pong->now, linli_clock_local());
}

static void handle_goaway(LinliSession *s, G_GNUC_UNUSED guint32 correlation, const void *in) {
  guint64 within = MIN(((const ProtoGoaway *)in)->within, 600000u);

  s->goaway_at = linli_clock_local() + (gint64)(g_random_double() * (double)within * 1000) + 1;
}

static GError *error_sentence(LinliSession *s, const ProtoError *in, gboolean about_sign_in) {
  return g_error_new(about_sign_in ? LINLI_ERROR : LINLI_WIRE_ERROR,
                     about_sign_in ? LINLI_ERROR_SIGN_IN : (gint)in->code, "%s%s%.*s%s",
                     linli_sentence(s->proto->errors, in->code), in->detail.len ? " (" : "", (int)in->detail.len,
                     in->detail.len ? (const char *)in->detail.data : "", in->detail.len ? ")" : "");
}

/* An error about the sign-in, or about the connection as a whole. */
static void connection_error(LinliSession *s, const ProtoError *in) {
  gboolean for_good =
      in->code == PROTO_ERROR_WRONG_PASSWORD || in->code == PROTO_ERROR_DISABLED || in->code == PROTO_ERROR_VERSION;
  gboolean stale = in->code == PROTO_ERROR_TOKEN_EXPIRED || in->code == PROTO_ERROR_SIGNED_OUT;
  g_autoptr(GError) error = error_sentence(s, in, stale || for_good);

  if (stale) {
    s->tokens->drop(s->tokens, linli_settings_server(s->settings), linli_settings_user(s->settings));
    s->token_is_bad = TRUE;
    if (s->state == LINLI_STATE_SIGNING_IN && s->by_token && in->code == PROTO_ERROR_TOKEN_EXPIRED)
      sign_in(s);
    else if (linli_settings_password_file(s->settings))
      later(s, error, next_wait(s, FALSE));
    else
      fail(s, error);
  } else if (for_good) {
    fail(s, error);
  } else if (s->state == LINLI_STATE_READY && in->code != PROTO_ERROR_SHUTDOWN) {
    tell(s, error); /* the server ends the connection itself when it must */
  } else {
    later(s, error, in->retry_after ? in->retry_after : next_wait(s, FALSE));
  }
}

static void handle_error(LinliSession *s, guint32 correlation, const void *in) {
  const ProtoError *error = in;
  g_autofree char *detail = error->detail.len ? dup_text(error->detail) : NULL;
  LinliAnswer answer = {
      .verdict = LINLI_UNDECIDED, .code = error->code, .retry_after_ms = error->retry_after, .detail = detail};

  if (s->state == LINLI_STATE_READY && linli_pending_answer(s->pending, s, correlation, &answer)) return;
  linli_subscriptions_failed(s->subscriptions, correlation, error->retry_after);
  connection_error(s, error);
}

static void handle_outcome(LinliSession *s, guint32 correlation, const void *in) {
  const ProtoOutcome *o = in;
  g_autofree char *detail = o->detail.len ? dup_text(o->detail) : NULL;
  LinliAnswer answer = {.verdict = o->has & PROTO_HAS_OUTCOME_REFUSAL ? LINLI_REFUSED : LINLI_DONE,
                        .code = o->refusal,
                        .detail = detail,
                        .stream = o->stream,
                        .seq = o->seq,
                        .row = o->row,
                        .repeated = o->repeated != 0};

  (void)!linli_pending_answer(s->pending, s, correlation, &answer);
}

static void handle_rows(LinliSession *s, guint32 correlation, const void *in) {
  const ProtoRows *r = in;
  g_autofree char *detail = r->detail.len ? dup_text(r->detail) : NULL;
  g_autofree char *next = r->has & PROTO_HAS_ROWS_NEXT ? dup_text(r->next) : NULL;
  LinliAnswer answer = {.verdict = r->has & PROTO_HAS_ROWS_REFUSAL ? LINLI_REFUSED : LINLI_DONE,
                        .code = r->refusal,
                        .detail = detail,
                        .rows = r->rows.data,
                        .n_rows = r->rows.count,
                        .next = next};

  (void)!linli_pending_answer(s->pending, s, correlation, &answer);
}

static void handle_subscribed(LinliSession *s, guint32 correlation, const void *in) {
  WireList items = ((const ProtoSubscribed *)in)->items;
  const WireBytes *bytes = items.data;

  linli_subscriptions_answered(s->subscriptions, correlation);
  for (guint i = 0; i < items.count; i++) {
    ProtoFollowing following;
    if (wire_decode(&proto_msg_following, bytes[i], false, s->arena, &following, NULL))
      g_signal_emit(s, signals[FOLLOWING], 0, &following);
  }
}

static void handle_event(LinliSession *s, G_GNUC_UNUSED guint32 correlation, const void *in) {
  g_signal_emit(s, signals[EVENT], 0, in);
}

static void handle_snapshot(LinliSession *s, G_GNUC_UNUSED guint32 correlation, const void *in) {
  g_signal_emit(s, signals[SNAPSHOT], 0, in);
}

static void handle_resync(LinliSession *s, G_GNUC_UNUSED guint32 correlation, const void *in) {
  g_signal_emit(s, signals[RESYNC], 0, ((const ProtoResync *)in)->stream);
}

static void handle_present(LinliSession *s, G_GNUC_UNUSED guint32 correlation, const void *in) {
  g_signal_emit(s, signals[PRESENT], 0, in);
}

/* What the server may send; other frames are a newer server's and are skipped. */
static const struct {
  guint32 type;
  void (*handle)(LinliSession *s, guint32 correlation, const void *in);
} handlers[] = {
    {PROTO_FRAME_HELLO, handle_hello},
    {PROTO_FRAME_SIGNED_IN, handle_signed_in},
    {PROTO_FRAME_PING, handle_ping},
    {PROTO_FRAME_PONG, handle_pong},
    {PROTO_FRAME_GOAWAY, handle_goaway},
    {PROTO_FRAME_ERROR, handle_error},
    {PROTO_FRAME_OUTCOME, handle_outcome},
    {PROTO_FRAME_ROWS, handle_rows},
    {PROTO_FRAME_EVENT, handle_event},
    {PROTO_FRAME_SNAPSHOT, handle_snapshot},
    {PROTO_FRAME_RESYNC, handle_resync},
    {PROTO_FRAME_PRESENT, handle_present},
    {PROTO_FRAME_SUBSCRIBED, handle_subscribed},
};

static void bad_frame(LinliSession *s, const WireMessage *message, const WireError *why) {
  g_autoptr(GError) error =
      g_error_new(LINLI_ERROR, LINLI_ERROR_PROTOCOL,
                  linli_text("A frame \"%s\" cannot be read: %s in \"%s\". Update the older side."), message->name,
                  wire_status_text(why->status), why->field ? why->field->name : message->name);

  later(s, error, next_wait(s, FALSE));
}

static void on_frame(gpointer owner, const WireFrame *frame) {
  g_autoptr(LinliSession) s = g_object_ref(owner);
  const ProtoFrameType *type = proto_frame(s->proto, frame->type);
  guint64 decoded[DECODED_MAX / sizeof(guint64)];
  WireError why;

  s->heard_at = linli_clock_local();
  for (gsize i = 0; type && i < G_N_ELEMENTS(handlers); i++) {
    if (handlers[i].type != frame->type) continue;
    g_assert(type->message->size <= sizeof decoded);
    wire_arena_reset(s->arena);
    if (wire_decode(type->message, frame->fields, false, s->arena, decoded, &why))
      handlers[i].handle(s, frame->correlation, decoded);
    else
      bad_frame(s, type->message, &why);
    return;
  }
}

/* --- The connection ------------------------------------------------------------------------------------------- */

/* sentence: with the server's name in it; taken over. */
static void line_is_dead(LinliSession *s, char *sentence) {
  g_autoptr(GError) error = g_error_new_literal(LINLI_ERROR, LINLI_ERROR_CONNECT, sentence);

  g_free(sentence);

  on_down(s, error, FALSE);
}

static gboolean on_tick(gpointer data) {
  g_autoptr(LinliSession) s = g_object_ref(data);
  const char *server = linli_settings_server(s->settings);
  gint64 now = linli_clock_local();

  linli_pending_expire(s->pending, s, now);
  if (!s->link) return G_SOURCE_REMOVE;
  if (s->goaway_at && now >= s->goaway_at)
    line_is_dead(s, g_strdup_printf(linli_text("%s asked us to connect again. Connecting again."), server));
  else if (s->ping_at && now - s->ping_at > SILENCE_SECONDS * G_USEC_PER_SEC)
    line_is_dead(s, g_strdup_printf(linli_text("%s does not answer any more. Connecting again."), server));
  else if (s->state == LINLI_STATE_SIGNING_IN && now - s->since > SIGN_IN_SECONDS * G_USEC_PER_SEC)
    line_is_dead(s, g_strdup_printf(linli_text("%s does not answer the sign-in. Connecting again."), server));
  else if (s->state == LINLI_STATE_CONNECTING && now - s->since > SILENCE_SECONDS * 2 * G_USEC_PER_SEC)
    line_is_dead(s, g_strdup_printf(linli_text("%s does not answer. Connecting again."), server));
  else if (s->state == LINLI_STATE_READY && !s->ping_at && now - s->heard_at > PING_SECONDS * G_USEC_PER_SEC)
    send_ping(s);
  return s->link && s->tick ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void on_up(gpointer owner) {
  LinliSession *s = owner;
  ProtoHello in = {.has = PROTO_HAS_HELLO_LOWEST | PROTO_HAS_HELLO_HIGHEST | PROTO_HAS_HELLO_PROGRAM,
                   .lowest = PROTOCOL_VERSION,
                   .highest = PROTOCOL_VERSION,
                   .program = text_bytes(s->program)};

  s->since = linli_clock_local();
  note_certificate(s);
  send_message(s, &proto_msg_hello, 0, &in);
}

static const LinliLinkEvents link_events = {.up = on_up, .frame = on_frame, .down = on_down};

static void connect_now(LinliSession *s) {
  g_autoptr(GError) error = NULL;
  GTlsDatabase *trust = linli_settings_trust(s->settings, &error);

  if (!trust) {
    fail(s, error);
    return;
  }
  enter(s, LINLI_STATE_CONNECTING);
  s->link = linli_link_open(linli_settings_server(s->settings), LINLI_DEFAULT_PORT, trust,
                            linli_settings_ca(s->settings), &link_events, s);
  s->tick = g_timeout_add(TICK_MS, on_tick, s);
}

static gboolean on_start(gpointer data) {
  LinliSession *s = data;

  s->retry = 0;
  connect_now(s);
  return G_SOURCE_REMOVE;
}

void linli_session_start(LinliSession *session) {
  if (session->state != LINLI_STATE_IDLE && session->state != LINLI_STATE_FAILED) return;
  if (session->retry) return;
  session->without_since = linli_clock_local();
  session->retry = g_idle_add(on_start, session);
}

void linli_session_stop(LinliSession *session) {
  g_clear_handle_id(&session->retry, g_source_remove);
  drop_link(session);
  enter(session, LINLI_STATE_IDLE);
}

void linli_session_sign_out(LinliSession *session) {
  ProtoSignOut in = {0};

  if (session->state == LINLI_STATE_READY) send_message(session, &proto_msg_sign_out, 0, &in);
  session->tokens->drop(session->tokens, linli_settings_server(session->settings),
                        linli_settings_user(session->settings));
}

/* --- Asking --------------------------------------------------------------------------------------------------- */

guint32 linli_session_command(LinliSession *session, const LinliCommand *command, guint timeout_ms,
                              LinliAnswered answered, gpointer data) {
  ProtoCommandFrame in = {.has = PROTO_HAS_COMMAND_FRAME_ID | PROTO_HAS_COMMAND_FRAME_KIND |
                                 PROTO_HAS_COMMAND_FRAME_STREAM | PROTO_HAS_COMMAND_FRAME_MADE_AT |
                                 PROTO_HAS_COMMAND_FRAME_BODY,
                          .id = command->id,
                          .kind = command->kind,
                          .stream = command->stream,
                          .made_at = command->made_at ? command->made_at : linli_session_now(session),
                          .version = command->version,
                          .body = command->body};

  if (session->state != LINLI_STATE_READY) return 0;
  if (command->version) in.has |= PROTO_HAS_COMMAND_FRAME_VERSION;
  return linli_pending_ask(session->pending, session->link, &proto_msg_command_frame, &in, timeout_ms, answered,
                           data);
}

guint32 linli_session_query(LinliSession *session, guint32 kind, WireBytes body, const char *after, guint limit,
                            guint timeout_ms, LinliAnswered answered, gpointer data) {
  ProtoQueryFrame in = {.has = PROTO_HAS_QUERY_FRAME_KIND | PROTO_HAS_QUERY_FRAME_BODY, .kind = kind, .body = body};

  if (session->state != LINLI_STATE_READY) return 0;
  if (after) {
    in.has |= PROTO_HAS_QUERY_FRAME_AFTER;
    in.after = text_bytes(after);
  }
  if (limit) {
    in.has |= PROTO_HAS_QUERY_FRAME_LIMIT;
    in.limit = limit;
  }
  return linli_pending_ask(session->pending, session->link, &proto_msg_query_frame, &in, timeout_ms, answered, data);
}

void linli_session_cancel(LinliSession *session, guint32 number) {
  ProtoCancel in = {0};

  if (session->state == LINLI_STATE_READY && number) send_message(session, &proto_msg_cancel, number, &in);
}

void linli_session_forget(LinliSession *session, guint32 number) {
  linli_pending_forget(session->pending, number);
}

static void subscribe_some(LinliSession *session, const LinliCursor *cursors, gsize n) {
  g_autoptr(GByteArray) content = g_byte_array_new();
  g_autofree WireBytes *items = g_new0(WireBytes, n);
  g_autofree gsize *ends = g_new0(gsize, n + 1);

  for (gsize i = 0; i < n; i++) {
    ProtoCursor cursor = {.has = PROTO_HAS_CURSOR_STREAM,
                          .stream = cursors[i].stream,
                          .since = cursors[i].since,
                          .chain = cursors[i].chain};
    if (cursors[i].has_since) cursor.has |= PROTO_HAS_CURSOR_SINCE;
    if (cursors[i].has_chain) cursor.has |= PROTO_HAS_CURSOR_CHAIN;
    wire_encode(&proto_msg_cursor, &cursor, content);
    ends[i + 1] = content->len;
  }
  for (gsize i = 0; i < n; i++)
    items[i] = (WireBytes){content->data + ends[i], (uint32_t)(ends[i + 1] - ends[i])};
  ProtoSubscribe in = {.has = PROTO_HAS_SUBSCRIBE_ITEMS, .items = {items, (uint32_t)n}};
  guint32 number = linli_pending_number(session->pending);
  linli_subscriptions_asked(session->subscriptions, number, cursors, n);
  send_message(session, &proto_msg_subscribe, number, &in);
}

void linli_session_subscribe(LinliSession *session, const LinliCursor *cursors, gsize n) {
  if (session->state != LINLI_STATE_READY) return;
  for (gsize i = 0; i < n; i += SUBSCRIBE_MAX)
    subscribe_some(session, cursors + i, MIN(n - i, (gsize)SUBSCRIBE_MAX));
}

static void subscribe_again(const LinliCursor *cursors, gsize n, gpointer data) {
  linli_session_subscribe(data, cursors, n);
}

void linli_session_unsubscribe(LinliSession *session, const guint64 *streams, gsize n) {
  if (session->state != LINLI_STATE_READY) return;
  for (gsize i = 0; i < n; i += SUBSCRIBE_MAX) {
    ProtoUnsubscribe in = {.has = PROTO_HAS_UNSUBSCRIBE_STREAMS,
                           .streams = {streams + i, (uint32_t)MIN(n - i, (gsize)SUBSCRIBE_MAX)}};
    send_message(session, &proto_msg_unsubscribe, 0, &in);
  }
}

void linli_session_present(LinliSession *session, guint64 stream, guint32 kind, WireBytes body) {
  ProtoPresent in = {.has = PROTO_HAS_PRESENT_STREAM | PROTO_HAS_PRESENT_KIND | PROTO_HAS_PRESENT_BODY,
                     .stream = stream,
                     .kind = kind,
                     .body = body};

  if (session->state == LINLI_STATE_READY) send_message(session, &proto_msg_present, 0, &in);
}

/* --- What is known -------------------------------------------------------------------------------------------- */

LinliState linli_session_state(LinliSession *session) {
  return session->state;
}

const LinliWho *linli_session_who(LinliSession *session) {
  return session->who;
}

gboolean linli_session_has_right(LinliSession *session, guint right) {
  return session->who && right < 64 && (session->who->rights >> right & 1);
}

const GError *linli_session_problem(LinliSession *session) {
  return session->problem;
}

const Proto *linli_session_proto(LinliSession *session) {
  return session->proto;
}

LinliSettings *linli_session_settings(LinliSession *session) {
  return session->settings;
}

guint64 linli_session_now(LinliSession *session) {
  return linli_clock_now(&session->clock);
}

gint64 linli_session_round_trip(LinliSession *session) {
  return linli_clock_round_trip(&session->clock);
}

guint linli_session_exchanges(LinliSession *session) {
  return session->clock.count;
}

gint64 linli_session_clock_offset(LinliSession *session) {
  return (gint64)linli_clock_now(&session->clock) - g_get_real_time();
}

gint64 linli_session_heard_at(LinliSession *session) {
  return session->heard_at;
}

Uuid linli_session_device(LinliSession *session) {
  return session->tokens->device;
}

Uuid linli_session_instance(LinliSession *session) {
  return session->instance;
}

const char *linli_session_fingerprint(LinliSession *session) {
  return session->fingerprint;
}

guint64 linli_session_version(LinliSession *session) {
  return session->version;
}

/* --- The object ----------------------------------------------------------------------------------------------- */

LinliSession *linli_session_new(LinliSettings *settings, LinliTokens *tokens, const Proto *proto,
                                const char *program) {
  LinliSession *s = g_object_new(LINLI_TYPE_SESSION, NULL);

  s->settings = linli_settings_ref(settings);
  s->tokens = tokens;
  s->proto = proto;
  s->program = g_strdup(program);
  return s;
}

void linli_session_set_patience(LinliSession *session, gint64 milliseconds) {
  session->patience_us = milliseconds < 0 ? -1 : milliseconds * 1000;
}

static void linli_session_init(LinliSession *s) {
  s->pending = linli_pending_new();
  linli_pending_set_owner(s->pending, s);
  s->subscriptions = linli_subscriptions_new(subscribe_again, s);
  s->arena = wire_arena_new();
  s->patience_us = -1;
}

static void dispose(GObject *object) {
  LinliSession *s = LINLI_SESSION(object);

  linli_session_stop(s);
  G_OBJECT_CLASS(linli_session_parent_class)->dispose(object);
}

static void finalize(GObject *object) {
  LinliSession *s = LINLI_SESSION(object);

  linli_pending_free(s->pending);
  linli_subscriptions_free(s->subscriptions);
  wire_arena_free(s->arena);
  g_clear_pointer(&s->who, who_free);
  g_clear_error(&s->problem);
  g_clear_pointer(&s->settings, linli_settings_unref);
  g_free(s->program);
  g_free(s->fingerprint);
  G_OBJECT_CLASS(linli_session_parent_class)->finalize(object);
}

static guint new_signal(const char *name, GType type) {
  return g_signal_new(name, LINLI_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, type);
}

static void linli_session_class_init(LinliSessionClass *class) {
  G_OBJECT_CLASS(class)->dispose = dispose;
  G_OBJECT_CLASS(class)->finalize = finalize;
  signals[STATE_CHANGED] = new_signal("state-changed", G_TYPE_UINT);
  signals[SIGNED_IN] = new_signal("signed-in", G_TYPE_POINTER);
  signals[FOLLOWING] = new_signal("following", G_TYPE_POINTER);
  signals[EVENT] = new_signal("event", G_TYPE_POINTER);
  signals[SNAPSHOT] = new_signal("snapshot", G_TYPE_POINTER);
  signals[RESYNC] = new_signal("resync", G_TYPE_UINT64);
  signals[PRESENT] = new_signal("present", G_TYPE_POINTER);
  signals[PROBLEM] = new_signal("problem", G_TYPE_POINTER);
}
