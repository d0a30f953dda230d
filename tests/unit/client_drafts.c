/* client_drafts.c: what was typed is there again after a kill, a damaged file or a full disk; one window writes. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/core/drafts.h"
#include "client/core/identity.h"
#include "common/uuid.h"

static char *folder;

/* A process of its own: this program again (a child of a program with threads may not go on as it is). It says its
 * bytes into the pipe. */
static pid_t start(const char *role, Uuid id, int *hears) {
  char text[UUID_TEXT_SIZE];
  int ends[2];

  g_assert_cmpint(pipe(ends), ==, 0);
  uuid_format(id, text);
  pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    execl("/proc/self/exe", "client_drafts", "--role", role, folder, text, NULL);
    _exit(127);
  }
  close(ends[1]);
  *hears = ends[0];
  return child;
}

static void say(const void *bytes, gsize len) {
  if (write(STDOUT_FILENO, bytes, len) != (gssize)len) _exit(1);
}

static LinliDrafts *open_as(const char *account) {
  g_autoptr(GError) error = NULL;
  LinliDrafts *drafts = linli_drafts_open(folder, "server:1", account, &error);

  g_assert_no_error(error);
  return drafts;
}

static char *text_of(LinliDrafts *drafts, Uuid id) {
  const LinliDraft *draft = linli_drafts_get(drafts, id);
  return draft ? g_strdup(draft->text) : NULL;
}

/* What a new process would find. */
static char *text_on_disk(const char *account, Uuid id) {
  g_autoptr(LinliDrafts) drafts = open_as(account);
  return text_of(drafts, id);
}

static char *draft_path(const char *account, Uuid id, const char *suffix) {
  g_autofree char *whose = g_strconcat("server:1\n", account, NULL);
  g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, whose, -1);
  char text[UUID_TEXT_SIZE];

  digest[16] = '\0';
  g_autofree char *name = g_strconcat(uuid_format(id, text), suffix, NULL);
  return g_build_filename(folder, "drafts", digest, name, NULL);
}

static void run_until(gboolean (*done)(gpointer data), gpointer data) {
  gint64 end = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;

  while (!done(data)) {
    g_assert_cmpint(g_get_monotonic_time(), <, end);
    if (!g_main_context_iteration(NULL, FALSE)) g_usleep(1000);
  }
}

/* --- Keeping -------------------------------------------------------------------------------------------------- */

static void what_was_typed_is_there_again(void) {
  Uuid one = linli_new_id(), two = linli_new_id();
  LinliDrafts *drafts = open_as("keep");

  linli_drafts_put(drafts, one, "request", "[f]\ntext=楼道灯\\n不亮\n");
  linli_drafts_put(drafts, two, "request.comment\nx", "");
  linli_drafts_put(drafts, one, "request", "[f]\ntext=楼道灯不亮，第二层\n");
  linli_drafts_close(drafts);
  g_autoptr(LinliDrafts) again = open_as("keep");
  g_assert_cmpuint(linli_drafts_count(again), ==, 2);
  g_assert_cmpstr(linli_drafts_get(again, one)->text, ==, "[f]\ntext=楼道灯不亮，第二层\n");
  g_assert_cmpstr(linli_drafts_get(again, two)->about, ==, "request.comment x");
  g_assert_cmpstr(linli_drafts_get(again, two)->text, ==, "");
  g_autoptr(GPtrArray) requests = linli_drafts_list(again, "request"), all = linli_drafts_list(again, NULL);
  g_assert_cmpuint(requests->len, ==, 1);
  g_assert_cmpuint(all->len, ==, 2);
  g_autoptr(LinliDrafts) other = open_as("somebody else");
  g_assert_cmpuint(linli_drafts_count(other), ==, 0);
}

