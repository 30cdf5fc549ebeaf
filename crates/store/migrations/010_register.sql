-- database: inside
-- The register of residents: a copy of what the city's source system said. Dates are YYYY-MM-DD texts, instants UTC
-- microseconds. A full load is staged under a new generation and shown by changing one number.

CREATE TABLE register_generation (
    id BIGINT NOT NULL PRIMARY KEY,
    generation BIGINT NOT NULL
);
INSERT INTO register_generation (id, generation) VALUES (1, 0);

-- How far the copy has come, and the source's last heartbeat.
CREATE TABLE register_feed (
    id BIGINT NOT NULL PRIMARY KEY,
    source TEXT NOT NULL,
    position BIGINT NOT NULL,
    source_position BIGINT NOT NULL,
    heartbeat BIGINT,
    received BIGINT
);
INSERT INTO register_feed (id, source, position, source_position) VALUES (1, '', 0, 0);

CREATE TABLE residents (
    generation BIGINT NOT NULL,
    resident_id TEXT NOT NULL,
    household_id TEXT NOT NULL,
    household_order BIGINT NOT NULL,
    relationship TEXT NOT NULL,
    name TEXT NOT NULL,
    name_mj TEXT,
    name_kana TEXT,
    name_kana_registered BIGINT NOT NULL,
    alphabet_name TEXT,
    common_name TEXT,
    common_name_kana TEXT,
    former_name TEXT,
    former_name_kana TEXT,
    birth_date TEXT NOT NULL,
    birth_date_text TEXT,
    sex TEXT NOT NULL,
    postal_code TEXT,
    municipality_code TEXT NOT NULL,
    town_code TEXT NOT NULL,
    address_number TEXT,
    address TEXT NOT NULL,
    building TEXT,
    became_resident_on TEXT,
    address_since TEXT,
    notified_on TEXT,
    previous_address TEXT,
    previous_city_address TEXT,
    family_register_domicile TEXT,
    family_register_head TEXT,
    nationality TEXT,
    article_30_45 TEXT,
    residence_status TEXT,
    residence_period TEXT,
    residence_expires_on TEXT,
    residence_card_number TEXT,
    state TEXT NOT NULL,
    state_on TEXT,
    remarks TEXT,
    -- SHA-256 (16 bytes) of the whole row: whether a full load changed anybody.
    content BLOB NOT NULL,
    -- Since when the register has said this, and the source position that made it so.
    valid_from BIGINT NOT NULL,
    made_by BIGINT NOT NULL,
    PRIMARY KEY (generation, resident_id)
);
CREATE INDEX residents_by_household ON residents (generation, household_id);

-- What the register said before: valid_from until valid_to, ended by the change at source position ended_by.
-- Rows of a generation above the current one belong to a load that has not been switched.
CREATE TABLE resident_history (
    generation BIGINT NOT NULL,
    resident_id TEXT NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_to BIGINT NOT NULL,
    made_by BIGINT NOT NULL,
    ended_by BIGINT NOT NULL,
    change_kind TEXT NOT NULL,
    household_id TEXT NOT NULL,
    relationship TEXT NOT NULL,
    name TEXT NOT NULL,
    name_kana TEXT,
    alphabet_name TEXT,
    common_name TEXT,
    former_name TEXT,
    birth_date TEXT NOT NULL,
    sex TEXT NOT NULL,
    address TEXT NOT NULL,
    building TEXT,
    family_register_domicile TEXT,
    family_register_head TEXT,
    nationality TEXT,
    residence_status TEXT,
    state TEXT NOT NULL,
    state_on TEXT,
    content BLOB NOT NULL,
    PRIMARY KEY (resident_id, valid_from, ended_by, generation)
);

CREATE INDEX resident_history_by_generation ON resident_history (generation);

CREATE TABLE households (
    generation BIGINT NOT NULL,
    household_id TEXT NOT NULL,
    head_resident_id TEXT,
    head_name TEXT NOT NULL,
    is_complete BIGINT NOT NULL,
    -- Source position of the last change to the household or to any member.
    position BIGINT NOT NULL,
    PRIMARY KEY (generation, household_id)
);

-- 支援措置.
CREATE TABLE protections (
    generation BIGINT NOT NULL,
    resident_id TEXT NOT NULL,
    protected_from TEXT NOT NULL,
    protected_until TEXT,
    PRIMARY KEY (generation, resident_id, protected_from)
);

-- Search keys as bytes, so that both engines order them alike. kind: 1 name, 2 reading, 3 birth date, 4 address.
CREATE TABLE resident_search (
    generation BIGINT NOT NULL,
    kind BIGINT NOT NULL,
    key BLOB NOT NULL,
    resident_id TEXT NOT NULL,
    PRIMARY KEY (generation, kind, key, resident_id)
);

-- Differences as they came. state: waiting (an earlier position is missing), applied, contained (the full load had it).
CREATE TABLE register_changes (
    position BIGINT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    effective_on TEXT NOT NULL,
    resident_id TEXT NOT NULL,
    household_id TEXT NOT NULL,
    state TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    applied_at BIGINT,
    content BLOB NOT NULL,
    -- The row in our own CSV form, to be applied, or applied again after an older full load.
    row_text TEXT NOT NULL
);
CREATE INDEX register_changes_by_state ON register_changes (state, position);
CREATE INDEX register_changes_by_resident ON register_changes (resident_id, position);
