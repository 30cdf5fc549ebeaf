-- database: inside
-- Who the city is and how this database was born: test anchors and virtual cards only where born = 'demo'.
CREATE TABLE city (
    one      BIGINT NOT NULL PRIMARY KEY,
    born     TEXT   NOT NULL,
    profile  TEXT   NOT NULL,
    born_at  BIGINT NOT NULL
);

-- Virtual cards of a demo city, sealed with the resident's key. Never filled elsewhere.
CREATE TABLE virtual_cards (
    resident_id  TEXT   NOT NULL PRIMARY KEY,
    drawer       BIGINT,
    label        TEXT   NOT NULL,
    sealed       BLOB   NOT NULL
);
