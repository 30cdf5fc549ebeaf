//! Asking the simulated J-LIS over real sockets, in good days and bad.
#![allow(clippy::unwrap_used, reason = "tests may")]

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use base::{Date, ManualClock, Seams, Timestamp};
use pki::jpki_profile::{CertificateKind, JudgedCertificate, judge};
use pki::revocation::{
    CrlSource, HttpFetch, OcspAddress, OcspSource, OcspThenCrl, RevocationReason, SourceKind, Standing, StatusError,
    StatusSource,
};
use pki::test_authority::{Generation, TestAuthority, UserAuthenticationRequest};
use pki::{AuthorityRole, SigningKey};
use yakuba_testkit::world::jlis::{Jlis, Mood};

const SERIAL: u64 = 0x0001_E240;

fn start() -> Timestamp {
    Timestamp::in_japan(Date::new(2026, 11, 23).unwrap(), 9, 0, 0)
}

static AUTHORITY: LazyLock<Arc<TestAuthority>> = LazyLock::new(|| {
    let generation = Generation {
        serial: 1,
        not_before: start().plus_seconds(-86_400),
        not_after: start().plus_seconds(86_400 * 365),
        ocsp_url: None,
    };
    let key = SigningKey::generate_rsa().unwrap();
    Arc::new(TestAuthority::new(AuthorityRole::UserAuthentication, key, &generation).unwrap())
});

struct Scene {
    jlis: Jlis,
    clock: Arc<ManualClock>,
    seams: Seams,
    certificate: JudgedCertificate,
    ocsp: OcspSource,
    crl: CrlSource,
}

fn scene() -> Scene {
    let (seams, clock) = Seams::simulated(start(), 1);
    let jlis = Jlis::start(Arc::clone(&AUTHORITY), seams.clone()).unwrap();
    let request = UserAuthenticationRequest {
        public_key_info: AUTHORITY.key().public_key_info(),
        serial: SERIAL,
        holder: "A1B2C3D4E5F6G7",
        municipality: "13101",
        not_before: start().plus_seconds(-3600),
        not_after: start().plus_seconds(86_400 * 300),
    };
    let der = AUTHORITY.issue_user_authentication(&request).unwrap();
    let anchors = TestAuthority::anchors(&[&AUTHORITY]).unwrap();
    let certificate = judge(&der, CertificateKind::UserAuthentication, &anchors, start()).unwrap();
    let fetch = Arc::new(HttpFetch::with_timeout(Duration::from_millis(700)));
    let ocsp = OcspSource::new(fetch.clone(), OcspAddress::Fixed(jlis.ocsp_url()), seams.clone());
    let crl = CrlSource::new(fetch, jlis.crl_url());
    Scene { jlis, clock, seams, certificate, ocsp, crl }
}

impl Scene {
    fn ask(&self, source: &dyn StatusSource) -> Result<Standing, StatusError> {
        source.status(&self.certificate, self.seams.now()).map(|status| status.standing)
    }
}

#[test]
fn good_then_revoked_is_seen_when_the_remembered_answer_is_ten_minutes_old() {
    let scene = scene();
    assert_eq!(scene.ask(&scene.ocsp), Ok(Standing::Good));
    assert_eq!(scene.ask(&scene.crl), Ok(Standing::Good));
    scene.jlis.revoke(SERIAL, RevocationReason::AffiliationChanged);
    scene.clock.advance_seconds(600);
    assert_eq!(scene.ask(&scene.ocsp), Ok(Standing::Good), "within ten minutes the remembered answer holds");
    assert_eq!(scene.jlis.questions(), 1);
    scene.clock.advance_seconds(1);
    let revoked = Standing::Revoked { since: start(), reason: RevocationReason::AffiliationChanged };
    assert_eq!(scene.ask(&scene.ocsp), Ok(revoked));
    assert_eq!(scene.ask(&scene.crl), Ok(revoked));
    assert_eq!(scene.jlis.questions(), 2);
}

#[test]
fn a_clock_that_runs_backwards_does_not_make_old_answers_fresh() {
    let scene = scene();
    assert_eq!(scene.ask(&scene.ocsp), Ok(Standing::Good));
    scene.jlis.hold(SERIAL);
    scene.clock.advance_seconds(-3600);
    let hold = Standing::Revoked { since: start(), reason: RevocationReason::CertificateHold };
    assert_eq!(scene.ask(&scene.ocsp), Ok(hold), "an answer from the future is asked anew");
}

