-- database: cards
-- Parts of a library's file that were taken, and what became of them: a run that was cut takes none twice. Line numbers and
-- reasons, nothing of the rows. Gone when the file is noted.
CREATE TABLE library_parts (
    file_id TEXT   NOT NULL,
    part    BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    refused TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (file_id, part)
);
