//! Parcels over HTTP. The inside calls the outside, never the other way, so no port of the inside is open: a parcel is
//! the request's body and the answering parcel the response's. The outside's route gives the body's bytes to
//! [`Endpoint::answer`](super::Endpoint::answer); the path is [`PATH`] and the type [`CONTENT_TYPE`].

use std::io::Read as _;
use std::time::Duration;

use super::parcel::PARCEL_BYTES;
use super::{Carrier, CarrierError};

/// Where the outside's door takes parcels.
pub const PATH: &str = "/relay";
/// The type of both bodies.
pub const CONTENT_TYPE: &str = "application/vnd.yakuba.parcel";

/// Carries parcels to an address such as `http://10.0.0.2:8081/relay`. Plain HTTP: for the line between the zones use
/// a tunnel or a TLS front; the parcels themselves are signed.
#[derive(Clone, Debug)]
pub struct HttpCarrier {
    url: String,
    agent: ureq::Agent,
}

impl HttpCarrier {
    /// For the outside's address without a path, e.g. `http://10.0.0.2:8081`.
    pub fn new(base_url: &str) -> Self {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(30)))
            .http_status_as_error(true)
            .max_redirects(0)
            .build()
            .into();
        Self { url: format!("{}{PATH}", base_url.trim_end_matches('/')), agent }
    }
}

impl Carrier for HttpCarrier {
    fn carry(&self, parcel: &[u8]) -> Result<Vec<u8>, CarrierError> {
        let fail = |error: &dyn std::fmt::Display| CarrierError(error.to_string());
        let response = self.agent.post(&self.url).content_type(CONTENT_TYPE).send(parcel).map_err(|e| fail(&e))?;
        let mut back = Vec::new();
        let limit = PARCEL_BYTES as u64 + 1;
        response.into_body().into_reader().take(limit).read_to_end(&mut back).map_err(|e| fail(&e))?;
        Ok(back)
    }
}
