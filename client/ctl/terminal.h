/* terminal.h: a full screen of lines on a terminal that is put back as it was, whatever ends the program.
 * Owner: the board. Nothing is drawn unless stdout is a terminal. */
#pragma once

#include <glib.h>

typedef struct Terminal Terminal;

/* NULL when stdout is no terminal. key: of each byte typed; resized: after SIGWINCH. */
Terminal *terminal_open(void (*key)(char c, gpointer data), void (*resized)(gpointer data), gpointer data);
void terminal_close(Terminal *terminal);
void terminal_size(const Terminal *terminal, guint *rows, guint *columns);
/* Draws these lines from the top and clears the rest; a line wider than the screen is the caller's mistake. */
void terminal_draw(Terminal *terminal, GPtrArray *lines);
/* Whether it understands colours; words and icons carry the meaning anyway. */
gboolean terminal_has_colours(const Terminal *terminal);
