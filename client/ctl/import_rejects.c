/* import_rejects.c: see import_rejects.h. */
#include "client/ctl/import_rejects.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/core/error.h"

struct Rejects {
  char *path;
  FILE *file; /* NULL: nothing was rejected so far */
  GPtrArray *header;
  guint64 count;
};

static gboolean disk_error(const Rejects *r, GError **error) {
  g_set_error(error, LINLI_ERROR, LINLI_ERROR_DISK,
              "Rejected rows cannot be written to %s: %s. Name another file with --rejects.", r->path,
              g_strerror(errno));
  return FALSE;
}

static void put_field(FILE *file, const char *text) {
  if (strpbrk(text, ",\"\r\n") == NULL) {
    fputs(text, file);
    return;
  }
  fputc('"', file);
  for (; *text != '\0'; text++) {
    if (*text == '"') fputc('"', file);
    fputc(*text, file);
  }
  fputc('"', file);
}

static void put_fields(FILE *file, const GPtrArray *fields) {
  for (guint i = 0; fields != NULL && i < fields->len; i++) {
    fputc(',', file);
    put_field(file, fields->pdata[i]);
  }
  fputc('\n', file);
}

static gboolean begin(Rejects *r, GError **error) {
  if (r->file != NULL) return TRUE;
  r->file = fopen(r->path, "we");
  if (r->file == NULL) return disk_error(r, error);
  fputs("rejected_row,rejected_line,rejected_because", r->file);
  put_fields(r->file, r->header);
  return TRUE;
}

static void rejects_free(Rejects *r) {
  if (r->file != NULL) fclose(r->file);
  g_ptr_array_unref(r->header);
  g_free(r->path);
  g_free(r);
}

Rejects *rejects_new(const char *path, const char *input, const GPtrArray *header, GError **error) {
  Rejects *r = g_new0(Rejects, 1);
  g_autofree char *name = g_path_get_basename(input);
  if (g_str_has_suffix(name, ".csv")) name[strlen(name) - 4] = '\0';
  r->path = path != NULL ? g_strdup(path) : g_strdup_printf("%s-rejects.csv", name);
  r->header = g_ptr_array_new_with_free_func(g_free);
  for (guint i = 0; i < header->len; i++)
    g_ptr_array_add(r->header, g_strdup(header->pdata[i]));
  if (path == NULL || begin(r, error)) return r;
  rejects_free(r);
  return NULL;
}

gboolean rejects_add(Rejects *r, guint64 row, guint64 line, const char *reason, const GPtrArray *fields,
                     GError **error) {
  if (!begin(r, error)) return FALSE;
  r->count++;
  fprintf(r->file, "%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT ",", row, line);
  put_field(r->file, reason);
  put_fields(r->file, fields);
  return !ferror(r->file) || disk_error(r, error);
}

guint64 rejects_count(const Rejects *r) {
  return r->count;
}

const char *rejects_path(const Rejects *r) {
  return r->path;
}

gboolean rejects_close(Rejects *r, GError **error) {
  gboolean fine = r->file == NULL || (fflush(r->file) == 0 && !ferror(r->file)) || disk_error(r, error);
  rejects_free(r);
  return fine;
}
