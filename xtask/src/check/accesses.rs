//! Accesses to personal data are made in `tools/src/access` and nowhere else.
//!
//! Private fields already keep others from writing one down; this also finds a door opened beside the three
//! (`person`, `search`, `bulk`), inside or outside that folder.

use super::{Fault, Source};

const ROOM: &str = "crates/tools/src/access/";
const FORMS: &[&str] = &["PersonAccess", "SearchAccess", "BulkAccess"];
/// The three public doors in `access/mod.rs`, and the constructor behind each, visible to that module only.
const DOORS: &[&str] = &["person", "search", "bulk", "open"];

/// Functions that hand out an access without being one of the doors, and accesses written down outside the room.
pub fn check(sources: &[Source]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for source in sources.iter().filter(|source| source.path.starts_with("crates/") && !source.is_test()) {
        let inside = source.path.starts_with(ROOM);
        for (line, name) in makers(source) {
            if !inside || !DOORS.contains(&name.as_str()) {
                let what = format!("`{name}` hands out an access; only access::person, search and bulk may");
                faults.push(Fault::at(source, line, what));
            }
        }
        if !inside {
            faults.extend(literals(source));
        }
    }
    faults
}

/// How many functions make one, for a reader of the report.
pub fn count(sources: &[Source]) -> String {
    let found: usize = sources.iter().filter(|source| !source.is_test()).map(|source| makers(source).len()).sum();
    format!("{found} functions make an access (three doors and the constructor behind each)")
}

/// Line and name of each function that returns one of the forms by value.
fn makers(source: &Source) -> Vec<(usize, String)> {
    let tokens = source.tokens();
    let mut found = Vec::new();
    // Inside the room constructors say `Self`: whose, the last `impl` before them tells.
    let mut of_form = false;
    for (index, (at, word)) in tokens.iter().enumerate() {
        if *word == "impl" {
            let header = tokens[index..].iter().take_while(|(_, word)| *word != "{").map(|(_, word)| *word);
            let name = header.skip_while(|word| *word != "for").nth(1);
            of_form = FORMS.contains(&name.unwrap_or_else(|| tokens.get(index + 1).map_or("", |(_, word)| *word)));
        }
        if *word != "fn" {
            continue;
        }
        let signature: Vec<&str> =
            tokens[index + 1..].iter().map(|(_, word)| *word).take_while(|word| !matches!(*word, "{" | ";")).collect();
        let Some(arrow) = returns(&signature) else { continue };
        let returned = &signature[arrow..];
        let by_value = returned.iter().enumerate().any(|(place, word)| {
            let form = FORMS.contains(word) || (of_form && *word == "Self");
            form && place.checked_sub(1).is_none_or(|before| returned[before] != "&" && !is_lifetime(returned, before))
        });
        if by_value {
            found.push((source.line(*at), signature.first().copied().unwrap_or_default().to_owned()));
        }
    }
    found
}

/// Whether the words before a type are `& ' a`: it is borrowed.
fn is_lifetime(words: &[&str], at: usize) -> bool {
    at >= 2 && words[at - 1] == "'" && words[at - 2] == "&"
}

/// Where the return type of a signature begins: after the arrow outside all parentheses.
fn returns(signature: &[&str]) -> Option<usize> {
    let mut depth = 0_i32;
    let mut arrow = None;
    for (index, word) in signature.iter().enumerate() {
        depth += i32::from(*word == "(") - i32::from(*word == ")");
        if depth == 0 && *word == "-" && signature.get(index + 1) == Some(&">") {
            arrow = Some(index + 2);
        }
        if depth == 0 && *word == "where" {
            break;
        }
    }
    arrow
}

/// Struct literals of a form.
fn literals(source: &Source) -> Vec<Fault> {
    let tokens = source.tokens();
    let mut faults = Vec::new();
    for window in tokens.windows(4) {
        let [(_, earlier), (_, before), (at, name), (_, after)] = window else { continue };
        let declares =
            matches!(*before, "struct" | "impl" | "for" | "trait" | ">" | "&" | "+" | ":") || *earlier == "'";
        if FORMS.contains(name) && *after == "{" && !declares {
            faults.push(Fault::at(source, source.line(*at), format!("{name} is written down outside {ROOM}")));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planted(path: &str, text: &str) -> usize {
        check(&[Source::new(path, text)]).len()
    }

    #[test]
    fn a_back_door_is_refused_outside_and_inside_the_room() {
        let outside = "pub fn quick(id: &ResidentId) -> Result<PersonAccess, Error> { todo() }";
        assert_eq!(planted("crates/tools/src/register/read.rs", outside), 1);
        assert_eq!(planted("crates/tools/src/access/person.rs", outside), 1);
        let constructor = "impl PersonAccess { pub fn forge() -> Self { Self { a: 1 } } }";
        assert_eq!(planted("crates/tools/src/access/person.rs", constructor), 1);
        assert_eq!(planted("crates/web/src/kiosk/mod.rs", "fn a() { let x = BulkAccess { a: 1 }; }"), 1);
    }

    #[test]
    fn the_three_doors_and_borrowing_are_allowed() {
        let doors = "pub fn person(tx: &mut Tx) -> Result<PersonAccess, AccessError> { PersonAccess::open(tx) }";
        assert_eq!(planted("crates/tools/src/access/mod.rs", doors), 0);
        let constructor = "impl BulkAccess { pub(super) fn open(tx: &mut Tx) -> Result<Self, AccessError> { x } }";
        assert_eq!(planted("crates/tools/src/access/bulk.rs", constructor), 0);
        let reader = "pub fn household(tx: &mut Tx, access: &PersonAccess) -> Result<Household, E> { x }";
        assert_eq!(planted("crates/tools/src/register/read.rs", reader), 0);
        assert_eq!(planted("crates/tools/src/x.rs", "fn a<'a>(b: &'a B) -> &'a PersonAccess { &b.c }"), 0);
    }
}
