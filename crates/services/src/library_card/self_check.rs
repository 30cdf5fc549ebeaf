//! What a self-checkout machine (自動貸出機) or a gate asks, answered: what was shown becomes a patron number, the library
//! decides, and the answer carries what was shown, never the number.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use base::{Personal, Timestamp, Yen};
use sip2::Message;
use sip2::codes::{Answers, Language, Listed, PatronFlag};
use sip2::field::{Always, DateTime, Digits, Moment, OneZero, PatronStatus, Supported, YesNo};
use sip2::message::*;
use tools::access::Actor;
use ui::words::words;

use super::patron::{NotPatron, Resolver, Showing};
use super::system::{LibraryError, LibrarySystem, Offers, Patron, Standing};

mod lists;

/// Seconds for which a change that comes again on a new connection gets the answer it had.
const SAME_CHANGE: i64 = 120;
/// Tenths of a second a machine waits for us: longer than we wait for the library.
const WAIT_TENTHS: u16 = 250;

/// A machine that may speak.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Its login.
    pub login: String,
    /// Its password.
    pub password: Personal<String>,
}

/// Refused logins after which a line is closed.
const MOST_LOGINS: u8 = 3;

/// A change that was answered, per machine.
type Changes = HashMap<String, (Message, Message, Timestamp)>;

/// Everything machines are answered with.
pub struct Desk {
    /// From what was shown to the number.
    pub resolver: Resolver,
    /// The library.
    pub system: Arc<dyn LibrarySystem>,
    /// The institution's name.
    pub institution: String,
    /// Who may speak.
    pub machines: Vec<Machine>,
    changes: Mutex<Changes>,
    /// One change at a time for each machine, however many lines it has.
    turns: Mutex<HashMap<String, Arc<Mutex<()>>>>,
}

impl Desk {
    /// A desk.
    pub fn new(resolver: Resolver, system: Arc<dyn LibrarySystem>, institution: &str, machines: Vec<Machine>) -> Self {
        Self {
            resolver,
            system,
            institution: institution.to_owned(),
            machines,
            changes: Mutex::default(),
            turns: Mutex::default(),
        }
    }

    fn turn(&self, machine: &str) -> Arc<Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.entry(machine.to_owned()).or_default().clone()
    }

    fn changes(&self) -> std::sync::MutexGuard<'_, Changes> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One machine's conversation.
pub struct Conversation {
    desk: Arc<Desk>,
    machine: Option<String>,
    showing: Showing,
    /// Logins that were refused.
    refused: u8,
}

/// Why nothing was done: in the machine's words.
enum Not {
    Shown(NotPatron),
    Library(LibraryError),
    Beneath,
}

impl From<LibraryError> for Not {
    fn from(error: LibraryError) -> Self {
        Self::Library(error)
    }
}

fn say(language: Language, key: &str) -> String {
    let language = match language {
        Language::English => ui::Language::English,
        _ => ui::Language::Japanese,
    };
    words().get(language, key)
}

impl Not {
    fn words(&self) -> Vec<String> {
        match self {
            Self::Shown(no) => vec![say(Language::Japanese, no.word())],
            Self::Library(LibraryError::No(_, said)) if !said.is_empty() => said.clone(),
            Self::Library(error) => vec![say(Language::Japanese, error.word())],
            Self::Beneath => vec![say(Language::Japanese, "library-unreachable")],
        }
    }

    /// The flags of a patron of whom this is the answer.
    fn flags(&self) -> PatronStatus {
        use PatronFlag::{CardReportedLost, ChargeDenied, HoldDenied, RecallDenied, RenewalDenied};
        match self {
            Self::Shown(NotPatron::Lost) => {
                PatronStatus::of(&[ChargeDenied, RenewalDenied, RecallDenied, HoldDenied, CardReportedLost])
            }
            _ => PatronStatus::of(&[ChargeDenied, RenewalDenied, RecallDenied, HoldDenied]),
        }
    }
}

fn flags(standing: Standing) -> PatronStatus {
    let pairs = [
        (standing.no_loans, PatronFlag::ChargeDenied),
        (standing.no_renewals, PatronFlag::RenewalDenied),
        (standing.no_holds, PatronFlag::HoldDenied),
        (standing.is_lost, PatronFlag::CardReportedLost),
        (standing.too_many_overdue, PatronFlag::TooManyOverdue),
        (standing.fines_too_high, PatronFlag::ExcessiveFines),
    ];
    let up: Vec<PatronFlag> = pairs.into_iter().filter(|(is_up, _)| *is_up).map(|(_, flag)| flag).collect();
    PatronStatus::of(&up)
}

impl Conversation {
    /// A machine that has just connected.
    pub fn new(desk: Arc<Desk>) -> Self {
        Self { desk, machine: None, showing: Showing::default(), refused: 0 }
    }

