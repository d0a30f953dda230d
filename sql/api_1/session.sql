-- Signing in, resuming, signing out. linlid makes tokens and checks passwords; what counts is decided here.

-- An argon2id string that no password fits, so that an unknown name costs as much as a known one.
CREATE OR REPLACE FUNCTION linli.dummy_hash() RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT '$argon2id$v=19$m=19456,t=2,p=1$SR1aAP/7gnTMOPWIYrr4mA$sMAo/Y42IBOAsucG4vlkSn7o+pu1iem4G2xR9SPUf0M'
$$;

DROP TYPE IF EXISTS api_1.signed_in CASCADE;
CREATE TYPE api_1.signed_in AS (
  error text, retry_after_ms bigint, account bigint, name text, title text, office bigint, expires_at timestamptz,
  rights text[], communities bigint[], zone text, teams bigint[], account_stream bigint, office_stream bigint,
  account_head bigint      -- of the account's stream, read before the rights: what moves them later is beyond it
);

-- How long a token lasts from its last use, and from its making.
CREATE OR REPLACE FUNCTION linli.session_lasts() RETURNS interval LANGUAGE sql IMMUTABLE AS $$ SELECT interval '36 hours' $$;
CREATE OR REPLACE FUNCTION linli.session_ends() RETURNS interval LANGUAGE sql IMMUTABLE AS $$ SELECT interval '30 days' $$;

