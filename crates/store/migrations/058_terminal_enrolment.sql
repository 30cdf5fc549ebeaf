-- database: inside
-- When a machine last asked for a screen, and when staff stopped it.
ALTER TABLE terminals ADD COLUMN seen_at BIGINT;
ALTER TABLE terminals ADD COLUMN stopped_at BIGINT;

-- What a machine gives once to be enrolled. Only the hash is kept, until it is used or the machine is stopped.
CREATE TABLE terminal_tokens (
    token_hash  BLOB   NOT NULL PRIMARY KEY,
    terminal_id TEXT   NOT NULL,
    expires_at  BIGINT NOT NULL
);
