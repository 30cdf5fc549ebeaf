//! OCSP answers, OCSP questions and revocation lists, as a stranger on the network would send them.
#![no_main]

use std::sync::LazyLock;

use base::{Date, Timestamp};
use libfuzzer_sys::fuzz_target;
use pki::jpki_profile::{CertificateKind, JudgedCertificate, judge};
use pki::revocation::{FRESHNESS, RevocationList, read_ocsp_answer};
use pki::test_authority::{Generation, TestAuthority, UserAuthenticationRequest, read_question};
use pki::{AuthorityRole, SigningKey};

static SCENE: LazyLock<(JudgedCertificate, Timestamp)> = LazyLock::new(|| {
    let now = Timestamp::in_japan(Date::from_days_since_epoch(20_780), 9, 0, 0);
    let (not_before, not_after) = (now.plus_seconds(-86_400), now.plus_seconds(86_400));
    let generation = Generation { serial: 1, not_before, not_after, ocsp_url: None };
    let key = SigningKey::generate_p256().expect("a key");
    let authority = TestAuthority::new(AuthorityRole::UserAuthentication, key, &generation).expect("an authority");
    let request = UserAuthenticationRequest {
        public_key_info: authority.key().public_key_info(),
        serial: 5,
        holder: "F0U1Z2Z3F4U5Z6",
        municipality: "13101",
        not_before,
        not_after,
    };
    let der = authority.issue_user_authentication(&request).expect("a certificate");
    let anchors = TestAuthority::anchors(&[&authority]).expect("anchors");
    (judge(&der, CertificateKind::UserAuthentication, &anchors, now).expect("a right certificate"), now)
});

fuzz_target!(|bytes: &[u8]| {
    let (certificate, now) = &*SCENE;
    let _ = read_ocsp_answer(bytes, certificate, None, *now, FRESHNESS);
    let _ = RevocationList::read(bytes, certificate.issuer());
    let _ = read_question(bytes);
});
