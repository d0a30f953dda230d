-- The state machine, for clients and documentation: rows of linli.request_transition.

-- Whoever is signed in. Numbered in the order of its key.
CREATE OR REPLACE FUNCTION api_1.transition_list(session bytea, after text, max integer)
  RETURNS TABLE (key text, body jsonb) LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  who linli.reader := linli.reader(session);
BEGIN
  RETURN QUERY
    SELECT x.id::text, jsonb_strip_nulls(jsonb_build_object('id', x.id, 'state', x.state, 'action', x.action,
             'result', nullif(x.outcome, ''), 'next_state', x.next_state, 'needs', x.needs_right, 'who', x.who,
             'offered', nullif(x.version_1, false)))
      FROM (SELECT row_number() OVER (ORDER BY t.state, t.action, t.outcome) AS id, t.* FROM linli.request_transition t) x
     WHERE x.id > coalesce(after::bigint, 0) ORDER BY x.id LIMIT linli.page(max);
END $$;
