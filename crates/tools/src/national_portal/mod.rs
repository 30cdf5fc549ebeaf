//! The national portal (マイナポータル) as a channel: applications in, their state and notices out. Inside; off unless it is
//! configured.
//!
//! ```text
//!  job ─► sign in ─► list, page by page ─► each new receipt number: its data ─► sealed, portal_applications ─► staff
//!                                                                          ◄─ state set ── told once it is taken
//!                  ◄─ notices queued by officers
//! ```
//! | module | what it holds |
//! |---|---|
//! | [`facts`] | what is only recalled of the interface |
//! | [`over_http`] | the interface over HTTP |
//! | [`work`] | the job |
//! | [`pile`] | applications as staff see and open them |
//! | [`notices`] | notices on their way |
//!
//! Whatever fails is asked again at the next run: nothing is kept twice (the receipt number is unique), and telling a state
//! or a notice again changes nothing there (the state is set, not counted; the notice carries its id).

pub mod facts;
pub mod notices;
pub mod over_http;
pub mod pile;
#[cfg(test)]
mod tests;
pub mod work;

use base::{Date, Personal, Timestamp};
use serde::{Deserialize, Serialize};

/// A receipt number (受付番号): letters, digits and hyphens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Receipt(String);

impl Receipt {
    /// Reads one; [`None`] for anything else: it becomes part of an address.
    pub fn parse(text: &str) -> Option<Self> {
        let is_sound = (1..=facts::MOST_RECEIPT).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        is_sound.then(|| Self(text.to_owned()))
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where an application stands (申請処理状況).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// 受付.
    Received,
    /// 処理中.
    InProgress,
    /// 処理完了.
    Completed,
    /// 差戻し.
    Returned,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Received, Self::InProgress, Self::Completed, Self::Returned];

    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
            Self::Returned => "returned",
        }
    }

    /// From the stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// As the national portal writes it.
    pub fn national(self) -> &'static str {
        facts::STATUSES.iter().find(|(_, status)| *status == self).map_or("", |(word, _)| word)
    }
}

/// An application on the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnTheList {
    /// Its receipt number.
    pub receipt: Receipt,
    /// What is applied for: its code.
    pub procedure_code: String,
    /// The same in words.
    pub procedure_name: String,
    /// When it was sent.
    pub applied_at: Timestamp,
}

/// One page of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The applications on it.
    pub applications: Vec<OnTheList>,
    /// Entries that could not be read.
    pub unreadable: usize,
    /// Whether there is another.
    pub has_more: bool,
}

/// Who applies.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applicant {
    /// 氏名.
    pub name: String,
    /// 生年月日.
    pub birth_date: Date,
    /// 住所.
    pub address: String,
    /// 性別: `1`, `2` or `9`.
    pub sex: char,
}

/// What an application says. Personal.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Who applies.
    pub applicant: Applicant,
    /// Questions and answers, in their order.
    pub answers: Vec<(String, String)>,
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Content(<personal>)")
    }
}

/// What was given at signing in, for the calls after it.
#[derive(Clone, Debug)]
pub struct Ticket(pub Personal<String>);

/// A notice (お知らせ).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its id: the same when it is handed in again.
    pub id: base::Id,
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
    /// Where more stands.
    pub link: Option<String>,
}

/// Why the national portal did not do what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Fault {
    /// No answer, or too late.
    #[error("the national portal could not be reached")]
    Unreachable,
    /// Our name or secret is not accepted.
    #[error("the national portal does not accept our sign-in")]
    SignInRefused,
    /// Sign in again.
    #[error("the sign-in has expired")]
    Expired,
    /// The answer is not what was agreed. The word says where.
    #[error("the answer cannot be read: {0}")]
    Malformed(&'static str),
    /// It may hold an Individual Number: it is not kept here.
    #[error("the content may hold an Individual Number")]
    IndividualNumber,
    /// Refused with this status.
    #[error("refused with status {0}")]
    Refused(u16),
}

impl Fault {
    /// A word for the staff's list: `national-fault-…`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::SignInRefused => "sign-in",
            Self::Expired => "expired",
            Self::Malformed(_) => "malformed",
            Self::IndividualNumber => "individual-number",
            Self::Refused(_) => "refused",
        }
    }
}

/// The national portal, as far as a municipality needs it.
pub trait NationalPortal: Send + Sync {
    /// Signs in (ログイン).
    ///
    /// # Errors
    /// [`Fault`].
    fn sign_in(&self) -> Result<Ticket, Fault>;

    /// A page of the list (申請データ一覧取得), from 1.
    ///
    /// # Errors
    /// [`Fault`].
    fn list(&self, ticket: &Ticket, page: u32) -> Result<Page, Fault>;

    /// An application's data (申請データ取得).
    ///
    /// # Errors
    /// [`Fault`].
    fn fetch(&self, ticket: &Ticket, receipt: &Receipt) -> Result<Content, Fault>;

    /// Tells where an application stands (申請処理状況の更新). Telling it again changes nothing.
    ///
    /// # Errors
    /// [`Fault`].
    fn tell_status(&self, ticket: &Ticket, receipt: &Receipt, status: Status) -> Result<(), Fault>;

    /// Hands a notice in. Handed in again under the same id, it is one.
    ///
    /// # Errors
    /// [`Fault`].
    fn announce(&self, ticket: &Ticket, notice: &Notice) -> Result<(), Fault>;
}
