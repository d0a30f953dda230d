/* replay_steps.h: the commands of a replayed request, as bodies. Pure. Owner of a case: the play. */
#pragma once

#include "client/ctl/import_tree.h"
#include "client/ctl/replay_plan.h"

typedef struct {
  Uuid id; /* new in each replay: the file may be played many times */
  TreePlace place;
  GBytes *registered; /* body of its registration */
  char *answer;
  gboolean anonymous;
} ReplayCase;

/* Texts too long for the wire are cut: it is a play, not an import. */
void replay_case_init(ReplayCase *c, const MappedRow *row, const TreePlace *place, guint64 category,
                      gboolean anonymous);
void replay_case_clear(ReplayCase *c);
/* Appends the body; turn varies the words. */
void replay_case_body(const ReplayCase *c, ReplayStep step, guint turn, GByteArray *out);
