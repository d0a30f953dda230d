/* sound.c: see sound.h. */
#include "client/desk/alert/sound.h"

#include <gsound.h>

/* On a thread: the first sound looks for a server, and waits for it. */
static void play(GTask *task, G_GNUC_UNUSED gpointer widget, gpointer event,
                 G_GNUC_UNUSED GCancellable *cancellable) {
  static GSoundContext *context; /* of these threads: one task at a time is begun, by the lock */
  static GMutex lock;
  GError *error = NULL;

  g_mutex_lock(&lock);
  if (!context) context = gsound_context_new(NULL, &error);
  if (context)
    gsound_context_play_simple(context, NULL, &error, GSOUND_ATTR_EVENT_ID, (const char *)event,
                               GSOUND_ATTR_MEDIA_ROLE, "event", NULL);
  g_mutex_unlock(&lock);
  if (error)
    g_task_return_error(task, error);
  else
    g_task_return_boolean(task, TRUE);
}

static void on_played(GObject *widget, GAsyncResult *result, G_GNUC_UNUSED gpointer data) {
  g_autoptr(GError) error = NULL;

  if (g_task_propagate_boolean(G_TASK(result), &error)) return;
  g_debug("no sound: %s", error->message);
  gtk_widget_error_bell(GTK_WIDGET(widget));
}

void linli_sound_ring(GtkWidget *widget, gboolean critical) {
  g_autoptr(GTask) task = g_task_new(widget, NULL, on_played, NULL);

  g_task_set_task_data(task, (gpointer)(critical ? "alarm-clock-elapsed" : "message-new-instant"), NULL);
  g_task_run_in_thread(task, play);
}
