//! Registered seals and tax certificates through the real engine: at true size, to whom they belong, never of a cancelled
//! seal, never from a copy that is not fresh.

use base::text::to_half_width;
use paper::recheck::extract;
use services::convenience_certificates::{CertificateKind, Choices, Refusal, Request, State, actions};
use store::StoreError;
use tools::copied_records::{self, import};
use tools::register::import::Options;
use tools::seal_register::{Cancellation, SealRegistration, SealState};
use tools::tax_records::years::{Switch, current, japanese, set_switch};
use wire::record_lines::{Contents, Header, Record, write_header, write_record};

use crate::city::{Fixture, fixture};
use crate::served::Served;

const SEAL: CertificateKind = CertificateKind::SealRegistrationCertificate;
const TAX: CertificateKind = CertificateKind::TaxCertificate;

fn of(kind: CertificateKind) -> Choices {
    Choices { kind, ..Choices::default() }
}

/// What the seal system says of a sample.
fn registration(fixture: &Fixture, sample: &str) -> SealRegistration {
    let resident = fixture.sample(sample);
    let file = std::fs::read_to_string(fixture.city.directory().join("files").join(SealRegistration::FILE)).unwrap();
    let lines = file.lines().skip(1).map(|line| SealRegistration::parse(line).unwrap());
    lines.into_iter().find(|seal| seal.resident_id == resident.as_str()).unwrap()
}

/// The whole life of a request at the counter.
fn issue(fixture: &Fixture, sample: &str, kind: CertificateKind) -> Result<Vec<u8>, Refusal> {
    let (city, issuer, applicant) = (fixture.inside(), &fixture.issuer, fixture.applicant(sample));
    let request = actions::begin(city, issuer.fresh_minutes, &applicant, &of(kind)).unwrap()?;
    actions::payment_started(city, request.id).unwrap()?;
    actions::payment_settled(city, request.id, true).unwrap()?;
    let token = actions::prepare(city, &issuer.composer, issuer.fresh_minutes, &applicant, request.id).unwrap()?;
    let bytes = actions::fetch(city, &applicant, request.id, &token).unwrap()?;
    issuer.composer.belongs_to(&bytes, &request, &applicant).unwrap();
    actions::print_acknowledged(city, request.id).unwrap()?;
    Ok(bytes)
}

/// What the counter is told about the sample's last request of a kind.
fn cause(fixture: &Fixture, sample: &str, kind: CertificateKind) -> String {
    let (resident, kind) = (fixture.sample(sample), kind.as_str());
    let sql = "SELECT refusal_cause FROM certificate_requests WHERE resident_id = $1 AND kind = $2 \
               ORDER BY began_at DESC LIMIT 1";
    let row = fixture
        .inside()
        .store
        .read::<_, StoreError, _>(|tx| tx.query_one(sql, &[resident.as_str().into(), kind.into()]));
    row.unwrap().unwrap().opt_text(0).unwrap().unwrap_or_default().to_owned()
}

/// Width, height and gray pixels of page 1 as it is printed.
fn printed(bytes: &[u8], dots: u32) -> (usize, usize, Vec<u8>) {
    let directory = tempfile::tempdir().unwrap();
    let (pdf, page) = (directory.path().join("paper.pdf"), directory.path().join("page"));
    std::fs::write(&pdf, bytes).unwrap();
    let status = std::process::Command::new("pdftoppm")
        .args(["-gray", "-singlefile", "-r", &dots.to_string()])
        .args([&pdf, &page])
        .status()
        .unwrap_or_else(|error| panic!("pdftoppm cannot be run ({error}); on Debian: apt-get install poppler-utils"));
    assert!(status.success());
    let pgm = std::fs::read(page.with_extension("pgm")).unwrap();
    let mut parts = pgm.splitn(4, |&byte| byte.is_ascii_whitespace());
    assert_eq!(parts.next().unwrap(), b"P5");
    let mut number = || std::str::from_utf8(parts.next().unwrap()).unwrap().parse::<usize>().unwrap();
    let (width, height) = (number(), number());
    let rest = parts.next().unwrap();
    let pixels = rest.splitn(2, |&byte| byte.is_ascii_whitespace()).nth(1).unwrap().to_vec();
    assert_eq!(pixels.len(), width * height);
    (width, height, pixels)
}

