use proptest::prelude::*;

use super::*;
use crate::record_lines::{Contents, Entry, Header, Reader, Reason, Record, read_anything, write_header};

fn header(records: u64) -> String {
    let mut out = Vec::new();
    let header = Header {
        source: "inkan".to_owned(),
        position: 7,
        taken_at: base::Timestamp::from_seconds(1_795_464_000),
        contents: Contents::Full,
        records,
    };
    write_header::<SealRegistration>(&mut out, &header).unwrap();
    String::from_utf8(out).unwrap()
}

fn one() -> String {
    let registration = SealRegistration {
        number: "12345".to_owned(),
        resident_id: "R-1".to_owned(),
        name: "辻\u{E0102}　花子".to_owned(),
        former_name: None,
        common_name: None,
        state: SealState::Registered,
        is_pending: false,
        remarks: None,
        ..SealRegistration::invented(3)
    };
    registration.to_line()
}

fn faults(line: &str) -> Vec<(String, &'static str)> {
    let faults = SealRegistration::parse(line).err().unwrap_or_default();
    faults.into_iter().map(|(field, reason)| (field, reason.code())).collect()
}

#[test]
fn a_registration_reads_back_with_its_picture_and_size() {
    let read = SealRegistration::parse(&one()).unwrap();
    assert_eq!((read.number.as_str(), read.impression.width), ("12345", 10_000));
    assert!(read.impression.png.starts_with(b"\x89PNG"));
    assert!(read.state == SealState::Registered);
    assert_eq!(format!("{read:?}"), "SealRegistration(<personal>)");
}

#[test]
fn a_suspension_and_a_cancellation_have_a_day_and_a_reason_of_the_list() {
    let with = |state: &str| one().replace("\"impression\"", &format!("\"state\":{state},\"impression\""));
    let read = |state: &str| SealRegistration::parse(&with(state)).map(|read| read.state);
    let day = base::Date::parse("2199-11-24").unwrap();
    let suspended = read(r#"{"as":"suspended","on":"2199-11-24","why":"card_lost"}"#);
    assert!(suspended == Ok(SealState::Suspended { on: day, why: Suspension::CardLost }));
    let cancelled = read(r#"{"as":"cancelled","on":"2199-11-24","why":"seal_changed"}"#);
    assert!(cancelled == Ok(SealState::Cancelled { on: day, why: Cancellation::SealChanged }));
    let wrong = [
        (r#"{"as":"suspended","on":"2199-11-24","why":"death"}"#, "state.why", "unknown-word"),
        (r#"{"as":"cancelled","on":"2199-11-24"}"#, "state.why", "missing"),
        (r#"{"as":"cancelled","why":"death"}"#, "state.on", "missing"),
        (r#"{"as":"lost","on":"2199-11-24"}"#, "state.as", "unknown-word"),
        (r#"{"as":"cancelled","on":"1800-11-24","why":"death"}"#, "state.on", "ends-before-it-begins"),
        (r#""cancelled""#, "state", "wrong-type"),
    ];
    for (state, field, code) in wrong {
        assert_eq!(faults(&with(state)).first(), Some(&(field.to_owned(), code)), "{state}");
    }
}

#[test]
fn every_kind_of_bad_line_has_its_reason() {
    let base64 = one().split("\"png\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let cases = [
        (r#""number":"12345""#, r#""number":"１２３""#, "number", "not-an-id"),
        (r#""number":"12345""#, r#""number":"123456789018""#, "number", "individual-number"),
        (r#""resident":"R-1","#, "", "resident", "missing"),
        ("花子", "花子\u{E001}", "name", "forbidden-character"),
        (r#""width":10000"#, r#""width":25001"#, "impression.width", "not-a-seals-size"),
        (r#""width":10000"#, r#""width":"10000""#, "impression.width", "not-a-number"),
        (r#""width":10000,"height":10000"#, r#""width":7900,"height":7900"#, "impression", "not-a-seals-size"),
        (r#""width":10000"#, r#""width":24000"#, "impression", "not-a-seals-size"),
        (base64.as_str(), "AAAA", "impression.png", "not-a-picture"),
        (base64.as_str(), "!", "impression.png", "not-a-picture"),
        (r#""name""#, r#""nom":"花","name""#, "[key 3]", "unknown-field"),
    ];
    for (from, to, field, code) in cases {
        let line = one().replacen(from, to, 1);
        assert_ne!(line, one(), "{from}");
        assert_eq!(faults(&line).first(), Some(&(field.to_owned(), code)), "{to}");
    }
}

#[test]
fn a_bad_line_says_where_and_what_it_is_about_and_a_file_cut_short_is_noticed() {
    let bad = one().replace("10000", "9");
    let text = format!("{}{}\n{}\n{}\n", header(4), bad, one(), one());
    let mut reader = Reader::<_, SealRegistration>::open(text.as_bytes()).unwrap();
    let Some(Entry::Bad { line: 2, key: Some(key), faults }) = reader.next_entry().unwrap() else { panic!() };
    assert_eq!(key, "12345");
    assert!(faults[0].to_string().starts_with("seal_registrations.jsonl:2: impression: "), "{}", faults[0]);
    assert!(!format!("{faults:?}").contains("花子"));
    assert!(matches!(reader.next_entry().unwrap(), Some(Entry::Good { line: 3, .. })));
    let Some(Entry::Bad { faults, .. }) = reader.next_entry().unwrap() else { panic!() };
    assert_eq!(faults[0].reason, Reason::Duplicate { first_line: 3 });
    assert!(reader.next_entry().unwrap_err().to_string().contains("promises 4 records and holds 3"));
    assert!(Reader::<_, crate::tax_record::TaxRecord>::open(text.as_bytes()).is_err(), "another format");
}

#[test]
fn the_guide_tells_every_word() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/seal-registration-files.md");
    let guide = std::fs::read_to_string(path).unwrap();
    let words = Suspension::ALL.iter().map(|why| why.code()).chain(Cancellation::ALL.iter().map(|why| why.code()));
    for word in words.chain(["number", "resident", "registered_on", "impression", "pending", "former_name"]) {
        assert!(guide.contains(&format!("`{word}`")), "{word}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_is_registered_reads_back(seed in any::<u64>()) {
        let registration = SealRegistration::invented(seed);
        prop_assert!(SealRegistration::parse(&registration.to_line()) == Ok(registration));
    }

    #[test]
    fn any_line_is_read_or_refused(at in any::<prop::sample::Index>(), byte in any::<u8>(), text in r#"[\{\}\[\]",:a-z0-9]{0,60}"#) {
        let mut bytes = format!("{}{}\n", header(1), one()).into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        read_anything::<SealRegistration>(&bytes);
        read_anything::<SealRegistration>(format!("{}{text}\n", header(1)).as_bytes());
    }
}
