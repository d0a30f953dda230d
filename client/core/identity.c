/* identity.c: see identity.h. The one clock of the process is kept here: ids of all its sessions ascend together. */
#include "client/core/identity.h"

#include <sys/random.h>

#include "common/uuid.h"

Uuid linli_new_id_at(guint64 unix_ms) {
  static GMutex lock;
  static UuidClock clock;
  guint8 random[UUID_RANDOM];

  if (getrandom(random, sizeof random, 0) != sizeof random)
    g_error("getrandom() gives nothing: the kernel is too old");
  g_mutex_lock(&lock);
  Uuid id = uuid_clock_next(&clock, unix_ms, random);
  g_mutex_unlock(&lock);
  return id;
}

Uuid linli_new_id(void) {
  return linli_new_id_at((guint64)g_get_real_time() / 1000);
}
