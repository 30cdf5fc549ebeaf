//! Letters from departments to many (文書の一斉発送). Inside zone: residents by their keys become accounts of the portal here,
//! and nowhere else.
//!
//! ```text
//!  department (page, API, folder) ─► open ─► lines, in pieces, resumable ─► complete
//!      ─► one asks, another approves ─► 1 % ─ hold ─► 10 % ─ hold ─► 100 %        stop · go on · recall at any time
//!           each line: law of delivery, account, consent ─► mailbox (by relay, in batches) │ list for paper │ not reached
//! ```
//! Nothing is counted on the way of sending: figures are increments. A line is looked at once: the counters and the messages
//! of a batch are one transaction.
//!
//! | module | what it holds |
//! |---|---|
//! | [`senders`] | departments and approved private senders, their keys |
//! | [`intake`] | a letter and its recipients, as they come |
//! | [`work`] | the job that sends |
//! | [`attachments`] | PDF and structured data beside it, for all or for one |
//! | [`evidence`] | what the mailbox said of it: the sender's receipt |
//! | [`paper`] | who gets it on paper |
//! | [`printings`] | their names and addresses, for the printer |
//! | [`replies`] | what people answered |
//! | [`drop_folder`] | letters laid into a folder |

pub mod attachments;
pub mod drop_folder;
pub mod evidence;
pub mod intake;
pub mod paper;
pub mod printings;
pub mod replies;
pub mod senders;
#[cfg(test)]
mod tests;
pub mod work;

use base::{Date, Id, Kind, Seams, Timestamp};
use serde::{Deserialize, Serialize};
use store::sealing::SealError;
use store::{Row, StoreError, Tx};

use crate::access::Actor;
use crate::audit::{self, Event, Zone};
use crate::mailbox::arrivals::{self, RecallBody};
use crate::mailbox::{Act, Body, DeliveryLaw, Importance, Letter, LetterId, Sender};
use crate::portal::PostError;
use crate::relay::{self, RelayError};

/// Under which name two persons release a dispatch.
pub const RELEASE: &str = "letters.release";

/// Days after which an unopened statutory letter goes out on paper, unless its sender says otherwise. Our own figure.
pub const PAPER_DAYS: i64 = 14;

/// The sender whose recipients are looked at once more right before each batch (notices): nothing of it is sent where nobody
/// does that ([`work::Recheck`]).
pub const RECHECKED: &str = "notices";

/// Why something about a dispatch was not done.
#[derive(Debug, thiserror::Error)]
pub enum DispatchError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key store.
    #[error(transparent)]
    Vault(#[from] SealError),
    /// The relay.
    #[error(transparent)]
    Relay(#[from] RelayError),
    /// Sealing to the other zone.
    #[error(transparent)]
    Post(#[from] PostError),
    /// No such sender, or its key is stopped.
    #[error("the sender is not known")]
    Sender,
    /// There is none of this name.
    #[error("there is no such dispatch")]
    Unknown,
    /// The letter cannot be taken.
    #[error("the letter cannot be taken: {0}")]
    Letter(String),
    /// The same name was used for another letter.
    #[error("the idempotency key was used for another letter")]
    OtherLetter,
    /// Whom a batch may still go to cannot be said now.
    #[error("recipients cannot be looked at again: {0}")]
    Recheck(String),
    /// Not in this state.
    #[error("not in the state it is in: {0}")]
    State(&'static str),
    /// Lines were left out, or come twice: the next is this.
    #[error("the next line is {0}")]
    Position(i64),
    /// Too many.
    #[error("at most {0} lines")]
    TooMany(i64),
}

impl DispatchError {
    /// What it means to a caller.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Vault(_) | Self::Post(_) | Self::Recheck(_) => Kind::Unavailable,
            Self::Relay(error) => error.kind(),
            Self::Sender => Kind::Unauthenticated,
            Self::Unknown => Kind::NotFound,
            Self::Letter(_) | Self::TooMany(_) => Kind::Invalid,
            Self::OtherLetter | Self::State(_) | Self::Position(_) => Kind::Conflict,
        }
    }
}

/// Where a dispatch stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Lines are coming.
    Open,
    /// All lines are here; it waits for two persons.
    Complete,
    /// It is being sent.
    Sending,
    /// Somebody stopped it.
    Stopped,
    /// Everybody was looked at.
    Done,
    /// Taken back.
    Recalled,
}

