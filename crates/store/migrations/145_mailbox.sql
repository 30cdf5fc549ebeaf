-- database: outside
-- Letters to residents. What is the same for everybody is stored once; what is one person's alone is sealed under their key.
CREATE TABLE mailbox_letters (
    letter_id    TEXT   NOT NULL PRIMARY KEY,
    -- Who sends: a department of the city, or an approved private sender, with the name people see.
    sender       TEXT   NOT NULL,
    sender_kind  TEXT   NOT NULL,
    sender_name  TEXT   NOT NULL,
    -- emergency, statutory, deadline, news
    importance   TEXT   NOT NULL,
    -- The class a person consents to, and what the law asks of its delivery.
    letter_class TEXT   NOT NULL,
    delivery     TEXT   NOT NULL,
    title        TEXT   NOT NULL,
    -- The common part, as written (JSON of blocks), and its SHA-256.
    body         TEXT   NOT NULL,
    body_hash    BLOB   NOT NULL,
    action       TEXT,
    due_on       TEXT,
    -- After this day an unopened statutory letter goes out on paper.
    paper_after  TEXT,
    campaign     TEXT,
    reason       TEXT,
    sent_at      BIGINT NOT NULL,
    recalled_at  BIGINT,
    recall_note  TEXT
);
CREATE INDEX mailbox_letters_campaign ON mailbox_letters (campaign);

-- A letter in somebody's box. Letter ids are ordered by time, so the newest twenty are the end of this key.
CREATE TABLE mailbox_items (
    account_id  TEXT   NOT NULL,
    letter_id   TEXT   NOT NULL,
    personal    BLOB,
    placed_at   BIGINT NOT NULL,
    opened_at   BIGINT,
    archived_at BIGINT,
    done_at     BIGINT,
    PRIMARY KEY (account_id, letter_id)
);
CREATE INDEX mailbox_items_unopened ON mailbox_items (letter_id, account_id) WHERE opened_at IS NULL;

-- Attachments: of a letter (account_id is '') or of one person's copy (sealed).
CREATE TABLE mailbox_attachments (
    letter_id  TEXT   NOT NULL,
    account_id TEXT   NOT NULL,
    number     BIGINT NOT NULL,
    name       TEXT   NOT NULL,
    media_type TEXT   NOT NULL,
    size       BIGINT NOT NULL,
    content    BLOB   NOT NULL,
    PRIMARY KEY (letter_id, account_id, number)
);
