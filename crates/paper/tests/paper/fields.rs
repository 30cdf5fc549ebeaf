//! One canonical list of what a certificate says, and its hash in the code of every page.

use paper::{Entry, Plan};

use super::support::*;

#[test]
fn every_printed_item_is_a_field_and_nothing_that_was_left_out() {
    let certificate = household(5);
    let plan = Plan::new(&TYPEFACE, &certificate).unwrap();
    let fields = plan.fields();
    let first = &of(&certificate).people[0];
    let get = |place: &str| fields.get(place).map(|value| (*value.reveal()).to_owned());
    assert_eq!(get("people.0.name").as_ref(), Some(first.name.reveal()));
    assert_eq!(get("people.4.birth_date").as_ref(), Some(of(&certificate).people[4].birth_date.reveal()));
    assert_eq!(get("household.address").as_ref(), Some(of(&certificate).address.reveal()));
    assert_eq!(get("request"), Some(certificate.sheet.request_id.to_string()));
    assert_eq!(get("people.0.domicile").as_deref(), first_domicile(first));
    assert!(fields.iter().all(|(_, value)| *value.reveal() != "省略" && !value.reveal().contains("以下余白")));
    let said = fields.iter().filter(|(place, _)| place.contains('~')).count();
    assert_eq!(said, 0, "what stands on both pages is said once");
}

fn first_domicile(person: &paper::forms::residence::Person) -> Option<&str> {
    match &person.nationality {
        paper::forms::residence::Nationality::Japanese { domicile, .. } => domicile.value(),
        paper::forms::residence::Nationality::Foreign { .. } => None,
    }
}

#[test]
fn every_page_carries_the_hash_of_the_whole_and_another_item_is_another_hash() {
    let mut certificate = household(5);
    let plan = Plan::new(&TYPEFACE, &certificate).unwrap();
    let hash = plan.fields().hash();
    assert_eq!(plan.page_count(), 2);
    assert!((1..=2).all(|page| plan.claims(page, [page as u8; 16]).fields == Some(hash)));
    drop(plan);
    of_mut(&mut certificate).people[4].relationship = Entry::Omitted;
    let other = Plan::new(&TYPEFACE, &certificate).unwrap().fields().hash();
    assert_ne!(other, hash);
}
