-- database: outside
-- What the inside was last told of a notice's counters, so that the same is not told again.
CREATE TABLE notice_counters_told (
    letter_id    TEXT   NOT NULL PRIMARY KEY,
    handed_over  BIGINT NOT NULL,
    hard_bounces BIGINT NOT NULL,
    irrelevant   BIGINT NOT NULL
);
