/* alert_rules.c: see alert_rules.h. */
#include "client/desk/alert/alert_rules.h"

#include "client/core/live.h"
#include "client/desk/board/station_list.h"

enum { MORNING = 7, NIGHT = 22, HIGHER = 2 /* the level that is told one step up */ };

static gboolean may(const LinliWho *who, guint right) {
  return who->rights >> right & 1;
}

/* Whose step the request waits for. A supervisor follows many teams' cases and is told when the first urge did not
 * help. */
static gboolean concerns(const LinliWho *who, const ProtoRequest *r) {
  if (r->urged >= HIGHER && may(who, PROTO_RIGHT_URGE)) return TRUE;
  switch (r->state) {
  case PROTO_REQUEST_STATE_REGISTERED:
    return may(who, PROTO_RIGHT_TRIAGE);
  case PROTO_REQUEST_STATE_ACCEPTED:
    return may(who, PROTO_RIGHT_DISPATCH);
  case PROTO_REQUEST_STATE_DISPATCHED:
  case PROTO_REQUEST_STATE_IN_PROGRESS:
    return may(who, PROTO_RIGHT_WORK) && linli_station_is_ours(who, r);
  case PROTO_REQUEST_STATE_REPORTED:
    return may(who, PROTO_RIGHT_VERIFY);
  case PROTO_REQUEST_STATE_CALLBACK:
    return may(who, PROTO_RIGHT_CALLBACK);
  default:
    return FALSE;
  }
}

guint linli_alert_level(const LinliWho *who, const ProtoRequest *r) {
  if (linli_is_pinned(r)) return LINLI_ALERT_CRITICAL + (guint)r->urged;
  return r->urged && linli_is_open(r) && who && concerns(who, r) ? (guint)r->urged : LINLI_ALERT_NONE;
}

gboolean linli_alert_rings(guint level, int hour) {
  return level >= LINLI_ALERT_CRITICAL || (level && hour >= MORNING && hour < NIGHT);
}
