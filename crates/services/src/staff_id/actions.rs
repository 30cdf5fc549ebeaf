//! What the personnel office does with IDs (職員身分証の発行・更新・回収). First the audit log inside, then the database of
//! cards: the second may be missing, never the first. Whoever calls this has asked for the right.

use base::{Date, Id};
use tools::Inside;
use tools::access::Actor;
use tools::audit::{self, Event};
use tools::credentials::numbers;
use tools::service_cards::CardError;
use wire::staff_id_code::StaffIdCode;

use super::kept::{self, Kept, Line, StaffId};
use super::model::{Circumstances, Deed, Refusal, Standing, after};
use super::records::Member;

/// A member of staff, their IDs, and what happened to them.
pub type File = (Kept, Vec<StaffId>, Vec<Line>);

/// Months an ID is good for, unless the city says otherwise. Ours; other cities have three or five years (下関, 小城).
pub const USUAL_MONTHS: i64 = 12;
/// Days of a month, for the end of an ID.
const MONTH_DAYS: f64 = 365.25 / 12.0;

/// The personnel desk: the city, and who sits there.
#[derive(Clone)]
pub struct Personnel {
    /// The inside zone.
    pub city: Inside,
    /// Who acts.
    pub by: Actor,
}

/// What came of an action.
pub type Done<T> = Result<Result<T, Refusal>, CardError>;

impl Personnel {
    /// Writes inside that this is done to one ID or member. Neither number nor name stands there.
    pub(super) fn audited(&self, what: &'static str, id: Option<Id>) -> Result<(), CardError> {
        let (seams, by) = (self.city.seams.clone(), self.by.clone());
        let id = id.map(|id| id.to_string()).unwrap_or_default();
        Ok(self.city.store.write::<_, store::StoreError, _>(move |tx| {
            audit::append(tx, &seams, &by, Event::StaffIdChanged, &[("what", what), ("id", &id)]).map(|_| ())
        })?)
    }

