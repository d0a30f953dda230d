-- Working-time arithmetic, against a count of every working minute.
\ir requests_office.inc
SELECT no_plan();

-- A holiday with make-up days: 4, 5, 6 May off; Saturday 9 May worked. Only 2026 has a calendar.
SELECT linli.calendar_load('{2026-05-01,2026-05-04,2026-05-05,2026-05-09}', '{劳动节,劳动节,劳动节,调休}', '{f,f,f,t}') \g /dev/null

CREATE FUNCTION t.limit(amount integer, unit text, clock text DEFAULT 'working') RETURNS linli.time_limit LANGUAGE sql AS $$
  SELECT (NULL, 'ordinary', 'finish', amount, unit, clock)::linli.time_limit $$;
CREATE FUNCTION t.add(local timestamp, amount integer, unit text, clock text DEFAULT 'working') RETURNS timestamp LANGUAGE sql AS $$
  SELECT linli.add_time(t.n('office'), local AT TIME ZONE 'Asia/Shanghai', t.limit(amount, unit, clock)) AT TIME ZONE 'Asia/Shanghai' $$;

SELECT is(t.add('2026-04-15 10:00', 1, 'hour'), '2026-04-15 11:00', 'an hour within the morning');
SELECT is(t.add('2026-04-15 11:30', 1, 'hour'), '2026-04-15 14:00', 'over lunch');
SELECT is(t.add('2026-04-15 12:30', 1, 'hour'), '2026-04-15 14:30', 'from lunch');
SELECT is(t.add('2026-04-15 11:00', 1, 'hour'), '2026-04-15 12:00', 'to the minute at which the morning ends');
SELECT is(t.add('2026-04-15 17:00', 1, 'hour'), '2026-04-16 09:30', 'over night');
SELECT is(t.add('2026-04-15 20:00', 1, 'day'), '2026-04-16 17:30', 'a day from the evening ends with the next one');
SELECT is(t.add('2026-04-15 10:00', 1, 'day'), '2026-04-16 10:00', 'a day from ten ends at ten');
SELECT is(t.add('2026-04-17 10:00', 1, 'day'), '2026-04-20 10:00', 'over a weekend');
SELECT is(t.add('2026-04-30 10:00', 1, 'day'), '2026-05-06 10:00', 'over a holiday');
SELECT is(t.add('2026-05-08 10:00', 1, 'day'), '2026-05-09 10:00', 'a make-up Saturday is worked');
SELECT is(t.add('2026-05-09 10:00', 1, 'day'), '2026-05-11 10:00', 'and the Sunday after it is not');
SELECT is(t.add('2027-05-03 10:00', 1, 'day'), '2027-05-04 10:00', 'a year without a calendar counts plain weekends');
SELECT set_eq('SELECT linli.calendar_missing(''2026-12-01'', ''2027-01-31'')', '{2027}'::integer[], 'and is told to be missing');
SELECT is(t.add('2026-05-02 10:00', 30, 'minute', 'round'), '2026-05-02 10:30', 'round the clock');
INSERT INTO linli.office_hours VALUES (t.n('office'), '{08:00}', '{12:00}');
SELECT is(t.add('2026-04-15 11:00', 2, 'hour'), '2026-04-16 09:00', 'an office has hours of its own');
DELETE FROM linli.office_hours WHERE office IS NOT NULL;
INSERT INTO linli.time_limit VALUES (t.n('office'), 'ordinary', 'accept', 2, 'hour', 'working');
SELECT is(linli.limited(t.n('office'), 'ordinary', 'accept', '2026-04-15 02:00+00'), '2026-04-15 04:00+00', 'and limits of its own');
SELECT is(linli.limited(1, 'ordinary', 'accept', '2026-04-15 02:00+00'), '2026-04-15 03:00+00', 'others keep the default');
DELETE FROM linli.time_limit WHERE office IS NOT NULL;

