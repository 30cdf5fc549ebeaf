//! Staff IDs from the personnel office's file to the door: through HTTP, with cards that really sign. The agent is played here.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests stop the test")]

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;

use base::{Id, Personal};
use paper::{Seal, Typeface};
use pki::agent::{
    CardAnswer, PairingAnswer, PairingCode, PairingRequest, ServerKeys, SignedRequest, seal_agent_answer,
};
use pki::challenge::{Challenge, PresentedCard};
use pki::jpki_profile::JudgedCertificate;
use pki::keys::MemorySigner;
use pki::revocation::{SourceKind, Standing, Status, StatusError, StatusSource};
use pki::sealed::SealingKey;
use pki::test_authority::{Generation, TestAuthority, UserAuthenticationRequest};
use pki::token::{KeyRing, TokenKey};
use pki::{AuthorityRole, SigningKey};
use services::convenience_certificates::{Composer, Issuer};
use services::staff_id::door::{Door, Shown, Shut};
use store::testing::{TestDatabase, for_each_engine};
use tools::relay::Message;
use tools::staff::Role;
use yakuba_web::agents::Counterpart;
use yakuba_web::kiosk::reader::PcscSlot;
use yakuba_web::kiosk::{Place, Slots};
use yakuba_web::open::Papers;
use yakuba_web::testing::{Answer, TestDoor, Visitor};

const CITY: &str = "http://localhost:8080";
const RECORD: &str = "職員番号,氏名,所属,職名,任命権者,採用日,退職日\n\
                      1001,葛󠄀城　花,市民課,主任,見本市長,2020-04-01,\n\
                      1002,試験　次郎,税務課,主事,見本市長,2021-04-01,\n";

struct AlwaysGood;

impl StatusSource for AlwaysGood {
    fn status(&self, _: &JudgedCertificate, now: base::Timestamp) -> Result<Status, StatusError> {
        Ok(Status { standing: Standing::Good, source: SourceKind::Ocsp, as_of: now })
    }
}

struct Scene {
    door: TestDoor,
    authority: TestAuthority,
    agent: SigningKey,
    paired: PairingAnswer,
}

struct Card {
    key: SigningKey,
    certificate: Vec<u8>,
}

impl Scene {
    fn open(database: TestDatabase) -> Self {
        let now = database.seams.now();
        let generation = Generation {
            serial: 1,
            not_before: now.plus_seconds(-86_400),
            not_after: now.plus_seconds(3_650 * 86_400),
            ocsp_url: Some("http://ocsp.invalid/".to_owned()),
        };
        let key = SigningKey::generate_rsa().unwrap();
        let authority = TestAuthority::new(AuthorityRole::UserAuthentication, key, &generation).unwrap();
        let anchors = TestAuthority::anchors(&[&authority]).unwrap();
        let door = TestDoor::with(database, |app| {
            let typeface = Typeface::open_default().unwrap();
            let seal = Seal::sample(&typeface, "見本市長之印").unwrap();
            let signer = MemorySigner::new(SigningKey::generate_p256().unwrap(), Vec::new());
            let codes = KeyRing::new(TokenKey::generate().unwrap());
            app.papers =
                Some(Arc::new(base::Current::new(Papers { code_keys: codes.public(), anchors: anchors.clone() })));
            let issuer = Issuer {
                city: (**app.inside.as_ref().unwrap()).clone(),
                composer: Arc::new(Composer::new(typeface, seal, Arc::new(signer), codes)),
                fresh_minutes: 30,
                audience: "test".to_owned(),
                anchors: Arc::new(anchors),
                status: Arc::new(AlwaysGood),
                genuineness: Arc::default(),
                renewals: None,
            };
            app.kiosk = Some(Arc::new(Place::new(issuer, Slots::Reader(Arc::new(PcscSlot)), 10)));
            let keys =
                ServerKeys { signing: SigningKey::generate_p256().unwrap(), sealing: vec![SealingKey::generate()] };
            let pair = Counterpart::new(Arc::new(keys), "localhost:8080".into(), vec![CITY.into()], 47_614).unwrap();
            app.agents = Some(Arc::new(pair));
        });
        let shown = door.staff(&[Role::Operator]).post("/staff/agents/announce", &[("place", "人事課"), ("name", "1")]);
        let code = PairingCode::typed(&shown.between("<p class=\"secret\">", "<").unwrap());
        let agent = SigningKey::generate_p256().unwrap();
        let request = PairingRequest::make(&code, &agent, [1; 32]).unwrap();
        let answer = door.stranger().send("POST", "/agent/pair", Some("application/octet-stream"), request.to_bytes());
        let paired = PairingAnswer::read(&answer.bytes, &code, &request).unwrap();
        Self { door, authority, agent, paired }
    }

