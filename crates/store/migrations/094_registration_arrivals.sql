-- database: inside
-- Applications for a family register registration that came from a PC (by the relay), sealed to the inside's key, until a
-- job has opened and judged them; and which receipt belongs to which registration.
CREATE TABLE registration_arrivals (
    receipt_hash TEXT   NOT NULL PRIMARY KEY,
    sealed       BLOB   NOT NULL,
    sent_at      BIGINT NOT NULL
);

CREATE TABLE registration_receipts (
    receipt_hash    TEXT NOT NULL PRIMARY KEY,
    -- Absent where no application came of it.
    registration_id TEXT,
    -- The state the outside was told last.
    told            TEXT NOT NULL
);
