//! A virtual card in each of its states, in a real reader and before the city: what happens then.

use card::readers::virtual_reader::VirtualReader;
use card::virtual_card::{Behaviour, VirtualCard, VirtualCardContents};
use card::{CardError, JpkiSession, LastTry, Pin, Reader, UserAuthenticationPin};
use pki::challenge::{CardRefusal, Challenge, PresentedCard};
use pki::jpki_profile::CertificateRefusal;
use pki::test_authority::{Generation, TestAuthority, UserAuthenticationRequest};
use services::convenience_certificates::CardNo;
use tools::ResidentId;
use tools::credentials::CredentialRefusal;
use yakuba::cards::variant::{self, CardState};
use yakuba::keys::SimulatedAuthorities;

use crate::city::{Fixture, fixture};
use crate::daemon::Daemon;

const TERMINAL: &str = "counter";

fn contents(fixture: &Fixture, resident: &ResidentId, state: CardState) -> VirtualCardContents {
    let inside = fixture.inside();
    let authorities = SimulatedAuthorities::open(fixture.city.directory(), &inside.seams).unwrap();
    variant::card(inside, &authorities, resident, state).unwrap()
}

fn card(fixture: &Fixture, contents: VirtualCardContents) -> VirtualCard {
    VirtualCard::new(contents, Behaviour::default(), fixture.inside().seams.random.clone()).unwrap()
}

fn pin_of(contents: &VirtualCardContents) -> String {
    String::from_utf8(contents.user_authentication_pin.value.to_vec()).unwrap()
}

/// The whole tap: PIN, signature over our challenge, and what the city says of it.
fn tap(fixture: &Fixture, contents: VirtualCardContents) -> Result<ResidentId, String> {
    let pin = UserAuthenticationPin::parse(&pin_of(&contents)).unwrap();
    let reader = VirtualReader::with(card(fixture, contents));
    let mut session = JpkiSession::open(reader.clone().connect().unwrap()).unwrap();
    session.verify_user_authentication_pin(&pin, LastTry::Refuse).map_err(|error| format!("{error:?}"))?;
    let challenge = Challenge::new(&fixture.inside().seams, fixture.issuer.audience.clone(), TERMINAL);
    let certificate = session.user_authentication_certificate().unwrap();
    let signature = session.sign_user_authentication(&challenge.digest()).unwrap();
    let presented = PresentedCard { certificate: &certificate, signature: &signature };
    match fixture.issuer.identify(presented, &challenge, TERMINAL).unwrap() {
        Ok(applicant) => Ok(applicant.resident().clone()),
        Err(no) => refused(no),
    }
}

fn refused(no: CardNo) -> Result<ResidentId, String> {
    Err(format!("{no:?}"))
}

#[test]
fn each_state_is_answered_by_its_own_name() {
    let fixture = fixture();
    let hanako = fixture.sample("elderly-single");
    let tapped = |state| tap(fixture, contents(fixture, &hanako, state));
    for device in [CardState::Valid, CardState::Android, CardState::Iphone, CardState::WithoutSigning] {
        assert_eq!(tapped(device), Ok(hanako.clone()), "{device:?}");
    }
    let locked = CardError::PinLocked { pin: Pin::UserAuthentication };
    assert_eq!(tapped(CardState::Locked), Err(format!("{locked:?}")));
    let expired = tapped(CardState::Expired).unwrap_err();
    assert!(expired.contains("Expired"), "{expired}");
    let revoked = tapped(CardState::Revoked).unwrap_err();
    assert!(revoked.contains("Revoked") && revoked.contains("KeyCompromise"), "{revoked}");
}

#[test]
fn a_foreign_resident_s_card_carries_the_name_in_letters_and_is_taken_as_anybody_s() {
    let fixture = fixture();
    let linh = fixture.sample("foreign-resident");
    let card = contents(fixture, &linh, CardState::Valid);
    let certified = pki::signing_identity::read_signing_identity(&card.signing.as_ref().unwrap().certificate).unwrap();
    assert_eq!(*certified.name.reveal(), card.attributes.name);
    assert!(card.attributes.name.chars().any(|c| c.is_ascii_uppercase()), "{}", card.attributes.name);
    assert_eq!(tap(fixture, card), Ok(linh));
}

