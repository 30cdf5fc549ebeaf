//! Stories of cards, tags and codes: linked, found again, tapped, stopped, renewed, ended. On both engines; certificates
//! of a test authority, cards that sign, and a J-LIS over a real socket.

mod things;

use std::sync::{Arc, LazyLock};

use base::{Date, Id, SeededRandom, Timestamp};
use card::genuineness::GenuinenessKey;
use card::virtual_card::attack::{EmulatedCard, MixedCard};
use card::virtual_card::{
    BasicAttributes, Behaviour, CardIssuer, FictitiousNumber, KeyAndCertificate, VirtualCard, VirtualCardContents,
};
use card::{Card, JpkiSession, LastTry, ReaderError, UserAuthenticationPin};
use pki::challenge::{Challenge, Expectation, PresentedCard, VerifiedCard};
use pki::renewal::{HttpRenewalSource, RenewalSource};
use pki::revocation::{HttpFetch, OcspAddress, OcspSource, RevocationReason};
use pki::test_authority::{Generation, TestAuthority, UserAuthenticationRequest};
use pki::{AuthorityRole, SigningKey, TrustAnchors, check_shown_certificate, verify_user_authentication};
use store::testing::{TestDatabase, for_each_engine};
use testkit::world::jlis::Jlis;

use super::tap::{Tap, TapRefusal, TappedPerson};
use super::tap_rules::{Attendance, Clause, TapNo};
use super::*;
use crate::access::{self, Actor, Duty, Purpose};
use crate::resident_id::ResidentId;

const PIN: &str = "1234";
const AUDIENCE: &str = "library.mihon.example";
const TERMINAL: &str = "counter-1";
const HANAKO: &str = "R-1";
const TARO: &str = "R-2";
const FIRST: u64 = 0x0001_0001;
const RENEWED: u64 = 0x0001_0002;
const ATTACKERS: u64 = 0x0001_0003;

fn start() -> Timestamp {
    Timestamp::in_japan(Date::new(2026, 11, 24).unwrap(), 10, 0, 0)
}

fn id(text: &str) -> ResidentId {
    ResidentId::parse(text).unwrap()
}

static AUTHORITY: LazyLock<Arc<TestAuthority>> = LazyLock::new(|| {
    let generation = Generation {
        serial: 1,
        not_before: start().plus_seconds(-86_400),
        not_after: start().plus_seconds(86_400 * 4000),
        ocsp_url: None,
    };
    let key = SigningKey::generate_rsa().unwrap();
    Arc::new(TestAuthority::new(AuthorityRole::UserAuthentication, key, &generation).unwrap())
});
static ISSUER: LazyLock<CardIssuer> = LazyLock::new(|| CardIssuer::generate().unwrap());
static CARDS: LazyLock<[VirtualCard; 3]> = LazyLock::new(|| [FIRST, RENEWED, ATTACKERS].map(make_card));

fn make_card(serial: u64) -> VirtualCard {
    let key = SigningKey::generate_rsa().unwrap();
    let certificate = AUTHORITY.issue_user_authentication(&UserAuthenticationRequest {
        public_key_info: key.public_key_info(),
        serial,
        holder: "A1B2C3D4E5F6G7",
        municipality: "99999",
        not_before: start().plus_seconds(-3600),
        not_after: start().plus_seconds(86_400 * 1800),
    });
    let user = KeyAndCertificate {
        private_key_pkcs8: key.to_pkcs8().unwrap().into(),
        certificate: certificate.unwrap(),
        ca_certificate: AUTHORITY.certificate().to_vec(),
    };
    let attributes = BasicAttributes {
        name: "見本　花子".into(),
        address: "見本県見本市中央１－１".into(),
        birth_date: Date::new(1971, 9, 1).unwrap(),
        sex: b'2',
    };
    let number = FictitiousNumber::from_eleven([1; 11]);
    let expires = Date::new(2031, 9, 1).unwrap();
    let mut contents = VirtualCardContents::new(user, None, PIN, "YAKUBA1", attributes, number, expires);
    ISSUER.personalise(&mut contents).unwrap();
    let random = Arc::new(SeededRandom::from_seed(serial));
    let mut card = VirtualCard::new(contents, Behaviour::default(), random).unwrap();
    card.power_on();
    card
}

fn card(serial: u64) -> OnReader {
    OnReader(CARDS[(serial - FIRST) as usize].clone())
}

