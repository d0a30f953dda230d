/* event.c: see event.h. */
#include "server/event.h"

#include <string.h>

#include "proto/proto_tables.h"
#include "server/db.h"
#include "server/log.h"
#include "server/outcome.h"

G_STATIC_ASSERT((int)PROTO_FORM_REDACTED < (int)EVENT_FORMS && (int)PROTO_FORM_TOMBSTONE < (int)EVENT_FORMS &&
                (int)PROTO_FORM_GONE < (int)EVENT_FORMS);

/* --- From SQL ------------------------------------------------------------------------------------------------- */

static char *copy_text(const PGresult *rows, int row, int column) {
  WireBytes text = db_get_bytes(rows, row, column);
  return text.data ? g_strndup((const char *)text.data, text.len) : NULL;
}

static int64_t *copy_teams(const PGresult *rows, int row, int column, uint16_t *count) {
  int64_t teams[256];
  *count = (uint16_t)db_get_int8_array(rows, row, column, teams, G_N_ELEMENTS(teams));
  return *count ? g_memdup2(teams, *count * sizeof teams[0]) : NULL;
}

uint64_t event_chain_tag(WireBytes chain) {
  uint64_t tag = 0;
  if (chain.len < sizeof tag) return 0;
  memcpy(&tag, chain.data, sizeof tag);
  return GUINT64_FROM_LE(tag);
}

static const ProtoEvent *kind_of(const Proto *proto, const PGresult *rows, int row) {
  g_autofree char *name = copy_text(rows, row, OUTCOME_KIND);
  return name ? proto_event_by_name(proto, name) : NULL;
}

EventRecord *event_from_row(const Proto *proto, const PGresult *rows, int row) {
  EventRecord *event = g_new0(EventRecord, 1);
  event->refs = 1;
  event->stream = db_get_int8(rows, row, OUTCOME_STREAM);
  event->seq = db_get_int8(rows, row, OUTCOME_SEQ);
  event->at = db_get_time(rows, row, OUTCOME_AT);
  event->actor = db_get_int8(rows, row, OUTCOME_ACTOR);
  event->has_actor = !db_is_null(rows, row, OUTCOME_ACTOR);
  event->row_id = db_get_uuid(rows, row, OUTCOME_ROW_ID);
  event->chain = event_chain_tag(db_get_bytes(rows, row, OUTCOME_CHAIN));
  event->audience = (int16_t)db_get_int(rows, row, OUTCOME_AUDIENCE);
  event->was_audience =
      db_is_null(rows, row, OUTCOME_WAS_AUDIENCE) ? -1 : (int16_t)db_get_int(rows, row, OUTCOME_WAS_AUDIENCE);
  event->barred = db_get_int8(rows, row, OUTCOME_BARRED);
  event->teams = copy_teams(rows, row, OUTCOME_TEAMS, &event->n_teams);
  event->was = copy_teams(rows, row, OUTCOME_WAS_TEAMS, &event->n_was);
  event->whole = db_get_bool(rows, row, OUTCOME_WHOLE);
  event->body = copy_text(rows, row, OUTCOME_BODY);
  event->note = copy_text(rows, row, OUTCOME_NOTE);
  event->kind = event->body ? kind_of(proto, rows, row) : NULL;
  return event;
}

EventRecord *event_ref(EventRecord *event) {
  event->refs++;
  return event;
}

void event_unref(EventRecord *event) {
  if (--event->refs > 0) return;
  for (guint i = 0; i < EVENT_FORMS; i++)
    g_clear_pointer(&event->forms[i], block_unref);
  g_free(event->teams);
  g_free(event->was);
  g_free(event->body);
  g_free(event->note);
  g_free(event);
}

size_t event_size(const EventRecord *event) {
  return sizeof *event + 2 * (event->body ? strlen(event->body) : 0) + (event->note ? strlen(event->note) : 0) + 256;
}

/* --- Which form ----------------------------------------------------------------------------------------------- */

static bool in_teams(const StreamRights *rights, int64_t team) {
  for (guint i = 0; i < rights->n_teams; i++)
    if (rights->teams[i] == team) return true;
  return false;
}

static bool share_team(const StreamRights *rights, const int64_t *teams, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (in_teams(rights, teams[i])) return true;
  return false;
}

/* Who was in the team that the row complains about, when it was made; where that is not told, who is or was. */
static bool is_barred(const StreamRights *rights, int64_t barred) {
  const int64_t *bar = rights->teams + rights->n_teams, *end = bar + rights->n_bars * STREAM_BAR;
  int64_t team = barred & UINT32_MAX, made = barred >> 32;

  if (!barred) return false;
  for (; bar < end; bar += STREAM_BAR)
    if (bar[0] == team && (!made || (bar[1] <= made && made <= bar[2]))) return true;
  return !made && in_teams(rights, team);
}

uint32_t event_row_form(int16_t audience, const int64_t *teams, size_t n_teams, int64_t barred,
                        const StreamRights *rights) {
  if (is_barred(rights, barred)) return PROTO_FORM_TOMBSTONE;
  if (audience <= rights->clear || share_team(rights, teams, n_teams)) return 0;
  return audience <= rights->sight ? PROTO_FORM_REDACTED : PROTO_FORM_TOMBSTONE;
}

