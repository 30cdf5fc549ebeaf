-- database: inside
-- Which resident an account of the portal is. The outside has no such table.
CREATE TABLE portal_links (
    account_id  TEXT   NOT NULL PRIMARY KEY,
    resident_id TEXT   NOT NULL UNIQUE,
    linked_at   BIGINT NOT NULL,
    -- card, app, terminal, counter
    linked_by   TEXT   NOT NULL,
    -- What the outside was last told.
    told_state  TEXT   NOT NULL,
    told_at     BIGINT NOT NULL
);
