-- Time limits, office hours and the calendar: data, changed by an office without a programmer. office NULL: the default.

CREATE TABLE linli.time_limit (
  office bigint  REFERENCES linli.office,
  class  text    NOT NULL CHECK (class IN ('critical', 'urgent', 'enquiry', 'ordinary', 'difficult')),
  stage  text    NOT NULL CHECK (stage IN ('accept', 'sign', 'contact', 'finish', 'rework', 'verify', 'callback')),
  amount integer NOT NULL CHECK (amount BETWEEN 1 AND 10000),
  unit   text    NOT NULL CHECK (unit IN ('minute', 'hour', 'day')),
  clock  text    NOT NULL CHECK (clock IN ('round', 'working')),   -- round the clock, or working time
  UNIQUE NULLS NOT DISTINCT (class, stage, office)
);

-- accept: until it is dispatched, from registration. sign, contact, finish: from dispatch. rework: a finish of its own.
INSERT INTO linli.time_limit (class, stage, amount, unit, clock) VALUES
  ('critical',  'accept',   5,  'minute', 'round'),   ('critical',  'sign',    10, 'minute', 'round'),
  ('critical',  'contact',  30, 'minute', 'round'),   ('critical',  'finish',  24, 'hour',   'round'),
  ('urgent',    'accept',   10, 'minute', 'round'),   ('urgent',    'sign',    30, 'minute', 'round'),
  ('urgent',    'contact',  2,  'hour',   'round'),   ('urgent',    'finish',  24, 'hour',   'round'),
  ('enquiry',   'accept',   1,  'hour',   'working'), ('enquiry',   'sign',    2,  'hour',   'working'),
  ('enquiry',   'contact',  1,  'day',    'working'), ('enquiry',   'finish',  1,  'day',    'working'),
  ('ordinary',  'accept',   1,  'hour',   'working'), ('ordinary',  'sign',    2,  'hour',   'working'),
  ('ordinary',  'contact',  1,  'day',    'working'), ('ordinary',  'finish',  5,  'day',    'working'),
  ('difficult', 'accept',   1,  'hour',   'working'), ('difficult', 'sign',    4,  'hour',   'working'),
  ('difficult', 'contact',  1,  'day',    'working'), ('difficult', 'finish',  15, 'day',    'working');
INSERT INTO linli.time_limit (class, stage, amount, unit, clock)
SELECT c, s.stage, s.amount, 'day', 'working'
  FROM unnest(ARRAY['critical', 'urgent', 'enquiry', 'ordinary', 'difficult']) c,
       (VALUES ('rework', 3), ('verify', 1), ('callback', 2)) s (stage, amount);

-- The hours of a working day, in order, without overlap.
CREATE TABLE linli.office_hours (
  office bigint REFERENCES linli.office,
  opens  time[] NOT NULL,
  closes time[] NOT NULL,
  UNIQUE NULLS NOT DISTINCT (office),
  CHECK (cardinality(opens) BETWEEN 1 AND 8 AND cardinality(opens) = cardinality(closes))
);
INSERT INTO linli.office_hours (opens, closes)
  VALUES ('{09:00,13:30}', '{12:00,17:30}');

-- Public holidays (working false) and make-up working days 调休 (working true): either beats the weekend. A year that is
-- not in calendar_year has no calendar yet: plain weekends count, and linli.calendar_missing says so.
CREATE TABLE linli.calendar_day (
  day     date    PRIMARY KEY,
  working boolean NOT NULL,
  name    text    NOT NULL
);
CREATE TABLE linli.calendar_year (
  year integer PRIMARY KEY
);
