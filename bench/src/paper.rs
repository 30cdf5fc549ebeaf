//! S1: one page of 住民票の写し with 40 fields, PDF/A-2a and PDF/UA-1, warm.
//!
//! ```text
//!   ours: Plan::new (glyph gate, fitting) ─ code encoded ─ draw
//!   bare: the same page by krilla alone (texts, places, tags, code, seal, the screen as the same tiling pattern, waves,
//!         micro text, keywords); glyphs looked up, lines and code made beforehand
//!   ReportLab, WeasyPrint: the same fields as one ruled table, plain PDF, in the same run
//! ```
//! CPU time of this thread counts (`/proc/thread-self/schedstat`); rounds of ours and bare alternate.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use base::{Date, Id};
use paper::{Body, Certificate, Entry, Nationality, Person, Plan, Residence, Seal, Sheet, Typeface};

use crate::Options;
use crate::bare::Bare;
use crate::report::{Failure, Line};

const GOAL_BARE: f64 = 1.15;
const GOAL_REPORTLAB: f64 = 18.0;
const GOAL_WEASYPRINT: f64 = 100.0;
const GOAL_MEMORY_MB: f64 = 80.0;

/// Measures S1.
///
/// # Errors
/// Without the font, Python's venv, or a package registry.
pub fn run(options: &Options) -> Result<Vec<Line>, Failure> {
    let typeface = Typeface::open_default()?;
    let seal = Seal::sample(&typeface, "見本市長之印")?;
    let certificate = certificate(2)?;
    let plan = Plan::new(&typeface, &certificate)?;
    let code = code(&plan, 1);
    let ours = || -> Result<Vec<u8>, Failure> {
        Ok(Plan::new(&typeface, &certificate)?.draw(std::slice::from_ref(&code), &seal)?)
    };
    let our_bytes = ours()?;
    let memory = memory_mb()?;
    let pieces = plan.pieces(1, &code).ok_or("the page has no pieces")?;
    let bare = Bare::new(pieces, &Seal::sample_png(&typeface, "見本市長之印")?)?;
    let bare_bytes = bare.draw()?;
    let (mut ours_ms, mut bare_ms, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let begun = Instant::now();
    while begun.elapsed().as_secs_f64() < options.seconds || ratios.len() < 20 {
        let (mine, peer) = (milliseconds(ours)?, milliseconds(|| bare.draw())?);
        ratios.push(mine / peer);
        ours_ms.push(mine);
        bare_ms.push(peer);
    }
    let mut recheck_ms = Vec::new();
    for _ in 0..20 {
        recheck_ms.push(milliseconds(|| Ok(paper::recheck::extract(&our_bytes).map(|_| Vec::new())?))?);
    }
    let (mine, peer, ratio) = (median(&mut ours_ms), median(&mut bare_ms), median(&mut ratios));
    let said = format!("{mine:.2} ms CPU, {} kB", our_bytes.len() / 1024);
    let mut lines = vec![
        Line {
            work: "one page, 40 fields, PDF/A-2a + UA-1".to_owned(),
            ours: said.clone(),
            peer: format!("{peer:.2} ms, {} kB (bare krilla, the same page)", bare_bytes.len() / 1024),
            ratio: Some(ratio),
            goal: format!("≤ {GOAL_BARE}"),
            met: Some(ratio <= GOAL_BARE),
        },
        Line {
            work: "process peak while drawing, font mapped once".to_owned(),
            ours: format!("{memory:.0} MB"),
            peer: "-".to_owned(),
            ratio: None,
            goal: format!("≤ {GOAL_MEMORY_MB} MB"),
            met: Some(memory <= GOAL_MEMORY_MB),
        },
        Line {
            work: "reading the finished bytes back".to_owned(),
            ours: format!("{:.2} ms CPU", median(&mut recheck_ms)),
            peer: "-".to_owned(),
            ratio: None,
            goal: "context".to_owned(),
            met: None,
        },
    ];
    let peers = Peers::install()?;
    for (name, goal, rounds) in [("reportlab", GOAL_REPORTLAB, 40), ("weasyprint", GOAL_WEASYPRINT, 12)] {
        let theirs = peers.measure(name, &certificate, rounds)?;
        let ratio = theirs / mine;
        lines.push(Line {
            work: "the same fields, times faster".to_owned(),
            ours: said.clone(),
            peer: format!("{theirs:.1} ms CPU ({name}, plain PDF)"),
            ratio: Some(ratio),
            goal: format!("≥ {goal}"),
            met: Some(ratio >= goal),
        });
    }
    Ok(lines)
}

/// CPU milliseconds of one call.
pub(crate) fn milliseconds(draw: impl Fn() -> Result<Vec<u8>, Failure>) -> Result<f64, Failure> {
    const CALLS: u32 = 10;
    let begun = cpu_nanoseconds()?;
    for _ in 0..CALLS {
        std::hint::black_box(draw()?);
    }
    Ok((cpu_nanoseconds()? - begun) / 1e6 / f64::from(CALLS))
}

/// The kernel writes a running thread's time down at its timer's ticks (4 ms here) and when the thread yields: without the
/// yield, a round of 20 ms is known to a fifth.
fn cpu_nanoseconds() -> Result<f64, Failure> {
    std::thread::yield_now();
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(text.split_whitespace().next().ok_or("schedstat is empty")?.parse()?)
}

fn memory_mb() -> Result<f64, Failure> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
}

pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// So many people in turn, a Japanese and a foreign resident; two of them have, with address, head and numbers, 40 fields.
pub(crate) fn certificate(people: usize) -> Result<Certificate, Failure> {
    let shown = |text: &str| Entry::Shown(text.to_owned());
    let japanese = Person {
        name: "辻\u{E0102}本　太郎".to_owned().into(),
        reading: shown("ツジモト　タロウ"),
        alphabet_name: Entry::None,
        former_name: shown("髙﨑"),
        former_name_reading: shown("タカサキ"),
        common_name: Entry::None,
        common_name_reading: Entry::None,
        birth_date: "昭和60年1月2日".to_owned().into(),
        sex: shown("男"),
        relationship: shown("世帯主"),
        became_resident: shown("平成20年4月1日"),
        address_set: shown("令和2年10月15日"),
        notified: shown("令和2年10月20日"),
        previous_address: shown("隣県となり市本町三丁目14番15号"),
        former_address: shown("見本県見本市東町五丁目6番7号"),
        nationality: Nationality::Japanese {
            domicile: shown("見本県見本市中央一丁目2番地3"),
            register_head: shown("辻\u{E0102}本　太郎"),
        },
        remarks: shown("令和2年10月20日転居届"),
    };
    let foreign = Person {
        name: "SANTOS MARIA CLARA".to_owned().into(),
        former_name: Entry::None,
        former_name_reading: Entry::None,
        common_name: shown("渡邉\u{E0110}　真理亜"),
        common_name_reading: shown("ワタナベ　マリア"),
        birth_date: "1988年7月9日".to_owned().into(),
        sex: shown("女"),
        relationship: shown("妻"),
        nationality: Nationality::Foreign {
            country_or_region: shown("フィリピン"),
            category: shown("中長期在留者"),
            status: shown("永住者"),
            period: shown("無期限"),
            expiry: shown("令和12年3月31日"),
            card_number: shown("AB12345678CD"),
        },
        ..japanese.clone()
    };
    Ok(Certificate {
        sheet: Sheet {
            title: "住民票の写し".to_owned(),
            municipality: "見本市".to_owned(),
            municipality_code: "99999".to_owned(),
            attestation: "この写しは、住民票の原本と相違ないことを証明する。".to_owned(),
            issued_on: Date::new(2026, 11, 23).ok_or("the day")?,
            mayor_title: "見本市長".to_owned(),
            mayor_name: "見本　太郎".to_owned(),
            check_address: "https://verify.mihon.example/verify".to_owned(),
            request_id: Id::from_bytes(*b"request of bench"),
            document_number: "R8-000123".to_owned(),
            subject_hash: [0xA5; 32],
            kind: "residence_certificate".to_owned(),
            options: "household".to_owned(),
            register_version: "42".to_owned(),
        },
        body: Body::Residence(Residence {
            address: "見本県見本市中央一丁目2番3号　見本ハイツ405号室".to_owned().into(),
            head: shown("辻\u{E0102}本　太郎"),
            people: [japanese, foreign].into_iter().cycle().take(people).collect(),
        }),
    })
}

/// A page's code of the true length; 87 octets stand for header and signature.
pub(crate) fn code(plan: &Plan<'_>, page: usize) -> String {
    let mut token = plan.claims(page, [7; 16]).encode();
    token.extend([0xC3; 87]);
    wire::certificate_code::to_text("https://verify.mihon.example/verify", &token)
}

/// Python's peers in a directory of their own, kept between runs.
struct Peers {
    python: PathBuf,
    directory: tempfile::TempDir,
}

impl Peers {
    fn install() -> Result<Self, Failure> {
        let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench-peers");
        let python = place.join("bin/python");
        if !python.exists() {
            run_tool(Command::new("python3").args(["-m", "venv"]).arg(&place))?;
        }
        let wanted = ["reportlab==5.1.0", "weasyprint==70.0"];
        run_tool(
            Command::new(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(wanted),
        )?;
        Ok(Self { python, directory: tempfile::tempdir()? })
    }

    /// Median CPU milliseconds of one document.
    fn measure(&self, name: &str, certificate: &Certificate, rounds: u32) -> Result<f64, Failure> {
        let fields = self.directory.path().join("fields.txt");
        std::fs::write(&fields, fields_of(certificate)?)?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/certificate.py");
        let mut command = Command::new(&self.python);
        command.arg(script).arg(name).arg(paper::fonts::DEFAULT_FONT).arg(&fields);
        command.arg(self.directory.path().join("out.pdf")).arg(rounds.to_string());
        Ok(run_tool(&mut command)?.trim().parse()?)
    }
}

fn run_tool(command: &mut Command) -> Result<String, Failure> {
    let output =
        command.output().map_err(|error| format!("{command:?}: {error}; on Debian: apt-get install python3-venv"))?;
    if output.status.success() {
        Ok(String::from_utf8(output.stdout)?)
    } else {
        Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into())
    }
}

/// Label and value of each row, as the peers read them.
fn fields_of(certificate: &Certificate) -> Result<String, Failure> {
    let typeface = Typeface::open_default()?;
    let plan = Plan::new(&typeface, certificate)?;
    let pieces = plan.pieces(1, "").ok_or("the page has no pieces")?;
    let mut text = String::new();
    let mut label: Option<String> = None;
    for piece in &pieces.texts {
        let words = piece.text.reveal();
        match (piece.row, piece.is_heading) {
            (Some(_), true) => label = Some(words.clone()),
            (Some(_), false) => {
                let label = label.take().unwrap_or_default();
                text.push_str(&format!("{label}\t{words}\n"));
            }
            (None, _) if text.is_empty() => text.push_str(&format!("!{words}\n")),
            (None, _) => text.push_str(&format!("#{words}\n")),
        }
    }
    Ok(text)
}
