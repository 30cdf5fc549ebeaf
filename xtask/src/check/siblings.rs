//! A service never calls another service: two that must meet do so through a tool.

use std::collections::BTreeSet;

use super::{Fault, Source};

const SERVICES: &str = "crates/services/src/";
/// Folders and files that belong to all services.
const SHARED: &[&str] = &["planned"];

/// Refuses a service's file whose code names another service's folder.
pub fn check(sources: &[Source]) -> Vec<Fault> {
    let rooms: BTreeSet<&str> = sources.iter().filter_map(|source| room(&source.path)).collect();
    let mut faults = Vec::new();
    for source in sources {
        let Some(own) = room(&source.path) else { continue };
        for (at, word) in source.tokens() {
            if word != own && rooms.contains(word) {
                let what = format!("names the service {word}; let the two meet in a tool");
                faults.push(Fault::at(source, source.line(at), what));
            }
        }
    }
    faults
}

/// The service a file belongs to.
fn room(path: &str) -> Option<&str> {
    let (folder, _) = path.strip_prefix(SERVICES)?.split_once('/')?;
    (!SHARED.contains(&folder)).then_some(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planted(text: &str) -> Vec<Fault> {
        check(&[
            Source::new("crates/services/src/library_card/actions.rs", text),
            Source::new("crates/services/src/e_billing/mod.rs", "pub fn bill() {}"),
        ])
    }

    #[test]
    fn a_service_that_calls_its_sibling_is_refused_however_it_is_written() {
        for text in [
            "use crate::e_billing::bill;",
            "use crate::{library_card::x, e_billing::{bill}};",
            "fn a() {\n super::super::e_billing::bill() }",
        ] {
            assert_eq!(planted(text).len(), 1, "{text}");
        }
        assert_eq!(planted("\nuse crate::e_billing;")[0].place, "crates/services/src/library_card/actions.rs:2");
    }

    #[test]
    fn speaking_of_a_sibling_is_allowed() {
        assert!(planted("//! unlike e_billing\nconst A: &str = \"e_billing\"; use crate::library_card::b;").is_empty());
    }
}
