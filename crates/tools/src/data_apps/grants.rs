//! A person's yes to an app (同意): for one revision of what it asks, for a time, withdrawn whenever they like.

use base::{Date, Id, Seams, Timestamp};
use openid::provider::Digest;
use store::{Row, StoreError, Tx};

use super::{AppsError, DataApp, agreement, items};
use crate::consents::{self, Giving};
use crate::portal::AccountId;
use crate::portal::own_records::{self, Record};

/// How long a yes may hold, in days; the second is offered first. Ours: a year at most, then one is asked again.
pub const DAYS: [i64; 3] = [1, 90, LONGEST_DAYS as i64];
/// The longest of them.
pub const LONGEST_DAYS: u32 = 365;

/// A yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its id.
    pub id: Id,
    /// To which app.
    pub client_id: String,
    /// The app's name as it is now.
    pub app: String,
    /// To what.
    pub scopes: Vec<String>,
    /// When it was given.
    pub given_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// When it was withdrawn.
    pub withdrawn_at: Option<Timestamp>,
}

impl Grant {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id(0)?,
            client_id: row.text(1)?.to_owned(),
            app: row.text(2)?.to_owned(),
            scopes: row.text(3)?.split(' ').map(str::to_owned).collect(),
            given_at: row.timestamp(4)?,
            ends_at: row.timestamp(5)?,
            withdrawn_at: row.opt_timestamp(6)?,
        })
    }

    /// Whether it holds now.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.withdrawn_at.is_none() && now < self.ends_at
    }
}

/// Gives a yes, as a consent to the agreement in force where a real person gives it. An earlier one to the same app ends:
/// there is one at a time.
///
/// # Errors
/// [`AppsError`].
pub fn give(
    tx: &mut Tx<'_>,
    seams: &Seams,
    account: &str,
    app: &DataApp,
    (scopes, days, language): (&[String], i64, &str),
) -> Result<Grant, AppsError> {
    let now = seams.now();
    let earlier = tx.query(
        "SELECT grant_id FROM data_app_grants WHERE account_id = $1 AND client_id = $2 AND withdrawn_at IS NULL",
        &[account.into(), (&app.client_id).into()],
    )?;
    for row in &earlier {
        end(tx, now, row.id(0)?)?;
    }
    let grant = Grant {
        id: Id::random(&*seams.random),
        client_id: app.client_id.clone(),
        app: app.registration.name.clone(),
        scopes: scopes.to_vec(),
        given_at: now,
        ends_at: now.plus_seconds(days.clamp(1, 365) * 86_400),
        withdrawn_at: None,
    };
    tx.execute(
        "INSERT INTO data_app_grants (grant_id, account_id, client_id, agreement, scopes, given_at, ends_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            grant.id.into(),
            account.into(),
            (&app.client_id).into(),
            app.agreement.bytes().as_slice().into(),
            scopes.join(" ").into(),
            now.into(),
            grant.ends_at.into(),
        ],
    )?;
    // Made-up residents have no page of consents.
    if let Some(person) = AccountId::parse(account) {
        let revision = agreement::in_force(tx, seams, &app.client_id, &app.registration)?;
        let days = days.clamp(1, 365);
        let giving = Giving { id: grant.id, account: person, revision: &revision, items: Some(scopes), days, language };
        consents::record(tx, seams, &giving)?;
        if scopes.iter().any(|scope| scope == items::ADDRESS) {
            own_records::ask(tx, seams, person, Record::Address)?;
        }
    }
    Ok(grant)
}

const OF_ACCOUNT: &str = "SELECT g.grant_id, g.client_id, a.name, g.scopes, g.given_at, g.ends_at, g.withdrawn_at, \
     g.agreement FROM data_app_grants g JOIN data_apps a ON a.client_id = g.client_id \
     WHERE g.account_id = $1 ORDER BY g.given_at DESC LIMIT 200";

/// A yes that holds already and covers `scopes` of what the app asks now.
///
/// # Errors
/// [`AppsError`].
pub fn covering(
    tx: &mut Tx<'_>,
    now: Timestamp,
    account: &str,
    (app, agreed): (&str, &Digest),
    scopes: &[String],
) -> Result<Option<Grant>, AppsError> {
    for row in tx.query(OF_ACCOUNT, &[account.into()])? {
        let grant = Grant::read(&row)?;
        let covers = scopes.iter().all(|scope| grant.scopes.contains(scope));
        let is_it = grant.client_id == app && grant.holds(now) && covers && row.blob(7)? == agreed.bytes();
        if is_it && is_consented(tx, now, account, (app, &grant.id.to_string()))? {
            return Ok(Some(grant));
        }
    }
    Ok(None)
}

