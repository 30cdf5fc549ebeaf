//! Against the simulation, over real sockets.

use std::sync::Arc;

use openid::http::OverTcp;
use store::StoreError;
use store::testing::{TestDatabase, for_each_engine};
use testkit::world::national_portal::{Application, Mischief, NationalPortal as Simulation};

use super::over_http::OverHttp;
use super::pile::{self, Listed};
use super::work::{Done, WorkError, run};
use super::*;
use crate::access::Actor;
use crate::portal::two_zones::TwoZones;
use crate::zone::Inside;

fn application(number: u32) -> Application {
    Application {
        receipt_number: format!("R-{number:04}"),
        procedure: ("child-allowance".into(), "児童手当の認定請求".into()),
        applied_at: format!("2026-11-2{}T09:00:00+09:00", number % 10),
        applicant: ["見本 花子".into(), "1980-04-01".into(), "見本市中央1丁目1番1号".into(), "2".into()],
        answers: vec![("お子さんの人数".into(), "2人".into())],
    }
}

struct House {
    zones: TwoZones,
    there: Simulation,
}

impl House {
    fn open(database: TestDatabase, many: u32) -> Self {
        let there = Simulation::start("mihon", "himitsu", (1..=many).map(application).collect()).unwrap();
        Self { zones: TwoZones::new(database), there }
    }

    fn inside(&self) -> &Inside {
        &self.zones.inside
    }

    fn portal(&self, secret: &str) -> OverHttp {
        OverHttp::new(Arc::new(OverTcp::default()), self.there.origin(), "mihon".into(), secret.to_owned().into())
    }

    fn run(&self) -> Result<Done, WorkError> {
        run(self.inside(), &self.portal("himitsu"))
    }

    fn list(&self) -> Vec<Listed> {
        self.inside().store.read::<_, StoreError, _>(|tx| pile::list(tx, 0)).unwrap().0
    }

    fn decide(&self, id: base::Id, status: Status) -> bool {
        let seams = self.inside().seams.clone();
        let set = move |tx: &mut store::Tx<'_>| pile::set_status(tx, &seams, &officer(), id, status);
        self.inside().store.write::<_, StoreError, _>(set).unwrap()
    }
}

fn officer() -> Actor {
    Actor::Staff { account: base::Id::parse("00000000000000000000000001").unwrap() }
}

#[test]
fn applications_arrive_once_page_by_page_and_are_read_with_a_disclosure() {
    for_each_engine(|database| {
        let house = House::open(database, 5);
        let done = house.run().unwrap();
        assert_eq!(done, Done { arrived: 5, unreadable: 0, told: 0 });
        assert_eq!(house.run().unwrap(), Done::default(), "nothing twice");
        assert_eq!(house.there.fetched().len(), 5);
        let listed = house.list();
        assert_eq!(listed[0].receipt, "R-0005", "the newest first");
        assert!(listed.iter().all(|one| one.status == Status::Received && one.is_told && !one.is_resident));
        let readings = || {
            let sql = "SELECT COUNT(*) FROM disclosure";
            house.inside().store.read::<_, StoreError, _>(|tx| tx.query_one(sql, &[])?.map_or(Ok(0), |row| row.int(0)))
        };
        let before = readings().unwrap();
        let opened = pile::open(house.inside(), &officer(), listed[0].id).unwrap().unwrap();
        assert_eq!(opened.content.unwrap().answers, [("お子さんの人数".to_owned(), "2人".to_owned())]);
        assert_eq!(readings().unwrap(), before + 1);
        let sql = "SELECT sealed FROM portal_applications";
        let rows = house.inside().store.read::<_, StoreError, _>(|tx| tx.query(sql, &[])).unwrap();
        let lies_open = |row: &store::Row| row.blob(0).unwrap().windows(6).any(|part| part == "花子".as_bytes());
        assert!(rows.len() == 5 && !rows.iter().any(lies_open));
    });
}

#[test]
fn a_receipt_number_that_stands_twice_on_the_list_is_one_application() {
    for_each_engine(|database| {
        let house = House::open(database, 5);
        house.there.set_mischief(Mischief::TwiceOnTheList);
        assert_eq!(house.run().unwrap().arrived, 5);
        assert_eq!((house.list().len(), house.there.fetched().len()), (5, 5));
    });
}

#[test]
fn a_sign_in_that_expires_in_the_middle_is_renewed_and_a_wrong_secret_is_said() {
    for_each_engine(|database| {
        let house = House::open(database, 5);
        house.there.set_mischief(Mischief::ShortSignIns(3));
        assert_eq!(house.run().unwrap().arrived, 5);
        assert!(house.there.sign_ins() > 1);
        // One that is good for nothing is not renewed for ever.
        house.there.set_mischief(Mischief::ShortSignIns(0));
        assert!(matches!(house.run(), Err(WorkError::Fault(Fault::Expired))));
        let refused = run(house.inside(), &house.portal("wrong"));
        assert!(matches!(refused, Err(WorkError::Fault(Fault::SignInRefused))), "{refused:?}");
    });
}

