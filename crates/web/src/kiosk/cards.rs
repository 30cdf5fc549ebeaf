//! What shows who I am, and stopping it: a person's cards, tags and codes at the machine, and enrolling the card for taps
//! without PIN.
//!
//! ```text
//!  choose ─► cards ─┬─ on hold / lost ─► stopped at once, audited
//!                   ├─ enrol: both PINs, one connection: signature + proof of a genuine card ─► its key is kept
//!                   └─ back ─► choose
//! ```

use axum::response::Response;
use base::Kind;
use maud::{Markup, html};
use services::convenience_certificates::Issuer;
use tools::access::{self, Duty, Item, Purpose};
use tools::credentials::{self, CredentialError, CredentialKind, CredentialStatus, Listed};

use super::machine::At;
use super::say::Say;
use super::session::{Screen, Session, Step};
use super::views::Frame;
use crate::error::Failure;
use crate::form::Fields;
use crate::taps::enrol_for_taps;
use crate::visit::InKioskSession;

pub(super) async fn cards(at: At, _: InKioskSession) -> Result<Response, Failure> {
    at.show(Screen::Cards, |frame, session, _| Ok(page(frame, session))).await
}

pub(super) async fn open_cards(at: At, _: InKioskSession, fields: Fields) -> Result<Response, Failure> {
    fields.only(&[])?;
    at.step(Screen::Kind, |session, place| {
        session.look_at_cards(&place.issuer)?;
        session.screen = Screen::Cards;
        Ok(())
    })
    .await
}

pub(super) async fn back(at: At, _: InKioskSession, fields: Fields) -> Result<Response, Failure> {
    fields.only(&[])?;
    at.step(Screen::Cards, |session, _| {
        session.cards.clear();
        session.screen = Screen::Kind;
        Ok(())
    })
    .await
}

pub(super) async fn stop(at: At, _: InKioskSession, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["card", "how"])?;
    let place = fields.filled("card").and_then(|text| text.parse::<usize>().ok());
    let next = match fields.get("how") {
        "hold" => CredentialStatus::OnHold,
        "lost" => CredentialStatus::Lost,
        _ => return Err(Failure::of(Kind::Invalid)),
    };
    at.step(Screen::Cards, move |session, at| session.stop_card(&at.issuer, place, next)).await
}

pub(super) async fn enrol(at: At, _: InKioskSession, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["pin", "support"])?;
    let typed = |name| zeroize::Zeroizing::new(fields.filled(name).unwrap_or_default().to_owned());
    let (pin, support) = (typed("pin"), typed("support"));
    at.step(Screen::Cards, move |session, at| session.enrol_for_taps(&at.issuer, &pin, &support)).await
}

fn beneath(error: &CredentialError) -> Say {
    tracing::error!(%error, "a person's credentials could not be read or changed");
    Say::Key("kiosk-card-status-unknown")
}

impl Session {
    /// Reads the person's own list anew.
    fn look_at_cards(&mut self, issuer: &Issuer) -> Step {
        let Some(applicant) = &self.applicant else { return Err(Say::Key("kiosk-session-ended")) };
        let (seams, actor, resident) =
            (issuer.city.seams.clone(), applicant.actor().clone(), applicant.resident().clone());
        let vault = issuer.city.vault.clone();
        let listed = issuer.city.store.write::<_, CredentialError, _>(move |tx| {
            let purpose = Purpose::new(Duty::Credential).reading(&[Item::Credential]);
            let access = access::person(tx, &seams, &actor, &purpose, &resident)?;
            credentials::list(tx, &vault, &access, &resident)
        });
        self.cards = listed.map_err(|error| beneath(&error))?;
        Ok(())
    }

    /// Stops the credential at `place` of the list that was shown.
    fn stop_card(&mut self, issuer: &Issuer, place: Option<usize>, next: CredentialStatus) -> Step {
        let Some(applicant) = &self.applicant else { return Err(Say::Key("kiosk-session-ended")) };
        let Some(id) = place.and_then(|place| self.cards.get(place)).map(|listed| listed.id) else {
            return Err(Say::Key("kiosk-cards-not-stopped"));
        };
        let (seams, actor, resident) =
            (issuer.city.seams.clone(), applicant.actor().clone(), applicant.resident().clone());
        let stopped =
            issuer.city.store.write(move |tx| credentials::set_status(tx, &seams, &actor, &resident, id, next));
        let stopped = stopped.map_err(|error| beneath(&error))?;
        self.look_at_cards(issuer)?;
        Err(if stopped { Say::Done("kiosk-cards-stopped") } else { Say::Key("kiosk-cards-not-stopped") })
    }

