-- database: outside
-- What a resident asked of the library: the key the answer is sealed to, and the answer. Both are erased at `erase_at`, minutes
-- later; without the key no copy of the answer, wherever it lies, can be read.
CREATE TABLE library_looks (
    account_id TEXT   NOT NULL PRIMARY KEY,
    look_id    TEXT   NOT NULL,
    look_key   BLOB   NOT NULL,
    asked_at   BIGINT NOT NULL,
    answer     BLOB,
    told_at    BIGINT,
    erase_at   BIGINT NOT NULL
);
CREATE INDEX library_looks_erase ON library_looks (erase_at);
