//! The pad: what a person sees and does, and what a wrong step costs.

use card::readers::virtual_reader::{Faults, VirtualReader};
use pki::agent::{PresignedSigner, Verb};
use pki::test_authority::TestAuthority;

use crate::support::*;

fn tries_left(scene: &Scene) -> (u8, u8) {
    let cards = scene.reader.take_off();
    let contents = cards[0].contents();
    for card in cards {
        scene.reader.put(card);
    }
    (contents.user_authentication_pin.tries_left, contents.signing_password.tries_left)
}

#[test]
fn a_person_proves_who_they_are_and_the_page_gets_bytes_only_the_server_can_open() {
    let scene = Scene::new();
    let request = scene.signed(Verb::Identify);
    let (pad, ticket) = scene.take(&request);
    assert_eq!(scene.fetch(&ticket)["state"], "waiting");
    let shown = scene.open_pad(&pad);
    for said in ["Mihon City", "city.example", "窓口での本人確認", "Tries left: 3"] {
        assert!(shown.body.contains(said), "{said}: {}", shown.body);
    }
    let done = scene.press(&pad, &shown, &format!("do=enter&secret={PIN}"));
    assert!(done.body.contains("data-close"), "{}", done.body);
    let told = scene.fetch(&ticket);
    let answer = scene.opened(&request, &told);
    let anchors = TestAuthority::anchors(&[&USERS]).unwrap();
    let kind = pki::jpki_profile::CertificateKind::UserAuthentication;
    pki::jpki_profile::judge(answer.certificate.reveal(), kind, &anchors, now()).unwrap();
    assert_eq!(answer.ca_certificate, USERS.certificate());
    assert_eq!(scene.fetch(&ticket)["state"], "fetched", "an answer is told once");
    // The card is powered down and forgets the PIN; the pad is over.
    assert_eq!(scene.press(&pad, &shown, &format!("do=enter&secret={PIN}")).status, 410);
}

#[test]
fn what_is_signed_is_shown_before_the_password_can_be_typed() {
    let scene = Scene::new();
    let request = scene.signed(document());
    let (pad, ticket) = scene.take(&request);
    let shown = scene.open_pad(&pad);
    let form = shown.body.find("id=\"secret\"").unwrap();
    for said in ["転出届", "転出日 2026年12月1日", "届出人 本人", "0001 0203 0405 0607 0809", "Tries left: 5"]
    {
        let at = shown.body.find(said).unwrap_or_else(|| panic!("{said}: {}", shown.body));
        assert!(at < form || said.starts_with("Tries"), "{said} stands before the password");
    }
    // Typed in small letters and full width.
    let done = scene.press(&pad, &shown, "do=enter&secret=matsu77%EF%BD%8B%EF%BD%81ze");
    assert!(done.body.contains("Signed."), "{}", done.body);
    let answer = scene.opened(&request, &scene.fetch(&ticket));
    let signer = PresignedSigner::new(&request, &answer).unwrap();
    assert!(signer.cms().unwrap().len() > 2000);
}

#[test]
fn the_card_that_signs_is_told_from_one_that_was_laid_there_before() {
    let scene = Scene::new();
    let answered = |verb: Verb, secret: &str| {
        let request = scene.signed(verb);
        let (pad, ticket) = scene.take(&request);
        let shown = scene.open_pad(&pad);
        scene.press(&pad, &shown, &format!("do=enter&secret={secret}"));
        scene.opened(&request, &scene.fetch(&ticket))
    };
    let (proved, signed) = (answered(Verb::Identify, PIN), answered(document(), PASSWORD));
    assert_eq!(*signed.user_authentication.reveal(), contents().user_authentication.certificate);
    assert!(signed.is_of_the_card_of(&proved) && !proved.is_of_the_card_of(&proved));
    // Somebody else's card proves; this one signs.
    let mut other = contents();
    other.user_authentication.certificate = contents().signing.unwrap().certificate;
    scene.reader.take_off();
    scene.reader.put(card_of(other));
    assert!(!signed.is_of_the_card_of(&answered(Verb::Identify, PIN)));
}

