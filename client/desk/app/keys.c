/* keys.c: see keys.h. */
#include "client/desk/app/keys.h"

#include "client/desk/app/actions.h"

static GQuark composing;

static gboolean on_preedit(G_GNUC_UNUSED GSignalInvocationHint *hint, guint n, const GValue *values,
                           G_GNUC_UNUSED gpointer data) {
  const char *text = n > 1 ? g_value_get_string(&values[1]) : NULL;

  g_object_set_qdata(g_value_get_object(&values[0]), composing, GINT_TO_POINTER(text && *text));
  return TRUE;
}

void linli_keys_init(void) {
  composing = g_quark_from_static_string("linli-composing");
  g_type_class_unref(g_type_class_ref(GTK_TYPE_TEXT));
  g_type_class_unref(g_type_class_ref(GTK_TYPE_TEXT_VIEW));
  g_signal_add_emission_hook(g_signal_lookup("preedit-changed", GTK_TYPE_TEXT), 0, on_preedit, NULL, NULL);
  g_signal_add_emission_hook(g_signal_lookup("preedit-changed", GTK_TYPE_TEXT_VIEW), 0, on_preedit, NULL, NULL);
}

/* An entry's text is the child that has the focus. */
gboolean linli_keys_composing(GtkWidget *widget) {
  if (!widget) return FALSE;
  if (GTK_IS_EDITABLE(widget)) {
    GtkEditable *inner = gtk_editable_get_delegate(GTK_EDITABLE(widget));
    if (inner) widget = GTK_WIDGET(inner);
  }
  return g_object_get_qdata(G_OBJECT(widget), composing) != NULL;
}

static gboolean matches(const char *accel, guint key, GdkModifierType state) {
  guint wanted;
  GdkModifierType modifiers, all = GDK_CONTROL_MASK | GDK_ALT_MASK | GDK_SHIFT_MASK | GDK_SUPER_MASK;

  if (!gtk_accelerator_parse(accel, &wanted, &modifiers)) return FALSE;
  /* '?' and '+' come with Shift on most keyboards: where the key has no case, Shift has had its say already. */
  if (gdk_keyval_to_lower(key) == gdk_keyval_to_upper(key) && key == wanted && !(modifiers & GDK_SHIFT_MASK))
    all &= ~(GdkModifierType)GDK_SHIFT_MASK;
  return gdk_keyval_to_lower(key) == gdk_keyval_to_lower(wanted) && (state & all) == modifiers;
}

/* A text view takes every Return for a line of its own, so those cannot wait for it. */
static gboolean text_comes_first(GtkWidget *focus, guint key) {
  return focus && (GTK_IS_TEXT(focus) || GTK_IS_TEXT_VIEW(focus)) && key != GDK_KEY_Return &&
         key != GDK_KEY_KP_Enter && key != GDK_KEY_ISO_Enter;
}

static gboolean on_key(GtkEventControllerKey *controller, guint key, G_GNUC_UNUSED guint code, GdkModifierType state,
                       G_GNUC_UNUSED gpointer data) {
  GtkWidget *window = gtk_event_controller_get_widget(GTK_EVENT_CONTROLLER(controller));
  GtkWidget *focus = gtk_root_get_focus(GTK_ROOT(window));
  GtkPropagationPhase phase = gtk_event_controller_get_propagation_phase(GTK_EVENT_CONTROLLER(controller));

  if ((phase == GTK_PHASE_BUBBLE) != text_comes_first(focus, key)) return FALSE;
  if (linli_keys_composing(focus)) return FALSE;
  for (gsize i = 0; i < linli_actions_count; i++) {
    for (const char *const *accel = linli_actions[i].accels; *accel; accel++) {
      if (!matches(*accel, key, state)) continue;
      g_autofree char *name = NULL;
      g_autoptr(GVariant) target = NULL;
      if (!g_action_parse_detailed_name(linli_actions[i].name, &name, &target, NULL))
        name = g_strdup(linli_actions[i].name);
      if (target) g_variant_ref_sink(target);
      return gtk_widget_activate_action_variant(focus ? focus : window, name, target);
    }
  }
  return FALSE;
}

static void attach(GtkWindow *window, GtkPropagationPhase phase) {
  GtkEventController *controller = gtk_event_controller_key_new();

  gtk_event_controller_set_propagation_phase(controller, phase);
  g_signal_connect(controller, "key-pressed", G_CALLBACK(on_key), NULL);
  gtk_widget_add_controller(GTK_WIDGET(window), controller);
}

void linli_keys_attach(GtkWindow *window) {
  attach(window, GTK_PHASE_CAPTURE);
  attach(window, GTK_PHASE_BUBBLE);
}
