-- database: outside
-- What happened to an account's security, for its person to read. Words and times only.
CREATE TABLE portal_events (
    event_id   TEXT   NOT NULL PRIMARY KEY,
    account_id TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    at         BIGINT NOT NULL
);
CREATE INDEX portal_events_account ON portal_events (account_id, at);
