-- database: outside
-- What is to be told, one row for a campaign, a person and a channel.
CREATE TABLE channel_outbox (
    -- Random; the message's own name, to which bounces come back.
    item_id     TEXT   NOT NULL PRIMARY KEY,
    campaign_id TEXT   NOT NULL,
    account_id  TEXT   NOT NULL,
    channel     TEXT   NOT NULL,
    -- 0 emergencies, then by person, so that several processes seldom meet.
    lane        BIGINT NOT NULL,
    -- Whether it may be told together with others.
    is_digest   BIGINT NOT NULL,
    -- When it is due. A claim moves it behind the end of the lease, so that a lease nobody ends is over by itself. Absent
    -- when nothing is to be done.
    due_at      BIGINT,
    lease       TEXT,
    failed      BIGINT NOT NULL,
    -- waiting, held (paused), told, given-up, bounced, nowhere, withdrawn, unwanted
    state       TEXT   NOT NULL,
    address_id  TEXT,
    made_at     BIGINT NOT NULL,
    done_at     BIGINT
);
CREATE UNIQUE INDEX channel_outbox_once ON channel_outbox (campaign_id, account_id, channel);
CREATE INDEX channel_outbox_due ON channel_outbox (lane, due_at);
CREATE INDEX channel_outbox_lease ON channel_outbox (lease);
CREATE INDEX channel_outbox_account ON channel_outbox (account_id, channel, is_digest);
CREATE INDEX channel_outbox_state ON channel_outbox (campaign_id, state);
