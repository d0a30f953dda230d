-- Following streams. linlid reads events without a session (stream_read) and gives each reader its form of them; who may
-- follow, and in which form, is decided here.

-- First eight bytes of a chain hash, little-endian: what readers are given and give back.
CREATE OR REPLACE FUNCTION linli.chain_tag(chain bytea) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT ('x' || string_agg(lpad(to_hex(get_byte(chain, i)), 2, '0'), '' ORDER BY i DESC))::bit(64)::bigint
    FROM generate_series(0, 7) i
$$;

-- What a session may see of a stream. A row for each of `streams` that it may follow.
CREATE OR REPLACE FUNCTION linli.sight_of(who linli.reader, streams bigint[], teams bigint[])
  RETURNS TABLE (stream bigint, clear smallint, sight smallint) LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN QUERY
    SELECT s, 0::smallint, 0::smallint FROM unnest(streams) s
     WHERE s = linli.account_stream(who.account)
        OR s % 4 = 1 AND linli.may_follow_office(who.account, who.office, s / 4);
  IF EXISTS (SELECT FROM unnest(streams) s WHERE s % 4 = 2) THEN
    RETURN QUERY SELECT s, r.clear, r.sight FROM unnest(streams) s JOIN linli.reach(who.account, teams) r
                     ON s = linli.community_stream(r.community);
  END IF;
END $$;

-- linlid, for the frame subscribe. The same lists in the same order; since -1: the reader holds nothing and wants a
-- snapshot, 0: it wants the events from the first on. A reader's chain may be absent (NULL).
-- `office` adds its communities that the session may follow and has not named.
CREATE OR REPLACE FUNCTION api_1.subscribe(session bytea, streams bigint[], since bigint[], tags bigint[], office bigint)
  RETURNS TABLE (stream bigint, refusal text, head bigint, chain bytea, forked boolean, snapshot boolean,
                 clear smallint, sight smallint, teams bigint[], bars bigint[])
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
#variable_conflict use_column
DECLARE
  who  linli.reader := linli.reader(session);
  mine bigint[]     := linli.teams_of(who.account);
  told_bars bigint[] := linli.bars_told(linli.bars_of(who.account));
BEGIN
  RETURN QUERY
  WITH asked AS (
    SELECT DISTINCT ON (u.stream) u.stream, nullif(u.since, -1) AS since, u.tag
      FROM unnest(subscribe.streams, subscribe.since, subscribe.tags) u (stream, since, tag)
  ), wanted AS (
    SELECT a.stream, a.since, a.tag FROM asked a
    UNION ALL
    SELECT linli.community_stream(r.community), NULL, NULL FROM linli.reach(who.account, mine) r
     WHERE r.office = subscribe.office AND linli.community_stream(r.community) NOT IN (SELECT a.stream FROM asked a)
  ), seen AS (
    SELECT x.stream, x.clear, x.sight FROM linli.sight_of(who, (SELECT array_agg(w.stream) FROM wanted w), mine) x
  ), told AS (
    SELECT w.stream, w.since, s.head, s.chain, v.clear, v.sight,
           CASE WHEN s.stream IS NULL THEN 'unknown_row' WHEN v.stream IS NULL THEN 'not_allowed' END AS refusal,
           coalesce(w.since > s.head OR w.tag <> linli.chain_tag(e.chain), false) AS forked
      FROM wanted w LEFT JOIN linli.stream s USING (stream) LEFT JOIN seen v USING (stream)
      LEFT JOIN linli.event e ON e.stream = w.stream AND e.seq = w.since
  )
  SELECT t.stream, t.refusal,
         CASE WHEN t.refusal IS NULL THEN t.head END, CASE WHEN t.refusal IS NULL THEN t.chain END,
         t.refusal IS NULL AND t.forked,
         t.refusal IS NULL AND (t.since IS NULL OR t.forked OR t.head - t.since > 5000),
         t.clear, t.sight, CASE WHEN t.refusal IS NULL THEN mine END, CASE WHEN t.refusal IS NULL THEN told_bars END
    FROM told t;
END $$;

-- linlid: the events since + 1 … of a stream, in order. The one place where events are read for readers.
CREATE OR REPLACE FUNCTION api_1.stream_read(stream bigint, since bigint, max integer)
  RETURNS SETOF api_1.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
BEGIN
  RETURN QUERY
  SELECT NULL::text, NULL::text, false, e.stream, e.seq, e.row_id, e.at, e.actor, e.kind, e.chain, e.audience, e.teams,
         e.barred, e.was_audience, e.was_teams, e.whole, e.body::text, e.note::text
    FROM linli.event e WHERE e.stream = stream_read.stream AND e.seq > since ORDER BY e.seq LIMIT least(max, 10000);
END $$;

