//! What came of resident files, as an operator sees it; never a value of a resident.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use std::path::Path;

use base::Timestamp;
use store::testing::{TestDatabase, for_each_engine};
use tools::copied_records::import as copied;
use tools::register::import;
use tools::staff::Role;
use wire::record_lines::{Contents, Header, Record as _, write_header, write_record};
use wire::seal_registration::SealRegistration;
use yakuba_web::testing::{TestDoor, Visitor};

const HEADER: &str = "resident_id,household_id,relationship,name,name_kana,birth_date,sex,address,state,state_on";

fn put(directory: &Path, name: &str, text: &str) {
    std::fs::write(directory.join(name), text).unwrap();
}

/// Two residents; the second is born on `born`.
fn files(directory: &Path, born: &str, position: u32) {
    let row = |id: &str, name: &str, born: &str| {
        format!(
            "{id},H-1,{},{name},ツジ　ハナコ,{born},female,見本県見本市中央一丁目1番1号,,\n",
            if id == "R-1" { "世帯主" } else { "子" }
        )
    };
    let residents = [row("R-1", "辻　花子", "1950-02-03"), row("R-2", "辻　美咲", born)];
    put(directory, "residents.csv", &format!("{HEADER}\n{}", residents.concat()));
    put(directory, "households.csv", "household_id,head_resident_id,head_name,member_count\nH-1,R-1,辻　花子,2\n");
    put(directory, "protections.csv", "resident_id,protected_from,protected_until\n");
    let source = "source = \"juki\"\nmunicipality_code = \"99999\"\ntaken_at = \"2026-11-24T09:55:00+09:00\"\n";
    put(directory, "source.toml", &format!("{source}position = {position}\n"));
}

fn imported(door: &TestDoor, directory: &Path) -> import::Report {
    let (store, seams) = (door.database.inside(), &door.database.seams);
    door.database.clock.advance_seconds(1);
    import::run(&store, seams, directory, &import::Options::default(), &mut |_| true).unwrap()
}

/// The address of the newest import.
fn newest(operator: &mut Visitor<'_>) -> String {
    operator.get("/staff/imports").between("<th scope=\"row\"><a href=\"", "\"").unwrap()
}

fn newest_page(operator: &mut Visitor<'_>) -> String {
    let address = newest(operator);
    operator.get(&address).text()
}

#[test]
fn a_refused_row_is_told_with_line_field_and_reason_and_never_with_its_value() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let mut operator = door.staff(&[Role::Operator]);
        assert!(operator.get("/staff/imports").text().contains("取込みはまだありません"));
        let directory = tempfile::tempdir().unwrap();
        files(directory.path(), "1990-02-31", 10);
        assert_eq!(imported(&door, directory.path()).refused, 1);

        let page = operator.get("/staff/imports").text();
        assert!(page.contains("不備あり(切替えなし)") && page.contains("1件"), "{page}");
        let address = newest(&mut operator);
        let one = operator.get(&address).text();
        for words in
            ["residents.csv", "<td data-label=\"行\">3</td>", "birth_date", "暦にない日です", "もう一度取り込んで"]
        {
            assert!(one.contains(words), "{words}: {one}");
        }
        let file = operator.get(&format!("{address}/refused.csv"));
        assert!(file.bytes.starts_with(b"\xef\xbb\xbf"), "Excel shows Japanese");
        let file = file.text();
        assert!(file.contains("\"residents.csv\",\"3\",\"birth_date\"") && file.contains("暦にない日です"), "{file}");
        for value in ["美咲", "1990-02-31", "R-2", "ツジ"] {
            assert!(!one.contains(value) && !file.contains(value) && !page.contains(value), "{value} is shown");
        }

        files(directory.path(), "1990-02-28", 10);
        assert!(imported(&door, directory.path()).switched);
        let page = operator.get("/staff/imports").text();
        assert!(page.contains("使用中") && page.contains("切替え前に中止") && page.contains("住民2・世帯1"), "{page}");
        assert!(newest_page(&mut operator).contains("受け付けなかった行はありません"));
        assert!(operator.get("/staff/imports.csv").text().contains("使用中"));
    });
}

#[test]
fn a_newer_load_replaces_the_one_before() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    let directory = tempfile::tempdir().unwrap();
    for (born, position) in [("1990-02-27", 10), ("1990-02-28", 11)] {
        files(directory.path(), born, position);
        assert!(imported(&door, directory.path()).switched);
    }
    let page = door.staff(&[Role::Auditor]).get("/staff/imports").text();
    assert!(page.contains("以前のデータ") && page.contains("使用中"), "{page}");
}

