-- Half-written texts, so that a draft survives a lost desk. Quiet: no event, no log, no chain.

-- Whoever is signed in, in the account's own stream; 200 at most. A later one wins by made_at, whatever the order of arrival.
CREATE OR REPLACE FUNCTION api_1.request_draft(session bytea, id uuid, stream bigint, version bigint, made_at timestamptz,
    digest bytea, draft uuid, text text)
  RETURNS api_1.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  me  bigint := (SELECT w.account FROM linli.whoever(session, linli.clock()) w);
  why text := CASE WHEN me IS NULL THEN 'signed_out'
                   WHEN stream IS DISTINCT FROM linli.account_stream(me) THEN 'wrong_stream'
                   WHEN text <> '' AND (SELECT count(*) FROM linli.draft d WHERE d.account = me AND d.draft <> request_draft.draft) >= 200
                   THEN 'too_many' END;
BEGIN
  IF why IS NULL AND text = '' THEN
    DELETE FROM linli.draft d WHERE d.account = me AND d.draft = request_draft.draft;
  ELSIF why IS NULL THEN
    INSERT INTO linli.draft AS d (account, draft, text, made_at) VALUES (me, request_draft.draft, request_draft.text, request_draft.made_at)
      ON CONFLICT ON CONSTRAINT draft_pkey DO UPDATE SET text = excluded.text, made_at = excluded.made_at
      WHERE d.made_at <= excluded.made_at;
  END IF;
  RETURN (why, CASE why WHEN 'too_many' THEN '200 drafts' END, false, stream, NULL, CASE WHEN why IS NULL THEN draft END,
          NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)::api_1.outcome;
END $$;

-- Whoever is signed in: one's own, the newest first.
CREATE OR REPLACE FUNCTION api_1.draft_list(session bytea, after text, max integer)
  RETURNS TABLE (key text, body jsonb) LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  who   linli.reader := linli.reader(session);
  until timestamptz := coalesce(split_part(after, ' ', 1)::timestamptz, 'infinity');
  last  uuid := coalesce(split_part(after, ' ', 2)::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
BEGIN
  RETURN QUERY
    SELECT to_char(d.made_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || ' ' || d.draft,
           jsonb_build_object('id', d.draft, 'text', d.text, 'made_at', d.made_at)
      FROM linli.draft d WHERE d.account = who.account AND (d.made_at, d.draft) < (until, last)
     ORDER BY d.made_at DESC, d.draft DESC LIMIT linli.page(max);
END $$;
