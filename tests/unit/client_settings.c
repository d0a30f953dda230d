/* client_settings.c: where settings come from, and tokens and device ids on disk. */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/core/settings.h"
#include "client/core/tokens.h"
#include "common/uuid.h"

static char *folder;

static void write_file(const char *name, const char *text, char **path) {
  *path = g_build_filename(folder, name, NULL);
  g_autofree char *parent = g_path_get_dirname(*path);
  g_mkdir_with_parents(parent, 0700);
  g_assert_true(g_file_set_contents(*path, text, -1, NULL));
}

static LinliSettings *load(const LinliOptions *options) {
  g_autoptr(GError) error = NULL;
  LinliSettings *s = linli_settings_load(options, &error);

  g_assert_no_error(error);
  return s;
}

static void an_option_beats_the_environment_beats_the_file(void) {
  g_autofree char *path = NULL;
  write_file("config/linli/linlictl.conf", "[linlictl]\nserver=file:1\nuser=from-file\nca=/ca\n", &path);

  g_autoptr(LinliSettings) file = load(&(LinliOptions){NULL, NULL, NULL, NULL, NULL});
  g_assert_cmpstr(linli_settings_server(file), ==, "file:1");
  g_assert_cmpstr(linli_settings_ca(file), ==, "/ca");
  g_setenv("LINLI_SERVER", "environment:2", TRUE);
  g_autoptr(LinliSettings) environment = load(&(LinliOptions){NULL, NULL, NULL, NULL, NULL});
  g_assert_cmpstr(linli_settings_server(environment), ==, "environment:2");
  g_assert_cmpstr(linli_settings_user(environment), ==, "from-file");
  g_autoptr(LinliSettings) option = load(&(LinliOptions){.server = "option:3", .user = "me"});
  g_assert_cmpstr(linli_settings_server(option), ==, "option:3");
  g_assert_cmpstr(linli_settings_user(option), ==, "me");
  g_unsetenv("LINLI_SERVER");
  g_unlink(path);
}

static void what_lacks_or_is_broken_is_said(void) {
  static const struct {
    const char *name, *text;
  } broken[] = {{"broken.conf", "no group\n"}, {"binary.conf", "\x01\x02\xff"}};
  g_autoptr(GError) error = NULL;

  g_assert_null(linli_settings_load(&(LinliOptions){.server = "a:1"}, &error));
  g_assert_nonnull(strstr(error->message, "LINLI_USER"));
  for (gsize i = 0; i < G_N_ELEMENTS(broken); i++) {
    g_autofree char *path = NULL;
    g_clear_error(&error);
    write_file(broken[i].name, broken[i].text, &path);
    g_assert_null(linli_settings_load(&(LinliOptions){.config = path}, &error));
    g_assert_error(error, LINLI_ERROR, LINLI_ERROR_USAGE);
  }
  g_clear_error(&error);
  g_assert_null(linli_settings_load(&(LinliOptions){.config = "/nowhere.conf"}, &error));
  g_assert_error(error, LINLI_ERROR, LINLI_ERROR_USAGE);
}

static void a_password_is_the_first_line(void) {
  static const struct {
    const char *text, *password;
  } cases[] = {{"secret\n", "secret"}, {"secret\r\nmore", "secret"}, {"长密码", "长密码"}, {"", NULL}, {"\n", NULL},
               {"\xff\xfe", NULL}};

  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *path = NULL, *password = NULL;
    g_autoptr(GError) error = NULL;
    write_file("password", cases[i].text, &path);
    g_autoptr(LinliSettings) s = load(&(LinliOptions){.server = "a:1", .user = "b", .password_file = path});
    password = linli_settings_password(s, &error);
    g_assert_cmpstr(password, ==, cases[i].password);
    g_assert_cmpint(error != NULL, ==, cases[i].password == NULL);
  }
}

