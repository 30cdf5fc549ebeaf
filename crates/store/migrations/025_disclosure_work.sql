-- database: inside
-- One piece of work (事案: a visit to a machine, a request at the counter) reads in several transactions; its id keeps
-- the person's list at one line for what is one look.
ALTER TABLE disclosure ADD COLUMN work TEXT;
CREATE INDEX disclosure_by_work ON disclosure (work, subject) WHERE work IS NOT NULL;
