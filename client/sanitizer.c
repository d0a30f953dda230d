/* sanitizer.c: only in builds with AddressSanitizer. glib-networking is loaded late and brings thread-local storage
 * of its own; the leak checker of GCC 12 dies while it reads that ("Tracer caught signal 11") unless it leaves it
 * alone. Leaks are looked for as before; the environment's ASAN_OPTIONS come on top. */
const char *__asan_default_options(void);

const char *__asan_default_options(void) {
  return "intercept_tls_get_addr=0";
}
