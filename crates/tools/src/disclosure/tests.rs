//! What a person is told, and that what a law hides leaves no trace in it.

use std::cell::RefCell;
use std::process::Command;

use base::{Date, Id};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value as Json;
use store::testing::for_each_engine;

use crate::access::{
    self, AccessError, Actor, BulkDeclaration, Concerned, Duty, Item, Purpose, ResidentId, Visibility,
};
use crate::audit::{self, Zone};
use crate::looked::{self, Looked, objections};
use crate::portal::AccountId;
use crate::portal::two_zones::{TwoZones, key};

const P: &str = "R-00001";
const Q: &str = "R-00002";

fn id(text: &str) -> ResidentId {
    ResidentId::parse(text).unwrap()
}

fn clerk() -> Actor {
    Actor::Staff { account: Id::from_bytes([7; 16]) }
}

fn read(zones: &TwoZones, actor: &Actor, purpose: &Purpose, who: &str) {
    let (seams, actor, purpose, who) = (zones.database.seams.clone(), actor.clone(), purpose.clone(), id(who));
    zones
        .inside
        .store
        .write::<_, AccessError, _>(move |tx| access::person(tx, &seams, &actor, &purpose, &who).map(drop))
        .unwrap();
}

fn told(zones: &TwoZones, account: AccountId) -> Vec<Looked> {
    looked::list(&zones.outside, account).unwrap()
}

fn sign(zones: &TwoZones) {
    audit::make_head(&zones.inside.store, &zones.database.seams, Zone::Inside, &key()).unwrap().unwrap();
}

/// All that reaches the person, as bytes; hashes of proofs (which are as good as random) only by their number.
fn view(all: &[Looked], with_names: bool) -> String {
    let mut text = String::new();
    for one in all {
        let mut line = serde_json::to_value(&one.line).unwrap();
        let mut proof = one.proof.clone().unwrap_or_default();
        if !with_names {
            line.as_object_mut().unwrap().remove("id");
            proof = Json::Null;
        }
        if !proof.is_null() {
            proof["fields"].as_array_mut().unwrap().iter_mut().for_each(|field| {
                field.as_object_mut().unwrap().remove("hash");
                field.as_object_mut().unwrap().remove("salt");
            });
            proof["merkle"]["path"] = proof["merkle"]["path"].as_array().unwrap().len().into();
            proof["salt"] = Json::Null;
            proof["entry"]["previous"] = Json::Null;
            // The lane of the thread that wrote: the machine's affair, whoever was read.
            proof["entry"]["chain"] = Json::Null;
            let head = proof["head"].as_str().unwrap().split(' ').take(5).collect::<Vec<_>>().join(" ");
            proof["head"] = head.into();
        }
        text.push_str(&format!("{line}\n{proof}\n"));
    }
    text
}

/// P is looked at twice; in between somebody is looked at for welfare: P, another person, or nobody.
fn world(database: store::testing::TestDatabase, hidden: Option<&str>) -> TwoZones {
    let zones = TwoZones::new(database);
    zones.account_of(P);
    zones.account_of(Q);
    let plain = Purpose::new(Duty::CertificateCounter);
    read(&zones, &clerk(), &plain, P);
    if let Some(who) = hidden {
        read(&zones, &clerk(), &Purpose::new(Duty::Welfare), who);
    }
    zones.database.clock.advance_seconds(60);
    read(&zones, &clerk(), &plain, P);
    zones.settle();
    sign(&zones);
    zones.settle();
    zones
}

fn account_of(zones: &TwoZones, who: &str) -> AccountId {
    zones.inside.store.read(|tx| crate::portal::link::account_of(tx, &id(who))).unwrap().unwrap()
}

