-- database: cards
-- Fees that a desk took in cash for a card, and gave back when the giving was undone. The id is the receipt's number.
CREATE TABLE desk_takings (
    taking_id     TEXT   NOT NULL PRIMARY KEY,
    card_id       TEXT   NOT NULL,
    service       TEXT   NOT NULL,
    terminal_id   TEXT   NOT NULL,
    yen           BIGINT NOT NULL,
    taken_at      BIGINT NOT NULL,
    given_back_at BIGINT
);
CREATE INDEX desk_takings_by_card ON desk_takings (card_id);
CREATE INDEX desk_takings_by_time ON desk_takings (taken_at);
CREATE INDEX desk_takings_by_return ON desk_takings (given_back_at);