#[test]
fn the_registered_seal_is_printed_at_its_true_size() {
    let fixture = fixture();
    let seal = registration(fixture, "couple").impression;
    let bytes = issue(fixture, "couple", SEAL).unwrap();
    let (width, _, pixels) = printed(&bytes, 600);
    let dots = |millimetres: f64| (millimetres / 25.4 * 600.0) as usize;
    let is_ink = |x: usize, y: usize| pixels[y * width + x] < 128;
    // Inside the box of the impression: between its frame, under its heading.
    let (left, right, top, bottom) = (dots(16.0), dots(58.0), dots(41.5), dots(84.5));
    let columns: Vec<usize> = (left..right).filter(|&x| (top..bottom).any(|y| is_ink(x, y))).collect();
    let rows: Vec<usize> = (top..bottom).filter(|&y| (left..right).any(|x| is_ink(x, y))).collect();
    let span = |found: &[usize]| (found[found.len() - 1] - found[0] + 1) as f64 * 25.4 / 600.0;
    for (measured, wanted) in [(span(&columns), seal.width), (span(&rows), seal.height)] {
        let wanted = f64::from(wanted) / 1000.0;
        assert!((measured - wanted).abs() <= 0.2, "{measured:.3} mm printed, {wanted} mm registered");
        println!("{measured:.3} mm printed, {wanted} mm registered");
    }
}

#[test]
fn each_sample_gets_the_papers_that_are_theirs_and_one_sentence_for_the_others() {
    let fixture = fixture();
    // sample, its seal, its taxes: the cause for the counter, or "" for a paper.
    let cases = [
        ("elderly-single", "", ""),
        ("foreign-resident", "", ""),
        ("former-name", "", ""),
        ("long-name", "", ""),
        ("rare-nabe", "", ""),
        ("seal-suspended", "seal-suspended", ""),
        ("seal-cancelled", "seal-cancelled", ""),
        ("tax-unfiled", "", "tax-not-filed"),
        ("tax-zero-income", "", ""),
        ("under-protection", "suppressed", "suppressed"),
        ("moved-out", "moved-out seal-not-registered", "moved-out tax-no-record"),
        ("under-fifteen", "under-fifteen seal-not-registered", "under-fifteen tax-no-record"),
        ("pending", "pending", "pending"),
        ("planned-move-out", "planned-move-out", "planned-move-out"),
    ];
    for (sample, seal, tax) in cases {
        for (kind, expected) in [(SEAL, seal), (TAX, tax)] {
            let answer = issue(fixture, sample, kind);
            if expected.is_empty() {
                let bytes = answer.unwrap_or_else(|_| panic!("{sample} {kind:?}: {}", cause(fixture, sample, kind)));
                assert_eq!(extract(&bytes).unwrap().keyword("kind"), Some(kind.as_str()));
            } else {
                assert_eq!(answer.unwrap_err(), Refusal::AskAtTheCounter, "{sample} {kind:?}");
                assert_eq!(cause(fixture, sample, kind), expected, "{sample} {kind:?}");
            }
        }
    }
    let bytes = issue(fixture, "tax-zero-income", TAX).unwrap();
    let texts = extract(&bytes).unwrap().pages[0].texts.clone();
    let after = |heading: &str| texts[texts.iter().position(|text| text == heading).unwrap() + 1].clone();
    let year = japanese(current(&[], fixture.inside().seams.today()));
    assert!(after("年度").starts_with(&year));
    assert_eq!((after("合計所得金額"), after("年税額"), after("給与収入")), ("0".into(), "0".into(), "***".into()));
    // A paper about the applicant alone has no members and no items to choose.
    let applicant = fixture.applicant("elderly-single");
    let members = services::convenience_certificates::Members::Household;
    let more = Choices { members, ..of(SEAL) };
    let refused = actions::begin(fixture.inside(), fixture.issuer.fresh_minutes, &applicant, &more).unwrap();
    assert_eq!(refused.unwrap_err(), Refusal::BadChoices);
    // Whoever looked, and at what, is in the list.
    let sql = "SELECT COUNT(*) FROM disclosure WHERE subject = $1 AND items LIKE $2";
    for item in ["%seal_registration%", "%tax%"] {
        let subject = fixture.sample("elderly-single");
        let row = fixture
            .inside()
            .store
            .read::<_, StoreError, _>(|tx| tx.query_one(sql, &[subject.as_str().into(), item.into()]));
        assert!(row.unwrap().unwrap().int(0).unwrap() > 0, "{item}");
    }
}

/// The seal system sends a difference about `seal`; nothing but a heartbeat without one.
fn from_the_seal_system(city: &tools::Inside, ahead: i64, seal: Option<&SealRegistration>) -> import::Report {
    let now = city.seams.now();
    let feed =
        city.store.read::<_, StoreError, _>(|tx| copied_records::freshness::<SealRegistration>(tx, now)).unwrap();
    let source = city
        .store
        .read::<_, StoreError, _>(|tx| tx.query_one("SELECT source FROM record_copy_feed WHERE kind = 'seals'", &[]));
    let after = feed.position + ahead;
    let directory = tempfile::tempdir().unwrap();
    let mut out = Vec::new();
    let header = Header {
        source: source.unwrap().unwrap().text(0).unwrap().to_owned(),
        position: after + 1,
        taken_at: now,
        contents: Contents::Difference { after },
        records: seal.iter().len() as u64,
    };
    write_header::<SealRegistration>(&mut out, &header).unwrap();
    seal.into_iter().for_each(|seal| write_record(&mut out, seal).unwrap());
    std::fs::write(directory.path().join(SealRegistration::FILE), out).unwrap();
    import::run::<SealRegistration>(&city.store, &city.seams, directory.path(), &Options::default()).unwrap().unwrap()
}

