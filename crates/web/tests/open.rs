//! The open pages: who holds a paper learns whether it is genuine, from the code and from the file.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests and their helpers")]

use std::sync::Arc;

use base::{Date, Id, Timestamp};
use paper::{Body, Certificate, Entry, Nationality, Person, Plan, Residence, Seal, Sheet, Typeface};
use pki::keys::{MemorySigner, SigningKey};
use pki::pades::{self, SignatureNotes};
use pki::test_authority::{DocumentSignerRequest, Generation, TestAuthority};
use pki::token::{KeyRing, TokenKey};
use pki::{AnchorKind, AuthorityRole, TrustAnchors};
use store::testing::for_each_engine;
use tools::relay::paper_status::RequestHash;
use wire::certificate_code::to_text;
use yakuba_web::open::Papers;
use yakuba_web::testing::TestDoor;

const CHECK_PAGE: &str = "https://verify.mihon.example/verify";

/// A city's keys, and one paper.
struct City {
    authority: TestAuthority,
    signer: MemorySigner,
    codes: KeyRing,
    request: Id,
}

fn anchors(authority: &TestAuthority) -> TrustAnchors {
    let mut anchors = TrustAnchors::allowing_test();
    anchors.add(AuthorityRole::Document, AnchorKind::Test, authority.certificate()).unwrap();
    anchors
}

impl City {
    fn new(now: Timestamp) -> Self {
        let (not_before, not_after) = (now.plus_seconds(-86_400), now.plus_seconds(86_400 * 365));
        let generation = Generation { serial: 1, not_before, not_after, ocsp_url: None };
        let key = SigningKey::generate_p256().unwrap();
        let authority = TestAuthority::new(AuthorityRole::Document, key, &generation).unwrap();
        let key = SigningKey::generate_p256().unwrap();
        let certificate = authority
            .issue_document_signer(&DocumentSignerRequest {
                public_key_info: key.public_key_info(),
                serial: 2,
                organization: "見本市",
                common_name: "見本市長",
                not_before,
                not_after,
            })
            .unwrap();
        let signer = MemorySigner::new(key, vec![certificate, authority.certificate().to_vec()]);
        let codes = KeyRing::new(TokenKey::generate().unwrap());
        Self { authority, signer, codes, request: Id::from_bytes(*b"request of tests") }
    }

    /// A signed paper and the text of its code.
    fn paper(&self, now: Timestamp) -> (Vec<u8>, String) {
        let shown = |text: &str| Entry::Shown(text.to_owned());
        let person = Person {
            name: "辻\u{E0102}本　太郎".to_owned().into(),
            reading: shown("ツジモト　タロウ"),
            alphabet_name: Entry::None,
            former_name: Entry::None,
            former_name_reading: Entry::None,
            common_name: Entry::None,
            common_name_reading: Entry::None,
            birth_date: "昭和60年1月2日".to_owned().into(),
            sex: shown("男"),
            relationship: shown("世帯主"),
            became_resident: shown("平成20年4月1日"),
            address_set: Entry::Missing,
            notified: Entry::Missing,
            previous_address: Entry::Missing,
            former_address: Entry::Missing,
            nationality: Nationality::Japanese { domicile: Entry::Omitted, register_head: Entry::Omitted },
            remarks: Entry::None,
        };
        let certificate = Certificate {
            sheet: Sheet {
                title: "住民票の写し".to_owned(),
                municipality: "見本市".to_owned(),
                municipality_code: "99999".to_owned(),
                attestation: "この写しは、住民票の原本と相違ないことを証明する。".to_owned(),
                issued_on: Date::new(2026, 11, 23).unwrap(),
                mayor_title: "見本市長".to_owned(),
                mayor_name: "見本　太郎".to_owned(),
                check_address: CHECK_PAGE.to_owned(),
                request_id: self.request,
                document_number: "R8-000123".to_owned(),
                subject_hash: [0xA5; 32],
                kind: "residence_certificate".to_owned(),
                options: "applicant".to_owned(),
                register_version: "42".to_owned(),
            },
            body: Body::Residence(Residence {
                address: "見本県見本市中央一丁目2番3号".to_owned().into(),
                head: shown("辻\u{E0102}本　太郎"),
                people: vec![person],
            }),
        };
        let typeface = Typeface::open_default().unwrap();
        let seal = Seal::sample(&typeface, "見本市長之印").unwrap();
        let plan = Plan::new(&typeface, &certificate).unwrap();
        let token = self.codes.sign(&plan.claims(1, [7; 16]).encode()).unwrap();
        let code = to_text(CHECK_PAGE, &token);
        let drawn = plan.draw(std::slice::from_ref(&code), &seal).unwrap();
        (pades::sign(&drawn, &self.signer, &SignatureNotes::default(), now).unwrap(), code)
    }

