/* link.c: see link.h. Each asynchronous step holds a reference; closing cancels them and silences the owner. */
#include "client/core/link.h"

#include <string.h>

#include "client/core/inbox.h"

#define ALPN "linli/1"
enum { CONNECT_SECONDS = 10 };

struct LinliLink {
  grefcount count;
  const LinliLinkEvents *events; /* NULL once down or closed */
  gpointer owner;
  char *server, *ca_named, *fingerprint;
  GTlsDatabase *trust;
  GSocketConnectable *address;
  GCancellable *cancel;
  GSocketConnection *socket;
  GTlsConnection *tls;
  GTlsCertificateFlags doubts;
  LinliInbox *inbox;
  GByteArray *out;
  GBytes *leaving;
  gboolean up;
};

static LinliLink *ref(LinliLink *link) {
  g_ref_count_inc(&link->count);
  return link;
}

static void unref(LinliLink *link) {
  if (!g_ref_count_dec(&link->count)) return;
  g_free(link->server);
  g_free(link->ca_named);
  g_free(link->fingerprint);
  g_clear_object(&link->trust);
  g_clear_object(&link->address);
  g_clear_object(&link->cancel);
  g_clear_object(&link->tls);
  g_clear_object(&link->socket);
  linli_inbox_free(link->inbox);
  g_byte_array_unref(link->out);
  g_clear_pointer(&link->leaving, g_bytes_unref);
  g_free(link);
}

/* Lets the socket go without waiting for the other side: what matters was answered before. */
static void shut(LinliLink *link) {
  link->events = NULL;
  g_cancellable_cancel(link->cancel);
  if (link->socket) g_socket_close(g_socket_connection_get_socket(link->socket), NULL);
}

static void fail(LinliLink *link, GError *error, gboolean hurry) {
  const LinliLinkEvents *events = link->events;

  if (events) {
    shut(link);
    events->down(link->owner, error, hurry);
  }
  g_error_free(error);
}

static const char *doubt(const LinliLink *link) {
  if (link->doubts & G_TLS_CERTIFICATE_UNKNOWN_CA)
    return linli_text(
        "it was not issued by an authority that is trusted here. Ask the administrator for the CA file and "
        "name it by LINLI_CA or --ca");
  if (link->doubts & G_TLS_CERTIFICATE_BAD_IDENTITY)
    return linli_text(
        "it was issued for another name. Use the server's name as the certificate has it, or check that "
        "nobody stands between");
  if (link->doubts & G_TLS_CERTIFICATE_NOT_ACTIVATED)
    return linli_text("it is not valid yet. Check this computer's clock");
  if (link->doubts & G_TLS_CERTIFICATE_EXPIRED)
    return linli_text("it has expired. Check this computer's clock, or ask the administrator to renew it");
  if (link->doubts & G_TLS_CERTIFICATE_REVOKED) return linli_text("it was revoked. Tell the administrator at once");
  return linli_text("it is not acceptable. Tell the administrator");
}

static GError *handshake_problem(LinliLink *link, const GError *why) {
  if (link->doubts)
    return g_error_new(LINLI_ERROR, LINLI_ERROR_TRUST, linli_text("The certificate of %s is refused: %s."),
                       link->server, doubt(link));
  if (g_error_matches(why, G_TLS_ERROR, G_TLS_ERROR_NOT_TLS) ||
      g_error_matches(why, G_TLS_ERROR, G_TLS_ERROR_HANDSHAKE) || g_error_matches(why, G_TLS_ERROR, G_TLS_ERROR_MISC))
    return g_error_new(LINLI_ERROR, LINLI_ERROR_TRUST,
                       linli_text("%s does not take a TLS 1.3 connection for %s: %.*s. Check host and port, and that "
                                  "linlid listens there."),
                       link->server, ALPN, linli_bare(why->message), why->message);
  return g_error_new(LINLI_ERROR, LINLI_ERROR_CONNECT,
                     linli_text("The line to %s broke while connecting: %.*s. Try again."), link->server,
                     linli_bare(why->message), why->message);
}

static gboolean was_let_go(const GError *why) {
  return g_error_matches(why, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED) ||
         g_error_matches(why, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE) ||
         g_error_matches(why, G_TLS_ERROR, G_TLS_ERROR_EOF);
}

/* --- Writing -------------------------------------------------------------------------------------------------- */

static void write_next(LinliLink *link);

