/* board.c: see board.h.
 *   session ── sync ──> replica ── changed ──> dirty ── at most ten times a second ──> model ──> lines ──> terminal
 */
#include "client/ctl/board.h"

#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/core/clock.h"
#include "client/core/row.h"
#include "client/core/sync.h"
#include "client/ctl/board_model.h"
#include "client/ctl/output.h"
#include "client/ctl/terminal.h"
#include "common/fold.h"

enum { DRAW_MS = 100, CLOCK_MS = 1000, STALE_S = 45, PLAIN_ROWS = 20, PLAIN_COLUMNS = 120, HEAD_LINES = 4 };

typedef struct {
  Ctl *ctl;
  LinliReplica *replica;
  LinliSync *sync;
  Terminal *terminal; /* NULL: plain text */
  gboolean once, dirty, forked;
  guint max_rows, draw, clock;
  GError *error;
} Board;

static void draw(Board *b);

static void stop(Board *b) {
  g_main_loop_quit(b->ctl->loop);
}

/* --- Words ---------------------------------------------------------------------------------------------------- */

static const char *icon(guint64 due_at, guint64 now, gboolean critical) {
  if (critical) return "‼";
  if (!due_at) return " ";
  return due_at < now ? "▲" : due_at - now < G_GUINT64_CONSTANT(3600000000) ? "◆" : "·";
}

static const char *colour(const Board *b, guint64 due_at, guint64 now, gboolean critical) {
  if (!b->terminal || !terminal_has_colours(b->terminal)) return "";
  if (critical || (due_at && due_at < now)) return "\033[1;31m";
  return due_at && due_at - now < G_GUINT64_CONSTANT(3600000000) ? "\033[33m" : "";
}

/* The name of a row that another row names by number; the number when it is not held. */
static char *name_of(Board *b, guint32 noun, guint64 number, const char *field, const char *other) {
  const WireMessage *message = proto_message(b->ctl->proto, noun);
  WireBytes row = linli_replica_get(b->replica, noun, linli_id_of_number(number));

  if (!number) return g_strdup("");
  WireBytes text = row.data ? linli_row_text(message, row, field) : row;
  if (row.data && !text.len && other) text = linli_row_text(message, row, other);
  return text.len ? g_strndup((const char *)text.data, text.len) : g_strdup_printf("#%" G_GUINT64_FORMAT, number);
}

static char *place(Board *b, const ProtoRequest *r) {
  g_autofree char *community = name_of(b, PROTO_MESSAGE_COMMUNITY, r->community, "short_name", "name");
  g_autofree char *grid = name_of(b, PROTO_MESSAGE_GRID, r->grid, "name", NULL);

  return *grid ? g_strconcat(community, "/", grid, NULL) : g_steal_pointer(&community);
}

static char *title(const ProtoRequest *r) {
  if (r->title.len) {
    char *text = g_strndup((const char *)r->title.data, r->title.len);
    for (char *p = text; *p; p++)
      if ((guchar)*p < 0x20 || *p == 0x7f) *p = ' ';
    return text;
  }
  return g_strdup(linli_in_chinese() ? "保密诉求" : "confidential");
}

static char *row_line(Board *b, GBytes *body, guint64 now, guint columns) {
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoRequest r;
  WireError ignored;
  gsize len;
  const uint8_t *data = g_bytes_get_data(body, &len);
  char left[32];

  if (!wire_decode(&proto_msg_request, (WireBytes){data, (uint32_t)len}, true, arena, &r, &ignored))
    return g_strdup("?");
  gboolean critical = r.class == PROTO_REQUEST_CLASS_CRITICAL && r.state <= PROTO_REQUEST_STATE_DISPATCHED;
  const WireLabel *state = wire_label_by_number(&proto_enum_request_state, (uint32_t)r.state);
  g_autofree char *where = place(b, &r), *team = name_of(b, PROTO_MESSAGE_TEAM, r.team, "name", NULL),
                  *what = title(&r);
  g_autofree char *number = g_strndup((const char *)r.number.data, r.number.len);
  g_autoptr(GString) line = g_string_new(colour(b, r.due_at, now, critical));
  guint fixed = 2 + 2 + 11 + 13 + 20 + 18 + 12, wide = columns > fixed + 10 ? columns - fixed : 10;

  board_left(r.due_at, now, linli_in_chinese(), left);
  output_padded(line, icon(r.due_at, now, critical), 2);
  output_padded(line, left, 11);
  output_padded(line, number, 13);
  output_padded(line, what, wide);
  g_string_append(line, "  ");
  output_padded(line, where, 19);
  g_string_append(line, " ");
  output_padded(line, team, 17);
  g_string_append(line, " ");
  output_padded(line, state ? linli_label_text(state) : "?", 12);
  return g_string_free(g_steal_pointer(&line), FALSE);
}

