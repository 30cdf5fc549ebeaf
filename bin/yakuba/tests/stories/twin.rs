//! The digital copy of a paper: who is told of it, who is refused, and that nothing of it exists where it is off.

use std::sync::Arc;

use base::{ManualClock, Seams};
use services::convenience_certificates::twin::offer::{TwinOffer, forget, offer};
use services::convenience_certificates::{Applicant, Choices, FetchToken, Members, Refusal, Request, actions};
use store::StoreError;
use tools::access::{Actor, Duty};
use tools::disclosure;
use tools::incidents::by_hand::{self, Why};
use wire::certificate_fields::Fields;

use crate::browser::Browser;
use crate::city::{Fixture, fixture};
use crate::served::Served;

/// A paper that lies printed before its applicant, and the machine's right to it.
fn printed(fixture: &Fixture, applicant: &Applicant) -> (Request, FetchToken) {
    let (city, issuer) = (fixture.inside(), &fixture.issuer);
    let request = fixture.paid(applicant, &Choices { members: Members::Household, ..Choices::default() });
    let token = actions::prepare(city, &issuer.composer, issuer.fresh_minutes, applicant, request.id);
    let token = token.unwrap().unwrap();
    actions::fetch(city, applicant, request.id, &token).unwrap().unwrap();
    (request, token)
}

/// How many lists of what the paper says are kept.
fn kept_fields(fixture: &Fixture, request: &Request) -> i64 {
    let (id, sql) = (request.id, "SELECT COUNT(*) FROM certificate_fields WHERE request_id = $1");
    let row = fixture.inside().store.read::<_, StoreError, _>(|tx| tx.query_one(sql, &[id.into()])).unwrap();
    row.unwrap().int(0).unwrap()
}

fn asked(
    fixture: &Fixture,
    applicant: &Applicant,
    (request, token): &(Request, FetchToken),
) -> Result<TwinOffer, Refusal> {
    offer(fixture.inside(), fixture.issuer.fresh_minutes, applicant, request.id, token).unwrap()
}

#[test]
fn a_copy_is_a_line_of_its_own_for_everyone_on_the_paper_and_one_paper_has_one() {
    let fixture = fixture();
    let applicant = fixture.applicant("couple");
    let request = printed(fixture, &applicant);
    assert_eq!(kept_fields(fixture, &request.0), 1);
    let members = actions::household(fixture.inside(), fixture.issuer.fresh_minutes, &applicant).unwrap().unwrap();
    let offer = asked(fixture, &applicant, &request).unwrap();
    assert!(!offer.square.reveal().contains(offer.digits.text()));
    let today = fixture.inside().seams.today();
    for member in &members {
        let seen = fixture
            .inside()
            .store
            .read::<_, StoreError, _>(|tx| disclosure::for_person(tx, &member.id, today, None, 50));
        let copies = seen.unwrap().iter().filter(|line| line.duty == Some(Duty::CertificateTwin)).count();
        assert_eq!(copies, 1);
    }
    assert_eq!(asked(fixture, &applicant, &request).unwrap_err(), Refusal::AlreadyEnded);
    assert_eq!(fixture.documents(&request.0), 1, "the paper is not touched");
    assert!(actions::print_acknowledged(fixture.inside(), request.0.id).unwrap().is_ok());
}

#[test]
fn nobody_gets_a_copy_of_anothers_paper_nor_of_one_that_is_gone_nor_while_the_service_is_stopped() {
    let fixture = Fixture::named("twin");
    let (applicant, other) = (fixture.applicant("couple"), fixture.applicant("elderly-single"));
    let request = printed(&fixture, &applicant);
    assert_eq!(asked(&fixture, &other, &request).unwrap_err(), Refusal::NotYours);
    let paid = fixture.paid(&applicant, &Choices::default());
    let nothing = (paid, request.1.clone());
    assert_eq!(asked(&fixture, &applicant, &nothing).unwrap_err(), Refusal::NotYours, "no paper yet");
    // The printer says that the last sheet is out before anybody sees the last screen.
    let taken = printed(&fixture, &applicant);
    assert!(actions::printed_and_copy_offered(fixture.inside(), taken.0.id).unwrap().is_ok());
    let guessed = (taken.0.clone(), FetchToken([7; 32]));
    assert_eq!(asked(&fixture, &applicant, &guessed).unwrap_err(), Refusal::NotYours, "another session");
    assert!(asked(&fixture, &applicant, &taken).is_ok());
    assert_eq!(asked(&fixture, &applicant, &taken).unwrap_err(), Refusal::AlreadyEnded, "one a paper");
    // A machine without such a screen: what the paper says goes with its bytes.
    let plain = printed(&fixture, &applicant);
    assert!(actions::print_acknowledged(fixture.inside(), plain.0.id).unwrap().is_ok());
    assert_eq!(kept_fields(&fixture, &plain.0), 0);
    assert_eq!(asked(&fixture, &applicant, &plain).unwrap_err(), Refusal::AlreadyEnded);
    let gone = printed(&fixture, &applicant);
    assert!(actions::printed_and_copy_offered(fixture.inside(), gone.0.id).unwrap().is_ok());
    forget(fixture.inside(), gone.0.id).unwrap();
    assert_eq!(asked(&fixture, &applicant, &gone).unwrap_err(), Refusal::AlreadyEnded, "the person has gone");
    let left = printed(&fixture, &applicant);
    assert!(actions::printed_and_copy_offered(fixture.inside(), left.0.id).unwrap().is_ok());
    let seams = fixture.inside().seams.clone();
    let by = Actor::Staff { account: seams.random_id() };
    let code = services::convenience_certificates::SERVICE_CODE;
    fixture.inside().store.write(move |tx| by_hand::stop(tx, &seams, &by, code, Why::Check, "照合する")).unwrap();
    assert_eq!(asked(&fixture, &applicant, &request).unwrap_err(), Refusal::ServiceStopped);
    let later = fixture.inside().seams.now().plus_seconds(15 * 60);
    let seams = Seams { clock: Arc::new(ManualClock::starting_at(later)), ..fixture.inside().seams.clone() };
    actions::sweep(&fixture.with_seams(seams), false).unwrap();
    assert_eq!(asked(&fixture, &applicant, &left).unwrap_err(), Refusal::AlreadyEnded, "fifteen minutes have passed");
}

