-- Who signs heads: of several linlid that one which holds the lease, so that each head is signed once.

CREATE TABLE linli.signing_lease (
  only_one boolean     PRIMARY KEY DEFAULT true CHECK (only_one),
  instance uuid        NOT NULL,
  until    timestamptz NOT NULL
);
