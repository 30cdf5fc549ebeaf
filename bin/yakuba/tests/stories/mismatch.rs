//! I3, I12: documents are swapped on purpose at each hop. Nobody gets one, the service stops at once, and only an officer
//! lets it run again. By the protocol, and at the machine with pages. "Within a second" is proved without a stopwatch: the
//! city's clock stands still, and the very next message is refused.

use std::sync::Arc;

use card::readers::virtual_reader::VirtualReader;
use card::{Card, Reader, ReaderError};
use serde_json::json;
use services::convenience_certificates::{Choices, Refusal, SERVICE_CODE, State, actions};
use store::StoreError;
use testkit::world::centre::Machine;
use tools::access::Actor;
use tools::incidents;
use tools::terminals;
use tools::terminals::coin_box::SimulatedCoinBox;
use ui::Language;
use web::kiosk::printing::PaperSlot;
use web::kiosk::reader::CardSlot;
use web::kiosk::session::{Ending, Screen, Session};

use crate::city::Fixture;
use crate::door::Door;

/// What is swapped where the finished bytes lie.
const SWAPS: [(&str, &str); 3] = [
    (
        "the bytes of another request of the same person",
        "UPDATE certificate_documents SET sealed = (SELECT sealed FROM certificate_documents WHERE request_id = $2) \
         WHERE request_id = $1",
    ),
    (
        "bytes and hash of another request of the same person",
        "UPDATE certificate_requests SET document_hash = \
         (SELECT document_hash FROM certificate_requests WHERE request_id = $2) WHERE request_id = $1",
    ),
    (
        "the bytes of another person",
        "UPDATE certificate_documents SET sealed = (SELECT sealed FROM certificate_documents WHERE request_id = $2) \
         WHERE request_id = $1",
    ),
];

/// A paper that is drawn and not fetched; with the token.
fn ready(machine: &Machine, session: &str) -> (String, String) {
    let order = json!({ "kind": "residence_certificate" });
    let request = machine.post("/requests", Some(session), &order).unwrap().text("request");
    let at = |act: &str| format!("/requests/{request}/{act}");
    machine.post(&at("payment-started"), None, &json!({})).unwrap();
    machine.post(&at("payment-settled"), None, &json!({ "kept": true })).unwrap();
    let token = machine.post(&at("prepare"), Some(session), &json!({})).unwrap().text("token");
    (request, token)
}

/// The one incident that stops the service.
fn stopping(city: &tools::Inside) -> Option<incidents::Incident> {
    city.store.read::<_, StoreError, _>(|tx| incidents::service_stopped(tx, SERVICE_CODE)).unwrap()
}

fn cleared(city: &tools::Inside) {
    let (seams, incident) = (city.seams.clone(), stopping(city).expect("the service is stopped"));
    let by = Actor::Staff { account: seams.random_id() };
    city.store
        .write(move |tx| incidents::clear(tx, &seams, &by, incident.id, "照合した").map_err(|_| StoreError::Closed))
        .unwrap();
    assert_eq!(stopping(city), None);
}

#[test]
fn i3_i12_a_document_swapped_at_any_hop_stops_the_service_within_a_second() {
    let fixture = Fixture::named("swapped");
    let door = Door::open(&fixture, 50);
    let machine = door.machine();
    let began = door.city().seams.now();
    for (number, (what, swap)) in SWAPS.iter().enumerate() {
        let (session, second) = (door.session(&machine, "rare-nabe"), door.session(&machine, "rare-nabe"));
        let third = door.session(&machine, "long-name");
        let (request, token) = ready(&machine, &session);
        let (spare, _) = ready(&machine, if number == 2 { &third } else { &second });
        if number == 1 {
            door.tamper(SWAPS[0].1, &[&request, &spare]);
        }
        door.tamper(swap, &[&request, &spare]);
        assert!(stopping(door.city()).is_none());
        let fetch = format!("/requests/{request}/fetch");
        let fetched = machine.post(&fetch, Some(&session), &json!({ "token": token })).unwrap();
        assert_eq!((fetched.status, fetched.text("code").as_str()), (503, "certificate-refused-stopped"), "{what}");
        let refused = machine.sign_in(&door.card("widow")).unwrap();
        assert_eq!(refused.text("code"), "certificate-refused-stopped", "{what}: nobody is served");
        assert_eq!(door.state(&request), State::RefundDue, "{what}: the money is owed");
        let offers = machine.get("/offers", None).unwrap().json();
        assert_eq!(offers["is_serving"], false, "{what}");
        let opened = stopping(door.city()).expect("an incident is open").opened_at;
        assert_eq!(opened.seconds_since(began), 0, "{what}: no second passed");
        cleared(door.city());
        assert_eq!(machine.get("/offers", None).unwrap().json()["is_serving"], true);
    }
}

