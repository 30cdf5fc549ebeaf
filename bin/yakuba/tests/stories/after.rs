//! After the paper: its stamp before other programs, its bytes that vanish, copies that last, the list of withdrawn ones.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::{Clock, Id, ManualClock, Seams, SystemRandom};
use pki::AuthorityRole;
use pki::pades::long_term::ListSource;
use pki::pades::{self, StampFound};
use pki::revocation::{HttpFetch, RevocationReason, StatusError};
use pki::test_authority::RevokedEntry;
use pki::timestamp::{HttpTimestampSource, RestingSource, StampedToken, TimestampError, TimestampSource};
use services::convenience_certificates::{Applicant, Choices, FetchToken, Refusal, Request, State, actions};
use store::StoreError;
use tools::electronic_copies::{self, Level};
use tools::relay::Message;
use tools::relay::paper_status::RequestHash;
use tools::withdrawal_list::{self, WithdrawalList};
use yakuba::keys::SimulatedAuthorities;

use crate::city::{Fixture, fixture};

fn prepared(fixture: &Fixture, applicant: &Applicant) -> (Request, FetchToken) {
    let (city, issuer) = (fixture.inside(), &fixture.issuer);
    let request = fixture.paid(applicant, &Choices::default());
    let token = actions::prepare(city, &issuer.composer, issuer.fresh_minutes, applicant, request.id);
    (request, token.unwrap().unwrap())
}

fn issued(fixture: &Fixture) -> Vec<u8> {
    let applicant = fixture.applicant("couple");
    let (request, token) = prepared(fixture, &applicant);
    actions::fetch(fixture.inside(), &applicant, request.id, &token).unwrap().unwrap()
}

/// A directory with a paper and the roots it is judged by, and what a program says of it.
struct Bench(tempfile::TempDir);

impl Bench {
    fn new(fixture: &Fixture) -> Self {
        let bench = Self(tempfile::tempdir().unwrap());
        for anchor in fixture.means.papers.get().anchors.iter() {
            let name = if anchor.role() == AuthorityRole::Timestamp { "stamps.pem" } else { "documents.pem" };
            let body = data_encoding::BASE64.encode(anchor.der());
            bench.write(name, format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n").as_bytes());
        }
        bench
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.0.path().join(name), bytes).unwrap();
    }

    fn run(&self, program: &Path, arguments: &[&str]) -> String {
        let output = Command::new(program).args(arguments).current_dir(self.0.path()).output();
        let output = output.unwrap_or_else(|error| panic!("{program:?} cannot be run ({error}): scripts/setup test"));
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }

    fn pyhanko(&self, fixture: &Fixture, file: &str) -> String {
        const NAME: &str = "python-of-tests";
        // <target>/<profile>/deps/<this test>
        let beside = std::env::current_exe().unwrap().ancestors().nth(3).unwrap().join("tools/bin").join(NAME);
        let python = if beside.is_file() { beside } else { PathBuf::from(NAME) };
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../crates/pki/tests/all/pades_opinion.py");
        let at = fixture.inside().seams.now().plus_seconds(1).seconds().to_string();
        self.run(&python, &[script, file, &at, "documents.pem", "stamps.pem"])
    }
}

#[test]
fn an_issued_paper_is_stamped_and_other_programs_agree() {
    let fixture = fixture();
    let bytes = issued(fixture);
    let report = pades::verify(&bytes, &fixture.means.papers.get().anchors, fixture.inside().seams.now()).unwrap();
    assert!(matches!(report.stamp, StampFound::Vouches(_)), "{:?}", report.stamp);
    let bench = Bench::new(fixture);
    bench.write("paper.pdf", &bytes);
    let said = bench.pyhanko(fixture, "paper.pdf");
    assert!(said.starts_with("VALID stamped covers-entire-file"), "{said}");
    let said = bench.run(Path::new("pdfsig"), &["paper.pdf"]);
    assert!(said.contains("Signature is Valid") && said.contains("Total document signed"), "{said}");
    // One bit in the middle of a page's content.
    let mut flipped = bytes;
    let at = flipped.windows(6).position(|part| part == b"stream").unwrap() + 100;
    flipped[at] ^= 1;
    bench.write("flipped.pdf", &flipped);
    let said = bench.pyhanko(fixture, "flipped.pdf");
    assert!(said.starts_with("INVALID"), "{said}");
    assert!(pades::verify(&flipped, &fixture.means.papers.get().anchors, fixture.inside().seams.now()).is_err());
}

