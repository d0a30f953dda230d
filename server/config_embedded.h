/* config_embedded.h: `linlid --embedded DIR`: the private cluster, upgraded, and its certificates, put into the
 * Config. Synchronous, before the loop runs. The cluster outlives linlid; only `linlictl cluster stop` ends it. */
#pragma once

#include "server/config.h"

/* Fills database, data (DIR/linlid), certificate and key where they are not given. The first time it makes account
 * `admin` with a random password, written to DIR/administrator (0600). false: *why is a sentence (g_free). */
G_GNUC_WARN_UNUSED_RESULT bool config_embed(Config *config, char **why);
