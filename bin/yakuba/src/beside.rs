//! The work that goes on beside the doors: one thread a job.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base::Kind;
use services::convenience_certificates::{actions, arrivals, public_effect};
use tools::audit::{self, Zone};
use tools::family_register::registration::{counts, remote};
use tools::portal::joining::CardJudge;
use tools::relay::{Endpoint, InProcess};
use tools::withdrawal_list;
use web::kiosk::Place;

use crate::channels;
use crate::city::OpenCity;
use crate::fail::Failure;
use crate::hospital::{self, Hospital};
use crate::keys::CityKeys;
use crate::library::{self, Library};
use crate::means::{self, Means};
use crate::notices;
use crate::portal;
use crate::schemes;

/// Seconds between audit heads.
const HEAD_SECONDS: u64 = 3600;
/// Seconds between purges of messages the other zone has acknowledged: a day.
const PURGE_SECONDS: u64 = 86_400;
/// Seconds between looks for cards and tags whose holder died or moved away: the register changes all day.
const ENDINGS_SECONDS: u64 = 600;
/// Seconds between looks for applications that came from a PC.
const ARRIVALS_SECONDS: u64 = 20;
/// Seconds between looks at whether a month is over whose report nobody has yet.
const EFFECT_SECONDS: u64 = 3600;
/// Seconds between two tellings of who looked; a person sees a reading within half a minute.
const TELL_SECONDS: u64 = 20;
/// Seconds between looks at whether a new list of withdrawn papers is due.
const LIST_SECONDS: u64 = 10;
/// Seconds between looks for mail that came back.
const BOUNCE_SECONDS: u64 = 20;
/// Seconds between sweeps of abandoned requests.
const SWEEP_SECONDS: u64 = 60;
/// Seconds between looks for digital copies that nobody collected.
const TWIN_SECONDS: u64 = 60;
/// Seconds between heartbeats of the demo's simulated register source.
const HEARTBEAT_SECONDS: u64 = 60;

