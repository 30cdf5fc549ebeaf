-- database: outside
-- How often somebody applied from a PC on a day: by signing certificate and by network address, both only as hashes with
-- the day's salt. Salt and counts go with the day, and with them whatever they could be compared with.
CREATE TABLE registration_days (
    day  TEXT NOT NULL PRIMARY KEY,
    salt BLOB NOT NULL
);

CREATE TABLE registration_counts (
    day   TEXT   NOT NULL,
    who   TEXT   NOT NULL,
    times BIGINT NOT NULL,
    PRIMARY KEY (day, who)
);
