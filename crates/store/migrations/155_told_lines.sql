-- database: inside
-- Which disclosures the owner of an account was told (閲覧履歴), under which random name; `proved` once the proof went too.
CREATE TABLE told_lines (
    account_id TEXT   NOT NULL,
    entry      TEXT   NOT NULL,
    line_id    TEXT   NOT NULL,
    told_at    BIGINT NOT NULL,
    proved     BIGINT NOT NULL,
    PRIMARY KEY (account_id, entry)
);
CREATE UNIQUE INDEX told_lines_name ON told_lines (line_id);
CREATE INDEX told_lines_unproved ON told_lines (told_at) WHERE proved = 0;
-- Up to which time of writing each account was told what concerns everyone.
CREATE TABLE told_accounts (
    account_id    TEXT   NOT NULL PRIMARY KEY,
    everyone_upto BIGINT NOT NULL
);
CREATE TABLE told_upto (
    id   BIGINT NOT NULL PRIMARY KEY,
    upto BIGINT NOT NULL
);
INSERT INTO told_upto (id, upto) VALUES (1, 0);
CREATE INDEX disclosure_by_date_shown ON disclosure (visible) WHERE visible <> 'now' AND visible <> 'hidden';

-- What people object to, for officers. Sealed under the resident.
CREATE TABLE looked_objections (
    objection_id TEXT   NOT NULL PRIMARY KEY,
    account_id   TEXT   NOT NULL,
    entry        TEXT   NOT NULL,
    words        BLOB   NOT NULL,
    made_at      BIGINT NOT NULL,
    answer       BLOB,
    answered_by  TEXT,
    answered_at  BIGINT,
    told         BIGINT NOT NULL
);
CREATE INDEX looked_objections_open ON looked_objections (answered_at, made_at);

-- Guardians of children and of adults, as officers checked them. The day it is over is in `ends_on`.
CREATE TABLE guardianships (
    guardianship_id TEXT   NOT NULL PRIMARY KEY,
    ward            TEXT   NOT NULL,
    guardian        TEXT   NOT NULL,
    -- child, ward
    kind            TEXT   NOT NULL,
    -- register: custody as entered in the family register; papers: shown to the officer
    basis           TEXT   NOT NULL,
    starts_on       TEXT   NOT NULL,
    ends_on         TEXT,
    state           TEXT   NOT NULL,
    checked_by      TEXT   NOT NULL,
    made_at         BIGINT NOT NULL,
    told            BIGINT NOT NULL
);
CREATE INDEX guardianships_ward ON guardianships (ward, state);

-- Mandates that people gave outside, for the yearly letter on paper.
CREATE TABLE portal_mandates (
    mandate_id     TEXT   NOT NULL PRIMARY KEY,
    account_id     TEXT   NOT NULL,
    representative TEXT   NOT NULL,
    scopes         TEXT   NOT NULL,
    starts_on      TEXT   NOT NULL,
    ends_on        TEXT   NOT NULL,
    state          TEXT   NOT NULL,
    paper_at       BIGINT
);
-- Accounts whose representations were cut because of a protection.
CREATE TABLE representation_cuts (
    account_id TEXT   NOT NULL PRIMARY KEY,
    cut_at     BIGINT NOT NULL
);
