//! What a letter is.

use base::{Date, Id, Seams, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Row, StoreError, Tx, Value};

use super::attachments::Named;
use super::body::Body;
use crate::digest::sha256;

/// A letter's name; ordered by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LetterId(Id);

impl LetterId {
    /// A new one.
    pub fn fresh(seams: &Seams) -> Self {
        Self(seams.time_ordered_id())
    }

    /// Reads the text form; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        Id::parse(text).ok().map(Self)
    }

    /// The id.
    pub const fn id(self) -> Id {
        self.0
    }
}

impl std::fmt::Display for LetterId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl From<LetterId> for Value {
    fn from(letter: LetterId) -> Self {
        letter.0.into()
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident $code:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stored word.
            pub const fn word(self) -> &'static str { match self { $(Self::$variant => $code,)* } }

            /// From the stored word.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.word() == word)
            }
        }
    };
}

words! {
    /// How important a letter is (重要度).
    Importance {
        /// 緊急.
        Emergency "emergency",
        /// 法定通知.
        Statutory "statutory",
        /// 期限のあるもの.
        Deadline "deadline",
        /// お知らせ.
        News "news",
    }
}

words! {
    /// What the law asks of a document's delivery (送達の方法).
    DeliveryLaw {
        /// On paper, whatever the person wishes (e.g. 督促状; 納税通知書 unless a law says otherwise).
        PaperRequired "paper_required",
        /// Electronic only for those who consented to its class; paper for all others.
        ElectronicWithConsent "electronic_with_consent",
        /// Free: a notice that creates no right and no duty.
        Free "free",
    }
}

/// Who sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    /// Stable key, e.g. `tax-office`.
    pub key: String,
    /// Whether it is the city itself; an approved private sender is shown as such.
    pub is_city: bool,
    /// As people see it, e.g. `市民税課`.
    pub name: String,
}

/// What a letter asks its reader to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Act {
    /// 支払う: amount in yen; where, by the payment service.
    Pay {
        /// Yen.
        amount: i64,
        /// Address of the page, on the city's own hosts.
        at: String,
    },
    /// 申請する.
    Apply {
        /// Address of the page.
        at: String,
    },
    /// 返信する, within the portal.
    Reply,
    /// 予定に入れる.
    Calendar {
        /// Begin, in microseconds UTC.
        starts: i64,
        /// End, in microseconds UTC.
        ends: i64,
        /// Place.
        place: String,
    },
}

/// A letter: the part that is the same for everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Its name.
    pub id: LetterId,
    /// Who sends.
    pub sender: Sender,
    /// How important.
    pub importance: Importance,
    /// The class a person consents to, e.g. `tax`, `health`, `school`.
    pub class: String,
    /// What the law asks.
    pub delivery: DeliveryLaw,
    /// 件名, 1–120 characters.
    pub title: String,
    /// The text.
    pub body: Body,
    /// What lies beside it for everybody, by name and digest.
    pub attachments: Vec<Named>,
    /// What it asks for.
    pub action: Option<Act>,
    /// 期限.
    pub due_on: Option<Date>,
    /// After this day an unopened statutory letter goes out on paper.
    pub paper_after: Option<Date>,
    /// The campaign or bulk it is part of.
    pub campaign: Option<String>,
    /// Why people get it, in words (shown under "why did I get this?").
    pub reason: Option<String>,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// When it was recalled.
    pub recalled_at: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    id: String,
    sender: Sender,
    importance: Importance,
    class: String,
    delivery: DeliveryLaw,
    title: String,
    body: Body,
    #[serde(default)]
    attachments: Vec<Named>,
    action: Option<Act>,
    due_on: Option<String>,
    paper_after: Option<String>,
    campaign: Option<String>,
    reason: Option<String>,
    sent_at: i64,
}

pub(super) const COLUMNS: usize = 17;

impl Letter {
    /// SHA-256 of title and body, and of the list of what lies beside them where there is any: what evidence is about.
    pub fn hash(&self) -> [u8; 32] {
        let body = self.body.to_stored();
        let beside = if self.attachments.is_empty() {
            String::new()
        } else {
            format!("\n{}", serde_json::json!(self.attachments))
        };
        sha256(&[self.title.as_bytes(), b"\n", body.as_bytes(), beside.as_bytes()])
    }

    /// As it crosses from one zone to the other.
    pub fn to_wire(&self) -> String {
        let date = |date: Option<Date>| date.map(|date| date.to_string());
        let wire = Wire {
            id: self.id.to_string(),
            sender: self.sender.clone(),
            importance: self.importance,
            class: self.class.clone(),
            delivery: self.delivery,
            title: self.title.clone(),
            body: self.body.clone(),
            attachments: self.attachments.clone(),
            action: self.action.clone(),
            due_on: date(self.due_on),
            paper_after: date(self.paper_after),
            campaign: self.campaign.clone(),
            reason: self.reason.clone(),
            sent_at: self.sent_at.micros(),
        };
        serde_json::json!(wire).to_string()
    }

