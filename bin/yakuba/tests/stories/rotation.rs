//! New keys and a new seal: prepared and brought into use while the city serves, on every node with the same version, and
//! what was made before goes on verifying.

use std::path::Path;
use std::process::{Command, Output};

use base::{Seams, Timestamp};
use paper::recheck::extract;
use pki::pades;
use pki::token::PublicKeyRing;
use pki::{AnchorKind, AuthorityRole, TrustAnchors};
use services::convenience_certificates::{Choices, Issuer, Refusal, State, actions};
use tools::access::Actor;
use tools::paper_keys::{self, Part};
use tools::staff::two_persons::{self, Deed};
use tools::staff::{Role, StaffError};
use web::staff::KeyMaker as _;
use yakuba::city::{Born, Databases, OpenCity};
use yakuba::key_book::KeyBook;
use yakuba::key_keeper::Maker;
use yakuba::keys::CityKeys;
use yakuba::means::Means;

use crate::browser::Browser;
use crate::city::Fixture;
use crate::served::{Served, YAKUBA};

fn keys(data: &Path, arguments: &[&str]) -> Output {
    Command::new(YAKUBA).arg("keys").args(arguments).arg("--data").arg(data).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Ids of the published code keys.
fn published(address: &str) -> Vec<String> {
    let list = Browser::new(address, &[]).ask("GET", "/verify/keys.json", "").page();
    list.split("\"kid\":\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

fn issue(city: &Served, name: &str) -> std::path::PathBuf {
    let out = city.data.join(name);
    let issued = city.issue(&city.sample("elderly-single"), &out);
    assert!(issued.status.success(), "{}", said(&issued));
    out
}

fn verify(data: &Path, file: &Path) {
    let done = Command::new(YAKUBA).args(["verify", "paper"]).arg(file).arg("--data").arg(data).output().unwrap();
    assert!(done.status.success(), "{}: {}", file.display(), said(&done));
}

/// What `/verify/code` answers about the code on the first page of a paper.
fn code_is_good(city: &Served, paper: &Path) -> bool {
    let found = extract(&std::fs::read(paper).unwrap()).unwrap();
    let code = found.pages[0].code.clone().expect("a page has a code");
    let escaped: String = code.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let mut reader = Browser::new(&city.address, &[]);
    let page = reader.ask("POST", "/verify/code", &format!("code={escaped}")).page();
    // Only a good code is read out.
    page.contains(found.keyword("number").expect("a paper has its number"))
}

/// Waits until the running city has taken something up.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..300 {
        if holds() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("never: {what}");
}

#[test]
fn papers_of_before_verify_after_every_key_was_rotated_in_the_running_city() {
    let city = Served::start();
    let before = issue(&city, "before.pdf");
    let old = published(&city.address);
    assert_eq!(old.len(), 1);
    // Prepared for tomorrow: published, not used.
    let tomorrow = Seams::system().today().plus_days(1).to_string();
    let done = keys(&city.data, &["rotate", "code", "--from", &tomorrow]);
    assert!(done.status.success() && said(&done).contains("prepared"), "{}", said(&done));
    until("the next key is published", || published(&city.address).len() == 2);
    assert_eq!(published(&city.address)[0], old[0]);
    let list = said(&keys(&city.data, &["list"]));
    assert_eq!(list.matches("next").count(), 1, "{list}");
    let still = issue(&city, "still.pdf");
    // From today on: in use without a restart.
    for part in ["code", "document"] {
        let done = keys(&city.data, &["rotate", part]);
        assert!(done.status.success() && said(&done).contains("prepared"), "{}", said(&done));
    }
    until("the new key is in use", || published(&city.address)[0] != old[0]);
    let new = published(&city.address);
    assert!(new.len() == 2 && new[1] == old[0], "the new key first, the old one kept");
    let after = issue(&city, "after.pdf");
    let all_good = |city: &Served| {
        for paper in [&before, &still, &after].map(|paper| city.data.join(paper.file_name().unwrap())) {
            verify(&city.data, &paper);
            assert!(code_is_good(city, &paper), "{}", paper.display());
        }
    };
    all_good(&city);
    let list = said(&keys(&city.data, &["list"]));
    assert_eq!((list.matches("next").count(), list.matches("goes on verifying").count()), (0, 2), "{list}");
    let city = city.killed_and_started_again(&[]);
    assert_eq!(published(&city.address), new);
    all_good(&city);
}

/// A node of the same city with a directory of its own.
fn another_node(fixture: &Fixture, directory: &Path) -> OpenCity {
    for part in ["signing", "simulated-jlis"] {
        crate::born::copy(&fixture.city.directory().join(part), &directory.join(part));
    }
    let (inside, outside) = (fixture.city.inside(), fixture.city.outside());
    let databases = Databases {
        inside: inside.store.clone(),
        outside: outside.store.clone(),
        cards: inside.cards.clone(),
        vault: inside.vault.clone(),
        outside_vault: outside.vault.clone(),
        config: fixture.city.config().clone(),
        seams: inside.seams.clone(),
    };
    OpenCity::assemble(directory, databases, Born::Demo, (*inside.profile).clone())
}

/// A paper of this node: the ids of the code key and of the document authority it was made with.
fn made_by(fixture: &Fixture, node: &OpenCity, issuer: &Issuer) -> (String, Vec<u8>) {
    let applicant = fixture.applicant("elderly-single");
    let request = fixture.paid(&applicant, &Choices::default());
    let city = fixture.inside();
    let token =
        actions::prepare(city, &issuer.composer, issuer.fresh_minutes, &applicant, request.id).unwrap().unwrap();
    let bytes = actions::fetch(city, &applicant, request.id, &token).unwrap().unwrap();
    let keys = CityKeys::open(node.directory(), &city.seams, &city.profile, true).unwrap();
    let authorities = [vec![keys.document_authority.clone()], keys.former_authorities.clone()].concat();
    let authority = authorities.into_iter().find(|authority| {
        let mut anchors = TrustAnchors::allowing_test();
        anchors.add(AuthorityRole::Document, AnchorKind::Test, authority).unwrap();
        pades::verify(&bytes, &anchors, city.seams.now()).is_ok()
    });
    let code = extract(&bytes).unwrap().pages[0].code.clone().unwrap();
    let code = wire::certificate_code::from_text(&code).unwrap();
    let ring = issuer.composer.code_keys();
    let key = ring.keys.iter().find(|key| {
        let alone = PublicKeyRing { version: 1, keys: vec![(*key).clone()] };
        pki::token::verify(&code, &alone).is_ok()
    });
    (key.unwrap().id().to_string(), authority.unwrap())
}

#[test]
fn two_persons_rotate_and_every_node_follows_before_it_makes_another_paper() {
    let fixture = Fixture::named("rotation");
    let place = tempfile::tempdir().unwrap();
    let other = another_node(&fixture, place.path());
    let city = fixture.inside();
    let keys = |node: &OpenCity| CityKeys::open(node.directory(), &city.seams, &city.profile, true).unwrap();
    let means = Means::assemble(&other, &keys(&other)).unwrap();
    let (here, there) = (fixture.means.keeper(&fixture.city), means.keeper(&other));
    let (here_issuer, there_issuer) = (&fixture.issuer, &means.issuer);
    let at_first = made_by(&fixture, &fixture.city, here_issuer);
    let officers = [0, 1].map(|_| {
        let seams = city.seams.clone();
        let by = Actor::System { job: "test" };
        let add = move |tx: &mut store::Tx<'_>| {
            tools::staff::add(tx, &seams, &by, "証明 太郎", "市民課", &[Role::CertificateOfficer])
        };
        city.store.write(add).unwrap()
    });
    let maker = Maker(fixture.city.clone());
    for part in [Part::Code, Part::Document] {
        let made = maker.make(part, &[]).unwrap();
        let (seams, [one, _]) = (city.seams.clone(), officers.clone());
        let asked = city.store.write::<_, StaffError, _>(move |tx| {
            let asked = two_persons::ask_key(tx, &seams, &one, (part, &made.name), &made.sealed, "年次更新")?;
            // Nobody is their own second person.
            assert!(two_persons::approve(tx, &seams, &one, asked).is_err());
            Ok(asked)
        });
        let (seams, asked, [one, two]) = (city.seams.clone(), asked.unwrap(), officers.clone());
        city.store
            .write::<_, StaffError, _>(move |tx| {
                let Deed::PrepareKey(key) = two_persons::approve(tx, &seams, &two, asked)? else { panic!("a key") };
                let asked = two_persons::ask_use(tx, &seams, &one, key, seams.now(), "年次更新")?;
                // Prepared and not decided: nothing changes yet.
                assert_eq!(paper_keys::version(tx)?, i64::from(part == Part::Document));
                two_persons::approve(tx, &seams, &two, asked).map(drop)
            })
            .unwrap();
        // One node takes it up by itself; the other learns of it when its paper is not of the moment.
        here.follow().unwrap_or_else(|failure| panic!("{}", failure.sentence()));
    }
    let first = made_by(&fixture, &fixture.city, here_issuer);
    assert!(first.0 != at_first.0 && first.1 != at_first.1, "both keys are new");
    assert_ne!(there_issuer.composer.keys().version, here_issuer.composer.keys().version);
    let second = made_by(&fixture, &other, there_issuer);
    assert_eq!(second, first, "one set of keys for every node");
    drop(there);
}

#[test]
fn a_node_that_cannot_follow_makes_no_paper() {
    let fixture = Fixture::named("left-behind");
    let place = tempfile::tempdir().unwrap();
    let other = another_node(&fixture, place.path());
    let city = fixture.inside();
    let keys = CityKeys::open(other.directory(), &city.seams, &city.profile, true).unwrap();
    let means = Means::assemble(&other, &keys).unwrap();
    let made = Maker(fixture.city.clone()).make(Part::Code, &[]).unwrap();
    let seams = city.seams.clone();
    city.store
        .write::<_, store::StoreError, _>(move |tx| {
            let by = Actor::System { job: "test" };
            paper_keys::insert(tx, &seams, &by, (Part::Code, &made.name), &made.sealed, Some(seams.now()))?;
            paper_keys::use_due(tx, &seams)
        })
        .unwrap();
    // No keeper: this process knows no way to the new keys.
    let applicant = fixture.applicant("elderly-single");
    let request = fixture.paid(&applicant, &Choices::default());
    let composer = &means.issuer.composer;
    let refused = actions::prepare(city, composer, means.issuer.fresh_minutes, &applicant, request.id).unwrap();
    assert_eq!(refused.err(), Some(Refusal::ServiceStopped));
    assert_eq!((fixture.state(&request), fixture.documents(&request)), (State::RefundDue, 0));
    // Others go on.
    fixture.means.keeper(&fixture.city).follow().unwrap_or_else(|failure| panic!("{}", failure.sentence()));
    made_by(&fixture, &fixture.city, &fixture.issuer);
}

#[test]
fn what_does_not_fit_is_refused_before_anything_is_prepared() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    crate::born::into(&data);
    let wrong = place.path().join("wrong");
    std::fs::write(&wrong, b"not a key").unwrap();
    let wrong = wrong.to_str().unwrap();
    let signing = CityKeys::place(&data);
    CityKeys::open(&data, &Seams::system(), &tools::CityProfile::demo("http://x"), true).unwrap();
    let certificate = signing.join("mayor.der");
    let refused: [Vec<&str>; 5] = [
        vec!["rotate", "code", "--from", "2020-01-01"],
        vec!["rotate", "code", "--from", "soon"],
        vec!["rotate", "seal"],
        vec!["rotate", "seal", "--picture", wrong],
        vec![
            "rotate",
            "document",
            "--key",
            wrong,
            "--certificate",
            certificate.to_str().unwrap(),
            "--authority",
            certificate.to_str().unwrap(),
        ],
    ];
    for arguments in &refused {
        let done = keys(&data, arguments);
        assert_eq!(done.status.code(), Some(65), "{arguments:?}: {}", said(&done));
    }
    assert!(!said(&keys(&data, &["list"])).contains("next"));
}

