/* tickets.c: ticket keys in memory and in their file.
 *
 * Owner: tls. Invariants: at least one key is held; newest first; the file is replaced whole, mode 0600, under a lock
 * of its own, so two processes that rotate at once agree. Ends with tickets_free(), which wipes. */
#include "server/tickets.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/log.h"

enum { KEYS = 4, ROTATE_SECONDS = 12 * 3600, HEX = (TICKET_NAME + 2 * TICKET_SECRET) * 2 };

struct Tickets {
  char *path, *lock_path; /* NULL without a folder */
  TicketKey keys[KEYS];
  size_t count;
};

static void add_key(Tickets *tickets, int64_t now) {
  memmove(tickets->keys + 1, tickets->keys, (KEYS - 1) * sizeof(TicketKey));
  tickets->count = MIN(tickets->count + 1, (size_t)KEYS);
  TicketKey *key = &tickets->keys[0];
  key->made = now;
  randombytes_buf(key->name, sizeof key->name);
  randombytes_buf(key->aes, sizeof key->aes);
  randombytes_buf(key->hmac, sizeof key->hmac);
}

/* --- File ---------------------------------------------------------------------------------------------------- */

static bool parse_line(const char *line, TicketKey *key) {
  uint8_t bytes[HEX / 2];
  size_t len = 0;
  char *end = NULL;

  key->made = g_ascii_strtoll(line, &end, 10);
  if (!end || *end != ' ' || key->made <= 0) return false;
  if (sodium_hex2bin(bytes, sizeof bytes, end + 1, strlen(end + 1), NULL, &len, NULL) != 0 || len != sizeof bytes)
    return false;
  memcpy(key->name, bytes, TICKET_NAME);
  memcpy(key->aes, bytes + TICKET_NAME, TICKET_SECRET);
  memcpy(key->hmac, bytes + TICKET_NAME + TICKET_SECRET, TICKET_SECRET);
  sodium_memzero(bytes, sizeof bytes);
  return true;
}

/* An absent or broken file leaves count at 0: new keys cost resumption, nothing else. */
static void read_file(Tickets *tickets) {
  g_autofree char *text = NULL;
  gsize len = 0;
  TicketKey keys[KEYS];
  size_t count = 0;

  if (!g_file_get_contents(tickets->path, &text, &len, NULL)) return;
  g_auto(GStrv) lines = g_strsplit(text, "\n", KEYS + 1);
  for (size_t i = 0; lines[i] && count < KEYS; i++) {
    if (parse_line(lines[i], &keys[count])) count++;
    sodium_memzero(lines[i], strlen(lines[i]));
  }
  sodium_memzero(text, len);
  if (count == 0) return;
  memcpy(tickets->keys, keys, sizeof keys);
  tickets->count = count;
  sodium_memzero(keys, sizeof keys);
}

static bool write_file(const Tickets *tickets) {
  g_autofree char *draft = g_strdup_printf("%s.new", tickets->path);
  char hex[HEX + 1];
  bool good = true;
  int fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

  if (fd < 0) return false;
  for (size_t i = 0; good && i < tickets->count; i++) {
    sodium_bin2hex(hex, sizeof hex, tickets->keys[i].name, HEX / 2);
    good = dprintf(fd, "%" G_GINT64_FORMAT " %s\n", tickets->keys[i].made, hex) > 0;
  }
  sodium_memzero(hex, sizeof hex);
  good = fsync(fd) == 0 && good;
  good = close(fd) == 0 && good;
  return good && rename(draft, tickets->path) == 0;
}

static bool is_due(const Tickets *tickets, int64_t now) {
  return tickets->count == 0 || now - tickets->keys[0].made >= ROTATE_SECONDS;
}

/* Reads, and rotates under the lock when due; another process may have done so meanwhile. */
static bool refresh(Tickets *tickets, int64_t now) {
  read_file(tickets);
  if (!is_due(tickets, now)) return true;
  int lock = open(tickets->lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return false;
  bool good = flock(lock, LOCK_EX) == 0;
  if (good) {
    read_file(tickets);
    if (is_due(tickets, now)) {
      add_key(tickets, now);
      good = write_file(tickets);
    }
  }
  close(lock);
  return good;
}

/* --- Public -------------------------------------------------------------------------------------------------- */

Tickets *tickets_open(const char *folder, char **why) {
  g_autoptr(Tickets) tickets = g_new0(Tickets, 1);
  int64_t now = g_get_real_time() / G_USEC_PER_SEC;

  G_STATIC_ASSERT(offsetof(TicketKey, hmac) - offsetof(TicketKey, name) == TICKET_NAME + TICKET_SECRET);
  if (!folder) {
    add_key(tickets, now);
    return g_steal_pointer(&tickets);
  }
  tickets->path = g_build_filename(folder, "tickets", NULL);
  tickets->lock_path = g_build_filename(folder, "tickets.lock", NULL);
  if (!refresh(tickets, now)) {
    *why = g_strdup_printf("%s: cannot be written: %s. Give the folder to the user linlid runs as.", tickets->path,
                           g_strerror(errno));
    return NULL;
  }
  return g_steal_pointer(&tickets);
}

void tickets_tick(Tickets *tickets, int64_t now) {
  if (!tickets->path) {
    if (is_due(tickets, now)) add_key(tickets, now);
  } else if (!refresh(tickets, now)) {
    log_event(LOG_ERROR, "ticket_keys_not_written", LOG_TEXT("file", tickets->path),
              LOG_TEXT("why", g_strerror(errno)));
  }
}

void tickets_free(Tickets *tickets) {
  if (!tickets) return;
  sodium_memzero(tickets->keys, sizeof tickets->keys);
  g_free(tickets->path);
  g_free(tickets->lock_path);
  g_free(tickets);
}

const TicketKey *tickets_newest(const Tickets *tickets) {
  return &tickets->keys[0];
}

const TicketKey *tickets_find(const Tickets *tickets, const uint8_t name[TICKET_NAME]) {
  for (size_t i = 0; i < tickets->count; i++)
    if (memcmp(tickets->keys[i].name, name, TICKET_NAME) == 0) return &tickets->keys[i];
  return NULL;
}
