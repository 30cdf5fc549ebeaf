-- database: outside
-- How an application stands that was sent from a PC, by the hash of its receipt number: a word, and nothing about a person.
-- sent | applied | in_review | registered | declined | ended | refused (the signature or the card was not accepted)
CREATE TABLE registration_standing (
    receipt_hash TEXT   NOT NULL PRIMARY KEY,
    state        TEXT   NOT NULL,
    at           BIGINT NOT NULL
);
