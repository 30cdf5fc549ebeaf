//! What a demo city has counted by other routes, and what the plan promised: made up, so that the statistics show
//! something on the first day. A city of its own has neither.

use base::Date;
use services::convenience_certificates::CertificateKind;
use services::convenience_certificates::effect::{Goal, Target, set_target};
use services::convenience_certificates::usage::{import, month_from};
use store::{StoreError, Tx};
use tools::Inside;
use tools::access::Actor;
use wire::issue_counts::{Count, Route};

/// Months of samples before the one the city is born in.
const MONTHS: i32 = 11;
/// Sample copies a month: the first month's, and what is added with each month.
const COPIES: [(Route, i64, i64); 4] =
    [(Route::Counter, 4300, -90), (Route::Branch, 620, -20), (Route::Mail, 240, 0), (Route::Store, 510, 75)];
/// What the plan says of コンビニ交付 (H33 is the fiscal year 2021), amounts in each goal's own unit.
const PROMISES: [(Goal, i64, i64); 4] = [
    (Goal::Rate, 2021, 210),
    (Goal::Staff, 2021, 6),
    (Goal::Savings, 2017, 17_000_000),
    (Goal::Savings, 2021, 62_000_000),
];
const SOURCE: &str = "計画「コンビニ交付」の見込まれる効果";

/// Writes them into a demo city.
///
/// # Errors
/// The database.
pub fn write(city: &Inside) -> Result<(), StoreError> {
    let seams = city.seams.clone();
    let (year, month, _) = seams.today().parts();
    let this = Date::new(year, month, 1).unwrap_or_else(|| seams.today());
    city.store.write(move |tx: &mut Tx<'_>| {
        let counts: Vec<(CertificateKind, Count)> = (0..MONTHS).flat_map(|at| counts(this, at)).collect();
        import(tx, &seams, &Actor::System { job: "demo" }, &counts)?;
        for (goal, fiscal_year, amount) in PROMISES {
            set_target(tx, &Target { goal, fiscal_year, amount, source: SOURCE.to_owned() })?;
        }
        Ok(())
    })
}

fn counts(this: Date, at: i32) -> impl Iterator<Item = (CertificateKind, Count)> {
    let month = month_from(this, at - MONTHS);
    // Spring is when people move.
    let season = if matches!(month.parts().1, 3 | 4) { 150 } else { 100 };
    COPIES.into_iter().map(move |(route, first, step)| {
        let copies = (first + step * i64::from(at)) * season / 100;
        let kind = CertificateKind::ResidenceCertificate;
        (kind, Count { line: 0, month, kind: kind.as_str().to_owned(), route, copies })
    })
}
