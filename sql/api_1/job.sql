-- The scheduler: effects of events in other streams, and deadlines. A job of kind K is done by linli.job_K.

-- linlid, without a lock: what is due, oldest first. The id is the same each time it is asked, so a job that two
-- processes run is run once; its time is the due time, or as near as the command log reaches back.
CREATE OR REPLACE FUNCTION api_1.due_list(max integer)
  RETURNS TABLE (stream bigint, job bigint, id uuid, digest bytea)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  now timestamptz := linli.clock();
BEGIN
  RETURN QUERY
  SELECT j.stream, j.job, linli.uuid_of(greatest(j.due_at, date_trunc('day', now) - interval '80 days'), int8send(j.job)),
         sha256(int8send(j.job))
    FROM linli.job j WHERE j.due_at <= now ORDER BY j.due_at LIMIT max;
END $$;

-- linlid, for office.run_due: like every command, but always as the system; its session is NULL. The counter first, then the job again.
CREATE OR REPLACE FUNCTION api_1.due_run(session bytea, id uuid, stream bigint, version bigint, made_at timestamptz,
    digest bytea, job bigint)
  RETURNS api_1.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  c linli.command := linli.enter(NULL, id, stream, made_at, digest, as_system => true);
  j linli.job;
  o api_1.outcome;
BEGIN
  IF c.decided                                  THEN RETURN c.answer; END IF;
  SELECT * INTO j FROM linli.job t WHERE t.job = due_run.job AND t.due_at <= c.now;
  IF j.job IS NULL                              THEN RETURN linli.refuse(c, 'unknown_row'); END IF;
  IF j.stream <> c.stream                       THEN RETURN linli.refuse(c, 'wrong_stream'); END IF;
  CASE j.kind
    WHEN 'office.changed'         THEN o := linli.job_office_changed(c, j);
    WHEN 'account.rights_changed' THEN o := linli.job_account_rights_changed(c, j);
    WHEN 'request.join'           THEN o := linli.job_request_join(c, j);
    WHEN 'request.join_done'      THEN o := linli.job_request_join_done(c, j);
    WHEN 'request.join_refused'   THEN o := linli.job_request_join_refused(c, j);
    WHEN 'request.deadline'       THEN o := linli.job_request_deadline(c, j);
  END CASE;
  DELETE FROM linli.job t WHERE t.job = j.job;
  RETURN o;
END $$;