#[test]
fn what_a_law_hides_leaves_no_trace_in_lines_counts_names_or_proofs() {
    let views = RefCell::new(Vec::new());
    for hidden in [Some(P), Some(Q), None] {
        for_each_engine(|database| {
            let zones = world(database, hidden);
            let all = told(&zones, account_of(&zones, P));
            assert_eq!(all.len(), 2);
            assert!(all.iter().all(|one| one.proof.is_some()), "both are proved");
            assert!(told(&zones, account_of(&zones, Q)).is_empty());
            views.borrow_mut().push((hidden, view(&all, true), view(&all, false)));
        });
    }
    let views = views.into_inner();
    let of = |hidden: Option<&str>| views.iter().filter(|(which, ..)| *which == hidden).collect::<Vec<_>>();
    for ((own, others), none) in of(Some(P)).iter().zip(of(Some(Q))).zip(of(None)) {
        // The same reading about somebody else: every byte but hashes is the same, the names of lines too.
        assert_eq!(own.1, others.1);
        // No such reading at all: the lines are the same.
        assert_eq!(own.2, none.2);
    }
}

#[test]
fn with_any_readings_the_person_is_told_those_that_are_visible_and_nothing_else_changes() {
    for_each_engine(|database| {
        let zones = TwoZones::new(database);
        let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(12) });
        let number = RefCell::new(100);
        let sequence = proptest::collection::vec(0usize..5, 0..8);
        runner
            .run(&sequence, |readings| {
                *number.borrow_mut() += 2;
                let (with, without) = (format!("R-{}", number.borrow()), format!("R-{}", *number.borrow() + 1));
                let (with_account, without_account) = (zones.account_of(&with), zones.account_of(&without));
                for kind in &readings {
                    let duties = [Duty::Inquiry, Duty::Welfare, Duty::ChildProtection, Duty::Investigation];
                    let later = zones.database.seams.today().plus_days(30);
                    let purpose = match kind {
                        4 => Purpose::new(Duty::Inquiry).visible(Visibility::After(later)),
                        other => Purpose::new(duties[*other]),
                    };
                    read(&zones, &clerk(), &purpose, &with);
                    if *kind == 0 {
                        read(&zones, &clerk(), &purpose, &without);
                        zones.database.clock.advance_seconds(7);
                    }
                }
                zones.settle();
                let (with, without) = (told(&zones, with_account), told(&zones, without_account));
                prop_assert_eq!(with.len(), readings.iter().filter(|kind| **kind == 0).count());
                prop_assert_eq!(view(&with, false), view(&without, false));
                Ok(())
            })
            .unwrap();
    });
}

#[test]
fn a_line_that_was_to_be_told_later_arrives_on_its_day_and_with_the_day_it_was_made() {
    for_each_engine(|database| {
        let zones = TwoZones::new(database);
        let account = zones.account_of(P);
        let made = zones.database.seams.now();
        let day = zones.database.seams.today().plus_days(10);
        read(&zones, &clerk(), &Purpose::new(Duty::Inquiry).visible(Visibility::After(day)), P);
        zones.settle();
        assert!(told(&zones, account).is_empty());
        zones.database.clock.advance_seconds(9 * 86_400);
        zones.settle();
        assert!(told(&zones, account).is_empty(), "not a day early");
        zones.database.clock.advance_seconds(86_400);
        zones.settle();
        let all = told(&zones, account);
        assert_eq!((all.len(), all[0].line.at), (1, made.micros()));
    });
}

#[test]
fn of_another_persons_act_neither_terminal_nor_place_is_told_and_not_who() {
    for_each_engine(|database| {
        let zones = TwoZones::new(database);
        let account = zones.account_of(P);
        let other = Actor::Resident { resident: id(Q), terminal: Some("kiosk-eki-mae".to_owned()) };
        read(&zones, &other, &Purpose::new(Duty::CertificateSelf).reading(&[Item::Name]), P);
        zones.settle();
        sign(&zones);
        zones.settle();
        let all = told(&zones, account);
        let bytes = format!("{}{}", serde_json::to_string(&all[0].line).unwrap(), all[0].proof.clone().unwrap());
        assert!(!bytes.contains("kiosk-eki-mae") && !bytes.contains(Q) && !bytes.contains(P), "{bytes}");
        assert_eq!((all[0].line.by.as_str(), &all[0].line.office), ("resident", &None));
    });
}

