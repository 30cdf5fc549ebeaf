-- database: inside
-- Everything a finished paper says, sealed, where copies for wallets are offered: until one is asked for, or fifteen
-- minutes have passed. It outlives the paper's bytes, for the copy is offered when the paper lies there.
CREATE TABLE certificate_fields (
    request_id  TEXT   NOT NULL PRIMARY KEY,
    sealed      BLOB   NOT NULL,
    erase_at    BIGINT NOT NULL
);
CREATE INDEX certificate_fields_by_time ON certificate_fields (erase_at);
