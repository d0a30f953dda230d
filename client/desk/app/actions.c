/* actions.c: see actions.h. */
#include "client/desk/app/actions.h"

#include <glib/gi18n.h>
#include <string.h>

#include "proto/proto_tables.h"

#define P     LINLI_ACTION_PALETTE
#define M     LINLI_ACTION_MENU
#define H     LINLI_ACTION_HIDDEN
#define R     LINLI_ACTION_RARE
#define DO(x) PROTO_REQUEST_ACTION_##x

const LinliActionInfo linli_actions[] = {
    {"win.new-request", N_("Requests"), N_("New request"), "新建诉求", {"<Control>n"}, 0, 0, P},
    {"request.accept", N_("Requests"), N_("Accept"), "受理", {NULL}, 'A', DO(ACCEPT), P},
    {"request.dispatch", N_("Requests"), N_("Dispatch"), "派单", {"<Control>d"}, 'D', DO(DISPATCH), P},
    {"request.dispatch-proposed",
     N_("Requests"),
     N_("Dispatch as proposed"),
     "按建议派单",
     {"<Control><Shift>d"},
     'P',
     0,
     P},
    {"request.sign", N_("Requests"), N_("Sign"), "签收", {NULL}, 'S', DO(SIGN), P},
    {"request.contact", N_("Requests"), N_("Record a contact"), "联系", {NULL}, 'L', DO(CONTACT), P},
    {"request.report", N_("Requests"), N_("Report as done"), "反馈", {NULL}, 'F', DO(REPORT), P},
    {"request.return", N_("Requests"), N_("Return"), "退单", {NULL}, 'R', DO(RETURN), P},
    {"request.verify", N_("Requests"), N_("Verify"), "核查通过", {NULL}, 'V', DO(VERIFY), P},
    {"request.rework", N_("Requests"), N_("Send back"), "退回重办", {NULL}, 0, DO(REWORK), P},
    {"request.callback", N_("Requests"), N_("Call back"), "回访", {NULL}, 'B', DO(CALLBACK), P},
    {"request.merge", N_("Requests"), N_("Merge"), "并单", {NULL}, 'M', DO(MERGE), P | R},
    {"request.comment", N_("Requests"), N_("Comment"), "备注", {NULL}, 'C', DO(COMMENT), P},
    {"request.copy-text", N_("Requests"), N_("Copy as text"), "复制派单文本", {"<Control><Shift>c"}, 0, 0, P},
    {"request.print", N_("Requests"), N_("Print a work slip"), "打印派工单", {"<Control>p"}, 0, 0, P | R},

    {"win.search", N_("Moving around"), N_("Search"), "查找", {"<Control>f"}, '/', 0, P},
    {"win.palette", N_("Moving around"), N_("Command palette"), "命令面板", {"<Control>k"}, 0, 0, 0},
    {"win.next-pane", N_("Moving around"), N_("Next pane"), "下一栏", {"F6"}, 0, 0, 0},
    {"win.alerts", N_("Moving around"), N_("Alerts"), "警报栏", {"F8"}, 0, 0, P},
    {"win.sidebar", N_("Moving around"), N_("Queues"), "侧栏", {"F9"}, 0, 0, P},
    {"win.wall", N_("Moving around"), N_("Wall"), "大屏", {"F11"}, 0, 0, P},
    {"win.outbox", N_("Moving around"), N_("Outbox"), "待上传", {"<Control><Shift>o"}, 0, 0, P},

    {"win.undo", N_("Program"), N_("Undo"), "撤销", {"<Control>z"}, 0, 0, 0},
    {"win.resync", N_("Program"), N_("Fetch everything anew"), "重新同步", {"F5"}, 0, 0, P},
    {"app.text-larger", N_("Program"), N_("Larger text"), "放大文字", {"<Control>plus", "<Control>equal"}, 0, 0, P},
    {"app.text-smaller", N_("Program"), N_("Smaller text"), "缩小文字", {"<Control>minus"}, 0, 0, P},
    {"app.text-normal", N_("Program"), N_("Normal text size"), "正常文字", {"<Control>0"}, 0, 0, P},
    {"win.preferences", N_("Program"), N_("Preferences"), "偏好设置", {"<Control>comma"}, 0, 0, P | M},
    {"win.shortcuts",
     N_("Program"),
     N_("Keyboard shortcuts"),
     "快捷键",
     {"<Control>question", "<Control>slash"},
     0,
     0,
     P | M},
    {"win.sign-out", N_("Program"), N_("Sign out"), "退出登录", {NULL}, 0, 0, P | M},
    {"app.about", N_("Program"), N_("About Linli"), "关于邻里", {NULL}, 0, 0, P | M | H},
    {"app.quit", N_("Program"), N_("Quit"), "退出", {"<Control>q"}, 0, 0, P | M},
};
const gsize linli_actions_count = G_N_ELEMENTS(linli_actions);

const LinliActionInfo *linli_action_by_name(const char *name) {
  for (gsize i = 0; i < linli_actions_count; i++)
    if (strcmp(linli_actions[i].name, name) == 0) return &linli_actions[i];
  return NULL;
}

char *linli_action_keys(const LinliActionInfo *info) {
  guint key;
  GdkModifierType modifiers;

  if (info->accels[0] && gtk_accelerator_parse(info->accels[0], &key, &modifiers))
    return gtk_accelerator_get_label(key, modifiers);
  return info->letter ? g_strdup_printf("%c", info->letter) : NULL;
}

/* Accelerators are ours (keys.h), so the menu shows them in the label's place for them only. */
GMenuModel *linli_actions_menu(void) {
  GMenu *menu = g_menu_new();

  for (gsize i = 0; i < linli_actions_count; i++) {
    const LinliActionInfo *info = &linli_actions[i];
    if (!(info->flags & M)) continue;
    g_autoptr(GMenuItem) item = g_menu_item_new(_(info->label), info->name);
    if (info->accels[0]) g_menu_item_set_attribute(item, "accel", "s", info->accels[0]);
    g_menu_append_item(menu, item);
  }
  return G_MENU_MODEL(menu);
}
