/* tokens_secret.c: see tokens_secret.h.
 *
 *   load ── what the keyring has said by now, else the file
 *   save ── memory ── work, one piece at a time ──> keyring holds it: the file goes
 *                        └── refused, absent, locked, or silent for PATIENCE_MS ──> file
 *
 * A keyring that is not open already is not used: a dispatcher is not to be asked for a password of another program.
 * A token that is waiting for the keyring when the program ends goes into its file. */
#include "client/desk/signin/tokens_secret.h"

#include <libsecret/secret.h>

#include "client/core/settings.h"

typedef enum { KEYRING_UNKNOWN, KEYRING_OPEN, KEYRING_NONE } Keyring;
enum { PATIENCE_MS = 3000, LATE_S = 10, TOKEN_BYTES = 32 };

typedef struct {
  LinliTokens base;
  grefcount count; /* one for the owner, one for each call under way */
  LinliTokens *files;
  Keyring keyring;
  gint64 asked_at;    /* monotonic; 0: it has said what it holds, or that it is not there */
  GHashTable *known;  /* "server\naccount" -> GBytes; NULL: dropped, and a late answer does not bring it back */
  GQueue work;        /* of Work; the head is under way */
  GCancellable *ends; /* when the owner frees it */
} Store;

typedef struct {
  Store *store;
  char *server, *account;
  GBytes *token; /* NULL: to be removed */
  guint timer;
} Work;

static const SecretSchema schema = {
    .name = "cn.linli.Token",
    .flags = SECRET_SCHEMA_NONE,
    .attributes = {{"server", SECRET_SCHEMA_ATTRIBUTE_STRING},
                   {"account", SECRET_SCHEMA_ATTRIBUTE_STRING},
                   {NULL, 0}},
};

static char *key_of(const char *server, const char *account) {
  return g_strconcat(server, "\n", account, NULL);
}

static void work_free(gpointer data) {
  Work *work = data;

  g_clear_handle_id(&work->timer, g_source_remove);
  g_clear_pointer(&work->token, g_bytes_unref);
  g_free(work->server);
  g_free(work->account);
  g_free(work);
}

static void store_unref(Store *s) {
  if (!g_ref_count_dec(&s->count)) return;
  g_queue_clear_full(&s->work, work_free);
  g_clear_pointer(&s->files, linli_tokens_free);
  g_hash_table_unref(s->known);
  g_object_unref(s->ends);
  g_free(s);
}

static Store *store_ref(Store *s) {
  g_ref_count_inc(&s->count);
  return s;
}

static void unref_bytes(gpointer bytes) {
  if (bytes) g_bytes_unref(bytes);
}

/* --- What is kept already -------------------------------------------------------------------------------------- */

static void take_item(Store *s, SecretItem *item) {
  g_autoptr(GHashTable) attributes = secret_item_get_attributes(item);
  const char *server = g_hash_table_lookup(attributes, "server"),
             *account = g_hash_table_lookup(attributes, "account");
  SecretValue *value = secret_item_get_secret(item); /* NULL: it lies in a keyring that is locked */
  gsize len = 0;

  if (!value) return;
  const char *data = secret_value_get(value, &len);
  g_autofree char *key = server && account ? key_of(server, account) : NULL;
  if (key && len == TOKEN_BYTES && !g_hash_table_contains(s->known, key))
    g_hash_table_replace(s->known, g_steal_pointer(&key), g_bytes_new(data, len));
  secret_value_unref(value);
}

static void on_found(GObject *source, GAsyncResult *result, gpointer data) {
  Store *s = data;
  g_autoptr(GError) error = NULL;
  GList *items = secret_service_search_finish(SECRET_SERVICE(source), result, &error);

  s->asked_at = 0;
  for (GList *at = items; at && s->files; at = at->next)
    take_item(s, at->data);
  g_list_free_full(items, g_object_unref);
  store_unref(s);
}

static void next_work(Store *s);

static void set_keyring(Store *s, Keyring keyring) {
  if (!s->files) return; /* freed meanwhile */
  s->keyring = keyring;
  next_work(s);
}

static void on_collection(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data) {
  Store *s = data;
  g_autoptr(SecretCollection) collection = secret_collection_for_alias_finish(result, NULL);
  gboolean open = collection && !secret_collection_get_locked(collection);

  if (open && s->files) {
    g_autoptr(GHashTable) all = g_hash_table_new(g_str_hash, g_str_equal);
    secret_service_search(secret_collection_get_service(collection), &schema, all,
                          SECRET_SEARCH_ALL | SECRET_SEARCH_LOAD_SECRETS, s->ends, on_found, store_ref(s));
  }
  if (!open) s->asked_at = 0;
  set_keyring(s, open ? KEYRING_OPEN : KEYRING_NONE);
  store_unref(s);
}

static void on_service(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data) {
  Store *s = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(SecretService) service = secret_service_get_finish(result, &error);

  if (service && s->files)
    secret_collection_for_alias(service, SECRET_COLLECTION_DEFAULT, SECRET_COLLECTION_NONE, s->ends, on_collection,
                                store_ref(s));
  else {
    s->asked_at = 0;
    set_keyring(s, KEYRING_NONE);
  }
  if (error) g_debug("no keyring: %s", error->message);
  store_unref(s);
}

