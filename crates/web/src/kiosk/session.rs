//! One person at one certificate machine, from the first touch to the erased screen.
//!
//! ```text
//!  Card ─► Pin ─► Kind ─► Choose ─► Confirm ─► Pay ─► Print ─► Take ─► Ended
//!    └──────┴───────┴────────┴─────────┴────────┴──────┴─ card pulled, stop, 60 s idle ─► Ended (money returned, all erased)
//! ```
//! The person is known only from a signature verified here ([`Session::sign_in`]); no function takes a resident id.
//! Everything lives in this value and dies with it (I10): the PIN is never kept, the finished bytes go with the session.

use std::sync::Arc;

use base::{Timestamp, Yen};
use card::{CardError, JpkiSession, LastTry, Pin, UserAuthenticationPin};
use pki::challenge::{Challenge, PresentedCard};
use services::convenience_certificates::{
    ActionError, Applicant, CardNo, CertificateKind, Choices, FamilyMemberShown, FetchToken, Issuer, MemberShown,
    Refusal, Request, actions, refunds, requests,
};
use store::StoreError;
use tools::credentials::Listed;
use tools::terminals::Terminal;
use tools::terminals::coin_box::{CoinBox, CoinBoxFault, SimulatedCoinBox};
use ui::Language;

use super::printing::{Paper, PaperSlot, Printing};
use super::reader::CardSlot;
use super::receipts::ReceiptRun;
use super::say::{Say, beneath, card_sentence, credential_sentence, registration_sentence, say_card};
pub use super::screen::Screen;

/// The longest visit to the portal, in seconds: a little longer than the portal's own sessions at a terminal.
const PORTAL_SECONDS: u32 = 16 * 60;

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The paper was taken.
    Finished,
    /// The person pressed stop or took the card away.
    Stopped,
    /// Nobody touched the screen.
    TimedOut,
}

/// What one step answers: go to the session's screen, or stay and say this.
pub type Step = Result<(), Say>;

/// One person at one machine.
pub struct Session {
    /// The language of the screens.
    pub language: Language,
    /// Where the person is.
    pub screen: Screen,
    /// The last touch.
    pub touched: Timestamp,
    /// Why it ended, once it has.
    pub ending: Option<Ending>,
    /// What to say on the next screen.
    pub say: Option<Say>,
    /// The reader of this machine.
    pub slot: Arc<dyn CardSlot>,
    /// The coin box of this machine (simulated, see its docs).
    pub coins: Arc<SimulatedCoinBox>,
    /// What was chosen so far.
    pub choices: Choices,
    /// Tries left for the PIN, as the card said.
    pub tries_left: Option<u8>,
    /// Change given.
    pub change: Yen,
    /// Money returned at the end.
    pub returned: Yen,
    /// The person's own cards, while they are looked at.
    pub(super) cards: Vec<Listed>,
    /// The digital copy that was offered, and whether one was refused.
    pub(super) twin: super::twin::Kept,
    pub(super) twin_refused: bool,
    /// What the paper's bytes were fetched with, where copies are offered: opens what waits for one.
    pub(super) twin_right: Option<FetchToken>,
    /// Those in the person's family register, while a paper of it is chosen.
    pub(super) family: Vec<FamilyMemberShown>,
    /// Letters are what the card was put on for.
    pub(super) wants_letters: bool,
    /// The visit to the portal.
    pub(super) visiting: Option<super::letters::Visiting>,
    /// The card is nobody's here: its holder may live elsewhere and have their family register here.
    pub(super) may_apply: bool,
    /// What was chosen and typed there, so that a wrong password does not mean typing it again.
    pub(super) draft: super::apply::Draft,
    pub(super) terminal: Terminal,
    pub(super) applicant: Option<Applicant>,
    members: Vec<MemberShown>,
    pub(super) request: Option<Request>,
    pub(super) paper: Option<Paper>,
    /// Where the paper comes out.
    pub(super) out: Arc<PaperSlot>,
    pub(super) printing: Option<Printing>,
    /// The receipt, once one was asked for on paper.
    pub(super) receipt: Option<Arc<ReceiptRun>>,
}

