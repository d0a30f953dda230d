/* watch.h: `linlictl watch`: one line an event, in order and without a gap; a gap ends it (exit 3).
 *   watch [--community C …|--all] [--office] [--account] [--since N] [--until-idle SECONDS] [--count N] [--snapshots]
 * It outlives lost connections. Events that the server tells only by a snapshot (--since 0 of an old stream) are a
 * line of their own: {"stream":N,"snapshot":SEQ}. A fork of the history is a line of its own:
 * {"stream":N,"forked":true}. */
#pragma once

#include "client/ctl/ctl.h"

int watch_verb(Ctl *ctl, int argc, char **argv);