impl State {
    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Complete => "complete",
            Self::Sending => "sending",
            Self::Stopped => "stopped",
            Self::Done => "done",
            Self::Recalled => "recalled",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Open, Self::Complete, Self::Sending, Self::Stopped, Self::Done, Self::Recalled]
            .into_iter()
            .find(|state| state.word() == word)
    }
}

/// Who gets it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Everybody who has an account (free notices only).
    Everybody,
    /// Those of the list.
    #[default]
    Listed,
}

/// A letter as a sender gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// 件名.
    pub title: String,
    /// 重要度.
    pub importance: Importance,
    /// 文書の種類: the class a person consents to; `demand` is 督促.
    pub class: String,
    /// The law of delivery; without it, what the class has by itself.
    #[serde(default)]
    pub delivery: Option<DeliveryLaw>,
    /// The text.
    pub body: Body,
    /// What it asks for.
    #[serde(default)]
    pub action: Option<Act>,
    /// 期限.
    #[serde(default)]
    pub due_on: Option<Date>,
    /// Day after which it goes out on paper.
    #[serde(default)]
    pub paper_after: Option<Date>,
    /// Why people get it.
    #[serde(default)]
    pub reason: Option<String>,
    /// Who gets it.
    #[serde(default)]
    pub audience: Audience,
}

impl Draft {
    /// The law of delivery it has: its own, or that of its class. 督促 is on paper, always; tax unless its sender says that
    /// consent is enough; notices are free.
    pub fn law(&self) -> DeliveryLaw {
        match (self.class.as_str(), self.delivery) {
            ("demand", _) => DeliveryLaw::PaperRequired,
            (_, Some(law)) => law,
            ("tax", None) => DeliveryLaw::PaperRequired,
            _ if self.importance == Importance::Statutory => DeliveryLaw::ElectronicWithConsent,
            _ => DeliveryLaw::Free,
        }
    }

    /// Whether it can be sent.
    ///
    /// # Errors
    /// [`DispatchError::Letter`] with the reason.
    pub fn check(&self) -> Result<(), DispatchError> {
        let refuse = |why: &str| Err(DispatchError::Letter(why.to_owned()));
        if !(1..=120).contains(&self.title.chars().count()) {
            return refuse("the title has 1 to 120 characters");
        }
        let is_class = |c: char| c.is_ascii_lowercase() || c == '-';
        if self.class.is_empty() || self.class.len() > 20 || !self.class.chars().all(is_class) {
            return refuse("a class is a short word of a-z");
        }
        let acted = match &self.action {
            Some(Act::Pay { at, .. } | Act::Apply { at }) => Some(at.as_str()),
            Some(Act::Calendar { place, .. }) => Some(place.as_str()),
            Some(Act::Reply) | None => None,
        };
        let texts = [Some(self.title.as_str()), self.reason.as_deref(), acted];
        let is_odd = |text: &str| text.chars().count() > 500 || text.chars().any(char::is_control);
        if texts.into_iter().flatten().any(is_odd) {
            return refuse("a text is longer than 500 characters or holds control characters");
        }
        if texts.into_iter().flatten().any(|text| base::my_number_guard::refuse_individual_number(text).is_err()) {
            return refuse("an Individual Number may not be written here");
        }
        if let Some(Act::Pay { at, .. } | Act::Apply { at }) = &self.action
            && !(at.starts_with("/portal/") || at.starts_with("https://"))
        {
            return refuse("an action leads to a page of the portal or to https://");
        }
        if self.audience == Audience::Everybody && self.law() != DeliveryLaw::Free {
            return refuse("only a free notice goes to everybody: the others need a list, and paper");
        }
        if self.importance == Importance::Statutory && self.law() == DeliveryLaw::Free {
            return refuse("a statutory letter is not free");
        }
        self.body.check().map_err(|fault| DispatchError::Letter(fault.to_string()))
    }

