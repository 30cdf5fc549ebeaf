-- database: outside
-- Tickets of terminals that were shown here, so that each opens one session; and of those whose visit is over before that.
CREATE TABLE portal_tickets (
    ticket_id    TEXT   NOT NULL PRIMARY KEY,
    -- The session it began; absent when the terminal ended the visit first.
    session_hash BLOB,
    -- Where the browser goes when it is over: the terminal's first page.
    back         TEXT   NOT NULL,
    taken_at     BIGINT NOT NULL
);
CREATE INDEX portal_tickets_session ON portal_tickets (session_hash);
