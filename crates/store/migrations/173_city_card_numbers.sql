-- database: cards
-- The next number of each card that counts its own.
CREATE TABLE city_card_numbers (
    service TEXT   NOT NULL PRIMARY KEY,
    next    BIGINT NOT NULL
);

-- What a card cost and saved when it was given, by the version of its definition.
CREATE TABLE city_card_issues (
    card_id    TEXT   NOT NULL PRIMARY KEY,
    service    TEXT   NOT NULL,
    version    BIGINT NOT NULL,
    form       TEXT   NOT NULL,
    fee        BIGINT NOT NULL,
    saved      BIGINT NOT NULL,
    is_again   BIGINT NOT NULL,
    issued_at  BIGINT NOT NULL
);
CREATE INDEX city_card_issues_by_day ON city_card_issues (service, issued_at);

-- What happened, for systems that follow it.
CREATE INDEX service_card_events_by_time ON service_card_events (happened_at, event_id);
