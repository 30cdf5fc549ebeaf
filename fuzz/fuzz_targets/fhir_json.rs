//! Any bytes as what a hospital's FHIR server answers: a resource or a fault.
#![no_main]

use fhir::{Appointment, Bundle, Patient};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = fhir::read::<Patient>(bytes);
    let _ = fhir::read::<Appointment>(bytes);
    let _ = fhir::read::<Bundle<Patient>>(bytes);
});
