//! What people do here: one function for each act. Every act authorises, loads, decides and writes in one transaction;
//! *prepare* has two, for the reason in `docs/adr/0001-two-commits-per-certificate.md`.
//!
//! ```text
//!  begin ─► payment_started ─► payment_kept ─► prepare ─► fetch ─► print_acknowledged
//!                                                 └─────────── stop / sweep ──► refund_paid
//! ```
//! The applicant comes from a verified credential only ([`Applicant`] cannot be made from a posted id), or from a staff
//! member at the counter.

use base::{Id, Kind, Yen};
use store::sealing::SealError;
use store::{StoreError, Tx};
use tools::access::{self, AccessError, Actor, Duty, Item, Purpose};
use tools::audit;
use tools::incidents::{self, Report};
use tools::register::{self, RegisterError};
use tools::relay::{RelayError, paper_status};
use tools::{Inside, ResidentId};

use super::SERVICE_CODE;
use super::choices::{Choices, OptionalItems};
use super::document::{Composer, DocumentError, Finished};
use super::model::{self, Content, No, Refusal};
use super::request::{Event, State};
use super::requests::{self, Request};

/// Minutes without an answer from the machine after which a request is ended (invariant I5).
pub const ABANDONED_AFTER_SECONDS: i64 = 15 * 60;

/// Column name for sealing finished documents.
const DOCUMENT_COLUMN: &str = "certificate_documents.sealed";

/// A failure beneath, in which nothing was decided.
#[derive(Debug, thiserror::Error)]
pub enum ActionError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The access was not given.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The register.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// The key store.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The message to the outside zone.
    #[error(transparent)]
    Relay(#[from] RelayError),
    /// The paper could not be made. Closed as an incident where it must never happen.
    #[error(transparent)]
    Document(#[from] DocumentError),
}

impl ActionError {
    /// What it means to the caller.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Store(_) | Self::Seal(_) => Kind::Unavailable,
            Self::Access(error) => error.kind(),
            Self::Register(error) => error.kind(),
            Self::Relay(error) => error.kind(),
            Self::Document(_) => Kind::Internal,
        }
    }
}

/// What an act answers: outer, something beneath failed and nothing happened; inner, a named no that is on record.
pub type Answer<T> = Result<Result<T, Refusal>, ActionError>;

/// Somebody whose right to their own paper is proven. Owned and passed along; never looked up again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applicant {
    resident: ResidentId,
    terminal: String,
    actor: Actor,
    duty: Duty,
}

impl Applicant {
    /// The person behind a credential that `tools::credentials` found for a verified signature at `terminal`.
    pub fn from_verified_card(found: &tools::credentials::VerifiedPerson, terminal: &str) -> Self {
        let resident = found.resident().clone();
        let actor = Actor::Resident { resident: resident.clone(), terminal: Some(terminal.to_owned()) };
        Self { resident, terminal: terminal.to_owned(), actor, duty: Duty::CertificateSelf }
    }

    /// A person a member of staff serves at the counter. `account` is `None` only on demo data.
    pub fn at_the_counter(resident: ResidentId, account: Option<Id>) -> Self {
        let actor = Actor::CounterCommand { account };
        Self { resident, terminal: "counter".to_owned(), actor, duty: Duty::CertificateCounter }
    }

    /// Who.
    pub const fn resident(&self) -> &ResidentId {
        &self.resident
    }

    fn purpose(&self, items: OptionalItems) -> Purpose {
        let mut read = vec![Item::Name, Item::BirthDate, Item::Sex, Item::Address, Item::State];
        if items.relationship {
            read.push(Item::Household);
        }
        if items.domicile {
            read.push(Item::Domicile);
        }
        if items.nationality || items.residence_card_number || items.residence_status {
            read.push(Item::Foreign);
        }
        Purpose::new(self.duty).reading(&read)
    }
}

