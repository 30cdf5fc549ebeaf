//! What lies on the reader, or was read by a wedge reader, becomes a person.

use base::Kind;
use card::{DeviceKind, FourDigitPin, JpkiSession, LastTry};
use pki::challenge::{Challenge, Expectation, MAX_AGE_SECONDS, PresentedCard};
use pki::{ShownCard, check_shown_certificate, verify_user_authentication};
use services::convenience_certificates::Issuer;
use tools::access::Actor;
use tools::audit::{self, Event};
use tools::city_application::terminal::TerminalKeys;
use tools::city_application::{Fault, Refusal, read_at_terminal};
use tools::credentials::tap::{self, Tap, TapRefusal};
use tools::credentials::tap_rules::{Attendance, TapNo};
use tools::credentials::{self, CredentialError, CredentialRefusal, Token, VerifiedPerson, numbers};
use tools::terminals::{self, Terminal};

use super::{AtCounter, Shown};
use crate::app::blocking;
use crate::error::Failure;
use crate::form::Fields;
use crate::kiosk::reader::CardSlot;
use crate::kiosk::{Say, card_sentence, credential_sentence, open_card, say_card};

/// The fields of [`super::form`]: place in the demo's drawer, PIN, number that a reader typed.
pub const FIELDS: [&str; 3] = ["card", "pin", "tag"];

/// The person behind what was shown for `service`. Every showing is kept, taken or not.
///
/// # Errors
/// Outer: something beneath failed. Inner: what to say.
pub async fn take(at: &AtCounter, service: &'static str, fields: &Fields) -> Result<Result<Shown, Say>, Failure> {
    let place = at.app.kiosk.clone().ok_or_else(|| Failure::of(Kind::NotFound))?;
    at.choose(fields);
    let (terminal, attendance) = (at.terminal.clone(), at.attendance);
    if let Some(number) = fields.filled("tag") {
        let number = number.to_owned();
        let city = place.issuer.city.clone();
        return blocking(move || Ok(present(&city, &terminal, &number).unwrap_or_else(|error| Err(beneath(&error)))))
            .await;
    }
    let index = fields.filled("card").and_then(|text| text.parse::<usize>().ok());
    let pin = zeroize::Zeroizing::new(base::text::to_half_width(fields.get("pin")));
    blocking(move || {
        Ok(place.with_slot(terminal.id, |slot| {
            if let Some(index) = index
                && !slot.put_from_drawer(index)
            {
                return Err(Say::Key("kiosk-reader-waiting"));
            }
            let taken = if pin.is_empty() {
                tapped(&place.issuer, slot, &terminal, attendance, service)
            } else {
                with_pin(&place.issuer, slot, &terminal, service, &pin)
            };
            slot.eject();
            taken
        }))
    })
    .await
}

/// The certificate of the card that lies there, sound and not revoked, without PIN: what the national platform of library cards
/// finds a patron number by. It proves nobody; only where staff see whose card it is.
///
/// # Errors
/// Outer: something beneath failed. Inner: what to say.
pub(super) async fn certificate(at: &AtCounter, fields: &Fields) -> Result<Result<Vec<u8>, Say>, Failure> {
    let place = at.app.kiosk.clone().ok_or_else(|| Failure::of(Kind::NotFound))?;
    let (terminal, attendance) = (at.terminal.clone(), at.attendance);
    if attendance == Attendance::Unattended {
        return Ok(Err(Say::Key("taps-no-unattended")));
    }
    let index = fields.filled("card").and_then(|text| text.parse::<usize>().ok());
    blocking(move || {
        Ok(place.with_slot(terminal.id, |slot| {
            if let Some(index) = index
                && !slot.put_from_drawer(index)
            {
                return Err(Say::Key("kiosk-reader-waiting"));
            }
            let read = sound_certificate(&place.issuer, slot);
            slot.eject();
            read
        }))
    })
    .await
}

fn sound_certificate(issuer: &Issuer, slot: &dyn CardSlot) -> Result<Vec<u8>, Say> {
    let mut session = open_card(slot)?;
    if session.device() != DeviceKind::Card {
        return Err(Say::Key("taps-no-phone"));
    }
    let certificate = session.user_authentication_certificate().map_err(|error| say_card(&error))?;
    let _ = session.close();
    check_shown_certificate(&certificate, &issuer.anchors, &*issuer.status, issuer.city.seams.now())
        .map_err(|refusal| Say::Key(card_sentence(&refusal)))?;
    Ok(certificate)
}

