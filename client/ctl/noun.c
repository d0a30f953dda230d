/* noun.c: see noun.h. */
#include "client/ctl/noun.h"

#include <stdio.h>
#include <string.h>

#include "client/core/identity.h"
#include "client/core/row.h"
#include "client/ctl/fields.h"
#include "client/ctl/help.h"
#include "client/ctl/output.h"
#include "client/ctl/resolve.h"
#include "client/ctl/route.h"
#include "client/ctl/timeline.h"
#include "common/uuid.h"
#include "proto/proto_tables.h"

/* Verbs that begin something: their row's id is made here when it is not given. */
static const char *const beginning[] = {"register", "import", "draft", "add", "open", "create"};

static gboolean begins(const char *verb) {
  for (gsize i = 0; i < G_N_ELEMENTS(beginning); i++)
    if (strcmp(verb, beginning[i]) == 0) return TRUE;
  return FALSE;
}

static char *full_name(const char *noun, const char *verb) {
  char *name = g_strconcat(noun, ".", verb, NULL);

  return g_strdelimit(name, "-", '_');
}

/* --- Queries -------------------------------------------------------------------------------------------------- */

typedef struct {
  Ctl *ctl;
  const WireMessage *message;
  OutputTable *table;
  GByteArray *first;
} Printing;

static gboolean on_row(WireBytes row, gpointer data) {
  Printing *p = data;
  gboolean timeline = p->message == &proto_msg_timeline;

  if (p->ctl->json || timeline) {
    g_autofree char *line = !timeline      ? wire_to_json(p->message, row)
                            : p->ctl->json ? timeline_json(p->ctl->proto, row)
                                           : timeline_text(p->ctl->proto, row);
    printf("%s\n", line ? line : "{}");
    return TRUE;
  }
  if (p->first->len == 0) g_byte_array_append(p->first, row.data, row.len);
  output_table_add(p->table, row);
  return TRUE;
}

static void print_rows(Printing *p, gboolean one) {
  guint n = output_table_rows(p->table);

  if (p->ctl->json || p->message == &proto_msg_timeline) return;
  if (n == 0)
    fprintf(stderr, "%s\n", linli_in_chinese() ? "没有记录。" : "There is nothing to show.");
  else if (one && n == 1)
    output_row(p->message, (WireBytes){p->first->data, p->first->len}, stdout);
  else
    output_table_print(p->table, stdout, output_columns());
}

static int run_query(Ctl *ctl, const ProtoQuery *query, const char *noun, int argc, char **argv) {
  g_autoptr(GByteArray) body = g_byte_array_new(), first = g_byte_array_new();
  g_autoptr(OutputTable) table = output_table_new(query->returns);
  g_auto(Fields) fields = {0};
  GError *error = NULL;
  Printing p = {ctl, query->returns, table, first};
  Uuid id;

  if (!fields_parse(&fields, query->fields, NULL, argc, argv, &error) || !ctl_connect(ctl, &error) ||
      !resolve_fields(ctl, noun, &fields, &error) || !fields_encode(&fields, body, &error) ||
      !ctl_rows(ctl, query, (WireBytes){body->data, body->len}, on_row, &p, &error))
    return ctl_fail(ctl, error);
  gboolean one = g_str_has_suffix(query->name, ".show");
  print_rows(&p, one);
  if (ctl->json || !one || !first->len || !linli_row_id(query->returns, (WireBytes){first->data, first->len}, &id))
    return CTL_DONE;
  return timeline_print(ctl, noun, id, &error) ? CTL_DONE : ctl_fail(ctl, error);
}

/* --- Commands ------------------------------------------------------------------------------------------------- */

static void print_outcome_json(Ctl *ctl, const CtlOutcome *o, Uuid command, const char *noun, const char *made) {
  g_autoptr(GString) line = g_string_new(NULL);
  char id[UUID_TEXT_SIZE];

  if (o->verdict == LINLI_REFUSED) {
    output_failure("refused", linli_identifier(ctl->proto->refusals, o->code),
                   linli_sentence(ctl->proto->refusals, o->code), o->detail);
    return;
  }
  g_string_append_printf(line, "{\"outcome\":\"done\",\"command\":\"%s\",\"stream\":%" G_GUINT64_FORMAT,
                         uuid_format(command, id), o->stream);
  if (o->seq) g_string_append_printf(line, ",\"seq\":%" G_GUINT64_FORMAT, o->seq);
  if (o->row) g_string_append_printf(line, ",\"row\":%" G_GUINT64_FORMAT, o->row);
  if (made) g_string_append_printf(line, ",\"%s\":\"%s\"", noun, made);
  if (o->repeated) g_string_append(line, ",\"repeated\":true");
  printf("%s}\n", line->str);
}

static void print_outcome(Ctl *ctl, const CtlOutcome *o, const char *noun, const char *made) {
  gboolean zh = linli_in_chinese();

  if (o->verdict == LINLI_REFUSED) {
    fprintf(stderr, "%s%s: %s%s%s%s\n", zh ? "未办理 " : "refused, ", linli_identifier(ctl->proto->refusals, o->code),
            linli_sentence(ctl->proto->refusals, o->code), o->detail ? " (" : "", o->detail ? o->detail : "",
            o->detail ? ")" : "");
    return;
  }
  printf(zh ? "已完成" : "done");
  if (o->seq)
    printf(zh ? "：数据流 %" G_GUINT64_FORMAT " 第 %" G_GUINT64_FORMAT " 条"
              : ": stream %" G_GUINT64_FORMAT ", event %" G_GUINT64_FORMAT,
           o->stream, o->seq);
  if (o->row) printf("%s %s %" G_GUINT64_FORMAT, zh ? "，" : ",", noun, o->row);
  printf("\n");
  if (made) printf("%s %s\n", noun, made);
}

