-- database: inside
-- When certificates are given, where, as dated data: a change needs no downtime and no new build.
-- place: ward_office | store.  family: residence | family_register.
-- day_class: working | weekend | holiday | open_holiday | year_end.  Minutes of the day; both NULL: closed.
CREATE TABLE service_hours (
    place       TEXT   NOT NULL,
    family      TEXT   NOT NULL,
    day_class   TEXT   NOT NULL,
    valid_from  TEXT   NOT NULL,
    opens       BIGINT,
    closes      BIGINT,
    source      TEXT   NOT NULL,
    PRIMARY KEY (place, family, day_class, valid_from)
);

-- Days that are not what the calendar says: a Sunday on which the office opens (休日開庁), a day on which all is shut.
CREATE TABLE special_days (
    day    TEXT NOT NULL PRIMARY KEY,
    class  TEXT NOT NULL,
    note   TEXT NOT NULL
);

-- Times in which nothing is given for maintenance. '' stands for every place, every family.
CREATE TABLE maintenance_windows (
    window_id  TEXT   NOT NULL PRIMARY KEY,
    place      TEXT   NOT NULL,
    family     TEXT   NOT NULL,
    from_at    BIGINT NOT NULL,
    until_at   BIGINT NOT NULL,
    reason     TEXT   NOT NULL,
    ended_at   BIGINT
);
CREATE INDEX maintenance_windows_by_time ON maintenance_windows (until_at);

-- What most municipalities keep (stores: 6:30-23:00 but 12/29-1/3; family registers: when the office is open).
INSERT INTO service_hours (place, family, day_class, valid_from, opens, closes, source) VALUES
    ('store', 'residence', 'working', '2000-01-01', 390, 1380, 'usual'),
    ('store', 'residence', 'weekend', '2000-01-01', 390, 1380, 'usual'),
    ('store', 'residence', 'holiday', '2000-01-01', 390, 1380, 'usual'),
    ('store', 'residence', 'open_holiday', '2000-01-01', 390, 1380, 'usual'),
    ('store', 'residence', 'year_end', '2000-01-01', NULL, NULL, 'usual'),
    ('store', 'family_register', 'working', '2000-01-01', 540, 1020, 'usual'),
    ('store', 'family_register', 'open_holiday', '2000-01-01', 540, 750, 'usual'),
    ('ward_office', 'residence', 'working', '2000-01-01', 510, 1050, 'usual'),
    ('ward_office', 'residence', 'open_holiday', '2000-01-01', 540, 750, 'usual'),
    ('ward_office', 'family_register', 'working', '2000-01-01', 540, 1020, 'usual'),
    ('ward_office', 'family_register', 'open_holiday', '2000-01-01', 540, 750, 'usual');
