//! The library's counter (図書館カウンター): a card shown gives the patron number; registering it, and the old card beside it.

mod mykey;

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use base::Id;
use maud::{Markup, html};
use services::city_cards::issuing::{self, GiveRefusal, Wanted};
use services::city_cards::kept::{self, Kept};
use services::city_cards::{Standing, takings};
use services::library_card::system::{LibraryError, No};
use tools::access::{Actor, Duty};
use tools::service_cards::counter::Counter;
use tools::service_cards::{self, CardError, CardStatus, Form, IssueRefusal, ServiceCard};
use tools::terminals::Sort;
use ui::form::{ButtonKind, Field, button, field, one_button};
use ui::notice::{AlertKind, alert, chip, facts};

use super::form::pin_field;
use super::{Ask, AtCounter, FIELDS, Shown, deeds, enrol_for_taps, form, go, receipts, said, take};
use crate::app::blocking;
use crate::error::Failure;
use crate::form::Fields;
use crate::kiosk::Say;
use crate::routes::{Routes, Rule};

/// Whose cards.
const SERVICE: &str = "library_card";
const PATH: &str = "/counter/library";
const PERSON: &str = "/counter/library/person";

/// Its routes.
pub fn routes() -> Routes {
    Routes::new()
        .get(PATH, Rule::Kiosk, start)
        .post(PATH, Rule::Kiosk, shown)
        .post("/counter/library/once", Rule::Kiosk, once)
        .get(PERSON, Rule::Kiosk, person)
        .post("/counter/library/enrol", Rule::Kiosk, enrol)
        .get("/counter/library/{card}/receipt", Rule::Kiosk, receipt)
        .post(mykey::LINK, Rule::Kiosk, mykey::link)
        .post(mykey::UNLINK, Rule::Kiosk, mykey::unlink)
        .post("/counter/library/{card}/{deed}", Rule::Kiosk, change)
        .post("/counter/library/next", Rule::Kiosk, next)
}

async fn start(at: AtCounter) -> Result<Response, Failure> {
    at.serves(Sort::LibraryCounter)?;
    at.let_go();
    Ok(first(&at, at.to_say().as_ref()))
}

fn first(at: &AtCounter, say: Option<&Say>) -> Response {
    let visit = &at.visit;
    let title = visit.say("taps-library-title");
    let once = "/counter/library/once";
    let main = html! {
        h1 { (title) }
        p { (visit.say("taps-library-lead")) }
        (said(visit, &at.app.profile.counter, say))
        (form(at, PATH, Ask::Card))
        // Whatever went wrong, what comes next is most often this: a card that is shown here for the first time.
        details open[say.is_some_and(|say| !matches!(say, Say::Done(_)))] {
            summary { (visit.say("taps-library-once")) }
            p { (visit.say("taps-library-once-how")) }
            form method="post" action=(once) {
                (visit.csrf(once))
                (super::form::card_and_pin_in(at, super::form::Pin::Always, "once-"))
                (pin_field(visit, ("support", "support"), ("taps-library-support", "taps-library-support-hint"), false))
                div class="buttons" { (button(ButtonKind::Secondary, &visit.say("taps-library-once-button"))) }
            }
        }
    };
    visit.page(&title).render(&main).into_response()
}

async fn shown(at: AtCounter, fields: Fields) -> Result<Response, Failure> {
    at.serves(Sort::LibraryCounter)?;
    fields.only(&FIELDS)?;
    at.let_go();
    match take(&at, SERVICE, &fields).await? {
        Ok(shown) => {
            at.hold(SERVICE, shown.clone());
            // A link of our own goes first, also a stopped one.
            if at.app.library.mykey.is_none() {
                return Ok(go(PERSON));
            }
            let has_none = look(&at, &shown).await?.is_empty();
            at.app.held.looked_at(at.terminal.id);
            if has_none {
                return Ok(match mykey::number(&at, &fields).await? {
                    Ok(Some(number)) => mykey::told(&at, &number, true),
                    Ok(None) => go(PERSON),
                    Err(trouble) => at.go_saying(PERSON, trouble),
                });
            }
            Ok(go(PERSON))
        }
        Err(say @ Say::Key("kiosk-card-unknown" | "taps-no-not-enrolled")) => {
            Ok(match mykey::number(&at, &fields).await? {
                Ok(Some(number)) => mykey::told(&at, &number, false),
                // No PIN is asked for here: the way is to enrol.
                Ok(None) if say == Say::Key("taps-no-not-enrolled") => {
                    at.go_saying(PATH, Say::Key("taps-library-not-enrolled"))
                }
                Ok(None) => at.go_saying(PATH, say),
                Err(trouble) => at.go_saying(PATH, trouble),
            })
        }
        Err(say) => Ok(at.go_saying(PATH, say)),
    }
}

