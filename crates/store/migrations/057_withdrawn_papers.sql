-- database: inside
-- Papers that staff withdrew (取消し), for good. The outside learns a hash and a word; why stays here.
CREATE TABLE withdrawn_papers (
    request_id   TEXT   NOT NULL PRIMARY KEY,
    reason       TEXT   NOT NULL,
    withdrawn_at BIGINT NOT NULL,
    withdrawn_by TEXT   NOT NULL
);

-- Found by the number that is printed on the paper.
CREATE INDEX certificate_requests_by_number ON certificate_requests (document_number);
