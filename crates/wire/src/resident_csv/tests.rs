//! Stories of good and bad files.

use base::Date;
use proptest::prelude::*;

use super::columns::{CHANGES, HOUSEHOLDS, PROTECTIONS, RESIDENTS};
use super::*;

const HEADER: &str = "resident_id,household_id,relationship,name,name_kana,birth_date,sex,address,state,state_on";
const GOOD: &str = "R-1,H-1,世帯主,辻\u{E0102}　花子,ツジ　ハナコ,1950-02-03,female,見本県見本市中央一丁目1番1号,,";

fn read<T: FromCells>(bytes: &[u8], encoding: Encoding, mapping: &FileMapping) -> Vec<Entry<T>> {
    let mut reader = Reader::<_, T>::open(bytes, files::RESIDENTS, encoding, mapping).unwrap();
    let mut entries = Vec::new();
    while let Some(entry) = reader.next_entry().unwrap() {
        entries.push(entry);
    }
    entries
}

/// The faults of one row put under the usual header.
fn faults_of(row: &str) -> Vec<(String, Reason)> {
    let text = format!("{HEADER}\n{row}\n");
    match read::<ResidentRecord>(text.as_bytes(), Encoding::Auto, &FileMapping::default()).pop() {
        Some(Entry::Bad { faults, line: 2, .. }) => faults.into_iter().map(|f| (f.field, f.reason)).collect(),
        Some(Entry::Good { .. }) => Vec::new(),
        other => panic!("one row on line 2 was expected, not {other:?}"),
    }
}

fn fault(field: &str, reason: Reason) -> Vec<(String, Reason)> {
    vec![(field.to_owned(), reason)]
}

#[test]
fn a_good_row_is_read() {
    let text = format!("\u{FEFF}{HEADER}\r\n{GOOD}\r\n\r\n");
    let entries = read::<ResidentRecord>(text.as_bytes(), Encoding::Utf8, &FileMapping::default());
    let [Entry::Good { line: 2, record }] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!(record.name, "辻\u{E0102}　花子");
    assert_eq!(record.birth_date, Date::new(1950, 2, 3).unwrap());
    assert_eq!(record.sex, Sex::Female);
    assert_eq!(record.state, EntryState::Resident);
}

#[test]
fn every_kind_of_bad_row_has_its_reason() {
    assert_eq!(faults_of(GOOD), []);
    assert_eq!(faults_of(&GOOD.replace("R-1", "R 1")), fault("resident_id", Reason::NotAnId));
    assert_eq!(faults_of(&GOOD.replace("R-1", "")), fault("resident_id", Reason::Empty));
    assert_eq!(faults_of(&GOOD.replace("1950-02-03", "1950-02-30")), fault("birth_date", Reason::NoSuchDay));
    assert_eq!(faults_of(&GOOD.replace("1950-02-03", "long ago")), fault("birth_date", Reason::NotADate));
    assert_eq!(faults_of(&GOOD.replace("female", "F?")), fault("sex", Reason::UnknownWord));
    assert_eq!(faults_of(&GOOD.replace("ハナコ", "花子")), fault("name_kana", Reason::NotKatakana { position: 4 }));
    assert_eq!(
        faults_of(&GOOD.replace("\u{E0102}", "\u{E0100}")),
        fault("name", Reason::OtherCollection { position: 1 })
    );
    assert_eq!(
        faults_of(&GOOD.replace("花子", "\u{E000}子")),
        fault("name", Reason::ForbiddenCharacter { position: 4 })
    );
    assert_eq!(faults_of(&GOOD.replace("花子", &"花".repeat(121))), fault("name", Reason::TooLong { limit: 120 }));
    assert_eq!(faults_of(&format!("{GOOD},")), fault("", Reason::FieldCount { expected: 10, found: 11 }));
    assert_eq!(faults_of(&GOOD.replace("世帯主", "\"世帯主")), fault("", Reason::UnclosedQuote));
    assert_eq!(faults_of(&GOOD.replace("世帯主", "\"世帯\"主")), fault("", Reason::StrayQuote));
    assert_eq!(faults_of(&GOOD.replace(",,", ",dead,")), fault("state_on", Reason::StateNeedsDay));
    assert_eq!(faults_of(&"x".repeat(70_000)), fault("", Reason::LineTooLong));
    let two = faults_of(&GOOD.replace("R-1", "r").replace("1950-02-03", "?"));
    assert_eq!(two.len(), 2, "both faults of a row are reported: {two:?}");
}

