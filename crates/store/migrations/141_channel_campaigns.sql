-- database: outside
-- One cause of telling: a letter, a notice to many. Counters only ever grow; nothing counts rows while sending.
CREATE TABLE channel_campaigns (
    campaign_id  TEXT   NOT NULL PRIMARY KEY,
    -- notice, due, legal, emergency
    urgency      TEXT   NOT NULL,
    kind         TEXT   NOT NULL,
    path         TEXT   NOT NULL,
    -- open, paused, withdrawn
    state        TEXT   NOT NULL,
    -- staff, hard-bounces, irrelevant
    paused_for   TEXT,
    made_at      BIGINT NOT NULL,
    handed_over  BIGINT NOT NULL,
    hard_bounces BIGINT NOT NULL,
    soft_bounces BIGINT NOT NULL,
    irrelevant   BIGINT NOT NULL,
    gave_up      BIGINT NOT NULL
);

-- Who said 関係ない, so that each is counted once.
CREATE TABLE channel_irrelevant (
    campaign_id TEXT NOT NULL,
    account_id  TEXT NOT NULL,
    PRIMARY KEY (campaign_id, account_id)
);
