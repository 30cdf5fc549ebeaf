-- database: inside, outside
-- Messages to the other zone. A row is written with its cause; the pump numbers it later, so that causes never
-- wait for one another.
CREATE TABLE relay_outbox (
    id TEXT NOT NULL PRIMARY KEY,
    peer TEXT NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    body BLOB NOT NULL,
    sequence BIGINT
);
CREATE INDEX relay_outbox_by_sequence ON relay_outbox (peer, sequence);
CREATE INDEX relay_outbox_by_time ON relay_outbox (peer, at, id);

-- How far each direction has come. `forked` is 1 while the peer must number its messages anew.
CREATE TABLE relay_peer (
    peer TEXT NOT NULL PRIMARY KEY,
    sent BIGINT NOT NULL,
    acknowledged BIGINT NOT NULL,
    received BIGINT NOT NULL,
    forked BIGINT NOT NULL,
    heard_at BIGINT
);

-- Ids of messages received, so that none is acted upon twice, whatever number it comes under.
CREATE TABLE relay_received (
    peer TEXT NOT NULL,
    id TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (peer, id)
);

-- Parcels refused, counted by reason, so that a flood of them fills nothing.
CREATE TABLE relay_refused (
    peer TEXT NOT NULL,
    reason TEXT NOT NULL,
    times BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (peer, reason)
);
