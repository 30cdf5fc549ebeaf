//! The printer (プリンター) of a certificate machine, as whoever serves people at the machine needs it.
//!
//! ```text
//!  Station ─ check: ready, queue empty (I10) ─► Running ─ one at a time (I11) ─► submit ─► read back ─► watch ─► Outcome
//!     │                                            └ held: out of paper, jam, offline; nothing is lost
//!     └ [`ipp`]: a real queue over the Internet Printing Protocol (RFC 8010, 8011) · [`tray`]: the demo's simulated tray
//! ```
//! What a job is called is random through and through: programs behind a queue name files by it, and two papers of one
//! name would be one file. It holds the request's id, so that a job tells whose paper it is without telling who.

pub mod ipp;
mod judge;
pub mod run;
#[cfg(test)]
mod tests;
pub mod tray;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use base::Id;

pub use judge::Mismatch;

/// The number a printer gave a job.
pub type JobNumber = i32;

/// What is printed, but for the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// What the job is called: the request's id and one drawn for this attempt, nothing else.
    pub name: String,
    /// How many copies.
    pub copies: u8,
    /// On both sides of the paper.
    pub two_sided: bool,
}

impl Ticket {
    /// For one attempt to print the paper of `request`.
    pub fn new(request: Id, attempt: Id, copies: u8, two_sided: bool) -> Self {
        Self { name: name_of(request, attempt), copies, two_sided }
    }

    /// For a receipt: one sheet, on one side, under a name that tells nothing.
    pub fn of_receipt(id: Id) -> Self {
        Self { name: format!("{RECEIPT}{id}"), copies: 1, two_sided: false }
    }
}

/// What the jobs of receipts begin with: never a request's id.
const RECEIPT: &str = "receipt-";

/// Whether a job is a receipt of ours.
fn is_receipt(name: &str) -> bool {
    name.strip_prefix(RECEIPT).is_some_and(|id| Id::parse(id).is_ok())
}

/// What the job of an attempt is called. No point in it: cups-pdf takes what follows one for the ending of a file.
pub fn name_of(request: Id, attempt: Id) -> String {
    format!("{request}-{attempt}")
}

/// Why a printer does not go on. Staff mend each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// No paper.
    OutOfPaper,
    /// Paper is stuck.
    Jam,
    /// A cover or door is open.
    Open,
    /// No toner or ink.
    Supply,
    /// The output tray is full.
    TrayFull,
    /// Somebody stopped it.
    Paused,
    /// It cannot be reached.
    Offline,
    /// Another job lies in it: whose, nobody here knows.
    Busy,
    /// Something else.
    Other,
}

impl Trouble {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::OutOfPaper,
        Self::Jam,
        Self::Open,
        Self::Supply,
        Self::TrayFull,
        Self::Paused,
        Self::Offline,
        Self::Busy,
        Self::Other,
    ];

    /// A stable word for incidents, rows and keys of sentences.
    pub const fn code(self) -> &'static str {
        match self {
            Self::OutOfPaper => "out-of-paper",
            Self::Jam => "jam",
            Self::Open => "open",
            Self::Supply => "supply",
            Self::TrayFull => "tray-full",
            Self::Paused => "paused",
            Self::Offline => "offline",
            Self::Busy => "busy",
            Self::Other => "other",
        }
    }

    /// The one with this word.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|trouble| trouble.code() == code)
    }
}

/// Where a job stands (RFC 8011 §5.3.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// It waits for the printer.
    Pending,
    /// Somebody holds it back.
    Held,
    /// It is being printed.
    Printing,
    /// It was being printed and the printer stopped.
    Stopped,
    /// It was cancelled.
    Cancelled,
    /// The printer gave it up.
    Aborted,
    /// Its last sheet is out.
    Completed,
}

/// A job as the printer tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobReport {
    /// Its number.
    pub number: JobNumber,
    /// What it is called.
    pub name: String,
    /// Where it stands.
    pub state: JobState,
}

/// A printer at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// Why it does not go on.
    pub trouble: Option<Trouble>,
    /// What the printer says itself, as it says it: for `doctor` and colleagues.
    pub words: Vec<String>,
    /// Jobs that have not ended, whoever's they are.
    pub waiting: Vec<JobReport>,
}

