/* rules.h: what may be done to a request, and if not, why: the server's own state machine, asked for once and kept.
 *
 *   transition.list ──> rows in memory ──> file beside the replica (so that an offline desk knows them too)
 *
 * It only spares people a refusal: the server decides. Rights are those held in any scope, so MAY can still be
 * refused. Owner: whoever made it; the session must outlive it. Asks anew at each sign-in. Ends by
 * linli_rules_free(). */
#pragma once

#include "client/core/session.h"
#include "proto/proto_tables.h"

typedef struct LinliRules LinliRules;

typedef enum {
  LINLI_MAY,
  LINLI_MAY_NOT_KNOWN,   /* the rules have not come yet */
  LINLI_MAY_NOT_OFFERED, /* this server has no command for it yet */
  LINLI_MAY_NOT_STATE,   /* not in this state */
  LINLI_MAY_NOT_RIGHT,   /* the right is held nowhere */
  LINLI_MAY_NOT_TEAM,    /* another team leads */
  LINLI_MAY_NOT_SAME,    /* who handled it may not */
  LINLI_MAY_NOT_LEADER,  /* it came back twice: the shift leader dispatches */
  LINLI_MAY_NOT_RETURN,  /* the shift leader's dispatch cannot be returned */
  LINLI_MAY_NOT_SUBJECT, /* one's team is what it is about */
} LinliMay;

/* path: where to keep them, NULL for nowhere. */
LinliRules *linli_rules_new(LinliSession *session, const char *path);
void linli_rules_free(LinliRules *rules);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LinliRules, linli_rules_free)
/* After each change of what linli_rules_may() would say for reasons of its own: rules or rights came. */
void linli_rules_on_changed(LinliRules *rules, void (*changed)(gpointer data), gpointer data);

/* Until the session has signed in: who it was last time. Must outlive the rules; NULL for nobody. */
void linli_rules_assume(LinliRules *rules, const LinliWho *who);

/* The judgement itself, of n rows of the state machine; pure. */
LinliMay linli_rules_judge(const ProtoTransition *rows, gsize n, const LinliWho *who, const ProtoRequest *request,
                           guint64 action, gboolean team_has_accounts);
/* action: of enum request_action. team_has_accounts: of the request's lead team; FALSE lets work_for do its work. */
LinliMay linli_rules_may(LinliRules *rules, const ProtoRequest *request, guint64 action, gboolean team_has_accounts);
/* A sentence in the user's language that says why not and who can; NULL for LINLI_MAY. Static. */
const char *linli_may_sentence(LinliMay may);
