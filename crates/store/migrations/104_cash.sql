-- database: inside
-- When the fee was found to be kept, when it was given back, and whether the machine or an officer gave it.
ALTER TABLE certificate_requests ADD COLUMN paid_at BIGINT;
ALTER TABLE certificate_requests ADD COLUMN refunded_at BIGINT;
ALTER TABLE certificate_requests ADD COLUMN refunded_by TEXT;
CREATE INDEX certificate_requests_by_payment ON certificate_requests (paid_at);
CREATE INDEX certificate_requests_by_refund ON certificate_requests (refunded_at);
-- Requests from before: the money moved when they began, as far as is known.
UPDATE certificate_requests SET paid_at = began_at WHERE paid_yen > 0;
UPDATE certificate_requests SET refunded_at = state_since, refunded_by = 'machine' WHERE state = 'refunded';

-- What an officer decided about money that the machine left open.
CREATE TABLE money_settlements (
    settlement_id TEXT   NOT NULL PRIMARY KEY,
    request_id    TEXT   NOT NULL,
    decision      TEXT   NOT NULL,
    reason        TEXT   NOT NULL,
    decided_at    BIGINT NOT NULL,
    decided_by    TEXT   NOT NULL
);
CREATE INDEX money_settlements_by_request ON money_settlements (request_id);

-- A machine's day, closed with what the box held (日計). A row is never changed: a correction, made by two persons, is the
-- next revision.
CREATE TABLE cash_days (
    day           TEXT   NOT NULL,
    terminal_id   TEXT   NOT NULL,
    revision      BIGINT NOT NULL,
    taken_yen     BIGINT NOT NULL,
    refunded_yen  BIGINT NOT NULL,
    counted_yen   BIGINT NOT NULL,
    note          TEXT   NOT NULL,
    closed_at     BIGINT NOT NULL,
    closed_by     TEXT   NOT NULL,
    approved_by   TEXT,
    PRIMARY KEY (day, terminal_id, revision)
);

-- Corrections that wait for a second person.
CREATE TABLE cash_corrections (
    approval_id  TEXT   NOT NULL PRIMARY KEY,
    day          TEXT   NOT NULL,
    terminal_id  TEXT   NOT NULL,
    counted_yen  BIGINT NOT NULL,
    note         TEXT   NOT NULL
);
