//! Virtual cards of a demo city: made on demand, kept sealed with the resident's own key, enrolled like a real card.
//!
//! They exist only in a database born as a demo. Their "My Number" file has a check digit that is deliberately wrong.

pub mod elsewhere;
pub mod variant;

use base::{Date, Id, Kind, Timestamp};
use card::virtual_card::{
    BasicAttributes, Behaviour, FictitiousNumber, KeyAndCertificate, VirtualCard, VirtualCardContents,
};
use pki::SigningKey;
use pki::jpki_profile::{CertificateKind, judge};
use pki::test_authority::{TestAuthority, UserAuthenticationRequest};
use store::StoreError;
use tools::access::{self, Actor, Duty, Purpose};
use tools::credentials::{self, CredentialError, CredentialKind};
use tools::register::{self, Resident, ResidentState, Sex};
use tools::{Inside, ResidentId};

use crate::fail::Failure;
use crate::keys::SimulatedAuthorities;

/// Column name for sealing.
const COLUMN: &str = "virtual_cards.sealed";
/// A certificate's life: five years (公的個人認証法施行規則 49条 names the fifth birthday; a demo need not).
const CERTIFICATE_SECONDS: i64 = 5 * 365 * 86_400 - 86_400;
/// Certificates are valid from a little before now.
const BORN_EARLY_SECONDS: i64 = 3600;
/// The signing password of every virtual card.
pub const SIGNING_PASSWORD: &str = "YAKUBA1";

/// A card as the drawer shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labelled {
    /// Whose.
    pub resident: ResidentId,
    /// What the label says.
    pub label: String,
    /// The PIN on the label.
    pub pin: String,
}

fn failed<E: std::fmt::Display>(what: &'static str) -> impl FnOnce(E) -> Failure {
    Failure::while_doing(Kind::Internal, what)
}

fn demo_only(city: &Inside) -> Result<(), Failure> {
    if city.demo { Ok(()) } else { Err(Failure::new(Kind::Forbidden, "virtual cards exist only in a demo city")) }
}

/// The stored card of `resident`, or `None`.
pub fn stored(city: &Inside, resident: &ResidentId) -> Result<Option<VirtualCardContents>, Failure> {
    demo_only(city)?;
    let key = resident.as_str().to_owned();
    let row = city
        .store
        .read::<_, StoreError, _>(|tx| {
            tx.query_one("SELECT sealed FROM virtual_cards WHERE resident_id = $1", &[key.as_str().into()])
        })
        .map_err(failed("a virtual card cannot be read"))?;
    let Some(row) = row else { return Ok(None) };
    let sealed = row.blob(0).map_err(failed("a virtual card cannot be read"))?;
    let plain = city
        .vault
        .open_sealed(resident.as_str(), COLUMN, sealed)
        .map_err(failed("a virtual card cannot be unsealed"))?;
    VirtualCardContents::from_bytes(&plain).map(Some).map_err(failed("a stored virtual card is broken"))
}

/// The card of `resident`, made and enrolled if there is none. `drawer` is its place in the drawer, if it has one.
///
/// # Errors
/// Not a demo city; no such resident; a key that cannot be made.
pub fn find_or_make(
    city: &Inside,
    authorities: &SimulatedAuthorities,
    resident: &ResidentId,
    drawer: Option<(u32, &str)>,
) -> Result<VirtualCardContents, Failure> {
    if let Some(contents) = stored(city, resident)? {
        return Ok(contents);
    }
    let person = read_person(city, resident)?;
    let now = city.seams.now();
    let not_before = now.plus_seconds(-BORN_EARLY_SECONDS);
    let not_after = now.plus_seconds(CERTIFICATE_SECONDS);
    let user = issue_user_authentication(city, authorities, serial(city), not_before, not_after)?;
    let signing = if person.age_on(city.seams.today()) >= register::rules::MACHINE_AGE {
        Some(issue_signing(city, authorities, &person, serial(city), not_before, not_after)?)
    } else {
        None
    };
    let anchors = TestAuthority::anchors(&[&authorities.user_authentication])
        .map_err(failed("the simulated authority cannot be trusted"))?;
    let judged = judge(&user.certificate, CertificateKind::UserAuthentication, &anchors, now)
        .map_err(failed("the new certificate is not of the profile"))?;
    let mut contents = VirtualCardContents::new(
        user,
        signing,
        &pin(city),
        SIGNING_PASSWORD,
        BasicAttributes {
            name: person.names.registered.clone(),
            address: person.address.whole(),
            birth_date: person.birth_date,
            sex: sex_digit(person.sex),
        },
        FictitiousNumber::from_eleven(city.seams.random.bytes::<11>().map(|byte| byte % 10)),
        not_after.date_in_japan(),
    );
    contents.municipality_code.clone_from(&city.profile.municipality_code);
    authorities.cards.personalise(&mut contents).map_err(failed("a virtual card cannot be made genuine"))?;
    keep(city, resident, &contents, drawer)?;
    enrol(city, resident, judged.id(), not_after)?;
    Ok(contents)
}

