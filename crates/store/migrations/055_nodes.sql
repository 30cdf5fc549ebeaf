-- database: inside
-- The processes that serve this city. All must be of one build, schema and configuration (invariant I13).
CREATE TABLE nodes (
    node_id      TEXT   NOT NULL PRIMARY KEY,
    fingerprint  TEXT   NOT NULL,
    topology     TEXT   NOT NULL,
    joined_at    BIGINT NOT NULL,
    seen_at      BIGINT NOT NULL
);
