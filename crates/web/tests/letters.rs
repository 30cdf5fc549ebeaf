//! Letters over HTTP: a department hands in, two members of staff release, it appears, is opened and on record, is taken
//! back; consent; who gets it on paper; what strangers and the half-known may not see.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use std::sync::Arc;

use pki::sealed::SealingKey;
use store::StoreError;
use store::testing::{TestDatabase, for_each_engine};
use tools::audit::Zone;
use tools::dispatch::work;
use tools::mailbox::{arrivals, evidence};
use tools::messages;
use tools::portal::{AccountId, Assurance, Post};
use tools::relay::{Endpoint, InProcess};
use tools::signing::SigningKey;
use tools::staff::Role;
use yakuba_web::testing::{TestDoor, Visitor};

struct House {
    door: TestDoor,
    inside_post: Post,
    outside_post: Post,
}

impl House {
    fn open(database: TestDatabase) -> Self {
        let (ours, theirs) = (SealingKey::generate(), SealingKey::generate());
        let (our_name, their_name) = (ours.public().clone(), theirs.public().clone());
        Self {
            door: TestDoor::open(database),
            inside_post: Post::new(Zone::Outside, vec![ours], their_name),
            outside_post: Post::new(Zone::Inside, vec![theirs], our_name),
        }
    }

    /// The jobs beside the doors: sending through all stages, the relay, sealing for each person. `there` stays signed in.
    fn beside(&self, there: &mut Visitor<'_>) {
        let (inside, outside) = (self.door.inside().clone(), self.door.app.outside.as_ref().unwrap().clone());
        let key = |seed: u8| Arc::new(SigningKey::from_seed([seed; 32]).unwrap());
        let end = |zone, store: &store::Store, own: u8, other: u8, router| {
            Endpoint::new(zone, store.clone(), inside.seams.clone(), key(own), vec![key(other).public()], router)
        };
        let near = end(Zone::Inside, &inside.store, 1, 2, messages::to_inside());
        let far = end(Zone::Outside, &outside.store, 2, 1, messages::to_outside());
        for _ in 0..12 {
            while work::step(&inside, &self.inside_post).unwrap() > 0 {}
            self.door.database.clock.advance_seconds(work::HOLD_SECONDS / 4);
            assert_eq!(there.get("/portal").status, 200);
        }
        near.pump(&InProcess(&far)).unwrap();
        arrivals::unpack(&outside, &self.outside_post).unwrap();
    }

    fn link(&self, account: AccountId, resident: &'static str) {
        let inside = self.door.inside();
        let now = inside.seams.now();
        inside
            .store
            .write::<_, StoreError, _>(move |tx| {
                tx.execute(
                    "INSERT INTO portal_links (account_id, resident_id, linked_at, linked_by, told_state, told_at) \
                     VALUES ($1, $2, $3, 'card', 'open', $3)",
                    &[account.into(), resident.into(), now.into()],
                )
            })
            .unwrap();
    }

    /// Approves a department at the console and gives its system.
    fn department(&self) -> Visitor<'_> {
        let mut administrator = self.door.staff(&[Role::Administrator]);
        let fields = [("key", "tax-office"), ("name", "市民税課"), ("kind", "city")];
        let page = administrator.post("/staff/letters/senders", &fields);
        let token = page.between("<code class=\"digest\">", "</code>").unwrap();
        assert!(!administrator.get("/staff/letters/senders").text().contains(&token), "a key is shown once");
        self.door.stranger().with_header("authorization", &format!("Bearer {token}"))
    }
}

fn call(system: &mut Visitor<'_>, address: &str, body: &str) -> (u16, serde_json::Value) {
    let answer = system.send("POST", address, Some("application/json"), body.as_bytes().to_vec());
    (answer.status, serde_json::from_slice(&answer.bytes).unwrap_or_default())
}

const LETTER: &str = r#"{"title":"国民健康保険料のお知らせ","importance":"statutory","class":"health",
  "body":{"japanese":[{"heading":"保険料が決まりました"},{"paragraph":"<script>alert(1)</script>納期を確かめてください。"},
  {"link":{"label":"くわしく","to":"https://city.example.lg.jp/hoken"}}],"english":[{"paragraph":"Your premium is set."}]},
  "action":{"kind":"pay","amount":0,"at":"/portal/dues"},"due_on":"2026-12-25"}"#;

fn hand_in(system: &mut Visitor<'_>, key: &str, lines: &str) -> String {
    let mut keyed = system.clone().with_header("idempotency-key", key);
    let (status, opened) = call(&mut keyed, "/api/dispatch", LETTER);
    assert_eq!(status, 200, "{opened}");
    let id = opened["dispatch"].as_str().unwrap().to_owned();
    assert_eq!(call(&mut keyed, "/api/dispatch", LETTER).1["dispatch"], opened["dispatch"], "once for a key");
    let (status, said) = call(system, &format!("/api/dispatch/{id}/recipients?first=1"), lines);
    assert_eq!(status, 200, "{said}");
    assert_eq!(call(system, &format!("/api/dispatch/{id}/complete"), "").1["state"], "complete");
    id
}

