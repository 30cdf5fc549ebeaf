-- database: inside
-- Who was shown whose record. `salt` opens the audit commitment at (chain, position); `subject` is null for a search
-- or declared bulk work; `visible` is 'now', 'hidden' or the date from which the person is shown the entry.
CREATE TABLE disclosure (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT,
    at BIGINT NOT NULL,
    actor_class TEXT NOT NULL,
    actor TEXT NOT NULL,
    terminal TEXT,
    duty TEXT NOT NULL,
    note TEXT,
    items TEXT NOT NULL,
    visible TEXT NOT NULL,
    told TEXT,
    told_english TEXT,
    everyone BIGINT NOT NULL,
    chain TEXT NOT NULL,
    position BIGINT NOT NULL,
    salt BLOB NOT NULL
);
CREATE INDEX disclosure_by_subject ON disclosure (subject, at);
CREATE INDEX disclosure_by_actor ON disclosure (actor, at);
CREATE UNIQUE INDEX disclosure_by_entry ON disclosure (chain, position);
CREATE INDEX disclosure_to_everyone ON disclosure (everyone, at);

-- Whom declared bulk work concerns, when not everyone.
CREATE TABLE disclosure_concerned (
    entry TEXT NOT NULL,
    subject TEXT NOT NULL,
    PRIMARY KEY (entry, subject)
);
CREATE INDEX disclosure_concerned_by_subject ON disclosure_concerned (subject);
