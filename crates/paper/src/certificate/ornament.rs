//! Fine waves behind the attestation (彩紋): dignity, and a pattern that a careless copy blurs.

use std::f32::consts::TAU;
use std::sync::LazyLock;

use krilla::color::luma;
use krilla::geom::{Path, PathBuilder};
use krilla::paint::Stroke;

use super::sheet::ORNAMENT;
use crate::layout::{Area, points};

/// Waves, and pieces of a curve in each.
const WAVES_COUNT: usize = 8;
const PIECES: usize = 18;

/// The waves, made once for each process.
pub(super) static WAVES: LazyLock<Option<Path>> = LazyLock::new(|| {
    let mut path = PathBuilder::new();
    for wave in 0..WAVES_COUNT {
        let at = |piece: usize| point(wave as f32 / WAVES_COUNT as f32, piece as f32 / PIECES as f32);
        let (x, y, _) = at(0);
        path.move_to(points(x), points(y));
        for piece in 0..PIECES {
            let ((x0, y0, slope0), (x1, y1, slope1)) = (at(piece), at(piece + 1));
            let third = (x1 - x0) / 3.0;
            let (first, second) = (y0 + slope0 * third, y1 - slope1 * third);
            path.cubic_to(
                points(x0 + third),
                points(first),
                points(x1 - third),
                points(second),
                points(x1),
                points(y1),
            );
        }
    }
    path.finish()
});

/// Millimetres and slope of a wave at `t` of its way. The swell is largest in the middle.
fn point(phase: f32, t: f32) -> (f32, f32, f32) {
    let height = |t: f32| {
        let swell = 0.25 + 0.75 * (t * TAU / 2.0).sin();
        ORNAMENT.y + ORNAMENT.h / 2.0 * (1.0 + swell * (TAU * (2.0 * t + phase)).sin())
    };
    let step = 1e-3;
    let slope = (height(t + step) - height(t - step)) / (2.0 * step * ORNAMENT.w);
    (ORNAMENT.x + ORNAMENT.w * t, height(t), slope)
}

/// Pale and thin.
pub(super) fn stroke() -> Stroke {
    Stroke { paint: luma::Color::new(214).into(), width: 0.35, ..Stroke::default() }
}

/// A line from the upper right to the lower left of free space.
pub(super) fn closing_line(area: Area) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.move_to(points(area.x + area.w), points(area.y));
    path.line_to(points(area.x), points(area.y + area.h));
    path.finish()
}
