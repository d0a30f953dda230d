/* alert_rules.h: what alerts whom, and when it may be heard. Pure.
 *
 * 特急 that no team has signed alerts everybody who follows it. 催办 and 督办 (the request's urging level) alert who
 * has the next step: the team that is to sign, contact or finish, who dispatches, verifies or calls back; from level
 * 2 on also who may urge. */
#pragma once

#include "client/core/session.h"
#include "proto/proto_tables.h"

enum { LINLI_ALERT_NONE, LINLI_ALERT_CRITICAL = 16 };

/* How loud: 0 none, 1 to 3 urged so often, LINLI_ALERT_CRITICAL and more critical and urged so often. What was
 * acknowledged at one level alerts anew at a higher one. who NULL: nobody knows yet; then critical ones only. */
guint linli_alert_level(const LinliWho *who, const ProtoRequest *request);
/* Ordinary cases never ring at night. hour: local, 0 to 23. */
gboolean linli_alert_rings(guint level, int hour);