/// The work beside the doors. Each job logs its failures and goes on; none holds personal data.
pub(crate) struct Beside {
    stopping: Arc<AtomicBool>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Beside {
    pub(crate) fn start(
        city: &OpenCity,
        keys: &Arc<CityKeys>,
        (relay_inside, relay_outside): (Endpoint, Endpoint),
        place: Arc<Place>,
        idle_seconds: u32,
    ) -> Result<Self, Failure> {
        let mut beside = Self { stopping: Arc::new(AtomicBool::new(false)), threads: Vec::new() };
        beside.every(1, "relay", move || {
            relay_inside.pump(&InProcess(&relay_outside)).map(|_| ()).map_err(|error| error.to_string())
        })?;
        let (issuer, boxes) = (place.issuer.clone(), place.clone());
        beside.every(1, "machines", move || {
            place.look_after(idle_seconds);
            Ok(())
        })?;
        let inside = city.inside().clone();
        beside.every(SWEEP_SECONDS, "sweep", move || {
            boxes.resume_refunds(SWEEP_SECONDS.cast_signed(), false).map_err(|error| error.to_string())?;
            actions::sweep(&inside, false).map(|_| ()).map_err(|error| error.to_string())
        })?;
        // Each zone's heads leave its own database: into a file here, and by the relay to the other zone.
        for (zone, store, name) in [
            (Zone::Inside, city.inside().store.clone(), "audit-heads-inside"),
            (Zone::Outside, city.outside().store.clone(), "audit-heads-outside"),
        ] {
            let (seams, keys) = (city.inside().seams.clone(), keys.clone());
            let file = city.directory().join(format!("{name}.jsonl"));
            beside.every(HEAD_SECONDS, name, move || {
                let signer = if zone == Zone::Inside { &keys.inside } else { &keys.outside };
                audit::make_head(&store, &seams, zone, signer)
                    .and_then(|_| audit::export_heads(&store, zone, &file))
                    .map(|_| ())
                    .map_err(|error| error.to_string())
            })?;
        }
        let (inside, outside, seams) = (city.inside().clone(), city.outside().clone(), city.inside().seams.clone());
        beside.every(PURGE_SECONDS, "relay-purge", move || {
            let now = seams.now();
            for store in [&inside.store, &outside.store] {
                store.write(move |tx| tools::relay::purge(tx, now)).map_err(|error| error.to_string())?;
            }
            inside.store.write(move |tx| web::session::sweep(tx, now)).map_err(|error| error.to_string())?;
            inside.store.write(remote::sweep_receipts).map_err(|error| error.to_string())?;
            let seams = seams.clone();
            let forget = move |tx: &mut store::Tx<'_>| {
                counts::sweep(tx, &seams)?;
                remote::sweep_standings(tx, now)
            };
            outside.store.write(forget).map_err(|error| error.to_string())?;
            outside.store.write(move |tx| tools::portal::session::sweep(tx, now)).map_err(|error| error.to_string())?;
            Ok(())
        })?;
        let agents = keys.agents.clone();
        beside.every(ARRIVALS_SECONDS, "registration-arrivals", move || {
            arrivals::work(&issuer, &agents.sealing).map(drop).map_err(|error| error.to_string())
        })?;
        let inside = city.inside().clone();
        beside.every(ENDINGS_SECONDS, "credential-endings", move || {
            let (seams, today) = (inside.seams.clone(), inside.seams.today());
            let apply = move |tx: &mut store::Tx<'_>| tools::credentials::endings::apply(tx, &seams, today);
            while inside.store.write(apply.clone()).map_err(|error| error.to_string())? > 0 {}
            let seams = inside.seams.clone();
            let expire = move |tx: &mut store::Tx<'_>| tools::family_register::registration::expire(tx, &seams);
            while inside.store.write(expire.clone()).map_err(|error| error.to_string())? > 0 {}
            Ok(())
        })?;
        // Also where none are offered any more: what was offered before is erased all the same.
        let outside = city.outside().clone();
        beside.every(TWIN_SECONDS, "twins", move || {
            let now = outside.seams.now();
            let sweep = move |tx: &mut store::Tx<'_>| tools::twins::offers::sweep(tx, now);
            outside.store.write(sweep).map(|_| ()).map_err(|error| error.to_string())
        })?;
        if city.inside().demo {
            let inside = city.inside().clone();
            // Before anybody asks: a demo that slept would call its own register stale for a moment.
            means::simulated_heartbeat(&inside)?;
            beside.every(HEARTBEAT_SECONDS, "simulated-source", move || {
                means::simulated_heartbeat(&inside).map_err(|failure| failure.sentence().to_owned())
            })?;
        }
        Ok(beside)
    }

    /// What comes after papers and copies were issued: the list of withdrawn ones, and evidence that lasts.
    pub(crate) fn after_issuing(&mut self, inside: &tools::Inside, means: &Means) -> Result<(), Failure> {
        let (city, composer) = (inside.clone(), means.issuer.composer.clone());
        self.every(LIST_SECONDS, "withdrawal-list", move || {
            let issuer = &city.profile.municipality_code;
            withdrawal_list::publish(&city.store, &city.seams, &composer.keys().codes, issuer)
                .map(|_| ())
                .map_err(|error| error.to_string())
        })?;
        let (city, composer) = (inside.clone(), means.issuer.composer.clone());
        self.every(crate::staff_ids::EVERY_SECONDS, "staff-ids", move || crate::staff_ids::look(&city, &composer))?;
        let city = inside.clone();
        self.every(EFFECT_SECONDS, "effect-report", move || {
            let (seams, today) = (city.seams.clone(), city.seams.today());
            let shown = city.store.read(services::city_cards::kept::all_shown).map_err(|error| error.to_string())?;
            let cards = city.cards.read(move |tx| services::city_cards::effect::for_everybody(tx, &shown, today));
            let cards = cards.map_err(|error| error.to_string())?;
            city.store
                .write(move |tx| public_effect::publish(tx, &seams, &cards))
                .map(|_| ())
                .map_err(|error: tools::relay::RelayError| error.to_string())
        })?;
        if let Some(lasting) = means.lasting.clone() {
            let city = inside.clone();
            self.every(SWEEP_SECONDS, "electronic-copies", move || {
                lasting.run(&city).map(|_| ()).map_err(|error| error.to_string())
            })?;
        }
        Ok(())
    }

