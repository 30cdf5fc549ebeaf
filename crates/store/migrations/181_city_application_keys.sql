-- database: inside
-- The key ceremony of the city's application: who holds a share. A share is sealed, and gone when the keys are made.
CREATE TABLE city_application_ceremonies (
    ceremony_id   TEXT   NOT NULL PRIMARY KEY,
    needed        BIGINT NOT NULL,
    standing      TEXT   NOT NULL,
    begun_by      TEXT   NOT NULL,
    begun_at      BIGINT NOT NULL,
    ended_at      BIGINT,
    is_simulated  BIGINT NOT NULL
);
CREATE TABLE city_application_shares (
    ceremony_id   TEXT   NOT NULL,
    custodian     TEXT   NOT NULL,
    given_at      BIGINT NOT NULL,
    sealed        BLOB,
    PRIMARY KEY (ceremony_id, custodian)
);

-- The group keys, one a row, sealed; retired and discarded ones hold nothing.
CREATE TABLE city_application_keys (
    key_id        TEXT   NOT NULL PRIMARY KEY,
    key_set       BIGINT NOT NULL,
    version       BIGINT NOT NULL,
    standing      TEXT   NOT NULL,
    sealed        BLOB,
    made_at       BIGINT NOT NULL,
    changed_at    BIGINT NOT NULL
);
CREATE INDEX city_application_keys_by_set ON city_application_keys (key_set, version);
