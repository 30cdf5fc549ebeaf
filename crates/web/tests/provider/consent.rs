//! A person's side: the question, the yes, the list, the way out.

use store::testing::{TestDatabase, for_each_engine};
use tools::data_apps::AppState;
use tools::portal::{AccountId, AccountState, Assurance, account};
use yakuba_web::testing::{Answer, TestDoor, Visitor};

use super::support::*;

const CONSENT: &str = "/portal/apps/consent";

/// The portal's page for a browser's query.
fn page_of(query: &str) -> String {
    let (client, name) = query.split_once("&request_uri=").unwrap();
    format!("{CONSENT}/{}/{}", client.trim_start_matches("client_id="), name.rsplit("%3A").next().unwrap())
}

fn say_yes(resident: &mut Visitor<'_>, query: &str, days: &str) -> Answer {
    let scopes = ["openid", "offline_access", "basics"].map(|scope| ("scope", scope));
    let fields = [("asked", query), ("days", days), ("decision", "allow")];
    resident.post(CONSENT, &[&fields[..], &scopes[..]].concat())
}

fn set_state(door: &TestDoor, id: AccountId, state: AccountState) {
    let (outside, now) = (door.database.outside(), door.app.seams.now());
    outside.write::<_, store::StoreError, _>(move |tx| account::set_state(tx, now, id, state, None)).unwrap();
}

#[test]
fn a_resident_reads_who_asks_says_yes_with_the_card_sees_it_and_stops_it() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let app = App::registered(&door, "app", AppState::Live);
        let (_, mut resident) = door.resident(Assurance::High);
        let query = app.query(&app.asked());
        // The first page knows nobody and leads on.
        let first = door.stranger().get(&format!("/connect/authorize?{query}"));
        assert!(first.text().contains("href=\"/portal/apps/consent/app/"), "{}", first.text());
        let page = resident.get(&page_of(&query));
        for word in ["こそだて手帳", "見本株式会社", "予防接種の時期を知らせます", "氏名、振り仮名、生年月日", "90日"]
        {
            assert!(page.text().contains(word), "{word} is not on the page ({}): {}", page.status, page.text());
        }
        let yes = say_yes(&mut resident, &query, "90");
        assert_eq!(yes.status, 303, "{}", yes.text());
        let tokens = app.tokens(&code_in(yes.location().unwrap()));
        let access = text(&tokens, "access_token");
        let data = body(&app.fetch("/api/v1/me/basics", access));
        assert_eq!((text(&data, "name"), text(&data, "birth_date")), ("見本 花子", "1980-04-01"));
        // The list says what was read.
        let list = resident.get("/portal/apps");
        assert!(list.text().contains("こそだて手帳") && list.text().contains("1回"), "{}", list.text());
        let stop = list.between("action=\"/portal/apps/", "\"").unwrap();
        let (_, mut other) = door.resident(Assurance::High);
        assert_eq!(other.post(&format!("/portal/apps/{stop}"), &[]).status, 404, "nobody stops another's");
        assert_eq!(app.fetch("/api/v1/me", access).status, 200);
        let stopped = resident.post(&format!("/portal/apps/{stop}"), &[]);
        assert_eq!(stopped.location(), Some("/portal/apps?done=portal-done-app-stopped"));
        assert_eq!(error(&app.fetch("/api/v1/me", access)).1, "invalid_token");
        let fields: Fields =
            vec![("grant_type", "refresh_token".into()), ("refresh_token", text(&tokens, "refresh_token").into())];
        assert_eq!(error(&app.token(&fields)).1, "invalid_grant");
    });
}

#[test]
fn a_new_yes_needs_the_card_a_no_does_not_and_an_old_yes_is_used_without_it() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    let app = App::registered(&door, "app", AppState::Live);
    let (_, mut resident) = door.resident(Assurance::Substantial);
    let query = app.query(&app.asked());
    let page = resident.get(&page_of(&query));
    assert!(page.text().contains("/portal/step-up?next=") && !page.text().contains("name=\"days\""));
    assert_eq!(say_yes(&mut resident, &query, "90").status, 403);
    let no = resident.post(CONSENT, &[("asked", &query), ("decision", "deny")]);
    assert!(no.location().unwrap().starts_with(&format!("{BACK}?error=access_denied")));
    let (_, mut sure) = door.resident(Assurance::High);
    let yes = say_yes(&mut sure, &app.query(&app.asked()), "365");
    app.tokens(&code_in(yes.location().unwrap()));
    // Half an hour later the card's proof is over, the yes is not.
    door.database.clock.advance_seconds(20 * 60);
    let query = app.query(&app.asked());
    let page = sure.get(&page_of(&query));
    assert!(!page.text().contains("name=\"days\"") && page.text().contains("前に同意しています"), "{}", page.text());
    let again = sure.post(CONSENT, &[("asked", &query), ("decision", "allow")]);
    let tokens = app.tokens(&code_in(again.location().unwrap()));
    let claims = text(&tokens, "id_token").split('.').nth(1).unwrap().to_owned();
    let claims: serde_json::Value =
        serde_json::from_slice(&data_encoding::BASE64URL_NOPAD.decode(claims.as_bytes()).unwrap()).unwrap();
    assert_eq!(text(&claims, "acr"), "substantial");
    // Unless the app asks for the card, a fresh sign-in or the question.
    for (name, value) in [("acr_values", "high"), ("prompt", "login"), ("prompt", "consent"), ("max_age", "60")] {
        let query = app.query(&but(&app.asked(), name, Some(value)));
        let answer = sure.post(CONSENT, &[("asked", &query), ("decision", "allow")]);
        assert_eq!(answer.status, 403, "{name}={value}");
    }
}

