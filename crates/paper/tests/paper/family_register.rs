//! 戸籍全部事項証明書, 個人事項証明書, 附票の写し: what stands where, over how many pages, and what is seen when a page is
//! another's.

use std::fmt::Write as _;

use paper::forms::family_register::FamilyRegister;
use paper::{Body, Certificate, Mismatch, PaperError, Plan, recheck};
use wire::family_register as records;
use wire::record_lines::Record as _;

use super::support::*;

const ATTESTATION: &str = "これは、戸籍に記録されている事項の全部を証明した書面である。";
const CLOSED: &str = "これは、除籍に記録されている事項の全部を証明した書面である。";

fn whole(register: &records::FamilyRegister) -> Certificate {
    of(FamilyRegister::of_register(register, None), "全部事項証明", "family_register_certificate", ATTESTATION)
}

fn person(register: &records::FamilyRegister, member: u32) -> Certificate {
    let body = FamilyRegister::of_register(register, Some(&[member]));
    let attestation = "これは、戸籍中の一部の者について記録されている事項の全部を証明した書面である。";
    of(body, "個人事項証明", "family_register_person_certificate", attestation)
}

fn appendix(register: &records::FamilyRegister, members: &[u32]) -> Certificate {
    appendix_saying(register, members, true)
}

fn appendix_saying(register: &records::FamilyRegister, members: &[u32], says_register: bool) -> Certificate {
    let body = FamilyRegister::of_appendix(register, members, says_register);
    let attestation = "この写しは、戸籍の附票の原本と相違ないことを証明する。";
    of(body, "戸籍の附票の写し", "family_register_appendix", attestation)
}

fn of(body: FamilyRegister, title: &str, kind: &str, attestation: &str) -> Certificate {
    Certificate { sheet: sheet(title, kind, attestation), body: Body::FamilyRegister(body) }
}

const FATHER: &str = concat!(
    r#"{"order":1,"name":"太郎","reading":{"kana":"タロウ","registered":true},"birth_date":"1985-01-02","#,
    r#""father":"辻󠄂本　一郎","mother":"辻󠄂本　和子","relation":"長男","spouse":"husband","records":["#,
    r#"{"event":"birth","on":"1985-01-02","place":"見本県見本市","notice":{"on":"1985-01-10","by":"父"}},"#,
    r#"{"event":"marriage","on":"2010-05-06","spouse":"髙﨑真理","notice":{"on":"2010-05-06"},"#,
    r#""former_register":{"domicile":"隣県となり市本町三丁目14番地","head":"辻󠄂本　一郎"}}],"#,
    r#""appendix":[{"address":"見本県見本市中央一丁目2番3号","set_on":"2010-05-06"},"#,
    r#"{"address":"見本県見本市港町四丁目5番6号　見本ハイツ405号室","set_on":"2020-10-15"}]}"#
);
const MOTHER: &str = concat!(
    r#"{"order":2,"name":"真理","reading":{"kana":"マリ","registered":true},"birth_date":"1987-07-09","#,
    r#""father":"髙﨑剛","mother":"髙﨑彩","relation":"長女","spouse":"wife","records":["#,
    r#"{"event":"birth","on":"1987-07-09","place":"例示県例示市","notice":{"on":"1987-07-15","by":"父"}},"#,
    r#"{"event":"marriage","on":"2010-05-06","spouse":"辻󠄂本太郎","#,
    r#""former_register":{"domicile":"例示県例示市大手町1番地","head":"髙﨑　剛"}}],"#,
    r#""appendix":[{"address":"見本県見本市中央一丁目2番3号","set_on":"2010-05-06"}]}"#
);

fn register(rest: &str, members: &[&str]) -> records::FamilyRegister {
    register_of("2010-05-06", rest, members)
}

