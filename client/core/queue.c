/* queue.c: see queue.h. */
#include "client/core/queue.h"

#include "client/core/error.h"

const char *linli_queue_label(LinliQueue queue) {
  static const struct {
    const char *zh, *en;
  } labels[LINLI_QUEUES] = {
      [LINLI_QUEUE_CRITICAL] = {"特急未签收", "Critical, unsigned"},
      [LINLI_QUEUE_REGISTERED] = {"待受理", "Registered"},
      [LINLI_QUEUE_ACCEPTED] = {"待派单", "To dispatch"},
      [LINLI_QUEUE_RETURNED] = {"退单待定", "Returned"},
      [LINLI_QUEUE_DUE_SOON] = {"临期", "Due soon"},
      [LINLI_QUEUE_OVERDUE] = {"超时", "Overdue"},
      [LINLI_QUEUE_DISPATCHED] = {"待签收", "To sign"},
      [LINLI_QUEUE_IN_PROGRESS] = {"办理中", "In progress"},
      [LINLI_QUEUE_REPORTED] = {"待核查", "To verify"},
      [LINLI_QUEUE_CALLBACK] = {"待回访", "To call back"},
      [LINLI_QUEUE_NOBODY] = {"无主件", "Nobody's"},
      [LINLI_QUEUE_OPEN] = {"全部在办", "All open"},
      [LINLI_QUEUE_CLOSED_TODAY] = {"今日办结", "Closed today"},
  };

  return linli_in_chinese() ? labels[queue].zh : labels[queue].en;
}

gboolean linli_is_open(const ProtoRequest *request) {
  return request->state > 0 && request->state < PROTO_REQUEST_STATE_CLOSED;
}

gboolean linli_is_pinned(const ProtoRequest *request) {
  return request->class == PROTO_REQUEST_CLASS_CRITICAL && request->state > 0 &&
         request->state <= PROTO_REQUEST_STATE_DISPATCHED;
}

guint64 linli_stage_began(const ProtoRequest *request) {
  guint64 began = request->registered_at;

  switch (request->due_stage) {
  case PROTO_DEADLINE_STAGE_SIGN:
  case PROTO_DEADLINE_STAGE_CONTACT:
  case PROTO_DEADLINE_STAGE_FINISH:
    began = MAX(began, request->dispatched_at);
    break;
  case PROTO_DEADLINE_STAGE_VERIFY:
    began = MAX(began, request->reported_at);
    break;
  case PROTO_DEADLINE_STAGE_CALLBACK:
    began = MAX(began, request->verified_at);
    break;
  default:
    break;
  }
  return began;
}

LinliUrgency linli_urgency(const ProtoRequest *request, guint64 now, double *share) {
  guint64 began = linli_stage_began(request), due = request->due_at;

  *share = 0;
  if (!due || !linli_is_open(request)) return LINLI_CALM;
  if (now > began && due > began) *share = (double)(now - began) / (double)(due - began);
  if (due <= now) *share = MAX(*share, 1);
  return *share >= 1 ? LINLI_OVERDUE : *share >= 0.9 ? LINLI_DUE_NOW : *share >= 0.75 ? LINLI_DUE_SOON : LINLI_CALM;
}
