-- database: cards
-- The own key of the card that carries a staff ID, sealed: by it a tap without PIN is proved where staff watch.
ALTER TABLE staff_ids ADD COLUMN own_key BLOB;