#[test]
fn every_way_to_misbehave_leaves_the_status_unknown() {
    let scene = scene();
    let as_of = |seconds| start().plus_seconds(seconds);
    for (mood, expected) in [
        (Mood::Silent, StatusError::Unreachable),
        (Mood::Slow(Duration::from_millis(1500)), StatusError::Unreachable),
        (Mood::HttpError(503), StatusError::HttpStatus(503)),
        (Mood::TryLater, StatusError::ResponderRefused(3)),
        (Mood::Stale(601), StatusError::Stale { as_of: as_of(-601) }),
        (Mood::ClockSkew(61), StatusError::FromTheFuture { as_of: as_of(61) }),
        (Mood::BrokenSignature, StatusError::BadSignature),
        (Mood::WrongSerial, StatusError::WrongCertificate),
        (Mood::Endless, StatusError::TooLong),
    ] {
        scene.jlis.set_mood(mood);
        assert_eq!(scene.ask(&scene.ocsp), Err(expected), "{mood:?}");
    }
    let fetch = Arc::new(HttpFetch::default());
    let lost = OcspSource::new(fetch, OcspAddress::FromCertificate, scene.seams.clone());
    assert_eq!(scene.ask(&lost), Err(StatusError::NoAddress), "this certificate names no responder");
    scene.jlis.set_mood(Mood::Garbage);
    assert!(matches!(scene.ask(&scene.ocsp), Err(StatusError::Malformed(_))));
    assert!(matches!(scene.ask(&scene.crl), Err(StatusError::Malformed(_))));
    scene.jlis.set_mood(Mood::Slow(Duration::from_millis(50)));
    assert_eq!(scene.ask(&scene.ocsp), Ok(Standing::Good), "slow is not silent");
    scene.ocsp.forget();
    scene.jlis.set_mood(Mood::ClockSkew(-60));
    assert_eq!(scene.ask(&scene.ocsp), Ok(Standing::Good), "a minute of skew is borne");
    scene.ocsp.forget();
    scene.jlis.set_mood(Mood::Well);
    scene.jlis.disown(SERIAL);
    assert_eq!(scene.ask(&scene.ocsp), Err(StatusError::UnknownToResponder));
}

#[test]
fn an_answer_played_again_is_refused_also_within_its_ten_minutes() {
    let scene = scene();
    assert_eq!(scene.ask(&scene.ocsp), Ok(Standing::Good));
    scene.ocsp.forget();
    scene.jlis.revoke(SERIAL, RevocationReason::KeyCompromise);
    scene.jlis.set_mood(Mood::Replays);
    assert_eq!(scene.ask(&scene.ocsp), Err(StatusError::WrongNonce));
}

#[test]
fn an_old_list_played_again_does_not_hide_a_revocation() {
    let scene = scene();
    assert_eq!(scene.ask(&scene.crl), Ok(Standing::Good));
    scene.jlis.revoke(SERIAL, RevocationReason::KeyCompromise);
    let since = start();
    scene.clock.advance_seconds(700);
    let revoked = Ok(Standing::Revoked { since, reason: RevocationReason::KeyCompromise });
    assert_eq!(scene.ask(&scene.crl), revoked);
    scene.jlis.set_mood(Mood::Replays);
    scene.clock.advance_seconds(700);
    assert_eq!(scene.ask(&scene.crl), revoked, "the newer list is kept");
    // A fresh process that never saw the newer list cannot know; it has the list's own period.
    let mood = Mood::Stale(10);
    scene.jlis.set_mood(mood);
    let fresh = CrlSource::new(Arc::new(HttpFetch::default()), scene.jlis.crl_url());
    assert!(matches!(scene.ask(&fresh), Err(StatusError::Stale { .. })));
    scene.jlis.set_mood(Mood::BrokenSignature);
    assert_eq!(scene.ask(&fresh), Err(StatusError::BadSignature));
}

#[test]
fn a_list_still_speaks_while_the_service_is_away_until_its_day_is_over() {
    let scene = scene();
    assert_eq!(scene.ask(&scene.crl), Ok(Standing::Good));
    scene.jlis.set_mood(Mood::HttpError(500));
    scene.clock.advance_seconds(86_399);
    assert_eq!(scene.ask(&scene.crl), Ok(Standing::Good));
    scene.clock.advance_seconds(1);
    assert_eq!(scene.ask(&scene.crl), Err(StatusError::HttpStatus(500)));
}

#[test]
fn when_ocsp_fails_the_list_is_asked_and_the_source_is_told() {
    let Scene { jlis, clock, seams, certificate, ocsp, crl } = scene();
    let both = OcspThenCrl { ocsp, crl };
    let source = |now| both.status(&certificate, now).map(|status| status.source);
    assert_eq!(source(seams.now()), Ok(SourceKind::Ocsp));
    assert_eq!(jlis.lists(), 0);
    clock.advance_seconds(601);
    jlis.set_mood(Mood::TryLater);
    assert_eq!(source(seams.now()), Ok(SourceKind::Crl));
    let address = jlis.ocsp_url();
    drop(jlis);
    clock.advance_seconds(86_400);
    let Err(StatusError::BothFailed { ocsp, crl }) = source(seams.now()) else { panic!("{address} is gone") };
    assert_eq!((*ocsp, *crl), (StatusError::Unreachable, StatusError::Unreachable));
}
