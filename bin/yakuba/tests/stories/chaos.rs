//! R1: never another person's paper. Many machines at once ask for many papers in foul weather, and an oracle that shares
//! nothing with the engine reads every file that came out.
//!
//! ```text
//!  seed ─► orders × weather ─► machines (threads) ─ real sockets ─► the city ─► files, states, money
//!                                                                        │
//!  oracle: the register's rows ── owner, kind, options, people, pages ───┴──► every file is its request's, or the run fails
//! ```
//! A few hundred in CI, 100,000 in `make chaos`. `YAKUBA_CHAOS_SEED` replays a run's orders and weather;
//! `YAKUBA_CHAOS_ISSUES` sets how many.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base::{Random, SeededRandom, Timestamp};
use paper::recheck::extract;
use serde_json::{Value, json};
use services::convenience_certificates::{State, actions};
use sha2_of_the_test::sha256;
use store::StoreError;
use testkit::world::centre::{Outcome, Step, Weather};
use tools::incidents;

use crate::city::Fixture;
use crate::door::Door;

/// SHA-256 by the test's own hand: the oracle asks nothing of the code it judges.
mod sha2_of_the_test {
    pub fn sha256(parts: &[&[u8]]) -> Vec<u8> {
        let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
        parts.iter().for_each(|part| context.update(part));
        context.finish().as_ref().to_vec()
    }
}

/// People of different households who may be served.
const SERVED: [&str; 8] = [
    "elderly-single",
    "family-of-six",
    "foreign-resident",
    "rare-nabe",
    "rare-takasaki",
    "rare-plane-two",
    "long-name",
    "widow",
];
const MACHINES: usize = 8;
const KINDS: [&str; 2] = ["residence_certificate", "recorded_items_certificate"];
/// Switches with the word that stands for each in a file's metadata.
const ITEMS: [(&str, &str); 3] =
    [("relationship", "relationship"), ("domicile", "domicile"), ("nationality", "nationality")];

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// One person as the register has them, read by the oracle's own SQL.
struct Person {
    resident: String,
    household: Vec<(String, String)>,
}

/// One order with what its paper must be.
struct Asked {
    person: usize,
    order: Value,
    kind: &'static str,
    options: String,
    names: Vec<String>,
}

struct Dice(SeededRandom);

impl Dice {
    fn below(&self, bound: usize) -> usize {
        let random: &dyn Random = &self.0;
        usize::try_from(random.below(bound as u64)).unwrap()
    }

    fn order(&self, people: &[Person]) -> Asked {
        let person = self.below(people.len());
        let household = &people[person].household;
        let kind = KINDS[self.below(KINDS.len())];
        let on: Vec<&(&str, &str)> = ITEMS.iter().filter(|_| self.below(2) == 0).collect();
        let items: serde_json::Map<String, Value> =
            on.iter().map(|(item, _)| ((*item).to_owned(), true.into())).collect();
        let (members, names): (Value, Vec<String>) = match self.below(3) {
            0 => ("applicant".into(), vec![own_name(&people[person])]),
            1 => ("household".into(), household.iter().map(|(_, name)| name.clone()).collect()),
            _ => {
                let places: BTreeSet<usize> = (0..household.len()).filter(|_| self.below(2) == 0).collect();
                let places = if places.is_empty() { BTreeSet::from([0]) } else { places };
                (places.iter().copied().collect(), places.iter().map(|place| household[*place].1.clone()).collect())
            }
        };
        let mut words: Vec<&str> = if names.len() == household.len() { vec!["household"] } else { Vec::new() };
        words.extend(on.iter().map(|(_, word)| *word));
        let options = if words.is_empty() { "none".to_owned() } else { words.join("+") };
        let order = json!({ "kind": kind, "members": members, "items": items, "copies": 1 + self.below(2) });
        Asked { person, order, kind, options, names }
    }

    /// Weather of one message. Half of all messages have none.
    fn weather(&self) -> Weather {
        let short = Duration::from_millis(self.below(15) as u64);
        match self.below(60) {
            0..=3 => Weather::Slow(short),
            4..=7 => Weather::Twice,
            8..=10 => Weather::Lost,
            11..=14 => Weather::AnswerLost,
            15..=17 => Weather::Stalled(short),
            18..=19 => Weather::OutOfOrder,
            20 => Weather::Crash,
            21 => Weather::CrashAfter,
            22 => Weather::Stop,
            _ => Weather::Fair,
        }
    }
}

fn own_name(person: &Person) -> String {
    person.household.iter().find(|(id, _)| *id == person.resident).unwrap().1.clone()
}

