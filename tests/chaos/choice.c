/* choice.c: see choice.h. Bodies are written field by field, in the order of the schema. */
#include "tests/chaos/choice.h"

#include <string.h>

#include "common/uuid.h"

enum { LOOKS = 4 };

typedef struct {
  const Chooser *chooser;
  const Known *known;
  const char *mark;
  Choice *choice;
} Step;

static gboolean chance(const Chooser *c, double share) {
  return g_rand_double(c->random) < share;
}

static guint pick(const Chooser *c, guint n) {
  return (guint)g_rand_int_range(c->random, 0, (gint32)n);
}

static void put_text(Step *s, guint32 number, const char *text) {
  wire_put_bytes(s->choice->body, number, (WireBytes){(const uint8_t *)text, (uint32_t)strlen(text)});
}

/* Field 1 of every command here is its request. */
static void begin(Step *s, guint32 kind) {
  s->choice->kind = kind;
  s->choice->community = s->known->community;
  s->choice->version = s->known->version;
  s->choice->row = s->known->id;
  g_byte_array_set_size(s->choice->body, 0);
  wire_put_uuid(s->choice->body, 1, s->known->id);
}

static guint64 team_of(const Chooser *c, guint64 community) {
  for (guint i = 0; i < c->communities->len; i++)
    if (g_array_index(c->communities, guint64, i) == community) return g_array_index(c->teams, guint64, i);
  return 0;
}

/* --- Steps ---------------------------------------------------------------------------------------------------- */

static void comment(Step *s) {
  begin(s, PROTO_COMMAND_REQUEST_COMMENT);
  s->choice->version = 0;
  put_text(s, 2, s->mark);
}

static void accept_it(Step *s) {
  begin(s, PROTO_COMMAND_REQUEST_ACCEPT);
  put_text(s, 5, s->mark);
}

/* Into one of any community: an effect in another stream. */
static void merge(Step *s) {
  const GPtrArray *known = s->chooser->known;
  const Known *into = known->pdata[pick(s->chooser, known->len)];

  if (uuid_compare(into->id, s->known->id) == 0) {
    accept_it(s);
    return;
  }
  begin(s, PROTO_COMMAND_REQUEST_MERGE);
  wire_put_uuid(s->choice->body, 2, into->id);
  wire_put_uint(s->choice->body, 3, into->community);
  put_text(s, 4, s->mark);
}

static void dispatch(Step *s) {
  begin(s, PROTO_COMMAND_REQUEST_DISPATCH);
  wire_put_uint(s->choice->body, 2, team_of(s->chooser, s->known->community));
  put_text(s, 4, s->mark);
}

static void sign(Step *s) {
  begin(s, PROTO_COMMAND_REQUEST_SIGN);
  put_text(s, 2, s->mark);
}

static void give_back(Step *s) {
  begin(s, PROTO_COMMAND_REQUEST_RETURN);
  wire_put_uint(s->choice->body, 2, PROTO_RETURN_REASON_NOT_OURS);
  put_text(s, 3, s->mark);
}

static void contact(Step *s) {
  begin(s, PROTO_COMMAND_REQUEST_CONTACT);
  put_text(s, 2, s->mark);
}

static void report(Step *s) {
  begin(s, PROTO_COMMAND_REQUEST_REPORT);
  put_text(s, 2, s->mark);
  put_text(s, 3, "已处理完毕。");
}

static void verify(Step *s) {
  begin(s, PROTO_COMMAND_REQUEST_VERIFY);
  put_text(s, 2, s->mark);
}

static void rework(Step *s) {
  begin(s, PROTO_COMMAND_REQUEST_REWORK);
  put_text(s, 2, s->mark);
}

static void call_back(Step *s) {
  static const guint64 results[] = {PROTO_CALLBACK_RESULT_SOLVED_SATISFIED, PROTO_CALLBACK_RESULT_SOLVED_SATISFIED,
                                    PROTO_CALLBACK_RESULT_SOLVED_BASICALLY, PROTO_CALLBACK_RESULT_SOLVED_UNSATISFIED,
                                    PROTO_CALLBACK_RESULT_UNSOLVED,         PROTO_CALLBACK_RESULT_NOT_REACHED,
                                    PROTO_CALLBACK_RESULT_REFUSED};
  begin(s, PROTO_COMMAND_REQUEST_CALLBACK);
  wire_put_uint(s->choice->body, 2, results[pick(s->chooser, G_N_ELEMENTS(results))]);
  put_text(s, 3, s->mark);
}

