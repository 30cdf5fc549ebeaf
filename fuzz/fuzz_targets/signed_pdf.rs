//! Files that people upload to be checked, the same bytes as a file to be signed, and as a token.
#![no_main]

use std::sync::LazyLock;

use base::{Date, Timestamp};
use libfuzzer_sys::fuzz_target;
use pki::pades::{SignatureNotes, sign, verify};
use pki::test_authority::{DocumentSignerRequest, Generation, TestAuthority};
use pki::token::{KeyRing, TokenKey, from_text};
use pki::{AuthorityRole, MemorySigner, SigningKey, TrustAnchors};

struct Scene {
    anchors: TrustAnchors,
    mayor: MemorySigner,
    ring: KeyRing,
    now: Timestamp,
}

static SCENE: LazyLock<Scene> = LazyLock::new(|| {
    let now = Timestamp::in_japan(Date::from_days_since_epoch(20_780), 9, 0, 0);
    let (not_before, not_after) = (now.plus_seconds(-86_400), now.plus_seconds(86_400));
    let generation = Generation { serial: 1, not_before, not_after, ocsp_url: None };
    let key = SigningKey::generate_p256().expect("a key");
    let authority = TestAuthority::new(AuthorityRole::Document, key, &generation).expect("an authority");
    let key = SigningKey::generate_p256().expect("a key");
    let request = DocumentSignerRequest {
        public_key_info: key.public_key_info(),
        serial: 5,
        organization: "デモ市",
        common_name: "デモ市長",
        not_before,
        not_after,
    };
    let leaf = authority.issue_document_signer(&request).expect("a certificate");
    let mayor = MemorySigner::new(key, vec![leaf, authority.certificate().to_vec()]);
    let anchors = TestAuthority::anchors(&[&authority]).expect("anchors");
    Scene { anchors, mayor, ring: KeyRing::new(TokenKey::generate().expect("a key")), now }
});

fuzz_target!(|bytes: &[u8]| {
    let scene = &*SCENE;
    let _ = verify(bytes, &scene.anchors, scene.now);
    // What can be signed must then be found signed, unless the drawing itself holds something like a signature.
    if let Ok(signed) = sign(bytes, &scene.mayor, &SignatureNotes::default(), scene.now) {
        assert!(signed.starts_with(bytes));
        let sound = verify(&signed, &scene.anchors, scene.now).is_ok();
        assert!(sound || !bytes.starts_with(b"%PDF-") || bytes.windows(10).any(|w| w == b"/ByteRange"));
    }
    let _ = pki::token::verify(bytes, &scene.ring.public());
    let _ = std::str::from_utf8(bytes).map(from_text);
});
