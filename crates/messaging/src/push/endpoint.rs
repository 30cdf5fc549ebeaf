//! Where a push message may be sent. The address comes from a browser, that is, from anyone: without rules it would make
//! this server knock at doors inside the city's network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Longest address taken; those of today's services have under 300 characters.
const MOST_BYTES: usize = 1024;

/// Which addresses are taken.
#[derive(Clone, Debug, Default)]
pub struct AddressRules {
    /// Push services a city trusts, by host or by domain with a leading dot (`.push.services.example`); empty: any public
    /// name.
    pub known_hosts: Vec<String>,
    /// Origins taken although they are not public or not https: the simulated service of tests and the demo.
    pub simulated: Vec<String>,
}

/// Why an address is not taken. Holds nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointFault {
    /// Longer than 1024 bytes.
    #[error("the address is longer than 1024 bytes")]
    TooLong,
    /// Not an address.
    #[error("the address cannot be read")]
    Malformed,
    /// Not https.
    #[error("the address is not https")]
    NotHttps,
    /// A user name or password in it.
    #[error("the address holds a user name")]
    Credentials,
    /// Another port than 443.
    #[error("the address names a port")]
    Port,
    /// A number instead of a name, `localhost`, or a name that only a private network knows.
    #[error("the address is not a public name")]
    NotPublic,
    /// Not one of the services this city trusts.
    #[error("the push service is not one this city knows")]
    UnknownService,
}

/// An address that passed the rules.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    url: String,
    origin: String,
    simulated: bool,
}

/// The path is a secret of one browser: only the origin is printed.
impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Endpoint({}/…)", self.origin)
    }
}

impl Endpoint {
    /// Judges an address. The name's machines are judged again when a connection is made ([`is_public`]).
    ///
    /// # Errors
    /// [`EndpointFault`].
    pub fn parse(text: &str, rules: &AddressRules) -> Result<Self, EndpointFault> {
        if text.len() > MOST_BYTES {
            return Err(EndpointFault::TooLong);
        }
        let url = Url::parse(text).map_err(|_| EndpointFault::Malformed)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EndpointFault::Credentials);
        }
        let origin = url.origin().ascii_serialization();
        let simulated = rules.simulated.contains(&origin);
        if !simulated {
            judge(&url, rules)?;
        }
        Ok(Self { url: url.into(), origin, simulated })
    }

    /// The whole address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Scheme, host and port: whom a VAPID token is made for (RFC 8292 §2).
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether the rules let it in as a simulated service, which may stand on loopback.
    pub const fn is_simulated(&self) -> bool {
        self.simulated
    }
}

fn judge(url: &Url, rules: &AddressRules) -> Result<(), EndpointFault> {
    if url.scheme() != "https" {
        return Err(EndpointFault::NotHttps);
    }
    if url.port().is_some() {
        return Err(EndpointFault::Port);
    }
    // The parser has turned `0x7f.1`, `2130706433` and full-width digits into numbers by now.
    let Some(Host::Domain(host)) = url.host() else { return Err(EndpointFault::NotPublic) };
    const PRIVATE: [&str; 9] =
        [".localhost", ".local", ".internal", ".home.arpa", ".lan", ".intranet", ".corp", ".onion", ".test"];
    // A final dot names the same machine.
    let host = host.strip_suffix('.').unwrap_or(host);
    if !host.contains('.') || PRIVATE.iter().any(|end| host.ends_with(end)) {
        return Err(EndpointFault::NotPublic);
    }
    let is_known = |known: &String| {
        if known.starts_with('.') { host.ends_with(known.as_str()) } else { host == known.as_str() }
    };
    if !rules.known_hosts.is_empty() && !rules.known_hosts.iter().any(is_known) {
        return Err(EndpointFault::UnknownService);
    }
    Ok(())
}

/// Whether a machine's number belongs to the public network: what a name resolves to is judged by this before connecting,
/// so that a name in the hands of a stranger cannot point inside.
pub const fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => is_public_four(four),
        IpAddr::V6(six) => is_public_six(six),
    }
}

const fn is_public_four(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let reserved = matches!(
        (a, b, c),
        (0 | 10 | 127, ..)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 168, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
            | (224..=255, ..)
    );
    !reserved
}

