//! A copy's way from the inside to a wallet, and everything that must not open it.

use std::sync::Arc;

use base::{Date, Id, Timestamp};
use store::testing::{TestDatabase, for_each_engine};

use super::envelope::{AccessToken, Digits, Opener, PreAuthorizedCode};
use super::offers::{self, MOST_TRIES, NoToken, OFFER_SECONDS, TOKEN_SECONDS};
use super::{nonces, places};
use crate::relay::paper_status::{self, PaperState, RequestHash};
use crate::relay::{Endpoint, InProcess, Zone};
use crate::signing::SigningKey;

const PLAIN: &[u8] = b"what the paper says";

struct Offered {
    code: PreAuthorizedCode,
    digits: Digits,
    request: Id,
}

/// Offers inside and brings it over.
fn offered(database: &TestDatabase) -> Offered {
    let seams = &database.seams;
    let offered = Offered {
        code: PreAuthorizedCode::random(seams),
        digits: Digits::parse("012345").unwrap(),
        request: seams.random_id(),
    };
    let sealed = Opener::Offer(&offered.code, &offered.digits).seal(PLAIN).unwrap();
    let (code, request, expires_at) = (offered.code.clone(), offered.request, seams.now().plus_seconds(OFFER_SECONDS));
    let sent = seams.clone();
    database
        .inside()
        .write(move |tx| {
            offers::push(tx, &sent, request, &code, &sealed, expires_at)?;
            paper_status::push(tx, &sent, request, PaperState::Valid)
        })
        .unwrap();
    pump(database);
    offered
}

fn pump(database: &TestDatabase) {
    let key = |seed| Arc::new(SigningKey::from_seed([seed; 32]).unwrap());
    let end = |zone, store, own, peer: u8, router| {
        Endpoint::new(zone, store, database.seams.clone(), key(own), vec![key(peer).public()], router)
    };
    let inside = end(Zone::Inside, database.inside(), 1, 2, crate::messages::to_inside());
    let outside = end(Zone::Outside, database.outside(), 2, 1, crate::messages::to_outside());
    inside.pump(&InProcess(&outside)).unwrap();
}

fn redeem(database: &TestDatabase, code: &PreAuthorizedCode, digits: &Digits) -> Result<AccessToken, NoToken> {
    let (now, token) = (database.seams.now(), AccessToken::random(&database.seams));
    let (code, digits, given) = (code.clone(), digits.clone(), token.clone());
    database.outside().write(move |tx| offers::redeem(tx, now, &code, &digits, &given)).unwrap().map(|()| token)
}

fn waiting(database: &TestDatabase, token: &AccessToken) -> Option<Vec<u8>> {
    let now = database.seams.now();
    let found = database.outside().read(|tx| offers::look(tx, now, token)).unwrap().unwrap();
    found.map(|waiting| waiting.plain)
}

#[test]
fn code_and_digits_give_a_token_once_and_the_token_opens_what_was_sealed_until_it_is_spent() {
    for_each_engine(|database| {
        let offer = offered(&database);
        let token = redeem(&database, &offer.code, &offer.digits).unwrap();
        assert_eq!(redeem(&database, &offer.code, &offer.digits), Err(NoToken::NoOffer), "a replayed code");
        assert_eq!(waiting(&database, &token).as_deref(), Some(PLAIN));
        assert_eq!(waiting(&database, &AccessToken::random(&database.seams)), None);
        let spent = token.clone();
        assert!(database.outside().write(move |tx| offers::spend(tx, &spent)).unwrap());
        assert_eq!(waiting(&database, &token), None);
    });
}

#[test]
fn wrong_digits_may_be_typed_four_times_and_the_fifth_ends_the_offer() {
    for_each_engine(|database| {
        let offer = offered(&database);
        let wrong = Digits::parse("999999").unwrap();
        for _ in 1..MOST_TRIES {
            assert_eq!(redeem(&database, &offer.code, &wrong), Err(NoToken::WrongDigits));
        }
        let again = offered(&database);
        assert_eq!(
            redeem(&database, &again.code, &wrong),
            Err(NoToken::WrongDigits),
            "another offer has its own tries"
        );
        assert_eq!(redeem(&database, &offer.code, &wrong), Err(NoToken::TooOften));
        assert_eq!(redeem(&database, &offer.code, &offer.digits), Err(NoToken::NoOffer));
        assert!(redeem(&database, &again.code, &again.digits).is_ok());
    });
}

