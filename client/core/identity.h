/* identity.h: new ids (UUIDv7) of this process: ascending, whatever the clock does. Any thread. */
#pragma once

#include "common/wire.h"

Uuid linli_new_id(void);
/* The same, told the time by the caller: the server's, where it is known. Milliseconds. */
Uuid linli_new_id_at(guint64 unix_ms);
