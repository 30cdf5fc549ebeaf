use proptest::prelude::*;

use super::*;

fn when(text: &str) -> When {
    times::rfc3339(text).unwrap()
}

fn fault(row: usize, field: Field, reason: Reason) -> Fault {
    Fault { row, field, reason }
}

const LIST: &str = "NO,イベント名,開始日,開始時間,終了日,終了時間,場所名称,定員,URL,地区,対象年齢,分野,説明\n\
    1,春の読み聞かせ,2026-04-05,13:30,2026-04-05,15:00,中央図書館,先着20名,https://city.example/e/1,中央区,0歳から3歳,子育て;図書,<p>親子で<script>x</script>どうぞ</p>\n\
    2,健康体操,令和8年4月6日,午後1時,,14:00,体育館,,,,65歳以上,健康、高齢者,\n";

#[test]
fn a_list_is_read_in_utf8_and_shift_jis() {
    let read = read_csv(LIST.as_bytes());
    assert_eq!(read.faults, []);
    assert_eq!(
        read.events[0],
        Event {
            id: "1".into(),
            title: "春の読み聞かせ".into(),
            place: Some("中央図書館".into()),
            starts: Some(when("2026-04-05T13:30")),
            ends: Some(when("2026-04-05T15:00")),
            capacity: Some(20),
            url: Some("https://city.example/e/1".into()),
            area: Some("中央区".into()),
            ages: Some(Ages { from: Some(0), to: Some(3) }),
            fields: vec!["子育て".into(), "図書".into()],
            description: "親子でどうぞ".into(),
            cancelled: false,
        }
    );
    let second = &read.events[1];
    assert_eq!((second.starts, second.ends), (Some(when("2026-04-06T13:00")), Some(when("2026-04-06T14:00"))));
    assert_eq!(second.ages, Some(Ages { from: Some(65), to: None }));
    assert_eq!(second.fields, ["健康", "高齢者"]);
    let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode(LIST);
    assert_eq!(read_csv(&bytes), read);
}

#[test]
fn each_bad_line_of_a_list_is_named_and_the_others_are_read() {
    let text = "title,starts_on,starts_at,ends_on,capacity,url,description,id\n\
        ,2026-04-05,,,,,,1\n\
        A,2026-02-30,,,,,,2\n\
        A,2026-04-05,25:00,,,,,3\n\
        A,2026-04-05,,2026-04-04,,,,4\n\
        A,2026-04-05,,,20人または30人,,,5\n\
        A,2026-04-05,,,,javascript:alert(1),,6\n\
        A,2026-04-05,,,,,番号 123456789018,7\n\
        A,2026-04-05,,,,,,8\n\
        B,2026-04-06,,,,,,8\n\
        A,,,,,,,9\n\n";
    let read = read_csv(text.as_bytes());
    assert_eq!(
        read.faults,
        [
            fault(2, Field::Title, Reason::Empty),
            fault(3, Field::Starts, Reason::NotADay),
            fault(4, Field::Starts, Reason::NotATime),
            fault(5, Field::Ends, Reason::EndsBefore),
            fault(6, Field::Capacity, Reason::NotANumber),
            fault(7, Field::Url, Reason::NotALink),
            fault(8, Field::Description, Reason::IndividualNumber),
            fault(10, Field::Id, Reason::Twice),
            fault(11, Field::Starts, Reason::Empty),
        ]
    );
    assert_eq!(read.events.len(), 1);
    assert_eq!(read_csv(b"a,b\n1,2\n").faults, [fault(1, Field::Title, Reason::NoColumn)]);
    assert_eq!(read_csv(b"").faults, [fault(1, Field::Title, Reason::NoColumn)]);
    assert_eq!(read_csv(&[0xFF, 0xFE, 0x41]).faults, [fault(0, Field::Whole, Reason::NotText)]);
}

const CALENDAR: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\nBEGIN:VTIMEZONE\r\nTZID:Asia/Tokyo\r\n\
    BEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\nUID:1@city.example\r\n\
    SUMMARY:防災訓練\\, 南\r\n 地区\r\nDTSTART;TZID=\"Asia/Tokyo\":20261123T090000\r\nDURATION:PT1H30M\r\nLOCATION:南小学校\r\n\
    CATEGORIES:防災,地域\\,まち\r\nDESCRIPTION:雨天中止\\n長ぐつで\r\nX-CAPACITY:300\r\nBEGIN:VALARM\r\nDESCRIPTION:x\r\n\
    END:VALARM\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:2@city.example\r\nSUMMARY:菊まつり\r\nDTSTART;VALUE=DATE:20261101\r\n\
    DTEND;VALUE=DATE:20261104\r\nSTATUS:CANCELLED\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:3@city.example\r\nSUMMARY:朝市\r\n\
    DTSTART:20261122T210000Z\r\nRRULE:FREQ=WEEKLY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

