//! IDs (職員身分証): where each stands.

use base::{Date, Id, Seams, Timestamp};
use store::{Row, StoreError, Tx};
use tools::access::Actor;
use tools::service_cards::CardError;
use wire::staff_id_code::Sticker;

use super::ledger::note;
use crate::staff_id::model::{Deed, Standing};

macro_rules! select_staff_id {
    ($rest:literal) => {
        concat!(
            "SELECT staff_id, staff_number, sticker, status, since, issued_on, valid_until, printed_at, replaces, \
             card_hash, tag_hash, own_key FROM staff_ids",
            $rest
        )
    };
}
pub(super) use select_staff_id;

/// An ID (職員身分証).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffId {
    /// Its id.
    pub id: Id,
    /// Whose.
    pub number: String,
    /// The number of its label.
    pub sticker: Sticker,
    /// Where it stands.
    pub standing: Standing,
    /// Since when.
    pub since: Timestamp,
    /// First day.
    pub issued_on: Date,
    /// Last day.
    pub valid_until: Date,
    /// When its label was printed.
    pub printed_at: Option<Timestamp>,
    /// In whose place it came.
    pub replaces: Option<Id>,
    /// Whether a card is enrolled.
    pub has_card: bool,
    /// Whether a tag was given out with it.
    pub has_tag: bool,
    /// Whether the card's own key is kept, so that it may be tapped without PIN where staff watch.
    pub is_for_taps: bool,
}

impl StaffId {
    /// Whether it is good on this day.
    pub fn is_good(&self, today: Date) -> bool {
        self.standing == Standing::Live && self.issued_on <= today && today <= self.valid_until
    }

    pub(super) fn read(row: &Row) -> Result<Self, CardError> {
        let broken = |column| StoreError::Column { column, wanted: "a word of the table" };
        Ok(Self {
            id: row.id(0)?,
            number: row.text(1)?.to_owned(),
            sticker: Sticker::parse(row.text(2)?).ok_or(broken(2))?,
            standing: Standing::from_code(row.text(3)?).ok_or(broken(3))?,
            since: row.timestamp(4)?,
            issued_on: row.date(5)?,
            valid_until: row.date(6)?,
            printed_at: row.opt_timestamp(7)?,
            replaces: row.opt_text(8)?.map(Id::parse).transpose().map_err(|_| broken(8))?,
            has_card: row.opt_blob(9)?.is_some(),
            has_tag: row.opt_blob(10)?.is_some(),
            is_for_taps: row.opt_blob(11)?.is_some(),
        })
    }
}

/// A member's IDs, newest first.
///
/// # Errors
/// The database.
pub fn of_member(tx: &mut Tx<'_>, number: &str) -> Result<Vec<StaffId>, CardError> {
    let rows = tx.query(select_staff_id!(" WHERE staff_number = $1"), &[number.into()])?;
    let mut all: Vec<StaffId> = rows.iter().map(StaffId::read).collect::<Result<_, _>>()?;
    all.sort_by_key(|one| (one.standing.is_over(), std::cmp::Reverse(one.since), one.id));
    Ok(all)
}

/// One ID.
///
/// # Errors
/// The database.
pub fn get(tx: &mut Tx<'_>, id: Id) -> Result<Option<StaffId>, CardError> {
    let row = tx.query_one(select_staff_id!(" WHERE staff_id = $1"), &[id.into()])?;
    row.map(|row| StaffId::read(&row)).transpose()
}

/// The ID of a label.
///
/// # Errors
/// The database.
pub fn of_sticker(tx: &mut Tx<'_>, sticker: Sticker) -> Result<Option<StaffId>, CardError> {
    let row = tx.query_one(select_staff_id!(" WHERE sticker = $1"), &[sticker.to_string().into()])?;
    row.map(|row| StaffId::read(&row)).transpose()
}

/// Every ID of this standing.
///
/// # Errors
/// The database.
pub fn standing(tx: &mut Tx<'_>, standing: Standing) -> Result<Vec<StaffId>, CardError> {
    let rows = tx.query(select_staff_id!(" WHERE status = $1"), &[standing.code().into()])?;
    rows.iter().map(StaffId::read).collect()
}

/// Adds an ID without card and gives it back.
///
/// # Errors
/// The database.
pub fn add(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Actor,
    number: &str,
    valid_until: Date,
    replaces: Option<Id>,
) -> Result<StaffId, CardError> {
    let (id, now, today) = (seams.random_id(), seams.now(), seams.today());
    let sticker = Sticker::from_bytes(seams.random.bytes());
    tx.execute(
        "INSERT INTO staff_ids (staff_id, staff_number, sticker, status, since, issued_on, valid_until, replaces) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            id.into(),
            number.into(),
            sticker.to_string().into(),
            Standing::Prepared.code().into(),
            now.into(),
            today.into(),
            valid_until.into(),
            replaces.into(),
        ],
    )?;
    note(tx, seams, by, id, "issued", "")?;
    Ok(StaffId {
        id,
        number: number.to_owned(),
        sticker,
        standing: Standing::Prepared,
        since: now,
        issued_on: today,
        valid_until,
        printed_at: None,
        replaces,
        has_card: false,
        has_tag: false,
        is_for_taps: false,
    })
}

/// Writes where an ID stands and what brought it there.
///
/// # Errors
/// The database.
pub fn set(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Actor,
    id: Id,
    (next, deed, why): (Standing, Deed, &str),
) -> Result<(), CardError> {
    tx.execute(
        "UPDATE staff_ids SET status = $2, since = $3 WHERE staff_id = $1",
        &[id.into(), next.code().into(), seams.now().into()],
    )?;
    if next.is_over() || next == Standing::Lost {
        // Nothing opens with it any more, so nothing needs the card.
        tx.execute("UPDATE staff_ids SET card = NULL, tag = NULL, own_key = NULL WHERE staff_id = $1", &[id.into()])?;
    }
    note(tx, seams, by, id, deed.code(), why)
}

/// Writes that a label was printed.
///
/// # Errors
/// The database.
pub fn printed(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, id: Id) -> Result<(), CardError> {
    tx.execute("UPDATE staff_ids SET printed_at = $2 WHERE staff_id = $1", &[id.into(), seams.now().into()])?;
    note(tx, seams, by, id, "printed", "")
}
