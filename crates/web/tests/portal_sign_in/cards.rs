//! The card through the agent on one's own PC; the agent is played here.

use std::sync::Arc;

use pki::SigningKey;
use store::testing::{TestDatabase, for_each_engine};
use tools::ResidentId;
use tools::portal::joining::{CardProof, JOINING, Proof};
use tools::portal::{AccountId, AccountState, account};
use yakuba_web::testing::agent::{TestAgent, code_on};
use yakuba_web::testing::cards::TestCard;

use crate::scene::{HANAKO, Scene, json};

/// A card that the authority issued; linked to `holder` at the counter, where there is one.
fn card(scene: &Scene, serial: u64, holder: Option<ResidentId>) -> TestCard {
    let card = scene.cards.issue(serial);
    if let Some(holder) = holder {
        scene.cards.link(scene.door.inside(), &card.certificate, &holder, None);
    }
    card
}

fn pair(scene: &Scene) -> TestAgent {
    let shown = scene.door.stranger().post("/portal/sign-in/agent", &[]);
    TestAgent::pair(&scene.door, &code_on(&shown)).unwrap()
}

#[test]
fn a_card_at_ones_own_pc_opens_the_account_and_the_inside_judges_it_too() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let (agent, hers) = (pair(&scene), card(&scene, 11, Some(scene.hanako())));
        let mut computer = scene.door.stranger();
        let page = computer.get("/portal/sign-in/card");
        assert!(page.headers["content-security-policy"].to_str().unwrap().contains("http://127.0.0.1:47614"));
        assert_eq!(json(&agent.show(&mut computer, &hers, "/portal/sign-in/card"))["next"], "/portal/welcome");
        scene.deliver();
        assert!(computer.get("/portal").text().contains("花子"));
        assert_eq!(json(&agent.show(&mut scene.door.stranger(), &hers, "/portal/sign-in/card"))["next"], "/portal");

        // By the app she comes to the same account; and the card raises that session too.
        let mut phone = scene.door.stranger();
        scene.by_app(&mut phone, HANAKO, true);
        scene.deliver();
        scene.door.database.clock.advance_seconds(16 * 60);
        assert_eq!(phone.post("/portal/settings/stop-code", &[]).status, 403);
        json(&agent.show(&mut phone, &hers, "/portal/step-up/card"));
        assert_eq!(phone.post("/portal/settings/stop-code", &[]).status, 200);
        let other = card(&scene, 12, None);
        assert_eq!(agent.show(&mut phone, &other, "/portal/step-up/card").status, 409, "somebody else's card");
    });
}

#[test]
fn a_card_nobody_linked_is_sent_to_the_counter_and_an_answer_serves_the_browser_that_asked() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let (agent, unlinked) = (pair(&scene), card(&scene, 21, None));
    let mut computer = scene.door.stranger();
    let mut asking = scene.door.stranger();
    let request = json(&asking.post("/portal/sign-in/card/ask", &[("agent", &agent.paired.agent)]));
    let request = request["request"].as_str().unwrap().to_owned();
    let answer = agent.answer(&unlinked, &request);
    json(&computer.post("/portal/sign-in/card/ask", &[("agent", &agent.paired.agent)]));
    let stolen = computer.post("/portal/sign-in/card/answer", &[("request", &request), ("answer", &answer)]);
    assert_eq!(stolen.status, 422, "another browser's: {}", stolen.text());

    json(&agent.show(&mut computer, &unlinked, "/portal/sign-in/card"));
    scene.deliver();
    assert!(computer.get("/portal/welcome").text().contains("記録が見つかりませんでした"));
    let unknown = computer.post("/portal/sign-in/card/ask", &[("agent", "00000000000000000000000000")]);
    assert_eq!(unknown.status, 404);
}

#[test]
fn a_taken_over_outside_cannot_claim_a_card_it_has_not_seen() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let hers = card(&scene, 31, Some(scene.hanako()));
    let seams = scene.door.database.seams.clone();
    let challenge = pki::Challenge::new(&seams, "localhost:8080", "some agent");
    let wrong = SigningKey::generate_rsa().unwrap();
    let forged = |audience: &str, key: &SigningKey| {
        let mut challenge = challenge.clone();
        challenge.audience = audience.to_owned();
        let signature = key.sign(&challenge.signed_bytes()).unwrap();
        let shown = pki::PresentedCard { certificate: &hers.certificate, signature: &signature };
        Proof::Card(CardProof::new(&challenge, shown))
    };
    // Its certificate alone, with another key; and a signature the card made for somebody else.
    for proof in [forged("localhost:8080", &wrong), forged("kiosk.example", &hers.key)] {
        let claimed = AccountId::fresh(&seams);
        let (outside, seams) = (scene.outside(), seams.clone());
        let post: Arc<_> = scene.door.app.portal.as_ref().unwrap().post.clone();
        outside
            .store
            .write::<_, tools::portal::PostError, _>(move |tx| {
                account::make(tx, seams.now(), claimed)?;
                post.send(tx, &seams, claimed, JOINING, &proof).map(drop)
            })
            .unwrap();
        scene.deliver();
        assert_eq!(scene.state(claimed), AccountState::Unknown);
        assert_eq!(scene.account_of(&scene.hanako()), None);
    }
}

#[test]
fn a_person_sees_all_their_cards_as_the_city_has_them_and_stops_one_without_showing_any() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let (_, mut phone) = scene.joined();
        card(&scene, 71, Some(scene.hanako()));
        let first = phone.get("/portal/cards");
        assert!(first.status == 200 && first.text().contains("data-again"), "{}", first.text());
        scene.deliver();
        let page = phone.get("/portal/cards");
        let id = page.between("/portal/cards/", "/stop").unwrap_or_else(|| panic!("{}", page.text()));
        let stop = format!("/portal/cards/{id}/stop");
        let (_, mut other) = scene.door.resident(tools::portal::Assurance::High);
        assert_eq!(other.post(&stop, &[]).status, 404, "nobody stops another's");
        // The card is lost: a passkey is enough.
        let mut key = Scene::with_passkey(&mut phone, "");
        let mut home = scene.door.stranger();
        Scene::by_passkey(&mut home, &mut key);
        scene.door.database.clock.advance_seconds(1);
        assert_eq!(home.post(&stop, &[]).location(), Some("/portal/cards?done=portal-done-card-stopping"));
        // Until the inside answers the page says that it is being done, and does not offer it again.
        let page = home.get("/portal/cards").text();
        assert!(
            !page.contains(&stop) && page.contains("停止の手続きを受け付けました") && page.contains("手続き中"),
            "{page}"
        );
        assert!(page.contains("data-again"), "{page}");
        scene.deliver();
        let page = home.get("/portal/cards").text();
        assert!(!page.contains(&stop) && page.contains("一時停止") && page.contains("止まっている間は"), "{page}");
        assert!(!page.contains("停止の手続きを受け付けました") && !page.contains("data-again"), "{page}");
        assert!(home.get("/portal/settings/security").text().contains("カードの停止を依頼"));
    });
}

#[test]
fn asking_for_pairing_codes_writes_nothing_into_the_audit_log_and_has_an_end() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let entries = || {
        let read = |tx: &mut store::Tx<'_>| Ok(tx.query("SELECT 1 FROM audit_entry", &[])?.len());
        scene.outside().store.read::<_, store::StoreError, _>(read).unwrap()
    };
    let before = entries();
    for _ in 0..3 {
        assert_eq!(scene.door.stranger().post("/portal/sign-in/agent", &[]).status, 200);
    }
    assert_eq!(entries(), before);
}
