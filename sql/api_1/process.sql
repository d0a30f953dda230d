-- linlid's processes, and what is kept in order once a minute because one of them said hello.

CREATE OR REPLACE FUNCTION api_1.process_hello(instance uuid, api integer) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  now timestamptz := linli.clock();
BEGIN
  INSERT INTO linli.process AS p (instance, api, seen_at) VALUES (instance, api, now)
    ON CONFLICT ON CONSTRAINT process_pkey DO UPDATE SET api = excluded.api, seen_at = excluded.seen_at;
  -- One of the processes does it; the others have nothing to wait for.
  IF NOT pg_try_advisory_xact_lock(hashtext('linli.process_hello')) THEN RETURN; END IF;
  DELETE FROM linli.process p WHERE p.seen_at < now - interval '1 day';
  DELETE FROM linli.sign_in_attempt t WHERE t.empty < now - interval '10 minutes';
  DELETE FROM linli.session s WHERE s.expires_at < now;
  PERFORM linli.keep_partitions(now);
END $$;

-- Partitions of the command log: a month each, from four months ago to two ahead; those that ended 120 days ago go.
-- Names are made of years and months alone. Attached, not created in place: that would lock out the whole log.
CREATE OR REPLACE FUNCTION linli.keep_partitions(now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  month timestamp := date_trunc('month', now AT TIME ZONE 'UTC');
  m     timestamp;
  name  text;
BEGIN
  FOR m IN SELECT month + make_interval(months => i) FROM generate_series(-4, 2) i LOOP
    name := 'command_log_' || to_char(m, 'YYYYMM');
    CONTINUE WHEN to_regclass('linli.' || name) IS NOT NULL;
    EXECUTE format('CREATE TABLE linli.%I (LIKE linli.command_log INCLUDING ALL)', name);
    EXECUTE format('ALTER TABLE linli.command_log ATTACH PARTITION linli.%I FOR VALUES FROM (%L) TO (%L)', name,
                   linli.uuid_floor(m AT TIME ZONE 'UTC'), linli.uuid_floor((m + interval '1 month') AT TIME ZONE 'UTC'));
  END LOOP;
  FOR name IN SELECT k.relname FROM pg_inherits i JOIN pg_class k ON k.oid = i.inhrelid
               WHERE i.inhparent = 'linli.command_log'::regclass AND k.relname ~ '^command_log_[0-9]{6}$'
                 AND to_date(right(k.relname, 6), 'YYYYMM') + interval '1 month' < now AT TIME ZONE 'UTC' - interval '120 days' LOOP
    EXECUTE format('DROP TABLE linli.%I', name);
  END LOOP;
END $$;

-- Whenever these files are loaded: a new database has none.
DO $$ BEGIN PERFORM linli.keep_partitions(clock_timestamp()); END $$;