/// A member of the household as the choosing screen lists them.
#[derive(Clone, PartialEq, Eq)]
pub struct MemberShown {
    /// Key, kept by the machine's session; pages use the position in the list, never this.
    pub id: ResidentId,
    /// Registered name.
    pub name: String,
    /// Whether this is the applicant.
    pub is_applicant: bool,
    /// Whether the foreign-resident switches apply.
    pub is_foreign: bool,
}

impl std::fmt::Debug for MemberShown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MemberShown(<personal>)")
    }
}

/// What the choosing screen needs: who is in the household. Refuses early what `begin` would refuse.
///
/// # Errors
/// [`ActionError`]; inner: [`Refusal`].
pub fn household(city: &Inside, issuing_fresh_minutes: u32, applicant: &Applicant) -> Answer<Vec<MemberShown>> {
    let (city, applicant) = (city.clone(), applicant.clone());
    let store = city.store.clone();
    store.write(move |tx| {
        if let Some(refusal) = closed(tx, &city, issuing_fresh_minutes)? {
            return Ok(Err(refusal));
        }
        let choices = Choices { members: super::choices::Members::Household, ..Choices::default() };
        let content = match look(tx, &city, &applicant, &choices)? {
            Ok(content) => content,
            Err(no) => return Ok(Err(no.refusal())),
        };
        Ok(Ok(content
            .people
            .iter()
            .map(|person| MemberShown {
                id: person.id.clone(),
                name: person.names.registered.clone(),
                is_applicant: person.id == applicant.resident,
                is_foreign: person.foreign.is_some(),
            })
            .collect()))
    })
}

/// Begins a request: decides, fixes the fee, and writes the row. A refusal is written too, with its cause for the
/// counter.
///
/// # Errors
/// [`ActionError`]; inner: [`Refusal`].
pub fn begin(city: &Inside, issuing_fresh_minutes: u32, applicant: &Applicant, choices: &Choices) -> Answer<Request> {
    let (city, applicant, choices) = (city.clone(), applicant.clone(), choices.clone());
    let store = city.store.clone();
    let id = city.seams.random_id();
    store.write(move |tx| {
        if let Some(refusal) = closed(tx, &city, issuing_fresh_minutes)? {
            return Ok(Err(refusal));
        }
        let now = city.seams.now();
        let one = requests::machine_fee(tx, choices.kind, now.date_in_japan())?;
        let fee = one.and_then(|fee| fee.times(u32::from(choices.copies)));
        let Some(fee) = fee else { return Ok(Err(Refusal::ServiceStopped)) };
        let mut request = Request {
            id,
            terminal: applicant.terminal.clone(),
            applicant: applicant.resident.clone(),
            choices: choices.clone(),
            fee,
            paid: Yen::ZERO,
            state: State::AwaitingPayment,
            since: now,
            document_hash: None,
            fetch_token_hash: None,
        };
        requests::insert(tx, &request, now)?;
        if let Err(no) = look(tx, &city, &applicant, &choices)? {
            requests::note_cause(tx, id, &no.cause())?;
            requests::move_on(tx, &mut request, Event::Stopped, now)?;
            return Ok(Err(no.refusal()));
        }
        Ok(Ok(request))
    })
}

/// Written before the coin box is told to keep the fee, so that a power cut in between is found.
///
/// # Errors
/// [`ActionError`]; inner: the request is in another state.
pub fn payment_started(city: &Inside, id: Id) -> Answer<Request> {
    advance(city, id, Event::PaymentStarted)
}

