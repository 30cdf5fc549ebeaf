//! The word that shows on a copy (けん制文字): 複写, hidden in a screen of fine dots behind the whole page.
//!
//! ```text
//!   ground  ▪ ▪ ▪ ▪ ▪ ▪   pitch 0.42 mm, dots 0.085 mm     a copier loses such dots: the ground turns white
//!   word    ▪   ▪   ▪     pitch 0.85 mm, dots 0.17 mm      and keeps these: the word stays, and stands out
//! ```
//! Both cover one twenty-fifth of the paper, so that to the eye they are one pale gray. The dots are whole dots of a printer
//! of 600 dpi (2 × 2 every 10, 4 × 4 every 20) in full black: no printer has to screen them a second time. How much a
//! printer swells its dots must be tried once per model.
//!
//! Drawn once a document, as a tiling pattern that every page refers to. A careful colour copy keeps the ground too: the
//! word deters, and what proves a page is its signed code, which also supersedes the scrambled picture (スクランブル画像)
//! of today's papers.

use std::sync::LazyLock;

use krilla::color::luma;
use krilla::geom::{Path, PathBuilder, Transform};
use krilla::num::NormalizedF32;
use krilla::paint::{Fill, FillRule, LineCap, Pattern, Stroke, StrokeDash};
use krilla::surface::Surface;

use super::sheet;
use crate::layout::{Area, MM, boxes};

/// A dot of a printer of 600 dpi, in points.
const DOT: f32 = 0.12;
/// Pitch and side of the word's dots.
const WORD: (f32, f32) = (20.0 * DOT, 4.0 * DOT);
/// Pitch and side of the ground's dots; its pitch goes twice into the word's.
const GROUND: (f32, f32) = (10.0 * DOT, 2.0 * DOT);
/// Taken off each side of a dot, so that rounding never makes it touch a neighbouring dot of the printer.
const INSET: f32 = DOT / 16.0;
/// Cells of [`WORD`] kept free around the word in its tile: columns left and right, rows above and below.
const MARGIN: (usize, usize) = (5, 7);

/// 複写 as cells of the word's pitch.
const CELLS: [&[u8; 54]; 26] = [
    b"......................................................",
    b".....#.......##.......................................",
    b".....#.......##...............######################..",
    b".....#......###...............######################..",
    b".....#......#############.....##....##............##..",
    b"....###....##.................##...###............##..",
    b".########.###.................##...##.............##..",
    b"..#####################............#############......",
    b".......##.#.##.......##............#############......",
    b"......##....##.......##............##.................",
    b"......##....###########...........##..................",
    b".....##..#..##.......##...........###.................",
    b".....##.##..##.......##...........##############......",
    b"....#####...###########...........##.........###......",
    b"...######...###########.......................##......",
    b"..#######.....##.............................###......",
    b".###.##.##...##########.......######################..",
    b".##..##.....###########......########################.",
    b".....##....####.....##.......................##.......",
    b".....##..###..##...##........................##.......",
    b".....##...#....#####.........................##.......",
    b".....##........#####........................###.......",
    b".....##......#########.................#######........",
    b".....##..#######...######..............######.........",
    b".....##...###.........###.............................",
    b"......................................................",
];

/// Cells of a tile.
const COLUMNS: usize = CELLS[0].len() + 2 * MARGIN.0;
const ROWS: usize = CELLS.len() + 2 * MARGIN.1;
/// Width and height of a tile, in points.
const TILE: (f32, f32) = (COLUMNS as f32 * WORD.0, ROWS as f32 * WORD.0);

/// Where the screen is: inside the page's frame, above the numbers and the micro text.
pub(crate) const SCREEN: Area = Area::new(10.6, 9.6, 188.8, 270.8);
/// White kept around the code, in millimetres, beside its own quiet zone.
const AROUND_CODE: f32 = 0.5;

/// Whether a cell of the tile belongs to the word.
fn is_word(row: usize, column: usize) -> bool {
    let cell = row.checked_sub(MARGIN.1).zip(column.checked_sub(MARGIN.0));
    cell.and_then(|(row, column)| CELLS.get(row)?.get(column)).is_some_and(|&cell| cell == b'#')
}

/// Runs of equal cells in a row: from, to, whether they are the word's.
fn runs(row: usize) -> impl Iterator<Item = (usize, usize, bool)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let word = (from < COLUMNS).then(|| is_word(row, from))?;
        let to = (from..COLUMNS).find(|&column| is_word(row, column) != word).unwrap_or(COLUMNS);
        let run = (from, to, word);
        from = to;
        Some(run)
    })
}