    /// Reads from the database of cards.
    ///
    /// # Errors
    /// The database or the key store.
    pub fn read<T>(
        &self,
        read: impl FnOnce(&mut store::Tx<'_>, &store::sealing::Vault) -> Result<T, CardError>,
    ) -> Result<T, CardError> {
        let vault = &self.city.vault;
        self.city.cards.read(|tx| read(tx, vault))
    }

    /// Brings the record of these members in. How many are new.
    ///
    /// # Errors
    /// The database or the key store.
    pub fn import(&self, members: &[Member]) -> Result<usize, CardError> {
        self.audited("members-imported", None)?;
        let (vault, seams) = (self.city.vault.clone(), self.city.seams.clone());
        let mut new = 0;
        for some in members.chunks(200) {
            let (vault, seams, some) = (vault.clone(), seams.clone(), some.to_vec());
            new += self.city.cards.write::<_, CardError, _>(move |tx| {
                let mut new = 0;
                for member in &some {
                    new += usize::from(kept::put(tx, &vault, &seams, member)?);
                }
                Ok(new)
            })?;
        }
        Ok(new)
    }

    /// Links the account whose roles a sign-in by card gives; `false` when it is another member's.
    ///
    /// # Errors
    /// The database.
    pub fn link(&self, number: &str, account: Option<Id>) -> Result<bool, CardError> {
        self.audited("account-linked", account)?;
        let number = number.to_owned();
        Ok(self.city.cards.write(move |tx| kept::link(tx, &number, account))?)
    }

    /// Takes the account of a member away. Gives the account, whose sessions are to end.
    ///
    /// # Errors
    /// Outer: the databases. Inner: no such member.
    pub fn unlink(&self, number: &str) -> Done<Option<Id>> {
        self.audited("account-unlinked", None)?;
        let (city, number) = (self.city.clone(), number.to_owned());
        self.city.cards.write(move |tx| {
            let Some(kept) = kept::member(tx, &city.vault, &number)? else { return Ok(Err(Refusal::Unknown)) };
            kept::link(tx, &number, None)?;
            Ok(Ok(kept.account))
        })
    }

    /// Gives a member an ID: its label can be printed once a card is enrolled.
    ///
    /// # Errors
    /// Outer: the database. Inner: why not.
    pub fn issue(&self, number: &str) -> Done<Id> {
        self.audited("issued", None)?;
        let (city, by, number) = (self.city.clone(), self.by.clone(), number.to_owned());
        self.city.cards.write(move |tx| {
            let Some(kept) = kept::member(tx, &city.vault, &number)? else { return Ok(Err(Refusal::Unknown)) };
            if let Err(refusal) = may_be_given(&kept.member, city.seams.today()) {
                return Ok(Err(refusal));
            }
            let has = |one: &StaffId| one.standing.is_present() || one.standing == Standing::Lost;
            if kept::of_member(tx, &number)?.iter().any(has) {
                return Ok(Err(Refusal::HasOne));
            }
            let until = last_day(tx, &kept.member, city.seams.today())?;
            Ok(Ok(kept::add(tx, &city.seams, &by, &number, until, None)?.id))
        })
    }

    /// Enrols a card that was proved with its PIN: `card` are the bytes of its certificate's number. Gives the account
    /// whose link this took away, for its sessions are to end.
    ///
    /// # Errors
    /// Outer: the databases or the key store. Inner: why not.
    pub fn enrol_card(&self, id: Id, card: &[u8]) -> Done<Option<Id>> {
        self.audited(Deed::EnrolCard.code(), Some(id))?;
        let (city, by, card) = (self.city.clone(), self.by.clone(), card.to_vec());
        self.city.cards.write(move |tx| {
            let Some(one) = kept::get(tx, id)? else { return Ok(Err(Refusal::Unknown)) };
            let next = match after(one.standing, Deed::EnrolCard, circumstances(&city, &one, false)) {
                Ok(next) => next,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let member = kept::member(tx, &city.vault, &one.number)?;
            if !member.is_some_and(|kept| kept.member.is_employed(city.seams.today())) {
                return Ok(Err(Refusal::NotEmployed));
            }
            // A label that is out is bound to the card it was printed for: another card needs another label.
            if one.printed_at.is_some() {
                return Ok(Err(Refusal::Printed));
            }
            let others = kept::of_card(tx, &city.vault, &card)?;
            if others.iter().any(|other| other.number != one.number && other.standing == Standing::Live) {
                return Ok(Err(Refusal::AnothersCard));
            }
            kept::put_card(tx, &city.vault, id, &card)?;
            // A new card signs nobody in until the holder of the account has shown both: the personnel office alone could
            // else come in as anybody.
            let account = kept::member(tx, &city.vault, &one.number)?.and_then(|kept| kept.account);
            kept::link(tx, &one.number, None)?;
            kept::set(tx, &city.seams, &by, id, (next, Deed::EnrolCard, ""))?;
            Ok(Ok(account))
        })
    }

    /// Gives a tag out with an ID, for doors; an empty text takes it away.
    ///
    /// # Errors
    /// Outer: the databases or the key store. Inner: why not.
    pub fn give_tag(&self, id: Id, typed: &str) -> Done<()> {
        let tag = match typed.trim() {
            "" => None,
            typed => match tag_bytes(typed) {
                Some(tag) => Some(tag),
                None => return Ok(Err(Refusal::NotATag)),
            },
        };
        self.audited("tag", Some(id))?;
        let (city, by) = (self.city.clone(), self.by.clone());
        self.city.cards.write(move |tx| {
            let Some(one) = kept::get(tx, id)? else { return Ok(Err(Refusal::Unknown)) };
            if one.standing != Standing::Live {
                return Ok(Err(Refusal::NotNow));
            }
            if let Some(tag) = &tag
                && kept::is_tag_anothers(tx, &city.vault, tag, id)?
            {
                return Ok(Err(Refusal::AnothersCard));
            }
            kept::put_tag(tx, &city.vault, id, tag.as_deref())?;
            kept::note(tx, &city.seams, &by, id, if tag.is_some() { "tag-given" } else { "tag-taken" }, "")?;
            Ok(Ok(()))
        })
    }

    /// A new ID in the place of one: at its end by one person, before that when two allowed it. Its card goes along,
    /// unless it is lost. Gives the new ID.
    ///
    /// # Errors
    /// Outer: the databases or the key store. Inner: why not.
    pub fn replace(&self, id: Id, deed: Deed) -> Done<Id> {
        let two_persons = deed == Deed::Replace
            && self.city.store.read(move |tx| tools::staff_id_list::is_reprint_allowed(tx, id))?;
        self.audited(deed.code(), Some(id))?;
        let (city, by) = (self.city.clone(), self.by.clone());
        self.city.cards.write(move |tx| {
            let Some(one) = kept::get(tx, id)? else { return Ok(Err(Refusal::Unknown)) };
            let Some(kept) = kept::member(tx, &city.vault, &one.number)? else { return Ok(Err(Refusal::Unknown)) };
            if let Err(refusal) = may_be_given(&kept.member, city.seams.today()) {
                return Ok(Err(refusal));
            }
            let next = match after(one.standing, deed, circumstances(&city, &one, two_persons)) {
                Ok(next) => next,
                Err(refusal) => return Ok(Err(refusal)),
            };
            // Before the old one forgets them.
            let (card, tag) = kept::things(tx, &city.vault, id)?;
            let own_key = kept::own_key(tx, &city.vault, id)?;
            kept::set(tx, &city.seams, &by, id, (next, deed, ""))?;
            let until = last_day(tx, &kept.member, city.seams.today())?;
            let new = kept::add(tx, &city.seams, &by, &one.number, until, Some(id))?;
            if let (Standing::Live, Some(card)) = (one.standing, card) {
                kept::put_card(tx, &city.vault, new.id, &card)?;
                kept::put_tag(tx, &city.vault, new.id, tag.as_deref())?;
                if let Some(own_key) = own_key {
                    kept::put_own_key(tx, &city.vault, new.id, &own_key)?;
                }
                kept::set(tx, &city.seams, &by, new.id, (Standing::Live, Deed::EnrolCard, "from the old one"))?;
            }
            Ok(Ok(new.id))
        })
    }

    /// Reports one lost, or takes it back. Gives the member's account, whose sessions are to end.
    ///
    /// # Errors
    /// Outer: the databases. Inner: why not.
    pub fn stop(&self, id: Id, deed: Deed, why: &str) -> Done<Option<Id>> {
        self.audited(deed.code(), Some(id))?;
        let (city, by, why) = (self.city.clone(), self.by.clone(), why.to_owned());
        self.city.cards.write(move |tx| {
            let Some(one) = kept::get(tx, id)? else { return Ok(Err(Refusal::Unknown)) };
            let next = match after(one.standing, deed, circumstances(&city, &one, false)) {
                Ok(next) => next,
                Err(refusal) => return Ok(Err(refusal)),
            };
            kept::set(tx, &city.seams, &by, id, (next, deed, &why))?;
            Ok(Ok(kept::member(tx, &city.vault, &one.number)?.and_then(|kept| kept.account)))
        })
    }

    /// A member leaves: today is the last day, and every ID of theirs ends. Gives the account, whose sessions are to end.
    ///
    /// # Errors
    /// Outer: the databases. Inner: why not.
    pub fn leave(&self, number: &str) -> Done<Option<Id>> {
        self.audited(Deed::Leave.code(), None)?;
        let (city, by, number) = (self.city.clone(), self.by.clone(), number.to_owned());
        self.city.cards.write(move |tx| {
            let Some(kept) = kept::member(tx, &city.vault, &number)? else { return Ok(Err(Refusal::Unknown)) };
            let today = city.seams.today();
            if kept.member.employed_until.is_none_or(|last| today < last) {
                kept::leaves(tx, &city.seams, &number, today)?;
            }
            end_all(tx, &city, &by, &number)?;
            Ok(Ok(kept.account))
        })
    }

    /// Ends the IDs of those whose last day is over, as a job does each minute. Gives their accounts.
    ///
    /// # Errors
    /// The databases or the key store.
    pub fn end_those_who_left(&self) -> Result<Vec<Id>, CardError> {
        let (city, by) = (self.city.clone(), self.by.clone());
        self.city.cards.write(move |tx| {
            let (today, mut accounts) = (city.seams.today(), Vec::new());
            for kept in kept::members(tx, &city.vault)? {
                let is_over = kept.member.employed_until.is_some_and(|last| last < today);
                if is_over && end_all(tx, &city, &by, &kept.member.number)? {
                    accounts.extend(kept.account);
                }
            }
            Ok(accounts)
        })
    }

    /// What stands on the labels of these IDs. Nothing is written: [`Self::printed`] is called once they are drawn.
    ///
    /// # Errors
    /// Outer: the databases or the key store. Inner: why not.
    pub fn labels(&self, ids: &[Id]) -> Done<Vec<(Member, StaffIdCode)>> {
        let issuer = self.city.profile.municipality_code.clone();
        self.read(|tx, vault| {
            let mut all = Vec::with_capacity(ids.len());
            for id in ids {
                let Some(one) = kept::get(tx, *id)? else { return Ok(Err(Refusal::Unknown)) };
                if let Err(refusal) = may_be_printed(&one) {
                    return Ok(Err(refusal));
                }
                let (Some(card), _) = kept::things(tx, vault, *id)? else { return Ok(Err(Refusal::NoCard)) };
                let Some(kept) = kept::member(tx, vault, &one.number)? else { return Ok(Err(Refusal::Unknown)) };
                let bound = kept::bound(vault, one.sticker, &card)?;
                let Some(bound) = bound.first().copied() else { return Err(store::sealing::SealError::NoKey.into()) };
                let (sticker, issued_on, valid_until) = (one.sticker, one.issued_on, one.valid_until);
                all.push((kept.member, StaffIdCode { issuer: issuer.clone(), sticker, issued_on, valid_until, bound }));
            }
            Ok(Ok(all))
        })
    }

    /// Writes that these labels are printed: each once. Another label is another ID.
    ///
    /// # Errors
    /// Outer: the databases. Inner: why not; then none is.
    pub fn printed(&self, ids: &[Id]) -> Done<()> {
        for id in ids {
            self.audited("printed", Some(*id))?;
        }
        let (city, by, ids) = (self.city.clone(), self.by.clone(), ids.to_vec());
        self.city.cards.write(move |tx| {
            for id in &ids {
                let Some(one) = kept::get(tx, *id)? else { return Ok(Err(Refusal::Unknown)) };
                if let Err(refusal) = may_be_printed(&one) {
                    return Ok(Err(refusal));
                }
            }
            for id in &ids {
                kept::printed(tx, &city.seams, &by, *id)?;
            }
            Ok(Ok(()))
        })
    }

    /// A member with their IDs, newest first, and their lines of the ledger.
    ///
    /// # Errors
    /// The database or the key store.
    pub fn file(&self, member: Id) -> Result<Option<File>, CardError> {
        self.read(|tx, vault| {
            let Some(kept) = kept::of_id(tx, vault, member)? else { return Ok(None) };
            let number = &kept.member.number;
            let (ids, lines) = (kept::of_member(tx, number)?, kept::ledger(tx, Some(number))?);
            Ok(Some((kept, ids, lines)))
        })
    }
}

const fn may_be_printed(one: &StaffId) -> Result<(), Refusal> {
    match (one.standing, one.has_card, one.printed_at) {
        (Standing::Live, true, None) => Ok(()),
        (Standing::Live, true, Some(_)) => Err(Refusal::Printed),
        (Standing::Live | Standing::Prepared, false, _) => Err(Refusal::NoCard),
        _ => Err(Refusal::NotNow),
    }
}

/// The bytes of a tag's number as the doors hash them.
pub fn tag_bytes(typed: &str) -> Option<Vec<u8>> {
    numbers::tag(typed).ok()?;
    let digits = base::text::to_half_width(typed);
    Some(digits.chars().filter(char::is_ascii_hexdigit).map(|digit| digit.to_ascii_uppercase() as u8).collect())
}

fn end_all(tx: &mut store::Tx<'_>, city: &Inside, by: &Actor, number: &str) -> Result<bool, CardError> {
    let mut is_any = false;
    for one in kept::of_member(tx, number)? {
        if let Ok(next) = after(one.standing, Deed::Leave, circumstances(city, &one, false)) {
            kept::set(tx, &city.seams, by, one.id, (next, Deed::Leave, ""))?;
            is_any = true;
        }
    }
    Ok(is_any)
}

/// Whether a new ID may be made for somebody: not for who left, and not for whom today is the last day.
fn may_be_given(member: &Member, today: Date) -> Result<(), Refusal> {
    if !member.is_employed(today) {
        return Err(Refusal::NotEmployed);
    }
    if member.is_last_day(today) { Err(Refusal::Leaving) } else { Ok(()) }
}

fn circumstances(city: &Inside, one: &StaffId, two_persons: bool) -> Circumstances {
    Circumstances { today: city.seams.today(), valid_until: one.valid_until, two_persons }
}

/// The last day of an ID issued today: the city's number of months, never after the member's last day.
fn last_day(tx: &mut store::Tx<'_>, member: &Member, today: Date) -> Result<Date, CardError> {
    let months = kept::setting(tx, "months")?.and_then(|text| text.parse::<i64>().ok()).unwrap_or(USUAL_MONTHS);
    #[expect(clippy::cast_possible_truncation, reason = "at most sixty months are some thousand days")]
    let days = (months.clamp(1, 60) as f64 * MONTH_DAYS) as i64;
    let last = today.plus_days(days - 1);
    Ok(member.employed_until.map_or(last, |left| last.min(left)))
}
