//! Letters in boxes: placing, listing, opening, putting away.

use std::sync::LazyLock;

use base::{Date, Timestamp};
use store::{StoreError, Tx, Value};

use super::letter::{Importance, Letter, LetterId};
use crate::portal::AccountId;

/// Column for sealing one person's part of a letter.
pub const PERSONAL_COLUMN: &str = "mailbox_items.personal";

/// Letters on one page of a list.
pub const PAGE: i64 = 20;

/// Which letters are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Everything that is not put away.
    Box,
    /// What was put away.
    Archive,
}

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Which letter.
    pub letter: LetterId,
    /// Who sends, as people see it.
    pub sender_name: String,
    /// Whether it is the city itself.
    pub from_city: bool,
    /// How important.
    pub importance: Importance,
    /// 件名.
    pub title: String,
    /// 期限.
    pub due_on: Option<Date>,
    /// When it came.
    pub placed_at: Timestamp,
    /// When it was opened.
    pub opened_at: Option<Timestamp>,
    /// When what it asks for was done.
    pub done_at: Option<Timestamp>,
    /// Whether it was taken back.
    pub is_recalled: bool,
}

/// A letter in a box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The letter.
    pub letter: Letter,
    /// This person's part, sealed.
    pub personal: Option<Vec<u8>>,
    /// When it came.
    pub placed_at: Timestamp,
    /// When it was first opened.
    pub opened_at: Option<Timestamp>,
    /// When it was put away.
    pub archived_at: Option<Timestamp>,
    /// When what it asks for was done.
    pub done_at: Option<Timestamp>,
}

/// Places a letter that is kept into a box; `personal` is sealed under the account's key. Placing it again changes nothing
/// and returns `false`.
///
/// # Errors
/// [`StoreError`].
pub fn place(
    tx: &mut Tx<'_>,
    now: Timestamp,
    letter: LetterId,
    account: AccountId,
    personal: Option<&[u8]>,
) -> Result<bool, StoreError> {
    let placed = tx.execute(
        "INSERT INTO mailbox_items (account_id, letter_id, personal, placed_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (account_id, letter_id) DO NOTHING",
        &[account.into(), letter.into(), personal.into(), now.into()],
    )?;
    Ok(placed == 1)
}

/// Rows of one statement.
const TOGETHER: usize = 64;

static PLACE_TOGETHER: LazyLock<String> = LazyLock::new(|| {
    let rows: Vec<String> = (0..TOGETHER).map(|row| format!("(${}, $1, $2, $3)", row + 4)).collect();
    format!(
        "INSERT INTO mailbox_items (account_id, letter_id, placed_at, evidence) VALUES {} \
         ON CONFLICT (account_id, letter_id) DO NOTHING",
        rows.join(", ")
    )
});

/// Places a letter without personal parts into many boxes, under one entry of evidence. Fastest when sorted.
///
/// # Errors
/// [`StoreError`].
pub fn place_many(
    tx: &mut Tx<'_>,
    now: Timestamp,
    letter: LetterId,
    accounts: &[AccountId],
    evidence: i64,
) -> Result<(), StoreError> {
    let shared = || -> Vec<Value> { vec![letter.into(), now.into(), evidence.into()] };
    let mut pieces = accounts.chunks_exact(TOGETHER);
    for piece in &mut pieces {
        let mut values = shared();
        values.extend(piece.iter().map(|account| Value::from(*account)));
        tx.queue(PLACE_TOGETHER.as_str(), &values)?;
    }
    for account in pieces.remainder() {
        let mut values = shared();
        values.push((*account).into());
        tx.queue(
            "INSERT INTO mailbox_items (account_id, letter_id, placed_at, evidence) VALUES ($4, $1, $2, $3) \
             ON CONFLICT (account_id, letter_id) DO NOTHING",
            &values,
        )?;
    }
    Ok(())
}

/// What has a date or a payment and is not done, soonest first, at most ten.
///
/// # Errors
/// [`StoreError`].
pub fn due(tx: &mut Tx<'_>, account: AccountId, today: Date) -> Result<Vec<Line>, StoreError> {
    let sql = "SELECT i.letter_id, l.sender_name, l.sender_kind, l.importance, l.title, l.due_on, i.placed_at, i.opened_at, \
               i.done_at, l.recalled_at FROM mailbox_items i JOIN mailbox_letters l ON l.letter_id = i.letter_id \
               WHERE i.account_id = $1 AND i.done_at IS NULL AND i.archived_at IS NULL AND l.recalled_at IS NULL \
               AND l.due_on >= $2 ORDER BY l.due_on LIMIT 10";
    tx.query(sql, &[account.into(), today.plus_days(-14).into()])?.iter().map(line).collect()
}

/// Removes a letter from a box for good, as its person wishes. A statutory letter is put away instead, never removed.
///
/// # Errors
/// [`StoreError`].
pub fn remove(tx: &mut Tx<'_>, account: AccountId, letter: LetterId) -> Result<bool, StoreError> {
    let removed = tx.execute(
        "DELETE FROM mailbox_items WHERE account_id = $1 AND letter_id = $2 AND letter_id IN \
         (SELECT letter_id FROM mailbox_letters WHERE letter_id = $2 AND importance <> 'statutory')",
        &[account.into(), letter.into()],
    )?;
    if removed == 1 {
        let sql = "DELETE FROM mailbox_attachments WHERE letter_id = $1 AND account_id = $2";
        tx.execute(sql, &[letter.into(), account.into()])?;
    }
    Ok(removed == 1)
}

