/* sound.h: what an alert sounds like: two sounds of the desktop's sound theme, so that who works beside it knows
 * without looking whether it is 特急 or an urged case. Where nothing can play them, the screen's bell. */
#pragma once

#include <gtk/gtk.h>

/* Returns at once: what plays it may take its time to answer. */
void linli_sound_ring(GtkWidget *widget, gboolean critical);
