//! What an app reads, item by item; the one page of consents; and another wording, which is another question.

use serde_json::{Value, json};
use store::testing::{TestDatabase, for_each_engine};
use tools::data_apps::{AppState, registry};
use tools::mailbox::{Body, DeliveryLaw, Importance, Letter, LetterId, Sender, items as letters};
use tools::portal::{AccountId, Assurance};
use tools::staff::Role;
use yakuba_web::testing::{Answer, TestDoor, Visitor};

use super::review::carry;
use super::support::*;

const CONSENT: &str = "/portal/apps/consent";
const ALL: [&str; 6] = ["openid", "offline_access", "basics", "address", "letters", "disclosures"];

fn asked(app: &App<'_>) -> Fields {
    but(&app.asked(), "scope", Some(&ALL.join(" ")))
}

fn say_yes(resident: &mut Visitor<'_>, query: &str, scopes: &[&str]) -> Answer {
    let mut fields = vec![("asked", query), ("days", "90"), ("decision", "allow")];
    fields.extend(scopes.iter().map(|scope| ("scope", *scope)));
    resident.post(CONSENT, &fields)
}

/// An app that may ask for everything.
fn curious<'a>(door: &'a TestDoor, state: AppState) -> App<'a> {
    App::registered_with(door, "app", state, |said| said.scopes = ALL.map(str::to_owned).into())
}

fn place(door: &TestDoor, account: AccountId, title: &str) -> LetterId {
    let (seams, title) = (door.app.seams.clone(), title.to_owned());
    let letter = Letter {
        attachments: Vec::new(),
        id: LetterId::fresh(&seams),
        sender: Sender { key: "health".into(), is_city: true, name: "健康課".into() },
        importance: Importance::Deadline,
        class: "health".into(),
        delivery: DeliveryLaw::Free,
        title,
        body: Body { japanese: vec![tools::mailbox::Block::Paragraph("本文の秘密".into())], ..Body::default() },
        action: None,
        due_on: None,
        paper_after: None,
        campaign: None,
        reason: None,
        sent_at: seams.now(),
        recalled_at: None,
    };
    let (now, id) = (seams.now(), letter.id);
    door.database
        .outside()
        .write::<_, store::StoreError, _>(move |tx| {
            tools::mailbox::letter::keep(tx, &letter)?;
            letters::place(tx, now, letter.id, account, None)
        })
        .unwrap();
    id
}

#[test]
fn an_app_reads_headings_and_readings_it_was_granted_and_no_word_of_a_letter() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let app = curious(&door, AppState::Live);
        let (account, mut resident) = door.resident(Assurance::High);
        let letter = place(&door, account, "予防接種のお知らせ");
        let yes = say_yes(&mut resident, &app.query(&asked(&app)), &["openid", "letters", "disclosures", "address"]);
        let tokens = app.tokens(&code_in(yes.location().unwrap_or_else(|| panic!("{}", yes.text()))));
        let access = text(&tokens, "access_token");
        let headings = app.fetch("/api/v1/me/letters", access);
        let first = &body(&headings)["letters"][0];
        assert_eq!(
            (&first["title"], &first["sender"], &first["importance"], &first["is_read"]),
            (&json!("予防接種のお知らせ"), &json!("健康課"), &json!("deadline"), &json!(false))
        );
        for never in ["本文の秘密", &letter.to_string(), &account.to_string()] {
            assert!(!headings.text().contains(never), "{never}");
        }
        assert_eq!(body(&app.fetch("/api/v1/me/disclosures", access))["disclosures"], json!([]));
        // The register has not answered yet, and nobody answers here.
        assert_eq!(app.fetch("/api/v1/me/address", access).status, 404);
        assert_eq!(error(&app.fetch("/api/v1/me/basics", access)), (403, "insufficient_scope".into()), "unticked");
        // It was asked for with the consent, and is forgotten with it.
        let rows = |door: &TestDoor| {
            let sql = "SELECT kind FROM portal_own_records WHERE account_id = $1 AND kind = 'address'";
            let read = |tx: &mut store::Tx<'_>| Ok(tx.query(sql, &[account.into()])?.len());
            door.database.outside().read::<_, store::StoreError, _>(read).unwrap()
        };
        let look_after = |door: &TestDoor| {
            let now = door.app.seams.now();
            let tidy = move |tx: &mut store::Tx<'_>| tools::portal::own_records::look_after(tx, now);
            door.database.outside().write::<_, store::StoreError, _>(tidy).unwrap();
        };
        look_after(&door);
        assert_eq!(rows(&door), 1);
        let stop = resident.get("/portal/apps").between("action=\"/portal/apps/", "\"").unwrap();
        assert_eq!(resident.post(&format!("/portal/apps/{stop}"), &[]).status, 303);
        look_after(&door);
        assert_eq!(rows(&door), 0);
    });
}

