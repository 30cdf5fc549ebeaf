-- database: cards
-- Whether a card was asked for in the portal: a visit to a desk that was not needed.
ALTER TABLE city_card_issues ADD COLUMN is_online BIGINT NOT NULL DEFAULT 0;
