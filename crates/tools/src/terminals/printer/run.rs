//! One paper at one printer, from the bytes to a verdict, on a thread of its own: whoever stands before the machine is
//! answered at once, however slow the printer is.
//!
//! ```text
//!  start ─► turn (I11) ─► ready and empty? ─► submit ─► read back: number and name ─► watch ─► Done(Outcome)
//!              │              │ no: held         │ no clear answer: ask for the name        │ held, patience over,
//!              └──────────────┴─ asked to stop ──┴──────────────────────────────────── ┴ asked to stop ─► cancel, read back
//! ```
//! Nothing is ever sent twice: where it is not known whether the printer has the job, the printer is asked, and what
//! cannot be learned ends as [`Outcome::Unclear`].

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base::{Seams, Timestamp};
use zeroize::Zeroizing;

use super::judge::{Look, judge};
use super::{JobNumber, JobReport, JobState, Mismatch, PrinterFault, Station, Ticket, Trouble};

/// How long everything may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// Between two looks at the printer.
    pub poll: Duration,
    /// Seconds a paper waits for staff before the money goes back.
    pub patience_seconds: i64,
    /// Seconds in which a job that may have arrived is looked for.
    pub settle_seconds: i64,
    /// Seconds after which a paper that is still not out is given up, whatever the printer says.
    pub longest_seconds: i64,
}

impl Default for Manner {
    fn default() -> Self {
        Self { poll: Duration::from_millis(250), patience_seconds: 300, settle_seconds: 10, longest_seconds: 720 }
    }
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The printer says that the last sheet is out.
    Printed,
    /// No sheet will come any more.
    NotPrinted,
    /// It cannot be learned: a sheet may lie in the tray or still come. Staff look.
    Unclear,
    /// The printer mixes jobs up.
    Wrong(Mismatch),
}

/// Where the paper is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It goes on.
    Going,
    /// It waits until staff have mended this. Nothing is lost.
    Held(Trouble),
    /// Over.
    Done(Outcome),
}

/// Something for staff to know (I12: a paper that comes in the end is no proof that all was well).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// The paper was held.
    Held(Trouble),
    /// The printer did not say clearly whether it took the job.
    NoAnswer,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    IfHeld,
    Now,
}

struct Shared {
    stage: Stage,
    stop: Option<Stop>,
    notes: Vec<Note>,
    number: Option<JobNumber>,
}

struct Watched {
    shared: Mutex<Shared>,
    changed: Condvar,
}

impl Watched {
    fn lock(&self) -> MutexGuard<'_, Shared> {
        // Every change is one assignment.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One paper on its way.
pub struct Running(Arc<Watched>);

impl Running {
    /// Sends `pdf` to the printer of `station` as soon as it is its turn.
    ///
    /// # Errors
    /// No thread can be had; nothing was sent.
    pub fn start(
        station: Arc<Station>,
        ticket: Ticket,
        pdf: Arc<Zeroizing<Vec<u8>>>,
        manner: Manner,
        seams: Seams,
    ) -> std::io::Result<Self> {
        let shared = Shared { stage: Stage::Going, stop: None, notes: Vec::new(), number: None };
        let watched = Arc::new(Watched { shared: Mutex::new(shared), changed: Condvar::new() });
        let began = seams.now();
        let work = Work { station, ticket, manner, seams, watched: watched.clone(), began };
        std::thread::Builder::new().name("printing".to_owned()).spawn(move || {
            let outcome = work.run(pdf);
            work.stage(Stage::Done(outcome));
        })?;
        Ok(Self(watched))
    }

    /// Where the paper is.
    pub fn stage(&self) -> Stage {
        self.0.lock().stage
    }

    /// The job's number, once the printer gave one.
    pub fn number(&self) -> Option<JobNumber> {
        self.0.lock().number
    }

    /// What staff should know and was not given out yet.
    pub fn take_notes(&self) -> Vec<Note> {
        std::mem::take(&mut self.0.lock().notes)
    }

    /// The person wants the money back: heard only while the paper is held.
    pub fn stop_if_held(&self) {
        self.0.lock().stop.get_or_insert(Stop::IfHeld);
    }

    /// The paper is given up, whatever it does.
    pub fn stop_now(&self) {
        self.0.lock().stop = Some(Stop::Now);
    }

    /// Waits until it is over, at most this long, and says where the paper is then.
    pub fn wait(&self, at_most: Duration) -> Stage {
        let waiting = self.0.lock();
        let over = |shared: &mut Shared| !matches!(shared.stage, Stage::Done(_));
        let (shared, _) =
            self.0.changed.wait_timeout_while(waiting, at_most, over).unwrap_or_else(PoisonError::into_inner);
        shared.stage
    }
}

struct Work {
    station: Arc<Station>,
    ticket: Ticket,
    manner: Manner,
    seams: Seams,
    watched: Arc<Watched>,
    began: Timestamp,
}

impl Work {
    fn run(&self, pdf: Arc<Zeroizing<Vec<u8>>>) -> Outcome {
        let mut held = Patience::default();
        let turn = loop {
            match self.station.turn() {
                Some(turn) => break turn,
                None if self.is_given_up(&mut held, Some(Trouble::Busy)) => return Outcome::NotPrinted,
                None => self.nap(),
            }
        };
        if !self.becomes_ready() {
            return Outcome::NotPrinted;
        }
        let submitted = self.submit(&pdf);
        // The bytes are the printer's now; nothing of them is sent again.
        drop(pdf);
        let outcome = match submitted {
            Ok(number) => {
                self.watched.lock().number = Some(number);
                self.watch(number)
            }
            Err(outcome) => outcome,
        };
        if matches!(outcome, Outcome::Wrong(_)) {
            self.cancel_all();
        }
        drop(turn);
        outcome
    }

