/* outbox_model.c: see outbox_model.h. */
#include "client/desk/outbox/outbox_model.h"

struct _LinliOutboxModel {
  GObject parent_instance;
  LinliContext *context;
  GPtrArray *items;     /* of LinliOutboxItem, in their order */
  GHashTable *was_back; /* items that stood among those that came back when they took their place */
};

static GType item_type(G_GNUC_UNUSED GListModel *list) {
  return LINLI_TYPE_OUTBOX_ITEM;
}

static guint item_count(GListModel *list) {
  return LINLI_OUTBOX_MODEL(list)->items->len;
}

static gpointer item_at(GListModel *list, guint position) {
  LinliOutboxModel *m = LINLI_OUTBOX_MODEL(list);

  return position < m->items->len ? g_object_ref(m->items->pdata[position]) : NULL;
}

static void list_model_init(GListModelInterface *iface) {
  iface->get_item_type = item_type;
  iface->get_n_items = item_count;
  iface->get_item = item_at;
}

G_DEFINE_FINAL_TYPE_WITH_CODE(LinliOutboxModel, linli_outbox_model, G_TYPE_OBJECT,
                              G_IMPLEMENT_INTERFACE(G_TYPE_LIST_MODEL, list_model_init))

/* --- The order ------------------------------------------------------------------------------------------------ */

static gboolean is_back(const LinliEntry *e) {
  return e->state == LINLI_KEPT_REFUSED || e->state == LINLI_FOR_A_PERSON;
}

static gboolean comes_first(const LinliEntry *a, const LinliEntry *b) {
  if (is_back(a) != is_back(b)) return is_back(a);
  return a->kept_at < b->kept_at;
}

static gboolean has_entry(GPtrArray *entries, const LinliEntry *entry) {
  return g_ptr_array_find(entries, entry, NULL);
}

static gboolean has_item(LinliOutboxModel *m, const LinliEntry *entry) {
  for (guint i = 0; i < m->items->len; i++)
    if (linli_outbox_item_entry(m->items->pdata[i]) == entry) return TRUE;
  return FALSE;
}

static void take_out(LinliOutboxModel *m, guint at) {
  g_hash_table_remove(m->was_back, m->items->pdata[at]);
  g_ptr_array_remove_index(m->items, at);
  g_list_model_items_changed(G_LIST_MODEL(m), at, 1, 0);
}

static void put_in(LinliOutboxModel *m, LinliEntry *entry) {
  LinliOutboxItem *item = linli_outbox_item_new(entry);
  guint at = 0;

  while (at < m->items->len && !comes_first(entry, linli_outbox_item_entry(m->items->pdata[at])))
    at++;
  g_ptr_array_insert(m->items, (gint)at, item);
  if (is_back(entry)) g_hash_table_add(m->was_back, item);
  g_list_model_items_changed(G_LIST_MODEL(m), at, 0, 1);
}

/* Those that left, and those whose place is another one since they came back. */
static void refresh(LinliOutboxModel *m) {
  LinliCourier *courier = linli_context_courier(m->context);

  if (!courier) return;
  g_autoptr(GPtrArray) entries = linli_courier_list(courier);
  for (guint i = m->items->len; i > 0; i--) {
    LinliOutboxItem *item = m->items->pdata[i - 1];
    if (!has_entry(entries, linli_outbox_item_entry(item)) ||
        linli_outbox_item_is_back(item) != g_hash_table_contains(m->was_back, item))
      take_out(m, i - 1);
  }
  for (guint i = 0; i < entries->len; i++)
    if (!has_item(m, entries->pdata[i])) put_in(m, entries->pdata[i]);
  for (guint i = 0; i < m->items->len; i++)
    linli_outbox_item_check(m->items->pdata[i]);
}

guint linli_outbox_model_back(LinliOutboxModel *model) {
  return g_hash_table_size(model->was_back);
}

/* --- The object ----------------------------------------------------------------------------------------------- */

LinliOutboxModel *linli_outbox_model_new(LinliContext *context) {
  LinliOutboxModel *m = g_object_new(LINLI_TYPE_OUTBOX_MODEL, NULL);

  m->context = g_object_ref(context);
  g_signal_connect_object(context, "waiting-changed", G_CALLBACK(refresh), m, G_CONNECT_SWAPPED);
  refresh(m);
  return m;
}

static void linli_outbox_model_dispose(GObject *object) {
  g_clear_object(&LINLI_OUTBOX_MODEL(object)->context);
  G_OBJECT_CLASS(linli_outbox_model_parent_class)->dispose(object);
}

static void linli_outbox_model_finalize(GObject *object) {
  LinliOutboxModel *m = LINLI_OUTBOX_MODEL(object);

  g_ptr_array_unref(m->items);
  g_hash_table_unref(m->was_back);
  G_OBJECT_CLASS(linli_outbox_model_parent_class)->finalize(object);
}

static void linli_outbox_model_class_init(LinliOutboxModelClass *class) {
  G_OBJECT_CLASS(class)->dispose = linli_outbox_model_dispose;
  G_OBJECT_CLASS(class)->finalize = linli_outbox_model_finalize;
}

static void linli_outbox_model_init(LinliOutboxModel *m) {
  m->items = g_ptr_array_new_with_free_func(g_object_unref);
  m->was_back = g_hash_table_new(NULL, NULL);
}
