/* shortcuts.c: see shortcuts.h. GTK 4.8 fills a shortcuts window only from a description, so one is written here. */
#include "client/desk/palette/shortcuts.h"

#include <glib/gi18n.h>
#include <string.h>

#include "client/desk/app/actions.h"

/* The keys of an action as GtkShortcutsShortcut writes them: alternatives apart by a space. */
static char *accelerators(const LinliActionInfo *info) {
  g_autoptr(GString) keys = g_string_new(NULL);

  for (const char *const *accel = info->accels; *accel; accel++)
    g_string_append_printf(keys, "%s%s", keys->len ? " " : "", *accel);
  if (info->letter == '/')
    g_string_append(keys, keys->len ? " slash" : "slash");
  else if (info->letter)
    g_string_append_printf(keys, "%s%c", keys->len ? " " : "", g_ascii_tolower(info->letter));
  return g_string_free(g_steal_pointer(&keys), FALSE);
}

G_GNUC_PRINTF(2, 0) static void append(GString *xml, const char *format, const char *a, const char *b) {
  char *text = b ? g_markup_printf_escaped(format, a, b) : g_markup_printf_escaped(format, a);

  g_string_append(xml, text);
  g_free(text);
}

static char *description(void) {
  g_autoptr(GString) xml =
      g_string_new("<interface><object class='GtkShortcutsWindow' id='window'>"
                   "<property name='modal'>1</property><child>"
                   "<object class='GtkShortcutsSection'><property name='section-name'>all</property>");
  const char *group = NULL;

  for (gsize i = 0; i < linli_actions_count; i++) {
    const LinliActionInfo *info = &linli_actions[i];
    g_autofree char *keys = accelerators(info);
    if (!*keys || info->flags & LINLI_ACTION_HIDDEN) continue;
    if (!group || strcmp(group, info->group) != 0) {
      if (group) g_string_append(xml, "</object></child>");
      group = info->group;
      append(xml, "<child><object class='GtkShortcutsGroup'><property name='title'>%s</property>", _(group), NULL);
    }
    append(xml,
           "<child><object class='GtkShortcutsShortcut'><property name='title'>%s</property>"
           "<property name='accelerator'>%s</property></object></child>",
           _(info->label), keys);
  }
  g_string_append(xml, "</object></child></object></child></object></interface>");
  return g_string_free(g_steal_pointer(&xml), FALSE);
}

void linli_shortcuts_present(GtkWindow *parent) {
  g_autofree char *xml = description();
  g_autoptr(GtkBuilder) builder = gtk_builder_new_from_string(xml, -1);
  GtkWindow *window = GTK_WINDOW(gtk_builder_get_object(builder, "window"));

  gtk_window_set_transient_for(window, parent);
  gtk_window_present(window);
}
