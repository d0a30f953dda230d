/* alert_bar.h: 特急 that nobody has signed, and what was urged to this account (alert_rules.h): a notification, a
 * sound, and a bar that F8 focuses until it is acknowledged, for good (acknowledged.h). Ordinary cases never ring at
 * night. A screen reader hears it as an alert. */
#pragma once

#include <gtk/gtk.h>

#include "client/desk/app/context.h"

#define LINLI_TYPE_ALERT_BAR linli_alert_bar_get_type()
G_DECLARE_FINAL_TYPE(LinliAlertBar, linli_alert_bar, LINLI, ALERT_BAR, GtkWidget)

GtkWidget *linli_alert_bar_new(LinliContext *context);
/* F8. */
void linli_alert_bar_focus(LinliAlertBar *bar);
