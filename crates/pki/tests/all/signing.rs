//! The signing certificate and what it says of its holder.

use pki::jpki_profile::{CertificateKind, CertificateRefusal, judge};
use pki::signing_identity::read_signing_identity;

use crate::support::*;

#[test]
fn a_signing_certificate_is_judged_by_its_own_shape() {
    let der = SIGNING_AUTHORITY.issue_signing(&signing_request()).unwrap();
    assert!(judge(&der, CertificateKind::Signing, &anchors(), now()).is_ok());
    // Offered for signing in: the card's other certificate, and the message can say so.
    let refused = judge(&der, CertificateKind::UserAuthentication, &anchors(), now());
    assert_eq!(refused.err(), Some(CertificateRefusal::WrongKind));
    let refused = judge(&card_certificate(5), CertificateKind::Signing, &anchors(), now());
    assert_eq!(refused.err(), Some(CertificateRefusal::WrongKind));
}

#[test]
fn the_four_attributes_are_read_and_never_printed() {
    let der = SIGNING_AUTHORITY.issue_signing(&signing_request()).unwrap();
    let identity = read_signing_identity(&der).unwrap();
    assert_eq!(identity.name.reveal(), "架空　花子");
    assert_eq!(identity.address.reveal(), "東京都架空区本町１－２－３");
    assert_eq!(identity.birth_date.reveal().to_string(), "1980-02-17");
    assert_eq!(*identity.sex.reveal(), '2');
    assert_eq!(identity.name_substitutions, [false; 5]);
    assert!(!format!("{identity:?}").contains("花子"));
}

#[test]
fn partial_dates_and_flags_that_do_not_fit_are_refused() {
    let refused = Err(CertificateRefusal::WrongProfile("the holder's attributes"));
    let read = |change: &dyn Fn(&mut pki::test_authority::SigningRequest<'static>)| {
        let mut request = signing_request();
        change(&mut request);
        read_signing_identity(&SIGNING_AUTHORITY.issue_signing(&request).unwrap()).map(|_| ())
    };
    assert_eq!(read(&|_| {}), Ok(()));
    assert_eq!(read(&|r| r.birth_date = "319800200"), refused);
    assert_eq!(read(&|r| r.birth_date = "619800217"), refused);
    assert_eq!(read(&|r| r.name_substitutions = "0000"), refused);
    assert_eq!(read(&|r| r.address_substitutions = "000000000000x"), refused);
    assert_eq!(read(&|r| r.sex = "3"), refused);
    let card = read_signing_identity(&card_certificate(5)).map(|_| ());
    assert_eq!(card, refused);
}
