//! S3: checking one tap (challenge, certificate chain, signature, remembered revocation answer) against the bare RSA-2048
//! verifications it contains, done by the same library in the same run.
//!
//! ```text
//!   ours: verify_user_authentication ── parse, profile, CA signature, card signature, cached OCSP answer
//!   peer:                                                └───────── 2 × aws-lc-rs RSA-2048 verify ────────┘
//! ```
//! Rounds of both alternate, so that a busy machine slows both; the median of the rounds counts.

use std::sync::Arc;
use std::time::Instant;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base::{Seams, Timestamp};
use pki::jpki_profile::{CertificateKind, judge};
use pki::revocation::{HttpFetch, OcspAddress, OcspSource, StatusSource};
use pki::test_authority::{Generation, TestAuthority, UserAuthenticationRequest};
use pki::{AuthorityRole, Challenge, Expectation, PresentedCard, SigningKey, TrustAnchors, verify_user_authentication};
use testkit::world::jlis::Jlis;

use crate::Options;
use crate::clients::drive;
use crate::report::{Failure, Line};

/// Our checking may cost at most this much of the bare verifications.
const GOAL: f64 = 1.25;
/// RSA verifications in one tap: the CA's over the certificate, the card's over the challenge.
const VERIFICATIONS: usize = 2;
/// Cards that take turns, over a few keys: making keys is slow.
const CARDS: u64 = 256;
const KEYS: usize = 8;
/// At so many terminals at once.
const TERMINALS: [u64; 3] = [1, 10, 100];
const HERE: Expectation<'static> = Expectation { audience: "bench", terminal: "bench" };

struct Card {
    certificate: Vec<u8>,
    signature: Vec<u8>,
    key: usize,
}

struct Scene {
    authority: Arc<TestAuthority>,
    keys: Vec<SigningKey>,
    cards: Vec<Card>,
    challenge: Challenge,
    anchors: TrustAnchors,
    source: OcspSource,
    now: Timestamp,
}

/// Measures S3.
///
/// # Errors
/// When a key cannot be made or a card is refused.
pub fn run(options: &Options) -> Result<Vec<Line>, Failure> {
    let scene = Scene::build()?;
    let (mut ours, mut peer, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let begun = Instant::now();
    while begun.elapsed().as_secs_f64() < options.seconds || ratios.len() < 5 {
        let mine = timed(|| scene.ours())?;
        let bare = timed(|| scene.bare())?;
        ours.push(mine);
        peer.push(bare);
        ratios.push(mine / bare);
    }
    let ratio = median(&mut ratios);
    let mut lines = vec![Line {
        work: format!("check one tap ({CARDS} cards in turn, revocation remembered)"),
        ours: format!("{:.1} µs", median(&mut ours)),
        peer: format!("{:.1} µs ({VERIFICATIONS} × RSA-2048, aws-lc-rs)", median(&mut peer)),
        ratio: Some(ratio),
        goal: format!("≤ {GOAL}"),
        met: Some(ratio <= GOAL),
    }];
    for clients in TERMINALS {
        lines.push(scene.rate(clients, options.seconds)?);
    }
    Ok(lines)
}

/// Microseconds for one card, over one turn of all.
fn timed(turn: impl FnOnce() -> Result<(), Failure>) -> Result<f64, Failure> {
    let begun = Instant::now();
    turn()?;
    Ok(begun.elapsed().as_secs_f64() * 1e6 / CARDS as f64)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

impl Scene {
    fn build() -> Result<Self, Failure> {
        let (seams, _) = Seams::simulated(Seams::system().now(), 3);
        let now = seams.now();
        let (year_ago, in_a_year) = (now.plus_seconds(-86_400 * 365), now.plus_seconds(86_400 * 365));
        let generation = Generation { serial: 1, not_before: year_ago, not_after: in_a_year, ocsp_url: None };
        let key = SigningKey::generate_rsa()?;
        let authority = Arc::new(TestAuthority::new(AuthorityRole::UserAuthentication, key, &generation)?);
        let keys = (0..KEYS).map(|_| SigningKey::generate_rsa()).collect::<Result<Vec<_>, _>>()?;
        let anchors = TestAuthority::anchors(&[&authority])?;
        let jlis = Jlis::start(Arc::clone(&authority), seams.clone())?;
        let fetch = Arc::new(HttpFetch::default());
        let source = OcspSource::new(fetch, OcspAddress::Fixed(jlis.ocsp_url()), seams.clone());
        let challenge = Challenge::new(&seams, HERE.audience, HERE.terminal);
        let mut cards = Vec::new();
        for serial in 1..=CARDS {
            let number = serial as usize % KEYS;
            let certificate = authority.issue_user_authentication(&UserAuthenticationRequest {
                public_key_info: keys[number].public_key_info(),
                serial,
                holder: "B3N4C5H6B7N8C9",
                municipality: "13101",
                not_before: year_ago,
                not_after: in_a_year,
            })?;
            let judged = judge(&certificate, CertificateKind::UserAuthentication, &anchors, now)?;
            // Fills the memory; from here on no question leaves.
            source.status(&judged, now)?;
            cards.push(Card { certificate, signature: keys[number].sign(&challenge.signed_bytes())?, key: number });
        }
        Ok(Self { authority, keys, cards, challenge, anchors, source, now })
    }

    /// How many taps a second `clients` terminals have checked, and how long each waits.
    fn rate(&self, clients: u64, seconds: f64) -> Result<Line, Failure> {
        let slices = drive(clients, seconds, &|| 0.0, |client| {
            Ok(move |number: u64| self.check(&self.cards[((client + number) % CARDS) as usize]))
        })?;
        let seen = slices.seen();
        Ok(Line {
            work: format!("taps checked for {clients} terminal{} at once", if clients == 1 { "" } else { "s" }),
            ours: format!("{:.0}/s (p50 {:.0} µs, p99 {:.1} ms)", seen.per_second, seen.p50, seen.p99 / 1000.0),
            peer: "-".to_owned(),
            ratio: None,
            goal: "context".to_owned(),
            met: None,
        })
    }

    fn ours(&self) -> Result<(), Failure> {
        self.cards.iter().try_for_each(|card| self.check(card))
    }

    fn check(&self, card: &Card) -> Result<(), Failure> {
        let card = PresentedCard { certificate: &card.certificate, signature: &card.signature };
        let verified = verify_user_authentication(card, &self.challenge, HERE, &self.anchors, &self.source, self.now)?;
        std::hint::black_box(verified);
        Ok(())
    }

    fn bare(&self) -> Result<(), Failure> {
        let message = self.challenge.signed_bytes();
        for card in &self.cards {
            let (signed, signature) = parts(&card.certificate).ok_or("a certificate of our own shape")?;
            for (key, message, signature) in
                [(self.authority.key(), signed, signature), (&self.keys[card.key], &message[..], &card.signature[..])]
            {
                UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key_info())
                    .verify(message, signature)
                    .map_err(|_| "a signature of our own making")?;
            }
        }
        Ok(())
    }
}

/// The signed part and the signature of a certificate whose lengths all take two octets, as here.
fn parts(certificate: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = usize::from(*certificate.get(6)?) << 8 | usize::from(*certificate.get(7)?);
    Some((certificate.get(4..8 + length)?, certificate.get(certificate.len() - 256..)?))
}
