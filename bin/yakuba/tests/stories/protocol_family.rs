//! The family register's papers by the kiosk protocol: for people who live elsewhere, and about another member.

use pki::SigningKey;
use serde_json::{Value, json};
use testkit::world::centre::{Answer, Machine, ReadyCard};

use crate::city::{Fixture, fixture};
use crate::door::{Door, as_documented};
use crate::family_registers::{apply, drawers_card, reviewed};

const PERSON: &str = "family_register_person_certificate";
const WHOLE: &str = "family_register_certificate";
const APPENDIX: &str = "family_register_appendix";

/// Tells, and compares the answer with the protocol's document.
fn told(machine: &Machine, path: &str, session: Option<&str>, message: &Value) -> Answer {
    let answer = machine.post(path, session, message).unwrap();
    as_documented("POST", path, &answer);
    answer
}

fn family(machine: &Machine, session: &str, kind: &str) -> Answer {
    told(machine, "/session/family", Some(session), &json!({ "kind": kind }))
}

/// Place of the member whose name holds `part`, and whether it is the applicant.
fn position(listed: &Answer, part: &str) -> (usize, bool) {
    let listed = listed.json();
    let members = listed["members"].as_array().unwrap();
    let found = members.iter().find(|one| one["name"].as_str().unwrap().contains(part)).unwrap();
    (usize::try_from(found["position"].as_u64().unwrap()).unwrap(), found["is_applicant"] == true)
}

/// All that the paper says.
fn paper_of(machine: &Machine, session: &str, order: &Value) -> String {
    let begun = told(machine, "/requests", Some(session), order);
    assert_eq!(begun.status, 200, "{}", begun.json());
    let at = |act: &str| format!("/requests/{}/{act}", begun.text("request"));
    told(machine, &at("payment-started"), None, &json!({}));
    told(machine, &at("payment-settled"), None, &json!({ "kept": true }));
    let prepared = told(machine, &at("prepare"), Some(session), &json!({}));
    assert_eq!(prepared.status, 200, "{}", prepared.json());
    let fetched = told(machine, &at("fetch"), Some(session), &json!({ "token": prepared.text("token") }));
    let found = paper::recheck::extract(&fetched.body).unwrap();
    let printed = told(machine, &at("printed"), None, &json!({ "sheets": found.pages.len() }));
    assert_eq!(printed.text("state"), "printed");
    found.pages.iter().flat_map(|page| page.texts.clone()).collect()
}

fn no(answer: &Answer) -> (u16, String) {
    (answer.status, answer.text("code"))
}

#[test]
fn somebody_who_lives_elsewhere_takes_papers_of_the_family_register_and_no_others() {
    let fixture = Fixture::named("protocol-elsewhere");
    let door = Door::open(&fixture, 50);
    let machine = door.machine();
    let contents = drawers_card(&fixture);
    let own = &contents.user_authentication;
    let key = || SigningKey::from_pkcs8(&own.private_key_pkcs8).unwrap();
    let sign_in = || {
        let answer = machine.sign_in(&ReadyCard { key: key(), certificate: own.certificate.clone() }).unwrap();
        as_documented("POST", "/sessions", &answer);
        answer
    };
    assert_eq!(no(&sign_in()), (422, "kiosk-card-unknown".to_owned()));
    let id = apply(&fixture.issuer, &contents, testkit::city::family_registers::NON_RESIDENT.domicile).unwrap();
    assert_eq!(no(&sign_in()), (422, "registration-kiosk-waiting".to_owned()), "as a machine with a browser says it");
    assert_eq!(reviewed(&fixture.issuer, id), 1);

    let signed_in = sign_in();
    assert_eq!(signed_in.status, 200, "{}", signed_in.json());
    let person = &signed_in.json()["person"];
    assert_eq!((&person["lives_elsewhere"], &person["members"]), (&json!(true), &json!([])));
    let session = signed_in.text("session");
    for kind in ["residence_certificate", "tax_certificate", "seal_registration_certificate"] {
        let refused = told(&machine, "/requests", Some(&session), &json!({ "kind": kind }));
        assert_eq!(no(&refused), (400, "certificate-refused-choices".to_owned()), "{kind}");
    }

    // Her mother's part of it, by the place in the list; before there is a list there are no places.
    let unlisted = told(&machine, "/requests", Some(&session), &json!({ "kind": PERSON, "members": [0] }));
    assert_eq!(no(&unlisted), (400, "certificate-refused-choices".to_owned()));
    let listed = family(&machine, &session, PERSON);
    assert_eq!(listed.status, 200, "{}", listed.json());
    let (mother, is_applicant) = position(&listed, "花子");
    assert!(!is_applicant && position(&listed, "春子").1);
    let beyond = told(&machine, "/requests", Some(&session), &json!({ "kind": PERSON, "members": [9] }));
    assert_eq!(no(&beyond), (400, "certificate-refused-choices".to_owned()));
    let text = paper_of(&machine, &session, &json!({ "kind": PERSON, "members": [mother] }));
    assert!(text.contains("戸籍中の一部の者") && text.contains("花子") && !text.contains("春子"), "{text}");
    let text = paper_of(&machine, &session, &json!({ "kind": WHOLE, "members": "household" }));
    assert!(text.contains("花子") && text.contains("春子"));
    let listed = family(&machine, &session, APPENDIX);
    let (herself, _) = position(&listed, "春子");
    let text = paper_of(&machine, &session, &json!({ "kind": APPENDIX, "members": [herself] }));
    assert!(text.contains("例示県例示市大手町一丁目２番３号"), "{text}");
}

#[test]
fn a_resident_takes_another_members_part_and_a_refused_list_is_the_refused_request_in_words() {
    let door = Door::open(fixture(), 50);
    let machine = door.machine();
    let session = door.session(&machine, "couple");
    let listed = family(&machine, &session, PERSON);
    let (wife, is_applicant) = position(&listed, "真理子");
    assert!(!is_applicant);
    let text = paper_of(&machine, &session, &json!({ "kind": PERSON, "members": [wife] }));
    assert!(text.contains("真理子") && text.contains("戸籍中の一部の者") && !text.contains("養父氏名"));
    // Positions of the household stay positions of the household.
    let text = paper_of(&machine, &session, &json!({ "kind": "residence_certificate", "members": [0] }));
    assert!(text.contains("大輔") != text.contains("真理子"));

    // What the register says no for, and that it is elsewhere: to the letter what the request is answered.
    for (sample, status, code) in
        [("rare-takasaki", 422, "certificate-refused-counter"), ("one-parent", 422, "certificate-refused-elsewhere")]
    {
        let session = door.session(&machine, sample);
        let list = family(&machine, &session, WHOLE);
        assert_eq!(no(&list), (status, code.to_owned()), "{sample}");
        let order = json!({ "kind": WHOLE, "members": "household" });
        let request = told(&machine, "/requests", Some(&session), &order);
        assert_eq!((list.status, list.json()), (request.status, request.json()), "{sample}");
    }
    for kind in ["residence_certificate", "closed_family_register_certificate", "anything"] {
        let refused = family(&machine, &session, kind);
        assert_eq!(no(&refused), (400, "certificate-refused-choices".to_owned()), "{kind}");
    }
}
