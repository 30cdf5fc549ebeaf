//! Enrolling the card that lies on a reader for taps without PIN: both PINs, one connection, the card's own key kept.

use card::genuineness::{GenuinenessKey, judge};
use card::{DeviceKind, FourDigitPin, LastTry};
use pki::VerifiedCard;
use pki::challenge::{Challenge, MAX_AGE_SECONDS, PresentedCard};
use services::convenience_certificates::Issuer;
use tools::access::Actor;
use tools::credentials::{self, CredentialError, CredentialKind, Link, VerifiedPerson};
use tools::terminals::Terminal;

use crate::kiosk::reader::CardSlot;
use crate::kiosk::{Say, card_sentence, credential_sentence, open_card, say_card};

/// Enrols the card for taps; `owner` decides from the person whom the PIN proved who acts, or that it is another's card.
///
/// # Errors
/// What to say.
pub(crate) fn enrol_for_taps(
    issuer: &Issuer,
    slot: &dyn CardSlot,
    terminal: &Terminal,
    pins: (&str, &str),
    owner: impl Fn(&VerifiedPerson) -> Result<Actor, Say> + Send + Sync + 'static,
) -> Result<VerifiedPerson, Say> {
    let ProvedWithKey { verified, key, challenge } = prove_with_key(issuer, slot, &terminal.id.to_string(), pins)?;
    let city = issuer.city.clone();
    let linked = issuer.city.store.write::<_, CredentialError, _>(move |tx| {
        let (now, digest) = (city.seams.now(), challenge.digest());
        let forget_at = challenge.issued_at.plus_seconds(2 * MAX_AGE_SECONDS);
        if let Err(refusal) = credentials::use_challenge_once(tx, &digest, now, forget_at)? {
            return Ok(Err(Say::Key(credential_sentence(refusal))));
        }
        let person = match credentials::find_person(tx, &city.vault, now, &verified)? {
            Ok(person) => person,
            Err(refusal) => return Ok(Err(Say::Key(credential_sentence(refusal)))),
        };
        let actor = match owner(&person) {
            Ok(actor) => actor,
            Err(say) => return Ok(Err(say)),
        };
        let (kind, key) = (CredentialKind::JpkiCard, Some(&key));
        let link = Link { resident: person.resident(), kind, valid_until: verified.not_after, genuineness: key };
        let linked = credentials::enrol(tx, &city.vault, &city.seams, &actor, &link, &verified.certificate_id)?;
        Ok(linked.map(|_| person.clone()).map_err(|_| Say::Key("kiosk-cards-another")))
    });
    linked.unwrap_or_else(|error| {
        tracing::error!(%error, "a card could not be enrolled for taps");
        Err(Say::Key("kiosk-card-status-unknown"))
    })
}

/// What both PINs proved in one connection.
pub(crate) struct ProvedWithKey {
    /// The certificate, sound and not revoked, by its signature.
    pub verified: VerifiedCard,
    /// The card's own key, found genuine.
    pub key: GenuinenessKey,
    /// What was signed; whoever keeps it uses it once.
    pub challenge: Challenge,
}

/// The card that lies there, proved with its PIN, and its own key, read with the PIN for what is printed on it (left empty where
/// both are the same). `terminal` is where.
///
/// # Errors
/// What to say.
pub(crate) fn prove_with_key(
    issuer: &Issuer,
    slot: &dyn CardSlot,
    terminal: &str,
    pins: (&str, &str),
) -> Result<ProvedWithKey, Say> {
    let shape = |_| Say::Key("kiosk-pin-shape");
    let pin = FourDigitPin::parse(pins.0).map_err(shape)?;
    let support = if pins.1.is_empty() { pin.clone() } else { FourDigitPin::parse(pins.1).map_err(shape)? };
    let challenge = Challenge::new(&issuer.city.seams, issuer.audience.clone(), terminal);

    let said = |error| say_card(&error);
    let mut jpki = open_card(slot)?;
    if jpki.device() != DeviceKind::Card {
        return Err(Say::Key("kiosk-cards-phone"));
    }
    jpki.verify_user_authentication_pin(&pin, LastTry::Refuse).map_err(said)?;
    let certificate = jpki.user_authentication_certificate().map_err(said)?;
    let signature = jpki.sign_user_authentication(&challenge.digest()).map_err(said)?;
    let mut printed = jpki.into_input_support().map_err(said)?;
    let municipality = printed.certificate().map_err(said)?;
    printed.verify_pin(&support, LastTry::Refuse).map_err(said)?;
    let record = printed.key_record().map_err(said)?;
    let proof = printed.prove_genuine(&challenge.genuineness_digest()).map_err(said)?;
    let _ = printed.close();

    let card = PresentedCard { certificate: &certificate, signature: &signature };
    let verified = issuer.verify(card, &challenge, terminal).map_err(|refusal| Say::Key(card_sentence(&refusal)))?;
    let genuine =
        judge(&municipality, &record, &challenge.genuineness_bytes(), &proof, &issuer.genuineness).map_err(|no| {
            tracing::warn!(%no, "a card was not found genuine");
            Say::Key("kiosk-cards-not-genuine")
        })?;
    Ok(ProvedWithKey { verified, key: genuine.key, challenge })
}
