/* tokens_secret.c: see tokens_secret.h. */
#include "client/desk/signin/tokens_secret.h"

LinliTokens *linli_tokens_secret_new(void) {
  return NULL;
}
