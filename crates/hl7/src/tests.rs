#![allow(clippy::unwrap_used, reason = "tests")]

use base::{Date, Timestamp};
use encoding_rs::ISO_2022_JP;
use proptest::prelude::*;

use crate::message::{Answer, Body, Header, Party, PatientEvent, Wanted};
use crate::text::{Characters, Separators};
use crate::{Booking, BookingState, Fault, Message, Name, Patient, Sex, What, mllp};

/// As a hospital's system sends a visit; kanji whose second bytes are separators are in it (「楓」 is `49 56` and 「縄」
/// `46 6C`; 「｜」 itself is what the next test is about).
const VISIT: &str = "MSH|^~\\&|HIS|BYOUIN|YAKUBA|MIHON|20261126093000||ADT^A04|MSG00001|P|2.5||||||~ISO IR87||ISO 2022-1994\r\
    EVN||20261126093000\rPID|||0012345^^^^PI||見本^楓^^^^^L^I~ミホン^カエデ^^^^^L^P||19850102|F\rPV1||O\r";

fn visit() -> Vec<u8> {
    ISO_2022_JP.encode(VISIT).0.into_owned()
}

fn patient() -> Patient {
    Patient {
        chart_number: "0012345".to_owned(),
        name: Name { family: "見本".to_owned(), given: "楓".to_owned() },
        kana: Some(Name { family: "ミホン".to_owned(), given: "カエデ".to_owned() }),
        born: Date::new(1985, 1, 2),
        sex: Sex::Female,
        address: None,
    }
}

fn header() -> Header {
    Header {
        from: Party { application: "YAKUBA".to_owned(), facility: "MIHON".to_owned() },
        to: Party { application: "HIS".to_owned(), facility: "BYOUIN".to_owned() },
        at: Timestamp::in_japan(Date::new(2026, 11, 26).unwrap(), 9, 30, 0),
        number: "Y1".to_owned(),
        characters: Characters::Iso2022Jp,
    }
}

fn fault(text: &str) -> Fault {
    Message::read(text.as_bytes()).unwrap_err().fault
}

#[test]
fn a_visit_is_read_as_a_japanese_hospital_writes_it() {
    let message = Message::read(&visit()).unwrap();
    assert_eq!(message.body, Body::Patient(PatientEvent::Registered, patient()));
    assert_eq!(message.header.number, "MSG00001");
    assert_eq!(message.header.at, header().at);
}

#[test]
fn second_bytes_that_look_like_separators_cut_nothing() {
    // In ISO-2022-JP 「縞」 and 「綺」 have 7C and 7E as second bytes; the text below has all five signs so.
    let family: String = ('一'..='龠')
        .filter(|kanji| {
            let bytes = ISO_2022_JP.encode(&kanji.to_string()).0.into_owned();
            bytes.len() > 6 && [b'|', b'^', b'~', b'\\', b'&'].contains(&bytes[4])
        })
        .take(60)
        .collect();
    assert!(family.chars().count() > 20);
    let message = Message {
        header: header(),
        body: Body::Patient(
            PatientEvent::Changed,
            Patient { name: Name { family, given: "子".to_owned() }, ..patient() },
        ),
    };
    assert_eq!(Message::read(&message.write().unwrap()).unwrap(), message);
}

#[test]
fn every_body_is_read_back_as_it_was_written() {
    let booking = Booking {
        number: "B1".to_owned(),
        at: header().at.plus_seconds(3600),
        place: "内科|第2".to_owned(),
        state: BookingState::Booked,
    };
    let bodies = [
        Body::Patient(PatientEvent::Added, patient()),
        Body::Merged { kept: patient(), gone: "0009999".to_owned() },
        Body::Booking(patient(), booking),
        Body::Asked {
            tag: "T1".to_owned(),
            wanted: Wanted { chart_number: Some("0012345".to_owned()), born: Date::new(1985, 1, 2) },
        },
        Body::Found {
            of: "M1".to_owned(),
            tag: "T1".to_owned(),
            patients: vec![patient(), Patient { kana: None, ..patient() }],
        },
        Body::Found { of: "M1".to_owned(), tag: "T1".to_owned(), patients: Vec::new() },
        Body::Answered { of: "M1".to_owned(), answer: Answer::Taken, fault: None },
        Body::Answered {
            of: "M1".to_owned(),
            answer: Answer::Fault,
            fault: Some(("PID^1^7".to_owned(), "102".to_owned())),
        },
    ];
    for characters in [Characters::Iso2022Jp, Characters::Utf8] {
        for body in &bodies {
            let message = Message { header: Header { characters, ..header() }, body: body.clone() };
            let read = Message::read(&message.write().unwrap()).unwrap();
            assert_eq!(read.body, message.body);
            assert_eq!((read.header.from, read.header.number), (message.header.from, message.header.number));
        }
    }
}

