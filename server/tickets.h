/* tickets.h: the keys under which TLS session tickets are sealed.
 *
 *   DATA/tickets   newest first:  <made, Unix seconds> <hex: name 16, AES 32, HMAC 32>
 *
 * A client that comes back with a ticket costs no certificate signature. All processes of a folder share its file, so
 * a ticket outlives a restart and is good at every process. A key is made every 12 hours and four are kept. Without a
 * folder the keys live and die with the process. Owner: tls. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum { TICKET_NAME = 16, TICKET_SECRET = 32 };

typedef struct {
  int64_t made; /* Unix seconds */
  uint8_t name[TICKET_NAME];
  uint8_t aes[TICKET_SECRET];
  uint8_t hmac[TICKET_SECRET];
} TicketKey;

typedef struct Tickets Tickets;

/* folder may be NULL. NULL: *why is a sentence (g_free). */
G_GNUC_WARN_UNUSED_RESULT Tickets *tickets_open(const char *folder, char **why);
void tickets_free(Tickets *tickets); /* wipes the keys */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tickets, tickets_free)
/* Each minute: takes over what another process rotated, rotates when it is time. A failure is logged; the keys held
 * stay good. */
void tickets_tick(Tickets *tickets, int64_t now);

const TicketKey *tickets_newest(const Tickets *tickets);
const TicketKey *tickets_find(const Tickets *tickets, const uint8_t name[TICKET_NAME]); /* NULL: unknown or too old */
