//! The digital copy over HTTP: a wallet that does everything right, and every way to do it wrong.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use std::sync::Arc;

use base::Id;
use pki::jose::{self, Object};
use pki::token::TokenKey;
use pki::wallet::sd_jwt::Issuer;
use pki::wallet::{key_proof, status_list};
use serde_json::{Value, json};
use services::convenience_certificates::twin::collect::TwinIssuer;
use services::convenience_certificates::twin::description::GRANT;
use store::testing::{TestDatabase, for_each_engine};
use tools::relay::Message;
use tools::twins::envelope::{Digits, Opener, PreAuthorizedCode};
use tools::twins::offers;
use wire::certificate_fields::Fields;
use yakuba_web::testing::{Answer, TestDoor};

const KIND: &str = "residence_certificate";
const ISSUER: &str = "http://127.0.0.1:8080";
const DIGITS: &str = "012345";

fn door(database: TestDatabase) -> TestDoor {
    TestDoor::with(database, |app| {
        let signer = Issuer { key: TokenKey::generate().unwrap(), chain: vec![vec![0x30, 0]] };
        app.twins = Some(Arc::new(TwinIssuer::new(signer, b"secret")));
    })
}

/// An offer as the relay brings it to the outside; answers with its code.
fn offered(door: &TestDoor, request: Id) -> PreAuthorizedCode {
    let seams = door.database.seams.clone();
    let code = PreAuthorizedCode::random(&seams);
    let mut fields = Fields::new(KIND, request);
    fields.add("people.0.name", "SECRET NAME");
    fields.add("request", &request.to_string());
    let digits = Digits::parse(DIGITS).unwrap();
    let sealed = Opener::Offer(&code, &digits).seal(&fields.encode()).unwrap();
    let (sent, ends) = (code.clone(), seams.now().plus_seconds(offers::OFFER_SECONDS));
    let inside = door.database.inside();
    inside.write(move |tx| offers::push(tx, &seams, request, &sent, &sealed, ends)).unwrap();
    let rows = inside.read(|tx| tx.query("SELECT id, at, body FROM relay_outbox WHERE kind = 'twin_offer'", &[]));
    let seams = door.database.seams.clone();
    let messages: Vec<Message> = rows
        .unwrap()
        .iter()
        .map(|row| Message {
            sequence: 1,
            id: row.id(0).unwrap(),
            at: row.timestamp(1).unwrap(),
            kind: offers::KIND.to_owned(),
            body: row.blob(2).unwrap().to_vec(),
        })
        .collect();
    for message in messages {
        let seams = seams.clone();
        door.database
            .outside()
            .write(move |tx| {
                offers::receive(tx, &seams, &message).map_err(|error| match error {
                    tools::relay::HandleError::Store(error) => error,
                    other => panic!("{other}"),
                })
            })
            .unwrap();
    }
    code
}

fn request() -> Id {
    Id::from_bytes([7; 16])
}

fn json_of(answer: &Answer) -> Value {
    serde_json::from_str(&answer.text()).unwrap_or_else(|_| panic!("{}: {}", answer.status, answer.text()))
}

/// A wallet with a key of its own.
struct Wallet<'a> {
    door: &'a TestDoor,
    key: TokenKey,
}

impl<'a> Wallet<'a> {
    fn new(door: &'a TestDoor) -> Self {
        Self { door, key: TokenKey::generate().unwrap() }
    }

    fn token_answer(&self, code: &str, digits: &str) -> Answer {
        let fields = [("grant_type", GRANT), ("pre-authorized_code", code), ("tx_code", digits)];
        self.door.stranger().post_bare("/twin/token", &fields)
    }

    fn token(&self, code: &PreAuthorizedCode) -> String {
        let answer = self.token_answer(&code.text(), DIGITS);
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.headers["cache-control"], "no-store");
        json_of(&answer)["access_token"].as_str().unwrap().to_owned()
    }

    fn nonce(&self) -> String {
        let answer = self.door.stranger().post_bare("/twin/nonce", &[]);
        assert_eq!((answer.status, &answer.headers["cache-control"]), (200, &"no-store".parse().unwrap()));
        json_of(&answer)["c_nonce"].as_str().unwrap().to_owned()
    }

    fn claims(&self) -> Value {
        json!({ "aud": ISSUER, "iat": self.door.database.seams.now().seconds(), "nonce": self.nonce() })
    }

    fn proof(&self, claims: &Value) -> String {
        let header = json!({ "typ": key_proof::TYPE, "jwk": jose::bare_jwk(self.key.public()) });
        let object = |value: &Value| -> Object { value.as_object().unwrap().clone() };
        jose::sign(&self.key, object(&header), &object(claims)).unwrap()
    }

    fn ask(&self, token: &str, body: &Value) -> Answer {
        let mut visitor = self.door.stranger().with_header("authorization", &format!("Bearer {token}"));
        visitor.post_json("/twin/credential", &body.to_string())
    }

    fn collect(&self, token: &str, proof: &str) -> Answer {
        self.ask(token, &json!({ "credential_configuration_id": KIND, "proofs": { "jwt": [proof] } }))
    }
}

