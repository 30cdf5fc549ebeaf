-- database: inside
-- Whether a department's system may bring members in and stop cards, or only ask.
ALTER TABLE city_card_clients ADD COLUMN may_write BIGINT NOT NULL DEFAULT 0;
