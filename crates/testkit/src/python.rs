//! Where the Python of tests is. Crates that stand below this one take the file by its path.

use std::path::PathBuf;

/// The Python with the peers and second opinions: beside the build, where `scripts/setup test` puts it, else on the path.
pub fn python() -> PathBuf {
    const NAME: &str = "python-of-tests";
    // <target>/<profile>/deps/<this test>
    let here = std::env::current_exe().unwrap_or_default();
    let beside = here.ancestors().nth(3).map(|target| target.join("tools/bin").join(NAME));
    beside.filter(|program| program.is_file()).unwrap_or_else(|| NAME.into())
}
