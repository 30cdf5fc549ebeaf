//! The means of issuing of one process: composer, trust, revocation, card slots. Simulated parts only in a demo.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base::config::AgentsSection;
use base::{Current, Kind};
use card::genuineness::GenuinenessAnchors;
use card::virtual_card::VirtualCard;
use paper::fonts::Typeface;
use paper::seal::Seal;
use pki::pades::long_term::{HttpListSource, ListSource};
use pki::renewal::{HttpRenewalSource, RenewalSource};
use pki::revocation::{Fetch, HttpFetch, OcspAddress, OcspSource, RevocationReason, StatusSource};
use pki::timestamp::{HttpTimestampSource, Policy, RestingSource, TimestampSource};
use pki::token::{KeyRing, TokenKey};
use pki::{AnchorKind, AuthorityRole, DocumentSigner, TrustAnchors};
use services::convenience_certificates::{Composer, Issuer, KeySet, SERVICE_CODE};
use testkit::world::jlis::Jlis;
use testkit::world::timestamp::TimestampAuthority;
use tools::copied_records::renew;
use tools::electronic_copies::{self, CopyError};
use tools::family_register::FamilyRegister;
use tools::seal_register::SealRegistration;
use tools::tax_records::TaxRecord;
use tools::terminals::printer::ipp::IppPrinter;
use tools::terminals::printer::run::Manner;
use tools::{Inside, ResidentId};
use web::App;
use web::agents::Counterpart;
use web::kiosk::Slots;
use web::kiosk::printing::PaperSlot;
use web::kiosk::reader::{Drawer, DrawerCard, PcscSlot};
use web::open::Papers;
use web::staff::InUse;

use crate::cards;
use crate::cards::variant;
use crate::city::OpenCity;
use crate::fail::{Failure, failed};
use crate::key_keeper::Keeper;
use crate::keys::{CityKeys, SimulatedAuthorities};
use crate::revocation;

/// What challenges of the certificate machines name as their audience.
const AUDIENCE: &str = "yakuba-certificate-machine";
/// The longest a paper may wait for staff: well before the request is swept away after fifteen minutes.
const MOST_PATIENCE_MINUTES: u32 = 10;
/// How long a status question may take.
const STATUS_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a job waits for a revocation list.
const LIST_TIMEOUT: Duration = Duration::from_secs(20);

/// What a process issues with.
pub struct Means {
    /// For the machines and the counter.
    pub issuer: Issuer,
    /// What `/verify` checks papers with: codes, document signatures, time stamps.
    pub papers: Arc<Current<Papers>>,
    /// What is in use, for people.
    pub in_use: Arc<Current<Vec<InUse>>>,
    /// Time stamps that are accepted; document authorities are added to these.
    stamp_anchors: TrustAnchors,
    /// Gives time stamps; `None` where no authority is configured.
    pub stamps: Option<Arc<dyn TimestampSource>>,
    /// What lets electronic copies last; `None` where no authority or no lists are configured.
    pub lasting: Option<Lasting>,
    /// The simulated J-LIS of a demo; stops when dropped.
    _jlis: Option<Arc<Jlis>>,
    /// The simulated time-stamping authority of a demo; stops when dropped.
    _stamps: Option<Arc<TimestampAuthority>>,
}

/// What raises electronic copies to a level that lasts.
#[derive(Clone)]
pub struct Lasting {
    stamps: Arc<dyn TimestampSource>,
    lists: Arc<dyn ListSource>,
    papers: Arc<Current<Papers>>,
}

impl Lasting {
    /// Raises what is due in `city`.
    ///
    /// # Errors
    /// The databases.
    pub fn run(&self, city: &Inside) -> Result<usize, CopyError> {
        let papers = self.papers.get();
        let means = electronic_copies::Means {
            stamps: &*self.stamps,
            lists: &*self.lists,
            anchors: &papers.anchors,
            service: SERVICE_CODE,
        };
        electronic_copies::run(&city.store, &city.vault, &city.seams, &means)
    }
}

/// Where stamps and lists come from, and the simulated authority if there is one.
struct Stamping {
    stamps: Option<Arc<dyn TimestampSource>>,
    lists: Option<Arc<dyn ListSource>>,
    simulated: Option<Arc<TimestampAuthority>>,
}

