-- database: outside
-- The newest report of time given back, as the open page shows it. Counts only; small ones were left out inside.
CREATE TABLE effect_report (
    one BIGINT NOT NULL PRIMARY KEY,
    month TEXT NOT NULL,
    report TEXT NOT NULL
);