#[test]
fn a_wrong_pin_is_counted_and_told_and_another_try_needs_no_reload() {
    let scene = Scene::new();
    let (pad, ticket) = scene.take(&scene.signed(Verb::Identify));
    let shown = scene.open_pad(&pad);
    let wrong = scene.press(&pad, &shown, "do=enter&secret=0000");
    for said in ["That PIN is wrong", "Tries left: 2", "Wrong so far: 1"] {
        assert!(wrong.body.contains(said), "{said}: {}", wrong.body);
    }
    assert!(!wrong.body.contains("0000"), "what was typed is not sent back");
    let done = scene.press(&pad, &wrong, &format!("do=enter&secret={PIN}"));
    assert!(done.body.contains("data-close"), "{}", done.body);
    assert_eq!(scene.fetch(&ticket)["state"], "answered");
    assert_eq!(tries_left(&scene).0, 3);
}

#[test]
fn the_last_try_is_spent_only_with_consent_given_to_the_warning() {
    let scene = Scene::new();
    let (pad, _) = scene.take(&scene.signed(Verb::Identify));
    let mut shown = scene.open_pad(&pad);
    // Consent before anybody was warned counts for nothing.
    for _ in 0..2 {
        shown = scene.press(&pad, &shown, "do=enter&secret=0000&last-try=yes");
    }
    assert!(shown.body.contains("One more mistake locks the card"), "{}", shown.body);
    assert!(shown.body.contains("id=\"last-try\""));
    let kept = scene.press(&pad, &shown, "do=enter&secret=0000");
    assert!(kept.body.contains("Only one try is left"), "{}", kept.body);
    assert_eq!(tries_left(&scene).0, 1, "it was not sent");
    let done = scene.press(&pad, &kept, &format!("do=enter&secret={PIN}&last-try=yes"));
    assert!(done.body.contains("data-close"), "{}", done.body);
}

#[test]
fn a_card_with_one_try_left_is_not_spent_on_an_unwarned_consent() {
    let mut contents = contents();
    contents.user_authentication_pin.tries_left = 1;
    let scene = Scene::with(VirtualReader::new());
    let (pad, _) = scene.take(&scene.signed(Verb::Identify));
    let shown = scene.open_pad(&pad);
    assert!(shown.body.contains("There is no card"));
    scene.reader.put(card_of(contents));
    let kept = scene.press(&pad, &shown, "do=enter&secret=0000&last-try=yes");
    assert!(kept.body.contains("Only one try is left"), "{}", kept.body);
    assert_eq!(tries_left(&scene).0, 1);
}

#[test]
fn a_locked_pin_is_told_and_leaves_no_field() {
    let scene = Scene::new();
    let (pad, ticket) = scene.take(&scene.signed(Verb::Identify));
    let mut shown = scene.open_pad(&pad);
    for _ in 0..2 {
        shown = scene.press(&pad, &shown, "do=enter&secret=0000");
    }
    shown = scene.press(&pad, &shown, "do=enter&secret=0000&last-try=yes");
    assert!(shown.body.contains("The PIN is locked"), "{}", shown.body);
    assert!(!shown.body.contains("id=\"secret\""));
    assert_eq!(shown.body.matches("role=\"alert\"").count(), 1, "said once: {}", shown.body);
    assert_eq!(scene.fetch(&ticket)["state"], "waiting");
    let stopped = scene.press(&pad, &shown, "do=stop");
    assert!(stopped.body.contains("Stopped"));
    assert_eq!(scene.fetch(&ticket)["state"], "stopped");
}

#[test]
fn what_cannot_be_a_pin_is_not_sent_to_the_card() {
    let scene = Scene::new();
    let (pad, _) = scene.take(&scene.signed(Verb::Identify));
    let mut shown = scene.open_pad(&pad);
    for typed in ["", "123", "12345", "12a4"] {
        shown = scene.press(&pad, &shown, &format!("do=enter&secret={typed}"));
        assert!(shown.body.contains("The PIN is four digits"), "{typed}");
    }
    assert_eq!(tries_left(&scene).0, 3);
    let (pad, _) = scene.take(&scene.signed(document()));
    let shown = scene.open_pad(&pad);
    assert!(scene.press(&pad, &shown, "do=enter&secret=abc").body.contains("6 to 16"));
    assert_eq!(tries_left(&scene).1, 5);
}

#[test]
fn a_form_sent_twice_spends_no_second_try() {
    let scene = Scene::new();
    let (pad, _) = scene.take(&scene.signed(Verb::Identify));
    let shown = scene.open_pad(&pad);
    scene.press(&pad, &shown, "do=enter&secret=0000");
    let again = scene.press(&pad, &shown, "do=enter&secret=0000");
    assert!(again.body.contains("came twice"), "{}", again.body);
    assert_eq!(tries_left(&scene).0, 2);
}

