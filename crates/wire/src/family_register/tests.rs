use proptest::prelude::*;

use super::*;
use crate::record_lines::{
    Contents, FileError, Header, LONGEST_LINE, Reason, Record as _, read_anything, write_header,
};

type Entry = crate::record_lines::Entry<FamilyRegister>;
type Reader<R> = crate::record_lines::Reader<R, FamilyRegister>;

fn header(records: u64) -> String {
    let mut out = Vec::new();
    let header = Header {
        source: "koseki".to_owned(),
        position: 7,
        taken_at: base::Timestamp::from_seconds(1_795_464_000),
        contents: Contents::Full,
        records,
    };
    write_header::<FamilyRegister>(&mut out, &header).unwrap();
    String::from_utf8(out).unwrap()
}

fn file(lines: &[&str]) -> String {
    format!("{}{}\n", header(lines.len() as u64), lines.join("\n"))
}

const ONE: &str = r#"{"id":"K1","domicile":"見本県見本市中央１番地","head":"甲野　義太郎","surname":"甲野","records":[{"event":"compiled","on":"2020-01-02"}],"members":[{"order":1,"resident":"R-1","name":"義太郎","birth_date":"1990-02-03","father":"甲野　幸雄","relation":"長男","spouse":"husband","records":[{"event":"birth","on":"1990-02-03","place":"東京都千代田区","notice":{"on":"1990-02-10","by":"父"},"below":[{"how":"corrected","on":"1991-05-06","item":"出生地","ground":"錯誤","former":"東京都港区"}]}]}]}"#;

fn entries(text: &str) -> Vec<Entry> {
    let mut reader = Reader::open(text.as_bytes()).unwrap();
    let mut all = Vec::new();
    while let Some(entry) = reader.next_entry().unwrap() {
        all.push(entry);
    }
    all
}

fn faults(line: &str) -> Vec<(String, &'static str)> {
    match entries(&file(&[line])).remove(0) {
        Entry::Good { .. } => Vec::new(),
        Entry::Bad { faults, .. } => faults.into_iter().map(|fault| (fault.field, fault.reason.code())).collect(),
    }
}

#[test]
fn a_register_prints_what_a_certificate_shows() {
    let register = FamilyRegister::parse(ONE).unwrap();
    let head = register.member(1).unwrap();
    let birth = head.records.first().unwrap();
    assert_eq!(birth.event.heading(), "出生");
    assert_eq!(
        printed(&birth.event),
        [
            ("出生日", "平成2年2月3日".to_owned()),
            ("出生地", "東京都千代田区".to_owned()),
            ("届出日", "平成2年2月10日".to_owned()),
            ("届出人", "父".to_owned()),
        ]
    );
    let correction = birth.below.first().unwrap();
    assert_eq!(correction.heading(), "訂正");
    assert_eq!(correction.printed().last().unwrap(), &("従前の記録", "東京都港区".to_owned()));
    let labels: Vec<_> = head.printed().into_iter().map(|(label, _)| label).collect();
    assert_eq!(labels, ["名", "生年月日", "配偶者区分", "父", "母", "続柄"]);
    assert_eq!(register.full_name(head), "甲野　義太郎");
}

#[test]
fn a_bad_line_says_where_and_why_and_the_next_one_is_read() {
    let text = file(&["{", &ONE.replace("1990-02-03\",\"father", "1990-02-30\",\"father"), ONE, ONE]);
    let all = entries(&text);
    assert!(matches!(&all[0], Entry::Bad { line: 2, faults, .. } if faults[0].reason.code() == "not-json"));
    let Entry::Bad { line: 3, key: Some(id), faults } = &all[1] else { panic!("{:?}", all[1]) };
    assert_eq!(
        (id.as_str(), faults[0].to_string().as_str()),
        ("K1", "family_registers.jsonl:3: members[1].birth_date: not a date in an allowed format")
    );
    assert!(matches!(&all[2], Entry::Good { line: 4, .. }));
    assert!(matches!(&all[3], Entry::Bad { faults, .. } if faults[0].reason == Reason::Duplicate { first_line: 4 }));
}