struct Down;

impl TimestampSource for Down {
    fn stamp(&self, _: [u8; 32]) -> Result<StampedToken, TimestampError> {
        Err(TimestampError::Unreachable)
    }
}

#[test]
fn without_the_time_stamping_authority_the_paper_comes_and_nobody_waits_long() {
    let fixture = fixture();
    let (city, applicant) = (fixture.inside(), fixture.applicant("widow"));
    // A port where nobody answers: taken and never served.
    let socket = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let source = HttpTimestampSource {
        fetch: Arc::new(HttpFetch::with_timeout(Duration::from_secs(1))),
        url: format!("http://{}/stamp", socket.local_addr().unwrap()),
        policy: None,
        anchors: fixture.means.papers.get().anchors.clone(),
        seams: city.seams.clone(),
    };
    let stamps = RestingSource::new(source, 60, city.seams.clone());
    let composer = fixture.composer_while(|| {}).with_stamps(Arc::new(stamps));
    let begun = Instant::now();
    for _ in 0..3 {
        let request = fixture.paid(&applicant, &Choices::default());
        let token = actions::prepare(city, &composer, fixture.issuer.fresh_minutes, &applicant, request.id);
        let bytes = actions::fetch(city, &applicant, request.id, &token.unwrap().unwrap()).unwrap().unwrap();
        let report = pades::verify(&bytes, &fixture.means.papers.get().anchors, city.seams.now()).unwrap();
        assert_eq!(report.stamp, StampFound::None);
    }
    assert!(begun.elapsed() < Duration::from_secs(30), "one of three waited, and not for long");
}

/// Every byte of the inside database as it lies on the disk: tables, free pages, write-ahead log.
fn on_disk(fixture: &Fixture) -> Vec<u8> {
    fn read(directory: &Path, into: &mut Vec<u8>) {
        for entry in std::fs::read_dir(directory).unwrap().flatten() {
            match entry.file_type().unwrap().is_dir() {
                true => read(&entry.path(), into),
                false => into.extend(std::fs::read(entry.path()).unwrap_or_default()),
            }
        }
    }
    let mut bytes = Vec::new();
    read(&fixture.city.directory().join("inside"), &mut bytes);
    bytes
}

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|part| part == needle)
}

/// The sealed bytes of a request that waits.
fn sealed(fixture: &Fixture, request: Id) -> Vec<u8> {
    let sql = "SELECT sealed FROM certificate_documents WHERE request_id = $1";
    let row = fixture.inside().store.read::<_, StoreError, _>(|tx| tx.query_one(sql, &[request.into()])).unwrap();
    row.unwrap().blob(0).unwrap().to_vec()
}

#[test]
fn a_document_waits_sealed_and_after_printing_nothing_that_can_be_opened_is_left_on_the_disk() {
    let fixture = Fixture::named("erased");
    let (city, applicant) = (fixture.inside(), fixture.applicant("couple"));
    let (request, token) = prepared(&fixture, &applicant);
    let kept = sealed(&fixture, request.id);
    let disk = on_disk(&fixture);
    assert!(holds(&disk, &kept[200..232]), "the look at the disk finds what is there");
    let bytes = actions::fetch(city, &applicant, request.id, &token).unwrap().unwrap();
    let is_readable = |disk: &[u8]| holds(disk, &bytes[2000..2032]) || holds(disk, b"%PDF-1.");
    assert!(!is_readable(&disk), "sealed while it waits");
    assert!(!holds(&disk, &token.0), "the key to it is in no file");
    actions::print_acknowledged(city, request.id).unwrap().unwrap();
    assert_eq!(fixture.documents(&request), 0);
    // What the write-ahead log still holds is sealed for the person, and within that locked by a token that no file has
    // and that is forgotten with the session: whoever has every key of the city opens noise.
    let disk = on_disk(&fixture);
    assert!(!is_readable(&disk) && !holds(&disk, &token.0));
    let opened = city.vault.open_sealed(applicant.resident().as_str(), "certificate_documents.sealed", &kept).unwrap();
    assert!(!opened.starts_with(b"%PDF"), "the person's key alone opens nothing");
    assert_eq!(actions::fetch(city, &applicant, request.id, &token).unwrap(), Err(Refusal::AlreadyEnded));
}

