-- database: inside
-- What a member of staff gives the command line at the counter, for one working day. Only the hash is kept.
CREATE TABLE counter_credentials (
    secret_hash  BLOB   NOT NULL PRIMARY KEY,
    account_id   TEXT   NOT NULL,
    made_at      BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL
);
