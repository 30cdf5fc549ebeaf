-- database: inside
-- Staff accounts. Nobody has a password: a passkey opens an account.
CREATE TABLE staff_accounts (
    account     TEXT   NOT NULL PRIMARY KEY,
    name        TEXT   NOT NULL,
    office      TEXT   NOT NULL,
    -- The WebAuthn user handle: random, so that a stolen security key names nobody.
    handle      BLOB   NOT NULL UNIQUE,
    status      TEXT   NOT NULL,
    made_at     BIGINT NOT NULL,
    made_by     TEXT   NOT NULL,
    disabled_at BIGINT,
    disabled_by TEXT
);

CREATE TABLE staff_roles (
    account  TEXT   NOT NULL,
    role     TEXT   NOT NULL,
    given_at BIGINT NOT NULL,
    given_by TEXT   NOT NULL,
    PRIMARY KEY (account, role)
);

-- Public keys of passkeys, as the library keeps them (JSON). Nothing here opens an account.
CREATE TABLE staff_passkeys (
    passkey       TEXT   NOT NULL PRIMARY KEY,
    account       TEXT   NOT NULL,
    credential_id BLOB   NOT NULL UNIQUE,
    content       TEXT   NOT NULL,
    label         TEXT   NOT NULL,
    status        TEXT   NOT NULL,
    added_at      BIGINT NOT NULL,
    used_at       BIGINT
);
CREATE INDEX staff_passkeys_account ON staff_passkeys (account);

-- One-time ways in: the console token of the first administrator, and invitations. Only hashes of the secrets.
CREATE TABLE staff_invitations (
    invitation TEXT   NOT NULL PRIMARY KEY,
    kind       TEXT   NOT NULL,
    token_hash BLOB   NOT NULL UNIQUE,
    name       TEXT   NOT NULL,
    office     TEXT   NOT NULL,
    roles      TEXT   NOT NULL,
    made_at    BIGINT NOT NULL,
    made_by    TEXT   NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT,
    used_by    TEXT,
    revoked_at BIGINT
);

-- A passkey ceremony between its two halves: five minutes, one use.
CREATE TABLE staff_ceremonies (
    ceremony_hash BLOB   NOT NULL PRIMARY KEY,
    kind          TEXT   NOT NULL,
    state         TEXT   NOT NULL,
    account       TEXT,
    invitation    TEXT,
    expires_at    BIGINT NOT NULL
);
CREATE INDEX staff_ceremonies_expiry ON staff_ceremonies (expires_at);
