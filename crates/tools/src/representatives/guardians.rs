//! Inside: guardians as officers checked them, watched every day; mandates for the yearly letter.

use std::sync::Arc;

use base::{Date, Id, Kind as ErrorKind, Seams, Timestamp};
use store::{Row, Store, StoreError, Tx};

use super::grants::{Guardianship, Mandate};
use super::rules::{Kind, fifteenth_birthday};
use super::{CUT, GUARDIANSHIP};
use crate::access::{self, AccessError, Actor, Duty, Item, Purpose, ResidentId};
use crate::audit::{self, Event};
use crate::portal::link::{self, LinkedBy};
use crate::portal::post::Opened;
use crate::portal::{AccountId, Post, PostError};
use crate::register::{self, endings};

/// What an officer saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Custody as entered in the family register (戸籍の親権事項).
    Register,
    /// Papers shown at the counter: a certificate of registered matters of guardianship (登記事項証明書), a judgment.
    Papers,
}

impl Basis {
    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Papers => "papers",
        }
    }

    /// From the stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Register, Self::Papers].into_iter().find(|one| one.word() == word)
    }
}

/// What an officer enters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entering {
    /// Who is represented.
    pub ward: ResidentId,
    /// Who acts.
    pub guardian: ResidentId,
    /// [`Kind::Child`] or [`Kind::Ward`].
    pub kind: Kind,
    /// What was seen.
    pub basis: Basis,
    /// The last day by the papers, if they name one.
    pub last_day: Option<Date>,
}

/// Why it was not entered.
#[derive(Debug, thiserror::Error)]
pub enum EnterError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Reading the records.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// A person is not entered in the register, or one acts for oneself.
    #[error("one of the persons is not in the register")]
    NotFound,
    /// The child is 15 or older, or the guardian is not of age.
    #[error("the ages do not allow it")]
    Age,
    /// Not here: the counter's own procedure decides. Says nothing of why.
    #[error("it cannot be entered here")]
    NotHere,
}

impl EnterError {
    /// What it means to a caller.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Store(_) => ErrorKind::Unavailable,
            Self::Access(error) => error.kind(),
            Self::NotFound => ErrorKind::NotFound,
            Self::Age | Self::NotHere => ErrorKind::Refused,
        }
    }
}

fn read_person(
    tx: &mut Tx<'_>,
    seams: &Seams,
    actor: &Actor,
    resident: &ResidentId,
) -> Result<(Date, bool), EnterError> {
    let purpose = Purpose::new(Duty::Representation).reading(&[Item::Name, Item::BirthDate, Item::State]);
    let access = access::person(tx, seams, actor, &purpose, resident)?;
    match register::resident(tx, &access) {
        Ok(found) => Ok((found.birth_date, found.state.is_entered())),
        Err(register::RegisterError::Store(error)) => Err(error.into()),
        Err(register::RegisterError::Access(error)) => Err(error.into()),
        Err(_) => Err(EnterError::NotFound),
    }
}

/// Enters what an officer checked. The job tells the outside once the guardian has an account.
///
/// # Errors
/// [`EnterError`].
pub fn enter(tx: &mut Tx<'_>, seams: &Seams, actor: &Actor, entering: &Entering) -> Result<Id, EnterError> {
    let (now, today) = (seams.now(), seams.today());
    let (ward_born, ward_here) = read_person(tx, seams, actor, &entering.ward)?;
    let (guardian_born, guardian_here) = read_person(tx, seams, actor, &entering.guardian)?;
    if entering.ward == entering.guardian || !ward_here || !guardian_here || entering.kind == Kind::Mandate {
        return Err(EnterError::NotFound);
    }
    let birthday = fifteenth_birthday(ward_born);
    let ends_on = match entering.kind {
        Kind::Child if today >= birthday => return Err(EnterError::Age),
        Kind::Child => Some(entering.last_day.map_or(birthday, |last| last.plus_days(1).min(birthday))),
        _ => entering.last_day.map(|last| last.plus_days(1)),
    };
    if guardian_born.age_on(today) < 18 || ends_on.is_some_and(|end| end <= today) {
        return Err(EnterError::Age);
    }
    if endings::is_protected(tx, today, &entering.ward)? || endings::is_protected(tx, today, &entering.guardian)? {
        return Err(EnterError::NotHere);
    }
    let id = seams.random_id();
    tx.execute(
        "INSERT INTO guardianships (guardianship_id, ward, guardian, kind, basis, starts_on, ends_on, state, checked_by, \
         made_at, told) VALUES ($1, $2, $3, $4, $5, $6, $7, 'active', $8, $9, 0)",
        &[
            id.into(),
            (&entering.ward).into(),
            (&entering.guardian).into(),
            entering.kind.word().into(),
            entering.basis.word().into(),
            today.into(),
            ends_on.into(),
            actor.key().into(),
            now.into(),
        ],
    )?;
    audit::append(tx, seams, actor, Event::RepresentationGranted, &[("guardianship", &id.to_string())])?;
    Ok(id)
}

