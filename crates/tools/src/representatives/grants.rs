//! Outside: a person names a helper; and what the inside tells of guardians is taken.

use aws_lc_rs::digest::{SHA256, digest};
use base::{Date, Id, Kind as ErrorKind, Seams, Timestamp};
use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Serialize};
use store::{Store, StoreError, Tx};

use super::rules::{Kind, Scope, scopes_text};
use super::{GUARDIANSHIP, MANDATE};
use crate::access::Actor;
use crate::audit::{self, Event};
use crate::portal::post::Opened;
use crate::portal::{AccountId, Assurance, Post, PostError, Session, account, own_records};
use crate::zone::Outside;

/// Days for which an offer waits.
const OFFER_DAYS: i64 = 7;
/// Longest mandate. Our own figure: every year a letter reminds of it.
const MOST_DAYS: i64 = 3 * 366;
/// Age from which somebody names a helper or is one (民法 第4条).
const ADULT: i32 = 18;
/// Messages in one transaction.
const STEP: i64 = 100;

/// Why a mandate was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A mandate is given with the card.
    #[error("a mandate is given with the card")]
    NeedsCard,
    /// A representative names no other.
    #[error("a representative names no other")]
    ForAnother,
    /// Not an adult.
    #[error("not of age")]
    NotOfAge,
    /// No scope, or one that helpers do not get.
    #[error("no scope that helpers get")]
    NoScope,
    /// It ends before it begins, or lasts too long.
    #[error("the period is not possible")]
    Period,
    /// No offer has this code, or not any more.
    #[error("no offer has this code")]
    NoOffer,
    /// One's own offer.
    #[error("one's own offer")]
    Own,
}

/// Why a mandate was not taken, or could not be.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// By the rules.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl GrantError {
    /// What it means to a caller.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Store(_) => ErrorKind::Unavailable,
            Self::Refused(Refusal::NeedsCard | Refusal::ForAnother | Refusal::NotOfAge) => ErrorKind::Forbidden,
            Self::Refused(Refusal::NoOffer | Refusal::Own) => ErrorKind::NotFound,
            Self::Refused(_) => ErrorKind::Invalid,
        }
    }
}

/// A mandate being given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offering {
    /// In what.
    pub scopes: Vec<Scope>,
    /// The first day on which it is over.
    pub ends_on: Date,
    /// The principal's birth date, as the inside told it.
    pub birth_date: Date,
}

/// An offer that waits for its helper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Its id.
    pub id: Id,
    /// What the helper types; shown once.
    pub code: String,
}

fn hash_of(code: &str) -> Vec<u8> {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    digest(&SHA256, plain.as_bytes()).as_ref().to_vec()
}

/// Offers a mandate. The code (80 bits, a week) goes from hand to hand; no name or address of the helper is asked.
///
/// # Errors
/// [`GrantError`].
pub fn offer(tx: &mut Tx<'_>, seams: &Seams, session: &Session, offering: &Offering) -> Result<Offer, GrantError> {
    let (now, today) = (seams.now(), seams.today());
    if session.acting_for.is_some() {
        return Err(Refusal::ForAnother.into());
    }
    if session.level < Assurance::High {
        return Err(Refusal::NeedsCard.into());
    }
    if offering.birth_date.age_on(today) < ADULT {
        return Err(Refusal::NotOfAge.into());
    }
    if offering.scopes.is_empty() || !offering.scopes.iter().all(|scope| Scope::FOR_HELPERS.contains(scope)) {
        return Err(Refusal::NoScope.into());
    }
    if offering.ends_on <= today || offering.ends_on > today.plus_days(MOST_DAYS) {
        return Err(Refusal::Period.into());
    }
    let id = seams.random_id();
    let secret: [u8; 10] = seams.random.bytes();
    let code = BASE32_NOPAD.encode(&secret);
    tx.execute(
        "INSERT INTO representations (representation_id, represented, kind, scopes, starts_on, ends_on, state, made_at, \
         code_hash, offered_until, told) VALUES ($1, $2, 'mandate', $3, $4, $5, 'offered', $6, $7, $8, 1)",
        &[
            id.into(),
            session.person.id.into(),
            scopes_text(&offering.scopes).into(),
            today.into(),
            offering.ends_on.into(),
            now.into(),
            hash_of(&code).into(),
            now.plus_seconds(OFFER_DAYS * 86_400).into(),
        ],
    )?;
    let code = format!("{}-{}-{}-{}", &code[..4], &code[4..8], &code[8..12], &code[12..]);
    Ok(Offer { id, code })
}

