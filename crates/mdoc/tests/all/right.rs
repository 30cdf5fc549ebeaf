//! Right documents, in every way they may come.

use base::Date;
use mdoc::self_made::{Meeting, SelfMadeIssuer};
use mdoc::{ChannelError, Curve, DeviceProof, Disclosed, Element, Refusal, Request, Retention, Sex};
use pki::AnchorKind;

use crate::support::{Scene, Session, everything, now, read_through, request};

#[test]
fn a_card_in_a_phone_is_read_at_the_counter() {
    let (mut channel, anchors, lists) = Scene::new().channel(Meeting::InPerson);
    let document = read_through(&mut channel, &anchors, &lists, &request()).unwrap();
    assert_eq!(document.anchor, AnchorKind::Test);
    assert_eq!(document.proof, DeviceProof::Signature);
    assert_eq!(document.status_as_of, now().plus_seconds(-3600));
    assert_eq!(document.valid_until, now().plus_seconds(30 * 86_400));
    assert!(document.missing.is_empty() && !document.names_unasked_status);
    assert!(document.attributes.full_name.unwrap().look(|name| name == "架空　花子"));
    assert!(document.attributes.age_over_20.unwrap().look(|reached| *reached));
    assert!(document.attributes.portrait.is_none(), "not asked, not returned");
}

#[test]
fn a_card_in_a_phone_is_read_on_a_page() {
    let meeting = Meeting::InBrowser { origin: "https://city.example".to_owned() };
    let (mut channel, anchors, lists) = Scene::new().channel(meeting);
    assert!(read_through(&mut channel, &anchors, &lists, &request()).is_ok());
}

#[test]
fn every_element_is_typed() {
    let scene = Scene::new();
    let document = scene.reader().judge(&scene.presented(&everything()), &everything()).unwrap();
    let said = document.attributes;
    let born = Date::parse("1971-09-01").unwrap();
    assert!(said.birth_date.unwrap().look(|date| *date == born));
    assert!(said.birth_date_text.unwrap().look(|date| *date == born));
    assert!(said.sex.unwrap().look(|sex| *sex == Sex::Female));
    assert!(said.sex_text.unwrap().look(|sex| sex == "女"));
    assert!(said.local_government_code.unwrap().look(|code| code == "13999"));
    assert!(said.age_in_years.unwrap().look(|age| *age == 55));
    assert!(said.portrait.unwrap().look(|image| image.starts_with(&[0xFF, 0xD8])));
    assert!(document.missing.is_empty());
}

#[test]
fn only_what_was_asked_with_the_intent_to_retain_can_be_kept() {
    let said = Scene::new().judge().unwrap().attributes;
    let name = said.full_name.unwrap();
    assert!(matches!(name, Disclosed::LookOnly(_)));
    assert_eq!(format!("{name:?}"), "LookOnly(<transient>)");
    assert!(name.kept().is_none());
    let address = said.address.unwrap();
    assert_eq!(format!("{address:?}"), "MayBeKept(<personal>)");
    assert_eq!(address.kept().unwrap().into_inner(), "東京都デモ市架空町一丁目２番３号");
}

#[test]
fn what_the_holder_withholds_is_named_as_missing() {
    let scene = Scene::planned(|plan| plan.items.retain(|item| item.identifier != "age_over_20"));
    assert_eq!(scene.judge().unwrap().missing, [Element::AgeOver20]);
}

#[test]
fn both_curves_and_all_three_digests_serve() {
    for (signer, device) in [(Curve::P256, Curve::P384), (Curve::P384, Curve::P256), (Curve::P384, Curve::P384)] {
        for digest in ["SHA-256", "SHA-384", "SHA-512"] {
            let issuer = SelfMadeIssuer::new(signer, now()).unwrap();
            let scene = Scene::made(issuer, device, |plan| plan.digest_algorithm = digest.to_owned());
            assert!(scene.judge().is_ok(), "{signer:?} {device:?} {digest}");
        }
    }
}

#[test]
fn a_phone_may_prove_itself_with_a_mac() {
    for curve in [Curve::P256, Curve::P384] {
        let mut scene = Scene::made(SelfMadeIssuer::new(Curve::P256, now()).unwrap(), curve, |_| {});
        scene.phone.proof = DeviceProof::Mac;
        let session = Session::new(curve);
        let response = scene.phone.respond(&request(), &session.transcript, Some(&session.key)).unwrap();
        let document = scene.reader().judge(&session.brings(response), &request()).unwrap();
        assert_eq!(document.proof, DeviceProof::Mac);
    }
}

#[test]
fn a_phone_put_away_is_no_answer() {
    let (mut channel, anchors, lists) = Scene::new().channel(Meeting::InPerson);
    channel.phone = None;
    let refusal = read_through(&mut channel, &anchors, &lists, &request()).unwrap_err();
    assert_eq!(refusal, Refusal::Channel(ChannelError::Lost));
    assert_eq!(refusal.kind(), base::Kind::Unavailable);
}

#[test]
fn asking_for_one_element_gives_one_element() {
    let scene = Scene::new();
    let request = Request::asking(Element::AgeOver20, Retention::LookOnly);
    let said = scene.reader().judge(&scene.presented(&request), &request).unwrap().attributes;
    assert!(said.age_over_20.is_some() && said.full_name.is_none() && said.birth_date.is_none());
}
