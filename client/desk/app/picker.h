/* picker.h: one of many, found by typing: words, pinyin, initials. An entry over a list; Down goes into the list,
 * Return takes the first that fits (never while an input method composes). Signal "picked" when somebody has chosen,
 * also by leaving it empty. Owner: its parent. */
#pragma once

#include <gtk/gtk.h>

#define LINLI_TYPE_PICKER linli_picker_get_type()
G_DECLARE_FINAL_TYPE(LinliPicker, linli_picker, LINLI, PICKER, GtkWidget)

/* label: the accessible name. compact: the list shows itself only while the entry has the focus. */
GtkWidget *linli_picker_new(const char *label, gboolean compact);
void linli_picker_clear(LinliPicker *picker);
/* At the end. detail: dim, may be NULL; id is not 0. */
void linli_picker_add(LinliPicker *picker, guint64 id, const char *text, const char *detail);
/* 0: none. */
void linli_picker_select(LinliPicker *picker, guint64 id);
guint64 linli_picker_selected(LinliPicker *picker);
