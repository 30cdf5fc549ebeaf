-- database: inside
-- For the list of imports: when a load came to be seen, and what is wrong with a row in the words of those who mend it.
ALTER TABLE import_runs ADD COLUMN switched_at BIGINT;
ALTER TABLE import_refused ADD COLUMN japanese TEXT;
