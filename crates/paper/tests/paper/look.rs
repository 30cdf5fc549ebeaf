//! What independent tools see in a finished file.

use super::support::*;

/// Writes the file where a person may look at it.
#[test]
#[ignore = "writes files for looking at"]
fn write_samples() {
    let directory = std::env::var("YAKUBA_SAMPLES").unwrap();
    for people in [1, 2, 4, 5] {
        let (bytes, _) = drawn(&household(people));
        std::fs::write(format!("{directory}/{people}.pdf"), bytes).unwrap();
    }
    std::fs::write(format!("{directory}/seal.png"), paper::Seal::sample_png(&TYPEFACE, "見本市長之印").unwrap())
        .unwrap();
}
