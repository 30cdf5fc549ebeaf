//! The officer's pages for people who live elsewhere and have their family register here: taken up, compared, decided.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use base::{Date, Id, Timestamp};
use store::StoreError;
use store::testing::{TestDatabase, for_each_engine};
use tools::ResidentId;
use tools::disclosure;
use tools::family_register::{import, registration};
use tools::register::import::Options;
use tools::staff::Role;
use wire::family_register::FamilyRegister;
use wire::record_lines::{Contents, Header, Record as _, write_header, write_record};
use yakuba_web::testing::TestDoor;

const PATH: &str = "/staff/registrations";
const REGISTER: &str = concat!(
    r#"{"id":"K1","domicile":"見本県見本市中央一丁目100番地","head":"甲野　義太郎","surname":"甲野","#,
    r#""records":[{"event":"compiled","on":"1998-05-06"}],"members":["#,
    r#"{"order":1,"name":"義太郎","birth_date":"1970-01-02","relation":"長男"},"#,
    r#"{"order":2,"name":"楓","birth_date":"2001-09-10","relation":"長女","appendix":[{"address":"例示県例示市大手町1番地","set_on":"2020-04-01"}]}]}"#,
);

/// A console over a city with one family register.
fn city(database: TestDatabase) -> TestDoor {
    let directory = database.directory().join("registers");
    std::fs::create_dir_all(&directory).unwrap();
    let header = Header {
        source: "koseki".to_owned(),
        position: 1,
        taken_at: Timestamp::in_japan(Date::new(2026, 11, 1).unwrap(), 5, 0, 0),
        contents: Contents::Full,
        records: 1,
    };
    let mut file = Vec::new();
    write_header::<FamilyRegister>(&mut file, &header).unwrap();
    write_record(&mut file, &FamilyRegister::parse(REGISTER).unwrap()).unwrap();
    std::fs::write(directory.join(FamilyRegister::FILE), file).unwrap();
    import::run(&database.inside(), &database.seams, &directory, &Options::default()).unwrap().unwrap();
    TestDoor::open(database)
}

/// An application on the pile, as a machine lays it there.
fn application(door: &TestDoor, head: &str, birth_date: &str) -> Id {
    let inside = door.inside().clone();
    let (id, now) = (inside.seams.random_id(), inside.seams.now());
    let person = "N-ABCDEFGHIJKLMNOP";
    let plain = format!(
        r#"{{"domicile":"見本県見本市中央1丁目100","head":"{head}","name":"甲野　楓","name_substitutions":[false,false,false,false],"birth_date":"{birth_date}","address":"例示県例示市大手町1番地","address_substitutions":[]}}"#
    );
    let sealed = inside.vault.seal(person, "domicile_registrations.application", plain.as_bytes()).unwrap();
    inside
        .store
        .write::<_, StoreError, _>(move |tx| {
            tx.execute(
                "INSERT INTO domicile_registrations (registration_id, person, key_id, hash, state, valid_until, \
                 applied_at, application) VALUES ($1, $2, 1, $3, 'applied', $4, $5, $6)",
                &[
                    id.into(),
                    person.into(),
                    id.bytes().as_slice().into(),
                    now.plus_seconds(86_400).into(),
                    now.into(),
                    sealed.as_slice().into(),
                ],
            )
        })
        .unwrap();
    id
}

fn state(door: &TestDoor, id: Id) -> String {
    let sql = "SELECT state FROM domicile_registrations WHERE registration_id = $1";
    let row = door.inside().store.read::<_, StoreError, _>(|tx| tx.query_one(sql, &[id.into()])).unwrap();
    row.unwrap().text(0).unwrap().to_owned()
}

