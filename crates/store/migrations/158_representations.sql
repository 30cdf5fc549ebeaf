-- database: outside
-- Who may act for whom: guardians as the inside tells them, helpers as the principal names them.
CREATE TABLE representations (
    representation_id TEXT   NOT NULL PRIMARY KEY,
    represented       TEXT   NOT NULL,
    representative    TEXT,
    -- child, ward, mandate
    kind              TEXT   NOT NULL,
    scopes            TEXT   NOT NULL,
    starts_on         TEXT   NOT NULL,
    -- The first day on which it is over.
    ends_on           TEXT,
    -- offered, active, ended
    state             TEXT   NOT NULL,
    made_at           BIGINT NOT NULL,
    ended_at          BIGINT,
    -- SHA-256 of the code a helper types; only while it is offered, until offered_until.
    code_hash         BLOB,
    offered_until     BIGINT,
    told              BIGINT NOT NULL
);
CREATE INDEX representations_of ON representations (represented, state);
CREATE INDEX representations_by ON representations (representative, state);
CREATE UNIQUE INDEX representations_code ON representations (code_hash) WHERE code_hash IS NOT NULL;
CREATE INDEX representations_untold ON representations (made_at) WHERE told = 0;
