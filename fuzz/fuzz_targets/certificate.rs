//! Certificates. Input: a certificate as it is; and, so that the fuzzer gets past the signature, the content of one
//! extension (chosen by the first byte) of a certificate that a dummy authority then signs.
#![no_main]

use std::sync::LazyLock;

use base::{Date, Timestamp};
use libfuzzer_sys::fuzz_target;
use pki::jpki_profile::{CertificateKind, judge};
use pki::signing_identity::read_signing_identity;
use pki::test_authority::{Generation, SigningRequest, Template, TestAuthority, UserAuthenticationRequest};
use pki::{AuthorityRole, SigningKey, TrustAnchors};

struct Scene {
    cards: TestAuthority,
    signing: TestAuthority,
    anchors: TrustAnchors,
    card: Template,
    signer: Template,
    now: Timestamp,
}

static SCENE: LazyLock<Scene> = LazyLock::new(|| {
    let now = Timestamp::in_japan(Date::from_days_since_epoch(20_780), 9, 0, 0);
    let (not_before, not_after) = (now.plus_seconds(-86_400), now.plus_seconds(86_400));
    let authority = |role| {
        let generation = Generation { serial: 1, not_before, not_after, ocsp_url: Some("http://127.0.0.1:9/".into()) };
        // P-256: signing each input must not slow the fuzzer down.
        TestAuthority::new(role, SigningKey::generate_p256().expect("a key"), &generation).expect("an authority")
    };
    let (cards, signing) = (authority(AuthorityRole::UserAuthentication), authority(AuthorityRole::ResidentSigning));
    let anchors = TestAuthority::anchors(&[&cards, &signing]).expect("anchors");
    let public_key_info = cards.key().public_key_info().to_vec();
    let card = cards.user_authentication_template(&UserAuthenticationRequest {
        public_key_info: &public_key_info,
        serial: 5,
        holder: "F0U1Z2Z3F4U5Z6",
        municipality: "13101",
        not_before,
        not_after,
    });
    let signer = signing.signing_template(&SigningRequest {
        public_key_info: &public_key_info,
        serial: 6,
        municipality: "13101",
        not_before,
        not_after,
        name: "架空　花子",
        name_substitutions: "00000",
        sex: "2",
        birth_date: "319800217",
        address: "架空区",
        address_substitutions: "000",
    });
    Scene { cards, signing, anchors, card, signer, now }
});

fuzz_target!(|bytes: &[u8]| {
    let scene = &*SCENE;
    for kind in [CertificateKind::UserAuthentication, CertificateKind::Signing] {
        let _ = judge(bytes, kind, &scene.anchors, scene.now);
    }
    let _ = read_signing_identity(bytes);
    let Some((choice, content)) = bytes.split_first() else { return };
    for (authority, template, kind) in [
        (&scene.cards, &scene.card, CertificateKind::UserAuthentication),
        (&scene.signing, &scene.signer, CertificateKind::Signing),
    ] {
        let mut template = template.clone();
        let chosen = usize::from(*choice & 0x7F) % template.extensions.len();
        template.extensions[chosen].value = content.to_vec();
        template.extensions[chosen].critical ^= *choice & 0x80 != 0;
        let Ok(der) = authority.sign(&template) else { return };
        let _ = judge(&der, kind, &scene.anchors, scene.now);
        let _ = read_signing_identity(&der);
    }
});
