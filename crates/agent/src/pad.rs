//! The PIN pad: a page of the agent's own origin, opened as a window. It says who asks, what for, and how many tries are
//! left, before anything can be typed; what is typed goes over loopback to the card and nowhere else.
//!
//! ```text
//!  GET  /pad/ID          once; shows the question
//!  POST /pad/ID  step=…  do=enter pin=… | do=look | do=stop | do=language lang=…     each step good once
//! ```

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use card::{CardError, LastTry, MalformedPin, Pin, ReaderError};
use maud::{Markup, html};
use pki::agent::Verb;
use ui::form::{ButtonKind, button};
use ui::notice::{AlertKind, alert, facts};
use ui::{Arg, Language, Page, words};
use zeroize::Zeroizing;

use crate::desk::{NoPad, Pad, State as Stands};
use crate::form::Typed;
use crate::relay::RelayFault;
use crate::request::{blocking, comes_from_our_page, is_opened_as_page, language};
use crate::state::Agent;
use crate::work::{Trouble, pin_of};

/// A form of the pad.
pub(crate) const MOST_BYTES: usize = 4096;
/// A card signs in less than two seconds; a reader that hangs is told of after this.
const CARD_SECONDS: u64 = 20;
/// A hall loads a card in less than a minute over a slow line; one that hangs is told of after this.
const HALL_SECONDS: u64 = 120;

/// Something said on the pad.
struct Say {
    kind: AlertKind,
    key: &'static str,
    tries: u8,
}

impl Say {
    const fn error(key: &'static str) -> Self {
        Self { kind: AlertKind::Error, key, tries: 0 }
    }
}

pub(crate) async fn open(State(agent): State<Arc<Agent>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let language = language(&headers);
    if !is_opened_as_page(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    if agent.is_being_guessed() {
        return no_pad(language, StatusCode::TOO_MANY_REQUESTS, "agent-refused-guessed");
    }
    let opened = agent.desk().open(&agent.seams, &id);
    match opened {
        Ok(pad) => show(&agent, &id, pad, None).await,
        Err(no) => refuse(&agent, language, no),
    }
}

fn refuse(agent: &Agent, language: Language, no: NoPad) -> Response {
    let (status, key) = match no {
        NoPad::Unknown => {
            agent.count_wrong_id();
            (StatusCode::NOT_FOUND, "agent-pad-unknown")
        }
        NoPad::OpenedBefore => (StatusCode::GONE, "agent-pad-opened-before"),
        NoPad::Over => (StatusCode::GONE, "agent-pad-over"),
        NoPad::Done => (StatusCode::GONE, "agent-pad-finished"),
    };
    no_pad(language, status, key)
}

fn no_pad(language: Language, status: StatusCode, key: &str) -> Response {
    let say = words().markup(language, key, &[]);
    let page = page(language, "agent-pad-title").render(&html! {
        h1 { (words().markup(language, "agent-pad-title", &[])) }
        (alert(language, AlertKind::Error, &html! { p { (say) } }))
    });
    (status, page).into_response()
}

pub(crate) async fn step(
    State(agent): State<Arc<Agent>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !comes_from_our_page(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let typed = Typed::parse(&body);
    drop(body);
    let stepped = agent.desk().step(&agent.seams, &id, typed.get("step"));
    let (is_this_step, pad) = match stepped {
        Ok(stepped) => stepped,
        Err(no) => return refuse(&agent, language(&headers), no),
    };
    // A form sent twice, or a page loaded again: nothing that was typed is used.
    if !is_this_step {
        return show(&agent, &id, pad, Some(Say::error("agent-pad-sent-twice"))).await;
    }
    match typed.get("do") {
        "stop" => {
            agent.desk().change(agent.seams.now(), &id, |pad| pad.state = Stands::Stopped);
            finished(&pad, AlertKind::Info, "agent-pad-stopped")
        }
        "language" => {
            let chosen = Language::from_code(typed.get("lang")).unwrap_or(pad.language);
            let changed = agent.desk().change(agent.seams.now(), &id, |pad| pad.language = chosen);
            match changed {
                Some(pad) => show(&agent, &id, pad, None).await,
                None => refuse(&agent, chosen, NoPad::Over),
            }
        }
        "enter" => enter(agent, id, pad, typed).await,
        _ => show(&agent, &id, pad, None).await,
    }
}

/// Sends what was typed to the card, at most once.
async fn enter(agent: Arc<Agent>, id: String, pad: Pad, typed: Typed) -> Response {
    let secret = Zeroizing::new(typed.get("secret").to_owned());
    // Consent counts only when the person was asked for it.
    let last_try = if pad.was_warned && typed.get("last-try") == "yes" { LastTry::Allow } else { LastTry::Refuse };
    drop(typed);
    let (agent_, request) = (agent.clone(), pad.request.clone());
    let pairing = pad.pairing.clone();
    let is_hall = matches!(pad.request.request.verb, Verb::Application { .. });
    let work = blocking(move || agent_.card.perform(&pairing, &request, &secret, last_try));
    let seconds = Duration::from_secs(if is_hall { HALL_SECONDS } else { CARD_SECONDS });
    let done = match tokio::time::timeout(seconds, work).await {
        Ok(Some(done)) => done,
        Ok(None) | Err(_) => Err(Trouble::Silent),
    };
    match done {
        // The hall takes this request no second time: the page asks anew, and goes on where the card stands.
        Err(Trouble::Relay(fault)) => {
            tracing::info!(%fault, "the hall did not come to its end");
            agent.desk().change(agent.seams.now(), &id, |pad| pad.state = Stands::Stopped);
            finished(&pad, AlertKind::Error, hall_key(&fault))
        }
        Ok(sealed) => {
            let kept = agent.desk().change(agent.seams.now(), &id, |pad| pad.state = Stands::Answered(sealed));
            match kept {
                Some(pad) => finished(&pad, AlertKind::Success, done_key(&pad)),
                None => refuse(&agent, pad.language, NoPad::Over),
            }
        }
        Err(trouble) => {
            tracing::info!(reason = trouble_key(&trouble), "a card gave nothing");
            let missed = matches!(trouble, Trouble::Card(CardError::WrongPin { .. } | CardError::PinLocked { .. }));
            let pad = agent.desk().change(agent.seams.now(), &id, |pad| pad.misses += u32::from(missed)).unwrap_or(pad);
            let tries = match &trouble {
                Trouble::Card(CardError::WrongPin { tries_left, .. }) => *tries_left,
                _ => 0,
            };
            let say = Say { kind: AlertKind::Error, key: trouble_key(&trouble), tries };
            show(&agent, &id, pad, Some(say)).await
        }
    }
}

fn done_key(pad: &Pad) -> &'static str {
    match pad.request.request.verb {
        Verb::Identify => "agent-pad-done-identify",
        Verb::SignDocument { .. } => "agent-pad-done-sign",
        Verb::Application { .. } => "agent-pad-done-application",
    }
}

/// What is said where the hall did not come to its end.
const fn hall_key(fault: &RelayFault) -> &'static str {
    match fault {
        RelayFault::Late => "agent-pad-hall-late",
        _ => "agent-pad-hall-stopped",
    }
}

