//! The library put together: its system as configured (or the simulation of a demo), the door of machines, and what residents
//! ask about themselves.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base::config::{LibraryKind, LibrarySection};
use base::{Kind, Personal};
use openid::http::OverTcp;
use services::library_card::answers::{self, Answers};
use services::library_card::koha::{self, Koha};
use services::library_card::listener::{Door, Limits};
use services::library_card::patron::{CodeReader, Resolver};
use services::library_card::self_check::{Desk as MachineDesk, Machine};
use services::library_card::sip2_system::{self, Sip2System};
use services::library_card::sync::Written;
use services::library_card::sync::daily::{Daily, Settings as DailySettings};
use services::library_card::{LibrarySystem, own};
use sip2::Charset;
use testkit::world::library::{Access, Library as Simulation, Stock};
use testkit::world::mykey::MyKey as SimulatedMyKey;
use tools::Outside;
use tools::credentials::printed;
use tools::mykey::over_http::OverHttp;
use tools::portal::post::Desk;
use web::App;
use web::staff::library::{Connection, MyKey, Place};

use crate::city::OpenCity;
use crate::fail::Failure;
use crate::means::Means;
use crate::portal::Ends;

/// Seconds between looks for what has had its minutes.
pub const SWEEP_SECONDS: u64 = 30;
/// Seconds between looks at the folders of the library's files.
pub const DAILY_SECONDS: u64 = 20;
/// Login and password of machines at a demo's door.
const DEMO_MACHINE: (&str, &str) = ("jido-kashidashi", "taiken");
/// Our login, password and institution at the simulation.
const DEMO: (&str, &str, &str) = ("yakuba", "taiken", "MIHON");

/// The patron number that the demo's simulated マイキープラットフォーム has before anything is done.
const DEMO_MYKEY_NUMBER: &str = "L-9001";

/// What stands behind the library's pages.
pub struct Library {
    answers: Arc<Answers>,
    daily: Option<Arc<Daily>>,
    /// The simulations of a demo; they stop when dropped.
    _simulation: Option<Simulation>,
    _simulated_mykey: Option<SimulatedMyKey>,
}

impl Library {
    /// Opens it, and says in `app` how it is connected.
    ///
    /// # Errors
    /// A setting cannot be used; an address is taken; the simulation cannot start.
    pub fn open(app: &mut App, city: &OpenCity, means: &Means, ends: &Ends) -> Result<Self, Failure> {
        let section = &city.config().library;
        let charset = Charset::from_name(&section.charset)
            .ok_or_else(|| Failure::new(Kind::Invalid, "library.charset is none of utf-8, shift_jis, cp850, ascii"))?;
        let (connection, system, simulation) = system(city, section, charset)?;
        let door = door(city, section, charset, means, system.clone())?;
        let answers = Answers::start(city.inside().clone(), ends.inside.clone(), system.clone())
            .map_err(Failure::while_doing(Kind::Unavailable, "the library's threads cannot start"))?;
        let (mykey, simulated_mykey) = mykey(city, section)?;
        let daily = daily(city, section)?;
        app.library = Place { connection, system, door, mykey, daily: daily.clone() };
        Ok(Self { answers: Arc::new(answers), daily, _simulation: simulation, _simulated_mykey: simulated_mykey })
    }

    /// One look at the folders of the library's files; nothing where there are none.
    pub fn daily(&self) -> impl FnMut() -> Result<(), String> + Send + 'static {
        let daily = self.daily.clone();
        move || daily.as_ref().map_or(Ok(()), |daily| daily.look().map_err(|error| error.to_string()))
    }

    /// Who takes what residents ask.
    pub fn answering(&self, desk: Desk) -> Desk {
        let answers = self.answers.clone();
        desk.on(own::LOOK, move |opened| answers.take(opened))
    }
}

/// Who takes what the library said of somebody.
pub fn outside_desk(desk: Desk, outside: &Outside) -> Desk {
    let outside = outside.clone();
    desk.on(own::ANSWER, move |opened| own::take_answer(&outside, opened))
}

