-- database: outside
-- Whom to tell of what, written in the transaction of the cause. A job makes one outbox row for each channel of it.
CREATE TABLE channel_intents (
    campaign_id TEXT   NOT NULL,
    account_id  TEXT   NOT NULL,
    -- 0 emergencies, 1 the others
    lane        BIGINT NOT NULL,
    -- When it may be looked at; absent once it was.
    open_at     BIGINT,
    made_at     BIGINT NOT NULL,
    PRIMARY KEY (campaign_id, account_id)
);
CREATE INDEX channel_intents_open ON channel_intents (lane, open_at);
