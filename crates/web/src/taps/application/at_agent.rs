//! The loading desk with the card at a card agent (`yakuba agent`) of this PC. The page brings a signed request to the agent; the
//! holder's PIN is typed on the agent's pad; commands go between the hall and the agent, and the page sees none of them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::response::{IntoResponse, Json, Response};
use base::{Id, Kind, Timestamp};
use card::Card;
use maud::{Markup, html};
use pki::agent::Verb;
use serde_json::json;
use services::convenience_certificates::Issuer;
use tools::audit::{self, Event};
use tools::city_application::Refusal;
use tools::city_application::desk::{Desk, Seen, Wish};
use tools::city_application::model::{Deed, Found};
use tools::credentials::{self, CredentialError, VerifiedPerson};
use ui::form::{Field, checkboxes, field, radios};
use zeroize::Zeroizing;

use super::{AtCounter, no, note, secret_field, wish_of};
use crate::agents::{Opened, bound_to_key, pages, wording};
use crate::app::blocking;
use crate::error::Failure;
use crate::form::Fields;
use crate::kiosk::{Say, card_sentence, credential_sentence};
use tools::terminals::Sort;

pub(super) const ASK: &str = "/counter/application/agent/ask";
pub(super) const ANSWER: &str = "/counter/application/agent/answer";
const FIELDS: [&str; 4] = ["deed", "agent-application-pin", "agent-emergency", "agent-emergency-said"];
/// Seconds for which the page tells what was done.
const TOLD_SECONDS: i64 = 120;

/// What came of work at agents, for the page that asked for it.
#[derive(Default)]
pub struct Outcomes(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// Of each request, by its name, and of which desk it was.
    done: HashMap<[u8; 32], (Id, Outcome)>,
    /// What the next page of each desk tells.
    to_tell: HashMap<Id, Outcome>,
}

/// What stands on the card now, and what is said.
pub(super) struct Outcome {
    pub(super) looked: Result<Seen, Say>,
    pub(super) said: Option<Say>,
    at: Timestamp,
}

impl Outcome {
    fn is_recent(&self, now: Timestamp) -> bool {
        now.seconds_since(self.at) < TOLD_SECONDS
    }
}

impl Outcomes {
    /// What is known at `now`; what was not told in time is forgotten.
    fn known(&self, now: Timestamp) -> MutexGuard<'_, Known> {
        // Sound between any two lines.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.done.retain(|_, (_, outcome)| outcome.is_recent(now));
        known.to_tell.retain(|_, outcome| outcome.is_recent(now));
        known
    }

    fn put(&self, desk: Id, request: [u8; 32], outcome: Outcome) {
        self.known(outcome.at).done.insert(request, (desk, outcome));
    }

    /// Something else is asked for at `desk`: what was not told there yet is told no more.
    fn begins(&self, desk: Id, now: Timestamp) {
        self.known(now).to_tell.remove(&desk);
    }

    /// The page of `desk` that brought this request says that it came to its end; whether there is something to tell. What came
    /// of a request whose page was left is told to nobody else who stands there later.
    fn came_back(&self, desk: Id, request: &[u8; 32], now: Timestamp) -> bool {
        let mut known = self.known(now);
        if known.done.get(request).is_none_or(|(whose, _)| *whose != desk) {
            return false;
        }
        let Some((_, outcome)) = known.done.remove(request) else { return false };
        known.to_tell.insert(desk, outcome);
        true
    }

    /// Told once.
    pub(super) fn take(&self, desk: Id, now: Timestamp) -> Option<Outcome> {
        self.known(now).to_tell.remove(&desk)
    }
}

/// What is asked of the card.
enum Job {
    Look,
    Load(Wish),
    Update(Option<Zeroizing<String>>),
    Delete,
}

impl Job {
    fn of(fields: &Fields) -> Result<Self, Say> {
        let pin = "agent-application-pin";
        Ok(match fields.get("deed") {
            "load" => Self::Load(wish_of(fields, pin, "agent-emergency", "agent-emergency-said")?),
            "update" => Self::Update(fields.filled(pin).map(|pin| Zeroizing::new(base::text::to_half_width(pin)))),
            "delete" => Self::Delete,
            _ => Self::Look,
        })
    }