    fn papers(&self) -> Arc<base::Current<Papers>> {
        Arc::new(base::Current::new(Papers { code_keys: self.codes.public(), anchors: anchors(&self.authority) }))
    }
}

fn told(door: &TestDoor, request: Id, state: &'static str) {
    let outside = door.app.outside.clone().unwrap();
    let hash = RequestHash::of(request).hex();
    outside
        .store
        .write(move |tx| {
            tx.execute("DELETE FROM paper_status", &[])?;
            tx.execute(
                "INSERT INTO paper_status (request_hash, state, at) VALUES ($1, $2, $3)",
                &[hash.as_str().into(), state.into(), 0i64.into()],
            )
            .map(|_| ())
        })
        .unwrap();
}

fn multipart(bytes: &[u8]) -> (String, Vec<u8>) {
    let mut body = b"--edge\r\nContent-Disposition: form-data; name=\"document\"; filename=\"a.pdf\"\r\n\r\n".to_vec();
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--edge--\r\n");
    ("multipart/form-data; boundary=edge".to_owned(), body)
}

fn with_city(test: impl Fn(&TestDoor, &City)) {
    for_each_engine(|database| {
        let city = City::new(database.seams.now());
        let papers = city.papers();
        let door = TestDoor::with(database, |app| app.papers = Some(papers));
        test(&door, &city);
    });
}

#[test]
fn a_code_is_valid_until_it_is_withdrawn() {
    with_city(|door, city| {
        let (_, code) = city.paper(door.app.seams.now());
        let mut clerk = door.stranger();
        let check =
            |clerk: &mut yakuba_web::testing::Visitor<'_>| clerk.post("/verify/code", &[("code", &code)]).text();
        let unknown = check(&mut clerk);
        assert!(unknown.contains("取消しの有無がわかりません"), "the inside has not told yet");
        told(door, city.request, "valid");
        let valid = check(&mut clerk);
        for text in [
            "有効です",
            "辻\u{E0102}本　太郎",
            "昭和60年1月2日",
            "見本県見本市中央一丁目2番3号",
            "令和8年11月23日",
            "コピーでも",
        ] {
            assert!(valid.contains(text), "{text}");
        }
        told(door, city.request, "withdrawn");
        assert!(check(&mut clerk).contains("取り消されています"));
    });
}

#[test]
fn a_clerk_types_what_is_printed_and_has_it_confirmed() {
    with_city(|door, city| {
        let (_, code) = city.paper(door.app.seams.now());
        told(door, city.request, "valid");
        let mut clerk = door.stranger();
        let mut ask = |item: &str, value: &str| {
            clerk.post("/verify/code", &[("code", &code), ("item", item), ("value", value)]).text()
        };
        assert!(ask("1-1", "世帯主").contains("一致します"));
        assert!(ask("1-1", "子").contains("一致しません"));
        assert!(ask("0-2", "辻本 太郎").contains("一致します"), "typed without the variation");
        assert!(ask("1-3", "見本県").contains("一致しません"), "本籍 was left out: nothing can be confirmed");
        assert!(!ask("1-1", "子").contains("value=\"1-3\""), "and it is not offered");
    });
}

#[test]
fn altered_foreign_and_torn_codes_are_told_apart() {
    with_city(|door, city| {
        let (_, code) = city.paper(door.app.seams.now());
        let mut clerk = door.stranger();
        let mut check = |code: &str| clerk.post("/verify/code", &[("code", code)]).text();
        let (page, body) = code.split_once('#').unwrap();
        let mut letters = body.as_bytes().to_vec();
        letters[120] = if letters[120] == b'A' { b'B' } else { b'A' };
        let altered = format!("{page}#{}", String::from_utf8(letters).unwrap());
        assert!(check(&altered).contains("改ざんされています"));
        let stranger = City::new(door.app.seams.now());
        assert!(check(&stranger.paper(door.app.seams.now()).1).contains("この市のコードではありません"));
        for torn in [&code[..code.len() / 2], "https://verify.mihon.example/verify#", "こんにちは", ""] {
            assert!(check(torn).contains("コードを読み取れませんでした"), "{torn}");
        }
    });
}

#[test]
fn an_uploaded_paper_is_checked_and_forgotten() {
    with_city(|door, city| {
        let (bytes, _) = city.paper(door.app.seams.now());
        told(door, city.request, "valid");
        let mut clerk = door.stranger();
        let mut upload = |bytes: &[u8]| {
            let (kind, body) = multipart(bytes);
            clerk.send("POST", "/verify/document", Some(&kind), body)
        };
        let valid = upload(&bytes).text();
        for text in ["有効です", "見本市長", "R8-000123", "1/1"] {
            assert!(valid.contains(text), "{text}");
        }
        let mut altered = bytes.clone();
        let middle = altered.len() / 3;
        altered[middle] ^= 1;
        assert!(upload(&altered).text().contains("改ざんされています"));
        assert!(upload(b"GIF89a").text().contains("PDFとして読めません"));
        assert!(upload(b"%PDF-1.7\n%%EOF").text().contains("電子署名がありません"), "a scan, for example");
        assert_eq!(upload(b"").status, 400);
        told(door, city.request, "withdrawn");
        assert!(upload(&bytes).text().contains("取り消されています"));
    });
}