#[test]
fn an_individual_number_is_refused_in_any_field_without_being_repeated() {
    let faults = faults_of(&GOOD.replace("一丁目1番1号", "123456789018"));
    assert_eq!(faults, fault("address", Reason::IndividualNumber { position: 9 }));
    assert!(!format!("{faults:?} {}", faults[0].1).contains("123456789018"));
    for column in ["個人番号", "マイナンバー(確認用)", "MY_NUMBER", "住民票コード"] {
        let text = format!("{HEADER},{column}\n{GOOD},\n");
        let opened = Reader::<_, ResidentRecord>::open(
            text.as_bytes(),
            files::RESIDENTS,
            Encoding::Auto,
            &FileMapping::default(),
        );
        assert!(matches!(opened, Err(FileError::ForbiddenColumn { column: 11, .. })), "{column}");
    }
}

#[test]
fn one_bad_row_never_swallows_the_next() {
    let text = format!("{HEADER}\nR-0,\"never closed\n{GOOD}\n");
    let entries = read::<ResidentRecord>(text.as_bytes(), Encoding::Auto, &FileMapping::default());
    assert!(matches!(entries.as_slice(), [Entry::Bad { line: 2, .. }, Entry::Good { line: 3, .. }]));
}

#[test]
fn shift_jis_is_recognised_and_a_bad_byte_has_its_position() {
    let plain = GOOD.replace("辻\u{E0102}", "髙﨑");
    let text = format!("{HEADER}\n{plain}\n{plain}\n");
    let mut bytes = encoding_rs::SHIFT_JIS.encode(&text).0.into_owned();
    let entries = read::<ResidentRecord>(&bytes, Encoding::Auto, &FileMapping::default());
    let Entry::Good { record, .. } = &entries[0] else { panic!("{entries:?}") };
    assert_eq!(record.name, "髙﨑　花子");
    // 0xFD is no first byte: put it over the second row's first kanji of the name.
    let row = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(1).unwrap().0 + 1;
    let name = row + bytes[row..].iter().enumerate().filter(|(_, b)| **b == b',').nth(2).unwrap().0 + 1;
    bytes[name] = 0xFD;
    let entries = read::<ResidentRecord>(&bytes, Encoding::ShiftJis, &FileMapping::default());
    let Entry::Bad { faults, line: 3, .. } = &entries[1] else { panic!("{entries:?}") };
    assert_eq!(faults[0].reason, Reason::Undecodable { position: name - row + 1 });
    assert_eq!(faults[0].field, "name");
}

#[test]
fn utf8_that_breaks_off_has_its_position() {
    let mut bytes = format!("{HEADER}\n").into_bytes();
    bytes.extend_from_slice(b"R-1,H-1,\xE4\xB8,x,,1950-01-01,,y,,\n");
    let entries = read::<ResidentRecord>(&bytes, Encoding::Utf8, &FileMapping::default());
    let Entry::Bad { faults, .. } = &entries[0] else { panic!("{entries:?}") };
    assert_eq!((faults[0].field.as_str(), faults[0].reason), ("relationship", Reason::Undecodable { position: 9 }));
}

#[test]
fn a_city_maps_its_own_columns_words_and_dates() {
    let mapping = Mapping::parse(
        r#"
        ["residents.csv"]
        delimiter = ";"
        date_formats = ["era_code"]
        ignore = ["更新者"]
        ["residents.csv".columns]
        "世帯コード" = "household_id"
        "漢字氏名" = "name"
        ["residents.csv".values.sex]
        "M" = "male"
        "#,
    )
    .unwrap();
    let text =
        "住民番号;世帯コード;続柄;漢字氏名;生年月日;sex;住所;更新者;何か\n1;2;世帯主;見本　太郎;3620401;M;見本市;x;y\n";
    let mapping = mapping.of(files::RESIDENTS);
    let mut reader =
        Reader::<_, ResidentRecord>::open(text.as_bytes(), files::RESIDENTS, Encoding::Auto, &mapping).unwrap();
    assert_eq!(reader.ignored_columns(), ["何か"]);
    let Some(Entry::Good { record, .. }) = reader.next_entry().unwrap() else { panic!() };
    assert_eq!(record.resident_id, "1", "the first column is the key, whatever it is called");
    assert_eq!(record.birth_date, Date::new(1987, 4, 1).unwrap());
    assert_eq!(record.sex, Sex::Male);
}

#[test]
fn a_mapping_to_nowhere_is_refused() {
    for text in [
        "[\"residents.csv\".columns]\n\"a\" = \"shoe_size\"",
        "[\"people.csv\".columns]\n\"a\" = \"name\"",
        "[\"residents.csv\"]\ndelimiter = \"a\"",
        "[\"residents.csv\"]\ncolour = \"red\"",
        "not toml",
    ] {
        assert!(Mapping::parse(text).is_err(), "{text}");
    }
}