/// Writes the card back: PIN counters live on it.
pub fn keep(
    city: &Inside,
    resident: &ResidentId,
    contents: &VirtualCardContents,
    drawer: Option<(u32, &str)>,
) -> Result<(), Failure> {
    demo_only(city)?;
    let sealed = city
        .vault
        .seal(resident.as_str(), COLUMN, &contents.to_bytes())
        .map_err(failed("a virtual card cannot be sealed"))?;
    let key = resident.as_str().to_owned();
    let (place, label) =
        drawer.map_or((None, String::new()), |(place, label)| (Some(i64::from(place)), label.to_owned()));
    city.store
        .write::<_, StoreError, _>(move |tx| {
            tx.execute(
                "INSERT INTO virtual_cards (resident_id, drawer, label, sealed) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (resident_id) DO UPDATE SET sealed = $4",
                &[key.as_str().into(), place.into(), label.as_str().into(), sealed.as_slice().into()],
            )
        })
        .map(|_| ())
        .map_err(failed("a virtual card cannot be written"))
}

/// The drawer's cards, in order.
pub fn drawer(city: &Inside) -> Result<Vec<Labelled>, Failure> {
    demo_only(city)?;
    let rows = city
        .store
        .read::<_, StoreError, _>(|tx| {
            tx.query("SELECT resident_id, label FROM virtual_cards WHERE drawer IS NOT NULL ORDER BY drawer", &[])
        })
        .map_err(failed("the drawer cannot be read"))?;
    rows.iter()
        .map(|row| {
            let resident = row.text(0).ok().and_then(|text| ResidentId::parse(text).ok());
            let resident = resident.ok_or_else(|| Failure::new(Kind::Internal, "the drawer holds a broken row"))?;
            let contents = stored(city, &resident)?
                .ok_or_else(|| Failure::new(Kind::Internal, "the drawer holds a card that is not there"))?;
            let pin = String::from_utf8_lossy(&contents.user_authentication_pin.value).into_owned();
            let label = row.text(1).map_err(failed("the drawer cannot be read"))?.to_owned();
            Ok(Labelled { resident, label, pin })
        })
        .collect()
}

/// The certificates for user authentication of the drawer's cards, in order (DER).
pub fn certificates(city: &Inside) -> Result<Vec<Vec<u8>>, Failure> {
    let gone = || Failure::new(Kind::Internal, "the drawer holds a card that is not there");
    let all = drawer(city)?;
    all.iter().map(|card| Ok(stored(city, &card.resident)?.ok_or_else(gone)?.user_authentication.certificate)).collect()
}

/// A card ready to be put on a reader.
pub fn insertable(city: &Inside, contents: VirtualCardContents) -> Result<VirtualCard, Failure> {
    VirtualCard::new(contents, Behaviour::default(), city.seams.random.clone())
        .map_err(failed("a virtual card cannot be made"))
}

/// The person of a demo city whose card it is, or will be.
///
/// # Errors
/// No such resident, or one who died.
pub(crate) fn read_person(city: &Inside, resident: &ResidentId) -> Result<Resident, Failure> {
    let (seams, subject) = (city.seams.clone(), resident.clone());
    let person = city
        .store
        .write::<_, register::RegisterError, _>(move |tx| {
            let actor = Actor::System { job: "virtual-cards" };
            let access = access::person(tx, &seams, &actor, &Purpose::new(Duty::Credential), &subject)?;
            register::resident(tx, &access)
        })
        .map_err(|error| match error {
            register::RegisterError::NotFound => Failure::new(Kind::NotFound, "there is no such resident"),
            other => Failure::new(other.kind(), other),
        })?;
    if matches!(person.state, ResidentState::Dead { .. }) {
        return Err(Failure::new(Kind::Refused, "no card is made for this resident"));
    }
    Ok(person)
}

/// Serials of the test authority: random, below those that stand for a state of their own, never 0.
fn serial(city: &Inside) -> u64 {
    1 + city.seams.random.below(variant::REVOKED_SERIAL - 2)
}

