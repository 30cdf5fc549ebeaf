//! Consent records as ISO/IEC TS 27560:2023 names their parts, with the names of the W3C DPV guide to it.

use serde_json::{Value, json};

use super::{Consent, ConsentEvent, Revision};
use crate::zone::CityProfile;
use base::Timestamp;

/// RFC 3339 in Japan's time.
fn instant(at: Timestamp) -> String {
    let here = at.plus_seconds(9 * 3600);
    let seconds = here.seconds().rem_euclid(86_400);
    let date = at.date_in_japan();
    format!("{date}T{:02}:{:02}:{:02}+09:00", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// The receipt of a consent, for its owner to keep. It names them by their account only.
pub fn receipt(city: &CityProfile, consent: &Consent, revision: &Revision, events: &[ConsentEvent]) -> Value {
    let agreement = &revision.agreement;
    let recipient = json!({
        "party_id": agreement.recipient.id, "party_name": agreement.recipient.name,
        "party_address": agreement.recipient.address, "party_contact": agreement.recipient.contact,
        "party_type": agreement.recipient.kind,
    });
    let controller = json!({
        "party_id": city.municipality_code, "party_name": city.name, "party_address": city.counter,
        "party_contact": city.public_address, "party_type": "controller",
    });
    let items: Vec<Value> = agreement
        .items
        .iter()
        .filter(|item| consent.covers(&item.code))
        .map(|item| {
            json!({"pii_type": item.code, "pii_attribute_id": item.code, "pii_name": item.name,
                   "sensitive_pii_category": item.is_sensitive, "pii_optional": consent.items.is_some()})
        })
        .collect();
    let history: Vec<Value> = events
        .iter()
        .map(|event| {
            json!({"event_time": instant(event.at), "validity_duration": instant(consent.until),
                   "entity_id": consent.account.to_string(), "event_type": "explicit",
                   "event_state": event.state, "language": event.language})
        })
        .collect();
    json!({
        "schema_version": "ISO/IEC TS 27560:2023",
        "record_id": consent.id.to_string(),
        "receipt_id": format!("{}-{}", consent.id, events.len()),
        "pii_principal_id": consent.account.to_string(),
        "pii_processing": {
            "privacy_notice": agreement.privacy_notice,
            "language": ["ja", "en"],
            "service": agreement.name,
            "purposes": [{
                "purpose": agreement.purpose,
                "lawful_basis": agreement.lawful_basis,
                "pii_information": items,
                "pii_controllers": [controller["party_id"]],
                "recipient_third_parties": [agreement.recipient.id],
                "storage_locations": [agreement.storage],
                "retention_period": agreement.retention,
                "jurisdiction": agreement.jurisdiction,
                "withdrawal_method": format!("{}/portal/consents", city.public_address),
                "privacy_rights": format!("{}/portal/looked", city.public_address),
            }],
        },
        "party_identification": [controller, recipient],
        "events": history,
        "state": consent.state.word(),
        // GovStack Consent: which words, and that they are the ones.
        "data_agreement": {
            "id": agreement.id, "revision": revision.number, "serialized_hash": revision.hash,
            "predecessor_hash": revision.predecessor, "serialized_snapshot": revision.snapshot,
        },
    })
}
