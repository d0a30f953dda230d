/* instant.c: see instant.h. Days and civil dates are converted by counting eras of 400 years from 1 March, so that
 * the leap day is the last of its year. */
#include "common/instant.h"

#include "common/wire_kind.h"

#define SECOND INT64_C(1000000)
enum { DAY_SECONDS = 86400, ERA_DAYS = 146097, TO_1970 = 719468 /* days from 0000-03-01 */ };

static int64_t days_of(int64_t year, unsigned month, unsigned day) {
  int64_t y = year - (month <= 2);
  int64_t era = y / 400, of_era = y - era * 400; /* years are 1 … 9999: no negative y but 0 */
  int64_t of_year = (153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

  return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - TO_1970;
}

static void civil_of(int64_t days, unsigned *year, unsigned *month, unsigned *day) {
  int64_t z = days + TO_1970;
  int64_t era = z / ERA_DAYS, of_era = z % ERA_DAYS;
  int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
  int64_t m = (5 * of_year + 2) / 153;

  *day = (unsigned)(of_year - (153 * m + 2) / 5 + 1);
  *month = (unsigned)(m < 10 ? m + 3 : m - 9);
  *year = (unsigned)(y + era * 400 + (*month <= 2));
}

static unsigned month_days(unsigned year, unsigned month) {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/* --- Reading -------------------------------------------------------------------------------------------------- */

typedef struct {
  const char *at, *end;
} Scan;

static bool take_digits(Scan *s, unsigned n, unsigned *value) {
  *value = 0;
  if ((size_t)(s->end - s->at) < n) return false;
  for (; n; n--, s->at++) {
    if (*s->at < '0' || *s->at > '9') return false;
    *value = *value * 10 + (unsigned)(*s->at - '0');
  }
  return true;
}

static bool take_char(Scan *s, char c) {
  if (s->at == s->end || *s->at != c) return false;
  s->at++;
  return true;
}

static bool take_date(Scan *s, int64_t *days) {
  unsigned year, month, day;

  if (!take_digits(s, 4, &year) || !take_char(s, '-') || !take_digits(s, 2, &month) || !take_char(s, '-') ||
      !take_digits(s, 2, &day))
    return false;
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > month_days(year, month)) return false;
  *days = days_of(year, month, day);
  return true;
}

static bool take_clock(Scan *s, int64_t *micros) {
  unsigned hour, minute, second, digit, scale = SECOND / 10;

  if (!take_digits(s, 2, &hour) || !take_char(s, ':') || !take_digits(s, 2, &minute) || !take_char(s, ':') ||
      !take_digits(s, 2, &second))
    return false;
  if (hour > 23 || minute > 59 || second > 59) return false;
  *micros = ((int64_t)hour * 3600 + minute * 60 + second) * SECOND;
  if (!take_char(s, '.')) return true;
  if (!take_digits(s, 1, &digit)) return false;
  do {
    if (scale == 0) return false;
    *micros += (int64_t)digit * scale;
    scale /= 10;
  } while (take_digits(s, 1, &digit));
  return true;
}

static bool take_offset(Scan *s, int64_t *micros) {
  unsigned hours, minutes = 0;

  *micros = 0;
  if (take_char(s, 'Z') || take_char(s, 'z')) return true;
  bool minus = take_char(s, '-');
  if (!minus && !take_char(s, '+')) return false;
  if (!take_digits(s, 2, &hours)) return false;
  bool colon = take_char(s, ':');
  if ((colon || s->at < s->end) && !take_digits(s, 2, &minutes)) return false;
  if (hours > 15 || minutes > 59) return false;
  *micros = ((int64_t)hours * 3600 + minutes * 60) * SECOND * (minus ? -1 : 1);
  return true;
}

bool instant_parse(const char *text, size_t len, uint64_t *micros) {
  Scan s = {text, text + len};
  int64_t days, clock, offset;

  if (!take_date(&s, &days) || !(take_char(&s, 'T') || take_char(&s, 't') || take_char(&s, ' '))) return false;
  if (!take_clock(&s, &clock) || !take_offset(&s, &offset) || s.at != s.end) return false;
  int64_t instant = days * DAY_SECONDS * SECOND + clock - offset;
  if (instant < 0 || (uint64_t)instant > WIRE_TIME_MAX) return false;
  *micros = (uint64_t)instant;
  return true;
}

bool date_parse(const char *text, size_t len, int64_t *days) {
  Scan s = {text, text + len};

  return take_date(&s, days) && s.at == s.end;
}

/* --- Writing -------------------------------------------------------------------------------------------------- */

static char *put_digits(char *at, unsigned n, uint64_t value) {
  for (unsigned i = n; i; i--, value /= 10)
    at[i - 1] = (char)('0' + value % 10);
  return at + n;
}

static char *put_date(char *at, int64_t days) {
  unsigned year, month, day;

  civil_of(days, &year, &month, &day);
  at = put_digits(at, 4, year);
  *at++ = '-';
  at = put_digits(at, 2, month);
  *at++ = '-';
  return put_digits(at, 2, day);
}

size_t instant_format(uint64_t micros, char out[INSTANT_SIZE]) {
  micros = MIN(micros, WIRE_TIME_MAX);
  uint64_t seconds = micros / SECOND, fraction = micros % SECOND, clock = seconds % DAY_SECONDS;
  char *at = put_date(out, (int64_t)(seconds / DAY_SECONDS));

  *at++ = 'T';
  at = put_digits(at, 2, clock / 3600);
  *at++ = ':';
  at = put_digits(at, 2, clock / 60 % 60);
  *at++ = ':';
  at = put_digits(at, 2, clock % 60);
  if (fraction) {
    *at++ = '.';
    at = put_digits(at, 6, fraction);
    while (at[-1] == '0')
      at--;
  }
  *at++ = 'Z';
  *at = '\0';
  return (size_t)(at - out);
}

size_t date_format(int64_t days, char out[DATE_SIZE]) {
  char *at = put_date(out, wire_date_allowed(days) ? days : 0);

  *at = '\0';
  return (size_t)(at - out);
}