fn cancelled(seal: SealRegistration) -> SealRegistration {
    let on = seal.registered_on.plus_days(1);
    SealRegistration { state: SealState::Cancelled { on, why: Cancellation::SealLost }, ..seal }
}

#[test]
fn i8_while_replication_is_paused_a_cancelled_seal_is_refused_and_not_certified() {
    let fixture = Fixture::named("seal-stale");
    let (city, issuer, applicant) = (fixture.inside(), &fixture.issuer, fixture.applicant("couple"));
    let paid = fixture.paid(&applicant, &of(SEAL));
    // The seal is cancelled at the source; what arrives is a later change, so the source is known to be ahead of us.
    let seal = cancelled(registration(&fixture, "couple"));
    let late = from_the_seal_system(city, 1, Some(&registration(&fixture, "rare-nabe")));
    assert!(late.has_gap && !late.switched);
    let prepared = actions::prepare(city, &issuer.composer, issuer.fresh_minutes, &applicant, paid.id).unwrap();
    assert_eq!(prepared, Err(Refusal::RegisterNotFresh));
    assert_eq!((fixture.state(&paid), fixture.documents(&paid)), (State::RefundDue, 0));
    assert_eq!(issue(&fixture, "couple", SEAL).unwrap_err(), Refusal::RegisterNotFresh);
    assert_eq!(issue(&fixture, "rare-nabe", SEAL).unwrap_err(), Refusal::RegisterNotFresh, "nobody's seal");
    // The other registers are another system's.
    assert!(issue(&fixture, "couple", TAX).is_ok());
    assert!(issue(&fixture, "couple", CertificateKind::ResidenceCertificate).is_ok());
    // The missing changes arrive: now the cancellation is known, and everybody else is served again.
    assert!(from_the_seal_system(city, 0, Some(&seal)).switched);
    assert!(from_the_seal_system(city, 0, None).switched);
    assert_eq!(issue(&fixture, "couple", SEAL).unwrap_err(), Refusal::AskAtTheCounter);
    assert_eq!(cause(&fixture, "couple", SEAL), "seal-cancelled");
    assert!(issue(&fixture, "rare-nabe", SEAL).is_ok());
}

#[test]
fn i9_a_cancellation_or_a_new_year_that_comes_while_the_paper_is_drawn_refuses_it() {
    let fixture = Fixture::named("seal-race");
    let (city, applicant) = (fixture.inside(), fixture.applicant("couple"));
    let request = fixture.paid(&applicant, &of(SEAL));
    let (inside, seal) = (city.clone(), cancelled(registration(&fixture, "couple")));
    let composer = fixture.composer_while(move || {
        assert!(from_the_seal_system(&inside, 0, Some(&seal)).switched);
    });
    let refused = actions::prepare(city, &composer, fixture.issuer.fresh_minutes, &applicant, request.id);
    assert_eq!(refused.unwrap(), Err(Refusal::AskAtTheCounter));
    assert_eq!((fixture.state(&request), fixture.documents(&request)), (State::RefundDue, 0));

    // The city moves the day of the year's switch: what was drawn is no longer the current year's.
    let request = fixture.paid(&applicant, &of(TAX));
    let inside = city.clone();
    let composer = fixture.composer_while(move || {
        let today = inside.seams.today();
        let switch = Switch { fiscal_year: current(&[], today), from: today.plus_days(1), source: "告示".to_owned() };
        inside.store.write::<_, StoreError, _>(move |tx| set_switch(tx, &switch)).unwrap();
    });
    let refused = actions::prepare(city, &composer, fixture.issuer.fresh_minutes, &applicant, request.id);
    assert_eq!(refused.unwrap(), Err(Refusal::AskAtTheCounter));
    assert_eq!((fixture.state(&request), fixture.documents(&request)), (State::RefundDue, 0));
    let texts = extract(&issue(&fixture, "couple", TAX).unwrap()).unwrap().pages[0].texts.concat();
    let before = japanese(current(&[], city.seams.today()) - 1);
    assert!(to_half_width(&texts).contains(&to_half_width(&before)), "the year before is given until the switch");
}

