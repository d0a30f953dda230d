/* simulate.c: see simulate.h.
 *   the watcher's replica ── roles, teams, what is open ──> a step ──> the session of the account that does it */
#include "client/ctl/simulate.h"

#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/core/identity.h"
#include "client/core/row.h"
#include "client/core/sync.h"
#include "client/ctl/board_model.h"
#include "client/ctl/route.h"
#include "client/ctl/simulate_script.h"
#include "common/uuid.h"

enum { USUAL_RATE = 12, LOOK_AT = 400, REST_S = 20, NEW_PERCENT = 13, OPEN_MAX = 400 };

typedef struct {
  Ctl *ctl;
  LinliReplica *replica;
  LinliSync *sync;
  GHashTable *actors;  /* account -> LinliSession */
  GHashTable *resting; /* Uuid -> gint64: until when a request is left alone */
  double rate, minutes;
  guint next;
  GError *error;
} Simulation;

typedef struct {
  Simulation *s;
  char *what;
} Told;

/* --- Who ------------------------------------------------------------------------------------------------------ */

typedef struct {
  Simulation *s;
  const char *field;
  guint64 value, place, found;
  guint seen;
} Pick;

/* One of several by chance, each as likely. */
static void candidate(Pick *p, guint64 account) {
  if (account && g_random_int_range(0, (gint32)++p->seen) == 0) p->found = account;
}

static gboolean on_grant(G_GNUC_UNUSED Uuid id, G_GNUC_UNUSED guint64 stream, WireBytes body, gpointer data) {
  Pick *p = data;
  const WireMessage *m = &proto_msg_grant;

  if (linli_row_uint(m, body, "role") == p->value && !linli_row_uint(m, body, "ended"))
    candidate(p, linli_row_uint(m, body, "account"));
  return TRUE;
}

static gboolean on_member(G_GNUC_UNUSED Uuid id, G_GNUC_UNUSED guint64 stream, WireBytes body, gpointer data) {
  Pick *p = data;
  const WireMessage *m = &proto_msg_member;

  if (linli_row_uint(m, body, "team") == p->value && !linli_row_uint(m, body, "to_date"))
    candidate(p, linli_row_uint(m, body, "account"));
  return TRUE;
}

static guint64 with_role(Simulation *s, guint role) {
  Pick p = {.s = s, .value = role};

  linli_replica_foreach(s->replica, PROTO_MESSAGE_GRANT, on_grant, &p);
  return p.found;
}

static guint64 member_of(Simulation *s, guint64 team) {
  Pick p = {.s = s, .value = team};

  linli_replica_foreach(s->replica, PROTO_MESSAGE_MEMBER, on_member, &p);
  return p.found;
}

static gboolean on_team(Uuid id, G_GNUC_UNUSED guint64 stream, WireBytes body, gpointer data) {
  Pick *p = data;
  const WireMessage *m = &proto_msg_team;
  WireBytes name = linli_row_text(m, body, "name");
  g_autofree char *text = g_strndup((const char *)name.data, name.len);
  guint64 community = linli_row_uint(m, body, "community");

  if (linli_row_uint(m, body, "disabled")) return TRUE;
  if (p->field ? strstr(text, p->field) != NULL : community == p->place) candidate(p, linli_number_of_id(id));
  return TRUE;
}

static guint64 team_for(Simulation *s, const ProtoRequest *r) {
  const SimulatedRequest *known = simulate_known(r->title);
  Pick p = {.s = s, .field = known ? known->team : NULL, .place = r->community};

  linli_replica_foreach(s->replica, PROTO_MESSAGE_TEAM, on_team, &p);
  if (p.found || !p.field) return p.found;
  p.field = NULL;
  linli_replica_foreach(s->replica, PROTO_MESSAGE_TEAM, on_team, &p);
  return p.found;
}

/* That account's session; made when it is first needed. */
static LinliSession *actor(Simulation *s, guint64 account) {
  LinliSession *session = g_hash_table_lookup(s->actors, &account);
  WireBytes row = linli_replica_get(s->replica, PROTO_MESSAGE_ACCOUNT, linli_id_of_number(account));

  if (session || !row.data) return session;
  WireBytes name = linli_row_text(&proto_msg_account, row, "name");
  g_autofree char *user = g_strndup((const char *)name.data, name.len);
  g_autoptr(LinliSettings) settings =
      linli_settings_for_user(s->ctl->settings, user, linli_settings_password_file(s->ctl->settings));
  session = linli_session_new(settings, s->ctl->tokens, s->ctl->proto, "linlictl simulate");
  linli_session_start(session);
  g_hash_table_insert(s->actors, g_memdup2(&account, sizeof account), session);
  return session;
}

/* --- What ----------------------------------------------------------------------------------------------------- */

static void on_answer(LinliSession *session, const LinliAnswer *answer, gpointer data) {
  g_autofree Told *told = data;
  g_autofree char *what = told->what;
  const char *user = linli_settings_user(linli_session_settings(session));

  if (answer->verdict == LINLI_DONE)
    printf("%s  %s  %" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT "\n", user, what, answer->stream, answer->seq);
  else if (answer->verdict == LINLI_REFUSED)
    printf("%s  %s  (%s)\n", user, what, linli_identifier(told->s->ctl->proto->refusals, answer->code));
  fflush(stdout);
}

