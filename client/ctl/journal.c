/* journal.c: see journal.h. */
#include "client/ctl/journal.h"

#include <errno.h>
#include <stdio.h>

#include "client/core/error.h"
#include "common/uuid.h"

struct Journal {
  FILE *file;
  char *path;
  gboolean broken;
};

Journal *journal_open(const char *path, GError **error) {
  FILE *file = fopen(path, "we");
  if (file == NULL) {
    g_set_error(error, LINLI_ERROR, LINLI_ERROR_DISK,
                "The journal %s cannot be written: %s. Name another with --journal.", path, g_strerror(errno));
    return NULL;
  }
  Journal *j = g_new0(Journal, 1);
  j->file = file;
  j->path = g_strdup(path);
  return j;
}

void journal_sent(Journal *j, Uuid id, const char *kind, guint64 stream, guint64 account, Uuid request, guint64 now) {
  char text[UUID_TEXT_SIZE], about[UUID_TEXT_SIZE];
  if (j == NULL) return;
  fprintf(j->file,
          "{\"id\":\"%s\",\"kind\":\"%s\",\"stream\":%" G_GUINT64_FORMAT ",\"account\":%" G_GUINT64_FORMAT
          ",\"request\":\"%s\",\"sent\":%" G_GUINT64_FORMAT "}\n",
          uuid_format(id, text), kind, stream, account, uuid_format(request, about), now);
  if (fflush(j->file) != 0) j->broken = TRUE;
}

void journal_decided(Journal *j, Uuid id, const LinliAnswer *answer, const char *code, guint64 now) {
  char text[UUID_TEXT_SIZE];
  if (j == NULL) return;
  uuid_format(id, text);
  if (answer->verdict == LINLI_DONE)
    fprintf(j->file,
            "{\"id\":\"%s\",\"outcome\":\"done\",\"stream\":%" G_GUINT64_FORMAT ",\"seq\":%" G_GUINT64_FORMAT
            ",\"repeated\":%s,\"at\":%" G_GUINT64_FORMAT "}\n",
            text, answer->stream, answer->seq, answer->repeated ? "true" : "false", now);
  else
    fprintf(j->file, "{\"id\":\"%s\",\"outcome\":\"%s\",\"code\":\"%s\",\"at\":%" G_GUINT64_FORMAT "}\n", text,
            answer->verdict == LINLI_REFUSED ? "refused" : "undecided", code, now);
  if (fflush(j->file) != 0) j->broken = TRUE;
}

gboolean journal_close(Journal *j, GError **error) {
  if (j == NULL) return TRUE;
  gboolean fine = !j->broken && !ferror(j->file);
  if (fclose(j->file) != 0) fine = FALSE;
  if (!fine)
    g_set_error(error, LINLI_ERROR, LINLI_ERROR_DISK,
                "The journal %s is not whole: the disk did not take every line.", j->path);
  g_free(j->path);
  g_free(j);
  return fine;
}
