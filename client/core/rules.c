/* rules.c: see rules.h. */
#include "client/core/rules.h"

#include <string.h>

#include "client/core/query.h"

struct LinliRules {
  LinliSession *session;
  char *path;
  GArray *rows;      /* of ProtoTransition: it has no views */
  GArray *arriving;  /* the same, while they are asked for */
  GByteArray *bytes; /* of those arriving, for the file: length and body of each */
  LinliWalk *walk;
  const LinliWho *who; /* assumed until the session knows */
  gulong handler;
  void (*changed)(gpointer data);
  gpointer data;
};

static gboolean add_row(GArray *rows, WireBytes body) {
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoTransition row;
  WireError ignored;

  if (!wire_decode(&proto_msg_transition, body, true, arena, &row, &ignored)) return FALSE;
  g_array_append_val(rows, row);
  return TRUE;
}

/* --- The file ------------------------------------------------------------------------------------------------- */

/* The digest of the schema, then each row behind its length. Anything else is no file of ours: the server is asked.
 */
static void load(LinliRules *r) {
  g_autofree char *text = NULL;
  gsize len, at = strlen(proto_linli.digest);

  if (!r->path || !g_file_get_contents(r->path, &text, &len, NULL)) return;
  if (len < at || memcmp(text, proto_linli.digest, at) != 0) return;
  while (at + 2 <= len) {
    uint32_t n = (uint32_t)((guint8)text[at] << 8 | (guint8)text[at + 1]);
    at += 2;
    if (n > len - at || !add_row(r->rows, (WireBytes){(const uint8_t *)text + at, n})) break;
    at += n;
  }
}

static void save(LinliRules *r) {
  g_autoptr(GError) error = NULL;

  if (r->path && !g_file_set_contents(r->path, (const char *)r->bytes->data, r->bytes->len, &error))
    g_message("%s", error->message);
}

/* --- Asking --------------------------------------------------------------------------------------------------- */

static gboolean on_row(WireBytes row, gpointer data) {
  LinliRules *r = data;
  const guint8 head[] = {(guint8)(row.len >> 8), (guint8)row.len};

  if (row.len > G_MAXUINT16 || !add_row(r->arriving, row)) return TRUE;
  g_byte_array_append(r->bytes, head, sizeof head);
  g_byte_array_append(r->bytes, row.data, row.len);
  return TRUE;
}

static void on_rows(const GError *error, gpointer data) {
  LinliRules *r = data;

  r->walk = NULL;
  if (error) { /* the next sign-in asks again; those held still count */
    g_debug("%s", error->message);
    return;
  }
  GArray *old = r->rows;
  r->rows = r->arriving;
  r->arriving = old;
  save(r);
  if (r->changed) r->changed(r->data);
}

static void on_signed_in(G_GNUC_UNUSED LinliSession *session, G_GNUC_UNUSED const LinliWho *who, LinliRules *r) {
  if (r->walk) linli_walk_stop(r->walk);
  g_array_set_size(r->arriving, 0);
  g_byte_array_set_size(r->bytes, 0);
  g_byte_array_append(r->bytes, (const guint8 *)proto_linli.digest, (guint)strlen(proto_linli.digest));
  r->walk = linli_walk_start(r->session, proto_query(&proto_linli, PROTO_QUERY_TRANSITION_LIST), (WireBytes){NULL, 0},
                             1000, on_row, on_rows, r);
  if (r->changed) r->changed(r->data); /* rights may be others now */
}

/* --- Judging -------------------------------------------------------------------------------------------------- */

static gboolean has_right(const LinliWho *who, guint64 right) {
  return right && right < 64 && who->rights >> right & 1;
}

static gboolean is_member(const LinliWho *who, guint64 team) {
  for (guint i = 0; team && i < who->teams->len; i++)
    if (g_array_index(who->teams, guint64, i) == team) return TRUE;
  return FALSE;
}

/* The lead team, or one that assists: they read a confidential request whatever their rights. */
static gboolean has_it_in_hand(const LinliWho *who, const ProtoRequest *request) {
  const uint64_t *assist = request->assist.data;

  for (uint32_t i = 0; i < request->assist.count; i++)
    if (is_member(who, assist[i])) return TRUE;
  return is_member(who, request->team);
}

/* The rule for a team's work: its members; for a team without accounts, who may work for it. */
static LinliMay judge_right(const ProtoTransition *row, const LinliWho *who, const ProtoRequest *request,
                            gboolean team_has_accounts) {
  if (row->who == PROTO_TRANSITION_WHO_SYSTEM || !row->needs) return LINLI_MAY_NOT_RIGHT;
  if (row->who == PROTO_TRANSITION_WHO_TEAM && !is_member(who, request->team))
    return !team_has_accounts && has_right(who, PROTO_RIGHT_WORK_FOR) ? LINLI_MAY : LINLI_MAY_NOT_TEAM;
  return has_right(who, row->needs) ? LINLI_MAY : LINLI_MAY_NOT_RIGHT;
}

/* What a command asks beyond the row of its state. */
static LinliMay judge_more(guint64 action, const LinliWho *who, const ProtoRequest *request) {
  gboolean leader = has_right(who, PROTO_RIGHT_DISPATCH_RETURNED),
           unsatisfied = request->callback_result == PROTO_CALLBACK_RESULT_SOLVED_UNSATISFIED;

  if (action == PROTO_REQUEST_ACTION_DISPATCH && request->returns >= 2 && !leader) return LINLI_MAY_NOT_LEADER;
  if (action == PROTO_REQUEST_ACTION_RETURN && request->leader_dispatched) return LINLI_MAY_NOT_RETURN;
  if (request->state != PROTO_REQUEST_STATE_CALLBACK) return LINLI_MAY;
  /* Solved, but unsatisfied: the shift leader sends it back, or calls again and closes. */
  if (action == PROTO_REQUEST_ACTION_REWORK && !unsatisfied) return LINLI_MAY_NOT_STATE;
  if (action == PROTO_REQUEST_ACTION_CALLBACK && unsatisfied && !leader) return LINLI_MAY_NOT_RIGHT;
  return LINLI_MAY;
}

