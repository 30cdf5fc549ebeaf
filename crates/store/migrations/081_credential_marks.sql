-- database: inside
-- A word by which its holder knows a tag or code again ("かばんのタグ"), sealed with the holder's key.
ALTER TABLE credentials ADD COLUMN mark BLOB;
