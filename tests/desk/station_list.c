/* station_list.c: the station's list: whose it is, and which request stands where. No display. */
#include <string.h>

#include "client/desk/board/station_list.h"

enum { TEAM = 5, OTHER = 6, HOME = 3, AWAY = 4 };
static const guint64 midnight = 1000;

static LinliWho *who_new(guint64 rights, gboolean with_team) {
  static LinliWho who;
  guint64 team = TEAM, community = HOME;

  who = (LinliWho){.rights = rights,
                   .teams = g_array_new(FALSE, FALSE, sizeof(guint64)),
                   .communities = g_array_new(FALSE, FALSE, sizeof(guint64))};
  if (with_team) g_array_append_val(who.teams, team);
  g_array_append_val(who.communities, community);
  return &who;
}

static guint64 right(guint number) {
  return G_GUINT64_CONSTANT(1) << number;
}

static ProtoRequest request(guint64 state, guint64 team, guint64 community) {
  return (ProtoRequest){.state = state, .team = team, .community = community};
}

static void who_dispatches_has_the_board(void) {
  g_assert_false(linli_station_is_for(NULL));
  g_assert_true(linli_station_is_for(who_new(right(PROTO_RIGHT_WORK) | right(PROTO_RIGHT_TRIAGE), TRUE)));
  g_assert_false(linli_station_is_for(who_new(right(PROTO_RIGHT_WORK) | right(PROTO_RIGHT_DISPATCH), TRUE)));
  g_assert_false(linli_station_is_for(who_new(right(PROTO_RIGHT_REGISTER), TRUE)));
}

static void each_request_stands_under_one_heading(void) {
  const LinliWho *who = who_new(right(PROTO_RIGHT_WORK), TRUE);
  ProtoRequest r = request(PROTO_REQUEST_STATE_DISPATCHED, TEAM, HOME);

  g_assert_cmpint(linli_station_section(who, &r, midnight), ==, LINLI_STATION_SIGN);
  r.state = PROTO_REQUEST_STATE_IN_PROGRESS;
  g_assert_cmpint(linli_station_section(who, &r, midnight), ==, LINLI_STATION_HAND);
  r.due_at = midnight;
  g_assert_cmpint(linli_station_section(who, &r, midnight), ==, LINLI_STATION_HAND);
  r.due_at = midnight - 1;
  g_assert_cmpint(linli_station_section(who, &r, midnight), ==, LINLI_STATION_TODAY);
  r.reworks = 1;
  g_assert_cmpint(linli_station_section(who, &r, midnight), ==, LINLI_STATION_REWORK);
  r.state = PROTO_REQUEST_STATE_REPORTED;
  g_assert_cmpint(linli_station_section(who, &r, midnight), ==, LINLI_STATION_NONE);
}

static void another_teams_work_is_not_shown_but_assistance_is(void) {
  const LinliWho *who = who_new(right(PROTO_RIGHT_WORK), TRUE);
  uint64_t assist[] = {TEAM};
  ProtoRequest r = request(PROTO_REQUEST_STATE_IN_PROGRESS, OTHER, HOME);

  g_assert_cmpint(linli_station_section(who, &r, midnight), ==, LINLI_STATION_NONE);
  r.assist = (WireList){.data = assist, .count = 1};
  g_assert_cmpint(linli_station_section(who, &r, midnight), ==, LINLI_STATION_HAND);
  who = who_new(right(PROTO_RIGHT_WORK), FALSE);
  g_assert_cmpint(linli_station_section(who, &r, midnight), ==, LINLI_STATION_HAND);
  r.community = AWAY;
  g_assert_cmpint(linli_station_section(who, &r, midnight), ==, LINLI_STATION_NONE);
}

static void new_ones_are_shown_to_who_accepts_them(void) {
  ProtoRequest r = request(PROTO_REQUEST_STATE_REGISTERED, 0, HOME);

  g_assert_cmpint(linli_station_section(who_new(right(PROTO_RIGHT_WORK), TRUE), &r, midnight), ==,
                  LINLI_STATION_NONE);
  const LinliWho *who = who_new(right(PROTO_RIGHT_WORK) | right(PROTO_RIGHT_TRIAGE), TRUE);
  g_assert_cmpint(linli_station_section(who, &r, midnight), ==, LINLI_STATION_ACCEPT);
  r.community = AWAY;
  g_assert_cmpint(linli_station_section(who, &r, midnight), ==, LINLI_STATION_NONE);
}

static void the_earlier_deadline_comes_first_and_none_last(void) {
  Uuid a = {{0}}, b = {{0}};

  memset(&b, 1, sizeof b);
  g_assert_cmpint(linli_station_compare(1, b, 2, a), <, 0);
  g_assert_cmpint(linli_station_compare(0, a, 2, b), >, 0);
  g_assert_cmpint(linli_station_compare(2, a, 0, b), <, 0);
  g_assert_cmpint(linli_station_compare(2, a, 2, b), <, 0);
  g_assert_cmpint(linli_station_compare(0, a, 0, a), ==, 0);
}

static void the_day_ends_at_local_midnight(void) {
  g_autoptr(GDateTime) late = g_date_time_new_local(2026, 11, 24, 23, 59, 59),
                       next = g_date_time_new_local(2026, 11, 25, 0, 0, 0);

  g_assert_cmpuint(linli_station_midnight((guint64)g_date_time_to_unix(late) * G_USEC_PER_SEC), ==,
                   (guint64)g_date_time_to_unix(next) * G_USEC_PER_SEC);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/station/who_dispatches_has_the_board", who_dispatches_has_the_board);
  g_test_add_func("/station/each_request_stands_under_one_heading", each_request_stands_under_one_heading);
  g_test_add_func("/station/another_teams_work_is_not_shown_but_assistance_is",
                  another_teams_work_is_not_shown_but_assistance_is);
  g_test_add_func("/station/new_ones_are_shown_to_who_accepts_them", new_ones_are_shown_to_who_accepts_them);
  g_test_add_func("/station/the_earlier_deadline_comes_first_and_none_last",
                  the_earlier_deadline_comes_first_and_none_last);
  g_test_add_func("/station/the_day_ends_at_local_midnight", the_day_ends_at_local_midnight);
  return g_test_run();
}
