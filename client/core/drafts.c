/* drafts.c: see drafts.h. */
#include "client/core/drafts.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/uuid.h"

#define HEAD   "linli draft 1\n"
#define SUFFIX ".draft"
#define WANTED ".wanted"
enum { LEFTOVER_S = 3600 };

struct LinliDrafts {
  char *folder;
  GHashTable *held;   /* Uuid -> LinliDraft */
  GHashTable *dirty;  /* Uuid set: to be written when `write` fires */
  GHashTable *claims; /* Uuid -> descriptor */
  guint write, check; /* sources */
  gboolean troubled;  /* as the listener was last told */
  GThreadPool *worker;
  void (*changed)(gpointer data);
  gpointer data;
  GFileMonitor *monitor; /* of the folder: who wants what is claimed here */
  void (*wanted)(Uuid id, gpointer data);
  gpointer wanted_data;
  GMutex lock; /* of the members below */
  GCond idle;
  guint under_way;
  GHashTable *failed; /* Uuid set: the disk did not take them */
  char *trouble;      /* what the disk said last; NULL: it takes all */
};

typedef struct {
  LinliDrafts *drafts;
  Uuid id;
  char *path, *content; /* content NULL: remove */
} Job;

static void draft_free(gpointer data) {
  LinliDraft *draft = data;

  g_free(draft->about);
  g_free(draft->text);
  g_free(draft);
}

static char *path_of(LinliDrafts *d, Uuid id, const char *suffix) {
  char text[UUID_TEXT_SIZE];

  return g_strconcat(d->folder, G_DIR_SEPARATOR_S, uuid_format(id, text), suffix, NULL);
}

static gpointer key_of(Uuid id) {
  return g_memdup2(&id, sizeof id);
}

static void tell(LinliDrafts *d) {
  if (d->changed) d->changed(d->data);
}

/* --- The worker ----------------------------------------------------------------------------------------------- */

static void work(gpointer data, G_GNUC_UNUSED gpointer unused) {
  Job *job = data;
  LinliDrafts *d = job->drafts;
  g_autoptr(GError) error = NULL;

  if (!job->content) {
    if (g_unlink(job->path) != 0 && errno != ENOENT) g_message("%s: %s", job->path, g_strerror(errno));
  } else {
    (void)g_file_set_contents_full(job->path, job->content, -1,
                                   G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, &error);
  }
  g_mutex_lock(&d->lock);
  g_hash_table_remove(d->failed, &job->id);
  if (error) g_hash_table_add(d->failed, key_of(job->id));
  if (job->content) {
    g_free(d->trouble);
    d->trouble = error ? g_strdup(error->message) : NULL;
  }
  if (--d->under_way == 0) g_cond_broadcast(&d->idle);
  g_mutex_unlock(&d->lock);
  g_free(job->path);
  g_free(job->content);
  g_free(job);
}

static void give(LinliDrafts *d, Uuid id, const char *suffix, char *content) {
  Job *job = g_new(Job, 1);

  *job = (Job){d, id, path_of(d, id, suffix), content};
  g_mutex_lock(&d->lock);
  d->under_way++;
  g_mutex_unlock(&d->lock);
  g_thread_pool_push(d->worker, job, NULL);
}

/* What the disk did not take is to be written again. */
static guint take_failed(LinliDrafts *d) {
  GHashTableIter iter;
  gpointer key;

  g_mutex_lock(&d->lock);
  guint n = g_hash_table_size(d->failed);
  g_hash_table_iter_init(&iter, d->failed);
  while (g_hash_table_iter_next(&iter, &key, NULL))
    g_hash_table_add(d->dirty, g_memdup2(key, sizeof(Uuid)));
  g_hash_table_remove_all(d->failed);
  g_mutex_unlock(&d->lock);
  return n;
}

static gboolean on_check(gpointer data);

