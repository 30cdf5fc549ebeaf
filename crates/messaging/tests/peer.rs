//! Our push messages opened by the packages `http_ece` and `web-push`, which nobody here wrote.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::io::Write;
use std::process::{Command, Stdio};

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::encoding::{AsBigEndian, EcPrivateKeyBin};
use base::{Seams, Timestamp};
use data_encoding::BASE64URL_NOPAD;
use yakuba_messaging::push::{AddressRules, Subscription, Topic, VapidKey, VapidTokens, compose};
use yakuba_messaging::{Teaser, TeaserKind, Urgency};

#[test]
fn packages_nobody_here_wrote_open_our_message_and_find_our_token_sound() {
    let browser = PrivateKey::generate(&ECDH_P256).unwrap();
    let secret: EcPrivateKeyBin<'_> = browser.as_be_bytes().unwrap();
    let public = BASE64URL_NOPAD.encode(browser.compute_public_key().unwrap().as_ref());
    let auth = BASE64URL_NOPAD.encode(&[3; 16]);
    let endpoint = "https://push.example.com/x";
    let to = Subscription::parse(endpoint, &public, &auth, &AddressRules::default()).unwrap();
    let tokens = VapidTokens::new(VapidKey::generate("mailto:push@city.example").unwrap());
    let (seams, _) = Seams::simulated(Timestamp::from_seconds(1_000_000), 3);
    let teaser = Teaser::new(TeaserKind::Letter, "お手紙が届いています", "", "/portal/letters/1").unwrap();
    let topic = Topic::of(&[1; 16]);
    let message = compose(&to, &teaser, Urgency::Emergency, Some(&topic), 60, &tokens, &seams).unwrap();
    let given = serde_json::json!({
        "endpoint": endpoint,
        "body": BASE64URL_NOPAD.encode(&message.body),
        "authorization": message.headers[0].1,
        "receiver": { "d": BASE64URL_NOPAD.encode(secret.as_ref()), "public": public },
        "auth": auth,
    });
    let here = env!("CARGO_MANIFEST_DIR");
    let mut node = Command::new("node")
        .arg(format!("{here}/tests/peer.mjs"))
        .arg(format!("{here}/../../e2e"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("Node cannot be run ({error}): scripts/setup test installs it"));
    writeln!(node.stdin.take().unwrap(), "{given}").unwrap();
    let said = node.wait_with_output().unwrap();
    assert!(said.status.success(), "the peer refused; scripts/setup test installs e2e/node_modules");
    let said: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!(said["payload"].as_str().unwrap().as_bytes(), teaser.payload());
    assert_eq!(said["claims"]["aud"], "https://push.example.com");
    // What the other package sends, we send: the same headers (it adds the length, as our client does) and the same size.
    assert_eq!(said["theirs"]["length"], message.body.len());
    let names: Vec<_> = message.headers.iter().map(|(name, _)| *name).collect();
    for name in said["theirs"]["names"].as_array().unwrap() {
        let name = name.as_str().unwrap();
        assert!(name == "content-length" || names.contains(&name), "{name} is missing in {names:?}");
    }
}