#[test]
fn what_is_unticked_is_not_given_and_nothing_ticked_is_a_no() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    let app = App::registered(&door, "app", AppState::Live);
    let (_, mut resident) = door.resident(Assurance::High);
    let query = app.query(&app.asked());
    let fields = [("asked", query.as_str()), ("days", "1"), ("decision", "allow"), ("scope", "openid")];
    let yes = resident.post(CONSENT, &fields);
    let tokens = app.tokens(&code_in(yes.location().unwrap()));
    assert_eq!(text(&tokens, "scope"), "openid");
    assert!(tokens.get("refresh_token").is_none());
    let query = app.query(&app.asked());
    let none = resident.post(CONSENT, &[("asked", query.as_str()), ("days", "1"), ("decision", "allow")]);
    assert!(none.location().unwrap().contains("error=access_denied"));
    // A scope that was not asked for is not had by sending it, nor another length.
    let query = app.query(&but(&app.asked(), "scope", Some("openid")));
    let tokens = app.tokens(&code_in(say_yes(&mut resident, &query, "1").location().unwrap()));
    assert_eq!(text(&tokens, "scope"), "openid");
    assert_eq!(say_yes(&mut resident, &app.query(&app.asked()), "36500").status, 400);
}

#[test]
fn no_app_reads_of_an_account_that_is_not_open_nor_after_the_consent_has_ended() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    let app = App::registered(&door, "app", AppState::Live);
    let (id, mut resident) = door.resident(Assurance::High);
    let yes = say_yes(&mut resident, &app.query(&app.asked()), "1");
    let tokens = app.tokens(&code_in(yes.location().unwrap()));
    let access = text(&tokens, "access_token");
    for state in [AccountState::Stopped, AccountState::Ended, AccountState::MovedOut] {
        set_state(&door, id, state);
        assert_eq!(app.fetch("/api/v1/me", access).status, 401, "{state:?}");
    }
    set_state(&door, id, AccountState::Open);
    assert_eq!(app.fetch("/api/v1/me", access).status, 200);
    door.database.clock.advance_seconds(86_400);
    let fields: Fields =
        vec![("grant_type", "refresh_token".into()), ("refresh_token", text(&tokens, "refresh_token").into())];
    assert_eq!(error(&app.token(&fields)).1, "invalid_grant");
}

#[test]
fn two_apps_know_one_person_by_two_names_and_one_app_by_one() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    let (app, other) = (App::registered(&door, "app", AppState::Live), App::registered(&door, "other", AppState::Live));
    let (id, mut resident) = door.resident(Assurance::High);
    let subject = |app: &App<'_>, resident: &mut Visitor<'_>| {
        let yes = say_yes(resident, &app.query(&app.asked()), "90");
        let tokens = app.tokens(&code_in(yes.location().unwrap()));
        text(&body(&app.fetch("/connect/userinfo", text(&tokens, "access_token"))), "sub").to_owned()
    };
    let (first, second) = (subject(&app, &mut resident), subject(&app, &mut resident));
    assert_eq!(first, second);
    assert_ne!(first, subject(&other, &mut resident));
    assert!(!first.contains(&id.to_string()));
}

#[test]
fn an_app_that_is_being_tried_gets_nobody_real_and_a_live_one_nobody_made_up() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    let tried = App::registered(&door, "tried", AppState::Sandbox);
    let (_, mut resident) = door.resident(Assurance::High);
    let query = tried.query(&tried.asked());
    assert!(!resident.get(&page_of(&query)).text().contains("name=\"decision\""));
    assert_eq!(say_yes(&mut resident, &query, "90").status, 403);
    let live = App::registered(&door, "live", AppState::Live);
    let query = live.query(&live.asked());
    assert_eq!(live.sandbox_answer(&query, "allow").status, 403);
}