/// At a terminal that nobody watches, a card without PIN counts only by the city's own application, if it has it.
fn by_application(city: &tools::Inside, slot: &dyn CardSlot, terminal: &Terminal) -> Result<Option<Shown>, Say> {
    let keys = match TerminalKeys::of(city, terminal.id) {
        Ok(keys) => keys,
        Err(Fault::Refused(_)) => return Ok(None),
        Err(fault) => {
            tracing::error!(%fault, "a terminal's keys cannot be made");
            return Ok(None);
        }
    };
    let Ok(mut card) = slot.connect() else { return Ok(None) };
    let read = read_at_terminal(&mut *card, &keys, &*city.seams.random);
    let _ = card.power_off();
    let token = match read {
        Ok(token) => token,
        Err(Refusal::NotLoaded | Refusal::Erased) => return Ok(None),
        Err(refusal) => return Err(Say::Key(refusal.word())),
    };
    let (vault, seams) = (city.vault.clone(), city.seams.clone());
    let actor = Actor::Kiosk { terminal: terminal.id.to_string() };
    let found = city.store.write::<_, CredentialError, _>(move |tx| {
        let found = credentials::find_token(tx, &vault, seams.now(), &token)?;
        let event = if found.is_ok() { Event::CredentialUsed } else { Event::CredentialRefused };
        audit::append(tx, &seams, &actor, event, &[("how", "city_application")])?;
        Ok(found)
    });
    let found = found.map_err(|error| beneath(&error))?;
    found.map(|person| Some(Shown::Presented(person))).map_err(|refusal| Say::Key(credential_sentence(refusal)))
}

pub(super) fn beneath(error: &CredentialError) -> Say {
    tracing::error!(%error, "what was shown at a terminal could not be looked up");
    Say::Key("kiosk-card-status-unknown")
}

/// What challenges of a service name as their audience.
pub(super) fn audience(issuer: &Issuer, service: &str) -> String {
    format!("{}/{service}", issuer.audience)
}

fn tapped(
    issuer: &Issuer,
    slot: &dyn CardSlot,
    terminal: &Terminal,
    attendance: Attendance,
    service: &str,
) -> Result<Shown, Say> {
    let city = &issuer.city;
    let (audience, name) = (audience(issuer, service), terminal.id.to_string());
    // Only which way is tried first; the law of taps asks again, in its transaction.
    if attendance == Attendance::Unattended
        && let Some(shown) = by_application(city, slot, terminal)?
    {
        return Ok(shown);
    }
    let challenge = Challenge::new(&city.seams, audience.clone(), name.clone());
    let (card, proof) = read_tap(issuer, slot, &challenge)?;
    let (vault, seams, id) = (city.vault.clone(), city.seams.clone(), terminal.id);
    let judged = city.store.write::<_, CredentialError, _>(move |tx| {
        let attendance = terminals::attendance(tx, id)?;
        let (card, challenge, proof) = (card.clone(), challenge.clone(), proof.clone());
        let (audience, terminal) = (audience.clone(), name.clone());
        let tap = Tap { card, challenge, proof, audience, terminal, attendance, staff: None };
        tap::accept(tx, &vault, &seams, &tap)
    });
    judged.map_err(|error| beneath(&error))?.map(Shown::Tapped).map_err(|refusal| tap_sentence(&refusal))
}

/// What a card gives without PIN: its certificate, sound and not revoked, and what its own key signed.
///
/// # Errors
/// What to say.
pub(super) fn read_tap(
    issuer: &Issuer,
    slot: &dyn CardSlot,
    challenge: &Challenge,
) -> Result<(ShownCard, Vec<u8>), Say> {
    let said = |error| say_card(&error);
    let mut session = open_card(slot)?;
    if session.device() != DeviceKind::Card {
        return Err(law_sentence(TapNo::Phone));
    }
    let certificate = session.user_authentication_certificate().map_err(said)?;
    let mut printed = session.into_input_support().map_err(said)?;
    let proof = printed.prove_genuine(&challenge.genuineness_digest()).map_err(said)?;
    let _ = printed.close();
    let shown = check_shown_certificate(&certificate, &issuer.anchors, &*issuer.status, issuer.city.seams.now());
    Ok((shown.map_err(|refusal| Say::Key(card_sentence(&refusal)))?, proof))
}

/// Why a tap is not taken.
pub(super) fn tap_sentence(refusal: &TapRefusal) -> Say {
    match refusal {
        TapRefusal::Card(refusal) => Say::Key(card_sentence(refusal)),
        TapRefusal::Credential(refusal) => Say::Key(credential_sentence(*refusal)),
        TapRefusal::Law(no) => law_sentence(*no),
    }
}