/// Lines of the tile that a dash cuts into dots.
#[derive(Clone, Debug)]
pub struct DottedLines {
    /// Side of a dot and the gap to the next, in points.
    pub dash: (f32, f32),
    /// From, height and to of each line, in points.
    pub lines: Vec<[f32; 3]>,
}

impl DottedLines {
    /// Each run as one line a cell row for the word, two for the ground.
    fn of(of_word: bool) -> Self {
        let (pitch, dot) = if of_word { WORD } else { GROUND };
        let mut lines = Vec::new();
        for row in 0..ROWS {
            for (from, to, _) in runs(row).filter(|&(_, _, word)| word == of_word) {
                for line in 0..if of_word { 1 } else { 2 } {
                    let y = row as f32 * WORD.0 + line as f32 * pitch + dot / 2.0;
                    lines.push([from as f32 * WORD.0 + INSET, y, to as f32 * WORD.0]);
                }
            }
        }
        let side = dot - 2.0 * INSET;
        Self { dash: (side, pitch - side), lines }
    }

    /// As one path.
    pub(super) fn path(&self) -> Option<Path> {
        let mut path = PathBuilder::new();
        for [from, y, to] in &self.lines {
            path.move_to(*from, *y);
            path.line_to(*to, *y);
        }
        path.finish()
    }

    fn stroke(&self) -> Stroke {
        let (side, gap) = self.dash;
        Stroke {
            paint: luma::Color::black().into(),
            width: side,
            line_cap: LineCap::Butt,
            dash: Some(StrokeDash { array: vec![side, gap], offset: 0.0 }),
            ..Stroke::default()
        }
    }
}

/// The ground's lines and the word's, made once for each process.
static LAYERS: LazyLock<[(DottedLines, Option<Path>); 2]> = LazyLock::new(|| {
    [false, true].map(|of_word| {
        let lines = DottedLines::of(of_word);
        let path = lines.path();
        (lines, path)
    })
});

/// The screen as plain numbers, in points.
#[derive(Clone, Debug)]
pub struct Screen {
    /// Width and height of the tile.
    pub tile: (f32, f32),
    /// What is in it.
    pub layers: Vec<DottedLines>,
    /// Boxes (left, top, right, bottom): the first is covered with tiles but for the others.
    pub boxes: Vec<[f32; 4]>,
}

impl Screen {
    /// The screen of a page with `clear`.
    pub(super) fn of(clear: &[Area]) -> Self {
        let edges = |area: &Area| area.rect().map(|rect| [rect.left(), rect.top(), rect.right(), rect.bottom()]);
        Self {
            tile: TILE,
            layers: LAYERS.iter().map(|(lines, _)| lines.clone()).collect(),
            boxes: areas(clear).iter().filter_map(edges).collect(),
        }
    }
}

/// The tile, made on the surface of the document it is for.
fn tile(surface: &mut Surface<'_>) -> Pattern {
    let mut builder = surface.stream_builder();
    let mut inner = builder.surface();
    inner.set_fill(None);
    for (lines, path) in &*LAYERS {
        if let Some(path) = path {
            inner.set_stroke(Some(lines.stroke()));
            inner.draw_path(path);
        }
    }
    inner.finish();
    let (width, height) = TILE;
    Pattern { stream: builder.finish(), transform: Transform::identity(), width, height }
}

/// The screen, then what is kept free in it: the code's box and what the form says.
fn areas(clear: &[Area]) -> Vec<Area> {
    let Area { x, y, w, h } = sheet::CODE;
    let code = Area::new(x - AROUND_CODE, y - AROUND_CODE, w + 2.0 * AROUND_CODE, h + 2.0 * AROUND_CODE);
    [SCREEN, code].into_iter().chain(clear.iter().copied()).collect()
}

/// Draws the screen but for `clear`, boxes that lie apart in it. The caller has marked it as artifact.
pub(super) fn draw(surface: &mut Surface<'_>, clear: &[Area]) {
    let Some(path) = boxes(&areas(clear)) else { return };
    let pattern = tile(surface);
    surface.set_fill(Some(Fill { paint: pattern.into(), opacity: NormalizedF32::ONE, rule: FillRule::EvenOdd }));
    surface.draw_path(&path);
}

/// Whether the word covers a place of the page, in millimetres from the top left; `None` outside the screen. For tests
/// that look for it.
pub fn is_word_at(x: f32, y: f32) -> Option<bool> {
    let inside = |value: f32, from: f32, length: f32| value >= from && value < from + length;
    if !inside(x, SCREEN.x, SCREEN.w) || !inside(y, SCREEN.y, SCREEN.h) {
        return None;
    }
    let cell = |millimetres: f32| (millimetres * MM / WORD.0) as usize;
    Some(is_word(cell(y) % ROWS, cell(x) % COLUMNS))
}
