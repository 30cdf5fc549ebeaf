//! New keys and a new seal: prepared while the city serves, in use after a restart on their day, and what was made before
//! goes on verifying.

use std::path::Path;
use std::process::{Command, Output};

use base::{Seams, Timestamp};
use paper::recheck::extract;
use web::staff::Part;
use yakuba::key_book::KeyBook;
use yakuba::keys::CityKeys;

use crate::browser::Browser;
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

#[test]
fn papers_of_before_verify_after_every_key_was_rotated() {
    let city = Served::start();
    let before = issue(&city, "before.pdf");
    let old = published(&city.address);
    assert_eq!(old.len(), 1);
    for part in ["code", "document"] {
        let done = keys(&city.data, &["rotate", part]);
        assert!(done.status.success() && said(&done).contains("prepared"), "{}", said(&done));
    }
    // Prepared, not in use: the running process signs with what it began with.
    let list = said(&keys(&city.data, &["list"]));
    assert_eq!(list.matches("next").count(), 2, "{list}");
    let still = issue(&city, "still.pdf");

    let city = city.killed_and_started_again(&[]);
    let new = published(&city.address);
    assert_eq!(new.len(), 2);
    assert!(new[0] != old[0] && new[1] == old[0], "the new key first, the old one kept");
    let after = issue(&city, "after.pdf");
    for paper in [&before, &still, &after] {
        verify(&city.data, paper);
        assert!(code_is_good(&city, paper), "{}", paper.display());
    }
    let list = said(&keys(&city.data, &["list"]));
    assert_eq!((list.matches("next").count(), list.matches("goes on verifying").count()), (0, 2), "{list}");
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
    KeyBook::settle(&signing, seams.now()).unwrap();
    let keys = opened();
    let next = keys.other_codes[0].id();
    assert_eq!((keys.code.public().id(), keys.code_version), (first, 2));
    // On its day; and the kill between book and file, as if the book were written and the file not moved.
    let day = Timestamp::in_japan(tomorrow, 0, 0, 1);
    let (book, prepared) = (signing.join("key-book.json"), std::fs::read(signing.join("code-next.p8")).unwrap());
    let in_use = std::fs::read(signing.join("code.p8")).unwrap();
    KeyBook::settle(&signing, day).unwrap();
    let settled = opened();
    assert_eq!((settled.code.public().id(), settled.other_codes[0].id(), settled.code_version), (next, first, 3));
    let text = std::fs::read_to_string(&book).unwrap();
    let half = text.replacen("\"next\": null", &format!("\"next\": {{\"from\": \"{tomorrow}\", \"moving\": true}}"), 1);
    assert_ne!(half, text);
    std::fs::write(&book, half).unwrap();
    std::fs::write(signing.join("code-next.p8"), prepared).unwrap();
    std::fs::write(signing.join("code.p8"), in_use).unwrap();
    KeyBook::settle(&signing, day).unwrap();
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
    KeyBook::settle(&signing, Timestamp::in_japan(tomorrow, 0, 0, 1)).unwrap();
    assert_eq!(std::fs::read(signing.join("mayor.p8")).unwrap(), in_use);
}
