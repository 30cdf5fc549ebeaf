//! Who was shown whose record, why and when; and what each person may see of that.
//!
//! For every resident (閲覧履歴) and for auditors. A row is its own audit content: the log commits to it with the
//! row's salt, so a changed, added or removed disclosure is found by `yakuba verify audit`.
//!
//! ```text
//!   access::person/search/bulk ──► record ──► disclosure row ─┬─► for_person: what the person may see
//!                                     └─► audit entry ◄───────┘    (now / after a date / hidden by law)
//! ```

mod list;
pub mod telling;
#[cfg(test)]
mod tests;

pub(crate) use list::verify;
pub use list::{OfficerLine, Shown, for_officer, for_person};

use base::{Id, Seams, Timestamp};
use store::{Row, StoreError, Tx};

use crate::access::{Actor, BulkDeclaration, Concerned, Purpose, ResidentId, Visibility};
use crate::audit::{self, Event};
use crate::digest::{Fields, sha256};

/// What is disclosed.
#[derive(Debug)]
pub(crate) enum Disclosed<'a> {
    /// One person's record.
    Person(&'a ResidentId),
    /// A search; the persons it shows get entries of their own.
    Search {
        /// What was typed.
        criteria: &'a str,
    },
    /// Declared bulk work.
    Bulk(&'a BulkDeclaration),
}

impl Disclosed<'_> {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Person(_) => "person",
            Self::Search { .. } => "search",
            Self::Bulk(_) => "bulk",
        }
    }
}

/// A row as stored; the audit log commits to exactly these fields.
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) subject: Option<String>,
    pub(crate) at: Timestamp,
    pub(crate) actor_class: String,
    pub(crate) actor: String,
    pub(crate) terminal: Option<String>,
    pub(crate) duty: String,
    pub(crate) note: Option<String>,
    pub(crate) items: String,
    pub(crate) visible: String,
    pub(crate) told: Option<String>,
    pub(crate) told_english: Option<String>,
    pub(crate) everyone: bool,
    pub(crate) work: Option<String>,
}

impl Entry {
    /// The fields by name, as they are committed to; numbers as decimal text.
    pub(crate) fn fields(&self) -> [(&'static str, Option<String>); 15] {
        let some = |text: &str| Some(text.to_owned());
        [
            ("id", some(&self.id)),
            ("kind", some(&self.kind)),
            ("subject", self.subject.clone()),
            ("at", Some(self.at.micros().to_string())),
            ("actor_class", some(&self.actor_class)),
            ("actor", some(&self.actor)),
            ("terminal", self.terminal.clone()),
            ("duty", some(&self.duty)),
            ("note", self.note.clone()),
            ("items", some(&self.items)),
            ("visible", some(&self.visible)),
            ("told", self.told.clone()),
            ("told_english", self.told_english.clone()),
            ("everyone", some(if self.everyone { "1" } else { "0" })),
            ("work", self.work.clone()),
        ]
    }

    /// What the audit log binds: a hash over one salted hash for each field, so that some can be opened and not others.
    fn commitment(&self, salt: &[u8]) -> [u8; 32] {
        let mut content = Fields::of("yakuba disclosure 3");
        for (name, value) in self.fields() {
            content = content.bytes(&field_hash(&field_salt(salt, name), name, value.as_deref()));
        }
        audit::commitment(&field_salt(salt, ROOT), &content.finish())
    }

    /// Whether `bound` is what the log binds this row to: as now, or as before fields were hashed apart.
    pub(crate) fn is_bound_by(&self, salt: &[u8], bound: &[u8]) -> bool {
        self.commitment(salt) == bound || audit::commitment(salt, &self.canonical()) == bound
    }

    /// Whether single fields can be opened: the row was written since fields are hashed apart.
    pub(crate) fn opens_by_field(&self, salt: &[u8], bound: &[u8]) -> bool {
        self.commitment(salt) == bound
    }

    fn canonical(&self) -> Vec<u8> {
        Fields::of("yakuba disclosure 2")
            .text(&self.id)
            .text(&self.kind)
            .maybe(self.subject.as_deref())
            .int(self.at.micros())
            .text(&self.actor_class)
            .text(&self.actor)
            .maybe(self.terminal.as_deref())
            .text(&self.duty)
            .maybe(self.note.as_deref())
            .text(&self.items)
            .text(&self.visible)
            .maybe(self.told.as_deref())
            .maybe(self.told_english.as_deref())
            .int(i64::from(self.everyone))
            .maybe(self.work.as_deref())
            .finish()
    }

    /// From the fifteen columns in the order of the table.
    pub(crate) fn from_row(row: &Row) -> Result<Self, StoreError> {
        let owned = |column| row.opt_text(column).map(|text| text.map(str::to_owned));
        Ok(Self {
            id: row.text(0)?.to_owned(),
            kind: row.text(1)?.to_owned(),
            subject: owned(2)?,
            at: row.timestamp(3)?,
            actor_class: row.text(4)?.to_owned(),
            actor: row.text(5)?.to_owned(),
            terminal: owned(6)?,
            duty: row.text(7)?.to_owned(),
            note: owned(8)?,
            items: row.text(9)?.to_owned(),
            visible: row.text(10)?.to_owned(),
            told: owned(11)?,
            told_english: owned(12)?,
            everyone: row.flag(13)?,
            work: owned(14)?,
        })
    }
}

/// Under this name the salt over all fields is made.
pub(crate) const ROOT: &str = "*";

/// The salt of one field: from the row's own, which is never shown.
pub(crate) fn field_salt(salt: &[u8], name: &str) -> [u8; 32] {
    sha256(&[&Fields::of("yakuba disclosure salt 1").bytes(salt).text(name).finish()])
}

/// The hash of one field.
pub(crate) fn field_hash(salt: &[u8], name: &str, value: Option<&str>) -> [u8; 32] {
    sha256(&[&Fields::of("yakuba disclosure field 1").bytes(salt).text(name).maybe(value).finish()])
}

fn visible_word(visibility: Visibility) -> String {
    match visibility {
        Visibility::Now => "now".to_owned(),
        Visibility::HiddenByLaw => "hidden".to_owned(),
        Visibility::After(date) => date.to_string(),
    }
}

/// Writes the disclosure and its audit entry. A person reading their own record is audited only.
pub(crate) fn record(
    tx: &mut Tx,
    seams: &Seams,
    actor: &Actor,
    purpose: &Purpose,
    what: &Disclosed<'_>,
) -> Result<Id, StoreError> {
    let id = seams.time_ordered_id();
    if let Disclosed::Person(subject) = what
        && actor.is_self(subject)
    {
        let details = [("duty", purpose.duty().code()), ("terminal", actor.terminal().unwrap_or("-"))];
        audit::append(tx, seams, actor, Event::OwnRecordRead, &details)?;
        return Ok(id);
    }
    let items: Vec<&str> = purpose.items().iter().map(|item| item.code()).collect();
    let items = items.join(",");
    if let (Disclosed::Person(subject), Some(work)) = (what, purpose.work)
        && let Some(recorded) = recorded_for(tx, work, subject, actor, &items)?
    {
        return Ok(recorded);
    }
    let (subject, told, told_english, everyone) = match what {
        Disclosed::Person(subject) => (Some(subject.as_str().to_owned()), None, None, false),
        Disclosed::Search { criteria } => (None, Some((*criteria).to_owned()), None, false),
        Disclosed::Bulk(bulk) => {
            (None, Some(bulk.japanese.to_owned()), Some(bulk.english.to_owned()), bulk.concerned == Concerned::Everyone)
        }
    };
    let entry = Entry {
        id: id.to_string(),
        kind: what.kind().to_owned(),
        subject,
        at: seams.now(),
        actor_class: actor.class().to_owned(),
        actor: actor.key(),
        terminal: actor.terminal().map(str::to_owned),
        duty: purpose.duty().code().to_owned(),
        note: purpose.note.clone(),
        items,
        visible: visible_word(purpose.visibility),
        told,
        told_english,
        everyone,
        work: purpose.work.map(|work| work.to_string()),
    };
    insert(tx, seams, actor, &entry)?;
    Ok(id)
}

fn insert(tx: &mut Tx, seams: &Seams, actor: &Actor, entry: &Entry) -> Result<(), StoreError> {
    let salt: [u8; 16] = seams.random.bytes();
    let commitment = entry.commitment(&salt);
    let position = audit::append_commitment(tx, entry.at, actor.class(), Event::Disclosed, &commitment)?;
    tx.queue(
        "INSERT INTO disclosure (id, kind, subject, at, actor_class, actor, terminal, duty, note, items, visible,
                                 told, told_english, everyone, work, chain, position, salt)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        &[
            (&entry.id).into(),
            (&entry.kind).into(),
            entry.subject.as_deref().into(),
            entry.at.into(),
            (&entry.actor_class).into(),
            (&entry.actor).into(),
            entry.terminal.as_deref().into(),
            (&entry.duty).into(),
            entry.note.as_deref().into(),
            (&entry.items).into(),
            (&entry.visible).into(),
            entry.told.as_deref().into(),
            entry.told_english.as_deref().into(),
            entry.everyone.into(),
            entry.work.as_deref().into(),
            (&position.chain).into(),
            position.number.into(),
            salt.as_slice().into(),
        ],
    )
}

