//! Address, password and code; and that nobody locks out anybody.

use store::testing::{TestDatabase, for_each_engine};
use yakuba_web::limits::{Class, Limits, Rate};
use yakuba_web::testing::Visitor;

use crate::scene::{HANAKO, Scene, json};

const MAIL: &str = "hanako@example.jp";
const PASSWORD: &str = "four plain words here";

/// Sets address and password in a session that the card proved.
fn set_up(scene: &Scene, phone: &mut Visitor<'_>, mail: &str, nth: usize) {
    assert_eq!(phone.post("/portal/settings/email", &[("email", mail)]).status, 303);
    let code = scene.letters.code(mail, nth);
    assert_eq!(phone.post("/portal/settings/email/code", &[("code", &code)]).status, 303);
}

fn sign_in(scene: &Scene, visitor: &mut Visitor<'_>, nth: usize) -> u16 {
    let sent = visitor.post("/portal/sign-in/password", &[("email", "Hanako@Example.jp "), ("password", PASSWORD)]);
    assert_eq!(sent.location(), Some("/portal/sign-in/code"), "{}", sent.text());
    let code = scene.letters.code(MAIL, nth);
    visitor.post("/portal/sign-in/code", &[("code", &code)]).status
}

#[test]
fn address_password_and_code_let_in_but_not_as_far_as_the_card() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let (_, mut phone) = scene.joined();
        assert_eq!(phone.post("/portal/settings/email", &[("email", "no address")]).status, 400);
        assert_eq!(phone.post("/portal/settings/password", &[("password", PASSWORD)]).status, 404, "first an address");
        set_up(&scene, &mut phone, MAIL, 1);
        for weak in ["short", "aaaaaaaaaaaaaaaa", MAIL] {
            assert_eq!(phone.post("/portal/settings/password", &[("password", weak)]).status, 400, "{weak}");
        }
        assert_eq!(phone.post("/portal/settings/password", &[("password", PASSWORD)]).status, 303);

        let mut computer = scene.door.stranger();
        assert_eq!(sign_in(&scene, &mut computer, 2), 303);
        assert!(computer.get("/portal").text().contains("花子"));
        assert_eq!(computer.get("/portal/settings/security").status, 200);
        assert_eq!(
            computer.post("/portal/settings/email", &[("email", "new@example.jp")]).status,
            403,
            "the card first"
        );
    });
}

#[test]
fn a_wrong_address_and_a_wrong_password_look_the_same_and_a_code_is_tried_five_times() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let (_, mut phone) = scene.joined();
    set_up(&scene, &mut phone, MAIL, 1);
    phone.post("/portal/settings/password", &[("password", PASSWORD)]);
    let mut stranger = scene.door.stranger();
    let answers = [("other@example.jp", PASSWORD), (MAIL, "quite another password")].map(|(email, password)| {
        stranger.post("/portal/sign-in/password", &[("email", email), ("password", password)])
    });
    assert_eq!((answers[0].status, answers[1].status), (401, 401));
    assert_eq!(answers[0].text(), answers[1].text());
    let before = scene.letters.count();
    let forgotten = stranger.post("/portal/sign-in/forgotten", &[("email", "other@example.jp")]);
    assert_eq!(forgotten.location(), Some("/portal/sign-in/reset"), "as for an address that is known");
    let nobody = stranger.post("/portal/sign-in/reset", &[("code", ""), ("password", PASSWORD)]);
    assert_eq!((nobody.status, scene.letters.count()), (401, before), "an empty code fits nobody");

    stranger.post("/portal/sign-in/password", &[("email", MAIL), ("password", PASSWORD)]);
    let code = scene.letters.code(MAIL, 2);
    let wrong = format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000);
    for _ in 0..5 {
        assert_eq!(stranger.post("/portal/sign-in/code", &[("code", &wrong)]).status, 401);
    }
    assert_eq!(stranger.post("/portal/sign-in/code", &[("code", &code)]).status, 401, "the right one comes too late");
    assert_eq!(stranger.get("/portal").status, 401);

    stranger.post("/portal/sign-in/password", &[("email", MAIL), ("password", PASSWORD)]);
    let code = scene.letters.code(MAIL, 3);
    scene.door.database.clock.advance_seconds(601);
    assert_eq!(stranger.post("/portal/sign-in/code", &[("code", &code)]).status, 401, "ten minutes");
}

#[test]
fn a_reset_by_mail_opens_public_notices_only_until_the_card_is_shown() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let (_, mut phone) = scene.joined();
        let mut key = Scene::with_passkey(&mut phone, "");
        set_up(&scene, &mut phone, MAIL, 1);
        let mut thief = scene.door.stranger();
        thief.post("/portal/sign-in/forgotten", &[("email", MAIL)]);
        let code = scene.letters.code(MAIL, 2);
        let reset = thief.post("/portal/sign-in/reset", &[("code", &code), ("password", PASSWORD)]);
        assert_eq!(reset.status, 303, "{}", reset.text());
        assert!(scene.letters.text(MAIL, 3).contains("パスワードが新しく設定"), "and its owner is told");
        assert!(thief.get("/portal").text().contains("一般のお知らせだけ"));
        assert_eq!(thief.get("/portal/settings/security").status, 403);
        assert_eq!(phone.get("/portal").status, 401, "every session ended");
        // Not even a passkey gives the level back; the card does.
        json(&Scene::by_passkey(&mut phone, &mut key));
        assert_eq!(phone.get("/portal/settings/security").status, 403);
        let away = phone.post("/portal/step-up/app", &[]);
        phone.get(&Scene::at_the_app(away.location().unwrap(), "0"));
        assert_eq!(phone.get("/portal/settings/security").status, 200);
        // Who set the password anew gains nothing by it.
        assert_eq!(thief.get("/portal").status, 401);
        let again = thief.post("/portal/sign-in/password", &[("email", MAIL), ("password", PASSWORD)]);
        assert_eq!(again.status, 401, "{}", again.text());
        assert_eq!(scene.by_app(&mut scene.door.stranger(), HANAKO, false).status, 200);
    });
}

