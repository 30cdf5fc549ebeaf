//! Lost phones: a passkey stopped from elsewhere, the stop code, an officer.

use store::StoreError;
use store::testing::{TestDatabase, for_each_engine};
use tools::portal::{AccountState, stopping};
use tools::staff::Role;

use crate::scene::{HANAKO, HANAKO_RENEWED, Scene, json};

#[test]
fn a_lost_phones_passkey_is_stopped_from_another_device() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let (_, mut phone) = scene.joined();
        let mut lost = Scene::with_passkey(&mut phone, "なくした電話");
        let mut computer = scene.door.stranger();
        scene.by_app(&mut computer, HANAKO, false);
        let page = computer.get("/portal/settings/security");
        let id = page.between("/portal/settings/passkeys/", "/stop").unwrap();
        assert_eq!(computer.post(&format!("/portal/settings/passkeys/{id}/stop"), &[]).status, 303);
        assert_eq!(phone.get("/portal").status, 401, "its session ended");
        assert_eq!(computer.get("/portal").status, 200, "this one did not");
        assert_eq!(Scene::by_passkey(&mut phone, &mut lost).status, 401);
        let (_, mut stranger) = scene.door.resident(tools::portal::Assurance::High);
        assert_eq!(stranger.post(&format!("/portal/settings/passkeys/{id}/stop"), &[]).status, 404, "not theirs");
    });
}

#[test]
fn the_code_kept_at_home_stops_the_account_without_signing_in_and_the_card_opens_it_again() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let (account, mut phone) = scene.joined();
        let mut key = Scene::with_passkey(&mut phone, "");
        let shown = phone.post("/portal/settings/stop-code", &[]);
        let old = shown.between("<p class=\"secret\">", "<").unwrap();
        let code = phone.post("/portal/settings/stop-code", &[]).between("<p class=\"secret\">", "<").unwrap();
        let mut home = scene.door.stranger();
        assert_eq!(home.post("/portal/stop", &[("code", &old)]).status, 404, "only the newest counts");
        assert_eq!(home.post("/portal/stop", &[("code", "0000-0000-0000-0000-0000")]).status, 404);
        assert_eq!(home.post("/portal/stop", &[("code", &code.to_uppercase())]).status, 200);
        assert_eq!(scene.state(account), AccountState::Stopped);
        assert_eq!(phone.get("/portal").status, 401);
        let refused = Scene::by_passkey(&mut phone, &mut key);
        assert!(refused.status == 422 && refused.text().contains("止められています"), "{}", refused.text());
        assert_eq!(scene.by_app(&mut phone, HANAKO, false).status, 404, "the inside is asked again");

        // Shown again, it stays stopped and shows nothing until the inside has answered this very question.
        let waiting = scene.by_app(&mut phone, HANAKO, true);
        assert_eq!((waiting.status, scene.state(account)), (200, AccountState::Stopped));
        assert!(phone.get("/portal/welcome").text().contains("data-again"));
        assert_eq!(phone.get("/portal/settings/security").status, 403, "nothing of the account opens meanwhile");
        scene.deliver();
        assert_eq!(scene.state(account), AccountState::Open);
        let log = phone.get("/portal/settings/security").text();
        assert!(log.contains("停止番号で利用を停止") && log.contains("カードで停止を解除"), "{log}");
        let lost = Scene::by_passkey(&mut scene.door.stranger(), &mut key);
        assert_eq!(lost.status, 401, "the passkey of the lost phone stays stopped: {}", lost.text());
    });
}

#[test]
fn what_is_stopped_stays_so_whatever_the_register_says_until_a_card_is_shown_a_new_one_too() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let (account, mut phone) = scene.joined();
    let code = phone.post("/portal/settings/stop-code", &[]).between("<p class=\"secret\">", "<").unwrap();
    assert_eq!(scene.door.stranger().post("/portal/stop", &[("code", &code)]).status, 200);
    scene.register_says(&scene.hanako(), "moved_out");
    assert_eq!(scene.state(account), AccountState::Stopped);
    scene.register_says(&scene.hanako(), "resident");
    assert_eq!(scene.state(account), AccountState::Stopped);

    let mut new_card = scene.door.stranger();
    scene.by_app(&mut new_card, HANAKO_RENEWED, true);
    scene.deliver();
    assert_eq!((scene.account_of(&scene.hanako()), scene.state(account)), (Some(account), AccountState::Open));
    assert!(new_card.get("/portal/settings/security").text().contains("カードで停止を解除"));
}