static gboolean is_on_disk(gpointer data) {
  g_autofree char *path = draft_path("soon", *(Uuid *)data, ".draft");
  return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void a_key_is_on_disk_within_a_second(void) {
  g_autoptr(LinliDrafts) drafts = open_as("soon");
  Uuid id = linli_new_id();
  gint64 start = g_get_monotonic_time();

  linli_drafts_put(drafts, id, "request", "x");
  run_until(is_on_disk, &id);
  g_test_message("on disk after %" G_GINT64_FORMAT " ms", (g_get_monotonic_time() - start) / 1000);
  if (g_test_perf()) g_assert_cmpint(g_get_monotonic_time() - start, <, G_USEC_PER_SEC);
}

static void what_was_thrown_away_does_not_come_back(void) {
  LinliDrafts *drafts = open_as("away");
  Uuid written = linli_new_id(), typed = linli_new_id();

  linli_drafts_put(drafts, written, "request", "x");
  linli_drafts_settle(drafts);
  linli_drafts_put(drafts, typed, "request", "y");
  linli_drafts_remove(drafts, written);
  linli_drafts_remove(drafts, typed);
  linli_drafts_close(drafts);
  g_autoptr(LinliDrafts) again = open_as("away");
  g_assert_cmpuint(linli_drafts_count(again), ==, 0);
}

/* --- Kill ------------------------------------------------------------------------------------------------------ */

/* Types growing texts and is killed at some moment, perhaps while it writes. */
static void type_for_ever(Uuid id) {
  LinliDrafts *drafts = open_as("killed");

  for (guint n = 1;; n++) {
    g_autofree char *text = g_strnfill(n * 37, 'x');
    linli_drafts_put(drafts, id, "request", text);
    linli_drafts_settle(drafts);
    say(&n, sizeof n);
  }
}

static void a_kill_at_any_moment_leaves_a_whole_draft(void) {
  for (guint round = 0; round < 12; round++) {
    Uuid id = linli_new_id();
    guint n = 0, last = 0;
    int hears;
    pid_t child = start("type", id, &hears);

    for (guint i = 0; i < 2 + round; i++)
      g_assert_cmpint(read(hears, &last, sizeof last), ==, sizeof last);
    g_usleep((gulong)g_test_rand_int_range(0, 3000));
    kill(child, SIGKILL);
    g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
    while (read(hears, &n, sizeof n) == sizeof n)
      last = n;
    close(hears);
    g_autofree char *text = text_on_disk("killed", id);
    g_assert_nonnull(text);
    g_assert_true(strlen(text) == last * 37 || strlen(text) == (last + 1) * 37);
  }
}

/* --- Claims ---------------------------------------------------------------------------------------------------- */

/* Says whether it could, and keeps it until it is killed. */
static void claim_for_ever(Uuid id) {
  LinliDrafts *drafts = open_as("claim");
  char claimed = linli_drafts_claim(drafts, id) ? 'y' : 'n';

  say(&claimed, 1);
  for (;;)
    pause();
}

static pid_t claim_elsewhere(Uuid id, char *claimed) {
  int hears;
  pid_t child = start("claim", id, &hears);

  g_assert_cmpint(read(hears, claimed, 1), ==, 1);
  close(hears);
  return child;
}

static void end(pid_t child) {
  kill(child, SIGKILL);
  g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
}

static void one_window_claims_a_draft(void) {
  g_autoptr(LinliDrafts) one = open_as("claim"), two = open_as("claim");
  Uuid id = linli_new_id(), other = linli_new_id();
  char claimed;

  g_assert_true(linli_drafts_claim(one, id));
  g_assert_false(linli_drafts_claim(one, id));
  g_assert_false(linli_drafts_claim(two, id));
  g_assert_true(linli_drafts_claim(two, other));
  end(claim_elsewhere(id, &claimed));
  g_assert_cmpint(claimed, ==, 'n');
  linli_drafts_release(one, id);
  g_assert_true(linli_drafts_claim(two, id));
}

static void a_claim_ends_with_a_killed_process(void) {
  g_autoptr(LinliDrafts) drafts = open_as("claim");
  Uuid id = linli_new_id();
  char claimed;
  pid_t child = claim_elsewhere(id, &claimed);

  g_assert_cmpint(claimed, ==, 'y');
  g_assert_false(linli_drafts_claim(drafts, id));
  end(child);
  g_assert_true(linli_drafts_claim(drafts, id));
}

/* --- Damage ---------------------------------------------------------------------------------------------------- */

static void a_damaged_file_harms_no_other_and_is_not_touched(void) {
  static const struct {
    const char *bytes;
    gsize len;
  } damage[] = {{"", 0},
                {"linli draft 1\n", 14},
                {"linli draft 1\nrequest", 21},
                {"\0\0\0\0", 4},
                {"linli draft 1\nrequest\n\xff\xfe", 24},
                {"linli draft 1\nrequest\na\0b", 25},
                {"something else\n", 15}};
  Uuid whole = linli_new_id();
  LinliDrafts *drafts = open_as("damage");
  char *paths[G_N_ELEMENTS(damage)];

  linli_drafts_put(drafts, whole, "request", "whole");
  linli_drafts_close(drafts);
  for (gsize i = 0; i < G_N_ELEMENTS(damage); i++) {
    paths[i] = draft_path("damage", linli_new_id(), ".draft");
    g_assert_true(g_file_set_contents(paths[i], damage[i].bytes, (gssize)damage[i].len, NULL));
  }
  g_autoptr(LinliDrafts) again = open_as("damage");
  g_assert_cmpuint(linli_drafts_count(again), ==, 1);
  g_assert_cmpstr(linli_drafts_get(again, whole)->text, ==, "whole");
  for (gsize i = 0; i < G_N_ELEMENTS(damage); i++) {
    g_autofree char *bytes = NULL;
    gsize len;
    g_assert_true(g_file_get_contents(paths[i], &bytes, &len, NULL));
    g_assert_cmpmem(bytes, len, damage[i].bytes, damage[i].len);
    g_free(paths[i]);
  }
}

static void what_a_killed_writer_left_goes_after_an_hour(void) {
  g_autofree char *old = draft_path("left", linli_new_id(), ".draft.ABC123"),
                  *new = draft_path("left", linli_new_id(), ".draft.DEF456");
  struct timespec times[2] = {{.tv_sec = g_get_real_time() / G_USEC_PER_SEC - 4000},
                              {.tv_sec = g_get_real_time() / G_USEC_PER_SEC - 4000}};
  LinliDrafts *drafts = open_as("left");

  linli_drafts_close(drafts);
  g_assert_true(g_file_set_contents(old, "half", -1, NULL) && g_file_set_contents(new, "half", -1, NULL));
  g_assert_cmpint(utimensat(AT_FDCWD, old, times, 0), ==, 0);
  g_autoptr(LinliDrafts) again = open_as("left");
  g_assert_nonnull(again);
  g_assert_false(g_file_test(old, G_FILE_TEST_EXISTS));
  g_assert_true(g_file_test(new, G_FILE_TEST_EXISTS)); /* somebody may be writing it */
}

/* --- A full disk ------------------------------------------------------------------------------------------------ */

static void limit_files_to(rlim_t bytes) {
  struct rlimit limit;

  g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = bytes;
  g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
}

static void on_changed(gpointer data) {
  ++*(guint *)data;
}

static gboolean has_no_trouble(gpointer data) {
  g_autofree char *trouble = linli_drafts_trouble(data);
  return !trouble;
}
static gboolean has_trouble(gpointer data) {
  return !has_no_trouble(data);
}
static gboolean was_told_twice(gpointer data) {
  return *(guint *)data >= 2;
}

/* In a process of its own: the limit is the process's. */
static void a_full_disk_is_told_and_tried_again(void) {
  if (!g_test_subprocess()) {
    g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
    g_test_trap_assert_passed();
    return;
  }
  g_autofree char *text = g_strnfill(50000, 'x');
  LinliDrafts *drafts = open_as("full");
  Uuid id = linli_new_id();
  guint told = 0;

  signal(SIGXFSZ, SIG_IGN);
  linli_drafts_put(drafts, id, "request", "short");
  linli_drafts_settle(drafts);
  g_assert_true(has_no_trouble(drafts));
  limit_files_to(4096);
  linli_drafts_put(drafts, id, "request", text);
  linli_drafts_on_changed(drafts, on_changed, &told);
  run_until(has_trouble, drafts);
  g_autofree char *old = text_on_disk("full", id);
  g_assert_cmpstr(old, ==, "short"); /* the disk keeps what it had */
  g_assert_cmpstr(linli_drafts_get(drafts, id)->text, ==, text);
  limit_files_to(RLIM_INFINITY);
  run_until(was_told_twice, &told); /* that there is trouble, and that it is over */
  g_assert_true(has_no_trouble(drafts));
  g_autofree char *new = text_on_disk("full", id);
  g_assert_cmpstr(new, ==, text);
  linli_drafts_close(drafts);
}

static void remove_all(const char *path) {
  g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name(dir))) {
    g_autofree char *child = g_build_filename(path, name, NULL);
    remove_all(child);
  }
  g_remove(path);
}

