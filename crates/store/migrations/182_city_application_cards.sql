-- database: inside
-- Cards onto which the city's application was loaded. The number on the chip is a keyed hash here; whose card it is, only
-- the credential knows.
CREATE TABLE city_application_cards (
    card_id       TEXT   NOT NULL PRIMARY KEY,
    number_key    BIGINT NOT NULL,
    number_hash   BLOB   NOT NULL,
    standing      TEXT   NOT NULL,
    since         BIGINT NOT NULL,
    begun_at      BIGINT NOT NULL,
    held_keys     TEXT   NOT NULL
);
CREATE INDEX city_application_cards_by_number ON city_application_cards (number_hash);
CREATE INDEX city_application_cards_by_standing ON city_application_cards (standing, since);

-- Every step: written before it is sent to the card, ended after the card said yes. One without an end was cut.
CREATE TABLE city_application_steps (
    step_id       TEXT   NOT NULL PRIMARY KEY,
    card_id       TEXT   NOT NULL,
    step          TEXT   NOT NULL,
    actor         TEXT   NOT NULL,
    begun_at      BIGINT NOT NULL,
    done_at       BIGINT
);
CREATE INDEX city_application_steps_by_card ON city_application_steps (card_id, begun_at);