#[test]
fn a_change_is_made_good_after_a_kill_and_waits_for_its_day() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    crate::born::into(&data);
    let seams = Seams::system();
    let profile = tools::CityProfile::demo("http://x");
    let opened = || CityKeys::open(&data, &seams, &profile, true).unwrap();
    let first = opened().code.public().id();
    let signing = CityKeys::place(&data);
    let tomorrow = seams.today().plus_days(1);
    let done = keys(&data, &["rotate", "code", "--from", &tomorrow.to_string()]);
    assert!(done.status.success(), "{}", said(&done));
    // Today nothing changes, but the next key is published already.
    let keys = opened();
    let next = keys.other_codes[0].id();
    assert_eq!((keys.code.public().id(), keys.code_version), (first, 2));
    // On its day; and the kill between book and file, as if the book were written and the file not moved.
    let day = Timestamp::in_japan(tomorrow, 0, 0, 1);
    let (book, prepared) = (signing.join("key-book.json"), std::fs::read(signing.join("code-next.p8")).unwrap());
    let in_use = std::fs::read(signing.join("code.p8")).unwrap();
    KeyBook::bring_in(&signing, Part::Code, day, 1).unwrap();
    let settled = opened();
    assert_eq!((settled.code.public().id(), settled.other_codes[0].id(), settled.code_version), (next, first, 3));
    let text = std::fs::read_to_string(&book).unwrap();
    let half = text.replacen("\"next\": null", "\"next\": {\"key\": \"1\", \"moving\": true}", 1);
    assert_ne!(half, text);
    std::fs::write(&book, half).unwrap();
    std::fs::write(signing.join("code-next.p8"), prepared).unwrap();
    std::fs::write(signing.join("code.p8"), in_use).unwrap();
    KeyBook::mend(&signing).unwrap();
    let again = opened();
    assert_eq!((again.code.public().id(), again.other_codes.len(), again.code_version), (next, 1, 3));
}

