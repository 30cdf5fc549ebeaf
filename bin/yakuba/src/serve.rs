//! `demo` and `serve`: both zones' doors, and the work that goes on beside them.
//!
//! ```text
//!  web (tokio) ── doors        one thread each: control socket · relay · machines · sweeping · endings · audit heads · heartbeat ·
//!                              telling residents · mail that came back
//! ```

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base::Kind;
use services::convenience_certificates::{actions, arrivals, public_effect};
use tools::audit::{self, Zone};
use tools::family_register::registration::{counts, remote};
use tools::nodes::{self, Fingerprint, Topology};
use tools::portal::joining::CardJudge;
use tools::relay::{Endpoint, InProcess};
use tools::withdrawal_list;
use web::kiosk::Place;
use web::kiosk_api::Desk;
use web::{App, Settings};

use crate::channels;
use crate::city::OpenCity;
use crate::control;
use crate::fail::{Failure, Outcome};
use crate::hospital::{self, Hospital};
use crate::key_keeper::{self, Maker};
use crate::keys::CityKeys;
use crate::library::{self, Library};
use crate::means::{self, Means};
use crate::national;
use crate::notices;
use crate::portal;
use crate::schemes;
use crate::{DemoArguments, ServeArguments, birth};

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

/// `yakuba demo`: makes the demo city if it is absent and serves it until stopped.
///
/// # Errors
/// See [`Failure`].
pub fn demo(arguments: &DemoArguments) -> Outcome {
    if let Some(point) = &arguments.halt_at {
        store::fault::halt_at(point);
    }
    let listener = listen(&Ipv4Addr::LOCALHOST.to_string(), arguments.port)?;
    let address = local_address(&listener)?;
    let city = birth::demo(&arguments.data, arguments.residents, arguments.seed, &mut |line| eprintln!("{line}"))?;
    // A passkey's relying party is a name, not an address; a browser treats both as this machine.
    let city = city.at_public_address(&format!("http://localhost:{}", address.port()));
    serve_city(city, listener, |city| print_script(city, address))
}

/// `yakuba serve`: serves a city that was imported before.
///
/// # Errors
/// See [`Failure`].
pub fn serve(arguments: &ServeArguments) -> Outcome {
    let city = OpenCity::open(&arguments.data)?;
    if arguments.check {
        println!("the configuration of {} is usable", arguments.data.display());
        return Ok(ExitCode::SUCCESS);
    }
    let listener = listen(&city.config().web.listen, arguments.port)?;
    let address = local_address(&listener)?;
    serve_city(city, listener, |_| println!("ready http://{address}"))
}

fn listen(host: &str, port: u16) -> Result<std::net::TcpListener, Failure> {
    std::net::TcpListener::bind((host, port))
        .and_then(|listener| {
            listener.set_nonblocking(true)?;
            Ok(listener)
        })
        .map_err(|error| {
            Failure::new(Kind::Unavailable, format!("port {port} cannot be used: {error}; choose another with --port"))
        })
}

fn local_address(listener: &std::net::TcpListener) -> Result<SocketAddr, Failure> {
    listener.local_addr().map_err(Failure::while_doing(Kind::Unavailable, "the listener has no address"))
}