/* The number to say aloud, where the noun has one. */
static void print_number(Ctl *ctl, const char *noun, const char *made) {
  const WireMessage *message = proto_message_by_name(ctl->proto, noun);
  g_autoptr(GByteArray) row = g_byte_array_new();
  g_autoptr(GError) ignored = NULL;

  if (!message || !wire_field_by_name(message, "number") || !resolve_show(ctl, noun, made, row, &ignored)) return;
  WireBytes number = linli_row_text(message, (WireBytes){row->data, row->len}, "number");
  printf("number %.*s\n", (int)number.len, (const char *)number.data);
}

static gboolean expected_version(const Fields *fields, guint64 *version, GError **error) {
  char *end = NULL;

  if (!fields->version) return TRUE;
  *version = g_ascii_strtoull(fields->version, &end, 10);
  if (*version && !*end) return TRUE;
  g_set_error(error, LINLI_ERROR, LINLI_ERROR_USAGE, "--version takes the row's version as `show` prints it.");
  return FALSE;
}

static int send_command(Ctl *ctl, const ProtoCommand *kind, const char *noun, Fields *fields,
                        const WireField *making) {
  g_autoptr(GByteArray) body = g_byte_array_new();
  LinliCommand command = {.kind = kind->number};
  CtlOutcome outcome = {0};
  GError *error = NULL;
  char made[UUID_TEXT_SIZE] = "";

  if (!ctl_connect(ctl, &error) || !resolve_fields(ctl, noun, fields, &error) ||
      !route_command(ctl, kind, fields, &command.stream, &error))
    return ctl_fail(ctl, error);
  command.id = linli_new_id_at(linli_session_now(ctl->session) / 1000);
  if (making && !fields_get(fields, making->name)) fields_set(fields, making, uuid_format(linli_new_id(), made));
  if (!fields_encode(fields, body, &error) || !expected_version(fields, &command.version, &error))
    return ctl_fail(ctl, error);
  command.body = (WireBytes){body->data, body->len};
  if (!ctl_command(ctl, kind, &command, &outcome, &error)) return ctl_fail(ctl, error);
  if (ctl->json)
    print_outcome_json(ctl, &outcome, command.id, noun, *made ? made : NULL);
  else
    print_outcome(ctl, &outcome, noun, *made ? made : NULL);
  if (!ctl->json && *made && outcome.verdict == LINLI_DONE) print_number(ctl, noun, made);
  g_free(outcome.detail);
  return outcome.verdict == LINLI_DONE ? CTL_DONE : CTL_REFUSED;
}

/* What is wrong with the words themselves is said before anybody connects. */
static gboolean lacks(const Fields *fields, const WireField *making, GError **error) {
  for (guint i = 0; i < fields->message->count; i++) {
    const WireField *field = &fields->message->fields[i];
    gboolean filled_later = field == making || g_str_has_suffix(field->name, "_community");
    if (fields->texts[i] || field->flags & WIRE_OPTIONAL || filled_later) continue;
    g_set_error(error, LINLI_ERROR, LINLI_ERROR_USAGE, "--%s is needed: %s", field->name, field->doc);
    return TRUE;
  }
  return FALSE;
}

static int run_command(Ctl *ctl, const ProtoCommand *kind, const char *noun, int argc, char **argv) {
  const WireField *first = kind->fields->count ? &kind->fields->fields[0] : NULL;
  gboolean makes = first && first->kind == WIRE_FIELD_UUID && begins(strchr(kind->name, '.') + 1);
  const WireField *making = makes ? first : NULL;
  g_auto(Fields) fields = {0};
  GError *error = NULL;

  if (kind->flags & (PROTO_SYSTEM | PROTO_EPHEMERAL)) {
    error = g_error_new(LINLI_ERROR, LINLI_ERROR_USAGE, "%s is not for the command line.", kind->name);
    return ctl_fail(ctl, error);
  }
  if (!fields_parse(&fields, kind->fields, making, argc, argv, &error) || lacks(&fields, making, &error))
    return ctl_fail(ctl, error);
  return send_command(ctl, kind, noun, &fields, making);
}

int noun_verb(Ctl *ctl, int argc, char **argv) {
  if (argc < 2 || ctl->help) return help_noun(ctl, argc, argv);
  g_autofree char *name = full_name(argv[0], argv[1]);
  g_autofree char *noun = g_strndup(name, strcspn(name, "."));
  const ProtoCommand *command = proto_command_by_name(ctl->proto, name);
  const ProtoQuery *query = proto_query_by_name(ctl->proto, name);

  if (command) return run_command(ctl, command, noun, argc - 2, argv + 2);
  if (query) return run_query(ctl, query, noun, argc - 2, argv + 2);
  return ctl_fail(
      ctl, g_error_new(LINLI_ERROR, LINLI_ERROR_USAGE,
                       "There is no \"%s %s\". `linlictl help` lists the nouns, `linlictl %s --help` the verbs.",
                       argv[0], argv[1], argv[0]));
}