/// Ends a guardianship: the papers say so. `false` when it had ended.
///
/// # Errors
/// [`StoreError`].
pub fn end(tx: &mut Tx<'_>, seams: &Seams, actor: &Actor, id: Id) -> Result<bool, StoreError> {
    let sql = "UPDATE guardianships SET state = 'ended', told = 0 WHERE guardianship_id = $1 AND state = 'active'";
    let ended = tx.execute(sql, &[id.into()])? > 0;
    if ended {
        audit::append(tx, seams, actor, Event::RepresentationEnded, &[("guardianship", &id.to_string())])?;
    }
    Ok(ended)
}

/// One on the officers' list: numbers only; names are read where they are needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: Id,
    /// Who is represented.
    pub ward: String,
    /// Who acts.
    pub guardian: String,
    /// `child` or `ward`.
    pub kind: String,
    /// What was seen.
    pub basis: String,
    /// The first day on which it is over.
    pub ends_on: Option<Date>,
    /// `active` or `ended`.
    pub state: String,
}

/// Those in force, newest first.
///
/// # Errors
/// [`StoreError`].
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Listed>, StoreError> {
    let sql = "SELECT guardianship_id, ward, guardian, kind, basis, ends_on, state FROM guardianships \
               WHERE state = 'active' ORDER BY made_at DESC, guardianship_id LIMIT 200";
    tx.query(sql, &[])?
        .iter()
        .map(|row| {
            let text = |column| row.text(column).map(str::to_owned);
            let (ward, guardian, kind) = (text(1)?, text(2)?, text(3)?);
            let (basis, state) = (text(4)?, text(6)?);
            Ok(Listed { id: row.id(0)?, ward, guardian, kind, basis, ends_on: row.opt_date(5)?, state })
        })
        .collect()
}

/// Guardianships whose day has come, or a person of which is protected or dead, end; accounts of protected persons lose
/// every representation. Run often: a protection must not wait for the night. Returns how many ended.
///
/// # Errors
/// [`StoreError`].
pub fn watch(store: &Store, seams: &Seams, post: &Arc<Post>) -> Result<u64, PostError> {
    let (seams, post) = (seams.clone(), post.clone());
    store.write(move |tx| {
        let (now, today) = (seams.now(), seams.today());
        let sql = "UPDATE guardianships SET state = 'ended', told = 0 WHERE state = 'active' AND ends_on <= $1";
        let mut ended = tx.execute(sql, &[today.into()])?;
        for id in endings::guardianships_to_end(tx, today)? {
            let sql = "UPDATE guardianships SET state = 'ended', told = 0 WHERE guardianship_id = $1";
            ended += tx.execute(sql, &[id.into()])?;
        }
        cut_protected(tx, &seams, &post, now, today)?;
        Ok(ended)
    })
}