#[test]
fn i9_no_certificate_of_a_seal_is_issued_after_the_commit_of_its_cancellation() {
    let fixture = fixture();
    let (city, issuer, applicant) = (fixture.inside(), &fixture.issuer, fixture.applicant("rare-takasaki"));
    let seal = registration(fixture, "rare-takasaki");
    let rounds = if std::env::var_os("YAKUBA_CHAOS").is_some() { 10_000 } else { 60 };
    let mut refused = 0;
    for round in 0..rounds {
        let request = fixture.paid(&applicant, &of(SEAL));
        let (prepared, seen) = std::thread::scope(|scope| {
            let registrar = scope.spawn(|| {
                std::thread::sleep(std::time::Duration::from_millis(round * 7 % 211));
                stand_as(city, &cancelled(seal.clone()), Some(&request))
            });
            let prepared = actions::prepare(city, &issuer.composer, issuer.fresh_minutes, &applicant, request.id);
            (prepared.unwrap(), registrar.join().unwrap())
        });
        // What the cancellation's own transaction saw tells which commit was first.
        match prepared {
            Ok(_) => assert_eq!(seen.as_deref(), Some("ready"), "round {round}: issued after the cancellation"),
            Err(refusal) => {
                assert_eq!(refusal, Refusal::AskAtTheCounter);
                assert_eq!(fixture.documents(&request), 0);
                refused += 1;
            }
        }
        stand_as(city, &seal, None);
    }
    assert!(refused > 0, "the race was never lost: it was not one");
}

/// Writes the registration as the import does, and answers how `request` stood in that transaction.
fn stand_as(city: &tools::Inside, seal: &SealRegistration, request: Option<&Request>) -> Option<String> {
    let (key, line, request) = (seal.key(), seal.to_line(), request.map(|request| request.id));
    city.store
        .write::<_, StoreError, _>(move |tx| {
            tx.execute(
                "UPDATE record_copies SET body = $1 WHERE kind = 'seals' AND record_key = $2",
                &[line.as_str().into(), key.as_str().into()],
            )?;
            let Some(request) = request else { return Ok(None) };
            let sql = "SELECT state FROM certificate_requests WHERE request_id = $1";
            tx.query_one(sql, &[request.into()])?.map(|row| row.text(0).map(str::to_owned)).transpose()
        })
        .unwrap()
}

#[test]
fn the_counter_issues_both_by_command_while_the_city_is_served() {
    let city = Served::start();
    let refused: Vec<_> =
        [("seal", "seal-cancelled"), ("seal", "seal-suspended"), ("tax", "tax-unfiled"), ("tax", "dead")]
            .into_iter()
            .map(|(kind, sample)| {
                let out = city.data.join(format!("{sample}.pdf"));
                let answer = city.issue_kind(kind, &city.sample(sample), &out);
                assert!(!out.exists(), "{sample}: a refusal makes no file");
                (answer.status.code(), String::from_utf8_lossy(&answer.stderr).trim().to_owned())
            })
            .collect();
    for answer in &refused {
        assert_eq!(*answer, (Some(1), "yakuba: この端末では発行できません。窓口でお手続きください。".to_owned()));
    }
    for kind in ["seal", "seal-registration-certificate", "tax", "tax-certificate"] {
        let out = city.data.join(format!("{kind}.pdf"));
        let answer = city.issue_kind(kind, &city.sample("couple"), &out);
        assert!(answer.status.success(), "{kind}: {}", String::from_utf8_lossy(&answer.stderr));
        assert!(std::fs::read(&out).unwrap().starts_with(b"%PDF"));
    }
    // The city says that the new year's certificates are given from tomorrow on: until then it is the year before's.
    let today = base::Seams::system().today();
    let year = current(&[], today);
    let set = |from: base::Date| {
        std::process::Command::new(env!("CARGO_BIN_EXE_yakuba"))
            .args(["city", "tax-year", "--fiscal-year", &year.to_string(), "--from", &from.to_string()])
            .args(["--source", "告示第12号", "--data"])
            .arg(&city.data)
            .output()
            .unwrap()
    };
    let printed_year = || {
        let out = city.data.join("year.pdf");
        assert!(city.issue_kind("tax", &city.sample("couple"), &out).status.success());
        let texts = extract(&std::fs::read(&out).unwrap()).unwrap().pages[0].texts.clone();
        texts[texts.iter().position(|text| text == "年度").unwrap() + 1].clone()
    };
    assert!(printed_year().starts_with(&japanese(year)));
    assert!(!set(today.plus_days(-1)).status.success(), "what was given out is not taken back");
    if today.plus_days(1).parts().0 == year {
        assert!(set(today.plus_days(1)).status.success());
        assert!(printed_year().starts_with(&japanese(year - 1)));
    }
}
