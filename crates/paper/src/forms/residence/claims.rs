//! What the code of one page says, from the very value that is printed.

use wire::certificate_code::{ClaimsBuilder, Item};

use super::{Nationality, Residence};
use crate::entry::Entry;

pub(super) fn of_page(residence: &Residence, page: usize, builder: &mut ClaimsBuilder) {
    builder.household(Item::Head, residence.head.value());
    for person in residence.page_people(page) {
        builder.person(person.name.clone(), person.birth_date.clone());
        for (item, entry) in items(person) {
            builder.item(item, entry.value());
        }
    }
}

/// Items a checker may want to confirm. Those left out on the paper are not in the code in any form.
fn items(person: &super::Person) -> Vec<(Item, &Entry)> {
    let mut list = vec![
        (Item::Relationship, &person.relationship),
        (Item::Sex, &person.sex),
        (Item::FormerName, &person.former_name),
        (Item::CommonName, &person.common_name),
        (Item::BecameResident, &person.became_resident),
        (Item::PreviousAddress, &person.previous_address),
    ];
    match &person.nationality {
        Nationality::Japanese { domicile, register_head } => {
            list.extend([(Item::Domicile, domicile), (Item::RegisterHead, register_head)]);
        }
        Nationality::Foreign { country_or_region, category, status, period, expiry, card_number } => list.extend([
            (Item::CountryOrRegion, country_or_region),
            (Item::Category, category),
            (Item::ResidenceStatus, status),
            (Item::ResidencePeriod, period),
            (Item::ResidenceExpiry, expiry),
            (Item::ResidenceCardNumber, card_number),
        ]),
    }
    list
}
