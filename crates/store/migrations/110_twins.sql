-- database: outside
-- Copies of papers on their way into a wallet. What a paper says lies here sealed with a key that only the wallet can
-- make, for minutes; beyond that only which paper (by hash) has which bit in the status list.
CREATE TABLE twin_offers (
    offer_hash   TEXT   NOT NULL PRIMARY KEY,
    request_hash TEXT   NOT NULL,
    sealed       BLOB   NOT NULL,
    tries        BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL
);
CREATE INDEX twin_offers_by_time ON twin_offers (expires_at);

CREATE TABLE twin_tokens (
    token_hash   TEXT   NOT NULL PRIMARY KEY,
    request_hash TEXT   NOT NULL,
    sealed       BLOB   NOT NULL,
    expires_at   BIGINT NOT NULL
);
CREATE INDEX twin_tokens_by_time ON twin_tokens (expires_at);

-- Nonces of key proofs that were used, until they would have ended.
CREATE TABLE twin_nonces (
    nonce_hash TEXT   NOT NULL PRIMARY KEY,
    ends_at    BIGINT NOT NULL
);
CREATE INDEX twin_nonces_by_time ON twin_nonces (ends_at);

CREATE TABLE twin_places (
    list         BIGINT NOT NULL,
    place        BIGINT NOT NULL,
    request_hash TEXT   NOT NULL,
    taken_at     BIGINT NOT NULL,
    PRIMARY KEY (list, place)
);
CREATE INDEX twin_places_by_paper ON twin_places (request_hash);
