-- database: inside
-- What people chose to have on the emergency card of the city's application. The choice and its text are sealed under the
-- resident; NULL once it was taken away. The row goes when no chip can hold it any more.
CREATE TABLE emergency_cards (
    resident_id   TEXT   NOT NULL PRIMARY KEY,
    content       BLOB,
    chosen_at     BIGINT NOT NULL,
    written_at    BIGINT,
    written_card  TEXT
);
