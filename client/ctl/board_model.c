/* board_model.c: see board_model.h. */
#include "client/ctl/board_model.h"

#include <string.h>

typedef struct {
  guint64 due_at;
  gboolean pinned;
  WireBytes body;
} Line;

typedef struct {
  BoardModel *model;
  guint64 now;
  GArray *lines;
  WireArena *arena;
} Reading;

const char *board_count_label(BoardCount count) {
  static const struct {
    const char *zh, *en;
  } labels[BOARD_COUNTS] = {
      {"特急未签收", "critical unsigned"}, {"待受理", "registered"},
      {"待派单", "to dispatch"},           {"待签收", "to sign"},
      {"办理中", "in progress"},           {"待核查", "to verify"},
      {"待回访", "to call back"},          {"超时", "overdue"},
  };

  return linli_in_chinese() ? labels[count].zh : labels[count].en;
}

static gboolean is_open(guint64 state) {
  return state < PROTO_REQUEST_STATE_CLOSED && state > 0;
}

static int queue_of(guint64 state) {
  switch (state) {
  case PROTO_REQUEST_STATE_REGISTERED:
    return BOARD_REGISTERED;
  case PROTO_REQUEST_STATE_ACCEPTED:
    return BOARD_ACCEPTED;
  case PROTO_REQUEST_STATE_DISPATCHED:
    return BOARD_DISPATCHED;
  case PROTO_REQUEST_STATE_IN_PROGRESS:
    return BOARD_IN_PROGRESS;
  case PROTO_REQUEST_STATE_REPORTED:
    return BOARD_REPORTED;
  case PROTO_REQUEST_STATE_CALLBACK:
    return BOARD_CALLBACK;
  default:
    return -1;
  }
}

static gboolean on_row(G_GNUC_UNUSED Uuid id, G_GNUC_UNUSED guint64 stream, WireBytes body, gpointer data) {
  Reading *r = data;
  ProtoRequest request;
  WireError ignored;

  if (!wire_decode(&proto_msg_request, body, true, r->arena, &request, &ignored)) return TRUE;
  wire_arena_reset(r->arena);
  if (!is_open(request.state)) return TRUE;
  gboolean unsigned_critical =
      request.class == PROTO_REQUEST_CLASS_CRITICAL && request.state <= PROTO_REQUEST_STATE_DISPATCHED;
  r->model->open++;
  if (queue_of(request.state) >= 0) r->model->counts[queue_of(request.state)]++;
  if (unsigned_critical) r->model->counts[BOARD_CRITICAL_UNSIGNED]++;
  if (request.due_at && request.due_at < r->now) r->model->counts[BOARD_OVERDUE]++;
  Line line = {request.due_at ? request.due_at : G_MAXUINT64, unsigned_critical, body};
  g_array_append_val(r->lines, line);
  return TRUE;
}

static gint by_pressure(gconstpointer a, gconstpointer b) {
  const Line *x = a, *y = b;

  if (x->pinned != y->pinned) return x->pinned ? -1 : 1;
  if (x->due_at != y->due_at) return x->due_at < y->due_at ? -1 : 1;
  return memcmp(x->body.data, y->body.data, MIN(x->body.len, y->body.len)); /* the id: the same order on every desk */
}

void board_model_read(BoardModel *model, LinliReplica *replica, guint64 now, guint max_rows) {
  g_autoptr(GArray) lines = g_array_new(FALSE, FALSE, sizeof(Line));
  g_autoptr(WireArena) arena = wire_arena_new();
  Reading r = {model, now, lines, arena};

  *model = (BoardModel){.rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref)};
  linli_replica_foreach(replica, PROTO_MESSAGE_REQUEST, on_row, &r);
  g_array_sort(lines, by_pressure);
  for (guint i = 0; i < lines->len && i < max_rows; i++) {
    WireBytes body = g_array_index(lines, Line, i).body;
    g_ptr_array_add(model->rows, g_bytes_new(body.data, body.len));
  }
}

void board_model_clear(BoardModel *model) {
  g_clear_pointer(&model->rows, g_ptr_array_unref);
}

void board_left(guint64 due_at, guint64 now, gboolean chinese, char out[32]) {
  guint64 minutes, days;
  gboolean over = due_at < now;

  out[0] = '\0';
  if (!due_at) return;
  minutes = (over ? now - due_at : due_at - now) / (60 * G_GUINT64_CONSTANT(1000000));
  days = minutes / (24 * 60);
  const char *word = chinese ? (over ? "超" : "剩") : (over ? "over " : "left ");
  if (days >= 2)
    g_snprintf(out, 32, chinese ? "%s%" G_GUINT64_FORMAT "天" : "%s%" G_GUINT64_FORMAT "d", word, days);
  else
    g_snprintf(out, 32, "%s%" G_GUINT64_FORMAT ":%02u", word, minutes / 60, (guint)(minutes % 60));
}
