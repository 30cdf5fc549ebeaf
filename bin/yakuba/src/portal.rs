//! The citizen portal put together: both ends of the post between the zones, who takes which topic, and with what residents
//! come in. In a demo the national sign-in app is simulated and mail goes into `D/outside/mail/`.

use std::sync::Arc;

use base::Kind;
use base::config::PortalSection;
use openid::http::OverTcp;
use openid::jwt::TokenKey;
use pki::sealed::SealingKey;
use store::StoreError;
use testkit::world::sign_in::{Person, SignInApp};
use tools::audit::Zone;
use tools::disclosure::telling;
use tools::passkeys::RelyingParty;
use tools::portal::joining::{self, CardJudge};
use tools::portal::post::Desk;
use tools::portal::tickets::{self, Gate, Office};
use tools::portal::{Post, PostError, arrivals, link, own_records, standings, stopping};
use tools::signing::PublicKey;
use tools::{Inside, Outside, looked, representatives, self_information};
use web::App;
use web::agents::Counterpart;
use web::portal::{Cards, National, Ways};

use crate::cards;
use crate::channels;
use crate::city::OpenCity;
use crate::city_cards;
use crate::fail::Failure;
use crate::keys::CityKeys;
use crate::means::Means;
use crate::schemes;

/// Our name at the simulated app of a demo.
const DEMO_CLIENT: &str = "mihon-portal";
/// The level that is asked of the app: the card with its PIN. R: the agency's word for it.
const LEVEL: &str = "aal3";

/// Both ends of the post.
#[derive(Clone)]
pub struct Ends {
    /// Sends to the outside; opens what comes from there.
    pub inside: Arc<Post>,
    /// Sends to the inside; opens what comes from there.
    pub outside: Arc<Post>,
}

impl Ends {
    /// With the city's keys.
    ///
    /// # Errors
    /// A key cannot be copied.
    pub fn new(keys: &CityKeys) -> Result<Self, Failure> {
        let copy = |key: &SealingKey| {
            SealingKey::from_bytes(&key.to_bytes())
                .map_err(Failure::while_doing(base::Kind::Internal, "a key for messages cannot be used"))
        };
        let inside = Post::new(Zone::Outside, vec![copy(&keys.inside_post)?], keys.outside_post.public().clone());
        let outside = Post::new(Zone::Inside, vec![copy(&keys.outside_post)?], keys.inside_post.public().clone());
        Ok(Self { inside: Arc::new(inside), outside: Arc::new(outside) })
    }
}

/// Who takes what the inside tells the outside about an account.
pub fn outside_desk(city: &OpenCity) -> Desk {
    let (arriving, holding, told) = (city.outside().clone(), city.outside().clone(), city.outside().clone());
    let desk =
        city_cards::outside_desk(schemes::outside_desk(disclosures_outside(city), city.outside()), city.outside());
    crate::hospital::outside_desk(desk, city.outside())
        .on(own_records::ANSWER, move |opened| own_records::take_answer(&told, opened))
        .on(link::STANDING, move |opened| arrivals::standing(&arriving, opened))
        .on(stopping::HOLD, move |opened| stopping::take(&holding, opened))
}

/// Who takes what the outside asks the inside about an account.
pub fn inside_desk(city: &OpenCity, ends: &Ends, judge: CardJudge) -> Desk {
    let (inside, post) = (city.inside().clone(), ends.inside.clone());
    let (asked, asked_post) = (city.inside().clone(), ends.inside.clone());
    let (stopped, stopped_post) = (city.inside().clone(), ends.inside.clone());
    city_cards::inside_desk(
        schemes::inside_desk(disclosures_inside(city, ends), city.inside()),
        city.inside(),
        &ends.inside,
    )
    .on(own_records::QUESTION, move |opened| own_records::take_question(&asked, &asked_post, opened))
    .on(own_records::CARD_STOP, move |opened| own_records::take_stop(&stopped, &stopped_post, opened))
    .on(joining::JOINING, move |opened| joining::take(&inside, &post, &judge, opened))
}

/// What the inside judges cards of the portal with: the means of the certificate machines.
pub fn judge(means: &Means, audience: String) -> CardJudge {
    CardJudge { anchors: means.issuer.anchors.clone(), status: means.issuer.status.clone(), audience }
}

/// Tells the outside who moved or died.
///
/// # Errors
/// The databases.
pub fn tell_standings(city: &OpenCity, ends: &Ends) -> Result<(), String> {
    standings::run(city.inside(), &ends.inside).map(drop).map_err(|error| error.to_string())
}

/// What goes on beside the portal's pages as long as they are served.
pub struct Simulated {
    /// The simulated sign-in app of a demo; stops when dropped.
    _app: Option<SignInApp>,
}

/// For whom cards prove themselves at the portal: its host.
pub fn audience(app: &App) -> String {
    app.settings.portal_origin.split_once("://").map_or("", |(_, host)| host).to_owned()
}