/* --- The head ------------------------------------------------------------------------------------------------- */

static char *counts_line(const BoardModel *model, guint columns) {
  g_autoptr(GString) line = g_string_new(NULL);

  for (guint i = 0; i < BOARD_COUNTS; i++)
    g_string_append_printf(line, "%s%s %u", i ? "  " : "", board_count_label((BoardCount)i), model->counts[i]);
  line->len = fold_cut(line->str, line->len, SIZE_MAX, columns);
  return g_strndup(line->str, line->len);
}

/* 数据截至 14:32:05: the moment of the last word from the server, while everything it named is here. */
static char *age_line(Board *b, guint columns) {
  gboolean zh = linli_in_chinese(), current = linli_sync_is_current(b->sync);
  gint64 heard = linli_session_heard_at(b->ctl->session), silent = linli_clock_local() - heard;
  g_autoptr(GDateTime) at =
      g_date_time_new_from_unix_local((g_get_real_time() - (heard ? silent : 0)) / G_USEC_PER_SEC);
  g_autofree char *time = g_date_time_format(at, "%H:%M:%S");
  gboolean stale = !current || silent > STALE_S * G_USEC_PER_SEC;
  const GError *problem = linli_session_problem(b->ctl->session);
  const char *state = !stale ? (zh ? "实时" : "live") : problem ? problem->message : zh ? "正在同步" : "catching up";
  g_autofree char *text =
      g_strdup_printf("%s %s  %s%s%s", zh ? "数据截至" : "data as of", time, stale ? "◌ " : "● ", state,
                      b->forked ? (zh ? "  ⚠ 历史与服务器不一致，已重新获取，请告知管理员"
                                      : "  ⚠ the history had forked and was fetched anew: tell an administrator")
                                : "");

  text[fold_cut(text, strlen(text), SIZE_MAX, columns)] = '\0';
  if (!stale || !b->terminal || !terminal_has_colours(b->terminal)) return g_steal_pointer(&text);
  return g_strconcat("\033[2m", text, NULL);
}

static char *title_line(Board *b, const BoardModel *model, guint columns) {
  const LinliWho *who = linli_session_who(b->ctl->session);
  gboolean zh = linli_in_chinese();
  g_autofree char *office = name_of(b, PROTO_MESSAGE_OFFICE, who ? who->office : 0, "name", NULL);
  char *text = g_strdup_printf(zh ? "邻里 %s · %s · 在办 %u" : "Linli %s · %s · open %u", office,
                               who ? (who->title ? who->title : who->name) : "", model->open);

  text[fold_cut(text, strlen(text), SIZE_MAX, columns)] = '\0';
  return text;
}

/* --- Drawing -------------------------------------------------------------------------------------------------- */

static void print_plain(GPtrArray *lines) {
  for (guint i = 0; i < lines->len; i++)
    printf("%s\n", (char *)lines->pdata[i]);
  printf("\n");
  fflush(stdout);
}

static void draw(Board *b) {
  g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
  guint rows = PLAIN_ROWS + HEAD_LINES, columns = PLAIN_COLUMNS;
  guint64 now = linli_session_now(b->ctl->session);
  BoardModel model;

  if (b->terminal) terminal_size(b->terminal, &rows, &columns);
  guint shown = rows > HEAD_LINES ? rows - HEAD_LINES : 1;
  if (b->max_rows) shown = MIN(shown, b->max_rows);
  board_model_read(&model, b->replica, now, shown);
  g_ptr_array_add(lines, title_line(b, &model, columns));
  g_ptr_array_add(lines, counts_line(&model, columns));
  g_ptr_array_add(lines, age_line(b, columns));
  g_ptr_array_add(lines, g_strdup(""));
  for (guint i = 0; i < model.rows->len; i++)
    g_ptr_array_add(lines, row_line(b, model.rows->pdata[i], now, columns));
  board_model_clear(&model);
  b->dirty = FALSE;
  if (b->terminal)
    terminal_draw(b->terminal, lines);
  else
    print_plain(lines);
}

