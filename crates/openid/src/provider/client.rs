//! A private app (民間アプリ) as the provider knows it, and what may be registered of one.

use url::{Host, Url};

use super::key::ClientKey;
use super::limits::{MAX_REDIRECT_BYTES, MAX_REDIRECTS};

/// A registered app, as its record is read for one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// `client_id`.
    pub id: String,
    /// Where people may be sent back, compared to the letter.
    pub redirect_uris: Vec<String>,
    /// Its keys.
    pub keys: Vec<ClientKey>,
    /// The scopes that its review opened.
    pub scopes: Vec<String>,
    /// The sector its pairwise subjects belong to: apps of one organisation that may know that two of their users are one.
    pub sector: String,
    /// Whether it may act now. A suspended one is refused by name, a revoked one is not known at all.
    pub is_suspended: bool,
}

/// Why a redirect address is not registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectRefusal {
    /// None, or too many.
    #[error("an app has 1 to 10 redirect addresses")]
    Count,
    /// No absolute address, too long, or with characters that need no browser to misread them.
    #[error("redirect address {index} is not an absolute address of at most 255 plain characters")]
    Malformed {
        /// Which, from 1.
        index: usize,
    },
    /// Neither https nor loopback.
    #[error(
        "redirect address {index} must be https, or http to 127.0.0.1 or [::1] for a program on the person's own machine"
    )]
    NotHttps {
        /// Which, from 1.
        index: usize,
    },
    /// With a fragment, a user, a wildcard or dots that climb.
    #[error("redirect address {index} has a fragment, a user name, a wildcard or a path that climbs")]
    Trick {
        /// Which, from 1.
        index: usize,
    },
}

/// Whether these addresses may be registered.
///
/// # Errors
/// [`RedirectRefusal`], with the address at fault.
pub fn check_redirects<S: AsRef<str>>(addresses: &[S]) -> Result<(), RedirectRefusal> {
    if !(1..=MAX_REDIRECTS).contains(&addresses.len()) {
        return Err(RedirectRefusal::Count);
    }
    (1..).zip(addresses).try_for_each(|(index, address)| check_redirect(index, address.as_ref()))
}

fn check_redirect(index: usize, address: &str) -> Result<(), RedirectRefusal> {
    let malformed = RedirectRefusal::Malformed { index };
    // What a browser would repair (backslashes, spaces, control characters) is not registered in the first place.
    let is_plain = address.bytes().all(|b| b.is_ascii_graphic() && !b"\\\"<>^`{|}".contains(&b));
    if address.len() > MAX_REDIRECT_BYTES || !is_plain {
        return Err(malformed);
    }
    let url = Url::parse(address).map_err(|_| malformed)?;
    let trick = RedirectRefusal::Trick { index };
    if !url.username().is_empty() || url.password().is_some() || address.contains(['#', '*', '@']) {
        return Err(trick);
    }
    match (url.scheme(), url.host()) {
        ("https", Some(Host::Domain(_))) => {}
        ("http", Some(Host::Ipv4(host))) if host.is_loopback() => {}
        ("http", Some(Host::Ipv6(host))) if host.is_loopback() => {}
        _ => return Err(RedirectRefusal::NotHttps { index }),
    }
    // Only an address that reads back as it was written: no upper-case scheme, no default port, no `..`, no empty path
    // but at the very end.
    let read_back = url.as_str();
    if read_back == address || read_back.strip_suffix('/') == Some(address) { Ok(()) } else { Err(trick) }
}

impl Client {
    /// Whether people may be sent to `asked`: one of the registered addresses, to the letter; for a program on the
    /// person's own machine, on any port (RFC 8252 §7.3, RFC 9700 §2.1).
    pub fn may_return_to(&self, asked: &str) -> bool {
        asked.len() <= MAX_REDIRECT_BYTES
            && self.redirect_uris.iter().any(|known| known == asked || is_other_port(known, asked))
    }
}

