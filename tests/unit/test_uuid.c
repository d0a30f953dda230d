/* test_uuid.c: ids ascend, say when they were made, and derive the same from the same. */
#include <string.h>

#include "common/uuid.h"

static const uint8_t ones[UUID_RANDOM] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255};

/* The example of RFC 9562, appendix A.6. */
static void the_example_of_the_standard_is_met(void) {
  static const uint8_t random[UUID_RANDOM] = {0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f};
  char text[UUID_TEXT_SIZE];

  Uuid id = uuid_v7(0x017f22e279b0, random);
  g_assert_cmpstr(uuid_format(id, text), ==, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  g_assert_cmpuint(uuid_time_ms(id), ==, 0x017f22e279b0);
}

/* The example of RFC 9562, appendix A.4: "www.example.com" in the namespace of DNS. */
static void a_name_gives_the_id_of_the_standard(void) {
  static const char dns[] = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
  char text[UUID_TEXT_SIZE];
  Uuid name_space;

  g_assert_true(uuid_parse(dns, strlen(dns), &name_space));
  Uuid id = uuid_from_name(name_space, (WireBytes){(const uint8_t *)"www.example.com", 15});
  g_assert_cmpstr(uuid_format(id, text), ==, "2ed6657d-e927-568b-95e1-2665a8aea6a2");
  g_assert_cmpuint(uuid_time_ms(id), ==, 0);
}

/* A clock that stands, jumps back and is asked far more often than it ticks. */
static void ids_of_one_clock_always_ascend(void) {
  UuidClock clock = {0};
  Uuid last = {{0}};
  uint64_t now = UINT64_C(1790000000000);

  for (unsigned i = 0; i < 200000; i++) {
    uint8_t random[UUID_RANDOM];
    for (unsigned b = 0; b < sizeof random; b++)
      random[b] = (uint8_t)g_test_rand_int();
    if (i % 9000 == 0) now += (uint64_t)g_test_rand_int_range(-50, 50);
    Uuid id = uuid_clock_next(&clock, now, random);
    g_assert_cmpint(uuid_compare(last, id), <, 0);
    g_assert_cmpint(id.b[6] >> 4, ==, 7);
    g_assert_cmpint(id.b[8] >> 6, ==, 2);
    last = id;
  }
}

static void the_clock_runs_ahead_only_when_a_millisecond_is_spent(void) {
  UuidClock clock = {0};

  for (unsigned i = 0; i < 2049; i++)
    g_assert_cmpuint(uuid_time_ms(uuid_clock_next(&clock, 1000, ones)), ==, 1000);
  g_assert_cmpuint(uuid_time_ms(uuid_clock_next(&clock, 1000, ones)), ==, 1001);
  g_assert_cmpuint(uuid_time_ms(uuid_clock_next(&clock, 5000, ones)), ==, 5000);
}

static void what_is_no_uuid_is_refused(void) {
  static const char *const bad[] = {
      "",
      "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
      "017f22e2-79b0-7cc3-98c4-dc0c0c07398ff",
      "017f22e2079b0-7cc3-98c4-dc0c0c07398f",
      "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
      "{17f22e2-79b0-7cc3-98c4-dc0c0c07398}",
      "017f22e279b07cc398c4dc0c0c07398f",
  };
  Uuid id;

  for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
    g_assert_false(uuid_parse(bad[i], strlen(bad[i]), &id));
}

static void text_and_back_is_identity(void) {
  for (unsigned i = 0; i < 10000; i++) {
    char text[UUID_TEXT_SIZE];
    Uuid id, back;
    for (unsigned b = 0; b < sizeof id.b; b++)
      id.b[b] = (uint8_t)g_test_rand_int();
    uuid_format(id, text);
    g_assert_true(uuid_parse(text, strlen(text), &back));
    g_assert_true(uuid_equal(&id, &back));
    g_assert_cmpuint(uuid_hash(&id), ==, uuid_hash(&back));
  }
  g_assert_true(uuid_is_nil((Uuid){{0}}));
}

#define TEST(name) g_test_add_func("/uuid/" #name, name)

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  TEST(the_example_of_the_standard_is_met);
  TEST(a_name_gives_the_id_of_the_standard);
  TEST(ids_of_one_clock_always_ascend);
  TEST(the_clock_runs_ahead_only_when_a_millisecond_is_spent);
  TEST(what_is_no_uuid_is_refused);
  TEST(text_and_back_is_identity);
  return g_test_run();
}