/// A reader that never loses its card.
struct Slot(VirtualReader);

impl CardSlot for Slot {
    fn connect(&self) -> Result<Box<dyn Card>, ReaderError> {
        self.0.clone().connect()
    }
    fn has_card(&self) -> bool {
        true
    }
    fn eject(&self) {}
    fn put_from_drawer(&self, _: usize) -> bool {
        false
    }
}

#[test]
fn i3_i12_the_machine_with_pages_prints_no_swapped_document_and_stops_the_service() {
    let fixture = Fixture::named("swapped-pages");
    let (issuer, city) = (&fixture.issuer, fixture.inside());
    let seams = city.seams.clone();
    let by = Actor::System { job: "test" };
    let (terminal, _) = city.store.write(move |tx| terminals::enrol_here(tx, &seams, &by, "1号機", "本庁舎")).unwrap();
    // A spare document of the same person, finished and lying there.
    let applicant = fixture.applicant("rare-nabe");
    let spare = fixture.paid(&applicant, &Choices::default());
    let made = actions::prepare(city, &issuer.composer, issuer.fresh_minutes, &applicant, spare.id);
    made.unwrap().unwrap();
    // Whatever is stored from now on, the spare lies in its place a moment later.
    let both = "CREATE TRIGGER swapped AFTER INSERT ON certificate_documents BEGIN \
        UPDATE certificate_requests SET document_hash = (SELECT document_hash FROM certificate_requests \
        WHERE state = 'ready' AND request_id <> NEW.request_id) WHERE request_id = NEW.request_id; \
        UPDATE certificate_documents SET sealed = (SELECT sealed FROM certificate_documents \
        WHERE request_id <> NEW.request_id) WHERE request_id = NEW.request_id; END";
    city.store.write::<_, StoreError, _>(move |tx| tx.execute(both, &[]).map(|_| ())).unwrap();

    let contents = yakuba::cards::stored(city, &fixture.sample("rare-nabe")).unwrap_or_default().unwrap();
    let pin = String::from_utf8_lossy(&contents.user_authentication_pin.value).into_owned();
    let reader = VirtualReader::new();
    reader.put(yakuba::cards::insertable(city, contents).unwrap_or_else(|_| panic!("no card")));
    let coins = Arc::new(SimulatedCoinBox::with_change(base::Yen(10_000)));
    let now = city.seams.now();
    let (slot, out) = (Arc::new(Slot(reader)), Arc::new(PaperSlot::simulated()));
    let mut session = Session::new(terminal, Language::Japanese, slot, coins.clone(), out, now);
    session.card_placed().unwrap();
    session.sign_in(issuer, &pin).unwrap();
    session.choose_kind(Choices::default().kind);
    session.confirm_choices(Choices::default()).unwrap();
    session.begin(issuer).unwrap();
    let request = session.request().unwrap().clone();
    coins.insert(base::Yen(200));
    session.pay(issuer).unwrap();
    let said = session.print(issuer).unwrap_err();
    assert!(session.paper().is_none() && session.screen != Screen::Take, "{said:?}");
    let stopped = actions::closed_now(city, issuer.fresh_minutes, "1").unwrap().unwrap();
    assert_eq!(stopped.refusal, Refusal::ServiceStopped);
    assert_eq!(fixture.state(&request), State::Refunded, "the machine gave the money back");
    assert_eq!(coins.totals(), (base::Yen::ZERO, base::Yen(200)));
    let refused = actions::begin(city, issuer.fresh_minutes, &fixture.applicant("widow"), &Choices::default());
    assert_eq!(refused.unwrap().unwrap_err(), Refusal::ServiceStopped);
    cleared(city);
    let served = actions::begin(city, issuer.fresh_minutes, &fixture.applicant("widow"), &Choices::default());
    assert!(served.unwrap().is_ok(), "and only then is anybody served");
}

