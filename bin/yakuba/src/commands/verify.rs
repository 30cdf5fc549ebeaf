//! `yakuba verify paper | audit | evidence`. Exit 0 valid, 1 not, with the reason.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use base::{Id, Kind, Seams};
use pki::{AnchorKind, AuthorityRole, TrustAnchors, pades};
use store::StoreError;
use tools::audit::{self, Zone};
use tools::papers;
use tools::relay::paper_status::{self, PaperState, RequestHash};

use crate::VerifyCommand;
use crate::city::OpenCity;
use crate::control::{self, Done, Request};
use crate::fail::{Failure, Outcome};
use crate::key_book::KeyBook;
use crate::keys::CityKeys;

/// Carries a `verify` command out.
///
/// # Errors
/// Files that cannot be read; a city that cannot be asked.
pub fn run(command: &VerifyCommand) -> Outcome {
    match command {
        VerifyCommand::Paper { file, data, trust } => paper(file, data.as_deref(), trust.as_deref()),
        VerifyCommand::Audit { data, against } => {
            let against = against
                .as_ref()
                .map(std::fs::read_to_string)
                .transpose()
                .map_err(Failure::while_doing(Kind::Invalid, "the file of heads cannot be read"))?;
            let done = control::run(data, Request::VerifyAudit { against }, &mut |_| {})?;
            Ok(said(&done))
        }
        VerifyCommand::Evidence { data } => {
            control::run(data, Request::VerifyEvidence, &mut |_| {}).map(|done| said(&done))
        }
    }
}

fn said(done: &Done) -> ExitCode {
    for line in &done.lines {
        println!("{line}");
    }
    ExitCode::from(done.exit_code)
}

/// Checks the evidence of letters, in the process that owns the city.
///
/// # Errors
/// The database; the time-stamping authority's certificate.
pub fn evidence(city: &OpenCity) -> Result<Done, Failure> {
    let anchors = crate::means::timestamp_anchors(city)?;
    let report = tools::mailbox::evidence::verify(&city.outside().store, Some(&anchors))
        .map_err(|error| Failure::new(error.kind(), error))?;
    let mut lines = vec![format!(
        "{} entries, {} roots, {} of them with a time stamp",
        report.entries, report.roots, report.stamped
    )];
    lines.extend(report.findings.iter().map(|finding| format!("altered: {finding}")));
    lines.push(
        if report.is_sound() { "the evidence of letters is whole" } else { "the evidence of letters was altered" }
            .to_owned(),
    );
    Ok(Done { exit_code: u8::from(!report.is_sound()), lines, file: None })
}

/// The document authority's certificate: `--trust`, or that of the data directory.
fn authority(data: Option<&Path>, trust: Option<&Path>) -> Result<Vec<u8>, Failure> {
    let path = match (trust, data) {
        (Some(path), _) => path.to_owned(),
        (None, Some(data)) => data.join("signing").join("authority.der"),
        (None, None) => PathBuf::from("demo-data/signing/authority.der"),
    };
    let bytes = std::fs::read(&path).map_err(|error| {
        Failure::new(
            Kind::Invalid,
            format!("{}: name the authority of the signature with --data or --trust: {error}", path.display()),
        )
    })?;
    pem_or_der(bytes)
}

/// The first certificate of a PEM file, or the bytes themselves.
fn pem_or_der(bytes: Vec<u8>) -> Result<Vec<u8>, Failure> {
    let Some(text) = std::str::from_utf8(&bytes).ok().filter(|text| text.contains("-----BEGIN CERTIFICATE-----"))
    else {
        return Ok(bytes);
    };
    let body: String = text
        .lines()
        .skip_while(|line| !line.starts_with("-----BEGIN CERTIFICATE-----"))
        .skip(1)
        .take_while(|line| !line.starts_with("-----END"))
        .flat_map(|line| line.trim().chars())
        .collect();
    data_encoding::BASE64
        .decode(body.as_bytes())
        .map_err(Failure::while_doing(Kind::Invalid, "the certificate of --trust"))
}

