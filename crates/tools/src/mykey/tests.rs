//! Against the simulation, over real sockets.

use std::sync::Arc;

use base::Personal;
use openid::http::OverTcp;
use testkit::world::mykey::MyKey;

use super::over_http::OverHttp;
use super::{MyKeyFault, MyKeyId, MyKeyPlatform};

fn library(there: &MyKey, secret: &str) -> OverHttp {
    let secret = Personal::new(secret.to_owned());
    OverHttp::new(Arc::new(OverTcp::default()), there.origin(), "mihon-library".to_owned(), secret)
}

fn number(text: &str) -> Personal<String> {
    Personal::new(text.to_owned())
}

#[test]
fn a_card_gives_the_library_s_own_number_also_after_it_was_renewed() {
    let there = MyKey::start("himitsu").unwrap();
    there.register("ABCD1234", b"the certificate");
    let ours = library(&there, "himitsu");
    let id = MyKeyId::parse("ａｂｃｄ１２３４").unwrap();
    assert_eq!(ours.lookup(b"the certificate"), Err(MyKeyFault::Unknown), "nobody linked it");
    ours.link(&id, &number("L-0042")).unwrap();
    ours.link(&id, &number("L-0042")).unwrap();
    assert_eq!(ours.link(&id, &number("L-0043")), Err(MyKeyFault::Taken));
    assert_eq!(ours.lookup(b"the certificate").unwrap().reveal(), "L-0042");
    there.renew(b"the certificate", b"the next certificate");
    assert_eq!(ours.lookup(b"the next certificate").unwrap().reveal(), "L-0042", "the platform follows");
    assert_eq!(ours.lookup(b"the certificate"), Err(MyKeyFault::Unknown));
    ours.unlink(&id).unwrap();
    assert_eq!(ours.unlink(&id), Err(MyKeyFault::Unknown));
    assert_eq!(ours.lookup(b"the next certificate"), Err(MyKeyFault::Unknown));
    // What went there: these fields, no loan, no certificate.
    let sent = there.fields();
    assert!(
        sent.iter().all(|one| ["library", "mykey_id", "patron_number", "certificate_hash"].contains(&one.as_str()))
    );
}

#[test]
fn what_goes_wrong_is_said_by_name_and_an_individual_number_is_never_sent() {
    let there = MyKey::start("himitsu").unwrap();
    there.register("ABCD1234", b"the certificate");
    let id = MyKeyId::parse("ABCD1234").unwrap();
    assert_eq!(library(&there, "wrong").link(&id, &number("L-1")), Err(MyKeyFault::Refused(401)));
    let ours = library(&there, "himitsu");
    assert_eq!(ours.link(&id, &number("123456789018")), Err(MyKeyFault::IndividualNumber));
    assert!(there.fields().is_empty(), "it was not sent");
    assert_eq!(ours.link(&MyKeyId::parse("ZZZZ9999").unwrap(), &number("L-1")), Err(MyKeyFault::Unknown));
    there.answers_nonsense();
    assert_eq!(ours.lookup(b"the certificate"), Err(MyKeyFault::Malformed));
    let gone = library(&there, "himitsu");
    drop(there);
    assert_eq!(gone.lookup(b"the certificate"), Err(MyKeyFault::Unreachable));
    for wrong in ["", "ABCD123", "ABCD12345", "ABCD-123", "見本見本"] {
        assert_eq!(MyKeyId::parse(wrong), None, "{wrong}");
    }
    assert_eq!(format!("{id:?}"), "MyKeyId(<personal>)");
}
