//! S2: the whole way of a residence certificate, from a card's answer to durable bytes.
//!
//! ```text
//!  signature ─► verified, used once, person found ─► begin ─► paid ─► snapshot, number, disclosure ─► drawn ─► signed
//!            ─► re-checked ─► decided again, hash and sealed bytes durable ─► fetched ─► printed, bytes erased
//! ```
//! The city is the demo's, `--size` residents (default 2,000), on SQLite. The card's own signature is made beforehand:
//! that work is the card's. Peer: drawing, re-check and signing alone, on as many threads; what the whole way reaches of
//! it is the share of the time spent there. Waiting is measured with arrivals at fixed times, from the time of arrival.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use pki::{Challenge, PresentedCard, SigningKey};
use services::convenience_certificates::kinds::{Content, residence};
use services::convenience_certificates::{Applicant, Choices, Issuer, Request, actions};
use store::StoreError;
use tools::register::import::{self, Options as Import};
use yakuba::city::OpenCity;
use yakuba::keys::CityKeys;
use yakuba::means::{Means, simulated_heartbeat};

use crate::Options;
use crate::report::{Failure, Line, cpu_seconds};

const RESIDENTS: u64 = 2_000;
const TERMINAL: &str = "bench";
/// Threads that keep two cores busy while one waits for the disk.
const THREADS: usize = 4;
const GOAL_RATE: f64 = 100.0;
const GOAL_SHARE: f64 = 0.8;
const ARRIVALS_A_SECOND: f64 = 50.0;
const GOAL_P99_MS: f64 = 100.0;
/// Machines that may be served at one time while arrivals are fixed.
const MACHINES: usize = 16;

/// A card's answer to a challenge, ready to be presented once.
struct Tap {
    certificate: Vec<u8>,
    challenge: Challenge,
    signature: Vec<u8>,
}

/// A card whose holder is served.
struct Card {
    certificate: Vec<u8>,
    key: SigningKey,
}

struct Scene {
    city: OpenCity,
    issuer: Issuer,
    cards: Vec<Card>,
    // The simulated J-LIS lives as long as this.
    _means: Means,
}

/// Measures S2.
///
/// # Errors
/// A city that cannot be made, or a paper that was refused.
pub fn run(options: &Options) -> Result<Vec<Line>, Failure> {
    let place = match &options.directory {
        Some(directory) => tempfile::tempdir_in(directory)?,
        None => tempfile::tempdir()?,
    };
    let residents = u32::try_from(options.size.unwrap_or(RESIDENTS))?;
    let scene = Scene::build(place.path(), residents)?;
    let seconds = options.seconds.max(5.0);
    let mut lines = scene.rate(seconds)?;
    lines.push(scene.waiting("issues arriving at 50/s", seconds, || Ok(()))?);
    let again = place.path().join("again");
    testkit::city::generate(residents, 1, &again)?;
    lines.push(
        scene.waiting("the same while the register is imported again and again", seconds, || scene.import(&again))?,
    );
    Ok(lines)
}

impl Scene {
    fn build(place: &Path, residents: u32) -> Result<Self, Failure> {
        let directory = place.join("data");
        std::fs::create_dir_all(&directory)?;
        let city = yakuba::birth::demo(&directory, residents, 1, &mut |_| {})?;
        let inside = city.inside();
        simulated_heartbeat(inside)?;
        let keys = CityKeys::open(&directory, &inside.seams, &inside.profile, true)?;
        let means = Means::assemble(&city, &keys)?;
        let mut scene = Self { issuer: means.issuer.clone(), cards: Vec::new(), _means: means, city };
        let mut served = Vec::new();
        for labelled in yakuba::cards::drawer(scene.city.inside())? {
            let contents = yakuba::cards::stored(scene.city.inside(), &labelled.resident)?;
            let user = contents.ok_or("a card of the drawer")?.user_authentication;
            let key = SigningKey::from_pkcs8(&user.private_key_pkcs8)?;
            served.push(Card { certificate: user.certificate, key });
        }
        // Those whom the register refuses (protected, dead, under 15 …) are not what is measured.
        for card in served {
            if scene.issue(&scene.tap(&card)?).is_ok() {
                scene.cards.push(card);
            }
        }
        if scene.cards.is_empty() { Err("nobody in the drawer is served".into()) } else { Ok(scene) }
    }

