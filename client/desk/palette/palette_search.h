/* palette_search.h: requests by words, pinyin, initials or number: all that the desk holds, closed ones too, a few
 * milliseconds at a time, so that typing never waits for it. A new text ends the search before. Owner: the palette;
 * the context must stay open. */
#pragma once

#include "client/desk/app/context.h"

typedef struct LinliPaletteSearch LinliPaletteSearch;

/* The most pressing that fit, open ones first: once, when everything was looked at. ids live during the call. */
typedef void (*LinliPaletteFound)(const Uuid *ids, guint n, gpointer data);
LinliPaletteSearch *linli_palette_search_new(LinliContext *context, LinliPaletteFound found, gpointer data);
void linli_palette_search_free(LinliPaletteSearch *search);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LinliPaletteSearch, linli_palette_search_free)
/* Empty: nothing is found, at once. */
void linli_palette_search_for(LinliPaletteSearch *search, const char *text);
