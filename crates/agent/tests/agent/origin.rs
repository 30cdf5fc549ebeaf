//! Who may talk to the agent at all.

use pki::agent::Verb;

use crate::support::*;

#[test]
fn a_name_that_was_made_to_point_here_is_refused_everywhere() {
    let scene = Scene::new();
    for host in [
        "evil.example:47614",
        "127.0.0.1",
        "127.0.0.1:80",
        "localhost",
        "127.0.0.1:47614.evil.example",
        "[::1]:47614",
        "",
    ] {
        for path in ["/", "/v1/status", "/pad/X", "/assets/pad.js", "/none"] {
            let answer = scene.send("GET", path, &[("host", host), ("origin", CITY)], "");
            assert_eq!(answer.status, 403, "{host} {path}");
            assert_eq!(answer.header("access-control-allow-origin"), "", "{host} {path}");
        }
    }
    let two = scene.send("GET", "/", &[("host", HOST), ("host", "evil.example")], "");
    assert_eq!(two.status, 403);
    assert_eq!(scene.send("GET", "/", &[("host", "localhost:47614")], "").status, 200);
}

#[test]
fn only_a_page_of_the_paired_server_may_ask() {
    let scene = Scene::new();
    assert_eq!(scene.send("GET", "/v1/status", &[("origin", CITY)], "").json()["reader"], "ready");
    let lookalikes = [
        "https://evil.example",
        "http://city.example",
        "https://city.example.evil",
        "https://city.example:444",
        "null",
        OWN,
    ];
    for origin in lookalikes {
        for (method, path) in
            [("GET", "/v1/status"), ("POST", "/v1/identify"), ("OPTIONS", "/v1/identify"), ("GET", "/v1/answers/X")]
        {
            let answer = scene.send(method, path, &[("origin", origin)], "");
            assert_eq!((answer.status, answer.error().as_str()), (403, "unpaired"), "{origin} {method} {path}");
            assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
        }
    }
    let without = scene.send("GET", "/v1/status", &[], "");
    assert_eq!((without.status, without.error().as_str()), (403, "unpaired"));
}

#[test]
fn a_preflight_names_the_one_origin_and_private_networks_and_no_wildcard() {
    let scene = Scene::new();
    let headers = [
        ("origin", CITY),
        ("access-control-request-method", "POST"),
        ("access-control-request-private-network", "true"),
    ];
    let answer = scene.send("OPTIONS", "/v1/identify", &headers, "");
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), CITY);
    assert_eq!(answer.header("access-control-allow-private-network"), "true");
    assert_eq!(answer.header("access-control-allow-headers"), "content-type");
    assert_eq!(answer.header("access-control-allow-credentials"), "");
    assert_eq!(answer.header("vary"), "Origin");
}

#[test]
fn every_answer_is_dressed() {
    let scene = Scene::new();
    for path in ["/", "/v1/status", "/pad/X", "/assets/pad.css", "/none"] {
        let answer = scene.send("GET", path, &[], "");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
}

#[test]
fn what_is_too_long_or_too_often_is_not_read() {
    let scene = Scene::new();
    let long = format!("{{\"request\":\"{}\"}}", "A".repeat(70_000));
    let headers = [("origin", CITY), ("content-type", "application/json")];
    assert_eq!(scene.send("POST", "/v1/identify", &headers, &long).status, 413);
    let (pad, _) = scene.take(&scene.signed(Verb::Identify));
    let long = format!("step=x&secret={}", "1".repeat(5000));
    assert_eq!(scene.send("POST", &pad, &[("origin", OWN)], &long).status, 413);
    let mut refused = 0;
    for _ in 0..200 {
        refused += u32::from(scene.send("GET", "/v1/status", &[("origin", CITY)], "").status == 429);
    }
    assert!(refused > 50, "{refused}");
    scene.clock.advance_seconds(30);
    assert_eq!(scene.send("GET", "/v1/status", &[("origin", CITY)], "").status, 200);
}

#[test]
fn a_page_that_nobody_paired_does_not_use_up_the_turn_of_the_city_s() {
    let scene = Scene::new();
    let evil = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "cors")];
    // An image or a script of another site brings no Origin.
    let silent = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")];
    let mut refused = 0;
    for _ in 0..200 {
        refused += u32::from(scene.send("GET", "/v1/status", &evil, "").status == 429);
        refused += u32::from(scene.send("GET", "/assets/pad.css", &silent, "").status == 429);
    }
    assert!(refused > 300, "{refused}");
    assert_eq!(scene.send("GET", "/v1/status", &[("origin", CITY)], "").status, 200);
    let (pad, _) = scene.take(&scene.signed(Verb::Identify));
    // The city's page opens the pad as a window: from another site, but as a page of its own.
    let opened = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
    assert_eq!(scene.send("GET", &pad, &opened, "").status, 200);
}

#[test]
fn ids_cannot_be_guessed_for_long() {
    let scene = Scene::new();
    let request = scene.signed(Verb::Identify);
    let (pad, ticket) = scene.take(&request);
    for at in 0..20 {
        let answer = if at % 2 == 0 {
            scene.open_pad(&format!("/pad/{at:026}"))
        } else {
            scene.send("GET", &format!("/v1/answers/{at:026}"), &[("origin", CITY)], "")
        };
        assert_eq!(answer.status, 404);
    }
    assert_eq!(scene.open_pad(&pad).status, 429, "even the right one waits");
    assert_eq!(scene.send("GET", &format!("/v1/answers/{ticket}"), &[("origin", CITY)], "").status, 429);
    scene.clock.advance_seconds(60);
    assert_eq!(scene.open_pad(&pad).status, 200);
}

#[test]
fn the_status_tells_nothing_of_the_card_but_that_it_is_there() {
    let scene = Scene::new();
    let status = |scene: &Scene| scene.send("GET", "/v1/status", &[("origin", CITY)], "").body;
    assert_eq!(status(&scene), r#"{"agent":"AGENT-1","reader":"ready"}"#);
    scene.reader.put(card());
    assert_eq!(status(&scene), r#"{"agent":"AGENT-1","reader":"several"}"#);
    scene.reader.take_off();
    assert_eq!(status(&scene), r#"{"agent":"AGENT-1","reader":"empty"}"#);
}