/// A virtual card on the table.
struct OnReader(VirtualCard);

impl Card for OnReader {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        self.0.power_on();
        Ok(self.0.transmit(command))
    }

    fn power_off(&mut self) -> Result<(), ReaderError> {
        Ok(())
    }
}

/// A city with its J-LIS and its database.
struct City {
    database: TestDatabase,
    jlis: Jlis,
    anchors: TrustAnchors,
    status: OcspSource,
    renewals: HttpRenewalSource,
}

impl City {
    fn new(database: TestDatabase) -> Self {
        let jlis = Jlis::start(Arc::clone(&AUTHORITY), database.seams.clone()).unwrap();
        let fetch = Arc::new(HttpFetch::default());
        let address = OcspAddress::Fixed(jlis.ocsp_url());
        Self {
            anchors: TestAuthority::anchors(&[&AUTHORITY]).unwrap(),
            status: OcspSource::new(fetch.clone(), address, database.seams.clone()),
            renewals: HttpRenewalSource::new(fetch, jlis.renewal_url()),
            jlis,
            database,
        }
    }

    fn challenge(&self) -> Challenge {
        Challenge::new(&self.database.seams, AUDIENCE, TERMINAL)
    }

    /// The card proves its holder with the PIN.
    fn with_pin(&self, serial: u64) -> VerifiedCard {
        let challenge = self.challenge();
        let mut session = JpkiSession::open(card(serial)).unwrap();
        let certificate = session.user_authentication_certificate().unwrap();
        session.verify_user_authentication_pin(&UserAuthenticationPin::parse(PIN).unwrap(), LastTry::Refuse).unwrap();
        let signature = session.sign_user_authentication(&challenge.digest()).unwrap();
        let presented = PresentedCard { certificate: &certificate, signature: &signature };
        let expected = Expectation { audience: AUDIENCE, terminal: TERMINAL };
        let now = self.database.seams.now();
        verify_user_authentication(presented, &challenge, expected, &self.anchors, &self.status, now).unwrap()
    }

    fn enrol_as(
        &self,
        resident: &str,
        kind: CredentialKind,
        serial: u64,
        key: Option<&GenuinenessKey>,
    ) -> Result<Enrolled, LinkRefusal> {
        let (verified, resident, key) = (self.with_pin(serial), id(resident), key.cloned());
        let (vault, seams) = (self.database.vault(), self.database.seams.clone());
        self.write(move |tx| {
            let link = Link { resident: &resident, kind, valid_until: verified.not_after, genuineness: key.as_ref() };
            enrol(tx, &vault, &seams, &clerk(), &link, &verified.certificate_id)
        })
    }

    fn enrol(&self, resident: &str, serial: u64) -> Enrolled {
        let key = kept_key(serial);
        self.enrol_as(resident, CredentialKind::JpkiCard, serial, Some(&key)).unwrap()
    }