#[test]
fn files_that_cannot_be_read_at_all() {
    let open = |bytes: &[u8]| {
        Reader::<_, ResidentRecord>::open(
            std::io::Cursor::new(bytes.to_vec()),
            files::RESIDENTS,
            Encoding::Auto,
            &FileMapping::default(),
        )
        .err()
    };
    assert!(matches!(open(b""), Some(FileError::NoHeader { .. })));
    assert!(matches!(open(b"\n"), Some(FileError::NoHeader { .. })));
    assert!(matches!(open(&[0xFF, 0xFE, b'a', 0]), Some(FileError::Utf16 { .. })));
    assert!(matches!(open(b"resident_id,name,name\n"), Some(FileError::TwiceTheSame { column: "name", .. })));
    let Some(FileError::MissingColumns { columns, .. }) = open(b"resident_id,name\n") else { panic!() };
    assert_eq!(columns, ["household_id", "relationship", "birth_date", "address"]);
}

#[test]
fn what_is_written_reads_back() {
    let text = format!("{HEADER},building,remarks\n{GOOD},\"部屋 \"\"A\"\", 1\",備考\n");
    let entries = read::<ResidentRecord>(text.as_bytes(), Encoding::Auto, &FileMapping::default());
    let [Entry::Good { record, .. }] = entries.as_slice() else { panic!("{entries:?}") };
    let mut writer = Writer::new(Vec::new(), Encoding::Utf8).unwrap();
    writer.write(record).unwrap();
    let bytes = writer.finish().unwrap();
    let again = read::<ResidentRecord>(&bytes, Encoding::Auto, &FileMapping::default());
    let [Entry::Good { record: second, .. }] = again.as_slice() else { panic!("{again:?}") };
    assert!(record == second);
    let mut writer = Writer::new(Vec::new(), Encoding::ShiftJis).unwrap();
    assert!(writer.write(record).is_err(), "a variation sequence has no place in Shift_JIS and is not dropped");
}

#[test]
fn a_change_carries_the_resident_afterwards() {
    let text = format!("source_position,change_kind,effective_on,{HEADER}\n7,転居,R8.11.1,{GOOD}\n");
    let entries = read::<ChangeRecord>(text.as_bytes(), Encoding::Auto, &FileMapping::default());
    let [Entry::Good { record, .. }] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!((record.source_position, record.kind), (7, ChangeKind::MoveWithin));
    assert_eq!(record.resident.resident_id, "R-1");
}

#[test]
fn tables_and_parsers_agree() {
    // Every table's cells are taken in order: `debug_assert` inside `cell` would fail here.
    for columns in [RESIDENTS, HOUSEHOLDS, PROTECTIONS, CHANGES] {
        let names: std::collections::BTreeSet<_> = columns.iter().map(|column| column.name).collect();
        assert_eq!(names.len(), columns.len());
    }
    let all: Vec<_> = RESIDENTS.iter().map(|column| column.name).collect();
    let text = format!("{}\n{}\n", all.join(","), ",".repeat(all.len() - 1));
    let entries = read::<ResidentRecord>(text.as_bytes(), Encoding::Auto, &FileMapping::default());
    let Entry::Bad { faults, .. } = &entries[0] else { panic!() };
    assert_eq!(faults.len(), RESIDENTS.iter().filter(|column| column.required).count());
}

#[test]
fn a_profile_proposes_a_mapping_and_shows_no_value() {
    let mut text = "住民番号\t世帯コード\t続柄名\t漢字氏名\tカナ氏名\t生年月日\t性別コード\t現住所\t謎\n".to_owned();
    for n in 0..50 {
        text.push_str(&format!(
            "{:06}\t{n}\t世帯主\t秘密　太郎{n}\tﾋﾐﾂ ﾀﾛｳ\tS{}.4.1\t{}\t見本市{n}番地\t{}\n",
            n,
            20 + n % 40,
            n % 2 + 1,
            n * 3
        ));
    }
    let bytes = encoding_rs::SHIFT_JIS.encode(&text).0.into_owned();
    let seen = profile::profile(&bytes);
    assert_eq!(seen.encoding, Some(Encoding::ShiftJis));
    assert_eq!(seen.delimiter, '\t');
    assert_eq!(seen.missing(), Vec::<&str>::new());
    let page = seen.report();
    assert!(!page.contains("秘密") && !page.contains("ﾋﾐﾂ"), "{page}");
    let proposal = seen.proposed_mapping().to_toml().unwrap();
    let mapping = Mapping::parse(&proposal).unwrap().of(files::RESIDENTS);
    assert_eq!(mapping.date_formats, [DateFormat::Japanese]);
    let entries = read::<ResidentRecord>(&bytes, Encoding::Auto, &mapping);
    assert_eq!(entries.len(), 50);
    assert!(entries.iter().all(|entry| matches!(entry, Entry::Good { .. })), "{:?}", entries[0]);
}

