//! How many certificates came from machines and how many by other routes (利用率), as the policy measures itself.
//!
//! ```text
//!  our own requests (printed) ─────────────┐
//!  counts of other routes (CSV, imported) ─┴─► Month ─► rate = (machine + store) ÷ all
//! ```

use std::collections::HashSet;

use base::{Date, Seams, Timestamp};
use store::{StoreError, Tx};
use tools::access::Actor;
use tools::audit::{self, Event};
pub use tools::effect_report::month_from;
use wire::issue_counts::{Count, Fault, Field, Reason, Route};

use super::choices::CertificateKind;

/// One month, all kinds together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Month {
    /// Its first day.
    pub month: Date,
    /// From our machines.
    pub machine: i64,
    /// By other routes, in the order of [`Route::ALL`]; the counter's own command is in the counter's.
    pub routes: [i64; 4],
    /// Whether counts of other routes were brought in for this month.
    pub is_counted: bool,
}

impl Month {
    /// Copies by all routes.
    pub fn all(&self) -> i64 {
        self.machine + self.routes.iter().sum::<i64>()
    }

    /// Copies from machines, ours and those in stores.
    pub const fn kiosks(&self) -> i64 {
        self.machine + self.routes[0]
    }

    /// The rate in thousandths; `None` where nothing was given, or where the other routes were not counted: a rate of
    /// what this program gave alone would flatter it.
    pub fn rate_permille(&self) -> Option<i64> {
        (self.is_counted && self.all() > 0).then(|| self.kiosks() * 1000 / self.all())
    }
}

/// The first instants of a month and of the next.
pub(super) fn bounds(month: Date) -> (Timestamp, Timestamp) {
    (Timestamp::in_japan(month, 0, 0, 0), Timestamp::in_japan(month_from(month, 1), 0, 0, 0))
}

/// The month of `today` and the `count - 1` before it, oldest first.
///
/// # Errors
/// The database.
pub fn months(tx: &mut Tx<'_>, today: Date, count: i32) -> Result<Vec<Month>, StoreError> {
    let (year, month, _) = today.parts();
    let this = Date::new(year, month, 1).unwrap_or(today);
    (0..count).rev().map(|back| one(tx, month_from(this, -back))).collect()
}

fn one(tx: &mut Tx<'_>, month: Date) -> Result<Month, StoreError> {
    let (from, until) = bounds(month);
    let mut found = Month { month, machine: 0, routes: [0; 4], is_counted: false };
    let own = tx.query(
        "SELECT CASE WHEN terminal_id = 'counter' THEN 1 ELSE 0 END, CAST(SUM(copies) AS BIGINT) \
         FROM certificate_requests WHERE state = 'printed' AND state_since >= $1 AND state_since < $2 \
         GROUP BY CASE WHEN terminal_id = 'counter' THEN 1 ELSE 0 END",
        &[from.into(), until.into()],
    )?;
    for row in &own {
        if row.int(0)? == 1 { found.routes[1] += row.int(1)? } else { found.machine += row.int(1)? }
    }
    let counted = tx.query(
        "SELECT route, CAST(SUM(copies) AS BIGINT) FROM certificate_route_counts WHERE month = $1 GROUP BY route",
        &[month.into()],
    )?;
    found.is_counted = !counted.is_empty();
    for row in &counted {
        let route = Route::parse(row.text(0)?).ok_or(StoreError::Column { column: 0, wanted: "a route" })?;
        if let Some(place) = Route::ALL.iter().position(|one| *one == route) {
            found.routes[place] += row.int(1)?;
        }
    }
    Ok(found)
}

/// What only we know to refuse in a list: kinds we do not have, one kind by two names, and months that have not begun. The
/// rest is kept.
pub fn check(counts: Vec<Count>, today: Date) -> (Vec<(CertificateKind, Count)>, Vec<Fault>) {
    let (mut good, mut faults, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for count in counts {
        let kind = CertificateKind::all().find(|kind| kind.as_str() == count.kind || kind.title() == count.kind);
        let line = count.line;
        let mut refuse = |field, reason| faults.push(Fault { line, field, reason });
        match kind {
            None => refuse(Field::Kind, Reason::UnknownKind),
            Some(_) if count.month > today => refuse(Field::Month, Reason::Future),
            Some(kind) if !seen.insert((count.month, kind, count.route)) => refuse(Field::Month, Reason::Twice),
            Some(kind) => good.push((kind, count)),
        }
    }
    (good, faults)
}

/// Takes the counts in; a month, kind and route that was there is replaced. Audited with the number of lines.
///
/// # Errors
/// The database.
pub fn import(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Actor,
    counts: &[(CertificateKind, Count)],
) -> Result<(), StoreError> {
    let now = seams.now();
    for (kind, count) in counts {
        tx.queue(
            "INSERT INTO certificate_route_counts (month, kind, route, copies, imported_at) \
             VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (month, kind, route) DO UPDATE SET copies = $4, imported_at = $5",
            &[count.month.into(), kind.as_str().into(), count.route.word().into(), count.copies.into(), now.into()],
        )?;
    }
    let lines = counts.len().to_string();
    audit::append(tx, seams, by, Event::SettingChanged, &[("setting", "route-counts"), ("lines", &lines)]).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i16, month: i8) -> Date {
        Date::new(year, month, 1).unwrap()
    }

    #[test]
    fn months_go_over_the_turn_of_the_year() {
        assert_eq!(month_from(day(2026, 1), -1), day(2025, 12));
        assert_eq!(month_from(day(2026, 12), 1), day(2027, 1));
        assert_eq!(month_from(day(2026, 11), -11), day(2025, 12));
    }

    #[test]
    fn a_rate_is_said_only_where_other_routes_were_counted() {
        let month = |machine, routes, is_counted| Month { month: day(2026, 10), machine, routes, is_counted };
        assert_eq!(month(100, [0, 40, 0, 0], false).rate_permille(), None, "only our own counter is known");
        assert_eq!(month(0, [0; 4], true).rate_permille(), None);
        assert_eq!(month(100, [110, 700, 60, 30], true).rate_permille(), Some(210));
        assert_eq!(month(0, [0, 10, 0, 0], true).rate_permille(), Some(0));
    }

    #[test]
    fn a_kind_by_its_word_and_by_its_title_is_one_kind_said_twice() {
        let list = "month,kind,route,count\n2026-10,residence_certificate,mail,1\n2026-10,住民票の写し,mail,2\n";
        let (good, faults) = check(wire::issue_counts::read(list).counts, Date::new(2026, 11, 26).unwrap());
        assert_eq!(good.len(), 1, "the later line would silently replace the earlier");
        let said: Vec<_> = faults.iter().map(|fault| (fault.line, fault.reason)).collect();
        assert_eq!(said, [(3, Reason::Twice)]);
    }

    #[test]
    fn kinds_are_known_by_word_and_title_and_months_must_have_begun() {
        let list = "month,kind,route,count\n2026-10,residence_certificate,counter,1\n2026-10,住民票の写し,mail,2\n\
                    2026-10,旅券,mail,3\n2026-12,residence_certificate,mail,4\n";
        let (good, faults) = check(wire::issue_counts::read(list).counts, Date::new(2026, 11, 26).unwrap());
        assert_eq!(good.len(), 2);
        assert!(good.iter().all(|(kind, _)| *kind == CertificateKind::ResidenceCertificate));
        let refused: Vec<(usize, Reason)> = faults.iter().map(|fault| (fault.line, fault.reason)).collect();
        assert_eq!(refused, [(4, Reason::UnknownKind), (5, Reason::Future)]);
    }
}
