/* form_choices.h: what a field of an action may be chosen from, put into a picker: from the replica. */
#pragma once

#include "client/desk/app/context.h"
#include "client/desk/app/picker.h"

/* Teams of the request's community and of the whole office, without those in `but` (GUINT_TO_POINTER; may be NULL)
 * and never the team that it is about. */
void linli_choices_teams(LinliContext *context, const ProtoRequest *request, GHashTable *but, LinliPicker *picker);
void linli_choices_categories(LinliContext *context, LinliPicker *picker);
void linli_choices_grids(LinliContext *context, const ProtoRequest *request, LinliPicker *picker);

typedef struct {
  Uuid id;
  guint64 community;
} LinliTarget;
/* Open requests that it may be merged into; number n in the picker is targets[n - 1] (of LinliTarget). */
void linli_choices_targets(LinliContext *context, const ProtoRequest *request, GArray *targets, LinliPicker *picker);
