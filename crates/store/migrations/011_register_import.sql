-- database: inside
-- Imports: what was loaded, which batches are done (so that an interrupted run goes on), and which rows were refused.
-- No table here holds a value of a resident.

CREATE TABLE import_runs (
    id TEXT NOT NULL PRIMARY KEY,
    -- SHA-256 of the files: the same files are the same run.
    fingerprint TEXT NOT NULL,
    generation BIGINT NOT NULL,
    -- staging, refused (rows were refused; may be switched with --keep-good), switched, abandoned
    state TEXT NOT NULL,
    source TEXT NOT NULL,
    position BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    finished_at BIGINT,
    residents BIGINT NOT NULL,
    households BIGINT NOT NULL,
    protections BIGINT NOT NULL,
    refused BIGINT NOT NULL
);
CREATE INDEX import_runs_by_state ON import_runs (state, started_at);

CREATE TABLE import_batches (
    run TEXT NOT NULL,
    file TEXT NOT NULL,
    batch BIGINT NOT NULL,
    PRIMARY KEY (run, file, batch)
);

CREATE TABLE import_refused (
    run TEXT NOT NULL,
    file TEXT NOT NULL,
    line BIGINT NOT NULL,
    field TEXT NOT NULL,
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (run, file, line, field)
);