impl Session {
    /// A new session at `terminal`.
    pub fn new(
        terminal: Terminal,
        language: Language,
        slot: Arc<dyn CardSlot>,
        coins: Arc<SimulatedCoinBox>,
        out: Arc<PaperSlot>,
        now: Timestamp,
    ) -> Self {
        Self {
            language,
            screen: Screen::Card,
            touched: now,
            ending: None,
            say: None,
            slot,
            coins,
            choices: Choices::default(),
            tries_left: None,
            change: Yen::ZERO,
            returned: Yen::ZERO,
            cards: Vec::new(),
            twin: None,
            twin_refused: false,
            twin_right: None,
            family: Vec::new(),
            wants_letters: false,
            visiting: None,
            may_apply: false,
            draft: super::apply::Draft::default(),
            terminal,
            applicant: None,
            members: Vec::new(),
            request: None,
            paper: None,
            out,
            printing: None,
            receipt: None,
        }
    }

    /// The members of the household, once the person is known.
    pub fn members(&self) -> &[MemberShown] {
        &self.members
    }

    /// The request, once confirmed.
    pub const fn request(&self) -> Option<&Request> {
        self.request.as_ref()
    }

    /// The paper, once drawn.
    pub const fn paper(&self) -> Option<&Paper> {
        self.paper.as_ref()
    }

    /// Whether nobody touched the screen for `idle_seconds`. A clock that ran backwards does not keep a session alive
    /// for longer than that either.
    pub fn is_idle(&self, now: Timestamp, idle_seconds: u32) -> bool {
        // At the portal the portal watches: the browser comes back when nobody touches it there.
        let idle_seconds = if self.screen == Screen::Portal { PORTAL_SECONDS } else { idle_seconds };
        self.screen != Screen::Ended
            && !self.is_printing()
            && now.seconds_since(self.touched).abs() >= i64::from(idle_seconds)
    }

    /// Whether the card the person signed in with is gone.
    pub fn card_was_pulled(&self) -> bool {
        let needs_it = self.applicant.is_some() && self.screen < Screen::Take && !self.is_printing();
        needs_it && !self.slot.has_card()
    }

    /// A card was put on the reader: asks it how many tries are left, which costs none.
    ///
    /// # Errors
    /// What to say; the screen stays.
    pub fn card_placed(&mut self) -> Step {
        let mut session = open(&*self.slot)?;
        let tries = session.tries_left(Pin::UserAuthentication).map_err(|error| say_card(&error))?;
        let _ = session.close();
        self.tries_left = Some(tries);
        self.screen = Screen::Pin;
        match tries {
            0 => Err(Say::Key("kiosk-pin-locked")),
            1 => Err(Say::Key("kiosk-pin-last-try")),
            _ => Ok(()),
        }
    }

    /// Verifies the PIN on the card, has it sign a challenge for this machine and moment, and verifies that.
    ///
    /// # Errors
    /// What to say; the person stays unknown.
    pub fn sign_in(&mut self, issuer: &Issuer, pin: &str) -> Step {
        let pin: UserAuthenticationPin = UserAuthenticationPin::parse(pin).map_err(|_| Say::Key("kiosk-pin-shape"))?;
        let challenge = Challenge::new(&issuer.city.seams, issuer.audience.clone(), self.terminal.id.to_string());
        let mut session = open(&*self.slot)?;
        let done = session.verify_user_authentication_pin(&pin, LastTry::Refuse);
        if let Err(error) = done {
            self.tries_left = session.tries_left(Pin::UserAuthentication).ok();
            let _ = session.close();
            return Err(say_card(&error));
        }
        let certificate = session.user_authentication_certificate().map_err(|error| say_card(&error))?;
        let signature = session.sign_user_authentication(&challenge.digest()).map_err(|error| say_card(&error))?;
        let _ = session.close();
        let card = PresentedCard { certificate: &certificate, signature: &signature };
        let applicant = identify(issuer, &self.terminal, card, &challenge).inspect_err(|say| {
            let may = ["kiosk-card-unknown", "registration-kiosk-not-proved"];
            self.may_apply = matches!(say, Say::Key(key) if may.contains(key));
        })?;
        if applicant.registered().is_some() || self.wants_letters {
            // The register of residents does not know them; or nothing of it is asked for.
            self.applicant = Some(applicant);
            self.screen = Screen::Kind;
            return Ok(());
        }
        match actions::household(&issuer.city, issuer.fresh_minutes, &applicant) {
            Ok(Ok(members)) => {
                self.members = members;
                self.applicant = Some(applicant);
                self.screen = Screen::Kind;
                Ok(())
            }
            Ok(Err(refusal)) => Err(self.refuse(refusal)),
            Err(error) => Err(beneath(&error)),
        }
    }

