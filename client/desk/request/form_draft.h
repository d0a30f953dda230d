/* form_draft.h: what was filled into an action's form, as its draft keeps it: a key file, a key a field. Pure.
 *
 *   text as it was typed · a choice by its identifier · a number in digits, a list with `;` · an id as text
 *
 * The form writes and reads it; the outbox makes one from a command that came back. */
#pragma once

#include "common/proto.h"

#define LINLI_FORM_DRAFT_GROUP "draft"

/* What the draft is for: "request.report UUID"; g_free. */
char *linli_form_draft_about(const ProtoCommand *command, Uuid request);
/* Of the fields that the body has, but for the request itself; g_free. "" when there is nothing. */
char *linli_form_draft_of_body(const ProtoCommand *command, WireBytes body);
