//! Applying at the machine for one's family register here, by people who live elsewhere (本籍地利用登録).
//!
//! ```text
//!  card nobody here has ─► PIN ─► "unknown" and a way on ─► 本籍 and 筆頭者 typed, what will be signed is shown
//!      ─► PIN and password on one connection: the certificate proves itself, the statement that names it is signed ─► pile
//! ```
//! The machine keeps neither PIN nor password, and says nothing of any register: an officer answers.

use aws_lc_rs::digest::{SHA256, digest};
use axum::response::Response;
use card::{LastTry, SigningPassword, UserAuthenticationPin};
use maud::{Markup, html};
use pki::agent::answer::document_attributes;
use pki::agent::{CardAnswer, PresignedSigner};
use pki::challenge::{Challenge, MAX_AGE_SECONDS, PresentedCard};
use pki::resident_signature::Judge;
use services::convenience_certificates::Issuer;
use tools::access::Actor;
use tools::credentials;
use tools::family_register::registration::{self, Application, RegistrationError, Statement, StatementError};

use super::machine::At;
use super::say::{Say, card_sentence, credential_sentence, registration_sentence, say_card};
use super::session::{Screen, Session, Step, open as open_card};
use super::views::Frame;
use crate::error::Failure;
use crate::form::Fields;

/// What somebody typed. Forgotten with the request.
struct Typed {
    domicile: String,
    head: String,
    pin: zeroize::Zeroizing<String>,
    password: zeroize::Zeroizing<String>,
}

pub(super) async fn open(at: At, fields: Fields) -> Result<Response, Failure> {
    fields.only(&[])?;
    at.step(Screen::Pin, |session, _| {
        if session.may_apply {
            session.screen = Screen::Apply;
        }
        Ok(())
    })
    .await
}

pub(super) async fn page(at: At) -> Result<Response, Failure> {
    at.show(Screen::Apply, |frame, session, _| Ok(form(frame, session))).await
}

pub(super) async fn applied(at: At, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["domicile", "head", "pin", "password"])?;
    let text = |name: &str| fields.filled(name).unwrap_or_default().to_owned();
    let typed = Typed {
        domicile: text("domicile"),
        head: text("head"),
        pin: base::text::to_half_width(&text("pin")).into(),
        password: text("password").into(),
    };
    at.step(Screen::Apply, move |session, place| {
        session.typed = [typed.domicile.clone(), typed.head.clone()];
        session.apply(&place.issuer, &typed)
    })
    .await
}

pub(super) async fn done(at: At) -> Result<Response, Failure> {
    at.show(Screen::Applied, |frame, session, _| {
        let page = thanks(frame);
        session.slot.eject();
        Ok(page)
    })
    .await
}

/// The way here, beside the sentence that the card is unknown.
pub(super) fn way(frame: &Frame<'_>) -> Markup {
    html! {
        section class="kiosk-answer" {
            h2 { (frame.say("registration-kiosk-way")) }
            p { (frame.say("registration-kiosk-way-lead")) }
            (frame.form("/kiosk/apply/open", &frame.big("registration-kiosk-way-go")))
        }
    }
}

fn form(frame: &Frame<'_>, session: &Session) -> Markup {
    let field = |id: &str, key: &str, kind: &str, longest: u32, value: Option<&str>, hint: Option<&str>| {
        let hint_id = format!("{id}-hint");
        html! {
            label for=(id) { (frame.say(key)) }
            input id=(id) class=(if kind == "password" { "kiosk-pin" } else { "kiosk-text" }) type=(kind) name=(id)
                maxlength=(longest) value=[value] required autocomplete="off" aria-describedby=[hint.map(|_| hint_id.as_str())];
            @if let Some(hint) = hint { p id=(hint_id) { (frame.say(hint)) } }
        }
    };
    frame.screen("registration-kiosk-heading", Screen::Apply.step(), Some("/kiosk/ended"), &html! {
        h1 { (frame.say("registration-kiosk-heading")) }
        (frame.alert(session))
        p class="kiosk-lead" { (frame.say("registration-kiosk-lead")) }
        (frame.form("/kiosk/apply", &html! {
            (field("domicile", "registration-domicile", "text", 200, Some(&session.typed[0]), Some("registration-domicile-hint")))
            (field("head", "registration-head", "text", 120, Some(&session.typed[1]), Some("registration-head-hint")))
            section class="kiosk-answer" {
                h2 { (frame.say("registration-signed-heading")) }
                p { (frame.with("registration-signed-lead", &[("city", frame.city.into())])) }
            }
            (field("pin", "registration-kiosk-pin", "password", 4, None, None))
            (field("password", "registration-kiosk-password", "password", 16, None, Some("registration-kiosk-password-hint")))
            (frame.big("registration-kiosk-go"))
        }))
    })
}

