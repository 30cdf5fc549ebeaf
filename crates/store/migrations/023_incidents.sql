-- database: inside, outside
-- Something is wrong; while `stops` is 1 and it is not cleared, the service named does not serve.
CREATE TABLE incident (
    id TEXT NOT NULL PRIMARY KEY,
    service TEXT NOT NULL,
    kind TEXT NOT NULL,
    stops BIGINT NOT NULL,
    note TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    opened_by TEXT NOT NULL,
    times BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    cleared_at BIGINT,
    cleared_by TEXT,
    reason TEXT
);
CREATE INDEX incident_by_service ON incident (service, cleared_at);
CREATE INDEX incident_by_time ON incident (opened_at);