fn release(house: &House, id: &str) {
    let mut first = house.door.staff(&[Role::CertificateOfficer]);
    let mut second = house.door.staff(&[Role::CertificateOfficer]);
    let page = first.get(&format!("/staff/letters/{id}"));
    assert!(page.text().contains("保険料が決まりました"), "staff see what people will see: {}", page.text());
    let asked = first.post(&format!("/staff/letters/{id}/ask"), &[("reason", "年度の決定")]);
    assert_eq!(asked.status, 303, "{}", asked.text());
    let waiting = second.get("/staff/approvals");
    let approve = waiting.between("action=\"/staff/approvals/", "/approve\"").unwrap();
    let address = format!("/staff/approvals/{approve}/approve");
    assert_eq!(first.post(&address, &[]).status, 403, "not by the one who asked");
    assert_eq!(second.post(&address, &[]).status, 303);
}

#[test]
fn a_letter_goes_from_the_department_to_the_reader_and_back_again() {
    for_each_engine(|database| {
        let house = House::open(database);
        let (_, mut without_card) = house.door.resident(Assurance::Substantial);
        let consent = without_card.post("/portal/settings/letters", &[("class", "health"), ("given", "yes")]);
        assert_eq!(consent.status, 403, "paper does not end without the card");
        let (reader, mut at_home) = house.door.resident(Assurance::High);
        house.link(reader, "R-000001");
        let consent = at_home.post("/portal/settings/letters", &[("class", "health"), ("given", "yes")]);
        assert_eq!(consent.status, 303, "{}", consent.text());
        house.beside(&mut at_home);
        let mut system = house.department();
        let lines = "{\"resident\":\"R-000001\",\"personal\":{\"facts\":[[\"年額\",\"84,000円\"]],\"amount\":84000}}\n\
                     {\"resident\":\"R-000002\"}\nnot a line\n";
        let id = hand_in(&mut system, "2026-hoken", lines);
        house.beside(&mut at_home);
        let before = at_home.get("/portal/letters");
        assert!(before.status == 200 && !before.text().contains("国民健康保険料"), "not before two said so");
        release(&house, &id);
        house.beside(&mut at_home);
        let progress = system.get(&format!("/api/dispatch/{id}"));
        let progress: serde_json::Value = serde_json::from_slice(&progress.bytes).unwrap();
        assert_eq!(
            (&progress["state"], &progress["placed"], &progress["paper"], &progress["faults"][0]["line"]),
            (&"done".into(), &1.into(), &1.into(), &3.into()),
            "{progress}"
        );
        for page in ["/portal", "/portal/letters", "/portal/letters?unread=1"] {
            assert!(at_home.get(page).text().contains("国民健康保険料のお知らせ"), "{page}");
        }
        let list = at_home.get("/portal/letters");
        let letter =
            list.between("href=\"/portal/letters/0", "\"").map(|rest| format!("/portal/letters/0{rest}")).unwrap();
        let page = at_home.get(&letter);
        let text = page.text();
        assert!(
            text.contains("84,000円") && text.contains("84,000") && text.contains("(city.example.lg.jp)"),
            "{text}"
        );
        assert!(text.contains("&lt;script&gt;") && !text.contains("<script>alert"), "drawn by us, never theirs");
        assert!(at_home.get(&format!("{letter}?lang=en")).text().contains("Your premium is set."));
        // The choice is remembered; back to Japanese.
        assert_eq!(at_home.get(&format!("{letter}?lang=ja")).status, 200);
        let calendar = at_home.get(&format!("{letter}/calendar.ics"));
        assert!(calendar.text().contains("DTSTART;VALUE=DATE:20261225\r\n"), "{}", calendar.text());
        // Words never stand in an address: search is a form.
        assert!(at_home.post("/portal/letters/search", &[("words", "84,000")]).text().contains(&letter));
        assert!(!at_home.post("/portal/letters/search", &[("words", "無い言葉")]).text().contains(&letter));
        let receipt = at_home.get(&format!("{letter}/receipt"));
        assert!(receipt.text().contains("開かれました") && receipt.text().contains("ContentHandover"));
        let data: serde_json::Value =
            serde_json::from_slice(&at_home.get(&format!("{letter}/receipt.json")).bytes).unwrap();
        assert_eq!(data.as_array().unwrap().len(), 3);
        assert_eq!(&at_home.get("/portal/letters/all.zip").bytes[..2], b"PK");
        let outside = house.door.app.outside.as_ref().unwrap().clone();
        assert!(evidence::verify(&outside.store, None).unwrap().is_sound());
        // Others have nothing of it.
        let (_, mut other) = house.door.resident(Assurance::High);
        for page in [letter.clone(), format!("{letter}/receipt"), format!("{letter}/calendar.ics")] {
            assert_eq!(other.get(&page).status, 404, "{page}");
        }
        // Put away, back, and a statutory letter is never removed.
        assert_eq!(at_home.post(&format!("{letter}/put-away"), &[]).status, 303);
        assert!(!at_home.get("/portal/letters").text().contains(&letter));
        assert!(at_home.get("/portal/letters?view=archive").text().contains(&letter));
        assert_eq!(at_home.post(&format!("{letter}/remove"), &[]).status, 303);
        assert!(at_home.get("/portal/letters?view=archive").text().contains(&letter));
        // Paper for who has no account; posted.
        let mut officer = house.door.staff(&[Role::CertificateOfficer]);
        let paper = officer.get(&format!("/staff/letters/{id}/paper"));
        assert!(paper.text().contains("R-000002") && paper.text().contains("利用登録なし"), "{}", paper.text());
        assert!(officer.get(&format!("/staff/letters/{id}/paper.csv")).text().contains("R-000002"));
        let until = paper.between("name=\"until\" value=\"", "\"").unwrap();
        assert_eq!(officer.post(&format!("/staff/letters/{id}/paper/posted"), &[("until", &until)]).status, 303);
        // Taken back by the department's own system.
        let (status, said) = call(&mut system, &format!("/api/dispatch/{id}/recall"), "{\"reason\":\"金額の誤り\"}");
        assert_eq!((status, &said["state"]), (200, &"recalled".into()));
        house.beside(&mut at_home);
        assert!(at_home.get(&letter).text().contains("この手紙は送り主が取り消しました"));
        assert!(evidence::verify(&outside.store, None).unwrap().is_sound());
    });
}