/// Accounts whose person is protected lose every representation, once for each time a protection begins.
fn cut_protected(tx: &mut Tx<'_>, seams: &Seams, post: &Post, now: Timestamp, today: Date) -> Result<(), PostError> {
    let protected = endings::accounts_protected(tx, today)?;
    let rows = tx.query("SELECT account_id FROM representation_cuts", &[])?;
    let before = rows.iter().map(|row| row.text(0).map(str::to_owned)).collect::<Result<Vec<_>, _>>()?;
    for account in protected.iter().filter(|account| !before.contains(account)) {
        let Some(account) = AccountId::parse(account) else { continue };
        post.send(tx, seams, account, CUT, &())?;
        let sql = "INSERT INTO representation_cuts (account_id, cut_at) VALUES ($1, $2)";
        tx.execute(sql, &[account.into(), now.into()])?;
    }
    // When a protection is over, a later one cuts again.
    for account in before.iter().filter(|account| !protected.contains(account)) {
        tx.execute("DELETE FROM representation_cuts WHERE account_id = $1", &[account.into()])?;
    }
    Ok(())
}

/// Tells the outside of guardianships that changed, where the guardian has an account. A child who has none gets one, which
/// nobody can sign in to.
///
/// # Errors
/// [`PostError`].
pub fn send_untold(store: &Store, seams: &Seams, post: &Arc<Post>) -> Result<usize, PostError> {
    let (seams, post) = (seams.clone(), post.clone());
    store.write(move |tx| {
        let rows = tx.query(
            "SELECT s.guardianship_id, s.ward, s.kind, s.starts_on, s.ends_on, s.state, l.account_id FROM guardianships s \
             JOIN portal_links l ON l.resident_id = s.guardian WHERE s.told = 0 ORDER BY s.made_at LIMIT 50",
            &[],
        )?;
        for row in &rows {
            tell(tx, &seams, &post, row)?;
        }
        Ok(rows.len())
    })
}

fn tell(tx: &mut Tx<'_>, seams: &Seams, post: &Post, row: &Row) -> Result<(), PostError> {
    let id = row.id(0)?;
    let guardian = AccountId::parse(row.text(6)?).ok_or(PostError::Malformed("an account"))?;
    let ward = ResidentId::parse(row.text(1)?).map_err(|_| PostError::Malformed("a resident"))?;
    let is_active = row.text(5)? == "active";
    let account = match link::account_of(tx, &ward)? {
        Some(account) => Some(account),
        None if is_active => Some(link::link(tx, seams, post, AccountId::fresh(seams), &ward, LinkedBy::Guardian)?),
        None => None,
    };
    if let Some(account) = account {
        let told = Guardianship {
            id,
            guardian,
            kind: row.text(2)?.to_owned(),
            starts_on: row.text(3)?.to_owned(),
            ends_on: row.opt_text(4)?.map(str::to_owned),
            is_active,
        };
        post.send(tx, seams, account, GUARDIANSHIP, &told)?;
    }
    tx.execute("UPDATE guardianships SET told = 1 WHERE guardianship_id = $1", &[id.into()])?;
    Ok(())
}

/// Takes [`super::MANDATE`]: keeps it for the yearly letter.
///
/// # Errors
/// [`PostError`].
pub fn take_mandate(store: &Store, opened: &Opened) -> Result<(), PostError> {
    let told: Mandate = opened.json()?;
    let account = opened.account;
    store.write(move |tx| {
        tx.execute(
            "INSERT INTO portal_mandates (mandate_id, account_id, representative, scopes, starts_on, ends_on, state) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (mandate_id) DO UPDATE SET state = \
             CASE WHEN portal_mandates.state = 'ended' THEN 'ended' ELSE excluded.state END",
            &[
                told.id.into(),
                account.into(),
                told.representative.into(),
                (&told.scopes).into(),
                (&told.starts_on).into(),
                (&told.ends_on).into(),
                (&told.state).into(),
            ],
        )?;
        Ok(())
    })
}

/// A principal who is to be told on paper who acts for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaperDue {
    /// The mandate.
    pub id: Id,
    /// The principal.
    pub principal: String,
    /// The helper.
    pub helper: String,
    /// In what, as stored words with commas.
    pub scopes: String,
    /// The first day on which it is over.
    pub ends_on: Date,
    /// When a letter last went.
    pub paper_at: Option<Timestamp>,
}