    /// Personal messages between the zones are opened here, on both sides.
    pub(crate) fn post(
        &mut self,
        city: &OpenCity,
        ends: &portal::Ends,
        judge: CardJudge,
        library: &Library,
    ) -> Result<(), Failure> {
        let (inside, outside) = (city.inside().clone(), city.outside().clone());
        let desk = library.answering(notices::answering(portal::inside_desk(city, ends, judge), city, ends));
        let post = ends.inside.clone();
        self.every(1, "post-inside", move || {
            post.unpack(&inside.store, &inside.seams, &desk).map(|_| ()).map_err(|error| error.to_string())
        })?;
        let swept = city.clone();
        self.every(library::SWEEP_SECONDS, "library-looks", move || library::sweep(&swept))?;
        self.every(library::DAILY_SECONDS, "library-daily", library.daily())?;
        let desk = library::outside_desk(portal::outside_desk(city), city.outside());
        let post = ends.outside.clone();
        self.every(1, "post-outside", move || {
            post.unpack(&outside.store, &outside.seams, &desk).map(|_| ()).map_err(|error| error.to_string())
        })?;
        let (city, ends) = (city.clone(), ends.clone());
        self.every(SWEEP_SECONDS, "portal-standings", move || portal::tell_standings(&city, &ends))
    }

    /// What private apps left behind and is over, is forgotten.
    pub(crate) fn data_apps(&mut self, city: &OpenCity) -> Result<(), Failure> {
        let outside = city.outside().clone();
        self.every(SWEEP_SECONDS, "data-apps", move || {
            let now = outside.seams.now();
            let swept = outside.store.write::<_, store::StoreError, _>(move |tx| {
                tools::data_apps::sweep(tx, now)?;
                tools::portal::own_records::look_after(tx, now)
            });
            swept.map_err(|error| error.to_string())
        })
    }

    /// Residents are told that something came; what came back is taken.
    pub(crate) fn tell(&mut self, city: &OpenCity, teller: &Arc<tools::channels::Teller>) -> Result<(), Failure> {
        let working = teller.clone();
        self.every(1, "channels", move || working.work().map(|_| ()).map_err(|error| error.to_string()))?;
        let outside = city.outside().clone();
        self.every(PURGE_SECONDS, "channels-purge", move || {
            let now = outside.seams.now();
            outside.store.write(move |tx| tools::channels::purge(tx, now)).map_err(|error| error.to_string())
        })?;
        let bounces = channels::Bounces::new(city, teller.clone())?;
        self.every(BOUNCE_SECONDS, "channels-bounces", move || bounces.take_all().map_err(|error| error.to_string()))
    }

    /// What the zones tell each other about accounts by themselves.
    pub(crate) fn told(&mut self, city: &OpenCity, ends: &portal::Ends, keys: &CityKeys) -> Result<(), Failure> {
        let (inside, post, key) = (city.inside().clone(), ends.inside.clone(), keys.inside.public());
        self.every(TELL_SECONDS, "portal-tell", move || {
            portal::tell(&inside, &post, key).map_err(|error| error.to_string())
        })?;
        let (inside, post) = (city.inside().clone(), ends.inside.clone());
        self.every(1, "emergency-cards", move || crate::city_cards::tell(&inside, &post))?;
        let (outside, post) = (city.outside().clone(), ends.outside.clone());
        self.every(1, "portal-ask", move || portal::ask(&outside, &post).map_err(|error| error.to_string()))?;
        let outside = city.outside().clone();
        self.every(PURGE_SECONDS, "portal-forget", move || portal::forget(&outside).map_err(|error| error.to_string()))
    }