#[test]
fn daily_differences_are_listed_with_what_was_refused_of_them() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let mut officer = door.staff(&[Role::CertificateOfficer]);
        let directory = tempfile::tempdir().unwrap();
        files(directory.path(), "1990-02-28", 10);
        imported(&door, directory.path());
        for name in ["residents.csv", "households.csv", "protections.csv"] {
            std::fs::remove_file(directory.path().join(name)).unwrap();
        }
        let row = |position: u32, born: &str| {
            format!(
                "{position},correction,2026-11-20,R-2,H-1,子,辻　美咲,ツジ　ミサキ,{born},female,見本県見本市中央一丁目1番1号,,\n"
            )
        };
        let header = format!("source_position,change_kind,effective_on,{HEADER}\n");
        put(directory.path(), "changes.csv", &format!("{header}{}{}", row(11, "1990-02-27"), row(12, "きのう")));
        let report = imported(&door, directory.path());
        assert_eq!((report.changes_received, report.refused), (1, 1));
        let page = officer.get("/staff/imports").text();
        assert!(page.contains("異動を受信") && page.contains("異動1件"), "{page}");
        let one = newest_page(&mut officer);
        assert!(
            one.contains("changes.csv") && one.contains("日付として読めません") && !one.contains("きのう"),
            "{one}"
        );

        put(directory.path(), "changes.csv", &format!("{header}{}", row(11, "1990-02-27")));
        imported(&door, directory.path());
        assert!(officer.get("/staff/imports").text().contains("2件"), "what is known already leaves no line");
    });
}

#[test]
fn a_clerk_does_not_see_imports() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    let mut clerk = door.staff(&[Role::CounterClerk]);
    assert_eq!(clerk.get("/staff/imports").status, 403);
    assert!(!clerk.get("/staff").text().contains("/staff/imports"));
}

/// A file of seals of which the second line cannot be read.
fn seals(directory: &Path, position: i64, contents: Contents) {
    let header = Header {
        source: "inkan".to_owned(),
        position,
        taken_at: Timestamp::from_seconds(1_795_480_000),
        contents,
        records: 2,
    };
    let mut out = Vec::new();
    write_header::<SealRegistration>(&mut out, &header).unwrap();
    write_record(&mut out, &SealRegistration::invented(5)).unwrap();
    out.extend_from_slice(b"{\"number\":7}\n");
    std::fs::write(directory.join(SealRegistration::FILE), out).unwrap();
}

#[test]
fn files_of_other_registers_are_listed_with_their_differences_and_refused_lines() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let mut operator = door.staff(&[Role::Operator]);
        assert!(operator.get("/staff/imports").text().contains("戸籍・印鑑登録・課税の取込み"));
        let (store, seams) = (door.database.inside(), &door.database.seams);
        let directory = tempfile::tempdir().unwrap();
        let options = import::Options { keep_good: true, ..import::Options::default() };
        seals(directory.path(), 10, Contents::Full);
        copied::run::<SealRegistration>(&store, seams, directory.path(), &import::Options::default()).unwrap();
        door.database.clock.advance_seconds(1);
        copied::run::<SealRegistration>(&store, seams, directory.path(), &options).unwrap();
        door.database.clock.advance_seconds(1);
        seals(directory.path(), 30, Contents::Difference { after: 20 });
        let report = copied::run::<SealRegistration>(&store, seams, directory.path(), &options).unwrap().unwrap();
        assert!(report.has_gap);
        let page = operator.get("/staff/imports").text();
        for words in
            ["印鑑登録", "全件", "差分", "不備あり(切替えなし)", "一部を除き反映", "前の差分が足りません", "inkan"]
        {
            assert!(page.contains(words), "{words}: {page}");
        }
        let list = operator.get("/staff/imports/copies").text();
        let address = list.split("href=\"").find(|part| part.starts_with("/staff/imports/copies/")).unwrap();
        let address = address.split('"').next().unwrap().to_owned();
        let one = operator.get(&address).text();
        assert!(one.contains("前の差分が届いていない") && one.contains("<th scope=\"row\">3</th>"), "{one}");
        let file = operator.get(&format!("{address}/refused.csv"));
        assert!(file.text().contains("\"seal_registrations.jsonl\",\"3\","), "{}", file.text());
        assert_eq!(operator.get("/staff/imports/copies/0").status, 404);
        assert_eq!(door.staff(&[Role::CounterClerk]).get("/staff/imports/copies").status, 403);
    });
}