#[test]
fn data_that_cannot_be_read_is_put_aside_reported_and_asked_for_again() {
    for_each_engine(|database| {
        let house = House::open(database, 3);
        house.there.set_mischief(Mischief::CutOff("R-0002".into()));
        assert_eq!(house.run().unwrap(), Done { arrived: 2, unreadable: 1, told: 0 });
        let broken = house.list().into_iter().find(|one| one.receipt == "R-0002").unwrap();
        assert_eq!(broken.fault.as_deref(), Some("malformed"));
        assert!(pile::open(house.inside(), &officer(), broken.id).unwrap().unwrap().content.is_none());
        house.there.set_mischief(Mischief::None);
        assert_eq!(house.run().unwrap().arrived, 1);
        let mended = house.list().into_iter().find(|one| one.receipt == "R-0002").unwrap();
        assert_eq!((mended.id, mended.fault), (broken.id, None));
        // What is never readable is not asked for for ever.
        house.there.add(application(9));
        house.there.set_mischief(Mischief::CutOff("R-0009".into()));
        for _ in 0..pile::MOST_TRIES + 3 {
            house.run().unwrap();
        }
        let asked = house.there.fetched().iter().filter(|one| *one == "R-0009").count();
        assert_eq!(asked as i64, pile::MOST_TRIES);
    });
}

#[test]
fn an_application_that_may_hold_an_individual_number_is_not_kept() {
    for_each_engine(|database| {
        let house = House::open(database, 0);
        let mut one = application(1);
        one.answers.push(("番号".into(), "123456789018".into()));
        house.there.add(one);
        assert_eq!(house.run().unwrap().arrived, 0);
        let listed = house.list();
        assert_eq!(listed[0].fault.as_deref(), Some("individual-number"));
        assert!(pile::open(house.inside(), &officer(), listed[0].id).unwrap().unwrap().content.is_none());
    });
}

#[test]
fn without_an_answer_everything_is_asked_again_and_nothing_is_told_or_kept_twice() {
    for_each_engine(|database| {
        let house = House::open(database, 3);
        house.there.set_mischief(Mischief::SilentAt("R-0002".into()));
        assert!(matches!(house.run(), Err(WorkError::Fault(Fault::Unreachable))));
        assert_eq!(house.list().len(), 1, "what came before stands");
        house.there.set_mischief(Mischief::Broken);
        assert!(matches!(house.run(), Err(WorkError::Fault(Fault::Unreachable))));
        house.there.set_mischief(Mischief::None);
        assert_eq!(house.run().unwrap().arrived, 2);

        let first = house.list().into_iter().find(|one| one.receipt == "R-0001").unwrap();
        assert!(house.decide(first.id, Status::InProgress));
        assert!(!house.decide(first.id, Status::InProgress), "it stands so already");
        let (seams, notice) = (
            house.inside().seams.clone(),
            Notice {
                id: house.inside().seams.random_id(),
                title: "児童手当の現況届".into(),
                body: "六月中に出してください。".into(),
                link: None,
            },
        );
        let queue = move |tx: &mut store::Tx<'_>| notices::queue(tx, &seams, &officer(), &notice);
        house.inside().store.write::<_, StoreError, _>(queue).unwrap();
        // Taken there, but the answer is lost: the same is told again, and there it is the same.
        house.there.set_mischief(Mischief::TakesSilently);
        for _ in 0..2 {
            assert!(matches!(house.run(), Err(WorkError::Fault(Fault::Unreachable))));
        }
        house.there.set_mischief(Mischief::None);
        assert_eq!(house.run().unwrap().told, 2);
        assert_eq!(house.run().unwrap().told, 0);
        let told: Vec<(String, String)> = house.there.statuses();
        assert!(told.iter().all(|one| *one == ("R-0001".to_owned(), "IN_PROGRESS".to_owned())), "{told:?}");
        assert_eq!(house.there.notices(), 1);
        assert!(house.list().iter().all(|one| one.is_told));
        let shown = house.inside().store.read::<_, StoreError, _>(notices::list).unwrap();
        assert!(shown[0].told_at.is_some());
    });
}

#[test]
fn a_notice_holds_no_individual_number_and_leads_only_by_https() {
    assert!(notices::is_sound("題", "本文", Some("https://city.example.lg.jp/a")));
    for (title, body, link) in [
        ("", "本文", None),
        ("題", "", None),
        ("題", "番号は123456789018です", None),
        ("題", "本文", Some("http://city.example.lg.jp/")),
        ("題", "本文", Some("javascript:alert(1)")),
    ] {
        assert!(!notices::is_sound(title, body, link), "{title} {body} {link:?}");
    }
}

#[test]
fn a_receipt_number_is_no_path() {
    assert!(Receipt::parse("R-0001").is_some());
    for other in ["", "../login", "a/b", "a?b", "あ", &"1".repeat(41)] {
        assert!(Receipt::parse(other).is_none(), "{other}");
    }
}
