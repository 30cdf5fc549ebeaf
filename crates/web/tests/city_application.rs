//! The key ceremony and the keys of the city's application, through the console: three custodians, renewal by two, and no key in
//! clear in any file of the databases.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests stop the test")]

use card::city_application::GroupKeys;
use store::testing::for_each_engine;
use tools::staff::Role;
use yakuba_web::testing::{TestDoor, Visitor};
use zeroize::Zeroizing;

const KEYS: &str = "/staff/city-application/keys";

fn at(word: &str) -> String {
    format!("{KEYS}/{word}")
}

/// The bytes of a printed share.
fn bytes(printed: &str) -> Zeroizing<[u8; 16]> {
    let plain = data_encoding::HEXUPPER.decode(printed.replace('-', "").as_bytes()).unwrap();
    Zeroizing::new(plain[..16].try_into().unwrap())
}

fn takes(custodian: &mut Visitor<'_>) -> String {
    let sheet = custodian.post(&at("take"), &[]);
    assert_eq!(sheet.status, 200, "{}", sheet.text());
    sheet.between("<p class=\"secret\">", "<").unwrap()
}

/// Every file below the databases' directory.
fn files(directory: &std::path::Path) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files(&path)) } else { all.extend(std::fs::read(path)) }
    }
    all
}

#[test]
fn three_custodians_make_the_keys_and_two_persons_renew_one() {
    for_each_engine(|database| {
        let is_sqlite = database.engine == "sqlite";
        let door = TestDoor::open(database);
        let mut clerk = door.staff(&[Role::CounterClerk]);
        assert_eq!(clerk.get(KEYS).status, 403);
        assert_eq!(clerk.get("/staff/city-application").status, 200);
        let mut one = door.staff(&[Role::CertificateOfficer]);
        let mut two = door.staff(&[Role::Administrator]);
        let mut three = door.staff(&[Role::CertificateOfficer]);
        assert_eq!(one.post(&at("take"), &[]).status, 409, "no ceremony is open");
        assert_eq!(one.post(&at("begin"), &[("custodians", "1")]).status, 409);
        assert_eq!(one.post(&at("begin"), &[("custodians", "3")]).status, 303);
        let first = takes(&mut one);
        assert_eq!(one.post(&at("take"), &[]).status, 409, "one person stands for one");
        assert!(!one.get(KEYS).text().contains(&first), "it is shown once");
        // The second brings a share of their own; a slip is told, nothing is kept of it.
        let own = "00112233-44556677-8899AABB-CCDDEEFF-0000";
        assert_eq!(two.post(&at("enter"), &[("share", own)]).status, 400);
        let second = takes(&mut two);
        let third = takes(&mut three);
        let page = one.get(KEYS).text();
        assert!(page.contains("3人の立会人で行いました") && !page.contains("体験用の市なので"), "{page}");

        // Another version: asked by one, approved by another, never by the same.
        assert_eq!(one.post(&at("renew"), &[("set", "library")]).status, 303);
        let waiting = one.get("/staff/approvals").text();
        assert!(!waiting.contains("/approve\""), "not one's own");
        let waiting = two.get("/staff/approvals").text();
        let approve = waiting.split("action=\"").find(|text| text.split('"').next().unwrap().ends_with("/approve"));
        let approve = approve.unwrap().split('"').next().unwrap().to_owned();
        assert_eq!(two.post(&approve, &[]).status, 303);
        let page = one.get(KEYS).text();
        assert!(page.contains("第2版") && page.contains("この版を廃止する"), "{page}");

        // No share and no key lies in clear in any file.
        let shares = [first, second, third].map(|printed| bytes(&printed));
        let keys = GroupKeys::from_shares(&shares).unwrap();
        if is_sqlite {
            let secrets: Vec<_> = keys.parts().into_iter().map(|(_, _, key)| key).chain(shares).collect();
            let all = files(door.database.directory());
            assert!(all.iter().any(|file| file.windows(15).any(|at| at == b"city_applicatio")), "the files were read");
            for file in &all {
                for secret in &secrets {
                    assert!(!file.windows(16).any(|at| at == secret.as_slice()), "a key lies in clear");
                    let text = data_encoding::HEXLOWER.encode(&secret[..]);
                    assert!(!file.windows(32).any(|at| at.eq_ignore_ascii_case(text.as_bytes())));
                }
            }
        }
    });
}
