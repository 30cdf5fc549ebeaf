-- database: outside
-- Where a person may be told that something came, and how they wish it. Addresses are sealed under the person's own key;
-- the keyed hash finds the same browser or address again.
CREATE TABLE channel_addresses (
    -- Random; also what the link that stops mail names.
    address_id  TEXT   NOT NULL PRIMARY KEY,
    account_id  TEXT   NOT NULL,
    -- push, email, sms, line
    channel     TEXT   NOT NULL,
    hash_key    BIGINT NOT NULL,
    hash        BLOB   NOT NULL,
    sealed      BLOB   NOT NULL,
    -- waiting (not confirmed yet), live, suppressed
    status      TEXT   NOT NULL,
    -- Whether what may be refused is sent here too; statutory mail is, either way.
    notices     BIGINT NOT NULL,
    -- SHA-256 of the code that confirms it, until when, and how often it was wrong.
    code_hash   BLOB,
    code_until  BIGINT,
    code_tries  BIGINT NOT NULL,
    -- Days of soft bounces that still count, and why it is suppressed.
    soft_days   TEXT   NOT NULL,
    suppressed  TEXT,
    added_at    BIGINT NOT NULL,
    used_at     BIGINT
);
CREATE INDEX channel_addresses_account ON channel_addresses (account_id, channel);
CREATE INDEX channel_addresses_hash ON channel_addresses (hash);

CREATE TABLE channel_wishes (
    account_id  TEXT   NOT NULL PRIMARY KEY,
    -- Minutes of the day; both absent: told at any hour.
    quiet_from  BIGINT,
    quiet_until BIGINT,
    digest      TEXT   NOT NULL,
    zone        TEXT   NOT NULL,
    language    TEXT   NOT NULL,
    changed_at  BIGINT NOT NULL
);
