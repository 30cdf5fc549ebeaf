-- database: inside
-- Sessions of staff and of machines. The cookie's value is never stored, only its SHA-256.
CREATE TABLE sessions (
    session_hash BLOB   NOT NULL PRIMARY KEY,
    door         TEXT   NOT NULL,
    subject      TEXT   NOT NULL,
    bound_to     TEXT,
    started_at   BIGINT NOT NULL,
    seen_at      BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    ended_at     BIGINT
);
CREATE INDEX sessions_subject ON sessions (door, subject);

-- The work (事務) for which a member of staff looks at residents, told once and kept for the session.
CREATE TABLE staff_desks (
    session_hash BLOB   NOT NULL PRIMARY KEY,
    duty         TEXT   NOT NULL,
    note         TEXT   NOT NULL,
    since        BIGINT NOT NULL
);

-- A resident opened on a desk, under a random name: so that no address (URL) holds a resident's id.
CREATE TABLE staff_views (
    view_id      TEXT   NOT NULL PRIMARY KEY,
    session_hash BLOB   NOT NULL,
    resident     TEXT   NOT NULL,
    opened_at    BIGINT NOT NULL
);
