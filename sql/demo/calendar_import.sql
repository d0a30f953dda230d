-- psql -v file=calendar.csv -f calendar_import.sql: takes whole years of public holidays and make-up working days from a CSV
-- with the columns date, name, kind (off or makeup_workday); further columns are ignored. Run as the owner.
\set ON_ERROR_STOP on
BEGIN;
CREATE TEMP TABLE calendar_row (date date, name text, kind text, file_year text, source_papers text) ON COMMIT DROP;
\set copy '\\copy calendar_row FROM ' :'file' ' WITH (FORMAT csv, HEADER true)'
:copy
SELECT linli.calendar_load(array_agg(r.date), array_agg(r.name), array_agg(r.kind = 'makeup_workday')) FROM calendar_row r;
SELECT extract(year FROM day) AS year, count(*) FILTER (WHERE NOT working) AS off, count(*) FILTER (WHERE working) AS makeup
  FROM linli.calendar_day GROUP BY 1 ORDER BY 1;
COMMIT;
