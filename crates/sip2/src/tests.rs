#![allow(clippy::unwrap_used, reason = "tests")]

use base::Date;
use proptest::prelude::*;

use crate::client::{Heard, Lost};
use crate::codes::{CirculationStatus, Listed, PatronFlag};
use crate::field::{Always, DateTime, Digits, OneZero, PatronStatus, Summary, Supported, YesNo};
use crate::frame::{self, Charset, Frames, What, checksum};
use crate::message::*;
use crate::server::{Closing, Step};
use crate::{Client, Message, Sequence, Server};

/// Captured from a running server (`SIPServer`) and computed for the specification.
const GOLDEN: &[&str] = &[
    "9300CNscclient|COclientpwd|CPBeacock|AY0AZF0DE",
    "941AY0AZFDFD",
    "9900802.00AY1AZFCA0",
    "1720261123    080648AOUWOLS|AB1565921879|AY4AZF52A",
    "1803020120261123    080648AB1565921879|AJPerl 5 desktop reference|CK001|BGUWOLS|AY4AZE897",
    "98YNNYNN60000320261123    0806482.00AOUWOLS|BXYYYYYYYYYNYNYYYY|AY1AZEDD5",
];

#[test]
fn captured_messages_are_read_and_those_with_fields_in_our_order_written_to_the_letter() {
    for golden in GOLDEN {
        let envelope = frame::read(golden.as_bytes(), Charset::Utf8).unwrap();
        assert!(envelope.is_checked, "{golden}");
        let written = frame::write(&envelope.message, envelope.sequence, Charset::Utf8).unwrap();
        let again = frame::read(&written, Charset::Utf8).unwrap();
        assert_eq!(again, envelope, "{golden}");
        // The captured 18 has CK before BG; order is free, everything else is the same to the letter.
        if !golden.starts_with("18") {
            assert_eq!(String::from_utf8(written).unwrap(), format!("{golden}\r"));
        }
    }
}

#[test]
fn requests_to_say_it_again_have_the_sums_everybody_knows() {
    let number = Some(Sequence::default());
    assert_eq!(frame::write(&ResendAsked::default().into(), number, Charset::Ascii).unwrap(), b"96AZFEF6\r");
    assert_eq!(frame::write(&ResendWanted::default().into(), number, Charset::Ascii).unwrap(), b"97AZFEF5\r");
    assert_eq!(checksum(b""), 0);
}

#[test]
fn a_captured_renew_all_answer_counts_and_names_items() {
    let captured = b"6610001000020261123    081017AOUWOLS|BM1565921879|AY7AZF36E";
    let Message::RenewAllAnswer(answer) = frame::read(captured, Charset::Utf8).unwrap().message else { panic!() };
    assert_eq!((answer.ok, answer.renewed, answer.unrenewed), (OneZero(true), Digits(Some(1)), Digits(Some(0))));
    assert_eq!(answer.renewed_items, ["1565921879"]);
}

#[test]
fn a_second_byte_that_looks_like_a_bar_is_no_end_of_a_field() {
    // 「ポ」 is 83 7C in Shift_JIS, and 7C is the bar.
    let answer = ItemInformationAnswer {
        circulation: CirculationStatus::Available,
        item: "1001".to_owned(),
        title: "ポケットの本".into(),
        owner: Some("中央".to_owned()),
        ..ItemInformationAnswer::default()
    };
    let bytes = frame::write(&answer.clone().into(), Sequence::new(3), Charset::ShiftJis).unwrap();
    assert!(bytes.windows(2).any(|pair| pair == [0x83, 0x7C]));
    assert_eq!(frame::read(&bytes, Charset::ShiftJis).unwrap().message, answer.into());
}

#[test]
fn a_name_is_never_guessed_and_a_title_may_be() {
    let title = ItemInformationAnswer { item: "1".to_owned(), title: "本".into(), ..Default::default() };
    let bytes = frame::write(&title.into(), None, Charset::CodePage850).unwrap();
    assert!(String::from_utf8(bytes).unwrap().contains("AJ?|"));
    let patron = EndPatronSession { patron: "本".to_owned(), ..Default::default() };
    assert_eq!(frame::write(&patron.into(), None, Charset::CodePage850).unwrap_err().0.to_string(), "AA");
    let bar = EndPatronSession { patron: "a|ABb\rc".to_owned(), ..Default::default() };
    let written = String::from_utf8(frame::write(&bar.into(), None, Charset::Utf8).unwrap()).unwrap();
    assert!(written.contains("AAa/ABb c|"), "{written}");
}

#[test]
fn every_fault_says_where_and_what() {
    let fault = |text: &str| frame::read(text.as_bytes(), Charset::Utf8).unwrap_err();
    assert_eq!(fault("1").what, What::TooShort);
    assert_eq!(fault("88xx").what, What::UnknownMessage("88".to_owned()));
    assert_eq!(fault("1720261399    080648AB1|"), frame::Fault { at: 2, what: What::Fixed("at") });
    assert_eq!(fault("1720261123").what, What::Fixed("at"));
    assert_eq!(fault("1720261123    080648AOx|").what.to_string(), "the field AB is missing");
    assert_eq!(fault("1720261123    080648AOx|?|"), frame::Fault { at: 24, what: What::NoLetters });
    assert_eq!(fault("9900802.00AY1AZ0000").what, What::Checksum { said: 0, counted: 0xFCA0 });
    assert_eq!(frame::read(b"93\xFF\xFE", Charset::Utf8).unwrap_err().what, What::Characters);
}

