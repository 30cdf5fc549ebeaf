//! Fields as claims, and what wallets are told.

use base::{Id, SeededRandom};
use pki::wallet::sd_jwt::Hider;
use serde_json::Value;
use tools::CityProfile;
use tools::twins::PreAuthorizedCode;
use wire::certificate_fields::Fields;

use super::super::choices::CertificateKind;
use super::{claims, description};

fn fields() -> Fields {
    let mut fields = Fields::new("residence_certificate", Id::from_bytes([7; 16]));
    for (place, value) in [
        ("title", "住民票の写し"),
        ("request", "A"),
        ("household.address", "SECRET ADDRESS"),
        ("people.0.name", "SECRET NAME"),
        ("people.1.name", "SECRET OTHER"),
        ("people.1.relationship", "妻"),
    ] {
        fields.add(place, value);
    }
    fields
}

#[test]
fn every_field_can_be_held_back_and_only_hash_and_kind_stand_open() {
    let random = SeededRandom::from_seed(1);
    let mut hider = Hider::new(&random);
    let open = claims::hidden(&fields(), &mut hider);
    // Six values, and each of two people.
    assert_eq!(claims::count(&fields(), &random), 8);
    let text = Value::Object(open.clone()).to_string();
    assert!(!text.contains("SECRET") && !text.contains("妻") && !text.contains("住民票"), "{text}");
    let names: Vec<&str> = open.keys().map(String::as_str).collect();
    assert_eq!(names, ["_sd", "certificate_hash", "certificate_kind", "household", "people"]);
    assert_eq!(open["people"].as_array().map(Vec::len), Some(2));
    assert_eq!(open["certificate_kind"], "residence_certificate");
}

#[test]
fn a_number_of_a_person_that_nobody_can_have_costs_no_memory() {
    let mut fields = fields();
    fields.add("people.99999999999.name", "x");
    fields.add("people.150000000.name", "x");
    assert_eq!(claims::count(&fields, &SeededRandom::from_seed(1)), 10);
}

#[test]
fn every_kind_has_a_type_and_names_what_it_is() {
    let profile = CityProfile::demo("https://city.example");
    let issuer = description::issuer(&profile);
    for kind in CertificateKind::all() {
        let configuration = &issuer["credential_configurations_supported"][kind.as_str()];
        let made = description::type_of(&profile, kind.as_str()).unwrap();
        assert_eq!(configuration["vct"], made["vct"]);
        assert_eq!(configuration["format"], "dc+sd-jwt");
        let name = configuration["credential_metadata"]["display"][0]["name"].as_str().unwrap();
        assert!(name.contains("写し・試験"), "{name}");
    }
    assert_eq!(description::type_of(&profile, "passport"), None);
}

#[test]
fn the_square_holds_the_code_and_not_the_digits_and_nothing_of_a_person() {
    let (seams, _) = base::Seams::simulated(base::Timestamp::from_seconds(0), 1);
    let code = PreAuthorizedCode::random(&seams);
    let text = description::offer("https://city.example", CertificateKind::ResidenceCertificate, &code);
    assert!(text.starts_with("openid-credential-offer://?credential_offer=%7B") && text.is_ascii());
    assert!(text.contains(&code.text()) && text.contains("tx_code"));
    // A longer public address than any city's.
    let long = format!("https://{}.lg.jp", "a".repeat(60));
    let text = description::offer(&long, CertificateKind::RecordedItemsCertificate, &code);
    assert!(paper::barcode::on_screen(&text, 40.0).is_some(), "{} signs make a square that a phone reads", text.len());
}
