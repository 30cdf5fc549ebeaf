//! The national sign-in app, simulated, over real sockets: a whole sign-in, and every way it must not end in one.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests may")]

use std::sync::Arc;

use base::{Date, Kind, ManualClock, Seams, Timestamp};
use openid::http::{Http, OverTcp, Request};
use openid::jwt::{JwtError, TokenKey};
use openid::{Asked, Callback, Config, ConfigError, Pending, RelyingParty, SignInRefusal, SignedIn};
use yakuba_testkit::world::sign_in::{Mischief, Person, SignInApp};

const CLIENT: &str = "mihon-portal";
const BACK: &str = "https://portal.mihon.example/sign-in/back";

struct Scene {
    app: SignInApp,
    clock: Arc<ManualClock>,
    party: RelyingParty,
}

fn config(issuer: &str) -> Config {
    Config {
        issuer: issuer.to_owned(),
        client_id: CLIENT.to_owned(),
        redirect_uri: BACK.to_owned(),
        levels: vec!["aal3".to_owned()],
    }
}

fn scene() -> Scene {
    let start = Timestamp::in_japan(Date::new(2026, 11, 23).unwrap(), 9, 0, 0);
    let (seams, clock) = Seams::simulated(start, 1);
    let key = TokenKey::generate("ours").unwrap();
    let person = |subject: &str, name: &str| Person {
        subject: subject.into(),
        name: name.into(),
        address: "見本県見本市中央１－１".into(),
        birth_date: "19440503".into(),
        gender: "2".into(),
    };
    let people = vec![person("pair-1", "辻　花子"), person("pair-2", "見本　太郎")];
    let app = SignInApp::start(CLIENT, key.jwk(), people, seams.clone()).unwrap();
    let party = RelyingParty::new(config(app.issuer()), key, Arc::new(OverTcp::default()), seams).unwrap();
    Scene { app, clock, party }
}

/// What the browser does: follows the address as the person chooses, and brings back what stands in the answer's.
fn choose(url: &str, person: &str) -> Callback {
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build();
    let browser = ureq::Agent::from(config);
    let shown = |language: &str| {
        let mut page = browser.get(url).header("accept-language", language).call().unwrap();
        page.body_mut().read_to_string().unwrap()
    };
    let (japanese, english) = (shown("ja,en;q=0.8"), shown("en-US,en"));
    assert!(japanese.contains("体験のための模擬") && !japanese.contains("Choose who"), "one language: {japanese}");
    assert!(english.contains("a simulation of it") && !english.contains("模擬"), "one language: {english}");
    let back = browser.get(format!("{url}&person={person}")).call().unwrap();
    let location = back.headers()["location"].to_str().unwrap().to_owned();
    let (address, query) = location.split_once('?').unwrap();
    assert_eq!(address, BACK);
    serde_urlencoded::from_str(query).unwrap()
}

impl Scene {
    fn begin(&self) -> (Pending, Callback) {
        let (url, pending) = self.party.begin(&Asked::Attributes);
        let callback = choose(&url, "0");
        (pending, callback)
    }

    fn sign_in(&self) -> Result<SignedIn, SignInRefusal> {
        let (pending, callback) = self.begin();
        self.party.finish(pending, &callback)
    }
}

#[test]
fn a_person_signs_in_and_their_four_attributes_come_along() {
    let scene = scene();
    let signed_in = scene.sign_in().unwrap();
    assert_eq!((signed_in.subject.reveal().as_str(), signed_in.level.as_str()), ("pair-1", "aal3"));
    let attributes = signed_in.attributes.unwrap().into_inner();
    assert_eq!((attributes.name.as_str(), attributes.sex), ("辻　花子", '2'));
    assert_eq!(attributes.birth_date, Date::new(1944, 5, 3).unwrap());
    assert!(!format!("{:?}", scene.sign_in().unwrap()).contains("花子"));

    let (url, pending) = scene.party.begin(&Asked::Identity);
    let only = scene.party.finish(pending, &choose(&url, "1")).unwrap();
    assert_eq!((only.subject.reveal().as_str(), only.attributes), ("pair-2", None));
    assert!(!url.contains("birthdate"), "nothing more is asked for than is needed");
}