    fn write<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut store::Tx<'_>) -> Result<T, CredentialError> + Send + 'static,
    ) -> T {
        self.database.inside().write(move |tx| work(tx)).unwrap()
    }

    fn find(&self, serial: u64) -> Result<String, CredentialRefusal> {
        let (verified, vault, now) = (self.with_pin(serial), self.database.vault(), self.database.seams.now());
        let found = self.write(move |tx| find_person(tx, &vault, now, &verified));
        found.map(|person| person.resident().as_str().to_owned())
    }

    /// What a terminal reads of whatever card lies there, without PIN.
    fn read<C: Card>(&self, on_reader: C, challenge: &Challenge) -> (Vec<u8>, Vec<u8>) {
        let mut session = JpkiSession::open(on_reader).unwrap();
        let certificate = session.user_authentication_certificate().unwrap();
        let proof = session.into_input_support().unwrap().prove_genuine(&challenge.genuineness_digest());
        (certificate, proof.unwrap())
    }

    fn tap_with(&self, challenge: Challenge, read: (Vec<u8>, Vec<u8>), attendance: Attendance) -> TapResult {
        let now = self.database.seams.now();
        let shown = check_shown_certificate(&read.0, &self.anchors, &self.status, now)?;
        let (vault, seams) = (self.database.vault(), self.database.seams.clone());
        let (audience, terminal) = (AUDIENCE.to_owned(), TERMINAL.to_owned());
        let tap = Tap { card: shown, challenge, proof: read.1, audience, terminal, attendance, staff: None };
        self.write(move |tx| tap::accept(tx, &vault, &seams, &tap))
    }

    fn tap<C: Card>(&self, on_reader: C, attendance: Attendance) -> TapResult {
        let challenge = self.challenge();
        let read = self.read(on_reader, &challenge);
        self.tap_with(challenge, read, attendance)
    }

    fn listed(&self, resident: &str) -> Vec<Listed> {
        let (resident, seams, vault) = (id(resident), self.database.seams.clone(), self.database.vault());
        self.write(move |tx| {
            let actor = Actor::Resident { resident: resident.clone(), terminal: None };
            let access = access::person(tx, &seams, &actor, &Purpose::new(Duty::Credential), &resident)?;
            list(tx, &vault, &access, &resident)
        })
    }

    fn stop(&self, actor: Actor, resident: &str, credential: Id, next: CredentialStatus) -> bool {
        let (resident, seams) = (id(resident), self.database.seams.clone());
        self.write(move |tx| set_status(tx, &seams, &actor, &resident, credential, next))
    }

    /// What became of the taps, in the order of the words: several fall into one instant of this clock.
    fn outcomes(&self) -> Vec<String> {
        let rows = self.database.inside().read(|tx| tx.query("SELECT outcome FROM taps ORDER BY outcome", &[]));
        rows.map(|rows: Vec<store::Row>| rows.iter().map(|row| row.text(0).unwrap().to_owned()).collect()).unwrap()
    }
}

type TapResult = Result<TappedPerson, TapRefusal>;

fn clerk() -> Actor {
    Actor::Staff { account: Id::from_bytes([9; 16]) }
}

fn resident(of: &str) -> Actor {
    Actor::Resident { resident: id(of), terminal: None }
}

fn kept_key(serial: u64) -> GenuinenessKey {
    let modulus = CARDS[(serial - FIRST) as usize].contents().genuineness.unwrap().modulus;
    GenuinenessKey::from_modulus(modulus.try_into().unwrap())
}

#[test]
fn a_card_enrolled_with_its_pin_is_tapped_without_it_where_staff_watch() {
    for_each_engine(|database| {
        let city = City::new(database);
        city.enrol(HANAKO, FIRST);
        let tapped = city.tap(card(FIRST), Attendance::FaceToFace).unwrap();
        assert_eq!((tapped.resident().as_str(), tapped.clause()), (HANAKO, Clause::FaceToFace));
        assert_eq!(city.tap(card(FIRST), Attendance::Watched).unwrap().clause(), Clause::Watched);
        let unattended = city.tap(card(FIRST), Attendance::Unattended);
        assert_eq!(unattended, Err(TapRefusal::Law(TapNo::Unattended)));
        assert_eq!(city.outcomes(), ["taken", "taken", "unattended"]);
        assert!(city.listed(HANAKO)[0].last_tap.is_some());
    });
}

#[test]
fn a_mixed_an_emulated_and_an_unenrolled_card_are_refused_by_name() {
    for_each_engine(|database| {
        let city = City::new(database);
        city.enrol(HANAKO, FIRST);
        let [victim, _, attackers] = &*CARDS;
        let mixed = city.tap(MixedCard::of(victim, attackers.clone()), Attendance::FaceToFace);
        assert_eq!(mixed, Err(TapRefusal::Law(TapNo::NotTheEnrolledCard)));
        let (_, overheard) = city.read(card(FIRST), &city.challenge());
        let emulated = city.tap(EmulatedCard::of(victim, Some(overheard)), Attendance::FaceToFace);
        assert_eq!(emulated, Err(TapRefusal::Law(TapNo::NotTheEnrolledCard)));
        let unknown = city.tap(card(ATTACKERS), Attendance::FaceToFace);
        assert_eq!(unknown, Err(TapRefusal::Credential(CredentialRefusal::Unknown)));
        // Known by PIN, but its own key was never kept: no tap without PIN.
        city.enrol_as(TARO, CredentialKind::JpkiCard, ATTACKERS, None).unwrap();
        let keyless = city.tap(card(ATTACKERS), Attendance::FaceToFace);
        assert_eq!(keyless, Err(TapRefusal::Law(TapNo::NotEnrolledForTaps)));
        assert_eq!(city.find(ATTACKERS), Ok(TARO.to_owned()));
        assert_eq!(
            city.outcomes(),
            ["credential", "not_enrolled_for_taps", "not_the_enrolled_card", "not_the_enrolled_card"]
        );
    });
}

