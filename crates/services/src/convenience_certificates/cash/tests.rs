//! Sums come from requests; a closed day stays as it is; open money is settled by those who may.

use store::testing::{TestDatabase, for_each_engine};
use tools::ResidentId;
use tools::access::Actor;
use tools::staff::{self, Role, StaffError};
use tools::terminals::{Sort, announce_sort};

use super::super::choices::Choices;
use super::super::request::{Event, State};
use super::super::requests::{self, Request};
use super::*;

const BY: Actor = Actor::System { job: "test" };

struct Scene {
    database: TestDatabase,
    officer: Account,
    second: Account,
    clerk: Account,
    terminal: String,
}

impl Scene {
    fn new(database: TestDatabase) -> Self {
        let seams = database.seams.clone();
        let (officer, second, clerk, terminal) = database
            .inside()
            .write::<_, StaffError, _>(move |tx| {
                let officer = staff::add(tx, &seams, &BY, "責任 一", "市民課", &[Role::CertificateOfficer])?;
                let second = staff::add(tx, &seams, &BY, "責任 二", "市民課", &[Role::CertificateOfficer])?;
                let clerk = staff::add(tx, &seams, &BY, "窓口 三", "市民課", &[Role::CounterClerk])?;
                let (terminal, _) = announce_sort(tx, &seams, &BY, Sort::Store, "1号機", "駅前店")?;
                Ok((officer, second, clerk, terminal.id.to_string()))
            })
            .unwrap();
        Self { database, officer, second, clerk, terminal }
    }

    /// A request that lived through these events.
    fn lived(&self, events: &[Event]) -> Id {
        let (seams, terminal, events) = (self.database.seams.clone(), self.terminal.clone(), events.to_vec());
        self.database
            .inside()
            .write::<_, StoreError, _>(move |tx| {
                let (id, now) = (seams.random_id(), seams.now());
                let mut request = Request {
                    id,
                    terminal: terminal.clone(),
                    applicant: ResidentId::parse("R0000001").map_err(|_| StoreError::Closed)?,
                    choices: Choices::default(),
                    fee: Yen(200),
                    paid: Yen::ZERO,
                    state: State::AwaitingPayment,
                    since: now,
                    document_hash: None,
                    fetch_token_hash: None,
                };
                requests::insert(tx, &request, now)?;
                for event in &events {
                    assert!(requests::move_on(tx, &mut request, *event, now)?, "{event:?}");
                }
                Ok(id)
            })
            .unwrap()
    }

    fn today(&self) -> Money {
        let on = self.database.seams.today();
        let lines = self.database.inside().read::<_, StoreError, _>(|tx| super::day(tx, on)).unwrap();
        of_terminal(&lines, &self.terminal)
    }