fn thanks(frame: &Frame<'_>) -> Markup {
    frame.screen(
        "registration-kiosk-done",
        0,
        Some("/kiosk/ended"),
        &html! {
            h1 { (frame.say("registration-kiosk-done")) }
            p class="kiosk-lead" role="status" { (frame.say("registration-kiosk-done-lead")) }
            section class="kiosk-answer" { p { (frame.say("kiosk-take-card-heading")) } }
            p { a class="kiosk-go" href="/kiosk/ended" { (frame.say("registration-kiosk-end")) } }
        },
    )
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let hash = digest(&SHA256, bytes);
    std::array::from_fn(|at| hash.as_ref()[at])
}

fn sentence(error: StatementError) -> Say {
    Say::Key(match error {
        StatementError::Empty => "registration-typed-empty",
        StatementError::TooLong => "registration-typed-long",
        StatementError::IndividualNumber => "registration-typed-number",
    })
}

impl Session {
    /// Has the card prove itself and sign the statement, and lays the application on the pile.
    fn apply(&mut self, issuer: &Issuer, typed: &Typed) -> Step {
        let pin = UserAuthenticationPin::parse(&typed.pin).map_err(|_| Say::Key("kiosk-pin-shape"))?;
        let password =
            SigningPassword::parse(&typed.password).map_err(|_| Say::Key("registration-kiosk-password-shape"))?;
        let terminal = self.terminal.id.to_string();
        let city = &issuer.city;
        let challenge = Challenge::new(&city.seams, issuer.audience.clone(), terminal.clone());
        let said = |error| say_card(&error);
        let mut card = open_card(&*self.slot)?;
        card.verify_user_authentication_pin(&pin, LastTry::Refuse).map_err(said)?;
        let certificate = card.user_authentication_certificate().map_err(said)?;
        let signature = card.sign_user_authentication(&challenge.digest()).map_err(said)?;
        let shown = PresentedCard { certificate: &certificate, signature: &signature };
        let verified =
            issuer.verify(shown, &challenge, &terminal).map_err(|refusal| Say::Key(card_sentence(&refusal)))?;
        let statement = Statement::new(&city.profile.name, &typed.domicile, &typed.head, &verified.certificate_id)
            .map_err(sentence)?;
        let content = statement.content();
        let digest = sha256(&content);
        let not_signed = || Say::Key("registration-not-signed");
        card.verify_signing_password(&password, LastTry::Refuse).map_err(said)?;
        let user_authentication = certificate.into();
        let certificate = card.signing_certificate().map_err(said)?;
        let ca_certificate = card.signing_ca_certificate().unwrap_or_default();
        let attributes = document_attributes(digest, certificate.reveal()).map_err(|_| not_signed())?;
        let signature = card.sign_document(&sha256(&attributes)).map_err(said)?;
        let _ = card.close();
        let answer = CardAnswer { certificate, ca_certificate, signature, user_authentication };
        let cms =
            PresignedSigner::of_card(digest, &answer).and_then(|signer| signer.cms()).map_err(|_| not_signed())?;
        let now = city.seams.now();
        let judge = Judge { anchors: &issuer.anchors, status: &*issuer.status, now };
        let signed = judge.detached(&cms, &content, now).map_err(|refusal| {
            tracing::info!(%refusal, "an application was not signed as it must be");
            not_signed()
        })?;
        let inside = city.clone();
        let store = city.store.clone();
        let applied = store.write::<_, RegistrationError, _>(move |tx| {
            let (now, digest) = (inside.seams.now(), challenge.digest());
            let forget_at = challenge.issued_at.plus_seconds(2 * MAX_AGE_SECONDS);
            match credentials::use_challenge_once(tx, &digest, now, forget_at) {
                Ok(Ok(())) => {}
                Ok(Err(refusal)) => return Ok(Err(credential_sentence(refusal))),
                Err(credentials::CredentialError::Store(error)) => return Err(error.into()),
                Err(_) => return Ok(Err("kiosk-card-status-unknown")),
            }
            let actor = Actor::Kiosk { terminal: terminal.clone() };
            let application = Application { statement: &statement, signed: &signed, card: &verified };
            let applied = registration::apply(tx, &inside.vault, &inside.seams, &actor, &application)?;
            Ok(applied.map(drop).map_err(registration_sentence))
        });
        match applied {
            Ok(Ok(())) => {
                self.may_apply = false;
                self.typed = Default::default();
                self.screen = Screen::Applied;
                Ok(())
            }
            Ok(Err(key)) => Err(Say::Key(key)),
            Err(error) => {
                tracing::error!(%error, "an application could not be taken");
                Err(Say::Key("registration-kiosk-later"))
            }
        }
    }
}