#[test]
fn every_fault_names_segment_and_field() {
    let msh = "MSH|^~\\&|A|B|C|D|20261126||ADT^A08|1|P|2.5\r";
    assert_eq!(fault("PID|1"), Fault::at("MSH", 0, What::NotAMessage));
    assert_eq!(fault("MSH||||||x"), Fault::at("MSH", 2, What::NotAMessage));
    assert_eq!(fault("MSH|^~\\&|A|B|C|D|20261126||ADT^A08|1|P|3.0\r"), Fault::at("MSH", 12, What::OtherVersion));
    assert_eq!(fault("MSH|^~\\&|A|B|C|D|2026||ADT^A08|1|P|2.5\r"), Fault::at("MSH", 7, What::Malformed));
    assert_eq!(fault("MSH|^~\\&|A|B|C|D|20261126||ADT^A08||P|2.5\r"), Fault::at("MSH", 10, What::FieldMissing));
    assert_eq!(fault(&msh.replace("A08", "A99")), Fault::at("MSH", 9, What::OtherKind));
    assert_eq!(fault(msh), Fault::at("PID", 0, What::SegmentMissing));
    assert_eq!(fault(&format!("{msh}PID|||1")), Fault::at("PID", 5, What::FieldMissing));
    assert_eq!(fault(&format!("{msh}PID|||||A^B")), Fault::at("PID", 3, What::FieldMissing));
    assert_eq!(fault(&format!("{msh}PID|||1||A^B||19851302")), Fault::at("PID", 7, What::Malformed));
    assert_eq!(fault(&format!("{msh}PID|||1;2||A^B")), Fault::at("PID", 3, What::Malformed));
    assert_eq!(Message::read(b"MSH|^~\\&|\xFF").unwrap_err().fault.what, What::Characters);
}

#[test]
fn an_individual_number_is_refused_as_a_chart_number() {
    // The published sample of the numbering rule.
    let eleven = [1u8, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1];
    let number = format!("12345678901{}", base::my_number_guard::check_digit(&eleven));
    let read = fault(&format!("MSH|^~\\&|A|B|C|D|20261126||ADT^A08|1|P|2.5\rPID|||{number}||A^B"));
    assert_eq!(read, Fault::at("PID", 3, What::MyNumber));
    // Nor as what is shown in the hall, or as a message's own number.
    let booked = |place: &str| {
        format!(
            "MSH|^~\\&|A|B|C|D|20261126||SIU^S12|1|P|2.5\rSCH||B-1|||||||||^^^20261127090000\rPID|||1||A^B\rAIL|1||{place}"
        )
    };
    assert_eq!(fault(&booked(&format!("眼科 {number}"))), Fault::at("AIL", 3, What::MyNumber));
    assert_eq!(fault(&booked(&"科".repeat(41))), Fault::at("AIL", 3, What::Malformed));
    let read = fault(&format!("MSH|^~\\&|A|B|C|D|20261126||ADT^A08|{number}|P|2.5\rPID|||1||A^B"));
    assert_eq!(read, Fault::at("MSH", 10, What::MyNumber));
}

#[test]
fn a_faulty_message_is_answered_with_its_place_and_an_unknown_one_is_rejected() {
    let text = |trigger: &str| format!("MSH|^~\\&|A|B|C|D|20261126||{trigger}|7|P|2.5\rPID|||1||A^B||x");
    let answer = |text: &str| Message::read(text.as_bytes()).unwrap_err().answer(header().at, "Y2").unwrap();
    let said = answer(&text("ADT^A08"));
    let place = ("PID^1^7".to_owned(), "102".to_owned());
    assert_eq!(said.body, Body::Answered { of: "7".to_owned(), answer: Answer::Fault, fault: Some(place) });
    assert_eq!((said.header.to.application.as_str(), said.header.to.facility.as_str()), ("A", "B"));
    assert!(matches!(answer(&text("ORU^R01")).body, Body::Answered { answer: Answer::Refused, .. }));
    assert!(Message::read(b"nonsense").unwrap_err().answer(header().at, "Y2").is_none());
}

