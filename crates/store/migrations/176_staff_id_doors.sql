-- database: cards
-- Doors that decide without a line: their key (sealed), the lists that were made for them, who opened when.
CREATE TABLE staff_doors (
    door     TEXT   NOT NULL PRIMARY KEY,
    name     TEXT   NOT NULL,
    door_key BLOB   NOT NULL,
    made_at  BIGINT NOT NULL,
    lists    BIGINT NOT NULL
);

CREATE TABLE staff_door_openings (
    opening_id   TEXT   NOT NULL PRIMARY KEY,
    door         TEXT   NOT NULL,
    opened_at    BIGINT NOT NULL,
    staff_number TEXT,
    means        TEXT   NOT NULL
);
CREATE INDEX staff_door_openings_by_member ON staff_door_openings (staff_number, opened_at);

-- Who stood on a door's lists: a log names hashes only.
CREATE TABLE staff_door_names (
    door         TEXT NOT NULL,
    listed       TEXT NOT NULL,
    staff_number TEXT NOT NULL,
    PRIMARY KEY (door, listed)
);
