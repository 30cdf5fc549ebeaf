//! What the code of one page says, from the very value that is printed.

use wire::certificate_code::{Claims, ClaimsBuilder, Item};

use super::{Entry, Nationality, PEOPLE_PER_PAGE, ResidenceCertificate, page_people};

pub(super) fn of_page(certificate: &ResidenceCertificate, page: usize, of: usize, salt: [u8; 16]) -> Claims {
    let _ = PEOPLE_PER_PAGE;
    let mut builder = ClaimsBuilder::new(Claims {
        kind: certificate.kind.clone(),
        issuer: certificate.municipality_code.clone(),
        issued_on: certificate.issued_on,
        request_id: certificate.request_id,
        page: u16::try_from(page).unwrap_or(u16::MAX),
        of: u16::try_from(of).unwrap_or(u16::MAX),
        number: certificate.document_number.clone(),
        address: certificate.address.clone(),
        salt,
        ..Claims::default()
    });
    builder.household(Item::Head, certificate.head.value());
    for person in page_people(certificate, page) {
        builder.person(person.name.clone(), person.birth_date.clone());
        for (item, entry) in items(person) {
            builder.item(item, entry.value());
        }
    }
    builder.finish()
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
