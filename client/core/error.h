/* error.h: what can go wrong on the client's side, as GErrors whose message is a sentence that says what to do next.
 * Three domains: LINLI_ERROR is ours; LINLI_REFUSAL (code: the refusal's number) is the server's decision;
 * LINLI_WIRE_ERROR (code: the error's number) says that the server decided nothing. */
#pragma once

#include <glib.h>

#include "common/wire.h"

typedef enum {
  LINLI_ERROR_USAGE,    /* an option or a value is wrong */
  LINLI_ERROR_CONNECT,  /* the server cannot be reached, or the line broke */
  LINLI_ERROR_TRUST,    /* its certificate, TLS version or protocol is not what we accept */
  LINLI_ERROR_PASSWORD, /* there is neither a token nor a password to sign in with */
  LINLI_ERROR_SIGN_IN,  /* account, password or token are not accepted */
  LINLI_ERROR_PROTOCOL, /* what came is not the wire's */
  LINLI_ERROR_DISK,     /* a file of ours cannot be read or written */
} LinliErrorCode;

#define LINLI_ERROR linli_error_quark()
GQuark linli_error_quark(void);
#define LINLI_REFUSAL linli_refusal_quark()
GQuark linli_refusal_quark(void);
#define LINLI_WIRE_ERROR linli_wire_error_quark()
GQuark linli_wire_error_quark(void);

/* How much of a library's message to print with %.*s: what there is before a full stop at its end. */
int linli_bare(const char *message);

/* A text of this folder for people, English in the code, as the program's translator has it; without one as it
 * stands. It is called from worker threads too. The desk gives gettext: each of them is in client/desk/po. */
typedef const char *(*LinliTranslate)(const char *english);
void linli_set_translator(LinliTranslate translator);
const char *linli_text(const char *english) G_GNUC_FORMAT(1);

/* The language of texts for people, "zh" or "en", as somebody has chosen; NULL (the default): the environment's. */
void linli_set_language(const char *language);
/* True when they should be Chinese: as chosen, else as LANGUAGE's first says where the locale is not C, else as the
 * first that is set of LC_ALL, LC_MESSAGES and LANG. */
gboolean linli_in_chinese(void);
/* The label's text in that language. */
const char *linli_label_text(const WireLabel *label);
/* The sentence of a refusal or an error by its number; one that only a newer server knows still gets a sentence. */
const char *linli_sentence(const WireEnum *of, guint64 number);
/* Its identifier; "unknown" for one we do not know. */
const char *linli_identifier(const WireEnum *of, guint64 number);
