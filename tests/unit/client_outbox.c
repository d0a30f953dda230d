/* client_outbox.c: what was kept survives a kill at any moment, in order, and a full disk is told, not hidden. */
#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/core/identity.h"
#include "client/core/outbox.h"

typedef struct {
  guint n;
  GError *error;
  GMainLoop *loop;
} Stored;

static void on_stored(const GError *error, gpointer data) {
  Stored *s = data;

  s->n++;
  if (error && !s->error) s->error = g_error_copy(error);
  if (s->loop) g_main_loop_quit(s->loop);
}

static void wait_for(Stored *s, guint n) {
  while (s->n < n)
    g_main_context_iteration(NULL, TRUE);
}

static char *new_folder(void) {
  return g_dir_make_tmp("linli-outbox-XXXXXX", NULL);
}

static void remove_folder(const char *folder) {
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name(dir))) {
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_unlink(path);
  }
  g_rmdir(folder);
}

static LinliEntry *entry_of(guint n) {
  g_autofree char *text = g_strdup_printf("body %u", n);
  LinliEntry *e =
      linli_entry_new(linli_new_id(), 0x1003, n % 3, (WireBytes){(const uint8_t *)text, (uint32_t)strlen(text)});

  e->made_at = 1000 + n;
  e->server = g_strdup("server:1");
  e->account = g_strdup(n % 2 ? "one" : "two");
  return e;
}

static LinliOutbox *open_outbox(const char *path) {
  g_autoptr(GError) error = NULL;
  LinliOutbox *outbox = linli_outbox_open(path, &error);

  g_assert_no_error(error);
  return outbox;
}

static GPtrArray *list_of(LinliOutbox *outbox, const char *account) {
  g_autoptr(GError) error = NULL;
  GPtrArray *list = linli_outbox_list(outbox, account ? "server:1" : NULL, account, &error);

  g_assert_no_error(error);
  return list;
}

static void entries_come_back_in_their_order(void) {
  g_autofree char *folder = new_folder(), *path = g_build_filename(folder, "outbox", NULL);
  LinliOutbox *outbox = open_outbox(path);
  Stored stored = {0};

  for (guint i = 0; i < 1000; i++) {
    g_autoptr(LinliEntry) e = entry_of(i);
    linli_outbox_keep(outbox, e, on_stored, &stored);
  }
  wait_for(&stored, 1000);
  g_assert_no_error(stored.error);
  linli_outbox_close(outbox);
  outbox = open_outbox(path);
  g_autoptr(GPtrArray) all = list_of(outbox, NULL), ones = list_of(outbox, "one");
  g_assert_cmpuint(all->len, ==, 1000);
  g_assert_cmpuint(ones->len, ==, 500);
  for (guint i = 0; i < all->len; i++)
    g_assert_cmpuint(((LinliEntry *)all->pdata[i])->made_at, ==, 1000 + i);
  linli_outbox_close(outbox);
  remove_folder(folder);
}

/* --- Kills ---------------------------------------------------------------------------------------------------- */

enum { AFTER_KEEP, AFTER_MARK, AFTER_REFUSED, AFTER_REMOVE, N_STEPS };

/* The child: does the steps up to `step`, waits until that one is told to be stored, and dies at once. */
static void live_until(const char *path, int step) {
  LinliOutbox *outbox = open_outbox(path);
  g_autoptr(LinliEntry) e = entry_of(1);
  Stored stored = {0};

  linli_outbox_keep(outbox, e, on_stored, &stored);
  wait_for(&stored, 1);
  if (step >= AFTER_MARK) linli_outbox_mark(outbox, e, LINLI_SENT, on_stored, &stored);
  if (step >= AFTER_MARK) wait_for(&stored, 2);
  e->code = 3;
  e->detail = g_strdup("detail");
  if (step == AFTER_REFUSED) linli_outbox_mark(outbox, e, LINLI_KEPT_REFUSED, on_stored, &stored);
  if (step == AFTER_REMOVE) linli_outbox_remove(outbox, e->id, on_stored, &stored);
  if (step >= AFTER_REFUSED) wait_for(&stored, 3);
  kill(getpid(), SIGKILL);
}

static void what_was_stored_survives_a_kill(void) {
  for (int step = 0; step < N_STEPS; step++) {
    g_autofree char *folder = new_folder(), *path = g_build_filename(folder, "outbox", NULL);
    pid_t child = fork();
    int status;

    if (child == 0) {
      live_until(path, step);
      _exit(1);
    }
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    LinliOutbox *outbox = open_outbox(path);
    g_autoptr(GPtrArray) list = list_of(outbox, NULL);
    g_assert_cmpuint(list->len, ==, step == AFTER_REMOVE ? 0 : 1);
    if (list->len) {
      const LinliEntry *e = list->pdata[0];
      LinliKeptState expected = step == AFTER_KEEP   ? LINLI_KEPT
                                : step == AFTER_MARK ? LINLI_SENT
                                                     : LINLI_KEPT_REFUSED;
      g_assert_cmpint(e->state, ==, expected);
      g_assert_cmpmem(g_bytes_get_data(e->body, NULL), g_bytes_get_size(e->body), "body 1", 6);
      if (step == AFTER_REFUSED) g_assert_cmpstr(e->detail, ==, "detail");
    }
    linli_outbox_close(outbox);
    remove_folder(folder);
  }
}