/// The sentence for each trouble: what happened, and what to do.
const fn trouble_key(trouble: &Trouble) -> &'static str {
    match trouble {
        Trouble::Busy => "agent-card-busy",
        Trouble::Silent => "agent-card-silent",
        Trouble::Relay(fault) => hall_key(fault),
        Trouble::Sealing => "agent-pad-defect",
        Trouble::Certificate => "agent-card-unreadable",
        Trouble::Typed(MalformedPin::NotFourDigits) => "agent-pin-shape",
        Trouble::Typed(_) => "agent-password-shape",
        Trouble::Card(error) => match error {
            CardError::WrongPin { pin: Pin::UserAuthentication, .. } => "agent-pin-wrong",
            CardError::WrongPin { .. } => "agent-password-wrong",
            CardError::PinLocked { pin: Pin::UserAuthentication } => "agent-pin-locked",
            CardError::PinLocked { .. } => "agent-password-locked",
            CardError::LastTryKept { .. } => "agent-last-try-unconfirmed",
            CardError::CounterUnknown { .. } | CardError::PinRequired { .. } => "agent-card-unreadable",
            CardError::NotAnIndividualNumberCard | CardError::UnknownDevice => "agent-card-wrong-kind",
            CardError::NoCertificate => "agent-card-no-certificate",
            CardError::CardRemoved => "agent-card-removed",
            CardError::Reader(error) => reader_key(error),
            CardError::UnexpectedStatus { .. } | CardError::MalformedAnswer { .. } => "agent-card-unreadable",
            CardError::UnsignableLength(_) => "agent-pad-defect",
        },
    }
}

const fn reader_key(error: &ReaderError) -> &'static str {
    match error {
        ReaderError::LibraryMissing { .. } | ReaderError::DaemonNotRunning => "agent-reader-no-service",
        ReaderError::NoReader => "agent-reader-none",
        ReaderError::NoCard => "agent-card-none",
        ReaderError::SeveralCards(_) => "agent-card-several",
        ReaderError::Unresponsive => "agent-card-mute",
        ReaderError::InUse => "agent-card-in-use",
        ReaderError::CardRemoved | ReaderError::CardReset => "agent-card-removed",
        ReaderError::Failed { .. } => "agent-reader-failed",
    }
}