static int play(const char *role, const char *text) {
  Uuid id;

  if (!uuid_parse(text, strlen(text), &id)) return 1;
  if (strcmp(role, "type") == 0)
    type_for_ever(id);
  else
    claim_for_ever(id);
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 5 && strcmp(argv[1], "--role") == 0) {
    folder = argv[3];
    return play(argv[2], argv[4]);
  }
  g_test_init(&argc, &argv, NULL);
  folder = g_dir_make_tmp("linli-drafts-XXXXXX", NULL);
  g_test_add_func("/drafts/again", what_was_typed_is_there_again);
  g_test_add_func("/drafts/soon", a_key_is_on_disk_within_a_second);
  g_test_add_func("/drafts/away", what_was_thrown_away_does_not_come_back);
  g_test_add_func("/drafts/killed", a_kill_at_any_moment_leaves_a_whole_draft);
  g_test_add_func("/drafts/claim", one_window_claims_a_draft);
  g_test_add_func("/drafts/claim/killed", a_claim_ends_with_a_killed_process);
  g_test_add_func("/drafts/damage", a_damaged_file_harms_no_other_and_is_not_touched);
  g_test_add_func("/drafts/left", what_a_killed_writer_left_goes_after_an_hour);
  g_test_add_func("/drafts/full", a_full_disk_is_told_and_tried_again);
  int failed = g_test_run();
  remove_all(folder);
  g_free(folder);
  return failed;
}
