-- database: inside, outside
-- Inside: reprints that two persons allowed, and which lists of live IDs were sent. Outside: the newest list as it came.
CREATE TABLE staff_id_reprints (
    staff_id   TEXT   NOT NULL PRIMARY KEY,
    allowed_at BIGINT NOT NULL
);

CREATE TABLE staff_id_lists (
    number  BIGINT NOT NULL PRIMARY KEY,
    made_at BIGINT NOT NULL,
    digest  BLOB   NOT NULL
);

CREATE TABLE staff_id_list_parts (
    number BIGINT NOT NULL,
    part   BIGINT NOT NULL,
    parts  BIGINT NOT NULL,
    token  BLOB   NOT NULL,
    PRIMARY KEY (number, part)
);