/// The pad as it stands: asks the card how many tries are left, which costs none, and lets it go again.
async fn show(agent: &Arc<Agent>, id: &str, pad: Pad, say: Option<Say>) -> Response {
    let (agent_, pin) = (agent.clone(), pin_of(&pad.request.request.verb));
    let look = blocking(move || agent_.card.tries_left(pin));
    let tries = match tokio::time::timeout(Duration::from_secs(CARD_SECONDS), look).await {
        Ok(Some(tries)) => tries,
        Ok(None) | Err(_) => Err(Trouble::Silent),
    };
    let is_last = tries == Ok(1);
    agent.desk().change(agent.seams.now(), id, |pad| pad.was_warned = is_last);
    draw(id, &pad, &tries, say.as_ref()).into_response()
}

fn page(language: Language, title: &str) -> Page {
    // Whose window this is: not the city's page.
    let city = words().get(language, "agent-own-title");
    Page::new(language, words().get(language, title)).city(city).style("/assets/pad.css").script("/assets/pad.js")
}

fn title_of(pad: &Pad) -> &'static str {
    match pad.request.request.verb {
        Verb::Identify => "agent-pad-title",
        Verb::SignDocument { .. } => "agent-sign-title",
        Verb::Application { .. } => "agent-application-title",
    }
}

fn finished(pad: &Pad, kind: AlertKind, key: &str) -> Response {
    let say = |key: &str| words().markup(pad.language, key, &[]);
    page(pad.language, title_of(pad))
        .render(&html! {
            h1 { (say(title_of(pad))) }
            (alert(pad.language, kind, &html! { p { (say(key)) } }))
            p data-close="" { (say("agent-pad-close")) }
        })
        .into_response()
}

fn draw(id: &str, pad: &Pad, tries: &Result<u8, Trouble>, said: Option<&Say>) -> Markup {
    let language = pad.language;
    let say = |key: &str| words().markup(language, key, &[]);
    let action = format!("/pad/{id}");
    page(language, title_of(pad)).render(&html! {
        (languages(pad, &action))
        h1 { (say(title_of(pad))) }
        (who_and_what(pad))
        @if let Some(said) = said {
            (alert(language, said.kind, &html! { p { (words().markup(language, said.key, &[("tries", said.tries.into())])) } }))
        }
        @match tries {
            Ok(0) if needs_secret(pad) => {
                @if said.is_none_or(|said| !said.key.ends_with("-locked")) {
                    (alert(language, AlertKind::Error, &html! { p { (say(locked_key(pad))) } }))
                }
                (again(pad, &action))
            }
            Ok(tries) => (entry(pad, &action, *tries)),
            // A card whose PIN nobody needs is worked on whatever the PIN says.
            Err(Trouble::Card(CardError::NotAnIndividualNumberCard | CardError::UnknownDevice)) if !needs_secret(pad) => {
                (entry(pad, &action, 0))
            }
            Err(trouble) => {
                @if said.is_none_or(|said| said.key != trouble_key(trouble)) {
                    (alert(language, AlertKind::Warning, &html! { p { (say(trouble_key(trouble))) } }))
                }
                (again(pad, &action))
            }
        }
    })
}

/// Whether something is typed: the hall may look at its application without the holder's PIN.
fn needs_secret(pad: &Pad) -> bool {
    !matches!(pad.request.request.verb, Verb::Application { with_pin: false })
}

fn locked_key(pad: &Pad) -> &'static str {
    match pad.request.request.verb {
        Verb::Identify | Verb::Application { .. } => "agent-pin-locked",
        Verb::SignDocument { .. } => "agent-password-locked",
    }
}

/// Who asks, for what; for a signature also every word that is signed.
fn who_and_what(pad: &Pad) -> Markup {
    let language = pad.language;
    let name = |key: &str| words().get(language, key);
    let request = &pad.request.request;
    let (city, purpose) = match language {
        Language::Japanese => (&pad.pairing.name, &request.purpose.japanese),
        Language::EasyJapanese => (&pad.pairing.name, &request.purpose.easy),
        Language::English => (&pad.pairing.name_english, &request.purpose.english),
    };
    let who = html! { (city) " " small { "(" (pad.pairing.audience) ")" } };
    let mut rows = vec![(name("agent-pad-who"), who), (name("agent-pad-purpose"), html! { (purpose) })];
    if let Verb::SignDocument { title, lines, digest } = &request.verb {
        let hex = data_encoding::HEXUPPER.encode(digest);
        let groups: Vec<&str> = (0..hex.len()).step_by(4).map(|at| &hex[at..at + 4]).collect();
        rows.push((name("agent-sign-document"), html! { strong { (title) } }));
        rows.push((name("agent-sign-lines"), html! { ul class="lines" { @for line in lines { li { (line) } } } }));
        rows.push((name("agent-sign-digest"), html! { code class="digest" { (groups.join(" ")) } }));
    }
    facts(&rows)
}