#[test]
fn a_key_that_was_erased_with_its_holder_s_data_proves_nothing_any_more() {
    for_each_engine(|database| {
        let city = City::new(database);
        city.enrol(HANAKO, FIRST);
        city.database.vault().erase(HANAKO).unwrap();
        let tapped = city.tap(card(FIRST), Attendance::FaceToFace);
        assert_eq!(tapped, Err(TapRefusal::Law(TapNo::NotEnrolledForTaps)));
    });
}

#[test]
fn a_tap_is_good_once_here_and_now() {
    for_each_engine(|database| {
        let city = City::new(database);
        city.enrol(HANAKO, FIRST);
        let challenge = city.challenge();
        let read = city.read(card(FIRST), &challenge);
        city.tap_with(challenge.clone(), read.clone(), Attendance::FaceToFace).unwrap();
        let again = city.tap_with(challenge.clone(), read.clone(), Attendance::FaceToFace);
        assert_eq!(again, Err(TapRefusal::Credential(CredentialRefusal::Replayed)));
        let elsewhere = Challenge { terminal: "counter-2".into(), ..city.challenge() };
        let read_elsewhere = city.read(card(FIRST), &elsewhere);
        let elsewhere = city.tap_with(elsewhere, read_elsewhere, Attendance::FaceToFace);
        assert_eq!(elsewhere, Err(TapRefusal::Card(pki::CardRefusal::WrongTerminal)));
        let late = city.challenge();
        let read_late = city.read(card(FIRST), &late);
        city.database.clock.advance_seconds(pki::challenge::MAX_AGE_SECONDS + 1);
        let late = city.tap_with(late, read_late, Attendance::FaceToFace);
        assert_eq!(late, Err(TapRefusal::Card(pki::CardRefusal::StaleChallenge)));
    });
}

#[test]
fn a_revoked_or_stopped_card_and_a_phone_are_not_tapped() {
    for_each_engine(|database| {
        let city = City::new(database);
        let key = kept_key(FIRST);
        let phone = city.enrol_as(TARO, CredentialKind::JpkiPhone, ATTACKERS, Some(&key)).unwrap();
        assert!(phone.is_new);
        let tapped = city.tap(card(ATTACKERS), Attendance::FaceToFace);
        assert_eq!(tapped, Err(TapRefusal::Law(TapNo::Phone)));
        let enrolled = city.enrol(HANAKO, FIRST);
        assert!(city.stop(resident(HANAKO), HANAKO, enrolled.credential, CredentialStatus::Lost));
        let lost = city.tap(card(FIRST), Attendance::FaceToFace);
        assert_eq!(lost, Err(TapRefusal::Credential(CredentialRefusal::Lost)));
        city.jlis.revoke(FIRST, RevocationReason::KeyCompromise);
        city.status.forget();
        let revoked = city.tap(card(FIRST), Attendance::FaceToFace);
        assert!(matches!(revoked, Err(TapRefusal::Card(pki::CardRefusal::Revoked { .. }))), "{revoked:?}");
    });
}

#[test]
fn one_card_is_one_person_s_and_survives_a_rotation_of_the_look_up_key() {
    for_each_engine(|database| {
        let city = City::new(database);
        let first = city.enrol(HANAKO, FIRST);
        assert_eq!(city.enrol(HANAKO, FIRST), Enrolled { credential: first.credential, is_new: false });
        let another = city.enrol_as(TARO, CredentialKind::JpkiCard, FIRST, None);
        assert_eq!(another, Err(LinkRefusal::AnotherPerson));
        city.database.vault().rotate_lookup_key().unwrap();
        assert_eq!(city.find(FIRST), Ok(HANAKO.to_owned()));
        assert!(city.tap(card(FIRST), Attendance::FaceToFace).is_ok());
        let again = city.enrol_as(TARO, CredentialKind::JpkiCard, FIRST, None);
        assert_eq!(again, Err(LinkRefusal::AnotherPerson), "found under the older key too");
    });
}

