-- database: inside
-- Events of the city (イベント) as officers brought them in. Public data.
CREATE TABLE city_events (
    -- Made of the list's name and the event's own in it, so that a second reading finds it again.
    event_key    TEXT   NOT NULL PRIMARY KEY,
    source       TEXT   NOT NULL,
    content      TEXT   NOT NULL,
    -- The last day it is shown.
    last_on      TEXT   NOT NULL,
    withdrawn_at BIGINT,
    changed_at   BIGINT NOT NULL
);
CREATE INDEX city_events_last ON city_events (last_on);

-- Each file that was brought in.
CREATE TABLE city_event_imports (
    import_id TEXT   NOT NULL PRIMARY KEY,
    source    TEXT   NOT NULL,
    -- csv, icalendar, feed
    kind      TEXT   NOT NULL,
    by_actor  TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    added     BIGINT NOT NULL,
    changed   BIGINT NOT NULL,
    unchanged BIGINT NOT NULL,
    refused   BIGINT NOT NULL
);
CREATE INDEX city_event_imports_at ON city_event_imports (at);

-- What of a file was refused: where, which part, why. No value.
CREATE TABLE city_event_refusals (
    import_id TEXT   NOT NULL,
    place     BIGINT NOT NULL,
    line      BIGINT NOT NULL,
    field     TEXT   NOT NULL,
    reason    TEXT   NOT NULL,
    PRIMARY KEY (import_id, place)
);
