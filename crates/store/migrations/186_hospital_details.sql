-- database: cards
-- What the register said of a person when their chart was linked or used, as keyed hashes: what the hospital says later is
-- compared with it without either being kept.
CREATE TABLE hospital_facts (
    subject       BLOB   NOT NULL,
    subject_key   BIGINT NOT NULL,
    fact          TEXT   NOT NULL,
    hash          BLOB   NOT NULL
);
CREATE INDEX hospital_facts_by_subject ON hospital_facts (subject);

-- How the details stand at the hospital, by card: when it last spoke of the chart, and what differs.
CREATE TABLE hospital_details (
    card_id       TEXT   NOT NULL PRIMARY KEY,
    told_at       BIGINT NOT NULL,
    differs       TEXT   NOT NULL,
    digest        BLOB   NOT NULL,
    state         TEXT   NOT NULL,
    decided_at    BIGINT,
    decided_by    TEXT
);
CREATE INDEX hospital_details_by_state ON hospital_details (state, told_at);

-- What the hospital is told beside receptions, with the person's consent: somebody new, a changed name or address. The
-- message is kept, sealed, until the hospital has answered it.
CREATE TABLE hospital_notices (
    notice_id     TEXT   NOT NULL PRIMARY KEY,
    kind          TEXT   NOT NULL,
    subject_key   BIGINT NOT NULL,
    subject       BLOB   NOT NULL,
    message       TEXT   NOT NULL,
    content       BLOB,
    state         TEXT   NOT NULL,
    tries         BIGINT NOT NULL,
    written_at    BIGINT NOT NULL,
    written_by    TEXT   NOT NULL
);
CREATE INDEX hospital_notices_by_state ON hospital_notices (state, written_at);
CREATE INDEX hospital_notices_by_subject ON hospital_notices (subject, kind);

-- Messages that were not taken and are no longer listed, because more came than anybody reads.
CREATE TABLE hospital_faults_dropped (
    on_day        TEXT   NOT NULL PRIMARY KEY,
    how_many      BIGINT NOT NULL
);
