/* ctl.h: one run of linlictl: what the command line said, and the connection when a verb needs one.
 * A verb asks in sequence and may wait: ctl_* run the main loop until the answer is there. Owner: main(). */
#pragma once

#include "client/core/courier.h"
#include "client/core/query.h"

enum { CTL_DONE = 0, CTL_REFUSED = 1, CTL_USAGE = 2, CTL_NO_CONNECTION = 3 };

typedef struct {
  gboolean json, no_outbox, help;
  char *outbox_file;
  int timeout_s;
  LinliOptions options;
  const Proto *proto;
  LinliSettings *settings;
  LinliTokens *tokens;
  LinliSession *session;
  LinliOutbox *outbox;
  LinliCourier *courier;
  GMainLoop *loop;
} Ctl;

/* Takes the options that every verb knows out of the arguments; what is left are noun, verb and theirs. */
G_GNUC_WARN_UNUSED_RESULT gboolean ctl_options(Ctl *ctl, int *argc, char **argv, GError **error);
void ctl_clear(Ctl *ctl);

/* Settings and tokens, without a connection. */
G_GNUC_WARN_UNUSED_RESULT gboolean ctl_settings(Ctl *ctl, GError **error);
/* A session that is READY, within the timeout. */
G_GNUC_WARN_UNUSED_RESULT gboolean ctl_connect(Ctl *ctl, GError **error);
/* The outbox of this user, or one in memory with --no-outbox; opened once. */
G_GNUC_WARN_UNUSED_RESULT LinliOutbox *ctl_outbox(Ctl *ctl, gboolean on_disk, GError **error);

/* All rows of a query; repeated while the server only delays, until the timeout. */
G_GNUC_WARN_UNUSED_RESULT gboolean ctl_rows(Ctl *ctl, const ProtoQuery *query, WireBytes body, LinliRowFunc row,
                                            gpointer data, GError **error);

/* A command's decision; detail: g_free. FALSE: it was not decided, and the sentence says where it is kept. */
typedef struct { LinliVerdict verdict; guint64 code, stream, seq, row; gboolean repeated; char *detail; } CtlOutcome;
G_GNUC_WARN_UNUSED_RESULT gboolean ctl_command(Ctl *ctl, const ProtoCommand *kind, const LinliCommand *command,
                                               CtlOutcome *outcome, GError **error);

/* Prints the error as this run prints (a sentence, or an object with --json), frees it, and says how to exit. */
int ctl_fail(Ctl *ctl, GError *error);