#[test]
fn a_profile_stops_a_file_with_individual_numbers() {
    let text = "id,番号\n1,123456789018\n2,1\n";
    assert!(profile::profile(text.as_bytes()).report().contains("STOP"));
}

/// Small alphabets that reach deep into the parser.
fn csv_like() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(HEADER.as_bytes().to_vec()),
        Just(GOOD.as_bytes().to_vec()),
        Just(b"source_position,change_kind,effective_on,protected_until,".to_vec()),
        Just(b"7,death,2026-01-01,,".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b",".to_vec()),
        Just(b"\"".to_vec()),
        Just(b"\xEF\xBB\xBF".to_vec()),
        Just("\u{E0100}".as_bytes().to_vec()),
        Just(b"123456789018".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..8),
        "[0-9元年月日RSH./-]{0,10}".prop_map(String::into_bytes),
        "\\PC{0,6}".prop_map(String::into_bytes),
    ];
    proptest::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

/// 10⁵ inputs on stable, quick because they are mutated rather than generated; `fuzz/` goes on from here.
#[test]
fn a_hundred_thousand_mutations_give_rows_or_faults() {
    let seed = format!("{HEADER}\n{GOOD}\n\"R-2\",H-2,妻,\"辻, 次郎\",ﾂｼﾞ,昭和25年1月1日,1,見本市,dead,2026-01-01\n");
    let pieces: [&[u8]; 8] =
        [b"\"", b",", b"\n", b"\xFD", b"123456789018", "\u{E0100}".as_bytes(), "元年".as_bytes(), b"\xEF\xBB\xBF"];
    let mut state = 0x2026_1123_u64;
    let mut below = |bound: usize| {
        // xorshift64: the same inputs on every machine.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % bound as u64) as usize
    };
    for _ in 0..100_000 {
        let mut bytes = seed.clone().into_bytes();
        for _ in 0..=below(6) {
            let at = below(bytes.len());
            match below(4) {
                0 => bytes[at] = below(256) as u8,
                1 => drop(bytes.splice(at..at, pieces[below(pieces.len())].iter().copied())),
                2 => drop(bytes.drain(at..(at + below(9)).min(bytes.len()))),
                _ => bytes.truncate(at.max(1)),
            }
            if bytes.is_empty() {
                bytes.push(b',');
            }
        }
        let encoding = if below(4) == 0 { Encoding::ShiftJis } else { Encoding::Utf8 };
        let opened =
            Reader::<_, ResidentRecord>::open(bytes.as_slice(), files::RESIDENTS, encoding, &FileMapping::default());
        if let Ok(mut reader) = opened {
            while reader.next_entry().unwrap().is_some() {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_bytes_give_rows_or_faults(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        read_anything(&bytes);
    }

    #[test]
    fn anything_like_csv_gives_rows_or_faults(bytes in csv_like()) {
        read_anything(&bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_row_under_a_good_header_gives_rows_or_faults(row in csv_like()) {
        let mut bytes = HEADER.as_bytes().to_vec();
        bytes.push(b'\n');
        bytes.extend_from_slice(&row);
        let mut reader = Reader::<_, ResidentRecord>::open(
            bytes.as_slice(), files::RESIDENTS, Encoding::Utf8, &FileMapping::default()).unwrap();
        while reader.next_entry().unwrap().is_some() {}
    }

    #[test]
    fn quoting_reads_back(text in "[a-z\", あ]{0,12}") {
        let mut record = match read::<ResidentRecord>(
            format!("{HEADER}\n{GOOD}\n").as_bytes(), Encoding::Utf8, &FileMapping::default()).pop() {
            Some(Entry::Good { record, .. }) => record,
            other => panic!("{other:?}"),
        };
        record.remarks = Some(text.trim_matches([' ', '\u{3000}']).to_owned()).filter(|t| !t.is_empty());
        let mut writer = Writer::new(Vec::new(), Encoding::Utf8).unwrap();
        writer.write(&record).unwrap();
        let bytes = writer.finish().unwrap();
        match read::<ResidentRecord>(&bytes, Encoding::Utf8, &FileMapping::default()).pop() {
            Some(Entry::Good { record: again, .. }) => prop_assert!(again == record),
            other => panic!("{other:?}"),
        }
    }
}
