//! Cards of services: issued, found, stopped, replaced; apart from the register. On both engines.

use base::{Date, Id, Yen};
use proptest::prelude::*;
use store::testing::{TestDatabase, for_each_engine};

use super::*;
use crate::access::Actor;
use crate::resident_id::ResidentId;

const STAFF: Actor = Actor::System { job: "test" };

fn person(text: &str) -> ResidentId {
    ResidentId::parse(text).unwrap()
}

struct Scene {
    database: TestDatabase,
}

impl Scene {
    fn subject(&self, service: &str, who: &str) -> Subject {
        Subject::of(&self.database.vault(), service, &person(who)).unwrap()
    }

    fn issue(&self, service: &'static str, who: &str, form: Form, number: &'static str) -> Result<Id, IssueRefusal> {
        let (vault, seams, subject) = (self.database.vault(), self.database.seams.clone(), self.subject(service, who));
        self.database
            .cards()
            .write::<_, CardError, _>(move |tx| {
                let new = NewCard { service, subject: &subject, form, number, valid_until: None };
                issue(tx, &vault, &seams, &STAFF, &new)
            })
            .unwrap()
    }

    fn of(&self, service: &'static str, who: &str) -> Vec<(Form, String, CardStatus)> {
        let (vault, subject) = (self.database.vault(), self.subject(service, who));
        let all = self.database.cards().read::<_, CardError, _>(move |tx| of_subject(tx, &vault, service, &subject));
        all.unwrap().into_iter().map(|one| (one.form, one.number.reveal().clone(), one.status)).collect()
    }

    fn change(&self, service: &'static str, id: Id, next: CardStatus) -> bool {
        let seams = self.database.seams.clone();
        self.database
            .cards()
            .write::<_, CardError, _>(move |tx| change(tx, &seams, &STAFF, service, id, next, "test"))
            .unwrap()
    }
}

#[test]
fn old_and_new_card_stand_side_by_side_until_the_old_one_is_switched_off() {
    for_each_engine(|database| {
        let scene = Scene { database };
        let old = scene.issue("library_card", "R-1", Form::OwnCard, "L-0001").unwrap();
        scene.issue("library_card", "R-1", Form::OneCard, "L-0001").unwrap();
        assert_eq!(scene.of("library_card", "R-1").len(), 2);
        assert_eq!(scene.issue("library_card", "R-1", Form::OneCard, "L-0002"), Err(IssueRefusal::HasOne));
        assert_eq!(scene.issue("library_card", "R-2", Form::OneCard, "L-0001"), Err(IssueRefusal::NumberTaken));
        assert!(scene.change("library_card", old, CardStatus::Ended));
        assert!(!scene.change("library_card", old, CardStatus::Active), "what is switched off stays off");
        let stands: Vec<_> =
            scene.of("library_card", "R-1").into_iter().map(|(form, _, status)| (form, status)).collect();
        assert!(stands.contains(&(Form::OwnCard, CardStatus::Ended)));
        assert!(stands.contains(&(Form::OneCard, CardStatus::Active)));
        // A number that was somebody's is never handed on.
        assert_eq!(scene.issue("library_card", "R-2", Form::OwnCard, "L-0001"), Err(IssueRefusal::NumberTaken));
    });
}

#[test]
fn a_service_knows_nothing_of_another_s_people() {
    for_each_engine(|database| {
        let scene = Scene { database };
        scene.issue("library_card", "R-1", Form::OneCard, "100").unwrap();
        scene.issue("hospital_card", "R-1", Form::OneCard, "100").unwrap();
        let subjects = scene.database.cards().read::<_, CardError, _>(|tx| {
            let rows = tx.query("SELECT subject, number_hash, number FROM service_cards", &[])?;
            rows.iter()
                .map(|row| Ok([row.blob(0)?.to_vec(), row.blob(1)?.to_vec(), row.blob(2)?.to_vec()]))
                .collect::<Result<Vec<_>, CardError>>()
        });
        let subjects = subjects.unwrap();
        let [library, hospital] = subjects.as_slice() else { panic!("two rows") };
        assert!(library.iter().zip(hospital).all(|(one, other)| one != other), "nothing joins the two rows");
        let holds = |needle: &str| {
            subjects.iter().flatten().any(|blob| blob.windows(needle.len()).any(|w| w == needle.as_bytes()))
        };
        assert!(!holds("R-1") && !holds("100"), "neither the person nor the number stands there");
    });
}