static void write_dirty(LinliDrafts *d) {
  GHashTableIter iter;
  gpointer key;

  g_clear_handle_id(&d->write, g_source_remove);
  take_failed(d);
  if (!d->check && g_hash_table_size(d->dirty)) d->check = g_timeout_add(LINLI_DRAFT_RETRY_MS, on_check, d);
  g_hash_table_iter_init(&iter, d->dirty);
  while (g_hash_table_iter_next(&iter, &key, NULL)) {
    const LinliDraft *draft = g_hash_table_lookup(d->held, key);
    if (!draft) continue;
    give(d, draft->id, SUFFIX, g_strconcat(HEAD, draft->about, "\n", draft->text, NULL));
  }
  g_hash_table_remove_all(d->dirty);
}

/* Some time after a write: was it taken? It is tried again until the disk takes it. */
static gboolean on_check(gpointer data) {
  LinliDrafts *d = data;

  d->check = 0;
  g_mutex_lock(&d->lock);
  gboolean busy = d->under_way > 0;
  g_mutex_unlock(&d->lock);
  gboolean troubled = take_failed(d) > 0;
  if (troubled) write_dirty(d);
  if (busy && !d->check) d->check = g_timeout_add(LINLI_DRAFT_RETRY_MS, on_check, d);
  if (troubled != d->troubled) {
    d->troubled = troubled;
    tell(d);
  }
  return G_SOURCE_REMOVE;
}

static gboolean on_write(gpointer data) {
  LinliDrafts *d = data;

  d->write = 0;
  write_dirty(d);
  return G_SOURCE_REMOVE;
}

void linli_drafts_settle(LinliDrafts *drafts) {
  write_dirty(drafts);
  g_mutex_lock(&drafts->lock);
  while (drafts->under_way)
    g_cond_wait(&drafts->idle, &drafts->lock);
  g_mutex_unlock(&drafts->lock);
}

char *linli_drafts_trouble(LinliDrafts *drafts) {
  g_mutex_lock(&drafts->lock);
  char *trouble =
      drafts->trouble && g_hash_table_size(drafts->held)
          ? g_strdup_printf(linli_text("Drafts cannot be kept: make room on the disk, and leave this window "
                                       "open until this line is gone. (%s)"),
                            drafts->trouble)
          : NULL;
  g_mutex_unlock(&drafts->lock);
  return trouble;
}

/* --- Reading -------------------------------------------------------------------------------------------------- */

/* A file that is not ours, or was cut short before its second line, stays where it is: somebody may still read it. */
static LinliDraft *read_draft(const char *path, Uuid id) {
  g_autofree char *content = NULL;
  gsize len;
  GStatBuf status;

  if (!g_file_get_contents(path, &content, &len, NULL) || strlen(content) != len ||
      !g_utf8_validate(content, -1, NULL) || !g_str_has_prefix(content, HEAD))
    return NULL;
  const char *about = content + strlen(HEAD), *end = strchr(about, '\n');
  if (!end || g_stat(path, &status) != 0) return NULL;
  LinliDraft *draft = g_new(LinliDraft, 1);
  *draft = (LinliDraft){id, g_strndup(about, (gsize)(end - about)), g_strdup(end + 1),
                        (guint64)status.st_mtim.tv_sec * G_USEC_PER_SEC + (guint64)status.st_mtim.tv_nsec / 1000};
  return draft;
}

/* A file that was being written aside when its process was killed, or a wish that nobody heard. */
static void remove_leftover(LinliDrafts *d, const char *name) {
  g_autofree char *path = g_build_filename(d->folder, name, NULL);
  GStatBuf status;

  if (g_stat(path, &status) == 0 && status.st_mtim.tv_sec < g_get_real_time() / G_USEC_PER_SEC - LEFTOVER_S)
    g_unlink(path);
}

static void load(LinliDrafts *d) {
  g_autoptr(GDir) dir = g_dir_open(d->folder, 0, NULL);
  const char *name;
  Uuid id;

  while (dir && (name = g_dir_read_name(dir))) {
    if (strstr(name, SUFFIX ".") || g_str_has_suffix(name, WANTED)) remove_leftover(d, name);
    if (!g_str_has_suffix(name, SUFFIX) || !uuid_parse(name, strlen(name) - strlen(SUFFIX), &id)) continue;
    g_autofree char *path = g_build_filename(d->folder, name, NULL);
    LinliDraft *draft = read_draft(path, id);
    if (draft) g_hash_table_insert(d->held, key_of(id), draft);
  }
}