#[test]
fn the_script_gets_keys_and_one_word() {
    with_city(|door, city| {
        told(door, city.request, "valid");
        let mut phone = door.stranger();
        let keys = phone.get("/verify/keys.json");
        assert!(keys.text().contains("\"kid\""));
        assert_eq!(keys.headers["cache-control"], "public, max-age=3600");
        let hash = RequestHash::of(city.request).hex();
        let known = phone.post_json("/verify/status", &format!("{{\"request\":\"{hash}\"}}"));
        assert_eq!(known.text(), "{\"state\":\"valid\"}");
        let other = phone.post_json("/verify/status", &format!("{{\"request\":\"{}\"}}", "0".repeat(64)));
        assert_eq!(other.text(), "{\"state\":\"unknown\"}");
        assert_eq!(phone.post_json("/verify/status", "{\"request\":\"x\"}").status, 400);
        assert_eq!(phone.post_json("/verify/status", "[]").status, 400);
    });
}

#[test]
fn the_page_speaks_three_languages_and_its_script_knows_every_word() {
    with_city(|door, _| {
        let mut reader = door.stranger();
        for (language, title) in [("ja", "証明書の確認"), ("ja-easy", "たしかめる"), ("en", "Check a certificate")]
        {
            let page = reader.get(&format!("/verify?lang={language}"));
            assert_eq!(page.status, 200);
            assert!(page.text().contains(title), "{language}");
            assert!(!page.text().contains(">verify-"), "a sentence is missing in {language}");
            assert!(!page.text().contains("&quot;verify-"), "a sentence of the script is missing in {language}");
        }
        assert_eq!(reader.get("/").status, 200);
    });
}

/// The values of a page's facts, without their tags.
fn facts(page: &str) -> Vec<String> {
    page.split("<dd")
        .skip(1)
        .filter_map(|rest| rest.split_once('>')?.1.split_once("</dd>"))
        .map(|(value, _)| {
            let mut text = String::new();
            let mut is_tag = false;
            for letter in value.chars() {
                match letter {
                    '<' => is_tag = true,
                    '>' => is_tag = false,
                    _ if !is_tag => text.push(letter),
                    _ => {}
                }
            }
            text.trim().to_owned()
        })
        .collect()
}

#[test]
fn the_check_shows_only_what_the_paper_shows() {
    with_city(|door, city| {
        let (bytes, code) = city.paper(door.app.seams.now());
        let paper = paper::recheck::extract(&bytes).unwrap().pages[0].texts.concat();
        told(door, city.request, "valid");
        let mut clerk = door.stranger();
        let page = clerk.post("/verify/code", &[("code", &code)]).text();
        let shown = facts(&page);
        assert!(shown.len() >= 7, "{shown:?}");
        for value in &shown {
            assert!(paper.contains(value.as_str()), "{value} is shown and not on the paper");
        }
        // What the metadata has beside, for the city's own re-check.
        let subject = "a5".repeat(32);
        assert!(!page.contains(&subject) && !page.contains("applicant") && !page.contains("register:"));
        // What was left out of the paper stays out: its digest is of 省略 or is not there.
        assert!(!page.contains("本籍</option>"));
        // A paper the city has withdrawn says so and offers nothing to be confirmed.
        told(door, city.request, "withdrawn");
        assert!(!clerk.post("/verify/code", &[("code", &code)]).text().contains("name=\"value\""));
    });
}

#[test]
fn the_list_of_withdrawn_papers_may_be_kept_and_is_asked_for_by_its_number() {
    with_city(|door, _| {
        let mut bank = door.stranger();
        assert_eq!(bank.get("/verify/withdrawn.json").status, 503, "the inside has published none yet");
        let outside = door.app.outside.clone().unwrap();
        outside
            .store
            .write::<_, store::StoreError, _>(|tx| {
                let sql = "INSERT INTO withdrawal_list_parts (number, part, parts, token) VALUES ($1, $2, $3, $4)";
                tx.execute(sql, &[6i64.into(), 1i64.into(), 1i64.into(), (&b"whole"[..]).into()])?;
                tx.execute(sql, &[7i64.into(), 1i64.into(), 2i64.into(), (&b"half"[..]).into()])
            })
            .unwrap();
        let list = bank.get("/verify/withdrawn.json");
        assert_eq!(list.headers["cache-control"], "public, max-age=900");
        assert_eq!(list.headers["etag"], "\"6\"");
        assert_eq!(list.text(), "{\"number\":6,\"parts\":[\"d2hvbGU\"]}", "a list of which a part is missing waits");
    });
}
