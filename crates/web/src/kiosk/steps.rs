//! The handlers of the machine's pages: each shows a screen of the session or takes one step in it.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::{Kind, Yen};
use services::convenience_certificates::actions::{self, Closed};
use services::convenience_certificates::kinds::family_register::is_family;
use services::convenience_certificates::{Choices, Members, OptionalItems, machine_fee};
use tools::access::Actor;
use tools::terminals::coin_box::CoinBox as _;
use tools::terminals::printer::Trouble;
use tools::terminals::{Terminal, TerminalSecret};
use ui::Language;

use super::machine::{At, Place, Slots, go};
use super::say::Say;
use super::session::{Ending, Screen, Session};
use super::{choosing, first, letters, printing_views, views};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::security::SIGHT_COOKIE;
use crate::session::{self as web_session, Door};
use crate::visit::InKioskSession;

/// Demo only, on this computer only: enrols this browser as a machine.
pub(super) async fn demo(State(app): State<Arc<App>>) -> Result<Response, Failure> {
    let inside = app.inside()?.clone();
    let secret = blocking(move || {
        let seams = inside.seams.clone();
        Ok(inside.store.write(move |tx| {
            let actor = Actor::System { job: "demo" };
            tools::terminals::enrol_here(tx, &seams, &actor, "体験用 証明書発行機", "この画面")
                .map(|(_, secret)| secret)
        })?)
    })
    .await?;
    Ok(enrolled(&app, &secret, "/kiosk"))
}

/// Gives this browser the secret of a terminal and shows its first screen.
pub(crate) fn enrolled(app: &App, secret: &TerminalSecret, path: &str) -> Response {
    let is_https = app.settings.is_https;
    let value = data_encoding::BASE64URL_NOPAD.encode(&secret.0);
    let cookie = web_session::set_lasting_cookie(web_session::terminal_cookie(is_https), &value, is_https);
    with_cookie(go(path), &cookie)
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    web_session::give(&mut response, cookie);
    response
}

pub(super) async fn start(at: At) -> Result<Response, Failure> {
    at.with_session(|at, place, session, machine| {
        if let Some(session) = session.as_mut() {
            session.stop(&place.issuer, Ending::Stopped);
            if session.is_printing() {
                return Ok(go(session.screen.path()));
            }
        }
        *session = None;
        machine.slot.eject();
        let frame = at.frame(at.visit.language);
        Ok(match (closed(place, &at.terminal)?, machine.out.trouble(&place.issuer)) {
            (Some(closed), _) => first::closed(&frame, &closed).into_response(),
            (None, Some(trouble)) => first::no_printer(&frame, trouble, &machine.out).into_response(),
            (None, None) => first::start(&frame, false).into_response(),
        })
    })
    .await
}

/// Whether the service is closed at this moment.
fn closed(place: &Place, terminal: &Terminal) -> Result<Option<Closed>, Failure> {
    let issuer = &place.issuer;
    let closed = actions::closed_now(&issuer.city, issuer.fresh_minutes, &terminal.id.to_string());
    closed.map_err(|error| Failure::of(error.kind()))
}

pub(super) async fn begin(at: At, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["language", "letters"])?;
    let language = fields.filled("language").and_then(Language::from_code).unwrap_or_default();
    let wants_letters = fields.get("letters") == "yes" && at.app.tickets.is_some();
    if !at.place()?.has_room() {
        let page = first::start(&at.frame(language), true);
        return Ok((StatusCode::SERVICE_UNAVAILABLE, page).into_response());
    }
    at.with_session(move |at, place, session, machine| {
        // No paper is asked of whoever comes for letters.
        if let Some(closed) = closed(place, &at.terminal)?.filter(|_| !wants_letters) {
            let page = first::closed(&at.frame(language), &closed);
            return Ok((StatusCode::SERVICE_UNAVAILABLE, page).into_response());
        }
        if session.as_ref().is_some_and(Session::is_printing) {
            return Ok(go(Screen::Print.path()));
        }
        // Nobody begins where the last paper still lies in the printer (I10).
        if let Some(trouble) = machine.out.trouble(&place.issuer).filter(|_| !wants_letters) {
            let page = first::no_printer(&at.frame(language), trouble, &machine.out);
            return Ok((StatusCode::SERVICE_UNAVAILABLE, page).into_response());
        }
        let now = place.issuer.city.seams.now();
        let (slot, coins, out) = (machine.slot.clone(), machine.coins.clone(), machine.out.clone());
        let mut begun = Session::new(at.terminal.clone(), language, slot, coins, out, now);
        begun.wants_letters = wants_letters;
        *session = Some(begun);
        Ok(go(Screen::Card.path()))
    })
    .await
}

pub(super) async fn card(at: At) -> Result<Response, Failure> {
    at.show(Screen::Card, |frame, session, place| {
        let drawer = match &place.slots {
            Slots::Drawer(drawer) => Some(drawer.labels()),
            Slots::Reader(_) => None,
        };
        Ok(views::card(frame, session, drawer.as_deref()))
    })
    .await
}