static void a_ca_file_that_is_none_is_said(void) {
  g_autofree char *path = NULL;
  g_autoptr(GError) error = NULL;

  write_file("ca.pem", "no certificate", &path);
  g_autoptr(LinliSettings) s = load(&(LinliOptions){.server = "a:1", .user = "b", .ca = "/nowhere/ca.pem"});
  g_assert_null(linli_settings_trust(s, &error));
  g_assert_error(error, LINLI_ERROR, LINLI_ERROR_USAGE);
}

static void tokens_are_kept_each_for_its_account_and_private(void) {
  static const guint8 one[32] = {1}, two[32] = {2};
  g_autoptr(GError) error = NULL;
  g_autoptr(LinliTokens) tokens = linli_tokens_in_folder(folder, &error);

  g_assert_no_error(error);
  g_assert_null(tokens->load(tokens, "s:1", "a"));
  tokens->save(tokens, "s:1", "a", (WireBytes){one, sizeof one});
  tokens->save(tokens, "s:1", "b", (WireBytes){two, sizeof two});
  g_autoptr(LinliTokens) again = linli_tokens_in_folder(folder, &error);
  g_assert_true(memcmp(again->device.b, tokens->device.b, 16) == 0);
  g_autoptr(GBytes) a = again->load(again, "s:1", "a"), b = again->load(again, "s:1", "b");
  g_assert_cmpmem(g_bytes_get_data(a, NULL), g_bytes_get_size(a), one, sizeof one);
  g_assert_cmpmem(g_bytes_get_data(b, NULL), g_bytes_get_size(b), two, sizeof two);
  g_autofree char *place = g_build_filename(folder, "tokens", NULL);
  g_autoptr(GDir) dir = g_dir_open(place, 0, NULL);
  const char *name;
  while ((name = g_dir_read_name(dir))) {
    g_autofree char *path = g_build_filename(place, name, NULL);
    GStatBuf st;
    g_assert_cmpint(g_stat(path, &st), ==, 0);
    g_assert_cmpint(st.st_mode & 0777, ==, 0600);
  }
  again->drop(again, "s:1", "a");
  g_assert_null(again->load(again, "s:1", "a"));
}

/* Twenty processes begin at once in an empty folder: they are one device. */
static void processes_that_begin_at_once_are_one_device(void) {
  g_autofree char *fresh = g_build_filename(folder, "fresh", NULL);
  int out[2];
  Uuid first, other;

  g_mkdir(fresh, 0700);
  g_assert_cmpint(pipe(out), ==, 0);
  for (guint i = 0; i < 20; i++) {
    if (fork() != 0) continue;
    LinliTokens *tokens = linli_tokens_in_folder(fresh, NULL);
    gboolean fine = tokens && write(out[1], tokens->device.b, 16) == 16;
    _exit(fine ? 0 : 1);
  }
  for (guint i = 0; i < 20; i++) {
    int status;
    g_assert_cmpint(wait(&status), >, 0);
    g_assert_cmpint(status, ==, 0);
    g_assert_cmpint(read(out[0], i ? other.b : first.b, 16), ==, 16);
    if (i) g_assert_cmpmem(first.b, 16, other.b, 16);
  }
  close(out[0]);
  close(out[1]);
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
  folder = g_dir_make_tmp("linli-settings-XXXXXX", NULL);
  g_autofree char *config = g_build_filename(folder, "config", NULL);
  g_setenv("XDG_CONFIG_HOME", config, TRUE);
  g_unsetenv("LINLI_SERVER");
  g_unsetenv("LINLI_USER");
  g_unsetenv("LINLI_CA");
  g_unsetenv("LINLI_PASSWORD_FILE");
  g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/settings/" #name, name)
  TEST(processes_that_begin_at_once_are_one_device);
  TEST(an_option_beats_the_environment_beats_the_file);
  TEST(what_lacks_or_is_broken_is_said);
  TEST(a_password_is_the_first_line);
  TEST(a_ca_file_that_is_none_is_said);
  TEST(tokens_are_kept_each_for_its_account_and_private);
  int how = g_test_run();
  remove_all(folder);
  g_free(folder);
  return how;
}