    fn card(&self, serial: u64) -> Card {
        let key = SigningKey::generate_rsa().unwrap();
        let now = self.door.database.seams.now();
        let request = UserAuthenticationRequest {
            public_key_info: key.public_key_info(),
            serial,
            holder: "ABCDEFGH123456",
            municipality: "99999",
            not_before: now.plus_seconds(-3600),
            not_after: now.plus_seconds(900 * 86_400),
        };
        Card { certificate: self.authority.issue_user_authentication(&request).unwrap(), key }
    }

    /// Puts a card on the reader of this PC, with its PIN.
    fn show(&self, visitor: &mut Visitor<'_>, card: &Card, at: &str) -> Answer {
        let asked = visitor.post(&format!("{at}/ask"), &[("agent", &self.paired.agent)]);
        assert_eq!(asked.status, 200, "{}", asked.text());
        let asked: serde_json::Value = serde_json::from_slice(&asked.bytes).unwrap();
        let request = asked["request"].as_str().unwrap().to_owned();
        let bytes = data_encoding::BASE64URL_NOPAD.decode(request.as_bytes()).unwrap();
        let signed = SignedRequest::read(&bytes, &self.paired.verification_key).unwrap();
        let given = CardAnswer {
            certificate: Personal::new(card.certificate.clone()),
            ca_certificate: Vec::new(),
            signature: card.key.sign(&signed.request.challenge().signed_bytes()).unwrap(),
            user_authentication: Personal::new(Vec::new()),
        };
        let sealed = seal_agent_answer(&signed, &given, &self.agent, &self.paired.sealing_keys[0]).unwrap();
        let answer = data_encoding::BASE64URL_NOPAD.encode(&sealed);
        visitor.post(&format!("{at}/answer"), &[("request", &request), ("answer", &answer)])
    }

    /// What the inside has sent comes to the outside.
    fn deliver(&self) {
        let (inside, outside) = (self.door.inside(), self.door.app.outside.clone().unwrap());
        let rows = inside
            .store
            .read::<_, store::StoreError, _>(|tx| {
                let rows = tx.query(
                    "SELECT id, kind, body FROM relay_outbox WHERE kind = 'staff_id_list' ORDER BY at, id",
                    &[],
                )?;
                rows.iter()
                    .map(|row| Ok((row.id(0)?, row.blob(2)?.to_vec())))
                    .collect::<Result<Vec<(Id, Vec<u8>)>, _>>()
            })
            .unwrap();
        for (id, body) in rows {
            let message =
                Message { sequence: 1, id, at: inside.seams.now(), kind: tools::staff_id_list::KIND.to_owned(), body };
            outside
                .store
                .write::<_, tools::relay::HandleError, _>(move |tx| tools::staff_id_list::receive(tx, &message))
                .unwrap();
        }
    }

    fn ask(&self, code: &str) -> String {
        self.deliver();
        self.door.stranger().post("/staff-id", &[("code", code)]).text()
    }
}

fn multipart(visitor: &mut Visitor<'_>, address: &str, text: &str) -> Answer {
    let token = visitor.token(address).unwrap_or_default();
    let body = format!(
        "--x\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n\
         --x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n{text}\r\n--x--\r\n"
    );
    visitor.send("POST", address, Some("multipart/form-data; boundary=x"), body.into_bytes())
}

/// The page of the member with this number.
fn member(officer: &mut Visitor<'_>, number: &str) -> String {
    let list = officer.get("/staff/staff-ids").text();
    let at = list.split("href=\"").find(|rest| rest.contains(&format!(">{number}</a>"))).unwrap();
    at.split('"').next().unwrap().to_owned()
}

/// The id of the present ID on this page.
fn present(page: &str) -> String {
    page.split("/staff/staff-ids/id/").nth(1).expect("an ID").split('/').next().unwrap().to_owned()
}

fn ok(answer: &Answer) {
    assert!(matches!(answer.status, 200 | 303), "{} {}", answer.status, answer.text());
}

/// A member with a card enrolled: address of the page, id of the ID.
fn with_card(scene: &Scene, officer: &mut Visitor<'_>, number: &str, card: &Card) -> (String, String) {
    let page = member(officer, number);
    ok(&officer.post(&format!("{page}/issue"), &[]));
    let id = present(&officer.get(&page).text());
    ok(&scene.show(officer, card, &format!("/staff/staff-ids/id/{id}/card")));
    (page, id)
}

