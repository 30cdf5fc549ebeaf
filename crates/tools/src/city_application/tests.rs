//! Ceremony, keys, loading that is cut at every command, the tap: on both engines, with virtual chips.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::sync::{Arc, Mutex};

use card::apdu::{Command, Response};
use card::city_application::loading::LoadingRoute;
use card::city_application::{Applet, CitySession, FileId, Image, KeySet};
use card::{Card, ReaderError};
use store::testing::{TestDatabase, for_each_engine};
use zeroize::Zeroizing;

use super::desk::{Desk, Wish};
use super::model::{Found, Standing};
use super::share::Share;
use super::terminal::{TerminalKeys, name_of};
use super::{Fault, Refusal, cards, ceremony, key_store, read_at_terminal};
use crate::access::Actor;
use crate::credentials::{self, CredentialError, Token};
use crate::resident_id::ResidentId;
use crate::zone::{CityProfile, Inside};

const ONE: Actor = Actor::System { job: "one" };
const TWO: Actor = Actor::System { job: "two" };

/// A chip whose power may be cut after so many commands, before or after it acted on the last.
#[derive(Clone, Default)]
struct Chip {
    applet: Arc<Mutex<Option<Applet>>>,
    left: Arc<Mutex<Option<(usize, bool)>>>,
    sent: Arc<Mutex<Vec<usize>>>,
}

impl Chip {
    fn cut(&self, after: Option<(usize, bool)>) {
        if let Some(applet) = &mut *self.applet.lock().unwrap() {
            applet.reset();
        }
        *self.left.lock().unwrap() = after;
        self.sent.lock().unwrap().clear();
    }
}

impl Card for Chip {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        let mut cut = self.left.lock().unwrap();
        let (is_over, acts) = match &mut *cut {
            Some((0, acts)) => (true, *acts),
            Some((left, _)) => {
                *left -= 1;
                (false, true)
            }
            None => (false, true),
        };
        let mut applet = self.applet.lock().unwrap();
        let answer = |applet: &mut Option<Applet>| {
            let parsed = Command::parse(command).unwrap();
            let Some(applet) = applet else { return vec![0x6A, 0x82] };
            let answer = if parsed.instruction == 0xA4 && parsed.class == 0 {
                applet.reset();
                applet.description().map_or_else(Response::status, Response::done)
            } else {
                applet.process(&parsed)
            };
            answer.encode()
        };
        let said = if acts { answer(&mut applet) } else { Vec::new() };
        if is_over {
            if let Some(applet) = &mut *applet {
                applet.reset();
            }
            // Off for good until it is put down again.
            *cut = Some((0, false));
            return Err(ReaderError::CardRemoved);
        }
        self.sent.lock().unwrap().push(command.len() + said.len());
        Ok(said)
    }

    fn power_off(&mut self) -> Result<(), ReaderError> {
        Ok(())
    }
}

struct Onto(Chip, Inside);

impl LoadingRoute for Onto {
    fn load(&mut self, image: Image) -> Result<(), String> {
        *self.0.applet.lock().unwrap() = Some(Applet::new(image, self.1.seams.random.clone()));
        Ok(())
    }
}

fn city(database: &TestDatabase) -> Inside {
    Inside {
        seams: database.seams.clone(),
        store: database.inside(),
        cards: database.cards(),
        vault: database.vault(),
        profile: Arc::new(CityProfile::demo("http://127.0.0.1")),
        demo: true,
    }
}

fn ceremony_of_three(city: &Inside) {
    let (vault, seams) = (city.vault.clone(), city.seams.clone());
    assert!(city.store.write::<_, Fault, _>(move |tx| ceremony::simulate(tx, &vault, &seams)).unwrap());
}

fn desk(city: &Inside) -> Desk {
    Desk { city: city.clone(), by: ONE, terminal: city.seams.random_id() }
}

fn hanako() -> ResidentId {
    ResidentId::parse("R-1").unwrap()
}

