//! Draws a sample seal: outlines of the font, stretched to fill the frame, thickened, filled with one red.

use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::prelude::{LocationRef, Size};
use skrifa::{GlyphId, MetadataProvider};

use super::SealError;
use crate::fonts::Typeface;

/// Pixels on each side; 24 mm at about 420 dpi.
const SIDE: usize = 400;

/// Width of the frame and distance of the words from it, in pixels.
const FRAME: usize = 13;
const GAP: usize = 9;

/// Vermilion of stamp ink (朱肉).
const INK: [u8; 3] = [0xC8, 0x32, 0x28];

pub(super) fn png(typeface: &Typeface, words: &str) -> Result<Vec<u8>, SealError> {
    let shaper = typeface.shaper().map_err(|_| SealError::Words)?;
    let glyphs = shaper.shape(words).map_err(|_| SealError::Words)?;
    let (columns, rows) = match glyphs.len() {
        4 => (2, 2),
        6 => (3, 2),
        9 => (3, 3),
        _ => return Err(SealError::Words),
    };
    let mut ink = vec![false; SIDE * SIDE];
    for (y, row) in ink.chunks_mut(SIDE).enumerate() {
        for (x, pixel) in row.iter_mut().enumerate() {
            let edge = x.min(y).min(SIDE - 1 - x).min(SIDE - 1 - y);
            *pixel = edge < FRAME;
        }
    }
    let inner = (SIDE - 2 * (FRAME + GAP)) as f32;
    let (wide, high) = (inner / columns as f32, inner / rows as f32);
    for (index, glyph) in glyphs.iter().enumerate() {
        let (column, row) = (columns - 1 - index / rows, index % rows);
        let left = (FRAME + GAP) as f32 + column as f32 * wide;
        let top = (FRAME + GAP) as f32 + row as f32 * high;
        let outline = outline(&shaper.font, glyph.id).ok_or(SealError::Words)?;
        fill(&mut ink, &stretched(&outline, left + 3.0, top + 3.0, wide - 6.0, high - 6.0));
    }
    write(&thickened(&ink))
}

/// Straight pieces of an outline.
type Segments = Vec<((f32, f32), (f32, f32))>;

#[derive(Default)]
struct Flat {
    start: (f32, f32),
    at: (f32, f32),
    segments: Segments,
}

impl OutlinePen for Flat {
    fn move_to(&mut self, x: f32, y: f32) {
        self.start = (x, y);
        self.at = (x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.segments.push((self.at, (x, y)));
        self.at = (x, y);
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        let from = self.at;
        for step in 1..=6u8 {
            let t = f32::from(step) / 6.0;
            let mix = |a: f32, b: f32, c: f32| (1.0 - t) * (1.0 - t) * a + 2.0 * (1.0 - t) * t * b + t * t * c;
            self.line_to(mix(from.0, cx, x), mix(from.1, cy, y));
        }
    }

    fn curve_to(&mut self, _: f32, _: f32, cx: f32, cy: f32, x: f32, y: f32) {
        // TrueType outlines have no cubic curves.
        self.quad_to(cx, cy, x, y);
    }

    fn close(&mut self) {
        let start = self.start;
        self.line_to(start.0, start.1);
    }
}

fn outline(font: &skrifa::FontRef<'_>, glyph: u32) -> Option<Segments> {
    let mut pen = Flat::default();
    let settings = DrawSettings::unhinted(Size::unscaled(), LocationRef::default());
    font.outline_glyphs().get(GlyphId::new(glyph))?.draw(settings, &mut pen).ok()?;
    (!pen.segments.is_empty()).then_some(pen.segments)
}

/// Fits the outline's own box into the given one; fonts count upwards, pictures downwards.
fn stretched(segments: &Segments, left: f32, top: f32, wide: f32, high: f32) -> Segments {
    let points = || segments.iter().flat_map(|(from, to)| [*from, *to]);
    let (min_x, max_x) = points().fold((f32::MAX, f32::MIN), |(low, top), (x, _)| (low.min(x), top.max(x)));
    let (min_y, max_y) = points().fold((f32::MAX, f32::MIN), |(low, top), (_, y)| (low.min(y), top.max(y)));
    let (scale_x, scale_y) = (wide / (max_x - min_x).max(1.0), high / (max_y - min_y).max(1.0));
    let moved = |(x, y): (f32, f32)| (left + (x - min_x) * scale_x, top + (max_y - y) * scale_y);
    segments.iter().map(|&(from, to)| (moved(from), moved(to))).collect()
}

/// Fills by the non-zero rule, sampling the middle of each pixel.
fn fill(ink: &mut [bool], segments: &Segments) {
    for (row, pixels) in ink.chunks_mut(SIDE).enumerate() {
        let y = row as f32 + 0.5;
        let mut crossings: Vec<(f32, i32)> = segments
            .iter()
            .filter(|(from, to)| (from.1 <= y) != (to.1 <= y))
            .map(|(from, to)| {
                let x = from.0 + (y - from.1) / (to.1 - from.1) * (to.0 - from.0);
                (x, if to.1 > from.1 { 1 } else { -1 })
            })
            .collect();
        crossings.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut winding = 0;
        for pair in crossings.windows(2) {
            winding += pair[0].1;
            if winding != 0 {
                let (from, to) = ((pair[0].0 + 0.5).max(0.0) as usize, (pair[1].0 + 0.5).max(0.0) as usize);
                let to = to.min(SIDE);
                pixels[from.min(to)..to].fill(true);
            }
        }
    }
}

/// Every stroke wider, as carved in wood.
fn thickened(ink: &[bool]) -> Vec<bool> {
    let at = |x: usize, y: usize, dx: isize, dy: isize| {
        let (x, y) = (x.checked_add_signed(dx), y.checked_add_signed(dy));
        matches!((x, y), (Some(x), Some(y)) if x < SIDE && y < SIDE && ink[y * SIDE + x])
    };
    let near: Vec<(isize, isize)> = (-2isize..=2)
        .flat_map(|dy| (-2isize..=2).map(move |dx| (dx, dy)))
        .filter(|(dx, dy)| dx * dx + dy * dy <= 5)
        .collect();
    (0..SIDE * SIDE).map(|i| near.iter().any(|&(dx, dy)| at(i % SIDE, i / SIDE, dx, dy))).collect()
}

/// One bit for each pixel, white and ink.
fn write(ink: &[bool]) -> Result<Vec<u8>, SealError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, SIDE as u32, SIDE as u32);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::One);
    encoder.set_palette([[0xFF; 3], INK].concat());
    let packed: Vec<u8> = ink
        .chunks(SIDE)
        .flat_map(|row| {
            row.chunks(8).map(|bits| bits.iter().enumerate().fold(0, |byte, (i, &bit)| byte | u8::from(bit) << (7 - i)))
        })
        .collect();
    let mut writer = encoder.write_header().map_err(|_| SealError::Words)?;
    writer.write_image_data(&packed).map_err(|_| SealError::Words)?;
    writer.finish().map_err(|_| SealError::Words)?;
    Ok(bytes)
}
