/* simulate_script.c: see simulate_script.h. */
#include "client/ctl/simulate_script.h"

#include <string.h>

#define PHONE    PROTO_CHANNEL_PHONE
#define COUNTER  PROTO_CHANNEL_COUNTER
#define PATROL   PROTO_CHANNEL_PATROL
#define HOTLINE  PROTO_CHANNEL_HOTLINE_12345
#define CRITICAL PROTO_REQUEST_CLASS_CRITICAL
#define URGENT   PROTO_REQUEST_CLASS_URGENT
#define ENQUIRY  PROTO_REQUEST_CLASS_ENQUIRY

static const SimulatedRequest requests[] = {
    {"6号楼电梯停运，老人下不了楼", "6号楼电梯从早上起停运，楼上有行动不便的老人要去医院复查，请尽快修复。", "物业",
     0, PHONE},
    {"楼道飞线给电动车充电", "2单元有人从窗口拉线给电动车充电，楼道里堆着纸箱，有安全隐患。", "平安建设", 0, PATROL},
    {"独居老人两天未取牛奶", "邻居反映隔壁独居老人门口的牛奶两天没有取，敲门没有回应。", NULL, CRITICAL, PHONE},
    {"3单元厨房有燃气味", "3单元住户闻到明显的燃气味，已开窗通风，请马上来人检查。", "燃气", CRITICAL, PHONE},
    {"消防通道被私家车堵占", "小区北门消防通道长期停着车，挪车电话打不通。", "城管", 0, HOTLINE},
    {"顶层漏雨，维修资金怎么用", "顶层雨后漏水，想知道怎样申请使用维修资金。", "住房", 0, COUNTER},
    {"广场舞音响晚九点未停", "小广场每晚九点以后音响还很大，影响孩子休息。", "派出所", 0, PHONE},
    {"楼上装修周末施工", "楼上周末一早开始装修，噪声很大，请协调施工时间。", "物业", 0, PHONE},
    {"井盖松动，夜间有响声", "路口井盖松动，夜里车一过就响。", "城市管理", 0, PATROL},
    {"供暖后室温只有15度", "供暖已开始，家里室温一直只有15度。", "供热", URGENT, PHONE},
    {"整栋楼自来水发黄", "今天早上起整栋楼自来水发黄，不敢饮用。", "供水", URGENT, PHONE},
    {"路灯连续三盏不亮", "小区南侧道路连续三盏路灯不亮，晚上出行不便。", "城市管理", 0, PATROL},
    {"厨余桶满溢未清运", "垃圾站厨余桶已经满溢，两天没有清运。", "环卫", 0, PHONE},
    {"楼下餐馆油烟直排", "楼下餐馆油烟直接排到居民窗前，请查看。", "城管", 0, HOTLINE},
    {"邻里因空调外机争执", "两户邻居因空调外机位置发生争执，请社区调解。", NULL, 0, COUNTER},
    {"遛狗不牵绳", "早晚有人遛大型犬不牵绳，孩子害怕。", "派出所", 0, PHONE},
    {"高龄津贴怎样申请", "家里老人满八十岁，想了解高龄津贴怎样申请、要带什么材料。", "社会事务", ENQUIRY, COUNTER},
    {"残疾人坡道被花坛挡住", "单元门口的坡道被新砌的花坛挡住，轮椅进出不了。", "物业", 0, PHONE},
    {"放学时段校门口拥堵", "放学时校门口两侧停满车，行人只能走到路中间。", "派出所", 0, HOTLINE},
    {"物业费收支请公示", "希望物业公示上一年度的收支明细。", "物业", 0, COUNTER},
    {"小区申请加装电梯，意见不一", "本单元想加装电梯，低层住户有不同意见，请社区组织协商。", NULL, 0, COUNTER},
    {"暴雨后地下车库积水", "昨晚暴雨后地下车库积水，几辆车出不来。", "物业", URGENT, PHONE},
    {"行动不便，请上门办认证", "家中老人行动不便，请上门协助办理待遇资格认证。", NULL, 0, PHONE},
    {"希望增设健身器材", "小区活动场地希望增设几件适合老人的健身器材。", "城市管理", 0, COUNTER},
    {"感谢网格员雨夜帮忙", "前天夜里下大雨，网格员帮忙把老人送回家，特此感谢。", NULL, 0, PHONE},
};