    /// Whether the line is closed after this answer: nobody guesses passwords here.
    pub fn is_over(&self) -> bool {
        self.refused >= MOST_LOGINS
    }

    fn at(&self) -> Moment {
        Some(DateTime::in_japan(self.desk.resolver.city.seams.now()))
    }

    fn institution(&self) -> Always {
        self.desk.institution.as_str().into()
    }

    /// The answer to `question`.
    pub fn answer(&mut self, question: Message) -> Message {
        let is_change = matches!(
            question,
            Message::Checkout(_)
                | Message::Checkin(_)
                | Message::Renew(_)
                | Message::RenewAll(_)
                | Message::Hold(_)
                | Message::FeePaid(_)
        );
        let Some(machine) = self.machine.clone().filter(|_| is_change) else { return self.answer_once(question) };
        // A machine whose line was cut says the same again on the next one; it is not done twice.
        let turn = self.desk.turn(&machine);
        let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.desk.resolver.city.seams.now();
        if let Some((asked, said, at)) = self.desk.changes().get(&machine)
            && *asked == question
            && now.seconds_since(*at) < SAME_CHANGE
        {
            return said.clone();
        }
        let said = self.answer_once(question.clone());
        let mut changes = self.desk.changes();
        changes.retain(|_, (.., at)| now.seconds_since(*at) < SAME_CHANGE);
        changes.insert(machine, (question, said.clone(), now));
        said
    }

    fn answer_once(&mut self, question: Message) -> Message {
        match question {
            Message::Login(login) => self.login(&login),
            Message::MachineStatus(_) => self.status(),
            Message::PatronStatusRequest(asked) => self.patron_status(asked.patron, asked.language),
            Message::PatronInformation(asked) => self.patron_information(*asked),
            Message::ItemInformation(asked) => self.item_information(asked.item),
            Message::Checkout(asked) => self.check_out(*asked),
            Message::Checkin(asked) => self.check_in(asked.item),
            Message::Renew(asked) => self.renew(*asked),
            Message::RenewAll(asked) => self.renew_all(&asked.patron),
            Message::Hold(asked) => self.hold(*asked),
            Message::FeePaid(asked) => self.fee_paid(*asked),
            Message::EndPatronSession(asked) => self.end(asked.patron),
            Message::BlockPatron(asked) => self.block(asked.patron, &asked.message.0),
            Message::PatronEnable(asked) => PatronEnableAnswer {
                status: PatronStatus::of(&[PatronFlag::ChargeDenied]),
                language: Language::Japanese,
                at: self.at(),
                institution: self.institution(),
                patron: Always(asked.patron),
                // Whoever was blocked is unblocked by the library's staff.
                screen: vec![say(Language::Japanese, "library-no-offered")],
                ..PatronEnableAnswer::default()
            }
            .into(),
            Message::ItemStatusUpdate(asked) => ItemStatusUpdateAnswer {
                at: self.at(),
                item: Always(asked.item),
                screen: vec![say(Language::Japanese, "library-no-offered")],
                ..ItemStatusUpdateAnswer::default()
            }
            .into(),
            // The codec hands on questions only.
            other => other,
        }
    }

    fn login(&mut self, asked: &Login) -> Message {
        let known = self.desk.machines.iter().find(|machine| {
            machine.login == asked.user && is_same(machine.password.reveal().as_bytes(), asked.password.0.as_bytes())
        });
        self.machine = known.map(|machine| machine.login.clone());
        if known.is_none() {
            if self.refused == 0 {
                tracing::warn!("a library machine that is not known was refused");
            }
            self.refused = self.refused.saturating_add(1);
        }
        LoginAnswer { ok: OneZero(known.is_some()), ..LoginAnswer::default() }.into()
    }

    fn status(&self) -> Message {
        let told = self.desk.system.check();
        let none = Offers {
            lending: false,
            returning: false,
            renewing: false,
            holding: false,
            paying: false,
            blocking: false,
        };
        let offers = told.clone().unwrap_or(none);
        let answered: Vec<Answers> = [
            (true, Answers::PatronStatus),
            (offers.lending, Answers::Checkout),
            (offers.returning, Answers::Checkin),
            (offers.blocking, Answers::BlockPatron),
            (true, Answers::Status),
            (true, Answers::Resend),
            (true, Answers::Login),
            (true, Answers::PatronInformation),
            (true, Answers::EndPatronSession),
            (offers.paying, Answers::FeePaid),
            (true, Answers::ItemInformation),
            (offers.holding, Answers::Hold),
            (offers.renewing, Answers::Renew),
            (offers.renewing, Answers::RenewAll),
        ]
        .into_iter()
        .filter(|(is_answered, _)| *is_answered)
        .map(|(_, message)| message)
        .collect();
        SystemStatus {
            online: YesNo(told.is_ok()),
            checkin_ok: YesNo(offers.returning),
            checkout_ok: YesNo(offers.lending),
            renewal_ok: YesNo(offers.renewing),
            timeout_tenths: Digits(Some(WAIT_TENTHS)),
            retries: Digits(Some(3)),
            at: self.at(),
            institution: self.institution(),
            supported: Always(Supported::of(&answered).to_text()),
            screen: told.err().map(|error| say(Language::Japanese, error.word())).into_iter().collect(),
            ..SystemStatus::default()
        }
        .into()
    }

