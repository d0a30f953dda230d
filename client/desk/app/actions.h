/* actions.h: the one table of what can be done: accelerators, menus, palette and the shortcuts window are made from
 * it.
 *
 * "win." actions belong to the window, "request." ones to the request that is selected, "app." to the program. Who
 * owns the doing adds a GAction of that name to its group; the table owns names, words and keys. To add an action: a
 * row here and a handler in its room. */
#pragma once

#include <gtk/gtk.h>

typedef enum {
  LINLI_ACTION_PALETTE = 1, /* found by Ctrl+K */
  LINLI_ACTION_MENU = 2,    /* in the primary menu */
  LINLI_ACTION_HIDDEN = 4,  /* not in the shortcuts window */
  LINLI_ACTION_RARE = 8,    /* in the request's menu, not among its buttons */
} LinliActionFlags;

typedef struct {
  const char *name;       /* "win.new-request" */
  const char *group;      /* heading in the shortcuts window; msgid */
  const char *label;      /* msgid */
  const char *chinese;    /* searched by the palette in every language, with its pinyin */
  const char *accels[3];  /* GTK accelerators, NULL-terminated */
  char letter;            /* on the list only, and off while a screen reader runs; 0 for none */
  guint64 request_action; /* of enum request_action, for "request." ones; 0 for none */
  LinliActionFlags flags;
} LinliActionInfo;

extern const LinliActionInfo linli_actions[];
extern const gsize linli_actions_count;

const LinliActionInfo *linli_action_by_name(const char *name);
/* "Ctrl+N", in the user's words; NULL for none. g_free. */
char *linli_action_keys(const LinliActionInfo *info);
/* The primary menu, from the table. */
GMenuModel *linli_actions_menu(void);