    fn letter(&self, id: LetterId, sender: Sender, dispatch: Id, now: Timestamp, today: Date) -> Letter {
        let needs_paper = self.importance == Importance::Statutory && self.law() == DeliveryLaw::ElectronicWithConsent;
        Letter {
            id,
            sender,
            importance: self.importance,
            class: self.class.clone(),
            delivery: self.law(),
            title: self.title.clone(),
            body: self.body.clone(),
            action: self.action.clone(),
            due_on: self.due_on,
            paper_after: self.paper_after.or_else(|| needs_paper.then(|| today.plus_days(PAPER_DAYS))),
            attachments: Vec::new(),
            campaign: Some(dispatch.to_string()),
            reason: self.reason.clone(),
            sent_at: now,
            recalled_at: None,
        }
    }
}

/// A dispatch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispatch {
    /// Its name.
    pub id: Id,
    /// The letter; a new name at release.
    pub letter: LetterId,
    /// Who sends.
    pub sender: String,
    /// The letter's common part.
    pub draft: Draft,
    /// Where it stands.
    pub state: State,
    /// When it was opened.
    pub made_at: Timestamp,
    /// Recipients.
    pub total: i64,
    /// Lines refused.
    pub refused: i64,
    /// Recipients looked at.
    pub done: i64,
    /// The last account looked at, for everybody.
    pub last_account: String,
    /// Given to the mailbox.
    pub placed: i64,
    /// Put on the list for paper.
    pub on_paper: i64,
    /// Free notices without account, or stopped by the person.
    pub unreached: i64,
    /// 0, 1, 10 or 100 per cent.
    pub stage: i64,
    /// Until when it waits between stages.
    pub hold_until: Option<Timestamp>,
    /// When it was released.
    pub released_at: Option<Timestamp>,
}

impl Dispatch {
    /// How many may be looked at in this stage.
    pub const fn target(&self) -> i64 {
        (self.total * self.stage + 99) / 100
    }

    /// Under which name the vault keeps the key of its recipients.
    pub fn sealed_under(&self) -> String {
        sealed_under(self.id)
    }

    fn read(row: &Row) -> Result<Self, StoreError> {
        let broken = |column| StoreError::Column { column, wanted: "a dispatch" };
        Ok(Self {
            id: row.id(0)?,
            letter: LetterId::parse(row.text(1)?).ok_or_else(|| broken(1))?,
            sender: row.text(2)?.to_owned(),
            draft: serde_json::from_str(row.text(3)?).map_err(|_| broken(3))?,
            state: State::from_word(row.text(4)?).ok_or_else(|| broken(4))?,
            made_at: row.timestamp(5)?,
            total: row.int(6)?,
            refused: row.int(7)?,
            done: row.int(8)?,
            last_account: row.text(9)?.to_owned(),
            placed: row.int(10)?,
            on_paper: row.int(11)?,
            unreached: row.int(12)?,
            stage: row.int(13)?,
            hold_until: row.opt_timestamp(14)?,
            released_at: row.opt_timestamp(15)?,
        })
    }
}

fn sealed_under(dispatch: Id) -> String {
    format!("dispatch:{dispatch}")
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT dispatch_id, letter_id, sender_key, letter, state, made_at, total, refused, done, last_account, placed, \
             on_paper, unreached, stage, hold_until, released_at FROM dispatches ",
            $rest
        )
    };
}
use select;

/// One.
///
/// # Errors
/// [`StoreError`].
pub fn get(tx: &mut Tx<'_>, id: Id) -> Result<Option<Dispatch>, StoreError> {
    tx.query_one(select!("WHERE dispatch_id = $1"), &[id.into()])?.map(|row| Dispatch::read(&row)).transpose()
}

/// The newest hundred.
///
/// # Errors
/// [`StoreError`].
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Dispatch>, StoreError> {
    tx.query(select!("ORDER BY made_at DESC, dispatch_id DESC LIMIT 100"), &[])?.iter().map(Dispatch::read).collect()
}

