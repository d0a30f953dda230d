/* main.c: linlictl: options, then a verb of its own, of the database's owner, or of the schema. */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "client/ctl/board.h"
#include "client/ctl/ctl.h"
#include "client/ctl/help.h"
#include "client/ctl/import.h"
#include "client/ctl/noun.h"
#include "client/ctl/replay.h"
#include "client/ctl/outbox_verb.h"
#include "client/ctl/simulate.h"
#include "client/ctl/status.h"
#include "client/ctl/verbs.h"
#include "client/ctl/watch.h"
#include "proto/proto_tables.h"
#if LINLI_HAVE_ADMIN
#include "sql/admin/verbs.h"
#endif

const Verb verbs[] = {
    {"status", status_verb, "服务器、时延与本人权限", "The server, its distance, and one's own rights"},
    {"board", board_verb, "终端里的实时看板", "The live board in the terminal"},
    {"watch", watch_verb, "逐行显示事件", "Events as they happen, one a line"},
    {"simulate", simulate_verb, "在演示街道里模拟日常办理", "Gentle live work in the demo office"},
    {"outbox", outbox_verb, "未送达的操作：list、flush、forget", "What is not yet decided: list, flush, forget ID"},
    {"import", import_verb, "导入区划，或其他系统的诉求", "Divisions, or another system's requests, from a file"},
    {"replay", replay_verb, "按原有节奏重放历史诉求", "A file of requests, played as live work by many accounts"},
    {NULL, NULL, NULL, NULL},
};

#if LINLI_HAVE_ADMIN
static const char *first_word(int argc, char **argv) {
  for (int i = 1; i < argc; i++)
    if (argv[i][0] != '-') return argv[i];
  return NULL;
}
#endif

static const Verb *own_verb(const char *name) {
  for (gsize i = 0; verbs[i].name; i++)
    if (strcmp(verbs[i].name, name) == 0) return &verbs[i];
  return NULL;
}

static int run(Ctl *ctl, int argc, char **argv) {
  const Verb *verb = argc > 0 ? own_verb(argv[0]) : NULL;

  if (argc > 0 && strcmp(argv[0], "--version") == 0) {
    printf("linlictl " LINLI_VERSION "\n");
    return CTL_DONE;
  }
  if (argc == 0 || strcmp(argv[0], "help") == 0) {
    help_all(ctl->proto, argc == 0 && !ctl->help ? stderr : stdout);
    return argc == 0 && !ctl->help ? CTL_USAGE : CTL_DONE;
  }
  return verb ? verb->run(ctl, argc - 1, argv + 1) : noun_verb(ctl, argc, argv);
}

int main(int argc, char **argv) {
  Ctl ctl = {.proto = &proto_linli};
  GError *error = NULL;
  int words = argc - 1;

  setlocale(LC_ALL, "");
  signal(SIGPIPE, SIG_IGN);
#if LINLI_HAVE_ADMIN
  if (first_word(argc, argv) && admin_is_verb(first_word(argc, argv))) return admin_verb(argc - 1, argv + 1);
#endif
  int how = ctl_options(&ctl, &words, argv + 1, &error) ? run(&ctl, words, argv + 1) : ctl_fail(&ctl, error);
  ctl_clear(&ctl);
  return how;
}