#[test]
fn a_person_stops_their_own_and_only_staff_let_it_go_on() {
    for_each_engine(|database| {
        let city = City::new(database);
        let card = city.enrol(HANAKO, FIRST).credential;
        assert!(!city.stop(resident(TARO), TARO, card, CredentialStatus::OnHold), "not theirs");
        assert!(city.stop(resident(HANAKO), HANAKO, card, CredentialStatus::OnHold));
        assert_eq!(city.find(FIRST), Err(CredentialRefusal::OnHold));
        let enrolled = city.enrol_as(HANAKO, CredentialKind::JpkiCard, FIRST, None);
        assert_eq!(enrolled, Err(LinkRefusal::Stopped(CredentialStatus::OnHold)));
        for (actor, may) in [(resident(HANAKO), false), (clerk(), true)] {
            let seams = city.database.seams.clone();
            let resumed = city.write(move |tx| resume(tx, &seams, &actor, &id(HANAKO), card));
            assert_eq!(resumed, may);
        }
        assert_eq!(city.find(FIRST), Ok(HANAKO.to_owned()));
        assert!(city.stop(clerk(), HANAKO, card, CredentialStatus::Ended));
        let seams = city.database.seams.clone();
        assert!(!city.write(move |tx| resume(tx, &seams, &clerk(), &id(HANAKO), card)), "ended is for good");
    });
}

#[test]
fn a_renewed_card_is_known_again_when_j_lis_says_what_it_replaced() {
    for_each_engine(|database| {
        let city = City::new(database);
        city.enrol(HANAKO, FIRST);
        assert_eq!(city.find(RENEWED), Err(CredentialRefusal::Unknown));
        city.jlis.renew(FIRST, RENEWED);
        let verified = city.with_pin(RENEWED);
        let replaced = city.renewals.replaced_by(&verified.certificate_id).unwrap();
        assert_eq!(replaced.len(), 1);
        let (vault, seams) = (city.database.vault(), city.database.seams.clone());
        let linked = city.write(move |tx| renewal::by_inquiry(tx, &vault, &seams, &verified, &replaced)).unwrap();
        assert_eq!(linked.resident().as_str(), HANAKO);
        assert_eq!(city.find(RENEWED), Ok(HANAKO.to_owned()));
        let listed = city.listed(HANAKO);
        assert_eq!(
            listed.iter().map(|one| one.status).collect::<Vec<_>>(),
            [CredentialStatus::Active, CredentialStatus::Superseded]
        );
        // Without the PIN only when the new card's own key is known.
        let tapped = city.tap(card(RENEWED), Attendance::FaceToFace);
        assert_eq!(tapped, Err(TapRefusal::Law(TapNo::NotEnrolledForTaps)));
    });
}

#[test]
fn a_lost_card_is_not_brought_back_by_a_renewal() {
    for_each_engine(|database| {
        let city = City::new(database);
        let old = city.enrol(HANAKO, FIRST).credential;
        city.stop(resident(HANAKO), HANAKO, old, CredentialStatus::Lost);
        city.jlis.renew(FIRST, RENEWED);
        let verified = city.with_pin(RENEWED);
        let replaced = city.renewals.replaced_by(&verified.certificate_id).unwrap();
        let (vault, seams) = (city.database.vault(), city.database.seams.clone());
        let linked = city.write(move |tx| renewal::by_inquiry(tx, &vault, &seams, &verified, &replaced));
        assert_eq!(linked, None, "whoever found it may have renewed it");
    });
}

