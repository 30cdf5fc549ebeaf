-- database: outside
-- Cards of services and the emergency card stand beside the other records a person asked the inside to tell: one table, one way.
-- Both tables held answers of a day at most, which are asked for anew; they are empty from now on, and go in a later release.
DELETE FROM portal_service_cards;
DELETE FROM portal_emergency_card;
-- When the person last said what they want, and how often in that hour.
ALTER TABLE portal_own_records ADD COLUMN wished_at BIGINT;
ALTER TABLE portal_own_records ADD COLUMN wishes BIGINT NOT NULL DEFAULT 0;