#[test]
fn an_officer_takes_an_application_up_compares_and_registers() {
    for_each_engine(|database| {
        let door = city(database);
        let id = application(&door, "甲野義太郎", "2001-09-10");
        let mut officer = door.staff(&[Role::CertificateOfficer]);
        let list = officer.get(PATH).text();
        assert!(list.contains("引き受ける") && !list.contains("甲野"), "the pile shows nobody");
        assert_eq!(officer.get(&format!("{PATH}/{id}")).status, 403, "only whoever took it up opens it");
        let taken = officer.post(&format!("{PATH}/{id}/take-up"), &[]);
        assert_eq!(taken.location(), Some(&*format!("{PATH}/{id}?done=staff-done-registration-taken-up")));
        let page = officer.get(&format!("{PATH}/{id}")).text();
        assert!(
            page.contains("甲野　楓") && page.contains("K1 / 2") && page.contains("この人として登録する"),
            "{page}"
        );
        assert!(
            !page.contains("義太郎</dd>") || page.contains("甲野義太郎"),
            "nothing of the register but the comparison"
        );

        // A colleague neither opens nor decides it.
        let mut colleague = door.staff(&[Role::CounterClerk]);
        assert_eq!(colleague.get(&format!("{PATH}/{id}")).status, 403);
        assert_eq!(colleague.post(&format!("{PATH}/{id}/decline"), &[("reason", "differs")]).status, 403);
        // A form is not a right: another member of the register is refused.
        let other = officer.post(&format!("{PATH}/{id}/register"), &[("register", "K1"), ("member", "1")]);
        assert_eq!((other.status, state(&door, id).as_str()), (422, "in_review"), "{}", other.text());
        let done = officer.post(&format!("{PATH}/{id}/register"), &[("register", "K1"), ("member", "2")]);
        assert_eq!(done.location(), Some(&*format!("{PATH}?done=staff-done-registration-registered")));
        assert_eq!(state(&door, id), "registered");

        // Having been looked at is on record for the applicant.
        let (who, today) = (ResidentId::parse("N-ABCDEFGHIJKLMNOP").unwrap(), door.inside().seams.today());
        let seen = door
            .inside()
            .store
            .read::<_, StoreError, _>(|tx| disclosure::for_person(tx, &who, today, None, 9))
            .unwrap();
        assert!(!seen.is_empty());
    });
}

#[test]
fn what_does_not_fit_is_not_registered_and_is_declined_with_a_reason() {
    for_each_engine(|database| {
        let door = city(database);
        let id = application(&door, "甲野義太郎", "2001-09-11");
        let mut officer = door.staff(&[Role::CounterClerk]);
        officer.post(&format!("{PATH}/{id}/take-up"), &[]);
        let page = officer.get(&format!("{PATH}/{id}")).text();
        assert!(page.contains("違う") && !page.contains("この人として登録する"));
        let refused = officer.post(&format!("{PATH}/{id}/register"), &[("register", "K1"), ("member", "2")]);
        assert_eq!(refused.status, 422);
        assert_eq!(officer.post(&format!("{PATH}/{id}/decline"), &[("reason", "whim")]).status, 400);
        assert_eq!(officer.post(&format!("{PATH}/{id}/put-back"), &[]).status, 303);
        assert_eq!(state(&door, id), "applied");
        officer.post(&format!("{PATH}/{id}/take-up"), &[]);
        assert_eq!(officer.post(&format!("{PATH}/{id}/decline"), &[("reason", "differs")]).status, 303);
        assert_eq!(state(&door, id), "declined");
        assert!(officer.get(PATH).text().contains("待っている申請はありません"));
    });
}

#[test]
fn what_expires_under_review_is_registered_for_nobody_and_leaves_the_pile() {
    for_each_engine(|database| {
        let door = city(database);
        let id = application(&door, "甲野義太郎", "2001-09-10");
        let soon = door.inside().seams.now().plus_seconds(60);
        door.inside()
            .store
            .write::<_, StoreError, _>(move |tx| {
                tx.execute("UPDATE domicile_registrations SET valid_until = $1", &[soon.into()])
            })
            .unwrap();
        let mut officer = door.staff(&[Role::CertificateOfficer]);
        officer.post(&format!("{PATH}/{id}/take-up"), &[]);
        door.database.clock.advance_seconds(60);
        let late = officer.post(&format!("{PATH}/{id}/register"), &[("register", "K1"), ("member", "2")]);
        assert!(
            late.status == 422 && late.text().contains("有効期限が過ぎています"),
            "{} {}",
            late.status,
            late.text()
        );
        assert_eq!(state(&door, id), "in_review");
        let inside = door.inside().clone();
        let expired = inside.store.clone().write(move |tx| registration::expire(tx, &inside.seams)).unwrap();
        assert_eq!((expired, state(&door, id).as_str()), (1, "ended"));
        assert!(officer.get(PATH).text().contains("待っている申請はありません"));
    });
}

#[test]
fn the_pile_is_for_those_who_serve_residents_alone() {
    for_each_engine(|database| {
        let door = city(database);
        for role in [Role::Administrator, Role::Auditor, Role::Operator] {
            assert_eq!(door.staff(&[role]).get(PATH).status, 403);
        }
        for language in ["ja", "en"] {
            let mut officer = door.staff(&[Role::CertificateOfficer]).with_header("accept-language", language);
            assert_eq!(officer.get(PATH).status, 200);
        }
    });
}