#[test]
fn an_officer_confirms_a_renewal_and_until_then_it_opens_nothing() {
    use renewal::{Compared, Comparison, RenewalRefusal, Request};
    const SAME: Comparison = Comparison {
        name: Compared::SameButSubstitutes,
        address: Compared::Same,
        birth_date: Compared::Same,
        sex: Compared::Same,
    };
    for_each_engine(|database| {
        let city = City::new(database);
        let old = city.enrol(HANAKO, FIRST).credential;
        let ask = |holder: &'static str, old: Id, comparison: Comparison| {
            let (card, vault) = (city.with_pin(RENEWED), city.database.vault());
            let seams = city.database.seams.clone();
            city.write(move |tx| {
                let holder = id(holder);
                let request = Request { resident: &holder, old, card: &card, comparison: &comparison };
                renewal::ask(tx, &vault, &seams, &resident(HANAKO), &request)
            })
        };
        let other = Comparison { birth_date: Compared::Differs, ..SAME };
        assert_eq!(ask(HANAKO, old, other), Err(RenewalRefusal::Differs));
        assert_eq!(ask(TARO, old, SAME), Err(RenewalRefusal::NoSuchCredential));
        let asked = ask(HANAKO, old, SAME).unwrap();
        assert_eq!(city.find(RENEWED), Err(CredentialRefusal::OnHold));
        assert_eq!(city.find(FIRST), Ok(HANAKO.to_owned()));
        let decide = |actor: Actor, yes: bool| {
            let seams = city.database.seams.clone();
            city.write(move |tx| renewal::decide(tx, &seams, &actor, asked, yes))
        };
        assert_eq!(decide(resident(HANAKO), true), Err(RenewalRefusal::NotStaff));
        let waiting = city.database.inside().read(renewal::waiting).unwrap();
        assert!(waiting.len() == 1 && waiting[0].has_substitutes);
        assert_eq!(decide(clerk(), true), Ok(()));
        assert_eq!(decide(clerk(), false), Err(RenewalRefusal::Decided));
        assert_eq!(city.find(RENEWED), Ok(HANAKO.to_owned()));
        assert_eq!(city.find(FIRST), Err(CredentialRefusal::Superseded));
    });
}

/// A renewal that waits, its old and its new link, and the officer's word.
struct Waiting {
    old: Id,
    new: Id,
    asked: Id,
}

impl Waiting {
    fn at(city: &City) -> Self {
        use renewal::{Compared, Comparison, Request};
        let old = city.enrol(HANAKO, FIRST).credential;
        let (card, vault, seams) = (city.with_pin(RENEWED), city.database.vault(), city.database.seams.clone());
        let asked = city.write(move |tx| {
            let same = Compared::Same;
            let comparison = Comparison { name: same, address: same, birth_date: same, sex: same };
            let request = Request { resident: &id(HANAKO), old, card: &card, comparison: &comparison };
            renewal::ask(tx, &vault, &seams, &clerk(), &request)
        });
        let new = city.listed(HANAKO).iter().find(|one| one.id != old).unwrap().id;
        Self { old, new, asked: asked.unwrap() }
    }

    fn decide(&self, city: &City, yes: bool) -> Result<(), renewal::RenewalRefusal> {
        let (seams, asked) = (city.database.seams.clone(), self.asked);
        city.write(move |tx| renewal::decide(tx, &seams, &clerk(), asked, yes))
    }

    fn standing(&self, city: &City) -> [CredentialStatus; 2] {
        let listed = city.listed(HANAKO);
        [self.old, self.new].map(|id| listed.iter().find(|one| one.id == id).unwrap().status)
    }
}

#[test]
fn a_renewal_that_waits_is_not_let_go_on_past_the_officer_who_decides_it() {
    for_each_engine(|database| {
        let city = City::new(database);
        let waiting = Waiting::at(&city);
        let (seams, new) = (city.database.seams.clone(), waiting.new);
        assert!(!city.write(move |tx| resume(tx, &seams, &clerk(), &id(HANAKO), new)));
        assert_eq!(city.find(RENEWED), Err(CredentialRefusal::OnHold));
        assert_eq!(waiting.decide(&city, true), Ok(()));
        assert_eq!(waiting.standing(&city), [CredentialStatus::Superseded, CredentialStatus::Active]);
    });
}

#[test]
fn a_new_card_that_was_lost_while_its_renewal_waited_is_not_brought_back_by_a_yes() {
    for_each_engine(|database| {
        let city = City::new(database);
        let waiting = Waiting::at(&city);
        assert!(city.stop(resident(HANAKO), HANAKO, waiting.new, CredentialStatus::Lost));
        assert_eq!(waiting.decide(&city, true), Err(renewal::RenewalRefusal::NoSuchCredential));
        assert_eq!(waiting.standing(&city), [CredentialStatus::Active, CredentialStatus::Lost]);
        assert_eq!(waiting.decide(&city, false), Ok(()), "it can still be declined");
        assert_eq!(waiting.standing(&city), [CredentialStatus::Active, CredentialStatus::Ended]);
    });
}

#[test]
fn a_link_that_ended_while_its_renewal_waited_stays_ended() {
    for_each_engine(|database| {
        let city = City::new(database);
        let waiting = Waiting::at(&city);
        for credential in [waiting.old, waiting.new] {
            assert!(city.stop(clerk(), HANAKO, credential, CredentialStatus::Ended));
        }
        assert_eq!(waiting.decide(&city, true), Err(renewal::RenewalRefusal::NoSuchCredential));
        assert_eq!(waiting.standing(&city), [CredentialStatus::Ended; 2]);
        assert_eq!(waiting.decide(&city, false), Ok(()));
    });
}

