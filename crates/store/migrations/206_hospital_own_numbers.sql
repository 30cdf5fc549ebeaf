-- database: cards
-- Our own number for somebody who has no chart at the hospital, once it was told: the same whenever they are told again, whatever
-- look-up key is in use by then. Who they are stands as a pseudonym (as in service_cards), the number sealed.
CREATE TABLE hospital_own_numbers (
    number_id   TEXT   NOT NULL PRIMARY KEY,
    subject_key BIGINT NOT NULL,
    subject     BLOB   NOT NULL,
    content     BLOB   NOT NULL,
    told_at     BIGINT NOT NULL
);
CREATE UNIQUE INDEX hospital_own_numbers_by_subject ON hospital_own_numbers (subject);
CREATE INDEX hospital_own_numbers_by_time ON hospital_own_numbers (told_at);
