-- database: outside
-- The emergency card as the inside told it to the person who asked: sealed under the account, for a day.
CREATE TABLE portal_emergency_card (
    account_id TEXT   NOT NULL PRIMARY KEY,
    asked_at   BIGINT NOT NULL,
    sent       BIGINT NOT NULL,
    told_at    BIGINT,
    content    BLOB
);
CREATE INDEX portal_emergency_card_unsent ON portal_emergency_card (sent, asked_at);
