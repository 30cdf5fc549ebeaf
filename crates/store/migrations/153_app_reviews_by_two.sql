-- database: inside
-- What one officer proposed for an app and another must confirm; and a change that an app asked for.
ALTER TABLE data_app_reviews ADD COLUMN proposed_state TEXT;
ALTER TABLE data_app_reviews ADD COLUMN proposed_by TEXT;
ALTER TABLE data_app_reviews ADD COLUMN proposed_reason TEXT;
ALTER TABLE data_app_reviews ADD COLUMN proposed_at BIGINT;
-- JSON: the registration as it is to be, and when it came.
ALTER TABLE data_app_reviews ADD COLUMN changed TEXT;
ALTER TABLE data_app_reviews ADD COLUMN changed_at BIGINT;
