-- Devices, in their account's own stream.

CREATE OR REPLACE FUNCTION linli.device_json(r linli.device) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('id', r.id, 'account', r.account, 'name', r.name, 'first_seen_at', r.first_seen_at,
                            'last_seen_at', r.last_seen_at, 'revoked', r.revoked)
$$;

-- At each sign-in with a password. An event when it is new, was revoked, has another name, or was not seen for half a
-- day. A password opens a revoked device again: revoking ends its tokens, and the thief of a device has no password.
CREATE OR REPLACE FUNCTION linli.device_seen(account bigint, device uuid, name text, now timestamptz) RETURNS void
  LANGUAGE plpgsql AS $$
DECLARE
  c linli.command := linli.enter(NULL, linli.uuid_of(now, uuid_send(gen_random_uuid())), linli.account_stream(account), now, '',
                                 as_system => true);
  d linli.device;
BEGIN
  SELECT * INTO d FROM linli.device t WHERE t.account = device_seen.account AND t.id = device;
  IF FOUND AND NOT d.revoked AND d.last_seen_at > c.now - interval '12 hours'
     AND d.name IS NOT DISTINCT FROM coalesce(device_seen.name, d.name) THEN RETURN; END IF;
  INSERT INTO linli.device AS t (account, id, name, first_seen_at, last_seen_at) VALUES (account, device, name, c.now, c.now)
    ON CONFLICT ON CONSTRAINT device_pkey
    DO UPDATE SET name = coalesce(excluded.name, t.name), last_seen_at = c.now, revoked = false
    RETURNING * INTO d;
  PERFORM linli.emit(c, 'device.changed', device, NULL, linli.device_json(d));
END $$;

-- linlid, for device.revoke: one's own, or that of an account one may manage. The account's open sessions are asked about
-- by its servers: an event of changed rights comes before the command's own.
CREATE OR REPLACE FUNCTION api_1.device_revoke(session bytea, id uuid, stream bigint, version bigint, made_at timestamptz,
    digest bytea, device uuid)
  RETURNS api_1.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  c linli.command := linli.enter(session, id, stream, made_at, digest);
  d linli.device;
  a linli.account;
BEGIN
  IF c.decided                                             THEN RETURN c.answer; END IF;
  IF c.stream % 4 <> 3                                     THEN RETURN linli.refuse(c, 'wrong_stream'); END IF;
  IF c.owner <> c.account AND linli.beyond(c, c.owner)     THEN RETURN linli.refuse(c, 'not_allowed'); END IF;
  SELECT * INTO d FROM linli.device t WHERE t.account = c.owner AND t.id = device;
  IF d.id IS NULL                                          THEN RETURN linli.refuse(c, 'unknown_row'); END IF;
  IF d.revoked                                             THEN RETURN linli.refuse(c, 'wrong_state'); END IF;
  UPDATE linli.device t SET revoked = true WHERE t.account = d.account AND t.id = d.id RETURNING * INTO d;
  DELETE FROM linli.session s WHERE s.account = d.account AND s.device = d.id;
  SELECT * INTO a FROM linli.account t WHERE t.id = c.owner;
  c := linli.also(c, 'account.rights_changed', linli.key(a.id), NULL, linli.account_json(a));
  RETURN linli.emit(c, 'device.changed', d.id, NULL, linli.device_json(d));
END $$;

-- linlid, for device.list: one's own.
CREATE OR REPLACE FUNCTION api_1.device_list(session bytea, after text, max integer)
  RETURNS TABLE (key text, body jsonb) LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  r linli.reader := linli.reader(session);
BEGIN
  RETURN QUERY SELECT d.id::text, linli.device_json(d) FROM linli.device d
    WHERE d.account = r.account AND (after IS NULL OR d.id > after::uuid) ORDER BY d.id LIMIT linli.page(max);
END $$;
