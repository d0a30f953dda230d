/* fuzz_plain.c: a fuzz driver without libFuzzer: every file of a folder, and inputs made of them by a few changes.
 *
 * Usage: fuzz_NAME FOLDER [TIMES [SEED]]
 *
 * It follows no coverage as libFuzzer does, but runs everywhere, under gcc's sanitizers too: a smoke test of each
 * driver. The same folder, times and seed give the same inputs. */
#include <glib.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { LONGEST = 4096, CHANGES = 4 };

static gint by_name(gconstpointer a, gconstpointer b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *read_folder(const char *path) {
  GPtrArray *files = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
  GDir *folder = g_dir_open(path, 0, NULL);

  if (!folder) g_error("cannot open %s: give the folder of seeds", path);
  for (const char *name; (name = g_dir_read_name(folder));)
    g_ptr_array_add(names, g_strdup(name));
  g_dir_close(folder);
  g_ptr_array_sort(names, by_name);
  for (guint i = 0; i < names->len; i++) {
    g_autofree char *file = g_build_filename(path, names->pdata[i], NULL);
    char *content;
    gsize len;
    if (g_file_get_contents(file, &content, &len, NULL)) g_ptr_array_add(files, g_bytes_new_take(content, len));
  }
  return files;
}

static void change(GByteArray *input, const GPtrArray *files, GRand *rand) {
  guint at = input->len ? (guint)g_rand_int_range(rand, 0, (gint32)input->len) : 0;
  uint8_t byte = (uint8_t)g_rand_int(rand);
  gsize len;
  const uint8_t *other = g_bytes_get_data(files->pdata[g_rand_int_range(rand, 0, (gint32)files->len)], &len);

  switch (input->len ? g_rand_int_range(rand, 0, 6) : 5) {
  case 0:
    input->data[at] = byte;
    break;
  case 1:
    input->data[at] ^= (uint8_t)(1u << (byte & 7));
    break;
  case 2:
    g_byte_array_remove_index(input, at);
    break;
  case 3:
    g_byte_array_set_size(input, at);
    break;
  case 4: /* one byte more */
    g_byte_array_set_size(input, input->len + 1);
    memmove(input->data + at + 1, input->data + at, input->len - 1 - at);
    input->data[at] = byte;
    break;
  default: /* the end of another */
    if (len) {
      gsize from = (gsize)g_rand_int_range(rand, 0, (gint32)len);
      g_byte_array_append(input, other + from, (guint)(len - from));
    }
  }
  if (input->len > LONGEST) g_byte_array_set_size(input, LONGEST);
}

static void try_one(const uint8_t *data, gsize len) {
  g_autofree uint8_t *exact = g_malloc(MAX(len, 1)); /* so that a sanitizer sees a read past the end */

  if (len) memcpy(exact, data, len);
  (void)LLVMFuzzerTestOneInput(exact, len);
}

int main(int argc, char **argv) {
  if (argc < 2) g_error("usage: %s FOLDER [TIMES [SEED]]", argv[0]);
  g_autoptr(GPtrArray) files = read_folder(argv[1]);
  guint64 times = argc > 2 ? g_ascii_strtoull(argv[2], NULL, 10) : 10000;
  guint32 seed = argc > 3 ? (guint32)g_ascii_strtoull(argv[3], NULL, 10) : 1;
  g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
  g_autoptr(GByteArray) input = g_byte_array_new();

  g_print("%u seeds, %" G_GUINT64_FORMAT " inputs, seed %u\n", files->len, times, seed);
  if (files->len == 0) g_error("%s holds no seeds", argv[1]);
  for (guint64 i = 0; i < files->len + times; i++) {
    gsize len;
    const uint8_t *data = g_bytes_get_data(files->pdata[i % files->len], &len);
    g_byte_array_set_size(input, 0);
    if (len) g_byte_array_append(input, data, (guint)MIN(len, LONGEST));
    gint32 changes = i < files->len ? 0 : g_rand_int_range(rand, 1, CHANGES + 1);
    for (; changes; changes--)
      change(input, files, rand);
    try_one(input->data, input->len);
  }
  return 0;
}