/// Erases what has had its time, in both zones.
///
/// # Errors
/// The databases, in words.
pub fn sweep(city: &OpenCity) -> Result<(), String> {
    let now = city.inside().seams.now();
    let looks = city.outside().store.write::<_, store::StoreError, _>(move |tx| own::sweep(tx, now));
    looks.map_err(|error| error.to_string())?;
    let wishes = city.inside().store.write::<_, store::StoreError, _>(move |tx| answers::sweep(tx, now));
    wishes.map(drop).map_err(|error| error.to_string())
}

type Opened = (Connection, Option<Arc<dyn LibrarySystem>>, Option<Simulation>);

fn secret(file: &Path) -> Result<Personal<String>, Failure> {
    if file.as_os_str().is_empty() {
        return Ok(String::new().into());
    }
    let text = std::fs::read_to_string(file)
        .map_err(Failure::while_doing(Kind::Unavailable, "a secret_file of [library] cannot be read"))?;
    Ok(text.trim().to_owned().into())
}

/// マイキープラットフォーム as configured. A demo simulates one that knows an ID for each card of the drawer (`TAIKEN01` …), and has a
/// patron number for the second already.
fn mykey(city: &OpenCity, section: &LibrarySection) -> Result<(Option<MyKey>, Option<SimulatedMyKey>), Failure> {
    let over = |origin: &str, library: &str, secret| {
        let http = Arc::new(OverTcp::default());
        Arc::new(OverHttp::new(http, origin.trim_end_matches('/').to_owned(), library.to_owned(), secret))
    };
    let settings = &section.mykey;
    if !settings.address.is_empty() {
        let platform = over(&settings.address, &settings.client_id, secret(&settings.secret_file)?);
        return Ok((Some(MyKey { platform, is_simulated: false }), None));
    }
    if !city.inside().demo {
        return Ok((None, None));
    }
    let simulation = SimulatedMyKey::start(DEMO.1)
        .map_err(Failure::while_doing(Kind::Unavailable, "the simulated マイキープラットフォーム cannot start"))?;
    for (place, certificate) in crate::cards::certificates(city.inside())?.iter().enumerate() {
        let id = format!("TAIKEN{:02}", place + 1);
        simulation.register(&id, certificate);
        if place == 1 {
            simulation.link_before(DEMO.0, &id, DEMO_MYKEY_NUMBER);
        }
    }
    let platform = over(&simulation.origin(), DEMO.0, DEMO.1.to_owned().into());
    Ok((Some(MyKey { platform, is_simulated: true }), Some(simulation)))
}

/// The folders as configured. A demo has two of its own.
fn daily(city: &OpenCity, section: &LibrarySection) -> Result<Option<Arc<Daily>>, Failure> {
    let folder = |set: &Path, own: &str| -> Result<Option<std::path::PathBuf>, Failure> {
        match (set.as_os_str().is_empty(), city.inside().demo) {
            (false, _) => Ok(Some(set.to_path_buf())),
            (true, false) => Ok(None),
            (true, true) => {
                let path = city.directory().join("library").join(own);
                let made = std::fs::create_dir_all(&path);
                made.map_err(Failure::while_doing(
                    Kind::Unavailable,
                    "the demo's folders of the library cannot be made",
                ))?;
                Ok(Some(path))
            }
        }
    };
    let (give, take) = (folder(&section.give_folder, "to-library")?, folder(&section.take_folder, "from-library")?);
    // What we gave would be taken back.
    let real = |folder: &Option<std::path::PathBuf>| folder.as_ref().and_then(|path| path.canonicalize().ok());
    if give.is_some() && (give == take || real(&give).is_some_and(|there| real(&take) == Some(there))) {
        return Err(Failure::new(Kind::Invalid, "library.give_folder and library.take_folder must be two folders"));
    }
    let written = match section.files_charset.as_str() {
        "utf-8" => Written::Utf8,
        "shift_jis" => Written::ShiftJis,
        _ => return Err(Failure::new(Kind::Invalid, "library.files_charset is neither utf-8 nor shift_jis")),
    };
    let from_hour = u8::try_from(section.give_hour).ok().filter(|hour| *hour < 24);
    let from_hour = from_hour.ok_or_else(|| Failure::new(Kind::Invalid, "library.give_hour is not within 0 to 23"))?;
    let settings = DailySettings { give, take, written, from_hour };
    let is_used = settings.give.is_some() || settings.take.is_some();
    Ok(is_used.then(|| Arc::new(Daily::new(city.inside().clone(), settings))))
}