fn sticker(officer: &mut Visitor<'_>, page: &str) -> String {
    let text = officer.get(page).text();
    let code = text.split("<code>").nth(1).unwrap().split('<').next().unwrap();
    code.to_owned()
}

fn words(pdf: &[u8]) -> (String, String) {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("labels.pdf");
    std::fs::write(&file, pdf).unwrap();
    let run = |program: &str, arguments: &[&std::ffi::OsStr]| {
        let out = Command::new(program).args(arguments).output().unwrap();
        assert!(out.status.success(), "{program}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stdout).into_owned()
    };
    let page = place.path().join("page");
    run(
        "pdftoppm",
        &["-png".as_ref(), "-r".as_ref(), "300".as_ref(), "-singlefile".as_ref(), file.as_ref(), page.as_ref()],
    );
    if let Ok(pictures) = std::env::var("YAKUBA_PICTURES") {
        std::fs::copy(page.with_extension("png"), std::path::Path::new(&pictures).join("staff-id-label.png")).unwrap();
    }
    let code = run("zbarimg", &["-q".as_ref(), "--raw".as_ref(), page.with_extension("png").as_ref()]);
    (run("pdftotext", &[file.as_ref(), "-".as_ref()]), code.trim().to_owned())
}

/// The script that was written from the document alone, without a line: what it makes of a code.
fn second_opinion(scene: &Scene, code: &str) -> String {
    const NAME: &str = "python-of-tests";
    let json =
        |address: &str| serde_json::from_slice::<serde_json::Value>(&scene.door.stranger().get(address).bytes).unwrap();
    let question = serde_json::json!({
        "code": code,
        "keys": json("/verify/keys.json"),
        "list": json("/staff-id/live.json"),
        "now": scene.door.database.seams.now().seconds(),
    });
    // <target>/<profile>/deps/<this test>
    let beside = std::env::current_exe().unwrap().ancestors().nth(3).unwrap().join("tools/bin").join(NAME);
    let python = if beside.is_file() { beside } else { NAME.into() };
    let mut child = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/staff_id.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("Python cannot be run ({error}): scripts/setup test installs it"));
    child.stdin.take().unwrap().write_all(question.to_string().as_bytes()).unwrap();
    let out = child.wait_with_output().unwrap();
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}

#[test]
fn the_record_is_brought_in_whole_or_not_at_all_and_only_by_the_personnel_office() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let mut officer = scene.door.staff(&[Role::PersonnelOfficer]);
        for other in [Role::Administrator, Role::CounterClerk, Role::CertificateOfficer, Role::Auditor, Role::Operator]
        {
            assert_eq!(scene.door.staff(&[other]).get("/staff/staff-ids").status, 403, "{}", other.code());
        }
        assert_eq!(officer.get("/staff/register").status, 403, "who keeps staff sees no resident");
        let bad =
            format!("{RECORD}1003,,市民課,主事,見本市長,2020-04-01,\n1004,名,123456789018,主事,見本市長,2020-04-01,\n");
        let page = multipart(&mut officer, "/staff/staff-ids/import", &bad).text();
        assert!(page.contains("マイナンバーかもしれません") && page.contains("空です"), "{page}");
        assert!(!page.contains("123456789018"), "what is refused is not repeated");
        assert!(!officer.get("/staff/staff-ids").text().contains("1001"), "nothing was taken");
        ok(&multipart(&mut officer, "/staff/staff-ids/import", RECORD));
        let page = officer.get("/staff/staff-ids").text();
        assert!(page.contains("葛󠄀城　花") && page.contains("1002"), "{page}");
    });
}