/// The authority of the settings; in a demo without one, the simulated. Its roots are added to `anchors`.
fn stamping(city: &OpenCity, anchors: &mut TrustAnchors) -> Result<Stamping, Failure> {
    let inside = city.inside();
    let section = &city.config().timestamp;
    let (mut url, mut lists, mut simulated) = (section.url.clone(), section.lists.clone(), None);
    if url.is_empty() && inside.demo {
        let authorities = SimulatedAuthorities::open(city.directory(), &inside.seams)?;
        let (above, document) = (Arc::new(authorities.timestamps), Arc::new(authorities.document));
        anchors
            .add(AuthorityRole::Timestamp, AnchorKind::Test, above.certificate())
            .map_err(failed("the simulated time-stamping authority cannot be trusted"))?;
        let authority = TimestampAuthority::start(above, vec![document], inside.seams.clone())
            .map_err(failed("the simulated time-stamping authority cannot start"))?;
        (url, lists) = (authority.url(), authority.lists_url());
        simulated = Some(Arc::new(authority));
    } else if !url.is_empty() {
        add_anchors(anchors, AuthorityRole::Timestamp, &city.directory().join("signing").join("timestamps"))?;
    }
    if url.is_empty() {
        return Ok(Stamping { stamps: None, lists: None, simulated });
    }
    let policy = match section.policy.as_str() {
        "" => None,
        dotted => Some(Policy::parse(dotted).ok_or_else(|| {
            Failure::new(Kind::Invalid, format!("timestamp.policy = \"{dotted}\" is no object identifier"))
        })?),
    };
    let fetch: Arc<dyn Fetch> =
        Arc::new(HttpFetch::with_timeout(Duration::from_secs(u64::from(section.wait_seconds.max(1)))));
    let source = HttpTimestampSource { fetch, url, policy, anchors: anchors.clone(), seams: inside.seams.clone() };
    let stamps = RestingSource::new(source, i64::from(section.rest_seconds), inside.seams.clone());
    let lists = (!lists.is_empty()).then(|| {
        let fetch = Arc::new(HttpFetch::with_timeout(LIST_TIMEOUT));
        Arc::new(HttpListSource { fetch, url: lists }) as Arc<dyn ListSource>
    });
    Ok(Stamping { stamps: Some(Arc::new(stamps)), lists, simulated })
}

/// Whose time stamps this city believes: for checking evidence without starting anything.
///
/// # Errors
/// An authority cannot be read.
pub fn timestamp_anchors(city: &OpenCity) -> Result<TrustAnchors, Failure> {
    let inside = city.inside();
    let mut anchors = if inside.demo { TrustAnchors::allowing_test() } else { TrustAnchors::production_only() };
    if city.config().timestamp.url.is_empty() && inside.demo {
        let authorities = SimulatedAuthorities::open(city.directory(), &inside.seams)?;
        anchors
            .add(AuthorityRole::Timestamp, AnchorKind::Test, authorities.timestamps.certificate())
            .map_err(failed("the simulated time-stamping authority cannot be trusted"))?;
    } else if !city.config().timestamp.url.is_empty() {
        add_anchors(&mut anchors, AuthorityRole::Timestamp, &city.directory().join("signing").join("timestamps"))?;
    }
    Ok(anchors)
}

