//! What every handler may use: the zones, the settings of the door, the limits.

use std::sync::Arc;

use base::{Config, Current, Kind, Seams};
use services::convenience_certificates::twin::collect::TwinIssuer;
use tools::staff::RelyingParty;
use tools::{CityProfile, Inside, Outside};

use crate::error::Failure;
use crate::limits::Limits;

/// Which zone's doors a process opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// Kiosk and staff.
    Inside,
    /// Public pages.
    Outside,
    /// Both, in one process: the demo only.
    Both,
}

/// How the door listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Values the `Host` header may have, in lower case, with port where it is not the scheme's own.
    pub hosts: Vec<String>,
    /// Whether people reach us by https: then cookies are `__Host-` and browsers are told to stay with https.
    pub is_https: bool,
    /// The origin at which staff sign in with passkeys, e.g. `http://localhost:8080`.
    pub staff_origin: String,
    /// The origin at which residents come into the portal, e.g. `https://portal.example.lg.jp`.
    pub portal_origin: String,
    /// Seconds without a touch after which a machine's session ends.
    pub kiosk_idle_seconds: u32,
}

impl Settings {
    /// From the configuration, for a listener at `port`.
    pub fn from_config(config: &Config, port: u16) -> Self {
        let staff_origin = if config.web.staff_origin.is_empty() {
            format!("http://localhost:{port}")
        } else {
            config.web.staff_origin.trim_end_matches('/').to_ascii_lowercase()
        };
        let mut hosts: Vec<String> = ["localhost", "127.0.0.1", "[::1]", config.web.listen.as_str()]
            .iter()
            .map(|host| format!("{}:{port}", host.to_ascii_lowercase()))
            .collect();
        hosts.extend(config.web.hosts.iter().map(|host| host.to_ascii_lowercase()));
        let portal_origin = match config.portal.origin.trim_end_matches('/') {
            "" => format!("http://localhost:{port}"),
            origin => origin.to_ascii_lowercase(),
        };
        for origin in [&staff_origin, &config.paper.public_address, &portal_origin] {
            if let Some((_, host)) = origin.split_once("://") {
                hosts.push(host.trim_end_matches('/').to_ascii_lowercase());
            }
        }
        hosts.dedup();
        Self {
            is_https: staff_origin.starts_with("https://"),
            hosts,
            staff_origin,
            portal_origin,
            kiosk_idle_seconds: config.kiosk.idle_seconds,
        }
    }
}

/// Says whether a message from the other zone is genuine; `tools::relay` stands behind it.
pub trait RelayGate: Send + Sync {
    /// Whether a request with this `Authorization` header and body comes from the other zone.
    fn admits(&self, authorization: &str, body: &[u8]) -> bool;
}

/// Everything a handler may use. One for the process, behind an `Arc`.
pub struct App {
    /// The inside zone, when this process opens its doors.
    pub inside: Option<Arc<Inside>>,
    /// The outside zone, when this process opens its doors.
    pub outside: Option<Arc<Outside>>,
    /// How the door listens.
    pub settings: Settings,
    /// How often one may knock.
    pub limits: Limits,
    /// The certificate machines, when this process serves them.
    pub kiosk: Option<Arc<crate::kiosk::Place>>,
    /// Machines that talk by the kiosk protocol, when this process serves them.
    pub desk: Option<Arc<crate::kiosk_api::Desk>>,
    /// Who was shown at terminals, for the pages that follow.
    pub held: crate::taps::Held,
    /// Work on cards at agents, and what came of it at loading desks.
    pub relays: crate::agents::relay::Relays,
    /// The same, told on the desk's page.
    pub outcomes: crate::taps::Outcomes,
    /// How this city is connected to its hospital, where it is.
    pub hospital: Option<Arc<services::hospital_card::hospital::Connection>>,
    /// What papers are checked with on the open pages.
    pub papers: Option<Arc<Current<crate::open::Papers>>>,
    /// What digital copies are issued with; `None` where there are none: then their addresses do not exist.
    pub twins: Option<Arc<TwinIssuer>>,
    /// In a demo: members of staff whose cards of the drawer open the console.
    pub sample_staff: Vec<crate::staff::Sample>,
    /// What applications from a PC are taken with on the open pages.
    pub applications: Option<Arc<crate::open::Applications>>,
    /// Tells residents that something came, when this process has the keys and settings for it.
    pub teller: Option<Arc<tools::channels::Teller>>,
    /// Who may bring messages of the other zone.
    pub relay: Option<Arc<dyn RelayGate>>,
    /// What this process talks to card agents with, when it has the keys.
    pub agents: Option<Arc<crate::agents::Counterpart>>,
    /// How residents come into the portal, when this process serves it.
    pub portal: Option<Arc<crate::portal::Ways>>,
    /// Sends to the portal's zone about an account, when this process serves staff.
    pub to_portal: Option<Arc<tools::portal::Post>>,
    /// Makes tickets for terminals of the city, when this process serves them beside a portal.
    pub tickets: Option<tools::portal::tickets::Office>,
    /// How this city is connected to the national portal.
    pub national: crate::staff::applications::Connection,
    /// How this process is connected to the library.
    pub library: crate::staff::library::Place,
    /// Looks at such tickets, when this process serves the portal.
    pub gate: Option<tools::portal::tickets::Gate>,
    /// The city as rules read it, for counts and audiences of notices.
    pub notices: Arc<services::notices_for_you::facts::Kept>,
    /// Which seal and keys this process signs papers with.
    pub keys_in_use: Arc<Current<Vec<crate::staff::InUse>>>,
    /// Makes the next seal or key, when this process can.
    pub key_maker: Option<Arc<dyn crate::staff::KeyMaker>>,
    /// The keys with which the audit log of the inside is signed (`ed25519:…`), newest first.
    pub audit_keys: Vec<String>,
    /// The font of papers; opened at the first paper, from where Debian puts it unless the process set another.
    pub typeface: std::sync::OnceLock<paper::Typeface>,
    /// What private apps are answered with; opened at the first request.
    pub provider: crate::provider::Kept,
    /// Under which name browsers keep staff passkeys; `None` when the configured origin cannot carry any.
    pub party: Option<RelyingParty>,
    /// Time and randomness.
    pub seams: Seams,
    /// Who the city is.
    pub profile: Arc<CityProfile>,
}

