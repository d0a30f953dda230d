/* replay_steps.c: see replay_steps.h. */
#include "client/ctl/replay_steps.h"

#include <string.h>

#include "client/core/identity.h"
#include "client/ctl/import_row.h"
#include "proto/proto_tables.h"

enum { SATISFIED_OF_TEN = 8 };

static const char *const CONTACTED[] = {"已电话联系来电人，约定上门时间。", "已到现场查看，情况属实。",
                                        "已联系来电人，说明处理安排。", "已到场，需更换配件，预计当日完成。"};
static const char *const ANSWERS[] = {"已现场核实并处理完毕，感谢您的反映。", "相关设施已修复，请您查看。",
                                      "已清理完毕，后续将加强巡查。", "已协调责任单位处理到位。"};
static const char *const REMARKS[] = {"来电人再次询问进度。", "同一地点本周已有类似反映。", "请注意现场安全。"};
static const char *const RETURNED[] = {"地点描述不清，请补充后重派。", "需先确认责任范围。"};
#define ONE_OF(texts, n) texts[(n) % G_N_ELEMENTS(texts)]

static WireBytes as_bytes(const char *text) {
  return (WireBytes){(const uint8_t *)text, (uint32_t)strlen(text)};
}

#define HAS(field) PROTO_HAS_COMMAND_REQUEST_REGISTER_##field

static char *cut(const char *field, const char *text) {
  return text != NULL ? import_row_line(text, wire_field_by_name(&proto_msg_request_register, field)->max)
                      : g_strdup("");
}

static guint64 nature_of(guint64 request_class, const char *category) {
  if (category != NULL && g_str_has_prefix(category, "praise")) return PROTO_REQUEST_NATURE_PRAISE;
  return request_class == PROTO_REQUEST_CLASS_ENQUIRY ? PROTO_REQUEST_NATURE_ENQUIRY : PROTO_REQUEST_NATURE_HELP;
}

static void set_numbers(const MappedRow *row, const TreePlace *place, guint64 category, ProtoRequestRegister *in) {
  in->channel = import_row_value(&proto_enum_channel, row->channel);
  if (in->channel == 0 || in->channel == PROTO_CHANNEL_IMPORT) in->channel = PROTO_CHANNEL_WEB; /* it comes in live */
  in->class = import_row_value(&proto_enum_request_class, row->class);
  in->nature = nature_of(in->class, row->category);
  in->category = category;
  in->grid = place->grid;
  in->latitude = row->latitude;
  in->longitude = row->longitude;
  in->has |= HAS(CHANNEL) | HAS(NATURE) | (in->class != 0 ? HAS(CLASS) : 0) | (category != 0 ? HAS(CATEGORY) : 0) |
             (place->grid != 0 ? HAS(GRID) : 0) | (row->located ? HAS(LATITUDE) | HAS(LONGITUDE) : 0);
}

void replay_case_init(ReplayCase *c, const MappedRow *row, const TreePlace *place, guint64 category,
                      gboolean anonymous) {
  g_autofree char *title = cut("title", row->title), *text = cut("text", row->text),
                  *address = cut("place", row->address);
  g_autofree char *type = cut("source_type", row->source_type);
  g_autofree char *caller = g_strdup_printf("来电人 %04u", g_str_hash(row->number) % 10000);
  g_autoptr(GByteArray) body = g_byte_array_new();
  *c = (ReplayCase){.id = linli_new_id(),
                    .place = *place,
                    .anonymous = anonymous,
                    .answer = row->answer != NULL ? import_row_line(row->answer, 6000) : NULL};
  ProtoRequestRegister in = {.has = HAS(REQUEST) | HAS(TEXT) | HAS(TITLE),
                             .request = c->id,
                             .text = as_bytes(text),
                             .title = as_bytes(title),
                             .place = as_bytes(address),
                             .source_type = as_bytes(type),
                             .caller_name = as_bytes(caller)};
  in.has |= (*address != '\0' ? HAS(PLACE) : 0) | (*type != '\0' ? HAS(SOURCE_TYPE) : 0) |
            (!anonymous ? HAS(CALLER_NAME) : 0);
  set_numbers(row, place, category, &in);
  wire_encode(&proto_msg_request_register, &in, body);
  c->registered = g_byte_array_free_to_bytes(g_steal_pointer(&body));
}

void replay_case_clear(ReplayCase *c) {
  g_clear_pointer(&c->registered, g_bytes_unref);
  g_clear_pointer(&c->answer, g_free);
}

/* ---- Bodies ---------------------------------------------------------------------------------------------------- */

