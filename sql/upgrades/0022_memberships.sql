-- The moments of a membership: who was in a team when a request complained about it does not read that request, however soon
-- they left; who joins afterwards is not blinded by it. Days are too coarse for that. Never in events: the dates are.

ALTER TABLE linli.member ADD joined_at timestamptz, ADD left_at timestamptz;
UPDATE linli.member m
   SET joined_at = m.from_date::timestamp AT TIME ZONE o.zone, left_at = (m.to_date + 2)::timestamp AT TIME ZONE o.zone
  FROM linli.team t JOIN linli.office o ON o.id = t.office WHERE t.id = m.team;
ALTER TABLE linli.member ALTER joined_at SET NOT NULL;
