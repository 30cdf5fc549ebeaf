//! Notices on their way to the national portal (お知らせ). Public text: nothing personal, no Individual Number.

use base::my_number_guard::refuse_individual_number;
use base::{Id, Seams, Timestamp};
use store::{StoreError, Tx};

use super::{Fault, Notice};
use crate::access::Actor;
use crate::audit::{self, Event};

/// Most characters of a title.
pub const MOST_TITLE: usize = 80;
/// Most characters of a text.
pub const MOST_BODY: usize = 2000;
/// Notices shown, and told in one run.
const SHOWN: i64 = 50;

/// Whether a notice may go out: its title and text are there and not too long, its link is https, no Individual Number.
pub fn is_sound(title: &str, body: &str, link: Option<&str>) -> bool {
    let fits =
        |text: &str, most: usize| (1..=most).contains(&text.chars().count()) && refuse_individual_number(text).is_ok();
    let link_fits = link.is_none_or(|link| link.starts_with("https://") && fits(link, 500) && !link.contains(' '));
    fits(title, MOST_TITLE) && fits(body, MOST_BODY) && link_fits
}

/// Hands a notice to the job.
///
/// # Errors
/// [`StoreError`].
pub fn queue(tx: &mut Tx<'_>, seams: &Seams, actor: &Actor, notice: &Notice) -> Result<(), StoreError> {
    let Notice { id, title, body, link } = notice;
    let kept = tx.execute(
        "INSERT INTO national_notices (notice_id, title, body, link, by_actor, queued_at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (notice_id) DO NOTHING",
        &[
            (*id).into(),
            title.as_str().into(),
            body.as_str().into(),
            link.as_deref().into(),
            actor.key().as_str().into(),
            seams.now().into(),
        ],
    )?;
    if kept > 0 {
        audit::append(tx, seams, actor, Event::NationalNoticeQueued, &[("notice", &id.to_string())])?;
    }
    Ok(())
}

/// A notice as staff see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// The notice.
    pub notice: Notice,
    /// When it was handed in.
    pub queued_at: Timestamp,
    /// When the national portal took it.
    pub told_at: Option<Timestamp>,
    /// Why it will not.
    pub fault: Option<String>,
}

/// The newest notices.
///
/// # Errors
/// [`StoreError`].
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Queued>, StoreError> {
    let sql = "SELECT notice_id, title, body, link, queued_at, told_at, fault FROM national_notices \
               ORDER BY queued_at DESC, notice_id LIMIT $1";
    tx.query(sql, &[SHOWN.into()])?.iter().map(read).collect()
}

fn read(row: &store::Row) -> Result<Queued, StoreError> {
    Ok(Queued {
        notice: Notice {
            id: row.id(0)?,
            title: row.text(1)?.to_owned(),
            body: row.text(2)?.to_owned(),
            link: row.opt_text(3)?.map(str::to_owned),
        },
        queued_at: row.timestamp(4)?,
        told_at: row.opt_timestamp(5)?,
        fault: row.opt_text(6)?.map(str::to_owned),
    })
}

/// What is still to be told, the oldest first.
///
/// # Errors
/// [`StoreError`].
pub fn untold(tx: &mut Tx<'_>) -> Result<Vec<Notice>, StoreError> {
    let sql = "SELECT notice_id, title, body, link, queued_at, told_at, fault FROM national_notices \
               WHERE told_at IS NULL AND fault IS NULL ORDER BY queued_at, notice_id LIMIT $1";
    tx.query(sql, &[SHOWN.into()])?.iter().map(|row| read(row).map(|one| one.notice)).collect()
}

/// The national portal took it, or refused it for good.
///
/// # Errors
/// [`StoreError`].
pub fn settled(tx: &mut Tx<'_>, now: Timestamp, id: Id, fault: Option<Fault>) -> Result<(), StoreError> {
    let told = fault.is_none().then_some(now);
    let sql = "UPDATE national_notices SET told_at = $2, fault = $3 WHERE notice_id = $1";
    tx.execute(sql, &[id.into(), told.into(), fault.map(Fault::word).into()]).map(drop)
}
