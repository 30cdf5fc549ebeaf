-- database: outside
-- Whether a paper is valid, by the hash of its request id: all that /verify needs, and nothing about a person.
CREATE TABLE paper_status (
    request_hash TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL,
    at BIGINT NOT NULL
);
