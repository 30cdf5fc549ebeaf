-- database: inside
-- Notices that officers write for those whom they concern. While one is written, the form stands as it was typed; from the
-- moment it waits for a second person, text and recipients are its dispatch's and `rule` is what it is judged by.
CREATE TABLE notice_campaigns (
    campaign_id  TEXT   NOT NULL PRIMARY KEY,
    made_at      BIGINT NOT NULL,
    -- The three texts (JSON).
    texts        TEXT   NOT NULL,
    -- interests, rule, either, both
    chosen_by    TEXT   NOT NULL,
    -- Fields of interest: `1,4`.
    interests    TEXT   NOT NULL,
    -- The rule as typed (JSON of names and texts), and the ready scheme it was begun from.
    form         TEXT   NOT NULL,
    scheme       TEXT,
    -- When the text as it stands was looked at as residents will see it.
    tested_at    BIGINT,
    rule         TEXT,
    dispatch_id  TEXT   UNIQUE,
    -- When those it was about were named in who looked.
    named_at     BIGINT,
    -- hard-bounces, irrelevant: stopped by itself.
    paused_for   TEXT,
    -- As told from outside; each only grows. `allowed_` as they were when an officer let it go on.
    handed_over        BIGINT NOT NULL,
    hard_bounces       BIGINT NOT NULL,
    irrelevant         BIGINT NOT NULL,
    allowed_bounces    BIGINT NOT NULL,
    allowed_irrelevant BIGINT NOT NULL
);
CREATE INDEX notice_campaigns_made ON notice_campaigns (made_at);
CREATE INDEX notice_campaigns_unnamed ON notice_campaigns (campaign_id) WHERE named_at IS NULL AND dispatch_id IS NOT NULL;
