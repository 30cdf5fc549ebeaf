//! What a person is told of who looked: one paper is one line, however many transactions made it.

use services::convenience_certificates::{Choices, Members, actions};
use store::StoreError;
use tools::ResidentId;
use tools::access::Duty;
use tools::disclosure::{self, Shown};

use super::city::fixture;

fn lines(person: &ResidentId) -> Vec<Shown> {
    let city = fixture().inside();
    let today = city.seams.today();
    city.store.read::<_, StoreError, _>(|tx| disclosure::for_person(tx, person, today, None, 50)).unwrap()
}

#[test]
fn a_paper_from_the_counter_is_one_line_for_everyone_on_it() {
    let fixture = fixture();
    let (city, issuer) = (fixture.inside(), &fixture.issuer);
    let applicant = fixture.applicant("couple");
    let before = lines(applicant.resident()).len();
    let household = actions::household(city, issuer.fresh_minutes, &applicant).unwrap().unwrap();
    let request = fixture.paid(&applicant, &Choices { members: Members::Household, ..Choices::default() });
    let token = actions::prepare(city, &issuer.composer, issuer.fresh_minutes, &applicant, request.id);
    actions::fetch(city, &applicant, request.id, &token.unwrap().unwrap()).unwrap().unwrap();
    assert!(household.len() > 1);
    for member in &household {
        let seen = lines(&member.id);
        assert_eq!(seen[0].duty, Some(Duty::CertificateCounter));
        assert!(seen[0].items.contains(&"氏名"));
    }
    assert_eq!(lines(applicant.resident()).len(), before + 1);
}
