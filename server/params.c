/* params.c: see params.h. */
#include "server/params.h"

#include <string.h>

#include <openssl/evp.h>

#include "common/wire_kind.h"

typedef struct {
  const char *const *secrets;
  size_t used; /* of secrets */
  const Sealer *sealer;
  bool searching; /* a query: it stores nothing */
  DbParams *params;
} Putting;

/* --- Lists ---------------------------------------------------------------------------------------------------- */

/* One bare element at the reader, of the field's kind. False: no more. The bytes were checked. */
static bool next_element(const WireField *field, WireReader *r, WireAny *any) {
  any->kind = wire_kind(field);
  return r->at < r->end && wire_read_element(r, any) == WIRE_OK;
}

static Uuid uuid_of(const WireAny *any) {
  Uuid id;
  memcpy(id.b, any->bytes.data, sizeof id.b);
  return id;
}

static bool number_of(const WireField *field, const WireAny *any, int64_t *value) {
  *value = wire_is_zigzag(field) ? wire_unzigzag(any->value) : (int64_t)any->value;
  return field->kind != WIRE_FIELD_UINT || any->value <= INT64_MAX;
}

static bool put_numbers(const WireField *field, WireReader r, DbParams *params) {
  g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(int64_t));
  WireAny any;
  int64_t value;

  while (next_element(field, &r, &any)) {
    if (!number_of(field, &any, &value)) return false;
    g_array_append_val(values, value);
  }
  db_put_int8_array(params, (const int64_t *)values->data, values->len);
  return true;
}

static bool put_uuids(const WireField *field, WireReader r, DbParams *params) {
  g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(Uuid));
  WireAny any;

  while (next_element(field, &r, &any)) {
    Uuid id = uuid_of(&any);
    g_array_append_val(values, id);
  }
  db_put_uuid_array(params, (const Uuid *)values->data, values->len);
  return true;
}

static bool put_texts(const WireField *field, WireReader r, DbParams *params) {
  g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(WireBytes));
  WireAny any;

  while (next_element(field, &r, &any)) {
    WireBytes text = any.bytes;
    if (field->kind == WIRE_FIELD_ENUM) {
      const WireLabel *label = wire_label_by_number(field->enumeration, (uint32_t)any.value);
      if (!label || any.value > UINT32_MAX) return false;
      text = (WireBytes){(const uint8_t *)label->name, (uint32_t)strlen(label->name)};
    }
    g_array_append_val(values, text);
  }
  db_put_text_array(params, (const WireBytes *)values->data, values->len);
  return true;
}

static bool put_messages(const WireField *field, WireReader r, DbParams *params) {
  g_autoptr(GString) json = g_string_new("[");
  WireAny any;

  while (next_element(field, &r, &any)) {
    g_autofree char *one = wire_to_json(field->message, any.bytes);
    if (!one) return false;
    if (json->len > 1) g_string_append_c(json, ',');
    g_string_append(json, one);
  }
  g_string_append_c(json, ']');
  db_put_jsonb(params, json->str, json->len);
  return true;
}

static bool put_list(const WireField *field, WireBytes content, DbParams *params) {
  WireReader r = wire_reader(content);

  switch ((WireFieldKind)field->kind) {
  case WIRE_FIELD_UINT:
  case WIRE_FIELD_INT:
  case WIRE_FIELD_FIXED:
    return put_numbers(field, r, params);
  case WIRE_FIELD_UUID:
    return put_uuids(field, r, params);
  case WIRE_FIELD_ENUM:
  case WIRE_FIELD_TEXT:
    return put_texts(field, r, params);
  case WIRE_FIELD_MESSAGE:
    return put_messages(field, r, params);
  case WIRE_FIELD_BOOL:
  case WIRE_FIELD_TIME:
  case WIRE_FIELD_DATE:
  case WIRE_FIELD_BYTES:
    break; /* no command takes a list of these */
  }
  return false;
}

/* --- Single values -------------------------------------------------------------------------------------------- */

static bool put_enum(const WireField *field, uint64_t value, DbParams *params) {
  const WireLabel *label = value <= UINT32_MAX ? wire_label_by_number(field->enumeration, (uint32_t)value) : NULL;

  if (label) db_put_text(params, label->name, strlen(label->name));
  return label != NULL;
}

static bool put_message(const WireField *field, WireBytes bytes, DbParams *params) {
  g_autofree char *json = wire_to_json(field->message, bytes);

  if (json) db_put_jsonb(params, json, strlen(json));
  return json != NULL;
}

static bool put_number(const WireField *field, const WireAny *any, DbParams *params) {
  int64_t value;

  if (!number_of(field, any, &value)) return false;
  db_put_int8(params, value);
  return true;
}