fn people(door: &Door<'_>) -> Vec<Person> {
    let (fixture, machine) = (door.fixture, door.machine());
    let read = |kind: &&str| {
        let resident = fixture.sample(kind).as_str().to_owned();
        let sql = "SELECT other.resident_id, other.name FROM residents own \
            JOIN register_generation g ON g.generation = own.generation \
            JOIN residents other ON other.household_id = own.household_id AND other.generation = own.generation \
            WHERE own.resident_id = $1";
        let rows = fixture.inside().store.read::<_, StoreError, _>(|tx| tx.query(sql, &[resident.as_str().into()]));
        let rows = rows.unwrap();
        let pair = |row: &store::Row| (row.text(0).unwrap().to_owned(), row.text(1).unwrap().to_owned());
        let mut household: Vec<(String, String)> = rows.iter().map(pair).collect();
        // In the order in which machines are told them.
        let told = machine.sign_in(&door.card(kind)).unwrap().json()["person"]["members"].clone();
        let place = |name: &str| told.as_array().unwrap().iter().position(|member| member["name"] == name);
        // The dead and those who moved away are in the register and on no paper.
        household.retain(|(_, name)| place(name).is_some());
        household.sort_by_key(|(_, name)| place(name));
        assert_eq!(told.as_array().unwrap().len(), household.len(), "{kind}");
        Person { resident, household }
    };
    SERVED.iter().map(read).collect()
}

/// What one machine's part of the run came to.
#[derive(Default)]
struct Tally {
    issues: usize,
    compared: usize,
    printed: usize,
    refunded: i64,
    kept: i64,
    ends: BTreeMap<&'static str, usize>,
    statuses: BTreeMap<u16, usize>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.issues += other.issues;
        self.compared += other.compared;
        self.printed += other.printed;
        self.refunded += other.refunded;
        self.kept += other.kept;
        for (end, count) in other.ends {
            *self.ends.entry(end).or_default() += count;
        }
        for (status, count) in other.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
    }
}

/// Compares a file with what was ordered, by the register's own rows. Says how it differs.
fn judge(bytes: &[u8], request: &str, asked: &Asked, people: &[Person]) -> Result<(), String> {
    let found = extract(bytes).map_err(|error| error.to_string())?;
    let person = &people[asked.person];
    let id = base::Id::parse(request).map_err(|error| error.to_string())?;
    let subject = sha256(&[b"yakuba-subject-v1", id.bytes(), person.resident.as_bytes()]);
    let subject = data_encoding::HEXLOWER.encode(&subject);
    let pages = found.pages.len();
    for (keyword, wanted) in [
        ("request", request),
        ("kind", asked.kind),
        ("subject", subject.as_str()),
        ("options", asked.options.as_str()),
        ("pages", pages.to_string().as_str()),
    ] {
        if found.keyword(keyword) != Some(wanted) {
            return Err(format!("{keyword} is {:?}, not {wanted}", found.keyword(keyword)));
        }
    }
    if pages != asked.names.len().div_ceil(4) {
        return Err(format!("{pages} pages for {} people", asked.names.len()));
    }
    for (index, page) in found.pages.iter().enumerate() {
        if !page.texts.iter().any(|text| text.to_lowercase().contains(request)) {
            return Err(format!("page {} does not name the request", index + 1));
        }
        if page.code.is_none() || !page.has_seal {
            return Err(format!("page {} has no code or no seal", index + 1));
        }
    }
    let texts: BTreeSet<&str> = found.pages.iter().flat_map(|page| page.texts.iter().map(String::as_str)).collect();
    for (index, other) in people.iter().enumerate() {
        for (_, name) in &other.household {
            let is_asked = index == asked.person && asked.names.contains(name);
            if is_asked && !texts.contains(name.as_str()) {
                return Err("a person is missing".to_owned());
            }
            // A head of household is named also when only others are printed.
            let may_be_named = index == asked.person || people[asked.person].household.iter().any(|(_, n)| n == name);
            if !may_be_named && texts.contains(name.as_str()) {
                return Err("another household's person is named".to_owned());
            }
        }
    }
    Ok(())
}

/// What the request's end must be, by what the machine did.
fn judge_end(state: State, outcome: &Outcome) -> Result<(), String> {
    let is_right = match state {
        State::Printed => outcome.printed.is_some() && outcome.kept && outcome.refunded_yen == 0,
        State::Refunded => outcome.kept && outcome.refunded_yen > 0,
        State::RefundDue => outcome.kept && outcome.refunded_yen == 0,
        State::Cancelled => !outcome.kept && outcome.printed.is_none(),
        State::PaymentUnclear => outcome.printed.is_none(),
        _ => false,
    };
    if is_right { Ok(()) } else { Err(format!("ends as {state:?}: {outcome:?}")) }
}

