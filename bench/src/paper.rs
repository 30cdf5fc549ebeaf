//! S1: one page of 住民票の写し with 40 fields, PDF/A-2a and PDF/UA-1, warm.
//!
//! ```text
//!   ours: Plan::new (glyph gate, fitting) ─ code encoded ─ draw
//!   bare: the same texts, places, tags, code and seal by krilla alone, glyphs looked up beforehand
//!   ReportLab, WeasyPrint: the same fields as one ruled table, plain PDF, in the same run
//! ```
//! CPU time of this thread counts (`/proc/thread-self/schedstat`); rounds of ours and bare alternate.

use std::num::{NonZeroU16, NonZeroU32};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use base::{Date, Id, Personal};
use krilla::color::luma;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect, Size, Transform};
use krilla::image::Image;
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::tagging::{Artifact, ArtifactType, BBox, ContentTag, SpanTag, TableHeaderScope, Tag, TagGroup, TagTree};
use krilla::text::{Font, GlyphId, KrillaGlyph};
use krilla::{Document, SerializeSettings};
use paper::certificate::Pieces;
use paper::{Body, Certificate, Entry, Nationality, Person, Plan, Residence, Seal, Sheet, Typeface};
use skrifa::MetadataProvider as _;
use skrifa::charmap::MapVariant;

use crate::Options;
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
            peer: format!("{peer:.2} ms, {} kB (bare krilla)", bare_bytes.len() / 1024),
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

/// CPU milliseconds of one call, over enough calls to be told from the clock's grain.
pub(crate) fn milliseconds(draw: impl Fn() -> Result<Vec<u8>, Failure>) -> Result<f64, Failure> {
    const CALLS: u32 = 5;
    let begun = cpu_nanoseconds()?;
    for _ in 0..CALLS {
        std::hint::black_box(draw()?);
    }
    Ok((cpu_nanoseconds()? - begun) / 1e6 / f64::from(CALLS))
}

