-- database: outside
-- Who looked at the owner of an account. Content and proof are sealed under the account's own key.
CREATE TABLE looked_lines (
    account_id TEXT   NOT NULL,
    line_id    TEXT   NOT NULL,
    told_at    BIGINT NOT NULL,
    content    BLOB   NOT NULL,
    proof      BLOB,
    PRIMARY KEY (account_id, line_id)
);
CREATE INDEX looked_lines_time ON looked_lines (told_at);
CREATE TABLE looked_objections (
    objection_id TEXT   NOT NULL PRIMARY KEY,
    account_id   TEXT   NOT NULL,
    line_id      TEXT   NOT NULL,
    words        BLOB   NOT NULL,
    made_at      BIGINT NOT NULL,
    sent         BIGINT NOT NULL,
    answer       BLOB,
    answered_at  BIGINT
);
CREATE INDEX looked_objections_account ON looked_objections (account_id);
CREATE INDEX looked_objections_unsent ON looked_objections (made_at) WHERE sent = 0;
