/* help.c: see help.h. */
#include "client/ctl/help.h"

#include <string.h>

#include "client/ctl/output.h"
#include "client/ctl/verbs.h"

enum { NAME_WIDTH = 22 };

static void line(FILE *to, const char *name, const char *doc) {
  g_autoptr(GString) text = g_string_new("  ");

  output_padded(text, name, NAME_WIDTH);
  fprintf(to, "%s %s\n", text->str, doc);
}

static gboolean is_noun(const char *name, const char *noun) {
  gsize len = strlen(noun);

  return strncmp(name, noun, len) == 0 && name[len] == '.';
}

static gboolean hidden(const ProtoCommand *command) {
  return command->flags & (PROTO_SYSTEM | PROTO_EPHEMERAL);
}

static void add_noun(GHashTable *seen, GString *list, const char *name) {
  char *noun = g_strndup(name, strcspn(name, "."));

  if (g_hash_table_add(seen, noun)) g_string_append_printf(list, "%s%s", list->len ? ", " : "", noun);
}

void help_all(const Proto *proto, FILE *to) {
  g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr(GString) nouns = g_string_new(NULL);
  gboolean zh = linli_in_chinese();

  for (gsize i = 0; i < proto->n_commands; i++)
    if (!hidden(&proto->commands[i])) add_noun(seen, nouns, proto->commands[i].name);
  for (gsize i = 0; i < proto->n_queries; i++)
    add_noun(seen, nouns, proto->queries[i].name);
  fprintf(to, "linlictl [--json] NOUN VERB [--field value …] [value …]\n\n");
  fprintf(to,
          zh ? "对象：%s\n（linlictl 对象 --help 列出动作，linlictl 对象 动作 --help 列出字段）\n\n"
             : "Nouns: %s\n(linlictl NOUN --help lists its verbs, linlictl NOUN VERB --help the fields)\n\n",
          nouns->str);
  fprintf(to, zh ? "其他：\n" : "Besides:\n");
  for (gsize i = 0; verbs[i].name; i++)
    line(to, verbs[i].name, zh ? verbs[i].zh : verbs[i].en);
#if LINLI_HAVE_ADMIN
  line(to, "db, audit, cluster",
       zh ? "数据库管理（linlictl db --help）" : "The database, as its owner (linlictl db --help)");
  line(to, "backup, restore", zh ? "备份与恢复" : "Backup, and back from it");
#endif
  fprintf(to,
          zh ? "\n选项（其次 LINLI_SERVER、LINLI_CA、LINLI_USER、LINLI_PASSWORD_FILE，再次配置文件）：\n"
             : "\nOptions (then LINLI_SERVER, LINLI_CA, LINLI_USER, LINLI_PASSWORD_FILE, then the config file):\n");
  fprintf(to, "  --server HOST:PORT  --ca FILE  --user NAME  --password-file FILE  --config FILE\n"
              "  --json  --timeout SECONDS  --outbox FILE | --no-outbox  --lang zh|en\n"
              "  --stream N | --community C | --office O  --version N\n");
  fprintf(to, zh ? "\n退出码：0 完成，1 被拒绝，2 用法错误，3 无法连接或登录。\n"
                 : "\nExit: 0 done, 1 refused, 2 usage, 3 cannot connect or sign in.\n");
}

static void kind_text(const WireField *field, GString *out) {
  static const char *const names[] = {"uint",  "int",  "bool", "time",  "date",   "enum",
                                      "fixed", "uuid", "text", "bytes", "message"};

  g_string_append_printf(out, " [%s%s%s]", names[field->kind], field->flags & WIRE_LIST ? ",…" : "",
                         field->flags & WIRE_OPTIONAL ? "" : ", needed");
  if (field->kind != WIRE_FIELD_ENUM) return;
  for (guint i = 0; i < field->enumeration->count; i++) {
    const WireLabel *label = &field->enumeration->labels[i];
    g_string_append_printf(out, "%s%s%s%s", i ? ", " : " ", label->name, linli_in_chinese() && label->zh ? " " : "",
                           linli_in_chinese() && label->zh ? label->zh : "");
  }
}

static int help_verb(const char *name, const char *doc, const WireMessage *fields) {
  g_autofree char *words = g_strdelimit(g_strdup(name), ".", ' ');

  printf("linlictl %s\n  %s\n\n", words, doc);
  for (guint i = 0; i < fields->count; i++) {
    const WireField *field = &fields->fields[i];
    g_autofree char *option = g_strconcat("--", field->name, NULL);
    g_autoptr(GString) text = g_string_new(field->doc);
    kind_text(field, text);
    line(stdout, option, text->str);
  }
  return CTL_DONE;
}

static int help_verbs(const Proto *proto, const char *noun) {
  gboolean any = FALSE;

  for (gsize i = 0; i < proto->n_commands; i++) {
    const ProtoCommand *c = &proto->commands[i];
    if (!is_noun(c->name, noun) || hidden(c)) continue;
    line(stdout, c->name + strlen(noun) + 1, c->doc);
    any = TRUE;
  }
  for (gsize i = 0; i < proto->n_queries; i++) {
    const ProtoQuery *q = &proto->queries[i];
    if (!is_noun(q->name, noun)) continue;
    line(stdout, q->name + strlen(noun) + 1, q->doc);
    any = TRUE;
  }
  if (any) return CTL_DONE;
  fprintf(stderr,
          linli_in_chinese() ? "linlictl: 没有“%s”。请运行 linlictl help。\n"
                             : "linlictl: there is no \"%s\". `linlictl help` lists what there is.\n",
          noun);
  return CTL_USAGE;
}

int help_noun(Ctl *ctl, int argc, char **argv) {
  if (argc == 0) {
    help_all(ctl->proto, stdout);
    return CTL_DONE;
  }
  if (argc >= 2) {
    g_autofree char *joined = g_strconcat(argv[0], ".", argv[1], NULL);
    g_autofree char *name = g_strdelimit(g_steal_pointer(&joined), "-", '_');
    const ProtoCommand *command = proto_command_by_name(ctl->proto, name);
    const ProtoQuery *query = proto_query_by_name(ctl->proto, name);
    if (command) return help_verb(command->name, command->doc, command->fields);
    if (query) return help_verb(query->name, query->doc, query->fields);
  }
  int how = help_verbs(ctl->proto, argv[0]);
  return how == CTL_DONE && !ctl->help ? CTL_USAGE : how;
}