fn entry(pad: &Pad, action: &str, tries: u8) -> Markup {
    let language = pad.language;
    let say = |key: &str, arguments: &[(&str, Arg<'_>)]| words().markup(language, key, arguments);
    let is_pin = matches!(pad.request.request.verb, Verb::Identify | Verb::Application { .. });
    let (label, hint) =
        if is_pin { ("agent-pin-label", "agent-pin-hint") } else { ("agent-password-label", "agent-password-hint") };
    let button_key = match pad.request.request.verb {
        Verb::Identify => "agent-pad-enter",
        Verb::SignDocument { .. } => "agent-sign-enter",
        Verb::Application { .. } => "agent-application-enter",
    };
    html! {
        form method="post" action=(action) data-once="" autocomplete="off" {
            input type="hidden" name="step" value=(pad.step);
            // Before the field, so that nobody types without having been told.
            @if tries == 1 && needs_secret(pad) { (alert(language, AlertKind::Warning, &html! { p { (say("agent-last-try", &[])) } })) }
            @if needs_secret(pad) {
                div class="field" {
                    label for="secret" { (say(label, &[])) }
                    p class="hint" id="secret-hint" { (say(hint, &[])) }
                    p class="tries" id="secret-tries" {
                        (say("agent-pad-tries", &[("tries", tries.into())]))
                        @if pad.misses > 0 { " " (say("agent-pad-misses", &[("misses", pad.misses.into())])) }
                    }
                    @if is_pin {
                        input id="secret" class="pin" name="secret" type="password" inputmode="numeric" maxlength="4"
                            required autocomplete="off" autofocus aria-describedby="secret-tries secret-hint";
                    } @else {
                        input id="secret" name="secret" type="password" maxlength="16" required autocomplete="off"
                            autocapitalize="characters" spellcheck="false" autofocus aria-describedby="secret-tries secret-hint";
                    }
                }
                @if is_pin { (keypad(language)) }
            } @else { p { (say("agent-application-no-pin", &[])) } }
            @if tries == 1 && needs_secret(pad) {
                div class="choice" {
                    input type="checkbox" id="last-try" name="last-try" value="yes" required;
                    label for="last-try" { (say("agent-last-try-yes", &[])) }
                }
            }
            div class="buttons" {
                button class="button" type="submit" name="do" value="enter" { (say(button_key, &[])) }
                button class="button button-secondary" type="submit" name="do" value="stop" formnovalidate {
                    (say("agent-pad-stop", &[]))
                }
            }
        }
    }
}

/// For fingers; shown by the script. Whoever has a keyboard or a screen reader uses the field itself.
fn keypad(language: Language) -> Markup {
    let say = |key: &str| words().get(language, key);
    html! {
        div id="keypad" class="keypad" role="group" aria-label=(say("agent-keypad")) hidden {
            @for digit in ["1", "2", "3", "4", "5", "6", "7", "8", "9"] {
                button type="button" data-digit=(digit) { (digit) }
            }
            button type="button" data-clear="1" { (words().markup(language, "agent-keypad-clear", &[])) }
            button type="button" data-digit="0" { "0" }
        }
    }
}

/// No card to ask: put it there and try again, here.
fn again(pad: &Pad, action: &str) -> Markup {
    let say = |key: &str| words().get(pad.language, key);
    html! {
        form method="post" action=(action) data-once="" {
            input type="hidden" name="step" value=(pad.step);
            div class="buttons" {
                button class="button" type="submit" name="do" value="look" { (say("agent-pad-again")) }
                button class="button button-secondary" type="submit" name="do" value="stop" { (say("agent-pad-stop")) }
            }
        }
    }
}

fn languages(pad: &Pad, action: &str) -> Markup {
    html! {
        nav class="languages" aria-label=(words().get(pad.language, "page-languages")) {
            ul {
                @for language in Language::ALL {
                    li {
                        @if language == pad.language {
                            span lang=(language.html()) aria-current="true" { (language.name()) }
                        } @else {
                            form method="post" action=(action) class="one-button" {
                                input type="hidden" name="step" value=(pad.step);
                                input type="hidden" name="lang" value=(language.code());
                                button class="link-like" type="submit" name="do" value="language" lang=(language.html()) {
                                    (language.name())
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A plain button of this house, so that the agent's own page looks the same.
pub(crate) fn plain_button(kind: ButtonKind, language: Language, key: &str) -> Markup {
    button(kind, &words().get(language, key))
}

pub(crate) fn shell(language: Language, title: &str) -> Page {
    page(language, title)
}
