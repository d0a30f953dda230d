/* intake_form.h: what a new request is, while it is being typed: a plain value between widgets, draft and wire. Pure.
 */
#pragma once

#include <glib.h>

#include "proto/proto_tables.h"

typedef struct {
  char *phone, *name, *text, *place; /* never NULL */
  guint64 channel, nature, category, community, grid;
  gboolean confidential;
  Uuid call; /* shared by the requests of one call */
} LinliIntake;

void linli_intake_init(LinliIntake *intake);
void linli_intake_clear(LinliIntake *intake); /* frees what it holds */
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LinliIntake, linli_intake_clear)
/* As a draft keeps it; g_free. "" when nothing was typed. */
char *linli_intake_to_draft(const LinliIntake *intake);
/* Replaces what intake holds. FALSE: it is no such draft, and intake is as it was. */
G_GNUC_WARN_UNUSED_RESULT gboolean linli_intake_from_draft(LinliIntake *intake, const char *draft);
/* Which field keeps it from being registered, by its name in request.register, and a sentence in *problem (g_free);
 * NULL: nothing does. */
const char *linli_intake_lacks(const LinliIntake *intake, char **problem);
/* The body of request.register. */
GByteArray *linli_intake_body(const LinliIntake *intake, Uuid request);
