-- Who called. Two questions and no stream: handling teams, slips and exports never come here.

-- What both questions need: the row may be read, and the right reveal is held there. A refusal is raised.
CREATE OR REPLACE FUNCTION linli.caller_for(who linli.reader, request uuid) RETURNS linli.caller LANGUAGE plpgsql STABLE AS $$
DECLARE
  r linli.request;
  k linli.caller;
BEGIN
  SELECT * INTO r FROM linli.request q WHERE q.id = request;
  IF r.id IS NULL OR NOT linli.knows(who.account, r)          THEN PERFORM linli.deny('unknown_row'); END IF;
  IF NOT linli.account_may(who.account, 'reveal', linli.office_of(r.community), r.community, r.grid)
     OR NOT linli.sees(who.account, r, linli.clock())         THEN PERFORM linli.deny('not_allowed'); END IF;
  SELECT * INTO k FROM linli.caller q WHERE q.request = caller_for.request;
  RETURN k;
END $$;

-- Who holds reveal and may read the request. Masked: the name's first character, what linlid made of the phone. That too is
-- noted, hence in a transaction that writes.
CREATE OR REPLACE FUNCTION api_1.caller_show(session bytea, after text, max integer, request uuid)
  RETURNS TABLE (key text, body jsonb) LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  who linli.reader := linli.reader(session);
  k   linli.caller := linli.caller_for(who, request);
BEGIN
  IF k.request IS NULL OR after IS NOT NULL THEN RETURN; END IF;
  PERFORM linli.log_access(who.account, 'caller.show', request, NULL);
  RETURN QUERY SELECT k.request::text, jsonb_strip_nulls(jsonb_build_object('request', k.request,
    'name', left(k.name, 1) || '*', 'phone', k.phone_masked, 'revealed', false));
END $$;

-- The same, in clear: noted with its reason in the access log before it is answered, hence in a transaction that writes.
-- linlid opens the sealed phone.
CREATE OR REPLACE FUNCTION api_1.caller_reveal(session bytea, after text, max integer, request uuid, reason text)
  RETURNS TABLE (key text, body jsonb) LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  who linli.reader := linli.reader(session);
  k   linli.caller := linli.caller_for(who, request);
BEGIN
  IF coalesce(btrim(reason), '') = '' THEN PERFORM linli.deny('bad_value', 'reason'); END IF;
  IF k.request IS NULL OR after IS NOT NULL THEN RETURN; END IF;
  -- The quota is the account's, however often it connects.
  IF (SELECT count(*) FROM linli.access_log l WHERE l.account = who.account AND l.what = 'caller.reveal'
         AND l.at > linli.clock() - interval '1 hour') >= 20 THEN
    PERFORM linli.deny('not_allowed', '20 callers were revealed within an hour: wait, or ask the data-protection officer');
  END IF;
  PERFORM linli.log_access(who.account, 'caller.reveal', request, reason);
  RETURN QUERY SELECT k.request::text, jsonb_strip_nulls(jsonb_build_object('request', k.request, 'name', k.name,
    'phone', CASE WHEN k.phone_sealed IS NOT NULL THEN jsonb_build_object('sealed', k.phone_sealed) END, 'revealed', true));
END $$;