    fn tap(&self, card: &Card) -> Result<Tap, Failure> {
        let challenge = Challenge::new(&self.city.inside().seams, self.issuer.audience.as_str(), TERMINAL);
        let signature = card.key.sign(&challenge.signed_bytes())?;
        Ok(Tap { certificate: card.certificate.clone(), challenge, signature })
    }

    fn taps(&self, count: usize) -> Result<VecDeque<Tap>, Failure> {
        self.cards.iter().cycle().take(count).map(|card| self.tap(card)).collect()
    }

    fn identify(&self, tap: &Tap) -> Result<Applicant, Failure> {
        let card = PresentedCard { certificate: &tap.certificate, signature: &tap.signature };
        Ok(self.issuer.identify(card, &tap.challenge, TERMINAL)??)
    }

    fn paid(&self, applicant: &Applicant) -> Result<Request, Failure> {
        let (city, fresh) = (&self.issuer.city, self.issuer.fresh_minutes);
        let request = actions::begin(city, fresh, applicant, &Choices::default())??;
        actions::payment_started(city, request.id)??;
        Ok(actions::payment_settled(city, request.id, true)??)
    }

    /// The whole way.
    fn issue(&self, tap: &Tap) -> Result<(), Failure> {
        let (city, issuer) = (&self.issuer.city, &self.issuer);
        let applicant = self.identify(tap)?;
        let request = self.paid(&applicant)?;
        let token = actions::prepare(city, &issuer.composer, issuer.fresh_minutes, &applicant, request.id)??;
        let bytes = actions::fetch(city, &applicant, request.id, &token)??;
        issuer.composer.belongs_to(&bytes, &request, &applicant)?;
        actions::print_acknowledged(city, request.id)??;
        Ok(())
    }

    fn rate(&self, seconds: f64) -> Result<Vec<Line>, Failure> {
        // Challenges are taken for three minutes: enough are made for this stretch and no more.
        let waiting = Mutex::new(self.taps((seconds * GOAL_RATE * 5.0) as usize)?);
        let whole = busy(seconds, || {
            let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            self.issue(&next.ok_or("the cards' answers ran out; this machine is faster than was thought")?)
        })?;
        // The same people in turn.
        let drawn = self.cards.iter().map(|card| self.decided(card)).collect::<Result<Vec<_>, _>>()?;
        let turn = AtomicUsize::new(0);
        let composed = busy(seconds, || {
            let (request, content) = &drawn[turn.fetch_add(1, Ordering::Relaxed) % drawn.len()];
            self.issuer.composer.compose(&self.issuer.city, request, content, "20260101-BENCH").map(|_| ())?;
            Ok(())
        })?;
        let share = composed.cpu_ms / whole.cpu_ms;
        Ok(vec![
            Line {
                work: format!("whole issue path, {THREADS} threads"),
                ours: format!("{:.0}/s, {:.2} ms CPU each", whole.per_second, whole.cpu_ms),
                peer: format!(
                    "{:.0}/s, {:.2} ms CPU each (drawing, re-check and signing alone)",
                    composed.per_second, composed.cpu_ms
                ),
                ratio: Some(whole.per_second / composed.per_second),
                goal: format!("≥ {GOAL_RATE}/s"),
                met: Some(whole.per_second >= GOAL_RATE),
            },
            Line {
                work: "share of that CPU time in drawing, re-check and signing".to_owned(),
                ours: format!("{:.0} %", share * 100.0),
                peer: "-".to_owned(),
                ratio: None,
                goal: format!("≥ {:.0} %", GOAL_SHARE * 100.0),
                met: Some(share >= GOAL_SHARE),
            },
        ])
    }

    /// What the composer is given, as the service itself decides it.
    fn decided(&self, card: &Card) -> Result<(Request, Content), Failure> {
        let applicant = self.identify(&self.tap(card)?)?;
        let request = self.paid(&applicant)?;
        let city = self.issuer.city.clone();
        let (who, seams) = (applicant.resident().clone(), city.seams.clone());
        let choices = request.choices.clone();
        let content = city.store.write::<_, tools::register::RegisterError, _>(move |tx| {
            let purpose = tools::access::Purpose::new(tools::access::Duty::Audit);
            let actor = tools::access::Actor::System { job: "bench" };
            let access = tools::access::person(tx, &seams, &actor, &purpose, &who)?;
            let snapshot = tools::register::household_snapshot(tx, &access)?;
            let today = seams.today();
            Ok(residence::decide(&snapshot, &who, &choices, today).map(Content::Residence))
        })?;
        Ok((request, content.map_err(|no| no.cause())?))
    }

