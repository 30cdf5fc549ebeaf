-- database: outside
-- What the city holds about somebody, as they asked to be told. Sealed; erased at `erase_at`.
CREATE TABLE self_information (
    question_id TEXT   NOT NULL PRIMARY KEY,
    account_id  TEXT   NOT NULL,
    asked_at    BIGINT NOT NULL,
    sent        BIGINT NOT NULL,
    answer      BLOB,
    answered_at BIGINT,
    erase_at    BIGINT NOT NULL
);
CREATE INDEX self_information_account ON self_information (account_id, asked_at);
CREATE INDEX self_information_unsent ON self_information (asked_at) WHERE sent = 0;
CREATE INDEX self_information_erase ON self_information (erase_at);
