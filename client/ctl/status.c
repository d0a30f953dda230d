/* status.c: see status.h. */
#include "client/ctl/status.h"

#include <stdio.h>

#include "client/ctl/output.h"
#include "common/uuid.h"

enum { PONG_WAIT_MS = 2000, POLL_MS = 10 };

static gboolean on_turn(gpointer loop) {
  g_main_loop_quit(loop);
  return G_SOURCE_REMOVE;
}

/* hello is the first exchange; the ping after signing in tells the distance without the handshake. */
static void wait_for_pong(Ctl *ctl) {
  gint64 end = g_get_monotonic_time() + PONG_WAIT_MS * 1000;

  while (linli_session_exchanges(ctl->session) < 2 && g_get_monotonic_time() < end) {
    g_timeout_add(POLL_MS, on_turn, ctl->loop);
    g_main_loop_run(ctl->loop);
  }
}

static void list_numbers(GString *out, const GArray *numbers) {
  for (guint i = 0; i < numbers->len; i++)
    g_string_append_printf(out, "%s%" G_GUINT64_FORMAT, i ? "," : "", g_array_index(numbers, guint64, i));
}

static void list_rights(Ctl *ctl, GString *out, guint64 rights, gboolean json) {
  const WireEnum *all = ctl->proto->rights;
  gboolean any = FALSE;

  for (guint i = 0; i < all->count; i++) {
    if (all->labels[i].number >= 64 || !(rights >> all->labels[i].number & 1)) continue;
    const char *text = json ? all->labels[i].name : linli_label_text(&all->labels[i]);
    g_string_append_printf(out, json ? "%s\"%s\"" : "%s%s", any ? "," : "", text);
    any = TRUE;
  }
}

static void print_json(Ctl *ctl, const LinliWho *who, const char *instance) {
  g_autoptr(GString) out = g_string_new("{\"server\":");

  output_json_text(out, linli_settings_server(ctl->settings), -1);
  g_string_append_printf(out,
                         ",\"protocol\":%" G_GUINT64_FORMAT ",\"instance\":\"%s\",\"program\":\"" LINLI_VERSION
                         "\",\"schema\":\"%s\",\"round_trip_us\":%" G_GINT64_FORMAT
                         ",\"clock_offset_us\":%" G_GINT64_FORMAT,
                         linli_session_version(ctl->session), instance, ctl->proto->digest,
                         linli_session_round_trip(ctl->session), linli_session_clock_offset(ctl->session));
  g_string_append_printf(out, ",\"account\":%" G_GUINT64_FORMAT ",\"office\":%" G_GUINT64_FORMAT ",\"name\":",
                         who->account, who->office);
  output_json_text(out, who->name, -1);
  g_string_append(out, ",\"title\":");
  output_json_text(out, who->title ? who->title : who->name, -1);
  g_string_append(out, ",\"zone\":");
  output_json_text(out, who->zone, -1);
  g_string_append(out, ",\"rights\":[");
  list_rights(ctl, out, who->rights, TRUE);
  g_string_append(out, "],\"communities\":[");
  list_numbers(out, who->communities);
  g_string_append(out, "],\"teams\":[");
  list_numbers(out, who->teams);
  printf("%s]}\n", out->str);
}

static void print_text(Ctl *ctl, const LinliWho *who, const char *instance) {
  gboolean zh = linli_in_chinese();
  g_autoptr(GString) rights = g_string_new(NULL), communities = g_string_new(NULL), teams = g_string_new(NULL);
  g_autofree char *expires = output_time(who->expires_at);

  list_rights(ctl, rights, who->rights, FALSE);
  list_numbers(communities, who->communities);
  list_numbers(teams, who->teams);
  printf("%s %s (%s %s)\n", zh ? "服务器" : "server     ", linli_settings_server(ctl->settings),
         zh ? "进程" : "instance", instance);
  printf("%s %" G_GUINT64_FORMAT ", linlictl " LINLI_VERSION "\n", zh ? "协议版本" : "protocol   ",
         linli_session_version(ctl->session));
  printf("%s %.1f ms, %s %+.1f ms\n", zh ? "往返" : "round trip ",
         (double)linli_session_round_trip(ctl->session) / 1000, zh ? "时钟差" : "clock",
         (double)linli_session_clock_offset(ctl->session) / 1000);
  printf("%s %s %s (%" G_GUINT64_FORMAT "), %s %" G_GUINT64_FORMAT ", %s, %s %s\n", zh ? "账号" : "account    ",
         who->name, who->title ? who->title : "", who->account, zh ? "街道" : "office", who->office, who->zone,
         zh ? "登录有效至" : "signed in until", expires);
  printf("%s %s\n", zh ? "权限" : "rights     ", rights->str);
  printf("%s %s\n", zh ? "社区" : "communities", communities->str);
  printf("%s %s\n", zh ? "队伍" : "teams      ", teams->str);
}

int status_verb(Ctl *ctl, int argc, G_GNUC_UNUSED char **argv) {
  GError *error = NULL;
  char instance[UUID_TEXT_SIZE];

  if (argc > 0) error = g_error_new(LINLI_ERROR, LINLI_ERROR_USAGE, "`status` takes no words.");
  if (error || !ctl_connect(ctl, &error)) return ctl_fail(ctl, error);
  wait_for_pong(ctl);
  uuid_format(linli_session_instance(ctl->session), instance);
  if (ctl->json)
    print_json(ctl, linli_session_who(ctl->session), instance);
  else
    print_text(ctl, linli_session_who(ctl->session), instance);
  return CTL_DONE;
}