#[test]
fn each_trouble_with_the_reader_has_its_sentence_and_can_be_tried_again() {
    let scene = Scene::with(VirtualReader::new());
    let (pad, ticket) = scene.take(&scene.signed(Verb::Identify));
    let empty = scene.open_pad(&pad);
    assert!(empty.body.contains("There is no card"), "{}", empty.body);
    assert!(!empty.body.contains("id=\"secret\""));
    scene.reader.put(card());
    scene.reader.put(card());
    let several = scene.press(&pad, &empty, "do=look");
    assert!(several.body.contains("more than one card"), "{}", several.body);
    scene.reader.take_off();
    scene.reader.put(card());
    let ready = scene.press(&pad, &several, "do=look");
    assert!(ready.body.contains("Tries left: 3"), "{}", ready.body);
    // The card is pulled away while it signs.
    scene.reader.set_faults(Faults { pulled_out_after: Some(9), ..Faults::default() });
    let pulled = scene.press(&pad, &ready, &format!("do=enter&secret={PIN}"));
    assert!(pulled.body.contains("was moved while"), "{}", pulled.body);
    scene.reader.set_faults(Faults::default());
    scene.reader.put(card());
    let ready = scene.press(&pad, &pulled, "do=look");
    let done = scene.press(&pad, &ready, &format!("do=enter&secret={PIN}"));
    assert!(done.body.contains("data-close"), "{}", done.body);
    assert_eq!(scene.fetch(&ticket)["state"], "answered");
}

#[test]
fn a_card_without_a_signing_certificate_cannot_sign_and_says_so() {
    let mut contents = contents();
    contents.signing = None;
    let scene = Scene::with(VirtualReader::with(card_of(contents)));
    let (pad, _) = scene.take(&scene.signed(document()));
    let shown = scene.open_pad(&pad);
    let said = if shown.body.contains("id=\"secret\"") {
        scene.press(&pad, &shown, &format!("do=enter&secret={PASSWORD}")).body
    } else {
        shown.body
    };
    assert!(said.contains("holds no such certificate"), "{said}");
}

#[test]
fn a_pad_is_opened_once_as_a_page_and_only_its_own_page_may_send_it() {
    let scene = Scene::new();
    let (pad, _) = scene.take(&scene.signed(Verb::Identify));
    for kind in ["iframe", "image", "script", "empty", "object"] {
        assert_eq!(scene.send("GET", &pad, &[("sec-fetch-dest", kind)], "").status, 403, "{kind}");
    }
    let shown = scene.open_pad(&pad);
    assert_eq!(scene.open_pad(&pad).status, 410, "a second window shows nothing");
    let form = format!("step={}&do=enter&secret={PIN}", shown.step());
    let senders: [&[(&str, &str)]; 6] = [
        &[],
        &[("origin", CITY)],
        &[("origin", "null")],
        &[("origin", "http://127.0.0.1:80")],
        &[("origin", "http://localhost:47614")],
        &[("origin", OWN), ("sec-fetch-site", "cross-site")],
    ];
    for headers in senders {
        assert_eq!(scene.send("POST", &pad, headers, &form).status, 403, "{headers:?}");
    }
    assert_eq!(scene.open_pad("/pad/00000000000000000000000000").status, 404);
}

#[test]
fn nothing_happens_after_the_time_is_over() {
    let scene = Scene::new();
    let (pad, ticket) = scene.take(&scene.signed(Verb::Identify));
    let shown = scene.open_pad(&pad);
    scene.clock.advance_seconds(181);
    let late = scene.press(&pad, &shown, &format!("do=enter&secret={PIN}"));
    assert_eq!(late.status, 410);
    assert!(late.body.contains("The time is over"), "{}", late.body);
    assert_eq!(scene.fetch(&ticket)["state"], "over");
    assert_eq!(tries_left(&scene).0, 3);
}

#[test]
fn the_pad_speaks_three_languages_without_losing_its_place() {
    let scene = Scene::new();
    let (pad, _) = scene.take(&scene.signed(document()));
    let english = scene.open_pad(&pad);
    assert!(english.body.contains("Check and sign"));
    let japanese = scene.press(&pad, &english, "do=language&lang=ja");
    assert!(japanese.body.contains("電子署名の確認") && japanese.body.contains("転出届"));
    let easy = scene.press(&pad, &japanese, "do=language&lang=ja-easy");
    assert!(easy.body.contains("<ruby>"), "{}", easy.body);
}

