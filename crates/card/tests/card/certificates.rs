//! Certificates of the JPKI profile, for the stories in which OpenSC and OpenSSL judge.

use std::sync::OnceLock;

use base::{Seams, Timestamp};
use card::virtual_card::VirtualCardContents;
use pki::test_authority::{Generation, SigningRequest, TestAuthority, UserAuthenticationRequest};
use pki::{AuthorityRole, SigningKey};

use crate::support::contents;

fn authority(role: AuthorityRole, (not_before, not_after): (Timestamp, Timestamp)) -> TestAuthority {
    let generation = Generation { serial: 1, not_before, not_after, ocsp_url: None };
    TestAuthority::new(role, SigningKey::generate_rsa().unwrap(), &generation).unwrap()
}

/// The usual card, with certificates of its own keys.
pub fn contents_with_certificates() -> VirtualCardContents {
    static CONTENTS: OnceLock<VirtualCardContents> = OnceLock::new();
    CONTENTS.get_or_init(make).clone()
}

fn make() -> VirtualCardContents {
    let mut contents = contents();
    let now = Seams::system().now();
    let valid @ (not_before, not_after) = (now.plus_seconds(-86_400), now.plus_seconds(30 * 86_400));
    let public_key = |pkcs8: &[u8]| SigningKey::from_pkcs8(pkcs8).unwrap().public_key_info().to_vec();

    let own = &mut contents.user_authentication;
    let issuer = authority(AuthorityRole::UserAuthentication, valid);
    let request = UserAuthenticationRequest {
        public_key_info: &public_key(&own.private_key_pkcs8),
        serial: 4711,
        holder: "0A1B2C3D4E5F6G",
        municipality: "13101",
        not_before,
        not_after,
    };
    own.certificate = issuer.issue_user_authentication(&request).unwrap();
    own.ca_certificate = issuer.certificate().to_vec();

    let signing = contents.signing.as_mut().unwrap();
    let issuer = authority(AuthorityRole::ResidentSigning, valid);
    let request = SigningRequest {
        public_key_info: &public_key(&signing.private_key_pkcs8),
        serial: 4712,
        municipality: "13101",
        not_before,
        not_after,
        name: &contents.attributes.name,
        name_substitutions: "00000",
        sex: "2",
        birth_date: "319710901",
        address: &contents.attributes.address,
        address_substitutions: "000000000000000",
    };
    signing.certificate = issuer.issue_signing(&request).unwrap();
    signing.ca_certificate = issuer.certificate().to_vec();
    contents
}