#[test]
fn links_end_with_death_and_thirty_days_after_moving_out() {
    for_each_engine(|database| {
        let city = City::new(database);
        let directory = tempfile::tempdir().unwrap();
        let row = |id: &str, state: &str| {
            format!(
                "{id},H-{id},世帯主,見本　花子,ミホン　ハナコ,1950-02-03,female,見本県見本市中央一丁目1番1号,{state}\n"
            )
        };
        let rows = [
            row("R-1", "dead,2026-11-20"),
            row("R-2", "moved_out,2026-10-24"),
            row("R-3", "moved_out,2026-10-26"),
            row("R-4", "planned_move_out,2026-10-01"),
            row("R-5", ","),
        ];
        let header = "resident_id,household_id,relationship,name,name_kana,birth_date,sex,address,state,state_on\n";
        std::fs::write(directory.path().join("residents.csv"), header.to_owned() + &rows.concat()).unwrap();
        let options = crate::register::import::Options::default();
        let (store, seams) = (city.database.inside(), city.database.seams.clone());
        crate::register::import::run(&store, &seams, directory.path(), &options, &mut |_| true).unwrap();
        let until = city.database.seams.now().plus_seconds(86_400 * 365);
        for number in 1..=5u8 {
            let (vault, seams) = (city.database.vault(), city.database.seams.clone());
            let holder = id(&format!("R-{number}"));
            let token = numbers::tag(&format!("04A23B1C5D80{number:02X}")).unwrap();
            city.write(move |tx| enrol_token(tx, &vault, &seams, &clerk(), &holder, until, &token)).unwrap();
        }
        let apply = || {
            let seams = city.database.seams.clone();
            city.write(move |tx| endings::apply(tx, &seams, seams.today()))
        };
        // It is November 24: October 24 lies more than thirty days back, October 26 does not.
        assert_eq!(apply(), 3);
        let standing = |number: u8| city.listed(&format!("R-{number}"))[0].status;
        assert_eq!(
            (1..=5).map(standing).collect::<Vec<_>>(),
            [
                CredentialStatus::Ended,
                CredentialStatus::Ended,
                CredentialStatus::Active,
                CredentialStatus::Ended,
                CredentialStatus::Active,
            ]
        );
        city.database.clock.advance_seconds(2 * 86_400);
        assert_eq!(apply(), 1, "two days later the other mover");
        assert_eq!(apply(), 0);
        let report = crate::audit::verify(&city.database.inside(), crate::audit::Zone::Inside, &[], None).unwrap();
        assert!(report.is_sound(), "{report}");
    });
}

#[test]
fn attributes_are_compared_with_the_substitutes_the_certificate_admits() {
    use pki::signing_identity::SigningIdentity;
    use renewal::Compared;
    let certified = |name: &str, flags: &[bool]| SigningIdentity {
        name: name.to_owned().into(),
        name_substitutions: flags.to_vec(),
        sex: '2'.into(),
        birth_date: Date::new(1971, 9, 1).unwrap().into(),
        address: String::new().into(),
        address_substitutions: Vec::new(),
    };
    let compare = |name: &str, flags: &[bool], registered: &str| {
        renewal::compare_text(name, &certified(name, flags).name_substitutions, registered)
    };
    assert_eq!(
        compare("辻　花子", &[false; 4], "辻\u{E0102}　花子"),
        Compared::Same,
        "the register's variation is its own"
    );
    assert_eq!(compare("●田　花子", &[true, false, false, false, false], "𠮷田　花子"), Compared::SameButSubstitutes);
    assert_eq!(compare("吉田　花子", &[false; 5], "𠮷田　花子"), Compared::Differs);
    assert_eq!(compare("吉田", &[true; 2], "吉田　花子"), Compared::Differs, "another length");
    assert_eq!(
        compare("中央１－２－３", &[false; 7], "中央1-2-3"),
        Compared::Same,
        "the width of digits is nobody's address"
    );
    assert_eq!(compare("中央１－２－３", &[false; 7], "中央1-2-4"), Compared::Differs);
}