/// Whether the consent behind a yes holds now: given, not withdrawn, not over, and to the wording in force.
///
/// # Errors
/// [`AppsError`].
pub(super) fn is_consented(
    tx: &mut Tx<'_>,
    now: Timestamp,
    account: &str,
    (client_id, grant): (&str, &str),
) -> Result<bool, AppsError> {
    let Some(person) = AccountId::parse(account) else { return Ok(false) };
    let given = consents::given(tx, now, person, &agreement::id_of(client_id))?;
    Ok(given.is_some_and(|given| given.consent().to_string() == grant))
}

/// A person's answers to apps, newest first.
///
/// # Errors
/// [`StoreError`].
pub fn of(tx: &mut Tx<'_>, account: &str) -> Result<Vec<Grant>, StoreError> {
    tx.query(OF_ACCOUNT, &[account.into()])?.iter().map(Grant::read).collect()
}

/// Withdraws a yes of this person, and the consent it is. Whether there was one that held.
///
/// # Errors
/// [`AppsError`].
pub fn withdraw(
    tx: &mut Tx<'_>,
    seams: &Seams,
    account: AccountId,
    grant: Id,
    language: &str,
) -> Result<bool, AppsError> {
    let own = tx.query_one(
        "SELECT grant_id FROM data_app_grants WHERE grant_id = $1 AND account_id = $2 AND withdrawn_at IS NULL",
        &[grant.into(), account.into()],
    )?;
    if own.is_some() {
        end(tx, seams.now(), grant)?;
        consents::withdraw(tx, seams, account, grant, language)?;
    }
    Ok(own.is_some())
}

/// Ends a yes and everything that came of it.
pub(super) fn end(tx: &mut Tx<'_>, now: Timestamp, grant: Id) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE data_app_grants SET withdrawn_at = $2 WHERE grant_id = $1 AND withdrawn_at IS NULL",
        &[grant.into(), now.into()],
    )?;
    tx.execute("DELETE FROM data_app_tokens WHERE grant_id = $1", &[grant.into()])?;
    tx.execute("DELETE FROM data_app_codes WHERE grant_id = $1", &[grant.into()])?;
    Ok(())
}

/// Ends every yes to an app. What was agreed to stays on the person's page, and holds for nothing once the wording is another
/// or none.
pub(super) fn end_all_of(tx: &mut Tx<'_>, now: Timestamp, client_id: &str) -> Result<(), StoreError> {
    let rows = tx.query(
        "SELECT grant_id FROM data_app_grants WHERE client_id = $1 AND withdrawn_at IS NULL",
        &[client_id.into()],
    )?;
    for row in &rows {
        end(tx, now, row.id(0)?)?;
    }
    tx.execute("DELETE FROM data_app_requests WHERE client_id = $1", &[client_id.into()])?;
    Ok(())
}

/// Writes down that an app read `item` by this yes.
///
/// # Errors
/// [`StoreError`].
pub fn note_use(tx: &mut Tx<'_>, now: Timestamp, grant: Id, item: &str) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO data_app_uses (grant_id, day, item, times, last_at) VALUES ($1, $2, $3, 1, $4) \
         ON CONFLICT (grant_id, day, item) DO UPDATE SET times = data_app_uses.times + 1, last_at = excluded.last_at",
        &[grant.into(), now.date_in_japan().into(), item.into(), now.into()],
    )?;
    Ok(())
}

/// What an app read on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The day.
    pub day: Date,
    /// The item's scope.
    pub item: String,
    /// How often.
    pub times: i64,
}

/// What an app read by this yes, newest first.
///
/// # Errors
/// [`StoreError`].
pub fn uses(tx: &mut Tx<'_>, grant: Id, most: i64) -> Result<Vec<Use>, StoreError> {
    let rows = tx.query(
        "SELECT day, item, times FROM data_app_uses WHERE grant_id = $1 ORDER BY day DESC, item LIMIT $2",
        &[grant.into(), most.into()],
    )?;
    rows.iter().map(|row| Ok(Use { day: row.date(0)?, item: row.text(1)?.to_owned(), times: row.int(2)? })).collect()
}
