-- database: outside
-- Events of the city as the inside told them: on the open page and in the portal.
CREATE TABLE public_events (
    event_key    TEXT   NOT NULL PRIMARY KEY,
    content      TEXT   NOT NULL,
    last_on      TEXT   NOT NULL,
    is_withdrawn BIGINT NOT NULL,
    -- When it was changed inside: what arrives late changes nothing.
    changed_at   BIGINT NOT NULL
);
CREATE INDEX public_events_last ON public_events (last_on);
