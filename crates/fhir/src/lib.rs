//! FHIR R4 (4.0.1) between the city's hospital-card service (診察券) and a hospital's server: who a patient is, what is
//! booked, and whether a patient that was asked for is certainly the one that was found.
//!
//! Pure: JSON in, JSON out. Only what reception needs is read or written; what else a resource carries is passed over, never
//! kept. A full model of R4 would be hundreds of types for three resources; the JSON is checked in CI by three validators
//! nobody here wrote.
//!
//! ```text
//!  asked: MatchRequest ─► JSON ─► POST Patient/$match ─► JSON ─► read::<Bundle<Patient>> ─► Bundle::certain
//!  GET Appointment?patient=…&date=… ─► JSON ─► read::<Bundle<Appointment>>
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`patient`] | Patient: chart number, names in kanji and kana, birth, gender, what replaced it |
//! | [`appointment`] | Appointment: when, where, how it stands |
//! | [`bundle`] | a searchset, with the grade of a match |
//! | [`matching`] | `Patient/$match`: the question, and grading without guessing |
//! | [`json`] | reading with position and reason; refusals as `OperationOutcome` |

pub mod appointment;
pub mod bundle;
pub mod json;
pub mod matching;
pub mod patient;

pub use appointment::{Appointment, AppointmentStatus};
pub use bundle::{Bundle, Grade};
pub use json::{Fault, read, refusal};
pub use matching::{MatchRequest, grade};
pub use patient::{Gender, Patient};
