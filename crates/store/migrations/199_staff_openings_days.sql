-- database: inside
-- Asked for by one, allowed by a second: openings of doors are kept for fewer days. The setting itself lies with the staff IDs.
CREATE TABLE staff_openings_days (
    proposal_id TEXT   NOT NULL PRIMARY KEY,
    was         BIGINT NOT NULL,
    days        BIGINT NOT NULL,
    allowed_at  BIGINT,
    done_at     BIGINT
);
