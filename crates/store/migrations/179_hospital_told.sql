-- database: outside
-- What the city hospital's reception told a person, sealed under their key.
CREATE TABLE hospital_told (
    telling_id    TEXT   NOT NULL PRIMARY KEY,
    account_id    TEXT   NOT NULL,
    told          BLOB   NOT NULL,
    told_at       BIGINT NOT NULL
);
CREATE INDEX hospital_told_by_account ON hospital_told (account_id, told_at);