    /// Arrivals at fixed times; `meanwhile` runs again and again beside them.
    fn waiting(
        &self,
        work: &str,
        seconds: f64,
        meanwhile: impl Fn() -> Result<(), Failure> + Sync,
    ) -> Result<Line, Failure> {
        let count = (seconds * ARRIVALS_A_SECOND) as usize;
        let start = Instant::now() + Duration::from_secs_f64(count as f64 * 0.003 + 0.2);
        let taps: VecDeque<(usize, Tap)> = self.taps(count)?.into_iter().enumerate().collect();
        let start = start.max(Instant::now());
        let (waiting, waits) = (Mutex::new(taps), Mutex::new(Vec::with_capacity(count)));
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| -> Result<(), Failure> {
            let beside = scope.spawn(|| -> Result<(), Failure> {
                while !over.load(Ordering::Relaxed) {
                    meanwhile()?;
                    std::thread::sleep(Duration::from_millis(1));
                }
                Ok(())
            });
            let machines: Vec<_> = (0..MACHINES)
                .map(|_| {
                    scope.spawn(|| -> Result<(), Failure> {
                        loop {
                            let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                            let Some((number, tap)) = next else { return Ok(()) };
                            let arrives = start + Duration::from_secs_f64(number as f64 / ARRIVALS_A_SECOND);
                            std::thread::sleep(arrives.saturating_duration_since(Instant::now()));
                            self.issue(&tap)?;
                            waits.lock().unwrap_or_else(PoisonError::into_inner).push(arrives.elapsed());
                        }
                    })
                })
                .collect();
            let done: Result<Vec<()>, Failure> =
                machines.into_iter().map(|machine| machine.join().unwrap_or_else(|_| Err("panicked".into()))).collect();
            over.store(true, Ordering::Relaxed);
            beside.join().unwrap_or_else(|_| Err("panicked".into()))?;
            done.map(|_| ())
        })?;
        let mut waits = waits.into_inner().unwrap_or_else(PoisonError::into_inner);
        waits.sort_unstable();
        let at = |share: f64| waits.get((waits.len() as f64 * share) as usize).map_or(0.0, |w| w.as_secs_f64() * 1e3);
        Ok(Line {
            work: work.to_owned(),
            ours: format!("p50 {:.0} ms, p99 {:.0} ms, {} issues", at(0.5), at(0.99), waits.len()),
            peer: "-".to_owned(),
            ratio: None,
            goal: format!("p99 ≤ {GOAL_P99_MS} ms"),
            met: Some(at(0.99) <= GOAL_P99_MS),
        })
    }

    /// The same city once more, as tonight's full export would come.
    fn import(&self, files: &Path) -> Result<(), Failure> {
        let inside = self.city.inside();
        let source = files.join(wire::resident_csv::files::SOURCE);
        let now = inside.seams.now();
        let fresh = inside.store.read::<_, StoreError, _>(|tx| tools::register::freshness(tx, now))?;
        let text: String = std::fs::read_to_string(&source)?
            .lines()
            .map(|line| match line.split_once(" = ") {
                Some(("position", _)) => format!("position = {}\n", fresh.source_position + 1),
                Some(("taken_at", _)) => format!("taken_at = \"{now}\"\n"),
                _ => format!("{line}\n"),
            })
            .collect();
        std::fs::write(&source, text)?;
        let report = import::run(&inside.store, &inside.seams, files, &Import::default(), &mut |_| true)?;
        if report.switched { Ok(()) } else { Err("the import did not switch".into()) }
    }
}

/// What busy threads did.
struct Busy {
    per_second: f64,
    cpu_ms: f64,
}

/// `work` on [`THREADS`] threads for some seconds.
fn busy(seconds: f64, work: impl Fn() -> Result<(), Failure> + Sync) -> Result<Busy, Failure> {
    let (begun, cpu) = (Instant::now(), cpu_seconds());
    let done: Result<Vec<u64>, Failure> = std::thread::scope(|scope| {
        let hands: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| -> Result<u64, Failure> {
                    let mut count = 0;
                    while begun.elapsed().as_secs_f64() < seconds {
                        work()?;
                        count += 1;
                    }
                    Ok(count)
                })
            })
            .collect();
        hands.into_iter().map(|hand| hand.join().unwrap_or_else(|_| Err("a thread panicked".into()))).collect()
    });
    let count = done?.iter().sum::<u64>() as f64;
    Ok(Busy { per_second: count / begun.elapsed().as_secs_f64(), cpu_ms: (cpu_seconds() - cpu) * 1e3 / count })
}