#[test]
fn a_document_that_nobody_fetches_is_erased_after_fifteen_minutes() {
    let fixture = fixture();
    let applicant = fixture.applicant("widow");
    let (request, token) = prepared(fixture, &applicant);
    assert_eq!(fixture.documents(&request), 1);
    let at = |seconds| {
        let clock = ManualClock::starting_at(fixture.inside().seams.now().plus_seconds(seconds));
        fixture.with_seams(Seams { clock: Arc::new(clock), random: Arc::new(SystemRandom) })
    };
    actions::sweep(&at(14 * 60), false).unwrap();
    assert_eq!(fixture.documents(&request), 1, "fourteen minutes later");
    actions::sweep(&at(15 * 60 + 5), false).unwrap();
    assert_eq!(fixture.documents(&request), 0);
    assert_ne!(fixture.state(&request), State::Ready);
    let late = actions::fetch(fixture.inside(), &applicant, request.id, &token).unwrap();
    assert_eq!(late, Err(Refusal::AlreadyEnded));
}

#[test]
fn an_electronic_copy_is_stamped_when_the_authority_answers_and_lasts_by_the_job() {
    let fixture = fixture();
    let (city, applicant) = (fixture.inside(), fixture.applicant("couple"));
    let composer = fixture.composer_while(|| {}).with_stamps(Arc::new(Down));
    let request = fixture.paid(&applicant, &Choices::default());
    let token = actions::prepare(city, &composer, fixture.issuer.fresh_minutes, &applicant, request.id);
    let unstamped = actions::fetch(city, &applicant, request.id, &token.unwrap().unwrap()).unwrap().unwrap();
    let sealed = electronic_copies::sealed(&city.vault, applicant.resident(), &unstamped).unwrap();
    let (id, resident, now) = (request.id, applicant.resident().clone(), city.seams.now());
    city.store
        .write(move |tx| {
            electronic_copies::keep(tx, id, &resident, &sealed, Level::Signed, now, now.plus_seconds(86_400 * 30))
        })
        .unwrap();
    let deliverable = || electronic_copies::deliverable(&city.store, &city.vault, id).unwrap();
    assert!(deliverable().is_none(), "nobody is given bytes that will change");
    let lasting = fixture.means.lasting.clone().unwrap();
    assert_eq!(lasting.run(city).unwrap(), 1);
    let (level, bytes) = deliverable().unwrap();
    assert_eq!(level, Level::Lasting);
    let report = pades::verify(&bytes, &fixture.means.papers.get().anchors, city.seams.now()).unwrap();
    assert!(report.long_term.unwrap().is_complete && matches!(report.stamp, StampFound::Vouches(_)));
    assert_eq!(lasting.run(city).unwrap(), 0, "once is enough");
    let bench = Bench::new(fixture);
    bench.write("copy.pdf", &bytes);
    let said = bench.pyhanko(fixture, "copy.pdf");
    assert!(said.starts_with("VALID stamped covers-with-evidence") && said.contains(" long-term"), "{said}");
    let later = fixture.with_seams(Seams {
        clock: Arc::new(ManualClock::starting_at(now.plus_seconds(86_400 * 31))) as Arc<dyn Clock>,
        random: Arc::new(SystemRandom),
    });
    lasting.run(&later).unwrap();
    assert!(deliverable().is_none(), "its time is over");
}