impl Means {
    /// Everything needed to issue in `city`.
    ///
    /// # Errors
    /// The font, a key or an authority cannot be used.
    pub fn assemble(city: &OpenCity, keys: &CityKeys) -> Result<Self, Failure> {
        let inside = city.inside().clone();
        let fetch: Arc<dyn Fetch> = Arc::new(HttpFetch::with_timeout(STATUS_TIMEOUT));
        let (anchors, status, genuineness, jlis) = if inside.demo {
            let authorities = SimulatedAuthorities::open(city.directory(), &inside.seams)?;
            let mut anchors = TrustAnchors::allowing_test();
            anchors
                .add(AuthorityRole::UserAuthentication, AnchorKind::Test, authorities.user_authentication.certificate())
                .map_err(failed("the simulated authority cannot be trusted"))?;
            anchors
                .add(AuthorityRole::ResidentSigning, AnchorKind::Test, authorities.signing.certificate())
                .map_err(failed("the simulated authority cannot be trusted"))?;
            let genuineness = GenuinenessAnchors::new(vec![authorities.cards.anchor()]);
            let both = vec![Arc::new(authorities.user_authentication), Arc::new(authorities.signing)];
            let jlis =
                Jlis::start_for(both, inside.seams.clone()).map_err(failed("the simulated J-LIS cannot start"))?;
            jlis.revoke(variant::REVOKED_SERIAL, RevocationReason::KeyCompromise);
            jlis.renewed_from(variant::RENEWED_FROM);
            let source = OcspSource::new(fetch, OcspAddress::Fixed(jlis.ocsp_url()), inside.seams.clone());
            (anchors, Arc::new(source) as Arc<dyn StatusSource>, genuineness, Some(Arc::new(jlis)))
        } else {
            let status = revocation::source(&city.config().revocation, fetch, &inside.seams, city.directory())?;
            (real_anchors(city)?, status, GenuinenessAnchors::production(), None)
        };
        let mut stamp_anchors =
            if inside.demo { TrustAnchors::allowing_test() } else { TrustAnchors::production_only() };
        let Stamping { stamps, lists, simulated } = stamping(city, &mut stamp_anchors)?;
        let composer = composer(city, keys)?;
        let papers =
            Papers { code_keys: composer.code_keys(), anchors: with_documents(&stamp_anchors, inside.demo, keys)? };
        let papers = Arc::new(Current::new(papers));
        let composer = Arc::new(match &stamps {
            Some(stamps) => composer.with_stamps(Arc::clone(stamps)),
            None => composer,
        });
        let lasting = stamps.clone().zip(lists);
        let lasting = lasting.map(|(stamps, lists)| Lasting { stamps, lists, papers: papers.clone() });
        let renewals = jlis.as_ref().map(|jlis| {
            let fetch = Arc::new(HttpFetch::with_timeout(STATUS_TIMEOUT));
            Arc::new(HttpRenewalSource::new(fetch, jlis.renewal_url())) as Arc<dyn RenewalSource>
        });
        let issuer = Issuer {
            genuineness: Arc::new(genuineness),
            renewals,
            fresh_minutes: city.config().issuing.register_fresh_minutes,
            audience: AUDIENCE.to_owned(),
            anchors: Arc::new(anchors),
            city: inside,
            composer,
            status,
        };
        let in_use = Arc::new(Current::new(keys.in_use.clone()));
        Ok(Self { issuer, papers, in_use, stamp_anchors, stamps, lasting, _jlis: jlis, _stamps: simulated })
    }

    /// What keeps this process at the keys its city shares. Papers that were made with others have it look again.
    pub fn keeper(&self, city: &OpenCity) -> Arc<Keeper> {
        let (papers, in_use) = (self.papers.clone(), self.in_use.clone());
        let composer = self.issuer.composer.clone();
        let keeper = Arc::new(Keeper::new(city.clone(), composer, papers, in_use, self.stamp_anchors.clone()));
        let follows = Arc::downgrade(&keeper);
        self.issuer.composer.following(Box::new(move || {
            if let Some(Err(failure)) = follows.upgrade().map(|keeper| keeper.follow()) {
                tracing::error!(reason = failure.sentence(), "the city's keys cannot be followed");
            }
        }));
        keeper
    }

    /// Gives the open pages what they check papers with, and the pages that use cards what they talk to agents with.
    pub fn publish(&self, app: &mut App, keys: &CityKeys, agents: &AgentsSection) {
        let mut origins = vec![app.settings.staff_origin.clone()];
        // In a demo people open either name of this machine.
        if let Some(port) = origins[0].strip_prefix("http://localhost:").filter(|_| app.is_demo()) {
            origins.push(format!("http://127.0.0.1:{port}"));
        }
        // Agents take no other audience than the host they reached.
        let audience = origins[0].split_once("://").map_or("", |(_, host)| host).to_owned();
        app.agents = Counterpart::new(keys.agents.clone(), audience, origins, agents.port).map(Arc::new);
        app.applications = keys.agents.sealing.first().map(|key| {
            let (key, anchors) = (key.public().clone(), self.issuer.anchors.clone());
            Arc::new(web::open::Applications { key, anchors })
        });
        app.keys_in_use = self.in_use.clone();
        app.papers = Some(self.papers.clone());
    }
}