#[test]
fn the_act_of_a_protected_person_is_not_told_to_others() {
    for_each_engine(|database| {
        let zones = TwoZones::new(database);
        let account = zones.account_of(P);
        zones
            .inside
            .store
            .write::<_, store::StoreError, _>(|tx| {
                tx.execute(
                    "INSERT INTO protections (generation, resident_id, protected_from) \
                     SELECT generation, $1, '2026-01-01' FROM register_generation",
                    &[Q.into()],
                )
            })
            .unwrap();
        let other = Actor::Resident { resident: id(Q), terminal: None };
        read(&zones, &other, &Purpose::new(Duty::CertificateSelf), P);
        read(&zones, &clerk(), &Purpose::new(Duty::Inquiry), P);
        zones.settle();
        let all = told(&zones, account);
        assert_eq!(all.iter().map(|one| one.line.by.as_str()).collect::<Vec<_>>(), ["staff"]);
    });
}

#[test]
fn bulk_work_is_one_line_for_each_person_concerned() {
    const WORK: BulkDeclaration = BulkDeclaration {
        name: "test.bulk",
        japanese: "全員の記録を数えました。",
        english: "Everyone was counted.",
        concerned: Concerned::Everyone,
    };
    for_each_engine(|database| {
        let zones = TwoZones::new(database);
        let accounts = [zones.account_of(P), zones.account_of(Q)];
        let seams = zones.database.seams.clone();
        zones
            .inside
            .store
            .write::<_, AccessError, _>(move |tx| {
                let job = Actor::System { job: "test" };
                access::bulk(tx, &seams, &job, &Purpose::new(Duty::Statistics), &WORK).map(drop)
            })
            .unwrap();
        zones.settle();
        for account in accounts {
            let all = told(&zones, account);
            assert_eq!(all.len(), 1);
            assert_eq!(all[0].line.told.as_ref().unwrap().1, "Everyone was counted.");
        }
    });
}

#[test]
fn an_objection_goes_to_the_officers_and_its_answer_comes_back() {
    for_each_engine(|database| {
        let zones = TwoZones::new(database);
        let account = zones.account_of(P);
        read(&zones, &clerk(), &Purpose::new(Duty::Inquiry), P);
        zones.settle();
        let line = told(&zones, account)[0].line.id;
        assert!(looked::object(&zones.outside, account, line, "窓口に行っていません").unwrap());
        assert!(!looked::object(&zones.outside, account, line, "もう一度").unwrap(), "one a line");
        assert!(!looked::object(&zones.outside, zones.account(), line, "他人の行").unwrap(), "not another's");
        assert!(looked::object(&zones.outside, account, line, "123456789018").is_err());
        zones.settle();
        let waiting = zones.inside.store.read(objections::waiting).unwrap();
        assert_eq!((waiting.len(), waiting[0].duty.as_str()), (1, "inquiry"));
        let shown = objections::open(&zones.inside, &clerk(), waiting[0].id).unwrap().unwrap();
        assert_eq!((shown.words.as_str(), shown.resident.as_str()), ("窓口に行っていません", P));
        assert!(objections::answer(&zones.inside, &clerk(), waiting[0].id, "電話の照会でした。").unwrap());
        assert!(!objections::answer(&zones.inside, &clerk(), waiting[0].id, "また").unwrap());
        zones.settle();
        let raised = told(&zones, account).into_iter().find(|one| one.line.id == line).unwrap().objection.unwrap();
        assert_eq!(raised.answer.as_deref(), Some("電話の照会でした。"));
        assert!(zones.inside.store.read(objections::waiting).unwrap().is_empty());
    });
}

