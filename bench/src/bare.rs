//! The peer of S1: the very same page by krilla alone.

use std::num::{NonZeroU16, NonZeroU32};

use base::Personal;
use krilla::color::luma;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{Path as Lines, PathBuilder, Point, Rect, Size, Transform};
use krilla::image::Image;
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule, Pattern, Stroke, StrokeDash};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, BBox, ContentTag, SpanTag, TableHeaderScope, Tag, TagGroup, TagTree};
use krilla::text::{Font, GlyphId, KrillaGlyph};
use krilla::{Document, SerializeSettings};
use paper::certificate::latent::DottedLines;
use paper::certificate::{PieceOfText, Pieces};
use skrifa::MetadataProvider as _;
use skrifa::charmap::MapVariant;

use crate::report::Failure;

/// A line of text with its glyphs.
struct Run {
    at: Point,
    size: f32,
    text: String,
    glyphs: Vec<KrillaGlyph>,
    row: Option<usize>,
    is_heading: bool,
}

/// The page and all that is not drawing, done beforehand.
pub struct Bare {
    font: Font,
    runs: Vec<Run>,
    ornaments: Vec<Run>,
    layers: Vec<(Lines, Stroke)>,
    waves: Lines,
    code: Option<Lines>,
    pieces: Pieces,
    seal: Image,
}

impl Bare {
    /// Looks everything up.
    ///
    /// # Errors
    /// Without the font or one of its glyphs.
    pub fn new(pieces: Pieces, seal_png: &[u8]) -> Result<Self, Failure> {
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
        let run = |piece: &PieceOfText| {
            let text = Personal::reveal(&piece.text).clone();
            Some(Run {
                at: Point::from_xy(piece.at.0, piece.at.1),
                size: piece.size,
                glyphs: glyphs(&text)?,
                text,
                row: piece.row,
                is_heading: piece.is_heading,
            })
        };
        let all = |texts: &[PieceOfText]| texts.iter().map(run).collect::<Option<Vec<_>>>().ok_or("a glyph is missing");
        let (runs, ornaments) = (all(&pieces.texts)?, all(&pieces.ornaments)?);
        let layers = pieces.screen.iter().flat_map(|screen| &screen.layers).map(layer);
        let layers = layers.collect::<Option<Vec<_>>>().ok_or("the screen")?;
        let waves = waves(&pieces).ok_or("the waves")?;
        let code = pieces.code.as_ref().and_then(|(_, width, dark)| modules(*width, dark));
        let seal = Image::from_png(seal_png.to_vec().into(), false)?;
        // The bytes are copied into memory once, before the measuring; our own memory was read before that.
        let font = Font::new(bytes.clone().into(), 0).ok_or("the font cannot be used")?;
        Ok(Self { font, runs, ornaments, layers, waves, code, pieces, seal })
    }

    /// Draws the page.
    ///
    /// # Errors
    /// What krilla refuses.
    pub fn draw(&self) -> Result<Vec<u8>, Failure> {
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
        self.screen(&mut surface)?;
        surface.set_fill(gray(240));
        surface.draw_path(&boxes(&self.pieces.shades)?);
        surface.set_fill(None);
        surface.set_stroke(Some(Stroke { paint: luma::Color::new(214).into(), width: 0.35, ..Stroke::default() }));
        surface.draw_path(&self.waves);
        surface.set_stroke(None);
        surface.set_fill(gray(0));
        surface.draw_path(&boxes(&self.pieces.rules)?);
        for run in &self.ornaments {
            surface.draw_glyphs(run.at, &run.glyphs, self.font.clone(), &run.text, run.size, false);
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
        if let (Some((place, width, _)), Some(path)) = (&self.pieces.code, &self.code) {
            let mut code = figure("二次元コード", *place);
            code.push(surface.start_tagged(ContentTag::Other));
            let module = place[2] / (width + 8) as f32 * MM;
            let (left, top) = (place[0] * MM + 4.0 * module, place[1] * MM + 4.5 * module);
            surface.push_transform(&Transform::from_row(module, 0.0, 0.0, module, left, top));
            surface.set_fill(None);
            surface.set_stroke(Some(Stroke { paint: luma::Color::black().into(), width: 1.0, ..Stroke::default() }));
            surface.draw_path(path);
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
                .keywords(self.pieces.keywords.clone()),
        );
        document.set_tag_tree(tree);
        document.finish().map_err(|_| "the bare page was refused".into())
    }
}

impl Bare {
    /// The screen of dots: one tile, repeated by the viewer.
    fn screen(&self, surface: &mut Surface<'_>) -> Result<(), Failure> {
        let Some(screen) = &self.pieces.screen else { return Ok(()) };
        let mut builder = surface.stream_builder();
        let mut inner = builder.surface();
        inner.set_fill(None);
        for (path, stroke) in &self.layers {
            inner.set_stroke(Some(stroke.clone()));
            inner.draw_path(path);
        }
        inner.finish();
        let (width, height) = screen.tile;
        let pattern = Pattern { stream: builder.finish(), transform: Transform::identity(), width, height };
        surface.set_fill(Some(Fill { paint: pattern.into(), opacity: NormalizedF32::ONE, rule: FillRule::EvenOdd }));
        surface.draw_path(&boxes(&screen.boxes)?);
        Ok(())
    }
}

fn boxes(boxes: &[[f32; 4]]) -> Result<Lines, Failure> {
    let mut path = PathBuilder::new();
    for rect in boxes.iter().filter_map(|[left, top, right, bottom]| Rect::from_ltrb(*left, *top, *right, *bottom)) {
        path.push_rect(rect);
    }
    Ok(path.finish().ok_or("boxes")?)
}

fn layer(dotted: &DottedLines) -> Option<(Lines, Stroke)> {
    let mut path = PathBuilder::new();
    for [from, y, to] in &dotted.lines {
        path.move_to(*from, *y);
        path.line_to(*to, *y);
    }
    let (side, gap) = dotted.dash;
    let dash = Some(StrokeDash { array: vec![side, gap], offset: 0.0 });
    Some((path.finish()?, Stroke { paint: luma::Color::black().into(), width: side, dash, ..Stroke::default() }))
}

/// The waves and the line that closes free space.
fn waves(pieces: &Pieces) -> Option<Lines> {
    let mut path = PathBuilder::new();
    for wave in &pieces.waves {
        path.move_to(wave.from.0, wave.from.1);
        for [x1, y1, x2, y2, x, y] in &wave.curves {
            path.cubic_to(*x1, *y1, *x2, *y2, *x, *y);
        }
    }
    if let Some([x0, y0, x1, y1]) = pieces.closing_line {
        path.move_to(x0, y0);
        path.line_to(x1, y1);
    }
    path.finish()
}

/// Runs of dark modules as lines.
fn modules(width: usize, dark: &[bool]) -> Option<Lines> {
    let mut path = PathBuilder::new();
    for (number, modules) in dark.chunks(width).enumerate() {
        let mut column = 0;
        while column < width {
            let run = modules[column..].iter().take_while(|&&dark| dark).count();
            if run > 0 {
                path.move_to(column as f32, number as f32);
                path.line_to((column + run) as f32, number as f32);
            }
            column += run.max(1);
        }
    }
    path.finish()
}