/// `anchors` with the authorities above the document certificate in use and above earlier ones: papers of before go on
/// verifying.
///
/// # Errors
/// A certificate that is none.
pub fn with_documents(anchors: &TrustAnchors, demo: bool, keys: &CityKeys) -> Result<TrustAnchors, Failure> {
    let kind = if demo { AnchorKind::Test } else { AnchorKind::Production };
    let mut anchors = anchors.clone();
    anchors
        .add(AuthorityRole::Document, kind, &keys.document_authority)
        .map_err(failed("the document authority cannot be trusted"))?;
    for former in keys.former_authorities.iter().filter(|former| **former != keys.document_authority) {
        anchors
            .add(AuthorityRole::Document, kind, former)
            .map_err(failed("an earlier document authority cannot be trusted"))?;
    }
    Ok(anchors)
}

fn composer(city: &OpenCity, keys: &CityKeys) -> Result<Composer, Failure> {
    let font = &city.config().paper.font;
    let typeface = Typeface::open(font).map_err(|error| {
        Failure::new(
            Kind::Unavailable,
            format!("the font {} cannot be used ({error}); install Debian's fonts-ipamj-mincho", font.display()),
        )
    })?;
    let keys = key_set(city, keys, &typeface)?;
    Ok(Composer::with_keys(typeface, keys).offering_twins(city.offers_twins()))
}

/// What `keys` sign papers with.
///
/// # Errors
/// A key or the seal's picture cannot be used.
pub fn key_set(city: &OpenCity, keys: &CityKeys, typeface: &Typeface) -> Result<KeySet, Failure> {
    let picture = city.directory().join("signing").join("seal.png");
    let seal = match std::fs::read(&picture) {
        Ok(png) => Seal::from_png(&png, &format!("{}之印", city.inside().profile.mayor_title)),
        Err(_) if city.inside().demo => Seal::sample(typeface, &format!("{}之印", city.inside().profile.mayor_title)),
        Err(error) => {
            return Err(Failure::new(Kind::Unavailable, format!("{}: the mayor's seal: {error}", picture.display())));
        }
    };
    let seal = seal.map_err(failed("the mayor's seal cannot be used"))?;
    let signer: Arc<dyn DocumentSigner> = keys.document.clone();
    let code = keys.code.to_pkcs8().map_err(failed("the code key cannot be used"))?;
    let code = TokenKey::from_pkcs8(&code).map_err(failed("the code key cannot be used"))?;
    let codes = KeyRing::restore(keys.code_version, code, keys.other_codes.clone());
    Ok(KeySet { seal, signer, codes, version: keys.version })
}

/// The certification authorities of the real service, as files an operator put into `D/jpki/` (who taps) and, where
/// residents sign documents, `D/jpki/signing/`.
fn real_anchors(city: &OpenCity) -> Result<TrustAnchors, Failure> {
    let place = city.directory().join("jpki");
    let mut anchors = TrustAnchors::production_only();
    add_anchors(&mut anchors, AuthorityRole::UserAuthentication, &place)?;
    if place.join("signing").is_dir() {
        add_anchors(&mut anchors, AuthorityRole::ResidentSigning, &place.join("signing"))?;
    }
    Ok(anchors)
}

/// Adds every certificate (DER) that lies in `place`.
fn add_anchors(anchors: &mut TrustAnchors, role: AuthorityRole, place: &Path) -> Result<(), Failure> {
    let files = std::fs::read_dir(place).map_err(|error| {
        Failure::new(
            Kind::Unavailable,
            format!("{}: put the JPKI CA certificates (DER) there: {error}", place.display()),
        )
    })?;
    for file in files.flatten().filter(|file| file.path().is_file()) {
        let der = std::fs::read(file.path()).map_err(failed("a CA certificate cannot be read"))?;
        anchors
            .add(role, AnchorKind::Production, &der)
            .map_err(|error| Failure::new(Kind::Invalid, format!("{}: {error}", file.path().display())))?;
    }
    Ok(())
}

