/* station_list.h: which requests are a station worker's, and under which heading each stands: 待签收 → 退回重办 →
 * 今日到期 → 办理中, and last 待受理 of its communities for an account that accepts. Pure. */
#pragma once

#include "client/core/session.h"
#include "proto/proto_tables.h"

typedef enum {
  LINLI_STATION_SIGN,   /* 待签收 */
  LINLI_STATION_REWORK, /* 退回重办 */
  LINLI_STATION_TODAY,  /* 今日到期, and what is over */
  LINLI_STATION_HAND,   /* 办理中 */
  LINLI_STATION_ACCEPT, /* 待受理 */
  LINLI_STATION_SECTIONS,
  LINLI_STATION_NONE = LINLI_STATION_SECTIONS, /* not this account's work */
} LinliStationSection;

/* Whether the desk opens with the station's list: who works for a team and neither dispatches, verifies nor calls
 * back.
 */
gboolean linli_station_is_for(const LinliWho *who);
/* Whether its team leads or assists; without a team, whether it is of its communities. */
gboolean linli_station_is_ours(const LinliWho *who, const ProtoRequest *request);
/* An account with teams sees theirs, leading or assisting; one without, its communities. midnight: when today ends,
 * UTC microseconds. */
LinliStationSection linli_station_section(const LinliWho *who, const ProtoRequest *request, guint64 midnight);
/* When the day of `now` ends where this desk stands, UTC microseconds. */
guint64 linli_station_midnight(guint64 now);
/* Before, with or after another of the same section: the earlier deadline first, none last, then the older id. */
int linli_station_compare(guint64 due_a, Uuid a, guint64 due_b, Uuid b);
/* In the user's language; static. */
const char *linli_station_heading(LinliStationSection section);
