//! The desk of a guard or a reception (職員身分証の確認): the card and the label's code belong together, and the ID lives today.
//! What is said is "valid" and a department; no name.
//!
//! ```text
//!  somebody watches ─┬─ card alone: its own key, kept once with both PINs ─► law of taps ─┐
//!                    └─ card with PIN ───────────────────────────────────────────────────┼─► card + label ─► Checked
//!  nobody watches ────── card with PIN ──────────────────────────────────────────────────┘
//! ```

use axum::response::{IntoResponse, Response};
use base::Kind;
use maud::html;
use pki::challenge::{Challenge, Expectation, PresentedCard, verify_user_authentication};
use services::convenience_certificates::Issuer;
use services::staff_id::KEY;
use services::staff_id::actions::Personnel;
use services::staff_id::checks::Checked;
use tools::audit::{self, Event};
use tools::credentials::tap::{Tap, accept_known};
use tools::credentials::tap_rules::Attendance;
use tools::credentials::{CredentialError, kinds};
use tools::terminals::{self, Sort, Terminal};
use ui::form::{ButtonKind, Field, button, field};
use ui::notice::{AlertKind, alert};
use wire::certificate_code::from_text;
use wire::staff_id_code::{StaffIdCode, Sticker};

use super::form::{Pin, card_and_pin, pin_field};
use super::reading::{audience, beneath, read_tap, sign, tap_sentence};
use super::{AtCounter, ProvedWithKey, go, prove_with_key, said};
use crate::app::blocking;
use crate::error::Failure;
use crate::form::Fields;
use crate::kiosk::reader::CardSlot;
use crate::kiosk::{Place, Say, card_sentence, open_card};
use crate::routes::{Routes, Rule};

const PATH: &str = "/counter/staff";
const ONCE: &str = "/counter/staff/once";

pub(super) fn routes() -> Routes {
    Routes::new().get(PATH, Rule::Kiosk, page).post(PATH, Rule::Kiosk, check).get(ONCE, Rule::Kiosk, once_page).post(
        ONCE,
        Rule::Kiosk,
        once,
    )
}

async fn page(at: AtCounter) -> Result<Response, Failure> {
    at.serves(Sort::StaffDesk)?;
    Ok(show(&at, None, at.to_say().as_ref()))
}

fn show(at: &AtCounter, answer: Option<&Checked>, say: Option<&Say>) -> Response {
    let visit = &at.visit;
    let title = visit.say("staff-id-desk-title");
    let (label, hint) = (visit.say("staff-id-desk-label"), visit.say("staff-id-desk-label-hint"));
    let is_watched = at.attendance != Attendance::Unattended;
    let (lead, pin) =
        if is_watched { ("staff-id-desk-lead-watched", Pin::Perhaps) } else { ("staff-id-desk-lead", Pin::Always) };
    let main = html! {
        h1 { (visit.say_html("staff-id-desk-title")) }
        p { (visit.say_html(lead)) }
        (said(visit, &at.app.profile.counter, say))
        @match answer {
            Some(Checked::Valid { department }) => (alert(visit.language, AlertKind::Success, &html! {
                p { strong { (visit.say_html("staff-id-desk-valid")) } }
                p { (visit.say("staff-id-department")) ": " (department) }
            })),
            Some(Checked::NotTogether) => (alert(visit.language, AlertKind::Error, &html! { p { (visit.say_html("staff-id-desk-not-together")) } })),
            Some(Checked::NotValid) => (alert(visit.language, AlertKind::Error, &html! { p { (visit.say_html("staff-id-desk-not-valid")) } })),
            None => {}
        }
        form method="post" action=(PATH) class="card" {
            (visit.csrf(PATH))
            (card_and_pin(at, pin))
            (field(visit.language, &Field { name: "label", label: &label, hint: Some(&hint), required: true,
                autocomplete: Some("off"), max_length: Some(600), ..Field::default() }))
            div class="buttons" { (button(ButtonKind::Primary, &visit.say("staff-id-desk-check"))) }
        }
        @if answer.is_some() || say.is_some() { p { a class="lone" href=(PATH) { (visit.say("page-home")) } } }
        @if is_watched { p { a class="lone" href=(ONCE) { (visit.say("staff-id-desk-once")) } } }
    };
    super::left(visit.page(&title).render(&main).into_response(), 120, PATH)
}