#[test]
fn made_up_residents_have_every_item_in_the_form_that_is_documented() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    let app = curious(&door, AppState::Sandbox);
    let query = app.query(&asked(&app));
    let tokens = app.tokens(&code_in(app.sandbox_says(&query, "allow", &ALL).location().unwrap()));
    let api = body(&door.stranger().get("/api/v1/openapi.json"));
    for item in &ALL[2..] {
        let path = format!("/api/v1/me/{item}");
        let said = body(&app.fetch(&path, text(&tokens, "access_token")));
        let schema = &api["paths"][&path]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        assert_eq!(
            schema["examples"][0].as_object().unwrap().keys().collect::<Vec<_>>(),
            said.as_object().unwrap().keys().collect::<Vec<_>>()
        );
        assert!(schema["properties"].as_object().is_some_and(|all| !all.is_empty()), "{item}");
    }
}

#[test]
fn what_an_app_was_granted_stands_among_the_consents_with_a_receipt_and_is_withdrawn_there() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let app = curious(&door, AppState::Live);
        let (_, mut resident) = door.resident(Assurance::High);
        let yes = say_yes(&mut resident, &app.query(&asked(&app)), &["openid", "offline_access", "basics", "letters"]);
        let tokens = app.tokens(&code_in(yes.location().unwrap()));
        let page = resident.get("/portal/consents");
        assert!(page.text().contains("こそだて手帳") && page.text().contains("見本株式会社"), "{}", page.text());
        assert!(page.text().contains("手紙の見出し") && !page.text().contains("どの課が"), "ticked items alone");
        let id = page.between("/portal/consents/", "/receipt").map(|part| part.rsplit('/').next().unwrap().to_owned());
        let id = id.unwrap();
        let receipt: Value = body(&resident.get(&format!("/portal/consents/{id}/receipt")));
        assert_eq!(receipt["schema_version"], "ISO/IEC TS 27560:2023");
        let shared: Vec<&str> = receipt["pii_processing"]["purposes"][0]["pii_information"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["pii_type"].as_str().unwrap())
            .collect();
        assert_eq!(shared, ["openid", "offline_access", "basics", "letters"]);
        assert_eq!(receipt["events"][0]["event_state"], "given");
        assert_eq!(receipt["data_agreement"]["revision"], 1);
        // It is agreed to where the app asks, nowhere else.
        assert_eq!(resident.get("/portal/consents/give/data-app-app").status, 404);
        let (_, mut other) = door.resident(Assurance::High);
        assert_eq!(other.post(&format!("/portal/consents/{id}/withdraw"), &[]).status, 404);
        assert_eq!(app.fetch("/api/v1/me/basics", text(&tokens, "access_token")).status, 200);
        assert_eq!(resident.post(&format!("/portal/consents/{id}/withdraw"), &[]).status, 303);
        assert_eq!(error(&app.fetch("/api/v1/me/basics", text(&tokens, "access_token"))).1, "invalid_token");
        let fields: Fields =
            vec![("grant_type", "refresh_token".into()), ("refresh_token", text(&tokens, "refresh_token").into())];
        assert_eq!(error(&app.token(&fields)).1, "invalid_grant");
        assert!(resident.get("/portal/apps").text().contains("終わったもの"), "both pages say so");
        let receipt: Value = body(&resident.get(&format!("/portal/consents/{id}/receipt")));
        assert_eq!(
            (&receipt["state"], &receipt["events"][1]["event_state"]),
            (&json!("withdrawn"), &json!("withdrawn"))
        );
    });
}