    /// Its word in the journal, and what the pad says it is for.
    const fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Look => ("look", "agent-purpose-application-look"),
            Self::Load(_) => ("load", "agent-purpose-application-load"),
            Self::Update(_) => ("update", "agent-purpose-application-update"),
            Self::Delete => ("delete", "agent-purpose-application-delete"),
        }
    }

    /// Whether its holder must be proved.
    const fn with_pin(&self) -> bool {
        matches!(self, Self::Load(_) | Self::Delete)
    }

    fn run(
        &self,
        desk: &Desk,
        card: &mut dyn Card,
        person: Option<&VerifiedPerson>,
    ) -> Result<Option<&'static str>, Say> {
        let said = |fault| no(&fault);
        match (self, person) {
            (Self::Look, _) => Ok(None),
            (Self::Update(pin), _) => {
                desk.update(card, pin.as_deref().map(String::as_str)).map_err(said)?;
                Ok(Some("application-done-updated"))
            }
            (Self::Load(wish), Some(person)) => {
                let found = desk.look(card).map_err(said)?.found;
                // Nothing is put onto a card from here: how that is done is the issuer's.
                if matches!(found, Found::Nothing | Found::Erased) {
                    return Err(Say::Key(Refusal::NoRoute.word()));
                }
                if !found.deeds().contains(&Deed::Load) {
                    return Err(Say::Key(Refusal::NotNow.word()));
                }
                desk.personalise(card, person.resident(), wish).map_err(said)?;
                Ok(Some("application-done-loaded"))
            }
            (Self::Delete, Some(_)) => {
                desk.delete(card).map_err(said)?;
                Ok(Some("application-done-deleted"))
            }
            (Self::Load(_) | Self::Delete, None) => Err(Say::Key(Refusal::NotNow.word())),
        }
    }
}

pub(super) async fn ask(at: AtCounter, fields: Fields) -> Result<Response, Failure> {
    at.serves(Sort::LoadingDesk)?;
    fields.only(&[["agent"].as_slice(), &FIELDS].concat())?;
    let agent = Id::parse(fields.get("agent")).map_err(|_| Failure::saying(Kind::NotFound, "agent-staff-unknown"))?;
    let job = Job::of(&fields).map_err(|say| match say {
        Say::Key(key) => Failure::saying(Kind::Invalid, key),
        _ => Failure::of(Kind::Invalid),
    })?;
    let (inside, counterpart) = (at.app.inside()?.clone(), at.app.counterpart()?.clone());
    let place = at.app.kiosk.clone().ok_or_else(|| Failure::of(Kind::NotFound))?;
    let bound = bound_to_key(at.terminal.id.to_string().as_bytes());
    let (purpose, verb) = (wording(job.words().1), Verb::Application { with_pin: job.with_pin() });
    at.app.outcomes.begins(at.terminal.id, at.app.seams.now());
    let request = blocking(move || {
        let request = counterpart.ask_signed(&*inside, agent, bound, purpose, verb)?;
        let (app, terminal) = (at.app.clone(), at.terminal.id);
        let desk = Desk { city: inside.as_ref().clone(), by: at.actor(), terminal };
        let (now, name) = (inside.seams.now(), request.digest());
        let work = Box::new(move |opened: Opened, card: &mut dyn Card| {
            let outcome = worked(&place.issuer, &desk, &job, &opened, card);
            app.outcomes.put(terminal, name, outcome);
        });
        let taken_on = at.app.relays.add((terminal, agent), request.clone(), now, work);
        taken_on.map_err(|busy| Failure::saying(Kind::TooMany, busy.word()))?;
        Ok(data_encoding::BASE64URL_NOPAD.encode(&request.to_bytes()))
    })
    .await?;
    Ok(Json(json!({ "request": request })).into_response())
}