/// Once: both PINs, and from then on the card alone is enough where staff watch.
async fn once_page(at: AtCounter) -> Result<Response, Failure> {
    at.serves(Sort::StaffDesk)?;
    if at.attendance == Attendance::Unattended {
        return Ok(go(PATH));
    }
    let visit = &at.visit;
    let title = visit.say("staff-id-desk-once");
    let main = html! {
        h1 { (title) }
        p { (visit.say("staff-id-desk-once-how")) }
        (said(visit, &at.app.profile.counter, at.to_say().as_ref()))
        form method="post" action=(ONCE) class="card" {
            (visit.csrf(ONCE))
            (card_and_pin(&at, Pin::Always))
            (pin_field(visit, ("support", "support"), ("taps-library-support", "taps-library-support-hint"), false))
            div class="buttons" { (button(ButtonKind::Primary, &visit.say("staff-id-desk-once-button"))) }
        }
        p { a class="lone" href=(PATH) { (visit.say("page-back")) } }
    };
    Ok(super::left(visit.page(&title).render(&main).into_response(), 120, PATH))
}

/// The label: what its code says when it was scanned, or the number that was typed.
fn label(issuer: &Issuer, typed: &str) -> Result<(Sticker, Option<[u8; 16]>), Say> {
    if let Some(sticker) = Sticker::parse(typed) {
        return Ok((sticker, None));
    }
    let no = || Say::Key("staff-id-desk-no-label");
    let token = from_text(typed).map_err(|_| no())?;
    let keys = issuer.composer.code_keys();
    let payload = pki::token::verify(&token, &keys).map_err(|_| Say::Key("staff-id-desk-forged"))?;
    let code = StaffIdCode::decode(payload).map_err(|_| no())?;
    Ok((code.sticker, Some(code.bound)))
}

/// The card that lies on this terminal's reader, put there from the demo's drawer where `index` says so.
fn at_reader<T>(
    place: &Place,
    terminal: &Terminal,
    index: Option<usize>,
    read: impl FnOnce(&dyn CardSlot) -> Result<T, Say>,
) -> Result<T, Say> {
    place.with_slot(terminal.id, |slot| {
        if let Some(index) = index
            && !slot.put_from_drawer(index)
        {
            return Err(Say::Key("kiosk-reader-waiting"));
        }
        let taken = read(slot);
        slot.eject();
        taken
    })
}

/// A PIN as it was typed, and which card of the drawer.
fn typed(fields: &Fields) -> (Option<usize>, impl Fn(&str) -> zeroize::Zeroizing<String>) {
    let index = fields.filled("card").and_then(|text| text.parse::<usize>().ok());
    (index, |name| zeroize::Zeroizing::new(base::text::to_half_width(fields.get(name))))
}

async fn check(at: AtCounter, fields: Fields) -> Result<Response, Failure> {
    at.serves(Sort::StaffDesk)?;
    fields.only(&["card", "pin", "label"])?;
    let place = at.app.kiosk.clone().ok_or_else(|| Failure::of(Kind::NotFound))?;
    at.choose(&fields);
    let (index, secret) = typed(&fields);
    let (pin, shown) = (secret("pin"), fields.get("label").to_owned());
    let (terminal, by) = (at.terminal.clone(), at.actor());
    let answer = blocking(move || {
        let (sticker, bound) = match label(&place.issuer, &shown) {
            Ok(label) => label,
            Err(say) => return Ok(Err(say)),
        };
        let desk = Personnel { city: place.issuer.city.clone(), by };
        let card = at_reader(&place, &terminal, index, |slot| {
            if pin.is_empty() {
                tapped(&place.issuer, &desk, slot, &terminal)
            } else {
                proved(&place.issuer, slot, &terminal, &pin)
            }
        });
        match card {
            Ok(card) => judged(&desk, &card, sticker, bound, if pin.is_empty() { "tap" } else { "pin" }).map(Ok),
            Err(say) => Ok(Err(say)),
        }
    })
    .await?;
    Ok(match answer {
        Ok(answer) => show(&at, Some(&answer), None),
        Err(say) => show(&at, None, Some(&say)),
    })
}

/// What card and label are together; every showing stands in the audit log.
fn judged(
    desk: &Personnel,
    card: &[u8],
    sticker: Sticker,
    bound: Option<[u8; 16]>,
    how: &'static str,
) -> Result<Checked, Failure> {
    let answer = desk.check(card, sticker, bound).map_err(|error| Failure::of(error.kind()))?;
    let outcome = match answer {
        Checked::Valid { .. } => "valid",
        Checked::NotTogether => "not-together",
        Checked::NotValid => "not-valid",
    };
    let (seams, by) = (desk.city.seams.clone(), desk.by.clone());
    desk.city.store.write::<_, store::StoreError, _>(move |tx| {
        audit::append(tx, &seams, &by, Event::StaffIdShown, &[("outcome", outcome), ("how", how)]).map(|_| ())
    })?;
    Ok(answer)
}

