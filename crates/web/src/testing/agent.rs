//! A card agent of a test app, as its program plays it.

use std::sync::Arc;

use base::Personal;
use pki::SigningKey;
use pki::agent::{
    CardAnswer, PairingAnswer, PairingCode, PairingRequest, ServerKeys, SignedRequest, seal_agent_answer,
};
use pki::sealed::SealingKey;
use tools::staff::Role;

use super::cards::TestCard;
use super::{Answer, TestDoor, Visitor};
use crate::agents::Counterpart;

/// Where the city of a test is, for its agents.
pub const CITY: &str = "http://localhost:8080";

/// The server's half, with fresh keys.
#[expect(clippy::expect_used, reason = "this module serves tests only; a test that cannot begin must stop")]
pub fn counterpart() -> Arc<Counterpart> {
    let signing = SigningKey::generate_p256().expect("a key");
    let keys = ServerKeys { signing, sealing: vec![SealingKey::generate()] };
    let counterpart = Counterpart::new(Arc::new(keys), "localhost:8080".into(), vec![CITY.into()], 47_614);
    Arc::new(counterpart.expect("a key of P-256 and one to seal to"))
}

/// An agent that is paired.
#[derive(Debug)]
pub struct TestAgent {
    /// Its own key.
    pub key: SigningKey,
    /// What the city told it.
    pub paired: PairingAnswer,
}

#[expect(clippy::expect_used, reason = "this module serves tests only; a test that cannot ask must stop")]
impl TestAgent {
    /// Pairs with this code; where the city does not, its status.
    ///
    /// # Errors
    /// The status.
    pub fn pair(door: &TestDoor, code: &str) -> Result<Self, u16> {
        let (code, key) = (PairingCode::typed(code), SigningKey::generate_p256().expect("a key"));
        let request = PairingRequest::make(&code, &key, [1; 32]).expect("a request can be made");
        let answer = door.stranger().send("POST", "/agent/pair", Some("application/octet-stream"), request.to_bytes());
        if answer.status != 200 {
            return Err(answer.status);
        }
        Ok(Self { key, paired: PairingAnswer::read(&answer.bytes, &code, &request).expect("the city's answer") })
    }

    /// An agent that an operator announced under this name.
    pub fn announced(door: &TestDoor, name: &str) -> Self {
        let code = announce(&mut door.staff(&[Role::Operator]), name);
        Self::pair(door, &code).expect("a fresh code pairs")
    }

    /// The request in this text, which the city signed.
    pub fn reads(&self, request: &str) -> SignedRequest {
        let bytes = data_encoding::BASE64URL_NOPAD.decode(request.as_bytes()).expect("a request is base 64");
        SignedRequest::read(&bytes, &self.paired.verification_key).expect("the city signed it")
    }

    /// What the card there says, sealed for the city.
    pub fn seals(&self, request: &SignedRequest, certificate: Vec<u8>, signature: Vec<u8>) -> Vec<u8> {
        let given = CardAnswer {
            certificate: Personal::new(certificate),
            ca_certificate: Vec::new(),
            signature,
            user_authentication: Personal::new(Vec::new()),
        };
        seal_agent_answer(request, &given, &self.key, &self.paired.sealing_keys[0]).expect("an answer can be sealed")
    }

    /// The answer of this card to the request in this text.
    pub fn answer(&self, card: &TestCard, request: &str) -> String {
        let request = self.reads(request);
        let signature = card.key.sign(&request.request.challenge().signed_bytes()).expect("the card signs");
        data_encoding::BASE64URL_NOPAD.encode(&self.seals(&request, card.certificate.clone(), signature))
    }

    /// Puts a card on the reader of this PC, with its PIN, where the page at `at` asks for one.
    pub fn show(&self, visitor: &mut Visitor<'_>, card: &TestCard, at: &str) -> Answer {
        let asked = visitor.post(&format!("{at}/ask"), &[("agent", &self.paired.agent)]);
        assert_eq!(asked.status, 200, "{}", asked.text());
        let asked: serde_json::Value = serde_json::from_slice(&asked.bytes).expect("JSON");
        let request = asked["request"].as_str().expect("a request");
        let answer = self.answer(card, request);
        visitor.post(&format!("{at}/answer"), &[("request", request), ("answer", &answer)])
    }
}

/// The code with which an agent of this name may be paired, from the console.
pub fn announce(operator: &mut Visitor<'_>, name: &str) -> String {
    let shown = operator.post("/staff/agents/announce", &[("place", "市民課"), ("name", name)]);
    assert_eq!(shown.status, 200, "{}", shown.text());
    code_on(&shown)
}

/// The code that this page shows once.
#[expect(clippy::expect_used, reason = "this module serves tests only; a test that cannot ask must stop")]
pub fn code_on(page: &Answer) -> String {
    page.between("<p class=\"secret\">", "<").expect("a code")
}
