-- database: inside
-- Answers of people to letters that asked for one: sealed under the resident's key.
CREATE TABLE dispatch_replies (
    reply_id    TEXT   NOT NULL PRIMARY KEY,
    dispatch_id TEXT   NOT NULL,
    account_id  TEXT   NOT NULL,
    -- Who wrote it in the person's name.
    delegate    TEXT,
    words       BLOB   NOT NULL,
    made_at     BIGINT NOT NULL,
    taken_at    BIGINT NOT NULL,
    -- Who opened it first.
    opened_at   BIGINT,
    opened_by   TEXT
);
CREATE INDEX dispatch_replies_of ON dispatch_replies (dispatch_id, made_at);

-- The office whose members open answers; without one, the office of the sender's own name.
ALTER TABLE dispatch_senders ADD COLUMN office TEXT;