#[test]
fn an_id_is_labelled_checked_by_anybody_and_dead_at_once_when_it_is_lost() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let mut officer = scene.door.staff(&[Role::PersonnelOfficer]);
        ok(&multipart(&mut officer, "/staff/staff-ids/import", RECORD));
        let hers = scene.card(11);
        let (page, id) = with_card(&scene, &mut officer, "1001", &hers);
        let other = member(&mut officer, "1002");
        ok(&officer.post(&format!("{other}/issue"), &[]));
        let second = present(&officer.get(&other).text());
        let taken = scene.show(&mut officer, &hers, &format!("/staff/staff-ids/id/{second}/card"));
        assert_eq!(taken.status, 409, "one card, one member: {}", taken.text());

        let printed = officer.post("/staff/staff-ids/labels/print", &[("id", &id), ("place", "4")]);
        assert_eq!((printed.status, printed.headers["content-type"].to_str().unwrap()), (200, "application/pdf"));
        let (text, code) = words(&printed.bytes);
        assert!(text.contains("職員身分証明書") && text.contains("1001") && text.contains("見本市長"), "{text}");
        assert!(!text.contains("葛"), "the name is off until the city turns it on: {text}");
        assert!(code.contains("/staff-id#"), "{code}");
        let signed = code.split('#').nth(1).unwrap();
        let token = wire::certificate_code::from_text(&code).unwrap();
        assert!(!token.windows(4).any(|some| some == b"1001"), "no staff number in the code");
        let again = officer.post("/staff/staff-ids/labels/print", &[("id", &id), ("place", "1")]);
        assert_eq!(again.status, 409, "a label is printed once");

        let page_open = scene.ask(signed);
        assert!(page_open.contains("現在の職員です") && page_open.contains("市民課"), "{page_open}");
        assert!(!page_open.contains("葛") && !page_open.contains("1001"), "no name, no number");
        assert_eq!(second_opinion(&scene, &code), "valid 市民課");
        let typed = sticker(&mut officer, &page);
        assert!(scene.ask(&typed.to_lowercase()).contains("現在の職員です"));
        let mut forged = signed.to_owned();
        let swap = if forged.ends_with('A') { "Q" } else { "A" };
        forged.replace_range(40..41, swap);
        assert!(scene.ask(&forged).contains("この市が作った二次元コードではありません"));
        assert!(scene.ask("0000-0000-0000-0000").contains("有効な身分証ではありません"));

        ok(&officer.post(&format!("/staff/staff-ids/id/{id}/do/lost"), &[]));
        assert!(scene.ask(signed).contains("有効な身分証ではありません"));
        assert_eq!(second_opinion(&scene, &code), "not valid");
        scene.door.database.clock.advance_seconds(2 * 86_400);
        assert!(scene.ask(signed).contains("今は確かめられません"), "an old list says nothing");
    });
}

#[test]
fn another_label_needs_two_persons_and_is_another_id() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let mut officer = scene.door.staff(&[Role::PersonnelOfficer]);
    ok(&multipart(&mut officer, "/staff/staff-ids/import", RECORD));
    let (page, id) = with_card(&scene, &mut officer, "1001", &scene.card(11));
    let old = sticker(&mut officer, &page);
    assert_eq!(officer.post(&format!("/staff/staff-ids/id/{id}/do/reprint"), &[]).status, 409);
    assert_eq!(officer.post(&format!("/staff/staff-ids/id/{id}/do/renew"), &[]).status, 409, "too early");
    ok(&officer.post(&format!("/staff/staff-ids/id/{id}/ask-reprint"), &[("reason", "破損")]));
    assert!(officer.get(&page).text().contains("再作成の承認を待っています"));
    let mut colleague = scene.door.staff(&[Role::PersonnelOfficer]);
    let waiting = colleague.get("/staff/approvals").text();
    let at = waiting.split("action=\"").find(|rest| rest.contains("/approve\"")).unwrap().split('"').next().unwrap();
    let own = officer.post(at, &[]);
    assert_eq!(own.status, 403, "nobody is their own second person");
    ok(&colleague.post(at, &[]));
    ok(&officer.post(&format!("/staff/staff-ids/id/{id}/do/reprint"), &[]));
    let new = sticker(&mut officer, &page);
    assert_ne!(new, old);
    assert!(scene.ask(&new).contains("現在の職員です"), "the card went along");
    assert!(scene.ask(&old).contains("有効な身分証ではありません"));
    assert_eq!(officer.post(&format!("/staff/staff-ids/id/{id}/do/reprint"), &[]).status, 409, "once");
}

