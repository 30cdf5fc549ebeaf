-- database: inside
-- Hashes of the request ids of papers that do not count any more, for the published list. Nothing about a person.
CREATE TABLE withdrawal_entries (
    request_hash TEXT   NOT NULL PRIMARY KEY,
    at           BIGINT NOT NULL
);
-- What was published: the next list has the next number.
CREATE TABLE withdrawal_lists (
    number  BIGINT NOT NULL PRIMARY KEY,
    made_at BIGINT NOT NULL,
    entries BIGINT NOT NULL
);
