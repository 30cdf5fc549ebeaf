//! Whatever the box does and whenever the program dies: paid back once, or owed, or an officer's matter.

use base::{Id, Yen};
use store::StoreError;
use store::testing::{TestDatabase, for_each_engine};
use tools::incidents;
use tools::terminals::coin_box::{CoinBox, CoinBoxFault, Payout, SimulatedCoinBox};
use tools::{CityProfile, Inside, ResidentId};

use super::super::cash;
use super::super::choices::Choices;
use super::super::ending::{ABANDONED_AFTER_SECONDS, sweep};
use super::super::request::{Event, State};
use super::super::requests::{self, Request};
use super::{pay_back, resume, settled, started, under_way};

struct Scene {
    database: TestDatabase,
    city: Inside,
    coins: SimulatedCoinBox,
    terminal: Id,
    place: tempfile::TempDir,
}

impl Scene {
    fn new(database: TestDatabase) -> Self {
        let city = Inside {
            seams: database.seams.clone(),
            store: database.inside(),
            cards: database.cards(),
            vault: database.vault(),
            profile: CityProfile::demo("https://city.example").into(),
            demo: true,
        };
        let place = tempfile::tempdir().unwrap();
        let terminal = city.seams.random_id();
        let scene = Self { database, city, coins: SimulatedCoinBox::with_change(Yen(0)), terminal, place };
        // Twice: the second opening has a memory of the first.
        scene.with_the_box_of_before().with_the_box_of_before()
    }

    /// The machine lost power: the box comes back with what it remembers.
    fn with_the_box_of_before(self) -> Self {
        let journal = self.place.path().join("box");
        Self { coins: SimulatedCoinBox::with_change(Yen(5000)).remembering(&journal).unwrap(), ..self }
    }

    /// A request that is paid and will not be printed.
    fn owed(&self) -> Id {
        let (seams, terminal) = (self.city.seams.clone(), self.terminal.to_string());
        let made = self.city.store.write::<_, StoreError, _>(move |tx| {
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
            for event in [Event::PaymentStarted, Event::PaymentKept, Event::Stopped] {
                assert!(requests::move_on(tx, &mut request, event, now)?, "{event:?}");
            }
            Ok(id)
        });
        made.unwrap()
    }

    fn state(&self, id: Id) -> State {
        self.city.store.read::<_, StoreError, _>(|tx| requests::find(tx, id)).unwrap().unwrap().state
    }

    fn incidents(&self) -> Vec<String> {
        let open = self.city.store.read::<_, StoreError, _>(|tx| incidents::list(tx, true)).unwrap();
        open.into_iter().map(|incident| incident.kind).collect()
    }

    fn open_money(&self) -> Vec<(Id, State)> {
        let open = self.city.store.read(cash::open_money).unwrap();
        open.into_iter().map(|one| (one.request, one.state)).collect()
    }

    fn paid_out(&self) -> Yen {
        self.coins.totals().1
    }
}

#[test]
fn what_is_owed_is_paid_back_once() {
    for_each_engine(|database| {
        let scene = Scene::new(database);
        let id = scene.owed();
        assert_eq!(pay_back(&scene.city, &scene.coins, id).unwrap(), Yen(200));
        assert_eq!(pay_back(&scene.city, &scene.coins, id).unwrap(), Yen::ZERO);
        assert_eq!((scene.state(id), scene.paid_out()), (State::Refunded, Yen(200)));
        assert_eq!((scene.open_money(), scene.incidents()), (vec![], vec![]));
    });
}

#[test]
fn while_a_box_pays_nobody_pays_by_hand_and_nobody_asks_another_box() {
    for_each_engine(|database| {
        let scene = Scene::new(database);
        let id = scene.owed();
        started(&scene.city, id).unwrap().unwrap();
        assert_eq!(scene.open_money(), [], "it is nobody's to settle at this moment");
        assert!(started(&scene.city, id).unwrap().is_err());
        assert_eq!(pay_back(&scene.city, &scene.coins, id).unwrap(), Yen::ZERO);
        assert_eq!(scene.paid_out(), Yen::ZERO);
    });
}

