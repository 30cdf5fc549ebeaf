-- database: outside
-- Accounts of the citizen portal. An account is a random name for a person at this zone; which resident it is, only the
-- inside knows. What is personal is sealed under the account's own key.
CREATE TABLE portal_accounts (
    account_id  TEXT   NOT NULL PRIMARY KEY,
    -- joining, open, moved_out, ended, stopped
    state       TEXT   NOT NULL,
    state_since BIGINT NOT NULL,
    made_at     BIGINT NOT NULL,
    -- Sealed: what the inside told (name, reading, birth date).
    profile     BLOB,
    -- Sealed: what the person chose (language and the like).
    choices     BLOB,
    -- Set when a password or an address was set anew without the card: until a card is shown, public notices only.
    reduced_at  BIGINT
);

-- Ways in: a card's certificate, the sign-in app, a passkey, a password. Found by keyed hashes, content sealed.
CREATE TABLE portal_means (
    means_id   TEXT   NOT NULL PRIMARY KEY,
    account_id TEXT   NOT NULL,
    -- card, app, passkey, password, email
    kind       TEXT   NOT NULL,
    key_id     BIGINT,
    hash       BLOB,
    content    BLOB,
    label      TEXT   NOT NULL,
    status     TEXT   NOT NULL,
    added_at   BIGINT NOT NULL,
    used_at    BIGINT
);
CREATE INDEX portal_means_account ON portal_means (account_id, kind);
CREATE INDEX portal_means_hash ON portal_means (hash);

-- Sessions. The cookie's value is never stored, only its SHA-256.
CREATE TABLE portal_sessions (
    session_hash  BLOB   NOT NULL PRIMARY KEY,
    account_id    TEXT   NOT NULL,
    -- How far the person is known, and until when the highest level holds.
    level         BIGINT NOT NULL,
    card_until    BIGINT,
    -- The account in whose name they act, with the mandate that allows it.
    acting_for    TEXT,
    mandate_id    TEXT,
    place         TEXT   NOT NULL,
    started_at    BIGINT NOT NULL,
    seen_at       BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    ended_at      BIGINT
);
CREATE INDEX portal_sessions_account ON portal_sessions (account_id);

-- A sign-in under way, by the hash of a secret in the browser's cookie; one use, minutes long. Sealed to the zone.
CREATE TABLE portal_ceremonies (
    secret_hash BLOB   NOT NULL PRIMARY KEY,
    kind        TEXT   NOT NULL,
    account_id  TEXT,
    content     TEXT   NOT NULL,
    expires_at  BIGINT NOT NULL
);
