-- Every state × action × account: what the table of transitions says is what the commands do, and nothing else.
\ir requests_office.inc
SELECT no_plan();

SELECT is((SELECT count(DISTINCT (state, action))::int FROM linli.request_transition WHERE action IN ('comment', 'correct', 'prioritise', 'urge', 'hand_over')), 65,
          'five actions are possible in each of the thirteen states');
SELECT is_empty($$ SELECT x.state, x.action FROM (VALUES
    ('registered', 'accept', 'accepted'), ('registered', 'ask_info', 'needs_info'), ('registered', 'reject', 'rejected'), ('registered', 'merge', 'merged'),
    ('registered', 'answer', 'closed'), ('registered', 'self_handle', 'reported'), ('needs_info', 'supply_info', 'registered'),
    ('needs_info', 'expire', 'rejected'), ('accepted', 'dispatch', 'dispatched'), ('accepted', 'merge', 'merged'), ('accepted', 'answer', 'closed'),
    ('accepted', 'transfer_out', 'transferred'), ('dispatched', 'sign', 'in_progress'), ('dispatched', 'return', 'accepted'),
    ('in_progress', 'contact', 'in_progress'), ('in_progress', 'report', 'reported'), ('in_progress', 'return', 'accepted'),
    ('in_progress', 'shelve', 'shelved'), ('in_progress', 'hand_over_emergency', 'in_progress'), ('shelved', 'resume', 'in_progress'),
    ('reported', 'verify', 'callback'), ('reported', 'rework', 'in_progress'), ('closed', 'reopen', 'accepted'), ('closed', 'archive', 'archived'),
    ('rejected', 'reopen', 'accepted')) x (state, action, next_state)
  WHERE NOT EXISTS (SELECT FROM linli.request_transition t WHERE t.state = x.state AND t.action = x.action AND t.next_state = x.next_state) $$,
  'the table holds the actions of the domain');

-- One request in each state, led by water.
INSERT INTO t.name SELECT s, NULL, t.id() FROM (SELECT DISTINCT state FROM linli.request_transition) x (s);
INSERT INTO t.name VALUES ('other', NULL, t.id());
SELECT t.row_number(t.outcome('request_import', 'clerk', linli.community_stream(t.n('a')), format(
  $f$%L::uuid, 'old', %L, %L, 'title', 'text', NULL, NULL, NULL, NULL, NULL, '2026-04-14 01:00+00', NULL, NULL, 'answer', NULL, NULL, NULL, %s$f$,
  x.id, x.name, CASE x.name WHEN 'other' THEN 'registered' ELSE x.name END, t.n('water')))) IS NOT NULL FROM t.name x WHERE x.id IS NOT NULL \g /dev/null
UPDATE linli.request SET anonymous = false;

CREATE TABLE t.tried (state text, action text, outcome text, who text, refusal text, next_state text);
CREATE FUNCTION t.try(name text, action text, outcome text, who text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  did  text;
  next text;
BEGIN
  BEGIN
    IF action = 'rework' THEN UPDATE linli.request q SET callback_result = 'solved_unsatisfied' WHERE q.id = t.r(name); END IF;
    did := t.did(action, who, name, CASE action
      WHEN 'accept' THEN 'NULL, NULL, NULL, NULL' WHEN 'dispatch' THEN t.n('power') || ', NULL, NULL' WHEN 'sign' THEN 'NULL'
      WHEN 'report' THEN 'NULL, NULL' WHEN 'return' THEN '''other'', NULL' WHEN 'callback' THEN quote_literal(outcome) || ', ''note'''
      WHEN 'merge' THEN quote_literal(t.r('other')) || '::uuid, ' || t.n('a') || ', NULL' ELSE '''note''' END);
    next := (t.request(name)).state;
    RAISE EXCEPTION USING ERRCODE = 'TT000';
  EXCEPTION WHEN SQLSTATE 'TT000' THEN NULL;
  END;
  INSERT INTO t.tried VALUES (name, action, outcome, who, nullif(did, 'done'), next);
END $$;
DO $$
BEGIN
  PERFORM t.try(s.state, a.action, a.outcome, w.who)
     FROM (SELECT DISTINCT state FROM linli.request_transition) s,
          (SELECT DISTINCT action, outcome FROM linli.request_transition WHERE version_1) a,
          unnest(ARRAY['intake', 'desk', 'shift', 'caller', 'watch', 'chief', 'station', 'water1', 'water2', 'power1', 'clerk', 'proof', 'editor', 'shield']) w (who);
END $$;

-- The same question, asked of the tables instead of the functions.
CREATE VIEW t.told AS
  SELECT x.*, EXISTS (
      SELECT FROM linli.request_transition t JOIN linli.account a ON a.name = x.who
        JOIN linli.role_grant g ON g.account = a.id JOIN linli.role_right r ON r.role = g.role AND r.right_name = t.needs_right
       WHERE t.state = x.state AND t.action = x.action AND t.outcome = x.outcome AND t.version_1
         AND (t.who <> 'team' OR x.who IN ('water1', 'water2'))) AS allowed
    FROM t.tried x;
SELECT is((SELECT count(*)::int FROM t.tried), 13 * 17 * 14, 'all were tried');
SELECT is_empty($$ SELECT state, action, outcome, who, refusal FROM t.told WHERE allowed <> (refusal IS NULL) $$, 'allowed as the table says, and refused as it says');
SELECT is_empty($$ SELECT state, action, outcome, who, refusal FROM t.told
                    WHERE refusal NOT IN ('wrong_state', 'not_allowed', 'not_your_team') AND who NOT IN ('power1', 'proof', 'shield') $$, 'for these reasons');
SELECT is_empty($$ SELECT state, action, outcome, who, refusal FROM t.told WHERE refusal <> 'unknown_row' AND who IN ('power1', 'proof', 'shield') $$,
                'and told nothing where they do not see it');
SELECT is_empty($$ SELECT x.state, x.action, x.outcome, x.next_state FROM t.told x JOIN linli.request_transition t USING (state, action, outcome)
                    WHERE x.refusal IS NULL AND x.action <> 'merge' AND x.next_state <> coalesce(t.next_state, x.state) $$, 'each leads to the state that the table names');
SELECT ok((SELECT count(*) FROM t.told WHERE allowed) > 150, 'and many are allowed');
SELECT * FROM finish();
