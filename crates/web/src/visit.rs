//! What a handler knows about the request: language, form tokens, who is there; and the shell of its page.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use maud::{Markup, html};
use tools::staff::{Account, Action};
use ui::{Arg, Language, Page, Sight, words};

use crate::app::App;
use crate::assets;
use crate::error::Failure;
use crate::session::{CsrfKey, Session};

/// One request as a handler sees it.
#[derive(Clone)]
pub struct Visit {
    /// The reader's language.
    pub language: Language,
    /// Text size and readings, as chosen.
    pub sight: Sight,
    /// Path without query.
    pub path: String,
    /// Path with query but without `lang`, for the language links. Addresses hold nothing personal.
    pub address: String,
    /// The host asked for, with its port: one of ours.
    pub host: String,
    /// Whether somebody stands at a terminal of the city, in the portal: nothing to keep, no way out.
    pub at_terminal: bool,
    /// The network address, when known.
    pub peer: Option<IpAddr>,
    /// Whether the request comes from this very machine, not through a proxy that hides somebody else.
    pub is_here: bool,
    /// The city's name in the reader's language.
    pub city: String,
    /// Whether this is a demo database.
    pub is_demo: bool,
    /// In the portal, while somebody acts for another: both names.
    pub acting: Option<Acting>,
    /// Makes form tokens, behind a rule that knows who is there.
    pub(crate) csrf: Option<CsrfKey>,
}

/// Who acts for whom, as shown above every page.
#[derive(Clone, PartialEq, Eq)]
pub struct Acting {
    /// The representative's name.
    pub who: String,
    /// The represented person's name.
    pub represented: String,
}

impl std::fmt::Debug for Acting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Acting(<personal>)")
    }
}

impl Visit {
    /// Whether the drawer of sample cards may be opened: a demo, at this very machine.
    pub(crate) const fn opens_drawer(&self) -> bool {
        self.is_demo && self.is_here
    }

    /// The sentence for `key`.
    pub fn say(&self, key: &str) -> String {
        words().get(self.language, key)
    }

    /// The sentence for `key` with values.
    pub fn say_with(&self, key: &str, arguments: &[(&str, Arg<'_>)]) -> String {
        words().format(self.language, key, arguments)
    }

    /// The sentence for `key` as HTML, with readings in easy Japanese.
    pub fn say_html(&self, key: &str) -> Markup {
        words().markup(self.language, key, &[])
    }

    /// By what a thing of this kind (the key of its words) is told from another: a word that its holder chose, or, for an
    /// application on a card, the sign of the city's list, which stands on no card and so says what it is.
    pub(crate) fn known_by(&self, kind: &str, mark: &str) -> String {
        let is_application = kind == tools::credentials::CredentialKind::CityApplication.word();
        let key = if is_application { "credential-sign" } else { "credential-mark" };
        self.say_with(key, &[("mark", mark.into())])
    }

    /// The hidden field every form that is sent to `action` needs. Empty where nobody is known (then only the
    /// browser's word about the sending site protects).
    pub fn csrf(&self, action: &str) -> Markup {
        html! { @if let Some(key) = &self.csrf { input type="hidden" name="csrf" value=(key.token(action)); } }
    }

    /// The token itself, for a script's `x-csrf` header.
    pub fn csrf_token(&self, action: &str) -> String {
        self.csrf.as_ref().map(|key| key.token(action)).unwrap_or_default()
    }

    /// The box that idle.js shows shortly before a session ends by lying idle; without script the next page says so.
    pub(crate) fn idle(&self, seconds: i64, alive: &str, home: &str) -> Markup {
        html! {
            section id="idle" class="idle alert alert-warning" hidden data-seconds=(seconds) data-alive=(alive)
                data-home=(home) aria-labelledby="idle-title" role="alertdialog" tabindex="-1" {
                h2 id="idle-title" { (self.say("staff-idle-title")) }
                // A terminal waits less than the two minutes that the usual words speak of.
                p { (self.say(if seconds < 240 { "staff-idle-soon" } else { "staff-idle-how" })) }
                button type="button" class="button" { (self.say("staff-idle-stay")) }
            }
        }
    }

    /// What stands above every page of a demo. A browser that was made a terminal on the demo's first page finds back to it; a
    /// terminal that stands anywhere else is left by nobody.
    fn demo_band(&self) -> Markup {
        let is_terminal =
            self.path == "/revisit" || ["/counter/", "/revisit/"].iter().any(|at| self.path.starts_with(at));
        html! {
            (self.say_html("page-demo-band"))
            @if is_terminal && self.opens_drawer() { " " a href="/" { (self.say_html("page-demo-entrance")) } }
        }
    }

    /// The shell of a page: style, city, demo band, languages.
    pub fn page(&self, title: &str) -> Page {
        let page = Page::new(self.language, title)
            .city(&self.city)
            .icon(assets::path("yakuba.svg"))
            .style(assets::path("yakuba.css"))
            .languages_at(&self.address)
            .sight(self.sight);
        if self.is_demo { page.band(self.demo_band()) } else { page }
    }
}

/// Behind [`crate::Rule::StaffSignedIn`] and [`crate::Rule::Staff`]: who is signed in.
#[derive(Clone)]
pub struct SignedIn {
    /// Their account.
    pub account: Account,
    /// Their session.
    pub session: Session,
}

impl SignedIn {
    /// Whether their roles allow `action`.
    pub fn may(&self, action: Action) -> bool {
        self.account.may(action)
    }

    /// As an actor for access, disclosure and audit.
    pub fn actor(&self) -> tools::access::Actor {
        self.account.actor()
    }
}

/// Behind [`crate::Rule::Kiosk`] and [`crate::Rule::KioskSession`]: the enrolled terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtTerminal(pub tools::terminals::Terminal);

/// Behind [`crate::Rule::KioskSession`]: the session a verified card began at this terminal.
#[derive(Clone)]
pub struct InKioskSession(pub Session);

/// Behind [`crate::Rule::Resident`]: a resident in the portal, known at least as far as the route asks.
#[derive(Clone, Debug)]
pub struct InPortal(pub tools::portal::Session);

impl InPortal {
    /// How far they are known.
    pub const fn level(&self) -> tools::portal::Assurance {
        self.0.level
    }

    /// Whose matters the page is about.
    pub fn subject(&self) -> tools::portal::AccountId {
        self.0.subject()
    }
}

macro_rules! from_extensions {
    ($($name:ident),*) => { $(
        impl FromRequestParts<Arc<App>> for $name {
            type Rejection = Failure;

            /// Fails only by a defect: a handler that asks for what its route's rule does not give.
            async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Failure> {
                parts.extensions.get::<Self>().cloned().ok_or_else(|| {
                    Failure::defect("routes", &concat!("the rule of this route gives no ", stringify!($name)))
                })
            }
        }
    )* };
}
from_extensions!(Visit, SignedIn, AtTerminal, InKioskSession, InPortal);
