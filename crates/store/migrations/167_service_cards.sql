-- database: cards
-- Numbers of services' cards. `subject` is a keyed hash of service and person: it differs for each service and leads to
-- nobody without the look-up keys. The number is sealed under the card's own key.
CREATE TABLE service_cards (
    card_id       TEXT   NOT NULL PRIMARY KEY,
    service       TEXT   NOT NULL,
    subject_key   BIGINT NOT NULL,
    subject       BLOB   NOT NULL,
    form          TEXT   NOT NULL,
    number_key    BIGINT NOT NULL,
    number_hash   BLOB   NOT NULL,
    number        BLOB   NOT NULL,
    status        TEXT   NOT NULL,
    since         BIGINT NOT NULL,
    issued_at     BIGINT NOT NULL,
    valid_until   TEXT,
    replaces      TEXT
);
CREATE INDEX service_cards_by_subject ON service_cards (service, subject);
CREATE INDEX service_cards_by_number ON service_cards (service, number_hash);

-- What happened to a card: who, when, why. Nothing is rewritten.
CREATE TABLE service_card_events (
    event_id      TEXT   NOT NULL PRIMARY KEY,
    card_id       TEXT   NOT NULL,
    happened_at   BIGINT NOT NULL,
    actor         TEXT   NOT NULL,
    status        TEXT   NOT NULL,
    why           TEXT   NOT NULL
);
CREATE INDEX service_card_events_by_card ON service_card_events (card_id, happened_at);
