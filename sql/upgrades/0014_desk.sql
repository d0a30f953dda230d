-- What the desk asks while somebody types: who has finished such requests lately. Holds only what was finished by a team, so
-- a request writes to it once, when it is closed. community stands beside it: the count reads no row.
CREATE INDEX request_finished ON linli.request (category, team, closed_at) INCLUDE (community)
  WHERE closed_at IS NOT NULL AND team IS NOT NULL AND category IS NOT NULL AND state IN ('closed', 'archived');