#[test]
fn a_card_signs_in_for_the_account_its_holder_linked_until_it_is_lost() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let mut officer = scene.door.staff(&[Role::PersonnelOfficer]);
        ok(&multipart(&mut officer, "/staff/staff-ids/import", RECORD));
        let hers = scene.card(11);
        let (page, id) = with_card(&scene, &mut officer, "1001", &hers);
        let refused = scene.show(&mut scene.door.stranger(), &hers, "/staff/sign-in/card");
        assert_eq!(refused.status, 422, "linked to no account yet: {}", refused.text());

        let mut auditor = scene.door.staff(&[Role::Auditor]);
        ok(&scene.show(&mut auditor, &hers, "/staff/me/card"));
        assert!(officer.get(&page).text().contains("試験 職員"));
        let mut pc = scene.door.stranger();
        ok(&scene.show(&mut pc, &hers, "/staff/sign-in/card"));
        assert_eq!(pc.get("/staff/audit").status, 200, "the account's roles");
        assert_eq!(pc.get("/staff/staff-ids").status, 403, "and no others");
        let others = scene.card(12);
        assert_eq!(scene.show(&mut scene.door.stranger(), &others, "/staff/sign-in/card").status, 422);

        ok(&officer.post(&format!("/staff/staff-ids/id/{id}/do/lost"), &[]));
        assert_ne!(pc.get("/staff/audit").status, 200, "an open session ends at once");
        assert_eq!(scene.show(&mut scene.door.stranger(), &hers, "/staff/sign-in/card").status, 422);
    });
}

#[test]
fn whoever_loses_the_link_or_the_card_is_out_of_the_console_at_once() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let mut officer = scene.door.staff(&[Role::PersonnelOfficer]);
        ok(&multipart(&mut officer, "/staff/staff-ids/import", RECORD));
        let hers = scene.card(11);
        let (page, id) = with_card(&scene, &mut officer, "1001", &hers);
        let second = scene.card(12);
        for (deed, with) in [("unlink", &hers), ("another card", &hers), ("recall", &second)] {
            let mut auditor = scene.door.staff(&[Role::Auditor]);
            ok(&scene.show(&mut auditor, with, "/staff/me/card"));
            let mut pc = scene.door.stranger();
            ok(&scene.show(&mut pc, with, "/staff/sign-in/card"));
            assert_eq!(pc.get("/staff/audit").status, 200, "{deed}");
            match deed {
                "unlink" => ok(&officer.post(&format!("{page}/unlink"), &[])),
                "another card" => ok(&scene.show(&mut officer, &second, &format!("/staff/staff-ids/id/{id}/card"))),
                _ => ok(&officer.post(&format!("/staff/staff-ids/id/{id}/do/recall"), &[])),
            }
            assert_ne!(pc.get("/staff/audit").status, 200, "an open session ends: {deed}");
            assert_ne!(auditor.get("/staff/audit").status, 200, "and every other one of the account: {deed}");
            assert_eq!(scene.show(&mut scene.door.stranger(), with, "/staff/sign-in/card").status, 422, "{deed}");
        }
    });
}

#[test]
fn who_left_is_out_everywhere_at_once() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let mut officer = scene.door.staff(&[Role::PersonnelOfficer]);
    ok(&multipart(&mut officer, "/staff/staff-ids/import", RECORD));
    let his = scene.card(21);
    let (page, _) = with_card(&scene, &mut officer, "1002", &his);
    let number = sticker(&mut officer, &page);
    assert!(scene.ask(&number).contains("税務課"));
    ok(&scene.show(&mut scene.door.staff(&[Role::Operator]), &his, "/staff/me/card"));
    ok(&officer.post(&format!("{page}/leave"), &[]));
    assert!(scene.ask(&number).contains("有効な身分証ではありません"));
    assert_eq!(scene.show(&mut scene.door.stranger(), &his, "/staff/sign-in/card").status, 422);
}

