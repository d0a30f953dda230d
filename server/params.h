/* params.h: the fields of a command or query, in the wire's bytes, as parameters of its api function, by the schema's
 * table alone: sql/README.md says which kind becomes which type. */
#pragma once

#include "common/proto.h"
#include "server/db.h"
#include "server/seal.h"

enum { PARAMS_SECRETS_MAX = 4 };

/* The secret fields that are present, in order; returns how many, at most PARAMS_SECRETS_MAX. Views into body. */
size_t params_secrets(const WireMessage *fields, WireBytes body, WireBytes out[PARAMS_SECRETS_MAX]);

/* A command's: appends a parameter for each field (three for a sealed one), NULL for those absent. body has passed
 * wire_check(). secrets: what stands for each secret field that is present, in order. sealer may be NULL: then sealed
 * fields are refused. NULL, or the field that has a value SQL has no place for. */
G_GNUC_WARN_UNUSED_RESULT const WireField *params_put(const WireMessage *fields, WireBytes body,
                                                      const char *const *secrets, const Sealer *sealer,
                                                      DbParams *params);

/* A query's: the same, but of a sealed text SQL is told only the key to search by, one parameter. */
G_GNUC_WARN_UNUSED_RESULT const WireField *params_put_query(const WireMessage *fields, WireBytes body,
                                                            const Sealer *sealer, DbParams *params);

/* SHA-256 of the command's number (four bytes, big-endian), its stream (eight) and its body: what makes a repeated id
 * the same command. */
void params_digest(uint32_t kind, int64_t stream, WireBytes body, uint8_t digest[32]);
