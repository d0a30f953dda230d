/* choice.h: what a scripted client does next: a step that its role and the request's state suggest, from what its
 * replica holds, which may be old by then. So most commands are done, and some collide, come too late or are not
 * allowed.
 *
 * To add a step, start at steps[] in choice.c. */
#pragma once

#include <glib.h>

#include "proto/proto_tables.h"

typedef enum { ROLE_STATION, ROLE_DESK, ROLE_WALL } Role;

/* What is known of an open request. */
typedef struct {
  Uuid id;
  guint64 community, state, version, team;
  gboolean contacted, moving;
} Known;

typedef struct {
  guint32 kind;
  guint64 community, version; /* version 0: any */
  Uuid row;
  GByteArray *body; /* the chooser's; overwritten by the next choice */
} Choice;

/* What a client chooses from. */
typedef struct {
  GRand *random;
  Role role;
  guint64 community, team;   /* of the client; a wall's is any of `communities` */
  const GArray *communities; /* of guint64 */
  const GArray *teams;       /* of guint64, one a community */
  const GPtrArray *known;    /* of Known */
  guint enough;              /* open requests at which no more are registered */
  GByteArray *body;
} Chooser;

/* mark: a text of its own for this command; it stands in the event once. FALSE: nothing suggests itself now. */
gboolean choose(const Chooser *chooser, Uuid new_row, const char *mark, Choice *choice);
