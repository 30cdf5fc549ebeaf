-- database: inside
-- Another key or seal for papers (公印と鍵の更新), from the day it is asked for. Every node takes from here what it signs with:
-- version counts what came into use, change_number every change of the list. sealed: its files, until it goes out of use.
-- part: code | document | seal. standing: proposed | prepared | decided | in_use | retired | discarded.
CREATE TABLE paper_keys (
    key_id       TEXT   NOT NULL PRIMARY KEY,
    part         TEXT   NOT NULL,
    name         TEXT   NOT NULL,
    standing     TEXT   NOT NULL,
    sealed       BLOB,
    proposed_at  BIGINT NOT NULL,
    use_at       BIGINT,
    used_at      BIGINT,
    version      BIGINT,
    change_number BIGINT NOT NULL
);