fn register_of(compiled: &str, rest: &str, members: &[&str]) -> records::FamilyRegister {
    let line = format!(
        "{{\"id\":\"K1\",\"domicile\":\"見本県見本市中央一丁目2番地3\",\"head\":\"辻󠄂本　太郎\",\"surname\":\"辻󠄂本\",\
         \"surname_reading\":{{\"kana\":\"ツジモト\",\"registered\":true}},{rest}\
         \"records\":[{{\"event\":\"compiled\",\"on\":\"{compiled}\"}}],\"members\":[{}]}}",
        members.join(",")
    );
    records::FamilyRegister::parse(&line).unwrap()
}

fn child(order: u32, name: &str, rest: &str) -> String {
    format!(
        r#"{{"order":{order},"name":"{name}","birth_date":"2012-11-30","father":"辻󠄂本　太郎","mother":"辻󠄂本　真理","relation":"長女"{rest}}}"#
    )
}

fn family() -> records::FamilyRegister {
    let born = r#","records":[{"event":"birth","on":"2012-11-30","place":"見本県見本市","notice":{"on":"2012-12-05","by":"父"}}]"#;
    register("", &[FATHER, MOTHER, &child(3, "凜々子", born)])
}

fn with_removed() -> records::FamilyRegister {
    let left = concat!(
        r#","removed":{"on":"2025-04-05","by":"marriage"},"records":["#,
        r#"{"event":"birth","on":"2003-11-30","place":"見本県見本市","notice":{"on":"2003-12-05","by":"父"}},"#,
        r#"{"event":"marriage","on":"2025-04-05","spouse":"丙山実","new_register":{"domicile":"例示県例示市大手町9番地","head":"丙山　実"},"surname":"夫の氏"}]"#
    );
    // Married early enough to have a daughter who marries.
    let father = FATHER.replace("1985-01-", "1975-01-").replace("2010-05-06", "2001-05-06");
    let daughter = child(3, "桜", left).replace("2012-11-30", "2003-11-30");
    register_of("2001-05-06", "", &[&father, &daughter])
}

fn with_correction() -> records::FamilyRegister {
    let corrected = concat!(
        r#","records":[{"event":"birth","on":"2012-11-30","place":"見本県見本市","notice":{"on":"2012-12-05","by":"父"},"below":["#,
        r#"{"how":"corrected","on":"2013-02-01","item":"出生地","ground":"錯誤","permitted_on":"2013-01-25","former":"見本県隣市"},"#,
        r#"{"on":"2013-02-01","text":"届出の日に届出人の氏名が記録されていなかったため、追って記録した。"}]}]"#
    );
    register("", &[&child(3, "凜々子", corrected)])
}