#[test]
fn every_kind_of_bad_line_has_its_reason() {
    let cases: &[(&str, &str, &str, &str)] = &[
        (r#""head":"甲野　義太郎","#, "", "head", "missing"),
        (r#""head":"甲野　義太郎""#, r#""head":7"#, "head", "wrong-type"),
        (r#""head":"甲野　義太郎""#, r#""head":"""#, "head", "empty"),
        (r#""id":"K1""#, r#""id":"k1""#, "id", "not-an-id"),
        (r#""id":"K1""#, r#""id":"123456789018""#, "id", "individual-number"),
        (
            r#""father":"甲野　幸雄""#,
            r#""father":"１２３４-５６７８-９０１８""#,
            "members[1].father",
            "individual-number",
        ),
        (r#""name":"義太郎""#, "\"name\":\"義\u{E001}\"", "members[1].name", "forbidden-character"),
        (r#""name":"義太郎""#, "\"name\":\"葛\u{E0100}\"", "members[1].name", "other-collection"),
        (r#""name":"義太郎""#, r#""name":"義太郎","name":"二郎""#, "members[1].name", "twice"),
        (r#""name":"義太郎""#, r#""name":"義太郎","nickname":"義""#, "members[1][key 4]", "unknown-field"),
        (r#""event":"birth""#, r#""event":"feast""#, "members[1].records[1].event", "unknown-word"),
        (r#""place":"#, r#""plaze":"#, "members[1].records[1][key 3]", "unknown-field"),
        (r#""how":"corrected""#, r#""how":"improved""#, "members[1].records[1].below[1].how", "unknown-word"),
        (r#""order":1"#, r#""order":0"#, "members[1].order", "not-a-number"),
        (r#""spouse":"husband""#, r#""spouse":"cat""#, "members[1].spouse", "unknown-word"),
        (r#""spouse":"husband""#, r#""removed":{"on":"2020-01-01","by":"death"}"#, "closed", "not-current"),
    ];
    for (from, to, field, code) in cases {
        let line = ONE.replacen(from, to, 1);
        assert_ne!(&line, ONE, "{from}");
        assert_eq!(faults(&line).first().map(|(field, code)| (field.as_str(), *code)), Some((*field, *code)), "{to}");
    }
    assert_eq!(
        faults(&ONE.replace(
            r#""members":["#,
            r#""members":[{"order":1,"name":"花","birth_date":"1990-01-01","relation":"長女"},"#
        ))[0],
        ("members[2].order".to_owned(), "order")
    );
    assert_eq!(faults(r#"{"id":"K1","domicile":"本籍","head":"頭","surname":"氏","members":[]}"#)[0].1, "nobody-in-it");
    let long = format!(r#"{{"id":"K1","domicile":"{}"}}"#, "本".repeat(LONGEST_LINE / 2));
    assert_eq!(faults(&long), [(String::new(), "line-too-long")]);
    assert!(faults(&"[".repeat(100_000))[0].1 == "not-json");
}

#[test]
fn a_fault_never_repeats_a_value() {
    let line = ONE.replace("husband", "義太郎の夫").replace(r#""order":1"#, r#""秘密の項目":1"#);
    let Entry::Bad { faults, .. } = entries(&file(&[&line])).remove(0) else { panic!() };
    let told: String = faults.iter().map(|fault| format!("{fault}{}{fault:?}", fault.reason.japanese())).collect();
    assert!(!told.contains("義太郎") && !told.contains("秘密"), "{told}");
    assert_eq!(format!("{:?}", FamilyRegister::parse(ONE).unwrap()), "FamilyRegister(<personal>)");
    assert_eq!(format!("{:?}", FamilyRegister::parse(ONE).unwrap().members[0].records[0].event), "Event(<personal>)");
}

#[test]
fn a_file_cut_short_is_noticed() {
    let whole = file(&[ONE, &ONE.replace("K1", "K2")]);
    let cut: String = whole.lines().take(2).map(|line| format!("{line}\n")).collect();
    let mut reader = Reader::open(cut.as_bytes()).unwrap();
    assert!(reader.next_entry().unwrap().is_some());
    assert_eq!(
        reader.next_entry().unwrap_err(),
        FileError::NotWhole { file: FamilyRegister::FILE, promised: 2, found: 1 }
    );
    for (from, to) in [
        ("\"position\":7", "\"position\":-1"),
        ("/1\"", "/2\""),
        ("\"taken_at\"", "\"taken\""),
        ("\"position\":7", "\"position\":7,\"after\":9"),
    ] {
        let wrong = whole.replacen(from, to, 1);
        assert!(matches!(Reader::open(wrong.as_bytes()).err(), Some(FileError::Header { .. })), "{to}");
    }
    assert!(Reader::open(&b""[..]).is_err());
}

#[test]
fn every_event_has_a_heading_rows_and_reads_back() {
    for (index, code) in Event::CODES.iter().enumerate() {
        let event = Event::invented(index, 11);
        assert_eq!(event.code(), *code);
        assert!(!event.heading().is_empty() && !printed(&event).is_empty(), "{code}");
        assert!(printed(&event).iter().all(|(label, value)| !label.is_empty() && !value.is_empty()), "{code}");
    }
    let distinct: std::collections::HashSet<_> = Event::CODES.iter().chain(RegisterEvent::CODES).collect();
    // `surname_changed` may happen to a register and to a member.
    assert_eq!(distinct.len(), Event::CODES.len() + RegisterEvent::CODES.len() - 1);
}

#[test]
fn the_guide_tells_every_event() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/family-register-files.md");
    let guide = std::fs::read_to_string(path).unwrap();
    assert!(guide.ends_with(&guide::event_tables()), "put this at the end of the guide:\n{}", guide::event_tables());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn whatever_is_in_a_register_reads_back(seed in any::<u64>()) {
        let register = FamilyRegister::invented(seed);
        match FamilyRegister::parse(&register.to_line()) {
            Ok(read) => prop_assert!(read == register),
            // Everybody but the first may have been removed at random; nothing else can be at fault.
            Err(faults) => prop_assert!(false, "{faults:?}"),
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in r#"[\{\}\[\]",:a-z0-9甲-]{0,80}|.{0,60}"#) {
        read_anything::<FamilyRegister>(text.as_bytes());
        read_anything::<FamilyRegister>(format!("{}{text}\n", header(1)).as_bytes());
    }

    #[test]
    fn a_line_with_bytes_changed_is_read_or_refused(seed in any::<u64>(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = file(&[&FamilyRegister::invented(seed).to_line()]).into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        read_anything::<FamilyRegister>(&bytes);
    }
}
