-- Accounts and the roles they hold (noun grant), in the stream of the account's office.

CREATE OR REPLACE FUNCTION linli.account_json(r linli.account) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('id', r.id, 'name', r.name, 'title', r.title, 'office', r.office, 'disabled', r.disabled,
                            'version', r.version)
$$;
CREATE OR REPLACE FUNCTION linli.grant_json(r linli.role_grant) RETURNS jsonb LANGUAGE sql STABLE AS 'SELECT to_jsonb(r)';

-- Why this command may not give (or take) this role within this scope; NULL when it may. Nobody gives further than they
-- manage themselves.
CREATE OR REPLACE FUNCTION linli.cannot_grant(c linli.command, scope text, scope_id bigint) RETURNS text
  LANGUAGE plpgsql STABLE AS $$
DECLARE
  office    bigint;
  community bigint;
BEGIN
  CASE scope
    WHEN 'everything' THEN IF scope_id IS NOT NULL THEN RETURN 'wrong_scope'; END IF;
    WHEN 'office'     THEN SELECT t.id INTO office FROM linli.office t WHERE t.id = scope_id;
                           IF NOT FOUND THEN RETURN 'wrong_scope'; END IF;
    WHEN 'community'  THEN SELECT t.office, t.id INTO office, community FROM linli.community t WHERE t.id = scope_id;
                           IF NOT FOUND THEN RETURN 'wrong_scope'; END IF;
    WHEN 'grid'       THEN SELECT k.office, k.id INTO office, community
                             FROM linli.grid t JOIN linli.community k ON k.id = t.community WHERE t.id = scope_id;
                           IF NOT FOUND THEN RETURN 'wrong_scope'; END IF;
    ELSE RETURN 'wrong_scope';
  END CASE;
  IF c.account IS NOT NULL AND NOT linli.account_may(c.account, 'manage_accounts', office, community) THEN
    RETURN 'not_allowed';
  END IF;
  RETURN NULL;
END $$;

