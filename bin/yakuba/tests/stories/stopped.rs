//! I12: what staff stop is stopped from the next transaction on, and what was paid for is not lost.

use services::convenience_certificates::{Choices, Refusal, SERVICE_CODE, State, actions};
use tools::access::Actor;
use tools::incidents::by_hand::{self, Why};

use crate::city::Fixture;

#[test]
fn i12_a_stop_refuses_whoever_begins_and_takes_no_finished_paper_away() {
    let fixture = Fixture::named("stopped");
    let (inside, issuer, applicant) = (fixture.inside(), &fixture.issuer, fixture.applicant("elderly-single"));
    let prepare = |id| actions::prepare(inside, &issuer.composer, issuer.fresh_minutes, &applicant, id).unwrap();
    assert_eq!(actions::closed_now(inside, issuer.fresh_minutes, "1").unwrap(), None);
    let (finished, paid) =
        (fixture.paid(&applicant, &Choices::default()), fixture.paid(&applicant, &Choices::default()));
    let token = prepare(finished.id).unwrap();

    let seams = inside.seams.clone();
    let by = Actor::Staff { account: seams.random_id() };
    inside.store.write(move |tx| by_hand::stop(tx, &seams, &by, SERVICE_CODE, Why::Check, "照合する")).unwrap();

    let closed = actions::closed_now(inside, issuer.fresh_minutes, "1").unwrap().unwrap();
    assert_eq!((closed.refusal, closed.why), (Refusal::ServiceStopped, Some(Why::Check)));
    let begun = actions::begin(inside, issuer.fresh_minutes, &applicant, &Choices::default()).unwrap();
    assert_eq!(begun.unwrap_err(), Refusal::ServiceStopped);
    assert!(actions::household(inside, issuer.fresh_minutes, &applicant).unwrap().is_err());
    // Paid, not yet drawn: no paper comes, the money is owed.
    assert_eq!(prepare(paid.id), Err(Refusal::ServiceStopped));
    assert_eq!((fixture.state(&paid), fixture.documents(&paid)), (State::RefundDue, 0));
    // Paid, drawn, checked and told to the outside as valid before the stop: it is handed out.
    assert!(actions::fetch(inside, &applicant, finished.id, &token).unwrap().is_ok());
    assert!(actions::print_acknowledged(inside, finished.id).unwrap().is_ok());
    assert_eq!(fixture.state(&finished), State::Printed);
}

#[test]
fn i12_a_stop_while_the_paper_is_drawn_refuses_it() {
    let fixture = Fixture::named("stopped-while-drawn");
    let (inside, applicant) = (fixture.inside(), fixture.applicant("elderly-single"));
    let request = fixture.paid(&applicant, &Choices::default());
    let city = inside.clone();
    let composer = fixture.composer_while(move || {
        let seams = city.seams.clone();
        let by = Actor::Staff { account: seams.random_id() };
        city.store.write(move |tx| by_hand::stop(tx, &seams, &by, SERVICE_CODE, Why::Trouble, "線が切れた")).unwrap();
    });
    let refused = actions::prepare(inside, &composer, fixture.issuer.fresh_minutes, &applicant, request.id);
    assert_eq!(refused.unwrap(), Err(Refusal::ServiceStopped));
    assert_eq!((fixture.state(&request), fixture.documents(&request)), (State::RefundDue, 0));
}