-- Where a guess comes from: an IPv4 address, or the /64 that one customer is given.
CREATE OR REPLACE FUNCTION linli.network(address text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN address LIKE '%:%:%'
              THEN host(network(set_masklen(split_part(address, '%', 1)::inet, 64))) ELSE coalesce(address, '') END
$$;

-- One attempt of a key that may make `burst` at once and then one every `drip`. Returns the wait in ms; 0 counts the
-- attempt. A throttled guesser writes nothing, however fast it guesses.
CREATE OR REPLACE FUNCTION linli.throttle(key text, now timestamptz, drip interval, burst integer) RETURNS bigint
  LANGUAGE plpgsql AS $$
DECLARE
  until timestamptz;
BEGIN
  SELECT t.empty INTO until FROM linli.sign_in_attempt t WHERE t.key = throttle.key;
  IF linli.throttle_wait(until, now, drip, burst) = 0 THEN
    INSERT INTO linli.sign_in_attempt AS t (key, empty) VALUES (key, now + drip)
      ON CONFLICT ON CONSTRAINT sign_in_attempt_pkey DO UPDATE SET empty = greatest(t.empty, now) + drip
        WHERE t.empty + drip <= now + burst * drip;
    IF FOUND THEN RETURN 0; END IF;
    SELECT t.empty INTO until FROM linli.sign_in_attempt t WHERE t.key = throttle.key;
  END IF;
  RETURN linli.throttle_wait(until, now, drip, burst);
END $$;

-- How long a key whose queue would be empty at `until` has to wait, in ms; counts nothing.
CREATE OR REPLACE FUNCTION linli.throttle_wait(until timestamptz, now timestamptz, drip interval, burst integer) RETURNS bigint
  LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN until IS NULL OR until + drip <= now + burst * drip THEN 0
              ELSE greatest(1, ceil(extract(epoch FROM until + drip - now - burst * drip) * 1000))::bigint END
$$;

-- What a sign-in is throttled by: an account's known device by itself, so that no storm from elsewhere touches it; any
-- other by account and network. No key is an account alone: nobody can lock an account out.
CREATE OR REPLACE FUNCTION linli.throttle_key(name text, device uuid, address text, known boolean) RETURNS text
  LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN known THEN 'device ' || device || ' ' || name ELSE 'network ' || linli.network(address) || ' ' || name END
$$;

-- linlid, before it hashes a password.
CREATE OR REPLACE FUNCTION api_1.sign_in_begin(name text, device uuid, address text)
  RETURNS TABLE (account bigint, hash text, known boolean, wait_ms bigint)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  now    timestamptz := linli.clock();
  behind text        := 'network ' || linli.network(address);
BEGIN
  SELECT a.id, a.password_hash INTO account, hash FROM linli.account a WHERE a.name = sign_in_begin.name;
  known := EXISTS (SELECT FROM linli.device d WHERE d.account = sign_in_begin.account AND d.id = device AND NOT d.revoked);
  hash := coalesce(hash, linli.dummy_hash());
  -- A whole office stands behind one address each morning; a guesser with a list of names does too. Asked before anything is
  -- counted, so that ever new names from a network that must wait write no row.
  IF NOT known THEN
    wait_ms := linli.throttle_wait((SELECT t.empty FROM linli.sign_in_attempt t WHERE t.key = behind), now, interval '200 milliseconds', 500);
    IF wait_ms > 0 THEN
      RETURN NEXT;
      RETURN;
    END IF;
  END IF;
  wait_ms := linli.throttle(linli.throttle_key(name, device, address, known), now, interval '20 seconds', CASE WHEN known THEN 10 ELSE 5 END);
  IF wait_ms = 0 AND NOT known THEN wait_ms := linli.throttle(behind, now, interval '200 milliseconds', 500); END IF;
  RETURN NEXT;
END $$;

-- linlid, after it has compared the password. Only a right password is told that the account is disabled.
CREATE OR REPLACE FUNCTION api_1.sign_in_end(name text, device uuid, device_name text, address text, ok boolean, token bytea)
  RETURNS api_1.signed_in LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  now   timestamptz := linli.clock();
  who   bigint;
  a     linli.account;
BEGIN
  SELECT t.id INTO who FROM linli.account t WHERE t.name = sign_in_end.name;
  IF ok IS NOT TRUE OR who IS NULL OR length(token) IS DISTINCT FROM 32 OR device IS NULL THEN
    RETURN linli.not_signed_in('wrong_password');
  END IF;
  PERFORM linli.device_seen(who, device, device_name, now);
  -- Held until the session is in: account.disable and set_password wait, and then delete it.
  SELECT * INTO a FROM linli.account t WHERE t.id = who FOR SHARE;
  IF a.disabled THEN RETURN linli.not_signed_in('disabled'); END IF;
  INSERT INTO linli.session (token, account, office, device, made_at, expires_at, address)
    VALUES (token, a.id, a.office, device, now, now + linli.session_lasts(), address);
  DELETE FROM linli.sign_in_attempt t WHERE t.key IN (linli.throttle_key(name, device, address, true),
                                                      linli.throttle_key(name, device, address, false));
  RETURN linli.signed_in_as(token, now);
END $$;

CREATE OR REPLACE FUNCTION linli.not_signed_in(error text) RETURNS api_1.signed_in LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  s api_1.signed_in;
BEGIN
  s.error := error;
  RETURN s;
END $$;

CREATE OR REPLACE FUNCTION linli.signed_in_as(token bytea, now timestamptz) RETURNS api_1.signed_in
  LANGUAGE plpgsql AS $$
DECLARE
  s api_1.signed_in;
BEGIN
  SELECT a.id, a.name, a.title, a.office, t.expires_at, o.zone, h.head
    INTO s.account, s.name, s.title, s.office, s.expires_at, s.zone, s.account_head
    FROM linli.session t JOIN linli.account a ON a.id = t.account JOIN linli.office o ON o.id = a.office
         JOIN linli.stream h ON h.stream = linli.account_stream(a.id)
   WHERE t.token = signed_in_as.token AND t.expires_at > now;
  IF s.account IS NULL THEN RETURN linli.not_signed_in('token_expired'); END IF;
  s.teams := linli.teams_of(s.account);
  s.rights := coalesce((SELECT array_agg(DISTINCT r.right_name ORDER BY r.right_name)
                          FROM linli.role_grant g JOIN linli.role_right r ON r.role = g.role
                         WHERE g.account = s.account AND NOT g.ended), '{}');
  -- As many as one frame tells; whoever may follow more asks by office.
  s.communities := coalesce((SELECT array_agg(x.community) FROM (SELECT r.community FROM linli.reach(s.account, s.teams) r
                                                                  ORDER BY r.office = s.office DESC, r.community LIMIT 4096) x), '{}');
  s.account_stream := linli.account_stream(s.account);
  s.office_stream := linli.office_stream(s.office);
  RETURN s;
END $$;

-- linlid, for the frame resume, and to learn rights anew after account.rights_changed. A session in use lasts on, but not for ever.
CREATE OR REPLACE FUNCTION api_1.resume(token bytea, device uuid, address text)
  RETURNS api_1.signed_in LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  now timestamptz := linli.clock();
BEGIN
  -- Written once an hour, not at every reconnection of ten thousand desks.
  UPDATE linli.session s SET expires_at = least(now + linli.session_lasts(), s.made_at + linli.session_ends()), address = resume.address
   WHERE s.token = resume.token AND s.device = resume.device AND s.expires_at > now
     AND s.expires_at < now + linli.session_lasts() - interval '1 hour';
  IF NOT FOUND AND NOT EXISTS (SELECT FROM linli.session s WHERE s.token = resume.token AND s.device = resume.device) THEN
    RETURN linli.not_signed_in('token_expired');
  END IF;
  RETURN linli.signed_in_as(token, now);
END $$;

-- linlid, for the frame sign_out.
CREATE OR REPLACE FUNCTION api_1.sign_out(session bytea)
  RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
  DELETE FROM linli.session s WHERE s.token = session
$$;
