-- database: inside
-- Certificates given by other routes than our machines, as their own lists count them. month: its first day.
-- route: store | counter | branch | mail.
CREATE TABLE certificate_route_counts (
    month        TEXT   NOT NULL,
    kind         TEXT   NOT NULL,
    route        TEXT   NOT NULL,
    copies       BIGINT NOT NULL,
    imported_at  BIGINT NOT NULL,
    PRIMARY KEY (month, kind, route)
);

-- What one certificate from a machine saves: minutes of a resident (way and waiting) and of the counter's staff. '' stands
-- for every kind that has no line of its own. Dated: what was counted with an old figure stays.
CREATE TABLE certificate_minutes (
    kind              TEXT   NOT NULL,
    valid_from        TEXT   NOT NULL,
    resident_minutes  BIGINT NOT NULL,
    staff_minutes     BIGINT NOT NULL,
    source            TEXT   NOT NULL,
    PRIMARY KEY (kind, valid_from)
);

-- What the policy promises, by fiscal year. measure: rate_permille | staff | savings_yen.
CREATE TABLE certificate_targets (
    measure      TEXT   NOT NULL,
    fiscal_year  BIGINT NOT NULL,
    amount       BIGINT NOT NULL,
    source       TEXT   NOT NULL,
    PRIMARY KEY (measure, fiscal_year)
);

-- Nobody has measured these here: the city measures and sets its own.
INSERT INTO certificate_minutes (kind, valid_from, resident_minutes, staff_minutes, source) VALUES
    ('', '2000-01-01', 60, 10, 'assumption');
