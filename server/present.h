/* present.h: passing news such as who looks at what. Never stored: gathered for a second, the latest of each author
 * and kind told to the stream's followers here and, through the doorbell, to the other processes; forgotten after
 * ten. Owner: the server. Bounded: news over the bound is dropped, it is only news.
 *
 *   take -> [ news by stream, author, kind ] -> each second: whose row is it? (SQL, one call) -> who may read that row
 *
 * Where field 1 of the command is a uuid it names a row of the stream, and the news is told by who and to whom the row
 * is whole: nobody else learns from it that the row is there. SQL is asked at each telling, so that an audience that
 * has changed counts at once. */
#pragma once

#include "proto/proto_tables.h"
#include "server/session.h"

typedef struct Presence Presence;

/* The session follows the stream (the caller has looked). What is not an ephemeral command with good fields is error
 * unknown_kind or bad_field. */
void present_take(Session *session, const ProtoPresent *frame);
/* What another process told. */
void present_heard(Server *server, const char *text);
void present_tick(Server *server); /* each second */

Presence *presence_new(Server *server);
void presence_free(Presence *presence);
