/* replay_cast.c: see replay_cast.h. */
#include "client/ctl/replay_cast.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "client/core/row.h"
#include "proto/proto_tables.h"

enum { PASSWORD_BYTES = 18, SIGN_IN_PATIENCE_S = 300 };

struct Cast {
  Ctl *ctl;
  const Tree *tree;
  GPtrArray *settings; /* of LinliSettings, one a server */
  GPtrArray *names;    /* of servers */
  GPtrArray *actors;   /* by part */
  guint first[PARTS + 1];
  char *folder;
  GHashTable *numbers; /* name -> account, as pointer */
  GError *refused;
};

/* The share of each part in a hundred; work takes the rest. */
static const struct {
  const char *word, *title;
  guint64 role;
  guint share;
} PARTS_TABLE[PARTS] = {
    [PART_INTAKE] = {"intake", "受理员", PROTO_ROLE_INTAKE_CLERK, 15},
    [PART_DISPATCH] = {"dispatch", "调度员", PROTO_ROLE_DISPATCHER, 20},
    [PART_VERIFY] = {"verify", "督查员", PROTO_ROLE_SUPERVISOR, 10},
    [PART_CALLBACK] = {"callback", "回访员", PROTO_ROLE_CALLBACK_CLERK, 10},
    [PART_WORK] = {"work", "队员", PROTO_ROLE_TEAM_MEMBER, 0},
};

/* ---- Who there is ---------------------------------------------------------------------------------------------- */

static void actor_free(gpointer data) {
  Actor *a = data;
  g_clear_pointer(&a->bulk, bulk_free);
  if (a->session != NULL) linli_session_stop(a->session);
  g_clear_object(&a->session);
  g_free(a->name);
  g_free(a->password_file);
  g_free(a);
}

Cast *cast_new(Ctl *ctl, const Tree *tree, const char *const *servers, guint n) {
  Cast *c = g_new0(Cast, 1);
  guint left = n;
  c->ctl = ctl;
  c->tree = tree;
  c->settings = g_ptr_array_new_with_free_func((GDestroyNotify)linli_settings_unref);
  c->names = g_ptr_array_new_with_free_func(g_free);
  c->actors = g_ptr_array_new_with_free_func(actor_free);
  c->numbers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; servers[i] != NULL; i++)
    g_ptr_array_add(c->names, g_strdup(servers[i]));
  for (int part = 0; part < PARTS; part++) {
    guint count = part == PART_WORK ? left : MAX(1u, n * PARTS_TABLE[part].share / 100);
    c->first[part] = c->actors->len;
    left -= part == PART_WORK ? 0 : count;
    for (guint i = 0; i < count; i++) {
      Actor *a = g_new0(Actor, 1);
      a->part = (Part)part;
      a->name =
          g_strdup_printf("replay-%" G_GUINT64_FORMAT "-%s-%02u", tree_office(tree), PARTS_TABLE[part].word, i + 1);
      g_ptr_array_add(c->actors, a);
    }
  }
  c->first[PARTS] = c->actors->len;
  return c;
}

void cast_free(Cast *c) {
  g_ptr_array_unref(c->actors);
  g_ptr_array_unref(c->settings);
  g_ptr_array_unref(c->names);
  g_hash_table_unref(c->numbers);
  g_clear_error(&c->refused);
  g_free(c->folder);
  g_free(c);
}

guint cast_size(const Cast *c) {
  return c->actors->len;
}

Actor *cast_actor(const Cast *c, guint i) {
  return c->actors->pdata[i];
}

static guint count_of(const Cast *c, Part part) {
  return c->first[part + 1] - c->first[part];
}

/* ---- Passwords ------------------------------------------------------------------------------------------------- */

/* Two lines: the password, and the account's number, by which another installation behind the same name is noticed.
 */