    /// The number behind what was shown.
    fn number(&mut self, shown: &str) -> Result<Personal<String>, Not> {
        let by = Actor::Kiosk { terminal: format!("library:{}", self.machine.as_deref().unwrap_or_default()) };
        match self.desk.resolver.number(&by, shown, &mut self.showing) {
            Ok(Ok(number)) => Ok(number),
            Ok(Err(no)) => Err(Not::Shown(no)),
            Err(error) => {
                tracing::error!(%error, "what was shown at a library machine could not be looked up");
                Err(Not::Beneath)
            }
        }
    }

    fn known(&mut self, shown: &str) -> Result<Patron, Not> {
        let number = self.number(shown)?;
        Ok(self.desk.system.patron(number.reveal())?)
    }

    fn patron_status(&mut self, shown: String, language: Language) -> Message {
        let told = self.known(&shown);
        let answer = PatronStatusAnswer {
            language,
            at: self.at(),
            institution: self.institution(),
            patron: shown,
            ..PatronStatusAnswer::default()
        };
        match told {
            Ok(patron) => PatronStatusAnswer {
                status: flags(patron.standing),
                is_valid: Some("Y".to_owned()),
                currency: Some("JPY".to_owned()),
                fee: Some(patron.owed.to_string()),
                screen: patron.said,
                ..answer
            },
            Err(not) => PatronStatusAnswer {
                status: not.flags(),
                is_valid: Some("N".to_owned()),
                screen: not.words(),
                ..answer
            },
        }
        .into()
    }

    fn end(&mut self, shown: String) -> Message {
        let told = self.number(&shown).and_then(|number| Ok(self.desk.system.end_session(number.reveal())?));
        self.showing.end();
        let _ = told;
        EndSessionAnswer {
            ended: YesNo(true),
            at: self.at(),
            institution: self.institution(),
            patron: Always(shown),
            ..EndSessionAnswer::default()
        }
        .into()
    }

    fn block(&mut self, shown: String, why: &str) -> Message {
        let told = self.number(&shown).and_then(|number| Ok(self.desk.system.block(number.reveal(), why)?));
        let screen = told.as_ref().err().map(Not::words).unwrap_or_default();
        PatronStatusAnswer {
            status: Not::Beneath.flags(),
            language: Language::Japanese,
            at: self.at(),
            institution: self.institution(),
            patron: shown,
            is_valid: Some(if told.is_ok() { "Y" } else { "N" }.to_owned()),
            screen,
            ..PatronStatusAnswer::default()
        }
        .into()
    }
}

/// The same bytes, compared without telling where they differ.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(one, other).is_ok()
}

/// The due date as machines print it.
fn due_text(due: Option<base::Date>) -> Always {
    Always(due.map(|day| format!("{}    235959", day.to_string().replace('-', ""))).unwrap_or_default())
}

fn amount(text: &str) -> Option<Yen> {
    text.trim().parse().ok().filter(|&yen| yen > 0).map(Yen)
}

/// Entries of a list between the first and last a machine wants (BP, BQ; counted from 1).
fn slice<T>(all: Vec<T>, from: Option<&str>, to: Option<&str>) -> Vec<T> {
    let place = |text: Option<&str>| text.and_then(|text| text.trim().parse::<usize>().ok());
    let from = place(from).unwrap_or(1).max(1);
    let to = place(to).unwrap_or(usize::MAX);
    all.into_iter().skip(from - 1).take(to.saturating_sub(from - 1)).collect()
}

/// What of a patron a list shows.
fn listed(patron: &Patron, list: Listed) -> Vec<String> {
    let loans = |only_overdue: bool| {
        patron.loans.iter().filter(move |loan| !only_overdue || loan.is_overdue).map(|loan| loan.item.clone()).collect()
    };
    let holds = |is_ready: bool| {
        patron.holds.iter().filter(move |hold| hold.is_ready == is_ready).map(|hold| hold.item.clone()).collect()
    };
    match list {
        Listed::Charged => loans(false),
        Listed::Overdue => loans(true),
        Listed::Hold => holds(true),
        Listed::Unavailable => holds(false),
        Listed::Fine | Listed::Recall => Vec::new(),
    }
}
