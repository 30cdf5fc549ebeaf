//! No circles: the modules at the top of a crate use each other in one direction only, so that each can be read after those
//! below it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Fault, Source};

/// Circles that stand from before the rule: a crate, and the modules that use each other, sorted. This list only shrinks.
const KNOWN: &[(&str, &str)] = &[
    (
        "bin/yakuba",
        "beside birth cards commands control hospital key_keeper library means national notices portal serve staff_ids",
    ),
    ("crates/store", "migrate postgres sqlite sqlite_connection store tx"),
    (
        "crates/tools",
        "access approvals audit channels city_application city_events consents copied_records credentials data_apps disclosure dispatch effect_report family_register incidents looked mailbox messages paper_keys papers portal register relay representatives self_information service_cards signed_lists staff staff_id_list tax_records terminals twins withdrawal_list",
    ),
    (
        "crates/web",
        "agents app assets cards_api ceremony dispatch_api form hospital_api kiosk kiosk_api machine_api open portal provider routes security staff taps visit",
    ),
];

/// Modules of one crate, and which others each uses.
type Uses<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// Refuses circles that are not known, and known ones that are none any longer.
pub fn check(sources: &[Source]) -> Vec<Fault> {
    judge(sources, KNOWN)
}

fn judge(sources: &[Source], known: &[(&str, &str)]) -> Vec<Fault> {
    let mut found: BTreeSet<(&str, String)> = BTreeSet::new();
    for (place, uses) in crates(sources) {
        let reached: BTreeMap<_, _> = uses.keys().map(|module| (*module, reached(&uses, module))).collect();
        for (module, far) in &reached {
            let circle: Vec<&str> = far.iter().filter(|other| reached[*other].contains(module)).copied().collect();
            if circle.len() > 1 {
                found.insert((place, circle.join(" ")));
            }
        }
    }
    let new = found
        .iter()
        .filter(|(place, circle)| !known.contains(&(*place, circle.as_str())))
        .map(|(place, circle)| Fault::of(place, format!("{circle} use each other; move what they share below them")));
    let gone = known.iter().filter(|(place, all)| !found.contains(&(*place, (*all).to_owned()))).map(|(place, all)| {
        Fault::of(place, format!("{all} are no such circle now; correct KNOWN in xtask/src/check/circles.rs"))
    });
    new.chain(gone).collect()
}

/// All that `from` uses, by whatever way.
fn reached<'a>(uses: &Uses<'a>, from: &'a str) -> BTreeSet<&'a str> {
    let (mut reached, mut waiting) = (BTreeSet::new(), vec![from]);
    while let Some(module) = waiting.pop() {
        waiting.extend(uses[module].iter().filter(|next| reached.insert(**next)));
    }
    reached
}

/// Every crate by its folder.
fn crates(sources: &[Source]) -> BTreeMap<&str, Uses<'_>> {
    let mut crates: BTreeMap<&str, Vec<(&str, &Source)>> = BTreeMap::new();
    for source in sources.iter().filter(|source| !source.is_test()) {
        if let Some((place, file)) = source.path.split_once("/src/") {
            crates.entry(place).or_default().push((file, source));
        }
    }
    crates.into_iter().map(|(place, files)| (place, uses(&files))).collect()
}

fn is_root(file: &str) -> bool {
    matches!(file, "lib.rs" | "main.rs")
}

/// The module at the top to which a file belongs.
fn top(file: &str) -> &str {
    file.split_once('/').map_or(file.trim_end_matches(".rs"), |(folder, _)| folder)
}