/// The helper takes a mandate up; `birth_date` is the helper's.
///
/// # Errors
/// [`GrantError`].
pub fn accept(
    tx: &mut Tx<'_>,
    seams: &Seams,
    session: &Session,
    birth_date: Date,
    code: &str,
) -> Result<Id, GrantError> {
    let (who, now) = (session.person.id, seams.now());
    if session.level < Assurance::Substantial {
        return Err(Refusal::NeedsCard.into());
    }
    if birth_date.age_on(seams.today()) < ADULT {
        return Err(Refusal::NotOfAge.into());
    }
    let sql = "SELECT representation_id, represented FROM representations \
               WHERE code_hash = $1 AND state = 'offered' AND offered_until > $2";
    let row = tx.query_one(sql, &[hash_of(code).into(), now.into()])?.ok_or(Refusal::NoOffer)?;
    let id = row.id(0)?;
    if row.text(1)? == who.to_string() {
        return Err(Refusal::Own.into());
    }
    tx.execute(
        "UPDATE representations SET representative = $2, state = 'active', code_hash = NULL, offered_until = NULL, \
         told = 0 WHERE representation_id = $1",
        &[id.into(), who.into()],
    )?;
    written(tx, seams, Event::RepresentationGranted, id, &who.to_string())?;
    Ok(id)
}

fn written(tx: &mut Tx<'_>, seams: &Seams, event: Event, id: Id, by: &str) -> Result<(), StoreError> {
    let details = [("representation", &*id.to_string()), ("by", by)];
    audit::append(tx, seams, &Actor::System { job: "portal" }, event, &details).map(drop)
}

/// Ends a mandate by one of its two persons, at once. A guardianship is the officer's to end. `false` when there is none.
///
/// # Errors
/// [`StoreError`].
pub fn end_by(tx: &mut Tx<'_>, seams: &Seams, who: AccountId, id: Id) -> Result<bool, StoreError> {
    let ended = tx.execute(
        "UPDATE representations SET state = 'ended', ended_at = $3, code_hash = NULL, told = 0 \
         WHERE representation_id = $1 AND kind = 'mandate' AND state <> 'ended' \
         AND (represented = $2 OR representative = $2)",
        &[id.into(), who.into(), seams.now().into()],
    )?;
    if ended > 0 {
        leave(tx, &id.to_string())?;
        written(tx, seams, Event::RepresentationEnded, id, &who.to_string())?;
    }
    Ok(ended > 0)
}

/// Whoever acts by this mandate now is themselves again.
fn leave(tx: &mut Tx<'_>, id: &str) -> Result<(), StoreError> {
    tx.execute("UPDATE portal_sessions SET acting_for = NULL, mandate_id = NULL WHERE mandate_id = $1", &[id.into()])?;
    Ok(())
}

/// A mandate as the inside is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Mandate {
    /// Its id.
    pub id: Id,
    /// Who acts.
    pub representative: AccountId,
    /// Scopes as stored.
    pub scopes: String,
    /// From when.
    pub starts_on: String,
    /// The first day on which it is over.
    pub ends_on: String,
    /// `active` or `ended`.
    pub state: String,
}

/// Tells the inside of mandates that changed, for the yearly letter on paper.
///
/// # Errors
/// [`PostError`].
pub fn send_untold(store: &Store, seams: &Seams, post: &std::sync::Arc<Post>) -> Result<usize, PostError> {
    let (seams, post) = (seams.clone(), post.clone());
    store.write(move |tx| {
        let rows = tx.query(
            "SELECT representation_id, represented, representative, scopes, starts_on, ends_on, state FROM representations \
             WHERE told = 0 AND kind = 'mandate' ORDER BY made_at LIMIT $1",
            &[STEP.into()],
        )?;
        for row in &rows {
            if let (Some(account), Some(representative), Some(ends_on)) =
                (AccountId::parse(row.text(1)?), row.opt_text(2)?.and_then(AccountId::parse), row.opt_text(5)?)
            {
                let mandate = Mandate {
                    id: row.id(0)?,
                    representative,
                    scopes: row.text(3)?.to_owned(),
                    starts_on: row.text(4)?.to_owned(),
                    ends_on: ends_on.to_owned(),
                    state: row.text(6)?.to_owned(),
                };
                post.send(tx, &seams, account, MANDATE, &mandate)?;
            }
            tx.execute("UPDATE representations SET told = 1 WHERE representation_id = $1", &[row.id(0)?.into()])?;
        }
        Ok(rows.len())
    })
}

