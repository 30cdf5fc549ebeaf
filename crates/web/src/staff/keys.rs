//! Which seal, document certificate and code key this city signs with, since when, and what comes next (公印と鍵).
//!
//! ```text
//!  prepare (two persons) ─► published, not used ─► from when (two persons) ─► in use, without a restart ─► retired
//!                                  └────────────────────┴─► taken back (one person: nothing was made with it)
//! ```

use std::sync::Arc;

use axum::extract::{Multipart, State};
use axum::response::Response;
use base::{Date, Kind, Timestamp};
use maud::{Markup, html};
use store::StoreError;
use tools::paper_keys::{self, PaperKey, Part, Standing};
use tools::staff::Action;
use tools::staff::two_persons::{self, Deed};
use ui::form::{ButtonKind, Field, button, field, one_button};
use ui::notice::facts;
use ui::table::empty_state;

use super::shell;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

/// Its address.
pub const PATH: &str = "/staff/keys";
const PREPARE: &str = "/staff/keys/prepare";
const USE: &str = "/staff/keys/use";
const TAKE_BACK: &str = "/staff/keys/take-back";
/// A picture of a seal and three certificates are far smaller.
const MOST_BYTES: usize = 2 << 20;

/// A part as it is in use. Public names only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InUse {
    /// Which.
    pub part: Part,
    /// Its short name; `None` for the demo's drawn seal.
    pub id: Option<String>,
    /// Since when; `None`: since the city began.
    pub since: Option<Timestamp>,
    /// The last instant of its certificate.
    pub expires: Option<Timestamp>,
    /// What comes next, and from when; `None`: not decided yet.
    pub next: Option<(String, Option<Timestamp>)>,
    /// What was in use before, and until when. Papers of then go on verifying.
    pub earlier: Vec<(String, Timestamp)>,
}

/// A key or seal that was made and fits together.
pub struct MadeKey {
    /// Its short public name.
    pub name: String,
    /// Its contents, sealed.
    pub sealed: Vec<u8>,
}

/// Makes the next seal or key of a part.
pub trait KeyMaker: Send + Sync {
    /// From the files that were sent, or anew where the program makes it; `None` when they do not serve.
    fn make(&self, part: Part, files: &[Vec<u8>]) -> Option<MadeKey>;
}

/// Its routes.
pub fn routes() -> Routes {
    let rotate = Rule::Staff(Action::RotateKeys);
    Routes::new()
        .get(PATH, Rule::Staff(Action::SeeKeys), page)
        .post_up_to(PREPARE, rotate, MOST_BYTES, prepare)
        .post(USE, rotate, bring_in)
        .post(TAKE_BACK, rotate, take_back)
}