#[test]
fn a_new_address_is_proved_and_the_old_one_is_told() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let (_, mut phone) = scene.joined();
    set_up(&scene, &mut phone, MAIL, 1);
    set_up(&scene, &mut phone, "new@example.jp", 1);
    assert!(scene.letters.text(MAIL, 2).contains("メールアドレスが変更"));
    assert!(phone.get("/portal/settings/security").text().contains("new@example.jp"));
    let (_, mut other) = scene.door.resident(tools::portal::Assurance::High);
    other.post("/portal/settings/email", &[("email", "new@example.jp")]);
    let code = scene.letters.code("new@example.jp", 2);
    assert_eq!(other.post("/portal/settings/email/code", &[("code", &code)]).status, 409, "one address, one account");
}

#[test]
fn strangers_who_try_an_account_lock_out_neither_its_browser_nor_its_passkey() {
    let few = |class| match class {
        Class::Password => Some(Rate { burst: 3, per_minute: 1 }),
        _ => None,
    };
    let scene = Scene::with(TestDatabase::on_sqlite(), Limits::with(few));
    let (_, mut phone) = scene.joined();
    let mut key = Scene::with_passkey(&mut phone, "");
    set_up(&scene, &mut phone, MAIL, 1);
    phone.post("/portal/settings/password", &[("password", PASSWORD)]);
    let mut home = scene.door.stranger();
    assert_eq!(sign_in(&scene, &mut home, 2), 303);

    let mut last = 0;
    for at in 0..6 {
        let mut stranger = scene.door.stranger();
        stranger.peer = format!("198.51.100.{at}:40000");
        last = stranger.post("/portal/sign-in/password", &[("email", MAIL), ("password", "guess after guess")]).status;
    }
    assert_eq!(last, 429, "from many addresses too");
    assert_eq!(sign_in(&scene, &mut home, 3), 303, "the browser that was here before");
    json(&Scene::by_passkey(&mut scene.door.stranger(), &mut key));
    let other =
        scene.door.stranger().post("/portal/sign-in/password", &[("email", "a@b.example"), ("password", PASSWORD)]);
    assert_eq!(other.status, 401, "another account is not slowed down");
}

#[test]
fn an_account_gets_five_letters_a_day_for_a_forgotten_password_whoever_asks() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let (_, mut phone) = scene.joined();
    set_up(&scene, &mut phone, MAIL, 1);
    for _ in 0..7 {
        let asked = scene.door.stranger().post("/portal/sign-in/forgotten", &[("email", MAIL)]);
        assert_eq!(asked.location(), Some("/portal/sign-in/reset"), "whoever asks is told the same");
        scene.door.database.clock.advance_seconds(600);
    }
    scene.letters.text(MAIL, 6);
    assert_eq!(scene.letters.settled(MAIL), 6, "one for the address, five for the password");
    scene.door.database.clock.advance_seconds(86_400);
    scene.door.stranger().post("/portal/sign-in/forgotten", &[("email", MAIL)]);
    scene.letters.text(MAIL, 7);
}

#[test]
fn a_telephone_number_is_proved_by_a_code_changed_with_the_card_and_the_old_one_is_told() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let (account, mut phone) = scene.joined();
        set_up(&scene, &mut phone, MAIL, 1);
        let at = "/portal/settings/phone";
        assert_eq!(phone.post(at, &[("phone", "03-1234-5678")]).status, 400, "no mobile");
        assert_eq!(phone.post(at, &[("phone", "090-0000-0001")]).location(), Some("/portal/settings/phone/code"));
        let code = scene.letters.code("09000000001", 1);
        let wrong = if code == "000000" { "111111" } else { "000000" };
        assert_eq!(phone.post("/portal/settings/phone/code", &[("code", wrong)]).status, 401);
        assert_eq!(phone.post("/portal/settings/phone/code", &[("code", &code)]).status, 303);
        let page = phone.get("/portal/settings/security").text();
        assert!(page.contains("下4けた 0001") && !page.contains("09000000001"), "the last digits alone");
        let kept = tools::portal::phone::number_of(&scene.outside(), account).unwrap().unwrap();
        assert_eq!(kept.reveal(), "09000000001");
        phone.post(at, &[("phone", "080 0000 0002")]);
        let code = scene.letters.code("08000000002", 1);
        assert_eq!(phone.post("/portal/settings/phone/code", &[("code", &code)]).status, 303);
        assert!(scene.letters.text("09000000001", 2).contains("変更または削除"), "the old number is told");
        assert!(scene.letters.text(MAIL, 2).contains("変更または削除"), "and the address");
        assert_eq!(phone.post("/portal/settings/phone/remove", &[]).status, 303);
        assert!(scene.letters.text("08000000002", 2).contains("変更または削除"));
        assert!(tools::portal::phone::number_of(&scene.outside(), account).unwrap().is_none());
        // By a passkey it is seen, and not changed.
        let mut key = Scene::with_passkey(&mut phone, "");
        let mut other = scene.door.stranger();
        Scene::by_passkey(&mut other, &mut key);
        assert_eq!(other.post(at, &[("phone", "090-0000-0003")]).status, 403);
    });
}