static gint newest_first(gconstpointer a, gconstpointer b) {
  const LinliDraft *x = *(LinliDraft *const *)a, *y = *(LinliDraft *const *)b;

  if (x->saved_at != y->saved_at) return x->saved_at > y->saved_at ? -1 : 1;
  return uuid_compare(y->id, x->id);
}

GPtrArray *linli_drafts_list(LinliDrafts *drafts, const char *about) {
  GPtrArray *list = g_ptr_array_new();
  GHashTableIter iter;
  gpointer draft;

  g_hash_table_iter_init(&iter, drafts->held);
  while (g_hash_table_iter_next(&iter, NULL, &draft))
    if (!about || strcmp(((LinliDraft *)draft)->about, about) == 0) g_ptr_array_add(list, draft);
  g_ptr_array_sort(list, newest_first);
  return list;
}

const LinliDraft *linli_drafts_get(LinliDrafts *drafts, Uuid id) {
  return g_hash_table_lookup(drafts->held, &id);
}

guint linli_drafts_count(LinliDrafts *drafts) {
  return g_hash_table_size(drafts->held);
}

/* --- Writing -------------------------------------------------------------------------------------------------- */

void linli_drafts_put(LinliDrafts *drafts, Uuid id, const char *about, const char *text) {
  const LinliDraft *old = linli_drafts_get(drafts, id);
  LinliDraft *draft;

  if (old && strcmp(old->text, text) == 0 && strcmp(old->about, about) == 0) return;
  draft = g_new(LinliDraft, 1);
  *draft = (LinliDraft){id, g_strdelimit(g_strdup(about), "\n", ' '), g_strdup(text), (guint64)g_get_real_time()};
  g_hash_table_replace(drafts->held, key_of(id), draft);
  g_hash_table_add(drafts->dirty, key_of(id));
  if (!drafts->write) drafts->write = g_timeout_add(LINLI_DRAFT_DELAY_MS, on_write, drafts);
  tell(drafts);
}

void linli_drafts_remove(LinliDrafts *drafts, Uuid id) {
  g_hash_table_remove(drafts->dirty, &id);
  if (g_hash_table_remove(drafts->held, &id)) {
    give(drafts, id, SUFFIX, NULL);
    give(drafts, id, ".lock", NULL);
  }
  linli_drafts_release(drafts, id);
  tell(drafts);
}

/* --- Claims --------------------------------------------------------------------------------------------------- */

/* flock() is of the open file, so two windows of one process exclude each other too. */
gboolean linli_drafts_claim(LinliDrafts *drafts, Uuid id) {
  g_autofree char *path = path_of(drafts, id, ".lock");
  int fd;

  if (g_hash_table_contains(drafts->claims, &id)) return FALSE;
  fd = g_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return TRUE; /* without a lock file it is better to write than to refuse */
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    close(fd);
    return FALSE;
  }
  g_hash_table_insert(drafts->claims, key_of(id), GINT_TO_POINTER(fd));
  return TRUE;
}

void linli_drafts_release(LinliDrafts *drafts, Uuid id) {
  gpointer fd;

  if (!g_hash_table_lookup_extended(drafts->claims, &id, NULL, &fd)) return;
  close(GPOINTER_TO_INT(fd));
  g_hash_table_remove(drafts->claims, &id);
}

/* --- Giving a claim away -------------------------------------------------------------------------------------- */

void linli_drafts_want(LinliDrafts *drafts, Uuid id) {
  g_autofree char *path = path_of(drafts, id, WANTED);

  (void)g_file_set_contents_full(path, "", 0, G_FILE_SET_CONTENTS_NONE, 0600, NULL);
}

const LinliDraft *linli_drafts_read_again(LinliDrafts *drafts, Uuid id) {
  g_autofree char *path = path_of(drafts, id, SUFFIX);
  LinliDraft *draft = read_draft(path, id);

  if (draft)
    g_hash_table_replace(drafts->held, key_of(id), draft);
  else
    g_hash_table_remove(drafts->held, &id);
  return draft;
}

