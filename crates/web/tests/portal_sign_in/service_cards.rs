//! My cards: asked for in the portal, old and new side by side, a lost one stopped, the old one switched off.

use services::city_cards::issuing::{self, Wanted};
use services::city_cards::kept::{self, CardsError};
use services::city_cards::{effect, examples};
use store::testing::for_each_engine;
use tools::access::Actor;
use tools::service_cards::Form;

use super::scene::*;

const STAFF: Actor = Actor::System { job: "test" };

fn seed(scene: &Scene) {
    let seams = scene.door.inside().seams.clone();
    scene
        .door
        .inside()
        .store
        .write::<_, CardsError, _>(move |tx| {
            examples::all().iter().try_for_each(|(key, example)| kept::seed_demo(tx, &seams, key, example))
        })
        .unwrap();
}

/// The address of a form on the page that ends so.
fn address(page: &str, what: &str) -> Option<String> {
    let is_it = |text: &&str| text.starts_with("/portal/cards/services/") && text.ends_with(what);
    page.split('"').find(is_it).map(str::to_owned)
}

#[test]
fn what_was_said_is_shown_as_under_way_until_the_inside_answers_and_is_not_offered_again() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        seed(&scene);
        let (_, mut hanako) = scene.joined();
        hanako.get("/portal/cards");
        scene.deliver();
        let clock = scene.door.database.clock.clone();
        let asks = |page: &str| page.contains("value=\"bicycle_parking\"");
        assert!(asks(&hanako.get("/portal/cards").text()));

        // Asked for: it stands among her cards as under way, and the page looks again by itself, but not for ever.
        clock.advance_seconds(1);
        hanako.post("/portal/cards/services/ask", &[("service", "bicycle_parking")]);
        let page = hanako.get("/portal/cards").text();
        assert!(page.contains("申込みを受け付けました") && page.contains("data-again=\"4\"") && !asks(&page), "{page}");
        assert!(page.contains("value=\"library_card\""), "others may be asked for meanwhile: {page}");
        clock.advance_seconds(10);
        let page = hanako.get("/portal/cards").text();
        assert!(page.contains("申込みを受け付けました") && !page.contains("data-again") && !asks(&page), "{page}");
        scene.deliver();
        let page = hanako.get("/portal/cards").text();
        assert!(page.contains("B-00000018") && !page.contains("申込みを受け付けました"), "{page}");

        // Lost: no button for it while it is being stopped, nor afterwards.
        let lost = address(&page, "/lost").unwrap();
        clock.advance_seconds(1);
        hanako.post(&lost, &[]);
        let page = hanako.get("/portal/cards").text();
        assert!(
            page.contains("利用停止の届けを受け付けました")
                && page.contains("手続き中")
                && address(&page, "/lost").is_none(),
            "{page}"
        );
        scene.deliver();
        let page = hanako.get("/portal/cards").text();
        assert!(page.contains("紛失の届けあり") && !page.contains("を受け付けました"), "{page}");

        // What never comes may be said again.
        let asks = |page: &str| page.contains("value=\"library_card\"");
        clock.advance_seconds(1);
        hanako.post("/portal/cards/services/ask", &[("service", "library_card")]);
        assert!(!asks(&hanako.get("/portal/cards").text()));
        clock.advance_seconds(600);
        assert!(asks(&hanako.get("/portal/cards").text()));
    });
}

#[test]
fn cards_are_asked_for_shown_stopped_and_switched_off_from_the_portal() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        seed(&scene);
        let (_, mut hanako) = scene.joined();
        let waiting = hanako.get("/portal/cards").text();
        assert!(waiting.contains("カードを確かめています"), "{waiting}");
        scene.deliver();
        let none = hanako.get("/portal/cards").text();
        assert!(none.contains("登録されているカードはありません") && none.contains("駐輪場定期利用券"), "{none}");
        assert!(!none.contains("印鑑登録証"), "no online way for it");

        // Asked for: the library too gives a number of its range for the portal.
        for service in ["bicycle_parking", "library_card"] {
            let asked = hanako.post("/portal/cards/services/ask", &[("service", service)]);
            assert_eq!(asked.location(), Some("/portal/cards?done=portal-done-cards-asked"));
            // Twice is once.
            hanako.post("/portal/cards/services/ask", &[("service", service)]);
        }
        assert_eq!(hanako.post("/portal/cards/services/ask", &[("service", "seal_registration")]).status, 404);
        scene.deliver();
        let page = hanako.get("/portal/cards").text();
        assert_eq!(page.matches("B-00000018").count(), 1, "{page}");
        assert!(page.contains("L900000018") && page.contains("まで"), "{page}");

        // Her old plastic card was brought in: both stand side by side until she switches the old one off.
        let (inside, who) = (scene.door.inside().clone(), scene.hanako());
        let card = inside.store.read(|tx| kept::live(tx, "bicycle_parking")).unwrap().unwrap();
        let wanted = Wanted { card: &card, form: Form::OwnCard, typed: Some("B-00000018"), replaces: None };
        issuing::give(&inside, &STAFF, &who, &wanted).unwrap().unwrap();
        scene.door.database.clock.advance_seconds(60);
        hanako.get("/portal/cards");
        scene.deliver();
        let page = hanako.get("/portal/cards").text();
        assert!(page.contains("従来のカードとマイナンバーカードの両方が使えます"), "{page}");
        let end = address(&page, "/end").unwrap();
        scene.door.database.clock.advance_seconds(1);
        assert_eq!(hanako.post(&end, &[]).status, 303);
        let page = hanako.get("/portal/cards").text();
        assert!(
            page.contains("廃止の手続きを受け付けました") && page.contains("/lost") && !page.contains(&end),
            "{page}"
        );
        scene.deliver();
        let page = hanako.get("/portal/cards").text();
        assert!(page.contains("廃止") && !page.contains("両方が使えます"), "{page}");

        // The number as a code, at least 15 mm wide; then the card is lost, and there is no code any more.
        let sticker = address(&page, "/sticker").unwrap();
        let label = hanako.get(&sticker).text();
        assert!(label.contains("width=\"25mm\"") && label.contains("code-label"), "{label}");
        let lost = sticker.replace("/sticker", "/lost");
        assert_eq!(hanako.post(&lost, &[]).location(), Some("/portal/cards?done=portal-done-cards-lost"));
        scene.deliver();
        let page = hanako.get("/portal/cards").text();
        assert!(page.contains("紛失の届けあり"), "{page}");
        assert_eq!(hanako.get(&sticker).status, 404);

        // Somebody else's card is not even asked for.
        let (_, mut stranger) = scene.door.resident(tools::portal::Assurance::Substantial);
        assert_eq!(stranger.post(&lost, &[]).status, 404);

        // Two cards were not made.
        let day = base::Date::parse("2020-01-01").unwrap();
        let saved = inside.cards.read(move |tx| effect::saved(tx, "bicycle_parking", day)).unwrap();
        assert_eq!((saved.cards_not_issued, saved.own_cards, saved.fees), (1, 1, base::Yen(300)));
    });
}