static bool put_value(const WireField *field, const WireAny *any, DbParams *params) {
  switch ((WireFieldKind)field->kind) {
  case WIRE_FIELD_UINT:
  case WIRE_FIELD_INT:
  case WIRE_FIELD_FIXED:
    return put_number(field, any, params);
  case WIRE_FIELD_BOOL:
    db_put_bool(params, any->value != 0);
    return true;
  case WIRE_FIELD_TIME:
    db_put_time(params, (int64_t)any->value);
    return true;
  case WIRE_FIELD_DATE:
    db_put_date(params, (int32_t)wire_unzigzag(any->value));
    return true;
  case WIRE_FIELD_ENUM:
    return put_enum(field, any->value, params);
  case WIRE_FIELD_UUID:
    db_put_uuid(params, uuid_of(any));
    return true;
  case WIRE_FIELD_TEXT:
    db_put_text(params, (const char *)any->bytes.data, any->bytes.len);
    return true;
  case WIRE_FIELD_BYTES:
    db_put_bytes(params, any->bytes.data, any->bytes.len);
    return true;
  case WIRE_FIELD_MESSAGE:
    return put_message(field, any->bytes, params);
  }
  return false;
}

/* --- Fields --------------------------------------------------------------------------------------------------- */

static void put_absent(const WireField *field, const Putting *putting) {
  for (int i = field->flags & WIRE_SEALED && !putting->searching ? 3 : 1; i > 0; i--)
    db_put_null(putting->params);
}

static bool put_present(const WireField *field, const WireAny *any, Putting *putting) {
  if (field->flags & WIRE_LIST) return put_list(field, any->bytes, putting->params);
  if (field->flags & WIRE_SECRET) {
    if (putting->used == PARAMS_SECRETS_MAX) return false;
    const char *secret = putting->secrets[putting->used++];
    db_put_text(putting->params, secret, strlen(secret));
    return true;
  }
  if (field->flags & WIRE_SEALED) {
    if (!putting->sealer) return false;
    if (putting->searching)
      seal_put_key(putting->sealer, any->bytes, putting->params);
    else
      seal_put(putting->sealer, any->bytes, putting->params);
    return true;
  }
  return put_value(field, any, putting->params);
}

static const WireField *put_all(const WireMessage *fields, WireBytes body, Putting *putting) {
  WireReader r = wire_reader(body);
  WireAny any = {.number = 0};
  bool have = false;

  for (uint16_t i = 0; i < fields->count; i++) {
    const WireField *field = &fields->fields[i];
    while ((!have || any.number < field->number) && r.at < r.end) {
      if (wire_read_any(&r, &any) != WIRE_OK) return field;
      have = true;
    }
    if (!have || any.number != field->number)
      put_absent(field, putting);
    else if (!put_present(field, &any, putting))
      return field;
  }
  return NULL;
}

const WireField *params_put(const WireMessage *fields, WireBytes body, const char *const *secrets,
                            const Sealer *sealer, DbParams *params) {
  Putting putting = {.secrets = secrets, .sealer = sealer, .params = params};
  return put_all(fields, body, &putting);
}

const WireField *params_put_query(const WireMessage *fields, WireBytes body, const Sealer *sealer, DbParams *params) {
  static const char *const none[PARAMS_SECRETS_MAX] = {"", "", "", ""}; /* no query has any */
  Putting putting = {.secrets = none, .sealer = sealer, .searching = true, .params = params};
  return put_all(fields, body, &putting);
}

size_t params_secrets(const WireMessage *fields, WireBytes body, WireBytes out[PARAMS_SECRETS_MAX]) {
  WireReader r = wire_reader(body);
  WireAny any;
  size_t count = 0;

  while (count < PARAMS_SECRETS_MAX && r.at < r.end && wire_read_any(&r, &any) == WIRE_OK) {
    const WireField *field = wire_field_by_number(fields, any.number);
    if (field && (field->flags & WIRE_SECRET)) out[count++] = any.bytes;
  }
  return count;
}

void params_digest(uint32_t kind, int64_t stream, WireBytes body, uint8_t digest[32]) {
  uint32_t number = GUINT32_TO_BE(kind);
  int64_t where = GINT64_TO_BE(stream);
  EVP_MD_CTX *ctx = EVP_MD_CTX_new();

  if (EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1 || EVP_DigestUpdate(ctx, &number, sizeof number) != 1 ||
      EVP_DigestUpdate(ctx, &where, sizeof where) != 1 || EVP_DigestUpdate(ctx, body.data, body.len) != 1 ||
      EVP_DigestFinal_ex(ctx, digest, NULL) != 1)
    g_error("hashing failed: the cryptographic library does not work");
  EVP_MD_CTX_free(ctx);
}
