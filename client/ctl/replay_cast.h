/* replay_cast.h: the accounts that play a replay, each with a session of its own.
 *
 *   intake ─ register     dispatch ─ accept, dispatch     work ─ sign, contact, report, return (members of a team)
 *   verify ─ verify       callback ─ call back            nobody has two parts: who handles does not judge
 *
 * Accounts are made once, with random passwords in files of mode 0600 in the state folder, and used again. One whose
 * password is not here gets a new one. Sessions are spread over the servers. Owner: the replay. */
#pragma once

#include "client/ctl/import_tree.h"

typedef enum { PART_INTAKE, PART_DISPATCH, PART_VERIFY, PART_CALLBACK, PART_WORK, PARTS } Part;

typedef struct {
  char *name, *password_file;
  guint64 number;
  Part part;
  LinliSession *session;
  Bulk *bulk;
} Actor;

typedef struct Cast Cast;

enum { CAST_MIN = 5, CAST_MAX = 200 };

/* servers: at least one. n: how many accounts. */
Cast *cast_new(Ctl *ctl, const Tree *tree, const char *const *servers, guint n);
void cast_free(Cast *cast);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Cast, cast_free)
/* Accounts, roles, and who is in which team; admin is the administrator's. */
G_GNUC_WARN_UNUSED_RESULT gboolean cast_prepare(Cast *cast, Bulk *admin, GError **error);
/* Everybody is READY, or the first who is not allowed in says why. */
G_GNUC_WARN_UNUSED_RESULT gboolean cast_sign_in(Cast *cast, GError **error);
/* The least busy of a part; of the team's members when the part is work (team: an index of tree_communities()). */
Actor *cast_pick(const Cast *cast, Part part, guint team);
/* The nth that works for a team, always the same. */
Actor *cast_worker(const Cast *cast, guint team, guint turn);
guint cast_size(const Cast *cast);
Actor *cast_actor(const Cast *cast, guint i);
/* What stands in a session's way for good; NULL while all go on. */
const GError *cast_problem(const Cast *cast);