fn closed() -> records::FamilyRegister {
    let gone = FATHER.replacen(r#""records":["#, r#""removed":{"on":"2026-01-10","by":"death"},"records":["#, 1);
    let mut made = register(r#""closed":{"as":"removed","on":"2026-01-12"},"#, &[&gone]);
    let closing = records::FamilyRegister::parse(
        r#"{"id":"K2","domicile":"見本市","head":"甲","surname":"甲","records":[{"event":"closed","on":"2026-01-12"}],"members":[{"order":1,"name":"一","birth_date":"1970-01-02","relation":"長男"}]}"#,
    );
    made.records.extend(closing.unwrap().records);
    made
}

/// A family of fourteen with much that happened: three pages and more.
fn long() -> records::FamilyRegister {
    let mut members = vec![FATHER.to_owned(), MOTHER.to_owned()];
    for order in 3..=14u32 {
        let mut events = String::from(
            r#","records":[{"event":"birth","on":"2012-11-30","place":"見本県見本市","notice":{"on":"2012-12-05","by":"父"}}"#,
        );
        for _ in 0..order % 3 {
            write!(events, r#",{{"event":"acknowledged","on":"2014-02-03","father":"丁田四郎"}}"#).unwrap();
        }
        events.push(']');
        members.push(child(order, &format!("見本{order}"), &events));
    }
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    register("", &members)
}

fn texts(certificate: &Certificate) -> Vec<Vec<String>> {
    paper::recheck::extract(&drawn(certificate).0).unwrap().pages.into_iter().map(|page| page.texts).collect()
}

/// The text right after each `label`.
fn after(texts: &[String], label: &str) -> Vec<String> {
    texts.iter().zip(texts.iter().skip(1)).filter(|(text, _)| *text == label).map(|(_, next)| next.clone()).collect()
}

#[test]
fn every_paper_is_what_was_authorised() {
    for certificate in [
        whole(&family()),
        whole(&with_removed()),
        whole(&with_correction()),
        whole(&closed()),
        whole(&long()),
        person(&with_removed(), 3),
        appendix(&family(), &[1, 2]),
    ] {
        let (bytes, codes) = drawn(&certificate);
        assert_eq!(recheck(&bytes, &expected(&certificate, codes)), Ok(()));
    }
}

#[test]
fn any_register_that_can_be_read_is_printed_or_refused_by_name() {
    for seed in 0..40 {
        let register = records::FamilyRegister::invented(seed);
        let certificate = whole(&register);
        let plan = match Plan::new(&TYPEFACE, &certificate) {
            Ok(plan) => plan,
            Err(PaperError::TooManyPages(_) | PaperError::MissingGlyph { .. } | PaperError::Overflow { .. }) => {
                continue;
            }
            Err(other) => panic!("{other}"),
        };
        let codes = codes(&plan);
        let bytes = plan.draw(&codes, &SEAL).unwrap();
        assert_eq!(recheck(&bytes, &plan.expected(codes)), Ok(()), "{seed}");
    }
}

#[test]
fn no_record_has_a_row_by_which_the_paper_finds_its_people() {
    let tables = [records::Event::TABLE, records::RegisterEvent::TABLE];
    for (_, _, fields) in tables.into_iter().flatten() {
        assert!(fields.iter().all(|(_, label)| !["名", "生年月日"].contains(label)), "{fields:?}");
    }
}

#[test]
fn corrections_and_notes_stand_right_below_their_record() {
    let texts = texts(&whole(&with_correction())).concat();
    let at = |wanted: &str| texts.iter().position(|text| text == wanted).unwrap_or_else(|| panic!("{wanted}"));
    assert!(at("出生") < at("訂正") && at("訂正") < at("記録"));
    assert_eq!(after(&texts, "【従前の記録】"), ["見本県隣市"]);
    assert!(after(&texts, "【氏の振り仮名】").iter().all(|reading| reading == "ツジモト"), "on each page");
}

#[test]
fn a_removed_member_has_the_box_and_only_they() {
    let count = |certificate: &Certificate| texts(certificate).concat().iter().filter(|text| *text == "除　籍").count();
    assert_eq!(count(&whole(&with_removed())), 1);
    assert_eq!(count(&person(&with_removed(), 1)), 0);
    assert_eq!(count(&whole(&family())), 0);
}

#[test]
fn one_person_is_printed_with_the_register_and_nobody_else() {
    let texts = texts(&person(&family(), 3)).concat();
    assert_eq!(after(&texts, "【名】"), ["凜々子"]);
    assert_eq!(after(&texts, "【編製日】"), ["平成22年5月6日"]);
    assert!(!texts.iter().any(|text| text.contains("髙﨑")), "her parents' records stay out");
}

#[test]
fn an_appendix_holds_the_addresses_of_the_chosen_in_order() {
    let texts = texts(&appendix(&family(), &[1])).concat();
    assert_eq!(after(&texts, "【名】"), ["太郎"]);
    assert_eq!(
        after(&texts, "【住所】"),
        ["見本県見本市中央一丁目２番３号", "見本県見本市港町四丁目５番６号　見本ハイツ４０５号室"]
    );
    assert!(!texts.iter().any(|text| text.contains("婚姻") || text.contains("真理")));
}

#[test]
fn an_appendix_leaves_out_which_register_it_belongs_to_unless_it_is_asked_for() {
    let left_out = appendix_saying(&family(), &[1], false);
    let texts = texts(&left_out).concat();
    assert_eq!((after(&texts, "本籍"), after(&texts, "氏名")), (vec!["省略".to_owned()], vec!["省略".to_owned()]));
    assert!(!texts.iter().any(|text| text.contains("番地") || text.contains("辻󠄂本")), "{texts:?}");
    let plan = Plan::new(&TYPEFACE, &left_out).unwrap();
    assert!(plan.claims(1, [0; 16]).household.is_empty(), "nor is it in the code in any form");
    assert!(!Plan::new(&TYPEFACE, &appendix(&family(), &[1])).unwrap().claims(1, [0; 16]).household.is_empty());
    let (bytes, codes) = drawn(&left_out);
    assert_eq!(recheck(&bytes, &expected(&left_out, codes)), Ok(()));
}

#[test]
fn i4_every_page_of_many_is_bound_to_the_set() {
    let certificate = whole(&long());
    let plan = Plan::new(&TYPEFACE, &certificate).unwrap();
    let pages = plan.page_count();
    assert!(pages >= 3, "{pages}");
    let mut everybody = Vec::new();
    for page in 1..=pages {
        let claims = plan.claims(page, [0; 16]);
        assert_eq!((usize::from(claims.page), usize::from(claims.of)), (page, pages));
        assert!(!claims.people.is_empty() && claims.people.len() <= 4, "page {page}");
        everybody.extend(claims.people.iter().map(|person| person.name.reveal().clone()));
    }
    everybody.dedup();
    assert_eq!(everybody.len(), 14);
    let (bytes, given) = drawn(&certificate);
    let texts = texts(&certificate);
    for (index, texts) in texts.iter().enumerate() {
        let mark = base::text::digits_to_full_width(&format!("（{pages}の{}）", index + 1));
        assert!(texts.contains(&mark), "{mark}");
        assert_eq!(after(texts, "本籍"), ["見本県見本市中央一丁目２番地３"]);
        let is_last = index + 1 == pages;
        assert_eq!(texts.iter().any(|text| text == "以下余白"), is_last);
    }
    // Page 2 of another register's paper under the same request.
    let mut other = long();
    other.members[6].name = "別人".to_owned();
    let refusal = recheck(&drawn(&whole(&other)).0, &expected(&certificate, given.clone())).unwrap_err();
    assert!(matches!(refusal, Mismatch::Page { what: "names" | "the code", .. }), "{refusal:?}");
    let mut swapped = given.clone();
    swapped.swap(0, 1);
    assert!(recheck(&bytes, &expected(&certificate, swapped)).is_err());
}

#[test]
fn i14_more_than_the_most_pages_is_no_document() {
    let mut register = long();
    for order in 15..=60 {
        let mut member = register.members[4].clone();
        member.order = order;
        for _ in 0..5 {
            let more = member.records.clone();
            member.records.extend(more.into_iter().take(3));
        }
        register.members.push(member);
    }
    let certificate = whole(&register);
    assert!(matches!(Plan::new(&TYPEFACE, &certificate), Err(PaperError::TooManyPages(_))));
}

#[test]
fn i14_a_character_without_glyph_is_no_document_and_says_whose() {
    let mut register = family();
    register.members[2].name = "东".to_owned();
    let certificate = whole(&register);
    let said = Plan::new(&TYPEFACE, &certificate).unwrap_err();
    assert_eq!(said, PaperError::MissingGlyph { field: paper::Field::Name, person: Some(2), position: 0 });
}

#[test]
fn the_papers_look_like_the_golden_pictures() {
    golden(&whole(&family()), "family_register");
    golden(&whole(&with_removed()), "family_register_removed_member");
    golden(&whole(&with_correction()), "family_register_correction");
    golden(
        &of(FamilyRegister::of_register(&closed(), None), "除籍全部事項証明", "family_register_certificate", CLOSED),
        "family_register_closed",
    );
    golden(&whole(&long()), "family_register_pages");
    golden(&person(&with_removed(), 3), "family_register_person");
    golden(&appendix(&family(), &[1, 2]), "family_register_appendix");
    golden(&appendix_saying(&family(), &[1, 2], false), "family_register_appendix_left_out");
}