-- Property: the working minutes between `since` and the result are the limit, counted one by one without its code.
CREATE TABLE t.minute AS
  SELECT m, row_number() OVER (ORDER BY m) AS worked
    FROM generate_series(timestamp '2026-04-20', '2026-06-20', '1 minute') m
   WHERE (m::time >= '09:00' AND m::time < '12:00' OR m::time >= '13:30' AND m::time < '17:30')
     AND CASE WHEN m::date = '2026-05-09' THEN true WHEN m::date IN ('2026-05-01', '2026-05-04', '2026-05-05') THEN false
              ELSE extract(isodow FROM m) < 6 END;
CREATE INDEX ON t.minute (m); CREATE INDEX ON t.minute (worked);
SELECT setseed(0.7) \g /dev/null
CREATE TABLE t.sample AS SELECT timestamp '2026-04-20' + floor(random() * 30 * 1440) * interval '1 minute' AS since,
                                1 + floor(random() * 5000)::integer AS amount FROM generate_series(1, 2000);
SELECT is_empty($$ SELECT s.since, s.amount, t.add(s.since, s.amount, 'minute'), l.m FROM t.sample s, LATERAL (
    SELECT w.m + interval '1 minute' AS m FROM t.minute w
     WHERE w.worked = (SELECT min(f.worked) FROM t.minute f WHERE f.m >= s.since) + s.amount - 1) l
  WHERE t.add(s.since, s.amount, 'minute') <> l.m $$, 'two thousand limits end where their minutes are used up');
SELECT is_empty($$ SELECT * FROM t.sample s WHERE t.add(t.add(s.since, s.amount, 'minute'), 77, 'minute') <> t.add(s.since, s.amount + 77, 'minute') $$,
  'two limits one after the other are their sum');
SELECT is_empty($$ SELECT * FROM t.sample s WHERE t.add(s.since, s.amount, 'minute') > t.add(s.since + interval '7 minutes', s.amount, 'minute') $$,
  'who begins later does not end earlier');

-- A calendar from a file replaces whole years.
SELECT is(linli.calendar_import(E'date,name,kind\r\n2026-10-01,国庆节,off\r\n2026-10-10,国庆节,makeup_workday\r\n'), 2, 'two days read');
SELECT set_eq('SELECT day FROM linli.calendar_day WHERE NOT working', '{2026-10-01}'::date[], 'and nothing is left of the old year');
SELECT ok(linli.is_working_day('2026-10-10') AND NOT linli.is_working_day('2026-10-01'), 'they count');

-- Numbers: beyond 9999 a day, and by the office's day.
INSERT INTO linli.request_serial (office, day, last) VALUES (t.n('office'), '2026-04-20', 9998);
SELECT is(linli.next_number(t.n('office'), '2026-04-20 02:00+00', '2026-05-01'), '260420-9999', 'the 9999th');
SELECT is(linli.next_number(t.n('office'), '2026-04-20 02:00+00', '2026-05-01'), '260420-10000', 'and one more');
SELECT is(linli.next_number(t.n('office'), '2026-04-20 16:30+00', '2026-05-01'), '260421-0001', 'the office''s midnight begins a new day');

-- Today's come from a sequence, whatever was given before; history that comes late goes behind what the day had.
SELECT is(linli.next_number(t.n('office'), '2026-04-22 02:00+00', '2026-04-22 02:00+00'), '260422-0001', 'the first of a day');
SELECT is(linli.next_number(t.n('office'), '2026-04-22 03:00+00', '2026-04-22 03:00+00'), '260422-0002', 'and its second');
SELECT is(linli.next_number(t.n('office'), '2026-04-23 02:00+00', '2026-04-23 02:00+00'), '260423-0001', 'the next day begins anew');
SELECT is(linli.next_number(t.n('office'), '2026-04-22 23:00+00', '2026-04-22 23:00+00'), '260423-0002', 'midnight is the office''s');
SELECT * FROM finish();
