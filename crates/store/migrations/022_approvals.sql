-- database: inside
-- Two-person actions: one proposes, another approves, one of them carries out, once.
CREATE TABLE approval (
    id TEXT NOT NULL PRIMARY KEY,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    summary TEXT NOT NULL,
    payload_hash BLOB NOT NULL,
    state TEXT NOT NULL,
    proposer TEXT NOT NULL,
    proposed_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    decider TEXT,
    decided_at BIGINT,
    reason TEXT,
    executor TEXT,
    executed_at BIGINT
);
CREATE INDEX approval_by_state ON approval (state, expires_at);