#[test]
fn what_a_vendor_added_is_kept() {
    let read = frame::read(b"1720261123    080648AOx|AB1|ZQmine|", Charset::Utf8).unwrap().message;
    let written = String::from_utf8(frame::write(&read, None, Charset::Utf8).unwrap()).unwrap();
    assert!(written.ends_with("ZQmine|\r"), "{written}");
}

#[test]
fn flags_and_lists_stand_at_their_places() {
    let status = PatronStatus::of(&[PatronFlag::ChargeDenied, PatronFlag::CardReportedLost]);
    let message: Message = PatronStatusAnswer { status, patron: "1".to_owned(), ..Default::default() }.into();
    let bytes = String::from_utf8(frame::write(&message, None, Charset::Utf8).unwrap()).unwrap();
    assert!(bytes.starts_with("24Y   Y         014"), "{bytes}");
    assert_eq!(Summary::of(Listed::Charged).asked(), Some(Listed::Charged));
    assert!(Supported::parse("YYYYYYYYYNYNYYYY").unwrap().has(crate::codes::Answers::RenewAll));
    assert!(Supported::parse("YYY").is_none());
}

fn login() -> Message {
    Login { user: "gate".to_owned(), password: "word".into(), ..Default::default() }.into()
}

fn checkout() -> Message {
    Checkout { patron: "P1".to_owned(), item: "B1".to_owned(), at: Some(at()), ..Default::default() }.into()
}

fn at() -> DateTime {
    DateTime { date: Date::new(2026, 11, 26).unwrap(), second_of_day: 36_000, is_utc: false }
}