static void on_folder(G_GNUC_UNUSED GFileMonitor *monitor, GFile *file, G_GNUC_UNUSED GFile *other,
                      GFileMonitorEvent event, gpointer data) {
  LinliDrafts *d = data;
  g_autofree char *name = g_file_get_basename(file);
  Uuid id;

  if (event != G_FILE_MONITOR_EVENT_CREATED || !g_str_has_suffix(name, WANTED) ||
      !uuid_parse(name, strlen(name) - strlen(WANTED), &id) || !g_hash_table_contains(d->claims, &id))
    return;
  linli_drafts_settle(d); /* rare, and what the other reads must be all */
  g_autofree char *path = g_file_get_path(file);
  g_unlink(path);
  linli_drafts_release(d, id);
  if (d->wanted) d->wanted(id, d->wanted_data);
}

static void watch_folder(LinliDrafts *d) {
  g_autoptr(GFile) folder = g_file_new_for_path(d->folder);

  d->monitor = g_file_monitor_directory(folder, G_FILE_MONITOR_NONE, NULL, NULL);
  if (d->monitor) g_signal_connect(d->monitor, "changed", G_CALLBACK(on_folder), d);
}

void linli_drafts_on_wanted(LinliDrafts *drafts, void (*wanted)(Uuid id, gpointer data), gpointer data) {
  drafts->wanted = wanted;
  drafts->wanted_data = data;
}

/* --- Life ----------------------------------------------------------------------------------------------------- */

void linli_drafts_on_changed(LinliDrafts *drafts, void (*changed)(gpointer data), gpointer data) {
  drafts->changed = changed;
  drafts->data = data;
}

LinliDrafts *linli_drafts_open(const char *folder, const char *server, const char *account, GError **error) {
  g_autofree char *whose = g_strconcat(server, "\n", account, NULL);
  g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, whose, -1);
  LinliDrafts *d = g_new0(LinliDrafts, 1);

  digest[16] = '\0';
  d->folder = g_build_filename(folder, "drafts", digest, NULL);
  if (g_mkdir_with_parents(d->folder, 0700) != 0) {
    g_set_error(error, LINLI_ERROR, LINLI_ERROR_DISK, linli_text("The folder %s for drafts cannot be made: %s."),
                d->folder, g_strerror(errno));
    g_free(d->folder);
    g_free(d);
    return NULL;
  }
  g_mutex_init(&d->lock);
  g_cond_init(&d->idle);
  d->held = g_hash_table_new_full(uuid_hash, uuid_equal, g_free, draft_free);
  d->dirty = g_hash_table_new_full(uuid_hash, uuid_equal, g_free, NULL);
  d->claims = g_hash_table_new_full(uuid_hash, uuid_equal, g_free, NULL);
  d->failed = g_hash_table_new_full(uuid_hash, uuid_equal, g_free, NULL);
  d->worker = g_thread_pool_new(work, NULL, 1, TRUE, NULL);
  load(d);
  watch_folder(d);
  return d;
}

void linli_drafts_close(LinliDrafts *drafts) {
  GHashTableIter iter;
  gpointer fd;

  if (drafts->monitor) g_signal_handlers_disconnect_by_data(drafts->monitor, drafts);
  g_clear_object(&drafts->monitor);
  linli_drafts_settle(drafts);
  g_clear_handle_id(&drafts->check, g_source_remove);
  g_thread_pool_free(drafts->worker, FALSE, TRUE);
  g_hash_table_iter_init(&iter, drafts->claims);
  while (g_hash_table_iter_next(&iter, NULL, &fd))
    close(GPOINTER_TO_INT(fd));
  g_hash_table_unref(drafts->held);
  g_hash_table_unref(drafts->dirty);
  g_hash_table_unref(drafts->claims);
  g_hash_table_unref(drafts->failed);
  g_mutex_clear(&drafts->lock);
  g_cond_clear(&drafts->idle);
  g_free(drafts->trouble);
  g_free(drafts->folder);
  g_free(drafts);
}
