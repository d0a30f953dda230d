-- Proof that nothing was altered.

-- Note that an account looked: api functions that reveal call it before they answer. Chained an office.
CREATE OR REPLACE FUNCTION linli.access_chained(chain bytea, seq bigint, at timestamptz, account bigint, what text, row_id uuid, reason text)
  RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT sha256(chain || int8send(seq) || timestamptz_send(at) || int8send(account) || uuid_send(row_id)
                || int4send(length(what)) || textsend(what) || textsend(coalesce(reason, '')))
$$;
CREATE OR REPLACE FUNCTION linli.log_access(account bigint, what text, row_id uuid, reason text) RETURNS void
  LANGUAGE plpgsql AS $$
DECLARE
  h   linli.access_head;
  now timestamptz;
BEGIN
  INSERT INTO linli.access_head (office) SELECT a.office FROM linli.account a WHERE a.id = log_access.account
    ON CONFLICT ON CONSTRAINT access_head_pkey DO NOTHING;
  SELECT t.* INTO h FROM linli.access_head t JOIN linli.account a ON a.office = t.office
   WHERE a.id = log_access.account FOR NO KEY UPDATE OF t;
  now := linli.clock();
  h.head := h.head + 1;
  h.chain := linli.access_chained(h.chain, h.head, now, account, what, row_id, reason);
  INSERT INTO linli.access_log (office, seq, at, account, what, row_id, reason, chain)
    VALUES (h.office, h.head, now, account, what, row_id, reason, h.chain);
  UPDATE linli.access_head t SET head = h.head, chain = h.chain WHERE t.office = h.office;
END $$;

-- linlid, some times in each period: heads that moved and were not signed within it. Only to the one instance that holds the
-- lease. broken: what was signed last is no longer in the stream, which is then not signed again.
CREATE OR REPLACE FUNCTION api_1.heads_to_sign(instance uuid, period_s integer, max integer)
  RETURNS TABLE (stream bigint, seq bigint, chain bytea, broken boolean)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  now timestamptz := linli.clock();
BEGIN
  INSERT INTO linli.signing_lease AS l (instance, until) VALUES (instance, now + interval '10 minutes')
    ON CONFLICT ON CONSTRAINT signing_lease_pkey DO UPDATE SET instance = excluded.instance, until = excluded.until
      WHERE l.instance = excluded.instance OR l.until < now;
  IF NOT FOUND THEN RETURN; END IF;
  RETURN QUERY
    SELECT s.stream, s.head, s.chain, h.chain IS NOT NULL AND e.chain IS DISTINCT FROM h.chain
      FROM linli.stream s
      LEFT JOIN LATERAL (SELECT g.head, g.chain, g.at FROM linli.signed_head g WHERE g.stream = s.stream ORDER BY g.head DESC LIMIT 1) h ON true
      LEFT JOIN linli.event e ON e.stream = s.stream AND e.seq = h.head
     WHERE s.head <> coalesce(h.head, 0) AND (h.at > now - make_interval(secs => period_s)) IS NOT TRUE
     ORDER BY s.stream LIMIT max;
END $$;

-- linlid: its signatures over streams, seqs and chains: 32 bytes of chain and 64 of signature each, one after the other. Only
-- a head that is in its stream is kept.
CREATE OR REPLACE FUNCTION api_1.heads_signed(streams bigint[], seqs bigint[], chains bytea, key_id text, signatures bytea)
  RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
  INSERT INTO linli.signed_head (stream, head, chain, at, key_id, signature)
    SELECT e.stream, e.seq, e.chain, linli.clock(), $4, substring($5 FROM 64 * u.n::integer - 63 FOR 64)
      FROM unnest($1, $2) WITH ORDINALITY u (stream, seq, n)
      JOIN linli.event e ON e.stream = u.stream AND e.seq = u.seq AND e.chain = substring($3 FROM 32 * u.n::integer - 31 FOR 32)
     WHERE length($5) = 64 * cardinality($1)
    ON CONFLICT DO NOTHING
$$;

-- The owner (`linlictl audit verify`): signatures after a place, in order; what each is over. Whoever has the public keys checks.
CREATE OR REPLACE FUNCTION linli.audit_signatures(after_stream bigint, after_head bigint, max integer)
  RETURNS TABLE (stream bigint, head bigint, chain text, at timestamptz, key_id text, signature text) LANGUAGE sql STABLE AS $$
  SELECT h.stream, h.head, encode(h.chain, 'hex'), h.at, h.key_id, encode(h.signature, 'hex') FROM linli.signed_head h
   WHERE (h.stream, h.head) > ($1, $2) ORDER BY h.stream, h.head LIMIT $3
