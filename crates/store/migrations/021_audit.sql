-- database: inside, outside
-- The audit log: several hash chains, each ending in a tip that a transaction moves on; heads sign them together.
CREATE TABLE audit_chain (
    chain TEXT NOT NULL PRIMARY KEY,
    length BIGINT NOT NULL,
    tip BLOB NOT NULL
);
CREATE TABLE audit_entry (
    chain TEXT NOT NULL,
    position BIGINT NOT NULL,
    at BIGINT NOT NULL,
    event TEXT NOT NULL,
    actor_class TEXT NOT NULL,
    commitment BLOB NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (chain, position)
);
-- What the commitment of an entry opens to; erasable. Disclosures open to their own row instead.
CREATE TABLE audit_content (
    chain TEXT NOT NULL,
    position BIGINT NOT NULL,
    salt BLOB NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (chain, position)
);
CREATE TABLE audit_head (
    number BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    previous BLOB NOT NULL,
    root BLOB NOT NULL,
    signer TEXT NOT NULL,
    signature BLOB NOT NULL
);
-- Only the chains that grew since the head before.
CREATE TABLE audit_head_chain (
    number BIGINT NOT NULL,
    chain TEXT NOT NULL,
    length BIGINT NOT NULL,
    tip BLOB NOT NULL,
    PRIMARY KEY (number, chain)
);
CREATE INDEX audit_head_chain_by_chain ON audit_head_chain (chain, length);

-- Heads of the other zone, received through the relay: the copy that the other zone's operator cannot rewrite.
CREATE TABLE audit_foreign_head (
    zone TEXT NOT NULL,
    number BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    line TEXT NOT NULL,
    PRIMARY KEY (zone, number)
);
