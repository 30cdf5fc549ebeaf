//! A city that is no demo, from its first file to its first paper: nothing simulated is let in, and everything that an
//! operator must bring is asked for by name.
//!
//! ```text
//!  files ─► city import ─► keys, seal, anchors put in place ─► serve ─┬─ counter: credential and purpose ─► paper
//!                                                                    └─ machine: pcscd, a card, PIN, coins ─► paper
//! ```
//! What a city gets from others (J-LIS's authority and its responder, the office's certificate) is made here; the
//! program cannot tell. The card is the virtual one, lent to a real `pcscd`.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use base::{Seams, Timestamp};
use card::virtual_card::{
    BasicAttributes, Behaviour, FictitiousNumber, KeyAndCertificate, VirtualCard, VirtualCardContents,
};
use pki::jpki_profile::{CertificateKind, POLICIES, judge};
use pki::test_authority::{DocumentSignerRequest, Generation, TestAuthority, UserAuthenticationRequest};
use pki::{AnchorKind, AuthorityRole, SigningKey, TrustAnchors};
use store::StoreError;
use testkit::world::jlis::Jlis;
use testkit::world::printer::MockPrinter;
use tools::access::{Actor, Duty};
use tools::credentials::{self, CredentialError, CredentialKind};
use tools::staff::{self, Role, StaffError};
use tools::{ResidentId, disclosure, papers, terminals};
use yakuba::city::OpenCity;

use crate::browser::Browser;
use crate::daemon::Daemon;
use crate::served::YAKUBA;

const PIN: &str = "4649";
const PROFILE: &str = r#"
name = "架空市"
name_english = "Kakuu City"
municipality_code = "99999"
mayor_title = "架空市長"
mayor_name = "架空 花子"
public_address = "https://verify.kakuu.example"
counter = "架空市役所 市民課 1番窓口"
"#;

/// What others give to a city: an authority for cards with its responder, and one for documents.
struct World {
    seams: Seams,
    cards: TestAuthority,
    documents: TestAuthority,
    _jlis: Jlis,
}

impl World {
    fn new() -> Self {
        let seams = Seams::system();
        let key = SigningKey::generate_rsa().unwrap();
        let again = SigningKey::from_pkcs8(&key.to_pkcs8().unwrap()).unwrap();
        let responder = TestAuthority::new(AuthorityRole::UserAuthentication, key, &generation(&seams, None)).unwrap();
        let jlis = Jlis::start(Arc::new(responder), seams.clone()).unwrap();
        // The same authority once more, now that its responder's address is known and can stand in certificates.
        let here = generation(&seams, Some(jlis.ocsp_url()));
        let cards = TestAuthority::new(AuthorityRole::UserAuthentication, again, &here).unwrap();
        let documents = SigningKey::generate_p256().unwrap();
        let documents = TestAuthority::new(AuthorityRole::Document, documents, &generation(&seams, None)).unwrap();
        Self { seams, cards, documents, _jlis: jlis }
    }

    /// What an operator puts into the data directory on the first day.
    fn give_keys(&self, data: &Path) {
        let [signing, jpki] = ["signing", "jpki"].map(|name| data.join(name));
        std::fs::create_dir_all(&signing).unwrap();
        std::fs::create_dir_all(&jpki).unwrap();
        std::fs::write(jpki.join("user-authentication-ca.der"), self.cards.certificate()).unwrap();
        let key = SigningKey::generate_p256().unwrap();
        let request = DocumentSignerRequest {
            public_key_info: key.public_key_info(),
            serial: 2,
            organization: "架空市",
            common_name: "架空市長",
            not_before: valid(&self.seams).0,
            not_after: valid(&self.seams).1,
        };
        std::fs::write(signing.join("mayor.p8"), key.to_pkcs8().unwrap()).unwrap();
        std::fs::write(signing.join("mayor.der"), self.documents.issue_document_signer(&request).unwrap()).unwrap();
        std::fs::write(signing.join("authority.der"), self.documents.certificate()).unwrap();
        let typeface = paper::fonts::Typeface::open_default().unwrap();
        let seal = paper::seal::Seal::sample_png(&typeface, "架空市長之印").unwrap();
        std::fs::write(signing.join("seal.png"), seal).unwrap();
    }