$$;

-- How many streams have events that no signature covers although the newest is older than `age`.
CREATE OR REPLACE FUNCTION linli.audit_unsigned(age interval) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT count(*) FROM linli.stream s WHERE s.head > 0 AND s.at < linli.clock() - age
     AND NOT EXISTS (SELECT FROM linli.signed_head h WHERE h.stream = s.stream AND h.head = s.head)
$$;

-- A row as its events made it: a whole body replaces, else members are replaced; null removes, at the end.
CREATE OR REPLACE FUNCTION linli.fold_step(state jsonb, whole boolean, body jsonb) RETURNS jsonb
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN whole THEN body ELSE state || body END
$$;
CREATE OR REPLACE AGGREGATE linli.fold (whole boolean, body jsonb) (SFUNC = linli.fold_step, STYPE = jsonb);

-- Every row whose events are in a stream, as told by the tables.
CREATE OR REPLACE FUNCTION linli.rows(stream bigint) RETURNS TABLE (noun text, row_id uuid, body jsonb)
  LANGUAGE plpgsql STABLE AS $$
BEGIN
  CASE stream % 4
    WHEN 1 THEN RETURN QUERY SELECT * FROM linli.office_rows(stream / 4);
    WHEN 2 THEN RETURN QUERY SELECT 'request'::text, t.id, jsonb_strip_nulls(linli.request_json(t)) FROM linli.request t
                              WHERE t.community = stream / 4;
    WHEN 3 THEN RETURN QUERY SELECT 'device'::text, t.id, jsonb_strip_nulls(linli.device_json(t)) FROM linli.device t
                              WHERE t.account = stream / 4;
  END CASE;
END $$;

-- The owner (`linlictl audit verify`), in a REPEATABLE READ transaction: what is wrong with a stream; no row, nothing.
-- Each link is recomputed from the stored one before it, which is the same as walking from the start.
CREATE OR REPLACE FUNCTION linli.audit_stream(stream bigint) RETURNS TABLE (seq bigint, row_id uuid, what text)
  LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  s linli.stream;
BEGIN
  PERFORM linli.utc();
  SELECT * INTO s FROM linli.stream t WHERE t.stream = audit_stream.stream;
  RETURN QUERY
  WITH walked AS (
    SELECT e.*, row_number() OVER w AS place,
           lag(e.chain, 1, '\x0000000000000000000000000000000000000000000000000000000000000000') OVER w AS before,
           lag(e.at, 1, '-infinity') OVER w AS earlier
      FROM linli.event e WHERE e.stream = audit_stream.stream WINDOW w AS (ORDER BY e.seq)
  )
  SELECT w.seq, w.row_id, x.what FROM walked w, LATERAL (VALUES
    (w.seq <> w.place, 'a sequence number is missing before this one'),
    (w.at < w.earlier, 'time runs backwards'),
    (w.chain <> linli.chained(w.before, w.seq, w.at, w.actor, w.row_id, w.digest, w.audience, w.whole, w.barred,
                              w.was_audience, w.teams, w.was_teams, w.kind), 'the chain does not fit the event'),
    ((w.salt IS NULL) <> (w.body IS NULL), 'it is half erased'),
    (w.digest <> linli.event_digest(w.salt, w.body::text, w.note::text), 'the body or note is not the one digested')
  ) x (wrong, what) WHERE x.wrong;
  RETURN QUERY SELECT s.head, NULL::uuid, 'the head is not the newest event'
    FROM (SELECT max(e.seq) AS seq FROM linli.event e WHERE e.stream = audit_stream.stream) m
    LEFT JOIN linli.event e ON e.stream = audit_stream.stream AND e.seq = m.seq
   WHERE s.head <> coalesce(m.seq, 0) OR s.chain <> e.chain;
  RETURN QUERY SELECT h.head, NULL::uuid, 'the signed head of ' || h.at || ' is not in the stream'
    FROM linli.signed_head h WHERE h.stream = audit_stream.stream
     AND NOT EXISTS (SELECT FROM linli.event e WHERE e.stream = h.stream AND e.seq = h.head AND e.chain = h.chain);
  -- rights_changed tells an account's own stream about a row that its office's stream keeps. A row with an erased event
  -- cannot be folded. An office whose effect is still due has not been told yet; rows of version 0 are part of the program.
  RETURN QUERY
  WITH folded AS (
    SELECT split_part(e.kind, '.', 1) AS noun, e.row_id, max(e.seq) AS seq, bool_or(e.body IS NULL) AS erased,
           jsonb_strip_nulls(linli.fold(e.whole, e.body ORDER BY e.seq)) AS body
      FROM linli.event e WHERE e.stream = audit_stream.stream AND e.kind <> 'account.rights_changed' GROUP BY 1, 2
  )
  SELECT f.seq, coalesce(f.row_id, r.row_id),
         CASE WHEN f.row_id IS NULL THEN 'a row of ' || r.noun || ' is in the table, and in no event'
              WHEN r.row_id IS NULL THEN 'a row of ' || f.noun || ' is gone from the table'
              ELSE 'a row of ' || f.noun || ' is not what its events made it: '
                || (SELECT string_agg(k, ', ' ORDER BY k) FROM jsonb_object_keys(f.body || r.body) k
                     WHERE f.body -> k IS DISTINCT FROM r.body -> k) END
    FROM folded f FULL JOIN linli.rows(audit_stream.stream) r ON r.noun = f.noun AND r.row_id = f.row_id
   WHERE f.body IS DISTINCT FROM r.body AND f.erased IS NOT TRUE
     AND NOT (f.row_id IS NULL AND (r.body ->> 'version' = '0' OR r.noun = 'office' AND EXISTS (
              SELECT FROM linli.job j WHERE j.row_id = r.row_id AND j.kind = 'office.changed')));
