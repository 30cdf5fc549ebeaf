//! What every page of the console has around it.

use std::sync::Arc;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use base::{Id, Kind, Seams};
use maud::{Markup, html};
use store::{StoreError, Tx};
use tools::staff::{Action, StaffError};
use ui::notice::{AlertKind, alert};
use ui::page::{NavLink, Page, Width};

use crate::app::{App, blocking};
use crate::assets;
use crate::error::Failure;
use crate::form::Fields;
use crate::session;
use crate::visit::{SignedIn, Visit};

/// The pages of the navigation, with the action that opens each.
const PAGES: &[(&str, &str, Option<Action>)] = &[
    ("/staff", "staff-nav-home", None),
    ("/staff/register", "staff-nav-register", Some(Action::SearchRegister)),
    ("/staff/papers", "staff-nav-papers", Some(Action::SeePapers)),
    ("/staff/registrations", "registration-staff-nav", Some(Action::ReviewRegistrations)),
    ("/staff/applications", "national-staff-nav", Some(Action::HandleApplications)),
    ("/staff/letters", "letters-nav", Some(Action::SeeLetters)),
    ("/staff/events", "event-staff-nav", Some(Action::ManageEvents)),
    ("/staff/notices", "notice-nav", Some(Action::SeeNotices)),
    ("/staff/cards", "city-cards-nav", Some(Action::SeeCards)),
    ("/staff/library", "library-staff-nav", Some(Action::KeepLibrary)),
    ("/staff/hospital", "hospital-staff-nav", Some(Action::SeeHospital)),
    ("/staff/hours", "staff-nav-hours", Some(Action::SeeHours)),
    ("/staff/statistics", "staff-nav-statistics", Some(Action::SeeCounts)),
    ("/staff/terminals", "staff-nav-terminals", Some(Action::ManageTerminals)),
    ("/staff/cash", "cash-nav", Some(Action::SeeCash)),
    ("/staff/keys", "staff-nav-keys", Some(Action::SeeKeys)),
    ("/staff/city-application", "application-nav", Some(Action::LoadCityApplication)),
    ("/staff/city-application/keys", "application-keys-nav", Some(Action::CityApplicationKeys)),
    ("/staff/imports", "staff-nav-imports", Some(Action::SeeImports)),
    ("/staff/incidents", "staff-nav-incidents", Some(Action::SeeIncidents)),
    ("/staff/approvals", "staff-nav-approvals", Some(Action::SeeApprovals)),
    ("/staff/apps", "apps-staff-nav", Some(Action::ReviewApps)),
    ("/staff/looked", "staff-nav-looked", Some(Action::SeeWhoLooked)),
    ("/staff/objections", "looked-staff-nav", Some(Action::AnswerObjections)),
    ("/staff/representatives", "representative-staff-nav", Some(Action::ManageRepresentatives)),
    ("/staff/accounts", "staff-nav-accounts", Some(Action::SeeStaff)),
    ("/staff/staff-ids", "staff-id-nav", Some(Action::ManageStaffIds)),
    ("/staff/audit", "staff-nav-audit", Some(Action::SeeAudit)),
];

/// A page of the console being built.
pub struct Console {
    page: Page,
    title: String,
    idle: Markup,
}

impl Console {
    /// `title` becomes the page's one `<h1>`.
    pub fn new(visit: &Visit, me: &SignedIn, title: &str) -> Self {
        // The innermost page of the navigation that holds this one.
        let holds = |href: &str| {
            let rest = visit.path.strip_prefix(href);
            rest.is_some_and(|rest| rest.is_empty() || (href != "/staff" && rest.starts_with('/')))
        };
        let here = PAGES.iter().map(|(href, ..)| *href).filter(|href| holds(href)).max_by_key(|href| href.len());
        let nav = PAGES
            .iter()
            .filter(|(_, _, action)| action.is_none_or(|action| me.may(action)))
            .map(|(href, key, _)| NavLink {
                href: (*href).to_owned(),
                label: visit.say(key),
                is_here: Some(*href) == here,
            })
            .collect();
        let who = html! {
            a href="/staff/me" { (me.account.name) " (" (me.account.office) ")" }
            form method="post" action="/staff/sign-out" class="one-button" {
                (visit.csrf("/staff/sign-out"))
                button type="submit" class="link-like" { (visit.say("staff-sign-out")) }
            }
        };
        let idle = visit.idle(session::STAFF_IDLE_SECONDS, "/staff/alive", "/staff");
        let page = visit
            .page(title)
            .width(Width::Wide)
            .script(assets::path("console.js"))
            .script(assets::path("idle.js"))
            .nav(nav)
            .who(who);
        Self { page, title: title.to_owned(), idle }
    }

    /// With a further script.
    pub fn script(&mut self, address: &str) {
        self.page = self.page.clone().script(address);
    }

