-- What the desk's bench does to a demo office, as the database's owner: a hundred thousand open requests, and changes to them
-- at a rate.
CREATE SCHEMA lab;
CREATE TABLE lab.worked (k bigint PRIMARY KEY, id uuid, community bigint);

-- Copies of the demo's open requests, each with its own number, times and deadline (spread over four days around now), so that
-- texts, categories, grids and states are the demo's; what is in progress is with a unit that has no members, so that whoever
-- dispatches may note contacts. Snapshots are made from the table: the streams know nothing of them yet.
CREATE PROCEDURE lab.multiply(wanted integer) LANGUAGE plpgsql AS $$
DECLARE
  kept integer := (SELECT count(*) FROM linli.request WHERE closed_at IS NULL);
  free bigint := (SELECT min(t.id) FROM linli.team t WHERE t.kind = 'unit' AND NOT EXISTS (SELECT FROM linli.member m WHERE m.team = t.id));
BEGIN
  INSERT INTO linli.request
    SELECT p.*
      FROM generate_series(1, wanted - kept) n
      JOIN (SELECT q AS r, row_number() OVER (ORDER BY q.id) - 1 AS k FROM linli.request q WHERE q.closed_at IS NULL) t
        ON t.k = n % kept,
      LATERAL jsonb_populate_record(t.r, jsonb_build_object(
        'id', gen_random_uuid(), 'number', to_char(now(), 'YYMMDD') || '-' || lpad((n + 1000)::text, 6, '0'),
        'registered_at', now() - (n % 2880) * interval '1 minute', 'external_system', NULL, 'external_number', NULL,
        'team', CASE WHEN (t.r).state = 'in_progress' THEN free ELSE (t.r).team END,
        'due_at', now() + ((n * 7919) % 5760 - 1440) * interval '1 minute')) p;
  INSERT INTO lab.worked
    SELECT row_number() OVER (ORDER BY md5(r.id::text)) AS k, r.id, r.community FROM linli.request r WHERE r.state = 'in_progress' AND r.team = free;
  COMMIT;
  ANALYZE;
END $$;

CREATE FUNCTION lab.id() RETURNS uuid LANGUAGE sql AS $$
  SELECT linli.uuid_of(clock_timestamp(), uuid_send(gen_random_uuid()))
$$;

-- Contacts `rate` times a second for that long, by the function that a command calls, and rings linlid as another linlid would.
-- Returns how many were made in how many seconds.
CREATE PROCEDURE lab.work(rate integer, seconds integer, INOUT made bigint, INOUT took double precision) LANGUAGE plpgsql AS $$
DECLARE
  began timestamptz := clock_timestamp();
  all_of bigint := (SELECT count(*) FROM lab.worked);
  due   bigint;
  w     lab.worked;
  o     api_1.outcome;
BEGIN
  made := 0;
  LOOP
    took := extract(epoch FROM clock_timestamp() - began);
    EXIT WHEN took >= seconds;
    due := least((took * rate)::bigint, made + 100);
    WHILE made < due LOOP
      SELECT * INTO w FROM lab.worked x WHERE x.k = 1 + (made * 7919) % all_of;
      o := api_1.request_contact(NULL, lab.id(), linli.community_stream(w.community), NULL, now(), '\x00', w.id, '已电话告知');
      IF o.refusal IS NOT NULL THEN RAISE EXCEPTION 'lab: %: %', o.refusal, o.detail; END IF;
      made := made + 1;
    END LOOP;
    COMMIT;
    PERFORM api_1.ring((SELECT array_agg(linli.community_stream(c.id)) FROM linli.community c));
    COMMIT;
    PERFORM pg_sleep(0.005);
  END LOOP;
END $$;
