/* terminal.c: see terminal.h. Alternate screen, no echo, no line buffer; restored at close and at exit(). */
#include "client/ctl/terminal.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define ENTER "\033[?1049h\033[?25l\033[2J"
#define LEAVE "\033[?25h\033[?1049l"
enum { USUAL_ROWS = 24, USUAL_COLUMNS = 80, RESIZE_POLL_MS = 500 };

struct Terminal {
  struct termios before;
  gboolean colours;
  guint rows, columns;
  guint input, resize;
  void (*key)(char c, gpointer data);
  void (*resized)(gpointer data);
  gpointer data;
};

static struct {
  struct termios before;
  gboolean entered;
} screen; /* what atexit() must put back: one screen a process */

static void put(const char *text, gsize len) {
  while (len > 0) {
    gssize n = write(STDOUT_FILENO, text, len);
    if (n <= 0) return;
    text += n;
    len -= (gsize)n;
  }
}

static void restore(void) {
  if (!screen.entered) return;
  screen.entered = FALSE;
  put(LEAVE, strlen(LEAVE));
  tcsetattr(STDIN_FILENO, TCSANOW, &screen.before);
}

static void measure(Terminal *t) {
  struct winsize size;
  gboolean known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col;

  t->rows = known ? size.ws_row : USUAL_ROWS;
  t->columns = known ? size.ws_col : USUAL_COLUMNS;
}

/* GLib watches no SIGWINCH: the size is looked at twice a second. */
static gboolean on_resize_poll(gpointer data) {
  Terminal *t = data;
  guint rows = t->rows, columns = t->columns;

  measure(t);
  if (rows != t->rows || columns != t->columns) t->resized(t->data);
  return G_SOURCE_CONTINUE;
}

static gboolean on_input(G_GNUC_UNUSED gint fd, G_GNUC_UNUSED GIOCondition condition, gpointer data) {
  Terminal *t = data;
  char bytes[64];
  gssize n = read(STDIN_FILENO, bytes, sizeof bytes);

  for (gssize i = 0; i < n; i++)
    t->key(bytes[i], t->data);
  if (n > 0) return G_SOURCE_CONTINUE;
  t->input = 0;
  return G_SOURCE_REMOVE;
}

Terminal *terminal_open(void (*key)(char c, gpointer data), void (*resized)(gpointer data), gpointer data) {
  const char *term = g_getenv("TERM");
  struct termios raw;

  if (!isatty(STDOUT_FILENO)) return NULL;
  Terminal *t = g_new0(Terminal, 1);
  t->key = key;
  t->resized = resized;
  t->data = data;
  t->colours = !g_getenv("NO_COLOR") && term && strcmp(term, "dumb") != 0;
  measure(t);
  if (tcgetattr(STDIN_FILENO, &t->before) == 0) {
    screen.before = raw = t->before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    t->input = g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP, on_input, t);
  }
  screen.entered = TRUE;
  atexit(restore);
  put(ENTER, strlen(ENTER));
  t->resize = g_timeout_add(RESIZE_POLL_MS, on_resize_poll, t);
  return t;
}

void terminal_close(Terminal *terminal) {
  g_clear_handle_id(&terminal->input, g_source_remove);
  g_clear_handle_id(&terminal->resize, g_source_remove);
  restore();
  g_free(terminal);
}

void terminal_size(const Terminal *terminal, guint *rows, guint *columns) {
  *rows = terminal->rows;
  *columns = terminal->columns;
}

gboolean terminal_has_colours(const Terminal *terminal) {
  return terminal->colours;
}

void terminal_draw(Terminal *terminal, GPtrArray *lines) {
  g_autoptr(GString) out = g_string_new("\033[H");

  for (guint i = 0; i < lines->len && i < terminal->rows; i++)
    g_string_append_printf(out, "%s\033[0m\033[K%s", (char *)lines->pdata[i], i + 1 < terminal->rows ? "\r\n" : "");
  g_string_append(out, "\033[J");
  put(out->str, out->len);
}