fn refused(answer: &Answer) -> (u16, String) {
    (answer.status, json_of(answer)["error"].as_str().unwrap_or_default().to_owned())
}

fn no(word: &str) -> (u16, String) {
    (400, word.to_owned())
}

#[test]
fn a_wallet_collects_a_copy_bound_to_its_key_once() {
    for_each_engine(|database| {
        let door = door(database);
        let wallet = Wallet::new(&door);
        let token = wallet.token(&offered(&door, request()));
        let answer = wallet.collect(&token, &wallet.proof(&wallet.claims()));
        assert_eq!((answer.status, &answer.headers["cache-control"]), (200, &"no-store".parse().unwrap()));
        let copy = json_of(&answer)["credentials"][0]["credential"].as_str().unwrap().to_owned();
        let signed = copy.split('~').next().unwrap();
        let keys = json_of(&door.stranger().get("/.well-known/jwt-vc-issuer"));
        let key = jose::public_key(&keys["jwks"]["keys"][0]).unwrap();
        let claims = jose::Unverified::parse(signed).unwrap().verified(&key).unwrap();
        assert_eq!(claims["cnf"]["jwk"], jose::bare_jwk(wallet.key.public()));
        assert_eq!((&claims["iss"], &claims["vct"]), (&json!(ISSUER), &json!(format!("{ISSUER}/twin/types/{KIND}"))));
        assert_eq!(copy.matches('~').count(), 4, "a name, a person, a number");
        assert!(!Value::Object(claims).to_string().contains("SECRET"));
        let again = wallet.collect(&token, &wallet.proof(&wallet.claims()));
        assert_eq!(refused(&again), (401, "invalid_token".to_owned()));
    });
}

#[test]
fn wrong_and_used_codes_are_one_answer_and_five_wrong_digits_end_the_offer() {
    for_each_engine(|database| {
        let door = door(database);
        let wallet = Wallet::new(&door);
        let code = offered(&door, request());
        let nobodys = PreAuthorizedCode::random(&door.database.seams).text();
        for (code, digits) in
            [(nobodys.as_str(), DIGITS), ("x", DIGITS), (&code.text(), "999999"), (&code.text(), "abc")]
        {
            assert_eq!(refused(&wallet.token_answer(code, digits)), no("invalid_grant"));
        }
        assert_eq!(refused(&wallet.token_answer(&code.text(), "")), no("invalid_request"));
        wallet.token(&code);
        assert_eq!(refused(&wallet.token_answer(&code.text(), DIGITS)), no("invalid_grant"), "a replayed code");
        let code = offered(&door, Id::from_bytes([8; 16]));
        for _ in 0..offers::MOST_TRIES {
            assert_eq!(refused(&wallet.token_answer(&code.text(), "999999")), no("invalid_grant"));
        }
        assert_eq!(refused(&wallet.token_answer(&code.text(), DIGITS)), no("invalid_grant"), "too often");
        let code = offered(&door, Id::from_bytes([9; 16]));
        door.database.clock.advance_seconds(offers::OFFER_SECONDS);
        assert_eq!(refused(&wallet.token_answer(&code.text(), DIGITS)), no("invalid_grant"), "over");
        let other = [("grant_type", "authorization_code"), ("code", "x")];
        let answer = door.stranger().post_bare("/twin/token", &other);
        assert_eq!(refused(&answer), no("unsupported_grant_type"));
    });
}

#[test]
fn a_proof_that_is_wrong_gives_no_copy_and_costs_no_token() {
    for_each_engine(|database| {
        let door = door(database);
        let wallet = Wallet::new(&door);
        let token = wallet.token(&offered(&door, request()));
        let with = |name: &str, value: Value| {
            let mut claims = wallet.claims();
            claims[name] = value;
            wallet.proof(&claims)
        };
        let stranger = Wallet::new(&door);
        let header = json!({ "typ": key_proof::TYPE, "jwk": jose::bare_jwk(stranger.key.public()) });
        let (header, claims) = (header.as_object().unwrap().clone(), wallet.claims().as_object().unwrap().clone());
        let anothers = jose::sign(&wallet.key, header, &claims).unwrap();
        let right = wallet.proof(&wallet.claims());
        let none = json!({ "typ": key_proof::TYPE, "alg": "none", "jwk": jose::bare_jwk(wallet.key.public()) });
        let none = data_encoding::BASE64URL_NOPAD.encode(none.to_string().as_bytes());
        let unsigned = format!("{none}.{}.", right.split('.').nth(1).unwrap());
        let now = door.database.seams.now().seconds();
        for (what, proof, word) in [
            ("another issuer", with("aud", "https://other.example".into()), "invalid_proof"),
            ("old", with("iat", (now - 301).into()), "invalid_proof"),
            ("a client", with("iss", "me".into()), "invalid_proof"),
            ("another's key", anothers, "invalid_proof"),
            ("alg none", unsigned, "invalid_proof"),
            ("no token at all", "x".to_owned(), "invalid_proof"),
            ("a nonce of nobody's", with("nonce", "AAAA".into()), "invalid_nonce"),
            ("no nonce", with("nonce", Value::Null), "invalid_proof"),
        ] {
            assert_eq!(refused(&wallet.collect(&token, &proof)), no(word), "{what}");
        }
        assert_eq!(wallet.collect(&token, &right).status, 200, "the right one is still taken");
        let token = wallet.token(&offered(&door, Id::from_bytes([8; 16])));
        assert_eq!(refused(&wallet.collect(&token, &right)), no("invalid_nonce"), "a replayed proof");
    });
}

