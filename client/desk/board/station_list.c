/* station_list.c: see station_list.h. */
#include "client/desk/board/station_list.h"

#include <glib/gi18n.h>
#include <string.h>

gboolean linli_station_is_for(const LinliWho *who) {
  const guint64 desk = G_GUINT64_CONSTANT(1) << PROTO_RIGHT_DISPATCH | G_GUINT64_CONSTANT(1) << PROTO_RIGHT_VERIFY |
                       G_GUINT64_CONSTANT(1) << PROTO_RIGHT_CALLBACK | G_GUINT64_CONSTANT(1) << PROTO_RIGHT_WORK_FOR;

  return who && who->rights >> PROTO_RIGHT_WORK & 1 && !(who->rights & desk);
}

static gboolean holds(const GArray *numbers, guint64 number) {
  for (guint i = 0; numbers && i < numbers->len; i++)
    if (g_array_index(numbers, guint64, i) == number) return TRUE;
  return FALSE;
}

gboolean linli_station_is_ours(const LinliWho *who, const ProtoRequest *r) {
  const uint64_t *assist = r->assist.data;

  if (!who->teams || !who->teams->len) return holds(who->communities, r->community);
  if (holds(who->teams, r->team)) return TRUE;
  for (guint i = 0; i < r->assist.count; i++)
    if (holds(who->teams, assist[i])) return TRUE;
  return FALSE;
}

LinliStationSection linli_station_section(const LinliWho *who, const ProtoRequest *r, guint64 midnight) {
  if (r->state == PROTO_REQUEST_STATE_REGISTERED)
    return who->rights >> PROTO_RIGHT_TRIAGE & 1 && holds(who->communities, r->community) ? LINLI_STATION_ACCEPT
                                                                                          : LINLI_STATION_NONE;
  if (!linli_station_is_ours(who, r)) return LINLI_STATION_NONE;
  if (r->state == PROTO_REQUEST_STATE_DISPATCHED) return LINLI_STATION_SIGN;
  if (r->state != PROTO_REQUEST_STATE_IN_PROGRESS) return LINLI_STATION_NONE;
  if (r->reworks) return LINLI_STATION_REWORK;
  return r->due_at && r->due_at < midnight ? LINLI_STATION_TODAY : LINLI_STATION_HAND;
}

guint64 linli_station_midnight(guint64 now) {
  g_autoptr(GDateTime) time = g_date_time_new_from_unix_local((gint64)(now / G_USEC_PER_SEC));
  g_autoptr(GDateTime) day = g_date_time_new_local(g_date_time_get_year(time), g_date_time_get_month(time),
                                                   g_date_time_get_day_of_month(time), 0, 0, 0);
  g_autoptr(GDateTime) next = g_date_time_add_days(day, 1);

  return (guint64)g_date_time_to_unix(next) * G_USEC_PER_SEC;
}

int linli_station_compare(guint64 due_a, Uuid a, guint64 due_b, Uuid b) {
  if (due_a != due_b) return !due_a ? 1 : !due_b ? -1 : due_a < due_b ? -1 : 1;
  return memcmp(&a, &b, sizeof a);
}

const char *linli_station_heading(LinliStationSection section) {
  static const char *const headings[] = {[LINLI_STATION_SIGN] = N_("To be signed"),
                                         [LINLI_STATION_REWORK] = N_("Sent back to be done again"),
                                         [LINLI_STATION_TODAY] = N_("Due today"),
                                         [LINLI_STATION_HAND] = N_("In hand"),
                                         [LINLI_STATION_ACCEPT] = N_("To be accepted")};

  return section < LINLI_STATION_SECTIONS ? _(headings[section]) : "";
}
