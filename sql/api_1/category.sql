-- The category tree: an office's own nodes in its stream; those of all offices in the root office's.

CREATE OR REPLACE FUNCTION linli.category_json(r linli.category) RETURNS jsonb
  LANGUAGE sql STABLE AS $$ SELECT to_jsonb(r) - 'office' $$;

-- Who holds manage_territory for the office; the root office for those of all offices.
CREATE OR REPLACE FUNCTION api_1.category_put(session bytea, id uuid, stream bigint, version bigint, made_at timestamptz,
    digest bytea, code text, parent_code text, name text, english text, class text, confidential boolean)
  RETURNS api_1.outcome LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  c    linli.command := linli.enter(session, id, stream, made_at, digest);
  own  bigint := nullif(c.owner, 1);                   -- NULL: of all offices
  k    linli.category;
  p    linli.category;
BEGIN
  IF c.decided                                                 THEN RETURN c.answer; END IF;
  IF c.stream % 4 <> 1                                         THEN RETURN linli.refuse(c, 'wrong_stream'); END IF;
  IF NOT linli.may(c, 'manage_territory')                      THEN RETURN linli.refuse(c, 'not_allowed'); END IF;
  class := coalesce(class, 'ordinary');
  IF (code ~ '^[a-z0-9_.]{1,32}$') IS NOT TRUE                 THEN RETURN linli.refuse(c, 'bad_value', 'code'); END IF;
  IF coalesce(btrim(name), '') = '' OR english IS NULL         THEN RETURN linli.refuse(c, 'bad_value', 'name'); END IF;
  IF class NOT IN ('critical', 'urgent', 'enquiry', 'ordinary', 'difficult')
                                                               THEN RETURN linli.refuse(c, 'bad_value', 'class'); END IF;
  SELECT * INTO p FROM linli.category x WHERE x.code = parent_code AND (x.office IS NULL OR x.office = own)
   ORDER BY x.office LIMIT 1;
  SELECT * INTO k FROM linli.category x WHERE x.code = category_put.code AND x.office IS NOT DISTINCT FROM own;
  IF parent_code IS NOT NULL AND (p.id IS NULL OR linli.is_below(p.id, k.id))
                                                               THEN RETURN linli.refuse(c, 'bad_value', 'parent_code'); END IF;
  IF k.id IS NULL AND EXISTS (SELECT FROM linli.category x WHERE x.code = category_put.code AND x.office IS NULL)
                                                               THEN RETURN linli.refuse(c, 'exists'); END IF;
  IF k.id IS NOT NULL AND k.version <> category_put.version    THEN RETURN linli.refuse(c, 'conflict', 'version ' || k.version); END IF;
  IF k.id IS NULL THEN
    INSERT INTO linli.category (office, parent, code, name, english, class, confidential)
      VALUES (own, p.id, code, name, english, class, coalesce(confidential, false)) RETURNING * INTO k;
  ELSE
    UPDATE linli.category x SET parent = p.id, name = category_put.name, english = category_put.english,
           class = category_put.class, confidential = coalesce(category_put.confidential, x.confidential), version = x.version + 1
     WHERE x.id = k.id RETURNING x.* INTO k;
  END IF;
  RETURN linli.emit(c, 'category.changed', linli.key(k.id), NULL, linli.category_json(k));
END $$;

-- Whether a node is another one or below it; a tree must stay one.
CREATE OR REPLACE FUNCTION linli.is_below(node bigint, other bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  WITH RECURSIVE up AS (
    SELECT c.id, c.parent FROM linli.category c WHERE c.id = node
    UNION SELECT c.id, c.parent FROM up JOIN linli.category c ON c.id = up.parent)
  SELECT EXISTS (SELECT FROM up WHERE up.id = other)
$$;

-- Whoever is signed in: those of all offices, and of the account's own.
CREATE OR REPLACE FUNCTION api_1.category_list(session bytea, after text, max integer)
  RETURNS TABLE (key text, body jsonb) LANGUAGE plpgsql SECURITY DEFINER SET search_path = linli, pg_temp AS $$
DECLARE
  who linli.reader := linli.reader(session);
BEGIN
  RETURN QUERY SELECT k.code, linli.category_json(k) FROM linli.category k
    WHERE (k.office IS NULL OR k.office = who.office) AND k.code > coalesce(after, '') ORDER BY k.code LIMIT linli.page(max);
END $$;
