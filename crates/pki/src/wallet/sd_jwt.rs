//! SD-JWT VC (`dc+sd-jwt`): claims of which the holder shows some.
//!
//! Each hidden claim is a *disclosure*, Base64url of `[salt, name, value]` (of `[salt, value]` in a list), and in its
//! place stands the SHA-256 of that text. The holder hands on the disclosures that somebody may see; the rest stays a
//! digest. What is never hidden: issuer, type, dates, the wallet's key and the place in the status list.
//!
//! ```text
//!  { iss, vct, iat, exp, cnf, status, _sd: [digest …] } signed  ~ disclosure ~ disclosure ~
//! ```

use base::{Random, Timestamp};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use serde_json::{Value, json};

use crate::KeyError;
use crate::algorithm::sha256;
use crate::jose::{self, Object};
use crate::token::{TokenKey, TokenPublicKey};

/// The type in the header.
pub const TYPE: &str = "dc+sd-jwt";

/// Hides claims and remembers what was hidden.
pub struct Hider<'r> {
    random: &'r dyn Random,
    disclosures: Vec<String>,
}

impl<'r> Hider<'r> {
    /// Salts come from `random`: sixteen bytes for each claim.
    pub const fn new(random: &'r dyn Random) -> Self {
        Self { random, disclosures: Vec::new() }
    }

    /// The object with every member hidden, in an order that tells nothing of the names.
    pub fn members(&mut self, object: Object) -> Object {
        let hidden = object.into_iter().map(|(name, value)| self.hide(|salt| json!([salt, name, value])));
        let mut digests: Vec<String> = hidden.collect();
        digests.sort_unstable();
        let mut left = Object::new();
        if !digests.is_empty() {
            left.insert("_sd".to_owned(), digests.into());
        }
        left
    }

    /// The list with every element hidden.
    pub fn elements(&mut self, list: Vec<Value>) -> Value {
        list.into_iter().map(|value| json!({ "...": self.hide(|salt| json!([salt, value])) })).collect()
    }

    /// How many claims were hidden.
    pub const fn hidden(&self) -> usize {
        self.disclosures.len()
    }

    fn hide(&mut self, disclosure: impl FnOnce(String) -> Value) -> String {
        let salt: [u8; 16] = self.random.bytes();
        let text = BASE64URL_NOPAD.encode(disclosure(BASE64URL_NOPAD.encode(&salt)).to_string().as_bytes());
        let digest = BASE64URL_NOPAD.encode(&sha256(text.as_bytes()));
        self.disclosures.push(text);
        digest
    }
}

/// What is never hidden.
#[derive(Debug)]
pub struct Frame<'a> {
    /// Whoever issues, as an address.
    pub issuer: &'a str,
    /// The type of the credential (`vct`), an address.
    pub kind: &'a str,
    /// When it is issued.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The wallet's key.
    pub holder: &'a TokenPublicKey,
    /// The address of the status list and the place in it.
    pub status: (&'a str, u64),
}

/// The key that issues and its certificates, the key's own first, each DER. The authority at the end of the chain is
/// left out: whoever checks has it from elsewhere.
#[derive(Debug)]
pub struct Issuer {
    /// Signs.
    pub key: TokenKey,
    /// `x5c`.
    pub chain: Vec<Vec<u8>>,
}

impl Issuer {
    /// A header of this type, by which the key is found: its name and its certificates.
    pub fn header(&self, kind: &str) -> Object {
        let chain: Vec<String> = self.chain.iter().map(|der| BASE64.encode(der)).collect();
        let mut header = Object::new();
        header.insert("typ".to_owned(), kind.into());
        header.insert("kid".to_owned(), BASE64URL_NOPAD.encode(self.key.public().id().bytes()).into());
        header.insert("x5c".to_owned(), chain.into());
        header
    }

    /// Issues: `claims` are what [`Hider`] left of them, `more` stands open beside them.
    ///
    /// # Errors
    /// [`KeyError::NotSigned`].
    pub fn issue(&self, frame: &Frame<'_>, claims: Object, hider: Hider<'_>) -> Result<String, KeyError> {
        let mut whole = claims;
        whole.insert("iss".to_owned(), frame.issuer.into());
        whole.insert("vct".to_owned(), frame.kind.into());
        whole.insert("iat".to_owned(), frame.issued_at.seconds().into());
        whole.insert("exp".to_owned(), frame.expires_at.seconds().into());
        whole.insert("cnf".to_owned(), json!({ "jwk": jose::bare_jwk(frame.holder) }));
        let (uri, place) = frame.status;
        whole.insert("status".to_owned(), json!({ "status_list": { "idx": place, "uri": uri } }));
        whole.insert("_sd_alg".to_owned(), "sha-256".into());
        let mut text = jose::sign(&self.key, self.header(TYPE), &whole)?;
        text.push('~');
        for disclosure in hider.disclosures {
            text.push_str(&disclosure);
            text.push('~');
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use base::SeededRandom;

    use super::*;

    fn object(value: Value) -> Object {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn nothing_hidden_can_be_read_from_what_is_signed_and_every_digest_has_its_disclosure() {
        let random = SeededRandom::from_seed(1);
        let mut hider = Hider::new(&random);
        let person = hider.members(object(json!({ "name": "SECRET NAME", "relationship": "SECRET WORD" })));
        let people = hider.elements(vec![person.into()]);
        let claims = hider.members(object(json!({ "people": people, "title": "SECRET TITLE" })));
        let issuer = Issuer { key: TokenKey::generate().unwrap(), chain: vec![vec![1, 2, 3]] };
        let holder = TokenKey::generate().unwrap();
        let frame = Frame {
            issuer: "https://city.example",
            kind: "https://city.example/twin/types/k",
            issued_at: Timestamp::from_seconds(100),
            expires_at: Timestamp::from_seconds(200),
            holder: holder.public(),
            status: ("https://city.example/twin/status/0", 5),
        };
        let text = issuer.issue(&frame, claims, hider).unwrap();
        let mut parts = text.strip_suffix('~').unwrap().split('~');
        let token = jose::Unverified::parse(parts.next().unwrap()).unwrap();
        assert_eq!(token.header("typ"), Some(&json!("dc+sd-jwt")));
        assert_eq!(token.header("x5c"), Some(&json!(["AQID"])));
        let open = token.verified(issuer.key.public()).unwrap();
        assert!(!Value::Object(open.clone()).to_string().contains("SECRET"));
        assert_eq!(open["cnf"]["jwk"], jose::bare_jwk(holder.public()));
        assert_eq!((&open["iat"], &open["exp"]), (&json!(100), &json!(200)));
        let disclosures: Vec<&str> = parts.collect();
        assert_eq!(disclosures.len(), 5);
        let everything = disclosures
            .iter()
            .map(|text| String::from_utf8(BASE64URL_NOPAD.decode(text.as_bytes()).unwrap()).unwrap())
            .chain([Value::Object(open).to_string()])
            .collect::<String>();
        for disclosure in disclosures {
            assert!(everything.contains(&BASE64URL_NOPAD.encode(&sha256(disclosure.as_bytes()))));
        }
    }

    #[test]
    fn equal_values_have_different_digests() {
        let random = SeededRandom::from_seed(2);
        let mut hider = Hider::new(&random);
        let list = hider.elements(vec!["女".into(), "女".into()]);
        assert_ne!(list[0], list[1]);
    }
}
