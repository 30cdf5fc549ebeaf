-- database: outside
-- Consents: the items a person left ticked (codes, apart by spaces); without a row, all of the agreement.
CREATE TABLE consent_items (
    consent_id TEXT NOT NULL PRIMARY KEY,
    items      TEXT NOT NULL
);

-- Keys of ID tokens: published from when they are made, in use from use_from; afterwards the private half is gone and the
-- public one stays published until gone_at.
CREATE TABLE data_app_keys (
    kid      TEXT   NOT NULL PRIMARY KEY,
    sealed   BLOB,
    -- JSON Web Key, public.
    shown    TEXT   NOT NULL,
    made_at  BIGINT NOT NULL,
    use_from BIGINT NOT NULL,
    gone_at  BIGINT
);

-- What a person asked the inside to tell of their own records, sealed: kind address (only while they share it with an app)
-- and cards.
CREATE TABLE portal_own_records (
    account_id TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    asked_at   BIGINT NOT NULL,
    sent       BIGINT NOT NULL,
    told_at    BIGINT,
    content    BLOB,
    PRIMARY KEY (account_id, kind)
);
CREATE INDEX portal_own_records_unsent ON portal_own_records (sent, asked_at);

-- Letters with a code for a forgotten password, by account and day.
CREATE TABLE portal_reset_mails (
    account_id TEXT   NOT NULL,
    day        TEXT   NOT NULL,
    times      BIGINT NOT NULL,
    PRIMARY KEY (account_id, day)
);

-- Since when the inside is asked whether a stopped account may open again. It stays stopped until the answer to that very
-- question is there.
ALTER TABLE portal_accounts ADD COLUMN reopening_at BIGINT;

-- When an app last asked to be registered otherwise.
ALTER TABLE data_apps ADD COLUMN change_asked_at BIGINT;
