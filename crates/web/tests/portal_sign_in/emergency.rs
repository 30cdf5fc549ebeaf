//! The emergency card: chosen by the person in the portal, written at the loading desk, and the chip reads the same.

use card::city_application::{CitySession, FileId, GroupKeys, KeySet, TerminalName};
use card::virtual_card::{Behaviour, VirtualCard};
use store::StoreError;
use store::testing::{TestDatabase, for_each_engine};
use tools::access::Actor;
use tools::city_application::emergency::{Choice, portal as emergency};
use tools::city_application::share::Share;
use tools::city_application::{Fault, ceremony};
use yakuba_web::kiosk::reader::CardSlot as _;
use yakuba_web::limits::Limits;
use yakuba_web::testing::Visitor;
use yakuba_web::testing::cards::{PIN, TestReader};
use zeroize::Zeroizing;

use super::scene::*;

const PATH: &str = "/portal/emergency-card";
const DESK: &str = "/counter/application";

/// What the page says of a card that holds the choice, and of one that holds what was taken away.
const WRITTEN: &str = ">いまの内容<";
const CLEAR: &str = ">まだ残っています<";

fn share(custodian: u64) -> Share {
    Share::random(&base::SeededRandom::from_seed(custodian))
}

fn open(database: TestDatabase) -> (Scene, TestReader) {
    let tray = TestReader::default();
    let scene = Scene::with_more(database, Limits::none(), |app, cards| cards.machines(app, &tray));
    let inside = scene.door.inside().clone();
    let (vault, seams) = (inside.vault.clone(), inside.seams.clone());
    let made = inside.store.write::<_, Fault, _>(move |tx| {
        ceremony::begin(tx, &seams, &Actor::System { job: "test" }, 2, true)?;
        ceremony::give(tx, &vault, &seams, &Actor::System { job: "one" }, &share(1))?;
        ceremony::give(tx, &vault, &seams, &Actor::System { job: "two" }, &share(2))
    });
    assert!(made.unwrap());
    (scene, tray)
}

/// A card of Hanako's, linked to her.
fn card(scene: &Scene, serial: u64) -> VirtualCard {
    let card = scene.cards.issue(serial);
    scene.cards.link(scene.door.inside(), &card.certificate, &scene.hanako(), None);
    scene.cards.chip(scene.cards.contents(&card), Behaviour::default())
}

/// What an ambulance's terminal reads; [`None`] where the chip has no such file.
fn ambulance_reads(scene: &Scene, tray: &TestReader) -> Option<String> {
    let inside = scene.door.inside();
    let keys = GroupKeys::from_shares(&[1, 2].map(|custodian| {
        let printed = data_encoding::HEXUPPER.decode(share(custodian).printed().replace('-', "").as_bytes()).unwrap();
        Zeroizing::new(printed[..16].try_into().unwrap())
    }));
    let keys = keys.unwrap();
    let key = keys.for_terminal(KeySet::Emergency, 1, TerminalName::of("ambulance 1")).unwrap();
    let card = tray.connect().unwrap();
    let mut session = CitySession::open(card, &key, &*inside.seams.random).ok()?;
    let copy = session.read(FileId::Emergency).ok()?;
    Some(String::from_utf8(copy.bytes).unwrap())
}

const CHOICE: [(&str, &str); 8] = [
    ("name", "kana"),
    ("birth", "yes"),
    ("blood", "A+"),
    ("allergies", "ペニシリン"),
    ("medicines", "血液をさらさらにする薬"),
    ("contact", "辻　一郎"),
    ("telephone", "０９０－１２３４－５６７８"),
    ("language", "ja"),
];

fn with<'a>(name: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    CHOICE.into_iter().map(|(of, was)| (of, if of == name { value } else { was })).collect()
}

/// The text of the chip as a page of the portal shows it.
fn exactly(page: &str) -> String {
    page.split("<pre lang=\"ja\">").nth(1).expect("the text").split("</pre>").next().unwrap().to_owned()
}