/// Mandates in force about which no letter went within a year; the first letter is due at once.
///
/// # Errors
/// [`StoreError`].
pub fn paper_due(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<PaperDue>, StoreError> {
    let sql = "SELECT m.mandate_id, p.resident_id, h.resident_id, m.scopes, m.ends_on, m.paper_at FROM portal_mandates m \
               JOIN portal_links p ON p.account_id = m.account_id JOIN portal_links h ON h.account_id = m.representative \
               WHERE m.state = 'active' AND m.ends_on > $1 AND (m.paper_at IS NULL OR m.paper_at < $2) \
               ORDER BY m.starts_on, m.mandate_id LIMIT 200";
    let year_ago = now.plus_seconds(-365 * 86_400);
    tx.query(sql, &[now.date_in_japan().into(), year_ago.into()])?
        .iter()
        .map(|row| {
            let text = |column| row.text(column).map(str::to_owned);
            let (principal, helper, scopes) = (text(1)?, text(2)?, text(3)?);
            let paper_at = row.opt_timestamp(5)?;
            Ok(PaperDue { id: row.id(0)?, principal, helper, scopes, ends_on: row.date(4)?, paper_at })
        })
        .collect()
}

/// The yearly letter to a principal: who may act for them, in what, until when.
#[derive(Clone, PartialEq, Eq)]
pub struct MandateLetter {
    /// The principal's name.
    pub name: String,
    /// Seven digits.
    pub postal_code: Option<String>,
    /// Their address.
    pub address: String,
    /// The helper's name.
    pub helper: String,
    /// In what, as stored words with commas.
    pub scopes: String,
    /// The first day on which it is over.
    pub ends_on: Date,
}

impl std::fmt::Debug for MandateLetter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MandateLetter(<personal>)")
    }
}

/// Composes the yearly letter about a mandate that is due: a reading of both records. Somebody protected, moved or without an
/// address is written to by hand.
///
/// # Errors
/// [`EnterError::NotFound`] when none is due, [`EnterError::NotHere`].
pub fn letter(tx: &mut Tx<'_>, seams: &Seams, actor: &Actor, mandate: Id) -> Result<MandateLetter, EnterError> {
    let due = paper_due(tx, seams.now())?.into_iter().find(|due| due.id == mandate).ok_or(EnterError::NotFound)?;
    let read = |tx: &mut Tx<'_>, who: &str, items: &[Item]| -> Result<register::Resident, EnterError> {
        let who = ResidentId::parse(who).map_err(|_| EnterError::NotFound)?;
        let purpose = Purpose::new(Duty::Representation).reading(items).for_work(mandate);
        let access = access::person(tx, seams, actor, &purpose, &who)?;
        match register::resident(tx, &access) {
            Ok(found) => Ok(found),
            Err(register::RegisterError::Store(error)) => Err(error.into()),
            Err(register::RegisterError::Access(error)) => Err(error.into()),
            Err(_) => Err(EnterError::NotFound),
        }
    };
    let principal = read(tx, &due.principal, &[Item::Name, Item::Address, Item::State])?;
    let helper = read(tx, &due.helper, &[Item::Name])?;
    let today = seams.today();
    let is_simple = principal.state.is_entered() && !principal.address.text.is_empty();
    if !is_simple || endings::is_protected(tx, today, &principal.id)? || endings::is_protected(tx, today, &helper.id)? {
        return Err(EnterError::NotHere);
    }
    Ok(MandateLetter {
        name: principal.names.registered,
        postal_code: principal.address.postal_code.clone(),
        address: principal.address.whole(),
        helper: helper.names.registered,
        scopes: due.scopes,
        ends_on: due.ends_on,
    })
}

/// The letter about a mandate went.
///
/// # Errors
/// [`StoreError`].
pub fn paper_sent(tx: &mut Tx<'_>, now: Timestamp, mandate: Id) -> Result<(), StoreError> {
    tx.execute("UPDATE portal_mandates SET paper_at = $2 WHERE mandate_id = $1", &[mandate.into(), now.into()])?;
    Ok(())
}