#[test]
fn a_calendar_is_read_with_folding_escapes_zones_and_whole_days() {
    let read = read_icalendar(CALENDAR.as_bytes());
    let [drill, feast, market] = &read.events[..] else { panic!("{read:?}") };
    assert_eq!(drill.title, "防災訓練, 南地区");
    assert_eq!((drill.starts, drill.ends), (Some(when("2026-11-23T09:00")), Some(when("2026-11-23T10:30"))));
    assert_eq!((drill.description.as_str(), drill.capacity), ("雨天中止\n長ぐつで", Some(300)));
    assert_eq!(drill.fields, ["防災", "地域,まち"]);
    assert_eq!((feast.starts, feast.ends), (Some(when("2026-11-01")), Some(when("2026-11-03"))));
    assert!(feast.cancelled && !drill.cancelled);
    assert_eq!(market.starts, Some(when("2026-11-23T06:00")), "UTC is nine hours earlier");
    let line = CALENDAR.lines().position(|line| line == "UID:3@city.example").unwrap();
    assert_eq!(read.faults, [fault(line, Field::Starts, Reason::Repeats)]);
}

#[test]
fn what_is_broken_in_a_calendar_is_named_with_its_line() {
    let event =
        |lines: &str| format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:A\n{lines}\nEND:VEVENT\nEND:VCALENDAR\n");
    for (text, expected) in [
        (event("DTSTART;TZID=America/New_York:20261123T090000"), fault(2, Field::Starts, Reason::OtherZone)),
        (event("DTSTART:20261323"), fault(2, Field::Starts, Reason::NotADay)),
        (event("DTSTART:20261123T990000"), fault(2, Field::Starts, Reason::NotATime)),
        (event("DTSTART:20261123\nDURATION:P"), fault(2, Field::Ends, Reason::NotATime)),
        (event("LOCATION:x"), fault(2, Field::Starts, Reason::Empty)),
        ("no calendar".to_owned(), fault(0, Field::Whole, Reason::NotThisKind)),
        (
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\n".to_owned(),
            fault(2, Field::Whole, Reason::Malformed { position: 0 }),
        ),
    ] {
        let read = read_icalendar(text.as_bytes());
        assert_eq!((read.faults, read.events), (vec![expected], vec![]), "{text}");
    }
    let lines = event("DTSTART:20261123\nno colon here\nX;A=\"open:1");
    let read = read_icalendar(lines.as_bytes());
    assert_eq!(read.events.len(), 1);
    let broken = [(6, 13), (7, 4)].map(|(row, position)| fault(row, Field::Whole, Reason::Malformed { position }));
    assert_eq!(read.faults, broken);
}

#[test]
fn feeds_of_three_kinds_are_read() {
    let rss = "<?xml version=\"1.0\"?><rss version=\"2.0\" xmlns:ev=\"http://purl.org/rss/1.0/modules/event/\"><channel>\
        <title>市</title><link>https://city.example/</link><item><title>朝市 &amp; 体験</title><link>https://city.example/2</link>\
        <guid isPermaLink=\"false\">e2</guid><description><![CDATA[<b>新鮮</b>な野菜<img src=x onerror=alert(1)>]]></description>\
        <category>農業</category><ev:startdate>2026-11-23T06:00:00+09:00</ev:startdate><ev:enddate>2026-11-22T23:00:00Z</ev:enddate>\
        <ev:location>駅前</ev:location></item></channel></rss>";
    let read = read_feed(rss.as_bytes());
    assert_eq!(read.faults, []);
    let event = &read.events[0];
    assert_eq!((event.id.as_str(), event.title.as_str()), ("e2", "朝市 & 体験"));
    assert_eq!((event.starts, event.ends), (Some(when("2026-11-23T06:00")), Some(when("2026-11-23T08:00"))));
    assert_eq!((event.description.as_str(), event.place.as_deref()), ("新鮮な野菜", Some("駅前")));
    let atom = "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>市</title><entry><title type=\"html\">講座 &amp;amp; 茶話会</title>\
        <link rel=\"self\" href=\"https://city.example/self\"/><link href=\"https://city.example/3?a=1&amp;b=2\"/><id>tag:3</id>\
        <category term=\"学び\"/><summary>無料&nbsp;です</summary></entry></feed>";
    let event = &read_feed(atom.as_bytes()).events[0];
    assert_eq!((event.title.as_str(), event.url.as_deref()), ("講座 & 茶話会", Some("https://city.example/3?a=1&b=2")));
    assert_eq!((event.fields.as_slice(), event.starts), (&["学び".to_owned()][..], None));
    assert_eq!(event.description, "無料 です");
    let rdf = "<rdf:RDF xmlns:rdf=\"r\" xmlns=\"http://purl.org/rss/1.0/\"><item rdf:about=\"https://city.example/4\"><title>展示</title>\
        <link>https://city.example/4</link></item></rdf:RDF>";
    assert_eq!(read_feed(rdf.as_bytes()).events[0].id, "https://city.example/4");
}

