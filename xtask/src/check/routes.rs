//! Routes are made through `web::routes::Routes`, which asks for a rule with each. The agent, which has no staff and no
//! sessions, makes its few in one place as well. Nobody else builds a router.

use super::{Fault, Source};

const HOMES: [&str; 2] = ["crates/web/src/routes", "crates/agent/src/door.rs"];
/// Words after `.` or `Router::` that add a route or serve without one.
const METHODS: &[&str] = &["route", "route_service", "nest", "nest_service", "fallback", "fallback_service"];

/// Routers and routes outside [`HOMES`].
pub fn check(sources: &[Source]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let judged = |source: &&Source| {
        (source.path.starts_with("crates/") || source.path.starts_with("bin/"))
            && !HOMES.iter().any(|home| source.path.starts_with(home))
            && !source.is_test()
    };
    for source in sources.iter().filter(judged) {
        // A file that never names axum cannot build its routes; its own `route` functions are its business.
        if !source.tokens().iter().any(|(_, word)| *word == "axum") {
            continue;
        }
        for window in source.tokens().windows(3) {
            let [(_, before), (at, word), (_, after)] = window else { continue };
            let adds = *before == "." && METHODS.contains(word) && *after == "(";
            let makes = *word == "Router" && *after == ":";
            if adds || makes {
                let what = format!("`{word}` makes a route without a rule; use web::routes::Routes");
                faults.push(Fault::at(source, source.line(*at), what));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_without_a_rule_is_refused() {
        let text = "use axum::Router;\nfn a() -> Router { Router::new()\n.route(\"/x\", get(y)) }";
        let places: Vec<String> =
            check(&[Source::new("crates/web/src/kiosk/mod.rs", text)]).into_iter().map(|fault| fault.place).collect();
        assert_eq!(places, ["crates/web/src/kiosk/mod.rs:2", "crates/web/src/kiosk/mod.rs:3"]);
        assert!(check(&[Source::new("crates/web/src/routes.rs", text)]).is_empty());
        assert!(check(&[Source::new("crates/testkit/src/world/jlis.rs", text)]).is_empty());
    }
}
