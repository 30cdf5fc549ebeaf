-- database: outside
-- The published list of withdrawn papers, in signed parts. A list counts once all its parts are here.
CREATE TABLE withdrawal_list_parts (
    number BIGINT NOT NULL,
    part   BIGINT NOT NULL,
    parts  BIGINT NOT NULL,
    token  BLOB   NOT NULL,
    PRIMARY KEY (number, part)
);