fn worked(issuer: &Issuer, desk: &Desk, job: &Job, opened: &Opened, card: &mut dyn Card) -> Outcome {
    let person = if job.with_pin() { proved(issuer, opened).map(Some) } else { Ok(None) };
    let said = match person.and_then(|person| job.run(desk, card, person.as_ref())) {
        Ok(done) => done.map(Say::Done),
        Err(say) => Some(say),
    };
    let looked = desk.look(card).map_err(|fault| no(&fault));
    let row = looked.as_ref().ok().and_then(|seen| seen.row);
    match (&said, &looked) {
        (Some(say), _) => note(desk, row, job.words().0, say),
        (None, Err(say)) => note(desk, row, job.words().0, say),
        (None, Ok(_)) => {}
    }
    Outcome { looked, said, at: desk.city.seams.now() }
}

/// The person whose card proved itself on the agent's pad, in the connection that is worked in now. The request was used up
/// when its answer was taken.
fn proved(issuer: &Issuer, opened: &Opened) -> Result<VerifiedPerson, Say> {
    let city = &issuer.city;
    let card = opened.verify(&issuer.anchors, &*issuer.status, city.seams.now());
    let card = card.map_err(|refusal| Say::Key(card_sentence(&refusal)))?;
    let (vault, seams, agent) = (city.vault.clone(), city.seams.clone(), opened.agent.id.to_string());
    let found = city.store.write::<_, CredentialError, _>(move |tx| {
        let found = credentials::find_person(tx, &vault, seams.now(), &card)?;
        let event = if found.is_ok() { Event::CredentialUsed } else { Event::CredentialRefused };
        let actor = tools::access::Actor::Kiosk { terminal: agent.clone() };
        audit::append(tx, &seams, &actor, event, &[("how", "pin")])?;
        Ok(found)
    });
    let found = found.map_err(|error| {
        tracing::error!(%error, "who proved themselves at an agent could not be looked up");
        Say::Key("kiosk-card-status-unknown")
    })?;
    found.map_err(|refusal| Say::Key(credential_sentence(refusal)))
}

/// The agent came to its end: the page that asked is loaded anew and tells what stands there.
pub(super) async fn answer(at: AtCounter, fields: Fields) -> Result<Response, Failure> {
    at.serves(Sort::LoadingDesk)?;
    fields.only(&[["request", "answer"].as_slice(), &FIELDS].concat())?;
    let (request, now) = (at.app.counterpart()?.digest_of(fields.get("request")), at.app.seams.now());
    let is_told = request.is_some_and(|request| at.app.outcomes.came_back(at.terminal.id, &request, now));
    // Without an answer the agent came to no good end: the page is left only where something was done all the same.
    let next = (is_told || fields.filled("answer").is_some()).then_some(super::PATH);
    Ok(Json(json!({ "message": at.visit.say("application-agent-done"), "next": next })).into_response())
}

/// The part of the page about the card reader of this PC: behind one line, unless it is the way that is taken here.
pub(super) fn section(at: &AtCounter, port: u16, is_open: bool) -> Markup {
    let visit = &at.visit;
    let deeds: Vec<(String, String)> =
        [("look", "look"), ("load", "agent-load"), ("update", "update"), ("delete", "delete")]
            .map(|(word, key)| (word.to_owned(), visit.say(&format!("application-{key}"))))
            .into();
    let (emergency, hint) = (visit.say("application-emergency"), visit.say("application-emergency-hint"));
    let said = [("yes".to_owned(), visit.say("application-emergency-said-yes"))];
    html! {
        details class="card group" data-verbs="application" data-told-anyway open[is_open] {
            summary { h2 { (visit.say("application-agent")) } }
            p { (visit.say("application-agent-how")) }
            div id="agent-fields" {
                (radios("deed", &visit.say("application-agent-deed"), &deeds, "look"))
                div class="fields" {
                    (secret_field(at, ("", FIELDS[1]), "application-agent-pin", 16, false))
                }
                details {
                    summary { (visit.say("application-emergency-by-hand")) }
                    div class="fields" {
                        (field(visit.language, &Field { name: FIELDS[2], label: &emergency, hint: Some(&hint),
                            autocomplete: Some("off"), max_length: Some(300), ..Field::default() }))
                        (checkboxes(FIELDS[3], &visit.say("application-emergency-said"), &said, &[]))
                    }
                }
            }
            (pages::asking(visit, port, ASK, ANSWER, "application-agent-button"))
        }
    }
}
