//! Letters over HTTP, what goes beside them and what comes back: attachments, answers, receipts, printings on paper.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use std::sync::Arc;

use data_encoding::BASE64;
use pki::sealed::SealingKey;
use store::StoreError;
use store::testing::{TestDatabase, for_each_engine};
use tools::audit::Zone;
use tools::dispatch::{replies as answers, work};
use tools::mailbox::{arrivals, evidence, replies};
use tools::messages;
use tools::portal::post::Desk;
use tools::portal::{AccountId, Assurance, Post};
use tools::register::import;
use tools::relay::{Endpoint, InProcess};
use tools::signing::SigningKey;
use tools::staff::Role;
use yakuba_web::testing::{Answer, TestDoor, Visitor};

struct House {
    door: TestDoor,
    inside_post: Arc<Post>,
    outside_post: Arc<Post>,
}

impl House {
    fn open(database: TestDatabase) -> Self {
        let (ours, theirs) = (SealingKey::generate(), SealingKey::generate());
        let (our_name, their_name) = (ours.public().clone(), theirs.public().clone());
        Self {
            door: TestDoor::open(database),
            inside_post: Arc::new(Post::new(Zone::Outside, vec![ours], their_name)),
            outside_post: Arc::new(Post::new(Zone::Inside, vec![theirs], our_name)),
        }
    }

    /// With a small city in its register.
    fn with_residents(database: TestDatabase) -> Self {
        let directory = database.directory().join("import");
        testkit::city::generate(60, 7, &directory).unwrap();
        let options = import::Options::default();
        import::run(&database.inside(), &database.seams, &directory, &options, &mut |_| true).unwrap();
        Self::open(database)
    }