#[test]
fn a_request_of_another_form_is_refused_by_name() {
    let door = door(TestDatabase::on_sqlite());
    let wallet = Wallet::new(&door);
    let token = wallet.token(&offered(&door, request()));
    let proof = wallet.proof(&wallet.claims());
    for (body, word) in [
        (json!({}), "invalid_credential_request"),
        (json!([]), "invalid_credential_request"),
        (json!({ "credential_configuration_id": KIND }), "invalid_proof"),
        (json!({ "credential_configuration_id": KIND, "proofs": { "jwt": [proof, proof] } }), "invalid_proof"),
        (json!({ "credential_configuration_id": KIND, "proofs": { "di_vp": [{}] } }), "invalid_proof"),
        (
            json!({ "credential_configuration_id": "recorded_items_certificate", "proofs": { "jwt": [proof] } }),
            "unknown_credential_configuration",
        ),
        (
            json!({ "credential_configuration_id": KIND, "proofs": { "jwt": [proof] }, "credential_response_encryption": {} }),
            "invalid_credential_request",
        ),
    ] {
        assert_eq!(refused(&wallet.ask(&token, &body)), no(word), "{body}");
    }
    let body = json!({ "credential_configuration_id": KIND, "proofs": { "jwt": [proof] } });
    assert_eq!(refused(&wallet.ask("x", &body)), (401, "invalid_token".to_owned()));
    let mut bare = door.stranger();
    assert_eq!(bare.post_json("/twin/credential", &body.to_string()).status, 401);
}

#[test]
fn the_status_list_is_a_signed_token_of_its_own_type() {
    let door = door(TestDatabase::on_sqlite());
    let answer = door.stranger().get("/twin/status/0");
    assert_eq!((answer.status, &answer.headers["content-type"]), (200, &status_list::MEDIA_TYPE.parse().unwrap()));
    let text = answer.text();
    let token = jose::Unverified::parse(&text).unwrap();
    assert_eq!(token.header("typ"), Some(&json!(status_list::TYPE)));
    for path in ["/twin/status/1", "/twin/status/-1", "/twin/status/x", "/twin/types/passport"] {
        assert_eq!(door.stranger().get(path).status, 404, "{path}");
    }
}

#[test]
fn a_status_list_is_signed_again_when_it_says_something_else_or_grows_old_and_not_before() {
    let door = door(TestDatabase::on_sqlite());
    let list = || door.stranger().get("/twin/status/0").text();
    // Each signature has randomness of its own: the same text is the same signature.
    let first = list();
    door.database.clock.advance_seconds(status_list::KEEP_SECONDS - 1);
    assert_eq!(list(), first);
    door.database.clock.advance_seconds(1);
    let second = list();
    assert_ne!(second, first, "it grew old");
    assert_eq!(list(), second);
    let now = door.database.seams.now();
    door.database
        .outside()
        .write::<_, store::StoreError, _>(move |tx| {
            let place = "INSERT INTO twin_places (list, place, request_hash, taken_at) VALUES (0, 77, 'h', $1)";
            tx.execute(place, &[now.into()])?;
            let status = "INSERT INTO paper_status (request_hash, state, at) VALUES ('h', 'withdrawn', $1)";
            tx.execute(status, &[now.into()]).map(|_| ())
        })
        .unwrap();
    let third = list();
    assert_ne!(third, second, "a withdrawal is seen at once");
    assert_eq!(list(), third);
    door.database.clock.set(now.plus_seconds(-3600));
    assert_ne!(list(), third, "a clock that ran backwards keeps nothing for longer");
}

#[test]
fn where_copies_are_not_offered_none_of_it_exists() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    for path in [
        "/.well-known/openid-credential-issuer",
        "/.well-known/oauth-authorization-server",
        "/.well-known/jwt-vc-issuer",
        "/twin/types/residence_certificate",
        "/twin/status/0",
    ] {
        assert_eq!(door.stranger().get(path).status, 404, "{path}");
    }
    for path in ["/twin/token", "/twin/nonce", "/twin/credential"] {
        assert_eq!(door.stranger().post_bare(path, &[]).status, 404, "{path}");
    }
}
