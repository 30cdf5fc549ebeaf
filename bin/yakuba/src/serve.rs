//! `demo` and `serve`: both zones' doors, and the work that goes on beside them.
//!
//! ```text
//!  web (tokio) ── doors        one thread each: control socket · relay · machines · sweeping · endings · audit heads · heartbeat ·
//!                              telling residents · mail that came back
//! ```

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;

use base::Kind;
use base::config::HospitalSpeech;
use services::convenience_certificates::actions;
use tools::audit::{self, Zone};
use tools::nodes::{self, Fingerprint, Topology};
use tools::relay::Endpoint;
use web::kiosk::Place;
use web::kiosk_api::Desk;
use web::{App, Settings};

use crate::beside::Beside;
use crate::channels;
use crate::city::OpenCity;
use crate::control;
use crate::fail::{Failure, Outcome};
use crate::hospital::Hospital;
use crate::key_keeper::{self, Maker};
use crate::keys::CityKeys;
use crate::library::Library;
use crate::means::{self, Means};
use crate::national;
use crate::notices;
use crate::portal;
use crate::{DemoArguments, ServeArguments, birth};

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
    let city = match arguments.hospital.as_deref() {
        Some("fhir") => city.with_hospital(HospitalSpeech::Fhir),
        Some(_) => city.with_hospital(HospitalSpeech::Hl7),
        None => city,
    };
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
    if inside.demo {
        app.sample_staff = crate::staff_ids::console(&inside)?;
    }
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
    println!("  職員身分証    guard's desk          {here}/demo/terminal/staff_desk");
    println!("  市のアプリ    loading desk          {here}/demo/terminal/loading_desk");
    println!("  証明書の確認  check a paper         {here}/verify");
    println!(
        "  職員用画面    staff console         {here}/staff   (引き出しの1〜3枚目のカードで入れる / cards 1 to 3 sign in)"
    );
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