/* In the order in which the server looks (linli.hindrance), but for what it does not offer. */
static LinliMay judge_row(const ProtoTransition *row, const LinliWho *who, const ProtoRequest *request,
                          gboolean team_has_accounts) {
  LinliMay may;

  if (!row->offered) return LINLI_MAY_NOT_OFFERED;
  if (is_member(who, request->subject_team)) return LINLI_MAY_NOT_SUBJECT;
  if (request->confidential && !has_right(who, PROTO_RIGHT_SEE_CONFIDENTIAL) && !has_it_in_hand(who, request))
    return LINLI_MAY_NOT_RIGHT;
  may = judge_right(row, who, request, team_has_accounts);
  if (may != LINLI_MAY) return may;
  if (row->who == PROTO_TRANSITION_WHO_NOT_HANDLER && request->handler == who->account) return LINLI_MAY_NOT_SAME;
  if (row->action == PROTO_REQUEST_ACTION_COMMENT) return LINLI_MAY; /* also while a merge is under way */
  return request->moving ? LINLI_MAY_NOT_STATE : judge_more(row->action, who, request);
}

LinliMay linli_rules_judge(const ProtoTransition *rows, gsize n, const LinliWho *who, const ProtoRequest *request,
                           guint64 action, gboolean team_has_accounts) {
  LinliMay best = LINLI_MAY_NOT_STATE;

  /* Several rows may lead from a state by one action (results of a call-back, rework): one that allows is enough. */
  for (gsize i = 0; i < n && best != LINLI_MAY; i++)
    if (rows[i].state == request->state && rows[i].action == action)
      best = judge_row(&rows[i], who, request, team_has_accounts);
  return best;
}

LinliMay linli_rules_may(LinliRules *rules, const ProtoRequest *request, guint64 action, gboolean team_has_accounts) {
  const LinliWho *who = linli_session_who(rules->session) ? linli_session_who(rules->session) : rules->who;

  if (!rules->rows->len || !who) return LINLI_MAY_NOT_KNOWN;
  return linli_rules_judge((const ProtoTransition *)(void *)rules->rows->data, rules->rows->len, who, request, action,
                           team_has_accounts);
}

const char *linli_may_sentence(LinliMay may) {
  static const struct {
    const char *zh, *en;
  } sentences[] = {
      [LINLI_MAY] = {NULL, NULL},
      [LINLI_MAY_NOT_KNOWN] = {"尚未取得办理规则，联网后即可操作。",
                               "The rules have not come yet. They come with the line."},
      [LINLI_MAY_NOT_OFFERED] = {"服务器尚不支持此操作。", "This server does not offer it yet."},
      [LINLI_MAY_NOT_STATE] = {"当前状态不能执行此操作。", "It cannot be done in the present state."},
      [LINLI_MAY_NOT_RIGHT] = {"您没有此权限，请联系值班长。", "You do not hold the right. Ask the shift leader."},
      [LINLI_MAY_NOT_TEAM] = {"由承办队伍的成员操作。", "The members of the lead team do this."},
      [LINLI_MAY_NOT_SAME] = {"承办人不能核查或回访自己办理的诉求。",
                              "Who handled it cannot verify it or call back."},
      [LINLI_MAY_NOT_LEADER] = {"已两次退单，须由值班长派单。",
                                "It came back twice. The shift leader dispatches it."},
      [LINLI_MAY_NOT_RETURN] = {"值班长指定的派单不能退回。",
                                "The shift leader decided who leads. It cannot be returned."},
      [LINLI_MAY_NOT_SUBJECT] = {"您所在的队伍为被反映对象，须回避。",
                                 "It is about your own team. Others handle it."},
  };

  return linli_in_chinese() ? sentences[may].zh : sentences[may].en;
}

/* --- Life ----------------------------------------------------------------------------------------------------- */

void linli_rules_assume(LinliRules *rules, const LinliWho *who) {
  rules->who = who;
}

void linli_rules_on_changed(LinliRules *rules, void (*changed)(gpointer data), gpointer data) {
  rules->changed = changed;
  rules->data = data;
}

LinliRules *linli_rules_new(LinliSession *session, const char *path) {
  LinliRules *r = g_new0(LinliRules, 1);

  r->session = g_object_ref(session);
  r->path = g_strdup(path);
  r->rows = g_array_new(FALSE, FALSE, sizeof(ProtoTransition));
  r->arriving = g_array_new(FALSE, FALSE, sizeof(ProtoTransition));
  r->bytes = g_byte_array_new();
  r->handler = g_signal_connect(session, "signed-in", G_CALLBACK(on_signed_in), r);
  load(r);
  return r;
}

void linli_rules_free(LinliRules *rules) {
  if (rules->walk) linli_walk_stop(rules->walk);
  g_signal_handler_disconnect(rules->session, rules->handler);
  g_object_unref(rules->session);
  g_array_unref(rules->rows);
  g_array_unref(rules->arriving);
  g_byte_array_unref(rules->bytes);
  g_free(rules->path);
  g_free(rules);
}
