/* slip.c: what a work slip says and what it never says: the whole text of an ordinary request, number and class of a
 * confidential one. */
#include <glib/gstdio.h>
#include <string.h>

#include "client/desk/slip/slip.h"

#define TEXT(s) ((WireBytes){(const uint8_t *)(s), (uint32_t)strlen(s)})

static ProtoRequest request(void) {
  return (ProtoRequest){.number = TEXT("261124-0042"),
                        .class = PROTO_REQUEST_CLASS_ORDINARY,
                        .title = TEXT("路灯不亮"),
                        .text = TEXT("连续三盏不亮"),
                        .place = TEXT("6号楼东侧"),
                        .finish_due_at = G_GUINT64_CONSTANT(1795800000000000)};
}

static void an_ordinary_one_is_told_whole(LinliContext *context) {
  ProtoRequest r = request();
  g_autofree char *text = linli_slip_text(context, &r);
  const char *const said[] = {"261124-0042", "路灯不亮", "连续三盏不亮", "6号楼东侧"};

  for (gsize i = 0; i < G_N_ELEMENTS(said); i++)
    g_assert_nonnull(strstr(text, said[i]));
}

static void a_confidential_one_is_number_and_class(LinliContext *context) {
  ProtoRequest r = request();
  const char *const never[] = {"路灯", "三盏", "6号楼"};

  for (guint i = 0; i < 2; i++) {
    r.confidential = i == 0;
    if (i == 1) r.title = (WireBytes){0};
    g_autofree char *text = linli_slip_text(context, &r);
    g_assert_nonnull(strstr(text, "261124-0042"));
    for (gsize k = 0; k < G_N_ELEMENTS(never); k++)
      g_assert_null(strstr(text, never[k]));
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_autoptr(GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp("linli-slip-XXXXXX", &error);
  g_assert_no_error(error);
  LinliContext *context = linli_context_new(folder, linli_tokens_in_memory(), &error);
  g_assert_no_error(error);

  an_ordinary_one_is_told_whole(context);
  a_confidential_one_is_number_and_class(context);
  g_object_unref(context);
  g_rmdir(folder);
  return 0;
}