    fn stage(&self, stage: Stage) {
        let mut shared = self.watched.lock();
        if let Stage::Held(trouble) = stage
            && shared.stage != stage
            && trouble != Trouble::Busy
        {
            shared.notes.push(Note::Held(trouble));
        }
        shared.stage = stage;
        self.watched.changed.notify_all();
    }

    fn nap(&self) {
        std::thread::sleep(self.manner.poll);
    }

    /// Says how it goes, and whether to give up: asked to, held too long, or far too long altogether.
    fn is_given_up(&self, patience: &mut Patience, trouble: Option<Trouble>) -> bool {
        self.stage(trouble.map_or(Stage::Going, Stage::Held));
        let now = self.seams.now();
        let waited = patience.look(trouble.is_some(), now);
        let mut shared = self.watched.lock();
        let asked = match shared.stop {
            Some(Stop::Now) => true,
            Some(Stop::IfHeld) if trouble.is_some() => true,
            // What is being printed cannot be called back; whoever asked may ask again.
            Some(Stop::IfHeld) => {
                shared.stop = None;
                false
            }
            None => false,
        };
        let long = now.seconds_since(self.began) >= self.manner.longest_seconds;
        asked || long || waited >= self.manner.patience_seconds
    }

    /// Waits until the printer is ready and empty. `false`: given up.
    fn becomes_ready(&self) -> bool {
        let mut patience = Patience::default();
        loop {
            let trouble = match self.station.printer.condition() {
                Ok(condition) if condition.trouble.is_some() => condition.trouble,
                Ok(condition) => (!condition.waiting.is_empty()).then_some(Trouble::Busy),
                Err(fault) => Some(fault.trouble()),
            };
            if self.is_given_up(&mut patience, trouble) {
                return false;
            }
            if trouble.is_none() {
                return true;
            }
            self.nap();
        }
    }

    /// Gives the job to the printer. Where neither a number nor a clear no comes back, the printer is asked for a job of our
    /// name, and what it finds is watched by its number.
    fn submit(&self, pdf: &[u8]) -> Result<JobNumber, Outcome> {
        match self.station.printer.submit(&self.ticket, pdf) {
            Ok(number) => return Ok(number),
            Err(PrinterFault::Offline | PrinterFault::Refused(_) | PrinterFault::NoSuchJob) => {
                self.stage(Stage::Held(Trouble::Other));
                return Err(Outcome::NotPrinted);
            }
            Err(PrinterFault::Silent | PrinterFault::Failed(_) | PrinterFault::Malformed) => {}
        }
        self.watched.lock().notes.push(Note::NoAnswer);
        let (mut patience, since) = (Patience::default(), self.seams.now());
        loop {
            let trouble = match self.station.printer.named(&self.ticket.name).as_deref() {
                Ok([job]) => return Ok(job.number),
                Ok([]) if self.seams.now().seconds_since(since) >= self.manner.settle_seconds => {
                    return Err(Outcome::Unclear);
                }
                Ok([]) => None,
                Ok([..]) => return Err(Outcome::Wrong(Mismatch::Twice)),
                Err(fault) => Some(fault.trouble()),
            };
            if self.is_given_up(&mut patience, trouble) {
                return Err(Outcome::Unclear);
            }
            self.nap();
        }
    }

    fn watch(&self, number: JobNumber) -> Outcome {
        let (printer, mut patience) = (&self.station.printer, Patience::default());
        loop {
            let seen = printer.job(number).and_then(|job| Ok((job, printer.condition()?)));
            let trouble = match seen {
                Ok((job, condition)) => match judge(&self.ticket, number, &job, &condition) {
                    Look::Going => None,
                    Look::Held(trouble) => Some(trouble),
                    Look::Printed => return self.printed(),
                    Look::Ended => return Outcome::NotPrinted,
                    Look::Wrong(mismatch) => return Outcome::Wrong(mismatch),
                },
                Err(PrinterFault::NoSuchJob) => return Outcome::Unclear,
                Err(fault) => Some(fault.trouble()),
            };
            if self.is_given_up(&mut patience, trouble) {
                return self.give_up(number);
            }
            self.nap();
        }
    }

    /// Completed, and only once? A printer that forgets ended jobs cannot say more.
    fn printed(&self) -> Outcome {
        match self.station.printer.named(&self.ticket.name) {
            Ok(jobs) if jobs.len() > 1 => Outcome::Wrong(Mismatch::Twice),
            _ => Outcome::Printed,
        }
    }

    fn give_up(&self, number: JobNumber) -> Outcome {
        let printer = &self.station.printer;
        for _ in 0..3 {
            let _ = printer.cancel(number);
            match printer.job(number) {
                Ok(JobReport { number: other, .. }) if other != number => {
                    return Outcome::Wrong(Mismatch::OtherNumber);
                }
                Ok(JobReport { state: JobState::Completed, .. }) => return Outcome::Printed,
                Ok(JobReport { state: JobState::Cancelled | JobState::Aborted, .. }) => return Outcome::NotPrinted,
                Ok(_) | Err(_) => self.nap(),
            }
        }
        Outcome::Unclear
    }

    /// Whatever of ours lies in a printer that mixes jobs up must not come out.
    fn cancel_all(&self) {
        let printer = &self.station.printer;
        for job in printer.named(&self.ticket.name).unwrap_or_default() {
            let _ = printer.cancel(job.number);
        }
    }
}

/// Since when a paper is held.
#[derive(Default)]
struct Patience(Option<Timestamp>);

impl Patience {
    /// Seconds it has been held without a break.
    fn look(&mut self, is_held: bool, now: Timestamp) -> i64 {
        if !is_held {
            self.0 = None;
            return 0;
        }
        now.seconds_since(*self.0.get_or_insert(now))
    }
}
