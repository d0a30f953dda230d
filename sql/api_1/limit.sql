-- Time limits: working-time arithmetic in the office's zone, from linli.time_limit, linli.office_hours and the calendar.
-- Called by the request functions; nobody may call them from outside.

-- The office's own limit, or the default.
CREATE OR REPLACE FUNCTION linli.limit_of(office bigint, class text, stage text) RETURNS linli.time_limit
  LANGUAGE plpgsql STABLE AS $$
DECLARE
  l linli.time_limit;
BEGIN
  SELECT * INTO l FROM linli.time_limit t
   WHERE t.class = limit_of.class AND t.stage = limit_of.stage AND (t.office = limit_of.office OR t.office IS NULL)
   ORDER BY t.office NULLS LAST LIMIT 1;
  RETURN l;
END $$;

-- Whether a day is worked: a listed day beats the weekend, either way.
CREATE OR REPLACE FUNCTION linli.is_working_day(day date) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN coalesce((SELECT d.working FROM linli.calendar_day d WHERE d.day = is_working_day.day),
                  extract(isodow FROM day) < 6);
END $$;

-- Whether a moment lies within the office's hours.
CREATE OR REPLACE FUNCTION linli.is_working_time(office bigint, at timestamptz) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
  h     linli.office_hours := linli.hours_of(office);
  place timestamp := at AT TIME ZONE linli.zone_of(office);
BEGIN
  RETURN linli.is_working_day(place::date)
     AND EXISTS (SELECT FROM unnest(h.opens, h.closes) u (opens, closes) WHERE place::time >= u.opens AND place::time < u.closes);
END $$;

CREATE OR REPLACE FUNCTION linli.zone_of(office bigint) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT o.zone FROM linli.office o WHERE o.id = office);
END $$;

CREATE OR REPLACE FUNCTION linli.local_date(office bigint, at timestamptz) RETURNS date LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT (at AT TIME ZONE o.zone)::date FROM linli.office o WHERE o.id = office);
END $$;

CREATE OR REPLACE FUNCTION linli.hours_of(office bigint) RETURNS linli.office_hours LANGUAGE plpgsql STABLE AS $$
DECLARE
  h linli.office_hours;
BEGIN
  SELECT * INTO h FROM linli.office_hours w WHERE w.office = hours_of.office OR w.office IS NULL
   ORDER BY w.office NULLS LAST LIMIT 1;
  RETURN h;
END $$;

-- The moment at which `share` of a limit that began at `since` has run out. A working day is as long as the office's
-- hours of a day, so a day from 10:00 ends at 10:00 of the next one, and a day from an evening ends with the next one.
CREATE OR REPLACE FUNCTION linli.add_time(office bigint, since timestamptz, l linli.time_limit, share double precision DEFAULT 1)
  RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
DECLARE
  h linli.office_hours;
BEGIN
  IF l.clock = 'round' THEN RETURN since + linli.round_time(share * l.amount, l.unit); END IF;
  h := linli.hours_of(office);
  RETURN linli.add_work(since, share * l.amount, l.unit, linli.zone_of(office), h.opens, h.closes);
END $$;

CREATE OR REPLACE FUNCTION linli.round_time(amount double precision, unit text) RETURNS interval
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT make_interval(secs => amount * CASE unit WHEN 'minute' THEN 60 WHEN 'hour' THEN 3600 ELSE 86400 END)
$$;

-- A whole limit of the office's own, or the default. One statement for all that it depends on, but the calendar.
CREATE OR REPLACE FUNCTION linli.limited(office bigint, class text, stage text, since timestamptz) RETURNS timestamptz
  LANGUAGE plpgsql STABLE AS $$
DECLARE
  amount integer; unit text; clock text; zone text; opens time[]; closes time[];
BEGIN
  SELECT t.amount, t.unit, t.clock, o.zone, h.opens, h.closes INTO amount, unit, clock, zone, opens, closes
    FROM linli.time_limit t, linli.office_hours h, linli.office o
   WHERE t.class = limited.class AND t.stage = limited.stage AND (t.office = limited.office OR t.office IS NULL)
     AND (h.office = limited.office OR h.office IS NULL) AND o.id = limited.office
   ORDER BY t.office NULLS LAST, h.office NULLS LAST LIMIT 1;
  IF clock = 'round' THEN RETURN since + linli.round_time(amount, unit); END IF;
  RETURN linli.add_work(since, amount, unit, zone, opens, closes);
