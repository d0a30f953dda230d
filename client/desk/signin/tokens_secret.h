/* tokens_secret.h: tokens in the Secret Service (libsecret); where there is none, files of mode 0600; the same where
 * its default keyring is locked, because nobody is asked to unlock it. The device id is always in its file. Neither
 * blocks the start: what is not known is asked for again while the keyring has not answered yet, ten seconds at most. */
#pragma once

#include "client/core/tokens.h"

/* NULL: neither can be had; the context then says why. */
LinliTokens *linli_tokens_secret_new(void);