const fn is_public_six(address: Ipv6Addr) -> bool {
    // An IPv4 address in another dress (mapped, compatible, NAT64, 6to4) is judged as what it is.
    let s = address.segments();
    if let Some(four) = embedded_four(s) {
        return is_public_four(four);
    }
    // 2000::/3 is what is given out today; documentation and benchmarking ranges and Teredo are not.
    (s[0] & 0xE000) == 0x2000 && !(s[0] == 0x2001 && (s[1] < 0x0200 || s[1] == 0x0DB8)) && s[0] != 0x3FFF
}

const fn embedded_four(s: [u16; 8]) -> Option<Ipv4Addr> {
    let (high, low) = match s {
        [0, 0, 0, 0, 0, 0 | 0xFFFF, high, low] => (high, low),
        [0x64, 0xFF9B, 0, 0, 0, 0, high, low] => (high, low),
        [0x2002, high, low, ..] => (high, low),
        _ => return None,
    };
    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
    Some(Ipv4Addr::new(a, b, c, d))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, EndpointFault> {
        Endpoint::parse(text, &AddressRules::default()).map(|endpoint| endpoint.origin().to_owned())
    }

    #[test]
    fn a_push_service_of_a_browser_is_taken() {
        assert_eq!(parse("https://fcm.googleapis.com/fcm/send/abc:def").as_deref(), Ok("https://fcm.googleapis.com"));
        assert_eq!(
            parse("https://updates.push.services.mozilla.com:443/wpush/v2/x").as_deref(),
            Ok("https://updates.push.services.mozilla.com")
        );
    }

    #[test]
    fn doors_inside_the_city_are_refused_in_every_dress() {
        use EndpointFault::{Credentials, Malformed, NotHttps, NotPublic, Port};
        for (text, fault) in [
            ("http://push.example.com/x", NotHttps),
            ("ftp://push.example.com/x", NotHttps),
            ("https://push.example.com:8443/x", Port),
            ("https://a:b@push.example.com/x", Credentials),
            ("https://127.0.0.1/x", NotPublic),
            ("https://0x7f.1/x", NotPublic),
            ("https://2130706433/x", NotPublic),
            ("https://１２７.0.0.1/x", NotPublic),
            ("https://[::1]/x", NotPublic),
            ("https://[::ffff:10.0.0.1]/x", NotPublic),
            ("https://8.8.8.8/x", NotPublic),
            ("https://localhost/x", NotPublic),
            ("https://localhost./x", NotPublic),
            ("https://a.localhost/x", NotPublic),
            ("https://register/x", NotPublic),
            ("https://register.internal./x", NotPublic),
            ("https:///x", NotPublic),
            ("not an address", Malformed),
        ] {
            assert_eq!(parse(text), Err(fault), "{text}");
        }
        assert_eq!(parse(&format!("https://push.example.com/{}", "a".repeat(1024))), Err(EndpointFault::TooLong));
    }

    #[test]
    fn a_city_may_name_the_services_it_knows() {
        let rules = AddressRules {
            known_hosts: vec!["fcm.googleapis.com".into(), ".mozilla.com".into()],
            ..Default::default()
        };
        assert!(Endpoint::parse("https://fcm.googleapis.com/x", &rules).is_ok());
        assert!(Endpoint::parse("https://updates.push.services.mozilla.com/x", &rules).is_ok());
        for stranger in ["https://evil.example.com/x", "https://evilmozilla.com/x", "https://x.fcm.googleapis.com/"] {
            assert_eq!(Endpoint::parse(stranger, &rules), Err(EndpointFault::UnknownService), "{stranger}");
        }
    }

    #[test]
    fn a_simulated_service_is_let_in_by_its_whole_origin_only() {
        let rules = AddressRules { simulated: vec!["http://127.0.0.1:4000".into()], ..Default::default() };
        let endpoint = Endpoint::parse("http://127.0.0.1:4000/push/1", &rules).unwrap();
        assert!(endpoint.is_simulated());
        assert_eq!(format!("{endpoint:?}"), "Endpoint(http://127.0.0.1:4000/…)");
        assert_eq!(Endpoint::parse("http://127.0.0.1:4001/push/1", &rules), Err(EndpointFault::NotHttps));
    }

    #[test]
    fn numbers_that_are_not_of_the_public_network_are_known() {
        for inside in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.31.0.1",
            "192.168.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "2002:a00:1::",
            "2001:db8::1",
            "2001::1",
        ] {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
        for outside in ["8.8.8.8", "172.32.0.1", "192.0.1.1", "2404:6800::1", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8"] {
            assert!(is_public(outside.parse().unwrap()), "{outside}");
        }
    }
}
