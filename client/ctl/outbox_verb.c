/* outbox_verb.c: see outbox_verb.h. */
#include "client/ctl/outbox_verb.h"

#include <stdio.h>
#include <string.h>

#include "client/ctl/output.h"
#include "common/instant.h"
#include "common/uuid.h"

static const char *const states[] = {"kept", "sent", "refused", "for_a_person"};

static GError *usage(void) {
  return g_error_new(LINLI_ERROR, LINLI_ERROR_USAGE, "outbox takes `list`, `flush`, or `forget ID`.");
}

/* --- list ----------------------------------------------------------------------------------------------------- */

static void print_entry(Ctl *ctl, const LinliEntry *e) {
  const ProtoCommand *kind = proto_command(ctl->proto, e->kind);
  gsize len;
  const uint8_t *body = g_bytes_get_data(e->body, &len);
  g_autofree char *json = kind ? wire_to_json(kind->fields, (WireBytes){body, (uint32_t)len}) : NULL;
  const char *state = (gsize)e->state < G_N_ELEMENTS(states) ? states[e->state] : "?";
  char id[UUID_TEXT_SIZE], at[INSTANT_SIZE];

  instant_format(e->kept_at, at);
  uuid_format(e->id, id);
  if (!ctl->json) {
    printf("%s  %s  %-12s  %s  %s\n", at, id, state, kind ? kind->name : "?", json ? json : "");
    if (e->detail) printf("    %s\n", e->detail);
    return;
  }
  g_autoptr(GString) line = g_string_new(NULL);
  g_string_append_printf(line,
                         "{\"command\":\"%s\",\"state\":\"%s\",\"kind\":\"%s\",\"stream\":%" G_GUINT64_FORMAT
                         ",\"kept_at\":\"%s\",\"account\":",
                         id, state, kind ? kind->name : "?", e->stream, at);
  output_json_text(line, e->account, -1);
  g_string_append(line, ",\"server\":");
  output_json_text(line, e->server, -1);
  if (e->state == LINLI_KEPT_REFUSED)
    g_string_append_printf(line, ",\"code\":\"%s\"", linli_identifier(ctl->proto->refusals, e->code));
  printf("%s,\"fields\":%s}\n", line->str, json ? json : "null");
}

static int list(Ctl *ctl) {
  GError *error = NULL;
  LinliOutbox *outbox = ctl_outbox(ctl, TRUE, &error);
  g_autoptr(GPtrArray) entries = outbox ? linli_outbox_list(outbox, NULL, NULL, &error) : NULL;

  if (!entries) return ctl_fail(ctl, error);
  for (guint i = 0; i < entries->len; i++)
    print_entry(ctl, entries->pdata[i]);
  if (!entries->len && !ctl->json)
    fprintf(stderr, "%s\n", linli_in_chinese() ? "发件箱为空。" : "The outbox is empty.");
  return CTL_DONE;
}

/* --- forget --------------------------------------------------------------------------------------------------- */

static int forget(Ctl *ctl, const char *text) {
  GError *error = NULL;
  Uuid id;

  if (!uuid_parse(text, strlen(text), &id)) return ctl_fail(ctl, usage());
  LinliOutbox *outbox = ctl_outbox(ctl, TRUE, &error);
  if (!outbox) return ctl_fail(ctl, error);
  linli_outbox_remove(outbox, id, NULL, NULL);
  linli_outbox_settle(outbox);
  return CTL_DONE;
}

/* --- flush ---------------------------------------------------------------------------------------------------- */

typedef struct {
  Ctl *ctl;
  guint done, refused, failed;
  gboolean late;
} Flush;

static void on_decided(const LinliEntry *entry, const LinliAnswer *answer, const GError *error, gpointer data) {
  Flush *f = data;
  char id[UUID_TEXT_SIZE];
  guint64 oldest;

  if (answer && answer->verdict == LINLI_DONE)
    f->done++;
  else if (answer && answer->verdict == LINLI_REFUSED)
    f->refused++;
  else
    f->failed++;
  uuid_format(entry->id, id);
  if (error) {
    fprintf(stderr, "linlictl: %s\n", error->message);
  } else if (f->ctl->json) {
    const char *code =
        answer->verdict == LINLI_REFUSED ? linli_identifier(f->ctl->proto->refusals, answer->code) : "";
    printf("{\"command\":\"%s\",\"outcome\":\"%s\",\"code\":\"%s\",\"stream\":%" G_GUINT64_FORMAT
           ",\"seq\":%" G_GUINT64_FORMAT "}\n",
           id,
           answer->verdict == LINLI_DONE      ? "done"
           : answer->verdict == LINLI_REFUSED ? "refused"
                                              : "failed",
           code, answer->stream, answer->seq);
  } else {
    printf("%s  %s\n", id,
           answer->verdict == LINLI_DONE      ? "done"
           : answer->verdict == LINLI_REFUSED ? linli_sentence(f->ctl->proto->refusals, answer->code)
                                              : "for a person to decide");
  }
  if (linli_courier_waiting(f->ctl->courier, &oldest) == 0) g_main_loop_quit(f->ctl->loop);
}

static gboolean on_late(gpointer data) {
  Flush *f = data;

  f->late = TRUE;
  g_main_loop_quit(f->ctl->loop);
  return G_SOURCE_REMOVE;
}

static int flush(Ctl *ctl) {
  Flush f = {.ctl = ctl};
  GError *error = NULL;
  guint64 oldest;

  if (!ctl_connect(ctl, &error) || !ctl_outbox(ctl, TRUE, &error)) return ctl_fail(ctl, error);
  ctl->courier = linli_courier_new(ctl->session, ctl->outbox);
  if (!linli_courier_take_over(ctl->courier, on_decided, &f, &error)) return ctl_fail(ctl, error);
  guint late = g_timeout_add_seconds((guint)ctl->timeout_s, on_late, &f);
  while (linli_courier_waiting(ctl->courier, &oldest) && !f.late &&
         linli_session_state(ctl->session) != LINLI_STATE_FAILED)
    g_main_loop_run(ctl->loop);
  if (!f.late) g_source_remove(late);
  guint left = linli_courier_waiting(ctl->courier, &oldest);
  linli_outbox_settle(ctl->outbox);
  if (!ctl->json) printf("%u done, %u refused, %u left\n", f.done, f.refused, left + f.failed);
  return left || f.failed ? CTL_NO_CONNECTION : f.refused ? CTL_REFUSED : CTL_DONE;
}

int outbox_verb(Ctl *ctl, int argc, char **argv) {
  if (argc == 1 && strcmp(argv[0], "list") == 0) return list(ctl);
  if (argc == 1 && strcmp(argv[0], "flush") == 0) return flush(ctl);
  if (argc == 2 && strcmp(argv[0], "forget") == 0) return forget(ctl, argv[1]);
  return ctl_fail(ctl, usage());
}
