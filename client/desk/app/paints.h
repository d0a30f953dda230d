/* paints.h: for tests and benches: says on standard error each time a frame of a list has been painted, and how many
 * rows the list has then and how many changes it was told so far: "painted 81234567890 99731 3", microseconds of
 * CLOCK_MONOTONIC. With LINLI_PAINTS=always a frame is wanted all the time, changed or not:
 * what comes late then was kept from coming. Does nothing, and costs nothing, while the variable is not set. */
#pragma once

#include <gtk/gtk.h>

/* rows must outlive list, which says so from the moment that it has a surface. */
void linli_paints_tell(GtkWidget *list, GListModel *rows);
