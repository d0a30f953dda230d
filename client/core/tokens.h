/* tokens.h: the device's id and the tokens of its sign-ins. A table of functions, so that the desk may keep them in a
 * keyring and linlictl in files of mode 0600; a session only asks.
 * Keyed by server and account. A token that cannot be kept is no error: the next start asks for the password. */
#pragma once

#include "client/core/error.h"

typedef struct LinliTokens LinliTokens;
struct LinliTokens {
  Uuid device;
  GBytes *(*load)(LinliTokens *tokens, const char *server, const char *account); /* NULL: none; g_bytes_unref */
  void (*save)(LinliTokens *tokens, const char *server, const char *account, WireBytes token);
  void (*drop)(LinliTokens *tokens, const char *server, const char *account);
  void (*free)(LinliTokens *tokens);
  /* What load does not know may still come: ask again in a moment. NULL: never. */
  gboolean (*may_come)(LinliTokens *tokens);
};

/* Files in a folder that is there: `device`, and one a token. Made on first use; two processes may begin at once. */
G_GNUC_WARN_UNUSED_RESULT LinliTokens *linli_tokens_in_folder(const char *folder, GError **error);
/* For this process alone. */
LinliTokens *linli_tokens_in_memory(void);
void linli_tokens_free(LinliTokens *tokens);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LinliTokens, linli_tokens_free)
