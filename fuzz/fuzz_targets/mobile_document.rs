//! A phone's answer and a page's encrypted answer, as a stranger would send them: bytes as they are, and laid over a right
//! answer so that the inner structures are reached.
#![no_main]

use std::sync::LazyLock;

use base::{Date, Seams, Timestamp};
use libfuzzer_sys::fuzz_target;
use mdoc::self_made::{DocumentPlan, Phone, SelfMadeIssuer};
use mdoc::{BrowserSession, Curve, DocumentReader, Element, Presentation, Request, Retention, SessionTranscript};
use pki::TrustAnchors;
use pki::mobile_document::MobileSignerLists;

struct Scene {
    seams: Seams,
    anchors: TrustAnchors,
    lists: MobileSignerLists,
    request: Request,
    transcript: SessionTranscript,
    right: Vec<u8>,
}

static SCENE: LazyLock<Scene> = LazyLock::new(|| {
    let now = Timestamp::in_japan(Date::from_days_since_epoch(20_780), 9, 0, 0);
    let (seams, _) = Seams::simulated(now, 5);
    let issuer = SelfMadeIssuer::new(Curve::P256, now).expect("an issuer");
    let anchors = issuer.anchors().expect("anchors");
    let lists = issuer.lists(&anchors, now, false).expect("a list");
    let phone = Phone::with_document(&issuer, &DocumentPlan::sample(now), Curve::P256, &seams).expect("a phone");
    let request = Request::asking(Element::FullName, Retention::LookOnly).and(Element::BirthDate, Retention::LookOnly);
    let transcript = SessionTranscript::in_browser("info", "https://city.example");
    let right = phone.respond(&request, &transcript, None).expect("an answer");
    Scene { seams, anchors, lists, request, transcript, right }
});

fuzz_target!(|bytes: &[u8]| {
    let scene = &*SCENE;
    let reader = DocumentReader::new(&scene.anchors, &scene.lists, scene.seams.clone());
    let believed = |response: Vec<u8>| {
        let presentation =
            Presentation { response: response.into(), transcript: scene.transcript.clone(), reader_key: None };
        reader.judge(&presentation, &scene.request).is_ok()
    };
    assert!(!believed(bytes.to_vec()), "bytes of a stranger");
    // Two octets say where, the rest is written over a right answer.
    if let Some((place, patch)) = bytes.split_first_chunk::<2>() {
        let mut altered = scene.right.clone();
        let at = usize::from(u16::from_be_bytes(*place)) % altered.len();
        let end = (at + patch.len()).min(altered.len());
        altered[at..end].copy_from_slice(&patch[..end - at]);
        assert_eq!(believed(altered.clone()), altered == scene.right, "an altered answer");
    }
    let _ = SessionTranscript::from_cbor(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = BrowserSession::start(&scene.seams, "https://city.example").open(text);
    }
});