    /// The jobs beside the doors while all stages pass; everybody `there` stays signed in.
    fn beside(&self, there: &mut [&mut Visitor<'_>]) {
        self.beside_for(work::HOLD_SECONDS / 4, there);
    }

    /// The same in twelve steps of so many seconds.
    fn beside_for(&self, seconds: i64, there: &mut [&mut Visitor<'_>]) {
        let (inside, outside) = (self.door.inside().clone(), self.door.app.outside.as_ref().unwrap().clone());
        let key = |seed: u8| Arc::new(SigningKey::from_seed([seed; 32]).unwrap());
        let end = |zone, store: &store::Store, own: u8, other: u8, router| {
            Endpoint::new(zone, store.clone(), inside.seams.clone(), key(own), vec![key(other).public()], router)
        };
        let near = end(Zone::Inside, &inside.store, 1, 2, messages::to_inside());
        let far = end(Zone::Outside, &outside.store, 2, 1, messages::to_outside());
        for _ in 0..12 {
            while work::step(&inside, &self.inside_post).unwrap() > 0 {}
            self.door.database.clock.advance_seconds(seconds);
            for one in there.iter_mut() {
                assert_eq!(one.get("/portal").status, 200);
            }
        }
        replies::send_untold(&outside, &self.outside_post).unwrap();
        near.pump(&InProcess(&far)).unwrap();
        arrivals::unpack(&outside, &self.outside_post).unwrap();
        let (taking, post) = (self.door.inside().clone(), self.inside_post.clone());
        let desk = Desk::default().on(replies::REPLY, move |opened| answers::take(&taking, &post, opened));
        self.inside_post.unpack(&inside.store, &inside.seams, &desk).unwrap();
        near.pump(&InProcess(&far)).unwrap();
        let taking = outside.clone();
        let desk = Desk::default().on(replies::TAKEN, move |opened| replies::take_taken(&taking, opened));
        self.outside_post.unpack(&outside.store, &outside.seams, &desk).unwrap();
    }

    fn link(&self, account: AccountId, resident: &str) {
        let (inside, resident) = (self.door.inside(), resident.to_owned());
        let now = inside.seams.now();
        inside
            .store
            .write::<_, StoreError, _>(move |tx| {
                tx.execute(
                    "INSERT INTO portal_links (account_id, resident_id, linked_at, linked_by, told_state, told_at) \
                     VALUES ($1, $2, $3, 'card', 'open', $3)",
                    &[account.into(), resident.as_str().into(), now.into()],
                )
            })
            .unwrap();
    }

    fn department(&self) -> Visitor<'_> {
        let mut administrator = self.door.staff(&[Role::Administrator]);
        let fields = [("key", "tax-office"), ("name", "市民税課"), ("kind", "city")];
        let page = administrator.post("/staff/letters/senders", &fields);
        let token = page.between("<code class=\"digest\">", "</code>").unwrap();
        self.door.stranger().with_header("authorization", &format!("Bearer {token}"))
    }

    fn release(&self, id: &str) {
        let mut first = self.door.staff(&[Role::CertificateOfficer]);
        let mut second = self.door.staff(&[Role::CertificateOfficer]);
        assert_eq!(first.post(&format!("/staff/letters/{id}/ask"), &[("reason", "年度の決定")]).status, 303);
        let waiting = second.get("/staff/approvals");
        let approve = waiting.between("action=\"/staff/approvals/", "/approve\"").unwrap();
        assert_eq!(second.post(&format!("/staff/approvals/{approve}/approve"), &[]).status, 303);
    }

    fn count(&self, sql: &'static str, value: &str) -> i64 {
        let value = value.to_owned();
        let row = self.door.inside().store.read::<_, StoreError, _>(|tx| tx.query_one(sql, &[value.as_str().into()]));
        row.unwrap().unwrap().int(0).unwrap()
    }
}

fn call(system: &mut Visitor<'_>, address: &str, body: &str) -> (u16, serde_json::Value) {
    let answer = system.send("POST", address, Some("application/json"), body.as_bytes().to_vec());
    (answer.status, serde_json::from_slice(&answer.bytes).unwrap_or_default())
}

fn opened(system: &mut Visitor<'_>, key: &str, letter: &str) -> String {
    let mut keyed = system.clone().with_header("idempotency-key", key);
    let (status, opened) = call(&mut keyed, "/api/dispatch", letter);
    assert_eq!(status, 200, "{opened}");
    opened["dispatch"].as_str().unwrap().to_owned()
}

fn completed(system: &mut Visitor<'_>, id: &str, lines: &str) {
    let (status, said) = call(system, &format!("/api/dispatch/{id}/recipients?first=1"), lines);
    assert_eq!(status, 200, "{said}");
    assert_eq!(call(system, &format!("/api/dispatch/{id}/complete"), "").1["state"], "complete");
}

fn first_letter(there: &mut Visitor<'_>) -> String {
    let list: Answer = there.get("/portal/letters");
    list.between("href=\"/portal/letters/0", "\"").map(|rest| format!("/portal/letters/0{rest}")).unwrap()
}

const ASKS: &str = r#"{"title":"面談の日程","importance":"emergency","class":"school","delivery":"free","action":{"kind":"reply"},
  "body":{"japanese":[{"paragraph":"ご都合をお知らせください。"}]}}"#;

