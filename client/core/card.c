/* card.c: see card.h. */
#include "client/core/card.h"

#include <string.h>

struct _LinliCard {
  GObject parent_instance;
  Uuid id;
  void (*gone)(gpointer owner, gpointer line);
  gpointer owner, line;
  guint8 *body;
  guint32 len;
  WireArena *arena; /* NULL: not decoded yet */
  ProtoRequest *request;
};

G_DEFINE_FINAL_TYPE(LinliCard, linli_card, G_TYPE_OBJECT)

enum { CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void copy_body(LinliCard *card, WireBytes body) {
  g_free(card->body);
  card->body = body.len ? g_memdup2(body.data, body.len) : NULL;
  card->len = body.len;
}

LinliCard *linli_card_new(Uuid id, WireBytes body, void (*gone)(gpointer owner, gpointer line), gpointer owner,
                          gpointer line) {
  LinliCard *card = g_object_new(LINLI_TYPE_CARD, NULL);

  card->id = id;
  card->gone = gone;
  card->owner = owner;
  card->line = line;
  copy_body(card, body);
  return card;
}

void linli_card_leave(LinliCard *card) {
  card->gone = NULL;
}

static void forget_request(LinliCard *card) {
  g_clear_pointer(&card->arena, wire_arena_free);
  g_clear_pointer(&card->request, g_free);
}

void linli_card_set_body(LinliCard *card, WireBytes body) {
  forget_request(card);
  copy_body(card, body);
  g_signal_emit(card, signals[CHANGED], 0);
}

void linli_card_become(LinliCard *card, Uuid id, WireBytes body, gpointer line) {
  card->id = id;
  card->line = line;
  linli_card_set_body(card, body);
}

Uuid linli_card_id(LinliCard *card) {
  return card->id;
}

const ProtoRequest *linli_card_request(LinliCard *card) {
  WireError ignored;

  if (card->request) return card->request;
  card->arena = wire_arena_new();
  card->request = g_new0(ProtoRequest, 1);
  if (!wire_decode(&proto_msg_request, linli_card_body(card), true, card->arena, card->request, &ignored))
    memset(card->request, 0, sizeof *card->request);
  return card->request;
}

WireBytes linli_card_body(LinliCard *card) {
  return (WireBytes){card->body ? card->body : (const uint8_t *)"", card->len};
}

guint64 linli_card_stream(LinliCard *card) {
  return linli_card_request(card)->community * 4 + PROTO_STREAM_KIND_COMMUNITY;
}

static void linli_card_finalize(GObject *object) {
  LinliCard *card = LINLI_CARD(object);

  if (card->gone) card->gone(card->owner, card->line);
  forget_request(card);
  g_free(card->body);
  G_OBJECT_CLASS(linli_card_parent_class)->finalize(object);
}

static void linli_card_class_init(LinliCardClass *class) {
  G_OBJECT_CLASS(class)->finalize = linli_card_finalize;
  signals[CHANGED] = g_signal_new("changed", LINLI_TYPE_CARD, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void linli_card_init(G_GNUC_UNUSED LinliCard *card) {
}
