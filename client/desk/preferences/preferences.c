/* preferences.c: see preferences.h. */
#include "client/desk/preferences/preferences.h"

#include <glib/gi18n.h>
#include <stdlib.h>

enum { LANGUAGE_SYSTEM, LANGUAGE_ZH, LANGUAGE_EN };
enum { COLOURS_SYSTEM, COLOURS_LIGHT, COLOURS_DARK };

/* --- Applying ------------------------------------------------------------------------------------------------- */

static int system_dpi; /* as the system had it, in 1024ths; read once */

static void apply_text_size(GSettings *settings) {
  GtkSettings *gtk = gtk_settings_get_default();

  if (!gtk) return;
  if (!system_dpi) g_object_get(gtk, "gtk-xft-dpi", &system_dpi, NULL);
  if (system_dpi <= 0) system_dpi = 96 * 1024;
  g_object_set(gtk, "gtk-xft-dpi", system_dpi * g_settings_get_int(settings, "text-size") / 100, NULL);
}

static void apply_colours(GSettings *settings) {
  static const AdwColorScheme schemes[] = {[COLOURS_SYSTEM] = ADW_COLOR_SCHEME_DEFAULT,
                                           [COLOURS_LIGHT] = ADW_COLOR_SCHEME_FORCE_LIGHT,
                                           [COLOURS_DARK] = ADW_COLOR_SCHEME_FORCE_DARK};

  adw_style_manager_set_color_scheme(adw_style_manager_get_default(),
                                     schemes[g_settings_get_enum(settings, "colours")]);
}

/* More than the system's own setting: it is there already in that case. */
static void apply_contrast(GSettings *settings) {
  static GtkCssProvider *provider;

  if (!provider) {
    provider = gtk_css_provider_new();
    gtk_css_provider_load_from_data(provider,
                                    ".dim-label { opacity: 1; } requestrow, label { font-weight: 600; }"
                                    "button, entry, searchbar, .frame { outline: 1px solid currentColor; }",
                                    -1);
  }
  if (g_settings_get_boolean(settings, "high-contrast"))
    gtk_style_context_add_provider_for_display(gdk_display_get_default(), GTK_STYLE_PROVIDER(provider),
                                               GTK_STYLE_PROVIDER_PRIORITY_APPLICATION + 1);
  else
    gtk_style_context_remove_provider_for_display(gdk_display_get_default(), GTK_STYLE_PROVIDER(provider));
}

void linli_preferences_apply(GSettings *settings) {
  apply_text_size(settings);
  apply_colours(settings);
  apply_contrast(settings);
  g_signal_connect(settings, "changed::text-size", G_CALLBACK(apply_text_size), NULL);
  g_signal_connect(settings, "changed::colours", G_CALLBACK(apply_colours), NULL);
  g_signal_connect(settings, "changed::high-contrast", G_CALLBACK(apply_contrast), NULL);
}

/* gettext looks at LANGUAGE each time, and forgets what it has found when the domain is named again; our own labels
 * look at the choice. */
void linli_preferences_apply_language(GSettings *settings) {
  static char *system_language;
  int choice = g_settings_get_enum(settings, "language");

  if (!system_language) system_language = g_strdup(g_getenv("LANGUAGE"));
  const char *chosen = choice == LANGUAGE_ZH ? "zh_CN" : choice == LANGUAGE_EN ? "en" : system_language;
  g_setenv("LANGUAGE", chosen ? chosen : "", TRUE);
  linli_set_language(choice == LANGUAGE_ZH ? "zh" : choice == LANGUAGE_EN ? "en" : NULL);
  textdomain(GETTEXT_PACKAGE);
}

/* --- The window ----------------------------------------------------------------------------------------------- */