#[test]
fn an_answer_goes_to_the_office_that_asked_and_nobody_else_reads_it() {
    for_each_engine(|database| {
        let house = House::open(database);
        let (reader, mut at_home) = house.door.resident(Assurance::High);
        house.link(reader, "R-000001");
        let mut system = house.department();
        let id = opened(&mut system, "asks", ASKS);
        completed(&mut system, &id, "{\"resident\":\"R-000001\"}\n");
        house.release(&id);
        // Answering takes the card, shown within a quarter of an hour: an emergency letter goes at once.
        house.beside_for(3, &mut [&mut at_home]);
        let letter = first_letter(&mut at_home);
        let early = at_home.post(&format!("{letter}/reply"), &[("words", "早すぎる返信")]);
        assert_eq!(early.status, 404, "a letter is answered after it was opened");
        assert!(at_home.get(&letter).text().contains(&format!("{letter}/reply")));
        for (words, status, sentence) in [
            ("", 400, "書いてください"),
            (&"あ".repeat(2_001), 400, "長すぎます"),
            ("番号は1234 5678 9018です", 400, "マイナンバー"),
        ] {
            let refused = at_home.post(&format!("{letter}/reply"), &[("words", words)]);
            assert!(refused.status == status && refused.text().contains(sentence), "{}", refused.text());
        }
        let sent = at_home.post(&format!("{letter}/reply"), &[("words", "七月三日の午後に伺います")]);
        assert_eq!(sent.status, 303, "{}", sent.text());
        let receipt = at_home.get(&format!("{letter}/reply"));
        assert!(receipt.text().contains("七月三日の午後に伺います") && receipt.text().contains("届けています"));
        house.beside_for(3, &mut [&mut at_home]);
        assert!(!at_home.get(&format!("{letter}/reply")).text().contains("届けています"), "the city has it");
        // Whoever is known only half cannot answer; another person has no such letter.
        let (_, mut other) = house.door.resident(Assurance::High);
        assert_eq!(other.get(&format!("{letter}/reply")).status, 404);
        assert_eq!(other.post(&format!("{letter}/reply"), &[("words", "x")]).status, 404);
        // Staff of another office see that there is one; the office that sent it reads it, which the person is told of.
        let mut officer = house.door.staff(&[Role::CertificateOfficer]);
        let list = officer.get(&format!("/staff/letters/{id}/replies"));
        assert!(list.text().contains("読めるのは") && !list.text().contains("七月三日"), "{}", list.text());
        assert!(list.between(&format!("/staff/letters/{id}/replies/"), "\"").is_none());
        let mut administrator = house.door.staff(&[Role::Administrator]);
        let set = [("key", "tax-office"), ("office", "市民課")];
        assert_eq!(administrator.post("/staff/letters/senders/office", &set).status, 303);
        let list = officer.get(&format!("/staff/letters/{id}/replies"));
        let reply = list.between(&format!("href=\"/staff/letters/{id}/replies/"), "\"").unwrap();
        let told = "SELECT COUNT(*) FROM disclosure WHERE subject = $1 AND duty = 'inquiry'";
        assert_eq!(house.count(told, "R-000001"), 0);
        let page = officer.get(&format!("/staff/letters/{id}/replies/{reply}"));
        assert!(
            page.text().contains("七月三日の午後に伺います") && page.text().contains("R-000001"),
            "{}",
            page.text()
        );
        assert_eq!(house.count(told, "R-000001"), 1);
        // A helper answers within their mandate, and both are named on both sides.
        let (_, mut helper) = house.door.resident(Assurance::High);
        let last = house.door.inside().seams.today().plus_days(30).to_string();
        let mut known = house.door.again(reader, Assurance::High);
        let offered = known.post("/portal/representatives/offer", &[("scope", "letters"), ("last_day", &last)]);
        let code = offered.between("<code>", "</code>").unwrap();
        assert_eq!(helper.post("/portal/representatives/accept", &[("code", &code)]).status, 303);
        let act = helper.get("/portal/representatives").between("/portal/representatives/", "/act").unwrap();
        assert_eq!(helper.post(&format!("/portal/representatives/{act}/act"), &[]).status, 303);
        let form = helper.get(&format!("{letter}/reply"));
        assert!(form.text().contains("二人の名前"), "{}", form.text());
        assert_eq!(helper.post(&format!("{letter}/reply"), &[("words", "母は入院中です")]).status, 303);
        assert!(known.get(&format!("{letter}/reply")).text().contains("代わりに、"));
        house.beside_for(1, &mut [&mut at_home]);
        let mut officer = house.door.staff(&[Role::CertificateOfficer]);
        assert!(officer.get(&format!("/staff/letters/{id}/replies")).text().contains("代理人"));
        // Five answers at most.
        for number in 3..=5 {
            let answer = known.post(&format!("{letter}/reply"), &[("words", &format!("追伸{number}"))]);
            assert_eq!(answer.status, 303, "{number}");
        }
        assert_eq!(known.post(&format!("{letter}/reply"), &[("words", "追伸6")]).status, 429);
    });
}

const WITH_PAPER: &str = r#"{"title":"保険料の決定","importance":"statutory","class":"health",
  "body":{"japanese":[{"paragraph":"保険料が決まりました。"}]}}"#;