const SimulatedRequest *simulate_request(double chance) {
  return &requests[(gsize)(chance * G_N_ELEMENTS(requests))];
}

const SimulatedRequest *simulate_known(WireBytes title) {
  for (gsize i = 0; i < G_N_ELEMENTS(requests); i++)
    if (strlen(requests[i].title) == title.len && memcmp(requests[i].title, title.data, title.len) == 0)
      return &requests[i];
  return NULL;
}

/* --- What comes next ------------------------------------------------------------------------------------------ */

static void put_text(GByteArray *body, const WireMessage *message, const char *field, const char *text) {
  const WireField *f = wire_field_by_name(message, field);

  if (f) wire_put_bytes(body, f->number, (WireBytes){(const uint8_t *)text, (uint32_t)strlen(text)});
}

static void put_number(GByteArray *body, const WireMessage *message, const char *field, guint64 number) {
  const WireField *f = wire_field_by_name(message, field);

  if (f) wire_put_uint(body, f->number, number);
}

static SimulatedStep in_progress(const ProtoRequest *r, double chance, GByteArray *body) {
  if (!r->contacted_at) {
    put_text(body, &proto_msg_request_contact, "note", "已与来电人联系，约定上门时间。");
    return (SimulatedStep){"request.contact", 0};
  }
  if (chance < 0.08 && r->returns < 2 && !r->leader_dispatched) {
    put_number(body, &proto_msg_request_return, "reason", PROTO_RETURN_REASON_NOT_OURS);
    put_text(body, &proto_msg_request_return, "note", "经查看，不在本单位职责范围。");
    return (SimulatedStep){"request.return", 0};
  }
  put_text(body, &proto_msg_request_report, "note", "现场处理完毕，已拍照留存。");
  put_text(body, &proto_msg_request_report, "answer", "您反映的问题已经处理，如有反复请再与我们联系。");
  return (SimulatedStep){"request.report", 0};
}

static SimulatedStep reported(double chance, GByteArray *body) {
  if (chance < 0.05) {
    put_text(body, &proto_msg_request_rework, "note", "处理结果不完整，请补充。");
    return (SimulatedStep){"request.rework", PROTO_ROLE_SHIFT_LEADER};
  }
  return (SimulatedStep){"request.verify", PROTO_ROLE_SHIFT_LEADER};
}

static SimulatedStep callback(const ProtoRequest *r, double chance, GByteArray *body) {
  guint64 result = r->anonymous    ? PROTO_CALLBACK_RESULT_EXEMPT
                   : chance < 0.62 ? PROTO_CALLBACK_RESULT_SOLVED_SATISFIED
                   : chance < 0.88 ? PROTO_CALLBACK_RESULT_SOLVED_BASICALLY
                   : chance < 0.94 ? PROTO_CALLBACK_RESULT_NOT_REACHED
                                   : PROTO_CALLBACK_RESULT_UNSOLVED;

  put_number(body, &proto_msg_request_callback, "result", result);
  return (SimulatedStep){"request.callback", PROTO_ROLE_CALLBACK_CLERK};
}

gboolean simulate_next(const ProtoRequest *request, guint64 team, double chance, GByteArray *body,
                       SimulatedStep *step) {
  switch (request->state) {
  case PROTO_REQUEST_STATE_REGISTERED:
    *step = (SimulatedStep){"request.accept", PROTO_ROLE_DISPATCHER};
    return TRUE;
  case PROTO_REQUEST_STATE_ACCEPTED:
    put_number(body, &proto_msg_request_dispatch, "team", team);
    *step =
        (SimulatedStep){"request.dispatch", request->returns >= 2 ? PROTO_ROLE_SHIFT_LEADER : PROTO_ROLE_DISPATCHER};
    return team != 0;
  case PROTO_REQUEST_STATE_DISPATCHED:
    *step = (SimulatedStep){"request.sign", 0};
    return TRUE;
  case PROTO_REQUEST_STATE_IN_PROGRESS:
    *step = in_progress(request, chance, body);
    return TRUE;
  case PROTO_REQUEST_STATE_REPORTED:
    *step = reported(chance, body);
    return TRUE;
  case PROTO_REQUEST_STATE_CALLBACK:
    *step = callback(request, chance, body);
    return TRUE;
  default:
    return FALSE;
  }
}
