//! A resident's virtual card in another state than the drawer's: for trying what happens then. Made for the moment and
//! kept nowhere; the drawer's card stays as it is.

use base::Kind;
use card::DeviceKind;
use card::virtual_card::VirtualCardContents;
use pki::jpki_profile::{CertificateKind, judge};
use pki::test_authority::TestAuthority;
use serde::{Deserialize, Serialize};
use tools::{Inside, ResidentId};

use super::{CERTIFICATE_SECONDS, failed, find_or_make, issue_signing, issue_user_authentication, read_person};
use crate::fail::Failure;
use crate::keys::SimulatedAuthorities;

/// Certificates with this serial number were revoked from the start, as far as the simulated J-LIS knows.
pub const REVOKED_SERIAL: u64 = 0x7FFF_FFFE;
/// A certificate with a serial number of at least this replaced the one whose number is so much smaller, as far as the
/// simulated J-LIS knows.
pub const RENEWED_FROM: u64 = 0x8000_0000;
/// How long ago an expired certificate ended.
const EXPIRED_SECONDS: i64 = 3600;

/// What state the card is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum CardState {
    /// As it lies in the drawer.
    #[default]
    Valid,
    /// Every PIN was missed too often.
    Locked,
    /// Its certificates ended an hour ago.
    Expired,
    /// Its certificates were revoked.
    Revoked,
    /// Renewed: new keys and certificates, which J-LIS knows to have replaced the drawer's.
    Renewed,
    /// Without a signing certificate, as for holders under 15.
    WithoutSigning,
    /// An Android phone.
    Android,
    /// An iPhone.
    Iphone,
}

/// The card of `resident` in this state.
///
/// # Errors
/// As [`find_or_make`]; a key that cannot be made.
pub fn card(
    city: &Inside,
    authorities: &SimulatedAuthorities,
    resident: &ResidentId,
    state: CardState,
) -> Result<VirtualCardContents, Failure> {
    let mut contents = find_or_make(city, authorities, resident, None)?;
    let now = city.seams.now();
    match state {
        CardState::Valid => {}
        CardState::Locked => {
            for secret in
                [&mut contents.user_authentication_pin, &mut contents.signing_password, &mut contents.input_support_pin]
            {
                secret.tries_left = 0;
            }
        }
        CardState::Expired => {
            let (from, until) = (now.plus_seconds(-CERTIFICATE_SECONDS), now.plus_seconds(-EXPIRED_SECONDS));
            issue_anew(city, authorities, resident, &mut contents, REVOKED_SERIAL - 1, from, until)?;
        }
        CardState::Revoked => {
            let (from, until) = (now.plus_seconds(-EXPIRED_SECONDS), now.plus_seconds(CERTIFICATE_SECONDS));
            issue_anew(city, authorities, resident, &mut contents, REVOKED_SERIAL, from, until)?;
        }
        CardState::Renewed => {
            let serial = RENEWED_FROM + serial_of(authorities, &contents, now)?;
            let (from, until) = (now.plus_seconds(-EXPIRED_SECONDS), now.plus_seconds(CERTIFICATE_SECONDS));
            issue_anew(city, authorities, resident, &mut contents, serial, from, until)?;
        }
        CardState::WithoutSigning => contents.signing = None,
        CardState::Android => contents.device = DeviceKind::AndroidPhone,
        CardState::Iphone => contents.device = DeviceKind::Iphone,
    }
    Ok(contents)
}

/// Gives the card new certificates, both with this serial number (each CA counts for itself).
fn issue_anew(
    city: &Inside,
    authorities: &SimulatedAuthorities,
    resident: &ResidentId,
    contents: &mut VirtualCardContents,
    serial: u64,
    not_before: base::Timestamp,
    not_after: base::Timestamp,
) -> Result<(), Failure> {
    contents.user_authentication = issue_user_authentication(city, authorities, serial, not_before, not_after)?;
    if contents.signing.is_some() {
        let person = read_person(city, resident)?;
        contents.signing = Some(issue_signing(city, authorities, &person, serial, not_before, not_after)?);
    }
    Ok(())
}

/// The serial number of the drawer's card.
fn serial_of(
    authorities: &SimulatedAuthorities,
    contents: &VirtualCardContents,
    now: base::Timestamp,
) -> Result<u64, Failure> {
    let anchors = TestAuthority::anchors(&[&authorities.user_authentication])
        .map_err(failed("the simulated authority cannot be trusted"))?;
    let certificate = &contents.user_authentication.certificate;
    let judged = judge(certificate, CertificateKind::UserAuthentication, &anchors, now)
        .map_err(|refusal| Failure::new(Kind::Conflict, refusal))?;
    Ok(judged.id().serial.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte)))
}