/* Killed at random in the middle of many writes: all that was told to be stored is there, in order. */
static void a_kill_in_the_middle_loses_nothing_that_was_told(void) {
  for (guint round = 0; round < 8; round++) {
    g_autofree char *folder = new_folder(), *path = g_build_filename(folder, "outbox", NULL);
    int told[2], status;
    g_assert_cmpint(pipe(told), ==, 0);
    pid_t child = fork();
    if (child == 0) {
      LinliOutbox *outbox = open_outbox(path);
      Stored stored = {0};
      for (guint i = 0; i < 100000; i++) {
        g_autoptr(LinliEntry) e = entry_of(i);
        linli_outbox_keep(outbox, e, on_stored, &stored);
        if (i % 7 == 0) wait_for(&stored, i + 1);
        if (write(told[1], &stored.n, sizeof stored.n) < 0) _exit(1);
      }
      _exit(1);
    }
    close(told[1]);
    guint n = 0, last = 0, wanted = (guint)g_test_rand_int_range(10, 400);
    while (last < wanted && read(told[0], &n, sizeof n) == sizeof n)
      last = n;
    kill(child, SIGKILL);
    while (read(told[0], &n, sizeof n) == sizeof n)
      last = n;
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    close(told[0]);
    LinliOutbox *outbox = open_outbox(path);
    g_autoptr(GPtrArray) list = list_of(outbox, NULL);
    g_assert_cmpuint(list->len, >=, last);
    for (guint i = 0; i < list->len; i++)
      g_assert_cmpuint(((LinliEntry *)list->pdata[i])->made_at, ==, 1000 + i);
    linli_outbox_close(outbox);
    remove_folder(folder);
  }
}

/* --- Trouble -------------------------------------------------------------------------------------------------- */

static void a_full_disk_is_told_and_nothing_is_half_kept(void) {
  g_autofree char *folder = new_folder(), *path = g_build_filename(folder, "outbox", NULL);
  pid_t child = fork();
  int status;

  if (child == 0) {
    struct rlimit limit = {200000, 200000};
    LinliOutbox *outbox = open_outbox(path);
    Stored stored = {0};
    guint kept = 0;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    for (; kept < 5000 && !stored.error; kept++) {
      g_autoptr(LinliEntry) e = entry_of(kept);
      linli_outbox_keep(outbox, e, on_stored, &stored);
      wait_for(&stored, kept + 1);
    }
    g_autoptr(GPtrArray) list = list_of(outbox, NULL);
    gboolean fine = stored.error && g_error_matches(stored.error, LINLI_ERROR, LINLI_ERROR_DISK) &&
                    strstr(stored.error->message, "Make room") && list->len == kept - 1;
    _exit(fine ? 0 : 1);
  }
  g_assert_cmpint(waitpid(child, &status, 0), ==, child);
  g_assert_cmpint(status, ==, 0);
  remove_folder(folder);
}

static void a_damaged_file_is_never_replaced(void) {
  g_autofree char *folder = new_folder(), *path = g_build_filename(folder, "outbox", NULL), *after = NULL;
  g_autoptr(GError) error = NULL;

  g_assert_true(g_file_set_contents(path, "this is no outbox, but somebody typed it", -1, NULL));
  g_assert_null(linli_outbox_open(path, &error));
  g_assert_error(error, LINLI_ERROR, LINLI_ERROR_DISK);
  g_assert_nonnull(strstr(error->message, "Move the file away"));
  g_assert_true(g_file_get_contents(path, &after, NULL, NULL));
  g_assert_cmpstr(after, ==, "this is no outbox, but somebody typed it");
  remove_folder(folder);
}

static void a_folder_that_is_not_there_is_told(void) {
  g_autoptr(GError) error = NULL;

  g_assert_null(linli_outbox_open("/nowhere/at/all/outbox", &error));
  g_assert_error(error, LINLI_ERROR, LINLI_ERROR_DISK);
}

/* The worker's thread is no place to fork from: the children come first, and are made by a process without threads.
 */
int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/outbox/" #name, name)
  TEST(what_was_stored_survives_a_kill);
  TEST(a_kill_in_the_middle_loses_nothing_that_was_told);
  TEST(a_full_disk_is_told_and_nothing_is_half_kept);
  TEST(entries_come_back_in_their_order);
  TEST(a_damaged_file_is_never_replaced);
  TEST(a_folder_that_is_not_there_is_told);
  return g_test_run();
}