#[test]
fn a_chart_is_not_merged_into_itself_and_a_question_is_never_wider_than_asked() {
    let merge = "MSH|^~\\&|A|B|C|D|20261126||ADT^A40|1|P|2.5\rPID|||1||A^B\rMRG|1";
    assert_eq!(fault(merge), Fault::at("MRG", 1, What::Malformed));
    let query = |by: &str| format!("MSH|^~\\&|A|B|C|D|20261126||QBP^Q22|1|P|2.5\rQPD|IHE PDQ Query|T|{by}\rRCP|I");
    assert_eq!(fault(&query("")), Fault::at("QPD", 3, What::FieldMissing));
    assert_eq!(fault(&query("@PID.3.1^1~@PID.11.5^260")), Fault::at("QPD", 3, What::Malformed));
}

#[test]
fn escapes_are_undone_once_and_open_ones_stay() {
    let signs = Separators::default();
    let text = "a|b^c&d~e\\f\n漢字";
    assert_eq!(signs.undo(&signs.escape(text)), text);
    assert_eq!(signs.undo("\\H\\重要\\N\\"), "重要");
    assert_eq!(signs.undo("漢字\\F"), "漢字\\F");
}

#[test]
fn a_stream_is_cut_into_messages_wherever_it_was_broken() {
    let (one, two) = (mllp::wrap(b"one"), mllp::wrap(&visit()));
    let stream = [b"noise".as_slice(), &one, b"\r\n", &two].concat();
    for piece in 1..stream.len() {
        let mut frames = mllp::Frames::default();
        let mut found = Vec::new();
        for bytes in stream.chunks(piece) {
            frames.push(bytes);
            found.extend(std::iter::from_fn(|| frames.next_message().unwrap()));
        }
        assert_eq!(found, [b"one".to_vec(), visit()], "in pieces of {piece}");
        assert!(!frames.is_amid());
    }
}

#[test]
fn a_message_that_was_cut_is_left_for_the_whole_one_after_it() {
    let mut frames = mllp::Frames::default();
    frames.push(b"\x0Bhal");
    assert_eq!(frames.next_message(), Ok(None));
    assert!(frames.is_amid());
    frames.push(&mllp::wrap(b"whole"));
    assert_eq!(frames.next_message(), Ok(Some(b"whole".to_vec())));
    let mut frames = mllp::Frames::with_most(10);
    frames.push(b"\x0B0123456789A");
    assert_eq!(frames.next_message(), Err(mllp::TooLong(10)));
}

#[test]
fn the_longest_message_in_single_bytes_is_looked_through_once() {
    let message = vec![b'9'; mllp::MOST_BYTES];
    let mut frames = mllp::Frames::default();
    // Work that grows with the square of a million would not end.
    let found: Vec<_> = mllp::wrap(&message)
        .iter()
        .filter_map(|byte| {
            frames.push(&[*byte]);
            frames.next_message().unwrap()
        })
        .collect();
    assert!(found == [message]);
}

#[test]
fn zones_are_counted_and_nothing_personal_is_printed() {
    let text = VISIT.replace("|20261126093000||ADT", "|20261126003000.123+0000||ADT");
    assert_eq!(Message::read(text.as_bytes()).unwrap().header.at, header().at);
    assert!(!format!("{:?}", patient()).contains("見本"));
}

#[test]
fn a_character_the_set_has_not_is_refused_and_never_replaced() {
    let body = Body::Patient(
        PatientEvent::Changed,
        Patient { name: Name { family: "𠮷".to_owned(), given: "子".to_owned() }, ..patient() },
    );
    assert_eq!(Message { header: header(), body }.write().unwrap_err().what, What::Unwritable);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), cut in any::<proptest::sample::Index>(), put in any::<u8>()) {
        let _ = Message::read(&bytes);
        let mut broken = visit();
        let at = cut.index(broken.len());
        broken[at] = put;
        let _ = Message::read(&broken);
        broken.truncate(at);
        let _ = Message::read(&broken);
        let mut frames = mllp::Frames::with_most(50);
        frames.push(&bytes);
        while let Ok(Some(_)) = frames.next_message() {}
    }

    #[test]
    fn names_of_any_signs_come_back(family in "[a-z|^~&\\\\見本ミホン楓]{1,20}", given in "[a-z|^~&\\\\見本]{0,20}") {
        let body = Body::Patient(PatientEvent::Updated, Patient { name: Name { family, given }, ..patient() });
        let message = Message { header: header(), body };
        prop_assert_eq!(Message::read(&message.write().unwrap()).unwrap(), message);
    }
}
