/* alerts.c: what alerts whom and when it is heard; and that what was acknowledged stays so in the next process. */
#include <glib/gstdio.h>

#include "client/desk/alert/acknowledged.h"
#include "client/desk/alert/alert_rules.h"

enum { TEAM = 5, OTHER = 6 };

static LinliWho who_with(guint right, GArray *teams) {
  return (LinliWho){.rights = G_GUINT64_CONSTANT(1) << right, .teams = teams};
}

static void critical_ones_alert_everybody_until_they_are_signed(void) {
  ProtoRequest r = {.class = PROTO_REQUEST_CLASS_CRITICAL, .state = PROTO_REQUEST_STATE_REGISTERED};
  LinliWho comments = who_with(PROTO_RIGHT_COMMENT, NULL);

  g_assert_cmpuint(linli_alert_level(NULL, &r), ==, LINLI_ALERT_CRITICAL);
  g_assert_cmpuint(linli_alert_level(&comments, &r), ==, LINLI_ALERT_CRITICAL);
  r.urged = 2;
  g_assert_cmpuint(linli_alert_level(&comments, &r), ==, LINLI_ALERT_CRITICAL + 2);
  r.state = PROTO_REQUEST_STATE_IN_PROGRESS;
  g_assert_cmpuint(linli_alert_level(&comments, &r), ==, LINLI_ALERT_NONE);
}

static void an_urge_alerts_who_has_the_next_step(void) {
  g_autoptr(GArray) teams = g_array_new(FALSE, FALSE, sizeof(guint64));
  guint64 team = TEAM;
  ProtoRequest r = {.class = PROTO_REQUEST_CLASS_ORDINARY, .urged = 1, .team = TEAM};

  g_array_append_val(teams, team);
  const struct {
    guint64 state;
    guint right;
  } steps[] = {
      {PROTO_REQUEST_STATE_REGISTERED, PROTO_RIGHT_TRIAGE}, {PROTO_REQUEST_STATE_ACCEPTED, PROTO_RIGHT_DISPATCH},
      {PROTO_REQUEST_STATE_DISPATCHED, PROTO_RIGHT_WORK},   {PROTO_REQUEST_STATE_IN_PROGRESS, PROTO_RIGHT_WORK},
      {PROTO_REQUEST_STATE_REPORTED, PROTO_RIGHT_VERIFY},   {PROTO_REQUEST_STATE_CALLBACK, PROTO_RIGHT_CALLBACK}};
  for (gsize i = 0; i < G_N_ELEMENTS(steps); i++)
    for (gsize k = 0; k < G_N_ELEMENTS(steps); k++) {
      LinliWho who = who_with(steps[k].right, teams);
      r.state = steps[i].state;
      g_assert_cmpuint(linli_alert_level(&who, &r), ==, steps[i].right == steps[k].right ? 1 : 0);
    }
  LinliWho who = who_with(PROTO_RIGHT_WORK, teams);
  r.state = PROTO_REQUEST_STATE_IN_PROGRESS;
  r.team = OTHER;
  g_assert_cmpuint(linli_alert_level(&who, &r), ==, LINLI_ALERT_NONE);
  r.team = TEAM;
  r.state = PROTO_REQUEST_STATE_CLOSED;
  g_assert_cmpuint(linli_alert_level(&who, &r), ==, LINLI_ALERT_NONE);
}

static void a_second_urge_is_told_one_step_higher(void) {
  LinliWho supervisor = who_with(PROTO_RIGHT_URGE, NULL);
  ProtoRequest r = {.class = PROTO_REQUEST_CLASS_ORDINARY, .urged = 1, .state = PROTO_REQUEST_STATE_IN_PROGRESS};

  g_assert_cmpuint(linli_alert_level(&supervisor, &r), ==, LINLI_ALERT_NONE);
  r.urged = 2;
  g_assert_cmpuint(linli_alert_level(&supervisor, &r), ==, 2);
}

static void ordinary_cases_never_ring_at_night(void) {
  for (int hour = 0; hour < 24; hour++) {
    g_assert_true(linli_alert_rings(LINLI_ALERT_CRITICAL, hour));
    g_assert_cmpint(linli_alert_rings(3, hour), ==, hour >= 7 && hour < 22);
    g_assert_false(linli_alert_rings(LINLI_ALERT_NONE, hour));
  }
}

static void what_was_acknowledged_is_so_in_the_next_process(void) {
  g_autoptr(GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp("linli-alerts-XXXXXX", &error);
  g_autofree char *path = g_build_filename(folder, "acknowledged", NULL);
  Uuid a = {{1, 2}}, b = {{3, 4}};

  g_assert_no_error(error);
  LinliAcknowledged *seen = linli_acknowledged_load(path);
  linli_acknowledged_set(seen, a, LINLI_ALERT_CRITICAL);
  linli_acknowledged_set(seen, b, 2);
  linli_acknowledged_set(seen, b, 0);
  linli_acknowledged_free(seen);
  seen = linli_acknowledged_load(path);
  g_assert_cmpuint(linli_acknowledged_level(seen, a), ==, LINLI_ALERT_CRITICAL);
  g_assert_cmpuint(linli_acknowledged_level(seen, b), ==, 0);
  linli_acknowledged_free(seen);
  g_assert_true(g_file_set_contents(path, "no id at all\n\xff\n\n", -1, NULL)); /* rings once too often */
  seen = linli_acknowledged_load(path);
  g_assert_cmpuint(linli_acknowledged_level(seen, a), ==, 0);
  linli_acknowledged_free(seen);
  g_remove(path);
  g_rmdir(folder);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/alerts/critical_ones_alert_everybody_until_they_are_signed",
                  critical_ones_alert_everybody_until_they_are_signed);
  g_test_add_func("/alerts/an_urge_alerts_who_has_the_next_step", an_urge_alerts_who_has_the_next_step);
  g_test_add_func("/alerts/a_second_urge_is_told_one_step_higher", a_second_urge_is_told_one_step_higher);
  g_test_add_func("/alerts/ordinary_cases_never_ring_at_night", ordinary_cases_never_ring_at_night);
  g_test_add_func("/alerts/what_was_acknowledged_is_so_in_the_next_process",
                  what_was_acknowledged_is_so_in_the_next_process);
  return g_test_run();
}
