//! The browser's side of passkeys, the same for staff and residents: the form that `passkey.js` works on, the cookie
//! between the two halves, the options as an answer.

use axum::http::HeaderMap;
use axum::response::{IntoResponse, Json, Response};
use maud::{Markup, html};
use tools::passkeys::{Begun, CeremonySecret};
use ui::notice::{AlertKind, alert};

use crate::session;
use crate::visit::Visit;

/// A form that registers (`create`) or uses (`get`) a passkey. It is begun at `at/begin` and finished at `at/finish`.
pub(crate) fn form(visit: &Visit, kind: &str, at: &str, fields: &Markup, button: &str) -> Markup {
    let (begin, finish) = (format!("{at}/begin"), format!("{at}/finish"));
    html! {
        form method="post" action=(begin) data-passkey=(kind) data-finish=(finish)
            data-finish-token=(visit.csrf_token(&finish)) {
            (visit.csrf(&begin))
            (fields)
            div class="buttons" { button type="submit" class="button" { (button) } }
            noscript { (alert(visit.language, AlertKind::Warning, &html! { p { (visit.say("staff-needs-script")) } })) }
            p class="passkey-status" role="status" data-waiting=(visit.say("staff-passkey-waiting"))
                data-failed=(visit.say("staff-passkey-failed")) {}
        }
    }
}

/// The secret in the cookie `name`.
pub(crate) fn secret(headers: &HeaderMap, name: &str) -> Option<CeremonySecret> {
    session::cookie(headers, name).and_then(CeremonySecret::parse)
}

/// What the browser needs to go on, and the cookie `name` that leads back.
pub(crate) fn options(begun: &Begun, name: &str, is_https: bool) -> Response {
    let mut response = Json(&begun.options).into_response();
    session::give(&mut response, &session::set_cookie(name, &begun.secret.cookie_value(), is_https));
    response
}
