/* simulate_script.h: what a gentle day in the demo office is made of: invented requests, and what comes next for one
 * that stands where it stands. No real persons, no real places. */
#pragma once

#include "client/core/replica.h"

typedef struct {
  const char *title, *text;
  const char *team; /* a part of the name of who should lead; NULL: a team of the community */
  guint class;      /* PROTO_REQUEST_CLASS_…; 0: the office's default */
  guint channel;
} SimulatedRequest;

/* One of the invented requests; chance in [0, 1). */
const SimulatedRequest *simulate_request(double chance);
/* The invented request with this title, or NULL: to know who should lead. */
const SimulatedRequest *simulate_known(WireBytes title);

/* The next command for a request, its body without the request's id appended to `body`; team: who leads, 0 when none
 * does. role: who does it (PROTO_ROLE_…); 0: a member of the team. FALSE: nothing can be done with it here. */
typedef struct { const char *command; guint role; } SimulatedStep;
G_GNUC_WARN_UNUSED_RESULT gboolean simulate_next(const ProtoRequest *request, guint64 team, double chance,
                                                 GByteArray *body, SimulatedStep *step);
