//! QR codes (JIS X 0510) drawn as vectors.
//!
//! The strongest error correction is taken that still leaves modules a phone can read. Runs of dark modules become
//! strokes with whole-number ends, so that [`crate::recheck`] reads the very modules back from the finished page.

use krilla::color::luma;
use krilla::geom::{Path, PathBuilder, Transform};
use krilla::paint::Stroke;
use krilla::surface::Surface;
use qrcode::bits::{Bits, encode_auto};
use qrcode::canvas::Canvas;
use qrcode::{EcLevel, QrResult, ec};

use crate::layout::{Area, MM};
use crate::mask;

/// Light modules around the code.
const QUIET: usize = 4;

/// The smallest module a phone reads well from print, in millimetres (4 dots at 300 dpi; recalled from JIS guidance).
const LEAST_MODULE: f32 = 0.33;

/// Below this, error correction is worth less than larger modules, in millimetres.
const WISHED_MODULE: f32 = 0.42;

/// Width, and the modules row by row with the best mask, `true` for dark.
pub(crate) fn modules(bits: Bits, level: EcLevel) -> QrResult<(usize, Vec<bool>)> {
    let version = bits.version();
    let (data, correction) = ec::construct_codewords(&bits.into_bytes(), version, level)?;
    let mut canvas = Canvas::new(version, level);
    canvas.draw_all_functional_patterns();
    canvas.draw_data(&data, &correction);
    Ok((usize::from(version.width().unsigned_abs()), mask::best(canvas, version, level)))
}

/// A code for a page that a browser prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnScreen {
    /// Modules on each side, the quiet zone included: the view box.
    pub width: usize,
    /// SVG path of the dark modules, strokes of width 1.
    pub path: String,
}

/// The code of `text` for a square of `side` millimetres, its quiet zone included; `None` when no phone could read it.
pub fn on_screen(text: &str, side: f32) -> Option<OnScreen> {
    use std::fmt::Write as _;
    let square = Square::encode(text, side)?;
    let mut path = String::new();
    for (row, column, run) in square.runs() {
        let (x, y) = (column + QUIET, row + QUIET);
        // Writing into a String cannot fail.
        let _ = write!(path, "M{x} {y}.5h{run}");
    }
    Some(OnScreen { width: square.width + 2 * QUIET, path })
}

/// The modules of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Square {
    /// Modules on each side.
    pub width: usize,
    /// Row by row, `true` is dark.
    pub dark: Vec<bool>,
}

impl Square {
    /// Encodes `text` for a square box of `side` millimetres with its quiet zone; `None` when it would be unreadable.
    pub(crate) fn encode(text: &str, side: f32) -> Option<Self> {
        // Only the bits tell the size; modules and masks, the costly part, are made once.
        let fitting = |level, module: f32| {
            let bits = encode_auto(text.as_bytes(), level).ok()?;
            let width = usize::from(bits.version().width().unsigned_abs());
            (side / (width + 2 * QUIET) as f32 >= module).then_some((bits, level))
        };
        let (bits, level) = [EcLevel::Q, EcLevel::M]
            .into_iter()
            .find_map(|level| fitting(level, WISHED_MODULE))
            .or_else(|| fitting(EcLevel::L, LEAST_MODULE))?;
        let (width, dark) = modules(bits, level).ok()?;
        Some(Self { width, dark })
    }

    /// Each run of dark modules: row, column, length.
    fn runs(&self) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
        self.dark.chunks(self.width).enumerate().flat_map(|(row, modules)| {
            let mut column = 0;
            std::iter::from_fn(move || {
                column += modules[column..].iter().take_while(|&&dark| !dark).count();
                let run = modules[column..].iter().take_while(|&&dark| dark).count();
                column += run;
                (run > 0).then_some((row, column - run, run))
            })
        })
    }

    /// One stroke for each run of dark modules, in modules from the top left.
    fn path(&self) -> Option<Path> {
        let mut path = PathBuilder::new();
        for (row, column, run) in self.runs() {
            path.move_to(column as f32, row as f32);
            path.line_to((column + run) as f32, row as f32);
        }
        path.finish()
    }

    /// Draws the code into the box, quiet zone included.
    pub(crate) fn draw(&self, surface: &mut Surface<'_>, area: Area) {
        let Some(path) = self.path() else { return };
        let module = area.w.min(area.h) / (self.width + 2 * QUIET) as f32 * MM;
        let left = area.x * MM + module * QUIET as f32;
        let top = area.y * MM + module * (QUIET as f32 + 0.5);
        surface.push_transform(&Transform::from_row(module, 0.0, 0.0, module, left, top));
        surface.set_fill(None);
        surface.set_stroke(Some(Stroke { paint: luma::Color::black().into(), width: 1.0, ..Stroke::default() }));
        surface.draw_path(&path);
        surface.set_stroke(None);
        surface.pop();
    }
}
