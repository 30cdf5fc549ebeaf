-- database: inside
-- People who live elsewhere and have their family register here (本籍地利用登録): bound to one certificate, of which only a
-- keyed hash is kept, and to one member of one register.
CREATE TABLE domicile_registrations (
    registration_id TEXT NOT NULL PRIMARY KEY,
    -- A key of our own, in the shape of a resident's: disclosures and sealed columns go by it.
    person TEXT NOT NULL,
    key_id BIGINT NOT NULL,
    hash BLOB NOT NULL,
    -- applied, in_review, registered, declined, ended
    state TEXT NOT NULL,
    -- The end of the card's certificate.
    valid_until BIGINT NOT NULL,
    applied_at BIGINT NOT NULL,
    -- What was applied for and by whom, sealed; gone once decided against or ended.
    application BLOB,
    -- Who took it up, decided, ended it, and when.
    reviewer TEXT,
    review_at BIGINT,
    decider TEXT,
    decided_at BIGINT,
    -- Why declined or ended, as a word.
    reason TEXT,
    ended_at BIGINT,
    register_id TEXT,
    member_order BIGINT,
    -- 本籍 and 筆頭者 when it was registered: when they change, it is void.
    place_key TEXT
);
CREATE INDEX domicile_registrations_by_hash ON domicile_registrations (key_id, hash);
CREATE INDEX domicile_registrations_by_state ON domicile_registrations (state, applied_at);
CREATE INDEX domicile_registrations_by_register ON domicile_registrations (register_id);
