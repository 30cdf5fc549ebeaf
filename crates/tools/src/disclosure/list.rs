//! What one person may see of who saw them; and the check of the rows against the audit log.

use base::{Date, Id, Timestamp};
use store::{StoreError, Tx};

use super::{Entry, item_words};
use crate::access::{Duty, PersonAccess, ResidentId, Visibility};
use crate::audit::{Finding, Position, Report};

/// One line of a person's own disclosure list (閲覧履歴). It never names a member of staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The entry, to ask about it.
    pub id: Id,
    /// When.
    pub at: Timestamp,
    /// Class of the actor: `staff`, `resident`, `kiosk`, `system`, `counter`.
    pub by: String,
    /// The duty, when its code is still known.
    pub duty: Option<Duty>,
    /// What was seen, in Japanese words.
    pub items: Vec<&'static str>,
    /// For declared bulk work: the sentence, in Japanese and English.
    pub told: Option<(String, String)>,
}

/// What `person` may see on `today`, newest first, at most `limit` lines older than `before`.
///
/// # Errors
/// [`StoreError`].
pub fn for_person(
    tx: &mut Tx,
    person: &ResidentId,
    today: Date,
    before: Option<Timestamp>,
    limit: u32,
) -> Result<Vec<Shown>, StoreError> {
    // Visibility words sort as text: dates are YYYY-MM-DD, and 'now' and 'hidden' are compared apart.
    let rows = tx.query(
        "SELECT id, at, actor_class, duty, items, told, told_english FROM (
             SELECT id, at, actor_class, duty, items, told, told_english, visible FROM disclosure
                 WHERE subject = $1 AND at < $3
             UNION ALL
             SELECT d.id, d.at, d.actor_class, d.duty, d.items, d.told, d.told_english, d.visible
                 FROM disclosure_concerned c JOIN disclosure d ON d.id = c.entry WHERE c.subject = $1 AND d.at < $3
             UNION ALL
             SELECT id, at, actor_class, duty, items, told, told_english, visible FROM disclosure
                 WHERE everyone = 1 AND at < $3
         ) AS seen
         WHERE visible = 'now' OR (visible <> 'hidden' AND visible <= $2)
         ORDER BY at DESC, id DESC LIMIT $4",
        &[person.into(), today.into(), before.unwrap_or(Timestamp::from_micros(i64::MAX)).into(), limit.into()],
    )?;
    rows.iter()
        .map(|row| {
            let told = row.opt_text(5)?.map(str::to_owned).zip(row.opt_text(6)?.map(str::to_owned));
            Ok(Shown {
                id: row.id(0)?,
                at: row.timestamp(1)?,
                by: row.text(2)?.to_owned(),
                duty: Duty::from_code(row.text(3)?),
                items: item_words(row.text(4)?),
                told,
            })
        })
        .collect()
}

/// One line as an officer sees it: also who exactly, the sentence, and what the person is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficerLine {
    /// When.
    pub at: Timestamp,
    /// Class of the actor: `staff`, `resident`, `kiosk`, `system`, `counter`.
    pub class: String,
    /// The actor's key, e.g. `staff:<account>`.
    pub actor: String,
    /// The terminal, if any.
    pub terminal: Option<String>,
    /// The duty, when its code is still known.
    pub duty: Option<Duty>,
    /// The sentence, if any.
    pub note: Option<String>,
    /// What was seen, in Japanese words.
    pub items: Vec<&'static str>,
    /// When the person is shown the line; `None` when what is stored is not understood (then nobody is shown it).
    pub visibility: Option<Visibility>,
}

/// Everyone who was shown the access's subject, newest first, at most `limit` lines. The access itself is among them.
///
/// # Errors
/// [`StoreError`].
pub fn for_officer(tx: &mut Tx, access: &PersonAccess, limit: u32) -> Result<Vec<OfficerLine>, StoreError> {
    let rows = tx.query(
        "SELECT at, actor_class, actor, terminal, duty, note, items, visible FROM (
             SELECT id, at, actor_class, actor, terminal, duty, note, items, visible FROM disclosure WHERE subject = $1
             UNION ALL
             SELECT d.id, d.at, d.actor_class, d.actor, d.terminal, d.duty, d.note, d.items, d.visible
                 FROM disclosure_concerned c JOIN disclosure d ON d.id = c.entry WHERE c.subject = $1
             UNION ALL
             SELECT id, at, actor_class, actor, terminal, duty, note, items, visible FROM disclosure WHERE everyone = 1
         ) AS seen ORDER BY at DESC, id DESC LIMIT $2",
        &[access.subject().into(), limit.into()],
    )?;
    rows.iter()
        .map(|row| {
            let visibility = match row.text(7)? {
                "now" => Some(Visibility::Now),
                "hidden" => Some(Visibility::HiddenByLaw),
                date => Date::parse(date).ok().map(Visibility::After),
            };
            Ok(OfficerLine {
                at: row.timestamp(0)?,
                class: row.text(1)?.to_owned(),
                actor: row.text(2)?.to_owned(),
                terminal: row.opt_text(3)?.map(str::to_owned),
                duty: Duty::from_code(row.text(4)?),
                note: row.opt_text(5)?.map(str::to_owned),
                items: item_words(row.text(6)?),
                visibility,
            })
        })
        .collect()
}

/// Checks every disclosure against the audit log, and the log against the disclosures.
pub(crate) fn verify(tx: &mut Tx, report: &mut Report) -> Result<(), StoreError> {
    let mut after = (String::new(), 0i64);
    loop {
        let page = tx.query(
            "SELECT d.id, d.kind, d.subject, d.at, d.actor_class, d.actor, d.terminal, d.duty, d.note, d.items,
                    d.visible, d.told, d.told_english, d.everyone, d.work, d.chain, d.position, d.salt, e.commitment
             FROM disclosure d LEFT JOIN audit_entry e ON e.chain = d.chain AND e.position = d.position
             WHERE (d.chain, d.position) > ($1, $2) ORDER BY d.chain, d.position LIMIT 1000",
            &[(&after.0).into(), after.1.into()],
        )?;
        let Some(last) = page.last() else { break };
        after = (last.text(15)?.to_owned(), last.int(16)?);
        for row in &page {
            let here = Position { chain: row.text(15)?.to_owned(), number: row.int(16)? };
            match row.opt_blob(18)? {
                None => report.note(Finding::DisclosureAdded(here)),
                Some(bound) => {
                    if !Entry::from_row(row)?.is_bound_by(row.blob(17)?, bound) {
                        report.note(Finding::DisclosureChanged(here));
                    }
                }
            }
        }
    }
    let missing = tx.query(
        "SELECT e.chain, e.position FROM audit_entry e
         LEFT JOIN disclosure d ON d.chain = e.chain AND d.position = e.position
         WHERE e.event = 'disclosure.made' AND d.id IS NULL ORDER BY e.chain, e.position LIMIT 100",
        &[],
    )?;
    for row in missing {
        report.note(Finding::DisclosureMissing(Position { chain: row.text(0)?.to_owned(), number: row.int(1)? }));
    }
    Ok(())
}
