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
  PERFORM linli.keep_log(now);
END $$;

-- Empties each of the command log's four tables once its newest id is 100 days old.
CREATE OR REPLACE FUNCTION linli.keep_log(now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  old uuid := linli.uuid_floor(now - interval '100 days');
BEGIN
  IF (SELECT l.id FROM linli.log_0 l ORDER BY l.id DESC LIMIT 1) < old THEN TRUNCATE linli.log_0; END IF;
  IF (SELECT l.id FROM linli.log_1 l ORDER BY l.id DESC LIMIT 1) < old THEN TRUNCATE linli.log_1; END IF;
  IF (SELECT l.id FROM linli.log_2 l ORDER BY l.id DESC LIMIT 1) < old THEN TRUNCATE linli.log_2; END IF;
  IF (SELECT l.id FROM linli.log_3 l ORDER BY l.id DESC LIMIT 1) < old THEN TRUNCATE linli.log_3; END IF;
END $$;