/// Whether both are one loopback address but for the port.
fn is_other_port(known: &str, asked: &str) -> bool {
    ["http://127.0.0.1", "http://[::1]"].iter().any(|start| {
        let (Some(known), Some(asked)) = (known.strip_prefix(start), asked.strip_prefix(start)) else { return false };
        matches!((after_port(known), after_port(asked)), (Some(known), Some(asked)) if known == asked)
    })
}

/// What stands behind `:port`, or behind no port; always beginning with `/`.
fn after_port(rest: &str) -> Option<&str> {
    let rest = match rest.strip_prefix(':') {
        Some(rest) => {
            let path = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            let port = &rest[..rest.len() - path.len()];
            port.parse::<u16>().ok().filter(|port| *port > 0)?;
            path
        }
        None => rest,
    };
    rest.starts_with('/').then_some(rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_plain_https_and_loopback_are_registered() {
        let check = |address: &str| check_redirects(&[address]);
        for good in [
            "https://app.example/back",
            "https://app.example/back?city=1",
            "https://app.example",
            "https://app.example:8443/back",
            "http://127.0.0.1/back",
            "http://[::1]:5000/back",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in
            ["http://app.example/back", "http://localhost/back", "https://192.0.2.1/back", "app:/back", "data:,x"]
        {
            assert_eq!(check(bad), Err(RedirectRefusal::NotHttps { index: 1 }), "{bad}");
        }
        for bad in [
            "https://app.example/back#there",
            "https://good.example@evil.example/",
            "https://*.app.example/back",
            "https://app.example/a/../back",
            "https://app.example/a/%2e%2e/back",
            "HTTPS://app.example/back",
            "https://app.example:443/back",
        ] {
            assert_eq!(check(bad), Err(RedirectRefusal::Trick { index: 1 }), "{bad}");
        }
        for bad in ["https://app.example\\@evil.example", "https://app.example/ b", "/back", "", "https://ア.example/"]
        {
            assert_eq!(check(bad), Err(RedirectRefusal::Malformed { index: 1 }), "{bad}");
        }
        assert_eq!(check_redirects::<&str>(&[]), Err(RedirectRefusal::Count));
    }

    fn client(address: &str) -> Client {
        Client {
            id: "app".into(),
            redirect_uris: vec![address.into()],
            keys: Vec::new(),
            scopes: Vec::new(),
            sector: "app".into(),
            is_suspended: false,
        }
    }

    #[test]
    fn only_a_program_on_the_own_machine_may_choose_its_port() {
        let native = client("http://127.0.0.1/back");
        for good in ["http://127.0.0.1/back", "http://127.0.0.1:49152/back"] {
            assert!(native.may_return_to(good), "{good}");
        }
        for bad in [
            "http://127.0.0.1:/back",
            "http://127.0.0.1:0/back",
            "http://127.0.0.1:99999/back",
            "http://127.0.0.1:80@evil.example/back",
            "http://127.0.0.1.evil.example/back",
            "http://127.0.0.1:80/back2",
            "http://127.0.0.1:80/back?x",
        ] {
            assert!(!native.may_return_to(bad), "{bad}");
        }
        assert!(!client("https://app.example/back").may_return_to("https://app.example:8443/back"));
    }

    proptest! {
        #[test]
        fn nothing_but_the_registered_address_is_returned_to(asked in "https://app\\.example[ -~]{0,20}") {
            let known = "https://app.example/back";
            prop_assert_eq!(client(known).may_return_to(&asked), asked == known);
        }

        #[test]
        fn whatever_is_registered_goes_where_it_says(address in "https?://[ -~]{0,40}") {
            if check_redirects(&[&address]).is_ok() {
                let url = Url::parse(&address).unwrap();
                // The host is what stands between the slashes, whoever reads it.
                let authority = address.split("//").nth(1).unwrap().split(['/', '?']).next().unwrap();
                let host = url.host_str().unwrap();
                let with_port = format!("{host}:{}", url.port().unwrap_or_default());
                prop_assert!(authority == host || authority == with_port, "{}", address);
            }
        }
    }
}