END $$;

CREATE OR REPLACE FUNCTION linli.audit_access(office bigint) RETURNS TABLE (seq bigint, row_id uuid, what text)
  LANGUAGE sql STABLE AS $$
  WITH walked AS (
    SELECT l.*, row_number() OVER w AS place,
           lag(l.chain, 1, '\x0000000000000000000000000000000000000000000000000000000000000000') OVER w AS before
      FROM linli.access_log l WHERE l.office = $1 WINDOW w AS (ORDER BY l.seq)
  )
  SELECT w.seq, w.row_id, 'the access log does not fit its chain' FROM walked w
   WHERE w.seq <> w.place OR w.chain <> linli.access_chained(w.before, w.seq, w.at, w.account, w.what, w.row_id, w.reason)
  UNION ALL
  SELECT h.head, NULL, 'the access log was cut' FROM linli.access_head h WHERE h.office = $1
     AND h.head <> (SELECT count(*) FROM walked)
$$;

-- The owner: everything, or one stream. office of an access log stands for its stream.
CREATE OR REPLACE FUNCTION linli.audit_verify(stream bigint DEFAULT NULL)
  RETURNS TABLE (stream bigint, seq bigint, row_id uuid, what text) LANGUAGE sql AS $$
  SELECT s.stream, a.* FROM linli.stream s, LATERAL linli.audit_stream(s.stream) a WHERE $1 IS NULL OR s.stream = $1
  UNION ALL
  SELECT linli.office_stream(h.office), a.* FROM linli.access_head h, LATERAL linli.audit_access(h.office) a
   WHERE $1 IS NULL OR linli.office_stream(h.office) = $1
$$;

-- The owner, once: the root office, its stream and the first administrator, each told by an event. Nothing when there
-- is an account already.
CREATE OR REPLACE FUNCTION linli.bootstrap(name text, title text, password_hash text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  now timestamptz := linli.clock();
  c   linli.command;
  f   linli.office;
  o   api_1.outcome;
BEGIN
  INSERT INTO linli.office AS t (id, code, name) VALUES (1, '000000000000', '邻里')
    ON CONFLICT DO NOTHING RETURNING * INTO f;
  IF FOUND THEN
    INSERT INTO linli.stream (stream, office) VALUES (linli.office_stream(1), 1);
    c := linli.enter(NULL, linli.uuid_of(now, 'root office'), linli.office_stream(1), now, 'bootstrap');
    PERFORM linli.emit(c, 'office.changed', linli.key(1), NULL, linli.office_json(f));
  END IF;
  IF EXISTS (SELECT FROM linli.account) THEN RETURN; END IF;
  o := api_1.account_add(NULL, linli.uuid_of(now, 'first administrator'), linli.office_stream(1), NULL, now, 'bootstrap',
                         name, title, password_hash, 'administrator', 'everything', NULL);
  IF o.refusal IS NOT NULL THEN RAISE EXCEPTION 'The first administrator was refused: % %', o.refusal, o.detail; END IF;
END $$;
