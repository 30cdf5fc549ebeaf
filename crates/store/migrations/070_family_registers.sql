-- database: inside
-- The city's family registers (戸籍): a copy of what the family register system said. A register is one document of typed
-- records and changes as a whole, so it is one row: what is read in one row cannot be of two versions. A full load is
-- staged under a new generation and shown by changing one number.

CREATE TABLE family_register_feed (
    id BIGINT NOT NULL PRIMARY KEY,
    -- The generation everyone sees; 0 before the first load.
    generation BIGINT NOT NULL,
    source TEXT NOT NULL,
    position BIGINT NOT NULL,
    source_position BIGINT NOT NULL,
    heartbeat BIGINT,
    received BIGINT
);
INSERT INTO family_register_feed (id, generation, source, position, source_position) VALUES (1, 0, '', 0, 0);

CREATE TABLE family_registers (
    generation BIGINT NOT NULL,
    register_id TEXT NOT NULL,
    -- current, removed, rewritten
    state TEXT NOT NULL,
    -- 本籍 and 筆頭者 as an applicant may type them.
    place_key TEXT NOT NULL,
    -- 0 after a newer line about it was refused: what stands here is no longer the truth.
    is_complete BIGINT NOT NULL,
    -- Source position of the file that brought this version.
    position BIGINT NOT NULL,
    -- The register as its line (docs/family-register-files.md).
    body TEXT NOT NULL,
    PRIMARY KEY (generation, register_id)
);
CREATE INDEX family_registers_by_place ON family_registers (generation, place_key);

-- Who of the register of residents is in which register.
CREATE TABLE family_register_members (
    generation BIGINT NOT NULL,
    resident_id TEXT NOT NULL,
    register_id TEXT NOT NULL,
    member_order BIGINT NOT NULL,
    is_entered BIGINT NOT NULL,
    PRIMARY KEY (generation, resident_id, register_id, member_order)
);
CREATE INDEX family_register_members_by_register ON family_register_members (generation, register_id);

-- Loads of a whole file. state: staging, refused (lines were refused; may be switched with --keep-good), switched,
-- replaced, abandoned, swept
CREATE TABLE family_register_runs (
    id TEXT NOT NULL PRIMARY KEY,
    -- SHA-256 of the file: the same file is the same run.
    fingerprint TEXT NOT NULL,
    generation BIGINT NOT NULL,
    state TEXT NOT NULL,
    source TEXT NOT NULL,
    position BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    switched_at BIGINT,
    registers BIGINT NOT NULL,
    refused BIGINT NOT NULL
);
CREATE INDEX family_register_runs_by_state ON family_register_runs (state, generation);
