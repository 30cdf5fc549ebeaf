-- database: inside
-- Nearly every row concerns one person: the index for those that concern everyone holds only them.
DROP INDEX disclosure_to_everyone;
CREATE INDEX disclosure_to_everyone ON disclosure (at) WHERE everyone = 1;