    /// A card of this authority, and its certificate's id for enrolling.
    fn card(&self) -> (VirtualCard, pki::CertificateId, Timestamp) {
        let key = SigningKey::generate_rsa().unwrap();
        let (not_before, not_after) = valid(&self.seams);
        let mut template = self.cards.user_authentication_template(&UserAuthenticationRequest {
            public_key_info: key.public_key_info(),
            serial: 4711,
            holder: "0A1B2C3D4E5F6G",
            municipality: "99999",
            not_before,
            not_after,
        });
        // A real card names the real policy; a real city takes no other.
        let [real, test] = [AnchorKind::Production, AnchorKind::Test].map(|anchor| {
            let row =
                POLICIES.iter().find(|row| row.kind == CertificateKind::UserAuthentication && row.anchor == anchor);
            row.unwrap().policy.as_bytes()
        });
        for extension in &mut template.extensions {
            let found = extension.value.windows(test.len()).position(|window| window == test);
            if let Some(at) = found {
                extension.value[at..at + real.len()].copy_from_slice(real);
            }
        }
        let certificate = self.cards.sign(&template).unwrap();
        let mut anchors = TrustAnchors::production_only();
        anchors.add(AuthorityRole::UserAuthentication, AnchorKind::Production, self.cards.certificate()).unwrap();
        let judged = judge(&certificate, CertificateKind::UserAuthentication, &anchors, self.seams.now()).unwrap();
        let own = KeyAndCertificate {
            private_key_pkcs8: key.to_pkcs8().unwrap().into(),
            certificate,
            ca_certificate: self.cards.certificate().to_vec(),
        };
        let attributes = BasicAttributes {
            name: "架空　太郎".to_owned(),
            address: "架空県架空市".to_owned(),
            birth_date: base::Date::new(1960, 1, 2).unwrap(),
            sex: b'1',
        };
        let number = FictitiousNumber::from_eleven([1; 11]);
        let contents =
            VirtualCardContents::new(own, None, PIN, "UNUSED1", attributes, number, not_after.date_in_japan());
        let card = VirtualCard::new(contents, Behaviour::default(), self.seams.random.clone()).unwrap();
        (card, judged.id().clone(), not_after)
    }
}

fn valid(seams: &Seams) -> (Timestamp, Timestamp) {
    (seams.now().plus_seconds(-3600), seams.now().plus_seconds(30 * 86_400))
}

fn generation(seams: &Seams, ocsp_url: Option<String>) -> Generation {
    let (not_before, not_after) = valid(seams);
    Generation { serial: 1, not_before, not_after, ocsp_url }
}

/// Files as a city's own system exports them, of now. Answers with one resident who may be served.
fn export(files: &Path, seams: &Seams) -> ResidentId {
    testkit::city::generate(120, 3, files).unwrap();
    let samples: toml::Table = std::fs::read_to_string(files.join("samples.toml")).unwrap().parse().unwrap();
    let samples = samples["sample"].as_array().unwrap();
    let couple = samples.iter().find(|sample| sample["kind"].as_str() == Some("couple")).unwrap();
    // What says that a set is synthetic; without it the city is a real one.
    std::fs::remove_file(files.join("samples.toml")).unwrap();
    let source = std::fs::read_to_string(files.join("source.toml")).unwrap();
    let source: String = source
        .lines()
        .map(|line| match line.starts_with("taken_at") {
            true => format!("taken_at = \"{}\"\n", seams.now()),
            false => format!("{line}\n"),
        })
        .collect();
    std::fs::write(files.join("source.toml"), source).unwrap();
    ResidentId::parse(couple["resident_id"].as_str().unwrap()).unwrap()
}

fn run(arguments: &[&str]) -> Output {
    Command::new(YAKUBA).args(arguments).output().unwrap()
}

/// The request a finished paper names.
fn request_of(paper: &Path) -> base::Id {
    let label = paper::recheck::label(&std::fs::read(paper).unwrap()).unwrap();
    base::Id::parse(label.keyword("request").unwrap()).unwrap()
}