static void submit(Simulation *s, guint64 account, const char *name, guint64 community, const GByteArray *body,
                   char *what) {
  const ProtoCommand *kind = proto_command_by_name(s->ctl->proto, name);
  LinliSession *session = actor(s, account);
  Told *told = g_new0(Told, 1);

  told->s = s;
  told->what = what;
  if (session && kind) {
    LinliCommand command = {.id = linli_new_id_at(linli_session_now(session) / 1000),
                            .kind = kind->number,
                            .stream = route_stream(community, PROTO_STREAM_KIND_COMMUNITY),
                            .body = {body->data, body->len}};
    if (linli_session_command(session, &command, 0, on_answer, told)) return;
  }
  g_free(told->what); /* still signing in: its turn comes again */
  g_free(told);
}

static void append_text(GByteArray *body, guint32 number, const char *text) {
  wire_put_bytes(body, number, (WireBytes){(const uint8_t *)text, (uint32_t)strlen(text)});
}

static void register_one(Simulation *s) {
  const GArray *communities = linli_session_who(s->ctl->session)->communities;
  const SimulatedRequest *made = simulate_request(g_random_double());
  g_autoptr(GByteArray) body = g_byte_array_new();

  if (!communities->len) return;
  guint64 community = g_array_index(communities, guint64, (guint)g_random_int_range(0, (gint32)communities->len));
  ProtoRequestRegister in = {
      .has = PROTO_HAS_COMMAND_REQUEST_REGISTER_REQUEST | PROTO_HAS_COMMAND_REQUEST_REGISTER_TEXT |
             PROTO_HAS_COMMAND_REQUEST_REGISTER_TITLE | PROTO_HAS_COMMAND_REQUEST_REGISTER_CHANNEL,
      .request = linli_new_id(),
      .channel = made->channel,
      .text = {(const uint8_t *)made->text, (uint32_t)strlen(made->text)},
      .title = {(const uint8_t *)made->title, (uint32_t)strlen(made->title)}};
  if (made->class) {
    in.has |= PROTO_HAS_COMMAND_REQUEST_REGISTER_CLASS;
    in.class = made->class;
  }
  if (g_random_double() < 0.85) {
    in.has |= PROTO_HAS_COMMAND_REQUEST_REGISTER_CALLER_NAME;
    in.caller_name = (WireBytes){(const uint8_t *)"居民", (uint32_t)strlen("居民")};
  }
  wire_encode(&proto_msg_request_register, &in, body);
  submit(s, with_role(s, PROTO_ROLE_INTAKE_CLERK), "request.register", community, body,
         g_strdup_printf("register  %s", made->title));
}

static gboolean rests(Simulation *s, Uuid id, gint64 now) {
  gint64 *until = g_hash_table_lookup(s->resting, &id);

  return until && *until > now;
}

static void rest(Simulation *s, Uuid id, gint64 now) {
  gint64 until = now + REST_S * G_USEC_PER_SEC;

  g_hash_table_replace(s->resting, g_memdup2(&id, sizeof id), g_memdup2(&until, sizeof until));
}

/* The account that does the step: a member of the team, or a dispatcher for a team without accounts. */
static guint64 doer(Simulation *s, const SimulatedStep *step, guint64 team, gboolean *for_them) {
  guint64 account = step->role ? with_role(s, step->role) : member_of(s, team);

  *for_them = !step->role && !account;
  return *for_them ? with_role(s, PROTO_ROLE_DISPATCHER) : account;
}

/* FALSE: this one has no next step now. */
static gboolean step_one(Simulation *s, GBytes *row, gint64 now) {
  g_autoptr(WireArena) arena = wire_arena_new();
  g_autoptr(GByteArray) body = g_byte_array_new(), rest_of_body = g_byte_array_new();
  gsize len;
  const uint8_t *data = g_bytes_get_data(row, &len);
  SimulatedStep step;
  ProtoRequest r;
  WireError ignored;
  gboolean for_them;

  if (!wire_decode(&proto_msg_request, (WireBytes){data, (uint32_t)len}, true, arena, &r, &ignored)) return FALSE;
  guint64 team = r.state == PROTO_REQUEST_STATE_ACCEPTED ? team_for(s, &r) : r.team;
  if (rests(s, r.id, now) || !simulate_next(&r, team, g_random_double(), rest_of_body, &step)) return FALSE;
  guint64 account = doer(s, &step, team, &for_them);
  if (!account) return FALSE;
  wire_put_uuid(body, 1, r.id);
  g_byte_array_append(body, rest_of_body->data, rest_of_body->len);
  if (for_them && strcmp(step.command, "request.sign") == 0) append_text(body, 2, "值班电话");
  rest(s, r.id, now);
  submit(s, account, step.command, r.community, body,
         g_strdup_printf("%s  %.*s %.*s", strchr(step.command, '.') + 1, (int)r.number.len,
                         (const char *)r.number.data, (int)r.title.len,
                         r.title.len ? (const char *)r.title.data : ""));
  return TRUE;
}

