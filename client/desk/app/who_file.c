/* who_file.c: see who_file.h. */
#include "client/desk/app/who_file.h"

#define GROUP "who"

static void put_list(GKeyFile *file, const char *key, GArray *numbers) {
  g_autoptr(GString) text = g_string_new(NULL);

  for (guint i = 0; i < numbers->len; i++)
    g_string_append_printf(text, "%" G_GUINT64_FORMAT ";", g_array_index(numbers, guint64, i));
  g_key_file_set_string(file, GROUP, key, text->str);
}

static GArray *get_list(GKeyFile *file, const char *key) {
  GArray *numbers = g_array_new(FALSE, FALSE, sizeof(guint64));
  g_autofree char *text = g_key_file_get_string(file, GROUP, key, NULL);
  g_auto(GStrv) parts = g_strsplit(text ? text : "", ";", -1);

  for (char **p = parts; *p; p++) {
    guint64 number;
    if (g_ascii_string_to_unsigned(*p, 10, 1, G_MAXUINT64, &number, NULL)) g_array_append_val(numbers, number);
  }
  return numbers;
}

LinliWho *linli_who_load(const char *path) {
  g_autoptr(GKeyFile) file = g_key_file_new();
  LinliWho *who;

  if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, NULL)) return NULL;
  guint64 account = g_key_file_get_uint64(file, GROUP, "account", NULL);
  if (!account) return NULL;
  who = g_new0(LinliWho, 1);
  *who = (LinliWho){
      .account = account,
      .office = g_key_file_get_uint64(file, GROUP, "office", NULL),
      .rights = g_key_file_get_uint64(file, GROUP, "rights", NULL),
      .name = g_key_file_get_string(file, GROUP, "name", NULL),
      .title = g_key_file_get_string(file, GROUP, "title", NULL),
      .zone = g_key_file_get_string(file, GROUP, "zone", NULL),
      .communities = get_list(file, "communities"),
      .teams = get_list(file, "teams"),
  };
  return who;
}

void linli_who_save(const char *path, const LinliWho *who) {
  g_autoptr(GKeyFile) file = g_key_file_new();
  g_autoptr(GError) error = NULL;

  g_key_file_set_uint64(file, GROUP, "account", who->account);
  g_key_file_set_uint64(file, GROUP, "office", who->office);
  g_key_file_set_uint64(file, GROUP, "rights", who->rights);
  g_key_file_set_string(file, GROUP, "name", who->name);
  if (who->title) g_key_file_set_string(file, GROUP, "title", who->title);
  g_key_file_set_string(file, GROUP, "zone", who->zone);
  put_list(file, "communities", who->communities);
  put_list(file, "teams", who->teams);
  if (!g_key_file_save_to_file(file, path, &error)) g_warning("%s", error->message);
}

void linli_who_free(LinliWho *who) {
  g_free(who->name);
  g_free(who->title);
  g_free(who->zone);
  g_array_unref(who->communities);
  g_array_unref(who->teams);
  g_free(who);
}
