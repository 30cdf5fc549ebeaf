-- database: inside
CREATE TABLE terminals (
    terminal_id   TEXT   NOT NULL PRIMARY KEY,
    name          TEXT   NOT NULL,
    place         TEXT   NOT NULL,
    kind          TEXT   NOT NULL,
    secret_hash   BLOB   NOT NULL,
    status        TEXT   NOT NULL,
    enrolled_at   BIGINT NOT NULL
);