/// Enrols the card that lies there for taps: both PINs, once.
async fn once(at: AtCounter, fields: Fields) -> Result<Response, Failure> {
    at.serves(Sort::LibraryCounter)?;
    fields.only(&["card", "pin", "support"])?;
    at.choose(&fields);
    let place = at.app.kiosk.clone().ok_or_else(|| Failure::of(base::Kind::NotFound))?;
    let typed = |name| zeroize::Zeroizing::new(base::text::to_half_width(fields.get(name)));
    let (pin, support, terminal) = (typed("pin"), typed("support"), at.terminal.clone());
    let index = fields.filled("card").and_then(|text| text.parse::<usize>().ok());
    let done = blocking(move || {
        Ok(place.with_slot(terminal.id, |slot| {
            if let Some(index) = index
                && !slot.put_from_drawer(index)
            {
                return Err(Say::Key("kiosk-reader-waiting"));
            }
            let name = terminal.id.to_string();
            let enrolled = enrol_for_taps(&place.issuer, slot, &terminal, (&pin, &support), move |person| {
                Ok(Actor::Resident { resident: person.resident().clone(), terminal: Some(name.clone()) })
            });
            slot.eject();
            enrolled
        }))
    })
    .await?;
    let say = done.map_or_else(|say| say, |_| Say::Done("taps-library-once-done"));
    Ok(at.go_saying(PATH, say))
}

/// The person's cards: a disclosure to them, once for a showing and the page to which it leads.
async fn look(at: &AtCounter, shown: &Shown) -> Result<Vec<ServiceCard>, Failure> {
    let (city, by, who) = (at.app.inside()?.clone(), at.actor(), shown.resident().clone());
    let is_same = at.app.held.is_same_look(at.terminal.id);
    blocking(move || {
        let counter = Counter { city: &city, by: &by, duty: Duty::Library, service: SERVICE };
        let cards = if is_same { counter.look_on(&who) } else { counter.look(&who) };
        cards.map_err(|error| Failure::of(error.kind()))
    })
    .await
}

/// The library's card as the city defined it, with its fees; none where the library gives numbers as it always did.
async fn defined(at: &AtCounter) -> Result<Option<Kept>, Failure> {
    let city = at.app.inside()?.clone();
    let all = blocking(move || Ok(city.store.read(kept::all_shown)?)).await?;
    Ok(all.into_iter().find(|one| one.key == SERVICE && one.standing == Standing::Live))
}

/// What may be said beside a card: that it can be taken back, and the receipt of its fee.
async fn slips(at: &AtCounter, cards: &[ServiceCard]) -> Result<BTreeMap<Id, (bool, bool)>, Failure> {
    let (city, by) = (at.app.inside()?.clone(), at.actor());
    let (seams, here) = (city.seams.clone(), at.terminal.id.to_string());
    let ids: Vec<Id> = cards.iter().map(|card| card.id).collect();
    blocking(move || {
        let told = city.cards.read::<_, CardError, _>(move |tx| {
            let mut told = BTreeMap::new();
            for id in ids {
                let taking = takings::of_card(tx, id)?;
                let paid = taking.is_some_and(|one| one.terminal == here && one.given_back_at.is_none());
                told.insert(id, (issuing::may_undo(tx, &seams, &by, SERVICE, id)?, paid));
            }
            Ok(told)
        });
        Ok(told?)
    })
    .await
}

async fn receipt(at: AtCounter, Path(card): Path<String>) -> Result<Response, Failure> {
    at.serves(Sort::LibraryCounter)?;
    let Some(shown) = at.held(SERVICE) else { return Ok(go(PATH)) };
    let not_found = || Failure::of(base::Kind::NotFound);
    let id = Id::parse(&card).map_err(|_| not_found())?;
    let card = look(&at, &shown).await?.into_iter().find(|one| one.id == id).ok_or_else(not_found)?;
    let kept = defined(&at).await?.ok_or_else(not_found)?;
    receipts::sheet(&at, &kept, &card).await
}

