-- database: cards
-- The city's own staff and their IDs. Name and card are sealed under a key of their own; a card is looked up by its keyed
-- hash. None of these people is looked for in the register.
CREATE TABLE staff_members (
    staff_number   TEXT   NOT NULL PRIMARY KEY,
    member         TEXT   NOT NULL UNIQUE,
    name           BLOB   NOT NULL,
    department     TEXT   NOT NULL,
    title          TEXT   NOT NULL,
    authority      TEXT   NOT NULL,
    employed_from  TEXT   NOT NULL,
    employed_until TEXT,
    account        TEXT,
    changed_at     BIGINT NOT NULL
);
CREATE UNIQUE INDEX staff_members_by_account ON staff_members (account);

CREATE TABLE staff_ids (
    staff_id     TEXT   NOT NULL PRIMARY KEY,
    staff_number TEXT   NOT NULL REFERENCES staff_members (staff_number),
    sticker      TEXT   NOT NULL UNIQUE,
    status       TEXT   NOT NULL,
    since        BIGINT NOT NULL,
    issued_on    TEXT   NOT NULL,
    valid_until  TEXT   NOT NULL,
    card_key     BIGINT,
    card_hash    BLOB,
    card         BLOB,
    tag_key      BIGINT,
    tag_hash     BLOB,
    tag          BLOB,
    printed_at   BIGINT,
    replaces     TEXT
);
CREATE INDEX staff_ids_by_member ON staff_ids (staff_number);
CREATE INDEX staff_ids_by_card ON staff_ids (card_hash);

-- The ledger of issue (発行台帳). Nothing is rewritten.
CREATE TABLE staff_id_events (
    event_id    TEXT   NOT NULL PRIMARY KEY,
    staff_id    TEXT   NOT NULL,
    happened_at BIGINT NOT NULL,
    actor       TEXT   NOT NULL,
    what        TEXT   NOT NULL,
    why         TEXT   NOT NULL
);
CREATE INDEX staff_id_events_by_id ON staff_id_events (staff_id, happened_at);

CREATE TABLE staff_id_settings (
    setting TEXT NOT NULL PRIMARY KEY,
    content TEXT NOT NULL
);
