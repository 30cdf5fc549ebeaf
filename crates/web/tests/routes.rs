//! Every route of the house, without a key and with the wrong one. What a security officer would ask.

use store::testing::{TestDatabase, for_each_engine};
use tools::portal::Assurance;
use tools::staff::{Action, Role};
use yakuba_web::testing::{TestDoor, Visitor};
use yakuba_web::{Routes, Rule};

/// A path whose parameters are filled with something that does not exist.
fn filled(path: &str) -> String {
    path.split('/')
        .map(|part| if part.starts_with('{') { "00000000000000000000000000" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

fn knock(visitor: &mut Visitor<'_>, method: &str, path: &str) -> u16 {
    let path = filled(path);
    if method == "GET" { visitor.get(&path).status } else { visitor.post(&path, &[]).status }
}

/// Signed in, but with no role that allows the action.
fn somebody_without<'a>(door: &'a TestDoor, action: Action) -> Visitor<'a> {
    let roles: Vec<Role> = Role::ALL.iter().copied().filter(|role| !role.may(action)).collect();
    door.staff(&roles)
}

#[test]
fn no_route_answers_a_stranger_beyond_its_rule() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        for entry in Routes::all().entries() {
            let mut stranger = door.stranger();
            let status = knock(&mut stranger, entry.method.as_str(), entry.path);
            let expected: &[u16] = match entry.rule {
                Rule::Public => continue,
                // Whoever is no app is answered so: no key, no token, or nothing there.
                Rule::DataApp => &[400, 401, 404],
                // No key; or what came cannot be read whoever sent it.
                Rule::Machine => &[400, 401],
                // Whoever is no agent that was asked; or no agents here at all.
                Rule::Agent => &[404, 410, 503],
                Rule::DemoLoopback | Rule::Kiosk | Rule::KioskSession => &[403],
                Rule::StaffSignedIn | Rule::Staff(_) | Rule::Resident(_) | Rule::Relay | Rule::SignedMachine => &[401],
            };
            assert!(expected.contains(&status), "{} {}: {status}", entry.method, entry.path);
        }
    });
}

#[test]
fn no_staff_route_answers_a_role_that_its_action_does_not_name() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        for entry in Routes::all().entries() {
            let Rule::Staff(action) = entry.rule else { continue };
            let mut other = somebody_without(&door, action);
            let status = knock(&mut other, entry.method.as_str(), entry.path);
            assert_eq!(status, 403, "{} {} for one who may not {}", entry.method, entry.path, action.code());
        }
    });
}

#[test]
fn a_staff_session_opens_no_machine_and_a_machine_opens_no_console() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let (mut everybody, mut terminal) = (door.staff(Role::ALL), door.terminal());
        for entry in Routes::all().entries() {
            match entry.rule {
                Rule::Kiosk | Rule::KioskSession | Rule::Relay | Rule::SignedMachine => {
                    let status = knock(&mut everybody, entry.method.as_str(), entry.path);
                    assert!(matches!(status, 401 | 403), "{} {} to staff: {status}", entry.method, entry.path);
                }
                Rule::StaffSignedIn | Rule::Staff(_) => {
                    let status = knock(&mut terminal, entry.method.as_str(), entry.path);
                    assert_eq!(status, 401, "{} {} to a machine", entry.method, entry.path);
                }
                Rule::Resident(_) => {
                    for somebody in [&mut everybody, &mut terminal] {
                        let status = knock(somebody, entry.method.as_str(), entry.path);
                        assert_eq!(status, 401, "{} {} to somebody who is no resident", entry.method, entry.path);
                    }
                }
                Rule::Public | Rule::DemoLoopback | Rule::DataApp | Rule::Machine | Rule::Agent => {}
            }
            if entry.rule == Rule::KioskSession {
                let status = knock(&mut terminal, entry.method.as_str(), entry.path);
                assert_eq!(status, 403, "{} {} without a card", entry.method, entry.path);
            }
        }
    });
}

#[test]
fn a_form_without_its_token_changes_nothing_anywhere() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let mut everybody = door.staff(Role::ALL);
        for entry in Routes::all().entries() {
            if matches!(entry.rule, Rule::StaffSignedIn | Rule::Staff(_)) && entry.method == "POST" {
                let path = filled(entry.path);
                assert_eq!(everybody.post_bare(&path, &[]).status, 403, "{path} without a token");
                let other = everybody.token("/another/form").unwrap_or_default();
                assert_eq!(everybody.post_bare(&path, &[("csrf", &other)]).status, 403, "{path} with another's token");
            }
        }
    });
}

#[test]
fn a_resident_opens_what_they_are_known_well_enough_for_and_no_form_without_its_token() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        for level in [Assurance::Public, Assurance::Substantial, Assurance::High] {
            let (_, mut resident) = door.resident(level);
            for entry in Routes::all().entries() {
                let Rule::Resident(need) = entry.rule else { continue };
                let path = filled(entry.path);
                if level < need {
                    assert_eq!(knock(&mut resident, entry.method.as_str(), entry.path), 403, "{path} at {level:?}");
                } else if entry.method == "POST" {
                    assert_eq!(resident.post_bare(&path, &[]).status, 403, "{path} without a token");
                }
            }
        }
    });
}

#[test]
fn a_form_sent_by_another_site_is_refused_even_with_its_token() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    for (name, value) in [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site")] {
        let mut clerk = door.staff(&[Role::CounterClerk]).with_header(name, value);
        assert_eq!(clerk.post("/staff/sign-out", &[]).status, 403, "{name}: {value}");
    }
}

#[test]
fn a_name_that_is_not_ours_reaches_nothing() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    let answer = door.staff(Role::ALL).with_header("host", "rebound.example:8080").get("/staff");
    assert_eq!(answer.status, 403);
}

#[test]
fn the_demo_drawer_is_shut_to_other_machines_to_proxies_and_outside_a_demo() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    for entry in Routes::all().entries().iter().filter(|entry| entry.rule == Rule::DemoLoopback) {
        let path = filled(entry.path);
        let mut forwarded = door.neighbour().with_header("x-forwarded-for", "203.0.113.9");
        let status = if entry.method == "GET" { forwarded.get(&path) } else { forwarded.post(&path, &[]) }.status;
        assert_eq!(status, 403, "{path} through a proxy");
    }
    let real = TestDoor::with(TestDatabase::on_sqlite(), |app| {
        if let Some(inside) = &app.inside {
            app.inside = Some(std::sync::Arc::new(tools::Inside { demo: false, ..(**inside).clone() }));
        }
    });
    for entry in Routes::all().entries().iter().filter(|entry| entry.rule == Rule::DemoLoopback) {
        let status = knock(&mut real.neighbour(), entry.method.as_str(), entry.path);
        assert_eq!(status, 403, "{} outside a demo", entry.path);
    }
}

#[test]
fn every_answer_carries_the_headers_that_protect_it() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    for path in ["/staff", "/no-such-page", "/staff/sign-in"] {
        let answer = door.stranger().get(path);
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.headers["x-frame-options"], "DENY");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers["referrer-policy"], "no-referrer");
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert!(!answer.text().contains("style=\"") && !answer.text().contains("<style"), "{path} has inline style");
    }
}

#[test]
fn no_two_routes_claim_one_door() {
    let mut seen = std::collections::HashSet::new();
    for entry in Routes::all().entries() {
        assert!(seen.insert((entry.method.clone(), entry.path)), "{} {}", entry.method, entry.path);
    }
}
