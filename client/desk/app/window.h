/* window.h: one window: sign-in first, then the desk: queues, list, request.
 *
 *   ┌ header: sidebar · office and account · search · new · outbox · menu ┐
 *   ├ alert bar (F8) · offline bar ───────────────────────────────────────┤
 *   │ queues │ list                             │ request pane            │
 *   └ 数据截至 … ─────────────────────────────────────────────────────────┘
 *
 * Owns which request is selected and the "win." and "request." actions that need more than one room. */
#pragma once

#include <adwaita.h>

#include "client/desk/app/context.h"

#define LINLI_TYPE_WINDOW linli_window_get_type()
G_DECLARE_FINAL_TYPE(LinliWindow, linli_window, LINLI, WINDOW, AdwApplicationWindow)

LinliWindow *linli_window_new(GtkApplication *application, LinliContext *context);
LinliContext *linli_window_context(LinliWindow *window);
/* Selects it in the list where it is shown, and shows it in the pane. */
void linli_window_show_request(LinliWindow *window, Uuid id);
/* The request that actions are about; FALSE: none is chosen. */
gboolean linli_window_request(LinliWindow *window, Uuid *id);
gboolean linli_window_is_station(LinliWindow *window);
/* On a board; a station has no queues. */
void linli_window_show_queue(LinliWindow *window, LinliQueue queue);
/* A toast; action_name NULL for none. Takes no ownership. */
void linli_window_toast(LinliWindow *window, const char *text, const char *button, const char *action_name,
                        GVariant *target);
/* The toast of a command that may still be recalled: "Dispatched · Undo". */
void linli_window_toast_undo(LinliWindow *window, const char *text, Uuid command);
/* Takes something back and says how it went (static), or NULL. */
typedef const char *(*LinliUndo)(gpointer data);
/* The same for whatever can be taken back; the last such toast is what win.undo means. destroy: of data, once. */
void linli_window_toast_undo_by(LinliWindow *window, const char *text, LinliUndo undo, gpointer data,
                                GDestroyNotify destroy);
