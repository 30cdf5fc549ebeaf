-- database: inside
-- Fees are dated data: a change needs no downtime.
CREATE TABLE certificate_fees (
    kind        TEXT   NOT NULL,
    valid_from  TEXT   NOT NULL,
    kiosk_yen   BIGINT NOT NULL,
    counter_yen BIGINT NOT NULL,
    source      TEXT   NOT NULL,
    PRIMARY KEY (kind, valid_from)
);

-- One row per request, one state, one terminal state (I5). The person is named only here and in the disclosure.
CREATE TABLE certificate_requests (
    request_id        TEXT   NOT NULL PRIMARY KEY,
    terminal_id       TEXT   NOT NULL,
    resident_id       TEXT   NOT NULL,
    kind              TEXT   NOT NULL,
    choices           TEXT   NOT NULL,
    copies            BIGINT NOT NULL,
    fee_yen           BIGINT NOT NULL,
    paid_yen          BIGINT NOT NULL,
    state             TEXT   NOT NULL,
    state_since       BIGINT NOT NULL,
    began_at          BIGINT NOT NULL,
    register_version  TEXT,
    document_number   TEXT,
    document_hash     BLOB,
    fetch_token_hash  BLOB,
    refusal_cause     TEXT,
    disclosure_id     TEXT
);
CREATE INDEX certificate_requests_by_time ON certificate_requests (began_at);
CREATE INDEX certificate_requests_by_resident ON certificate_requests (resident_id, began_at);
CREATE INDEX certificate_requests_by_state ON certificate_requests (state, state_since);

-- The finished bytes, sealed, until printing is acknowledged or fifteen minutes have passed; then erased.
CREATE TABLE certificate_documents (
    request_id  TEXT   NOT NULL PRIMARY KEY,
    sealed      BLOB   NOT NULL,
    erase_at    BIGINT NOT NULL
);
CREATE INDEX certificate_documents_by_time ON certificate_documents (erase_at);