pub(super) async fn card_placed(at: At, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["card"])?;
    let index = fields.filled("card").and_then(|text| text.parse().ok());
    at.step(Screen::Card, move |session, _| {
        if let Some(index) = index
            && !session.slot.put_from_drawer(index)
        {
            return Err(Say::Key("kiosk-reader-waiting"));
        }
        session.card_placed()
    })
    .await
}

pub(super) async fn pin(at: At) -> Result<Response, Failure> {
    at.show(Screen::Pin, |frame, session, _| Ok(views::pin(frame, session))).await
}

pub(super) async fn pin_typed(at: At, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["pin"])?;
    let pin = base::text::to_half_width(fields.filled("pin").unwrap_or_default());
    let is_https = at.app.settings.is_https;
    let (office, back) = (at.app.tickets.clone(), letters::back(&at));
    let step = move |session: &mut Session, place: &Place| {
        session.sign_in(&place.issuer, &pin)?;
        match office.filter(|_| session.wants_letters) {
            Some(office) => session.ask_ticket(&place.issuer, &office, &back),
            None => Ok(()),
        }
    };
    let response = at.clone().step(Screen::Pin, step).await?;
    // Only now, behind a verified signature, does a session begin that the other steps ask for.
    let secret = at
        .with_session(|at, place, session, _| {
            if session.as_ref().is_none_or(|session| !matches!(session.screen, Screen::Kind | Screen::Portal)) {
                return Ok(None);
            }
            let city = &place.issuer.city;
            let (seams, terminal) = (city.seams.clone(), at.terminal.id.to_string());
            Ok(Some(
                city.store.write(move |tx| web_session::start(tx, &seams, Door::Kiosk, &terminal, Some(&terminal)))?,
            ))
        })
        .await?;
    Ok(match secret {
        Some(secret) => {
            let cookie = web_session::set_cookie(Door::Kiosk.cookie(is_https), &secret.cookie_value(), is_https);
            with_cookie(response, &cookie)
        }
        None => response,
    })
}

pub(super) async fn touch(at: At, fields: Fields) -> Result<Response, Failure> {
    fields.only(&[])?;
    at.with_session(|_, place, session, _| {
        if let Some(session) = session.as_mut() {
            session.touched = place.issuer.city.seams.now();
        }
        Ok(StatusCode::NO_CONTENT.into_response())
    })
    .await
}

pub(super) async fn stop(at: At, fields: Fields) -> Result<Response, Failure> {
    fields.only(&[])?;
    at.with_session(|_, place, session, _| {
        if let Some(session) = session.as_mut() {
            session.stop(&place.issuer, Ending::Stopped);
            if session.is_printing() {
                return Ok(go(session.screen.path()));
            }
        }
        Ok(go(Screen::Ended.path()))
    })
    .await
}

pub(super) async fn ended(at: At) -> Result<Response, Failure> {
    let is_https = at.app.settings.is_https;
    let page = at
        .with_session(|at, place, session, _| {
            // Who arrives here while a session runs has let the time run out (the page itself brings them here).
            if let Some(session) = session.as_mut() {
                // From the portal the browser comes back when the visit is over.
                let was_at_portal = session.screen == Screen::Portal;
                session.stop(&place.issuer, if was_at_portal { Ending::Finished } else { Ending::TimedOut });
                if session.is_printing() {
                    return Ok(go(session.screen.path()));
                }
            }
            let language = session.as_ref().map_or(at.visit.language, |session| session.language);
            let page = views::ended(&at.frame(language), session.as_ref());
            *session = None;
            Ok(page.into_response())
        })
        .await?;
    let page = with_cookie(page, &web_session::clear_cookie(SIGHT_COOKIE, is_https));
    Ok(with_cookie(page, &web_session::clear_cookie(Door::Kiosk.cookie(is_https), is_https)))
}

pub(super) async fn choose(at: At, _: InKioskSession, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    if query.as_deref() == Some("back=1") {
        at.clone()
            .with_session(|_, _, session, _| {
                if let Some(session) = session.as_mut()
                    && session.screen == Screen::Confirm
                {
                    session.screen = Screen::Choose;
                }
                Ok(())
            })
            .await?;
    }
    at.show(Screen::Choose, |frame, session, place| choosing::page(frame, session, place)).await
}

pub(super) async fn chosen(at: At, _: InKioskSession, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["who", "member", "item", "copies"])?;
    let places: Vec<usize> = fields.all("member").filter_map(|text| text.parse().ok()).collect();
    let has = |item: &str| fields.all("item").any(|value| value == item);
    let items = OptionalItems {
        relationship: has("relationship"),
        domicile: has("domicile"),
        nationality: has("nationality"),
        residence_card_number: has("residence_card_number"),
        residence_status: has("residence_status"),
    };
    let who = fields.filled("who").unwrap_or_default().to_owned();
    let copies = fields.filled("copies").and_then(|text| base::text::to_half_width(text).parse().ok()).unwrap_or(0);
    at.step(Screen::Choose, move |session, _| {
        if is_family(session.choices.kind) {
            return session.confirm_family(&who, &places, items, copies);
        }
        let members = match who.as_str() {
            "household" => Members::Household,
            "chosen" => Members::Chosen(
                places.iter().filter_map(|&place| session.members().get(place)).map(|m| m.id.clone()).collect(),
            ),
            _ => Members::Applicant,
        };
        session.confirm_choices(Choices { members, items, copies, ..session.choices.clone() })
    })
    .await
}