/// Opens the portal's ways in.
///
/// # Errors
/// The national app's settings cannot be used; the simulated one cannot start.
pub fn open(app: &mut App, city: &OpenCity, keys: &CityKeys, means: &Means, ends: &Ends) -> Result<Simulated, Failure> {
    let origin = app.settings.portal_origin.clone();
    let party = RelyingParty::new(&origin, &app.profile.name)
        .map_err(|error| tracing::error!(%error, "residents cannot use passkeys"))
        .ok();
    let mut origins = vec![origin.clone()];
    if let Some(port) = origin.strip_prefix("http://localhost:").filter(|_| app.is_demo()) {
        origins.push(format!("http://127.0.0.1:{port}"));
    }
    let counterpart = Counterpart::new(keys.portal_agents.clone(), audience(app), origins, city.config().agents.port);
    let cards = counterpart.map(|counterpart| Cards {
        anchors: means.issuer.anchors.clone(),
        status: means.issuer.status.clone(),
        counterpart: Arc::new(counterpart),
    });
    let section = &city.config().portal;
    let (national, simulated) = match section.app_issuer.as_str() {
        "" if city.inside().demo => simulated_app(city, &origin)?,
        "" => (None, None),
        _ => (Some(national_app(section, &origin, city)?), None),
    };
    let (mailer, carrier) = (channels::mailer(city)?, channels::carrier(city)?);
    app.portal = Some(Arc::new(Ways { post: ends.outside.clone(), party, national, cards, mailer, carrier }));
    app.to_portal = Some(ends.inside.clone());
    let signer = tools::signing::SigningKey::from_seed(*keys.inside.seed())
        .map_err(Failure::while_doing(Kind::Internal, "a zone's key cannot be used"))?;
    app.tickets = Some(Office::new(Arc::new(signer), ends.inside.clone(), audience(app)));
    app.gate = Some(Gate::new(vec![keys.inside.public()], audience(app)));
    Ok(Simulated { _app: simulated })
}

fn national(issuer: &str, client_id: &str, origin: &str, key: TokenKey, city: &OpenCity) -> Result<National, Failure> {
    let config = openid::Config {
        issuer: issuer.to_owned(),
        client_id: client_id.to_owned(),
        redirect_uri: format!("{origin}/portal/sign-in/back"),
        levels: vec![LEVEL.to_owned()],
    };
    let http = Arc::new(OverTcp::default());
    let party = openid::RelyingParty::new(config, key, http, city.outside().seams.clone())
        .map_err(Failure::while_doing(Kind::Invalid, "[portal]: the national sign-in app"))?;
    let after = issuer.find("://").map_or(0, |at| at + 3);
    let end = issuer[after..].find('/').map_or(issuer.len(), |at| after + at);
    Ok(National { party, namespace: issuer.to_owned(), origin: issuer[..end].to_owned() })
}

fn national_app(section: &PortalSection, origin: &str, city: &OpenCity) -> Result<National, Failure> {
    let der = std::fs::read(&section.app_key)
        .map_err(Failure::while_doing(Kind::Unavailable, "portal.app_key cannot be read"))?;
    let key = TokenKey::from_pkcs8(&der, &section.app_key_id)
        .ok_or_else(|| Failure::new(Kind::Invalid, "portal.app_key is no P-256 key in PKCS#8"))?;
    national(&section.app_issuer, &section.app_client_id, origin, key, city)
}

/// The simulated app knows the people whose cards lie in the demo's drawer.
fn simulated_app(city: &OpenCity, origin: &str) -> Result<(Option<National>, Option<SignInApp>), Failure> {
    let key = TokenKey::generate("demo").ok_or_else(|| Failure::new(Kind::Internal, "no key can be made"))?;
    let mut people = Vec::new();
    for labelled in cards::drawer(city.inside())? {
        let Some(contents) = cards::stored(city.inside(), &labelled.resident)? else { continue };
        let told = &contents.attributes;
        // The app's name for a person is pairwise and lasting: made of the demo's own, so that it outlives a restart.
        let subject = city
            .inside()
            .vault
            .keyed_hash("simulated-sign-in", labelled.resident.as_str().as_bytes())
            .map_err(Failure::while_doing(Kind::Internal, "the simulated app has no names"))?;
        people.push(Person {
            subject: data_encoding::HEXLOWER.encode(&subject.hash[..16]),
            name: told.name.clone(),
            address: told.address.clone(),
            birth_date: told.birth_date.to_string().replace('-', ""),
            gender: char::from(told.sex).to_string(),
        });
    }
    let app = SignInApp::start(DEMO_CLIENT, key.jwk(), people, city.inside().seams.clone())
        .map_err(Failure::while_doing(Kind::Unavailable, "the simulated sign-in app cannot start"))?;
    let issuer = app.issuer().to_owned();
    let mut national = national(&issuer, DEMO_CLIENT, origin, key, city)?;
    // It listens elsewhere after each start; the names it gives stay.
    DEMO_CLIENT.clone_into(&mut national.namespace);
    Ok((Some(national), Some(app)))
}