#[test]
fn an_answer_is_told_only_to_the_server_that_asked() {
    let scene = Scene::new();
    let (pad, ticket) = scene.take(&scene.signed(Verb::Identify));
    let shown = scene.open_pad(&pad);
    scene.press(&pad, &shown, &format!("do=enter&secret={PIN}"));
    let other = agent::Pairing {
        agent: "AGENT-9".into(),
        audience: "other.example".into(),
        name: "他市".into(),
        name_english: "Other".into(),
        origins: vec!["https://other.example".into()],
        verification_key: scene.agent_key.clone(),
        sealing_key: scene.server.sealing[0].public().clone(),
        key: pki::SigningKey::generate_p256().unwrap(),
        paired_at: now(),
    };
    scene.pairings.add(other).unwrap();
    let asked = scene.send("GET", &format!("/v1/answers/{ticket}"), &[("origin", "https://other.example")], "");
    assert_eq!((asked.status, asked.error().as_str()), (404, "unknown-ticket"));
    assert_eq!(scene.fetch(&ticket)["state"], "answered");
}

#[test]
fn nothing_that_passes_holds_the_password_or_who_the_holder_is() {
    let scene = Scene::new();
    let request = scene.signed(document());
    let (pad, ticket) = scene.take(&request);
    let shown = scene.open_pad(&pad);
    let wrong = scene.press(&pad, &shown, "do=enter&secret=WRONG99WRONG");
    let done = scene.press(&pad, &wrong, &format!("do=enter&secret={PASSWORD}"));
    assert!(done.body.contains("Signed."), "{}", done.body);
    let answer = scene.opened(&request, &scene.fetch(&ticket));
    // All but the forms a person sends from the pad: what pages send, what they and the person are shown.
    let passed = scene.passed.borrow().clone();
    let holds = |bytes: &[u8]| passed.windows(bytes.len()).any(|window| window == bytes);
    assert!(holds(b"/v1/sign-document") && holds(ticket.as_bytes()), "the search looks through something");
    let certificate = answer.certificate.reveal();
    let serial_and_key = [&certificate[40..64], &certificate[certificate.len() / 2..certificate.len() / 2 + 24]];
    let secrets: [&[u8]; 8] = [
        PASSWORD.as_bytes(),
        b"matsu77kaze",
        b"WRONG99WRONG",
        BIRTH.as_bytes(),
        b"19710901",
        "架空　花子".as_bytes(),
        serial_and_key[0],
        serial_and_key[1],
    ];
    for secret in secrets {
        assert!(!holds(secret));
        for form in [data_encoding::HEXLOWER.encode(secret), data_encoding::HEXUPPER.encode(secret)] {
            assert!(!holds(form.as_bytes()), "{form}");
        }
        // Base 64 at each place of a longer text, without what mixes with its neighbours.
        for shift in 0..3 {
            let text = data_encoding::BASE64URL_NOPAD.encode(&[vec![0; shift], secret.to_vec()].concat());
            assert!(!holds(&text.as_bytes()[[0, 2, 3][shift]..text.len() - 1]), "{text}");
        }
    }
}

/// A reader that keeps whoever connects waiting until it is told to go on.
struct Slow {
    arrived: std::sync::mpsc::SyncSender<()>,
    go_on: std::sync::Mutex<std::sync::mpsc::Receiver<()>>,
}

impl agent::readers::Readers for Slow {
    fn connect(&self) -> Result<Box<dyn card::Card>, card::ReaderError> {
        self.arrived.send(()).unwrap();
        self.go_on.lock().unwrap().recv().unwrap();
        Err(card::ReaderError::NoCard)
    }

    fn look(&self) -> Result<(), card::ReaderError> {
        Ok(())
    }
}

#[test]
fn a_card_serves_one_request_at_a_time_and_the_next_is_told() {
    let (arrived, has_arrived) = std::sync::mpsc::sync_channel(1);
    let (go_on, waits) = std::sync::mpsc::channel();
    let place = agent::work::CardPlace::new(Box::new(Slow { arrived, go_on: std::sync::Mutex::new(waits) }));
    std::thread::scope(|scope| {
        let first = scope.spawn(|| place.tries_left(card::Pin::UserAuthentication));
        has_arrived.recv().unwrap();
        assert_eq!(place.tries_left(card::Pin::UserAuthentication), Err(agent::work::Trouble::Busy));
        go_on.send(()).unwrap();
        assert_eq!(first.join().unwrap(), Err(card::ReaderError::NoCard.into()));
    });
}