/// Each rule of the law of taps has its own sentence, and the sentence says what to do instead.
const fn law_sentence(no: TapNo) -> Say {
    Say::Key(match no {
        TapNo::Phone => "taps-no-phone",
        TapNo::Unattended => "taps-no-unattended",
        TapNo::NeverProved | TapNo::NotEnrolledForTaps => "taps-no-not-enrolled",
        TapNo::NotTheEnrolledCard => "taps-no-another-card",
    })
}

fn with_pin(issuer: &Issuer, slot: &dyn CardSlot, terminal: &Terminal, service: &str, pin: &str) -> Result<Shown, Say> {
    let (session, person) = proved(issuer, slot, terminal, service, pin)?;
    let _ = session.close();
    Ok(Shown::Verified(person))
}

/// The person by card and PIN, with the connection in which it was proved.
///
/// # Errors
/// What to say.
pub(super) fn proved(
    issuer: &Issuer,
    slot: &dyn CardSlot,
    terminal: &Terminal,
    service: &str,
    pin: &str,
) -> Result<(JpkiSession<Box<dyn card::Card>>, VerifiedPerson), Say> {
    let city = &issuer.city;
    let pin = FourDigitPin::parse(pin).map_err(|_| Say::Key("kiosk-pin-shape"))?;
    let (audience, name) = (audience(issuer, service), terminal.id.to_string());
    let challenge = Challenge::new(&city.seams, audience.clone(), name.clone());
    let mut session = open_card(slot)?;
    let (certificate, signature) = sign(&mut session, &pin, &challenge)?;
    let card = PresentedCard { certificate: &certificate, signature: &signature };
    let expected = Expectation { audience: &audience, terminal: &name };
    let verified =
        verify_user_authentication(card, &challenge, expected, &issuer.anchors, &*issuer.status, city.seams.now())
            .map_err(|refusal| Say::Key(card_sentence(&refusal)))?;
    let (vault, seams, actor) = (city.vault.clone(), city.seams.clone(), Actor::Kiosk { terminal: name });
    let found = city.store.write::<_, CredentialError, _>(move |tx| {
        let now = seams.now();
        let forget_at = challenge.issued_at.plus_seconds(2 * MAX_AGE_SECONDS);
        if let Err(refusal) = credentials::use_challenge_once(tx, &challenge.digest(), now, forget_at)? {
            return Ok(Err(refusal));
        }
        let found = credentials::find_person(tx, &vault, now, &verified)?;
        let event = if found.is_ok() { Event::CredentialUsed } else { Event::CredentialRefused };
        audit::append(tx, &seams, &actor, event, &[("how", "pin")])?;
        Ok(found)
    });
    let found = found.map_err(|error| beneath(&error))?;
    let person = found.map_err(|refusal| Say::Key(credential_sentence(refusal)))?;
    Ok((session, person))
}

pub(super) fn sign(
    session: &mut JpkiSession<Box<dyn card::Card>>,
    pin: &FourDigitPin,
    challenge: &Challenge,
) -> Result<(Vec<u8>, Vec<u8>), Say> {
    let said = |error| say_card(&error);
    session.verify_user_authentication_pin(pin, LastTry::Refuse).map_err(said)?;
    let certificate = session.user_authentication_certificate().map_err(said)?;
    let signature = session.sign_user_authentication(&challenge.digest()).map_err(said)?;
    Ok((certificate, signature))
}

/// A tag or transit card: the number says which of the two, as far as its length does; both are tried.
fn present(city: &tools::Inside, terminal: &Terminal, typed: &str) -> Result<Result<Shown, Say>, CredentialError> {
    let tokens: Vec<Token> =
        [numbers::tag(typed), numbers::transit_card(typed)].into_iter().filter_map(Result::ok).collect();
    if tokens.is_empty() {
        return Ok(Err(Say::Key("taps-no-number")));
    }
    let (vault, seams) = (city.vault.clone(), city.seams.clone());
    let actor = Actor::Kiosk { terminal: terminal.id.to_string() };
    let found = city.store.write::<_, CredentialError, _>(move |tx| {
        let mut found = Err(CredentialRefusal::Unknown);
        for token in &tokens {
            found = credentials::find_token(tx, &vault, seams.now(), token)?;
            if found != Err(CredentialRefusal::Unknown) {
                break;
            }
        }
        let event = if found.is_ok() { Event::CredentialUsed } else { Event::CredentialRefused };
        audit::append(tx, &seams, &actor, event, &[("how", "number")]).map_err(CredentialError::Store)?;
        Ok(found)
    })?;
    Ok(found.map(Shown::Presented).map_err(|refusal| Say::Key(credential_sentence(refusal))))
}