static gboolean known_password(const Actor *a, guint64 number, char **password) {
  g_autofree char *text = NULL;
  if (!g_file_get_contents(a->password_file, &text, NULL, NULL)) return FALSE;
  g_auto(GStrv) lines = g_strsplit(text, "\n", 3);
  if (lines[0] == NULL || lines[1] == NULL || *lines[0] == '\0') return FALSE;
  *password = g_strdup(lines[0]);
  return g_ascii_strtoull(lines[1], NULL, 10) == number;
}

static gboolean write_password(const Actor *a, const char *password, guint64 number, GError **error) {
  g_autofree char *text = g_strdup_printf("%s\n%" G_GUINT64_FORMAT "\n", password, number);
  return g_file_set_contents_full(a->password_file, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

static char *new_password(void) {
  guint8 bytes[PASSWORD_BYTES];
  gsize got = 0;
  while (got < sizeof bytes) {
    ssize_t n = getrandom(bytes + got, sizeof bytes - got, 0);
    if (n > 0) got += (gsize)n;
  }
  return g_base64_encode(bytes, sizeof bytes);
}

static gboolean make_folder(Cast *c, GError **error) {
  g_autofree char *state = linli_settings_state_folder(error);
  if (state == NULL) return FALSE;
  g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, c->names->pdata[0], -1);
  g_autofree char *name = g_strdup_printf("replay-%.12s", digest);
  c->folder = g_build_filename(state, name, NULL);
  if (g_mkdir(c->folder, 0700) != 0 && errno != EEXIST) {
    g_set_error(error, LINLI_ERROR, LINLI_ERROR_DISK,
                "The folder %s cannot be made: %s. Set XDG_STATE_HOME to another.", c->folder, g_strerror(errno));
    return FALSE;
  }
  for (guint i = 0; i < c->actors->len; i++) {
    Actor *a = c->actors->pdata[i];
    a->password_file = g_build_filename(c->folder, a->name, NULL);
  }
  return TRUE;
}

/* ---- Accounts and memberships ---------------------------------------------------------------------------------- */

static WireBytes as_bytes(const char *text) {
  return (WireBytes){(const uint8_t *)text, (uint32_t)strlen(text)};
}

static gboolean on_account(WireBytes row, gpointer data) {
  Cast *c = data;
  WireBytes name = linli_row_text(&proto_msg_account, row, "name");
  g_hash_table_insert(c->numbers, g_strndup((const char *)name.data, name.len),
                      GSIZE_TO_POINTER((gsize)linli_row_uint(&proto_msg_account, row, "id")));
  return TRUE;
}

static gboolean list_accounts(Cast *c, GError **error) {
  const ProtoQuery *query = proto_query(c->ctl->proto, PROTO_QUERY_ACCOUNT_LIST);
  ProtoAccountList in = {PROTO_HAS_QUERY_ACCOUNT_LIST_OFFICE, tree_office(c->tree)};
  g_autoptr(GByteArray) body = g_byte_array_new();
  wire_encode(query->fields, &in, body);
  return ctl_rows(c->ctl, query, (WireBytes){body->data, body->len}, on_account, c, error);
}

static void on_decided(const BulkCommand *command, const LinliAnswer *answer, gpointer data) {
  Cast *c = data;
  gboolean there = answer->verdict == LINLI_REFUSED && answer->code == PROTO_REFUSAL_EXISTS;
  if (answer->verdict == LINLI_DONE || there || c->refused != NULL) return;
  c->refused = linli_answer_error(c->ctl->proto, answer);
  g_prefix_error(&c->refused, "%s: ", proto_command(c->ctl->proto, command->kind)->name);
}

static void send(Cast *c, Bulk *admin, guint32 kind, const void *in) {
  g_autoptr(GByteArray) body = g_byte_array_new();
  wire_encode(proto_command(c->ctl->proto, kind)->fields, in, body);
  bulk_send(admin, kind, tree_office_stream(c->tree), (WireBytes){body->data, body->len}, on_decided, c);
}

static gboolean settled(Cast *c, Bulk *admin, GError **error) {
  if (!bulk_drain(&admin, 1, error)) return FALSE;
  if (c->refused == NULL) return TRUE;
  g_propagate_error(error, g_steal_pointer(&c->refused));
  return FALSE;
}

static void add_account(Cast *c, Bulk *admin, const Actor *a, guint nth, const char *password) {
  g_autofree char *title = g_strdup_printf("%s %02u", PARTS_TABLE[a->part].title, nth);
  ProtoAccountAdd in = {.has = PROTO_HAS_COMMAND_ACCOUNT_ADD_NAME | PROTO_HAS_COMMAND_ACCOUNT_ADD_TITLE |
                               PROTO_HAS_COMMAND_ACCOUNT_ADD_PASSWORD | PROTO_HAS_COMMAND_ACCOUNT_ADD_ROLE,
                        .name = as_bytes(a->name),
                        .title = as_bytes(title),
                        .password = as_bytes(password),
                        .role = PARTS_TABLE[a->part].role};
  send(c, admin, PROTO_COMMAND_ACCOUNT_ADD, &in);
}

/* The password is on disk before the account has it; its number follows once it is known. */
static gboolean make_accounts(Cast *c, Bulk *admin, GError **error) {
  for (guint i = 0; i < c->actors->len; i++) {
    Actor *a = c->actors->pdata[i];
    a->number = GPOINTER_TO_SIZE(g_hash_table_lookup(c->numbers, a->name));
    g_autofree char *password = NULL;
    if (known_password(a, a->number, &password) && a->number != 0) continue;
    if (password == NULL) password = new_password();
    if (!write_password(a, password, a->number, error)) return FALSE;
    if (a->number == 0) {
      add_account(c, admin, a, i - c->first[a->part] + 1, password);
      continue;
    }
    ProtoAccountSetPassword in = {.has = PROTO_HAS_COMMAND_ACCOUNT_SET_PASSWORD_ACCOUNT |
                                         PROTO_HAS_COMMAND_ACCOUNT_SET_PASSWORD_PASSWORD,
                                  .account = a->number,
                                  .password = as_bytes(password)};
    send(c, admin, PROTO_COMMAND_ACCOUNT_SET_PASSWORD, &in);
  }
  if (!settled(c, admin, error) || !list_accounts(c, error)) return FALSE;
  for (guint i = 0; i < c->actors->len; i++) {
    Actor *a = c->actors->pdata[i];
    g_autofree char *password = NULL;
    if (a->number != 0) continue;
    a->number = GPOINTER_TO_SIZE(g_hash_table_lookup(c->numbers, a->name));
    (void)known_password(a, a->number, &password);
    if (!write_password(a, password, a->number, error)) return FALSE;
  }
  return TRUE;
}

/* Team t has workers t, t + teams, … of those there are; with fewer workers than teams one works for several. */
static guint workers_of_team(const Cast *c, guint team, guint turn) {
  guint teams = tree_communities(c->tree)->len, workers = count_of(c, PART_WORK);
  guint each = workers > teams ? (workers - 1 - team % workers) / teams + 1 : 1;
  return (team + turn % each * teams) % workers;
}

static gboolean make_members(Cast *c, Bulk *admin, GError **error) {
  const GArray *places = tree_communities(c->tree);
  for (guint t = 0; t < places->len; t++) {
    guint first = workers_of_team(c, t, 0), turn = 0, worker = first;
    do {
      Actor *a = c->actors->pdata[c->first[PART_WORK] + worker];
      ProtoMemberAdd in = {.has = PROTO_HAS_COMMAND_MEMBER_ADD_TEAM | PROTO_HAS_COMMAND_MEMBER_ADD_ACCOUNT,
                           .team = g_array_index(places, TreePlace, t).team,
                           .account = a->number};
      send(c, admin, PROTO_COMMAND_MEMBER_ADD, &in);
      worker = workers_of_team(c, t, ++turn);
    } while (worker != first);
  }
  return settled(c, admin, error);
}

gboolean cast_prepare(Cast *c, Bulk *admin, GError **error) {
  return make_folder(c, error) && list_accounts(c, error) && make_accounts(c, admin, error) &&
         make_members(c, admin, error);
}

/* ---- Signing in ------------------------------------------------------------------------------------------------ */

static gboolean load_settings(Cast *c, GError **error) {
  for (guint i = 0; i < c->names->len; i++) {
    LinliOptions options = c->ctl->options;
    options.server = c->names->pdata[i];
    LinliSettings *settings = linli_settings_load(&options, error);
    if (settings == NULL) return FALSE;
    g_ptr_array_add(c->settings, settings);
  }
  return TRUE;
}

static void start(Cast *c, guint i) {
  Actor *a = c->actors->pdata[i];
  g_autoptr(LinliSettings) settings =
      linli_settings_for_user(c->settings->pdata[i % c->settings->len], a->name, a->password_file);
  a->session = linli_session_new(settings, c->ctl->tokens, c->ctl->proto, "linlictl replay");
  a->bulk = bulk_new(a->session);
  linli_session_start(a->session);
}

const GError *cast_problem(const Cast *c) {
  for (guint i = 0; i < c->actors->len; i++) {
    const Actor *a = c->actors->pdata[i];
    if (linli_session_state(a->session) == LINLI_STATE_FAILED) return linli_session_problem(a->session);
  }
  return NULL;
}

static guint not_ready(const Cast *c) {
  guint n = 0;
  for (guint i = 0; i < c->actors->len; i++)
    n += linli_session_state(((Actor *)c->actors->pdata[i])->session) != LINLI_STATE_READY;
  return n;
}

static gboolean on_late(gpointer late) {
  *(gboolean *)late = TRUE;
  return G_SOURCE_REMOVE;
}

gboolean cast_sign_in(Cast *c, GError **error) {
  gboolean late = FALSE;
  if (!load_settings(c, error)) return FALSE;
  for (guint i = 0; i < c->actors->len; i++)
    start(c, i);
  guint timer = g_timeout_add_seconds(SIGN_IN_PATIENCE_S, on_late, &late);
  while (not_ready(c) > 0 && cast_problem(c) == NULL && !late)
    g_main_context_iteration(NULL, TRUE);
  if (!late) g_source_remove(timer);
  if (cast_problem(c) != NULL) {
    g_propagate_prefixed_error(error, g_error_copy(cast_problem(c)),
                               "A replay account cannot sign in; remove %s and "
                               "run it again. ",
                               c->folder);
    return FALSE;
  }
  if (not_ready(c) == 0) return TRUE;
  g_set_error(error, LINLI_ERROR, LINLI_ERROR_CONNECT,
              "%u of %u accounts are not signed in after %d s. Is every server up?", not_ready(c), c->actors->len,
              SIGN_IN_PATIENCE_S);
  return FALSE;
}

/* ---- Who is next ----------------------------------------------------------------------------------------------- */

Actor *cast_worker(const Cast *c, guint team, guint turn) {
  return c->actors->pdata[c->first[PART_WORK] + workers_of_team(c, team, turn)];
}

Actor *cast_pick(const Cast *c, Part part, guint team) {
  if (part == PART_WORK) return cast_worker(c, team, 0);
  Actor *best = NULL;
  guint n = count_of(c, part), begin = (guint)g_random_int_range(0, (gint32)n);
  for (guint i = 0; i < n; i++) {
    Actor *a = c->actors->pdata[c->first[part] + (begin + i) % n];
    gboolean ready = linli_session_state(a->session) == LINLI_STATE_READY;
    gboolean best_ready = best != NULL && linli_session_state(best->session) == LINLI_STATE_READY;
    if (best == NULL || (ready && !best_ready) ||
        (ready == best_ready && bulk_waiting(a->bulk) < bulk_waiting(best->bulk)))
      best = a;
  }
  return best;
}