fn chosen(scene: &Scene, hanako: &mut Visitor<'_>, fields: &[(&str, &str)]) -> String {
    scene.door.database.clock.advance_seconds(60);
    let shown = hanako.post(&format!("{PATH}/preview"), fields);
    assert_eq!(shown.status, 200, "{}", shown.text());
    let kept = hanako.post(&format!("{PATH}/keep"), fields);
    assert_eq!(kept.location(), Some("/portal/emergency-card?done=portal-done-emergency-kept"), "{}", kept.text());
    scene.deliver();
    exactly(&shown.text())
}

fn load(desk: &mut Visitor<'_>, typed: &[(&str, &str)]) -> String {
    let fields = [&[("pin", PIN), ("application-pin", "2468")], typed].concat();
    desk.post("/counter/application/load", &fields).text()
}

fn update(desk: &mut Visitor<'_>, pin: &str) -> String {
    desk.post("/counter/application/update", &[("application-pin", pin)]).text()
}

#[test]
fn what_the_person_chose_in_the_portal_is_what_the_chip_reads_until_they_take_it_away() {
    for_each_engine(|database| {
        let (scene, tray) = open(database);
        let (_, mut hanako) = scene.joined();
        assert!(hanako.get("/portal/cards").text().contains(PATH));
        let waiting = hanako.get(PATH).text();
        assert!(waiting.contains("選べる項目を確かめています"), "{waiting}");
        scene.deliver();
        let form = hanako.get(PATH).text();
        assert!(
            form.contains("フリガナ") && !form.contains("アルファベット"),
            "the forms of her name that there are: {form}"
        );

        // What may not stand there is told beside what she typed; a preview keeps nothing.
        for (fields, said) in [
            (vec![("contact", "")], "1つも選ばれていません"),
            (with("telephone", "夫"), "電話番号を読めません"),
            (with("medicines", "123456789018"), "マイナンバーは書けません"),
        ] {
            let page = hanako.post(&format!("{PATH}/preview"), &fields).text();
            assert!(page.contains(said), "{page}");
        }
        let preview = hanako.post(&format!("{PATH}/preview"), &CHOICE).text();
        let text = exactly(&preview);
        assert!(
            text.starts_with("yakuba emergency 1\nname: ツジ　ハナコ\nbirth: ")
                && text.contains("telephone: 090-1234-5678\n")
        );
        assert!(preview.contains(&format!("1024バイトのうち{}バイト", text.len())), "{preview}");
        scene.deliver();
        assert!(!hanako.get(PATH).text().contains("いま選んでいる内容"), "nothing was kept");

        // She chooses; the desk writes it with nothing typed, and says when she chose it.
        assert_eq!(chosen(&scene, &mut hanako, &CHOICE), text);
        let page = hanako.get(PATH).text();
        assert_eq!(exactly(&page), text);
        assert!(page.contains("まだカードに書いていません"), "{page}");
        let mut desk = scene.door.neighbour();
        assert_eq!(desk.get("/demo/terminal/loading_desk").location(), Some(DESK));
        tray.put(card(&scene, 11));
        let loaded = load(&mut desk, &[("emergency", "something else"), ("emergency-said", "yes")]);
        assert!(loaded.contains("のせました。") && loaded.contains("に選んだとおり"), "{loaded}");
        // The portal is told at once, and calls the card as "my cards" and the desk do.
        scene.deliver();
        let page = hanako.get(PATH).text();
        assert!(page.contains(WRITTEN) && !page.contains("まだカードに書いていません"), "{page}");
        let name = page.split("<li>カード「").nth(1).expect("a card").split('」').next().unwrap().to_owned();
        hanako.get("/portal/cards");
        scene.deliver();
        let cards = hanako.get("/portal/cards").text();
        assert!(
            cards.contains(&format!("見分けるための記号「{name}」")) && cards.contains("カードには書いてありません"),
            "{cards}"
        );
        assert!(!loaded.contains("ペニシリン"), "the desk does not show what she chose");
        assert_eq!(ambulance_reads(&scene, &tray).as_deref(), Some(text.as_str()));

        // Something else: the card waits until its holder types the application's PIN.
        let other = chosen(&scene, &mut hanako, &with("allergies", "そば"));
        let seen = desk.post(DESK, &[]).text();
        assert!(seen.contains("このカードには、まだ書いていません"), "{seen}");
        update(&mut desk, "");
        assert_eq!(ambulance_reads(&scene, &tray).as_deref(), Some(text.as_str()), "not without her PIN");
        let wrong = update(&mut desk, "1357");
        assert!(wrong.contains("アプリの暗証番号がちがいます") || wrong.contains("暗証番号"), "{wrong}");
        assert_eq!(ambulance_reads(&scene, &tray).as_deref(), Some(text.as_str()));
        let right = update(&mut desk, "2468");
        assert!(right.contains("更新しました。") && right.contains("に選んだとおり"), "{right}");
        assert_eq!(ambulance_reads(&scene, &tray).as_deref(), Some(other.as_str()));

        // A new card carries it too, and nobody types anything.
        let first = tray.take_off().pop().unwrap();
        tray.put(card(&scene, 12));
        assert!(load(&mut desk, &[]).contains("のせました。"));
        assert_eq!(ambulance_reads(&scene, &tray).as_deref(), Some(other.as_str()));
        scene.deliver();
        assert_eq!(hanako.get(PATH).text().matches(WRITTEN).count(), 2, "both cards");

        // Taken away: gone from the city at once, from the chip at its next update.
        scene.door.database.clock.advance_seconds(60);
        assert_eq!(hanako.post(&format!("{PATH}/take-away"), &[]).status, 303);
        scene.deliver();
        let page = hanako.get(PATH).text();
        assert!(
            !page.contains("いま選んでいる内容")
                && !page.contains("value=\"そば\"")
                && page.contains("カードの中にはまだ残っています"),
            "{page}"
        );
        let kept = |sql: &'static str| {
            scene.door.inside().store.read::<_, StoreError, _>(move |tx| Ok(tx.query(sql, &[])?.len())).unwrap()
        };
        assert_eq!(kept("SELECT 1 FROM emergency_cards WHERE content IS NOT NULL"), 0);
        assert_eq!(page.matches(CLEAR).count(), 2, "each of her cards: {page}");
        assert!(update(&mut desk, "").contains("更新しました。"));
        assert_eq!(ambulance_reads(&scene, &tray), None);
        scene.deliver();
        let page = hanako.get(PATH).text();
        assert!(page.matches(CLEAR).count() == 1 && page.contains(&format!("カード「{name}」")), "the first: {page}");
        tray.put(first);
        assert_eq!(ambulance_reads(&scene, &tray).as_deref(), Some(other.as_str()), "it waited in a drawer");
        assert!(update(&mut desk, "").contains("更新しました。"));
        assert_eq!(ambulance_reads(&scene, &tray), None);
        assert_eq!(kept("SELECT 1 FROM emergency_cards") + kept("SELECT 1 FROM emergency_card_copies"), 0);
        scene.deliver();
        let page = hanako.get(PATH).text();
        assert!(!page.contains(CLEAR) && !page.contains("カードの中にはまだ残っています"), "{page}");
    });
}