/* --- What is to be kept or removed ----------------------------------------------------------------------------- */

static void finish_work(Store *s, Work *work, gboolean kept) {
  if (work->token && kept) s->files->drop(s->files, work->server, work->account);
  if (work->token && !kept)
    s->files->save(s->files, work->server, work->account,
                   (WireBytes){g_bytes_get_data(work->token, NULL), g_bytes_get_size(work->token)});
}

static void on_worked(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data) {
  Work *work = data;
  Store *s = work->store;
  g_autoptr(GError) error = NULL;
  gboolean done =
      work->token ? secret_password_store_finish(result, &error) : secret_password_clear_finish(result, &error);

  if (!g_cancellable_is_cancelled(s->ends)) { /* else free_store() has seen to it */
    if (error) g_debug("the keyring keeps nothing: %s", error->message);
    finish_work(s, work, done);
    work_free(g_queue_pop_head(&s->work));
    next_work(s);
  }
  store_unref(s);
}

/* Nobody answers: the file holds the token until somebody does. */
static gboolean on_patience(gpointer data) {
  Work *work = data;

  work->timer = 0;
  finish_work(work->store, work, FALSE);
  return G_SOURCE_REMOVE;
}

static void begin_work(Store *s, Work *work) {
  store_ref(s);
  if (!work->token) {
    secret_password_clear(&schema, s->ends, on_worked, work, "server", work->server, "account", work->account, NULL);
    return;
  }
  g_autofree char *label = g_strdup_printf("Linli: %s, %s", work->account, work->server);
  SecretValue *value = secret_value_new(g_bytes_get_data(work->token, NULL), (gssize)g_bytes_get_size(work->token),
                                        "application/octet-stream");
  secret_password_store_binary(&schema, SECRET_COLLECTION_DEFAULT, label, value, s->ends, on_worked, work, "server",
                               work->server, "account", work->account, NULL);
  secret_value_unref(value);
}

static void next_work(Store *s) {
  Work *work;

  while (s->keyring == KEYRING_NONE && (work = g_queue_pop_head(&s->work))) {
    finish_work(s, work, FALSE);
    work_free(work);
  }
  work = g_queue_peek_head(&s->work);
  if (work && s->keyring == KEYRING_OPEN) begin_work(s, work);
}

static void add_work(Store *s, const char *server, const char *account, GBytes *token) {
  Work *work = g_new0(Work, 1);

  *work = (Work){s, g_strdup(server), g_strdup(account), token ? g_bytes_ref(token) : NULL, 0};
  if (token) work->timer = g_timeout_add(PATIENCE_MS, on_patience, work);
  g_queue_push_tail(&s->work, work);
  if (g_queue_get_length(&s->work) == 1) next_work(s);
}

/* --- The table ------------------------------------------------------------------------------------------------- */

static GBytes *load(LinliTokens *tokens, const char *server, const char *account) {
  Store *s = (Store *)tokens;
  g_autofree char *key = key_of(server, account);
  gpointer known = NULL;

  if (g_hash_table_lookup_extended(s->known, key, NULL, &known)) return known ? g_bytes_ref(known) : NULL;
  return s->files->load(s->files, server, account);
}

static gboolean may_come(LinliTokens *tokens) {
  Store *s = (Store *)tokens;

  return s->asked_at && g_get_monotonic_time() - s->asked_at < LATE_S * G_USEC_PER_SEC;
}

static void save(LinliTokens *tokens, const char *server, const char *account, WireBytes token) {
  Store *s = (Store *)tokens;
  GBytes *bytes = g_bytes_new(token.data, token.len);

  g_hash_table_replace(s->known, key_of(server, account), bytes);
  add_work(s, server, account, bytes);
}

static void drop(LinliTokens *tokens, const char *server, const char *account) {
  Store *s = (Store *)tokens;

  g_hash_table_replace(s->known, key_of(server, account), NULL);
  s->files->drop(s->files, server, account);
  add_work(s, server, account, NULL);
}

static void free_store(LinliTokens *tokens) {
  Store *s = (Store *)tokens;

  for (GList *at = s->work.head; at; at = at->next) {
    Work *work = at->data;
    g_clear_handle_id(&work->timer, g_source_remove);
    if (work->token)
      finish_work(s, work, FALSE);
    else
      s->files->drop(s->files, work->server, work->account);
  }
  g_cancellable_cancel(s->ends);
  g_clear_pointer(&s->files, linli_tokens_free);
  store_unref(s);
}

LinliTokens *linli_tokens_secret_new(void) {
  g_autofree char *folder = linli_settings_state_folder(NULL);
  LinliTokens *files = folder ? linli_tokens_in_folder(folder, NULL) : NULL;

  if (!files) return NULL;
  Store *s = g_new0(Store, 1);
  s->base = (LinliTokens){files->device, load, save, drop, free_store, may_come};
  s->files = files;
  g_ref_count_init(&s->count);
  s->known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, unref_bytes);
  s->ends = g_cancellable_new();
  s->asked_at = g_get_monotonic_time();
  secret_service_get(SECRET_SERVICE_OPEN_SESSION, s->ends, on_service, store_ref(s));
  return &s->base;
}