/// Releases a complete dispatch: the letter goes to the outside, sending begins. Only the second person's approval calls
/// this ([`crate::staff::two_persons`]).
///
/// # Errors
/// [`DispatchError`].
pub fn release(tx: &mut Tx<'_>, seams: &Seams, actor: &Actor, id: Id) -> Result<(), DispatchError> {
    let dispatch = get(tx, id)?.ok_or(DispatchError::Unknown)?;
    let sender = senders::get(tx, &dispatch.sender)?.ok_or(DispatchError::Sender)?;
    if dispatch.state != State::Complete {
        return Err(DispatchError::State("complete"));
    }
    let (now, letter) = (seams.now(), LetterId::fresh(seams));
    let total = match dispatch.draft.audience {
        Audience::Listed => dispatch.total,
        Audience::Everybody => {
            tx.query_one("SELECT COUNT(*) FROM portal_links", &[])?.map_or(Ok(0), |row| row.int(0))?
        }
    };
    let stage = if dispatch.draft.importance == Importance::Emergency { 100 } else { 1 };
    tx.execute(
        "UPDATE dispatches SET state = 'sending', stage = $2, released_at = $3, letter_id = $4, total = $5 \
         WHERE dispatch_id = $1 AND state = 'complete'",
        &[id.into(), stage.into(), now.into(), letter.into(), total.into()],
    )?;
    let mut letter = dispatch.draft.letter(letter, sender.shown(), id, now, seams.today());
    letter.attachments = attachments::named(tx, id)?;
    relay::send(tx, seams, Zone::Outside, arrivals::LETTER, letter.to_wire().as_bytes())?;
    note(tx, seams, actor, Event::LettersReleased, id, "released")
}

/// Drops one that was never released: its recipients are erased.
///
/// # Errors
/// [`DispatchError::State`].
pub fn discard(tx: &mut Tx<'_>, seams: &Seams, actor: &Actor, id: Id) -> Result<(), DispatchError> {
    let changed = tx.execute(
        "UPDATE dispatches SET state = 'recalled', recalled_at = $2 WHERE dispatch_id = $1 AND released_at IS NULL \
         AND state IN ('open', 'complete')",
        &[id.into(), seams.now().into()],
    )?;
    if changed == 0 {
        return Err(DispatchError::State("not released"));
    }
    note(tx, seams, actor, Event::LettersRecalled, id, "never sent")
}

/// Stops sending at once, or goes on.
///
/// # Errors
/// [`DispatchError`].
pub fn halt(tx: &mut Tx<'_>, seams: &Seams, actor: &Actor, id: Id, stop: bool) -> Result<(), DispatchError> {
    let (from, to) = if stop { ("sending", "stopped") } else { ("stopped", "sending") };
    let changed = tx.execute(
        "UPDATE dispatches SET state = $3 WHERE dispatch_id = $1 AND state = $2",
        &[id.into(), from.into(), to.into()],
    )?;
    if changed == 0 {
        return Err(DispatchError::State(from));
    }
    note(tx, seams, actor, Event::LettersHalted, id, to)
}

/// Takes the letter back: sending ends, unread items leave their boxes, read ones say so. `note` is shown to readers.
///
/// # Errors
/// [`DispatchError`].
pub fn recall(tx: &mut Tx<'_>, seams: &Seams, actor: &Actor, id: Id, said: &str) -> Result<(), DispatchError> {
    if base::my_number_guard::refuse_individual_number(said).is_err() {
        return Err(DispatchError::Letter("an Individual Number may not be written here".to_owned()));
    }
    let dispatch = get(tx, id)?.ok_or(DispatchError::Unknown)?;
    if dispatch.released_at.is_none() || dispatch.state == State::Recalled {
        return Err(DispatchError::State("released"));
    }
    tx.execute(
        "UPDATE dispatches SET state = 'recalled', recalled_at = $2 WHERE dispatch_id = $1",
        &[id.into(), seams.now().into()],
    )?;
    // What was not posted yet is not posted.
    tx.execute("DELETE FROM dispatch_paper WHERE dispatch_id = $1 AND sent_at IS NULL", &[id.into()])?;
    tx.execute("UPDATE dispatch_printings SET content = NULL WHERE dispatch_id = $1", &[id.into()])?;
    let body = RecallBody { letter: dispatch.letter.to_string(), note: said.to_owned() };
    relay::send(tx, seams, Zone::Outside, arrivals::RECALL, serde_json::json!(body).to_string().as_bytes())?;
    note(tx, seams, actor, Event::LettersRecalled, id, said)
}

fn note(tx: &mut Tx<'_>, seams: &Seams, actor: &Actor, event: Event, id: Id, text: &str) -> Result<(), DispatchError> {
    audit::append(tx, seams, actor, event, &[("dispatch", &id.to_string()), ("text", text)])?;
    Ok(())
}
