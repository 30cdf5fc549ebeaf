-- database: inside
-- What lies beside a letter: for everybody (recipient is ''), or for one resident. Sealed under the dispatch's own key.
CREATE TABLE dispatch_attachments (
    dispatch_id TEXT   NOT NULL,
    recipient   TEXT   NOT NULL,
    number      BIGINT NOT NULL,
    name        TEXT   NOT NULL,
    media_type  TEXT   NOT NULL,
    size        BIGINT NOT NULL,
    digest      BLOB   NOT NULL,
    content     BLOB   NOT NULL,
    -- Whether it went to the outside.
    sent        BIGINT NOT NULL,
    PRIMARY KEY (dispatch_id, recipient, number)
);

-- Printings of letters on paper: whom one is about is read from the register once (one declared work, one line for each
-- person in who looked), kept sealed under the printing's own key, and erased when it was posted.
CREATE TABLE dispatch_printings (
    printing_id TEXT   NOT NULL PRIMARY KEY,
    dispatch_id TEXT   NOT NULL,
    made_by     TEXT   NOT NULL,
    made_at     BIGINT NOT NULL,
    lines       BIGINT NOT NULL,
    -- Lines whose letter an officer sends by hand.
    by_hand     BIGINT NOT NULL,
    content     BLOB,
    posted_at   BIGINT
);
CREATE INDEX dispatch_printings_of ON dispatch_printings (dispatch_id, made_at);
ALTER TABLE dispatch_paper ADD COLUMN printing_id TEXT;
CREATE INDEX dispatch_paper_printing ON dispatch_paper (printing_id);
