//! The push services over the network. Where a name leads is looked at before connecting.

use std::time::Duration;

use ureq::Agent;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

use super::answer::PushAnswer;
use super::endpoint::is_public;
use super::message::{Message, PushService, Unreachable};

/// HTTPS by the machine's trusted roots; no redirect is followed; connections are kept.
#[derive(Debug)]
pub struct OverHttps {
    public: Agent,
    simulated: Agent,
}

/// Takes no address that is not public.
#[derive(Debug, Default)]
struct PublicOnly(DefaultResolver);

impl Resolver for PublicOnly {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.0.resolve(uri, config, timeout)?;
        if found.iter().all(|address| is_public(address.ip())) { Ok(found) } else { Err(ureq::Error::HostNotFound) }
    }
}

impl Default for OverHttps {
    /// Ten seconds for the whole exchange.
    fn default() -> Self {
        let config = || {
            Agent::config_builder()
                .timeout_global(Some(Duration::from_secs(10)))
                .http_status_as_error(false)
                .max_redirects(0)
                .tls_config(
                    TlsConfig::builder()
                        .root_certs(RootCerts::PlatformVerifier)
                        .unversioned_rustls_crypto_provider(rustls::crypto::aws_lc_rs::default_provider().into())
                        .build(),
                )
        };
        Self {
            public: Agent::with_parts(
                config().https_only(true).proxy(None).build(),
                DefaultConnector::new(),
                PublicOnly::default(),
            ),
            simulated: config().proxy(None).build().into(),
        }
    }
}

impl PushService for OverHttps {
    fn send(&self, message: &Message) -> Result<PushAnswer, Unreachable> {
        let agent = if message.simulated { &self.simulated } else { &self.public };
        let mut request = agent.post(&message.url);
        for (name, value) in &message.headers {
            request = request.header(*name, value);
        }
        let answer = request.send(&message.body[..]).map_err(|_| Unreachable)?;
        let retry_after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok(PushAnswer { status: answer.status().as_u16(), retry_after })
    }
}
