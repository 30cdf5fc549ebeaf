-- database: outside
-- Cards of services as the inside told them to their holder, who asked: sealed under the holder's key.
CREATE TABLE portal_service_cards (
    account_id TEXT   NOT NULL PRIMARY KEY,
    asked_at   BIGINT NOT NULL,
    sent       BIGINT NOT NULL,
    told_at    BIGINT,
    content    BLOB
);
CREATE INDEX portal_service_cards_unsent ON portal_service_cards (sent, asked_at);
