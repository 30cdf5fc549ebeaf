-- database: outside
-- Card agents on residents' own PCs, paired with the portal. As the inside's tables of the same names.
CREATE TABLE agents (
    agent_id     TEXT   NOT NULL PRIMARY KEY,
    name         TEXT   NOT NULL,
    place        TEXT   NOT NULL,
    public_key   BLOB,
    status       TEXT   NOT NULL,
    announced_at BIGINT NOT NULL,
    paired_at    BIGINT,
    stopped_at   BIGINT
);

CREATE TABLE agent_codes (
    look_up     BLOB   NOT NULL PRIMARY KEY,
    code_hash   BLOB   NOT NULL,
    agent_id    TEXT   NOT NULL,
    expires_at  BIGINT NOT NULL
);

CREATE TABLE used_challenges (
    digest      BLOB   NOT NULL PRIMARY KEY,
    forget_at   BIGINT NOT NULL
);
CREATE INDEX used_challenges_by_time ON used_challenges (forget_at);