    /// Keeps the card's own key, proved in one exclusive connection together with the holder's PIN: so the key belongs to
    /// the card whose certificate signed.
    fn enrol_for_taps(&mut self, issuer: &Issuer, pin: &str, support: &str) -> Step {
        let Some(applicant) = &self.applicant else { return Err(Say::Key("kiosk-session-ended")) };
        let (actor, resident) = (applicant.actor().clone(), applicant.resident().clone());
        enrol_for_taps(issuer, &*self.slot, &self.terminal, (pin, support), move |person| {
            // Only the card of the person who stands here: not another's.
            if *person.resident() == resident { Ok(actor.clone()) } else { Err(Say::Key("kiosk-cards-another")) }
        })?;
        self.look_at_cards(issuer)?;
        Err(Say::Done("kiosk-cards-enrolled"))
    }
}

/// The list, a button to stop each, and the form that enrols the card on the reader for taps.
fn page(frame: &Frame<'_>, session: &Session) -> Markup {
    let may_enrol = session.cards.iter().any(|one| {
        one.status == CredentialStatus::Active && one.kind == CredentialKind::JpkiCard && !one.is_enrolled_for_taps
    });
    frame.screen(
        "kiosk-cards-heading",
        Screen::Cards.step(),
        Some("/kiosk/ended"),
        &html! {
            h1 { (frame.say("kiosk-cards-heading")) }
            (frame.alert(session))
            p class="kiosk-lead" { (frame.say("kiosk-cards-lead")) }
            @if session.cards.is_empty() { p { (frame.say("kiosk-cards-none")) } }
            ul class="kiosk-cards" {
                @for (place, card) in session.cards.iter().enumerate() { li { (one(frame, place, card)) } }
            }
            @if session.cards.iter().any(|one| one.status != CredentialStatus::Active) {
                p { (frame.with("kiosk-cards-resume", &[("counter", frame.counter.into())])) }
            }
            @if may_enrol { (enrolment(frame)) }
            (frame.form("/kiosk/cards/back", &html! {
                button class="kiosk-quiet" type="submit" { (frame.say("kiosk-cards-back")) }
            }))
        },
    )
}

fn one(frame: &Frame<'_>, place: usize, card: &Listed) -> Markup {
    let date = |at: base::Timestamp| ui::dates::date(frame.language, at.date_in_japan());
    let (since, until) = (date(card.enrolled_at), date(card.valid_until));
    html! {
        h2 { (frame.say(card.kind.word())) " " small { (frame.say(card.status.word())) } }
        p {
            (frame.with("kiosk-cards-since", &[("date", since.as_str().into())])) " · "
            (frame.with("kiosk-cards-until", &[("date", until.as_str().into())]))
        }
        @if card.status == CredentialStatus::Active && card.is_enrolled_for_taps { p { (frame.say("kiosk-cards-taps")) } }
        div class="kiosk-pair" {
            @for (how, key, next) in [
                ("hold", "kiosk-cards-hold", CredentialStatus::OnHold),
                ("lost", "kiosk-cards-lost", CredentialStatus::Lost),
            ] {
                @if card.status.may_become(next) {
                    (frame.form("/kiosk/cards/stop", &html! {
                        input type="hidden" name="card" value=(place);
                        input type="hidden" name="how" value=(how);
                        button class="kiosk-quiet" type="submit" {
                            (frame.say(key)) span class="hidden-visually" { " (" (frame.say(card.kind.word())) ")" }
                        }
                    }))
                }
            }
        }
    }
}

fn enrolment(frame: &Frame<'_>) -> Markup {
    html! {
        section class="kiosk-answer" {
            h2 { (frame.say("kiosk-cards-enrol-heading")) }
            p { (frame.say("kiosk-cards-enrol-lead")) }
            (frame.form("/kiosk/cards/enrol", &html! {
                label for="tap-pin" { (frame.say("kiosk-cards-enrol-pin")) }
                input id="tap-pin" class="kiosk-pin" type="password" name="pin" inputmode="numeric" pattern="[0-9]{4}"
                    maxlength="4" minlength="4" required autocomplete="off";
                label for="tap-support" { (frame.say("kiosk-cards-enrol-support")) }
                input id="tap-support" class="kiosk-pin" type="password" name="support" inputmode="numeric"
                    pattern="[0-9]{4}" maxlength="4" autocomplete="off" aria-describedby="tap-support-hint";
                p id="tap-support-hint" { (frame.say("kiosk-cards-enrol-support-hint")) }
                (frame.big("kiosk-cards-enrol-go"))
            }))
        }
    }
}
