//! The app, passkeys, and what each level opens.

use store::testing::{TestDatabase, for_each_engine};
use tools::portal::AccountState;
use tools::portal::assurance::CARD_SECONDS;

use yakuba_web::testing::Answer;

use crate::scene::{HANAKO, HANAKO_RENEWED, HARDLY_HANAKO, Scene, json};

#[test]
fn a_resident_joins_by_the_app_is_known_and_comes_back_by_passkey() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let mut phone = scene.door.stranger();
        let page = phone.get("/portal/sign-in");
        assert!(page.text().contains("はじめて使う") && page.text().contains("模擬"), "{}", page.text());
        assert!(
            page.text().contains("体験版での入り方") && page.text().contains("暗証番号は要りません"),
            "the demo tells how"
        );
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("form-action 'self' http://127.0.0.1:"), "the form may lead to the app: {policy}");

        let back = scene.by_app(&mut phone, HANAKO, true);
        assert!(back.text().contains("0;url=/portal/welcome"), "{}", back.text());
        assert!(phone.get("/portal/welcome").text().contains("確かめています"));
        assert_eq!(phone.post("/portal/settings/passkeys/begin", &[]).status, 409, "not before it is known who it is");
        scene.deliver();
        let welcome = phone.get("/portal/welcome").text();
        assert!(welcome.contains("辻\u{E0102}　花子 さん") && welcome.contains("data-passkey=\"create\""), "{welcome}");
        let account = scene.account_of(&scene.hanako()).unwrap();
        assert_eq!(scene.state(account), AccountState::Open);

        let mut key = Scene::with_passkey(&mut phone, "わたしのスマホ");
        assert!(phone.get("/portal/settings/security").text().contains("わたしのスマホ"));
        assert_eq!(phone.post("/portal/sign-out", &[]).status, 303);
        assert_eq!(phone.get("/portal").status, 401);

        assert_eq!(json(&Scene::by_passkey(&mut phone, &mut key))["next"], "/portal");
        assert!(phone.get("/portal").text().contains("花子"));
        assert_eq!(phone.post("/portal/settings/stop-code", &[]).status, 403, "a passkey is not the card");
        let log = phone.get("/portal/settings/security").text();
        assert!(
            log.contains("アプリでサインイン")
                && log.contains("パスキーを登録")
                && log.contains("パスキーでサインイン")
        );
    });
}

#[test]
fn nobody_is_guessed() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let mut phone = scene.door.stranger();
        scene.by_app(&mut phone, HARDLY_HANAKO, true);
        scene.deliver();
        let welcome = phone.get("/portal/welcome").text();
        assert!(welcome.contains("記録が見つかりませんでした") && welcome.contains("窓口"), "{welcome}");
        assert_eq!(scene.account_of(&scene.hanako()), None);
        assert_eq!(phone.post("/portal/settings/passkeys/begin", &[]).status, 409);
    });
}

#[test]
fn the_way_back_is_taken_once_in_the_browser_that_went_and_from_the_app_alone() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let mut phone = scene.door.stranger();
    let unknown = scene.by_app(&mut phone, HANAKO, false);
    assert_eq!(unknown.status, 404, "without the four attributes nobody is found: {}", unknown.text());
    assert!(unknown.text().contains("はじめて使う"));

    let away = phone.post("/portal/sign-in/app", &[("first", "yes")]);
    let back = Scene::at_the_app(away.location().unwrap(), "0");
    assert_eq!(scene.door.stranger().get(&back).status, 410, "another browser");
    assert_eq!(phone.get(&back.replace("state=", "state=x")).status, 401, "another state");
    assert_eq!(phone.get(&back).status, 410, "the attempt is used up");

    let away = phone.post("/portal/sign-in/app", &[("first", "yes")]);
    let denied = Scene::at_the_app(away.location().unwrap(), "nobody");
    assert!(phone.get(&denied).text().contains("同意されなかった"));
    let away = phone.post("/portal/sign-in/app", &[("first", "yes")]);
    let back = Scene::at_the_app(away.location().unwrap(), "0");
    scene.door.database.clock.advance_seconds(601);
    assert_eq!(phone.get(&back).status, 410, "too late");
    assert_eq!(phone.get("/portal").status, 401);
}