END $$;

-- Working time from a moment on. The days in between are passed whole; their exceptions are read once.
CREATE OR REPLACE FUNCTION linli.add_work(since timestamptz, amount double precision, unit text, zone text, opening time[],
                                          closing time[])
  RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
DECLARE
  place  timestamp := since AT TIME ZONE zone;
  day    date := place::date;
  clock  double precision := extract(epoch FROM place::time);   -- seconds of the day
  opens  double precision[] := '{}';
  closes double precision[] := '{}';
  whole  double precision := 0;               -- seconds worked on a whole day
  rest   double precision;                    -- seconds still to pass
  part   double precision;
  on_days  date[];
  off_days date[];
BEGIN
  FOR i IN 1 .. cardinality(opening) LOOP
    opens[i] := extract(epoch FROM opening[i]);
    closes[i] := extract(epoch FROM closing[i]);
    whole := whole + closes[i] - opens[i];
  END LOOP;
  rest := amount * CASE unit WHEN 'minute' THEN 60 WHEN 'hour' THEN 3600 ELSE whole END;
  SELECT array_agg(d.day) FILTER (WHERE d.working), array_agg(d.day) FILTER (WHERE NOT d.working)
    INTO on_days, off_days FROM linli.calendar_day d
   WHERE d.day BETWEEN place::date AND place::date + 30 + 3 * ceil(rest / whole)::integer;
  LOOP
    IF day = ANY (on_days) OR (extract(isodow FROM day) < 6 AND (off_days IS NULL OR day <> ALL (off_days))) THEN
      IF clock = 0 AND rest > whole THEN
        rest := rest - whole;
      ELSE
        FOR i IN 1 .. cardinality(opens) LOOP
          CONTINUE WHEN clock >= closes[i];
          clock := greatest(clock, opens[i]);
          part := closes[i] - clock;
          IF rest <= part THEN
            RETURN (day + make_interval(secs => clock + rest)) AT TIME ZONE zone;
          END IF;
          rest := rest - part;
        END LOOP;
      END IF;
    END IF;
    day := day + 1;
    clock := 0;
  END LOOP;
END $$;

-- Years without a calendar between two dates: deadlines there count plain weekends, and somebody must be told.
CREATE OR REPLACE FUNCTION linli.calendar_missing(from_day date, to_day date) RETURNS SETOF integer
  LANGUAGE sql STABLE AS $$
  SELECT y FROM generate_series(extract(year FROM from_day)::integer, extract(year FROM to_day)::integer) y
   WHERE NOT EXISTS (SELECT FROM linli.calendar_year c WHERE c.year = y)
$$;

-- Take the calendar of whole years from rows of (date, name, working). Owner only; replaces what those years had.
CREATE OR REPLACE FUNCTION linli.calendar_load(days date[], names text[], working boolean[]) RETURNS void
  LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM linli.calendar_day d
   WHERE extract(year FROM d.day) IN (SELECT extract(year FROM u) FROM unnest(days) u);
  INSERT INTO linli.calendar_day (day, name, working)
    SELECT u.day, u.name, u.working FROM unnest(days, names, working) u (day, name, working);
  INSERT INTO linli.calendar_year SELECT DISTINCT extract(year FROM u)::integer FROM unnest(days) u ON CONFLICT DO NOTHING;
END $$;

-- The same from the text of a CSV whose first columns are date, name, kind (off or makeup_workday), with a header; rows
-- such as 2026-01-01,元旦,off. Owner only: psql -v csv="$(cat calendar.csv)", then SELECT linli.calendar_import(:'csv').
CREATE OR REPLACE FUNCTION linli.calendar_import(csv text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  rows text[] := ARRAY(SELECT l FROM regexp_split_to_table(csv, '\r?\n') l WHERE l ~ '^[0-9]{4}-');
BEGIN
  PERFORM linli.calendar_load(array_agg(split_part(l, ',', 1)::date), array_agg(split_part(l, ',', 2)),
                              array_agg(split_part(l, ',', 3) = 'makeup_workday'))
     FROM unnest(rows) l HAVING count(*) > 0;
  RETURN cardinality(rows);
END $$;