fn serve_city(city: OpenCity, listener: std::net::TcpListener, ready: impl FnOnce(&OpenCity)) -> Outcome {
    let port = local_address(&listener)?.port();
    let inside = city.inside().clone();
    let (_, keys) = key_keeper::settled(&city)?;
    let relay = relay_ends(&city, &keys)?;
    let keys = Arc::new(keys);
    let means = Means::assemble(&city, &keys)?;
    let place = Place::new(means.issuer.clone(), means::slots(&city)?, city.config().kiosk.most_sessions as usize);
    let place = place.remembering_in(city.directory().join("coin-boxes"));
    let place = Arc::new(match means::printer(&city)? {
        Some(printer) => place.printing_at(printer),
        None => place,
    });
    let settings = Settings::from_config(city.config(), port);
    let idle_seconds = settings.kiosk_idle_seconds;
    let mut app = App::new(Some(Arc::new(inside.clone())), Some(Arc::new(city.outside().clone())), settings)
        .map_err(|_| Failure::new(Kind::Internal, "the doors cannot be made"))?;
    app.kiosk = Some(place.clone());
    let desk = Arc::new(Desk::new(means.issuer.clone(), city.config().kiosk.most_sessions as usize));
    app.desk = Some(desk.clone());
    means.publish(&mut app, &keys, &city.config().agents);
    app.key_maker = Some(Arc::new(Maker(city.clone())));
    app.audit_keys = vec![keys.inside.public().to_string()];
    if let Ok(typeface) = paper::Typeface::open(&city.config().paper.font) {
        app.typeface = std::sync::OnceLock::from(typeface);
    }
    let ends = portal::Ends::new(&keys)?;
    let _simulated = portal::open(&mut app, &city, &keys, &means, &ends)?;
    let library = Library::open(&mut app, &city, &means, &ends)?;
    let judge = portal::judge(&means, portal::audience(&app));
    let channel = national::Channel::open(&mut app, &city)?;
    let hospital = Hospital::open(&mut app, &city)?;
    if city.offers_twins() {
        let issuer = crate::keys::twin_issuer(city.directory(), &inside.seams, &inside.profile, inside.demo)?;
        app.twins = Some(Arc::new(issuer));
    }
    let notices_kept = app.notices.clone();
    let teller = channels::teller(&city)?;
    app.teller = Some(teller.clone());
    control::listen(city.clone())?;
    let node = join(&city, port)?;
    // Whatever the last process left half done ends now, before anybody is served. Where others serve the city too, what is
    // under way is theirs: then only time ends it.
    let is_alone = inside.store.read::<_, store::StoreError, _>(|tx| nodes::is_alone(tx, node));
    let is_alone = is_alone.map_err(Failure::while_doing(Kind::Unavailable, "the other processes are not known"))?;
    if is_alone {
        // The boxes first: what they know is no officer's matter.
        place
            .resume_refunds(0, true)
            .map_err(Failure::while_doing(Kind::Unavailable, "refunds under way cannot be looked into"))?;
    }
    actions::sweep(&inside, is_alone)
        .map_err(Failure::while_doing(Kind::Unavailable, "requests left over cannot be ended"))?;
    let mut beside = Beside::start(&city, &keys, relay, place, idle_seconds)?;
    beside.every(1, "desk", move || {
        desk.look_after();
        Ok(())
    })?;
    beside.after_issuing(&inside, &means)?;
    let keeper = means.keeper(&city);
    beside.every(1, "paper-keys", move || keeper.follow().map_err(|failure| failure.sentence().to_owned()))?;
    beside.post(&city, &ends, judge, &library)?;
    beside.data_apps(&city)?;
    beside.tell(&city, &teller)?;
    beside.told(&city, &ends, &keys)?;
    beside.letters(&city, &ends, &means)?;
    if let Some(channel) = channel {
        let city = city.clone();
        beside.every(national::SECONDS, "national-portal", move || channel.run(&city))?;
    }
    beside.notices(&city, notices_kept)?;
    beside.schemes(&city, &ends)?;
    beside.hospital(&city, &ends, hospital)?;
    let alive = inside.clone();
    beside.every(nodes::BEAT_SECONDS, "alive", move || {
        let now = alive.seams.now();
        alive.store.write(move |tx| nodes::beat(tx, now, node)).map_err(|error| error.to_string())
    })?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::while_doing(Kind::Unavailable, "the runtime cannot start"))?;
    let served = runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        ready(&city);
        web::serve::serve(listener, Arc::new(app), stop_signal()).await
    });
    beside.stop();
    // Leaving is a courtesy: a node that is gone is forgotten by itself.
    let _ = inside.store.write(move |tx| nodes::leave(tx, node));
    served.map_err(Failure::while_doing(Kind::Unavailable, "the server stopped"))?;
    Ok(ExitCode::SUCCESS)
}

