-- database: inside
-- Card agents: programs beside a card reader on a PC of the city, each known by a key of its own.
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

-- What an agent gives once to be paired. Only a hash of it is kept, until it is used, the agent is stopped, or it expires.
CREATE TABLE agent_codes (
    look_up     BLOB   NOT NULL PRIMARY KEY,
    code_hash   BLOB   NOT NULL,
    agent_id    TEXT   NOT NULL,
    expires_at  BIGINT NOT NULL
);
