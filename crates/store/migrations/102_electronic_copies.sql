-- database: inside
-- Certificates kept for electronic delivery, sealed, while evidence is added that lets them last.
CREATE TABLE electronic_copies (
    request_id  TEXT   NOT NULL PRIMARY KEY,
    resident_id TEXT   NOT NULL,
    sealed      BLOB   NOT NULL,
    level       TEXT   NOT NULL,
    erase_at    BIGINT NOT NULL,
    next_try_at BIGINT NOT NULL,
    tries       BIGINT NOT NULL
);
CREATE INDEX electronic_copies_by_try ON electronic_copies (level, next_try_at);
CREATE INDEX electronic_copies_by_time ON electronic_copies (erase_at);
