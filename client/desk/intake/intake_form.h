/* intake_form.h: what a new request is, while it is being typed: a plain value between widgets, draft and wire. Pure.
 */
#pragma once

#include <glib.h>

#include "proto/proto_tables.h"

typedef struct {
  char *phone, *name, *text, *place;                         /* never NULL */
  guint64 channel, nature, category, community, grid, class; /* class 0: the category's */
  guint64 occurred_at;                                       /* UTC microseconds; 0: just now */
  gboolean confidential,
      confidential_said; /* said: somebody has decided, against the category's default if need be */
  Uuid request;          /* its id, from the first key on: sent twice, it is refused and not doubled */
  Uuid call;             /* shared by the requests of one call */
} LinliIntake;

void linli_intake_init(LinliIntake *intake);
void linli_intake_clear(LinliIntake *intake); /* frees what it holds */
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LinliIntake, linli_intake_clear)
/* As a draft keeps it; g_free. "" when nothing was said or chosen that is not preset. */
char *linli_intake_to_draft(const LinliIntake *intake);
/* The same for the server's copy, with the desk it comes from (device, name). Without the caller's phone: elsewhere
 * the server keeps that sealed. g_free. */
char *linli_intake_to_copy(const LinliIntake *intake, Uuid device, const char *desk);
/* Replaces what intake holds. FALSE: it is no such draft, and intake is as it was. */
G_GNUC_WARN_UNUSED_RESULT gboolean linli_intake_from_draft(LinliIntake *intake, const char *draft);
/* From which desk a copy comes: its name (NULL: not said) and device; g_free. */
char *linli_intake_desk_of(const char *copy, Uuid *device);
/* The next request of the same call: caller and place stay. */
void linli_intake_next(LinliIntake *intake);

/* Which field keeps it from being registered, by its name in request.register, and a sentence in *problem (g_free);
 * NULL: nothing does. now: UTC microseconds. */
const char *linli_intake_lacks(const LinliIntake *intake, guint64 now, char **problem);
/* How many characters of the text go into that many bytes, and how many are too many. Signs that sit on another, such
 * as accents, count with it. */
void linli_intake_count(const char *text, gsize max, guint *fit, guint *over);
gsize linli_intake_max(const char *field); /* bytes, of a field of request.register */
/* The body of request.register. */
GByteArray *linli_intake_body(const LinliIntake *intake);
/* What was said, for a remark on another request: text and place, never the caller. g_free. */
char *linli_intake_remark(const LinliIntake *intake);