#[test]
fn a_new_card_leads_to_the_account_there_is_and_its_passkeys() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let (account, mut phone) = scene.joined();
        let mut key = Scene::with_passkey(&mut phone, "");
        let mut other = scene.door.stranger();
        scene.by_app(&mut other, HANAKO_RENEWED, true);
        scene.deliver();
        assert_eq!(scene.account_of(&scene.hanako()), Some(account), "a person has one account");
        assert!(other.get("/portal").text().contains("花子"), "the session moved over");
        assert_eq!(
            scene.by_app(&mut scene.door.stranger(), HANAKO_RENEWED, false).status,
            200,
            "and the name at the app"
        );
        json(&Scene::by_passkey(&mut other, &mut key));
    });
}

#[test]
fn the_card_is_asked_for_again_and_holds_for_a_quarter_of_an_hour() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let (_, mut phone) = scene.joined();
    assert_eq!(phone.post("/portal/settings/stop-code", &[]).status, 200, "just now");
    scene.door.database.clock.advance_seconds(CARD_SECONDS);
    let refused = phone.post("/portal/settings/stop-code", &[]);
    assert!(refused.status == 403 && refused.text().contains("href=\"/portal/step-up\""), "{}", refused.text());

    let away = phone.post("/portal/step-up/app", &[("next", "/portal/settings/security")]);
    let address = away.location().unwrap().to_owned();
    assert!(!address.contains("birthdate"), "who is known is not asked for more");
    let back = phone.get(&Scene::at_the_app(&address, "0"));
    assert!(back.text().contains("0;url=/portal/settings/security"), "{}", back.text());
    assert_eq!(phone.post("/portal/settings/stop-code", &[]).status, 200);

    scene.door.database.clock.advance_seconds(CARD_SECONDS);
    let away = phone.post("/portal/step-up/app", &[]);
    let other = phone.get(&Scene::at_the_app(away.location().unwrap(), "2"));
    assert!(other.text().contains("checking=yes"), "somebody else's card raises nothing: {}", other.text());
    assert_eq!(phone.post("/portal/settings/stop-code", &[]).status, 403);
}

#[test]
fn the_dead_come_in_no_more_and_who_moved_away_reads_on() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let (account, mut phone) = scene.joined();
        let mut key = Scene::with_passkey(&mut phone, "");
        scene.register_says(&scene.hanako(), "moved_out");
        assert_eq!(scene.state(account), AccountState::MovedOut);
        assert!(phone.get("/portal").text().contains("これまでの手紙は読めます"));
        json(&Scene::by_passkey(&mut scene.door.stranger(), &mut key));

        scene.register_says(&scene.hanako(), "dead");
        assert_eq!(scene.state(account), AccountState::Ended);
        assert_eq!(phone.get("/portal").status, 401, "every session is over");
        assert_eq!(Scene::by_passkey(&mut scene.door.stranger(), &mut key).status, 422);
        assert_eq!(scene.by_app(&mut scene.door.stranger(), HANAKO, true).status, 422);
    });
}

#[test]
fn whoever_signs_in_is_led_on_to_the_page_they_wanted_and_never_out_of_the_portal() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let (_, mut phone) = scene.joined();
        let mut key = Scene::with_passkey(&mut phone, "");
        let mut home = scene.door.stranger();
        home.get("/portal/sign-in?next=/portal/apps/consent/app/abc_-1");
        let next = |answer: Answer| json(&answer)["next"].as_str().unwrap().to_owned();
        assert_eq!(next(Scene::by_passkey(&mut home, &mut key)), "/portal/apps/consent/app/abc_-1");
        // Once; and whoever is in already is led there at once.
        let mut again = scene.door.stranger();
        assert_eq!(next(Scene::by_passkey(&mut again, &mut key)), "/portal");
        assert_eq!(home.get("/portal/sign-in?next=/portal/letters").location(), Some("/portal/letters"));
        let mut by_app = scene.door.stranger();
        by_app.get("/portal/sign-in?next=/portal/consents");
        assert!(scene.by_app(&mut by_app, HANAKO, false).text().contains("href=\"/portal/consents\""));
        for elsewhere in [
            "https://evil.example/",
            "//evil.example",
            "/portal//evil.example",
            "/portal/..%2f..",
            "/staff",
            "/portal/a?b=c",
        ] {
            let mut lured = scene.door.stranger();
            lured.get(&format!("/portal/sign-in?next={elsewhere}"));
            assert_eq!(next(Scene::by_passkey(&mut lured, &mut key)), "/portal", "{elsewhere}");
        }
    });
}
