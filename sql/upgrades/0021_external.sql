-- A request's number in another system is unique within its office: another office neither takes it nor is told that it is
-- taken. Written with its request by request_insert; neither is ever deleted.

DROP INDEX linli.request_external;
CREATE TABLE linli.request_external (
  office  bigint NOT NULL,
  system  text   NOT NULL,
  number  text   NOT NULL,
  request uuid   NOT NULL,
  PRIMARY KEY (office, system, number)
);
INSERT INTO linli.request_external
  SELECT k.office, r.external_system, r.external_number, r.id
    FROM linli.request r JOIN linli.community k ON k.id = r.community
   WHERE r.external_system IS NOT NULL AND r.external_number IS NOT NULL;
