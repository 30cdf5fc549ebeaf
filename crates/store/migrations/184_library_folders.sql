-- database: inside
-- Files that go between the library and the city by themselves, in two folders. A day's list: noted, then laid into place.
CREATE TABLE library_days (
    day       TEXT   NOT NULL PRIMARY KEY,
    file_id   TEXT   NOT NULL UNIQUE,
    at        BIGINT NOT NULL,
    placed_at BIGINT
);
-- What the library left: known by name and contents until it was moved away, so that a run that was cut goes on with the same.
CREATE TABLE library_arrivals (
    file_id  TEXT   NOT NULL PRIMARY KEY,
    digest   BLOB   NOT NULL,
    name     TEXT,
    came_at  BIGINT NOT NULL,
    noted_at BIGINT,
    why      TEXT,
    moved_at BIGINT
);
CREATE INDEX library_arrivals_by_digest ON library_arrivals (digest);
