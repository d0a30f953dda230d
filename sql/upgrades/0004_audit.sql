-- What proves that nothing was altered: heads signed by linlid each hour, and the log of who looked at what.

CREATE TABLE linli.signed_head (
  stream    bigint      NOT NULL REFERENCES linli.stream,
  head      bigint      NOT NULL,
  chain     bytea       NOT NULL,
  at        timestamptz NOT NULL,
  key_id    text        NOT NULL,
  signature bytea       NOT NULL,
  PRIMARY KEY (stream, head)
);
CREATE INDEX signed_head_by_time ON linli.signed_head (at);

-- Views, reveals, exports and prints. Never in a stream: nobody watches who reads. One chain an office.
CREATE TABLE linli.access_head (
  office bigint PRIMARY KEY REFERENCES linli.office,
  head   bigint NOT NULL DEFAULT 0,
  chain  bytea  NOT NULL DEFAULT '\x0000000000000000000000000000000000000000000000000000000000000000'
) WITH (fillfactor = 10);

CREATE TABLE linli.access_log (
  office  bigint      NOT NULL REFERENCES linli.office,
  seq     bigint      NOT NULL,
  at      timestamptz NOT NULL,
  account bigint      NOT NULL REFERENCES linli.account,
  what    text        NOT NULL,        -- such as caller.reveal
  row_id  uuid        NOT NULL,
  reason  text,
  chain   bytea       NOT NULL,
  PRIMARY KEY (office, seq)
);
CREATE INDEX access_log_by_row ON linli.access_log (row_id, at);
CREATE INDEX access_log_by_account ON linli.access_log (account, at);