    /// Schemes, judged for those who registered.
    pub(crate) fn schemes(&mut self, city: &OpenCity, ends: &portal::Ends) -> Result<(), Failure> {
        schemes::publish(city.outside())
            .map_err(Failure::while_doing(Kind::Unavailable, "what residents may agree to cannot be published"))?;
        let (inside, post) = (city.inside().clone(), ends.inside.clone());
        self.every(schemes::JUDGE_SECONDS, "schemes", move || {
            schemes::judge(&inside, &post).map_err(|error| error.to_string())
        })
    }

    /// The hospital: what it has not answered, calls to people's phones.
    pub(crate) fn hospital(&mut self, city: &OpenCity, ends: &portal::Ends, hospital: Hospital) -> Result<(), Failure> {
        let inside = city.inside().clone();
        self.every(hospital::SECONDS, "hospital", move || hospital.run(&inside))?;
        let (inside, post) = (city.inside().clone(), ends.inside.clone());
        self.every(hospital::TELL_SECONDS, "hospital-told", move || hospital::tell(&inside, &post))?;
        let (inside, outside) = (city.inside().clone(), city.outside().clone());
        self.every(hospital::SWEEP_SECONDS, "hospital-sweep", move || hospital::sweep(&inside, &outside))
    }

    /// Notices: how they went is told to the inside; whom they concerned is named.
    pub(crate) fn notices(
        &mut self,
        city: &OpenCity,
        kept: Arc<services::notices_for_you::facts::Kept>,
    ) -> Result<(), Failure> {
        let outside = city.outside().clone();
        self.every(notices::SECONDS, "notices-tell", move || notices::tell(&outside))?;
        let inside = city.inside().clone();
        self.every(notices::SECONDS, "notices-named", move || notices::name_concerned(&inside, &kept))
    }

    /// Letters: sent from the inside, sealed for each person outside, on record, stamped.
    pub(crate) fn letters(&mut self, city: &OpenCity, ends: &portal::Ends, means: &Means) -> Result<(), Failure> {
        let (inside, post) = (city.inside().clone(), ends.inside.clone());
        self.every(1, "letters-sending", move || notices::send_letters(&inside, &post))?;
        let (outside, post) = (city.outside().clone(), ends.outside.clone());
        self.every(1, "letters-personal", move || {
            tools::mailbox::arrivals::unpack(&outside, &post).map(drop).map_err(|error| error.to_string())
        })?;
        let outside = city.outside().clone();
        self.every(portal::LETTERS_SECONDS, "letters-kept", move || portal::look_after_letters(&outside))?;
        let (outside, stamps) = (city.outside().clone(), means.stamps.clone());
        self.every(portal::EVIDENCE_SECONDS, "letters-evidence", move || {
            let now = outside.seams.now();
            tools::mailbox::evidence::stamp(&outside.store, now, stamps.as_deref())
                .map(drop)
                .map_err(|error| error.to_string())
        })?;
        let (inside, folder) = (city.inside().clone(), city.directory().join("letters"));
        self.every(portal::LETTERS_SECONDS, "letters-folder", move || {
            if !folder.is_dir() {
                return Ok(());
            }
            tools::dispatch::drop_folder::take(&inside, &folder).map(drop).map_err(|error| error.to_string())
        })
    }

    /// Runs `job` now and then every `seconds` on a thread of its own.
    pub(crate) fn every(
        &mut self,
        seconds: u64,
        name: &'static str,
        mut job: impl FnMut() -> Result<(), String> + Send + 'static,
    ) -> Result<(), Failure> {
        let stopping = self.stopping.clone();
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            while !stopping.load(Ordering::Relaxed) {
                if let Err(reason) = job() {
                    tracing::error!(job = name, %reason, "a job failed; it runs again");
                }
                // Short naps, so that stopping never waits for an hour.
                for _ in 0..seconds * 10 {
                    if stopping.load(Ordering::Relaxed) {
                        return;
                    }
                    std::thread::sleep(Duration::from_millis(100));
                }
            }
        });
        let thread = thread.map_err(Failure::while_doing(Kind::Unavailable, "a job cannot start"))?;
        self.threads.push(thread);
        Ok(())
    }

    pub(crate) fn stop(self) {
        self.stopping.store(true, Ordering::Relaxed);
        for thread in self.threads {
            let _ = thread.join();
        }
    }
}