/// A guardianship as the inside tells it. It says nothing of why one ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Guardianship {
    /// Its id.
    pub id: Id,
    /// Who acts; the message's account is the one represented.
    pub guardian: AccountId,
    /// `child` or `ward`.
    pub kind: String,
    /// From when.
    pub starts_on: String,
    /// The first day on which it is over.
    pub ends_on: Option<String>,
    /// Whether it holds.
    pub is_active: bool,
}

/// Takes [`GUARDIANSHIP`]. Twice is once, and what ended does not come back.
///
/// # Errors
/// [`PostError`].
pub fn take_guardianship(outside: &Outside, opened: &Opened) -> Result<(), PostError> {
    let told: Guardianship = opened.json()?;
    let kind = Kind::from_word(&told.kind).filter(|kind| *kind != Kind::Mandate);
    let kind = kind.ok_or(PostError::Malformed(GUARDIANSHIP))?;
    let day = |text: &str| Date::parse(text).map_err(|_| PostError::Malformed("a day"));
    let (starts_on, ends_on) = (day(&told.starts_on)?, told.ends_on.as_deref().map(day).transpose()?);
    let (seams, account) = (outside.seams.clone(), opened.account);
    outside.store.write(move |tx| {
        let now = seams.now();
        let is_new = tx.execute(
            "INSERT INTO representations (representation_id, represented, representative, kind, scopes, starts_on, ends_on, \
             state, made_at, told) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1) ON CONFLICT (representation_id) DO NOTHING",
            &[
                told.id.into(),
                account.into(),
                told.guardian.into(),
                kind.word().into(),
                scopes_text(&Scope::ALL).into(),
                starts_on.into(),
                ends_on.into(),
                if told.is_active { "active" } else { "ended" }.into(),
                now.into(),
            ],
        )? > 0;
        if !told.is_active {
            let sql = "UPDATE representations SET state = 'ended', ended_at = COALESCE(ended_at, $2) \
                       WHERE representation_id = $1";
            tx.execute(sql, &[told.id.into(), now.into()])?;
            leave(tx, &told.id.to_string())?;
        }
        if is_new || !told.is_active {
            let event = if told.is_active { Event::RepresentationGranted } else { Event::RepresentationEnded };
            written(tx, &seams, event, told.id, "inside")?;
        }
        Ok(())
    })
}

/// Takes [`super::CUT`]: every representation of this account, and every session that uses one, ends at once, and an address
/// that was told before the protection is told to no app any more.
///
/// # Errors
/// [`PostError`].
pub fn take_cut(outside: &Outside, opened: &Opened) -> Result<(), PostError> {
    let (seams, account, sent_at) = (outside.seams.clone(), opened.account, opened.sent_at);
    outside.store.write(move |tx| {
        let now = seams.now();
        account::make(tx, now, account)?;
        own_records::forget_address(tx, account, sent_at)?;
        cut(tx, &seams, now, account)
    })
}

fn cut(tx: &mut Tx<'_>, seams: &Seams, now: Timestamp, account: AccountId) -> Result<(), PostError> {
    let sql = "SELECT representation_id FROM representations WHERE represented = $1 AND state <> 'ended'";
    for row in tx.query(sql, &[account.into()])? {
        let id = row.id(0)?;
        tx.execute(
            "UPDATE representations SET state = 'ended', ended_at = $2, code_hash = NULL, told = 0 \
             WHERE representation_id = $1",
            &[id.into(), now.into()],
        )?;
        leave(tx, &id.to_string())?;
        written(tx, seams, Event::RepresentationEnded, id, "inside")?;
    }
    Ok(())
}
