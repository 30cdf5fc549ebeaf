//! Numbers people watch, as bars drawn on the server, always beside their table.

use maud::{Markup, html};

/// Height of one bar's row in the drawing's own units.
const ROW: i64 = 32;

/// Horizontal bars of (label, number). The drawing is decoration for those who see it: the table beside it says the
/// same, so it is hidden from screen readers.
pub fn bars(rows: &[(String, i64)]) -> Markup {
    let greatest = rows.iter().map(|(_, value)| *value).max().unwrap_or(0).max(1);
    let height = ROW * rows.len() as i64;
    html! {
        @if !rows.is_empty() {
            svg class="bars" viewBox=(format!("0 0 480 {height}")) aria-hidden="true" focusable="false" {
                @for ((label, value), at) in rows.iter().zip(0i64..) {
                    @let length = (*value).max(0).saturating_mul(240) / greatest;
                    text x="0" y=(at * ROW + 21) { (shortened(label)) }
                    rect x="190" y=(at * ROW + 6) width=(length) height="20" {}
                    text x=(196 + length) y=(at * ROW + 21) { (value) }
                }
            }
        }
    }
}

/// Horizontal bars of (label, part) out of one whole, so that 21 of 100 looks like a fifth. The label says the number.
pub fn shares(rows: &[(String, i64)], whole: i64) -> Markup {
    let height = ROW * rows.len() as i64;
    html! {
        @if !rows.is_empty() {
            svg class="bars" viewBox=(format!("0 0 480 {height}")) aria-hidden="true" focusable="false" {
                @for ((label, part), at) in rows.iter().zip(0i64..) {
                    @let length = (*part).clamp(0, whole.max(1)).saturating_mul(280) / whole.max(1);
                    text x="0" y=(at * ROW + 21) { (shortened(label)) }
                    rect class="bars-whole" x="190" y=(at * ROW + 6) width="280" height="20" {}
                    rect x="190" y=(at * ROW + 6) width=(length) height="20" {}
                }
            }
        }
    }
}

/// A label as long as the room before the bars; the table beside a chart has it whole.
fn shortened(label: &str) -> String {
    const ROOM: usize = 180;
    let mut used = 0;
    let mut short = String::new();
    for character in label.chars() {
        used += if character.is_ascii() { 7 } else { 14 };
        if used > ROOM {
            short.push('…');
            break;
        }
        short.push(character);
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_bar_fills_its_room_and_nothing_draws_nothing() {
        let drawn = bars(&[("a".to_owned(), 4), ("b".to_owned(), 2)]).into_string();
        assert!(drawn.contains("width=\"240\"") && drawn.contains("width=\"120\""), "{drawn}");
        assert_eq!(bars(&[]).into_string(), "");
        let half = shares(&[("a".to_owned(), 500)], 1000).into_string();
        assert!(half.contains("width=\"140\""), "{half}");
        let _ = shares(&[("negative".to_owned(), -1), ("more".to_owned(), i64::MAX)], 0);
        let _ = bars(&[("negative".to_owned(), i64::MIN), ("huge".to_owned(), i64::MAX)]);
    }
}
