-- database: inside
-- Applications that came by the national portal (電子申請等情報受取), each once by its receipt number.
CREATE TABLE portal_applications (
    -- Ours; random, for addresses and keys.
    application_id TEXT   NOT NULL PRIMARY KEY,
    receipt_number TEXT   NOT NULL,
    -- What is applied for: a code and its words. Not personal.
    procedure_code TEXT   NOT NULL,
    procedure_name TEXT   NOT NULL,
    applied_at     BIGINT NOT NULL,
    arrived_at     BIGINT NOT NULL,
    -- About whom: a resident whose registered four attributes are the applicant's, else a key of its own.
    person         TEXT   NOT NULL,
    is_resident    BIGINT NOT NULL,
    -- The content, sealed; absent while it cannot be read.
    sealed         BLOB,
    -- Why it cannot be read: a word, no value.
    fault          TEXT,
    tries          BIGINT NOT NULL,
    -- What the office decided of its state, and what the national portal was told of that.
    status         TEXT   NOT NULL,
    status_at      BIGINT NOT NULL,
    told_status    TEXT
);
CREATE UNIQUE INDEX portal_applications_receipt ON portal_applications (receipt_number);
CREATE INDEX portal_applications_at ON portal_applications (applied_at, application_id);

-- Notices for the national portal (お知らせ). Public text.
CREATE TABLE national_notices (
    notice_id TEXT   NOT NULL PRIMARY KEY,
    title     TEXT   NOT NULL,
    body      TEXT   NOT NULL,
    link      TEXT,
    by_actor  TEXT   NOT NULL,
    queued_at BIGINT NOT NULL,
    told_at   BIGINT,
    fault     TEXT
);
CREATE INDEX national_notices_at ON national_notices (queued_at);
