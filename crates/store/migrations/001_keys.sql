-- database: keys
-- One data key per person, wrapped by the city's key. A row whose key is gone (wrapped is null) is a tombstone:
-- what was sealed with that version can never be opened again.
CREATE TABLE person_keys (
    person     TEXT   NOT NULL,
    version    BIGINT NOT NULL,
    wrapped    BLOB,
    city_key   TEXT   NOT NULL,
    made_at    BIGINT NOT NULL,
    erased_at  BIGINT,
    PRIMARY KEY (person, version)
);

-- Keys of the keyed hashes by which sealed values are looked up. The highest generation writes; all that are not
-- retired are tried when reading.
CREATE TABLE lookup_keys (
    generation BIGINT NOT NULL PRIMARY KEY,
    wrapped    BLOB,
    city_key   TEXT   NOT NULL,
    made_at    BIGINT NOT NULL,
    retired_at BIGINT
);
