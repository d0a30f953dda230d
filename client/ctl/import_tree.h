/* import_tree.h: the tree that a mapping speaks of, made at the server where it is missing, and where a row belongs
 * in it.
 *
 *   district ─ subdistrict + office ─ community (9 digits + 3) ─ grid (community + 3)
 *                                        └─ team, when the mapping names one
 *
 * Call tree_want() for each row, tree_make() once, then tree_place(). What is there is found by its name and left
 * alone, so a second time changes nothing. Digits in the file become the code's; other texts take the next free
 * number. Owner: the caller; ctl, the bulk and the mapping must outlive it. */
#pragma once

#include "client/ctl/bulk.h"
#include "client/ctl/ctl.h"
#include "client/ctl/mapping.h"

typedef struct Tree Tree;

/* Numbers of the server; 0 for none. */
typedef struct {
  guint64 stream, community, grid, team;
} TreePlace;
typedef struct {
  guint subdistricts, communities, grids, teams;
} TreeMade;

Tree *tree_new(Ctl *ctl, Bulk *bulk, const MappingTree *wanted);
void tree_free(Tree *tree);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tree, tree_free)

void tree_want(Tree *tree, const MappedRow *row);
/* ctl is connected as an account that may manage the territory and, where there are teams, teams. */
G_GNUC_WARN_UNUSED_RESULT gboolean tree_make(Tree *tree, GError **error);
/* FALSE: the tree was made without this row's place. */
G_GNUC_WARN_UNUSED_RESULT gboolean tree_place(const Tree *tree, const MappedRow *row, TreePlace *place);

const TreeMade *tree_made(const Tree *tree);
guint64 tree_office(const Tree *tree);
guint64 tree_office_stream(const Tree *tree);
/* The number of a category by its code; 0: this office has none such. */
guint64 tree_category(const Tree *tree, const char *code);
/* All its communities' places, without grids; in the order of their codes. Of TreePlace; owned by the tree. */
const GArray *tree_communities(const Tree *tree);

/* The root office's stream; 0 with an error. */
G_GNUC_WARN_UNUSED_RESULT guint64 tree_root_stream(Ctl *ctl, GError **error);