#[test]
fn i3_i12_the_counter_hands_out_no_swapped_document_and_stops_the_service() {
    let fixture = Fixture::named("swapped-counter");
    let (issuer, city) = (&fixture.issuer, fixture.inside());
    let mut papers = ["rare-nabe", "widow"].map(|sample| {
        let applicant = fixture.applicant(sample);
        let request = fixture.paid(&applicant, &Choices::default());
        let token = actions::prepare(city, &issuer.composer, issuer.fresh_minutes, &applicant, request.id);
        let bytes = actions::fetch(city, &applicant, request.id, &token.unwrap().unwrap()).unwrap().unwrap();
        (applicant, request, bytes)
    });
    let [first, second] = &mut papers;
    std::mem::swap(&mut first.2, &mut second.2);
    let (applicant, request, bytes) = first;
    let handed = issuer.hand_over(std::mem::take(bytes), request, applicant).unwrap();
    assert_eq!(handed.unwrap_err(), Refusal::ServiceStopped);
    assert!(stopping(city).is_some_and(|incident| incident.kind == "wrong-document"));
    assert_eq!(fixture.state(request), State::RefundDue, "the money is owed");
}

#[test]
fn a_machine_gives_back_only_what_is_owed_when_it_asks_and_never_a_second_time() {
    let fixture = Fixture::named("owed-once");
    let (issuer, city) = (&fixture.issuer, fixture.inside());
    let seams = city.seams.clone();
    let by = Actor::System { job: "test" };
    let (terminal, _) = city.store.write(move |tx| terminals::enrol_here(tx, &seams, &by, "1号機", "本庁舎")).unwrap();
    let contents = yakuba::cards::stored(city, &fixture.sample("rare-nabe")).unwrap_or_default().unwrap();
    let pin = String::from_utf8_lossy(&contents.user_authentication_pin.value).into_owned();
    let reader = VirtualReader::new();
    reader.put(yakuba::cards::insertable(city, contents).unwrap_or_else(|_| panic!("no card")));
    let coins = Arc::new(SimulatedCoinBox::with_change(base::Yen(10_000)));
    let (slot, out) = (Arc::new(Slot(reader)), Arc::new(PaperSlot::simulated()));
    let mut session = Session::new(terminal, Language::Japanese, slot, coins.clone(), out, city.seams.now());
    session.card_placed().unwrap();
    session.sign_in(issuer, &pin).unwrap();
    session.choose_kind(Choices::default().kind);
    session.confirm_choices(Choices::default()).unwrap();
    session.begin(issuer).unwrap();
    let request = session.request().unwrap().clone();
    coins.insert(base::Yen(200));
    session.pay(issuer).unwrap();
    // Another process of the city starts and ends what it finds; an officer pays the fee back by hand.
    assert_eq!(actions::sweep(city, true).unwrap(), 1);
    let (id, settled) = (
        request.id,
        "UPDATE certificate_requests SET state = 'refunded', refunded_by = 'officer' \
        WHERE request_id = $1 AND state = 'refund_due'",
    );
    assert_eq!(city.store.write::<_, StoreError, _>(move |tx| tx.execute(settled, &[id.into()])).unwrap(), 1);
    session.stop(issuer, Ending::Stopped);
    assert_eq!((session.returned, coins.totals().1), (base::Yen::ZERO, base::Yen::ZERO), "it was paid back already");
}