static GtkWidget *choice_row(GSettings *settings, const char *key, const char *title, const char *const *names) {
  GtkWidget *row = adw_combo_row_new();
  g_autoptr(GtkStringList) list = gtk_string_list_new(names);

  adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), title);
  adw_combo_row_set_model(ADW_COMBO_ROW(row), G_LIST_MODEL(list));
  adw_combo_row_set_selected(ADW_COMBO_ROW(row), (guint)g_settings_get_enum(settings, key));
  g_object_set_data_full(G_OBJECT(row), "key", g_strdup(key), g_free);
  return row;
}

static void on_choice(AdwComboRow *row, G_GNUC_UNUSED GParamSpec *pspec, GSettings *settings) {
  g_settings_set_enum(settings, g_object_get_data(G_OBJECT(row), "key"), (int)adw_combo_row_get_selected(row));
}

static GtkWidget *switch_row(GSettings *settings, const char *key, const char *title) {
  GtkWidget *row = adw_action_row_new(), *toggle = gtk_switch_new();

  adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), title);
  gtk_widget_set_valign(toggle, GTK_ALIGN_CENTER);
  adw_action_row_add_suffix(ADW_ACTION_ROW(row), toggle);
  adw_action_row_set_activatable_widget(ADW_ACTION_ROW(row), toggle);
  g_settings_bind(settings, key, toggle, "active", G_SETTINGS_BIND_DEFAULT);
  return row;
}

static GtkWidget *size_row(GSettings *settings) {
  GtkWidget *row = adw_action_row_new(), *spin = gtk_spin_button_new_with_range(100, 200, 10);

  adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), _("Text size, %"));
  gtk_widget_set_valign(spin, GTK_ALIGN_CENTER);
  gtk_accessible_update_property(GTK_ACCESSIBLE(spin), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Text size, %"), -1);
  adw_action_row_add_suffix(ADW_ACTION_ROW(row), spin);
  adw_action_row_set_activatable_widget(ADW_ACTION_ROW(row), spin);
  g_settings_bind(settings, "text-size", spin, "value", G_SETTINGS_BIND_DEFAULT);
  return row;
}

void linli_preferences_present(LinliContext *context, GtkWindow *parent) {
  GSettings *settings = linli_context_settings(context);
  const char *const languages[] = {_("System default"), "中文", "English", NULL};
  const char *const colours[] = {_("System default"), _("Light"), _("Dark"), NULL};
  GtkWidget *window = adw_preferences_window_new(), *page = adw_preferences_page_new(),
            *group = adw_preferences_group_new();
  GtkWidget *language = choice_row(settings, "language", _("Language"), languages);
  GtkWidget *colour = choice_row(settings, "colours", _("Colours"), colours);

  adw_action_row_set_subtitle(ADW_ACTION_ROW(language), _("At once; drafts and windows stay"));
  adw_preferences_group_add(ADW_PREFERENCES_GROUP(group), language);
  adw_preferences_group_add(ADW_PREFERENCES_GROUP(group), size_row(settings));
  adw_preferences_group_add(ADW_PREFERENCES_GROUP(group), colour);
  adw_preferences_group_add(ADW_PREFERENCES_GROUP(group), switch_row(settings, "high-contrast", _("High contrast")));
  adw_preferences_group_add(ADW_PREFERENCES_GROUP(group), switch_row(settings, "sound", _("Sound of alerts")));
  g_signal_connect_object(language, "notify::selected", G_CALLBACK(on_choice), settings, 0);
  g_signal_connect_object(colour, "notify::selected", G_CALLBACK(on_choice), settings, 0);
  adw_preferences_page_add(ADW_PREFERENCES_PAGE(page), ADW_PREFERENCES_GROUP(group));
  adw_preferences_window_add(ADW_PREFERENCES_WINDOW(window), ADW_PREFERENCES_PAGE(page));
  adw_preferences_window_set_search_enabled(ADW_PREFERENCES_WINDOW(window), FALSE);
  gtk_window_set_title(GTK_WINDOW(window), _("Preferences"));
  gtk_window_set_transient_for(GTK_WINDOW(window), parent);
  gtk_window_set_modal(GTK_WINDOW(window), TRUE);
  gtk_window_present(GTK_WINDOW(window));
}
