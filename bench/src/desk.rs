//! A card is shown at a counter: how long until the server has decided and the service's number is there. Certificate and
//! revocation (remembered), law of taps, its row and audit entry, the disclosure, the number from the database of cards.
//!
//! ```text
//!   200 people a second, on a fixed timetable: each waits from when they came, not from when somebody had time for them
//!   1, 10, 100 terminals that tap again as soon as they are answered
//! ```
//! What the card itself needs is not in it (`tap` measures that): its answers are made before the clock starts.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use card::genuineness::GenuinenessKey;
use pki::jpki_profile::{CertificateKind as Profile, judge};
use pki::revocation::{HttpFetch, OcspAddress, OcspSource, StatusSource};
use pki::test_authority::{Generation, TestAuthority, UserAuthenticationRequest};
use pki::{AuthorityRole, Challenge, SigningKey, TrustAnchors, check_shown_certificate};
use store::testing::TestDatabase;
use testkit::world::jlis::Jlis;
use tools::access::{Actor, Duty};
use tools::credentials::tap::{self, Tap};
use tools::credentials::tap_rules::Attendance;
use tools::credentials::{self, CredentialError, CredentialKind, Link};
use tools::service_cards::Form;
use tools::service_cards::counter::Counter;
use tools::{CityProfile, Inside, ResidentId};

use crate::Options;
use crate::clients::{Seen, Slices, drive};
use crate::report::{Failure, Line};

/// People a second.
const RATE: f64 = 200.0;
/// 99 of 100 are answered within so many milliseconds.
const GOAL: f64 = 20.0;
/// People, over a few keys: making keys is slow.
const PEOPLE: u64 = 256;
const KEYS: usize = 8;
/// Hands that answer.
const HANDS: usize = 16;
const TERMINALS: [u64; 3] = [1, 10, 100];
const AUDIENCE: &str = "bench/library_card";
const TERMINAL: &str = "counter";
const SERVICE: &str = "library_card";

/// Measures the decision on both engines.
///
/// # Errors
/// When an engine cannot be opened or a card is refused.
pub fn run(options: &Options) -> Result<Vec<Line>, Failure> {
    let mut lines = engine(&TestDatabase::on_sqlite(), "SQLite", options.seconds)?;
    let parent = options.directory.clone().unwrap_or_else(std::env::temp_dir);
    let cluster = store::testing::cluster::Cluster::start(&parent)?;
    lines.extend(engine(&TestDatabase::on_postgres(&cluster.socket_directory()), "PostgreSQL", options.seconds)?);
    Ok(lines)
}

fn engine(database: &TestDatabase, name: &str, seconds: f64) -> Result<Vec<Line>, Failure> {
    let scene = Scene::build(database)?;
    let seen = scene.on_a_timetable(seconds)?;
    let mut lines = vec![Line {
        work: format!("{name}: a card shown, decided and the number there, {RATE:.0} a second"),
        ours: waits(&seen),
        peer: "-".to_owned(),
        ratio: None,
        goal: format!("p99 ≤ {GOAL:.0} ms"),
        met: Some(seen.p99 <= GOAL * 1000.0),
    }];
    for terminals in TERMINALS {
        let seen = drive(terminals, seconds, &|| 0.0, |terminal| {
            let scene = &scene;
            Ok(move |number: u64| scene.decide(&scene.shown((terminal * 31 + number) % PEOPLE)?))
        })?;
        let seen = seen.seen();
        lines.push(Line {
            work: format!("{name}: cards shown at {terminals} terminal(s) at once, the card's signature included"),
            ours: format!("{:.0}/s, {}", seen.per_second, waits(&seen)),
            peer: "-".to_owned(),
            ratio: None,
            goal: "context".to_owned(),
            met: None,
        });
    }
    Ok(lines)
}

fn waits(seen: &Seen) -> String {
    format!("p50 {:.2} ms, p95 {:.2} ms, p99 {:.2} ms", seen.p50 / 1e3, seen.p95 / 1e3, seen.p99 / 1e3)
}

struct Scene {
    city: Inside,
    anchors: TrustAnchors,
    status: OcspSource,
    keys: Vec<SigningKey>,
    certificates: Vec<Vec<u8>>,
    // Answers until the scene is over.
    _jlis: Jlis,
}

/// What a card answered.
struct Shown {
    challenge: Challenge,
    proof: Vec<u8>,
    person: u64,
}

fn resident(person: u64) -> Result<ResidentId, Failure> {
    Ok(ResidentId::parse(&format!("R-{person:04}"))?)
}