/// Lists of the demo's authorities, made now; of the stampers' one certificate may be revoked.
struct Lists {
    authorities: SimulatedAuthorities,
    seams: Seams,
    revoked: Option<u64>,
}

impl ListSource for Lists {
    fn list(&self, key_id: &[u8]) -> Result<Vec<u8>, StatusError> {
        let now = self.seams.now();
        let (since, reason) = (now.plus_seconds(-86_400), RevocationReason::KeyCompromise);
        let entries: Vec<RevokedEntry> =
            self.revoked.into_iter().map(|serial| RevokedEntry { serial, since, reason }).collect();
        let (authority, entries) = if key_id == self.authorities.document.key_id() {
            (&self.authorities.document, &[][..])
        } else {
            (&self.authorities.timestamps, &entries[..])
        };
        Ok(authority.whole_revocation_list(1, now, now.plus_seconds(3600), entries).unwrap())
    }
}

fn open_incidents(city: &tools::Inside) -> Vec<String> {
    let open = city.store.read::<_, StoreError, _>(|tx| tools::incidents::list(tx, true)).unwrap();
    open.into_iter().map(|incident| incident.kind).collect()
}

#[test]
fn a_copy_that_was_altered_is_put_aside_one_that_is_void_is_told_and_neither_stops_the_others() {
    let fixture = Fixture::named("copies");
    let (city, applicant) = (fixture.inside(), fixture.applicant("couple"));
    let stamped = issued(&fixture);
    let keep = |bytes: &[u8]| {
        let sealed = electronic_copies::sealed(&city.vault, applicant.resident(), bytes).unwrap();
        let (id, resident, now) = (city.seams.random_id(), applicant.resident().clone(), city.seams.now());
        let kept = move |tx: &mut store::Tx<'_>| {
            electronic_copies::keep(tx, id, &resident, &sealed, Level::Stamped, now, now.plus_seconds(86_400 * 30))
        };
        city.store.write(kept).unwrap();
        id
    };
    let level = |id: Id| {
        let sql = "SELECT level FROM electronic_copies WHERE request_id = $1";
        let row = city.store.read::<_, StoreError, _>(|tx| tx.query_one(sql, &[id.into()])).unwrap();
        row.unwrap().text(0).unwrap().to_owned()
    };
    // Sealed bytes that were changed where they lie, a sealed file that was changed before, and one that is what it was.
    let (sealed, file, good) = (keep(&stamped), keep(&[&stamped[..], b"%\n"].concat()), keep(&stamped));
    city.store
        .write::<_, StoreError, _>(move |tx| {
            let sql = "UPDATE electronic_copies SET sealed = $1, next_try_at = 0 WHERE request_id = $2";
            let row = tx.query_one("SELECT sealed FROM electronic_copies WHERE request_id = $1", &[sealed.into()])?;
            let mut bytes = row.unwrap().blob(0)?.to_vec();
            *bytes.last_mut().unwrap() ^= 1;
            tx.execute(sql, &[bytes.as_slice().into(), sealed.into()]).map(|_| ())
        })
        .unwrap();
    let lists = |revoked| {
        let authorities = SimulatedAuthorities::open(fixture.city.directory(), &city.seams);
        let authorities = authorities.map_err(|_| "no authorities").unwrap();
        Lists { authorities, seams: city.seams.clone(), revoked }
    };
    let papers = fixture.means.papers.get();
    let anchors = &papers.anchors;
    let run = |lists: &Lists| {
        let service = services::convenience_certificates::SERVICE_CODE;
        let means = electronic_copies::Means { stamps: &Down, lists, anchors, service };
        electronic_copies::run(&city.store, &city.vault, &city.seams, &means).unwrap()
    };
    let honest = lists(None);
    assert_eq!(run(&honest), 1);
    assert_eq!([sealed, file, good].map(level), ["aside", "aside", "lasting"]);
    assert_eq!(open_incidents(city), ["electronic-copy-altered"], "two of a kind are one incident");
    assert_eq!(run(&honest), 0, "what was put aside is left alone");
    assert!(electronic_copies::deliverable(&city.store, &city.vault, file).unwrap().is_none());

    let evidence = pades::long_term::collect(&stamped, anchors, &honest, city.seams.now()).unwrap();
    // The serial number stands behind the heads of the certificate and its body and the version.
    let stamper = &evidence.certificates[2];
    assert_eq!(stamper[13], 2, "an integer");
    let digits = &stamper[15..15 + usize::from(stamper[14])];
    let serial = digits.iter().fold(0, |serial, byte| serial << 8 | u64::from(*byte));
    let void = keep(&stamped);
    assert_eq!(run(&lists(Some(serial))), 0);
    assert_eq!(level(void), "void");
    assert!(open_incidents(city).contains(&"electronic-copy-void".to_owned()));
    assert!(electronic_copies::deliverable(&city.store, &city.vault, void).unwrap().is_none());
}