#[test]
fn the_keys_are_fetched_anew_when_the_provider_changes_them() {
    let scene = scene();
    scene.sign_in().unwrap();
    scene.app.rotate().unwrap();
    scene.sign_in().unwrap();
}

#[test]
fn a_key_that_the_provider_withdrew_is_believed_for_ten_minutes_at_most() {
    let scene = scene();
    scene.sign_in().unwrap();
    scene.app.set_mischief(Mischief::WithdrawnKey);
    scene.clock.advance_seconds(601);
    assert_eq!(scene.sign_in(), Err(SignInRefusal::Token(JwtError::UnknownKey)));
    scene.app.set_mischief(Mischief::None);
    scene.sign_in().unwrap();
}

#[test]
fn every_mischief_of_the_provider_or_of_somebody_in_between_is_refused_by_name() {
    let scene = scene();
    for (mischief, refusal) in [
        (Mischief::OtherIssuer, SignInRefusal::WrongIssuer),
        (Mischief::OtherAudience, SignInRefusal::WrongAudience),
        (Mischief::ManyAudiences, SignInRefusal::WrongAudience),
        (Mischief::OtherNonce, SignInRefusal::WrongNonce),
        (Mischief::Expired, SignInRefusal::WrongTime),
        (Mischief::Old, SignInRefusal::WrongTime),
        (Mischief::NotYet, SignInRefusal::WrongTime),
        (Mischief::LowLevel, SignInRefusal::LevelNotReached),
        (Mischief::UnpublishedKey, SignInRefusal::Token(JwtError::UnknownKey)),
        (Mischief::OtherAccessToken, SignInRefusal::Malformed("the access token is another's")),
        (Mischief::OtherPerson, SignInRefusal::OtherPerson),
    ] {
        scene.app.set_mischief(mischief);
        assert_eq!(scene.sign_in(), Err(refusal), "{mischief:?}");
    }
    for (mischief, refusal) in [
        (Mischief::Broken, SignInRefusal::Status(503)),
        (Mischief::Endless, SignInRefusal::Unreachable(openid::http::Unreachable)),
    ] {
        scene.app.set_mischief(Mischief::None);
        let (pending, callback) = scene.begin();
        scene.app.set_mischief(mischief);
        assert_eq!(scene.party.finish(pending, &callback), Err(refusal), "{mischief:?}");
    }
    assert_eq!(SignInRefusal::Status(503).kind(), Kind::Unavailable);
}

#[test]
fn an_answer_to_another_sign_in_a_late_one_and_a_used_code_are_refused() {
    let scene = scene();
    let (pending, callback) = scene.begin();
    let strange = Callback { state: Some("another".into()), ..callback.clone() };
    assert_eq!(scene.party.finish(pending.clone(), &strange), Err(SignInRefusal::NotOurs));
    let mixed_up = Callback { iss: Some("https://evil.example".into()), ..callback.clone() };
    assert_eq!(scene.party.finish(pending.clone(), &mixed_up), Err(SignInRefusal::NotOurs));
    let empty = Callback { code: None, ..callback.clone() };
    assert_eq!(scene.party.finish(pending.clone(), &empty), Err(SignInRefusal::NotOurs));
    scene.party.finish(pending.clone(), &callback).unwrap();
    assert_eq!(scene.party.finish(pending, &callback), Err(SignInRefusal::Status(400)), "a code is good once");

    // Somebody else's code in this person's sign-in: PKCE does not fit.
    let (mine, my_callback) = scene.begin();
    let (_, theirs) = scene.begin();
    let stolen = Callback { code: theirs.code, ..my_callback };
    assert_eq!(scene.party.finish(mine, &stolen), Err(SignInRefusal::Status(400)));

    let (pending, callback) = scene.begin();
    scene.clock.advance_seconds(openid::facts::MAX_SECONDS + 1);
    assert_eq!(scene.party.finish(pending, &callback), Err(SignInRefusal::TooLate));

    let (url, pending) = scene.party.begin(&Asked::Identity);
    assert_eq!(scene.party.finish(pending, &choose(&url, "nobody")), Err(SignInRefusal::Denied));
}

