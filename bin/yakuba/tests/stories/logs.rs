//! What a running city writes into its log at the most talkative level: nobody's name, address or serial number.

use std::collections::BTreeSet;

use crate::served::Served;

#[test]
fn the_log_names_nobody() {
    let mut city = Served::start();
    let out = city.data.join("paper.pdf");
    let served = city.issue(&city.sample("family-of-six"), &out);
    assert!(served.status.success(), "{}", String::from_utf8_lossy(&served.stderr));
    let refused = city.issue(&city.sample("under-protection"), &out);
    assert_eq!(refused.status.code(), Some(1));
    let secrets = secrets(&city.file("residents.csv"));
    assert!(secrets.len() > 100, "the search looks for something");
    let log = city.stop();
    assert!(!log.trim().is_empty(), "the city wrote a log");
    let asked = [&served.stderr, &refused.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    for text in [log.as_str(), &asked[0], &asked[1]] {
        let told: Vec<&String> = secrets.iter().filter(|secret| text.contains(secret.as_str())).collect();
        assert!(told.is_empty(), "the log tells {told:?}");
    }
}

/// Names with and without the space between, readings, whole addresses, birth dates and residence card numbers.
fn secrets(residents: &str) -> BTreeSet<String> {
    let mut lines = residents.lines();
    let columns: Vec<&str> = lines.next().unwrap().split(',').collect();
    let wanted = [
        "name",
        "name_kana",
        "alphabet_name",
        "common_name",
        "former_name",
        "address",
        "previous_address",
        "family_register_domicile",
        "residence_card_number",
        "birth_date",
    ];
    let mut secrets = BTreeSet::new();
    for line in lines {
        for (column, value) in columns.iter().zip(line.split(',')) {
            if wanted.contains(column) && value.chars().count() > 2 {
                secrets.insert(value.to_owned());
                secrets.insert(value.replace(['\u{3000}', ' '], ""));
            }
        }
    }
    secrets
}
