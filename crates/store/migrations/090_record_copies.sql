-- database: inside
-- Copies of registers that other systems keep one record at a time. kind: seals (印鑑登録), tax (課税). Each kind has its own
-- feed: its source is another system than that of the residents and may stop alone. A full load is staged under a new
-- generation and shown by changing one number.

CREATE TABLE record_copy_feed (
    kind TEXT NOT NULL PRIMARY KEY,
    -- The generation everyone sees; 0 before the first load.
    generation BIGINT NOT NULL,
    source TEXT NOT NULL,
    position BIGINT NOT NULL,
    source_position BIGINT NOT NULL,
    heartbeat BIGINT,
    received BIGINT
);
INSERT INTO record_copy_feed (kind, generation, source, position, source_position) VALUES ('seals', 0, '', 0, 0);
INSERT INTO record_copy_feed (kind, generation, source, position, source_position) VALUES ('tax', 0, '', 0, 0);

CREATE TABLE record_copies (
    kind TEXT NOT NULL,
    generation BIGINT NOT NULL,
    -- The record's key in its source system.
    record_key TEXT NOT NULL,
    resident_id TEXT NOT NULL,
    -- 0 after a newer line about it was refused: what stands here is no longer the truth.
    is_complete BIGINT NOT NULL,
    -- Source position of the file that brought this version.
    position BIGINT NOT NULL,
    -- The record as its line (docs/seal-registration-files.md, docs/tax-record-files.md).
    body TEXT NOT NULL,
    PRIMARY KEY (kind, generation, record_key)
);
CREATE INDEX record_copies_by_resident ON record_copies (kind, generation, resident_id);

-- Loads of a whole file. state: staging, refused (lines were refused; may be switched with --keep-good), switched,
-- replaced, abandoned, swept
CREATE TABLE record_copy_runs (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    -- SHA-256 of the file: the same file is the same run.
    fingerprint TEXT NOT NULL,
    generation BIGINT NOT NULL,
    state TEXT NOT NULL,
    source TEXT NOT NULL,
    position BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    switched_at BIGINT,
    records BIGINT NOT NULL,
    refused BIGINT NOT NULL
);
CREATE INDEX record_copy_runs_by_state ON record_copy_runs (kind, state, generation);