/// Why a printer did not do as it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrinterFault {
    /// No connection: nothing was sent.
    #[error("the printer cannot be reached")]
    Offline,
    /// It was asked and did not answer in time, or the line broke: what it did is not known.
    #[error("the printer does not answer")]
    Silent,
    /// It said no, with this status: it did nothing.
    #[error("the printer refused with status {0:#06x}")]
    Refused(u16),
    /// It failed, with this status: what it did before that is not known.
    #[error("the printer failed with status {0:#06x}")]
    Failed(u16),
    /// Its answer cannot be read.
    #[error("the printer's answer cannot be read")]
    Malformed,
    /// There is no such job (any more).
    #[error("the printer knows no such job")]
    NoSuchJob,
}

/// A printer. It is used by one [`run::Running`] at a time.
pub trait Printer: Send + Sync {
    /// How it is, and which jobs lie in it.
    ///
    /// # Errors
    /// [`PrinterFault`].
    fn condition(&self) -> Result<Condition, PrinterFault>;

    /// Gives it a PDF to print and returns the job's number.
    ///
    /// # Errors
    /// [`PrinterFault`]. After [`PrinterFault::Silent`], [`PrinterFault::Failed`] and [`PrinterFault::Malformed`] it may have
    /// the job.
    fn submit(&self, ticket: &Ticket, pdf: &[u8]) -> Result<JobNumber, PrinterFault>;

    /// Reads a job back.
    ///
    /// # Errors
    /// [`PrinterFault`].
    fn job(&self, number: JobNumber) -> Result<JobReport, PrinterFault>;

    /// Every job of this name, ended ones too as far as the printer remembers them.
    ///
    /// # Errors
    /// [`PrinterFault`].
    fn named(&self, name: &str) -> Result<Vec<JobReport>, PrinterFault>;

    /// Cancels a job.
    ///
    /// # Errors
    /// [`PrinterFault`]; [`PrinterFault::Refused`] also when it has ended.
    fn cancel(&self, number: JobNumber) -> Result<(), PrinterFault>;
}

/// A printer and whose turn it is.
pub struct Station {
    /// The printer.
    pub printer: Arc<dyn Printer>,
    turn: Mutex<()>,
}

impl Station {
    /// A station nobody uses.
    pub fn new(printer: Arc<dyn Printer>) -> Self {
        Self { printer, turn: Mutex::new(()) }
    }

    /// The right to use the printer, if nobody has it. It ends when the value is dropped.
    fn turn(&self) -> Option<MutexGuard<'_, ()>> {
        match self.turn.try_lock() {
            Ok(turn) => Some(turn),
            // The guard protects no data.
            Err(TryLockError::Poisoned(turn)) => Some(PoisonError::into_inner(turn)),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Why nobody may start here now (I10): trouble, or a job that lies in the printer; `None` when all is well.
    pub fn trouble(&self) -> Option<Trouble> {
        if self.turn().is_none() {
            return Some(Trouble::Busy);
        }
        match self.printer.condition() {
            Ok(Condition { trouble: Some(trouble), .. }) => Some(trouble),
            Ok(condition) => (!condition.waiting.is_empty()).then_some(Trouble::Busy),
            Err(fault) => Some(fault.trouble()),
        }
    }

    /// Cancels jobs of these names that lie in the printer, and receipts: what nobody waits for any more. Returns how many.
    pub fn clear(&self, names: &[String]) -> usize {
        let Some(_turn) = self.turn() else { return 0 };
        let Ok(condition) = self.printer.condition() else { return 0 };
        let ours = condition.waiting.iter().filter(|job| names.contains(&job.name) || is_receipt(&job.name));
        ours.filter(|job| self.printer.cancel(job.number).is_ok()).count()
    }
}

impl PrinterFault {
    /// What it means to whoever stands before it.
    pub const fn trouble(self) -> Trouble {
        match self {
            Self::Offline | Self::Silent => Trouble::Offline,
            Self::Refused(_) | Self::Failed(_) | Self::Malformed | Self::NoSuchJob => Trouble::Other,
        }
    }
}
