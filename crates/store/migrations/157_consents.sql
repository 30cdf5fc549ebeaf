-- database: outside
-- Data agreements, each revision whole and bound to the one before (GovStack Consent: serializedSnapshot, hashes).
CREATE TABLE agreement_revisions (
    agreement_id TEXT   NOT NULL,
    revision     BIGINT NOT NULL,
    snapshot     TEXT   NOT NULL,
    hash         TEXT   NOT NULL,
    predecessor  TEXT,
    made_at      BIGINT NOT NULL,
    ended_at     BIGINT,
    PRIMARY KEY (agreement_id, revision)
);
CREATE UNIQUE INDEX agreement_revisions_hash ON agreement_revisions (hash);
CREATE TABLE consents (
    consent_id    TEXT   NOT NULL PRIMARY KEY,
    account_id    TEXT   NOT NULL,
    agreement_id  TEXT   NOT NULL,
    revision_hash TEXT   NOT NULL,
    -- given, withdrawn, replaced
    state         TEXT   NOT NULL,
    given_at      BIGINT NOT NULL,
    until         BIGINT NOT NULL,
    ended_at      BIGINT
);
CREATE INDEX consents_account ON consents (account_id, agreement_id, given_at);
CREATE UNIQUE INDEX consents_one_given ON consents (account_id, agreement_id) WHERE state = 'given';
-- What happened to each, in order; never changed.
CREATE TABLE consent_events (
    consent_id TEXT   NOT NULL,
    number     BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    state      TEXT   NOT NULL,
    language   TEXT   NOT NULL,
    PRIMARY KEY (consent_id, number)
);
