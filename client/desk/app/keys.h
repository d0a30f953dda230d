/* keys.h: accelerators that leave input methods alone.
 *
 * GTK 4.8 runs application accelerators before the focused entry's input method sees the key. Here the window looks
 * the key up in the table of actions itself, and a focused text comes first: an input method answers from a process of
 * its own, so what somebody composes may be known only once it has given a key back. Then the key is ours, and only
 * when nothing is being composed. Where no text has the focus, the window comes first. The letters of the list are not
 * here: the list handles them. */
#pragma once

#include <gtk/gtk.h>

/* Once per process, before the first window: watches every text's preedit. */
void linli_keys_init(void);
/* The window's keys activate actions of the table, looked up from the focused widget upwards. */
void linli_keys_attach(GtkWindow *window);
/* Whether somebody is composing in that widget, or in the text inside it. For handlers of Return and Tab. */
gboolean linli_keys_composing(GtkWidget *widget);