#[test]
fn a_renewed_card_is_known_at_once_and_the_old_one_no_more() {
    // A city of its own: the drawer's card is replaced for good.
    let fixture = Fixture::named("renewed");
    let hanako = fixture.sample("elderly-single");
    let renewed = contents(&fixture, &hanako, CardState::Renewed);
    assert_eq!(tap(&fixture, renewed.clone()), Ok(hanako.clone()), "J-LIS says which card it replaced");
    assert_eq!(tap(&fixture, renewed), Ok(hanako.clone()), "and from then on it is known by itself");
    let old = tap(&fixture, contents(&fixture, &hanako, CardState::Valid));
    assert_eq!(old, refused(CardNo::Credential(CredentialRefusal::Superseded)));
}

#[test]
fn a_card_of_another_authority_and_a_child_s_card_are_told_apart() {
    let fixture = fixture();
    let child = fixture.sample("under-fifteen");
    let mut strange = contents(fixture, &child, CardState::Valid);
    assert!(strange.signing.is_none(), "no signing certificate under 15");
    let now = fixture.inside().seams.now();
    let (not_before, not_after) = (now.plus_seconds(-86_400), now.plus_seconds(86_400));
    let generation = Generation { serial: 1, not_before, not_after, ocsp_url: None };
    let key = pki::SigningKey::generate_rsa().unwrap();
    let stranger = TestAuthority::new(pki::AuthorityRole::UserAuthentication, key, &generation).unwrap();
    let key = pki::SigningKey::generate_rsa().unwrap();
    let certificate = stranger.issue_user_authentication(&UserAuthenticationRequest {
        public_key_info: key.public_key_info(),
        serial: 5,
        holder: "A1B2C3D4E5F6G7",
        municipality: "99999",
        not_before,
        not_after,
    });
    strange.user_authentication.private_key_pkcs8 = key.to_pkcs8().unwrap().into();
    strange.user_authentication.certificate = certificate.unwrap();
    let said = tap(fixture, strange);
    let named = [CertificateRefusal::ForeignAuthority, CertificateRefusal::TestAuthority];
    let named = named.map(|refusal| refused(CardNo::Card(CardRefusal::Certificate(refusal))));
    assert!(named.contains(&said), "{said:?}");
}

/// A reader of its own with this card in it.
fn inserted(fixture: &Fixture, contents: VirtualCardContents) -> Daemon {
    let mut daemon = Daemon::start();
    daemon.put(card(fixture, contents));
    daemon
}

#[test]
fn opensc_sees_that_a_card_is_locked_or_expired() {
    let fixture = fixture();
    let hanako = fixture.sample("elderly-single");
    let daemon = inserted(fixture, contents(fixture, &hanako, CardState::Locked));
    let pins = daemon.succeed("pkcs15-tool", &["--list-pins"]);
    let empty = |line: &&str| line.contains("Tries left") && line.trim().ends_with(": 0");
    assert_eq!(pins.lines().filter(empty).count(), 2, "{pins}");
    drop(daemon);

    let daemon = inserted(fixture, contents(fixture, &hanako, CardState::Expired));
    let pem = daemon.succeed("pkcs15-tool", &["--read-certificate", "01"]);
    std::fs::write(daemon.file("expired.pem"), pem).unwrap();
    let checked = daemon.run("openssl", &["x509", "-in", "expired.pem", "-noout", "-checkend", "0"]);
    assert!(!checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}

#[test]
fn opensc_reads_a_child_s_card_and_finds_nothing_to_sign_with() {
    let fixture = fixture();
    let child = fixture.sample("under-fifteen");
    let daemon = inserted(fixture, contents(fixture, &child, CardState::Valid));
    daemon.succeed("pkcs15-tool", &["--read-certificate", "01"]);
    assert!(!daemon.run("pkcs15-tool", &["--read-certificate", "04"]).status.success(), "no signing CA either");
}

#[test]
fn opensc_signs_a_hash_and_pcsc_scan_names_the_card() {
    let fixture = fixture();
    let valid = contents(fixture, &fixture.sample("elderly-single"), CardState::Valid);
    let pin = pin_of(&valid);
    let daemon = inserted(fixture, valid);
    std::fs::write(daemon.file("hash"), [7; 32]).unwrap();
    #[rustfmt::skip]
    daemon.succeed("pkcs15-crypt", &[
        "--sign", "--key", "1", "--sha-256", "--pkcs1", "--pin", &pin, "-i", "hash", "-o", "signed", "--raw",
    ]);
    assert_eq!(std::fs::read(daemon.file("signed")).unwrap().len(), 256);
    // It never ends by itself.
    let scanned = daemon.run("timeout", &["-s", "INT", "3", "stdbuf", "-oL", "pcsc_scan", "-n"]);
    let scanned = String::from_utf8_lossy(&scanned.stdout);
    assert!(scanned.contains("3B E0 00 FF 81 31 FE 45 14"), "{scanned}");
}
