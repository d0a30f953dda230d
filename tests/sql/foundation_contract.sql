-- What holds for all functions and tables: the schema's functions are there, linlid may call them and nothing else.
BEGIN;
\i :labels
SELECT plan(16);

SELECT is((SELECT string_agg(f.name || ' wants api_1.' || f.function || '(' || f.arguments || ')', E'\n' ORDER BY f.number)
             FROM proto_function f
            WHERE NOT EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = 'api_1'::regnamespace AND p.proname = f.function
                                 AND oidvectortypes(p.proargtypes) = f.arguments)),
          NULL, 'every function of the schema exists with its parameters in order');
SELECT is((SELECT string_agg(f.name, ' ' ORDER BY f.name) FROM proto_function f JOIN pg_proc p
               ON p.pronamespace = 'api_1'::regnamespace AND p.proname = f.function
            WHERE p.proargnames[1:p.pronargs] <> f.argument_names), NULL, 'and names them as the schema does');
SELECT is((SELECT string_agg(f.name, ' ' ORDER BY f.name) FROM proto_function f JOIN pg_proc p
               ON p.pronamespace = 'api_1'::regnamespace AND p.proname = f.function
            WHERE f.kind = 'command' AND p.prorettype <> 'api_1.outcome'::regtype), NULL, 'every command returns an outcome');
SELECT is((SELECT string_agg(f.name, ' ' ORDER BY f.name) FROM proto_function f JOIN pg_proc p
               ON p.pronamespace = 'api_1'::regnamespace AND p.proname = f.function
            WHERE f.kind = 'query' AND NOT (p.proretset AND p.proallargtypes[p.pronargs + 1:] = ARRAY['text', 'jsonb']::regtype[]::oid[])),
          NULL, 'every query returns key and body');
SELECT is((SELECT string_agg(p.proname, ' ') FROM pg_proc p WHERE p.pronamespace = 'api_1'::regnamespace
              AND NOT (p.prosecdef AND 'search_path=linli, pg_temp' = ANY (p.proconfig))),
          NULL, 'every api function is SECURITY DEFINER with a pinned search_path');
SELECT is((SELECT string_agg(p.oid::regprocedure::text, ' ') FROM pg_proc p
            WHERE p.pronamespace IN ('api_1'::regnamespace, 'linli'::regnamespace) AND p.proowner <> 'linli_owner'::regrole),
          NULL, 'all functions belong to linli_owner');
SELECT is((SELECT string_agg(p.oid::regprocedure::text, ' ') FROM pg_proc p WHERE p.pronamespace = 'linli'::regnamespace AND p.prosecdef),
          NULL, 'no inner function lends its owner''s rights');

SELECT is((SELECT string_agg(c.relname, ' ') FROM pg_class c
            WHERE c.relnamespace IN ('linli'::regnamespace, 'api_1'::regnamespace) AND c.relkind IN ('r', 'v', 'p', 'm', 'S')
              AND (has_table_privilege('linlid', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
                OR c.relkind <> 'S' AND has_any_column_privilege('linlid', c.oid, 'SELECT, INSERT, UPDATE, REFERENCES'))),
          NULL, 'linlid may touch no table');
SELECT is((SELECT string_agg(p.oid::regprocedure::text, ' ') FROM pg_proc p
            WHERE p.pronamespace = 'linli'::regnamespace AND has_function_privilege('linlid', p.oid, 'EXECUTE')),
          NULL, 'linlid may call no inner function');
SELECT ok(NOT has_schema_privilege('linlid', 'linli', 'USAGE') AND NOT has_schema_privilege('linlid', 'linli', 'CREATE')
      AND NOT has_schema_privilege('linlid', 'api_1', 'CREATE') AND NOT has_schema_privilege('linlid', 'public', 'CREATE'),
          'linlid may use api_1 alone, and make nothing in any schema');
SELECT is((SELECT string_agg(p.oid::regprocedure::text, ' ') FROM pg_proc p
            WHERE p.pronamespace = 'api_1'::regnamespace AND NOT has_function_privilege('linlid', p.oid, 'EXECUTE')),
          NULL, 'linlid may call all of api_1');
SELECT is((SELECT string_agg(p.oid::regprocedure::text, ' ') FROM pg_proc p
            WHERE p.pronamespace IN ('api_1'::regnamespace, 'linli'::regnamespace)
              AND EXISTS (SELECT FROM aclexplode(p.proacl) a WHERE a.grantee = 0)),
          NULL, 'nobody else may call any');
SELECT ok(NOT r.rolsuper AND NOT r.rolcreaterole AND NOT r.rolcreatedb AND NOT r.rolreplication AND NOT r.rolbypassrls
      AND NOT EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid), 'linlid is nobody else')
  FROM pg_roles r WHERE r.rolname = 'linlid';

-- But one: nobody deletes an office.
SELECT is((SELECT string_agg(k.conrelid::regclass || '.' || k.conname, ' ') FROM pg_constraint k
            WHERE k.contype = 'f' AND k.connamespace = 'linli'::regnamespace
              AND k.conname <> 'time_limit_office_fkey'
              AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = k.conrelid
                                 AND (i.indkey::smallint[])[0:array_length(k.conkey, 1) - 1] @> k.conkey)),
          NULL, 'every foreign key has its index');

SELECT is((SELECT string_agg(DISTINCT coalesce(l.identifier, r.role), ' ')
             FROM (SELECT * FROM proto_label WHERE enumeration = 'role') l FULL JOIN linli.role_right r ON r.role = l.identifier
            WHERE r.role IS NULL OR l.identifier IS NULL),
          NULL, 'role_right knows the roles of the schema and no others');
SELECT is((SELECT string_agg(DISTINCT coalesce(l.identifier, r.right_name), ' ')
             FROM (SELECT * FROM proto_label WHERE enumeration = 'right') l FULL JOIN linli.role_right r ON r.right_name = l.identifier
            WHERE r.role IS NULL OR l.identifier IS NULL),
          NULL, 'each right of the schema is held by some role, and there are no others');
SELECT * FROM finish();
ROLLBACK;