    /// Takes a kind; what was chosen for another one is forgotten.
    pub fn choose_kind(&mut self, kind: CertificateKind) {
        if self.choices.kind != kind {
            self.choices = Choices { kind, ..Choices::default() };
        }
        self.screen = Screen::Choose;
    }

    /// Fixes the choices and shows the fee.
    ///
    /// # Errors
    /// What to say.
    pub fn confirm_choices(&mut self, choices: Choices) -> Step {
        if self.applicant.is_none() || !choices.is_sensible() {
            return Err(Say::Key("certificate-refused-choices"));
        }
        self.choices = choices;
        self.screen = Screen::Confirm;
        Ok(())
    }

    /// Begins the request: from here on a fee is due.
    ///
    /// # Errors
    /// What to say.
    pub fn begin(&mut self, issuer: &Issuer) -> Step {
        let Some(applicant) = &self.applicant else { return Err(Say::Key("kiosk-session-ended")) };
        if self.request.is_some() {
            return Err(Say::Key("certificate-refused-ended"));
        }
        self.printer_is_ready(issuer)?;
        match actions::begin(&issuer.city, issuer.fresh_minutes, applicant, &self.choices) {
            Ok(Ok(request)) => {
                self.request = Some(request);
                self.screen = Screen::Pay;
                Ok(())
            }
            Ok(Err(refusal)) if self.may_choose_another(refusal) => {
                self.choices = Choices::default();
                self.screen = Screen::Kind;
                Err(Say::Refused(refusal))
            }
            Ok(Err(refusal)) => Err(self.refuse(refusal)),
            Err(error) => Err(beneath(&error)),
        }
    }

    /// Whether a no leaves the other papers theirs: registered seals and taxes are registers of their own. It depends on the
    /// kind alone, never on the cause, so that it tells nothing of the person.
    fn may_choose_another(&self, refusal: Refusal) -> bool {
        let kind = self.choices.kind;
        refusal == Refusal::AskAtTheCounter
            && matches!(kind, CertificateKind::SealRegistrationCertificate | CertificateKind::TaxCertificate)
    }

    /// Keeps the fee. The intent is durable before the box moves, so that a power cut in between is found (I15).
    ///
    /// # Errors
    /// What to say; money that was put in is still there or was given back.
    pub fn pay(&mut self, issuer: &Issuer) -> Step {
        let Some(request) = &self.request else { return Err(Say::Key("kiosk-session-ended")) };
        let (id, fee) = (request.id, request.fee);
        self.printer_is_ready(issuer)?;
        match self.coins.can_settle(fee) {
            Ok(true) => {}
            Ok(false) if self.coins.inserted().is_ok_and(|inserted| inserted < fee) => {
                return Err(Say::Key("kiosk-pay-heading"));
            }
            Ok(false) => {
                self.returned = self.coins.give_back().unwrap_or_default();
                return Err(Say::Key("kiosk-pay-short-change"));
            }
            Err(_) => return Err(Say::Key("kiosk-pay-fault")),
        }
        self.advance(actions::payment_started(&issuer.city, id))?;
        match self.coins.accept(fee) {
            Ok(change) => {
                self.change = change;
                self.advance(actions::payment_settled(&issuer.city, id, true))?;
                self.screen = Screen::Print;
                Ok(())
            }
            // After a power cut nobody knows what the box kept: the request stays as it is and the sweep reports it.
            Err(CoinBoxFault::PowerCut | CoinBoxFault::NoAnswer) => Err(Say::Key("kiosk-pay-fault")),
            Err(_) => {
                self.advance(actions::payment_settled(&issuer.city, id, false))?;
                Err(Say::Key("kiosk-pay-fault"))
            }
        }
    }

    /// Nobody pays for a paper that cannot be printed now.
    fn printer_is_ready(&self, issuer: &Issuer) -> Step {
        self.out.trouble(issuer).map_or(Ok(()), |trouble| Err(Say::Printer(trouble)))
    }

    /// The person took card and paper, which the printer acknowledged: erases everything.
    pub fn finish(&mut self, issuer: &Issuer) {
        self.forget_fields(issuer);
        self.end(Ending::Finished);
    }