async fn page(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    let lines = app.keys_in_use.get().iter().map(|one| line(&visit, one)).collect::<Vec<_>>();
    let inside = app.inside()?.clone();
    let (ahead, is_demo) = (
        blocking(move || {
            let seams = inside.seams.clone();
            Ok(inside.store.read::<_, StoreError, _>(move |tx| {
                let mut ahead = Vec::new();
                for part in Part::ALL {
                    let Some(key) = paper_keys::ahead(tx, part)? else { continue };
                    let is_asked = two_persons::is_asked(tx, &seams, Deed::PrepareKey(key.id))?
                        || two_persons::is_asked(tx, &seams, Deed::UseKey(key.id))?;
                    // A proposal whose day has passed without a second person is none any more.
                    if key.standing != Standing::Proposed || is_asked {
                        ahead.push((key, is_asked));
                    }
                }
                Ok(ahead)
            })?)
        })
        .await?,
        app.is_demo(),
    );
    let title = visit.say("keys-title");
    let headings = ["keys-part", "keys-id", "keys-since", "keys-expires", "keys-next", "keys-earlier"];
    let may = me.may(Action::RotateKeys) && app.key_maker.is_some();
    let main = html! {
        (shell::said(&visit))
        p { (visit.say("keys-how")) }
        (visit.table(&title, &headings, &lines))
        section {
            h2 { (visit.say("keys-ahead")) }
            @if ahead.is_empty() { (empty_state(&visit.say("keys-ahead-none"), &visit.say("keys-ahead-how"))) }
            @for (key, is_asked) in &ahead { (on_its_way(&visit, &me, key, *is_asked)) }
        }
        @if may {
            section {
                h2 { (visit.say("keys-prepare")) }
                p { (visit.say("keys-prepare-how")) }
                @for part in Part::ALL { @if !ahead.iter().any(|(key, _)| key.part == part) { (form(&visit, part, is_demo)) } }
            }
        }
        p class="hint" { (visit.say("keys-rotate")) " " code { "yakuba keys rotate code --from 2027-04-01 --data D" } }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

fn part_word(visit: &Visit, part: Part) -> String {
    visit.say(&format!("keys-part-{}", part.word()))
}

fn line(visit: &Visit, one: &InUse) -> Vec<Markup> {
    let day = |at: Timestamp| ui::dates::date(visit.language, at.date_in_japan());
    let none = || html! { "–" };
    vec![
        html! { (part_word(visit, one.part)) },
        html! { @match &one.id { Some(id) => code { (id) }, None => (visit.say("keys-drawn")) } },
        html! { @match one.since { Some(at) => (ui::dates::instant(visit.language, at)), None => (visit.say("keys-from-the-start")) } },
        one.expires.map_or_else(none, |at| html! { (day(at)) }),
        match &one.next {
            Some((id, from)) => html! { code { (id) } " " (from_when(visit, *from)) },
            None => none(),
        },
        if one.earlier.is_empty() {
            none()
        } else {
            html! { ul { @for (id, until) in &one.earlier {
                li { code { (id) } " " (visit.say_with("keys-until", &[("day", ui::dates::instant(visit.language, *until).as_str().into())])) }
            } } }
        },
    ]
}

fn from_when(visit: &Visit, from: Option<Timestamp>) -> String {
    match from {
        Some(at) => {
            visit.say_with("keys-next-from", &[("when", ui::dates::instant(visit.language, at).as_str().into())])
        }
        None => visit.say("keys-next-open"),
    }
}

/// What is prepared or asked for, and what to do with it.
fn on_its_way(visit: &Visit, me: &SignedIn, key: &PaperKey, is_asked: bool) -> Markup {
    let what = part_word(visit, key.part);
    let state = match (key.standing, is_asked) {
        (Standing::Decided, _) => "keys-state-decided",
        (Standing::Prepared, true) => "keys-state-use-asked",
        (Standing::Prepared, false) => "keys-state-prepared",
        _ => "keys-state-asked",
    };
    let is_decided = key.standing == Standing::Decided || is_asked;
    let id = key.id.to_string();
    html! {
        section class="card" {
            h3 { (what) " " code { (key.name) } }
            (facts(&[
                (visit.say("staff-state"), html! { (visit.say(state)) }),
                (visit.say("staff-approval-at"), html! { (ui::dates::instant(visit.language, key.proposed_at)) }),
                (visit.say("keys-from"), html! { (from_when(visit, key.use_at.filter(|_| is_decided))) }),
            ]))
            @if is_asked { p { a href=(super::approvals::PATH) { (visit.say("staff-nav-approvals")) } } }
            @if me.may(Action::RotateKeys) && key.standing == Standing::Prepared && !is_asked {
                form method="post" action=(USE) {
                    (visit.csrf(USE))
                    input type="hidden" name="key" value=(id);
                    div class="fields" {
                        (input(visit, &format!("day-{id}"), "keys-day", "date", false))
                        (input(visit, &format!("time-{id}"), "keys-time", "time", false))
                        (input(visit, &format!("reason-{id}"), "staff-approval-reason", "", true))
                    }
                    p class="hint" { (visit.say("keys-at-once")) }
                    div class="buttons" { (button(ButtonKind::Primary, &visit.say("keys-use"))) }
                }
            }
            @if me.may(Action::RotateKeys) && key.standing.is_ahead() {
                (one_button(TAKE_BACK, &html! { (visit.csrf(TAKE_BACK)) input type="hidden" name="key" value=(id); },
                    ButtonKind::Secondary, &visit.say("keys-take-back"), Some(&what)))
            }
        }
    }
}

fn input(visit: &Visit, name: &str, label: &str, kind: &str, required: bool) -> Markup {
    let label = visit.say(label);
    let autocomplete = Some("off");
    field(visit.language, &Field { name, label: &label, kind, required, autocomplete, ..Field::default() })
}

/// The files a part is made of; none where the program makes it.
const fn files_of(part: Part) -> &'static [&'static str] {
    match part {
        Part::Code => &[],
        Part::Document => &["key", "certificate", "authority"],
        Part::Seal => &["picture"],
    }
}

fn form(visit: &Visit, part: Part, is_demo: bool) -> Markup {
    // A demo city has no authority that would send a certificate: its own makes one.
    let files = if is_demo && part == Part::Document { &[][..] } else { files_of(part) };
    let word = part.word();
    html! {
        details {
            summary { (part_word(visit, part)) }
            form method="post" action=(PREPARE) enctype="multipart/form-data" class="card" {
                (visit.csrf(PREPARE))
                input type="hidden" name="part" value=(word);
                p { (visit.say(&format!("keys-make-{word}"))) }
                div class="fields" {
                    @for name in files {
                        div class="field" {
                            label for=(format!("file-{name}")) { (visit.say(&format!("keys-file-{name}"))) }
                            input id=(format!("file-{name}")) name=(name) type="file" required;
                        }
                    }
                    (input(visit, &format!("reason-{word}"), "staff-approval-reason", "", true))
                }
                div class="buttons" { (button(ButtonKind::Primary, &visit.say("staff-ask-approval"))) }
            }
        }
    }
}

fn wrong(key: &'static str) -> Failure {
    Failure::saying(Kind::Invalid, key).next(PATH, "keys-title")
}

async fn prepare(
    State(app): State<Arc<App>>,
    me: SignedIn,
    form: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Result<Response, Failure> {
    let maker = app.key_maker.clone().ok_or_else(|| Failure::of(Kind::Unavailable))?;
    let (fields, sent) = read(form.map_err(|_| Failure::of(Kind::Invalid))?).await?;
    let part = Part::parse(fields.get("part")).ok_or_else(|| Failure::of(Kind::Invalid))?;
    let reason = shell::reason(&fields, &format!("reason-{}", part.word()))
        .map_err(|failure| failure.next(PATH, "keys-title"))?;
    let file = |name: &str| sent.iter().find(|(sent, _)| sent == name).map(|(_, bytes)| bytes.clone());
    let files: Vec<Vec<u8>> = files_of(part).iter().filter_map(|name| file(name)).collect();
    let made = blocking(move || maker.make(part, &files).ok_or_else(|| wrong("keys-wrong-files"))).await?;
    shell::change(&app, PATH, "staff-done-keys-asked", move |tx, seams| {
        two_persons::ask_key(tx, seams, &me.account, (part, &made.name), &made.sealed, &reason).map(drop)
    })
    .await
}

/// Plain fields, and files that are not empty.
async fn read(mut form: Multipart) -> Result<(Fields, Vec<(String, Vec<u8>)>), Failure> {
    let (mut plain, mut files) = (Vec::new(), Vec::new());
    while let Some(field) = form.next_field().await.map_err(|_| Failure::of(Kind::Invalid))? {
        let (name, is_file) = (field.name().unwrap_or_default().to_owned(), field.file_name().is_some());
        let bytes = field.bytes().await.map_err(|_| Failure::saying(Kind::Invalid, "error-too-large"))?;
        match (is_file, std::str::from_utf8(&bytes)) {
            (true, _) if bytes.is_empty() => {}
            (true, _) => files.push((name, bytes.to_vec())),
            (false, Ok(text)) => plain.push((name, text.to_owned())),
            (false, Err(_)) => return Err(Failure::of(Kind::Invalid)),
        }
    }
    Ok((Fields::of(plain), files))
}

/// The time that was asked for: this moment, where none was named.
fn at(fields: &Fields, key: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    let (day, time) = (fields.filled(&format!("day-{key}")), fields.filled(&format!("time-{key}")));
    let Some(day) = day else { return if time.is_none() { Ok(now) } else { Err(wrong("keys-wrong-time")) } };
    let day = Date::parse(day).map_err(|_| wrong("keys-wrong-time"))?;
    let (hour, minute) = time.unwrap_or("0:00").split_once(':').ok_or_else(|| wrong("keys-wrong-time"))?;
    let (hour, minute): (u8, u8) = match (hour.parse(), minute.parse()) {
        (Ok(hour @ 0..24), Ok(minute @ 0..60)) => (hour, minute),
        _ => return Err(wrong("keys-wrong-time")),
    };
    let at = Timestamp::in_japan(day, hour, minute, 0);
    if at <= now { Err(wrong("keys-wrong-past")) } else { Ok(at) }
}

async fn bring_in(State(app): State<Arc<App>>, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    let word = fields.get("key").to_owned();
    let key = shell::id(&word)?;
    let at = at(&fields, &word, app.seams.now())?;
    let reason =
        shell::reason(&fields, &format!("reason-{word}")).map_err(|failure| failure.next(PATH, "keys-title"))?;
    shell::change(&app, PATH, "staff-done-keys-asked", move |tx, seams| {
        two_persons::ask_use(tx, seams, &me.account, key, at, &reason).map(drop)
    })
    .await
}

async fn take_back(State(app): State<Arc<App>>, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    let key = shell::id(fields.get("key"))?;
    shell::change(&app, PATH, "staff-done-keys-taken-back", move |tx, seams| {
        two_persons::take_key_back(tx, seams, &me.account, key)
    })
    .await
}
