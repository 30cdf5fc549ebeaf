//! Numbers are given in order and never twice, whatever files and typing bring between; on both engines.

use std::sync::Arc;

use base::Yen;
use store::testing::{TestDatabase, for_each_engine};
use tools::access::Actor;
use tools::service_cards::{CardStatus, Form, IssueRefusal, NewCard, Subject, history, issue};
use tools::{CityProfile, Inside, ResidentId};

use super::examples;
use super::issuing::{GiveRefusal, Wanted, give, undo};
use super::kept::{self, CardsError, Kept};

const DESK: Actor = Actor::System { job: "desk" };

struct Scene {
    database: TestDatabase,
    city: Inside,
}

impl Scene {
    fn open(database: TestDatabase) -> Self {
        let city = Inside {
            seams: database.seams.clone(),
            store: database.inside(),
            cards: database.cards(),
            vault: database.vault(),
            profile: Arc::new(CityProfile::demo("http://127.0.0.1")),
            demo: true,
        };
        Self { database, city }
    }

    fn live(&self, key: &'static str, change: fn(&mut super::Definition)) -> Kept {
        let seams = self.city.seams.clone();
        let mut example = examples::all().into_iter().find(|(of, _)| *of == key).unwrap().1;
        change(&mut example);
        self.city
            .store
            .write::<_, CardsError, _>(move |tx| {
                kept::seed_demo(tx, &seams, key, &example)?;
                Ok(kept::live(tx, key)?.unwrap())
            })
            .unwrap()
    }

    fn give(&self, card: &Kept, who: &str, form: Form, typed: Option<&str>) -> Result<String, GiveRefusal> {
        let wanted = Wanted { card, form, typed, replaces: None };
        let given = give(&self.city, &DESK, &person(who), &wanted).unwrap()?;
        let (vault, key) = (self.city.vault.clone(), card.key.clone());
        let found = self.city.cards.read(move |tx| tools::service_cards::get(tx, &vault, &key, given.card)).unwrap();
        Ok(found.unwrap().number.reveal().clone())
    }
}

fn person(text: &str) -> ResidentId {
    ResidentId::parse(text).unwrap()
}

#[test]
fn numbers_follow_each_other_and_pass_over_those_that_are_somebody_s() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let card = scene.live("bicycle_parking", |_| {});
        let own = |who, typed| scene.give(&card, who, Form::OwnCard, typed);
        assert_eq!(own("R-1", Some("B-00000026")).as_deref(), Ok("B-00000026"), "typed ahead");
        assert_eq!(own("R-2", None).as_deref(), Ok("B-00000018"));
        assert_eq!(own("R-3", None).as_deref(), Ok("B-00000034"), "the second was R-1's");
        assert_eq!(own("R-3", None), Err(IssueRefusal::HasOne.into()));
        assert_eq!(own("R-4", None).as_deref(), Ok("B-00000042"), "a refusal leaves no gap");
        assert_eq!(own("R-5", Some("B-00000018")), Err(IssueRefusal::NumberTaken.into()));
        assert_eq!(scene.give(&card, "R-2", Form::OneCard, None).as_deref(), Ok("B-00000018"), "hers goes on");
    });
}

#[test]
fn numbers_run_out_and_given_ones_must_be_typed() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let small = scene.live("sports_hall", |one| one.number.digits = 1);
    for place in 1..=9 {
        assert!(scene.give(&small, &format!("R-{place}"), Form::OneCard, None).is_ok());
    }
    assert_eq!(scene.give(&small, "R-10", Form::OneCard, None), Err(GiveRefusal::UsedUp));
    let seal = scene.live("seal_registration", |_| {});
    assert_eq!(scene.give(&seal, "R-1", Form::OneCard, None), Err(GiveRefusal::NoNumber));
}

#[test]
fn what_a_reissue_replaced_stands_as_before_when_it_is_taken_back() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let card = scene.live("bicycle_parking", |_| {});
        let (city, key, who) = (&scene.city, "bicycle_parking", person("R-1"));
        scene.give(&card, "R-1", Form::OwnCard, None).unwrap();
        let subject = Subject::of(&city.vault, key, &who).unwrap();
        let (vault, seams, of) = (city.vault.clone(), city.seams.clone(), subject.clone());
        let lost = city
            .cards
            .write::<_, tools::service_cards::CardError, _>(move |tx| {
                let card = tools::service_cards::of_subject(tx, &vault, key, &of)?[0].id;
                tools::service_cards::change(tx, &seams, &DESK, key, card, CardStatus::Lost, "counter")?;
                Ok(card)
            })
            .unwrap();
        scene.database.clock.advance_seconds(60);
        let wanted = Wanted { card: &card, form: Form::OwnCard, typed: None, replaces: Some(lost) };
        let again = give(city, &DESK, &who, &wanted).unwrap().unwrap();
        assert_eq!((again.fee, again.saved), (Yen(500), Yen(0)));
        let another = Actor::System { job: "another desk" };
        assert!(!undo(city, &another, &who, key, again.card).unwrap(), "only who did it");
        assert!(!undo(city, &DESK, &person("R-2"), key, again.card).unwrap(), "only for whom it was done");
        assert!(undo(city, &DESK, &who, key, again.card).unwrap());
        let vault = city.vault.clone();
        let all = city.cards.read(move |tx| tools::service_cards::of_subject(tx, &vault, key, &subject)).unwrap();
        let live: Vec<_> = all.iter().filter(|one| one.status.is_live()).collect();
        let [one] = live.as_slice() else { panic!("{live:?}") };
        assert_eq!((one.status, one.number.reveal().as_str()), (CardStatus::Lost, "B-00000018"), "lost as it was");
        let told = city.cards.read(move |tx| history(tx, key, again.card)).unwrap();
        assert_eq!(told.last().map(|one| one.why.as_str()), Some("undone"), "nothing is rewritten");
    });
}

#[test]
fn a_number_that_a_department_wrote_itself_is_not_given_again() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let card = scene.live("bicycle_parking", |_| {});
    let subject = Subject::of(&scene.city.vault, "bicycle_parking", &person("R-9")).unwrap();
    let (vault, seams) = (scene.city.vault.clone(), scene.city.seams.clone());
    let written = scene.city.cards.write::<_, tools::service_cards::CardError, _>(move |tx| {
        let (service, form, number) = ("bicycle_parking", Form::OwnCard, "B-00000018");
        issue(tx, &vault, &seams, &DESK, &NewCard { service, subject: &subject, form, number, valid_until: None })
    });
    written.unwrap().unwrap();
    assert_eq!(scene.give(&card, "R-1", Form::OneCard, None).as_deref(), Ok("B-00000026"));
}