/// The box kept the fee (`kept`) or kept nothing.
///
/// # Errors
/// [`ActionError`]; inner: the request is in another state.
pub fn payment_settled(city: &Inside, id: Id, kept: bool) -> Answer<Request> {
    let seams = city.seams.clone();
    let event = if kept { Event::PaymentKept } else { Event::PaymentFailed };
    city.store.write(move |tx| {
        let Some(mut request) = requests::find(tx, id)? else { return Ok(Err(Refusal::AlreadyEnded)) };
        if !requests::move_on(tx, &mut request, event, seams.now())? {
            return Ok(Err(Refusal::AlreadyEnded));
        }
        if kept {
            request.paid = request.fee;
            tx.queue(
                "UPDATE certificate_requests SET paid_yen = $1 WHERE request_id = $2",
                &[request.paid.into(), id.into()],
            )?;
        }
        Ok(Ok(request))
    })
}

/// The one-time right to fetch a finished document. Held by the machine's session only.
#[derive(Clone, PartialEq, Eq)]
pub struct FetchToken(pub [u8; 32]);

impl std::fmt::Debug for FetchToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FetchToken")
    }
}

/// Draws, re-checks and signs the document of a paid request, and makes it durable and sealed.
///
/// A mismatch between the finished bytes and the request opens an incident that stops the service (I3, I12).
///
/// # Errors
/// [`ActionError`]; inner: [`Refusal`], also when the register changed meanwhile so that it now says no (I9).
pub fn prepare(
    city: &Inside,
    composer: &Composer,
    issuing_fresh_minutes: u32,
    applicant: &Applicant,
    id: Id,
) -> Answer<FetchToken> {
    let (request, content, number) = match read_for_drawing(city, issuing_fresh_minutes, applicant, id)? {
        Ok(read) => read,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let finished = match composer.compose(city, &request, &content, &number) {
        Ok(finished) => finished,
        Err(error) => return refuse_drawing(city, id, error),
    };
    store_document(city, issuing_fresh_minutes, applicant, request, content, number, finished)
}

/// First transaction of `prepare`: one snapshot, decision, disclosure, number.
fn read_for_drawing(
    city: &Inside,
    issuing_fresh_minutes: u32,
    applicant: &Applicant,
    id: Id,
) -> Answer<(Request, Content, String)> {
    let (city, applicant) = (city.clone(), applicant.clone());
    let store = city.store.clone();
    let number = document_number(&city);
    store.write(move |tx| {
        let now = city.seams.now();
        let Some(mut request) = requests::find(tx, id)? else { return Ok(Err(Refusal::AlreadyEnded)) };
        if request.applicant != applicant.resident || request.terminal != applicant.terminal {
            return Ok(Err(Refusal::NotYours));
        }
        if request.state != State::Paid {
            return Ok(Err(Refusal::AlreadyEnded));
        }
        let no = match closed(tx, &city, issuing_fresh_minutes)? {
            Some(refusal) => Err((refusal, None)),
            None => look(tx, &city, &applicant, &request.choices)?.map_err(|no| (no.refusal(), Some(no.cause()))),
        };
        match no {
            Ok(content) => Ok(Ok((request, content, number.clone()))),
            Err((refusal, cause)) => {
                requests::note_cause(tx, id, cause.as_deref().unwrap_or("closed"))?;
                requests::move_on(tx, &mut request, Event::Stopped, now)?;
                Ok(Err(refusal))
            }
        }
    })
}

/// Second transaction of `prepare`: the register decides again; then hash, token and sealed bytes become durable.
fn store_document(
    city: &Inside,
    issuing_fresh_minutes: u32,
    applicant: &Applicant,
    request: Request,
    content: Content,
    number: String,
    finished: Finished,
) -> Answer<FetchToken> {
    let (city, applicant) = (city.clone(), applicant.clone());
    let store = city.store.clone();
    let token = FetchToken(city.seams.random.bytes());
    // Sealed outside the closure: it may run twice, and the key store is another database.
    let sealed = city.vault.seal(applicant.resident.as_str(), DOCUMENT_COLUMN, &finished.bytes)?;
    store.write(move |tx| {
        let now = city.seams.now();
        let mut request = request.clone();
        let still = match closed(tx, &city, issuing_fresh_minutes)? {
            Some(refusal) => Err(refusal),
            None => still_allowed(tx, &city, &applicant, &request.choices, &content)?,
        };
        if let Err(refusal) = still {
            requests::note_cause(tx, request.id, "changed-while-drawing")?;
            requests::move_on(tx, &mut request, Event::Stopped, now)?;
            return Ok(Err(refusal));
        }
        if !requests::move_on(tx, &mut request, Event::DocumentReady, now)? {
            return Ok(Err(Refusal::AlreadyEnded));
        }
        tx.queue(
            "UPDATE certificate_requests SET register_version = $1, document_number = $2, document_hash = $3, \
             fetch_token_hash = $4 WHERE request_id = $5",
            &[
                content.version.to_string().into(),
                number.as_str().into(),
                finished.sha256.as_slice().into(),
                sha256(&token.0).into(),
                request.id.into(),
            ],
        )?;
        tx.queue(
            "INSERT INTO certificate_documents (request_id, sealed, erase_at) VALUES ($1, $2, $3)",
            &[request.id.into(), sealed.as_slice().into(), now.plus_seconds(ABANDONED_AFTER_SECONDS).into()],
        )?;
        paper_status::push(tx, &city.seams, request.id, paper_status::PaperState::Valid)?;
        audit::append(
            tx,
            &city.seams,
            &applicant.actor,
            audit::Event::CertificateIssued,
            &[("request", &request.id.to_string()), ("kind", request.choices.kind.as_str())],
        )?;
        Ok(Ok(token.clone()))
    })
}

/// The composer said no. What belongs to the person's data (a glyph the font lacks, a name too long for the form) is
/// the same sentence as every register refusal; anything else is a defect that stops the service.
fn refuse_drawing(city: &Inside, id: Id, error: DocumentError) -> Answer<FetchToken> {
    let seams = city.seams.clone();
    let cause = error.cause();
    let about_person = error.is_about_the_person();
    city.store.write::<_, ActionError, _>(move |tx| {
        let now = seams.now();
        if let Some(mut request) = requests::find(tx, id)? {
            requests::note_cause(tx, id, cause)?;
            requests::move_on(tx, &mut request, Event::Stopped, now)?;
        }
        if !about_person {
            report(tx, &seams, cause, true, "a finished document did not fit its request; nothing left")?;
        }
        Ok(())
    })?;
    Ok(Err(if about_person { Refusal::AskAtTheCounter } else { Refusal::ServiceStopped }))
}

/// Hands the finished bytes out, once, to the terminal that asked (I6).
///
/// # Errors
/// [`ActionError`]; inner: a second fetch is [`Refusal::AlreadyEnded`], another terminal or token is
/// [`Refusal::NotYours`].
pub fn fetch(city: &Inside, applicant: &Applicant, id: Id, token: &FetchToken) -> Answer<Vec<u8>> {
    let (seams, applicant, wanted) = (city.seams.clone(), applicant.clone(), sha256(&token.0));
    let resident = applicant.resident.clone();
    let sealed = city.store.write::<_, ActionError, _>(move |tx| {
        let Some(mut request) = requests::find(tx, id)? else { return Ok(Err(Refusal::NotYours)) };
        let is_theirs = request.applicant == applicant.resident
            && request.terminal == applicant.terminal
            && request.fetch_token_hash.as_deref() == Some(wanted.as_slice());
        if !is_theirs {
            return Ok(Err(Refusal::NotYours));
        }
        if !requests::move_on(tx, &mut request, Event::Fetched, seams.now())? {
            return Ok(Err(Refusal::AlreadyEnded));
        }
        let row = tx.query_one("SELECT sealed FROM certificate_documents WHERE request_id = $1", &[id.into()])?;
        match row {
            Some(row) => Ok(Ok((row.blob(0)?.to_vec(), request.document_hash))),
            None => Ok(Err(Refusal::AlreadyEnded)),
        }
    })?;
    let (sealed, hash) = match sealed {
        Ok(found) => found,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let bytes = city.vault.open_sealed(resident.as_str(), DOCUMENT_COLUMN, &sealed)?;
    if hash.as_deref() != Some(sha256(&bytes).as_slice()) {
        return Err(DocumentError::Mismatch("stored bytes").into());
    }
    Ok(Ok(bytes))
}

/// The machine says the paper is out: the request ends and its bytes are erased.
///
/// # Errors
/// [`ActionError`]; inner: the request is in another state.
pub fn print_acknowledged(city: &Inside, id: Id) -> Answer<Request> {
    let seams = city.seams.clone();
    city.store.write(move |tx| {
        let Some(mut request) = requests::find(tx, id)? else { return Ok(Err(Refusal::AlreadyEnded)) };
        if !requests::move_on(tx, &mut request, Event::PrintAcknowledged, seams.now())? {
            return Ok(Err(Refusal::AlreadyEnded));
        }
        tx.queue("DELETE FROM certificate_documents WHERE request_id = $1", &[id.into()])?;
        Ok(Ok(request))
    })
}

/// The person stopped, walked away, or pulled the card. Ends the whole request at once; a late result is discarded.
/// Answers with the request, whose state says whether money is owed.
///
/// # Errors
/// [`ActionError`]; inner: it had ended already.
pub fn stop(city: &Inside, id: Id) -> Answer<Request> {
    let seams = city.seams.clone();
    city.store.write(move |tx| {
        let Some(mut request) = requests::find(tx, id)? else { return Ok(Err(Refusal::AlreadyEnded)) };
        if !requests::move_on(tx, &mut request, Event::Stopped, seams.now())? {
            return Ok(Err(Refusal::AlreadyEnded));
        }
        withdraw(tx, &seams, &request)?;
        Ok(Ok(request))
    })
}

/// The refund was paid out.
///
/// # Errors
/// [`ActionError`]; inner: nothing was owed.
pub fn refund_paid(city: &Inside, id: Id) -> Answer<Request> {
    advance(city, id, Event::RefundPaid)
}

/// Ends what nobody will end: run at start-up and every minute. Documents past their time are erased; requests without
/// an answer end; unclear payments become incidents. Returns how many requests it ended.
///
/// # Errors
/// [`ActionError`].
pub fn sweep(city: &Inside, everything: bool) -> Result<usize, ActionError> {
    let seams = city.seams.clone();
    city.store.write(move |tx| {
        let now = seams.now();
        let before = if everything { now.plus_seconds(1) } else { now.plus_seconds(-ABANDONED_AFTER_SECONDS) };
        tx.queue("DELETE FROM certificate_documents WHERE erase_at <= $1", &[now.into()])?;
        let rows = tx.query(
            "SELECT request_id FROM certificate_requests WHERE state IN ('awaiting_payment', 'taking_payment', \
             'paid', 'ready', 'printing') AND state_since < $1 ORDER BY state_since LIMIT 200",
            &[before.into()],
        )?;
        let mut ended = 0;
        for row in &rows {
            let Some(mut request) = requests::find(tx, row.id(0)?)? else { continue };
            if !requests::move_on(tx, &mut request, Event::FoundAfterRestart, now)? {
                continue;
            }
            ended += 1;
            withdraw(tx, &seams, &request)?;
            if request.state == State::PaymentUnclear {
                report(tx, &seams, "payment-unclear", false, "the coin box must be counted")?;
            }
        }
        Ok(ended)
    })
}

/// A paper that may exist but was not acknowledged must not verify as valid; its bytes go.
fn withdraw(tx: &mut Tx<'_>, seams: &base::Seams, request: &Request) -> Result<(), ActionError> {
    tx.queue("DELETE FROM certificate_documents WHERE request_id = $1", &[request.id.into()])?;
    if request.document_hash.is_some() {
        paper_status::push(tx, seams, request.id, paper_status::PaperState::Withdrawn)?;
    }
    Ok(())
}

/// Reports an incident of this service. The note holds nothing personal: incidents are shown on a screen.
fn report(tx: &mut Tx<'_>, seams: &base::Seams, kind: &str, stops: bool, note: &str) -> Result<(), StoreError> {
    let actor = Actor::System { job: SERVICE_CODE };
    incidents::open(tx, seams, &actor, &Report { service: SERVICE_CODE, kind, stops, note }).map(|_| ())
}

fn advance(city: &Inside, id: Id, event: Event) -> Answer<Request> {
    let seams = city.seams.clone();
    city.store.write(move |tx| {
        let Some(mut request) = requests::find(tx, id)? else { return Ok(Err(Refusal::AlreadyEnded)) };
        let moved = requests::move_on(tx, &mut request, event, seams.now())?;
        Ok(if moved { Ok(request) } else { Err(Refusal::AlreadyEnded) })
    })
}

/// Why nobody at all is served now.
fn closed(tx: &mut Tx<'_>, city: &Inside, issuing_fresh_minutes: u32) -> Result<Option<Refusal>, ActionError> {
    if incidents::service_stopped(tx, SERVICE_CODE)?.is_some() {
        return Ok(Some(Refusal::ServiceStopped));
    }
    let fresh = register::freshness::is_fresh(tx, city.seams.now(), issuing_fresh_minutes)?;
    Ok((!fresh).then_some(Refusal::RegisterNotFresh))
}

/// Reads the household with an access (so the disclosure is written in this transaction, also for a no) and decides.
fn look(
    tx: &mut Tx<'_>,
    city: &Inside,
    applicant: &Applicant,
    choices: &Choices,
) -> Result<Result<Content, No>, ActionError> {
    let purpose = applicant.purpose(choices.items);
    let mut access = access::person(tx, &city.seams, &applicant.actor, &purpose, &applicant.resident)?;
    let snapshot = match register::household_snapshot(tx, &access) {
        Ok(snapshot) => snapshot,
        // A credential whose resident is not in the register any more: the same sentence as every other state.
        Err(RegisterError::NotFound) => return Ok(Err(No::Register(vec![register::Cause::NotAMember]))),
        Err(error) => return Err(error.into()),
    };
    let decided = model::decide(&snapshot, &applicant.resident, choices, city.seams.today());
    if let Ok(content) = &decided {
        let shown: Vec<ResidentId> = content.people.iter().map(|person| person.id.clone()).collect();
        access.also_shows(tx, &shown)?;
    }
    Ok(decided)
}

/// The same decision once more on the register as it is now. The same version gives the same content; a newer version
/// must decide to exactly the content that was drawn, or the paper is not the newest data and is refused.
fn still_allowed(
    tx: &mut Tx<'_>,
    city: &Inside,
    applicant: &Applicant,
    choices: &Choices,
    drawn: &Content,
) -> Result<Result<(), Refusal>, ActionError> {
    let purpose = applicant.purpose(choices.items);
    let access = access::person(tx, &city.seams, &applicant.actor, &purpose, &applicant.resident)?;
    let snapshot = match register::household_snapshot(tx, &access) {
        Ok(snapshot) => snapshot,
        Err(RegisterError::NotFound) => return Ok(Err(Refusal::AskAtTheCounter)),
        Err(error) => return Err(error.into()),
    };
    Ok(match model::decide(&snapshot, &applicant.resident, choices, city.seams.today()) {
        Ok(content) if content == *drawn => Ok(()),
        _ => Err(Refusal::AskAtTheCounter),
    })
}

/// The number printed as 発行番号: the date for people, and enough randomness that it is nobody's key.
fn document_number(city: &Inside) -> String {
    let (year, month, day) = city.seams.today().parts();
    let random = city.seams.random_id().to_string().to_uppercase();
    format!("{year:04}{month:02}{day:02}-{}", &random[18..])
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref().to_vec()
}