#[test]
fn what_nobody_collects_ends_and_is_erased() {
    for_each_engine(|database| {
        let (late, offer) = (offered(&database), offered(&database));
        let token = redeem(&database, &offer.code, &offer.digits).unwrap();
        database.clock.advance_seconds(TOKEN_SECONDS);
        assert_eq!(waiting(&database, &token), None);
        database.clock.advance_seconds(OFFER_SECONDS);
        assert_eq!(redeem(&database, &late.code, &late.digits), Err(NoToken::NoOffer));
        let now = database.seams.now();
        assert_eq!(database.outside().write(move |tx| offers::sweep(tx, now)).unwrap(), 2);
        let left =
            database.outside().read(|tx| tx.query_one("SELECT COUNT(*) FROM twin_offers", &[])).unwrap().unwrap();
        assert_eq!(left.int(0), Ok(0));
    });
}

#[test]
fn nothing_that_lies_in_either_database_tells_what_the_paper_says() {
    for_each_engine(|database| {
        let offer = offered(&database);
        redeem(&database, &offered(&database).code, &offer.digits).unwrap();
        let tables = [
            (database.inside(), "SELECT body FROM relay_outbox"),
            (database.outside(), "SELECT sealed FROM twin_offers"),
            (database.outside(), "SELECT sealed FROM twin_tokens"),
        ];
        for (store, sql) in tables {
            let rows = store.read(|tx| tx.query(sql, &[])).unwrap();
            assert!(!rows.is_empty(), "{sql}");
            for row in rows {
                let bytes = row.blob(0).unwrap();
                for secret in [PLAIN, offer.code.text().as_bytes(), offer.digits.text().as_bytes()] {
                    assert!(!bytes.windows(secret.len()).any(|part| part == secret), "{sql}");
                }
            }
        }
    });
}

#[test]
fn a_nonce_is_used_once_by_whoever_made_it_and_ends() {
    for_each_engine(|database| {
        let ours = nonces::Nonces::new(b"one");
        let nonce = ours.make(&database.seams);
        let now = database.seams.now();
        assert_eq!(nonces::Nonces::new(b"other").recognise(&nonce, now), None);
        assert_eq!(ours.recognise("AAAA", now), None);
        let known = ours.recognise(&nonce, now).unwrap();
        assert_eq!(ours.recognise(&nonce, now.plus_seconds(nonces::SECONDS + 1)), None);
        let mut used = Vec::new();
        for _ in 0..2 {
            let known = known.clone();
            used.push(database.outside().write(move |tx| nonces::use_once(tx, &known)).unwrap());
        }
        assert_eq!(used, [true, false]);
    });
}

#[test]
fn a_withdrawn_paper_sets_the_bit_of_its_copy_and_of_no_other() {
    for_each_engine(|database| {
        let (one, other) = (offered(&database), offered(&database));
        let now = Timestamp::in_japan(Date::new(2026, 11, 26).unwrap(), 9, 0, 0);
        let mut places_of = Vec::new();
        for offer in [&one, &other] {
            let (hash, draws) = (RequestHash::of(offer.request).hex(), places::Draws::random(&database.seams));
            let taken = database.outside().write(move |tx| places::take(tx, &hash, &draws, now));
            places_of.push(taken.unwrap().unwrap());
        }
        assert_ne!(places_of[0], places_of[1]);
        let invalid = |list| database.outside().read(|tx| places::invalid(tx, list)).unwrap();
        assert_eq!(invalid(0), Some(vec![]));
        assert_eq!(invalid(1), None, "no such list");
        let (seams, request) = (database.seams.clone(), one.request);
        database.inside().write(move |tx| paper_status::push(tx, &seams, request, PaperState::Withdrawn)).unwrap();
        pump(&database);
        assert_eq!(invalid(0), Some(vec![places_of[0].place.unsigned_abs()]));
    });
}

#[test]
fn secrets_are_named_not_shown_and_read_back() {
    let (seams, _) = base::Seams::simulated(Timestamp::from_seconds(0), 1);
    let code = PreAuthorizedCode::random(&seams);
    assert_eq!(format!("{code:?} {:?}", Digits::random(&seams)), "PreAuthorizedCode Digits");
    assert_eq!(PreAuthorizedCode::parse(&code.text()), Some(code));
    for wrong in ["", "12345", "1234567", "１２３４５６", "12345a"] {
        assert_eq!(Digits::parse(wrong), None, "{wrong}");
    }
}
