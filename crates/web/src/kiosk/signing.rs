//! The card's part of an application: PIN and password on one connection, then the pile.

use aws_lc_rs::digest::{SHA256, digest};
use base::Personal;
use card::{LastTry, SigningPassword, UserAuthenticationPin};
use pki::agent::answer::document_attributes;
use pki::agent::{CardAnswer, PresignedSigner};
use pki::challenge::{Challenge, MAX_AGE_SECONDS, PresentedCard, VerifiedCard};
use pki::resident_signature::{Judge, SignedByResident};
use pki::signing_identity::read_signing_identity;
use services::convenience_certificates::Issuer;
use tools::access::Actor;
use tools::credentials;
use tools::family_register::registration::{self, Application, RegistrationError, Statement};

use super::apply::Head;
use super::say::{Say, card_sentence, credential_sentence, registration_sentence, say_card};
use super::session::{Session, Step, open as open_card};
use crate::agents::registration::typed_sentence;

/// PIN and password as typed. Forgotten with the request.
pub(super) struct Secrets {
    pin: zeroize::Zeroizing<String>,
    password: zeroize::Zeroizing<String>,
}

impl Secrets {
    pub fn typed(pin: &str, password: &str) -> Self {
        Self { pin: base::text::to_half_width(pin).into(), password: password.to_owned().into() }
    }
}

/// What the card gave.
struct Signed {
    challenge: Challenge,
    card: VerifiedCard,
    statement: Statement,
    signed: SignedByResident,
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let hash = digest(&SHA256, bytes);
    std::array::from_fn(|at| hash.as_ref()[at])
}

const fn not_signed() -> Say {
    Say::Key("registration-not-signed")
}

impl Session {
    /// Has the card prove itself and sign the statement, and lays the application on the pile.
    pub(super) fn apply(&self, issuer: &Issuer, secrets: &Secrets) -> Step {
        let signed = self.signed(issuer, secrets)?;
        let city = issuer.city.clone();
        let (store, terminal) = (city.store.clone(), self.terminal.id.to_string());
        let applied = store.write::<_, RegistrationError, _>(move |tx| {
            let Signed { challenge, card, statement, signed } = &signed;
            let (now, digest) = (city.seams.now(), challenge.digest());
            let forget_at = challenge.issued_at.plus_seconds(2 * MAX_AGE_SECONDS);
            match credentials::use_challenge_once(tx, &digest, now, forget_at) {
                Ok(Ok(())) => {}
                Ok(Err(refusal)) => return Ok(Err(credential_sentence(refusal))),
                Err(credentials::CredentialError::Store(error)) => return Err(error.into()),
                Err(_) => return Ok(Err("kiosk-card-status-unknown")),
            }
            let actor = Actor::Kiosk { terminal: terminal.clone() };
            let application = Application { statement, signed, card };
            let applied = registration::apply(tx, &city.vault, &city.seams, &actor, &application)?;
            Ok(applied.map(drop).map_err(registration_sentence))
        });
        match applied {
            Ok(done) => done.map_err(Say::Key),
            Err(error) => {
                tracing::error!(%error, "an application could not be taken");
                Err(Say::Key("registration-kiosk-later"))
            }
        }
    }

    /// Both signatures, judged.
    fn signed(&self, issuer: &Issuer, secrets: &Secrets) -> Result<Signed, Say> {
        let pin = UserAuthenticationPin::parse(&secrets.pin).map_err(|_| Say::Key("kiosk-pin-shape"))?;
        let password =
            SigningPassword::parse(&secrets.password).map_err(|_| Say::Key("registration-kiosk-password-shape"))?;
        let terminal = self.terminal.id.to_string();
        let city = &issuer.city;
        let challenge = Challenge::new(&city.seams, issuer.audience.clone(), terminal.clone());
        let said = |error| say_card(&error);
        let mut card = open_card(&*self.slot)?;
        card.verify_user_authentication_pin(&pin, LastTry::Refuse).map_err(said)?;
        let user_authentication = card.user_authentication_certificate().map_err(said)?;
        let signature = card.sign_user_authentication(&challenge.digest()).map_err(said)?;
        let shown = PresentedCard { certificate: &user_authentication, signature: &signature };
        let verified =
            issuer.verify(shown, &challenge, &terminal).map_err(|refusal| Say::Key(card_sentence(&refusal)))?;
        // What was typed is refused before a try of the password is spent on it.
        let head = (self.draft.head == Head::Other).then_some(self.draft.reading.as_str());
        let domicile = self.draft.domicile();
        Statement::check(&domicile, head.unwrap_or("本人")).map_err(|error| Say::Key(typed_sentence(error)))?;
        card.verify_signing_password(&password, LastTry::Refuse).map_err(said)?;
        let certificate = card.signing_certificate().map_err(said)?;
        let ca_certificate = card.signing_ca_certificate().unwrap_or_default();
        let head = match head {
            Some(head) => Personal::new(head.to_owned()),
            None => read_signing_identity(certificate.reveal()).map_err(|_| not_signed())?.name,
        };
        let statement = Statement::new(&city.profile.name, &domicile, head.reveal(), &verified.certificate_id);
        let statement = statement.map_err(|error| Say::Key(typed_sentence(error)))?;
        let content = statement.content();
        let digest = sha256(&content);
        let attributes = document_attributes(digest, certificate.reveal()).map_err(|_| not_signed())?;
        let signature = card.sign_document(&sha256(&attributes)).map_err(said)?;
        let _ = card.close();
        let user_authentication = user_authentication.into();
        let answer = CardAnswer { certificate, ca_certificate, signature, user_authentication };
        let cms =
            PresignedSigner::of_card(digest, &answer).and_then(|signer| signer.cms()).map_err(|_| not_signed())?;
        let now = city.seams.now();
        let judge = Judge { anchors: &issuer.anchors, status: &*issuer.status, now };
        let signed = judge.detached(&cms, &content, now).map_err(|refusal| {
            tracing::info!(%refusal, "an application was not signed as it must be");
            not_signed()
        })?;
        Ok(Signed { challenge, card: verified, statement, signed })
    }
}
