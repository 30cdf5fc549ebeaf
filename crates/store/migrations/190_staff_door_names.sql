-- database: cards
-- When a card or tag stood on a door's list last: whose it was is forgotten with the openings.
ALTER TABLE staff_door_names ADD COLUMN listed_at BIGINT NOT NULL DEFAULT 9223372036854775807;
