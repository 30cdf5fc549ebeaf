-- database: inside
-- Cards that departments defined without code. A version is never rewritten once it was live.
CREATE TABLE city_card_definitions (
    card_key    TEXT   NOT NULL,
    version     BIGINT NOT NULL,
    -- draft, live, past, closed
    state       TEXT   NOT NULL,
    -- JSON
    content     TEXT   NOT NULL,
    made_at     BIGINT NOT NULL,
    live_at     BIGINT,
    ended_at    BIGINT,
    -- The proposal that two persons decide.
    approval_id TEXT,
    PRIMARY KEY (card_key, version)
);

-- Systems of a department that may ask for the numbers of one card. Only the hash of the key is kept.
CREATE TABLE city_card_clients (
    client_id  TEXT   NOT NULL PRIMARY KEY,
    card_key   TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    token_hash BLOB,
    made_at    BIGINT NOT NULL,
    stopped_at BIGINT
);
CREATE INDEX city_card_clients_by_token ON city_card_clients (token_hash);
