-- database: outside
-- What a person answered to a letter: sealed under their key. `taken_at`: when the city said that it has it.
CREATE TABLE mailbox_replies (
    reply_id   TEXT   NOT NULL PRIMARY KEY,
    account_id TEXT   NOT NULL,
    letter_id  TEXT   NOT NULL,
    -- Who wrote it in the person's name.
    delegate   TEXT,
    content    BLOB   NOT NULL,
    made_at    BIGINT NOT NULL,
    sent       BIGINT NOT NULL,
    taken_at   BIGINT
);
CREATE INDEX mailbox_replies_of ON mailbox_replies (account_id, letter_id, made_at);
CREATE INDEX mailbox_replies_unsent ON mailbox_replies (made_at) WHERE sent = 0;

-- What lies beside a letter, by name and digest: part of what evidence is about. The bytes come apart.
ALTER TABLE mailbox_letters ADD COLUMN attachments TEXT;

-- Attachments for one person, sealed to the zone; the job seals each under its person's key.
CREATE TABLE mailbox_own_attachments (
    message_id TEXT   NOT NULL PRIMARY KEY,
    letter_id  TEXT   NOT NULL,
    account_id TEXT   NOT NULL,
    number     BIGINT NOT NULL,
    name       TEXT   NOT NULL,
    sealed     BLOB   NOT NULL,
    refused_at BIGINT
);

-- Which entries of evidence about many (a channel was given the notice, or it failed) concern a person.
CREATE TABLE mailbox_tellings (
    letter_id  TEXT   NOT NULL,
    account_id TEXT   NOT NULL,
    position   BIGINT NOT NULL,
    PRIMARY KEY (letter_id, account_id, position)
);