impl Scene {
    fn build(database: &TestDatabase) -> Result<Self, Failure> {
        let seams = database.seams.clone();
        let now = seams.now();
        let (year_ago, in_a_year) = (now.plus_seconds(-86_400 * 365), now.plus_seconds(86_400 * 365));
        let generation = Generation { serial: 1, not_before: year_ago, not_after: in_a_year, ocsp_url: None };
        let key = SigningKey::generate_rsa()?;
        let authority = Arc::new(TestAuthority::new(AuthorityRole::UserAuthentication, key, &generation)?);
        let anchors = TestAuthority::anchors(&[&authority])?;
        let jlis = Jlis::start(Arc::clone(&authority), seams.clone())?;
        let status =
            OcspSource::new(Arc::new(HttpFetch::default()), OcspAddress::Fixed(jlis.ocsp_url()), seams.clone());
        let keys = (0..KEYS).map(|_| SigningKey::generate_rsa()).collect::<Result<Vec<_>, _>>()?;
        let city = Inside {
            seams,
            store: database.inside(),
            cards: database.cards(),
            vault: database.vault(),
            profile: Arc::new(CityProfile::demo("http://localhost")),
            demo: true,
        };
        let mut certificates = Vec::new();
        for person in 0..PEOPLE {
            let certificate = authority.issue_user_authentication(&UserAuthenticationRequest {
                public_key_info: keys[person as usize % KEYS].public_key_info(),
                serial: person + 1,
                holder: "B3N4C5H6B7N8C9",
                municipality: "99999",
                not_before: year_ago,
                not_after: in_a_year,
            })?;
            // Fills the memory; from here on no question leaves.
            status.status(&judge(&certificate, Profile::UserAuthentication, &anchors, now)?, now)?;
            certificates.push(certificate);
        }
        let scene = Self { city, anchors, status, keys, certificates, _jlis: jlis };
        (0..PEOPLE).try_for_each(|person| scene.enrol(person))?;
        Ok(scene)
    }

    /// The card is linked with its key kept, and the person has a number.
    fn enrol(&self, person: u64) -> Result<(), Failure> {
        let now = self.city.seams.now();
        let shown = check_shown_certificate(&self.certificates[person as usize], &self.anchors, &self.status, now)?;
        let info = self.keys[person as usize % KEYS].public_key_info();
        // The modulus stands before the exponent's five octets at the end.
        let modulus = info.len().checked_sub(261).and_then(|from| info.get(from..from + 256));
        let key = GenuinenessKey::from_modulus(modulus.ok_or("a key of 2048 bits")?.try_into()?);
        let (city, who) = (self.city.clone(), resident(person)?);
        let by = Actor::System { job: "bench" };
        let (actor, owner) = (by.clone(), who.clone());
        let linked = self.city.store.write::<_, CredentialError, _>(move |tx| {
            let (kind, valid_until) = (CredentialKind::JpkiCard, shown.not_after);
            let link = Link { resident: &owner, kind, valid_until, genuineness: Some(&key) };
            credentials::enrol(tx, &city.vault, &city.seams, &actor, &link, &shown.certificate_id)
        })?;
        linked?;
        let counter = Counter { city: &self.city, by: &by, duty: Duty::Library, service: SERVICE };
        counter.issue(&who, Form::OneCard, &format!("L-{person}"), None)??;
        Ok(())
    }

    fn shown(&self, person: u64) -> Result<Shown, Failure> {
        let challenge = Challenge::new(&self.city.seams, AUDIENCE, TERMINAL);
        let proof = self.keys[person as usize % KEYS].sign(&challenge.genuineness_bytes())?;
        Ok(Shown { challenge, proof, person })
    }

    /// What the server does from the card's answer to the number on the screen.
    fn decide(&self, shown: &Shown) -> Result<(), Failure> {
        let (now, city) = (self.city.seams.now(), self.city.clone());
        let certificate = &self.certificates[shown.person as usize];
        let tap = Tap {
            card: check_shown_certificate(certificate, &self.anchors, &self.status, now)?,
            challenge: shown.challenge.clone(),
            proof: shown.proof.clone(),
            audience: AUDIENCE.to_owned(),
            terminal: TERMINAL.to_owned(),
            attendance: Attendance::FaceToFace,
            staff: None,
        };
        let person = city
            .store
            .clone()
            .write::<_, CredentialError, _>(move |tx| tap::accept(tx, &city.vault, &city.seams, &tap))??;
        let by = Actor::Kiosk { terminal: TERMINAL.to_owned() };
        let counter = Counter { city: &self.city, by: &by, duty: Duty::Library, service: SERVICE };
        let cards = counter.look(person.resident())?;
        if cards.len() == 1 { Ok(()) } else { Err("a person has one number here".into()) }
    }

    /// People come when the timetable says; each waits from then.
    fn on_a_timetable(&self, seconds: f64) -> Result<Seen, Failure> {
        let all =
            (0..(RATE * seconds.max(1.0)) as u64).map(|one| self.shown(one % PEOPLE)).collect::<Result<Vec<_>, _>>()?;
        let (next, start) = (AtomicUsize::new(0), Instant::now());
        let waits: Result<Vec<Vec<Duration>>, Failure> = std::thread::scope(|scope| {
            let hands: Vec<_> = (0..HANDS)
                .map(|_| {
                    let (all, next) = (&all, &next);
                    scope.spawn(move || -> Result<Vec<Duration>, Failure> {
                        let mut waits = Vec::new();
                        loop {
                            let number = next.fetch_add(1, Ordering::Relaxed);
                            let Some(shown) = all.get(number) else { return Ok(waits) };
                            let due = start + Duration::from_secs_f64(number as f64 / RATE);
                            std::thread::sleep(due.saturating_duration_since(Instant::now()));
                            self.decide(shown)?;
                            waits.push(due.elapsed());
                        }
                    })
                })
                .collect();
            hands.into_iter().map(|hand| hand.join().unwrap_or_else(|_| Err("a hand panicked".into()))).collect()
        });
        Ok(Slices::of(&waits?.concat(), start.elapsed(), 0.0).seen())
    }
}