impl App {
    /// An app for whichever zones are given; at least one must be.
    ///
    /// # Errors
    /// [`Failure`] when neither zone is given.
    pub fn new(
        inside: Option<Arc<Inside>>,
        outside: Option<Arc<Outside>>,
        settings: Settings,
    ) -> Result<Self, Failure> {
        let (seams, profile) = match (&inside, &outside) {
            (Some(inside), _) => (inside.seams.clone(), inside.profile.clone()),
            (None, Some(outside)) => (outside.seams.clone(), outside.profile.clone()),
            (None, None) => return Err(Failure::defect("app", &"no zone is given")),
        };
        // Staff cannot sign in then, and the page says so; machines and public pages go on working.
        let party = RelyingParty::new(&settings.staff_origin, &profile.name)
            .map_err(|error| tracing::error!(%error, "staff cannot sign in"))
            .ok();
        let is_demo = inside.as_ref().is_some_and(|inside| inside.demo);
        let limits = if is_demo { Limits::demo() } else { Limits::usual() };
        Ok(Self {
            inside,
            outside,
            settings,
            limits,
            kiosk: None,
            desk: None,
            held: crate::taps::Held::default(),
            relays: crate::agents::relay::Relays::default(),
            outcomes: crate::taps::Outcomes::default(),
            hospital: None,
            papers: None,
            twins: None,
            sample_staff: Vec::new(),
            applications: None,
            teller: None,
            relay: None,
            agents: None,
            notices: Arc::default(),
            keys_in_use: Arc::new(Current::new(Vec::new())),
            key_maker: None,
            portal: None,
            to_portal: None,
            audit_keys: Vec::new(),
            typeface: std::sync::OnceLock::new(),
            provider: crate::provider::Kept::default(),
            tickets: None,
            national: crate::staff::applications::Connection::None,
            library: crate::staff::library::Place::default(),
            gate: None,
            party,
            seams,
            profile,
        })
    }

    /// The inside zone.
    ///
    /// # Errors
    /// [`Kind::NotFound`] in a process that opens the outside's doors only.
    pub fn inside(&self) -> Result<&Arc<Inside>, Failure> {
        self.inside.as_ref().ok_or_else(|| Failure::of(Kind::NotFound))
    }

    /// The outside zone.
    ///
    /// # Errors
    /// [`Kind::NotFound`] in a process that opens the inside's doors only.
    pub fn outside(&self) -> Result<&Arc<Outside>, Failure> {
        self.outside.as_ref().ok_or_else(|| Failure::of(Kind::NotFound))
    }

    /// What card agents are talked to with.
    ///
    /// # Errors
    /// [`Kind::NotFound`] in a process that serves no agents.
    pub fn counterpart(&self) -> Result<&Arc<crate::agents::Counterpart>, Failure> {
        self.agents.as_ref().ok_or_else(|| Failure::of(Kind::NotFound))
    }

    /// How residents come into the portal.
    ///
    /// # Errors
    /// [`Kind::NotFound`] in a process that does not serve it.
    pub fn ways(&self) -> Result<&Arc<crate::portal::Ways>, Failure> {
        self.portal.as_ref().ok_or_else(|| Failure::of(Kind::NotFound))
    }

    /// The font of papers.
    ///
    /// # Errors
    /// [`Kind::Unavailable`] where it is not installed.
    pub fn typeface(&self) -> Result<paper::Typeface, Failure> {
        if let Some(open) = self.typeface.get() {
            return Ok(open.clone());
        }
        let open = paper::Typeface::open_default().map_err(|error| {
            tracing::error!(%error, "papers cannot be drawn");
            Failure::of(Kind::Unavailable)
        })?;
        Ok(self.typeface.get_or_init(|| open).clone())
    }

    /// Which zones there are.
    pub const fn zone(&self) -> Zone {
        match (&self.inside, &self.outside) {
            (Some(_), None) => Zone::Inside,
            (None, Some(_)) => Zone::Outside,
            _ => Zone::Both,
        }
    }

    /// Whether this is a demo database.
    pub fn is_demo(&self) -> bool {
        self.inside.as_ref().is_some_and(|inside| inside.demo)
    }
}

/// Runs a blocking action (all of the store's are) away from the threads that answer requests.
///
/// # Errors
/// What the action returned; [`Kind::Internal`] when it panicked.
pub async fn blocking<T, F>(action: F) -> Result<T, Failure>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, Failure> + Send + 'static,
{
    match tokio::task::spawn_blocking(action).await {
        Ok(result) => result,
        Err(error) => Err(Failure::defect("blocking", &error)),
    }
}