    fn act(&self, act: impl Fn(&mut Tx<'_>, &Seams) -> Result<(), CashError> + Send + 'static) -> Result<(), Unsound> {
        let seams = self.database.seams.clone();
        match self.database.inside().write(move |tx| act(tx, &seams)) {
            Ok(()) => Ok(()),
            Err(CashError::Unsound(unsound)) => Err(unsound),
            Err(error) => panic!("{error}"),
        }
    }

    fn close(&self, by: &Account, on: Date, counted: i64, note: &'static str) -> Result<(), Unsound> {
        let by = by.clone();
        let (terminal, note) = (self.terminal.clone(), note.to_owned());
        let count = Correction { day: on, terminal, counted: Yen(counted), note };
        self.act(move |tx, seams| close(tx, seams, &by, &count, &Lines::new()))
    }

    fn settle(&self, by: &Account, id: Id, decision: Decision, reason: &'static str) -> Result<(), Unsound> {
        let by = by.clone();
        self.act(move |tx, seams| settle(tx, seams, &by, id, decision, reason))
    }
}

const PAID: [Event; 2] = [Event::PaymentStarted, Event::PaymentKept];
const PRINTED: [Event; 5] =
    [Event::PaymentStarted, Event::PaymentKept, Event::DocumentReady, Event::Fetched, Event::PrintAcknowledged];

#[test]
fn a_day_is_what_the_requests_say_and_owed_money_is_told_from_kept_money() {
    for_each_engine(|database| {
        let scene = Scene::new(database);
        scene.lived(&PRINTED);
        scene.lived(&[&PAID[..], &[Event::Stopped, Event::RefundPaid]].concat());
        let owed = scene.lived(&[&PAID[..], &[Event::Stopped]].concat());
        let unclear = scene.lived(&[Event::PaymentStarted, Event::FoundAfterRestart]);
        scene.lived(&[Event::Stopped]);
        let sum = |count, yen| Sum { count, yen: Yen(yen) };
        let money = scene.today();
        assert_eq!((money.taken, money.refunded), (sum(3, 600), sum(1, 200)));
        assert_eq!((money.owed, money.unclear), (sum(1, 200), sum(1, 200)));
        assert_eq!(money.expected(), Yen(400));

        // Settled by hand: the box does not change, and only who may can do it, about what is open.
        assert_eq!(scene.settle(&scene.clerk, owed, Decision::RefundPaid, "窓口で返金"), Err(Unsound::NotAllowed));
        assert_eq!(scene.settle(&scene.officer, owed, Decision::RefundPaid, " "), Err(Unsound::Reason));
        assert_eq!(scene.settle(&scene.officer, owed, Decision::FoundKept, "数えた"), Err(Unsound::NotOpen));
        scene.settle(&scene.officer, owed, Decision::RefundPaid, "窓口で返金").unwrap();
        assert_eq!(scene.settle(&scene.officer, owed, Decision::RefundPaid, "もう一度"), Err(Unsound::NotOpen));
        scene.settle(&scene.officer, unclear, Decision::FoundKept, "200円多い").unwrap();
        let money = scene.today();
        assert_eq!((money.refunded_by_hand, money.owed, money.unclear), (sum(1, 200), sum(1, 200), Sum::default()));
        assert_eq!(money.expected(), Yen(600), "the box holds the unclear fee, and the refund was not paid out of it");
        let open = scene.database.inside().read(open_money).unwrap();
        assert_eq!(open.iter().map(|one| (one.request, one.state)).collect::<Vec<_>>(), [(unclear, State::RefundDue)]);
        // A refund of which nobody knows is not in the sums until an officer has counted; neither is it given by hand.
        let refunding = [Event::Stopped, Event::RefundStarted];
        let paying = scene.lived(&[&PAID[..], &refunding].concat());
        assert_eq!(
            (scene.today().owed, scene.settle(&scene.officer, paying, Decision::RefundPaid, "x")),
            (sum(2, 400), Err(Unsound::NotOpen))
        );
        let unknown = scene.lived(&[&PAID[..], &refunding, &[Event::FoundAfterRestart]].concat());
        let other = scene.lived(&[&PAID[..], &refunding, &[Event::FoundAfterRestart]].concat());
        assert_eq!((scene.today().unclear, scene.today().refunded), (sum(2, 400), sum(1, 200)));
        assert_eq!(scene.settle(&scene.officer, unknown, Decision::RefundPaid, "x"), Err(Unsound::NotOpen));
        scene.settle(&scene.officer, unknown, Decision::FoundPaidBack, "200円少ない").unwrap();
        scene.settle(&scene.officer, other, Decision::FoundNotPaidBack, "箱に残っていた").unwrap();
        assert_eq!((scene.today().unclear, scene.today().refunded), (Sum::default(), sum(2, 400)));
        scene.settle(&scene.officer, other, Decision::RefundPaid, "窓口で返金").unwrap();
        let report = audit::verify(&scene.database.inside(), audit::Zone::Inside, &[], None).unwrap();
        assert!(report.is_sound(), "{report}");
    });
}

#[test]
fn a_day_is_closed_once_when_it_is_over_and_a_difference_needs_a_reason() {
    for_each_engine(|database| {
        let scene = Scene::new(database);
        let day = scene.database.seams.today();
        scene.lived(&PRINTED);
        assert_eq!(scene.close(&scene.officer, day, 200, ""), Err(Unsound::NotOver));
        scene.database.clock.advance_seconds(86_400);
        assert_eq!(scene.close(&scene.clerk, day, 200, ""), Err(Unsound::NotAllowed));
        assert_eq!(scene.close(&scene.officer, day, -1, "x"), Err(Unsound::Sum));
        assert_eq!(scene.close(&scene.officer, day, 100, ""), Err(Unsound::Reason));
        assert_eq!(scene.close(&scene.officer, day, 100, "123456789018"), Err(Unsound::Reason));
        scene.close(&scene.officer, day, 100, "硬貨が1枚足りない").unwrap();
        assert_eq!(scene.close(&scene.officer, day, 200, ""), Err(Unsound::IsClosed));
        let closed = scene.database.inside().read(|tx| closings(tx, day)).unwrap();
        assert_eq!((closed.len(), closed[0].difference()), (1, Yen(-100)));
        let terminal = scene.terminal.clone();
        scene.lived(&PRINTED);
        let lines = scene.database.inside().read::<_, StoreError, _>(|tx| super::day(tx, day)).unwrap();
        let yesterday = of_terminal(&lines, &terminal);
        assert_eq!(yesterday.expected(), Yen(200), "what comes later is of another day");
    });
}

#[test]
fn a_closed_day_is_corrected_by_two_persons_and_what_stood_before_stays() {
    for_each_engine(|database| {
        let scene = Scene::new(database);
        let day = scene.database.seams.today();
        scene.lived(&PRINTED);
        scene.database.clock.advance_seconds(86_400);
        let correction =
            Correction { day, terminal: scene.terminal.clone(), counted: Yen(200), note: "数え直した".to_owned() };
        let ask = |by: &Account| {
            let (by, correction) = (by.clone(), correction.clone());
            scene.act(move |tx, seams| ask_correction(tx, seams, &by, &correction).map(|_| ()))
        };
        assert_eq!(ask(&scene.officer), Err(Unsound::NotClosed));
        scene.close(&scene.officer, day, 100, "1枚足りない").unwrap();
        assert_eq!(ask(&scene.clerk), Err(Unsound::NotAllowed));
        ask(&scene.officer).unwrap();
        let now = scene.database.seams.now();
        let waiting = scene.database.inside().read(|tx| corrections(tx, now)).unwrap();
        let id = waiting[0].0.id;
        let approve = |by: &Account| {
            let (by, seams) = (by.clone(), scene.database.seams.clone());
            scene.database.inside().write(move |tx| approve_correction(tx, &seams, &by, id))
        };
        assert!(matches!(approve(&scene.officer), Err(CashError::Approval(_))), "not alone");
        assert!(matches!(approve(&scene.clerk), Err(CashError::Unsound(Unsound::NotAllowed))));
        approve(&scene.second).unwrap();
        assert!(matches!(approve(&scene.second), Err(CashError::Approval(_))), "once");
        let closed = scene.database.inside().read(|tx| closings(tx, day)).unwrap();
        let told: Vec<_> = closed.iter().map(|one| (one.revision, one.counted, one.difference())).collect();
        assert_eq!(told, [(1, Yen(100), Yen(-100)), (2, Yen(200), Yen::ZERO)]);
    });
}