pub(super) async fn confirm(at: At, _: InKioskSession) -> Result<Response, Failure> {
    at.show(Screen::Confirm, |frame, session, place| {
        let (kind, today) = (session.choices.kind, place.issuer.city.seams.today());
        let one = place.issuer.city.store.read(|tx| machine_fee(tx, kind, today))?;
        let fee = one.and_then(|one| one.times(u32::from(session.choices.copies))).unwrap_or_default();
        Ok(views::confirm(frame, session, fee))
    })
    .await
}

pub(super) async fn confirmed(at: At, _: InKioskSession, fields: Fields) -> Result<Response, Failure> {
    fields.only(&[])?;
    at.step(Screen::Confirm, |session, place| session.begin(&place.issuer)).await
}

pub(super) async fn pay(at: At, _: InKioskSession) -> Result<Response, Failure> {
    at.show(Screen::Pay, |frame, session, _| {
        let inserted = session.coins.inserted().unwrap_or_default();
        let request = session.request().ok_or_else(|| Failure::of(Kind::Gone))?;
        Ok(views::pay(frame, session, request, inserted))
    })
    .await
}

pub(super) async fn insert(at: At, _: InKioskSession, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["coin"])?;
    let coin = fields.filled("coin").and_then(|text| text.parse().ok()).filter(|yen| views::COINS.contains(yen));
    let coin = coin.map(Yen).ok_or_else(|| Failure::of(Kind::Invalid))?;
    at.step(Screen::Pay, move |session, _| {
        session.coins.insert(coin);
        Ok(())
    })
    .await
}

pub(super) async fn paid(at: At, _: InKioskSession, fields: Fields) -> Result<Response, Failure> {
    fields.only(&[])?;
    at.step(Screen::Pay, |session, place| session.pay(&place.issuer)).await
}

pub(super) async fn print(at: At, _: InKioskSession) -> Result<Response, Failure> {
    at.show(Screen::Print, |frame, session, _| Ok(printing_views::print(frame, session))).await
}

pub(super) async fn printed(at: At, _: InKioskSession, fields: Fields) -> Result<Response, Failure> {
    fields.only(&[])?;
    at.step(Screen::Print, |session, place| session.print(&place.issuer)).await
}

/// Nobody must wait for staff: while the paper is held, the money comes back.
pub(super) async fn print_stopped(at: At, _: InKioskSession, fields: Fields) -> Result<Response, Failure> {
    fields.only(&[])?;
    at.step(Screen::Print, |session, place| session.stop_print(&place.issuer)).await
}

/// Demo only: what is wrong with the simulated printer from now on.
pub(super) async fn tray(at: At, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["trouble"])?;
    let word = fields.filled("trouble").unwrap_or_default().to_owned();
    at.with_session(move |_, place, session, machine| {
        let tray = machine.out.tray().filter(|_| place.issuer.city.demo).ok_or_else(|| Failure::of(Kind::NotFound))?;
        tray.set(Trouble::from_code(&word));
        Ok(go(session.as_ref().map_or("/kiosk", |session| session.screen.path())))
    })
    .await
}

pub(super) async fn take(at: At, _: InKioskSession) -> Result<Response, Failure> {
    at.show(Screen::Take, |frame, session, place| {
        let twin = super::twin::block(frame, session, session.may_offer_twin(&place.issuer));
        let request = session.request().ok_or_else(|| Failure::of(Kind::Gone))?;
        Ok(views::take(frame, session, request, &twin))
    })
    .await
}

/// The simulated printer's tray: the finished bytes, from this machine's own session only.
pub(super) async fn paper(at: At, _: InKioskSession) -> Result<Response, Failure> {
    let bytes = at
        .with_session(|_, place, session, _| {
            // Paper is paper: bytes leave a machine only where its printer is simulated.
            let session =
                session.as_mut().filter(|session| session.screen == Screen::Take && session.out.tray().is_some());
            let session = session.ok_or_else(|| Failure::of(Kind::Gone))?;
            session.touched = place.issuer.city.seams.now();
            session.paper().map(|paper| paper.bytes.clone()).ok_or_else(|| Failure::of(Kind::Gone))
        })
        .await?;
    Ok(pdf("inline; filename=\"certificate.pdf\"", &bytes))
}

/// A file of the simulated tray, kept by nobody.
pub(crate) fn pdf(disposition: &'static str, bytes: &[u8]) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(disposition));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    (headers, bytes.to_vec()).into_response()
}

pub(super) async fn taken(at: At, _: InKioskSession, fields: Fields) -> Result<Response, Failure> {
    fields.only(&[])?;
    at.step(Screen::Take, |session, place| {
        session.finish(&place.issuer);
        Ok(())
    })
    .await
}
