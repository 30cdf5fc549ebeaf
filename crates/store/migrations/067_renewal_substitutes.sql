-- database: inside
-- Whether the certificate admits that it holds substitutes (代替文字): then an officer compares by eye.
ALTER TABLE credential_renewals ADD COLUMN has_substitutes BIGINT NOT NULL DEFAULT 0;
