//! A resident joins the portal of a running city: the simulated app, both zones, a passkey, and nothing personal in the log.

use std::time::{Duration, Instant};

use serde_json::Value;
use tools::staff::testing::SoftAuthenticator;

use crate::browser::{Answer, Browser};
use crate::served::Served;

/// What the browser does at the app of another site: chooses the first person and is led back; their name, and the path.
fn at_the_app(address: &str) -> (String, String) {
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build();
    let app = ureq::Agent::from(config);
    let page = app.get(address).call().unwrap().body_mut().read_to_string().unwrap();
    assert!(page.contains("模擬"), "the demo says that its app is simulated: {page}");
    let name = page.split("value=\"0\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let back = app.get(format!("{address}&person=0")).call().unwrap();
    let location = back.headers()["location"].to_str().unwrap().to_owned();
    let path = location.split_once("/portal/").unwrap().1;
    (name, format!("/portal/{path}"))
}

fn json(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.page());
    serde_json::from_slice(&answer.body).unwrap()
}

#[test]
fn a_resident_joins_by_the_app_registers_a_passkey_and_comes_back_with_it() {
    let mut served = Served::start();
    let port = served.address.rsplit_once(':').unwrap().1.to_owned();
    let mut phone = Browser::new(&served.address, &[]);
    let away = phone.ask("POST", "/portal/sign-in/app", "first=yes");
    assert_eq!(away.status, 303, "{}", away.page());
    let (name, back) = at_the_app(&away.location.unwrap());
    assert_eq!(phone.ask("GET", &back, "").status, 200);

    let until = Instant::now() + Duration::from_secs(60);
    let page = loop {
        let page = phone.ask("GET", "/portal/welcome", "").page();
        if page.contains("data-passkey=\"create\"") {
            break page;
        }
        assert!(Instant::now() < until, "the inside did not answer: {page}");
        std::thread::sleep(Duration::from_millis(200));
    };
    assert!(page.contains(&name), "{page}");

    let mut key = SoftAuthenticator::at(&format!("http://localhost:{port}"));
    let options = json(&phone.send(&page, "/portal/settings/passkeys/begin", "label=phone"));
    let token = page.split("data-finish-token=\"").nth(1).unwrap().split('"').next().unwrap();
    json(&phone.ask_json(token, "/portal/settings/passkeys/finish", &key.create(&options)));

    let mut again = Browser::new(&served.address, &[]);
    assert_eq!(again.ask("GET", "/portal", "").status, 401);
    let options = json(&again.ask("POST", "/portal/sign-in/passkey/begin", ""));
    json(&again.ask_json("", "/portal/sign-in/passkey/finish", &key.get(&options)));
    let home = again.ask("GET", "/portal", "");
    assert!(home.status == 200 && home.page().contains(&name), "{}", home.page());

    let log = served.stop();
    assert!(!log.contains(&name), "no name is written down");
}
