//! The platform over HTTP, in the shape of [`facts`].

use std::sync::Arc;

use base::Personal;
use data_encoding::HEXLOWER;
use openid::http::{Http, Request};
use serde_json::{Value, json};

use super::{MyKeyFault, MyKeyId, MyKeyPlatform, facts, guarded};
use crate::digest::sha256;

/// The platform at an origin, for one library.
pub struct OverHttp {
    http: Arc<dyn Http>,
    origin: String,
    library: String,
    secret: Personal<String>,
}

impl OverHttp {
    /// At `origin` (`https://…`, without a slash at the end), as `library` with its secret.
    pub const fn new(http: Arc<dyn Http>, origin: String, library: String, secret: Personal<String>) -> Self {
        Self { http, origin, library, secret }
    }

    fn post(&self, path: &str, content: &Value) -> Result<Value, MyKeyFault> {
        let (url, json) = (format!("{}{path}", self.origin), content.to_string());
        let request = Request::PostJson { url: &url, bearer: self.secret.reveal(), json: &json };
        let answer = self.http.send(request).map_err(|_| MyKeyFault::Unreachable)?;
        match answer.status {
            200 => serde_json::from_slice(&answer.body).map_err(|_| MyKeyFault::Malformed),
            204 => Ok(Value::Null),
            facts::UNKNOWN => Err(MyKeyFault::Unknown),
            facts::TAKEN => Err(MyKeyFault::Taken),
            500..=599 => Err(MyKeyFault::Unreachable),
            other => Err(MyKeyFault::Refused(other)),
        }
    }
}

impl MyKeyPlatform for OverHttp {
    fn link(&self, id: &MyKeyId, patron: &Personal<String>) -> Result<(), MyKeyFault> {
        guarded(patron.reveal())?;
        let content = json!({ "library": self.library, "mykey_id": id.reveal(), "patron_number": patron.reveal() });
        self.post(facts::LINK, &content).map(drop)
    }

    fn unlink(&self, id: &MyKeyId) -> Result<(), MyKeyFault> {
        self.post(facts::UNLINK, &json!({ "library": self.library, "mykey_id": id.reveal() })).map(drop)
    }

    fn lookup(&self, certificate: &[u8]) -> Result<Personal<String>, MyKeyFault> {
        let hash = HEXLOWER.encode(&sha256(&[certificate]));
        let told = self.post(facts::LOOKUP, &json!({ "library": self.library, "certificate_hash": hash }))?;
        let number = told["patron_number"].as_str().map(str::trim).filter(|text| (1..=32).contains(&text.len()));
        let number = number.ok_or(MyKeyFault::Malformed)?;
        guarded(number)?;
        Ok(Personal::new(number.to_owned()))
    }
}