#[test]
fn the_list_of_withdrawn_papers_is_signed_and_holds_hashes_alone() {
    let fixture = Fixture::named("withdrawn");
    let (city, outside) = (fixture.inside(), fixture.city.outside().clone());
    let keys = fixture.issuer.composer.keys();
    let codes = &keys.codes;
    let publish = || withdrawal_list::publish(&city.store, &city.seams, codes, "99999").unwrap();
    assert!(publish(), "an empty list says that nothing was withdrawn");
    assert!(!publish(), "nothing new");
    // Three hundred papers that staff withdrew: two parts. One that nobody took: withdrawn by the sweep.
    let ids: Vec<Id> = (0..300).map(|_| city.seams.random_id()).collect();
    let (withdrawn, seams) = (ids.clone(), city.seams.clone());
    city.store
        .write::<_, StoreError, _>(move |tx| {
            let actor = tools::access::Actor::System { job: "test" };
            for &id in &withdrawn {
                tools::papers::withdraw(tx, &seams, &actor, id, "misprint")?;
            }
            Ok(())
        })
        .unwrap();
    let applicant = fixture.applicant("widow");
    let (abandoned, _) = prepared(&fixture, &applicant);
    actions::stop(city, abandoned.id).unwrap().unwrap();
    assert!(publish());
    let bodies = city
        .store
        .read::<_, StoreError, _>(|tx| {
            let sql = "SELECT id, kind, body FROM relay_outbox WHERE kind = 'withdrawal_list' ORDER BY at, id";
            tx.query(sql, &[])?
                .iter()
                .map(|row| Ok((row.id(0)?, row.text(1)?.to_owned(), row.blob(2)?.to_vec())))
                .collect::<Result<Vec<_>, StoreError>>()
        })
        .unwrap();
    for (id, kind, body) in bodies {
        let message = Message { sequence: 0, id, at: city.seams.now(), kind, body };
        outside
            .store
            .write::<_, tools::relay::HandleError, _>(move |tx| withdrawal_list::receive(tx, &message))
            .unwrap();
    }
    let published = outside.store.read::<_, StoreError, _>(withdrawal_list::current).unwrap().unwrap();
    assert_eq!((published.number, published.parts.len()), (2, 2));
    let parts: Vec<Vec<u8>> =
        published.parts.iter().map(|part| data_encoding::BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).collect();
    let list = WithdrawalList::read(&parts, &codes.public()).unwrap();
    assert_eq!((list.len(), list.number, list.issuer.as_str()), (301, 2, "99999"));
    assert!(ids.iter().chain([&abandoned.id]).all(|&id| list.holds(&RequestHash::of(id))));
    assert!(!list.holds(&RequestHash::of(city.seams.random_id())));
    let text = parts.concat();
    assert!(ids.iter().all(|id| !holds(&text, id.to_string().as_bytes()) && !holds(&text, id.bytes())));
    let mut altered = parts.clone();
    let last = altered[0].len() - 100;
    altered[0][last] ^= 1;
    assert!(WithdrawalList::read(&altered, &codes.public()).is_err());
    assert!(WithdrawalList::read(&parts[..1], &codes.public()).is_err(), "half a list");
}
