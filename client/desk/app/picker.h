/* picker.h: one of many, found by typing: words, pinyin, initials. An entry over a list; Down goes into the list,
 * Return takes the first that fits (never while an input method composes). Signals: "picked" when somebody has
 * chosen, also by leaving it empty; "typed" after each change of what is looked for. Owner: its parent. */
#pragma once

#include <gtk/gtk.h>

#define LINLI_TYPE_PICKER linli_picker_get_type()
G_DECLARE_FINAL_TYPE(LinliPicker, linli_picker, LINLI, PICKER, GtkWidget)

/* label: the accessible name. compact: the list shows itself only while the entry has the focus. */
GtkWidget *linli_picker_new(const char *label, gboolean compact);
void linli_picker_clear(LinliPicker *picker);
/* At the end. detail: dim, may be NULL; id is not 0. */
void linli_picker_add(LinliPicker *picker, guint64 id, const char *text, const char *detail);
/* What cannot be chosen now, greyed, with the reason where the detail stands. */
void linli_picker_add_greyed(LinliPicker *picker, const char *text, const char *why);
/* Found elsewhere for what is typed: shown whatever the picker itself makes of it, until they are dropped. */
void linli_picker_add_found(LinliPicker *picker, guint64 id, const char *text, const char *detail);
void linli_picker_drop_found(LinliPicker *picker);
/* What is looked for: "" once something is chosen. Static until it changes. */
const char *linli_picker_typed(LinliPicker *picker);
/* 0: none. */
void linli_picker_select(LinliPicker *picker, guint64 id);
guint64 linli_picker_selected(LinliPicker *picker);
/* Its text, as it stands in the entry; "" for none. Good until the next change. */
const char *linli_picker_selected_text(LinliPicker *picker);
