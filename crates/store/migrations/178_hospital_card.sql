-- database: cards
-- The city hospital's card. Who somebody is stands as a pseudonym (as in service_cards); chart numbers are keyed hashes or
-- sealed. Nothing clinical. Links themselves are rows of service_cards.

-- Chart numbers that could not be linked at once: they wait for somebody who checks at the window.
CREATE TABLE hospital_waiting (
    waiting_id    TEXT   NOT NULL PRIMARY KEY,
    subject_key   BIGINT NOT NULL,
    subject       BLOB   NOT NULL,
    chart         BLOB   NOT NULL,
    with_paper    BIGINT NOT NULL,
    reason        TEXT   NOT NULL,
    state         TEXT   NOT NULL,
    asked_at      BIGINT NOT NULL,
    asked_by      TEXT   NOT NULL,
    decided_at    BIGINT,
    decided_by    TEXT,
    evidence      TEXT
);
CREATE INDEX hospital_waiting_by_state ON hospital_waiting (state, asked_at);
CREATE INDEX hospital_waiting_by_subject ON hospital_waiting (subject);

-- Bookings as the hospital tells them, of today and tomorrow only.
CREATE TABLE hospital_bookings (
    booking       TEXT   NOT NULL PRIMARY KEY,
    chart_key     BIGINT NOT NULL,
    chart_hash    BLOB   NOT NULL,
    at            BIGINT NOT NULL,
    on_day        TEXT   NOT NULL,
    place         TEXT   NOT NULL
);
CREATE INDEX hospital_bookings_by_chart ON hospital_bookings (chart_hash, on_day);
CREATE INDEX hospital_bookings_by_day ON hospital_bookings (on_day);

-- Receptions of a day. The message is kept, sealed, until the hospital has answered it.
CREATE TABLE hospital_visits (
    visit_id      TEXT   NOT NULL PRIMARY KEY,
    on_day        TEXT   NOT NULL,
    queue_number  BIGINT NOT NULL,
    subject_key   BIGINT NOT NULL,
    subject       BLOB   NOT NULL,
    place         TEXT   NOT NULL,
    message       TEXT   NOT NULL,
    content       BLOB,
    state         TEXT   NOT NULL,
    tries         BIGINT NOT NULL,
    received_at   BIGINT NOT NULL,
    called_at     BIGINT,
    called_to     TEXT
);
CREATE UNIQUE INDEX hospital_visits_by_number ON hospital_visits (on_day, queue_number);
CREATE UNIQUE INDEX hospital_visits_by_subject ON hospital_visits (on_day, subject);

-- Messages that came, and how they were answered: the same number again gets the same answer and does nothing.
CREATE TABLE hospital_messages (
    sender        TEXT   NOT NULL,
    message       TEXT   NOT NULL,
    answer        BLOB   NOT NULL,
    digest        BLOB   NOT NULL,
    came_at       BIGINT NOT NULL,
    PRIMARY KEY (sender, message)
);
CREATE INDEX hospital_messages_by_time ON hospital_messages (came_at);

-- Charts that were made one at the hospital, and what became of the links.
CREATE TABLE hospital_merges (
    merge_id      TEXT   NOT NULL PRIMARY KEY,
    happened_at   BIGINT NOT NULL,
    numbers       BLOB   NOT NULL,
    followed      BIGINT NOT NULL,
    conflicts     BIGINT NOT NULL
);

-- Messages that were not taken, by us or by the hospital: where and why, no text of them.
CREATE TABLE hospital_faults (
    fault_id      TEXT   NOT NULL PRIMARY KEY,
    happened_at   BIGINT NOT NULL,
    direction     TEXT   NOT NULL,
    message       TEXT   NOT NULL,
    place         TEXT   NOT NULL,
    why           TEXT   NOT NULL,
    visit_id      TEXT,
    state         TEXT   NOT NULL
);
CREATE INDEX hospital_faults_by_state ON hospital_faults (state, happened_at);

-- What is still to be told to a person: a job finds the account.
CREATE TABLE hospital_tellings (
    telling_id    TEXT   NOT NULL PRIMARY KEY,
    subject_key   BIGINT NOT NULL,
    subject       BLOB   NOT NULL,
    kind          TEXT   NOT NULL,
    number        TEXT   NOT NULL,
    place         TEXT   NOT NULL,
    happened_at   BIGINT NOT NULL,
    told          BIGINT NOT NULL
);
CREATE INDEX hospital_tellings_by_told ON hospital_tellings (told, happened_at);