    /// The finished page.
    pub fn render(&self, main: &Markup) -> Response {
        self.page.render(&html! { (self.idle) h1 { (self.title) } (main) }).into_response()
    }
}

/// A page of the console without anything special.
pub fn page(visit: &Visit, me: &SignedIn, title: &str, main: &Markup) -> Response {
    Console::new(visit, me, title).render(main)
}

/// Reads an id of a path.
///
/// # Errors
/// [`Kind::NotFound`]: whatever it is, there is nothing there.
pub fn id(text: &str) -> Result<Id, Failure> {
    Id::parse(text).map_err(|_| Failure::of(Kind::NotFound))
}

impl Visit {
    /// A table under headings of these keys.
    pub(crate) fn table(&self, caption: &str, headings: &[&str], rows: &[Vec<Markup>]) -> Markup {
        let said: Vec<String> = headings.iter().map(|key| self.say(key)).collect();
        ui::table::table(caption, &said.iter().map(String::as_str).collect::<Vec<_>>(), rows)
    }

    /// A list for Excel under headings of these keys.
    pub(super) fn csv(&self, name: &str, headings: &[&str], rows: &[Vec<String>]) -> Response {
        let said: Vec<String> = headings.iter().map(|key| self.say(key)).collect();
        let headings: Vec<&str> = said.iter().map(String::as_str).collect();
        let mut response = ui::csv::file(&headings, rows).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
        if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}.csv\"")) {
            headers.insert(header::CONTENT_DISPOSITION, value);
        }
        response
    }
}

/// The reason that stands in this field: shown to colleagues, never about a person.
///
/// # Errors
/// Blank, longer than 200 characters, or holding an Individual Number.
pub fn reason(fields: &Fields, name: &str) -> Result<String, Failure> {
    let text = fields.get(name);
    let is_sound =
        (1..=200).contains(&text.chars().count()) && base::my_number_guard::refuse_individual_number(text).is_ok();
    if is_sound { Ok(text.to_owned()) } else { Err(Failure::saying(Kind::Invalid, "staff-incident-no-reason")) }
}

/// Changes something in one transaction and goes to a page that says so.
///
/// # Errors
/// What `action` answers; then nothing was changed.
pub async fn change<E, F>(app: &Arc<App>, address: &str, done: &'static str, mut action: F) -> Result<Response, Failure>
where
    E: From<StoreError> + Into<Failure> + Send + 'static,
    F: FnMut(&mut Tx<'_>, &Seams) -> Result<(), E> + Send + 'static,
{
    let inside = app.inside()?.clone();
    blocking(move || {
        let seams = inside.seams.clone();
        inside.store.write(move |tx| action(tx, &seams)).map_err(E::into)
    })
    .await?;
    Ok(self::done(address, done))
}

/// Text as it stands in an address.
pub fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// After a form was done: on to a page, which a reload does not send again. `done` is the key of a sentence the page
/// shows; it stands in the address and holds nothing personal.
pub fn done(address: &str, done: &'static str) -> Response {
    axum::response::Redirect::to(&format!("{address}?done={done}")).into_response()
}

/// The sentence of [`done`], if this page was reached so. Only our own keys are shown.
pub fn said(visit: &Visit) -> Markup {
    let key = visit.address.split_once("done=").map_or("", |(_, key)| key.split('&').next().unwrap_or(""));
    html! {
        @if key.starts_with("staff-done-") && ui::words().has(visit.language, key) {
            (alert(visit.language, AlertKind::Success, &html! { p { (visit.say(key)) } }))
        }
    }
}

impl From<StaffError> for Failure {
    fn from(error: StaffError) -> Self {
        use tools::approvals::ApprovalError;
        match error {
            StaffError::Store(error) | StaffError::Approval(ApprovalError::Store(error)) => error.into(),
            StaffError::Refused(refusal) => Self::saying(refusal.kind(), refusal.words()),
            StaffError::Approval(ApprovalError::Refused(refusal)) => {
                use tools::approvals::Refusal;
                let key = match refusal {
                    Refusal::NotStaff => "staff-approval-not-you",
                    Refusal::Unknown => "staff-approval-unknown",
                    Refusal::OwnProposal => "staff-approval-own",
                    Refusal::Expired => "staff-approval-expired",
                    Refusal::Decided | Refusal::Executed => "staff-approval-decided",
                    Refusal::NotApproved | Refusal::OtherPayload => "staff-approval-other",
                };
                Self::saying(refusal.kind(), key).next("/staff/approvals", "staff-nav-approvals")
            }
        }
    }
}

impl From<tools::incidents::IncidentError> for Failure {
    fn from(error: tools::incidents::IncidentError) -> Self {
        use tools::incidents::IncidentError;
        match error {
            IncidentError::Store(error) => error.into(),
            IncidentError::NoReason => Self::saying(error.kind(), "staff-incident-no-reason"),
            IncidentError::NotOpen => Self::saying(error.kind(), "staff-incident-not-open"),
        }
    }
}
