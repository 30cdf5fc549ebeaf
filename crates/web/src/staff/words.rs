//! Terms of other rooms in the reader's language.

use services::convenience_certificates::CertificateKind;
use tools::access::Duty;
use tools::register::{ResidentState, Sex};
use tools::staff::{Action, Role};
use ui::Language;

use crate::visit::Visit;

/// A role.
pub fn role(visit: &Visit, role: Role) -> &'static str {
    if visit.language == Language::English { role.english() } else { role.japanese() }
}

/// An action.
pub fn action(visit: &Visit, action: Action) -> &'static str {
    if visit.language == Language::English { action.english() } else { action.japanese() }
}

/// A duty (事務).
pub fn duty(visit: &Visit, duty: Duty) -> &'static str {
    if visit.language == Language::English { duty.english() } else { duty.japanese() }
}

/// Roles, joined.
pub fn roles(visit: &Visit, roles: &[Role]) -> String {
    if roles.is_empty() {
        return visit.say("staff-no-role");
    }
    roles.iter().map(|one| role(visit, *one)).collect::<Vec<_>>().join("・")
}

/// Where a resident stands, with its day.
pub fn state(visit: &Visit, state: ResidentState) -> String {
    let (key, on) = match state {
        ResidentState::Resident => ("staff-state-resident", None),
        ResidentState::PlannedMoveOut { on } => ("staff-state-planned", Some(on)),
        ResidentState::MovedOut { on } => ("staff-state-moved", Some(on)),
        ResidentState::Dead { on } => ("staff-state-dead", Some(on)),
        ResidentState::Pending => ("staff-state-pending", None),
    };
    let on = on.map(|on| ui::dates::date(visit.language, on)).unwrap_or_default();
    visit.say_with(key, &[("on", on.into())]).trim().to_owned()
}

/// A kind of certificate, by its stored word.
pub fn certificate(visit: &Visit, kind: &str) -> String {
    match CertificateKind::parse(kind) {
        Some(kind) => visit.say(crate::kiosk::kind_name_key(kind)),
        None => kind.to_owned(),
    }
}

/// Sex as registered.
pub fn sex(visit: &Visit, sex: Sex) -> String {
    visit.say(match sex {
        Sex::Male => "staff-sex-male",
        Sex::Female => "staff-sex-female",
        Sex::NotStated => "staff-sex-none",
    })
}