#[test]
fn a_hostile_feed_is_refused_and_never_grows() {
    let bomb = "<!DOCTYPE r [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\"><!ENTITY x SYSTEM \"file:///etc/passwd\">]>\
        <rss><channel><item><title>A&b;&x;</title></item></channel></rss>";
    let read = read_feed(bomb.as_bytes());
    assert_eq!(read.events[0].title, "A&b;&x;");
    assert_eq!(read_feed(b"<html></html>").faults, [fault(0, Field::Whole, Reason::NotThisKind)]);
    let broken = "<rss><channel><item><title>A</title></item><item><title>B</wrong></item></channel></rss>";
    let read = read_feed(broken.as_bytes());
    assert_eq!(read.events.len(), 1);
    assert_eq!((read.faults[0].row, read.faults[0].field), (2, Field::Whole));
    assert!(matches!(read.faults[0].reason, Reason::Malformed { position: 50..=70 }), "{:?}", read.faults);
    let too_long = vec![b' '; MOST_BYTES + 1];
    assert_eq!(read_feed(&too_long).faults, [fault(0, Field::Whole, Reason::FileTooLong)]);
}

#[test]
fn ages_and_days_are_read_as_people_write_them() {
    let ages = |from, to| Some(Ages { from, to });
    for (text, expected) in [
        ("0〜3歳", ages(Some(0), Some(3))),
        ("65歳以上", ages(Some(65), None)),
        ("18歳未満", ages(None, Some(17))),
        ("12歳まで", ages(None, Some(12))),
        ("6歳", ages(Some(6), Some(6))),
        ("小学生", None),
        ("3年生", None),
        ("", None),
    ] {
        assert_eq!(times::ages(text), expected, "{text}");
    }
    for text in ["2026/4/5", "20260405", "2026年4月5日", "令和8年4月5日", "R8.4.5"] {
        assert_eq!(times::day(text), Ok(base::Date::new(2026, 4, 5).unwrap()), "{text}");
    }
    for (text, minute) in
        [("13:30", 810), ("1330", 810), ("13時30分", 810), ("午後1時30分", 810), ("9時", 540), ("午後0時", 720)]
    {
        assert_eq!(times::minute(text), Ok(minute), "{text}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes: Vec<u8>) {
        let _ = (read_csv(&bytes), read_icalendar(&bytes), read_feed(&bytes));
    }

    #[test]
    fn a_file_with_a_piece_changed_is_answered(at in 0_usize..900, piece in "[\\PC\\r\\n]{0,6}", which in 0..3) {
        let feed = "<rss><channel><item><title>A</title><link>https://a.example/</link></item></channel></rss>";
        let mut text: String = [LIST, CALENDAR, feed][which as usize].to_owned();
        let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.insert_str(at, &piece);
        let read = match which { 0 => read_csv(text.as_bytes()), 1 => read_icalendar(text.as_bytes()), _ => read_feed(text.as_bytes()) };
        for event in read.events {
            prop_assert!(!event.title.is_empty() && !event.id.is_empty());
        }
    }
}

#[test]
fn a_refused_row_is_named_by_its_line_whatever_ends_the_lines() {
    let list = "title,starts_on\nA,2026-05-01\nB,tomorrow\n";
    for text in [list.to_owned(), list.replace('\n', "\r\n")] {
        let rows: Vec<usize> = read_csv(text.as_bytes()).faults.iter().map(|fault| fault.row).collect();
        assert_eq!(rows, [3], "{text:?}");
    }
}