/// Where people put their cards at the machines of this process.
///
/// # Errors
/// The configured reader cannot be used; a drawer outside a demo.
pub fn slots(city: &OpenCity) -> Result<Slots, Failure> {
    match city.config().kiosk.reader.as_str() {
        "pcsc" => {
            card::readers::pcsc::PcscService::open().map_err(failed("the card reader cannot be used"))?;
            Ok(Slots::Reader(Arc::new(PcscSlot)))
        }
        "drawer" if city.inside().demo => Ok(Slots::Drawer(Arc::new(DemoDrawer::open(city.inside())?))),
        "drawer" => Err(Failure::new(
            Kind::Invalid,
            "kiosk.reader = \"drawer\" works in a demo city only; set it to \"pcsc\" in yakuba.toml",
        )),
        other => {
            Err(Failure::new(Kind::Invalid, format!("kiosk.reader = \"{other}\": only drawer and pcsc are known")))
        }
    }
}

/// Where the papers of the machines of this process come out; `None` for the demo's simulated trays.
///
/// # Errors
/// The address is none; a tray outside a demo. A printer that is off now is no error: it may be switched on later.
pub fn printer(city: &OpenCity) -> Result<Option<PaperSlot>, Failure> {
    let settings = &city.config().kiosk;
    match settings.printer.as_str() {
        "tray" if city.inside().demo => Ok(None),
        "tray" => Err(Failure::new(
            Kind::Invalid,
            "kiosk.printer = \"tray\" works in a demo city only; set it to the address of a print queue in yakuba.toml",
        )),
        address => {
            let printer = IppPrinter::at(address).map_err(Failure::while_doing(Kind::Invalid, "kiosk.printer"))?;
            let patience_seconds = i64::from(settings.print_patience_minutes.clamp(1, MOST_PATIENCE_MINUTES)) * 60;
            let manner = Manner { patience_seconds, ..Manner::default() };
            Ok(Some(PaperSlot::of(Arc::new(printer), manner, settings.two_sided)))
        }
    }
}

/// The demo's drawer: labels once read, cards taken out and put back with their counters.
struct DemoDrawer {
    city: Inside,
    labels: Vec<cards::Labelled>,
    /// Serialises taking and putting back.
    hand: Mutex<()>,
}

impl DemoDrawer {
    fn open(city: &Inside) -> Result<Self, Failure> {
        Ok(Self { labels: cards::drawer(city)?, city: city.clone(), hand: Mutex::new(()) })
    }
}

impl Drawer for DemoDrawer {
    fn labels(&self) -> Vec<DrawerCard> {
        self.labels.iter().map(|card| DrawerCard { label: card.label.clone(), pin: card.pin.clone() }).collect()
    }

    fn take(&self, place: usize) -> Option<VirtualCard> {
        let _hand = self.hand.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let resident: &ResidentId = &self.labels.get(place)?.resident;
        let contents = cards::stored(&self.city, resident).ok()??;
        cards::insertable(&self.city, contents).ok()
    }

    fn put_back(&self, place: usize, card: VirtualCard) {
        let _hand = self.hand.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(labelled) = self.labels.get(place)
            && let Err(failure) = cards::keep(&self.city, &labelled.resident, &card.contents(), None)
        {
            tracing::error!(reason = failure.sentence(), "a virtual card could not be put back");
        }
    }
}

/// The demo's sources say that they are alive and that nothing changed: of the residents, and of each copied register that
/// was loaded.
///
/// # Errors
/// The database.
pub fn simulated_heartbeat(city: &Inside) -> Result<(), Failure> {
    let now = city.seams.now();
    city.store
        .write::<_, store::StoreError, _>(move |tx| {
            let position = tools::register::freshness(tx, now)?.source_position;
            tools::register::freshness::record_heartbeat(tx, "simulated source", position, now, now)?;
            renew::<FamilyRegister>(tx, now)?;
            renew::<SealRegistration>(tx, now)?;
            renew::<TaxRecord>(tx, now)
        })
        .map(|_| ())
        .map_err(failed("the heartbeat cannot be written"))
}