fn checked(zones: &TwoZones, proof: &Json, arguments: &[&str]) -> (bool, String) {
    let file = zones.database.directory().join("proof.json");
    std::fs::write(&file, proof.to_string()).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/check-who-looked.py");
    let output = Command::new(testkit::python()).arg(script).arg(&file).args(arguments).output().unwrap();
    (
        output.status.success(),
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr),
    )
}

/// What the page's own script says of a proof: `good`, `half` or `bad`.
fn in_a_browser(zones: &TwoZones, proof: &Json, key: &str) -> String {
    let file = zones.database.directory().join("proof-for-the-page.json");
    std::fs::write(&file, proof.to_string()).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../e2e/clients/looked.mjs");
    let output = Command::new("node").arg("--no-warnings").arg(script).arg(&file).arg(key).output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim().to_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn anybody_can_check_that_a_line_was_not_altered_with_a_program_that_is_not_ours() {
    for_each_engine(|database| {
        let zones = TwoZones::new(database);
        let account = zones.account_of(P);
        for number in 0..5 {
            read(&zones, &clerk(), &Purpose::new(Duty::Inquiry), if number == 2 { P } else { Q });
        }
        zones.settle();
        assert!(told(&zones, account)[0].proof.is_none(), "no head yet");
        sign(&zones);
        zones.settle();
        let proof = told(&zones, account)[0].proof.clone().unwrap();
        let public = key().public().to_string();
        let (is_valid, said) = checked(&zones, &proof, &["--key", &public]);
        assert!(is_valid && said.contains("duty: inquiry"), "{said}");

        assert_eq!(in_a_browser(&zones, &proof, &public), "good");

        let other = crate::signing::SigningKey::from_seed([9; 32]).unwrap().public().to_string();
        assert!(!checked(&zones, &proof, &["--key", &other]).0);
        assert_eq!(in_a_browser(&zones, &proof, &other), "half", "signed with a key the city does not publish");
        for (pointer, value) in [
            ("/fields/7/value", Json::from("portal")),
            ("/fields/9/value", Json::from("name")),
            ("/fields/2/hash", Json::from("00".repeat(32))),
            ("/entry/position", Json::from(1)),
            ("/merkle/index", Json::from(0)),
            ("/salt", Json::from("11".repeat(32))),
        ] {
            let mut altered = proof.clone();
            *altered.pointer_mut(pointer).unwrap() = value;
            let (is_valid, said) = checked(&zones, &altered, &["--key", &public]);
            assert!(!is_valid && said.contains("NOT VALID"), "{pointer}: {said}");
            assert_eq!(in_a_browser(&zones, &altered, &public), "bad", "{pointer}");
        }
        let report = audit::verify(&zones.inside.store, Zone::Inside, &[key().public()], None).unwrap();
        assert!(report.is_sound(), "{report}");
    });
}

#[test]
fn a_row_from_before_fields_were_hashed_apart_is_still_bound() {
    let entry = super::Entry {
        id: "x".to_owned(),
        kind: "person".to_owned(),
        subject: Some(P.to_owned()),
        at: base::Timestamp::in_japan(Date::new(2026, 11, 1).unwrap(), 9, 0, 0),
        actor_class: "staff".to_owned(),
        actor: "staff:1".to_owned(),
        terminal: None,
        duty: "inquiry".to_owned(),
        note: None,
        items: "name".to_owned(),
        visible: "now".to_owned(),
        told: None,
        told_english: None,
        everyone: false,
        work: None,
    };
    let before = audit::commitment(&[5; 16], &entry.canonical());
    assert!(entry.is_bound_by(&[5; 16], &before) && !entry.opens_by_field(&[5; 16], &before));
    let changed = super::Entry { duty: "portal".to_owned(), ..entry };
    assert!(!changed.is_bound_by(&[5; 16], &before));
}