    /// From what crossed; `None` when it is not a letter.
    pub fn from_wire(bytes: &[u8]) -> Option<Self> {
        let wire: Wire = serde_json::from_slice(bytes).ok()?;
        let date =
            |text: Option<String>| text.map(|text| Date::parse(&text).ok()).map_or(Some(None), |date| date.map(Some));
        wire.body.check().ok()?;
        Some(Self {
            id: LetterId::parse(&wire.id)?,
            sender: wire.sender,
            importance: wire.importance,
            class: wire.class,
            delivery: wire.delivery,
            title: wire.title,
            body: wire.body,
            attachments: wire.attachments,
            action: wire.action,
            due_on: date(wire.due_on)?,
            paper_after: date(wire.paper_after)?,
            campaign: wire.campaign,
            reason: wire.reason,
            sent_at: Timestamp::from_micros(wire.sent_at),
            recalled_at: None,
        })
    }

    /// Reads the columns of a letter, beginning at `at`: letter_id, sender, sender_kind, sender_name, importance,
    /// letter_class, delivery, title, body, action, due_on, paper_after, campaign, reason, sent_at, recalled_at, attachments.
    pub(super) fn read(row: &Row, at: usize) -> Result<Self, StoreError> {
        let broken = |column| StoreError::Column { column, wanted: "a letter" };
        let date = |column: usize| -> Result<Option<Date>, StoreError> {
            row.opt_text(at + column)?.map(|text| Date::parse(text).map_err(|_| broken(at + column))).transpose()
        };
        let owned = |column: usize| row.opt_text(at + column).map(|text| text.map(str::to_owned));
        Ok(Self {
            id: LetterId(row.id(at)?),
            sender: Sender {
                key: row.text(at + 1)?.to_owned(),
                is_city: row.text(at + 2)? == "city",
                name: row.text(at + 3)?.to_owned(),
            },
            importance: Importance::from_word(row.text(at + 4)?).ok_or_else(|| broken(at + 4))?,
            class: row.text(at + 5)?.to_owned(),
            delivery: DeliveryLaw::from_word(row.text(at + 6)?).ok_or_else(|| broken(at + 6))?,
            title: row.text(at + 7)?.to_owned(),
            body: Body::from_stored(row.text(at + 8)?).map_err(|_| broken(at + 8))?,
            action: owned(9)?.map(|text| serde_json::from_str(&text).map_err(|_| broken(at + 9))).transpose()?,
            due_on: date(10)?,
            paper_after: date(11)?,
            campaign: owned(12)?,
            reason: owned(13)?,
            sent_at: row.timestamp(at + 14)?,
            recalled_at: row.opt_timestamp(at + 15)?,
            attachments: match row.opt_text(at + 16)? {
                Some(text) => serde_json::from_str(text).map_err(|_| broken(at + 16))?,
                None => Vec::new(),
            },
        })
    }
}

/// Keeps a letter, once; it is in nobody's box yet.
///
/// # Errors
/// [`StoreError`].
pub fn keep(tx: &mut Tx<'_>, letter: &Letter) -> Result<(), StoreError> {
    let action = letter.action.as_ref().map(|action| serde_json::json!(action).to_string());
    let beside = (!letter.attachments.is_empty()).then(|| serde_json::json!(letter.attachments).to_string());
    tx.execute(
        "INSERT INTO mailbox_letters (letter_id, sender, sender_kind, sender_name, importance, letter_class, delivery, \
         title, body, body_hash, action, due_on, paper_after, campaign, reason, sent_at, attachments) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) ON CONFLICT (letter_id) DO NOTHING",
        &[
            letter.id.into(),
            (&letter.sender.key).into(),
            if letter.sender.is_city { "city" } else { "private" }.into(),
            (&letter.sender.name).into(),
            letter.importance.word().into(),
            (&letter.class).into(),
            letter.delivery.word().into(),
            (&letter.title).into(),
            letter.body.to_stored().into(),
            letter.hash().as_slice().into(),
            action.into(),
            letter.due_on.into(),
            letter.paper_after.into(),
            letter.campaign.as_deref().into(),
            letter.reason.as_deref().into(),
            letter.sent_at.into(),
            beside.into(),
        ],
    )?;
    Ok(())
}

/// The letter of this name.
///
/// # Errors
/// [`StoreError`].
pub fn find(tx: &mut Tx<'_>, letter: LetterId) -> Result<Option<Letter>, StoreError> {
    let sql = "SELECT letter_id, sender, sender_kind, sender_name, importance, letter_class, delivery, title, body, action, \
               due_on, paper_after, campaign, reason, sent_at, recalled_at, attachments FROM mailbox_letters WHERE letter_id = $1";
    tx.query_one(sql, &[letter.into()])?.map(|row| Letter::read(&row, 0)).transpose()
}

/// Takes a letter back (送達の取消し): unopened items are gone from their boxes, opened ones say that it was taken back.
///
/// # Errors
/// [`StoreError`].
pub fn recall(tx: &mut Tx<'_>, now: Timestamp, letter: LetterId, note: &str) -> Result<u64, StoreError> {
    tx.execute(
        "UPDATE mailbox_letters SET recalled_at = $2, recall_note = $3 WHERE letter_id = $1 AND recalled_at IS NULL",
        &[letter.into(), now.into(), note.into()],
    )?;
    let gone = tx.execute("DELETE FROM mailbox_items WHERE letter_id = $1 AND opened_at IS NULL", &[letter.into()])?;
    tx.execute(
        "DELETE FROM mailbox_attachments WHERE letter_id = $1 AND account_id <> '' AND account_id NOT IN \
         (SELECT account_id FROM mailbox_items WHERE letter_id = $1)",
        &[letter.into()],
    )?;
    tx.execute("DELETE FROM mailbox_own_attachments WHERE letter_id = $1", &[letter.into()])?;
    Ok(gone)
}