#[test]
fn a_box_with_a_fault_is_asked_what_became_of_the_money() {
    for_each_engine(|database| {
        let scene = Scene::new(database);
        for (fault, state, out) in [
            (CoinBoxFault::Jam, State::RefundDue, 0),
            (CoinBoxFault::ShortOfChange, State::RefundDue, 0),
            (CoinBoxFault::NoAnswer, State::Refunded, 200),
            (CoinBoxFault::PowerCut, State::RefundUnclear, 0),
        ] {
            let (id, before) = (scene.owed(), scene.paid_out());
            scene.coins.plan_fault(fault);
            assert_eq!(pay_back(&scene.city, &scene.coins, id).unwrap(), Yen(out), "{fault:?}");
            assert_eq!((scene.state(id), scene.paid_out().0 - before.0), (state, out), "{fault:?}");
        }
        let mut states: Vec<&str> = scene.open_money().into_iter().map(|(_, state)| state.as_str()).collect();
        states.sort_unstable();
        assert_eq!(states, ["refund_due", "refund_due", "refund_unclear"]);
        assert_eq!(scene.incidents(), ["refund-unclear"]);
    });
}

#[test]
fn a_program_that_died_around_the_box_asks_it_before_anybody_pays_again() {
    for_each_engine(|database| {
        // It died before the box was told: the money is in it.
        let scene = Scene::new(database);
        let (before, after, amid) = (scene.owed(), scene.owed(), scene.owed());
        started(&scene.city, before).unwrap().unwrap();
        // After the box had paid and before the row said so.
        started(&scene.city, after).unwrap().unwrap();
        scene.coins.refund(after, Yen(200)).unwrap();
        // While the box paid.
        started(&scene.city, amid).unwrap().unwrap();
        scene.coins.plan_fault(CoinBoxFault::PowerCut);
        scene.coins.refund(amid, Yen(200)).unwrap_err();

        let scene = scene.with_the_box_of_before();
        // What starts in place of the program leaves refunds to their boxes.
        assert_eq!(sweep(&scene.city, true).unwrap(), 0);
        let waiting = under_way(&scene.city, scene.city.seams.now()).unwrap();
        assert_eq!(waiting.len(), 3);
        for (request, terminal) in waiting {
            assert_eq!(terminal, scene.terminal);
            resume(&scene.city, &scene.coins, request).unwrap();
        }
        let states = [before, after, amid].map(|id| scene.state(id));
        assert_eq!(states, [State::RefundDue, State::Refunded, State::RefundUnclear]);
        assert_eq!(scene.paid_out(), Yen::ZERO, "nothing is thrown into an empty hall, and nothing is paid twice");
        assert_eq!(scene.incidents(), ["refund-unclear"]);
        // Asked once more, nothing changes.
        assert_eq!(resume(&scene.city, &scene.coins, after).unwrap(), Some(Payout::Paid));
        assert_eq!(scene.state(after), State::Refunded);
    });
}

#[test]
fn a_box_that_lost_its_memory_or_never_answers_is_an_officers_matter() {
    for_each_engine(|database| {
        let scene = Scene::new(database);
        let (asked, silent) = (scene.owed(), scene.owed());
        started(&scene.city, asked).unwrap().unwrap();
        resume(&scene.city, &SimulatedCoinBox::with_change(Yen(1000)), asked).unwrap();
        assert_eq!(scene.state(asked), State::RefundUnclear);
        started(&scene.city, silent).unwrap().unwrap();
        scene.database.clock.advance_seconds(ABANDONED_AFTER_SECONDS - 1);
        sweep(&scene.city, false).unwrap();
        assert_eq!(scene.state(silent), State::Refunding);
        scene.database.clock.advance_seconds(2);
        sweep(&scene.city, false).unwrap();
        assert_eq!(scene.state(silent), State::RefundUnclear);
        assert_eq!(scene.open_money().len(), 2);
        assert!(scene.incidents().contains(&"refund-unclear".to_owned()));
        // The machine is heard after all.
        settled(&scene.city, silent, true).unwrap().unwrap();
        settled(&scene.city, asked, false).unwrap().unwrap();
        assert_eq!((scene.state(silent), scene.state(asked)), (State::Refunded, State::RefundDue));
        assert!(settled(&scene.city, silent, false).unwrap().is_err(), "what is back is back");
    });
}
