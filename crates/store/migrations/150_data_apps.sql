-- database: outside
-- Private apps (民間アプリ) that residents connect: what was registered, and where it stands by the officers' word.
CREATE TABLE data_apps (
    client_id    TEXT   NOT NULL PRIMARY KEY,
    -- applied, refused, sandbox, live, suspended, revoked
    state        TEXT   NOT NULL,
    name         TEXT   NOT NULL,
    -- JSON: the registration as it was sent. About an organisation, not a person.
    content      TEXT   NOT NULL,
    -- SHA-256 of everything a person agrees to; another revision needs another yes.
    agreement    BLOB   NOT NULL,
    applied_at   BIGINT NOT NULL,
    -- When the officer decided (the order of messages means nothing), and when it was heard of.
    decided_at   BIGINT
);
CREATE INDEX data_apps_state ON data_apps (state, applied_at);

-- A person's yes to one app, for one revision of what it asks. Withdrawn, everything of it ends.
CREATE TABLE data_app_grants (
    grant_id     TEXT   NOT NULL PRIMARY KEY,
    account_id   TEXT   NOT NULL,
    client_id    TEXT   NOT NULL,
    agreement    BLOB   NOT NULL,
    scopes       TEXT   NOT NULL,
    given_at     BIGINT NOT NULL,
    ends_at      BIGINT NOT NULL,
    withdrawn_at BIGINT
);
CREATE INDEX data_app_grants_account ON data_app_grants (account_id, given_at);
CREATE INDEX data_app_grants_client ON data_app_grants (client_id);

-- What an app read of whom, counted by day: shown to the person.
CREATE TABLE data_app_uses (
    grant_id TEXT   NOT NULL,
    day      TEXT   NOT NULL,
    item     TEXT   NOT NULL,
    times    BIGINT NOT NULL,
    last_at  BIGINT NOT NULL,
    PRIMARY KEY (grant_id, day, item)
);

-- Pushed requests, codes and tokens, each by the SHA-256 of its secret. Gone when over (sweep).
CREATE TABLE data_app_requests (
    digest    BLOB   NOT NULL PRIMARY KEY,
    client_id TEXT   NOT NULL,
    content   TEXT   NOT NULL,
    ends_at   BIGINT NOT NULL
);
CREATE INDEX data_app_requests_by_time ON data_app_requests (ends_at);

CREATE TABLE data_app_codes (
    digest   BLOB   NOT NULL PRIMARY KEY,
    grant_id TEXT   NOT NULL,
    content  TEXT   NOT NULL,
    used_at  BIGINT,
    ends_at  BIGINT NOT NULL
);
CREATE INDEX data_app_codes_by_time ON data_app_codes (ends_at);

CREATE TABLE data_app_tokens (
    digest   BLOB   NOT NULL PRIMARY KEY,
    -- access, refresh
    kind     TEXT   NOT NULL,
    grant_id TEXT   NOT NULL,
    content  TEXT   NOT NULL,
    ends_at  BIGINT NOT NULL
);
CREATE INDEX data_app_tokens_grant ON data_app_tokens (grant_id);
CREATE INDEX data_app_tokens_by_time ON data_app_tokens (ends_at);

-- Assertions and proofs that were used (jti), until their time would be over anyway.
CREATE TABLE data_app_seen (
    digest  BLOB   NOT NULL PRIMARY KEY,
    ends_at BIGINT NOT NULL
);
CREATE INDEX data_app_seen_by_time ON data_app_seen (ends_at);

-- The provider's own secrets, sealed under the zone's vault: the key of its ID tokens, the key of pairwise subjects, the key
-- of nonces.
CREATE TABLE data_app_secrets (
    name    TEXT   NOT NULL PRIMARY KEY,
    sealed  BLOB   NOT NULL,
    made_at BIGINT NOT NULL
);
