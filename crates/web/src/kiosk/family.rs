//! Papers of the family register at the machine: who is in it, and whom the paper shows.
//!
//! ```text
//!  kind ─► family (refused early, one sentence; 本籍 elsewhere: said, and the person stays) ─► choose ─► confirm
//! ```

use maud::{Markup, html};
use services::convenience_certificates::kinds::family_register::is_family;
use services::convenience_certificates::{
    CertificateKind, Choices, FamilyMemberShown, Issuer, Members, OptionalItems, Refusal, family,
};

use super::kinds::name_key;
use super::say::{Say, beneath};
use super::session::{Screen, Session, Step};
use super::views::{Frame, copies, option};

impl Session {
    /// Whether this is somebody who lives elsewhere: only the family register's papers are theirs.
    pub(super) fn lives_elsewhere(&self) -> bool {
        self.applicant.as_ref().is_some_and(|applicant| applicant.registered().is_some())
    }

    /// Reads who is in the person's family register, for a paper of it; for another paper there is nothing to read.
    pub(super) fn look_at_family(&mut self, issuer: &Issuer, kind: CertificateKind) -> Step {
        self.family.clear();
        if !is_family(kind) {
            return if self.lives_elsewhere() { Err(Say::Key("certificate-refused-choices")) } else { Ok(()) };
        }
        let Some(applicant) = &self.applicant else { return Err(Say::Key("kiosk-session-ended")) };
        match family(&issuer.city, issuer.fresh_minutes, applicant, kind) {
            Ok(Ok(members)) => {
                self.family = members;
                Ok(())
            }
            // The other papers are still theirs.
            Ok(Err(Refusal::RegisterElsewhere)) => Err(Say::Key("certificate-refused-elsewhere")),
            Ok(Err(refusal)) => Err(self.refuse(refusal)),
            Err(error) => Err(beneath(&error)),
        }
    }

    /// Fixes whom a paper of the family register shows: `places` are places in the list that was shown.
    pub(super) fn confirm_family(&mut self, who: &str, places: &[usize], items: OptionalItems, copies: u8) -> Step {
        let kind = self.choices.kind;
        let chosen = || places.iter().filter_map(|&place| self.family.get(place)).map(|member| member.order).collect();
        let members = match (kind, who) {
            (CertificateKind::FamilyRegisterCertificate, _) | (_, "household") => Members::Household,
            (_, "chosen") => Members::Numbered(chosen()),
            _ => Members::Applicant,
        };
        if kind == CertificateKind::FamilyRegisterPersonCertificate
            && !matches!(&members, Members::Numbered(list) if list.len() == 1)
        {
            return Err(Say::Key("certificate-refused-choices"));
        }
        self.confirm_choices(Choices { kind, members, items: items.of(kind), copies })
    }

    /// Names on the paper of the family register that was chosen; none for another paper.
    pub(super) fn family_chosen(&self) -> Vec<&str> {
        if !is_family(self.choices.kind) {
            return Vec::new();
        }
        let is_shown = |member: &&FamilyMemberShown| match &self.choices.members {
            Members::Household => true,
            Members::Applicant => member.is_applicant,
            Members::Numbered(list) => list.contains(&member.order),
            Members::Chosen(_) => false,
        };
        self.family.iter().filter(is_shown).map(|member| member.name.as_str()).collect()
    }
}

/// Whom the paper shows, and how many copies.
pub(super) fn choose(frame: &Frame<'_>, session: &Session) -> Markup {
    frame.screen(
        "kiosk-choose-heading",
        Screen::Choose.step(),
        Some("/kiosk/ended"),
        &html! {
            h1 { (frame.say("kiosk-choose-heading")) }
            (frame.alert(session))
            p class="kiosk-lead" { strong { (frame.say(name_key(session.choices.kind))) } }
            (frame.form("/kiosk/choose", &html! {
                @match session.choices.kind {
                    CertificateKind::FamilyRegisterPersonCertificate => (one_person(frame, session)),
                    CertificateKind::FamilyRegisterAppendix => (some(frame, session)),
                    _ => {
                        p class="kiosk-lead" { (frame.say("kiosk-family-whole")) }
                        ul { @for member in &session.family { li lang="ja" { (member.name) } } }
                    }
                }
                @if session.choices.kind == CertificateKind::FamilyRegisterAppendix {
                    fieldset class="kiosk-options" {
                        legend { h2 { (frame.say("kiosk-items-heading")) } }
                        p { (frame.say("kiosk-items-lead")) }
                        (option("checkbox", "item", "domicile", session.choices.items.domicile, &frame.say("kiosk-item-domicile")))
                    }
                }
                (copies(frame, session))
                (frame.big("kiosk-next"))
            }))
            p { a class="kiosk-quiet" href="/kiosk/kind?back=1" { (frame.say("kiosk-back")) } }
        },
    )
}

fn name(frame: &Frame<'_>, member: &FamilyMemberShown) -> Markup {
    html! { span lang="ja" { (member.name) } @if member.is_applicant { (frame.say("kiosk-choose-you")) } }
}

fn one_person(frame: &Frame<'_>, session: &Session) -> Markup {
    html! {
        input type="hidden" name="who" value="chosen";
        fieldset class="kiosk-options" {
            legend class="hidden-visually" { (frame.say("kiosk-family-one")) }
            @for (place, member) in session.family.iter().enumerate() {
                (option("radio", "member", &place.to_string(), member.is_applicant, &name(frame, member)))
            }
        }
    }
}

fn some(frame: &Frame<'_>, session: &Session) -> Markup {
    let chosen = match &session.choices.members {
        Members::Numbered(list) => Some(list),
        _ => None,
    };
    html! {
        fieldset class="kiosk-options" {
            legend class="hidden-visually" { (frame.say("kiosk-choose-heading")) }
            (option("radio", "who", "household", chosen.is_none(), &frame.say("kiosk-family-all")))
            (option("radio", "who", "applicant", false, &frame.say("kiosk-choose-self")))
            @if session.family.len() > 2 {
                (option("radio", "who", "chosen", chosen.is_some(), &frame.say("kiosk-choose-some")))
            }
        }
        @if session.family.len() > 2 {
            fieldset class="kiosk-options kiosk-members" {
                legend { (frame.say("kiosk-choose-some")) }
                @for (place, member) in session.family.iter().enumerate() {
                    @let is_chosen = chosen.is_some_and(|list| list.contains(&member.order));
                    (option("checkbox", "member", &place.to_string(), is_chosen, &name(frame, member)))
                }
            }
        }
    }
}