#[test]
fn everywhere_is_everywhere() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let (_, mut phone) = scene.joined();
    let mut computer = scene.door.stranger();
    scene.by_app(&mut computer, HANAKO, false);
    assert!(computer.get("/portal/settings/security").text().matches("アプリで").count() >= 2, "both are listed");
    assert_eq!(computer.post("/portal/settings/sign-out-everywhere", &[]).status, 303);
    assert_eq!((phone.get("/portal").status, computer.get("/portal").status), (401, 401));
}

#[test]
fn an_officer_stops_an_account_on_the_telephone_and_lets_it_in_again_and_both_are_on_record() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let (account, mut phone) = scene.joined();
        let mut key = Scene::with_passkey(&mut phone, "");
        let mut clerk = scene.door.staff(&[Role::CounterClerk]);
        assert_eq!(clerk.get("/staff/portal").status, 200);
        clerk.post("/staff/desk", &[("duty", "inquiry"), ("note", "電話")]);
        let found = clerk.post("/staff/register", &[("kana", "つじ　はなこ")]);
        let resident = found.between("name=\"resident\" value=\"", "\"").unwrap();
        let person = clerk.post("/staff/person", &[("resident", &resident)]).location().unwrap().to_owned();
        assert!(clerk.get(&person).text().contains(&format!("{person}/portal")));
        assert_eq!(clerk.post(&format!("{person}/portal/stop"), &[("stop_reason", "nonsense")]).status, 400);
        assert_eq!(clerk.post(&format!("{person}/portal/stop"), &[("stop_reason", "lost")]).status, 303);
        scene.deliver();
        assert_eq!(scene.state(account), AccountState::Stopped);
        assert_eq!(phone.get("/portal").status, 401);
        assert_eq!(Scene::by_passkey(&mut phone, &mut key).status, 422);
        let page = clerk.get(&format!("{person}/portal")).text();
        assert!(page.contains("スマートフォン等の紛失"), "{page}");

        assert_eq!(clerk.post(&format!("{person}/portal/resume"), &[("resume_reason", "mistake")]).status, 303);
        scene.deliver();
        assert_eq!(scene.state(account), AccountState::Open);
        json(&Scene::by_passkey(&mut phone, &mut key));
        let log = phone.get("/portal/settings/security").text();
        assert!(log.contains("市の職員が利用を停止") && log.contains("市の職員が停止を解除"), "{log}");
        let done = scene.door.inside().store.read::<_, StoreError, _>(|tx| stopping::done(tx, account)).unwrap();
        assert_eq!(done.iter().map(|one| one.is_stop).collect::<Vec<_>>(), [false, true]);
        let audited = scene.door.inside().store.read::<_, StoreError, _>(|tx| {
            tx.query("SELECT event FROM audit_entry WHERE event IN ('portal.stopped', 'portal.resumed')", &[])
        });
        assert_eq!(audited.unwrap().len(), 2);
    });
}

#[test]
fn an_answer_to_what_was_shown_before_the_stop_does_not_undo_it() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let (account, mut phone) = scene.joined();
    let code = phone.post("/portal/settings/stop-code", &[]).between("<p class=\"secret\">", "<").unwrap();
    let again = || scene.door.stranger().post("/portal/stop", &[("code", &code)]).status;
    assert_eq!(again(), 200);
    // The card is shown, the question is on its way; then somebody stops the account once more.
    scene.by_app(&mut phone, HANAKO, true);
    scene.door.database.clock.advance_seconds(60);
    let (inside, post, seams) = (scene.door.inside().clone(), scene.post(), scene.door.app.seams.clone());
    let (hanako, by) = (scene.hanako(), tools::access::Actor::Staff { account: seams.random_id() });
    inside
        .store
        .clone()
        .write::<_, tools::portal::PostError, _>(move |tx| {
            stopping::by_office(tx, &seams, &post, &by, &hanako, true, stopping::Reason::Lost)
        })
        .unwrap();
    scene.hold_first();
    assert_eq!(scene.state(account), AccountState::Stopped);
    scene.deliver();
    assert_eq!(scene.state(account), AccountState::Stopped, "the answer was to an older question");
    assert_eq!(phone.get("/portal").status, 401);
    // Shown once more, after that, it opens.
    scene.by_app(&mut phone, HANAKO, true);
    scene.deliver();
    assert_eq!(scene.state(account), AccountState::Open);
}