#[test]
fn a_signature_s_transaction_is_named_first_and_goes_along() {
    let scene = scene();
    let transaction = scene.party.sign_transaction().unwrap();
    let (url, pending) = scene.party.begin(&Asked::Signature(transaction.clone()));
    assert!(url.contains(&format!("sign_transaction_id={transaction}")) && url.contains("openid+sign"), "{url}");
    scene.party.finish(pending, &choose(&url, "0")).unwrap();
}

#[test]
fn nobody_else_can_speak_for_us_at_the_provider() {
    let scene = scene();
    let seams = Seams::simulated(Timestamp::in_japan(Date::new(2026, 11, 23).unwrap(), 9, 0, 0), 2).0;
    let impostor = TokenKey::generate("ours").unwrap();
    let http: Arc<dyn Http> = Arc::new(OverTcp::default());
    let impostor = RelyingParty::new(config(scene.app.issuer()), impostor, http, seams).unwrap();
    let (url, pending) = impostor.begin(&Asked::Identity);
    assert_eq!(impostor.finish(pending, &choose(&url, "0")), Err(SignInRefusal::Status(400)));
    let keys = OverTcp::default().send(Request::Get { url: &format!("{}/nowhere", scene.app.issuer()), bearer: None });
    assert_eq!(keys.unwrap().status, 404);
}

#[test]
fn a_configuration_without_https_or_with_strange_characters_is_refused() {
    let with = |change: fn(&mut Config)| {
        let mut config = config("https://auth.example/api/realms/main");
        change(&mut config);
        let key = TokenKey::generate("ours").unwrap();
        RelyingParty::new(config, key, Arc::new(OverTcp::default()), Seams::system()).err()
    };
    assert_eq!(with(|_| {}), None);
    assert_eq!(with(|c| c.issuer = "http://auth.example".into()), Some(ConfigError::NotHttps("issuer")));
    assert_eq!(
        with(|c| c.redirect_uri = format!("https://a/{}", "x".repeat(255))),
        Some(ConfigError::Malformed("redirect address"))
    );
    assert_eq!(with(|c| c.client_id = "a b".into()), Some(ConfigError::Malformed("client's name")));
    assert_eq!(with(|c| c.levels.clear()), Some(ConfigError::Malformed("level")));
}

#[test]
fn a_client_nobody_here_wrote_signs_in_and_finds_every_claim_sound() {
    use std::io::{BufRead, BufReader, Write};
    use std::process::{Command, Stdio};
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/openid_client.py");
    let mut client = Command::new(yakuba_testkit::python())
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("Python cannot be run ({error}): scripts/setup test installs it"));
    let mut said = BufReader::new(client.stdout.take().unwrap()).lines();
    let key = said.next().expect("the client's key; scripts/setup test installs Authlib").unwrap();
    let person = Person {
        subject: "pair-1".into(),
        name: "辻　花子".into(),
        address: "見本県見本市".into(),
        birth_date: "19440503".into(),
        gender: "2".into(),
    };
    // By the real clock, as the client's is.
    let key = serde_json::from_str(&key).unwrap();
    let app = SignInApp::start(CLIENT, key, vec![person], Seams::system()).unwrap();
    writeln!(client.stdin.take().unwrap(), "{}", app.issuer()).unwrap();
    assert_eq!(said.next().unwrap().unwrap(), "accepted pair-1 aal3 辻　花子");
    assert!(client.wait().unwrap().success());
}
