-- database: inside
-- What the loading desk did not do, and why: the key of the sentence that was said there. Names no person; the card only where
-- it is one of this city's.
CREATE TABLE city_application_refusals (
    refusal_id    TEXT   NOT NULL PRIMARY KEY,
    card_id       TEXT,
    deed          TEXT   NOT NULL,
    why           TEXT   NOT NULL,
    actor         TEXT   NOT NULL,
    refused_at    BIGINT NOT NULL
);
CREATE INDEX city_application_refusals_by_card ON city_application_refusals (card_id, refused_at);
CREATE INDEX city_application_refusals_by_time ON city_application_refusals (refused_at);