-- linlid, each second: who may see these rows now, as the newest event of each in its stream says; n counts from 1. No row for
-- one that is not in its stream.
CREATE OR REPLACE FUNCTION api_1.audiences(streams bigint[], rows uuid[])
  RETURNS TABLE (n bigint, audience smallint, teams bigint[], barred bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = linli, pg_temp AS $$
  SELECT u.n, e.audience, e.teams, e.barred FROM unnest($1, $2) WITH ORDINALITY u (stream, row_id, n)
    CROSS JOIN LATERAL (SELECT v.audience, v.teams, v.barred FROM linli.event v
                         WHERE v.row_id = u.row_id AND v.stream = u.stream ORDER BY v.seq DESC LIMIT 1) e
$$;

-- linlid: where a stream stands.
CREATE OR REPLACE FUNCTION api_1.stream_head(stream bigint, OUT seq bigint, OUT chain bytea)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = linli, pg_temp AS $$
  SELECT s.head, s.chain FROM linli.stream s WHERE s.stream = stream_head.stream
$$;

-- linlid, each second: those of the streams whose head is beyond the seq it has.
CREATE OR REPLACE FUNCTION api_1.heads(streams bigint[], seqs bigint[])
  RETURNS TABLE (stream bigint, seq bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = linli, pg_temp AS $$
  SELECT s.stream, s.head FROM unnest(streams, seqs) u (stream, seq) JOIN linli.stream s ON s.stream = u.stream
   WHERE s.head > u.seq
$$;

-- linlid, after a commit and never inside one that writes: tells all processes that these moved.
CREATE OR REPLACE FUNCTION api_1.ring(streams bigint[]) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
  SELECT pg_notify('linli', array_to_string(streams, ','))
$$;

-- linlid, in one REPEATABLE READ transaction with stream_head: the working set of a stream. LI001 when the session may
-- not follow it. Barred and classed rows come with their audience; linlid gives each reader its form.
CREATE OR REPLACE FUNCTION api_1.snapshot(session bytea, stream bigint)
  RETURNS TABLE (noun text, audience smallint, teams bigint[], barred bigint, body text)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  who   linli.reader := linli.reader(session);
  owner bigint       := stream / 4;
BEGIN
  IF NOT EXISTS (SELECT FROM linli.stream s WHERE s.stream = snapshot.stream) THEN PERFORM linli.deny('unknown_row'); END IF;
  IF NOT EXISTS (SELECT FROM linli.sight_of(who, ARRAY[stream], linli.teams_of(who.account))) THEN
    PERFORM linli.deny('not_allowed');
  END IF;
  CASE stream % 4
    WHEN 1 THEN
      RETURN QUERY SELECT r.noun, 0::smallint, NULL::bigint[], NULL::bigint, r.body::text
                     FROM linli.office_rows(owner) r;
    WHEN 2 THEN
      RETURN QUERY SELECT 'request'::text, r.audience, r.teams, r.barred, r.body::text FROM linli.snapshot_requests(owner) r;
    WHEN 3 THEN
      RETURN QUERY SELECT 'account'::text, 0::smallint, NULL::bigint[], NULL::bigint, jsonb_strip_nulls(linli.account_json(a))::text
                     FROM linli.account a WHERE a.id = owner;
      RETURN QUERY SELECT 'device'::text, 0::smallint, NULL::bigint[], NULL::bigint, jsonb_strip_nulls(linli.device_json(d))::text
                     FROM linli.device d WHERE d.account = owner;
  END CASE;
END $$;

-- The rows that an office's stream holds: what a snapshot shows and what audit compares the folded events with.
CREATE OR REPLACE FUNCTION linli.office_rows(office bigint) RETURNS TABLE (noun text, row_id uuid, body jsonb)
  LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN QUERY
    SELECT 'office', linli.key(t.id), jsonb_strip_nulls(linli.office_json(t)) FROM linli.office t WHERE t.id = office_rows.office
    UNION ALL
    SELECT 'district', linli.key(t.id), jsonb_strip_nulls(linli.district_json(t)) FROM linli.district t WHERE office_rows.office = 1
    UNION ALL
    SELECT 'subdistrict', linli.key(t.id), jsonb_strip_nulls(linli.subdistrict_json(t)) FROM linli.subdistrict t WHERE office_rows.office = 1
    UNION ALL
    SELECT 'community', linli.key(t.id), jsonb_strip_nulls(linli.community_json(t)) FROM linli.community t WHERE t.office = office_rows.office
    UNION ALL
    SELECT 'grid', linli.key(t.id), jsonb_strip_nulls(linli.grid_json(t))
      FROM linli.community k JOIN linli.grid t ON t.community = k.id WHERE k.office = office_rows.office
    UNION ALL
    SELECT 'category', linli.key(t.id), jsonb_strip_nulls(linli.category_json(t)) FROM linli.category t
     WHERE t.office = office_rows.office OR t.office IS NULL AND office_rows.office = 1
    UNION ALL
    SELECT 'account', linli.key(t.id), jsonb_strip_nulls(linli.account_json(t)) FROM linli.account t WHERE t.office = office_rows.office
    UNION ALL
    SELECT 'grant', linli.key(t.id), jsonb_strip_nulls(linli.grant_json(t))
      FROM linli.account a JOIN linli.role_grant t ON t.account = a.id WHERE a.office = office_rows.office
    UNION ALL
    SELECT 'team', linli.key(t.id), jsonb_strip_nulls(linli.team_json(t)) FROM linli.team t WHERE t.office = office_rows.office
    UNION ALL
    SELECT 'member', linli.key(t.id), jsonb_strip_nulls(linli.member_json(t))
      FROM linli.team s JOIN linli.member t ON t.team = s.id WHERE s.office = office_rows.office;
END $$;