/// A library that lends; it counts how often it is asked to.
fn library(server: &mut Server, lent: &mut u32) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    loop {
        match server.next_step() {
            Step::Wait => return out,
            Step::Send(bytes) => out.push(bytes),
            Step::Asked(Message::Login(_)) => {
                out.push(server.answer(&LoginAnswer { ok: OneZero(true), ..Default::default() }.into()).unwrap());
            }
            Step::Asked(Message::Checkout(asked)) => {
                *lent += 1;
                let answer = CheckoutAnswer {
                    ok: OneZero(true),
                    patron: Always(asked.patron),
                    item: Always(asked.item),
                    ..Default::default()
                };
                out.push(server.answer(&answer.into()).unwrap());
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_book_is_lent_once_however_often_the_machine_says_it() {
    let (mut server, mut client, mut lent) = (Server::new(Charset::Utf8, false), Client::new(Charset::Utf8, true), 0);
    server.receive(&client.ask(&login()).unwrap());
    client.receive(&library(&mut server, &mut lent).concat());
    assert!(matches!(client.next_heard().unwrap(), Heard::Answer(Message::LoginAnswer(_))));
    // The first answer is lost, the second damaged, the third comes.
    server.receive(&client.ask(&checkout()).unwrap());
    let lost = library(&mut server, &mut lent).concat();
    server.receive(&client.timed_out().unwrap());
    let mut damaged = library(&mut server, &mut lent).concat();
    assert_eq!(damaged, lost);
    damaged[2] ^= 1;
    client.receive(&damaged);
    let Heard::Send(again) = client.next_heard().unwrap() else { panic!() };
    assert_eq!(again, b"97AZFEF5\r");
    server.receive(&again);
    client.receive(&library(&mut server, &mut lent).concat());
    assert!(
        matches!(client.next_heard().unwrap(), Heard::Answer(Message::CheckoutAnswer(answer)) if answer.ok == OneZero(true))
    );
    assert_eq!(lent, 1);
}

#[test]
fn a_damaged_question_is_asked_for_again_and_not_for_ever() {
    let mut server = Server::new(Charset::Utf8, true);
    for _ in 0..crate::server::MOST_DAMAGED {
        server.receive(b"9900802.00AY1AZ0000\r");
        assert_eq!(server.next_step(), Step::Send(b"96AZFEF6\r".to_vec()));
    }
    server.receive(b"9900802.00AY1AZ0000\r");
    assert!(matches!(server.next_step(), Step::Close(Closing::Fault(_))));
}

#[test]
fn nobody_speaks_before_the_login_and_no_machine_speaks_as_the_library() {
    let mut server = Server::new(Charset::Utf8, false);
    server.receive(&frame::write(&checkout(), None, Charset::Utf8).unwrap());
    assert_eq!(server.next_step(), Step::Close(Closing::NoLogin));
    let mut server = Server::new(Charset::Utf8, true);
    server.receive(b"941\r");
    assert_eq!(server.next_step(), Step::Close(Closing::NotAQuestion("94")));
}

#[test]
fn after_the_last_try_nothing_is_known_and_nothing_is_said_again() {
    let mut client = Client::new(Charset::Utf8, true);
    client.set_retries(Some(2));
    let first = client.ask(&checkout()).unwrap();
    assert_eq!(client.ask(&checkout()), Err(Lost::Busy));
    assert_eq!(client.timed_out().unwrap(), first);
    assert_eq!(client.reconnected().unwrap(), first);
    assert_eq!(client.timed_out(), Err(Lost::NoAnswer(3)));
    // A question without a number is never said again: it would be done twice.
    let mut client = Client::new(Charset::Utf8, false);
    client.ask(&checkout()).unwrap();
    assert_eq!(client.timed_out(), Err(Lost::NoAnswer(1)));
}

#[test]
fn an_answer_with_another_number_is_passed_over() {
    let mut client = Client::new(Charset::Utf8, true);
    client.ask(&checkout()).unwrap();
    let answer: Message = CheckoutAnswer { ok: OneZero(true), ..Default::default() }.into();
    client.receive(&frame::write(&answer, Sequence::new(9), Charset::Utf8).unwrap());
    assert_eq!(client.next_heard().unwrap(), Heard::Wait);
    client.receive(&frame::write(&answer, Sequence::new(0), Charset::Utf8).unwrap());
    assert_eq!(client.next_heard().unwrap(), Heard::Answer(answer));
}

#[test]
fn a_stream_without_an_end_is_refused_before_it_fills_the_memory() {
    let mut frames = Frames::with_most(100);
    frames.push(&[b'9'; 100]);
    assert_eq!(frames.next_frame().unwrap(), None);
    frames.push(b"9");
    assert_eq!(frames.next_frame().unwrap_err().what, What::TooLong(100));
    let mut frames = Frames::default();
    frames.push(b"\r\n\n941\r\n97");
    assert_eq!(frames.next_frame().unwrap().as_deref(), Some(&b"941"[..]));
    assert_eq!(frames.next_frame().unwrap(), None);
    assert!(frames.is_amid());
}

#[test]
fn times_are_japans_unless_they_say_utc() {
    let local = at().instant();
    assert_eq!(DateTime { is_utc: true, ..at() }.instant().seconds_since(local), 9 * 3600);
    assert_eq!(DateTime::in_japan(local), at());
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), id in 0usize..30) {
        let ids = ["93", "94", "99", "98", "23", "24", "63", "64", "17", "18", "11", "12", "09", "10", "29", "30", "65", "66",
            "15", "16", "37", "38", "35", "36", "01", "25", "26", "19", "20", "96"];
        for charset in [Charset::Utf8, Charset::ShiftJis, Charset::CodePage850, Charset::Ascii] {
            let _ = frame::read(&bytes, charset);
            let _ = frame::read(&[ids[id].as_bytes(), &bytes].concat(), charset);
        }
        let mut server = Server::new(Charset::Utf8, true);
        server.receive(&bytes);
        server.next_step();
    }

    #[test]
    fn what_is_written_is_read(patron in "[A-Za-z0-9]{1,20}", title in "[ぁ-んァ-ヶ図書館ポ本能a-z ]{0,40}", list in 0usize..6,
        counts in proptest::collection::vec(proptest::option::of(0u16..9999), 6), items in proptest::collection::vec("[0-9]{1,14}", 0..9),
        number in 0u8..10, jis in any::<bool>()) {
        let charset = if jis { Charset::ShiftJis } else { Charset::Utf8 };
        let mut summary = Summary::default();
        summary.0[list] = true;
        let asked: Message = PatronInformation { patron: patron.clone(), summary, at: Some(at()), ..Default::default() }.into();
        let said: Message = PatronInformationAnswer {
            patron, name: Always(title.clone()), charged: Digits(counts[0]), holds: Digits(counts[1]),
            charged_items: items, screen: vec![title.clone(), title], ..Default::default()
        }.into();
        let lent: Message = Checkout { no_block: YesNo(true), patron: "1".to_owned(), item: "2".to_owned(), ..Default::default() }.into();
        for message in [asked, said, lent] {
            let bytes = frame::write(&message, Sequence::new(number), charset).unwrap();
            let envelope = frame::read(&bytes, charset).unwrap();
            prop_assert_eq!(envelope.message, message);
            prop_assert_eq!(envelope.sequence, Sequence::new(number));
        }
    }
}

#[test]
fn a_long_message_in_single_bytes_is_looked_through_once() {
    const MOST: usize = 1_000_000;
    let mut bytes = vec![b'9'; MOST];
    bytes.push(b'\r');
    let mut frames = Frames::with_most(MOST);
    // Work that grows with the square of a million would not end.
    let found: Vec<_> = bytes
        .iter()
        .filter_map(|byte| {
            frames.push(&[*byte]);
            frames.next_frame().unwrap()
        })
        .collect();
    assert!(found == [bytes[..MOST].to_vec()]);
    assert!(!frames.is_amid());
    frames.push(b"two\rthree\n");
    assert_eq!(frames.next_frame(), Ok(Some(b"two".to_vec())));
    assert_eq!(frames.next_frame(), Ok(Some(b"three".to_vec())));
}