fn uses<'a>(files: &[(&'a str, &'a Source)]) -> Uses<'a> {
    let modules = files.iter().map(|(file, _)| *file).filter(|file| !is_root(file)).map(top);
    let mut uses: Uses<'a> = modules.map(|module| (module, BTreeSet::new())).collect();
    // What the root hands on is of the module it comes from.
    let mut homes: BTreeMap<&str, &str> = uses.keys().map(|module| (*module, *module)).collect();
    for (_, source) in files.iter().filter(|(file, _)| is_root(file)) {
        let tokens: Vec<&str> = source.tokens().into_iter().map(|(_, word)| word).collect();
        for (at, _) in tokens.iter().enumerate().filter(|(_, word)| **word == "use") {
            let Some(module) = tokens.get(at + 1).filter(|word| uses.contains_key(**word)) else { continue };
            for name in tokens[at + 2..].iter().take_while(|word| **word != ";") {
                homes.entry(name).or_insert(module);
            }
        }
    }
    for (file, source) in files.iter().filter(|(file, _)| !is_root(file)) {
        let own = top(file);
        let named = named_at_the_root(source, file).into_iter().filter_map(|name| homes.get(name));
        uses.entry(own).or_default().extend(named.filter(|other| **other != own));
    }
    uses
}

/// What a file names of its crate's root: `crate::a`, `crate::{a, b::c}`, and `super::a` from the floor below the root.
fn named_at_the_root<'a>(source: &'a Source, file: &str) -> Vec<&'a str> {
    let tokens: Vec<&str> = source.tokens().into_iter().map(|(_, word)| word).collect();
    let depth = file.trim_end_matches("/mod.rs").split('/').count();
    let up: Vec<&str> = ["super", ":", ":"].repeat(depth);
    let mut named = Vec::new();
    for at in 0..tokens.len() {
        let rest = &tokens[at..];
        let is_path = at == 0 || tokens[at - 1] != ":";
        let Some(mut rest) =
            rest.strip_prefix(&["crate", ":", ":"][..]).or_else(|| rest.strip_prefix(&up[..]).filter(|_| is_path))
        else {
            continue;
        };
        let mut open = 0_usize;
        let mut begins = true;
        while let Some((word, after)) = rest.split_first() {
            match *word {
                "{" => open += 1,
                "}" => open = open.saturating_sub(1),
                "," if open == 1 => begins = true,
                _ if begins => {
                    named.push(*word);
                    begins = false;
                }
                _ => {}
            }
            if open == 0 {
                break;
            }
            rest = after;
        }
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planted(a: &str, b: &str) -> Vec<Fault> {
        let sources = [
            Source::new("crates/x/src/lib.rs", "pub mod a; pub mod b; mod c; pub use b::Thing;"),
            Source::new("crates/x/src/a.rs", a),
            Source::new("crates/x/src/b/inner.rs", b),
            Source::new("crates/x/src/c.rs", "use crate::b::Thing;"),
        ];
        judge(&sources, &[])
    }

    #[test]
    fn modules_that_use_each_other_are_refused_however_it_is_written() {
        for a in ["use crate::b::Thing;", "use crate::{c::{d, b}, b};", "use crate::Thing;", "fn a() { super::b::x() }"]
        {
            for b in ["use crate::a;", "use super::super::a::b;", "use crate::c;\nfn b() -> crate::a::A {}"] {
                let faults = planted(a, b);
                assert_eq!(faults.len(), 1, "{a} {b}: {faults:?}");
                assert!(faults[0].what.starts_with("a b"), "{}", faults[0].what);
            }
        }
    }

    #[test]
    fn one_direction_is_no_circle() {
        assert!(
            planted("use crate::b::Thing;", "use super::a;\nuse crate::{b::a, c as a};").len() == 1,
            "b and c alone"
        );
        assert!(planted("use crate::b::Thing;", "use super::a; use crate::b::a;").is_empty());
    }

    #[test]
    fn a_known_circle_that_is_gone_is_told() {
        let sources = [Source::new("crates/x/src/a.rs", ""), Source::new("crates/x/src/b.rs", "use crate::a;")];
        assert_eq!(judge(&sources, &[("crates/x", "a b")]).len(), 1);
    }
}