fn paper(file: &Path, data: Option<&Path>, trust: Option<&Path>) -> Outcome {
    let bytes = std::fs::read(file)
        .map_err(|error| Failure::new(Kind::Invalid, format!("{} cannot be read: {error}", file.display())))?;
    let authority = authority(data, trust)?;
    // Whoever runs the command has named the authority; whether it is a test one is said with the answer.
    let mut anchors = TrustAnchors::allowing_test();
    anchors
        .add(AuthorityRole::Document, AnchorKind::Test, &authority)
        .map_err(Failure::while_doing(Kind::Invalid, "the authority"))?;
    // Papers made before a rotation go on verifying.
    let former = match (trust, data) {
        (None, Some(data)) => KeyBook::read(&CityKeys::place(data))?.former_authorities(),
        _ => Vec::new(),
    };
    for former in former.iter().filter(|former| **former != authority) {
        anchors
            .add(AuthorityRole::Document, AnchorKind::Test, former)
            .map_err(Failure::while_doing(Kind::Invalid, "an earlier authority"))?;
    }
    match pades::verify(&bytes, &anchors, Seams::system().now()) {
        Ok(report) => {
            let when = report.claimed_time;
            let asked = withdrawn(&bytes, data)?;
            if asked == Some(true) {
                println!("not valid: the paper was withdrawn (signed by {} on {when})", report.signer);
                return Ok(ExitCode::from(1));
            }
            println!("valid: signed by {} ({}), by its own clock on {when}", report.signer, report.organization);
            println!(
                "A copy of a valid file also verifies: compare it with the paper{}.",
                if asked.is_none() { " and ask whether it was withdrawn" } else { "" }
            );
            Ok(ExitCode::SUCCESS)
        }
        Err(refusal) => {
            println!("not valid: {refusal}");
            Ok(ExitCode::from(1))
        }
    }
}

/// Whether the city in `data` has withdrawn the paper; `None` where no city can be asked.
fn withdrawn(bytes: &[u8], data: Option<&Path>) -> Result<Option<bool>, Failure> {
    let label = paper::recheck::label(bytes).ok();
    let request = label.as_ref().and_then(|label| label.keyword("request"));
    let (Some(data), Some(request)) = (data, request) else { return Ok(None) };
    let done = control::run(data, Request::PaperState { request: request.to_owned() }, &mut |_| {})?;
    Ok(Some(done.exit_code != 0))
}

/// Exit code 1 when the paper of this request was withdrawn: by staff, or because nobody took it.
///
/// # Errors
/// The id cannot be read; the databases.
pub fn paper_state(city: &OpenCity, request: &str) -> Result<Done, Failure> {
    let id = Id::parse(request).map_err(Failure::while_doing(Kind::Invalid, "the request id"))?;
    let failed = |error: StoreError| Failure::new(error.kind(), error);
    let by_staff = city.inside().store.read(|tx| papers::withdrawn(tx, id)).map_err(failed)?.is_some();
    let hash = RequestHash::of(id);
    let published = city.outside().store.read(|tx| paper_status::status(tx, &hash)).map_err(failed)?;
    let is_withdrawn = by_staff || matches!(published, Some((PaperState::Withdrawn, _)));
    Ok(Done { lines: Vec::new(), exit_code: u8::from(is_withdrawn), file: None })
}

/// Checks both zones' logs, in the process that owns the city. Heads kept elsewhere are those of the inside zone.
///
/// # Errors
/// A log cannot be read at all.
pub fn audit(city: &OpenCity, against: Option<&str>) -> Result<Done, Failure> {
    let inside = city.inside();
    let keys = crate::keys::CityKeys::open(city.directory(), &inside.seams, &inside.profile, inside.demo)?;
    let mut lines = Vec::new();
    let mut found = 0;
    for (zone, store, key, against) in [
        (Zone::Inside, &inside.store, keys.inside.public(), against),
        (Zone::Outside, &city.outside().store, keys.outside.public(), None),
    ] {
        let report = audit::verify(store, zone, &[key], against).map_err(|error| Failure::new(error.kind(), error))?;
        lines.push(format!(
            "{}: {} chains, {} entries ({} after the newest head), {} heads, {} compared, {} erased",
            zone.name(),
            report.chains,
            report.entries,
            report.unsigned,
            report.heads,
            report.compared,
            report.erased
        ));
        lines.extend(report.findings.iter().map(|finding| format!("altered: {finding}")));
        found += report.found;
    }
    lines.push(if found == 0 {
        "the audit log is whole".to_owned()
    } else {
        format!("the audit log was altered: {found} findings")
    });
    Ok(Done { exit_code: u8::from(found > 0), lines, file: None })
}
