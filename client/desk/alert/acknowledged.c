/* acknowledged.c: see acknowledged.h. */
#include "client/desk/alert/acknowledged.h"

#include <gio/gio.h>
#include <stdio.h>
#include <string.h>

enum { BEHIND_MS = 200 };

struct LinliAcknowledged {
  char *path;
  GHashTable *levels; /* Uuid -> level */
  guint writing;      /* timeout, while something is not written */
};

static void take_line(LinliAcknowledged *a, const char *line) {
  Uuid id;
  guint64 level;
  gsize length = UUID_TEXT_SIZE - 1;

  if (strlen(line) <= length || !uuid_parse(line, length, &id)) return;
  if (!g_ascii_string_to_unsigned(line + length + 1, 10, 1, G_MAXUINT, &level, NULL)) return;
  g_hash_table_insert(a->levels, g_memdup2(&id, sizeof id), GUINT_TO_POINTER((guint)level));
}

static char *whole(LinliAcknowledged *a) {
  g_autoptr(GString) text = g_string_new(NULL);
  GHashTableIter iter;
  gpointer id, level;
  char buffer[UUID_TEXT_SIZE];

  g_hash_table_iter_init(&iter, a->levels);
  while (g_hash_table_iter_next(&iter, &id, &level))
    g_string_append_printf(text, "%s %u\n", uuid_format(*(const Uuid *)id, buffer), GPOINTER_TO_UINT(level));
  return g_string_free(g_steal_pointer(&text), FALSE);
}

static void on_written(GObject *file, GAsyncResult *result, G_GNUC_UNUSED gpointer data) {
  g_autoptr(GError) error = NULL;

  if (!g_file_replace_contents_finish(G_FILE(file), result, NULL, &error)) g_message("%s", error->message);
}

static gboolean on_behind(gpointer data) {
  LinliAcknowledged *a = data;
  g_autoptr(GFile) file = g_file_new_for_path(a->path);
  char *text = whole(a);
  g_autoptr(GBytes) bytes = g_bytes_new_take(text, strlen(text));

  a->writing = 0;
  g_file_replace_contents_bytes_async(file, bytes, NULL, FALSE, G_FILE_CREATE_PRIVATE, NULL, on_written, NULL);
  return G_SOURCE_REMOVE;
}

LinliAcknowledged *linli_acknowledged_load(const char *path) {
  LinliAcknowledged *a = g_new0(LinliAcknowledged, 1);
  g_autofree char *text = NULL;

  a->path = g_strdup(path);
  a->levels = g_hash_table_new_full(uuid_hash, uuid_equal, g_free, NULL);
  if (!path || !g_file_get_contents(path, &text, NULL, NULL)) return a;
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  for (char **line = lines; *line; line++)
    take_line(a, *line);
  return a;
}

void linli_acknowledged_free(LinliAcknowledged *a) {
  if (a->writing) {
    g_autofree char *text = whole(a);
    g_autoptr(GError) error = NULL;
    g_source_remove(a->writing);
    if (!g_file_set_contents(a->path, text, -1, &error)) g_message("%s", error->message);
  }
  g_hash_table_unref(a->levels);
  g_free(a->path);
  g_free(a);
}

guint linli_acknowledged_level(LinliAcknowledged *a, Uuid id) {
  return GPOINTER_TO_UINT(g_hash_table_lookup(a->levels, &id));
}

void linli_acknowledged_set(LinliAcknowledged *a, Uuid id, guint level) {
  if (level == linli_acknowledged_level(a, id)) return;
  if (level)
    g_hash_table_insert(a->levels, g_memdup2(&id, sizeof id), GUINT_TO_POINTER(level));
  else
    g_hash_table_remove(a->levels, &id);
  if (a->path && !a->writing) a->writing = g_timeout_add(BEHIND_MS, on_behind, a);
}