fn run(door: &Door<'_>, people: &[Person], seed: u64, share: usize, done: &AtomicUsize) -> Tally {
    let dice = Dice(SeededRandom::from_seed(seed));
    let machine = door.machine();
    let cards: Vec<_> = SERVED.iter().map(|kind| door.card(kind)).collect();
    let mut tally = Tally::default();
    let mut session: Option<(usize, String)> = None;
    for _ in 0..share {
        let asked = dice.order(people);
        // One session for several papers of one person, as long as it lives.
        let is_theirs = session.as_ref().is_some_and(|(person, _)| *person == asked.person);
        if !is_theirs || dice.below(6) == 0 {
            let signed_in = machine.sign_in(&cards[asked.person]).unwrap();
            assert_eq!(signed_in.status, 200, "{}", signed_in.json());
            if let Some((_, old)) = session.replace((asked.person, signed_in.text("session"))) {
                machine.post("/session/end", Some(&old), &json!({})).unwrap();
            }
        }
        let own = &session.as_ref().unwrap().1;
        let mut outcome = machine.issue(own, &asked.order, &mut |_: Step| dice.weather()).unwrap();
        let is_left = outcome.refunded_yen == 0 && outcome.refusal.is_none() && dice.below(3) == 0;
        if let (true, Some(request)) = (is_left, &outcome.request) {
            // Nobody came back for a quarter of an hour.
            let past = (door.city().seams.now().micros() - 16 * 60 * 1_000_000).to_string();
            let sql = "UPDATE certificate_requests SET state_since = CAST($1 AS BIGINT) WHERE request_id = $2 AND state \
                IN ('awaiting_payment', 'taking_payment', 'paid', 'ready', 'printing')";
            door.tamper(sql, &[&past, request]);
            actions::sweep(door.city(), false).unwrap();
        }
        machine.recover(&mut outcome).unwrap();
        tally.issues += 1;
        assert!(outcome.wrong.is_empty(), "seed {seed}: a file was not the one asked for: {:?}", outcome.log);
        for (_, status) in &outcome.log {
            *tally.statuses.entry(*status).or_default() += 1;
        }
        if let Some(request) = &outcome.request {
            if let Some(bytes) = &outcome.printed {
                judge(bytes, request, &asked, people).unwrap_or_else(|how| panic!("seed {seed}, {request}: {how}"));
                tally.compared += 1;
            }
            let state = door.state(request);
            judge_end(state, &outcome).unwrap_or_else(|how| panic!("seed {seed}, {request}: {how}"));
            tally.printed += usize::from(state == State::Printed);
            tally.refunded += outcome.refunded_yen;
            tally.kept += i64::from(outcome.kept);
            *tally.ends.entry(state.as_str()).or_default() += 1;
        }
        let so_far = done.fetch_add(1, Ordering::Relaxed) + 1;
        if so_far.is_multiple_of(5_000) {
            println!("{so_far} issues");
        }
    }
    tally
}

#[test]
fn r1_i2_i5_i6_mixed_issues_in_foul_weather_never_give_anybody_another_persons_paper() {
    let in_full = std::env::var_os("YAKUBA_CHAOS").is_some();
    let issues = number("YAKUBA_CHAOS_ISSUES").unwrap_or(if in_full { 100_000 } else { 320 });
    let seed = number("YAKUBA_CHAOS_SEED").unwrap_or(1);
    let fixture = Fixture::named("chaos");
    let door = Door::open(&fixture, 1000);
    let people = people(&door);
    let (begun, done) = (Instant::now(), AtomicUsize::new(0));
    let share = usize::try_from(issues).unwrap().div_ceil(MACHINES);
    let mut total = Tally::default();
    std::thread::scope(|scope| {
        let machines: Vec<_> = (0..MACHINES as u64)
            .map(|machine| {
                let (door, people, done) = (&door, &people, &done);
                scope.spawn(move || run(door, people, seed * 1_000 + machine, share, done))
            })
            .collect();
        // The register's source is alive all the while.
        while machines.iter().any(|machine| !machine.is_finished()) {
            std::thread::sleep(Duration::from_millis(50));
        }
        for machine in machines {
            total.add(machine.join().unwrap());
        }
    });
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "seed {seed}: {} issues in {seconds:.1} s, {} papers compared, ends {:?}, answers {:?}, 0 mismatches",
        total.issues, total.compared, total.ends, total.statuses
    );
    assert!(total.printed * 3 > total.issues, "most papers come: {}", total.printed);
    for end in [State::Printed, State::Refunded, State::Cancelled] {
        assert!(total.ends.contains_key(end.as_str()), "no request ended as {end:?}: {:?}", total.ends);
    }
    // Nothing stopped the service, and the day's money is what the machines know.
    let stopped = door.city().store.read::<_, StoreError, _>(|tx| {
        incidents::service_stopped(tx, services::convenience_certificates::SERVICE_CODE)
    });
    assert_eq!(stopped.unwrap(), None);
    let from = Timestamp::from_seconds(0);
    let money = "SELECT COUNT(*), SUM(CASE WHEN refunded_at IS NULL THEN 0 ELSE paid_yen END) FROM certificate_requests \
        WHERE paid_at > $1 AND terminal_id <> 'counter'";
    let row = door.city().store.read::<_, StoreError, _>(|tx| tx.query_one(money, &[from.into()])).unwrap().unwrap();
    assert_eq!((row.int(0).unwrap(), row.int(1).unwrap()), (total.kept, total.refunded), "money differs");
    let documents = "SELECT COUNT(*) FROM certificate_documents";
    let left = door.city().store.read::<_, StoreError, _>(|tx| tx.query_one(documents, &[])).unwrap().unwrap();
    assert_eq!(left.int(0).unwrap(), 0, "every document's bytes are erased");
}
