//! The receipt on paper: offered beside the certificate, printed at the same printer, and of no weight at all. Whatever
//! becomes of it, the request it is about has ended well and stays so.
//!
//! ```text
//!  Take ─► receipt page ─► print ─► drawn ─► Running (at most 20 s held) ─┬─ out
//!              └ nobody needs one: nothing happens                        └─ not: said; the page can be shown instead
//! ```
//! Once for each paper. Its job has a name of its own, so that one left in the printer is called back for the next person.

use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use base::Kind;
use services::convenience_certificates::receipt::Receipt;
use services::convenience_certificates::{Issuer, printing};
use tools::terminals::Terminal;
use tools::terminals::printer::Ticket;
use tools::terminals::printer::run::{Manner, Outcome, Running, Stage};
use zeroize::Zeroizing;

use super::machine::{At, go};
use super::printing::{PaperSlot, keep};
use super::printing_views;
use super::session::{Screen, Session};
use super::steps::pdf;
use crate::error::Failure;
use crate::form::Fields;
use crate::visit::InKioskSession;

/// How long whoever asks waits to see it come out.
const QUICK: Duration = Duration::from_secs(1);
/// Seconds a receipt waits for staff: the next person wants the printer.
const PATIENCE_SECONDS: i64 = 20;
/// Seconds after which it is given up.
const LONGEST_SECONDS: i64 = 60;

/// A receipt on its way.
pub(super) struct ReceiptRun {
    run: Running,
    at: Terminal,
    bytes: Arc<Zeroizing<Vec<u8>>>,
}

/// How a person's receipt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptStage {
    /// Nobody asked for one, or it did not come: it may be asked for.
    Offered {
        /// Whether one was asked for and did not come.
        failed: bool,
    },
    /// It is being printed.
    Printing,
    /// It is out.
    Printed,
}

impl PaperSlot {
    fn print_receipt(&self, issuer: &Issuer, at: &Terminal, bytes: Vec<u8>) -> std::io::Result<Arc<ReceiptRun>> {
        let ticket = Ticket::of_receipt(issuer.city.seams.random_id());
        let patience_seconds = PATIENCE_SECONDS.min(self.manner.patience_seconds);
        let manner = Manner { patience_seconds, longest_seconds: LONGEST_SECONDS, ..self.manner };
        let bytes = Arc::new(Zeroizing::new(bytes));
        let run = Running::start(self.station.clone(), ticket, bytes.clone(), manner, issuer.city.seams.clone())?;
        let started = Arc::new(ReceiptRun { run, at: at.clone(), bytes });
        self.receipts().push(started.clone());
        Ok(started)
    }

    /// Tells staff what held receipts up, also when their people have gone, and forgets those that are over.
    pub(super) fn follow_receipts(&self, issuer: &Issuer) {
        self.receipts().retain(|receipt| {
            for note in receipt.run.take_notes() {
                keep(printing::receipt_noted(&issuer.city, &receipt.at, note));
            }
            let Stage::Done(outcome) = receipt.run.stage() else { return true };
            keep(printing::receipt_ended(&issuer.city, &receipt.at, outcome));
            false
        });
    }
}

impl Session {
    /// How the receipt of this paper is.
    pub fn receipt_stage(&self) -> ReceiptStage {
        match self.receipt.as_ref().map(|receipt| receipt.run.stage()) {
            None => ReceiptStage::Offered { failed: false },
            Some(Stage::Going | Stage::Held(_)) => ReceiptStage::Printing,
            Some(Stage::Done(Outcome::Printed)) => ReceiptStage::Printed,
            // It may lie in the tray after all: then there are two, and neither is a certificate.
            Some(Stage::Done(_)) => ReceiptStage::Offered { failed: true },
        }
    }

    fn receipt_of(&self, issuer: &Issuer) -> Option<Receipt> {
        let place = format!("{} {}", self.terminal.place, self.terminal.name);
        self.request().map(|request| Receipt::of(&issuer.city.profile, request, place, request.since))
    }

    /// Prints the receipt, unless one is on its way or out.
    fn print_receipt(&mut self, issuer: &Issuer) -> Result<(), Failure> {
        if !matches!(self.receipt_stage(), ReceiptStage::Offered { .. }) {
            return Ok(());
        }
        let receipt = self.receipt_of(issuer).ok_or_else(|| Failure::of(Kind::Gone))?;
        let bytes = issuer.composer.receipt(&receipt).map_err(|error| Failure::defect("receipt", &error))?;
        let run = self.out.print_receipt(issuer, &self.terminal, bytes);
        let run = run.map_err(|error| Failure::defect("receipt", &error))?;
        run.run.wait(QUICK);
        self.receipt = Some(run);
        Ok(())
    }
}

/// The receipt as a page: kind, copies, fee; nobody's name. And the way to have it on paper.
pub(super) async fn page(at: At, _: InKioskSession) -> Result<Response, Failure> {
    at.show(Screen::Take, |frame, session, place| {
        let receipt = session.receipt_of(&place.issuer).ok_or_else(|| Failure::of(Kind::Gone))?;
        let is_simulated = session.out.tray().is_some();
        Ok(printing_views::receipt(frame, &receipt, session.receipt_stage(), is_simulated))
    })
    .await
}

/// On paper.
pub(super) async fn print(at: At, _: InKioskSession, fields: Fields) -> Result<Response, Failure> {
    fields.only(&[])?;
    at.with_session(|_, place, session, _| {
        let Some(session) = session.as_mut() else { return Ok(go("/kiosk")) };
        if session.screen != Screen::Take {
            return Ok(go(session.screen.path()));
        }
        session.touched = place.issuer.city.seams.now();
        session.print_receipt(&place.issuer)?;
        Ok(go("/kiosk/receipt"))
    })
    .await
}

/// The simulated printer's tray: the receipt that lies in it.
pub(super) async fn file(at: At, _: InKioskSession) -> Result<Response, Failure> {
    let bytes = at
        .with_session(|_, _, session, _| {
            let session = session.as_ref().filter(|session| session.out.tray().is_some());
            let printed = session.filter(|session| session.receipt_stage() == ReceiptStage::Printed);
            let receipt = printed.and_then(|session| session.receipt.as_ref());
            receipt.map(|receipt| receipt.bytes.clone()).ok_or_else(|| Failure::of(Kind::Gone))
        })
        .await?;
    Ok(pdf("inline; filename=\"receipt.pdf\"", &bytes))
}
