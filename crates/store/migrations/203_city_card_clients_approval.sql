-- database: inside
-- The proposal that a department's system may write, which two persons decide.
ALTER TABLE city_card_clients ADD COLUMN approval_id TEXT;
-- What one person alone allowed before: such a system is admitted anew, by two.
UPDATE city_card_clients SET may_write = 0;