static gboolean on_draw(gpointer data) {
  Board *b = data;

  b->draw = 0;
  if (!linli_sync_is_current(b->sync) && !b->terminal) return G_SOURCE_REMOVE;
  draw(b);
  if (b->once) stop(b);
  return G_SOURCE_REMOVE;
}

static void draw_soon(Board *b) {
  b->dirty = TRUE;
  if (!b->draw) b->draw = g_timeout_add(DRAW_MS, on_draw, b);
}

static void on_changed(G_GNUC_UNUSED LinliReplica *replica, G_GNUC_UNUSED guint32 noun, G_GNUC_UNUSED Uuid id,
                       G_GNUC_UNUSED WireBytes before, G_GNUC_UNUSED WireBytes after, gpointer data) {
  draw_soon(data);
}

/* Deadlines move and the clock runs even when nothing happens. Without a terminal only changes are printed. */
static gboolean on_clock(gpointer data) {
  Board *b = data;

  if (b->terminal || b->dirty || b->once) draw_soon(b);
  return G_SOURCE_CONTINUE;
}

/* --- The verb ------------------------------------------------------------------------------------------------- */

static void on_key(char c, gpointer data) {
  if (c == 'q' || c == 'Q' || c == 3) stop(data);
}

static void on_resized(gpointer data) {
  draw(data);
}

static gboolean on_signal(gpointer data) {
  stop(data);
  return G_SOURCE_CONTINUE;
}

static void on_forked(G_GNUC_UNUSED LinliSync *sync, G_GNUC_UNUSED guint64 stream, gpointer data) {
  Board *b = data;

  b->forked = TRUE;
  draw_soon(b);
}

static void on_state(LinliSession *session, guint state, Board *b) {
  if (state != LINLI_STATE_FAILED) return;
  if (!b->error) b->error = g_error_copy(linli_session_problem(session));
  stop(b);
}

static gboolean take_words(Board *b, int argc, char **argv, GError **error) {
  for (int i = 0; i < argc; i++) {
    if (strcmp(argv[i], "--once") == 0) {
      b->once = TRUE;
    } else if (strcmp(argv[i], "--rows") == 0 && i + 1 < argc && atoi(argv[i + 1]) > 0) {
      b->max_rows = (guint)atoi(argv[++i]);
    } else {
      g_set_error(error, LINLI_ERROR, LINLI_ERROR_USAGE, "board takes --once and --rows N.");
      return FALSE;
    }
  }
  return TRUE;
}

/* The first connection is a script's business, later ones the board's: it shows that it waits. */
static gboolean begin(Board *b, GError **error) {
  if (!ctl_settings(b->ctl, error)) return FALSE;
  b->ctl->loop = g_main_loop_new(NULL, FALSE);
  b->ctl->session = linli_session_new(b->ctl->settings, b->ctl->tokens, b->ctl->proto, "linlictl board");
  b->replica = linli_replica_new(b->ctl->proto, NULL);
  b->sync = linli_sync_new(b->ctl->session, b->replica);
  linli_sync_on_forked(b->sync, on_forked, b);
  linli_replica_listen(b->replica, 0, on_changed, b);
  return ctl_connect(b->ctl, error);
}

static void run(Board *b) {
  g_signal_connect(b->ctl->session, "state-changed", G_CALLBACK(on_state), b);
  linli_session_set_patience(b->ctl->session, -1);
  b->terminal = b->once ? NULL : terminal_open(on_key, on_resized, b);
  b->clock = g_timeout_add(CLOCK_MS, on_clock, b);
  guint sources[] = {g_unix_signal_add(SIGTERM, on_signal, b), g_unix_signal_add(SIGINT, on_signal, b)};
  draw_soon(b);
  g_main_loop_run(b->ctl->loop);
  for (gsize i = 0; i < G_N_ELEMENTS(sources); i++)
    g_source_remove(sources[i]);
  g_clear_pointer(&b->terminal, terminal_close);
}

int board_verb(Ctl *ctl, int argc, char **argv) {
  Board b = {.ctl = ctl};
  GError *error = NULL;

  if (take_words(&b, argc, argv, &error) && begin(&b, &error)) run(&b);
  g_clear_handle_id(&b.draw, g_source_remove);
  g_clear_handle_id(&b.clock, g_source_remove);
  if (ctl->session) g_signal_handlers_disconnect_by_data(ctl->session, &b);
  g_clear_pointer(&b.sync, linli_sync_free);
  g_clear_pointer(&b.replica, linli_replica_free);
  if (!error) error = b.error;
  return error ? ctl_fail(ctl, error) : CTL_DONE;
}