static void put_report(const ReplayCase *c, guint turn, GByteArray *out) {
  ProtoRequestReport in = {PROTO_HAS_COMMAND_REQUEST_REPORT_REQUEST | PROTO_HAS_COMMAND_REQUEST_REPORT_ANSWER,
                           c->id,
                           {0},
                           as_bytes(c->answer != NULL ? c->answer : ONE_OF(ANSWERS, turn))};
  wire_encode(&proto_msg_request_report, &in, out);
}

static void put_callback(const ReplayCase *c, guint turn, GByteArray *out) {
  guint64 result = c->anonymous                   ? PROTO_CALLBACK_RESULT_EXEMPT
                   : turn % 10 < SATISFIED_OF_TEN ? PROTO_CALLBACK_RESULT_SOLVED_SATISFIED
                                                  : PROTO_CALLBACK_RESULT_SOLVED_BASICALLY;
  ProtoRequestCallback in = {
      PROTO_HAS_COMMAND_REQUEST_CALLBACK_REQUEST | PROTO_HAS_COMMAND_REQUEST_CALLBACK_RESULT, c->id, result, {0}};
  wire_encode(&proto_msg_request_callback, &in, out);
}

static void put_return(const ReplayCase *c, guint turn, GByteArray *out) {
  ProtoRequestReturn in = {PROTO_HAS_COMMAND_REQUEST_RETURN_REQUEST | PROTO_HAS_COMMAND_REQUEST_RETURN_REASON |
                               PROTO_HAS_COMMAND_REQUEST_RETURN_NOTE,
                           c->id, turn % 2 ? PROTO_RETURN_REASON_LACKS_FACTS : PROTO_RETURN_REASON_WRONG_PLACE,
                           as_bytes(ONE_OF(RETURNED, turn))};
  wire_encode(&proto_msg_request_return, &in, out);
}

static void put_small(const ReplayCase *c, ReplayStep step, guint turn, GByteArray *out) {
  ProtoRequestAccept accept = {.has = PROTO_HAS_COMMAND_REQUEST_ACCEPT_REQUEST, .request = c->id};
  ProtoRequestDispatch dispatch = {.has = PROTO_HAS_COMMAND_REQUEST_DISPATCH_REQUEST |
                                          PROTO_HAS_COMMAND_REQUEST_DISPATCH_TEAM,
                                   .request = c->id,
                                   .team = c->place.team};
  ProtoRequestSign sign = {.has = PROTO_HAS_COMMAND_REQUEST_SIGN_REQUEST, .request = c->id};
  ProtoRequestContact contact = {PROTO_HAS_COMMAND_REQUEST_CONTACT_REQUEST | PROTO_HAS_COMMAND_REQUEST_CONTACT_NOTE,
                                 c->id, as_bytes(ONE_OF(CONTACTED, turn))};
  ProtoRequestComment comment = {PROTO_HAS_COMMAND_REQUEST_COMMENT_REQUEST | PROTO_HAS_COMMAND_REQUEST_COMMENT_TEXT,
                                 c->id, as_bytes(ONE_OF(REMARKS, turn))};
  ProtoRequestVerify verify = {.has = PROTO_HAS_COMMAND_REQUEST_VERIFY_REQUEST, .request = c->id};
  const struct {
    ReplayStep step;
    const WireMessage *message;
    const void *in;
  } bodies[] = {
      {STEP_ACCEPT, &proto_msg_request_accept, &accept},    {STEP_DISPATCH, &proto_msg_request_dispatch, &dispatch},
      {STEP_SIGN, &proto_msg_request_sign, &sign},          {STEP_CONTACT, &proto_msg_request_contact, &contact},
      {STEP_COMMENT, &proto_msg_request_comment, &comment}, {STEP_VERIFY, &proto_msg_request_verify, &verify}};
  for (gsize i = 0; i < G_N_ELEMENTS(bodies); i++)
    if (bodies[i].step == step) wire_encode(bodies[i].message, bodies[i].in, out);
}

void replay_case_body(const ReplayCase *c, ReplayStep step, guint turn, GByteArray *out) {
  gsize len;
  const guint8 *registered = g_bytes_get_data(c->registered, &len);
  if (step == STEP_REGISTER)
    g_byte_array_append(out, registered, (guint)len);
  else if (step == STEP_REPORT)
    put_report(c, turn, out);
  else if (step == STEP_CALLBACK)
    put_callback(c, turn, out);
  else if (step == STEP_RETURN)
    put_return(c, turn, out);
  else
    put_small(c, step, turn, out);
}