enum { AT_STATION = 1 << ROLE_STATION, AT_DESK = 1 << ROLE_DESK | 1 << ROLE_WALL, ANYWHERE = AT_STATION | AT_DESK };

/* Of those that fit role and state one is taken by weight. */
static const struct {
  guint64 state;
  guint roles, weight;
  void (*step)(Step *step);
} steps[] = {
    {PROTO_REQUEST_STATE_REGISTERED, ANYWHERE, 8, accept_it},
    {PROTO_REQUEST_STATE_REGISTERED, AT_DESK, 1, merge},
    {PROTO_REQUEST_STATE_ACCEPTED, AT_DESK, 8, dispatch},
    {PROTO_REQUEST_STATE_ACCEPTED, AT_DESK, 1, merge},
    {PROTO_REQUEST_STATE_DISPATCHED, AT_STATION, 8, sign},
    {PROTO_REQUEST_STATE_DISPATCHED, AT_STATION, 1, give_back},
    {PROTO_REQUEST_STATE_IN_PROGRESS, AT_STATION, 4, contact},
    {PROTO_REQUEST_STATE_IN_PROGRESS, AT_STATION, 6, report},
    {PROTO_REQUEST_STATE_IN_PROGRESS, AT_STATION, 1, give_back},
    {PROTO_REQUEST_STATE_REPORTED, AT_DESK, 6, verify},
    {PROTO_REQUEST_STATE_REPORTED, AT_DESK, 1, rework},
    {PROTO_REQUEST_STATE_CALLBACK, AT_DESK, 6, call_back},
    /* What must be refused. */
    {PROTO_REQUEST_STATE_REPORTED, AT_STATION, 1, verify},
    {PROTO_REQUEST_STATE_DISPATCHED, AT_DESK, 1, verify},
};

static gboolean fits(guint i, const Step *s) {
  return steps[i].state == s->known->state && (steps[i].roles & 1u << s->chooser->role);
}

static gboolean take_step(Step *s) {
  guint whole = 0;

  for (guint i = 0; i < G_N_ELEMENTS(steps); i++)
    if (fits(i, s)) whole += steps[i].weight;
  if (!whole) return FALSE;
  guint at = pick(s->chooser, whole);
  for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
    if (!fits(i, s)) continue;
    if (at < steps[i].weight) {
      steps[i].step(s);
      return TRUE;
    }
    at -= steps[i].weight;
  }
  return FALSE;
}

/* --- Choosing ------------------------------------------------------------------------------------------------- */

static void register_one(Step *s, Uuid row) {
  const Chooser *c = s->chooser;
  const Known fresh = {.id = row,
                       .community = c->role == ROLE_WALL
                                        ? g_array_index(c->communities, guint64, pick(c, c->communities->len))
                                        : c->community};

  s->known = &fresh;
  begin(s, PROTO_COMMAND_REQUEST_REGISTER);
  put_text(s, 2, s->mark);
  put_text(s, 3, "楼道灯不亮");
  wire_put_uint(s->choice->body, 4, PROTO_CHANNEL_PHONE);
  wire_put_uint(s->choice->body, 9, chance(c, 0.5) ? PROTO_REQUEST_CLASS_CRITICAL : PROTO_REQUEST_CLASS_ORDINARY);
  put_text(s, 11, "来电人"); /* else nobody could be called back */
  s->choice->version = 0;
  s->known = NULL;
}

gboolean choose(const Chooser *chooser, Uuid new_row, const char *mark, Choice *choice) {
  Step s = {.chooser = chooser, .mark = mark, .choice = choice};
  guint n = chooser->known->len;

  choice->body = chooser->body;
  if (n == 0 || (n < chooser->enough && chance(chooser, 0.25))) {
    register_one(&s, new_row);
    return TRUE;
  }
  for (guint look = 0; look < LOOKS; look++) {
    s.known = chooser->known->pdata[pick(chooser, n)];
    if (!s.known->moving && !chance(chooser, 0.1) && take_step(&s)) return TRUE;
  }
  comment(&s);
  return TRUE;
}
