//! The digital copy of a paper: who is told of it, who is refused, and that nothing of it exists where it is off.

use std::sync::Arc;

use base::{ManualClock, Seams, SystemRandom};
use services::convenience_certificates::twin::offer::{self, TwinOffer};
use services::convenience_certificates::{Applicant, Choices, Members, Refusal, Request, actions};
use store::StoreError;
use tools::access::{Actor, Duty};
use tools::disclosure;
use tools::incidents::by_hand::{self, Why};

use crate::browser::Browser;
use crate::city::{Fixture, fixture};
use crate::served::Served;

/// A paper that lies printed before its applicant.
fn printed(fixture: &Fixture, applicant: &Applicant) -> Request {
    let (city, issuer) = (fixture.inside(), &fixture.issuer);
    let request = fixture.paid(applicant, &Choices { members: Members::Household, ..Choices::default() });
    let token = actions::prepare(city, &issuer.composer, issuer.fresh_minutes, applicant, request.id);
    actions::fetch(city, applicant, request.id, &token.unwrap().unwrap()).unwrap().unwrap();
    request
}

fn asked(fixture: &Fixture, applicant: &Applicant, request: &Request) -> Result<TwinOffer, Refusal> {
    offer::offer(fixture.inside(), applicant, request.id).unwrap()
}

#[test]
fn a_copy_is_a_line_of_its_own_for_everyone_on_the_paper_and_one_paper_has_one() {
    let fixture = fixture();
    let applicant = fixture.applicant("couple");
    let request = printed(fixture, &applicant);
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
    assert_eq!(fixture.documents(&request), 1, "the paper is not touched");
    assert!(actions::print_acknowledged(fixture.inside(), request.id).unwrap().is_ok());
}

#[test]
fn nobody_gets_a_copy_of_anothers_paper_nor_of_one_that_is_gone_nor_while_the_service_is_stopped() {
    let fixture = Fixture::named("twin");
    let (applicant, other) = (fixture.applicant("couple"), fixture.applicant("elderly-single"));
    let request = printed(&fixture, &applicant);
    assert_eq!(asked(&fixture, &other, &request).unwrap_err(), Refusal::NotYours);
    let paid = fixture.paid(&applicant, &Choices::default());
    assert_eq!(asked(&fixture, &applicant, &paid).unwrap_err(), Refusal::AlreadyEnded, "no paper yet");
    let taken = printed(&fixture, &applicant);
    assert!(actions::print_acknowledged(fixture.inside(), taken.id).unwrap().is_ok());
    offer::forget(fixture.inside(), taken.id).unwrap();
    assert_eq!(asked(&fixture, &applicant, &taken).unwrap_err(), Refusal::AlreadyEnded, "the person has gone");
    let left = printed(&fixture, &applicant);
    assert!(actions::print_acknowledged(fixture.inside(), left.id).unwrap().is_ok());
    let seams = fixture.inside().seams.clone();
    let by = Actor::Staff { account: seams.random_id() };
    let code = services::convenience_certificates::SERVICE_CODE;
    fixture.inside().store.write(move |tx| by_hand::stop(tx, &seams, &by, code, Why::Check, "照合する")).unwrap();
    assert_eq!(asked(&fixture, &applicant, &request).unwrap_err(), Refusal::ServiceStopped);
    let later = fixture.inside().seams.now().plus_seconds(15 * 60);
    let seams = Seams { clock: Arc::new(ManualClock::starting_at(later)), random: Arc::new(SystemRandom) };
    actions::sweep(&fixture.with_seams(seams), false).unwrap();
    assert_eq!(asked(&fixture, &applicant, &left).unwrap_err(), Refusal::AlreadyEnded, "fifteen minutes have passed");
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
