-- database: inside
-- A day for the switch of the tax certificate's fiscal year (年度の切替日) that waits for a second person.
CREATE TABLE tax_year_proposals (
    proposal_id TEXT NOT NULL PRIMARY KEY,
    fiscal_year BIGINT NOT NULL,
    from_day TEXT NOT NULL,
    source TEXT NOT NULL
);

-- Files of copied registers (戸籍, 印鑑登録, 課税) that were brought in, for the list of imports. Refused lines are in
-- import_refused under the same id. state: under_way | shown | contained | refused | gap | failed.
CREATE TABLE copy_imports (
    import_id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    is_difference BIGINT NOT NULL,
    state TEXT NOT NULL,
    source TEXT NOT NULL,
    position BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    finished_at BIGINT,
    accepted BIGINT NOT NULL,
    refused BIGINT NOT NULL
);
CREATE INDEX copy_imports_by_start ON copy_imports (started_at);

-- What was sent to the open page of time given back (/effect): one report a month.
CREATE TABLE effect_reports (
    month TEXT NOT NULL PRIMARY KEY,
    sent_at BIGINT NOT NULL
);
