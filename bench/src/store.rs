//! S8: durable business writes (mailbox row + event row) and the newest-20 list.

use crate::Options;
use crate::report::{Failure, Line};

/// Measures S8.
///
/// # Errors
/// When an engine cannot be opened.
pub fn run(_options: &Options) -> Result<Vec<Line>, Failure> {
    Ok(Vec::new())
}