#[test]
fn whoever_has_no_portal_sees_what_is_typed_at_the_desk_and_says_that_it_is_right() {
    let (scene, tray) = open(TestDatabase::on_sqlite());
    let mut desk = scene.door.neighbour();
    desk.get("/demo/terminal/loading_desk");
    tray.put(card(&scene, 11));
    let refused = load(&mut desk, &[("emergency", "血液型 A")]);
    assert!(refused.contains("確認の印を付けてください") && refused.contains("アプリは、のっていません"), "{refused}");
    let loaded = load(&mut desk, &[("emergency", "血液型 A"), ("emergency-said", "yes")]);
    assert!(loaded.contains("のせました。") && !loaded.contains("に選んだとおり"), "{loaded}");
    assert_eq!(ambulance_reads(&scene, &tray).as_deref(), Some("yakuba emergency 1\nnote: 血液型 A\n"));
    assert!(update(&mut desk, "").contains("更新しました。"));
    assert!(ambulance_reads(&scene, &tray).is_some(), "an update leaves it");
}

#[test]
fn whoever_decided_is_not_told_that_it_is_found_out_what_may_be_chosen() {
    let (scene, _) = open(TestDatabase::on_sqlite());
    let (_, mut hanako) = scene.joined();
    hanako.get(PATH);
    scene.deliver();
    let asking = "選べる項目を確かめています";
    let decided = hanako.post(&format!("{PATH}/keep"), &CHOICE);
    assert_eq!(decided.status, 303, "{}", decided.text());
    let page = hanako.get(PATH).text();
    assert!(page.contains("お申し出を受け取りました") && !page.contains(asking), "{page}");
    scene.deliver();
    assert!(hanako.get(PATH).text().contains("ペニシリン"));
    assert_eq!(hanako.post(&format!("{PATH}/take-away"), &[]).status, 303);
    let page = hanako.get(PATH).text();
    assert!(
        page.contains("お申し出を受け取りました") && !page.contains("ペニシリン"),
        "gone from here at once: {page}"
    );
}