static void on_written(GObject *source, GAsyncResult *result, gpointer data) {
  LinliLink *link = data;
  GError *why = NULL;

  g_clear_pointer(&link->leaving, g_bytes_unref);
  if (g_output_stream_write_all_finish(G_OUTPUT_STREAM(source), result, NULL, &why)) {
    write_next(link);
  } else {
    fail(link,
         g_error_new(LINLI_ERROR, LINLI_ERROR_CONNECT, linli_text("The line to %s broke: %.*s."), link->server,
                     linli_bare(why->message), why->message),
         FALSE);
    g_error_free(why);
  }
  unref(link);
}

static void write_next(LinliLink *link) {
  if (!link->events || !link->up || link->leaving || link->out->len == 0) return;
  link->leaving = g_byte_array_free_to_bytes(link->out);
  link->out = g_byte_array_new();
  gsize len;
  gconstpointer bytes = g_bytes_get_data(link->leaving, &len);
  g_output_stream_write_all_async(g_io_stream_get_output_stream(G_IO_STREAM(link->tls)), bytes, len,
                                  G_PRIORITY_DEFAULT, link->cancel, on_written, ref(link));
}

void linli_link_send(LinliLink *link, const guint8 *data, gsize len) {
  g_byte_array_append(link->out, data, (guint)len);
  write_next(link);
}

gsize linli_link_backlog(const LinliLink *link) {
  return link->out->len + (link->leaving ? g_bytes_get_size(link->leaving) : 0);
}

/* --- Reading -------------------------------------------------------------------------------------------------- */

static void read_next(LinliLink *link);

/* FALSE once the link is down or closed. */
static gboolean deliver(LinliLink *link) {
  GError *error = NULL;
  WireFrame frame;

  while (link->events && linli_inbox_next(link->inbox, &frame, &error))
    link->events->frame(link->owner, &frame);
  if (error) fail(link, error, FALSE);
  return link->events != NULL;
}

static void on_read(GObject *source, GAsyncResult *result, gpointer data) {
  LinliLink *link = data;
  GError *why = NULL;
  gssize len = g_input_stream_read_finish(G_INPUT_STREAM(source), result, &why);

  if (len > 0) {
    linli_inbox_filled(link->inbox, (gsize)len);
    if (deliver(link)) read_next(link);
  } else {
    fail(link,
         g_error_new(LINLI_ERROR, LINLI_ERROR_CONNECT, linli_text("%s closed the connection%s%s."), link->server,
                     why ? ": " : "", why ? why->message : ""),
         TRUE);
    g_clear_error(&why);
  }
  unref(link);
}

static void read_next(LinliLink *link) {
  gsize len;
  guint8 *room = linli_inbox_room(link->inbox, &len);

  g_input_stream_read_async(g_io_stream_get_input_stream(G_IO_STREAM(link->tls)), room, len, G_PRIORITY_DEFAULT,
                            link->cancel, on_read, ref(link));
}

/* --- Connecting ----------------------------------------------------------------------------------------------- */

static void note_certificate(LinliLink *link, GTlsCertificate *peer) {
  g_autoptr(GByteArray) der = NULL;

  if (!peer) return;
  g_object_get(peer, "certificate", &der, NULL);
  g_autofree char *digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256, der->data, der->len);
  GString *text = g_string_new(NULL);
  for (gsize i = 0; digest[i]; i += 2)
    g_string_append_printf(text, "%s%c%c", i ? ":" : "", g_ascii_toupper(digest[i]), g_ascii_toupper(digest[i + 1]));
  g_free(link->fingerprint);
  link->fingerprint = g_string_free(text, FALSE);
}

const char *linli_link_fingerprint(const LinliLink *link) {
  return link->fingerprint;
}

static gboolean on_doubt(G_GNUC_UNUSED GTlsConnection *tls, GTlsCertificate *peer, GTlsCertificateFlags flags,
                         gpointer data) {
  ((LinliLink *)data)->doubts = flags;
  note_certificate(data, peer);
  return FALSE;
}

/* The protocol and version agreed on are ours, or a sentence. */
static GError *wrong_agreement(LinliLink *link) {
  const char *protocol = g_tls_connection_get_negotiated_protocol(link->tls);

  if (g_tls_connection_get_protocol_version(link->tls) < G_TLS_PROTOCOL_VERSION_TLS_1_3)
    return g_error_new(LINLI_ERROR, LINLI_ERROR_TRUST,
                       linli_text("%s offers less than TLS 1.3. Check host and port."), link->server);
  if (g_strcmp0(protocol, ALPN) != 0)
    return g_error_new(LINLI_ERROR, LINLI_ERROR_TRUST,
                       linli_text("%s does not speak %s. Check host and port, and update the older side."),
                       link->server, ALPN);
  return NULL;
}