#[test]
fn a_key_opens_its_own_letters_only_and_hostile_letters_are_refused_with_reasons() {
    for_each_engine(|database| {
        let house = House::open(database);
        let mut system = house.department();
        let id = hand_in(&mut system, "a", "{\"resident\":\"R-000001\"}\n");
        let mut stranger = house.door.stranger();
        assert_eq!(call(&mut stranger, "/api/dispatch", LETTER).0, 401);
        let mut guess = house.door.stranger().with_header("authorization", "Bearer guess");
        assert_eq!(call(&mut guess, &format!("/api/dispatch/{id}/stop"), "").0, 401);
        let mut keyed = system.clone().with_header("idempotency-key", "b");
        for (letter, reason) in [
            ("<p>hello</p>", "the letter"),
            (&LETTER.replace("https://city", "javascript:city"), "https"),
            (&LETTER.replace("paragraph", "html"), "the letter"),
            (&LETTER.replace("\"health\"", "\"health\",\"audience\":\"everybody\""), "free notice"),
        ] {
            let (status, said) = call(&mut keyed, "/api/dispatch", letter);
            assert!(status == 400 && said["reason"].as_str().unwrap().contains(reason), "{status} {said}");
        }
        let mut other = keyed;
        other.headers.retain(|(name, _)| name != "idempotency-key");
        let mut again = other.with_header("idempotency-key", "a");
        assert_eq!(call(&mut again, "/api/dispatch", &LETTER.replace("国民", "市民")).0, 409);
        let (status, said) = call(&mut system, &format!("/api/dispatch/{id}/recall"), "{\"reason\":\"x\"}");
        assert_eq!(status, 409, "{said}");
        let document = house.door.stranger().get("/api/dispatch/openapi.json");
        let document: serde_json::Value = serde_json::from_slice(&document.bytes).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
    });
}

#[test]
fn whoever_is_only_half_known_reads_public_notices_and_no_titles_of_other_letters() {
    for_each_engine(|database| {
        let house = House::open(database);
        let (account, mut half) = house.door.resident(Assurance::Public);
        house.link(account, "R-000001");
        let _ = house.department();
        let write = |officer: &mut Visitor<'_>, title: &str, importance: &str, recipients: &str, token: &str| {
            let fields = [
                ("token", token),
                ("sender", "tax-office"),
                ("importance", importance),
                ("class", "news"),
                ("title", title),
                ("japanese", "本文です。"),
                ("audience", "listed"),
                ("recipients", recipients),
            ];
            let written = officer.post("/staff/letters/write", &fields);
            assert_eq!(written.status, 303, "{}", written.text());
            let location = written.location().unwrap();
            location.trim_start_matches("/staff/letters/").split('?').next().unwrap().to_owned()
        };
        for (title, importance, recipients, token) in [
            ("図書館の休み", "news", "resident\nR-000001\n", "1"),
            ("申込みの期限", "deadline", "resident\nR-000001\n", "2"),
        ] {
            let mut officer = house.door.staff(&[Role::CertificateOfficer]);
            let id = write(&mut officer, title, importance, recipients, token);
            let mut second = house.door.staff(&[Role::CertificateOfficer]);
            assert_eq!(officer.post(&format!("/staff/letters/{id}/ask"), &[("reason", "お知らせ")]).status, 303);
            let waiting = second.get("/staff/approvals");
            let approve = waiting.between("action=\"/staff/approvals/", "/approve\"").unwrap();
            assert_eq!(second.post(&format!("/staff/approvals/{approve}/approve"), &[]).status, 303);
            house.beside(&mut half);
        }
        let list = half.get("/portal/letters");
        assert!(list.text().contains("図書館の休み") && !list.text().contains("申込みの期限"), "{}", list.text());
        assert!(list.text().contains("カードで確かめると読めます"), "it is said that there is one");
        assert_eq!(half.get("/portal/letters/all.zip").status, 403);
    });
}
