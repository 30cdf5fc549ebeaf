//! Representatives (代理人): who may act for whom in the portal, in what, until when.
//!
//! ```text
//!  inside: an officer checks a guardian's papers ─► guardians ─► post ─┐
//!  outside: a person names a helper, with the card ─► offer (code) ─► accept ─► representations ─► may()
//!                                                          └─► post ─► mandates (inside): the yearly letter on paper
//! ```
//! A guardian is never concluded from a household or a 続柄. What ends a representation: its day (a child's 15th birthday),
//! its principal, its helper, a death, a protection (支援措置), an officer.

mod grants;
pub mod guardians;
mod rules;
#[cfg(test)]
mod tests;

pub use grants::{
    GrantError, Guardianship, Mandate, Offer, Offering, Refusal, accept, end_by, offer, send_untold, take_cut,
    take_guardianship,
};
pub use rules::{Asks, Kind, Scope, fifteenth_birthday, scope_of_path};

use base::{Date, Id, Seams, Timestamp};
use store::{Row, StoreError, Tx};

use crate::access::Actor;
use crate::audit::{self, Event};
use crate::portal::{AccountId, Session, Topic, account};

/// Inside → outside: a guardianship as it stands.
pub const GUARDIANSHIP: Topic = "guardianship";
/// Inside → outside: every representation of this account ends now.
pub const CUT: Topic = "representations_cut";
/// Outside → inside: a mandate as it stands.
pub const MANDATE: Topic = "mandate";

/// Writes down what somebody did for another: who, for whom, by which representation, what and on what. Nothing for somebody
/// who acts for themselves. In the transaction of the act.
///
/// # Errors
/// [`StoreError`].
pub fn acted(tx: &mut Tx<'_>, seams: &Seams, session: &Session, act: &'static str, on: &str) -> Result<(), StoreError> {
    let Some((represented, representation)) = &session.acting_for else { return Ok(()) };
    let (by, to) = (session.person.id.to_string(), represented.to_string());
    let details =
        [("by", by.as_str()), ("for", to.as_str()), ("representation", representation), ("act", act), ("on", on)];
    audit::append(tx, seams, &Actor::System { job: "portal" }, Event::RepresentationActed, &details).map(drop)
}

/// One representation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Representation {
    /// Its id: the mandate of sessions.
    pub id: Id,
    /// Whose matters.
    pub represented: AccountId,
    /// Who acts; `None` while it is offered.
    pub representative: Option<AccountId>,
    /// Of what kind.
    pub kind: Kind,
    /// In what.
    pub scopes: Vec<Scope>,
    /// From when.
    pub starts_on: Date,
    /// The first day on which it is over; `None` without an end.
    pub ends_on: Option<Date>,
    /// `offered`, `active`, `ended`.
    pub state: String,
}

impl Representation {
    fn read(row: &Row) -> Result<Option<Self>, StoreError> {
        let (Some(represented), Some(kind)) = (AccountId::parse(row.text(1)?), Kind::from_word(row.text(3)?)) else {
            return Ok(None);
        };
        Ok(Some(Self {
            id: row.id(0)?,
            represented,
            representative: row.opt_text(2)?.and_then(AccountId::parse),
            kind,
            scopes: rules::scopes_from(row.text(4)?),
            starts_on: row.date(5)?,
            ends_on: row.opt_date(6)?,
            state: row.text(7)?.to_owned(),
        }))
    }

    /// Whether it holds on `today`.
    pub fn holds_on(&self, today: Date) -> bool {
        self.state == "active" && self.starts_on <= today && self.ends_on.is_none_or(|end| today < end)
    }
}

/// Whether `who` may act for `represented` in `scope` today: the representation that says so. Asks at each use; nothing that
/// ended stays open until a job comes.
///
/// # Errors
/// [`StoreError`].
pub fn may(
    tx: &mut Tx<'_>,
    today: Date,
    who: AccountId,
    represented: AccountId,
    scope: Scope,
) -> Result<Option<Representation>, StoreError> {
    Ok(acting(tx, today, who)?.into_iter().find(|one| one.represented == represented && one.scopes.contains(&scope)))
}

/// Everyone for whom `who` may act today.
///
/// # Errors
/// [`StoreError`].
pub fn acting(tx: &mut Tx<'_>, today: Date, who: AccountId) -> Result<Vec<Representation>, StoreError> {
    let helper = account::find(tx, who)?;
    if !helper.is_some_and(|found| found.state.receives()) {
        return Ok(Vec::new());
    }
    let sql = "SELECT r.representation_id, r.represented, r.representative, r.kind, r.scopes, r.starts_on, r.ends_on, \
               r.state, a.state FROM representations r JOIN portal_accounts a ON a.account_id = r.represented \
               WHERE r.representative = $1 AND r.state = 'active' ORDER BY r.made_at, r.representation_id";
    let mut all = Vec::new();
    for row in tx.query(sql, &[who.into()])? {
        let reads = account::AccountState::from_word(row.text(8)?).reads();
        all.extend(Representation::read(&row)?.filter(|one| reads && one.holds_on(today)));
    }
    Ok(all)
}

/// The representation a session acts by, if it still holds: asked at each request.
///
/// # Errors
/// [`StoreError`].
pub fn still(
    tx: &mut Tx<'_>,
    today: Date,
    who: AccountId,
    represented: AccountId,
    mandate: &str,
) -> Result<Option<Representation>, StoreError> {
    let all = acting(tx, today, who)?;
    Ok(all.into_iter().find(|one| one.represented == represented && one.id.to_string() == mandate))
}

/// Everyone who may act, or was asked to, for `represented`; those that ended too, newest first.
///
/// # Errors
/// [`StoreError`].
pub fn of(tx: &mut Tx<'_>, represented: AccountId) -> Result<Vec<Representation>, StoreError> {
    let sql = "SELECT representation_id, represented, representative, kind, scopes, starts_on, ends_on, state \
               FROM representations WHERE represented = $1 ORDER BY made_at DESC, representation_id LIMIT 100";
    let rows = tx.query(sql, &[represented.into()])?;
    rows.iter().filter_map(|row| Representation::read(row).transpose()).collect()
}

/// Offers nobody took up in time, and representations past their day, are marked as ended. Nothing depends on it.
///
/// # Errors
/// [`StoreError`].
pub fn sweep(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    let sql = "UPDATE representations SET state = 'ended', ended_at = $1, code_hash = NULL, told = 0 \
               WHERE (state = 'offered' AND offered_until <= $1) OR (state = 'active' AND ends_on <= $2)";
    tx.execute(sql, &[now.into(), now.date_in_japan().into()])
}
