//! Arrows go down only. Each crate may use those named here and no other of ours.

use super::Fault;

/// A crate's folder, and which of ours it may depend on.
const FLOORS: &[(&str, &[&str])] = &[
    ("crates/base", &[]),
    ("crates/store", &["base"]),
    ("crates/card", &["base"]),
    ("crates/pki", &["base"]),
    ("crates/wire", &["base"]),
    ("crates/mdoc", &["base", "pki"]),
    ("crates/messaging", &["base"]),
    ("crates/openid", &["base"]),
    ("crates/rules", &["base"]),
    ("crates/sip2", &["base"]),
    ("crates/fhir", &["base"]),
    ("crates/hl7", &["base"]),
    ("crates/paper", &["base", "card", "pki", "wire"]),
    ("crates/ui", &["base"]),
    ("crates/tools", &["base", "store", "card", "pki", "mdoc", "messaging", "openid", "rules", "wire", "paper", "ui"]),
    (
        "crates/services",
        &[
            "base",
            "store",
            "card",
            "fhir",
            "hl7",
            "messaging",
            "pki",
            "mdoc",
            "openid",
            "rules",
            "sip2",
            "wire",
            "paper",
            "ui",
            "tools",
        ],
    ),
    (
        "crates/web",
        &[
            "base",
            "store",
            "card",
            "pki",
            "mdoc",
            "messaging",
            "openid",
            "rules",
            "wire",
            "paper",
            "ui",
            "tools",
            "services",
        ],
    ),
    // Beside web: the program on a person's PC, which holds neither register nor services.
    ("crates/agent", &["base", "card", "pki", "ui"]),
    (
        "crates/testkit",
        &["base", "store", "card", "fhir", "hl7", "pki", "mdoc", "messaging", "openid", "rules", "sip2", "wire"],
    ),
    (
        "bin/yakuba",
        &[
            "base",
            "store",
            "card",
            "hl7",
            "pki",
            "mdoc",
            "messaging",
            "openid",
            "rules",
            "sip2",
            "wire",
            "paper",
            "ui",
            "tools",
            "services",
            "web",
            "agent",
            "testkit",
        ],
    ),
    (
        "bench",
        &[
            "base",
            "store",
            "card",
            "pki",
            "mdoc",
            "messaging",
            "rules",
            "sip2",
            "wire",
            "paper",
            "ui",
            "tools",
            "services",
            "web",
            "testkit",
            "yakuba",
        ],
    ),
    // Rules must not depend on what they judge.
    ("xtask", &[]),
];

/// Ours that anyone may use in tests.
const FOR_TESTS: &str = "testkit";
/// Neighbours on one floor that meet in tests: a virtual card needs certificates to hold.
const NEIGHBOURS_IN_TESTS: &[(&str, &str)] = &[("crates/card", "pki")];

/// Judges every `Cargo.toml` (path and text).
pub fn check(manifests: &[(String, String)]) -> Vec<Fault> {
    manifests
        .iter()
        .filter(|(path, _)| path.ends_with("Cargo.toml"))
        .flat_map(|(path, text)| judge(path, text))
        .collect()
}

fn judge(path: &str, text: &str) -> Vec<Fault> {
    let folder = path.trim_end_matches("/Cargo.toml");
    let Some((_, allowed)) = FLOORS.iter().find(|(name, _)| *name == folder) else {
        // Fuzz targets stand outside the workspace and may use anything.
        return if folder.starts_with("fuzz") {
            Vec::new()
        } else {
            vec![Fault::of(path, "this crate has no floor; give it one in xtask/src/check/direction.rs")]
        };
    };
    let manifest: toml::Table = match toml::from_str(text) {
        Ok(manifest) => manifest,
        Err(error) => return vec![Fault::of(path, format!("cannot be read: {error}"))],
    };
    let mut faults = Vec::new();
    for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
        let names = manifest.get(section).and_then(toml::Value::as_table).into_iter().flatten();
        for name in names.map(|(name, value)| ours(name, value)) {
            let known = FLOORS.iter().any(|(folder, _)| folder.rsplit('/').next() == Some(name.as_str()));
            let for_tests = section == "dev-dependencies"
                && (name == FOR_TESTS || NEIGHBOURS_IN_TESTS.contains(&(folder, name.as_str())));
            if known && !allowed.contains(&name.as_str()) && !for_tests {
                faults.push(Fault::of(path, format!("{section}: {name} is not below it; arrows go down only")));
            }
        }
    }
    faults
}

/// The name by which we know a dependency: `yakuba-store` and a renamed one are `store`.
fn ours(name: &str, value: &toml::Value) -> String {
    let package = value.get("package").and_then(toml::Value::as_str).unwrap_or(name);
    package.strip_prefix("yakuba-").unwrap_or(package).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planted(folder: &str, text: &str) -> Vec<String> {
        let manifests = [(format!("{folder}/Cargo.toml"), text.to_owned())];
        check(&manifests).into_iter().map(|fault| fault.what).collect()
    }

    #[test]
    fn a_card_that_reaches_for_the_store_is_refused() {
        let faults = planted("crates/card", "[dependencies]\nbase.workspace = true\nstore.workspace = true\n");
        assert_eq!(faults, ["dependencies: store is not below it; arrows go down only"]);
    }

    #[test]
    fn a_renamed_dependency_does_not_hide() {
        let planted = planted("crates/tools", "[dependencies]\nx = { package = \"yakuba-web\", path = \"../web\" }\n");
        assert_eq!(planted, ["dependencies: web is not below it; arrows go down only"]);
    }

    #[test]
    fn the_testkit_is_for_tests_only() {
        assert!(planted("crates/web", "[dev-dependencies]\ntestkit.workspace = true\n").is_empty());
        assert_eq!(planted("crates/web", "[dependencies]\ntestkit.workspace = true\n").len(), 1);
    }

    #[test]
    fn a_crate_without_a_floor_is_noticed() {
        assert_eq!(planted("crates/attic", "[dependencies]\n").len(), 1);
    }
}
