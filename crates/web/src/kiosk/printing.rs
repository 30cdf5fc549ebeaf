//! The paper's way from the finished bytes to the person's hand: who may start, what is shown meanwhile, and what becomes
//! of the money when no paper comes (I10, I11, I12, I15).
//!
//! ```text
//!  print ─► prepare, fetch, compare ─► attempt (row) ─► Running ─┬─ Printed ───► acknowledged ─► Take
//!                                         every second: follow ──┼─ Held ──────► told; staff mend it; it goes on
//!                                                                └─ not, unclear, wrong ─► request stopped, money back
//! ```

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use services::convenience_certificates::{ActionError, Applicant, Issuer, Refusal, Request, actions, printing};
use tools::terminals::printer::run::{Manner, Outcome, Running, Stage};
use tools::terminals::printer::tray::SimulatedTray;
use tools::terminals::printer::{Printer, Station, Ticket, Trouble};
use zeroize::Zeroizing;

use super::receipts::ReceiptRun;
use super::say::{Say, beneath};
use super::session::{Screen, Session, Step};

/// A paper that is out within this is shown at once.
const QUICK: Duration = Duration::from_secs(1);
/// How long whoever stops waits to hear whether the paper could be called back.
const CALLED_BACK: Duration = Duration::from_secs(3);

/// Where the papers of a machine come out.
pub struct PaperSlot {
    pub(super) station: Arc<Station>,
    pub(super) manner: Manner,
    two_sided: bool,
    tray: Option<Arc<SimulatedTray>>,
    /// Receipts on their way, also of people who have gone.
    receipts: Mutex<Vec<Arc<ReceiptRun>>>,
}

impl PaperSlot {
    /// At this printer.
    pub fn of(printer: Arc<dyn Printer>, manner: Manner, two_sided: bool) -> Self {
        Self { station: Arc::new(Station::new(printer)), manner, two_sided, tray: None, receipts: Mutex::default() }
    }

    /// At a simulated one.
    pub fn simulated() -> Self {
        let tray = Arc::new(SimulatedTray::default());
        Self { tray: Some(tray.clone()), ..Self::of(tray, Manner::default(), true) }
    }

    /// The simulated printer, where it is one.
    pub fn tray(&self) -> Option<&SimulatedTray> {
        self.tray.as_deref()
    }

    pub(super) fn receipts(&self) -> MutexGuard<'_, Vec<Arc<ReceiptRun>>> {
        // Whoever holds it adds or removes whole entries.
        self.receipts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why nobody may start or pay here now. What lies in the printer for somebody who is gone is called back first.
    pub(super) fn trouble(&self, issuer: &Issuer) -> Option<Trouble> {
        let trouble = self.station.trouble();
        if trouble != Some(Trouble::Busy) {
            return trouble;
        }
        let names = printing::left_over(&issuer.city).unwrap_or_default();
        if self.station.clear(&names) > 0 { self.station.trouble() } else { trouble }
    }
}

/// A finished paper on the machine.
pub struct Paper {
    /// The PDF; wiped when the session ends.
    pub bytes: Arc<Zeroizing<Vec<u8>>>,
    /// Sheets of one copy.
    pub pages: usize,
}

/// A paper on its way.
pub(super) struct Printing {
    run: Running,
    attempt: base::Id,
    paper: Paper,
}

impl Session {
    /// Whether a paper is on its way to the printer: then the machine works, and nobody's silence ends the session.
    pub const fn is_printing(&self) -> bool {
        self.printing.is_some()
    }

    /// What holds the paper up.
    pub fn held(&self) -> Option<Trouble> {
        match self.printing.as_ref()?.run.stage() {
            Stage::Held(trouble) => Some(trouble),
            Stage::Going | Stage::Done(_) => None,
        }
    }

    /// Sheets that come out: of the paper on its way, or of the one that is out.
    pub fn sheets(&self) -> usize {
        let paper = self.paper.as_ref().or(self.printing.as_ref().map(|printing| &printing.paper));
        paper.map_or(1, |paper| paper.pages) * usize::from(self.choices.copies)
    }

    /// Draws, signs and hands the paper to the printer.
    ///
    /// # Errors
    /// What to say; what was paid is refunded.
    pub fn print(&mut self, issuer: &Issuer) -> Step {
        if self.is_printing() || self.paper.is_some() {
            return Ok(());
        }
        let (Some(applicant), Some(request)) = (self.applicant.clone(), self.request.clone()) else {
            return Err(Say::Key("kiosk-session-ended"));
        };
        let paper = self.make(issuer, &applicant, &request)?;
        self.send(issuer, &request, paper)?;
        if let Some(printing) = &self.printing {
            printing.run.wait(QUICK);
        }
        self.follow_print(issuer);
        Ok(())
    }