/// The newest letters before `before`, at most [`PAGE`].
///
/// # Errors
/// [`StoreError`].
pub fn newest(
    tx: &mut Tx<'_>,
    account: AccountId,
    view: View,
    before: Option<LetterId>,
) -> Result<Vec<Line>, StoreError> {
    let sql = match view {
        View::Box => {
            "SELECT i.letter_id, l.sender_name, l.sender_kind, l.importance, l.title, l.due_on, i.placed_at, i.opened_at, \
             i.done_at, l.recalled_at FROM mailbox_items i JOIN mailbox_letters l ON l.letter_id = i.letter_id \
             WHERE i.account_id = $1 AND i.letter_id < $2 AND i.archived_at IS NULL ORDER BY i.letter_id DESC LIMIT $3"
        }
        View::Archive => {
            "SELECT i.letter_id, l.sender_name, l.sender_kind, l.importance, l.title, l.due_on, i.placed_at, i.opened_at, \
             i.done_at, l.recalled_at FROM mailbox_items i JOIN mailbox_letters l ON l.letter_id = i.letter_id \
             WHERE i.account_id = $1 AND i.letter_id < $2 AND i.archived_at IS NOT NULL ORDER BY i.letter_id DESC LIMIT $3"
        }
    };
    // Above every id: ids are 26 characters of 0-9 and a-z.
    let before = before.map_or_else(|| "~".to_owned(), |letter| letter.to_string());
    tx.query(sql, &[account.into(), before.into(), PAGE.into()])?.iter().map(line).collect()
}

fn line(row: &store::Row) -> Result<Line, StoreError> {
    let broken = |column| StoreError::Column { column, wanted: "a letter" };
    Ok(Line {
        letter: LetterId::parse(row.text(0)?).ok_or_else(|| broken(0))?,
        sender_name: row.text(1)?.to_owned(),
        from_city: row.text(2)? == "city",
        importance: Importance::from_word(row.text(3)?).ok_or_else(|| broken(3))?,
        title: row.text(4)?.to_owned(),
        due_on: row.opt_text(5)?.map(|text| Date::parse(text).map_err(|_| broken(5))).transpose()?,
        placed_at: row.timestamp(6)?,
        opened_at: row.opt_timestamp(7)?,
        done_at: row.opt_timestamp(8)?,
        is_recalled: row.opt_timestamp(9)?.is_some(),
    })
}

/// The letter in this person's box.
///
/// # Errors
/// [`StoreError`].
pub fn find(tx: &mut Tx<'_>, account: AccountId, letter: LetterId) -> Result<Option<Item>, StoreError> {
    let sql = "SELECT l.letter_id, l.sender, l.sender_kind, l.sender_name, l.importance, l.letter_class, l.delivery, l.title, \
               l.body, l.action, l.due_on, l.paper_after, l.campaign, l.reason, l.sent_at, l.recalled_at, l.attachments, i.personal, \
               i.placed_at, i.opened_at, i.archived_at, i.done_at FROM mailbox_items i \
               JOIN mailbox_letters l ON l.letter_id = i.letter_id WHERE i.account_id = $1 AND i.letter_id = $2";
    let row = tx.query_one(sql, &[account.into(), letter.into()])?;
    row.map(|row| {
        let at = super::letter::COLUMNS;
        Ok(Item {
            letter: Letter::read(&row, 0)?,
            personal: row.opt_blob(at)?.map(<[u8]>::to_vec),
            placed_at: row.timestamp(at + 1)?,
            opened_at: row.opt_timestamp(at + 2)?,
            archived_at: row.opt_timestamp(at + 3)?,
            done_at: row.opt_timestamp(at + 4)?,
        })
    })
    .transpose()
}

/// Writes that the letter was opened, the first time only. Returns whether this was it.
///
/// # Errors
/// [`StoreError`].
pub fn opened(tx: &mut Tx<'_>, now: Timestamp, account: AccountId, letter: LetterId) -> Result<bool, StoreError> {
    let first = tx.execute(
        "UPDATE mailbox_items SET opened_at = $3 WHERE account_id = $1 AND letter_id = $2 AND opened_at IS NULL",
        &[account.into(), letter.into(), now.into()],
    )?;
    Ok(first == 1)
}

/// Puts a letter away, or back.
///
/// # Errors
/// [`StoreError`].
pub fn put_away(
    tx: &mut Tx<'_>,
    account: AccountId,
    letter: LetterId,
    at: Option<Timestamp>,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE mailbox_items SET archived_at = $3 WHERE account_id = $1 AND letter_id = $2",
        &[account.into(), letter.into(), at.into()],
    )?;
    Ok(())
}

/// Marks what the letter asks for as done, or not.
///
/// # Errors
/// [`StoreError`].
pub fn done(tx: &mut Tx<'_>, account: AccountId, letter: LetterId, at: Option<Timestamp>) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE mailbox_items SET done_at = $3 WHERE account_id = $1 AND letter_id = $2",
        &[account.into(), letter.into(), at.into()],
    )?;
    Ok(())
}
