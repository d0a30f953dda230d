/* csv.h: the rows of a CSV file, however it was saved (RFC 4180; UTF-8 with or without BOM, UTF-16 with BOM,
 * GB18030).
 *
 *     [ ....consumed | first line of record | … | not yet scanned ]
 *                     ^ start                     ^ scan
 *
 * A bad row harms only itself: too long, a NUL, text after a closing quote, bytes that are not the encoding's. A
 * quote that never closes would swallow the rest, so after LIMIT bytes (or the end) only its first line is called bad
 * and reading goes on with the next line. Owner: the caller; memory is bounded by LIMIT whatever the file. */
#pragma once

#include <glib.h>

typedef struct CsvReader CsvReader;

typedef enum {
  CSV_ROW,  /* fields are set */
  CSV_BAD,  /* this row cannot be read; `why` says so, fields are those before the fault; the next call goes on */
  CSV_END,  /* no more rows */
  CSV_LOST, /* the file itself cannot be read on; `why` says so */
} CsvStatus;

typedef struct {
  guint64 row;       /* 1 for the first record, as a spreadsheet counts */
  guint64 line;      /* physical line on which it begins */
  GPtrArray *fields; /* of char *, UTF-8; owned by the reader, valid until the next call */
  const char *why;   /* likewise */
} CsvRow;

/* encoding: as iconv names it, or NULL to find out. NULL with *why (g_free) when the file cannot be opened or its
 * encoding not be told. */
CsvReader *csv_open(const char *path, const char *encoding, char **why);
CsvStatus csv_next(CsvReader *reader, CsvRow *row);
const char *csv_encoding(const CsvReader *reader);
void csv_close(CsvReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CsvReader, csv_close)
