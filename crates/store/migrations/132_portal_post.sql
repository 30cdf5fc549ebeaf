-- database: inside, outside
-- Personal messages of the other zone about an account, sealed to this zone, waiting for the job that opens them.
CREATE TABLE portal_arrivals (
    message_id TEXT   NOT NULL PRIMARY KEY,
    account_id TEXT   NOT NULL,
    topic      TEXT   NOT NULL,
    sealed     BLOB   NOT NULL,
    sent_at    BIGINT NOT NULL,
    -- Set when it cannot be read: put aside, reported, and not tried again.
    refused_at BIGINT
);
CREATE INDEX portal_arrivals_time ON portal_arrivals (refused_at, sent_at);
