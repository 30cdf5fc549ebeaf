//! Stories of tax records: which year, who, and who must come to the counter.

use base::Yen;
use proptest::prelude::*;
use store::testing::{TestDatabase, for_each_engine};

use super::years::{Switch, current, income_year, japanese, set_switch, switches};
use super::*;
use crate::copied_records::tests::{day, difference, id, load, looking, residents};
use crate::register;

const TODAY: &str = "2026-11-24";

fn record() -> TaxRecord {
    let mut record = TaxRecord {
        resident_id: "R-1".to_owned(),
        fiscal_year: 2026,
        name: "辻　義太郎".to_owned(),
        birth_date: day("1970-01-02"),
        lived_here: true,
        is_filed: true,
        is_pending: false,
        ..TaxRecord::invented(5)
    };
    record.tax.forest = Yen(1_000);
    record.tax.total = record.tax.sum();
    record
}

fn causes(database: &TestDatabase, resident: &str) -> Vec<Cause> {
    let (found, household) = looking(database, resident, |tx, access| read(tx, access, 2026));
    why_not_at_a_machine(found.as_ref(), 2026, &household, &id(resident), day(TODAY))
}

#[test]
fn whoever_lived_here_and_filed_gets_the_certificate_of_the_year() {
    for_each_engine(|database| {
        residents(&database);
        let mut before = TaxRecord { fiscal_year: 2025, ..record() };
        before.is_filed = false;
        load(&database, 10, &[before, record()]);
        assert_eq!(causes(&database, "R-1"), []);
        assert_eq!(causes(&database, "R-3"), [Cause::Resident(register::Cause::UnderFifteen), Cause::NoRecord]);
    });
}

#[test]
fn every_state_of_a_record_has_its_cause() {
    let database = TestDatabase::on_sqlite();
    residents(&database);
    load(&database, 10, &[record()]);
    let cases = [
        (TaxRecord { lived_here: false, ..record() }, Cause::NotHereOnFirstJanuary),
        (TaxRecord { is_filed: false, ..record() }, Cause::NotFiled),
        (TaxRecord { is_pending: true, ..record() }, Cause::Pending),
        (TaxRecord { name: "辻　次郎".to_owned(), ..record() }, Cause::PersonDiffers),
        (TaxRecord { birth_date: day("1970-01-03"), ..record() }, Cause::PersonDiffers),
    ];
    for (position, (record, cause)) in (10..).zip(cases) {
        difference(&database, position, position + 1, &[record]);
        assert_eq!(causes(&database, "R-1"), [cause]);
    }
    load(&database, 20, &[TaxRecord { fiscal_year: 2025, ..record() }]);
    assert_eq!(causes(&database, "R-1"), [Cause::NoRecord]);
}

#[test]
fn who_came_after_the_first_of_january_is_taxed_elsewhere_whatever_the_record_says() {
    let database = TestDatabase::on_sqlite();
    residents(&database);
    let mut then = TaxRecord { fiscal_year: 2005, ..record() };
    then.tax.forest = Yen::ZERO;
    then.tax.total = then.tax.sum();
    load(&database, 10, &[then]);
    // Became a resident on 1 April 2005.
    let (found, household) = looking(&database, "R-1", |tx, access| read(tx, access, 2005));
    let causes = why_not_at_a_machine(found.as_ref(), 2005, &household, &id("R-1"), day(TODAY));
    assert_eq!(causes, [Cause::NotHereOnFirstJanuary]);
}

#[test]
fn the_year_changes_on_the_first_of_june_or_on_the_citys_own_day() {
    assert_eq!(current(&[], day("2026-05-31")), 2025);
    assert_eq!(current(&[], day("2026-06-01")), 2026);
    assert_eq!(current(&[], day("2027-01-15")), 2026);
    for_each_engine(|database| {
        let own = Switch { fiscal_year: 2026, from: day("2026-06-10"), source: "告示第12号".to_owned() };
        let set = own.clone();
        let rows = database.inside().write(move |tx| -> Result<_, store::StoreError> {
            set_switch(tx, &Switch { from: day("2026-06-05"), ..set.clone() })?;
            set_switch(tx, &set)?;
            switches(tx)
        });
        let rows = rows.unwrap();
        assert_eq!(rows, [own]);
        assert_eq!(current(&rows, day("2026-06-09")), 2025);
        assert_eq!(current(&rows, day("2026-06-10")), 2026);
        assert_eq!(current(&rows, day("2027-06-01")), 2027);
    });
    assert_eq!((japanese(2026), income_year(2026)), ("令和8年度".to_owned(), "令和7年".to_owned()));
    assert_eq!((japanese(2019), income_year(2020)), ("平成31年度".to_owned(), "令和元年".to_owned()));
}

proptest! {
    #[test]
    fn there_is_a_current_year_on_any_day_and_it_never_goes_back(days in 0i64..40_000) {
        let today = base::Date::from_days_since_epoch(days);
        let (before, after) = (current(&[], today), current(&[], today.plus_days(1)));
        prop_assert!(after == before || after == before + 1);
        prop_assert!((0..=1).contains(&(today.parts().0 - before)));
    }
}
