/* chip.h: a value of the schema as an icon and a word in a small frame: class and state of a request. */
#pragma once

#include <gtk/gtk.h>

#define LINLI_TYPE_CHIP linli_chip_get_type()
G_DECLARE_FINAL_TYPE(LinliChip, linli_chip, LINLI, CHIP, GtkWidget)

GtkWidget *linli_chip_new(void);
void linli_chip_show_state(LinliChip *chip, guint64 state);
void linli_chip_show_class(LinliChip *chip, guint64 class);