#[test]
fn another_wording_is_confirmed_by_two_and_is_another_question_to_the_person() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let (inside, outside, seams) = (door.database.inside(), door.database.outside(), door.app.seams.clone());
        let app = App::registered(&door, "app", AppState::Live);
        let said = registration(&json!(app.key.jwk()));
        let applied = json!({ "client_id": "app", "registration": said, "applied_at": seams.now().micros() });
        known_inside(&door, &applied);
        let (_, mut resident) = door.resident(Assurance::High);
        let yes = say_yes(&mut resident, &app.query(&app.asked()), &["openid", "basics"]);
        let tokens = app.tokens(&code_in(yes.location().unwrap()));
        let access = text(&tokens, "access_token");

        let mut more = said.clone();
        more.scopes.push("letters".into());
        let ask = |said: &tools::data_apps::Registration| {
            let fields: Fields = vec![("registration", json!(said).to_string())];
            app.send("/connect/registration", &fields, &app.assertion(&app.assertion_claims()), None)
        };
        let mut wrong = more.clone();
        wrong.policy = "http://app.example/".into();
        let refused = ask(&wrong);
        assert_eq!(error(&refused), (400, "invalid_client_metadata".into()));
        assert!(refused.text().contains("policy"));
        wrong = more.clone();
        wrong.sector = "app.example".into();
        assert_eq!(error(&ask(&wrong)).0, 400, "the person's name for it would be another");
        assert_eq!(ask(&more).status, 202);
        assert_eq!(ask(&more).status, 429, "one an hour");
        carry(&outside, &inside, &seams, registry::CHANGED);
        assert_eq!(app.fetch("/api/v1/me/basics", access).status, 200, "until it is decided everything stays");

        let (mut one, mut two) = (door.staff(&[Role::CertificateOfficer]), door.staff(&[Role::CertificateOfficer]));
        let page = one.get("/staff/apps/app");
        assert!(page.text().contains("変更の申請") && page.text().contains("letters"), "{}", page.text());
        let take = [("state", "take-change"), ("reason", "見出しだけ")];
        assert!(one.post("/staff/apps/app/decide", &take).location().unwrap().contains("proposed"));
        assert_eq!(one.post("/staff/apps/app/decide", &take).status, 403);
        assert!(two.post("/staff/apps/app/decide", &take).location().unwrap().contains("decided"));
        carry(&inside, &outside, &seams, registry::DECIDED);

        assert_eq!(error(&app.fetch("/api/v1/me/basics", access)).1, "invalid_token", "nothing by the former wording");
        let consents = resident.get("/portal/consents");
        assert!(consents.text().contains("内容が変わったため"), "{}", consents.text());
        let query = app.query(&app.asked());
        let answer =
            resident.post(CONSENT, &[("asked", &query), ("decision", "allow"), ("days", "90"), ("scope", "basics")]);
        let tokens = app.tokens(&code_in(answer.location().unwrap()));
        assert_eq!(app.fetch("/api/v1/me/basics", text(&tokens, "access_token")).status, 200);
        let page = resident.get("/portal/consents");
        let id = page.between("/portal/consents/", "/receipt").unwrap().rsplit('/').next().unwrap().to_owned();
        let receipt: Value = body(&resident.get(&format!("/portal/consents/{id}/receipt")));
        assert_eq!(receipt["data_agreement"]["revision"], 2);
        assert!(receipt["data_agreement"]["predecessor_hash"].is_string());
    });
}

/// The inside knows the app as one that is live.
fn known_inside(door: &TestDoor, applied: &Value) {
    let message = tools::relay::Message {
        sequence: 1,
        id: door.app.seams.random_id(),
        at: door.app.seams.now(),
        kind: registry::APPLIED.to_owned(),
        body: applied.to_string().into_bytes(),
    };
    door.database
        .inside()
        .write::<_, store::StoreError, _>(move |tx| {
            tools::data_apps::review::receive_applied(tx, &message).unwrap();
            tx.execute("UPDATE data_app_reviews SET state = 'live'", &[]).map(drop)
        })
        .unwrap();
}