/// Exit code, and what was said to the person.
fn said(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

struct Serving {
    process: Child,
    address: String,
}

impl Serving {
    fn start(data: &str, daemon: &Daemon, printer: &MockPrinter) -> Self {
        let mut process = daemon
            .as_client(YAKUBA)
            .args(["serve", "--port", "0", "--data", data])
            .env("YAKUBA_KIOSK_READER", "pcsc")
            .env("YAKUBA_KIOSK_PRINTER", printer.uri())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let ready = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok).next();
        let address = ready.as_deref().and_then(|line| line.strip_prefix("ready http://")).map(str::to_owned);
        Self { process, address: address.expect("the city is not served") }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What staff do in the console beforehand: a clerk with a credential for the counter, a machine, a card enrolled.
fn open_for_business(data: &Path, card: (&ResidentId, pki::CertificateId, Timestamp)) -> (String, String) {
    let city = OpenCity::open(data).map_err(yakuba::fail::Failure::from).unwrap();
    let inside = city.inside().clone();
    assert!(!inside.demo);
    let seams = inside.seams.clone();
    let credential = inside.store.write::<_, StaffError, _>(move |tx| {
        let by = Actor::System { job: "test" };
        let clerk = staff::add(tx, &seams, &by, "窓口 係", "市民課", &[Role::CounterClerk])?;
        staff::make_counter_credential(tx, &seams, &clerk)
    });
    let seams = inside.seams.clone();
    let terminal = inside.store.write::<_, StoreError, _>(move |tx| {
        terminals::enrol_here(tx, &seams, &Actor::System { job: "test" }, "1号機", "本庁舎").map(|(_, secret)| secret)
    });
    // This office is open day and night, as the tests are.
    let from = base::Date::new(2000, 1, 2).unwrap();
    inside.store.write::<_, StoreError, _>(move |tx| yakuba::birth::always_open(tx, from)).unwrap();
    let (seams, vault) = (inside.seams.clone(), inside.vault.clone());
    let (resident, certificate, valid_until) = (card.0.clone(), card.1, card.2);
    inside
        .store
        .write::<_, CredentialError, _>(move |tx| {
            let kind = CredentialKind::JpkiCard;
            let link = credentials::Link { resident: &resident, kind, valid_until, genuineness: None };
            let linked = credentials::enrol(tx, &vault, &seams, &Actor::System { job: "test" }, &link, &certificate)?;
            linked.unwrap();
            Ok(())
        })
        .unwrap();
    let terminal = data_encoding::BASE64URL_NOPAD.encode(&terminal.unwrap().0);
    (credential.unwrap().reveal().to_owned(), terminal)
}

#[test]
fn a_real_city_serves_its_counter_and_a_card_in_a_real_reader() {
    let world = World::new();
    let place = tempfile::tempdir().unwrap();
    let (files, data) = (place.path().join("export"), place.path().join("data"));
    let resident = export(&files, &world.seams);
    let [files_text, data_text] = [&files, &data].map(|path| path.to_str().unwrap().to_owned());
    let data_text = data_text.as_str();

    // Everything that is missing is asked for by name, and nothing is made up.
    let (code, words) = said(&run(&["city", "import", &files_text, "--data", data_text]));
    assert!(code != Some(0) && words.contains("city.toml"), "{words}");
    std::fs::create_dir_all(&data).unwrap();
    std::fs::write(data.join("city.toml"), PROFILE).unwrap();
    let imported = run(&["city", "import", &files_text, "--data", data_text]);
    assert!(imported.status.success(), "{}", said(&imported).1);
    let (code, words) = said(&run(&["serve", "--port", "0", "--data", data_text]));
    assert!(code != Some(0) && words.contains("mayor.p8"), "{words}");
    let (code, words) =
        said(&run(&["card", "virtual", "--resident", resident.as_str(), "--data", data_text, "--vpcd", "127.0.0.1:1"]));
    assert!(code == Some(77) && words.contains("demo"), "{words}");
    world.give_keys(&data);

    let (card, certificate, until) = world.card();
    let (credential, terminal) = open_for_business(&data, (&resident, certificate, until));
    let mut daemon = Daemon::start();
    daemon.put(card);
    let printer = MockPrinter::start(std::time::Duration::from_millis(50)).unwrap();
    let serving = Serving::start(data_text, &daemon, &printer);

    // The counter: who and why, or no paper.
    let out = place.path().join("counter.pdf");
    let out_text = out.to_str().unwrap();
    let issue =
        ["issue", "residence-certificate", "--resident", resident.as_str(), "--data", data_text, "--out", out_text];
    let key = place.path().join("credential");
    std::fs::write(&key, &credential).unwrap();
    let purpose = ["--purpose", "窓口での本人の申請"];
    let with_key = ["--staff-credential", key.to_str().unwrap()];
    for (more, code, word) in [(vec![], 65, "--purpose"), (purpose.to_vec(), 77, "credential")] {
        let (found, words) = said(&run(&[&issue[..], &more].concat()));
        assert!(found == Some(code) && words.contains(word), "{found:?} {words}");
        assert!(!out.exists());
    }
    let issued = run(&[&issue[..], &purpose, &with_key].concat());
    assert!(issued.status.success(), "{}", said(&issued).1);
    let verified = run(&["verify", "paper", out_text, "--data", data_text]);
    assert!(verified.status.success(), "{}", said(&verified).1);

    // The machine: a card that pcscd shows, a PIN, coins, a paper out of a printer.
    let cookie = format!("yakuba-terminal={terminal}");
    let mut machine = Browser::new(&serving.address, &[&cookie]);
    assert_eq!(machine.ask("GET", "/kiosk/demo", "").status, 403, "the drawer is the demo's");
    assert_eq!(machine.begin().location.as_deref(), Some("/kiosk/card"));
    let page = machine.ask("GET", "/kiosk/card", "").page();
    let page = machine.go_on(&page, "/kiosk/card", "", "/kiosk/pin");
    let page = machine.go_on(&page, "/kiosk/pin", "pin=0000", "/kiosk/pin");
    assert!(page.contains('2'), "two tries are left");
    let page = machine.go_on(&page, "/kiosk/pin", &format!("pin={PIN}"), "/kiosk/kind");
    let page = machine.go_on(&page, "/kiosk/kind", "kind=residence_certificate", "/kiosk/choose");
    let page = machine.go_on(&page, "/kiosk/choose", "who=household&copies=1", "/kiosk/confirm");
    let page = machine.go_on(&page, "/kiosk/confirm", "", "/kiosk/pay");
    let page = machine.go_on(&page, "/kiosk/pay/insert", "coin=500", "/kiosk/pay");
    let page = machine.go_on(&page, "/kiosk/pay", "", "/kiosk/print");
    let page = machine.go_on(&page, "/kiosk/print", "", "/kiosk/take");
    machine.go_on(&page, "/kiosk/take", "", "/kiosk/ended");
    let papers = printer.printed();
    assert_eq!(papers.len(), 1);
    std::fs::write(&out, &papers[0].bytes).unwrap();
    let verified = run(&["verify", "paper", out_text, "--data", data_text]);
    assert!(verified.status.success(), "{}", said(&verified).1);

    // Withdrawn by staff, it is valid no more.
    let (seams, request) = (world.seams.clone(), request_of(&out));
    drop(serving);
    {
        let city = OpenCity::open(&data).map_err(yakuba::fail::Failure::from).unwrap();
        let by = Actor::System { job: "test" };
        let withdrawn = city
            .inside()
            .store
            .write::<_, StoreError, _>(move |tx| papers::withdraw(tx, &seams, &by, request, "窓口での訂正"));
        withdrawn.unwrap();
    }
    let verified = run(&["verify", "paper", out_text, "--data", data_text]);
    assert_eq!(verified.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&verified.stdout).contains("withdrawn"));

    // Who looked: the counter's one paper, with its reason; the person's own tap is no disclosure to them.
    let city = OpenCity::open(&data).map_err(yakuba::fail::Failure::from).unwrap();
    let today = city.inside().seams.today();
    let lines = city
        .inside()
        .store
        .read::<_, StoreError, _>(|tx| disclosure::for_person(tx, &resident, today, None, 50))
        .unwrap();
    assert_eq!(lines.iter().filter(|line| line.duty == Some(Duty::CertificateCounter)).count(), 1);
    assert_eq!(lines.iter().filter(|line| line.duty == Some(Duty::CertificateSelf)).count(), 0);
    drop(city);
    assert!(run(&["verify", "audit", "--data", data_text]).status.success());
}