/// The card that lies there, without PIN: by its own key, where the law of taps allows it. The bytes of its certificate's number.
fn tapped(issuer: &Issuer, desk: &Personnel, slot: &dyn CardSlot, terminal: &Terminal) -> Result<Vec<u8>, Say> {
    let city = &issuer.city;
    let (audience, name) = (audience(issuer, KEY), terminal.id.to_string());
    let challenge = Challenge::new(&city.seams, audience.clone(), name.clone());
    let (card, proof) = read_tap(issuer, slot, &challenge)?;
    let bytes = kinds::certificate_bytes(&card.certificate_id);
    let known = desk.known_card(&bytes).map_err(|error| {
        tracing::error!(%error, "a staff card could not be looked up");
        Say::Key("kiosk-card-status-unknown")
    })?;
    let (seams, id) = (city.seams.clone(), terminal.id);
    let judged = city.store.write::<_, CredentialError, _>(move |tx| {
        let attendance = terminals::attendance(tx, id)?;
        let (card, challenge, proof) = (card.clone(), challenge.clone(), proof.clone());
        let (audience, terminal) = (audience.clone(), name.clone());
        let tap = Tap { card, challenge, proof, audience, terminal, attendance, staff: None };
        accept_known(tx, &seams, &tap, &known)
    });
    judged.map_err(|error| beneath(&error))?.map(|_| bytes).map_err(|refusal| tap_sentence(&refusal))
}

/// The card that lies there, proved with its PIN: the bytes of its certificate's number.
fn proved(issuer: &Issuer, slot: &dyn CardSlot, terminal: &Terminal, pin: &str) -> Result<Vec<u8>, Say> {
    let city = &issuer.city;
    let pin = card::FourDigitPin::parse(pin).map_err(|_| Say::Key("kiosk-pin-shape"))?;
    let (audience, name) = (audience(issuer, KEY), terminal.id.to_string());
    let challenge = Challenge::new(&city.seams, audience.clone(), name.clone());
    let mut session = open_card(slot)?;
    let (certificate, signature) = sign(&mut session, &pin, &challenge)?;
    let _ = session.close();
    let card = PresentedCard { certificate: &certificate, signature: &signature };
    let expected = Expectation { audience: &audience, terminal: &name };
    let verified =
        verify_user_authentication(card, &challenge, expected, &issuer.anchors, &*issuer.status, city.seams.now())
            .map_err(|refusal| Say::Key(card_sentence(&refusal)))?;
    Ok(kinds::certificate_bytes(&verified.certificate_id))
}

/// Keeps the own key of the card that lies there, so that it is enough alone from now on.
async fn once(at: AtCounter, fields: Fields) -> Result<Response, Failure> {
    at.serves(Sort::StaffDesk)?;
    fields.only(&["card", "pin", "support"])?;
    if at.attendance == Attendance::Unattended {
        return Ok(go(PATH));
    }
    let place = at.app.kiosk.clone().ok_or_else(|| Failure::of(Kind::NotFound))?;
    at.choose(&fields);
    let (index, secret) = typed(&fields);
    let (pin, support) = (secret("pin"), secret("support"));
    let (terminal, by) = (at.terminal.clone(), at.actor());
    let say = blocking(move || {
        let name = terminal.id.to_string();
        let proved =
            at_reader(&place, &terminal, index, |slot| prove_with_key(&place.issuer, slot, &name, (&pin, &support)));
        let ProvedWithKey { verified, key, .. } = match proved {
            Ok(proved) => proved,
            Err(say) => return Ok(say),
        };
        let desk = Personnel { city: place.issuer.city.clone(), by };
        let card = kinds::certificate_bytes(&verified.certificate_id);
        let is_kept = desk.keep_own_key(&card, &key).map_err(|error| Failure::of(error.kind()))?;
        Ok(if is_kept { Say::Done("staff-id-desk-once-done") } else { Say::Key("staff-id-desk-not-valid") })
    })
    .await?;
    let next = if matches!(say, Say::Done(_)) { PATH } else { ONCE };
    Ok(at.go_saying(next, say))
}