    /// Stops for `ending`: ends the request, gives money back, erases everything. A paper that is being printed cannot be
    /// called back: then the session goes on.
    pub fn stop(&mut self, issuer: &Issuer, ending: Ending) {
        if self.screen == Screen::Ended {
            return;
        }
        self.leave_portal(issuer);
        if self.is_printing() {
            self.say = self.stop_print(issuer).err().or(self.say.take());
            return;
        }
        if self.paper.is_some() {
            // The paper lies in the tray: it was printed, whoever walked away from it.
            self.finish(issuer);
            self.ending = Some(ending);
            return;
        }
        self.abandon(issuer);
        self.end(ending);
    }

    /// Ends the request and returns what was paid or put in.
    pub(super) fn abandon(&mut self, issuer: &Issuer) {
        if let Some(id) = self.request.as_ref().map(|request| request.id) {
            let stopped = actions::stop(&issuer.city, id);
            // It may have ended otherwise: by time, by a refusal, by another process that started.
            let stands = match stopped {
                Ok(Ok(stopped)) => Ok(Some(stopped)),
                _ => issuer.city.store.read::<_, StoreError, _>(|tx| requests::find(tx, id)),
            };
            match stands {
                Ok(Some(stands)) => self.request = Some(stands),
                Ok(None) => {}
                Err(error) => tracing::error!(%error, "a request that was left could not be ended; the sweep ends it"),
            }
        }
        self.refund(issuer);
    }

    /// Gives back what was put in, and the fee when the request's row says that it is owed: whoever else ended the request
    /// may have paid it back already.
    fn refund(&mut self, issuer: &Issuer) {
        if let Ok(back) = self.coins.give_back() {
            self.returned += back;
        }
        let Some(request) = &self.request else { return };
        match refunds::pay_back(&issuer.city, &*self.coins, request.id) {
            Ok(paid) => self.returned += paid,
            Err(error) => {
                tracing::error!(%error, "a refund could not be written down; the box is asked at the next start")
            }
        }
    }

    pub(super) fn refuse(&mut self, refusal: Refusal) -> Say {
        self.screen = Screen::Ended;
        self.erase();
        Say::Refused(refusal)
    }

    /// Over, with something to say.
    pub(super) fn leave_with(&mut self, say: Say) -> Say {
        self.end(Ending::Stopped);
        say
    }

    fn end(&mut self, ending: Ending) {
        self.ending = Some(ending);
        self.screen = Screen::Ended;
        self.erase();
    }

    pub(super) fn erase(&mut self) {
        self.applicant = None;
        self.members.clear();
        self.cards.clear();
        self.family.clear();
        self.wants_letters = false;
        self.may_apply = false;
        self.draft = super::apply::Draft::default();
        self.choices = Choices::default();
        self.request = None;
        self.paper = None;
        self.twin = None;
        self.twin_refused = false;
        self.twin_right = None;
        self.printing = None;
        self.receipt = None;
        self.slot.eject();
    }

    fn advance(&mut self, answer: Result<Result<Request, Refusal>, ActionError>) -> Step {
        match answer {
            Ok(Ok(request)) => {
                self.request = Some(request);
                Ok(())
            }
            Ok(Err(refusal)) => Err(Say::Refused(refusal)),
            Err(error) => Err(beneath(&error)),
        }
    }
}

/// Connects to the card that lies there.
///
/// # Errors
/// What to say.
pub(crate) fn open(slot: &dyn CardSlot) -> Result<JpkiSession<Box<dyn card::Card>>, Say> {
    let card = slot.connect().map_err(|error| say_card(&CardError::Reader(error)))?;
    JpkiSession::open(card).map_err(|error| say_card(&error))
}

/// Finds the applicant behind the signature; every refusal about the card has its own sentence.
fn identify(
    issuer: &Issuer,
    terminal: &Terminal,
    card: PresentedCard<'_>,
    challenge: &Challenge,
) -> Result<Applicant, Say> {
    match issuer.identify(card, challenge, &terminal.id.to_string()) {
        Ok(Ok(applicant)) => Ok(applicant),
        Ok(Err(CardNo::Card(refusal))) => {
            tracing::info!(%refusal, "a card was refused");
            Err(Say::Key(card_sentence(&refusal)))
        }
        Ok(Err(CardNo::Credential(refusal))) => Err(Say::Key(credential_sentence(refusal))),
        Ok(Err(CardNo::Registration(refusal))) => Err(Say::Key(registration_sentence(refusal))),
        Err(error) => {
            tracing::error!(%error, "a credential could not be looked up");
            Err(Say::Key("kiosk-card-status-unknown"))
        }
    }
}