uint32_t event_form(const EventRecord *event, const StreamRights *rights) {
  uint32_t form = event_row_form(event->audience, event->teams, event->n_teams, event->barred, rights);

  /* Whom a row complains about never held it: "gone" would tell them that it is there. */
  if (!event->kind || is_barred(rights, event->barred)) return PROTO_FORM_TOMBSTONE;
  if (form != PROTO_FORM_TOMBSTONE || event->was_audience < 0) return form;
  bool was_seen = event->was_audience <= rights->clear || event->was_audience <= rights->sight ||
                  share_team(rights, event->was, event->n_was);
  return was_seen ? PROTO_FORM_GONE : PROTO_FORM_TOMBSTONE;
}

/* --- Frames --------------------------------------------------------------------------------------------------- */

static void put_cleared(ProtoEventFrame *frame, GArray *cleared) {
  if (!cleared->len) return;
  frame->cleared = (WireList){cleared->data, cleared->len};
  frame->has |= PROTO_HAS_EVENT_FRAME_CLEARED;
}

static void put_body(ProtoEventFrame *frame, const GByteArray *body) {
  frame->body = (WireBytes){body->data, body->len};
  frame->has |= PROTO_HAS_EVENT_FRAME_BODY;
}

/* Fields with an audience go, and so do the numbers of those that were cleared. */
static void redact(const WireMessage *row, GByteArray *body, GArray *cleared) {
  g_autoptr(GByteArray) kept = g_byte_array_sized_new(body->len);

  wire_redact(row, (WireBytes){body->data, body->len}, kept);
  g_byte_array_set_size(body, 0);
  g_byte_array_append(body, kept->data, kept->len);
  for (guint i = cleared->len; i > 0; i--) {
    const WireField *field = wire_field_by_number(row, (uint32_t)g_array_index(cleared, uint64_t, i - 1));
    if (!field || field->audience) g_array_remove_index(cleared, i - 1);
  }
}

static bool encode_parts(const EventRecord *event, GByteArray *body, GArray *cleared, GByteArray *note) {
  g_autofree char *why = NULL;
  bool fine =
      wire_from_json(event->kind->row, event->body, strlen(event->body), true, body, cleared, &why) &&
      (!event->note || wire_from_json(event->kind->note, event->note, strlen(event->note), true, note, NULL, &why));

  if (!fine)
    log_event(LOG_ERROR, "event_not_encodable", LOG_NUMBER("stream", event->stream), LOG_NUMBER("seq", event->seq),
              LOG_TEXT("kind", event->kind->name), LOG_TEXT("why", why));
  return fine;
}

/* Field 1 of the row: a uuid, or the number that row_id ends in. */
static void put_id(const EventRecord *event, GByteArray *body) {
  const WireField *id = &event->kind->row->fields[0];
  uint64_t number = 0;

  if (id->kind == WIRE_FIELD_UUID) {
    wire_put_uuid(body, id->number, event->row_id);
    return;
  }
  for (int i = 8; i < 16; i++)
    number = number << 8 | event->row_id.b[i];
  wire_put_uint(body, id->number, number);
}

static void put_head(const EventRecord *event, uint32_t form, ProtoEventFrame *frame) {
  frame->has |= PROTO_HAS_EVENT_FRAME_STREAM | PROTO_HAS_EVENT_FRAME_SEQ | PROTO_HAS_EVENT_FRAME_CHAIN;
  frame->stream = (uint64_t)event->stream;
  frame->seq = (uint64_t)event->seq;
  frame->chain = event->chain;
  if (form) {
    frame->form = form;
    frame->has |= PROTO_HAS_EVENT_FRAME_FORM;
  }
  if (form == PROTO_FORM_TOMBSTONE) return;
  frame->kind = event->kind->number;
  frame->at = (uint64_t)event->at;
  frame->has |= PROTO_HAS_EVENT_FRAME_KIND | PROTO_HAS_EVENT_FRAME_AT;
  if (event->has_actor) {
    frame->actor = (uint64_t)event->actor;
    frame->has |= PROTO_HAS_EVENT_FRAME_ACTOR;
  }
}

static Block *finish(const ProtoEventFrame *frame) {
  g_autoptr(GByteArray) out = g_byte_array_new();
  wire_frame_message(&proto_msg_event_frame, 0, frame, out);
  return block_new(out->data, out->len);
}

static Block *encode(const EventRecord *event, uint32_t form) {
  g_autoptr(GByteArray) body = g_byte_array_new(), note = g_byte_array_new();
  g_autoptr(GArray) cleared = g_array_new(FALSE, FALSE, sizeof(uint64_t));
  ProtoEventFrame frame = {.has = 0};

  bool shown = form == 0 || form == PROTO_FORM_REDACTED;
  if (shown && !encode_parts(event, body, cleared, note)) {
    form = PROTO_FORM_TOMBSTONE; /* the seq must go on; the log has the reason */
    shown = false;
  }
  put_head(event, form, &frame);
  if (form == PROTO_FORM_GONE) {
    put_id(event, body);
    put_body(&frame, body);
  } else if (shown) {
    if (form == PROTO_FORM_REDACTED) redact(event->kind->row, body, cleared);
    put_body(&frame, body);
    put_cleared(&frame, cleared);
    if (form == 0 && event->note) {
      frame.note = (WireBytes){note->data, note->len};
      frame.has |= PROTO_HAS_EVENT_FRAME_NOTE;
    }
    if (event->whole) {
      frame.whole = 1;
      frame.has |= PROTO_HAS_EVENT_FRAME_WHOLE;
    }
  }
  return finish(&frame);
}

Block *event_block(EventRecord *event, uint32_t form, uint64_t *encoded) {
  if (!event->forms[form]) {
    event->forms[form] = encode(event, form);
    (*encoded)++;
  }
  return event->forms[form];
}