fn wish(emergency: bool) -> Wish {
    let emergency = emergency.then(|| Zeroizing::new("血液型 A".to_owned()));
    Wish { pin: Zeroizing::new("2468".to_owned()), emergency }
}

/// A chip onto which the application was put, and nothing else.
fn put_on(city: &Inside) -> Chip {
    let chip = Chip::default();
    desk(city).put_on(&mut Onto(chip.clone(), city.clone())).unwrap();
    chip
}

fn loaded(city: &Inside) -> Chip {
    let chip = put_on(city);
    assert_eq!(desk(city).personalise(&mut chip.clone(), &hanako(), &wish(true)).unwrap(), Standing::Ready);
    chip
}

fn use_new_key(city: &Inside, set: KeySet) {
    let (vault, seams) = (city.vault.clone(), city.seams.clone());
    city.store
        .write::<_, Fault, _>(move |tx| {
            let key = key_store::propose(tx, &vault, &seams, &ONE, set)?;
            assert!(matches!(key_store::propose(tx, &vault, &seams, &TWO, set), Err(Fault::Refused(Refusal::Waits))));
            assert!(key_store::bring_in(tx, &seams, &TWO, key)?);
            Ok(())
        })
        .unwrap();
}

fn refused<T: std::fmt::Debug>(result: Result<T, Fault>) -> Refusal {
    match result {
        Err(Fault::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn nobody_makes_keys_alone_and_shares_are_gone_when_they_are_made() {
    for_each_engine(|database| {
        let city = city(&database);
        let (vault, seams) = (city.vault.clone(), city.seams.clone());
        city.store
            .write::<_, Fault, _>(move |tx| {
                assert_eq!(refused(ceremony::begin(tx, &seams, &ONE, 1, false)), Refusal::Custodians);
                ceremony::begin(tx, &seams, &ONE, 2, false)?;
                let share = Share::random(&*seams.random);
                assert!(!ceremony::give(tx, &vault, &seams, &ONE, &share)?);
                let again = Share::random(&*seams.random);
                assert_eq!(refused(ceremony::give(tx, &vault, &seams, &ONE, &again)), Refusal::GaveOne);
                assert!(!key_store::are_there(tx)?);
                assert!(ceremony::give(tx, &vault, &seams, &TWO, &again)?);
                let kept = tx.query("SELECT 1 FROM city_application_shares WHERE sealed IS NOT NULL", &[])?;
                assert!(kept.is_empty() && key_store::are_there(tx)?);
                assert_eq!(key_store::list(tx)?.len(), KeySet::ALL.len());
                assert_eq!(refused(ceremony::begin(tx, &seams, &ONE, 2, false)), Refusal::Waits);
                Ok(())
            })
            .unwrap();
        let (vault, seams) = (city.vault.clone(), city.seams.clone());
        let same = city.store.write::<_, Fault, _>(move |tx| {
            tx.execute("DELETE FROM city_application_ceremonies", &[])?;
            ceremony::begin(tx, &seams, &ONE, 2, false)?;
            let share = Share::random(&*seams.random);
            ceremony::give(tx, &vault, &seams, &ONE, &share)?;
            ceremony::give(tx, &vault, &seams, &TWO, &share)
        });
        assert_eq!(refused(same), Refusal::SameShare);
    });
}

#[test]
fn loading_that_is_cut_at_any_command_goes_on_at_the_next_contact_or_is_taken_back() {
    for_each_engine(|database| {
        let city = city(&database);
        ceremony_of_three(&city);
        let desk = desk(&city);
        let mut cuts = 0;
        'cuts: for after in 0.. {
            for acts in [false, true] {
                let chip = put_on(&city);
                chip.cut(Some((after, acts)));
                let first = desk.personalise(&mut chip.clone(), &hanako(), &wish(true));
                chip.cut(None);
                if first.is_ok() {
                    break 'cuts;
                }
                cuts += 1;
                let seen = desk.look(&mut chip.clone()).unwrap().found;
                assert_eq!(seen, Found::Ours(Some(Standing::Loading)), "cut after {after}");
                // Every third is taken back, the others go on.
                if after % 3 == 2 {
                    assert_eq!(desk.delete(&mut chip.clone()).unwrap(), Standing::Ended);
                    assert_eq!(desk.look(&mut chip.clone()).unwrap().found, Found::Erased);
                    continue;
                }
                let done = desk.personalise(&mut chip.clone(), &hanako(), &wish(true));
                assert_eq!(done.unwrap(), Standing::Ready, "cut after {after}");
                let there = desk.look(&mut chip.clone()).unwrap().inventory.unwrap();
                assert_eq!(there.files.len(), 5);
                assert!(there.files.contains(&(FileId::Emergency, 1)), "{there:?}");
            }
        }
        assert!(cuts > 60, "{cuts} cuts");
        let open = city.store.read::<_, Fault, _>(|tx| {
            Ok(tx.query("SELECT 1 FROM city_application_steps WHERE done_at IS NULL", &[])?.len())
        });
        // What was put on and taken back within the same step stays as it was cut; nothing of a finished card does.
        let halves = city.store.read::<_, Fault, _>(|tx| Ok(cards::list(tx, None, 1000)?)).unwrap();
        assert!(halves.iter().all(|card| !card.standing.is_half()), "{halves:?}");
        assert_eq!(open.unwrap(), 0);
    });
}

#[test]
fn an_update_that_is_cut_at_any_command_goes_on_and_the_old_key_is_retired_only_then() {
    let database = TestDatabase::on_sqlite();
    let city = city(&database);
    ceremony_of_three(&city);
    let desk = desk(&city);
    let all: Vec<Chip> = (0..30).map(|_| loaded(&city)).collect();
    use_new_key(&city, KeySet::Library);
    let old = city.store.read::<_, Fault, _>(|tx| Ok(key_store::list(tx)?)).unwrap();
    let old = old.into_iter().find(|key| key.set == KeySet::Library && key.version == 1).unwrap().id;
    let why =
        |city: &Inside| city.store.read::<_, Fault, _>(move |tx| Ok(key_store::why_not_retired(tx, old)?)).unwrap();
    assert_eq!(why(&city), Some(Refusal::StillNeeded { cards: 30 }));
    for (after, chip) in all.iter().enumerate() {
        assert_eq!(desk.look(&mut chip.clone()).unwrap().old_keys, [KeySet::Library]);
        chip.cut(Some((after, after % 2 == 0)));
        let first = desk.update(&mut chip.clone(), None);
        chip.cut(None);
        if first.is_err() {
            let seen = desk.look(&mut chip.clone()).unwrap().found;
            assert!(seen == Found::Ours(Some(Standing::Updating)) || seen == Found::Ours(Some(Standing::Ready)));
        }
        assert_eq!(desk.update(&mut chip.clone(), None).unwrap(), Standing::Ready, "cut after {after}");
        assert!(desk.look(&mut chip.clone()).unwrap().old_keys.is_empty());
    }
    assert_eq!(why(&city), None);
    let seams = city.seams.clone();
    assert!(city.store.write::<_, Fault, _>(move |tx| Ok(key_store::retire(tx, &seams, &TWO, old)?)).unwrap());
    assert_eq!(desk.update(&mut all[0].clone(), None).unwrap(), Standing::Ready, "without the old key");
}

#[test]
fn foreign_and_unknown_cards_are_refused_by_name() {
    let databases = [TestDatabase::on_sqlite(), TestDatabase::on_sqlite()];
    let (ours, theirs) = (city(&databases[0]), city(&databases[1]));
    assert_eq!(refused(desk(&ours).look(&mut Chip::default())), Refusal::NoKeys);
    ceremony_of_three(&ours);
    ceremony_of_three(&theirs);
    // The two tests' cities draw the same random numbers: another ceremony makes other keys.
    use_new_key(&theirs, KeySet::Inventory);
    assert_eq!(desk(&ours).look(&mut Chip::default()).unwrap().found, Found::Nothing);
    let chip = loaded(&ours);
    ours.store.write::<_, Fault, _>(|tx| Ok(tx.execute("DELETE FROM city_application_cards", &[])?)).unwrap();
    assert_eq!(desk(&ours).look(&mut chip.clone()).unwrap().found, Found::Ours(None));
    assert_eq!(refused(desk(&ours).update(&mut chip.clone(), None)), Refusal::Unknown);
}

#[test]
fn a_tap_tells_the_number_within_300_ms_of_card_time_and_an_ended_card_opens_nothing() {
    for_each_engine(|database| {
        let city = city(&database);
        ceremony_of_three(&city);
        let chip = loaded(&city);
        let gate = city.seams.random_id();
        let keys = TerminalKeys::of(&city, gate).unwrap();
        chip.cut(None);
        let token = read_at_terminal(&mut chip.clone(), &keys, &*city.seams.random).unwrap();
        let sent = chip.sent.lock().unwrap().clone();
        // 106 kbit/s contactless, 20 ms a command and 10 ms of the chip's cipher where there is a code: recalled figures.
        let milliseconds = sent.iter().sum::<usize>() * 8 / 106 + sent.len() * 20 + 3 * 10;
        assert_eq!(sent.len(), 4);
        assert!(milliseconds < 300, "{milliseconds} ms");
        let find = |token: Token| {
            let (vault, now) = (city.vault.clone(), city.seams.now());
            let read = move |tx: &mut store::Tx<'_>| credentials::find_token(tx, &vault, now, &token);
            city.store.read::<_, CredentialError, _>(read).unwrap()
        };
        assert_eq!(find(token.clone()).unwrap().resident(), &hanako());
        desk(&city).delete(&mut chip.clone()).unwrap();
        assert!(find(token).is_err());
        let read = read_at_terminal(&mut chip.clone(), &keys, &*city.seams.random);
        assert_eq!(read.unwrap_err(), Refusal::Erased);
        // A terminal that holds a newer key than the card says so by name.
        let old = loaded(&city);
        use_new_key(&city, KeySet::Inventory);
        let both = TerminalKeys::of(&city, gate).unwrap();
        assert!(
            read_at_terminal(&mut old.clone(), &both, &*city.seams.random).is_ok(),
            "the old one serves until retired"
        );
    });
}

#[test]
fn medicines_are_read_offline_by_a_terminal_s_own_key_and_written_with_the_pin() {
    let database = TestDatabase::on_sqlite();
    let city = city(&database);
    ceremony_of_three(&city);
    let chip = loaded(&city);
    let pharmacy = name_of(city.seams.random_id());
    let vault = city.vault.clone();
    let key = city
        .store
        .read::<_, Fault, _>(move |tx| {
            let keys = key_store::open(tx, &vault)?;
            Ok(keys.for_terminal(KeySet::Medicines, 1, pharmacy).unwrap())
        })
        .unwrap();
    // From here on nothing but the card and this key.
    let open = || CitySession::open(chip.clone(), &key, &base::SeededRandom::from_seed(9)).unwrap();
    let (old, new) = (vec![1; 4096], vec![2; 5000]);
    assert!(open().write(FileId::Medicines, 1, &old).is_err(), "not without the PIN");
    let mut session = open();
    session.verify_pin("2468").unwrap();
    session.write(FileId::Medicines, 1, &old).unwrap();
    let mut session = open();
    session.verify_pin("2468").unwrap();
    *chip.left.lock().unwrap() = Some((9, true));
    assert!(session.write(FileId::Medicines, 2, &new).is_err());
    chip.cut(None);
    assert_eq!(open().read(FileId::Medicines).unwrap().bytes, old, "the copy before survives");
    let mut session = open();
    session.verify_pin("2468").unwrap();
    session.write(FileId::Medicines, 2, &new).unwrap();
    assert_eq!(open().read(FileId::Medicines).unwrap().bytes, new);
}