-- Whether this command may touch the account: it belongs to the stream's office, and holds nothing that reaches further
-- than the actor manages. Else a password could be set to borrow wider rights.
CREATE OR REPLACE FUNCTION linli.cannot_manage(c linli.command, a linli.account) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF a.id IS NULL                               THEN RETURN 'unknown_row'; END IF;
  IF c.stream <> linli.office_stream(a.office)  THEN RETURN 'wrong_stream'; END IF;
  IF linli.beyond(c, a.id)                      THEN RETURN 'not_allowed'; END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION linli.beyond(c linli.command, account bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN NOT linli.may(c, 'manage_accounts')
      OR EXISTS (SELECT FROM linli.role_grant g WHERE g.account = beyond.account AND NOT g.ended
                    AND linli.cannot_grant(c, g.scope, g.scope_id) = 'not_allowed');
END $$;

-- Tells the account's own stream that its rights changed: its server gives its streams anew.
CREATE OR REPLACE FUNCTION linli.tell_rights(o api_1.outcome, n integer, account bigint) RETURNS void
  LANGUAGE sql AS $$
  SELECT linli.effect(o, n, linli.account_stream(account), 'account.rights_changed', linli.key(account), NULL)
$$;
CREATE OR REPLACE FUNCTION linli.job_account_rights_changed(c linli.command, j linli.job)
  RETURNS api_1.outcome LANGUAGE plpgsql AS $$
DECLARE
  a linli.account;
BEGIN
  SELECT * INTO a FROM linli.account t WHERE t.id = c.owner;
  RETURN linli.emit(c, 'account.rights_changed', linli.key(a.id), NULL, linli.account_json(a));
END $$;

CREATE OR REPLACE FUNCTION linli.is_hash(password text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT password ~ '^\$argon2id\$v=19\$m=[0-9]+,t=[0-9]+,p=[0-9]+\$[A-Za-z0-9+/]{22,}\$[A-Za-z0-9+/]{43,}$'
$$;

-- linlid, for account.add. password NULL: linlid found it too short. A first role comes in the same transaction, its
-- event before the account's own so that the outcome names the account.
CREATE OR REPLACE FUNCTION api_1.account_add(session bytea, id uuid, stream bigint, version bigint, made_at timestamptz,
    digest bytea, name text, title text, password text, role text, scope text, scope_id bigint)
  RETURNS api_1.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  c     linli.command := linli.enter(session, id, stream, made_at, digest);
  a     linli.account;
  g     linli.role_grant;
  no    text;
BEGIN
  IF c.decided                                             THEN RETURN c.answer; END IF;
  IF c.stream % 4 <> 1                                     THEN RETURN linli.refuse(c, 'wrong_stream'); END IF;
  IF NOT linli.may(c, 'manage_accounts')                   THEN RETURN linli.refuse(c, 'not_allowed'); END IF;
  IF (name ~ '^\S{1,64}$') IS NOT TRUE                     THEN RETURN linli.refuse(c, 'bad_value', 'name'); END IF;
  IF coalesce(btrim(title), '') = ''                       THEN RETURN linli.refuse(c, 'bad_value', 'title'); END IF;
  IF password IS NULL OR password = ''                     THEN RETURN linli.refuse(c, 'weak_password'); END IF;
  IF NOT linli.is_hash(password)                           THEN RETURN linli.refuse(c, 'bad_value', 'password'); END IF;
  IF EXISTS (SELECT FROM linli.account t WHERE t.name = account_add.name)
                                                           THEN RETURN linli.refuse(c, 'exists'); END IF;
  IF role IS NOT NULL THEN
    scope := coalesce(scope, 'office');
    IF scope = 'office' THEN scope_id := coalesce(scope_id, c.owner); END IF;
    IF NOT EXISTS (SELECT FROM linli.role_right t WHERE t.role = account_add.role)
                                                           THEN RETURN linli.refuse(c, 'bad_value', 'role'); END IF;
    no := linli.cannot_grant(c, scope, scope_id);
    IF no IS NOT NULL                                      THEN RETURN linli.refuse(c, no); END IF;
  END IF;
  -- Two offices may add the same name at once: the loser is told as if it had come later.
  INSERT INTO linli.account (name, title, office, password_hash) VALUES (name, title, c.owner, password)
    ON CONFLICT ON CONSTRAINT account_name_key DO NOTHING RETURNING * INTO a;
  IF a.id IS NULL                                          THEN RETURN linli.refuse(c, 'exists'); END IF;
  INSERT INTO linli.stream (stream, office) VALUES (linli.account_stream(a.id), a.office);
  IF role IS NOT NULL THEN
    INSERT INTO linli.role_grant (account, role, scope, scope_id) VALUES (a.id, role, scope, scope_id) RETURNING * INTO g;
    c := linli.also(c, 'grant.changed', linli.key(g.id), NULL, linli.grant_json(g));
  END IF;
  RETURN linli.emit(c, 'account.changed', linli.key(a.id), NULL, linli.account_json(a));
END $$;

-- linlid, for account.disable. Sessions end in the same transaction.
CREATE OR REPLACE FUNCTION api_1.account_disable(session bytea, id uuid, stream bigint, version bigint, made_at timestamptz,
    digest bytea, account bigint)
  RETURNS api_1.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  c linli.command := linli.enter(session, id, stream, made_at, digest);
BEGIN
  IF c.decided THEN RETURN c.answer; END IF;
  RETURN linli.set_disabled(c, account, version, true);
END $$;

-- linlid, for account.enable.
CREATE OR REPLACE FUNCTION api_1.account_enable(session bytea, id uuid, stream bigint, version bigint, made_at timestamptz,
    digest bytea, account bigint)
  RETURNS api_1.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  c linli.command := linli.enter(session, id, stream, made_at, digest);
BEGIN
  IF c.decided THEN RETURN c.answer; END IF;
  RETURN linli.set_disabled(c, account, version, false);
END $$;

CREATE OR REPLACE FUNCTION linli.set_disabled(c linli.command, account bigint, version bigint, disabled boolean)
  RETURNS api_1.outcome LANGUAGE plpgsql AS $$
DECLARE
  a  linli.account;
  no text;
  o  api_1.outcome;
BEGIN
  SELECT * INTO a FROM linli.account t WHERE t.id = set_disabled.account;
  no := linli.cannot_manage(c, a);
  IF no IS NOT NULL                          THEN RETURN linli.refuse(c, no); END IF;
  IF a.version <> set_disabled.version       THEN RETURN linli.refuse(c, 'conflict'); END IF;
  IF a.disabled = set_disabled.disabled      THEN RETURN linli.refuse(c, 'wrong_state'); END IF;
  -- The row lock meets sign_in_end, which holds it: either it sees the account disabled, or its session is deleted here.
  UPDATE linli.account t SET disabled = set_disabled.disabled, version = t.version + 1 WHERE t.id = a.id RETURNING * INTO a;
  IF disabled THEN DELETE FROM linli.session s WHERE s.account = a.id; END IF;
  o := linli.emit(c, 'account.changed', linli.key(a.id), NULL, linli.account_json(a));
  PERFORM linli.tell_rights(o, 1, a.id);
  RETURN o;
END $$;

-- linlid, for account.set_password. The session that asks goes on, all others of the account end.
CREATE OR REPLACE FUNCTION api_1.account_set_password(session bytea, id uuid, stream bigint, version bigint,
    made_at timestamptz, digest bytea, account bigint, password text)
  RETURNS api_1.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  c  linli.command := linli.enter(session, id, stream, made_at, digest);
  a  linli.account;
  no text;
  o  api_1.outcome;
BEGIN
  IF c.decided                                             THEN RETURN c.answer; END IF;
  SELECT * INTO a FROM linli.account t WHERE t.id = account_set_password.account;
  no := linli.cannot_manage(c, a);
  IF no IS NOT NULL                                        THEN RETURN linli.refuse(c, no); END IF;
  IF password IS NULL OR password = ''                     THEN RETURN linli.refuse(c, 'weak_password'); END IF;
  IF NOT linli.is_hash(password)                           THEN RETURN linli.refuse(c, 'bad_value', 'password'); END IF;
  UPDATE linli.account t SET password_hash = password, version = t.version + 1 WHERE t.id = a.id RETURNING * INTO a;
  DELETE FROM linli.session s WHERE s.account = a.id AND s.token IS DISTINCT FROM account_set_password.session;
  o := linli.emit(c, 'account.changed', linli.key(a.id), NULL, linli.account_json(a));
  PERFORM linli.tell_rights(o, 1, a.id);
  RETURN o;
END $$;

-- linlid, for grant.add.
CREATE OR REPLACE FUNCTION api_1.grant_add(session bytea, id uuid, stream bigint, version bigint, made_at timestamptz,
    digest bytea, account bigint, role text, scope text, scope_id bigint)
  RETURNS api_1.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  c  linli.command := linli.enter(session, id, stream, made_at, digest);
  a  linli.account;
  g  linli.role_grant;
  no text;
  o  api_1.outcome;
BEGIN
  IF c.decided                                             THEN RETURN c.answer; END IF;
  SELECT * INTO a FROM linli.account t WHERE t.id = grant_add.account;
  no := linli.cannot_manage(c, a);
  IF no IS NOT NULL                                        THEN RETURN linli.refuse(c, no); END IF;
  IF NOT EXISTS (SELECT FROM linli.role_right t WHERE t.role = grant_add.role)
                                                           THEN RETURN linli.refuse(c, 'bad_value', 'role'); END IF;
  scope := coalesce(scope, 'office');
  IF scope = 'office' THEN scope_id := coalesce(scope_id, a.office); END IF;
  no := linli.cannot_grant(c, scope, scope_id);
  IF no IS NOT NULL                                        THEN RETURN linli.refuse(c, no); END IF;
  IF EXISTS (SELECT FROM linli.role_grant t WHERE t.account = a.id AND NOT t.ended AND t.role = grant_add.role
                AND t.scope = grant_add.scope AND t.scope_id IS NOT DISTINCT FROM grant_add.scope_id)
                                                           THEN RETURN linli.refuse(c, 'exists'); END IF;
  INSERT INTO linli.role_grant (account, role, scope, scope_id) VALUES (a.id, role, scope, scope_id) RETURNING * INTO g;
  o := linli.emit(c, 'grant.changed', linli.key(g.id), NULL, linli.grant_json(g));
  PERFORM linli.tell_rights(o, 1, a.id);
  RETURN o;
END $$;

-- linlid, for grant.end.
CREATE OR REPLACE FUNCTION api_1.grant_end(session bytea, id uuid, stream bigint, version bigint, made_at timestamptz,
    digest bytea, "grant" bigint)
  RETURNS api_1.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  c  linli.command := linli.enter(session, id, stream, made_at, digest);
  a  linli.account;
  g  linli.role_grant;
  no text;
  o  api_1.outcome;
BEGIN
  IF c.decided                                             THEN RETURN c.answer; END IF;
  SELECT * INTO g FROM linli.role_grant t WHERE t.id = grant_end."grant";
  SELECT * INTO a FROM linli.account t WHERE t.id = g.account;
  no := linli.cannot_manage(c, a);
  IF no IS NOT NULL                                        THEN RETURN linli.refuse(c, no); END IF;
  IF g.ended                                               THEN RETURN linli.refuse(c, 'wrong_state'); END IF;
  UPDATE linli.role_grant t SET ended = true WHERE t.id = g.id RETURNING * INTO g;
  o := linli.emit(c, 'grant.changed', linli.key(g.id), NULL, linli.grant_json(g));
  PERFORM linli.tell_rights(o, 1, a.id);
  RETURN o;
END $$;

-- linlid, for account.list: names are needed wherever an actor or a handler is shown.
CREATE OR REPLACE FUNCTION api_1.account_list(session bytea, after text, max integer, office bigint)
  RETURNS TABLE (key text, body jsonb) LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  r linli.reader := linli.reader(session);
BEGIN
  office := coalesce(office, r.office);
  IF NOT linli.may_follow_office(r.account, r.office, office) THEN PERFORM linli.deny('not_allowed'); END IF;
  RETURN QUERY SELECT t.name, linli.account_json(t) FROM linli.account t
    WHERE t.office = account_list.office AND t.name > coalesce(after, '') ORDER BY t.name LIMIT linli.page(max);
END $$;

-- linlid, for grant.list: whoever may follow the office, whose stream tells the same. Who answers for what is no secret there.
CREATE OR REPLACE FUNCTION api_1.grant_list(session bytea, after text, max integer, account bigint)
  RETURNS TABLE (key text, body jsonb) LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  r      linli.reader := linli.reader(session);
  office bigint := r.office;
BEGIN
  IF account IS NOT NULL THEN
    SELECT a.office INTO office FROM linli.account a WHERE a.id = grant_list.account;
    IF NOT FOUND OR NOT linli.may_follow_office(r.account, r.office, office) THEN PERFORM linli.deny('unknown_row'); END IF;
  END IF;
  RETURN QUERY SELECT g.id::text, linli.grant_json(g) FROM linli.role_grant g JOIN linli.account a ON a.id = g.account
    WHERE g.id > coalesce(after::bigint, 0)
      AND (g.account = grant_list.account OR grant_list.account IS NULL AND a.office = r.office)
    ORDER BY g.id LIMIT linli.page(max);
END $$;