async fn person(at: AtCounter) -> Result<Response, Failure> {
    at.serves(Sort::LibraryCounter)?;
    let Some(shown) = at.held(SERVICE) else { return Ok(go(PATH)) };
    page(&at, &shown, at.to_say().as_ref()).await
}

async fn page(at: &AtCounter, shown: &Shown, say: Option<&Say>) -> Result<Response, Failure> {
    page_with(at, shown, say, None).await
}

/// The person's page; with a number that the library said nothing of, and why, the choice to go on without.
async fn page_with(
    at: &AtCounter,
    shown: &Shown,
    say: Option<&Say>,
    unasked: Option<(&str, &str)>,
) -> Result<Response, Failure> {
    let cards = look(at, shown).await?;
    let (slips, kept) = (slips(at, &cards).await?, defined(at).await?);
    let told = histories(at, &cards).await?;
    let (visit, today) = (&at.visit, at.app.seams.today());
    let title = visit.say("taps-library-title");
    let has_one = cards.iter().any(|card| card.form == Form::OneCard && card.status.is_live());
    let registers = !has_one && unasked.is_none();
    // One next step a page: while something is to be registered, the next person comes second.
    let next = if registers || unasked.is_some() { ButtonKind::Secondary } else { ButtonKind::Primary };
    let main = html! {
        h1 { (title) }
        (said(visit, &at.app.profile.counter, say))
        @if cards.is_empty() {
            (alert(visit.language, AlertKind::Info, &html! { p { (visit.say("taps-library-none")) } }))
        }
        @if let Some((number, why)) = unasked { (unchecked_form(at, number, why)) }
        @for (card, words) in told.iter().filter(|(card, _)| card.status.is_live()) {
            @let is_unchecked = words.iter().any(|word| word == UNCHECKED);
            (one(at, card, (card.is_usable(today), is_unchecked), slips.get(&card.id)))
        }
        @if registers { (enrol_form(at, &cards, kept.as_ref())) }
        (mykey::section(at, &told))
        div class="buttons" { (one_button("/counter/library/next", &visit.csrf("/counter/library/next"), next,
            &visit.say("taps-library-next"), None)) }
    };
    // Whoever walks away leaves nothing on the screen.
    Ok(super::left(visit.page(&title).render(&main).into_response(), 120, PATH))
}

async fn histories(at: &AtCounter, cards: &[ServiceCard]) -> Result<Vec<(ServiceCard, Vec<String>)>, Failure> {
    let (city, by, cards) = (at.app.inside()?.clone(), at.actor(), cards.to_vec());
    blocking(move || {
        let counter = Counter { city: &city, by: &by, duty: Duty::Library, service: SERVICE };
        let with_words = |card: ServiceCard| Ok((card.clone(), counter.words(card.id)?));
        let all: Result<_, CardError> = cards.into_iter().map(with_words).collect();
        all.map_err(|error| Failure::of(error.kind()))
    })
    .await
}

fn one(
    at: &AtCounter,
    card: &ServiceCard,
    (is_usable, is_unchecked): (bool, bool),
    slips: Option<&(bool, bool)>,
) -> Markup {
    let (may_undo, is_paid) = slips.copied().unwrap_or_default();
    let visit = &at.visit;
    let state = if is_usable { AlertKind::Success } else { AlertKind::Warning };
    let deeds: &[(&str, &str, ButtonKind)] = match (card.status, card.form) {
        (CardStatus::Active, Form::OneCard) => {
            &[("hold", "taps-library-hold", ButtonKind::Secondary), ("lost", "taps-library-lost", ButtonKind::Danger)]
        }
        (CardStatus::Active, Form::OwnCard) => {
            &[("lost", "taps-library-lost", ButtonKind::Danger), ("end", "taps-library-end", ButtonKind::Danger)]
        }
        (_, Form::OneCard) => &[("resume", "taps-library-resume", ButtonKind::Secondary)],
        (_, Form::OwnCard) => {
            &[("resume", "taps-library-resume", ButtonKind::Secondary), ("end", "taps-library-end", ButtonKind::Danger)]
        }
    };
    let form = visit.say(card.form.word());
    html! {
        section class="card" {
            h2 { (form) }
            p { (visit.say("taps-library-found")) }
            p class="secret" { (card.number.reveal()) }
            p { (chip(state, &visit.say(card.status.word()))) }
            @if is_paid {
                p { a class="lone" href=(format!("/counter/library/{}/receipt", card.id)) { (visit.say("city-cards-desk-receipt-paper")) } }
            }
            @if is_unchecked { p { (chip(AlertKind::Warning, &visit.say("taps-library-unchecked"))) } }
            div class="buttons" {
                @if may_undo {
                    @let undo = format!("/counter/library/{}/undo", card.id);
                    (one_button(&undo, &visit.csrf(&undo), ButtonKind::Secondary, &visit.say("city-cards-desk-undo"), Some(&form)))
                }
                @for (deed, key, kind) in deeds {
                    @let action = format!("/counter/library/{}/{deed}", card.id);
                    (one_button(&action, &visit.csrf(&action), *kind, &visit.say(key), Some(&form)))
                }
            }
        }
    }
}

