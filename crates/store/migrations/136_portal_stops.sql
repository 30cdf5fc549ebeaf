-- database: inside
-- Accounts of the portal that an officer stopped or let in again, at the counter or by telephone.
CREATE TABLE portal_stops (
    stop_id    TEXT   NOT NULL PRIMARY KEY,
    account_id TEXT   NOT NULL,
    -- stop, resume
    kind       TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    by_actor   TEXT   NOT NULL
);
CREATE INDEX portal_stops_account ON portal_stops (account_id, at);
