-- database: outside
-- Evidence of letters (ETSI EN 319 522): facts and hashes, never content. A chain; each minute's entries under one root that
-- an authority stamps (RFC 3161).
CREATE TABLE mailbox_evidence (
    position     BIGINT NOT NULL PRIMARY KEY,
    evidence_id  TEXT   NOT NULL UNIQUE,
    event        TEXT   NOT NULL,
    at           BIGINT NOT NULL,
    letter_id    TEXT   NOT NULL,
    -- The one it concerns; none when it is about many (leaves) or about the letter itself.
    account_id   TEXT,
    -- Who acted in their name.
    delegate     TEXT,
    sender       TEXT   NOT NULL,
    submitted_at BIGINT NOT NULL,
    letter_hash  BLOB   NOT NULL,
    reason       TEXT,
    -- For many at once: their ids, sixteen bytes each, and the root over them.
    leaves       BLOB,
    leaves_root  BLOB,
    previous     BLOB   NOT NULL,
    hash         BLOB   NOT NULL
);
CREATE INDEX mailbox_evidence_letter ON mailbox_evidence (letter_id, position);

CREATE TABLE mailbox_evidence_head (
    one      BIGINT NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL,
    hash     TEXT   NOT NULL
);
INSERT INTO mailbox_evidence_head (one, position, hash) VALUES (1, 0, '');

CREATE TABLE mailbox_evidence_roots (
    number   BIGINT NOT NULL PRIMARY KEY,
    first    BIGINT NOT NULL,
    last     BIGINT NOT NULL,
    root     BLOB   NOT NULL,
    made_at  BIGINT NOT NULL,
    token    BLOB,
    stamped_at BIGINT
);

-- Which evidence entry placed an item, so that its proof is found.
ALTER TABLE mailbox_items ADD COLUMN evidence BIGINT;
-- When the list of statutory letters that nobody opened was told to the inside.
ALTER TABLE mailbox_letters ADD COLUMN unopened_told_at BIGINT;

-- Personal parts that came in bulk, sealed to the zone; the job seals each under its person's key.
CREATE TABLE mailbox_personal (
    message_id TEXT   NOT NULL PRIMARY KEY,
    letter_id  TEXT   NOT NULL,
    sealed     BLOB   NOT NULL,
    refused_at BIGINT
);

-- What a person chose: electronic sending by class of letter, and senders they stopped.
CREATE TABLE mailbox_consents (
    account_id   TEXT   NOT NULL,
    letter_class TEXT   NOT NULL,
    given_at     BIGINT NOT NULL,
    withdrawn_at BIGINT,
    PRIMARY KEY (account_id, letter_class, given_at)
);
