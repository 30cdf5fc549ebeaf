//! What a library's system (図書館システム) does for us, and the names of its refusals. Blocking: callers have threads.

use std::fmt;

use base::{Date, Kind, Yen};
use serde::{Deserialize, Serialize};

/// Something borrowed (貸出).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loan {
    /// The item's number (資料番号).
    pub item: String,
    /// Its title.
    pub title: String,
    /// The last day.
    pub due: Option<Date>,
    /// Whether that day is over.
    pub is_overdue: bool,
}

/// Something reserved (予約).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The item's number, or what the system cancels it by.
    pub item: String,
    /// Its title.
    pub title: String,
    /// Whether it waits on the shelf.
    pub is_ready: bool,
}

/// What of a patron is closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// No borrowing.
    pub no_loans: bool,
    /// No renewing.
    pub no_renewals: bool,
    /// No reserving.
    pub no_holds: bool,
    /// The card was reported lost.
    pub is_lost: bool,
    /// Too much is overdue.
    pub too_many_overdue: bool,
    /// Fines are too high.
    pub fines_too_high: bool,
}

/// A patron (利用者) as the library knows them now. Never kept.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patron {
    /// What is closed.
    pub standing: Standing,
    /// What is borrowed.
    pub loans: Vec<Loan>,
    /// What is reserved.
    pub holds: Vec<Hold>,
    /// What is owed, in yen.
    pub owed: i64,
    /// What the library says.
    pub said: Vec<String>,
}

/// An item (資料).
#[derive(Clone, PartialEq, Eq)]
pub struct Item {
    /// Its number.
    pub item: String,
    /// Its title.
    pub title: String,
    /// Where it is.
    pub place: Place,
    /// The last day, when it is borrowed.
    pub due: Option<Date>,
}

/// Where an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On the shelf.
    Shelf,
    /// Borrowed.
    Lent,
    /// Waits for who reserved it.
    Held,
    /// Anywhere else.
    Elsewhere,
}

/// An item was borrowed or renewed.
#[derive(Clone, PartialEq, Eq)]
pub struct Lent {
    /// The item.
    pub item: String,
    /// Its title.
    pub title: String,
    /// The last day.
    pub due: Option<Date>,
    /// What the library says.
    pub said: Vec<String>,
}

/// An item came back.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Returned {
    /// Its title.
    pub title: String,
    /// Where it belongs.
    pub place: String,
    /// Somebody waits for it.
    pub is_wanted: bool,
    /// The bin of a sorter.
    pub bin: Option<String>,
    /// What the library says.
    pub said: Vec<String>,
}

/// What a library's system does for us, as far as systems differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offers {
    /// Lends.
    pub lending: bool,
    /// Takes back.
    pub returning: bool,
    /// Lends on.
    pub renewing: bool,
    /// Reserves.
    pub holding: bool,
    /// Takes payments.
    pub paying: bool,
    /// Blocks a patron.
    pub blocking: bool,
}

/// What became of renewing everything.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AllRenewed {
    /// Items renewed.
    pub renewed: Vec<String>,
    /// Items not renewed.
    pub left: Vec<String>,
}

macro_rules! no_words {
    ($($name:ident)*) => { $(impl fmt::Debug for $name {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(concat!(stringify!($name), "(<personal>)"))
        }
    })* };
}
no_words!(Loan Hold Patron Item Lent Returned AllRenewed);

/// Why the library says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum No {
    /// No such patron.
    UnknownPatron,
    /// No such item.
    UnknownItem,
    /// The patron may not, for now.
    Closed,
    /// Somebody else has it, or waits for it.
    Taken,
    /// Renewed too often, too late, or wanted by another.
    NotRenewable,
    /// There is no such loan or reservation.
    NotThere,
    /// The amount is not what is owed.
    Amount,
    /// The library's system does not do this.
    NotOffered,
    /// Anything else.
    Other,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LibraryError {
    /// The library said no; with its own words where it has some.
    #[error("the library says no: {0:?}")]
    No(No, Vec<String>),
    /// It cannot be reached; nothing was done.
    #[error("the library's system cannot be reached")]
    Unreachable,
    /// It is being maintained, or says it is off-line.
    #[error("the library's system is being maintained")]
    Maintenance,
    /// We are not let in.
    #[error("the library's system does not let us in")]
    NotLetIn,
    /// The connection was lost in between, and it could not be found out whether it was done.
    #[error("whether it was done is not known")]
    Unclear,
    /// The answer is not what its protocol promises.
    #[error("the library's system answered with a wrong {0}")]
    Malformed(&'static str),
}

impl LibraryError {
    /// A refusal without words.
    pub const fn no(no: No) -> Self {
        Self::No(no, Vec::new())
    }

    /// What it means to a caller.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::No(No::UnknownPatron | No::UnknownItem | No::NotThere, _) => Kind::NotFound,
            Self::No(..) => Kind::Refused,
            _ => Kind::Unavailable,
        }
    }

    /// Key of the words shown for it.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::No(No::UnknownPatron, _) => "library-no-patron",
            Self::No(No::UnknownItem, _) => "library-no-item",
            Self::No(No::Closed, _) => "library-no-closed",
            Self::No(No::Taken, _) => "library-no-taken",
            Self::No(No::NotRenewable, _) => "library-no-renewal",
            Self::No(No::NotThere, _) => "library-no-there",
            Self::No(No::Amount, _) => "library-no-amount",
            Self::No(No::NotOffered, _) => "library-no-offered",
            Self::No(No::Other, _) => "library-no-other",
            Self::Maintenance => "library-maintenance",
            Self::Unclear => "library-unclear",
            Self::Unreachable | Self::NotLetIn | Self::Malformed(_) => "library-unreachable",
        }
    }
}

/// An answer of the library.
pub type Answer<T> = Result<T, LibraryError>;

/// What a library's system does. Numbers are the library's own: patron number (利用者番号), item number (資料番号).
pub trait LibrarySystem: Send + Sync {
    /// Whether it answers now, and what it does.
    ///
    /// # Errors
    /// [`LibraryError`], here as in all others.
    fn check(&self) -> Answer<Offers>;
    /// Lends (貸出).
    fn borrow_item(&self, patron: &str, item: &str) -> Answer<Lent>;
    /// Takes back (返却). The patron is not asked for.
    fn return_item(&self, item: &str) -> Answer<Returned>;
    /// Lends on (貸出延長).
    fn renew(&self, patron: &str, item: &str) -> Answer<Lent>;
    /// Lends everything on.
    fn renew_all(&self, patron: &str) -> Answer<AllRenewed>;
    /// Reserves (予約); answers with the place in the queue where the system says it.
    fn hold(&self, patron: &str, item: &str) -> Answer<Option<u32>>;
    /// Cancels a reservation.
    fn cancel_hold(&self, patron: &str, item: &str) -> Answer<()>;
    /// A fine was paid (延滞料等).
    fn pay(&self, patron: &str, amount: Yen) -> Answer<()>;
    /// What the library knows of a patron.
    fn patron(&self, patron: &str) -> Answer<Patron>;
    /// What the library knows of an item.
    fn item(&self, item: &str) -> Answer<Item>;
    /// Blocks a patron: the machine kept the card.
    fn block(&self, patron: &str, why: &str) -> Answer<()>;
    /// The patron goes.
    fn end_session(&self, patron: &str) -> Answer<()>;
}
