-- database: inside
-- Every count of an audience: by whom, by which rule. `shown` is what was shown (JSON); without it nothing was, because the rule
-- was so near to an earlier one that the two could be subtracted.
CREATE TABLE notice_counts (
    count_id    TEXT   NOT NULL PRIMARY KEY,
    campaign_id TEXT   NOT NULL,
    counted_at  BIGINT NOT NULL,
    counted_by  TEXT   NOT NULL,
    rule        TEXT   NOT NULL,
    rule_hash   BLOB   NOT NULL,
    counted_on  TEXT   NOT NULL,
    shown       TEXT
);
CREATE INDEX notice_counts_campaign ON notice_counts (campaign_id, counted_at);
CREATE INDEX notice_counts_at ON notice_counts (counted_at);
CREATE INDEX notice_counts_by ON notice_counts (counted_by, counted_at);
