-- database: inside
-- Departments and approved private senders that may send letters. A key is kept as SHA-256 only.
CREATE TABLE dispatch_senders (
    sender_key  TEXT   NOT NULL PRIMARY KEY,
    name        TEXT   NOT NULL,
    -- city, private
    kind        TEXT   NOT NULL,
    token_hash  BLOB   UNIQUE,
    added_at    BIGINT NOT NULL,
    stopped_at  BIGINT
);

-- Letters being sent to many.
CREATE TABLE dispatches (
    dispatch_id    TEXT   NOT NULL PRIMARY KEY,
    letter_id      TEXT   NOT NULL UNIQUE,
    sender_key     TEXT   NOT NULL,
    -- The sender's own name for this sending: given twice, it is once.
    idempotency    TEXT   NOT NULL,
    -- The common part (JSON) and its hash.
    letter         TEXT   NOT NULL,
    -- everybody, listed
    audience       TEXT   NOT NULL,
    -- open, complete, sending, stopped, done, recalled
    state          TEXT   NOT NULL,
    made_at        BIGINT NOT NULL,
    -- Lines taken and lines refused.
    total          BIGINT NOT NULL,
    refused        BIGINT NOT NULL,
    -- How far it has come: lines looked at; for everybody also the last account.
    done           BIGINT NOT NULL,
    last_account   TEXT   NOT NULL,
    placed         BIGINT NOT NULL,
    on_paper       BIGINT NOT NULL,
    unreached      BIGINT NOT NULL,
    -- 0 before release, then 1, 10, 100 per cent.
    stage          BIGINT NOT NULL,
    hold_until     BIGINT,
    released_at    BIGINT,
    recalled_at    BIGINT,
    UNIQUE (sender_key, idempotency)
);
CREATE INDEX dispatches_state ON dispatches (state);

-- Recipients in pieces, sealed under the dispatch's own key (erased when it is over).
CREATE TABLE dispatch_pieces (
    dispatch_id TEXT   NOT NULL,
    number      BIGINT NOT NULL,
    first       BIGINT NOT NULL,
    lines       BIGINT NOT NULL,
    content     BLOB   NOT NULL,
    PRIMARY KEY (dispatch_id, number)
);
CREATE TABLE dispatch_faults (
    dispatch_id TEXT   NOT NULL,
    line        BIGINT NOT NULL,
    reason      TEXT   NOT NULL,
    PRIMARY KEY (dispatch_id, line)
);

-- Who gets it on paper, and why.
CREATE TABLE dispatch_paper (
    dispatch_id TEXT   NOT NULL,
    resident_id TEXT   NOT NULL,
    -- paper_required, no_account, no_consent, away, unopened
    reason      TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    sent_at     BIGINT,
    PRIMARY KEY (dispatch_id, resident_id)
);

-- Consent to electronic sending by class, as the person told it at the portal. Read on the way of sending.
CREATE TABLE dispatch_consents (
    account_id   TEXT   NOT NULL,
    letter_class TEXT   NOT NULL,
    given_at     BIGINT NOT NULL,
    withdrawn_at BIGINT,
    PRIMARY KEY (account_id, letter_class)
);