/// The entry that says already that `actor` was shown these items of `subject` for this work.
fn recorded_for(
    tx: &mut Tx,
    work: Id,
    subject: &ResidentId,
    actor: &Actor,
    items: &str,
) -> Result<Option<Id>, StoreError> {
    tx.query_one(
        "SELECT id FROM disclosure WHERE work = $1 AND subject = $2 AND actor = $3 AND items = $4",
        &[work.to_string().into(), subject.into(), actor.key().into(), items.into()],
    )?
    .map(|row| row.id(0))
    .transpose()
}

/// Names persons whom declared bulk work concerns.
pub(crate) fn concerns(tx: &mut Tx, entry: Id, persons: &[ResidentId]) -> Result<(), StoreError> {
    for person in persons {
        tx.queue(
            "INSERT INTO disclosure_concerned (entry, subject) VALUES ($1, $2) ON CONFLICT (entry, subject) DO NOTHING",
            &[entry.into(), person.into()],
        )?;
    }
    Ok(())
}

/// How many records `actor` has opened since `since`; counts no further than `limit`.
pub(crate) fn opened_since(tx: &mut Tx, actor: &Actor, since: Timestamp, limit: u32) -> Result<u32, StoreError> {
    let row = tx.query_one(
        "SELECT COUNT(*) FROM (SELECT 1 FROM disclosure WHERE actor = $1 AND at > $2 LIMIT $3) AS recent",
        &[actor.key().into(), since.into(), limit.into()],
    )?;
    Ok(row.map_or(Ok(0), |row| row.int(0))?.try_into().unwrap_or(u32::MAX))
}

/// The words of stored items, in Japanese, for a person.
fn item_words(items: &str) -> Vec<&'static str> {
    items.split(',').filter_map(crate::access::Item::from_code).map(crate::access::Item::japanese).collect()
}

/// How many disclosures there are (for `doctor` and the staff console).
///
/// # Errors
/// [`StoreError`].
pub fn count(tx: &mut Tx) -> Result<i64, StoreError> {
    tx.query_one("SELECT COUNT(*) FROM disclosure", &[])?.map_or(Ok(0), |row| row.int(0))
}