fn cpu_nanoseconds() -> Result<f64, Failure> {
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

/// A line of text with its glyphs.
struct Run {
    at: Point,
    size: f32,
    text: String,
    glyphs: Vec<KrillaGlyph>,
    row: Option<usize>,
    is_heading: bool,
}

/// The same page by krilla alone: everything that is not drawing is done beforehand.
struct Bare {
    font: Font,
    runs: Vec<Run>,
    pieces: Pieces,
    seal: Image,
}

impl Bare {
    fn new(pieces: Pieces, seal_png: &[u8]) -> Result<Self, Failure> {
        let bytes = std::fs::read(paper::fonts::DEFAULT_FONT)?;
        let tables = skrifa::FontRef::new(&bytes)?;
        let charmap = tables.charmap();
        let place = (skrifa::instance::Size::unscaled(), skrifa::instance::LocationRef::default());
        let (widths, em) =
            (tables.glyph_metrics(place.0, place.1), f32::from(tables.metrics(place.0, place.1).units_per_em));
        let glyphs = |text: &str| -> Option<Vec<KrillaGlyph>> {
            let mut at = 0;
            base::text::variation_sequences(text)
                .map(|(character, selector)| {
                    let glyph = match selector.map(|selector| charmap.map_variant(character, selector)) {
                        Some(Some(MapVariant::Variant(glyph))) => glyph,
                        _ => charmap.map(character)?,
                    };
                    let length = character.len_utf8() + selector.map_or(0, char::len_utf8);
                    at += length;
                    let advance = widths.advance_width(glyph)? / em;
                    Some(KrillaGlyph::new(GlyphId::new(glyph.to_u32()), advance, 0.0, 0.0, 0.0, at - length..at, None))
                })
                .collect()
        };
        let runs = pieces.texts.iter().map(|piece| {
            let text = Personal::reveal(&piece.text).clone();
            Some(Run {
                at: Point::from_xy(piece.at.0, piece.at.1),
                size: piece.size,
                glyphs: glyphs(&text)?,
                text,
                row: piece.row,
                is_heading: piece.is_heading,
            })
        });
        let runs = runs.collect::<Option<Vec<_>>>().ok_or("a glyph is missing")?;
        let seal = Image::from_png(seal_png.to_vec().into(), false)?;
        // The bytes are copied into memory once, before the measuring; our own memory was read before that.
        let font = Font::new(bytes.clone().into(), 0).ok_or("the font cannot be used")?;
        Ok(Self { font, runs, pieces, seal })
    }

    fn draw(&self) -> Result<Vec<u8>, Failure> {
        const MM: f32 = 72.0 / 25.4;
        let configuration = ConfigurationBuilder::new()
            .with_archival_validator(Archival::A2_A)
            .with_accessibility_validator(Accessibility::UA1)
            .finish()
            .map_err(|_| "configuration")?;
        let mut document = Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
        let size = Size::from_wh(210.0 * MM, 297.0 * MM).ok_or("size")?;
        let mut page = document.start_page_with(PageSettings::new(size));
        let mut surface = page.surface();
        let gray = |lightness| {
            Some(Fill {
                paint: luma::Color::new(lightness).into(),
                opacity: NormalizedF32::ONE,
                rule: Default::default(),
            })
        };
        surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
        for (boxes, lightness) in [(&self.pieces.shades, 240), (&self.pieces.rules, 0)] {
            let mut path = PathBuilder::new();
            for rect in
                boxes.iter().filter_map(|[left, top, right, bottom]| Rect::from_ltrb(*left, *top, *right, *bottom))
            {
                path.push_rect(rect);
            }
            surface.set_fill(gray(lightness));
            surface.draw_path(&path.finish().ok_or("boxes")?);
        }
        surface.end_tagged();
        surface.set_fill(gray(0));
        let mut tree = TagTree::new();
        let mut table = TagGroup::new(Tag::Table.with_summary(Some("住民票".to_owned())));
        let mut row: Option<(usize, TagGroup)> = None;
        for run in &self.runs {
            let id = surface.start_tagged(ContentTag::Span(SpanTag::empty()));
            surface.draw_glyphs(run.at, &run.glyphs, self.font.clone(), &run.text, run.size, false);
            surface.end_tagged();
            let Some(number) = run.row else {
                let is_first = row.is_none();
                let mut group: TagGroup = if is_first {
                    TagGroup::new(Tag::Hn(NonZeroU16::MIN, Some(run.text.clone())))
                } else {
                    TagGroup::new(Tag::P)
                };
                group.push(id);
                tree.push(group);
                continue;
            };
            let mut cell = if run.is_heading {
                TagGroup::new(Tag::TH(TableHeaderScope::Row))
            } else {
                TagGroup::new(Tag::TD.with_col_span(NonZeroU32::new(3)))
            };
            cell.push(id);
            match &mut row {
                Some((current, group)) if *current == number => group.push(cell),
                other => {
                    let mut group = TagGroup::new(Tag::TR);
                    group.push(cell);
                    if let Some((_, done)) = other.replace((number, group)) {
                        table.push(done);
                    }
                }
            }
        }
        if let Some((_, done)) = row {
            table.push(done);
        }
        tree.push(table);
        let figure = |words: &str, [x, y, side]: [f32; 3]| {
            let rect = Rect::from_xywh(x * MM, y * MM, side * MM, side * MM);
            TagGroup::new(Tag::Figure(Some(words.to_owned())).with_bbox(rect.map(|rect| BBox::new(0, rect))))
        };
        let mut seal = figure("電子公印", self.pieces.seal);
        seal.push(surface.start_tagged(ContentTag::Other));
        let [x, y, side] = self.pieces.seal;
        surface.push_transform(&Transform::from_translate(x * MM, y * MM));
        surface.draw_image(self.seal.clone(), Size::from_wh(side * MM, side * MM).ok_or("seal")?);
        surface.pop();
        surface.end_tagged();
        tree.push(seal);
        if let Some((place, width, dark)) = &self.pieces.code {
            let mut code = figure("二次元コード", *place);
            code.push(surface.start_tagged(ContentTag::Other));
            let module = place[2] / (width + 8) as f32 * MM;
            let mut path = PathBuilder::new();
            for (number, modules) in dark.chunks(*width).enumerate() {
                let mut column = 0;
                while column < *width {
                    let run = modules[column..].iter().take_while(|&&dark| dark).count();
                    if run > 0 {
                        path.move_to(column as f32, number as f32);
                        path.line_to((column + run) as f32, number as f32);
                    }
                    column += run.max(1);
                }
            }
            let (left, top) = (place[0] * MM + 4.0 * module, place[1] * MM + 4.5 * module);
            surface.push_transform(&Transform::from_row(module, 0.0, 0.0, module, left, top));
            surface.set_fill(None);
            surface.set_stroke(Some(Stroke { paint: luma::Color::black().into(), width: 1.0, ..Stroke::default() }));
            surface.draw_path(&path.finish().ok_or("code")?);
            surface.pop();
            surface.end_tagged();
            tree.push(code);
        }
        surface.finish();
        page.finish();
        let mut outline = Outline::new();
        outline
            .push_child(OutlineNode::new("住民票の写し".to_owned(), XyzDestination::new(0, Point::from_xy(0.0, 0.0))));
        document.set_outline(outline);
        document.set_metadata(
            Metadata::new()
                .title("住民票の写し".to_owned())
                .language("ja-JP".to_owned())
                .creation_date(DateTime::new(2026).month(11).day(23))
                .keywords(vec!["bench".to_owned()]),
        );
        document.set_tag_tree(tree);
        document.finish().map_err(|_| "the bare page was refused".into())
    }
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
