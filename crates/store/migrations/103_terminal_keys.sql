-- database: inside
-- Machines that talk by the kiosk protocol sign their requests: the public half of each machine's key.
CREATE TABLE terminal_keys (
    key_id      TEXT   NOT NULL PRIMARY KEY,
    terminal_id TEXT   NOT NULL,
    public_key  BLOB   NOT NULL,
    enrolled_at BIGINT NOT NULL
);
CREATE INDEX terminal_keys_by_terminal ON terminal_keys (terminal_id);

-- Nonces of signed requests, each used once, until the request that carried it is too old anyway.
CREATE TABLE terminal_nonces (
    key_id    TEXT   NOT NULL,
    nonce     TEXT   NOT NULL,
    forget_at BIGINT NOT NULL,
    PRIMARY KEY (key_id, nonce)
);
CREATE INDEX terminal_nonces_by_time ON terminal_nonces (forget_at);