#[test]
fn what_waits_for_a_copy_opens_to_nobody_who_holds_every_key_of_the_city() {
    let fixture = fixture();
    let applicant = fixture.applicant("couple");
    let (request, token) = printed(fixture, &applicant);
    let sealed = fixture.inside().store.read::<_, StoreError, _>(|tx| {
        let sql = "SELECT sealed FROM certificate_fields WHERE request_id = $1";
        Ok(tx.query_one(sql, &[request.id.into()])?.unwrap().blob(0)?.to_vec())
    });
    let column = "certificate_fields.sealed";
    let opened = fixture.inside().vault.open_sealed(applicant.resident().as_str(), column, &sealed.unwrap()).unwrap();
    assert!(Fields::decode(&opened).is_err(), "locked with what only the machine's session holds");
    assert!(asked(fixture, &applicant, &(request, token)).is_ok());
}

#[test]
fn i8_a_copy_is_of_the_newest_data_or_there_is_none() {
    let fixture = Fixture::named("twin-newest");
    let applicant = fixture.applicant("couple");
    let (request, token) = printed(&fixture, &applicant);
    // A source that has not been heard of.
    let clock = ManualClock::starting_at(fixture.inside().seams.now().plus_seconds(40 * 60));
    let late = fixture.with_seams(Seams { clock: Arc::new(clock), ..fixture.inside().seams.clone() });
    let minutes = fixture.issuer.fresh_minutes;
    assert_eq!(offer(&late, minutes, &applicant, request.id, &token).unwrap().unwrap_err(), Refusal::RegisterNotFresh);
    // A register that says something newer than the paper.
    let id = applicant.resident().as_str().to_owned();
    let moved = "UPDATE households SET position = position + 1 WHERE household_id = \
                 (SELECT household_id FROM residents WHERE resident_id = $1 LIMIT 1)";
    fixture.inside().store.write::<_, StoreError, _>(move |tx| tx.execute(moved, &[id.as_str().into()])).unwrap();
    let asked = asked(&fixture, &applicant, &(request, token));
    assert_eq!(asked.unwrap_err(), Refusal::AskAtTheCounter);
}

/// The PIN on the first card of the drawer, as the page shows it.
fn first_pin(page: &str) -> String {
    let label = page.split("name=\"card\" value=\"0\"").nth(1).unwrap();
    let digits: Vec<&str> = label.split(|sign: char| !sign.is_ascii_digit()).filter(|part| part.len() == 4).collect();
    digits[0].to_owned()
}

/// The last screen of a paper at a demo machine.
fn last_screen(machine: &mut Browser) -> String {
    machine.begin();
    let page = machine.ask("GET", "/kiosk/card", "").page();
    let pin = first_pin(&page);
    let page = machine.go_on(&page, "/kiosk/card", "card=0", "/kiosk/pin");
    let page = machine.go_on(&page, "/kiosk/pin", &format!("pin={pin}"), "/kiosk/kind");
    let page = machine.go_on(&page, "/kiosk/kind", "kind=residence_certificate", "/kiosk/choose");
    let page = machine.go_on(&page, "/kiosk/choose", "who=applicant&copies=1", "/kiosk/confirm");
    let page = machine.go_on(&page, "/kiosk/confirm", "", "/kiosk/pay");
    let page = machine.go_on(&page, "/kiosk/pay/insert", "coin=1000", "/kiosk/pay");
    let page = machine.go_on(&page, "/kiosk/pay", "", "/kiosk/print");
    machine.go_on(&page, "/kiosk/print", "", "/kiosk/take")
}

#[test]
fn where_it_is_off_no_screen_speaks_of_it_and_its_addresses_do_not_exist() {
    let city = Served::start_with(&[("YAKUBA_TWIN_OFFERED", "never")]);
    let mut machine = Browser::at_a_demo_machine(&city.address);
    let page = last_screen(&mut machine);
    assert!(page.contains("/kiosk/paper.pdf") && !page.contains("twin"), "{page}");
    for path in ["/.well-known/openid-credential-issuer", "/.well-known/jwt-vc-issuer", "/twin/status/0"] {
        assert_eq!(machine.ask("GET", path, "").status, 404, "{path}");
    }
    assert_eq!(machine.ask("POST", "/twin/nonce", "").status, 404);
}

#[test]
fn where_it_is_on_the_log_tells_neither_code_nor_digits() {
    let mut city = Served::start();
    let mut machine = Browser::at_a_demo_machine(&city.address);
    let page = last_screen(&mut machine);
    let page = machine.go_on(&page, "/kiosk/twin", "", "/kiosk/take");
    let digits = page.split("kiosk-twin-digits\">").nth(1).unwrap()[..6].to_owned();
    assert!(digits.bytes().all(|byte| byte.is_ascii_digit()) && page.contains("twin-square"));
    let guess = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Apre-authorized_code&pre-authorized_code=SECRETCODE&tx_code=";
    assert_eq!(machine.ask("POST", "/twin/token", &format!("{guess}{digits}")).status, 400);
    let log = city.stop();
    // Six digits alone would be found in many a time of day.
    assert!(log.contains("/twin/token") && !log.contains("SECRETCODE") && !log.contains("tx_code"), "{log}");
}
