//! Appointment: what is booked.

use base::{Date, Timestamp};
use serde::{Deserialize, Serialize};

use crate::json::{Fault, Resource};
use crate::patient::Reference;

/// `AppointmentStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AppointmentStatus {
    /// Asked for.
    Proposed,
    /// Not everybody has answered.
    Pending,
    /// Booked (予約済み).
    Booked,
    /// The patient has arrived (来院).
    Arrived,
    /// Seen.
    Fulfilled,
    /// Cancelled (取消).
    Cancelled,
    /// Did not come.
    Noshow,
    /// A mistake.
    EnteredInError,
    /// Checked in (受付済み).
    CheckedIn,
    /// On the waiting list.
    Waitlist,
}

/// Who takes part: the patient, the department.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Reference>,
    /// `accepted`, `declined`, `tentative`, `needs-action`.
    pub status: String,
}

/// Something booked for a patient (予約). What for, beyond the department's name, is neither read nor written.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Appointment {
    #[serde(default = "kind")]
    resource_type: String,
    /// The server's name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// How it stands.
    pub status: AppointmentStatus,
    /// When it begins, an instant with its zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// When it ends. FHIR wants both or neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    /// Who takes part, at least one.
    pub participant: Vec<Participant>,
}

fn kind() -> String {
    Appointment::TYPE.to_owned()
}

impl std::fmt::Debug for Appointment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Appointment(<personal>)")
    }
}

impl Appointment {
    /// Booked for `patient` (`Patient/…`) at a department, from and to these times.
    pub fn booked(id: &str, patient: &str, department: &str, from: Timestamp, to: Timestamp) -> Self {
        let part = |reference: Option<&str>, display: Option<&str>| Participant {
            actor: Some(Reference { reference: reference.map(str::to_owned), display: display.map(str::to_owned) }),
            status: "accepted".to_owned(),
        };
        Self {
            resource_type: kind(),
            id: Some(id.to_owned()),
            status: AppointmentStatus::Booked,
            start: Some(instant(from)),
            end: Some(instant(to)),
            participant: vec![part(Some(patient), None), part(None, Some(department))],
        }
    }

    /// When it begins; `None` where that is not said.
    pub fn begins(&self) -> Option<Timestamp> {
        self.start.as_deref().and_then(read_instant)
    }

    /// Whether it is for this record (`Patient/…`).
    pub fn is_for(&self, patient: &str) -> bool {
        let actors = self.participant.iter().filter_map(|one| one.actor.as_ref());
        actors.filter_map(|actor| actor.reference.as_deref()).any(|reference| reference == patient)
    }

    /// The department's name: whoever takes part and is no patient.
    pub fn department(&self) -> Option<&str> {
        let actors = self.participant.iter().filter_map(|one| one.actor.as_ref());
        let others = actors.filter(|actor| !actor.reference.as_deref().unwrap_or_default().starts_with("Patient/"));
        others.filter_map(|actor| actor.display.as_deref()).next()
    }
}

/// `2026-11-27T09:30:00+09:00`.
pub fn instant(at: Timestamp) -> String {
    let (date, time) = (at.date_in_japan(), at.japan_time());
    format!("{date}T{:02}:{:02}:{:02}+09:00", time.hour, time.minute, time.second)
}

/// An instant with its zone, to the second; `None` for anything else.
pub fn read_instant(text: &str) -> Option<Timestamp> {
    let (date, rest) = text.split_once('T')?;
    let date = Date::parse(date).ok()?;
    let number = |part: Option<&str>| part.filter(|part| part.len() == 2)?.parse::<u8>().ok();
    let (hour, minute, second) = (number(rest.get(..2))?, number(rest.get(3..5))?, number(rest.get(6..8))?);
    if hour > 23 || minute > 59 || second > 59 || rest.get(2..3) != Some(":") || rest.get(5..6) != Some(":") {
        return None;
    }
    let mut zone = rest.get(8..)?;
    if let Some(fraction) = zone.strip_prefix('.') {
        zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    let offset = match zone.get(..1)? {
        "Z" if zone == "Z" => 0,
        sign @ ("+" | "-") if zone.len() == 6 && zone.get(3..4) == Some(":") => {
            let seconds = i64::from(number(zone.get(1..3))?) * 3600 + i64::from(number(zone.get(4..6))?) * 60;
            if sign == "-" { -seconds } else { seconds }
        }
        _ => return None,
    };
    const JAPAN: i64 = 9 * 3600;
    Some(Timestamp::in_japan(date, hour, minute, second).plus_seconds(JAPAN - offset))
}

impl Resource for Appointment {
    const TYPE: &'static str = "Appointment";

    fn check(&self) -> Result<(), Fault> {
        for (text, member) in [(&self.start, "Appointment.start"), (&self.end, "Appointment.end")] {
            if text.as_deref().is_some_and(|text| read_instant(text).is_none()) {
                return Err(Fault::Form(member));
            }
        }
        if self.start.is_some() != self.end.is_some() || self.participant.is_empty() {
            return Err(Fault::Form("Appointment"));
        }
        Ok(())
    }
}