#[test]
fn a_lost_card_is_replaced_and_its_number_leads_to_the_person_s_cards_only() {
    for_each_engine(|database| {
        let scene = Scene { database };
        let lost = scene.issue("library_card", "R-1", Form::OwnCard, "L-1").unwrap();
        scene.database.clock.advance_seconds(60);
        assert!(scene.change("library_card", lost, CardStatus::Lost));
        scene.database.clock.advance_seconds(60);
        let (vault, seams) = (scene.database.vault(), scene.database.seams.clone());
        let until = Date::parse("2027-03-31").unwrap();
        let again = scene.database.cards().write::<_, CardError, _>(move |tx| {
            reissue(tx, &vault, &seams, &STAFF, "library_card", lost, "Ｌ－２", Form::OwnCard, Some(until))
        });
        let again = again.unwrap().unwrap();
        let vault = scene.database.vault();
        let found =
            scene.database.cards().read::<_, CardError, _>(move |tx| find_number(tx, &vault, "library_card", "L-2"));
        let found = found.unwrap();
        let [card] = found.as_slice() else { panic!("one card") };
        assert_eq!((card.id, card.replaces, card.valid_until), (again, Some(lost), Some(until)));
        assert!(card.is_usable(until) && !card.is_usable(until.plus_days(1)));
        let seams = scene.database.seams.clone();
        let vault = scene.database.vault();
        let twice = scene.database.cards().write::<_, CardError, _>(move |tx| {
            reissue(tx, &vault, &seams, &STAFF, "library_card", lost, "L-3", Form::OwnCard, None)
        });
        assert_eq!(twice.unwrap(), Err(IssueRefusal::NotThere), "a card is replaced once");
        let told = scene.database.cards().read::<_, CardError, _>(move |tx| history(tx, "library_card", lost)).unwrap();
        let told: Vec<_> = told.iter().map(|one| (one.status, one.why.as_str())).collect();
        assert_eq!(
            told,
            [(CardStatus::Active, "issued"), (CardStatus::Lost, "test"), (CardStatus::Replaced, "reissued")]
        );
    });
}

#[test]
fn a_card_from_before_the_look_up_key_was_renewed_is_still_the_same_person_s() {
    for_each_engine(|database| {
        let scene = Scene { database };
        let old = scene.issue("library_card", "R-1", Form::OwnCard, "L-1").unwrap();
        scene.issue("library_card", "R-2", Form::OwnCard, "L-9").unwrap();
        scene.database.vault().rotate_lookup_key().unwrap();
        // The number goes over to the one card, whose row stands under the new key.
        scene.issue("library_card", "R-1", Form::OneCard, "L-1").unwrap();
        assert_eq!(scene.issue("library_card", "R-2", Form::OneCard, "L-1"), Err(IssueRefusal::NumberTaken));
        let again = |form, number: &'static str| {
            let (vault, seams) = (scene.database.vault(), scene.database.seams.clone());
            let given = scene.database.cards().write::<_, CardError, _>(move |tx| {
                reissue(tx, &vault, &seams, &STAFF, "library_card", old, number, form, None)
            });
            given.unwrap()
        };
        assert_eq!(again(Form::OneCard, "L-2"), Err(IssueRefusal::HasOne), "the card under the new key is seen");
        assert_eq!(again(Form::OwnCard, "L-9"), Err(IssueRefusal::NumberTaken), "another's number, under the old key");
        again(Form::OwnCard, "L-1").expect("their own number, though it stands under two keys");
        assert_eq!(scene.of("library_card", "R-1").len(), 3);
        let (vault, subject) = (scene.database.vault(), scene.subject("library_card", "R-1"));
        let found = scene.database.cards().read::<_, CardError, _>(move |tx| {
            let all = find_number(tx, &vault, "library_card", "L-1")?;
            let theirs = of_subject(tx, &vault, "library_card", &subject)?;
            Ok((all.len(), theirs.iter().filter(|card| card.status.is_live()).count()))
        });
        assert_eq!(found.unwrap(), (3, 2));
    });
}

#[test]
fn what_is_no_number_is_refused_by_name() {
    for_each_engine(|database| {
        let scene = Scene { database };
        let refused = |number| scene.issue("library_card", "R-1", Form::OneCard, number).unwrap_err();
        assert_eq!(refused(""), IssueRefusal::NotANumber);
        assert_eq!(refused("12 34"), IssueRefusal::NotANumber);
        assert_eq!(refused("見本"), IssueRefusal::NotANumber);
        assert_eq!(refused("123456789018"), IssueRefusal::IndividualNumber);
    });
}

#[test]
fn what_one_card_saves_is_the_difference_of_the_fees() {
    let fees = Fees { own_card: Yen(0), own_card_again: Yen(200), one_card: Yen(0) };
    assert_eq!(
        (fees.due(Form::OwnCard, true), fees.difference(true), fees.difference(false)),
        (Yen(200), Yen(200), Yen(0))
    );
}

proptest! {
    #[test]
    fn what_is_over_stays_over(steps in proptest::collection::vec(0..5_usize, 0..12)) {
        let mut stands = CardStatus::Active;
        for step in steps {
            let next = CardStatus::ALL[step];
            let may = stands.may_become(next);
            prop_assert!(!may || stands.is_live(), "nothing follows {stands:?}");
            if may {
                stands = next;
            }
        }
    }
}