fn system(city: &OpenCity, section: &LibrarySection, charset: Charset) -> Result<Opened, Failure> {
    let seams = city.inside().seams.clone();
    Ok(match section.system {
        LibraryKind::Off if !city.inside().demo => (Connection::Off, None, None),
        LibraryKind::Off => {
            let stock = Stock { is_open: true, ..Stock::demo() };
            let access = Access {
                login: DEMO.0.to_owned(),
                password: DEMO.1.to_owned(),
                institution: DEMO.2.to_owned(),
                charset,
                wait_tenths: 50,
            };
            let simulation = Simulation::start(access, stock, seams.clone())
                .map_err(Failure::while_doing(Kind::Unavailable, "the simulated library cannot start"))?;
            let settings = sip2_system::Settings {
                address: simulation.sip2_address(),
                login: DEMO.0.to_owned(),
                password: DEMO.1.to_owned().into(),
                institution: DEMO.2.to_owned(),
                charset,
            };
            (Connection::Simulated, Some(Arc::new(Sip2System::new(settings, seams))), Some(simulation))
        }
        LibraryKind::Sip2 => {
            let settings = sip2_system::Settings {
                address: section.address.clone(),
                login: section.login.clone(),
                password: secret(&section.secret_file)?,
                institution: section.institution.clone(),
                charset,
            };
            (Connection::Sip2, Some(Arc::new(Sip2System::new(settings, seams))), None)
        }
        LibraryKind::Koha => {
            let settings = koha::Settings {
                origin: section.address.trim_end_matches('/').to_owned(),
                client_id: section.login.clone(),
                secret: secret(&section.secret_file)?,
            };
            let http = Arc::new(OverTcp::default());
            (Connection::Koha, Some(Arc::new(Koha::new(settings, http, seams))), None)
        }
    })
}

/// One machine a line: login, blank, password.
fn machines(city: &OpenCity, section: &LibrarySection) -> Result<Vec<Machine>, Failure> {
    if section.machines_file.as_os_str().is_empty() {
        if !city.inside().demo {
            return Err(Failure::new(Kind::Invalid, "library.listen needs library.machines_file: who may speak"));
        }
        let machine = Machine { login: DEMO_MACHINE.0.to_owned(), password: DEMO_MACHINE.1.to_owned().into() };
        return Ok(vec![machine]);
    }
    let text = std::fs::read_to_string(&section.machines_file)
        .map_err(Failure::while_doing(Kind::Unavailable, "library.machines_file cannot be read"))?;
    let mut all = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (login, password) = line
            .split_once(' ')
            .ok_or_else(|| Failure::new(Kind::Invalid, "library.machines_file: a line is login, blank, password"))?;
        all.push(Machine { login: login.to_owned(), password: password.trim().to_owned().into() });
    }
    Ok(all)
}

fn door(
    city: &OpenCity,
    section: &LibrarySection,
    charset: Charset,
    means: &Means,
    system: Option<Arc<dyn LibrarySystem>>,
) -> Result<Option<Arc<Door>>, Failure> {
    let address = match (section.listen.as_str(), city.inside().demo) {
        ("", false) => return Ok(None),
        ("", true) => "127.0.0.1:0",
        (address, _) => address,
    };
    let Some(system) = system else {
        return Err(Failure::new(Kind::Invalid, "library.listen is set, but library.system is off"));
    };
    let papers = means.papers.clone();
    let codes: CodeReader = Arc::new(move |text, today| printed::read(text, &papers.get().code_keys, today));
    let resolver = Resolver { city: city.inside().clone(), codes: Some(codes) };
    let institution = if section.institution.is_empty() { DEMO.2 } else { &section.institution };
    let desk = Arc::new(MachineDesk::new(resolver, system, institution, machines(city, section)?));
    let most = section.most_machines.max(1) as usize;
    let an_address = match section.most_machines_an_address as usize {
        0 => most.div_ceil(2),
        many => many,
    };
    let idle = Duration::from_secs(u64::from(section.idle_seconds.max(5)));
    let limits = Limits::new(most, an_address, idle, charset);
    let door = Door::open(address, desk, limits)
        .map_err(|error| Failure::new(Kind::Unavailable, format!("library.listen = {address}: {error}")))?;
    Ok(Some(Arc::new(door)))
}
