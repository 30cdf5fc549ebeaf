//! Where a city asks whether a card's certificates were revoked: OCSP, then the issuer's list, as `[revocation]` says.
//!
//! ```text
//!   certificate ─► OCSP (fixed address, or the certificate's own) ─► no answer ─► list ─► newest kept in D/jpki/lists/
//! ```

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base::Seams;
use base::config::RevocationSection;
use pki::revocation::{CrlSource, Fetch, ListShelf, OcspAddress, OcspSource, OcspThenCrl, StatusSource};

use crate::fail::Failure;
use crate::keys::private_directory;

/// What `section` describes, for the city in `directory`.
///
/// # Errors
/// The directory for lists cannot be made.
pub fn source(
    section: &RevocationSection,
    fetch: Arc<dyn Fetch>,
    seams: &Seams,
    directory: &Path,
) -> Result<Arc<dyn StatusSource>, Failure> {
    let address = match section.ocsp.as_str() {
        "" => OcspAddress::FromCertificate,
        fixed => OcspAddress::Fixed(fixed.to_owned()),
    };
    let ocsp = OcspSource::new(fetch.clone(), address, seams.clone());
    if section.list.is_empty() {
        return Ok(Arc::new(ocsp));
    }
    let shelf = Folder(private_directory(&directory.join("jpki").join("lists"))?);
    Ok(Arc::new(OcspThenCrl { ocsp, crl: CrlSource::shelved(fetch, section.list.as_str(), shelf) }))
}

/// One file an issuer, named by its key identifier.
struct Folder(PathBuf);

impl Folder {
    fn path(&self, key_id: &[u8]) -> PathBuf {
        self.0.join(format!("{}.crl", data_encoding::HEXLOWER.encode(key_id)))
    }
}

impl ListShelf for Folder {
    fn newest(&self, key_id: &[u8]) -> Option<Vec<u8>> {
        std::fs::read(self.path(key_id)).ok()
    }

    fn keep(&self, key_id: &[u8], der: &[u8]) {
        let (path, beside) = (self.path(key_id), self.path(key_id).with_extension("new"));
        // Written beside and renamed, so that a kill leaves the older list and never half of one.
        if let Err(error) = std::fs::write(&beside, der).and_then(|()| std::fs::rename(&beside, &path)) {
            tracing::warn!(%error, "a revocation list cannot be kept; after a restart an older one might be believed");
        }
    }
}

#[cfg(test)]
mod tests {
    use base::{Date, Timestamp};
    use pki::AuthorityRole;
    use pki::jpki_profile::{CertificateKind, JudgedCertificate, judge};
    use pki::revocation::{HttpFetch, RevocationReason, Standing, StatusError};
    use pki::test_authority::{Generation, TestAuthority, UserAuthenticationRequest};
    use pki::{SigningKey, revocation};
    use testkit::world::jlis::{Jlis, Mood};

    use super::*;

    const SERIAL: u64 = 4711;

    fn start() -> Timestamp {
        Timestamp::in_japan(Date::new(2026, 11, 26).unwrap(), 9, 0, 0)
    }

    /// A certificate that names no responder, as signing certificates do.
    fn certificate(authority: &TestAuthority) -> JudgedCertificate {
        let request = UserAuthenticationRequest {
            public_key_info: authority.key().public_key_info(),
            serial: SERIAL,
            holder: "A1B2C3D4E5F6G7",
            municipality: "13101",
            not_before: start().plus_seconds(-3600),
            not_after: start().plus_seconds(86_400 * 300),
        };
        let der = authority.issue_user_authentication(&request).unwrap();
        let anchors = TestAuthority::anchors(&[authority]).unwrap();
        judge(&der, CertificateKind::UserAuthentication, &anchors, start()).unwrap()
    }

    #[test]
    fn a_list_gives_a_status_where_no_responder_is_named_and_an_older_one_is_refused_after_a_restart() {
        let generation = Generation {
            serial: 1,
            not_before: start().plus_seconds(-86_400),
            not_after: start().plus_seconds(86_400 * 365),
            ocsp_url: None,
        };
        let key = SigningKey::generate_rsa().unwrap();
        let authority = Arc::new(TestAuthority::new(AuthorityRole::UserAuthentication, key, &generation).unwrap());
        let certificate = certificate(&authority);
        let (seams, clock) = Seams::simulated(start(), 1);
        let jlis = Jlis::start(authority, seams.clone()).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let ask = |list: &str| {
            let section = RevocationSection { ocsp: String::new(), list: list.to_owned() };
            // A source of its own for each question: nothing but the folder is remembered.
            let source = source(&section, Arc::new(HttpFetch::default()), &seams, directory.path()).unwrap();
            source.status(&certificate, seams.now()).map(|status| status.standing)
        };
        assert_eq!(ask(""), Err(StatusError::NoAddress));
        assert_eq!(ask(&jlis.crl_url()), Ok(Standing::Good));
        jlis.revoke(SERIAL, RevocationReason::KeyCompromise);
        clock.advance_seconds(700);
        let revoked = Standing::Revoked { since: start(), reason: RevocationReason::KeyCompromise };
        assert_eq!(ask(&jlis.crl_url()), Ok(revoked));
        jlis.set_mood(Mood::Replays);
        clock.advance_seconds(700);
        assert_eq!(ask(&jlis.crl_url()), Ok(revoked), "the list from before the revocation is still within its day");
        // What lies on the shelf is believed no more than what comes over the network.
        for file in std::fs::read_dir(directory.path().join("jpki/lists")).unwrap() {
            std::fs::write(file.unwrap().path(), b"not a list").unwrap();
        }
        jlis.set_mood(Mood::HttpError(500));
        assert!(matches!(ask(&jlis.crl_url()), Err(revocation::StatusError::BothFailed { .. })));
    }
}