/// Joins the processes that serve this city (I13). On SQLite the directory's lock proves that nobody else does.
fn join(city: &OpenCity, port: u16) -> Result<base::Id, Failure> {
    // Through the process itself: the file may have been replaced since the start.
    let build = std::fs::read("/proc/self/exe")
        .or_else(|_| std::env::current_exe().and_then(std::fs::read))
        .map_err(Failure::while_doing(Kind::Unavailable, "the program cannot read itself"))?;
    let settings = toml::to_string(city.config())
        .map_err(Failure::while_doing(Kind::Internal, "the configuration cannot be written"))?;
    let fingerprint = Fingerprint::of(&build, store::schema_fingerprint().as_bytes(), settings.as_bytes());
    let seams = city.inside().seams.clone();
    let is_embedded = city.inside().store.engine() == "sqlite";
    if !is_embedded {
        // Each process of a city on PostgreSQL writes audit chains of its own; the name must survive a restart.
        let host = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
        audit::name_this_process(&format!("{}-{port}", host.trim()));
    }
    let topology = if is_embedded { Topology::Single } else { Topology::Several };
    city.inside()
        .store
        .write(move |tx| {
            if is_embedded {
                nodes::forget_all(tx)?;
            }
            nodes::join(tx, &seams, &fingerprint, topology)
        })
        .map_err(|error| Failure::new(error.kind(), error))
}

/// Waits until somebody asks the process to stop.
pub(crate) async fn stop_signal() {
    let interrupted = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminated) => {
            tokio::select! { _ = interrupted => {}, _ = terminated.recv() => {} }
        }
        Err(_) => {
            let _ = interrupted.await;
        }
    }
}

fn relay_ends(city: &OpenCity, keys: &CityKeys) -> Result<(Endpoint, Endpoint), Failure> {
    let copy = |key: &tools::signing::SigningKey| {
        tools::signing::SigningKey::from_seed(*key.seed())
            .map(Arc::new)
            .map_err(Failure::while_doing(Kind::Internal, "a zone's key cannot be used"))
    };
    let seams = city.inside().seams.clone();
    let inside = Endpoint::new(
        Zone::Inside,
        city.inside().store.clone(),
        seams.clone(),
        copy(&keys.inside)?,
        vec![keys.outside.public()],
        notices::to_inside(),
    );
    let outside = Endpoint::new(
        Zone::Outside,
        city.outside().store.clone(),
        seams,
        copy(&keys.outside)?,
        vec![keys.inside.public()],
        notices::to_outside(),
    );
    Ok((inside, outside))
}

