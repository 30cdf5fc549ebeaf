//! A file is read in one sitting: 400 lines is long, more than 800 is too long.

use super::{Fault, Source};

const LONG: usize = 400;
const TOO_LONG: usize = 800;

/// Files that are data, not reading matter, each with the reason.
const DATA: &[(&str, &str)] = &[];

/// Files past the hard limit.
pub fn check(sources: &[Source]) -> Vec<Fault> {
    over(sources, TOO_LONG)
        .map(|source| Fault::of(&source.path, format!("{} lines; split it by its nouns", source.lines)))
        .collect()
}

/// Files past the soft limit, for a note.
pub fn long(sources: &[Source]) -> Vec<String> {
    over(sources, LONG)
        .filter(|source| source.lines <= TOO_LONG)
        .map(|source| format!("{} has {} lines", source.path, source.lines))
        .collect()
}

fn over(sources: &[Source], limit: usize) -> impl Iterator<Item = &Source> {
    sources.iter().filter(move |source| source.lines > limit && !DATA.iter().any(|(path, _)| *path == source.path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_read_in_one_sitting_is_refused() {
        let sources = [("short", 400), ("long", 401), ("too_long", 801)]
            .map(|(name, lines)| Source::new(name, &"\n".repeat(lines)));
        assert_eq!(check(&sources), [Fault::of("too_long", "801 lines; split it by its nouns")]);
        assert_eq!(long(&sources), ["long has 401 lines"]);
    }
}