fn enrol_form(at: &AtCounter, cards: &[ServiceCard], kept: Option<&Kept>) -> Markup {
    let (visit, action) = (&at.visit, "/counter/library/enrol");
    let (label, hint) = (visit.say("taps-library-number"), visit.say("taps-library-number-hint"));
    // The number of the old card goes on, unless the counter says otherwise.
    let old = cards.iter().find(|card| card.status.is_live()).map(|card| card.number.reveal().as_str());
    html! {
        section class="card" {
            h2 { (visit.say("taps-library-enrol")) }
            p { (visit.say("taps-library-enrol-how")) }
            // Where nothing is to be paid, nothing is said of money.
            @if let Some(fees) = kept.map(|kept| kept.definition.fees()).filter(|fees| fees.one_card > base::Yen::ZERO) {
                (facts(&[
                    (visit.say("city-cards-fee-one"), html! { strong { (fees.one_card) } }),
                    (visit.say("city-cards-difference"), html! { (fees.difference(false)) }),
                ]))
                p { (visit.say("city-cards-desk-pay-first")) }
            }
            form method="post" action=(action) {
                (visit.csrf(action))
                div class="fields" {
                    (field(visit.language, &Field { name: "number", label: &label, hint: Some(&hint),
                        value: old.unwrap_or_default(), required: true, autocomplete: Some("off"),
                        max_length: Some(tools::service_cards::MAX_NUMBER), ..Field::default() }))
                }
                div class="buttons" { (button(ButtonKind::Primary, &visit.say("taps-library-enrol-button"))) }
            }
        }
    }
}

/// The library said nothing of this number now.
fn unchecked_form(at: &AtCounter, number: &str, why: &str) -> Markup {
    let (visit, action) = (&at.visit, "/counter/library/enrol");
    html! {
        section class="card" {
            h2 { (visit.say(why)) }
            p { (visit.say("taps-library-unasked-how")) }
            p class="secret" { (number) }
            form method="post" action=(action) {
                (visit.csrf(action))
                input type="hidden" name="number" value=(number);
                div class="buttons" {
                    (button(ButtonKind::Primary, &visit.say("taps-library-ask-again")))
                    button type="submit" name="unchecked" value="yes" class="button button-secondary" {
                        (visit.say("taps-library-go-unchecked"))
                    }
                }
            }
            p { a class="lone" href=(PERSON) { (visit.say("taps-library-other-number")) } }
        }
    }
}

/// In a card's history: its number was compared with the library, or could not be.
const CHECKED: &str = "number_checked";
const UNCHECKED: &str = "number_unchecked";

/// What the library says of a number that was typed.
enum Compared {
    /// It is a patron's; whether they may borrow now.
    Known {
        is_open: bool,
    },
    Unknown,
    /// There was an answer, and it does not say whose number it is.
    NotSaid,
    NotAsked,
}

async fn compare(at: &AtCounter, number: String) -> Result<Compared, Failure> {
    let Some(system) = at.app.library.system.clone() else { return Ok(Compared::NotAsked) };
    blocking(move || {
        Ok(match system.patron(&number) {
            Ok(patron) => Compared::Known { is_open: !patron.standing.no_loans },
            Err(LibraryError::No(No::UnknownPatron, _)) => Compared::Unknown,
            // A patron who may borrow nothing is a patron, and was answered as one above. A bare no is no answer about a number.
            Err(LibraryError::No(..)) => Compared::NotSaid,
            Err(_) => Compared::NotAsked,
        })
    })
    .await
}

