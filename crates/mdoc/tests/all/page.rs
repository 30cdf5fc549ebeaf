//! A card asked for by a page: the question, the encrypted answer, and answers of other pages.

use data_encoding::BASE64URL_NOPAD;
use mdoc::self_made::answer_page;
use mdoc::{BrowserSession, ChannelError, DeviceProof, Presentation, Refusal, SessionTranscript};
use proptest::prelude::*;

use crate::support::{Scene, request, seams};

const HERE: &str = "https://city.example";

#[test]
fn an_answer_for_this_page_is_opened_and_judged() {
    let scene = Scene::new();
    let session = BrowserSession::start(&seams(), HERE);
    let answer = answer_page(&scene.phone, &request(), session.encryption_info(), HERE).unwrap();
    // Between question and answer the server keeps key and nonce, and may be another process.
    let session = BrowserSession::restore(&session.to_secret(), HERE).unwrap();
    let document = scene.reader().judge(&session.open(&answer).unwrap(), &request()).unwrap();
    assert_eq!(document.proof, DeviceProof::Signature);
    assert!(!answer.contains(&BASE64URL_NOPAD.encode("架空".as_bytes())));
}

#[test]
fn an_answer_for_another_page_or_another_question_is_not_even_opened() {
    let scene = Scene::new();
    let session = BrowserSession::start(&seams(), HERE);
    let elsewhere = answer_page(&scene.phone, &request(), session.encryption_info(), "https://evil.example").unwrap();
    let again = BrowserSession::restore(&session.to_secret(), HERE).unwrap();
    assert_eq!(again.open(&elsewhere).unwrap_err(), ChannelError::NotDecrypted);
    let old = answer_page(&scene.phone, &request(), session.encryption_info(), HERE).unwrap();
    let next = BrowserSession::start(&seams(), HERE);
    assert_eq!(next.open(&old).unwrap_err(), ChannelError::NotDecrypted);
}

#[test]
fn an_answer_taken_out_of_its_envelope_is_refused_in_another_session() {
    let scene = Scene::new();
    let (there, here) =
        (BrowserSession::start(&seams(), "https://evil.example"), BrowserSession::start(&seams(), HERE));
    let response = scene.phone.respond(&request(), there.transcript(), None).unwrap();
    let other_nonce = SessionTranscript::in_browser(there.encryption_info(), HERE);
    for transcript in [here.transcript().clone(), other_nonce] {
        let presentation = Presentation { response: response.clone().into(), transcript, reader_key: None };
        assert_eq!(scene.reader().judge(&presentation, &request()).unwrap_err(), Refusal::DeviceNotProved);
    }
}

#[test]
fn a_phone_cannot_use_a_mac_towards_a_page() {
    let mut scene = Scene::new();
    scene.phone.proof = DeviceProof::Mac;
    let session = BrowserSession::start(&seams(), HERE);
    assert!(answer_page(&scene.phone, &request(), session.encryption_info(), HERE).is_err());
}

#[test]
fn the_question_is_of_the_annexs_form() {
    let session = BrowserSession::start(&seams(), HERE);
    let info = BASE64URL_NOPAD.decode(session.encryption_info().as_bytes()).unwrap();
    let value: ciborium::Value = ciborium::from_reader(&info[..]).unwrap();
    let parts = value.as_array().unwrap();
    assert_eq!(parts[0].as_text(), Some("dcapi"));
    let names: Vec<_> = parts[1].as_map().unwrap().iter().map(|(name, _)| name.as_text().unwrap()).collect();
    assert_eq!(names, ["nonce", "recipientPublicKey"]);
    let asked = BASE64URL_NOPAD.decode(session.device_request(&request()).as_bytes()).unwrap();
    assert_eq!(asked, request().to_cbor());
}

#[test]
fn answers_of_another_form_are_not_opened() {
    let cut = BASE64URL_NOPAD.encode(b"\x82\x65dcapi\xA2\x63enc\x40\x6AcipherText\x40");
    for answer in ["", "!", "oA", &cut, &"A".repeat(2 * 1024 * 1024)] {
        assert_eq!(BrowserSession::start(&seams(), HERE).open(answer).unwrap_err(), ChannelError::NotDecrypted);
    }
    assert!(BrowserSession::restore(&[0; 8], HERE).is_err());
}

proptest! {
    #[test]
    fn any_text_is_opened_or_not_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let answer = BASE64URL_NOPAD.encode(&bytes);
        prop_assert!(BrowserSession::start(&seams(), HERE).open(&answer).is_err());
    }
}
