/* proto_random.h: valid messages at random, for property tests and as seeds of fuzzers.
 *
 * Driven by the tables, so every frame, row, command, query and event has its builder, those of a new noun too. It
 * writes bytes by itself and calls nothing of common/: what the wire runtime reads here it has not written, so the
 * two judge each other. The same seed gives the same bytes. */
#pragma once

#include "common/proto.h"

/* Appends the fields of one valid, canonical message: every field that must be there, others by the toss of a coin;
 * texts and lists mostly short, sometimes exactly at their maximum. Integers favour the edges of their range. */
void proto_random_message(const WireMessage *message, GRand *rand, GByteArray *out);

/* The same with exactly the fields whose bits (WireField.has) are set in `has`. */
void proto_random_fields(const WireMessage *message, uint64_t has, GRand *rand, GByteArray *out);