#[test]
fn a_kill_while_another_key_is_prepared_brings_no_half_of_it_into_use() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    yakuba::birth::demo(&data, 60, 1, &mut |_| {}).unwrap();
    let seams = Seams::system();
    CityKeys::open(&data, &seams, &tools::CityProfile::demo("http://x"), true).unwrap();
    let signing = CityKeys::place(&data);
    let tomorrow = seams.today().plus_days(1);
    for _ in 0..2 {
        let done = keys(&data, &["rotate", "document", "--from", &tomorrow.to_string()]);
        assert!(done.status.success(), "{}", said(&done));
    }
    let in_use = std::fs::read(signing.join("mayor.p8")).unwrap();
    // Prepared once more, and killed after the first of its files.
    KeyBook::take_back(&signing, Part::Document).unwrap();
    std::fs::write(signing.join("mayor-next.p8"), std::fs::read(signing.join("agents.p8")).unwrap()).unwrap();
    let day = Timestamp::in_japan(tomorrow, 0, 0, 1);
    assert!(KeyBook::bring_in(&signing, Part::Document, day, 1).is_err());
    KeyBook::mend(&signing).unwrap();
    assert_eq!(std::fs::read(signing.join("mayor.p8")).unwrap(), in_use);
    // Whoever serves it next lays it out whole again.
    let city = OpenCity::open(&data).unwrap_or_else(|_| panic!("no city"));
    yakuba::key_keeper::settle(&city).unwrap_or_else(|failure| panic!("{}", failure.sentence()));
    assert!(KeyBook::bring_in(&signing, Part::Document, day, 1).is_ok());
}

#[test]
fn the_provider_s_key_is_prepared_by_the_same_command_and_listed_with_the_one_that_signs() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    yakuba::birth::demo(&data, 60, 1, &mut |_| {}).unwrap();
    let first = keys(&data, &["rotate", "provider"]);
    assert!(first.status.success() && said(&first).contains("without a restart"), "{}", said(&first));
    let later = Seams::system().today().plus_days(30).to_string();
    assert!(keys(&data, &["rotate", "provider", "--from", &later]).status.success());
    let listed = said(&keys(&data, &["list"]));
    let lines: Vec<&str> = listed.lines().filter(|line| line.starts_with("provider")).collect();
    assert_eq!(lines.len(), 1, "what nobody used gives way to the next: {listed}");
    assert!(lines[0].contains("next, published now"), "{listed}");
    assert!(!keys(&data, &["rotate", "provider", "--from", "2020-01-01"]).status.success());
}