static void act(Simulation *s) {
  gint64 now = g_get_monotonic_time();
  BoardModel model;

  board_model_read(&model, s->replica, linli_session_now(s->ctl->session), LOOK_AT);
  gboolean fresh = model.open < OPEN_MAX && g_random_int_range(0, 100) < NEW_PERCENT;
  guint start = model.rows->len ? (guint)g_random_int_range(0, (gint32)model.rows->len) : 0;
  gboolean acted = FALSE;
  for (guint i = 0; i < model.rows->len && !fresh && !acted; i++)
    acted = step_one(s, model.rows->pdata[(start + i) % model.rows->len], now);
  if (!acted && model.open < OPEN_MAX) register_one(s);
  board_model_clear(&model);
}

/* --- The verb ------------------------------------------------------------------------------------------------- */

static gboolean on_next(gpointer data);

static void schedule(Simulation *s) {
  double mean = 60000 / s->rate;

  s->next = g_timeout_add((guint)(mean * (0.5 + g_random_double())), on_next, s);
}

static gboolean on_next(gpointer data) {
  Simulation *s = data;

  if (linli_sync_is_current(s->sync)) act(s);
  schedule(s);
  return G_SOURCE_REMOVE;
}

static gboolean on_end(gpointer data) {
  g_main_loop_quit(((Simulation *)data)->ctl->loop);
  return G_SOURCE_CONTINUE;
}

static void on_state(LinliSession *session, guint state, Simulation *s) {
  if (state != LINLI_STATE_FAILED) return;
  if (!s->error) s->error = g_error_copy(linli_session_problem(session));
  g_main_loop_quit(s->ctl->loop);
}

static gboolean take_words(Simulation *s, int argc, char **argv, GError **error) {
  for (int i = 0; i + 1 < argc; i += 2) {
    double *number = strcmp(argv[i], "--rate") == 0      ? &s->rate
                     : strcmp(argv[i], "--minutes") == 0 ? &s->minutes
                                                         : NULL;
    char *end = NULL;
    if (number) *number = g_ascii_strtod(argv[i + 1], &end);
    if (!number || *end || *number <= 0 || *number > 60000) argc = -1;
  }
  if (argc >= 0 && argc % 2 == 0) return TRUE;
  g_set_error(error, LINLI_ERROR, LINLI_ERROR_USAGE,
              "simulate takes --rate STEPS_A_MINUTE and --minutes M, above 0.");
  return FALSE;
}

static void run(Simulation *s) {
  guint sources[] = {g_unix_signal_add(SIGTERM, on_end, s), g_unix_signal_add(SIGINT, on_end, s)};
  guint end = s->minutes > 0 ? g_timeout_add((guint)(s->minutes * 60000), on_end, s) : 0;

  g_signal_connect(s->ctl->session, "state-changed", G_CALLBACK(on_state), s);
  linli_session_set_patience(s->ctl->session, -1);
  schedule(s);
  g_main_loop_run(s->ctl->loop);
  for (gsize i = 0; i < G_N_ELEMENTS(sources); i++)
    g_source_remove(sources[i]);
  if (end) g_source_remove(end);
}

static gboolean begin(Simulation *s, GError **error) {
  if (!ctl_settings(s->ctl, error)) return FALSE;
  s->ctl->session = linli_session_new(s->ctl->settings, s->ctl->tokens, s->ctl->proto, "linlictl simulate");
  s->replica = linli_replica_new(s->ctl->proto, NULL);
  s->sync = linli_sync_new(s->ctl->session, s->replica);
  return ctl_connect(s->ctl, error);
}

/* What is unanswered is told so in the next turn: turns are taken until there is none. */
static void send_home(Simulation *s) {
  GHashTableIter iter;
  gpointer session;

  g_hash_table_iter_init(&iter, s->actors);
  while (g_hash_table_iter_next(&iter, NULL, &session))
    linli_session_stop(session);
  while (g_main_context_iteration(NULL, FALSE)) {}
  g_hash_table_unref(s->actors);
}

int simulate_verb(Ctl *ctl, int argc, char **argv) {
  Simulation s = {.ctl = ctl,
                  .rate = USUAL_RATE,
                  .actors = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_object_unref),
                  .resting = g_hash_table_new_full(uuid_hash, uuid_equal, g_free, g_free)};
  GError *error = NULL;

  if (take_words(&s, argc, argv, &error) && begin(&s, &error)) run(&s);
  g_clear_handle_id(&s.next, g_source_remove);
  if (ctl->session) g_signal_handlers_disconnect_by_data(ctl->session, &s);
  send_home(&s);
  g_hash_table_unref(s.resting);
  g_clear_pointer(&s.sync, linli_sync_free);
  g_clear_pointer(&s.replica, linli_replica_free);
  if (!error) error = s.error;
  return error ? ctl_fail(ctl, error) : CTL_DONE;
}
