//! The simulated time-stamping authority over real sockets: what the city's side makes of each of its mischiefs.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests may")]

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use base::{Date, Seams, Timestamp};
use pki::AuthorityRole;
use pki::keys::SigningKey;
use pki::pades::long_term::{HttpListSource, ListSource};
use pki::revocation::{HttpFetch, StatusError};
use pki::test_authority::{Generation, TestAuthority};
use pki::timestamp::{
    HttpTimestampSource, Policy, StampedToken, TimestampError, TimestampRefusal, TimestampSource, read_stamp,
};
use yakuba_testkit::world::timestamp::{Mischief, TimestampAuthority};

fn now() -> Timestamp {
    Timestamp::in_japan(Date::new(2026, 11, 23).unwrap(), 10, 0, 0)
}

static AUTHORITY: LazyLock<Arc<TestAuthority>> = LazyLock::new(|| {
    let generation = Generation {
        serial: 1,
        not_before: now().plus_seconds(-86_400),
        not_after: now().plus_seconds(86_400 * 3650),
        ocsp_url: None,
    };
    Arc::new(TestAuthority::new(AuthorityRole::Timestamp, SigningKey::generate_rsa().unwrap(), &generation).unwrap())
});

struct Scene {
    authority: TimestampAuthority,
    source: HttpTimestampSource,
}

fn scene() -> Scene {
    let (seams, _) = Seams::simulated(now(), 5);
    let authority = TimestampAuthority::start(Arc::clone(&AUTHORITY), Vec::new(), seams.clone()).unwrap();
    let source = HttpTimestampSource {
        fetch: Arc::new(HttpFetch::with_timeout(Duration::from_millis(800))),
        url: authority.url(),
        policy: None,
        anchors: TestAuthority::anchors(&[&AUTHORITY]).unwrap(),
        seams,
    };
    Scene { authority, source }
}

const IMPRINT: [u8; 32] = [3; 32];

#[test]
fn a_stamp_is_asked_for_and_given_over_a_socket() {
    let scene = scene();
    let StampedToken { token, stamp } = scene.source.stamp(IMPRINT).unwrap();
    assert_eq!(stamp.time, now());
    assert_eq!(read_stamp(&token, IMPRINT, &scene.source.anchors), Ok(stamp));
    assert_eq!(scene.authority.questions(), 1);
}

#[test]
fn each_mischief_is_refused_by_its_name() {
    let scene = scene();
    let refused = |refusal: TimestampRefusal| Err(TimestampError::Refused(refusal));
    for (mischief, expected) in [
        (Mischief::HttpError(503), Err(TimestampError::HttpStatus(503))),
        (Mischief::Refuses(14), refused(TimestampRefusal::NotGranted { status: 2, failure: Some(14) })),
        (Mischief::WrongNonce, refused(TimestampRefusal::WrongNonce)),
        (Mischief::WrongImprint, refused(TimestampRefusal::WrongImprint)),
        (Mischief::ClockSkew(3600), refused(TimestampRefusal::ClocksDisagree { seconds: 3600 })),
        (Mischief::WrongPurpose, refused(TimestampRefusal::WrongPurpose)),
        (Mischief::Expired, refused(TimestampRefusal::CertificateNotCurrent)),
        (Mischief::Endless, refused(TimestampRefusal::TooLong)),
        (Mischief::Slow(Duration::from_secs(3)), Err(TimestampError::Unreachable)),
    ] {
        scene.authority.set_mischief(mischief);
        let begun = Instant::now();
        assert_eq!(scene.source.stamp(IMPRINT).map(|_| ()), expected, "{mischief:?}");
        assert!(begun.elapsed() < Duration::from_secs(2), "{mischief:?} kept a person waiting");
    }
    scene.authority.set_mischief(Mischief::Garbage);
    let garbage = scene.source.stamp(IMPRINT).unwrap_err();
    assert!(matches!(garbage, TimestampError::Refused(TimestampRefusal::Malformed(_))));
    scene.authority.set_mischief(Mischief::BrokenSignature);
    assert!(scene.source.stamp(IMPRINT).is_err());
    scene.authority.set_mischief(Mischief::None);
    assert!(scene.source.stamp(IMPRINT).is_ok());
}

#[test]
fn another_policy_is_refused_by_the_authority_itself() {
    let mut scene = scene();
    scene.source.policy = Policy::parse("1.3.6.1.4.1.32473.3161.9");
    let refused = TimestampRefusal::NotGranted { status: 2, failure: Some(15) };
    assert_eq!(scene.source.stamp(IMPRINT).unwrap_err(), TimestampError::Refused(refused));
}

#[test]
fn an_authority_that_is_gone_is_not_reached() {
    let Scene { authority, source } = scene();
    drop(authority);
    assert_eq!(source.stamp(IMPRINT).unwrap_err(), TimestampError::Unreachable);
}

#[test]
fn lists_are_given_out_for_known_authorities_only() {
    let scene = scene();
    let lists = HttpListSource { fetch: scene.source.fetch.clone(), url: scene.authority.lists_url() };
    assert!(lists.list(AUTHORITY.key_id()).is_ok());
    assert_eq!(lists.list(&[1; 20]), Err(StatusError::HttpStatus(404)));
}