/// Who looked, representatives and what is held, as told to the outside.
fn disclosures_outside(city: &OpenCity) -> Desk {
    let zone = || city.outside().clone();
    let (lines, proofs, answers, guardians, cuts, held) = (zone(), zone(), zone(), zone(), zone(), zone());
    let taken = zone();
    Desk::default()
        .on(telling::LINES, move |opened| looked::take_lines(&lines, opened))
        .on(telling::PROOFS, move |opened| looked::take_proofs(&proofs, opened))
        .on(looked::objections::ANSWER, move |opened| looked::take_answer(&answers, opened))
        .on(representatives::GUARDIANSHIP, move |opened| representatives::take_guardianship(&guardians, opened))
        .on(representatives::CUT, move |opened| representatives::take_cut(&cuts, opened))
        .on(tools::mailbox::replies::TAKEN, move |opened| tools::mailbox::replies::take_taken(&taken, opened))
        .on(self_information::ANSWER, move |opened| self_information::take_answer(&held, opened))
}

/// The same, as asked from the outside.
fn disclosures_inside(city: &OpenCity, ends: &Ends) -> Desk {
    let (objections, questions) = (city.inside().clone(), city.inside().clone());
    let (replied, acknowledging) = (city.inside().clone(), ends.inside.clone());
    let (mandates, post) = (city.inside().store.clone(), ends.inside.clone());
    Desk::default()
        .on(looked::objections::OBJECTION, move |opened| looked::objections::take(&objections, opened))
        .on(tools::mailbox::replies::REPLY, move |opened| {
            tools::dispatch::replies::take(&replied, &acknowledging, opened)
        })
        .on(representatives::MANDATE, move |opened| representatives::guardians::take_mandate(&mandates, opened))
        .on(self_information::QUESTION, move |opened| self_information::take_question(&questions, &post, opened))
}

/// What the inside has to say about accounts by itself: who looked, and what became of guardians and objections.
///
/// # Errors
/// What failed first; the next run goes on.
pub fn tell(inside: &Inside, post: &Arc<Post>, key: PublicKey) -> Result<(), PostError> {
    let (store, seams) = (&inside.store, &inside.seams);
    representatives::guardians::watch(store, seams, post)?;
    representatives::guardians::send_untold(store, seams, post)?;
    telling::tell(store, seams, post)?;
    telling::prove(store, seams, post, key)?;
    looked::objections::send_answers(inside, post)?;
    Ok(())
}

/// What people did outside that the inside must know.
///
/// # Errors
/// What failed first; the next run goes on.
pub fn ask(outside: &Outside, post: &Arc<Post>) -> Result<(), PostError> {
    self_information::send_questions(&outside.store, &outside.seams, post)?;
    looked::send_objections(outside, post)?;
    tools::mailbox::replies::send_untold(outside, post)?;
    own_records::send_questions(outside, post)?;
    city_cards::ask(outside, post)?;
    representatives::send_untold(&outside.store, &outside.seams, post)?;
    schemes::ask(outside, post)
}

/// Forgets what has had its time, outside.
///
/// # Errors
/// The database.
pub fn forget(outside: &Outside) -> Result<(), StoreError> {
    looked::sweep(&outside.store, &outside.seams)?;
    self_information::sweep(&outside.store, &outside.seams)?;
    let now = outside.seams.now();
    let today = outside.seams.today();
    outside.store.write(move |tx| tools::city_events::sweep(tx, today))?;
    outside.store.write(move |tx| {
        services::notices_for_you::why::sweep(tx, now)?;
        tickets::sweep(tx, now)?;
        tools::portal::asked::sweep(tx, now)?;
        representatives::sweep(tx, now).map(drop)
    })
}

/// Seconds between roots over the evidence of letters: a minute, as the records promise.
pub const EVIDENCE_SECONDS: u64 = 60;
/// Seconds between looks for statutory letters nobody opened, for what need not be kept, and for letters in the folder.
pub const LETTERS_SECONDS: u64 = 60;

/// What comes to the mailbox of the outside: personal parts; statutory letters whose day has passed; what need not be kept.
///
/// # Errors
/// The databases, in words.
pub fn look_after_letters(outside: &tools::Outside) -> Result<(), String> {
    let (seams, today) = (outside.seams.clone(), outside.seams.today());
    let tell = move |tx: &mut store::Tx<'_>| tools::mailbox::arrivals::tell_unopened(tx, &seams, today);
    outside.store.write::<_, tools::relay::RelayError, _>(tell).map_err(|error| error.to_string())?;
    let now = outside.seams.now();
    let sweep = move |tx: &mut store::Tx<'_>| tools::mailbox::retention::sweep(tx, now);
    outside.store.write::<_, store::StoreError, _>(sweep).map(drop).map_err(|error| error.to_string())
}
