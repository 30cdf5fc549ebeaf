//! What every page of the portal has around it: its few places at the bottom, and for whom one acts.

use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use ui::page::NavLink;

use crate::visit::{InPortal, Visit};

/// The places (fronts.md: ホーム・ポスト・手続き・カード・設定), each with what lies below it.
const TABS: &[(&str, &str)] = &[
    ("/portal", "portal-tab-home"),
    ("/portal/letters", "portal-tab-letters"),
    ("/portal/schemes", "portal-tab-schemes"),
    ("/portal/cards", "portal-tab-cards"),
    ("/portal/settings", "portal-tab-settings"),
];

/// Pages that stand below "my cards", though their addresses do not.
const BELOW_CARDS: [&str; 3] = ["/portal/library", "/portal/hospital", "/portal/emergency-card"];

/// A page of the portal; `title` becomes its one `<h1>`.
pub fn page(visit: &Visit, me: &InPortal, title: &str, main: &Markup) -> Response {
    bare(visit, me, title, &html! { h1 { (title) } (main) })
}

/// A page whose main part brings its own `<h1>`.
pub fn bare(visit: &Visit, me: &InPortal, title: &str, main: &Markup) -> Response {
    with_scripts(visit, me, title, &[], main)
}

/// The same with scripts, each the name of an asset. The page must work without them.
pub fn with_scripts(visit: &Visit, me: &InPortal, title: &str, scripts: &[&str], main: &Markup) -> Response {
    if super::terminal::is_at(me) {
        return at_terminal(visit, title, scripts, main);
    }
    let is_below_cards = BELOW_CARDS.iter().any(|path| visit.path.starts_with(path));
    let place = if is_below_cards { "/portal/cards" } else { &*visit.path };
    let tabs = TABS
        .iter()
        .map(|(href, key)| NavLink {
            href: (*href).to_owned(),
            label: visit.say(key),
            is_here: *href == place || (*href != "/portal" && place.starts_with(&format!("{href}/"))),
        })
        .collect();
    let who = html! {
        form method="post" action="/portal/sign-out" class="one-button" {
            (visit.csrf("/portal/sign-out"))
            button type="submit" class="link-like" { (visit.say("portal-sign-out")) }
        }
    };
    let mut page = visit.page(title).tabs(tabs).who(who).script(crate::assets::path("idle.js"));
    for script in scripts {
        page = page.script(crate::assets::path(script));
    }
    let main = html! {
        (visit.idle(tools::portal::session::IDLE_SECONDS, "/portal/alive", "/portal"))
        @if me.0.acting_for.is_some() {
            div class="acting" role="status" {
                p { (visit.say_html("portal-acting")) }
                @if let Some(acting) = &visit.acting {
                    p class="acting-names" { (visit.say_with("representative-both", &[
                        ("who", acting.who.as_str().into()), ("represented", acting.represented.as_str().into())])) }
                }
                a href="/portal/representatives" { (visit.say("portal-acting-change")) }
            }
        }
        (main)
    };
    page.render(&main).into_response()
}

/// What stands at the head of a page that lies below "my cards".
pub struct BelowCards<'a> {
    /// Key of its title.
    pub title: &'static str,
    /// Keys of what it is for, the first in full size.
    pub lead: &'a [&'static str],
    /// Whether it says what was just done, where it was reached so.
    pub says_done: bool,
}

/// A page below "my cards": its head, its content and the way back, the same on each.
pub fn below_cards(visit: &Visit, me: &InPortal, head: &BelowCards<'_>, main: &Markup) -> Response {
    let main = html! {
        h1 { (visit.say_html(head.title)) }
        @if head.says_done { (said(visit)) }
        @for (at, key) in head.lead.iter().enumerate() { p class=[(at > 0).then_some("hint")] { (visit.say_html(key)) } }
        (main)
        p class="no-print" { a href="/portal/cards" { (visit.say_html("portal-back-to-cards")) } }
    };
    with_scripts(visit, me, &visit.say(head.title), &["portal.js"], &main)
}

/// A page as it stands at a terminal of the city: large, with a bar of its own, gone home by itself.
fn at_terminal(visit: &Visit, title: &str, scripts: &[&str], main: &Markup) -> Response {
    let (idle, seconds, over) = super::terminal::idle(visit);
    let sight = ui::Sight { is_large: true, ..visit.sight };
    let mut page = visit.page(title).sight(sight).tabs(super::terminal::places(visit)).refresh(seconds, over);
    for script in ["idle.js", "terminal.js"].iter().chain(scripts) {
        page = page.script(crate::assets::path(script));
    }
    page.render(&html! { (idle) (super::terminal::bar(visit)) div class="at-terminal" { (main) } }).into_response()
}

/// After a form was done: on to a page that says so. `done` is the key of a sentence and holds nothing personal.
pub fn done(address: &str, done: &'static str) -> Response {
    axum::response::Redirect::to(&format!("{address}?done={done}")).into_response()
}

/// The sentence of [`done`], if this page was reached so. Only keys that begin with `portal-done-` are shown.
pub fn said(visit: &Visit) -> Markup {
    let key = visit.address.split_once("done=").map_or("", |(_, key)| key.split('&').next().unwrap_or(""));
    html! {
        @if key.starts_with("portal-done-") && ui::words().has(visit.language, key) {
            (ui::notice::alert(visit.language, ui::notice::AlertKind::Success, &html! { p { (visit.say(key)) } }))
        }
    }
}