async fn enrol(at: AtCounter, fields: Fields) -> Result<Response, Failure> {
    at.serves(Sort::LibraryCounter)?;
    fields.only(&["number", "unchecked"])?;
    let Some(shown) = at.held(SERVICE) else { return Ok(go(PATH)) };
    // What is no number, or an Individual Number, is not sent to the library either.
    let Ok(number) = service_cards::sound_number(fields.get("number")) else {
        return Ok(at.go_saying(PERSON, Say::Key("taps-library-refused-number")));
    };
    let compared = compare(&at, number.clone()).await?;
    let word = match compared {
        Compared::Known { .. } => CHECKED,
        Compared::Unknown => return Ok(at.go_saying(PERSON, Say::Key("taps-library-number-none"))),
        // Without a library's system there is nothing to wait for; with one, somebody decides.
        Compared::NotAsked if at.app.library.system.is_none() => UNCHECKED,
        Compared::NotAsked | Compared::NotSaid if fields.get("unchecked") == "yes" => UNCHECKED,
        Compared::NotAsked => return page_with(&at, &shown, None, Some((&number, "taps-library-unasked"))).await,
        Compared::NotSaid => return page_with(&at, &shown, None, Some((&number, "taps-library-unsaid"))).await,
    };
    let (city, by, who) = (at.app.inside()?.clone(), at.actor(), shown.resident().clone());
    let kept = defined(&at).await?;
    let issued = blocking(move || {
        let Some(card) = kept else {
            let counter = Counter { city: &city, by: &by, duty: Duty::Library, service: SERVICE };
            let issued = counter.issue_remarked(&who, Form::OneCard, &number, word)?;
            return Ok(issued.map(|_| ()).map_err(GiveRefusal::from));
        };
        let wanted = Wanted { card: &card, form: Form::OneCard, typed: Some(&number), replaces: None };
        let given = match issuing::give(&city, &by, &who, &wanted)? {
            Ok(given) => given,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let seams = city.seams.clone();
        city.cards.write(move |tx| service_cards::remark(tx, &seams, &by, SERVICE, given.card, word))?;
        Ok(Ok(()))
    })
    .await?;
    let say = match issued {
        Ok(()) if matches!(compared, Compared::Known { is_open: false }) => {
            Say::Done("taps-library-done-enrolled-closed")
        }
        Ok(()) => Say::Done("taps-library-done-enrolled"),
        Err(GiveRefusal::Issue(IssueRefusal::NumberTaken)) => Say::Key("taps-library-refused-taken"),
        Err(GiveRefusal::Issue(IssueRefusal::HasOne | IssueRefusal::NotThere)) => Say::Key("taps-library-refused-has"),
        Err(_) => Say::Key("taps-library-refused-number"),
    };
    Ok(at.go_saying(PERSON, say))
}

async fn change(
    at: AtCounter,
    Path((card, deed)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, Failure> {
    at.serves(Sort::LibraryCounter)?;
    fields.only(&[])?;
    let Some(shown) = at.held(SERVICE) else { return Ok(go(PATH)) };
    if deed == "undo" {
        return undo(&at, &shown, &card).await;
    }
    let offers = ["hold", "lost", "resume", "end"];
    let changed = deeds::change(&at, (SERVICE, Duty::Library), &shown, (&card, &deed), &offers).await?;
    let say = if changed { Say::Done("taps-library-done-changed") } else { Say::Key("taps-library-refused-changed") };
    Ok(at.go_saying(PERSON, say))
}

/// Takes the last step back, and the fee with it.
async fn undo(at: &AtCounter, shown: &Shown, card: &str) -> Result<Response, Failure> {
    let card = Id::parse(card).map_err(|_| Failure::of(base::Kind::NotFound))?;
    let (city, by, who) = (at.app.inside()?.clone(), at.actor(), shown.resident().clone());
    let undone = blocking(move || Ok(issuing::undo(&city, &by, &who, SERVICE, card)?)).await?;
    let say = if undone { Say::Done("city-cards-desk-undone") } else { Say::Key("city-cards-desk-too-late") };
    Ok(at.go_saying(PERSON, say))
}

async fn next(at: AtCounter, fields: Fields) -> Result<Response, Failure> {
    deeds::next(&at, Sort::LibraryCounter, &fields)
}