fn attach(system: &mut Visitor<'_>, id: &str, name: &str, bytes: &[u8], resident: Option<&str>) -> (u16, String) {
    let body = serde_json::json!({ "name": name, "content": BASE64.encode(bytes), "resident": resident });
    let (status, said) = call(system, &format!("/api/dispatch/{id}/attachments"), &body.to_string());
    (status, said["reason"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn what_lies_beside_a_letter_comes_with_it_and_hostile_files_are_refused_with_reasons() {
    for_each_engine(|database| {
        let house = House::open(database);
        let (reader, mut at_home) = house.door.resident(Assurance::High);
        let (other, mut neighbour) = house.door.resident(Assurance::High);
        for (account, resident, there) in [(reader, "R-000001", &mut at_home), (other, "R-000002", &mut neighbour)] {
            house.link(account, resident);
            let consent = there.post("/portal/settings/letters", &[("class", "health"), ("given", "yes")]);
            assert_eq!(consent.status, 303);
        }
        house.beside(&mut [&mut at_home, &mut neighbour]);
        let mut system = house.department();
        let id = opened(&mut system, "beside", WITH_PAPER);
        let pdf = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj".as_slice();
        for (name, bytes, reason) in [
            ("x.pdf", &b"%PDF-1.7 << /S /JavaScript /JS (x) >>"[..], "scripts"),
            ("x.html", b"<html><script>", "a PDF or JSON"),
            ("../x.pdf", pdf, "a name has"),
            ("big.pdf", &[b"%PDF-1.7".as_slice(), &[b' '; 700_000]].concat(), "at most 700000 bytes"),
        ] {
            let (status, said) = attach(&mut system, &id, name, bytes, None);
            assert!(status == 400 && said.contains(reason), "{name}: {status} {said}");
        }
        assert_eq!(attach(&mut system, &id, "案内.pdf", pdf, None).0, 200);
        assert_eq!(attach(&mut system, &id, "案内.pdf", pdf, None).0, 200, "the same again is the same");
        assert_eq!(attach(&mut system, &id, "案内.pdf", b"%PDF-1.7 other", None).0, 409);
        let own = b"%PDF-1.7\n%own".as_slice();
        assert_eq!(attach(&mut system, &id, "通知書.pdf", own, Some("R-000001")).0, 200);
        completed(&mut system, &id, "{\"resident\":\"R-000001\"}\n{\"resident\":\"R-000002\"}\n");
        // The page takes files too, until a second person is asked.
        let mut officer = house.door.staff(&[Role::CertificateOfficer]);
        let page = officer.get(&format!("/staff/letters/{id}"));
        assert!(page.text().contains("案内.pdf") && page.text().contains("本人だけの添付"), "{}", page.text());
        let look = officer.get(&format!("/staff/letters/{id}/attachments/1"));
        assert_eq!(look.bytes, pdf);
        house.release(&id);
        assert_eq!(attach(&mut system, &id, "late.pdf", pdf, None).0, 409, "what was approved is what is sent");
        house.beside(&mut [&mut at_home, &mut neighbour]);
        let letter = first_letter(&mut at_home);
        let page = at_home.get(&letter);
        assert!(page.text().contains("案内.pdf") && page.text().contains("通知書.pdf"), "{}", page.text());
        assert_eq!(at_home.get(&format!("{letter}/attachment/1")).bytes, pdf);
        assert_eq!(at_home.get(&format!("{letter}/attachment/101")).bytes, own);
        let theirs = neighbour.get(&letter);
        assert!(theirs.text().contains("案内.pdf") && !theirs.text().contains("通知書.pdf"), "{}", theirs.text());
        assert_eq!(neighbour.get(&format!("{letter}/attachment/101")).status, 404);
        let zip = at_home.get("/portal/letters/all.zip");
        let has = |what: &[u8]| zip.bytes.windows(what.len()).any(|part| part == what);
        assert!(has(b"attachment-101.pdf") && has(b"%own") && has(b"\"whole\":true"));
        // The digest that evidence is about covers the list of attachments.
        let outside = house.door.app.outside.as_ref().unwrap();
        assert!(evidence::verify(&outside.store, None).unwrap().is_sound());
        // Receipts: the person's, and the sender's with counts and root.
        let receipt = at_home.get(&format!("{letter}/receipt.pdf"));
        assert!(receipt.status == 200 && receipt.bytes.starts_with(b"%PDF-"), "{}", receipt.status);
        let mut officer = house.door.staff(&[Role::CertificateOfficer]);
        let sender = officer.get(&format!("/staff/letters/{id}/receipt.pdf"));
        assert!(sender.status == 200 && sender.bytes.starts_with(b"%PDF-"));
        let told = system.get(&format!("/api/dispatch/{id}/receipt"));
        let told: serde_json::Value = serde_json::from_slice(&told.bytes).unwrap();
        assert_eq!((&told["placed"], &told["evidence"]["placed"]), (&2.into(), &2.into()), "{told}");
        assert_eq!(told["evidence"]["root"].as_str().unwrap().len(), 64);
        // What a department's system did is on record under its own name.
        let named = "SELECT COUNT(*) FROM audit_entry WHERE actor_class = $1";
        assert!(house.count(named, "sender") >= 1);
    });
}

#[test]
fn a_printing_reads_each_address_once_leaves_the_protected_out_and_is_erased_when_posted() {
    for_each_engine(|database| {
        let house = House::with_residents(database);
        let store = house.door.inside().store.clone();
        let rows = store
            .read::<_, StoreError, _>(|tx| {
                tx.query(
                    "SELECT r.resident_id, r.name FROM residents r LEFT JOIN protections p ON p.resident_id = r.resident_id \
                     WHERE p.resident_id IS NULL AND r.state = 'resident' ORDER BY r.resident_id LIMIT 2",
                    &[],
                )
            })
            .unwrap();
        let of = |row: &store::Row| (row.text(0).unwrap().to_owned(), row.text(1).unwrap().to_owned());
        let ((plain, name), (hidden, hidden_name)) = (of(&rows[0]), of(&rows[1]));
        let protected = hidden.clone();
        store
            .write::<_, StoreError, _>(move |tx| {
                tx.execute(
                    "INSERT INTO protections (generation, resident_id, protected_from) \
                     SELECT generation, $1, '2020-01-01' FROM register_generation WHERE id = 1",
                    &[protected.as_str().into()],
                )
            })
            .unwrap();
        let (_, mut there) = house.door.resident(Assurance::High);
        let mut system = house.department();
        let id = opened(&mut system, "paper", &WITH_PAPER.replace("health", "demand"));
        let own = r#""personal":{"facts":[["年額","84,000円"]],"amount":84000}"#;
        let lines = format!("{{\"resident\":\"{plain}\",{own}}}\n{{\"resident\":\"{hidden}\"}}\n");
        completed(&mut system, &id, &lines);
        house.release(&id);
        house.beside(&mut [&mut there]);
        let mut officer = house.door.staff(&[Role::CertificateOfficer]);
        let page = officer.get(&format!("/staff/letters/{id}/paper"));
        assert!(!page.text().contains(&name), "the list has numbers, names are read for a printing only");
        let clerk = house.door.staff(&[Role::CounterClerk]).post(&format!("/staff/letters/{id}/printings"), &[]);
        assert_eq!(clerk.status, 403);
        assert_eq!(officer.post(&format!("/staff/letters/{id}/printings"), &[]).status, 303);
        assert_eq!(officer.post(&format!("/staff/letters/{id}/printings"), &[]).status, 409, "nobody is left");
        let page = officer.get(&format!("/staff/letters/{id}/paper"));
        let printing = page.between(&format!("/staff/letters/{id}/printings/"), "/").unwrap();
        let at = format!("/staff/letters/{id}/printings/{printing}");
        for _ in 0..2 {
            let list = officer.get(&format!("{at}/list.csv"));
            assert!(list.text().contains(&name) && list.text().contains("84,000円"), "{}", list.text());
            assert!(!list.text().contains(&hidden_name));
            assert!(officer.get(&format!("{at}/1")).bytes.starts_with(b"%PDF-"));
        }
        assert!(officer.get(&format!("{at}/by-hand")).text().contains(&hidden));
        // One line for each person in who looked, however often it was printed.
        let entries = "SELECT COUNT(*) FROM disclosure_concerned WHERE subject = $1";
        assert_eq!((house.count(entries, &plain), house.count(entries, &hidden)), (1, 1));
        assert_eq!(officer.post(&format!("{at}/posted"), &[]).status, 303);
        assert_eq!(officer.get(&format!("{at}/list.csv")).status, 404, "erased");
        let left = "SELECT COUNT(*) FROM dispatch_paper WHERE printing_id = $1 AND sent_at IS NULL";
        assert_eq!(house.count(left, &printing), 0);
    });
}