#[test]
fn a_door_without_a_line_opens_by_card_with_pin_or_tag_and_its_log_comes_home() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let mut officer = scene.door.staff(&[Role::PersonnelOfficer]);
    ok(&multipart(&mut officer, "/staff/staff-ids/import", RECORD));
    let hers = scene.card(11);
    let (_, id) = with_card(&scene, &mut officer, "1001", &hers);
    ok(&officer.post(&format!("/staff/staff-ids/id/{id}/tag"), &[("tag", "04:A2:33:91:5C:2B:80")]));
    let mut auditor = scene.door.staff(&[Role::Auditor]);
    ok(&scene.show(&mut auditor, &hers, "/staff/me/card"));
    let file = officer.post("/staff/staff-ids/doors/add", &[("name", "体育館の入口")]).text();
    let door_id = serde_json::from_str::<serde_json::Value>(&file).unwrap()["door"].as_str().unwrap().to_owned();
    let list = officer.post(&format!("/staff/staff-ids/doors/{door_id}/list"), &[]).text();
    assert!(!list.contains("1001") && !list.contains("04A2"), "hashes only");
    let seams = scene.door.database.seams.clone();
    let now = seams.now();

    // From here on there is no line: two files and a clock.
    let door = Door::open(&file, &list, now).unwrap();
    let challenge = Challenge::new(&seams, door.audience(), door.terminal().to_owned());
    let sign = |card: &Card| card.key.sign(&challenge.signed_bytes()).unwrap();
    let (signature, mut log) = (sign(&hers), String::new());
    let shown = Shown::Card(PresentedCard { certificate: &hers.certificate, signature: &signature }, &challenge);
    let (opened, line) = door.decide(shown, now);
    assert_eq!(opened, Ok(()));
    log.push_str(&format!("{}\n", door.written(&line, seams.random_id())));
    let (opened, line) = door.decide(Shown::Tag("04 a2 33 91 5c 2b 80"), now.plus_seconds(60));
    assert_eq!(opened, Ok(()));
    log.push_str(&format!("{}\n", door.written(&line, seams.random_id())));
    // A copy of her certificate without her key, a card of nobody here, another tag.
    let others = scene.card(12);
    let forged = sign(&others);
    let copied = Shown::Card(PresentedCard { certificate: &hers.certificate, signature: &forged }, &challenge);
    assert_eq!(door.decide(copied, now).0, Err(Shut::Card));
    let unknown = Shown::Card(PresentedCard { certificate: &others.certificate, signature: &forged }, &challenge);
    let (shut, line) = door.decide(unknown, now);
    assert_eq!((shut, line.who.as_deref()), (Err(Shut::NotListed), None), "whoever is refused is not written down");
    log.push_str(&format!("{}\n", door.written(&line, seams.random_id())));
    assert_eq!(door.decide(Shown::Tag("04A233915C2B81"), now).0, Err(Shut::NotListed));

    // A list has an end, belongs to one door, and is the city's.
    let late = now.plus_seconds(services::staff_id::door::LIST_SECONDS + 1);
    assert_eq!(Door::open(&file, &list, late).err(), Some(Shut::Stale));
    assert_eq!(door.decide(Shown::Tag("04A233915C2B80"), late).0, Err(Shut::Stale));
    assert_eq!(Door::open(&file, &list, now.plus_seconds(-86_400)).err(), Some(Shut::FromTheFuture));
    let other = officer.post("/staff/staff-ids/doors/add", &[("name", "裏口")]).text();
    assert_eq!(Door::open(&other, &list, now).err(), Some(Shut::NotOurs));
    let other_id = serde_json::from_str::<serde_json::Value>(&other).unwrap()["door"].as_str().unwrap().to_owned();
    assert_eq!(Door::open(&file, &list.replace("until", "untiL"), now).err(), Some(Shut::NotOurs));

    // Lost: the door goes by the list it has, and the next one has neither card nor tag.
    ok(&officer.post(&format!("/staff/staff-ids/id/{id}/do/lost"), &[]));
    assert_eq!(Door::open(&file, &list, now).unwrap().decide(Shown::Tag("04A233915C2B80"), now).0, Ok(()));
    let next = officer.post(&format!("/staff/staff-ids/doors/{door_id}/list"), &[]).text();
    let door = Door::open(&file, &next, now).unwrap();
    assert_eq!(door.decide(Shown::Tag("04A233915C2B80"), now).0, Err(Shut::NotListed));
    assert_eq!(door.decide(shown, now).0, Err(Shut::NotListed));

    // The log comes home, twice, and counts once.
    let at = format!("/staff/staff-ids/doors/{door_id}/log");
    ok(&multipart(&mut officer, &at, &log));
    ok(&multipart(&mut officer, &at, &log));
    let page = officer.get("/staff/staff-ids/doors").text();
    assert_eq!(page.matches(">1001<").count(), 2, "{page}");
    assert_eq!(multipart(&mut officer, &at, "{}\n").status, 400);
    assert_eq!(multipart(&mut officer, &at, &log.replacen("card", "tag", 1)).status, 400, "changed on the way");
    assert_eq!(
        multipart(&mut officer, &format!("/staff/staff-ids/doors/{other_id}/log"), &log).status,
        400,
        "another door's"
    );
    let tomorrow = door.refused("tag", Shut::NotListed, now.plus_seconds(86_400));
    let tomorrow = door.written(&tomorrow, seams.random_id());
    assert_eq!(multipart(&mut officer, &at, &tomorrow).status, 400, "of a time to come");
    assert_eq!(line.at % 60, 0, "the minute, not the second");
}