    fn make(&mut self, issuer: &Issuer, applicant: &Applicant, request: &Request) -> Result<Paper, Say> {
        let city = &issuer.city;
        let prepared = actions::prepare(city, &issuer.composer, issuer.fresh_minutes, applicant, request.id);
        let token = self.or_money_back(issuer, prepared)?;
        let fetched = actions::fetch(city, applicant, request.id, &token);
        let bytes = Zeroizing::new(self.or_money_back(issuer, fetched)?);
        self.twin_right = Some(token).filter(|_| issuer.composer.offers_twins());
        // The machine compares once more with its own session before anything leaves it (I3).
        if issuer.composer.belongs_to(&bytes, request, applicant).is_err() {
            // Nobody is served until an officer has looked (I12).
            if let Err(error) = actions::mismatch_found(city, request.id, "wrong-document") {
                tracing::error!(%error, "a wrong document could not be reported");
            }
            self.abandon(issuer);
            return Err(self.refuse(Refusal::NotYours));
        }
        let pages = issuer.composer.page_count(&bytes).unwrap_or(1);
        Ok(Paper { bytes: Arc::new(bytes), pages })
    }

    fn send(&mut self, issuer: &Issuer, request: &Request, paper: Paper) -> Step {
        let city = &issuer.city;
        let started = printing::started(city, request.id);
        let attempt = self.or_money_back(issuer, started)?;
        let ticket = Ticket::new(request.id, attempt, request.choices.copies, self.out.two_sided);
        let (station, manner, seams) = (self.out.station.clone(), self.out.manner, city.seams.clone());
        match Running::start(station, ticket, paper.bytes.clone(), manner, seams) {
            Ok(run) => {
                self.printing = Some(Printing { run, attempt, paper });
                Ok(())
            }
            Err(error) => {
                tracing::error!(%error, "a paper could not be sent to the printer");
                keep(printing::ended(city, attempt, None, Outcome::NotPrinted));
                self.without_paper(issuer);
                Ok(())
            }
        }
    }

    /// The value, or the money back and what to say.
    fn or_money_back<T>(&mut self, issuer: &Issuer, answer: Result<Result<T, Refusal>, ActionError>) -> Result<T, Say> {
        match answer {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(refusal)) => {
                self.abandon(issuer);
                Err(self.refuse(refusal))
            }
            Err(error) => {
                self.abandon(issuer);
                Err(beneath(&error))
            }
        }
    }

    /// Looks how the paper is and does what follows. Asks no printer: the thread that prints does.
    pub(super) fn follow_print(&mut self, issuer: &Issuer) {
        let Some(printing) = &self.printing else { return };
        let city = &issuer.city;
        for note in printing.run.take_notes() {
            keep(printing::noted(city, printing.attempt, note));
        }
        let Stage::Done(outcome) = printing.run.stage() else { return };
        let Some(printing) = self.printing.take() else { return };
        keep(printing::ended(city, printing.attempt, printing.run.number(), outcome));
        if outcome != Outcome::Printed {
            self.without_paper(issuer);
            return;
        }
        if let Some(request) = &self.request {
            match actions::printed_and_copy_offered(city, request.id) {
                Ok(Ok(_)) => {}
                Ok(Err(_)) => tracing::error!("a paper came out of a request that had ended"),
                Err(error) => tracing::error!(%error, "a paper could not be acknowledged"),
            }
        }
        self.paper = Some(printing.paper);
        self.screen = Screen::Take;
        // Whoever waited for the paper has the whole time to take it.
        self.touched = city.seams.now();
    }

    /// No paper comes: the request ends, the money goes back, and the person is told.
    fn without_paper(&mut self, issuer: &Issuer) {
        let owed = self.request.as_ref().map(|request| (request.id, request.fee));
        let before = self.returned;
        self.abandon(issuer);
        let said = match owed {
            Some((id, fee)) if self.returned.0 - before.0 < fee.0 => Say::Owed(id),
            _ => Say::Key("kiosk-print-not"),
        };
        self.screen = Screen::Ended;
        self.erase();
        self.say = Some(said);
    }

    /// The person does not want to wait for staff: heard while the paper is held.
    ///
    /// # Errors
    /// What to say: it is being printed and cannot be called back.
    pub fn stop_print(&mut self, issuer: &Issuer) -> Step {
        if let Some(printing) = &self.printing {
            printing.run.stop_if_held();
            printing.run.wait(CALLED_BACK);
        }
        self.follow_print(issuer);
        if self.is_printing() && self.held().is_none() { Err(Say::Key("kiosk-print-comes")) } else { Ok(()) }
    }

    /// The paper is given up whatever it does: the machine was stopped.
    pub(super) fn give_print_up(&mut self, issuer: &Issuer) {
        if let Some(printing) = &self.printing {
            printing.run.stop_now();
            printing.run.wait(2 * CALLED_BACK);
        }
        self.follow_print(issuer);
    }
}

/// What could not be written down goes to the log; the person is served all the same.
pub(super) fn keep(written: Result<(), ActionError>) {
    if let Err(error) = written {
        tracing::error!(%error, "what the printer did could not be written down");
    }
}
