-- database: inside
-- From which day a machine gives the tax certificate of a fiscal year (年度の切替日), where the city does not keep the usual
-- day, 1 June. Dated data: a change needs no new build.
CREATE TABLE tax_year_switches (
    fiscal_year BIGINT NOT NULL PRIMARY KEY,
    from_day TEXT NOT NULL,
    source TEXT NOT NULL
);
