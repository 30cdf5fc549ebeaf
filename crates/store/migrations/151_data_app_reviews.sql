-- database: inside
-- Private apps as officers review them; the outside is told each decision.
CREATE TABLE data_app_reviews (
    client_id  TEXT   NOT NULL PRIMARY KEY,
    state      TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    content    TEXT   NOT NULL,
    applied_at BIGINT NOT NULL,
    decided_at BIGINT,
    decided_by TEXT,
    reason     TEXT
);
CREATE INDEX data_app_reviews_state ON data_app_reviews (state, applied_at);
