-- database: inside
-- What people registered for notices and schemes, as they told. Codes as lists: `1,4,9`.
CREATE TABLE notice_wishes (
    account_id  TEXT   NOT NULL PRIMARY KEY,
    resident_id TEXT   NOT NULL,
    receives    BIGINT NOT NULL,
    interests   TEXT   NOT NULL,
    areas       TEXT   NOT NULL,
    ages        TEXT   NOT NULL,
    language    TEXT   NOT NULL,
    -- Classes of data that may be used, one bit each in the order of the rules' gated classes.
    classes     BIGINT NOT NULL,
    -- What they answered about themselves, sealed under the resident.
    answers     BLOB,
    told_at     BIGINT NOT NULL
);
CREATE INDEX notice_wishes_resident ON notice_wishes (resident_id);
-- Counts every change, so that copies in memory know when they are old.
CREATE TABLE notice_wishes_generation (
    id         BIGINT NOT NULL PRIMARY KEY,
    generation BIGINT NOT NULL
);
INSERT INTO notice_wishes_generation (id, generation) VALUES (1, 0);
-- How far schemes were judged for each who asked: on what basis, and from which day it may come out otherwise.
CREATE TABLE scheme_judged (
    account_id TEXT   NOT NULL PRIMARY KEY,
    basis      TEXT   NOT NULL,
    -- Of which word of the person (notice_wishes.told_at).
    told_at    BIGINT NOT NULL,
    next_on    TEXT   NOT NULL,
    -- SHA-256 of what was told, so that the same is not told again.
    digest     BLOB   NOT NULL,
    judged_at  BIGINT NOT NULL
);
