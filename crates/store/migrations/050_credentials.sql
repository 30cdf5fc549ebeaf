-- database: inside
-- Many credentials point to one person. A serial number is never stored: only its keyed hash (公的個人認証法 63条).
CREATE TABLE credentials (
    credential_id   TEXT   NOT NULL PRIMARY KEY,
    resident_id     TEXT   NOT NULL,
    kind            TEXT   NOT NULL,
    key_id          BIGINT NOT NULL,
    hash            BLOB   NOT NULL,
    status          TEXT   NOT NULL,
    status_since    BIGINT NOT NULL,
    valid_until     BIGINT NOT NULL,
    superseded_by   TEXT,
    enrolled_at     BIGINT NOT NULL
);
CREATE UNIQUE INDEX credentials_by_hash ON credentials (key_id, hash);
CREATE INDEX credentials_by_resident ON credentials (resident_id);

-- A challenge is good once: its digest is kept until it would be too old anyway.
CREATE TABLE used_challenges (
    digest      BLOB   NOT NULL PRIMARY KEY,
    forget_at   BIGINT NOT NULL
);
CREATE INDEX used_challenges_by_time ON used_challenges (forget_at);