#[test]
fn beyond_what_an_hour_allows_nothing_is_chosen_and_it_can_still_be_taken_away() {
    for_each_engine(|database| {
        let (scene, _) = open(database);
        let (account, mut hanako) = scene.joined();
        hanako.get(PATH);
        scene.deliver();
        for _ in 0..6 {
            chosen(&scene, &mut hanako, &CHOICE);
        }
        let rows = |sql: &'static str| {
            scene.door.inside().store.read::<_, StoreError, _>(move |tx| Ok(tx.query(sql, &[])?.len())).unwrap()
        };
        let all = "SELECT 1 FROM audit_entry";
        let before = rows(all);
        let more = hanako.post(&format!("{PATH}/keep"), &with("allergies", "そば"));
        assert!(more.status == 429 && more.text().contains("回数を超えました"), "{}", more.text());
        // Nor does the inside, where whoever holds the outside asks it.
        let (outside, post) = (scene.outside(), scene.post_to_inside());
        let wish = emergency::Wish::Choose(Choice { blood: "AB".to_owned(), ..Choice::default() });
        let seams = outside.seams.clone();
        let sent = outside.store.write::<_, tools::portal::PostError, _>(move |tx| {
            post.send(tx, &seams, account, emergency::WISH, &wish).map(drop)
        });
        sent.unwrap();
        scene.deliver();
        assert_eq!(rows(all), before, "no row");
        assert!(hanako.get(PATH).text().contains("ペニシリン"), "what was chosen last stays");
        assert_eq!(hanako.post(&format!("{PATH}/take-away"), &[]).status, 303);
        scene.deliver();
        assert_eq!(rows("SELECT 1 FROM emergency_cards"), 0);
    });
}

#[test]
fn nothing_of_a_choice_lies_in_clear_in_any_file() {
    let (scene, _) = open(TestDatabase::on_sqlite());
    let (_, mut hanako) = scene.joined();
    hanako.get(PATH);
    scene.deliver();
    chosen(&scene, &mut hanako, &with("allergies", "ZYXWVUTS"));
    assert!(hanako.get(PATH).text().contains("ZYXWVUTS"));
    let mut folders = vec![scene.door.database.directory().to_owned()];
    let mut read = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            read += usize::from(bytes.windows(15).any(|at| at == b"emergency_cards"));
            assert!(!bytes.windows(8).any(|at| at == b"ZYXWVUTS"), "{}", path.display());
        }
    }
    assert!(read > 0, "the database was read");
}
