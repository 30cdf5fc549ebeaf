-- database: inside
-- In which column of the line, where that is known.
ALTER TABLE library_refused ADD COLUMN place BIGINT;
