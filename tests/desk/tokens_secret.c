/* tokens_secret.c: tokens in a real keyring, and in files where there is none.
 *
 *   test_tokens_secret keyring|locked|none STEP     (tokens_secret.sh gives each a session bus and a home) */
#include "client/desk/signin/tokens_secret.h"

#include <string.h>

static const char *const server = "linli.example:7443";

static void run_for(guint ms) {
  gint64 end = g_get_monotonic_time() + ms * 1000;

  while (g_get_monotonic_time() < end) {
    g_main_context_iteration(NULL, FALSE);
    g_usleep(1000);
  }
}

static gboolean holds(LinliTokens *tokens, const char *account, const char *wanted) {
  g_autoptr(GBytes) token = tokens->load(tokens, server, account);

  return token ? wanted && memcmp(g_bytes_get_data(token, NULL), wanted, 32) == 0 : !wanted;
}

static guint files(void) {
  g_autofree char *folder = g_build_filename(g_get_user_state_dir(), "linli", "tokens", NULL);
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  guint n = 0;

  while (dir && g_dir_read_name(dir))
    n++;
  return n;
}

static void save(LinliTokens *tokens, const char *account, const char *token) {
  tokens->save(tokens, server, account, (WireBytes){(const uint8_t *)token, 32});
}

#define A "0123456789abcdef0123456789abcdef"
#define B "fedcba9876543210fedcba9876543210"

/* Kept, found again by the next process, replaced, dropped. keyring: no file is made. */
static void kept(gboolean keyring) {
  g_autoptr(LinliTokens) tokens = linli_tokens_secret_new();

  g_assert_nonnull(tokens);
  save(tokens, "dispatcher", A);
  save(tokens, "shift1", B);
  g_assert_true(holds(tokens, "dispatcher", A));
  run_for(1500);
  g_assert_cmpuint(files(), ==, keyring ? 0 : 2);
  save(tokens, "shift1", A);
  run_for(500);
}

static void found(gboolean keyring) {
  gint64 began = g_get_monotonic_time();
  g_autoptr(LinliTokens) tokens = linli_tokens_secret_new();

  g_assert_cmpint(g_get_monotonic_time() - began, <, 200000); /* nothing waits for the keyring */
  g_assert_true(tokens->may_come(tokens));                    /* … so whoever needs a token asks again */
  run_for(1000);
  g_assert_false(tokens->may_come(tokens));
  g_assert_true(holds(tokens, "dispatcher", A));
  g_assert_true(holds(tokens, "shift1", A));
  g_assert_true(holds(tokens, "station01", NULL));
  tokens->drop(tokens, server, "shift1");
  g_assert_true(holds(tokens, "shift1", NULL));
  run_for(500);
  g_assert_cmpuint(files(), ==, keyring ? 0 : 1);
}

/* Dropped before the keyring has answered: it does not come back. And what it has not taken yet is in a file. */
static void late(void) {
  LinliTokens *tokens = linli_tokens_secret_new();

  tokens->drop(tokens, server, "dispatcher");
  run_for(1000);
  g_assert_true(holds(tokens, "shift1", NULL));
  g_assert_true(holds(tokens, "dispatcher", NULL));
  save(tokens, "dispatcher", B);
  linli_tokens_free(tokens);
  g_assert_cmpuint(files(), ==, 1);
  tokens = linli_tokens_secret_new();
  g_assert_true(holds(tokens, "dispatcher", B));
  linli_tokens_free(tokens);
  run_for(200);
}

int main(int argc, char **argv) {
  gboolean keyring = argc > 1 && strcmp(argv[1], "keyring") == 0;

  if (argc != 3) return 2;
  if (strcmp(argv[2], "kept") == 0) kept(keyring);
  if (strcmp(argv[2], "found") == 0) found(keyring);
  if (strcmp(argv[2], "late") == 0) late();
  g_print("ok: %s, %s\n", argv[1], argv[2]);
  return 0;
}