/// Four digits. Random, so that no two cards of the drawer teach the wrong habit.
fn pin(city: &Inside) -> String {
    format!("{:04}", city.seams.random.below(10_000))
}

fn issue_user_authentication(
    city: &Inside,
    authorities: &SimulatedAuthorities,
    serial: u64,
    not_before: Timestamp,
    not_after: Timestamp,
) -> Result<KeyAndCertificate, Failure> {
    let key = SigningKey::generate_rsa().map_err(failed("a card's key cannot be made"))?;
    let holder = Id::random(&*city.seams.random).to_string().to_uppercase();
    let certificate = authorities
        .user_authentication
        .issue_user_authentication(&UserAuthenticationRequest {
            public_key_info: key.public_key_info(),
            serial,
            holder: &holder[..14],
            municipality: &city.profile.municipality_code,
            not_before,
            not_after,
        })
        .map_err(failed("a certificate cannot be issued"))?;
    let private_key_pkcs8 = key.to_pkcs8().map_err(failed("a card's key cannot be written"))?.into();
    let ca_certificate = authorities.user_authentication.certificate().to_vec();
    Ok(KeyAndCertificate { private_key_pkcs8, certificate, ca_certificate })
}

fn issue_signing(
    city: &Inside,
    authorities: &SimulatedAuthorities,
    person: &Resident,
    serial: u64,
    not_before: Timestamp,
    not_after: Timestamp,
) -> Result<KeyAndCertificate, Failure> {
    let holder = BasicAttributes {
        name: person.names.registered.clone(),
        address: person.address.whole(),
        birth_date: person.birth_date,
        sex: sex_digit(person.sex),
    };
    issue_signing_of(city, authorities, &holder, serial, not_before, not_after)
}

fn issue_signing_of(
    city: &Inside,
    authorities: &SimulatedAuthorities,
    holder: &BasicAttributes,
    serial: u64,
    not_before: Timestamp,
    not_after: Timestamp,
) -> Result<KeyAndCertificate, Failure> {
    let key = SigningKey::generate_rsa().map_err(failed("a card's key cannot be made"))?;
    let (name, address) = (&holder.name, &holder.address);
    let certificate = authorities
        .signing
        .issue_signing(&pki::test_authority::SigningRequest {
            public_key_info: key.public_key_info(),
            serial,
            municipality: &city.profile.municipality_code,
            not_before,
            not_after,
            name,
            name_substitutions: &"0".repeat(name.chars().count()),
            sex: std::str::from_utf8(&[holder.sex]).unwrap_or("9"),
            birth_date: &certified_birth_date(holder.birth_date),
            address,
            address_substitutions: &"0".repeat(address.chars().count()),
        })
        .map_err(failed("a certificate cannot be issued"))?;
    let private_key_pkcs8 = key.to_pkcs8().map_err(failed("a card's key cannot be written"))?.into();
    Ok(KeyAndCertificate { private_key_pkcs8, certificate, ca_certificate: authorities.signing.certificate().to_vec() })
}

/// `EYYYYMMDD` with the era's digit (specs card-jpki §2: 1 明治 … 5 令和).
fn certified_birth_date(date: Date) -> String {
    let era = match date.era().0 {
        "明治" => 1,
        "大正" => 2,
        "昭和" => 3,
        "平成" => 4,
        "令和" => 5,
        _ => 0,
    };
    let (year, month, day) = date.parts();
    format!("{era}{year:04}{month:02}{day:02}")
}

const fn sex_digit(sex: Sex) -> u8 {
    match sex {
        Sex::Male => b'1',
        Sex::Female => b'2',
        Sex::NotStated => b'9',
    }
}

/// Links the card as a counter would after its PIN. Its own key is not kept: whoever wants taps without PIN says so at the
/// machine, with both PINs.
fn enrol(
    city: &Inside,
    resident: &ResidentId,
    certificate: &pki::CertificateId,
    valid_until: Timestamp,
) -> Result<(), Failure> {
    let (city_, resident, certificate) = (city.clone(), resident.clone(), certificate.clone());
    let linked = city
        .store
        .write::<_, CredentialError, _>(move |tx| {
            let actor = Actor::System { job: "virtual-cards" };
            let kind = CredentialKind::JpkiCard;
            let link = credentials::Link { resident: &resident, kind, valid_until, genuineness: None };
            credentials::enrol(tx, &city_.vault, &city_.seams, &actor, &link, &certificate)
        })
        .map_err(failed("a card cannot be enrolled"))?;
    linked.map(|_| ()).map_err(failed("a card cannot be enrolled"))
}
