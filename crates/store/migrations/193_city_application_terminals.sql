-- database: inside
-- Card agents that read the city's application by themselves: which sets of keys each may hold, as staff allowed it.
CREATE TABLE city_application_terminals (
    agent_id      TEXT   NOT NULL PRIMARY KEY,
    key_sets      TEXT   NOT NULL,
    allowed_by    TEXT   NOT NULL,
    allowed_at    BIGINT NOT NULL,
    ended_at      BIGINT
);

-- What each was given: its derived key, sealed to a key that only the agent holds. Nobody here can open it.
CREATE TABLE city_application_terminal_keys (
    handed_id     TEXT   NOT NULL PRIMARY KEY,
    agent_id      TEXT   NOT NULL,
    key_set       BIGINT NOT NULL,
    version       BIGINT NOT NULL,
    sealed_to     BLOB   NOT NULL,
    sealed        BLOB   NOT NULL,
    made_at       BIGINT NOT NULL,
    ends_at       BIGINT NOT NULL,
    ended_at      BIGINT
);
CREATE INDEX city_application_terminal_keys_by_agent ON city_application_terminal_keys (agent_id, made_at);