/// The work beside the doors. Each job logs its failures and goes on; none holds personal data.
struct Beside {
    stopping: Arc<AtomicBool>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Beside {
    fn start(
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
    fn after_issuing(&mut self, inside: &tools::Inside, means: &Means) -> Result<(), Failure> {
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
    fn post(
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
    fn data_apps(&mut self, city: &OpenCity) -> Result<(), Failure> {
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
    fn tell(&mut self, city: &OpenCity, teller: &Arc<tools::channels::Teller>) -> Result<(), Failure> {
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
    fn told(&mut self, city: &OpenCity, ends: &portal::Ends, keys: &CityKeys) -> Result<(), Failure> {
        let (inside, post, key) = (city.inside().clone(), ends.inside.clone(), keys.inside.public());
        self.every(TELL_SECONDS, "portal-tell", move || {
            portal::tell(&inside, &post, key).map_err(|error| error.to_string())
        })?;
        let (outside, post) = (city.outside().clone(), ends.outside.clone());
        self.every(1, "portal-ask", move || portal::ask(&outside, &post).map_err(|error| error.to_string()))?;
        let outside = city.outside().clone();
        self.every(PURGE_SECONDS, "portal-forget", move || portal::forget(&outside).map_err(|error| error.to_string()))
    }

    /// Schemes, judged for those who registered.
    fn schemes(&mut self, city: &OpenCity, ends: &portal::Ends) -> Result<(), Failure> {
        schemes::publish(city.outside())
            .map_err(Failure::while_doing(Kind::Unavailable, "what residents may agree to cannot be published"))?;
        let (inside, post) = (city.inside().clone(), ends.inside.clone());
        self.every(schemes::JUDGE_SECONDS, "schemes", move || {
            schemes::judge(&inside, &post).map_err(|error| error.to_string())
        })
    }

    /// The hospital: what it has not answered, calls to people's phones.
    fn hospital(&mut self, city: &OpenCity, ends: &portal::Ends, hospital: Hospital) -> Result<(), Failure> {
        let inside = city.inside().clone();
        self.every(hospital::SECONDS, "hospital", move || hospital.run(&inside))?;
        let (inside, post) = (city.inside().clone(), ends.inside.clone());
        self.every(hospital::TELL_SECONDS, "hospital-told", move || hospital::tell(&inside, &post))?;
        let (inside, outside) = (city.inside().clone(), city.outside().clone());
        self.every(hospital::SWEEP_SECONDS, "hospital-sweep", move || hospital::sweep(&inside, &outside))
    }

    /// Notices: how they went is told to the inside; whom they concerned is named.
    fn notices(&mut self, city: &OpenCity, kept: Arc<services::notices_for_you::facts::Kept>) -> Result<(), Failure> {
        let outside = city.outside().clone();
        self.every(notices::SECONDS, "notices-tell", move || notices::tell(&outside))?;
        let inside = city.inside().clone();
        self.every(notices::SECONDS, "notices-named", move || notices::name_concerned(&inside, &kept))
    }

    /// Letters: sent from the inside, sealed for each person outside, on record, stamped.
    fn letters(&mut self, city: &OpenCity, ends: &portal::Ends, means: &Means) -> Result<(), Failure> {
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
    fn every(
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

    fn stop(self) {
        self.stopping.store(true, Ordering::Relaxed);
        for thread in self.threads {
            let _ = thread.join();
        }
    }
}

/// What `make demo` prints: the address, the sample cards, and a script of two minutes.
fn print_script(city: &OpenCity, address: SocketAddr) {
    println!("ready http://{address}");
    let here = format!("http://localhost:{}", address.port());
    println!();
    println!("見本市 — 架空の市の体験版です / the demo of a fictional city");
    println!("  市民ポータル  citizen portal        {here}/portal/sign-in");
    println!("  証明書発行機  certificate machine   {here}/kiosk/demo");
    println!("  図書館カウンター library counter    {here}/demo/terminal/library_counter");
    println!("  病院の受付    hospital desk         {here}/demo/terminal/hospital_desk");
    println!("  再来受付機    re-visit machine      {here}/demo/terminal/revisit_machine");
    println!("  市のカード    desk for city's cards {here}/demo/terminal/city_card_desk");
    println!("  職員証の確認  guard's desk          {here}/demo/terminal/staff_desk");
    println!("  独自アプリ    loading desk          {here}/demo/terminal/loading_desk");
    println!("  証明書の確認  check a paper         {here}/verify");
    println!("  職員用画面    staff console         {here}/staff");
    match crate::commands::staff::first_administrator(city) {
        Ok(Some(token)) => {
            println!("    最初の管理者 first administrator: {here}/staff/first  token {token}")
        }
        Ok(None) => {}
        Err(failure) => eprintln!("yakuba: {}", failure.sentence()),
    }
    println!();
    println!("体験用カード / sample cards (暗証番号 PIN)");
    match crate::cards::drawer(city.inside()) {
        Ok(cards) => {
            for card in cards {
                println!("  {}  PIN {}  {}", card.resident.as_str(), card.pin, card.label);
            }
        }
        Err(failure) => eprintln!("yakuba: {}", failure.sentence()),
    }
    println!();
    println!("2分の台本 / two minutes:");
    println!("  1. {here}/kiosk/demo を開き、日本語を選ぶ");
    println!("  2. 引き出しからカードを1枚選び、札の暗証番号を押す");
    println!("  3. 世帯全員、世帯主・続柄を選び、内容を確かめる");
    println!("  4. 硬貨を入れて支払い、証明書(PDF)を開く");
    println!("  5. 証明書のQRコードを読むか、PDFを {here}/verify に渡して確かめる");
    if city.offers_twins() {
        println!("  6. (試験)最後の画面でデジタルの写しを受け取れる。紙が証明書で、写しに法律上の効力はない");
    }
    println!("止めるには Ctrl+C / stop with Ctrl+C");
}
