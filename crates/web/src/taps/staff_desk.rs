//! The desk of a guard or a reception (職員身分証の確認): the card with its PIN and the label's code belong together, and the
//! ID lives today. What is said is "valid" and a department; no name.

use axum::response::{IntoResponse, Response};
use base::Kind;
use maud::html;
use pki::challenge::{Challenge, Expectation, PresentedCard, verify_user_authentication};
use services::convenience_certificates::Issuer;
use services::staff_id::KEY;
use services::staff_id::actions::{Checked, Personnel};
use tools::audit::{self, Event};
use tools::credentials;
use tools::terminals::{Sort, Terminal};
use ui::form::{ButtonKind, Field, button, field};
use ui::notice::{AlertKind, alert};
use wire::certificate_code::from_text;
use wire::staff_id_code::{StaffIdCode, Sticker};

use super::form::card_fields;
use super::reading::sign;
use super::{AtCounter, said};
use crate::app::blocking;
use crate::error::Failure;
use crate::form::Fields;
use crate::kiosk::reader::CardSlot;
use crate::kiosk::{Say, card_sentence, open_card};
use crate::routes::{Routes, Rule};

const PATH: &str = "/counter/staff";

pub(super) fn routes() -> Routes {
    Routes::new().get(PATH, Rule::Kiosk, page).post(PATH, Rule::Kiosk, check)
}

async fn page(at: AtCounter) -> Result<Response, Failure> {
    at.serves(Sort::StaffDesk)?;
    Ok(show(&at, None, None))
}

fn show(at: &AtCounter, answer: Option<&Checked>, say: Option<&Say>) -> Response {
    let visit = &at.visit;
    let title = visit.say("staff-id-desk-title");
    let (label, hint) = (visit.say("staff-id-desk-label"), visit.say("staff-id-desk-label-hint"));
    let main = html! {
        h1 { (title) }
        p { (visit.say("staff-id-desk-lead")) }
        (said(visit, &at.app.profile.counter, say))
        @match answer {
            Some(Checked::Valid { department }) => (alert(visit.language, AlertKind::Success, &html! {
                p { strong { (visit.say("staff-id-desk-valid")) } }
                p { (visit.say("staff-id-department")) ": " (department) }
            })),
            Some(Checked::NotTogether) => (alert(visit.language, AlertKind::Error, &html! { p { (visit.say("staff-id-desk-not-together")) } })),
            Some(Checked::NotValid) => (alert(visit.language, AlertKind::Error, &html! { p { (visit.say("staff-id-desk-not-valid")) } })),
            None => {}
        }
        form method="post" action=(PATH) class="card" {
            (visit.csrf(PATH))
            (card_fields(at, true))
            (field(visit.language, &Field { name: "label", label: &label, hint: Some(&hint), required: true,
                autocomplete: Some("off"), max_length: Some(600), ..Field::default() }))
            div class="buttons" { (button(ButtonKind::Primary, &visit.say("staff-id-desk-check"))) }
        }
    };
    super::left(visit.page(&title).render(&main).into_response(), 120, PATH)
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

async fn check(at: AtCounter, fields: Fields) -> Result<Response, Failure> {
    at.serves(Sort::StaffDesk)?;
    fields.only(&["card", "pin", "label"])?;
    let place = at.app.kiosk.clone().ok_or_else(|| Failure::of(Kind::NotFound))?;
    let index = fields.filled("card").and_then(|text| text.parse::<usize>().ok());
    let pin = zeroize::Zeroizing::new(base::text::to_half_width(fields.get("pin")));
    let (typed, terminal, by) = (fields.get("label").to_owned(), at.terminal.clone(), at.actor());
    let answer = blocking(move || {
        let (sticker, bound) = match label(&place.issuer, &typed) {
            Ok(label) => label,
            Err(say) => return Ok(Err(say)),
        };
        let card = place.with_slot(terminal.id, |slot| {
            if let Some(index) = index
                && !slot.put_from_drawer(index)
            {
                return Err(Say::Key("kiosk-reader-waiting"));
            }
            let card = proved(&place.issuer, slot, &terminal, &pin);
            slot.eject();
            card
        });
        let card = match card {
            Ok(card) => card,
            Err(say) => return Ok(Err(say)),
        };
        let desk = Personnel { city: place.issuer.city.clone(), by: by.clone() };
        let answer = desk.check(&card, sticker, bound).map_err(|error| Failure::of(error.kind()))?;
        let outcome = match answer {
            Checked::Valid { .. } => "valid",
            Checked::NotTogether => "not-together",
            Checked::NotValid => "not-valid",
        };
        let seams = desk.city.seams.clone();
        desk.city.store.write::<_, store::StoreError, _>(move |tx| {
            audit::append(tx, &seams, &by, Event::StaffIdShown, &[("outcome", outcome)]).map(|_| ())
        })?;
        Ok(Ok(answer))
    })
    .await?;
    Ok(match answer {
        Ok(answer) => show(&at, Some(&answer), None),
        Err(say) => show(&at, None, Some(&say)),
    })
}

/// The card that lies there, proved with its PIN: the bytes of its certificate's number.
fn proved(issuer: &Issuer, slot: &dyn CardSlot, terminal: &Terminal, pin: &str) -> Result<Vec<u8>, Say> {
    let city = &issuer.city;
    let pin = card::FourDigitPin::parse(pin).map_err(|_| Say::Key("kiosk-pin-shape"))?;
    let (audience, name) = (format!("{}/{KEY}", issuer.audience), terminal.id.to_string());
    let challenge = Challenge::new(&city.seams, audience.clone(), name.clone());
    let mut session = open_card(slot)?;
    let (certificate, signature) = sign(&mut session, &pin, &challenge)?;
    let _ = session.close();
    let card = PresentedCard { certificate: &certificate, signature: &signature };
    let expected = Expectation { audience: &audience, terminal: &name };
    let verified =
        verify_user_authentication(card, &challenge, expected, &issuer.anchors, &*issuer.status, city.seams.now())
            .map_err(|refusal| Say::Key(card_sentence(&refusal)))?;
    Ok(credentials::kinds::certificate_bytes(&verified.certificate_id))
}
