//! Time and randomness come through `base::Seams`, so that a seed replays a whole day.

use super::{Fault, Source};

/// Names that read the machine's clock or randomness, and what to use.
const FORBIDDEN: &[(&str, &str)] = &[
    ("SystemTime", "seams.now()"),
    ("getrandom", "seams.random"),
    ("thread_rng", "seams.random"),
    ("OsRng", "seams.random"),
    ("ThreadRng", "seams.random"),
    ("SysRng", "seams.random"),
];

/// Files of the library floors that read the machine's own time or randomness. `base` holds the seams themselves.
pub fn check(sources: &[Source]) -> Vec<Fault> {
    let judged = |source: &&Source| {
        source.path.starts_with("crates/") && !source.path.starts_with("crates/base/") && !source.is_test()
    };
    let mut faults = Vec::new();
    for source in sources.iter().filter(judged) {
        for (at, word) in source.tokens() {
            if let Some((name, instead)) = FORBIDDEN.iter().find(|(name, _)| *name == word) {
                faults.push(Fault::at(source, source.line(at), format!("{name} bypasses the seams; use {instead}")));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_at_the_wall_clock_is_refused() {
        let text = "fn a() { let now = std::time::SystemTime::now(); }";
        assert_eq!(check(&[Source::new("crates/tools/src/x.rs", text)]).len(), 1);
        assert!(check(&[Source::new("crates/base/src/clock.rs", text)]).is_empty());
    }
}
