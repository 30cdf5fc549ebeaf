use store::testing::for_each_engine;

use super::super::two_zones::{TwoZones, key};
use super::*;

const HERE: &str = "portal.example.lg.jp";

fn gate() -> Gate {
    Gate::new(vec![key().public()], HERE.to_owned())
}

/// A signed ticket for `account`, as the inside makes them.
fn ticket(house: &TwoZones, account: AccountId, state: AccountState) -> (Ticket, String) {
    let seams = &house.database.seams;
    let ticket = Ticket {
        id: seams.random_id(),
        audience: HERE.to_owned(),
        account,
        state,
        terminal: seams.random_id(),
        back: "http://inside.example.lg.jp/kiosk/back".to_owned(),
        issued_at: seams.now().micros(),
    };
    let office = Office::new(Arc::new(key()), house.to_outside.clone(), HERE.to_owned());
    let text = office.sign(&ticket).unwrap();
    (ticket, text)
}

fn admit(house: &TwoZones, ticket: &Ticket, session: u8) -> Result<(), TicketRefusal> {
    let (seams, ticket) = (house.database.seams.clone(), ticket.clone());
    house.outside.store.write(move |tx| super::admit(tx, &seams, &ticket, &[session; 32])).unwrap()
}

fn session_of(house: &TwoZones, session: u8) -> Option<session::Session> {
    let now = house.database.seams.now();
    house.outside.store.read(|tx| session::find(tx, now, &[session; 32])).unwrap()
}

fn stop(house: &TwoZones, account: AccountId, state: AccountState) {
    let now = house.database.seams.now();
    house.outside.store.write::<_, StoreError, _>(move |tx| account::set_state(tx, now, account, state, None)).unwrap();
}

#[test]
fn a_ticket_is_good_at_one_portal_for_a_minute_and_signed_by_the_inside_alone() {
    for_each_engine(|database| {
        let house = TwoZones::new(database);
        let (made, text) = ticket(&house, house.account(), AccountState::Open);
        let now = house.database.seams.now();
        assert_eq!(gate().read(now, &text), Ok(made.clone()));
        assert_eq!(gate().read(now.plus_seconds(TICKET_SECONDS - 1), &text), Ok(made.clone()));
        let expired = Err((TicketRefusal::Expired, Some(made.clone())));
        assert_eq!(gate().read(now.plus_seconds(TICKET_SECONDS), &text), expired);
        assert_eq!(gate().read(now.plus_seconds(-5), &text), expired, "one from the future");
        let elsewhere = Gate::new(vec![key().public()], "portal.other.lg.jp".to_owned());
        assert_eq!(elsewhere.read(now, &text), Err((TicketRefusal::OtherAudience, Some(made))));
        let strangers = Gate::new(vec![SigningKey::from_seed([9; 32]).unwrap().public()], HERE.to_owned());
        let forged = Err((TicketRefusal::Forged, None));
        assert_eq!(strangers.read(now, &text), forged);
        // One bit of what it says, of its signature, and what is no ticket at all.
        let (body, signature) = text.split_once('.').unwrap();
        let mut bytes = BASE64URL_NOPAD.decode(body.as_bytes()).unwrap();
        bytes[20] ^= 1;
        let changed = format!("{}.{signature}", BASE64URL_NOPAD.encode(&bytes));
        for text in
            [changed.as_str(), &format!("{body}.{}", &signature[1..]), body, "", ".", "あ.い", &"A".repeat(9000)]
        {
            assert_eq!(gate().read(now, text), forged, "{text}");
        }
    });
}

#[test]
fn a_ticket_opens_one_session_at_the_highest_level_and_never_a_second() {
    for_each_engine(|database| {
        let house = TwoZones::new(database);
        let account = house.account();
        let (made, _) = ticket(&house, account, AccountState::Open);
        assert_eq!(admit(&house, &made, 1), Ok(()));
        let session = session_of(&house, 1).unwrap();
        assert_eq!((session.person.id, session.level, session.place), (account, Assurance::High, Place::Terminal));
        assert_eq!(admit(&house, &made, 2), Err(TicketRefusal::Used));
        assert!(session_of(&house, 2).is_none());
        // Left alone it ends soon; a phone's would go on.
        house.database.clock.advance_seconds(session::TERMINAL_IDLE_SECONDS);
        assert!(session_of(&house, 1).is_none());
    });
}

#[test]
fn the_visit_is_over_when_the_terminal_says_so_even_before_the_ticket_is_shown() {
    for_each_engine(|database| {
        let house = TwoZones::new(database);
        let tell = |id: Id| {
            let seams = house.database.seams.clone();
            house.inside.store.write::<_, RelayError, _>(move |tx| over(tx, &seams, id)).unwrap();
            house.settle();
        };
        let (here, _) = ticket(&house, house.account(), AccountState::Open);
        assert_eq!(admit(&house, &here, 1), Ok(()));
        tell(here.id);
        assert!(session_of(&house, 1).is_none(), "the card was taken");
        let back = house.outside.store.read(|tx| back(tx, &[1; 32])).unwrap();
        assert_eq!(back.as_deref(), Some("http://inside.example.lg.jp/kiosk/back"));
        let (kept, _) = ticket(&house, house.account(), AccountState::Open);
        tell(kept.id);
        assert_eq!(admit(&house, &kept, 2), Err(TicketRefusal::Used));
        assert!(session_of(&house, 2).is_none());
    });
}

#[test]
fn the_card_opens_a_stopped_account_but_no_other_way_in_of_it_and_never_one_that_ended() {
    for_each_engine(|database| {
        let house = TwoZones::new(database);
        let account = house.account();
        let seams = house.database.seams.clone();
        house
            .outside
            .store
            .write::<_, StoreError, _>(move |tx| {
                means::add(tx, &seams, account, MeansKind::Passkey, None, None).map(drop)
            })
            .unwrap();
        stop(&house, account, AccountState::Stopped);
        let (made, _) = ticket(&house, account, AccountState::MovedOut);
        assert_eq!(admit(&house, &made, 1), Ok(()));
        assert_eq!(session_of(&house, 1).unwrap().person.state, AccountState::MovedOut, "as the register says");
        let left = house.outside.store.read(|tx| means::of_kind(tx, account, MeansKind::Passkey)).unwrap();
        assert!(left.is_empty(), "what was lost stays lost");

        stop(&house, account, AccountState::Ended);
        let (made, _) = ticket(&house, account, AccountState::Open);
        assert_eq!(admit(&house, &made, 3), Err(TicketRefusal::Ended));
        assert!(session_of(&house, 3).is_none());
    });
}

#[test]
fn a_ticket_from_before_the_stop_does_not_open_the_account_again() {
    for_each_engine(|database| {
        let house = TwoZones::new(database);
        let account = house.account();
        let (before, _) = ticket(&house, account, AccountState::Open);
        house.database.clock.advance_seconds(1);
        stop(&house, account, AccountState::Stopped);
        assert_eq!(admit(&house, &before, 1), Err(TicketRefusal::Expired));
        assert!(session_of(&house, 1).is_none());
        let stands = house.outside.store.read::<_, StoreError, _>(|tx| account::find(tx, account)).unwrap();
        assert_eq!(stands.unwrap().state, AccountState::Stopped);
        let (after, _) = ticket(&house, account, AccountState::Open);
        assert_eq!(admit(&house, &after, 2), Ok(()));
    });
}
