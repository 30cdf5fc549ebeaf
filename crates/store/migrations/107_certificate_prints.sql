-- database: inside
-- Each attempt to print a paper: written before a byte goes to the printer, so that a machine that dies leaves the name
-- of its job (request_id and attempt_id). state: sent | printed | not_printed | unclear | wrong.
CREATE TABLE certificate_prints (
    attempt_id   TEXT   NOT NULL PRIMARY KEY,
    request_id   TEXT   NOT NULL,
    terminal_id  TEXT   NOT NULL,
    state        TEXT   NOT NULL,
    job_number   BIGINT,
    trouble      TEXT,
    sent_at      BIGINT NOT NULL,
    ended_at     BIGINT
);
CREATE INDEX certificate_prints_by_request ON certificate_prints (request_id);
CREATE INDEX certificate_prints_by_state ON certificate_prints (state);
