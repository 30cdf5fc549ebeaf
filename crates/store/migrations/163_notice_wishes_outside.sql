-- database: outside
-- What people registered for notices and schemes: sealed under the account's own key, with the one before for going back.
CREATE TABLE notice_wishes (
    account_id TEXT   NOT NULL PRIMARY KEY,
    wishes     BLOB   NOT NULL,
    before     BLOB,
    changed_at BIGINT NOT NULL,
    -- When the first consent behind it lapses.
    until      BIGINT,
    -- Whether the inside has been told.
    told       BIGINT NOT NULL
);
CREATE INDEX notice_wishes_untold ON notice_wishes (changed_at) WHERE told = 0;
CREATE INDEX notice_wishes_until ON notice_wishes (until) WHERE until IS NOT NULL;
-- Schemes as the inside judged them for the owner of an account; sealed.
CREATE TABLE scheme_judgements (
    account_id TEXT   NOT NULL PRIMARY KEY,
    judged     BLOB   NOT NULL,
    judged_at  BIGINT NOT NULL
);
-- What the person put away, and what they were told of in which window; sealed.
CREATE TABLE scheme_marks (
    account_id TEXT   NOT NULL PRIMARY KEY,
    hidden     BLOB,
    told       BLOB
);
-- One letter a day says to whoever it concerns that there are new schemes; which, stands in its sealed part.
CREATE TABLE scheme_letters (
    day       TEXT NOT NULL PRIMARY KEY,
    letter_id TEXT NOT NULL
);
-- "Why did I get this?": asked of the inside; the answer is sealed and erased at `erase_at`.
CREATE TABLE notice_reasons (
    account_id  TEXT   NOT NULL,
    letter_id   TEXT   NOT NULL,
    language    TEXT   NOT NULL,
    asked_at    BIGINT NOT NULL,
    sent        BIGINT NOT NULL,
    answer      BLOB,
    answered_at BIGINT,
    erase_at    BIGINT NOT NULL,
    PRIMARY KEY (account_id, letter_id, language)
);
CREATE INDEX notice_reasons_unsent ON notice_reasons (asked_at) WHERE sent = 0;
CREATE INDEX notice_reasons_erase ON notice_reasons (erase_at);
