//! What is written down of printing: on both engines, before a byte is sent.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use services::convenience_certificates::{Choices, Refusal, SERVICE_CODE, actions, printing};
use store::StoreError;
use store::testing::for_each_engine;
use tools::access::Actor;
use tools::terminals::printer::run::{Note, Outcome};
use tools::terminals::printer::{Mismatch, Trouble, name_of};
use tools::{Inside, incidents};
use yakuba_web::testing::TestDoor;

/// A request whose bytes were handed out to a machine.
fn handed_out(inside: &Inside) -> base::Id {
    let (id, seams) = (inside.seams.random_id(), inside.seams.clone());
    let choices = serde_json::to_string(&Choices::default()).unwrap();
    inside
        .store
        .write::<_, StoreError, _>(move |tx| {
            let by = Actor::System { job: "test" };
            let (terminal, _) = tools::terminals::enrol_here(tx, &seams, &by, "1号機", "本庁舎1階")?;
            tx.execute(
                "INSERT INTO certificate_requests (request_id, terminal_id, resident_id, kind, choices, copies, \
                 fee_yen, paid_yen, state, state_since, began_at) VALUES ($1, $2, '0000000001', \
                 'residence_certificate', $3, 1, 200, 200, 'printing', $4, $4)",
                &[id.into(), terminal.id.to_string().as_str().into(), choices.as_str().into(), seams.now().into()],
            )
        })
        .unwrap();
    id
}

#[test]
fn an_attempt_is_written_before_it_is_sent_and_found_again_after_a_kill() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let inside = door.inside();
        let request = handed_out(inside);
        let attempt = printing::started(inside, request).unwrap().unwrap();
        assert_eq!(printing::started(inside, request).unwrap(), Err(Refusal::AlreadyEnded), "sent once");
        assert_eq!(printing::started(inside, inside.seams.random_id()).unwrap(), Err(Refusal::AlreadyEnded));
        printing::noted(inside, attempt, Note::Held(Trouble::Jam)).unwrap();
        assert_eq!(printing::left_over(inside).unwrap(), Vec::<String>::new(), "somebody waits for it");
        // The machine dies and comes back: the request ends, its job may still lie in the printer.
        assert_eq!(actions::sweep(inside, true).unwrap(), 1);
        assert_eq!(printing::left_over(inside).unwrap(), [name_of(request, attempt)]);
        let open = || inside.store.read(|tx| incidents::list(tx, true)).unwrap();
        assert_eq!(
            open().iter().map(|one| (one.kind.as_str(), one.stops)).collect::<Vec<_>>(),
            [("printer-jam", false)]
        );
        assert_eq!(open()[0].note, "本庁舎1階 1号機", "where, never who");
    });
}

#[test]
fn i12_a_mix_up_stops_the_service_in_the_same_transaction_that_writes_it_down() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let inside = door.inside();
        let stopped = || inside.store.read(|tx| incidents::service_stopped(tx, SERVICE_CODE)).unwrap();
        for (outcome, stops) in [
            (Outcome::Printed, None),
            (Outcome::NotPrinted, None),
            (Outcome::Unclear, None),
            (Outcome::Wrong(Mismatch::Between), Some("print-between")),
        ] {
            let attempt = printing::started(inside, handed_out(inside)).unwrap().unwrap();
            printing::ended(inside, attempt, Some(7), outcome).unwrap();
            assert_eq!(stopped().map(|one| one.kind).as_deref(), stops, "{outcome:?}");
        }
    });
}
