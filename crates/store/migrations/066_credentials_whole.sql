-- database: inside
-- When a PIN or a signature last proved this link (公的個人認証法 38条の4第1項: once, before any tap without PIN), and the
-- card's own public key, sealed with its holder's key.
ALTER TABLE credentials ADD COLUMN proved_at BIGINT;
ALTER TABLE credentials ADD COLUMN genuineness BLOB;
-- A day after which it opens nothing, and why: the holder died, or moved out and thirty days passed.
ALTER TABLE credentials ADD COLUMN ends_at BIGINT;
ALTER TABLE credentials ADD COLUMN ending TEXT;
-- Credentials linked before this column were all linked by a PIN.
UPDATE credentials SET proved_at = enrolled_at;

-- Who may be where a terminal stands (施行規則 64条の12第2項): 'unattended' until staff declare otherwise.
ALTER TABLE terminals ADD COLUMN attendance TEXT NOT NULL DEFAULT 'unattended';

-- Taps without PIN, accepted or not, with what the rule asks to be known of each.
CREATE TABLE taps (
    tap_id         TEXT   NOT NULL PRIMARY KEY,
    tapped_at      BIGINT NOT NULL,
    terminal_id    TEXT   NOT NULL,
    credential_id  TEXT,
    staff          TEXT,
    clause         TEXT,
    status_as_of   BIGINT,
    outcome        TEXT   NOT NULL
);
CREATE INDEX taps_by_time ON taps (tapped_at);
CREATE INDEX taps_by_credential ON taps (credential_id, tapped_at);

-- A renewal that waits for an officer: an old credential, and the certificate that is to take its place.
CREATE TABLE credential_renewals (
    renewal_id     TEXT   NOT NULL PRIMARY KEY,
    old_credential TEXT   NOT NULL,
    new_credential TEXT   NOT NULL,
    resident_id    TEXT   NOT NULL,
    asked_at       BIGINT NOT NULL,
    state          TEXT   NOT NULL
);
CREATE INDEX credential_renewals_by_state ON credential_renewals (state, asked_at);
