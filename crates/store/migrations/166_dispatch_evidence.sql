-- database: inside
-- What the mailbox said of a dispatch's letter: entries of its evidence, with the root over those they are about.
CREATE TABLE dispatch_evidence (
    letter_id   TEXT   NOT NULL,
    position    BIGINT NOT NULL,
    event       TEXT   NOT NULL,
    -- How many it is about, and the root over them (none for the letter itself).
    persons     BIGINT NOT NULL,
    root        TEXT,
    digest      TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    PRIMARY KEY (letter_id, position)
);
-- How often somebody was answered what is held about them, by the hour (their account's number, no content).
CREATE TABLE self_information_answers (
    account_id TEXT   NOT NULL,
    hour       BIGINT NOT NULL,
    answers    BIGINT NOT NULL,
    PRIMARY KEY (account_id, hour)
);
