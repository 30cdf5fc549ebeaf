//! S1, growth: what one paper costs as it gets longer, 1, 4 and 12 pages. Households of 4 people a page.
//!
//! ```text
//!   Plan::new ─ a code a page ─ draw ─┬─ CPU and size of the drawing
//!                                     └─ recheck::extract ─ CPU of reading the finished bytes back
//! ```
//! The peer of each line is the one-page paper of the same run, times the pages: below 1, a page of a long paper costs
//! less than a paper of its own (font and seal are written once).

use paper::{Plan, Seal, Typeface};

use crate::Options;
use crate::paper::{certificate, code, median, milliseconds};
use crate::report::{Failure, Line};

/// Pages measured.
const PAGES: [usize; 3] = [1, 4, 12];
/// People on one page of the household form.
const PEOPLE_A_PAGE: usize = 4;
/// Rounds of each.
const ROUNDS: usize = 20;

/// Measures how S1 grows.
///
/// # Errors
/// Without the font; when the form breaks pages elsewhere than this bench believes.
pub fn run(_: &Options) -> Result<Vec<Line>, Failure> {
    let typeface = Typeface::open_default()?;
    let seal = Seal::sample(&typeface, "見本市長之印")?;
    let mut lines = Vec::new();
    let mut one = None;
    for pages in PAGES {
        let certificate = certificate(pages * PEOPLE_A_PAGE)?;
        let plan = Plan::new(&typeface, &certificate)?;
        if plan.page_count() != pages {
            return Err(format!("{} pages came where {pages} were wanted", plan.page_count()).into());
        }
        let codes: Vec<String> = (1..=pages).map(|page| code(&plan, page)).collect();
        let draw = || -> Result<Vec<u8>, Failure> { Ok(Plan::new(&typeface, &certificate)?.draw(&codes, &seal)?) };
        let bytes = draw()?;
        let mut drawn = (0..ROUNDS).map(|_| milliseconds(draw)).collect::<Result<Vec<_>, _>>()?;
        let read = || Ok(paper::recheck::extract(&bytes).map(|_| Vec::new())?);
        let mut checked = (0..ROUNDS).map(|_| milliseconds(read)).collect::<Result<Vec<_>, Failure>>()?;
        let (drawn, checked) = (median(&mut drawn), median(&mut checked));
        let first = *one.get_or_insert(drawn);
        lines.push(Line {
            work: format!("a paper of {pages} page(s), {} people", pages * PEOPLE_A_PAGE),
            ours: format!("{drawn:.2} ms CPU, {} kB; read back in {checked:.2} ms CPU", bytes.len() / 1024),
            peer: format!("{:.2} ms ({pages} × the paper of one page)", first * pages as f64),
            ratio: Some(drawn / (first * pages as f64)),
            goal: "context".to_owned(),
            met: None,
        });
    }
    Ok(lines)
}