static void on_handshake(GObject *source, GAsyncResult *result, gpointer data) {
  LinliLink *link = data;
  GError *why = NULL;

  if (!g_tls_connection_handshake_finish(G_TLS_CONNECTION(source), result, &why)) {
    fail(link, handshake_problem(link, why), !link->doubts && was_let_go(why));
    g_error_free(why);
  } else if (link->events) {
    GError *wrong = wrong_agreement(link);
    if (wrong) {
      fail(link, wrong, FALSE);
    } else {
      link->up = TRUE;
      note_certificate(link, g_tls_connection_get_peer_certificate(link->tls));
      /* The time limit was for connecting; from here on silence is judged by ping. */
      g_socket_set_timeout(g_socket_connection_get_socket(link->socket), 0);
      read_next(link);
      link->events->up(link->owner);
      write_next(link);
    }
  }
  unref(link);
}

static void begin_tls(LinliLink *link) {
  static const char *const protocols[] = {ALPN, NULL};
  GError *why = NULL;
  g_autoptr(GSocketAddress) peer = g_socket_connection_get_remote_address(link->socket, NULL);

  if (!peer) { /* gone again already, as at a kill; glib-networking takes that badly */
    fail(link,
         g_error_new(LINLI_ERROR, LINLI_ERROR_CONNECT, linli_text("The line to %s broke while connecting."),
                     link->server),
         TRUE);
    return;
  }
  GIOStream *tls = g_tls_client_connection_new(G_IO_STREAM(link->socket), link->address, &why);

  if (!tls) {
    fail(link,
         g_error_new(LINLI_ERROR, LINLI_ERROR_TRUST,
                     linli_text("TLS cannot be used: %.*s. Install the package glib-networking."),
                     linli_bare(why->message), why->message),
         FALSE);
    g_error_free(why);
    return;
  }
  link->tls = G_TLS_CONNECTION(tls);
  g_tls_connection_set_advertised_protocols(link->tls, protocols);
  g_tls_connection_set_database(link->tls, link->trust);
  g_tls_connection_set_require_close_notify(link->tls, FALSE);
  g_signal_connect(tls, "accept-certificate", G_CALLBACK(on_doubt), link);
  g_tls_connection_handshake_async(link->tls, G_PRIORITY_DEFAULT, link->cancel, on_handshake, ref(link));
}

static void on_connected(GObject *source, GAsyncResult *result, gpointer data) {
  LinliLink *link = data;
  GError *why = NULL;
  GSocketConnection *socket = g_socket_client_connect_finish(G_SOCKET_CLIENT(source), result, &why);

  if (socket && link->events) {
    link->socket = socket;
    g_socket_set_option(g_socket_connection_get_socket(socket), 6 /* IPPROTO_TCP */, 1 /* TCP_NODELAY */, 1, NULL);
    begin_tls(link);
  } else if (socket) {
    g_object_unref(socket);
  } else {
    fail(link,
         g_error_new(LINLI_ERROR, LINLI_ERROR_CONNECT,
                     linli_text("%s cannot be reached: %.*s. Check the address and that linlid runs there."),
                     link->server, linli_bare(why->message), why->message),
         was_let_go(why));
    g_error_free(why);
  }
  unref(link);
}

static gboolean on_bad_address(gpointer data) {
  LinliLink *link = data;

  fail(link,
       g_error_new(LINLI_ERROR, LINLI_ERROR_USAGE, linli_text("\"%s\" is not a server's address. Write host:port."),
                   link->server),
       FALSE);
  unref(link);
  return G_SOURCE_REMOVE;
}

LinliLink *linli_link_open(const char *server, guint16 default_port, GTlsDatabase *trust, const char *ca_named,
                           const LinliLinkEvents *events, gpointer owner) {
  LinliLink *link = g_new0(LinliLink, 1);

  g_ref_count_init(&link->count);
  link->events = events;
  link->owner = owner;
  link->server = g_strdup(server);
  link->ca_named = g_strdup(ca_named);
  link->trust = g_object_ref(trust);
  link->cancel = g_cancellable_new();
  link->inbox = linli_inbox_new(LINLI_FRAME_MAX);
  link->out = g_byte_array_new();
  link->address = g_network_address_parse(server, default_port, NULL);
  if (!link->address) {
    g_idle_add(on_bad_address, ref(link));
    return link;
  }
  g_autoptr(GSocketClient) client = g_socket_client_new();
  g_socket_client_set_enable_proxy(client, FALSE);
  g_socket_client_set_timeout(client, CONNECT_SECONDS);
  g_socket_client_connect_async(client, link->address, link->cancel, on_connected, ref(link));
  return link;
}

void linli_link_close(LinliLink *link) {
  shut(link);
  unref(link);
}
