-- The state machine of a request, as data: the same for server, clients and documentation. What has no row here cannot
-- be done. outcome tells apart the results of a call-back. next_state NULL: it stays, or the command decides.

CREATE TABLE linli.request_transition (
  state       text    NOT NULL,
  action      text    NOT NULL,
  outcome     text    NOT NULL DEFAULT '',
  next_state  text,
  needs_right text,               -- NULL: only the system's clock
  who         text    NOT NULL CHECK (who IN (
    'holder',                     -- whoever holds the right in the community
    'team',                       -- a member of the lead team; for a team without accounts, who holds work_for
    'not_handler',                -- holds the right and did not handle the case
    'system')),
  version_1   boolean NOT NULL,   -- has a command in api_1
  PRIMARY KEY (state, action, outcome)
);

INSERT INTO linli.request_transition (state, action, outcome, next_state, needs_right, who, version_1) VALUES
  ('registered',  'accept',       '', 'accepted',    'triage',   'holder', true),
  ('registered',  'ask_info',     '', 'needs_info',  'triage',   'holder', false),
  ('registered',  'reject',       '', 'rejected',    'triage',   'holder', false),
  ('registered',  'merge',        '', 'merged',      'triage',   'holder', true),
  ('registered',  'answer',       '', 'closed',      'triage',   'holder', false),
  ('registered',  'self_handle',  '', 'reported',    'work',     'holder', false),
  ('needs_info',  'supply_info',  '', 'registered',  'register', 'holder', false),
  ('needs_info',  'expire',       '', 'rejected',    NULL,       'system', false),
  ('accepted',    'dispatch',     '', 'dispatched',  'dispatch', 'holder', true),
  ('accepted',    'merge',        '', 'merged',      'triage',   'holder', true),
  ('accepted',    'answer',       '', 'closed',      'triage',   'holder', false),
  ('accepted',    'transfer_out', '', 'transferred', 'dispatch', 'holder', false),
  ('dispatched',  'sign',         '', 'in_progress', 'work',     'team',   true),
  ('dispatched',  'return',       '', 'accepted',    'work',     'team',   true),
  ('in_progress', 'contact',      '', 'in_progress', 'work',     'team',   true),
  ('in_progress', 'report',       '', 'reported',    'work',     'team',   true),
  ('in_progress', 'return',       '', 'accepted',    'work',     'team',   true),
  ('in_progress', 'shelve',       '', 'shelved',     'work',     'team',   false),
  ('in_progress', 'hand_over_emergency', '', 'in_progress', 'work', 'team', false),
  ('shelved',     'resume',       '', 'in_progress', 'work',     'team',   false),
  ('reported',    'verify',       '', 'callback',    'verify',   'not_handler', true),
  ('reported',    'rework',       '', 'in_progress', 'verify',   'not_handler', true),
  ('callback',    'callback', 'solved_satisfied',   'closed',      'callback', 'not_handler', true),
  ('callback',    'callback', 'solved_basically',   'closed',      'callback', 'not_handler', true),
  ('callback',    'callback', 'solved_unsatisfied', 'callback',    'callback', 'not_handler', true),
  ('callback',    'callback', 'unsolved',           'in_progress', 'callback', 'not_handler', true),
  ('callback',    'callback', 'not_reached',        'callback',    'callback', 'not_handler', true),
  ('callback',    'callback', 'refused',            'closed',      'callback', 'not_handler', true),
  ('callback',    'callback', 'exempt',             'closed',      'callback', 'not_handler', true),
  -- A resident who is solved but unsatisfied: the shift leader sends it back, or calls again and closes (解释办结).
  ('callback',    'rework',       '', 'in_progress', 'dispatch_returned', 'not_handler', true),
  ('closed',      'reopen',       '', 'accepted',    'dispatch_returned', 'holder', false),
  ('closed',      'archive',      '', 'archived',    'triage',   'holder', false),
  ('rejected',    'reopen',       '', 'accepted',    'dispatch_returned', 'holder', false);

INSERT INTO linli.request_transition (state, action, next_state, needs_right, who, version_1)
SELECT s, a.action, NULL, a.needs_right, 'holder', a.version_1
  FROM unnest(ARRAY['registered', 'needs_info', 'accepted', 'dispatched', 'in_progress', 'shelved', 'reported', 'callback',
                    'closed', 'rejected', 'merged', 'transferred', 'archived']) s,
       (VALUES ('comment', 'comment', true), ('correct', 'triage', false), ('prioritise', 'triage', false),
               ('urge', 'urge', false), ('hand_over', 'work', false)) a (action, needs_right, version_1);
