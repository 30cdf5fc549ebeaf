//! `yakuba docs`: writes the generated pages, so that a check can compare them with the committed ones.

use std::path::Path;
use std::process::ExitCode;

use base::Kind;

use crate::fail::{Failure, Outcome};

/// Writes every generated page below `out`, the project's root.
///
/// # Errors
/// A file that cannot be written.
pub fn run(out: &Path) -> Outcome {
    for document in services::documents::all() {
        let path = out.join(document.path);
        std::fs::write(&path, document.text)
            .map_err(|error| Failure::new(Kind::Unavailable, format!("{}: {error}", path.display())))?;
        println!("{}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}
