-- database: inside
-- Which wishes (renew, cancel) were taken already, by their id: nothing of what they say. Swept after a day.
CREATE TABLE library_wishes (
    wish_id  TEXT   NOT NULL PRIMARY KEY,
    taken_at BIGINT NOT NULL
);
CREATE INDEX library_wishes_taken ON library_wishes (taken_at);
-- Files between the library and the city.
CREATE TABLE library_files (
    file_id   TEXT   NOT NULL PRIMARY KEY,
    direction TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    lines     BIGINT NOT NULL,
    changed   BIGINT NOT NULL,
    refused   BIGINT NOT NULL
);
CREATE INDEX library_files_at ON library_files (at);
CREATE TABLE library_refused (
    file_id TEXT   NOT NULL,
    line    BIGINT NOT NULL,
    reason  TEXT   NOT NULL,
    PRIMARY KEY (file_id, line)
);
