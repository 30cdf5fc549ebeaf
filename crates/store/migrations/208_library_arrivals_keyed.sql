-- database: inside
-- Under which look-up key a file's digest stands; 0: under none, as all did before. Of a file that was moved away none is needed.
ALTER TABLE library_arrivals ADD COLUMN digest_key BIGINT NOT NULL DEFAULT 0;
UPDATE library_arrivals SET digest = CAST('' AS BLOB) WHERE moved_at IS NOT NULL;
