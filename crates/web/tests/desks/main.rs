//! What is shown at the terminals and must not be taken: copies, signatures that were overheard, revoked cards, cards nobody
//! knows, cards that are taken away in the middle. Each is refused by its own sentence at each terminal, leaves nobody known
//! there, and harms nothing: the genuine card is taken right after.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests stop the test")]

mod scene;

use scene::{Desk, PIN, Scene, desks, show};
use store::testing::TestDatabase;
use yakuba_web::testing::{Visitor, ids_twice};

/// Whether somebody is known at this terminal: their page is not turned away to the first one.
fn is_known(visitor: &mut Visitor<'_>, desk: Desk) -> bool {
    let Some(person) = desk.person else { return false };
    visitor.get(person).status != 303
}

/// Nobody is taken, and the sentence says why.
fn refused(visitor: &mut Visitor<'_>, desk: Desk, pin: Option<&str>, sentence: &str) {
    let (to, page) = show(visitor, desk, pin);
    assert!(page.contains(sentence), "{}: {sentence} is not in the page at {to:?}: {page}", desk.sort);
    assert!(!is_known(visitor, desk), "{}: nobody is known after “{sentence}”", desk.sort);
}

/// The card is taken. At the guard's desk only the label is found wanting.
fn taken(visitor: &mut Visitor<'_>, desk: Desk, pin: Option<&str>) {
    let (to, page) = show(visitor, desk, pin);
    match desk.person {
        Some(person) => assert_eq!(to.as_deref(), Some(person), "{}: {page}", desk.sort),
        None => assert!(page.contains("有効な身分証ではありません"), "{}: {page}", desk.sort),
    }
}

#[test]
fn a_copied_certificate_an_overheard_signature_a_revoked_and_an_unknown_card_are_refused_with_pin_at_every_terminal() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let ((card, key), (stranger, _)) = (scene.card(11), scene.card(12));
    scene.enrol(&card, "R-11");
    let overheard = key.sign(b"an earlier challenge").unwrap();
    for desk in desks() {
        let mut visitor = scene.at(desk);
        for heard in [None, Some(overheard.clone())] {
            scene.tray.put_copy(&card, heard);
            refused(&mut visitor, desk, Some(PIN), "カードの署名を確かめられませんでした");
        }
        scene.tray.put(card.clone());
        scene.cards.status.revoke(true);
        refused(&mut visitor, desk, Some(PIN), "失効しています");
        scene.cards.status.revoke(false);
        if desk.person.is_some() {
            scene.tray.put(stranger.clone());
            refused(&mut visitor, desk, Some(PIN), "このカードは当市に登録されていません");
        }
        scene.tray.put(card.clone());
        taken(&mut visitor, desk, Some(PIN));
    }
}

#[test]
fn a_copied_card_a_replayed_proof_a_revoked_and_an_unknown_card_are_not_tapped_where_a_tap_is_enough() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let ((card, _), (stranger, _)) = (scene.card(21), scene.card(22));
    scene.enrol(&card, "R-21");
    let replayed = scene.overheard_proof(&card);
    for desk in desks().into_iter().filter(|desk| desk.goes_without_pin) {
        let mut visitor = scene.at(desk);
        for heard in [None, Some(replayed.clone())] {
            scene.tray.put_copy(&card, heard);
            refused(&mut visitor, desk, None, "登録したカードではありません");
        }
        scene.tray.put(card.clone());
        scene.cards.status.revoke(true);
        refused(&mut visitor, desk, None, "失効しています");
        scene.cards.status.revoke(false);
        scene.tray.put(stranger.clone());
        refused(&mut visitor, desk, None, "このカードは当市に登録されていません");
        scene.tray.put(card.clone());
        taken(&mut visitor, desk, None);
    }
    // Nothing of it was a tap but the genuine ones.
    let taps = scene.door.inside().store.read::<_, store::StoreError, _>(|tx| {
        let rows = tx.query("SELECT outcome FROM taps", &[])?;
        rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect::<Result<Vec<_>, _>>()
    });
    let taps = taps.unwrap();
    assert_eq!(taps.iter().filter(|outcome| *outcome == "taken").count(), 3, "{taps:?}");
    assert_eq!(taps.iter().filter(|outcome| *outcome == "not_the_enrolled_card").count(), 6, "{taps:?}");
    // Where nobody watches, a card alone is never enough.
    let machine = desks().into_iter().find(|desk| desk.sort == "revisit_machine").unwrap();
    refused(&mut scene.at(machine), machine, None, "この端末では、カードをかざすだけでは使えません");
}

#[test]
fn a_card_taken_away_at_any_moment_is_said_to_be_gone_costs_no_try_and_is_taken_when_it_lies_still() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let (card, _) = scene.card(31);
    scene.enrol(&card, "R-31");
    for desk in desks() {
        let mut visitor = scene.at(desk);
        for pin in [Some(PIN), None].into_iter().filter(|pin| pin.is_some() || desk.goes_without_pin) {
            const PLENTY: usize = 10_000;
            scene.tray.put(card.clone());
            scene.tray.pull_after(Some(PLENTY));
            taken(&mut visitor, desk, pin);
            let whole = PLENTY - scene.tray.left().unwrap();
            assert!(whole > 3, "{}: {whole} commands", desk.sort);
            let mut cut = 0;
            for commands in 0..whole {
                scene.tray.put(card.clone());
                scene.tray.pull_after(Some(commands));
                let (to, page) = show(&mut visitor, desk, pin);
                if page.contains("情報はなくなっていません") {
                    cut += 1;
                    assert!(!is_known(&mut visitor, desk), "{}: known after {commands} commands", desk.sort);
                } else {
                    // What only says good-bye to a card need not reach it.
                    assert!(
                        commands + 2 >= whole,
                        "{}: {commands} of {whole} commands led to {to:?}: {page}",
                        desk.sort
                    );
                }
            }
            assert!(cut + 2 >= whole && cut > 0, "{}: {cut} of {whole}", desk.sort);
            scene.tray.pull_after(None);
            taken(&mut visitor, desk, pin);
        }
    }
}

#[test]
fn an_application_of_another_city_or_key_version_opens_nothing_at_the_machine() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    scene.make_application_keys();
    let machine = desks().into_iter().find(|desk| desk.sort == "revisit_machine").unwrap();
    let (card, _) = scene.card(41);
    scene.enrol(&card, "R-41");
    let mut visitor = scene.at(machine);
    for (version, sentence) in [(1, "ほかの市のアプリか、にせものです"), (9, "カードの鍵の版が")]
    {
        let other = scene::with_application_of_another_city(&card, version);
        scene.tray.put(other.clone());
        refused(&mut visitor, machine, None, sentence);
        // The card itself is sound: with its PIN it is taken.
        scene.tray.put(other);
        taken(&mut visitor, machine, Some(PIN));
    }
}

#[test]
fn no_page_of_a_terminal_has_an_id_twice() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    scene.make_application_keys();
    let (card, _) = scene.card(51);
    scene.enrol(&card, "R-51");
    scene.tray.put(card);
    let more: [(&str, &[&str]); 5] = [
        ("library_counter", &["/counter/library"]),
        ("city_card_desk", &["/counter/cards"]),
        ("hospital_desk", &["/counter/hospital"]),
        ("revisit_machine", &["/revisit", "/revisit/card", "/revisit/loaded", "/revisit/tag", "/revisit/numbers"]),
        ("staff_desk", &["/counter/staff", "/counter/staff/once"]),
    ];
    for desk in desks() {
        let mut visitor = scene.at(desk);
        let (_, pages) = more.iter().find(|(sort, _)| *sort == desk.sort).unwrap();
        for path in *pages {
            let page = visitor.get(path);
            assert_eq!((page.status, ids_twice(&page.text())), (200, vec![]), "{path}");
        }
        taken(&mut visitor, desk, Some(PIN));
        if let Some(person) = desk.person.filter(|_| desk.sort != "revisit_machine" && desk.sort != "hospital_desk") {
            let page = visitor.get(person);
            assert_eq!((page.status, ids_twice(&page.text())), (200, vec![]), "{person}");
        }
        let (_, refused) = show(&mut visitor, desk, Some("0000"));
        assert_eq!(ids_twice(&refused), [""; 0], "{}", desk.sort);
    }
    assert_eq!(ids_twice("<p id=\"a\"><b id=\"b\"><i id=\"a\">"), ["a"], "one that is there twice is found");
}

#[test]
fn what_is_refused_says_what_to_do_next_in_japanese_and_easy_japanese() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    scene.make_application_keys();
    let ((card, _), (stranger, _)) = (scene.card(61), scene.card(62));
    scene.enrol(&card, "R-61");
    let machine = desks().into_iter().find(|desk| desk.sort == "revisit_machine").unwrap();
    let says = |desk: Desk, pin: Option<&str>, words: [&str; 2]| {
        let mut visitor = scene.at(desk);
        for (language, word) in ["ja", "ja-easy"].into_iter().zip(words) {
            visitor.get(&format!("{}?lang={language}", desk.form));
            let page = show(&mut visitor, desk, pin).1;
            // Readings stand between the characters.
            let plain = without_readings(&page);
            assert!(plain.contains(word), "{} in {language}: {word} is not in {plain}", desk.sort);
        }
    };
    for desk in desks() {
        scene.tray.put_copy(&card, None);
        says(desk, Some(PIN), ["また出るときは、このカードは使えません", "また 出たら、この カードは 使えません"]);
        scene.tray.put(card.clone());
        scene.cards.status.revoke(true);
        says(desk, Some(PIN), ["で新しく発行できます", "で 新しくできます"]);
        scene.cards.status.revoke(false);
        scene.tray.pull_after(Some(1));
        says(
            desk,
            Some(PIN),
            ["カードを置いたまま、もう一度行ってください", "カードを 置いたまま、もう一度 やって ください"],
        );
        scene.tray.pull_after(None);
        if desk.person.is_some() {
            scene.tray.put(stranger.clone());
            says(desk, Some(PIN), ["へお問い合わせください", "に 聞いてください"]);
        }
        if desk.goes_without_pin {
            scene.tray.put_copy(&card, None);
            says(desk, None, ["暗証番号を入れてください", "暗証番号を 入れて ください"]);
        }
    }
    scene.tray.put(scene::with_application_of_another_city(&card, 9));
    let loaded = Desk { form: "/revisit/loaded", ..machine };
    says(
        loaded,
        None,
        ["暗証番号かタグを使うか、受付窓口へお越しください", "暗証番号か タグを 使うか、窓口へ 来て ください"],
    );
}

/// The page's words without their readings and marks.
fn without_readings(page: &str) -> String {
    let mut plain = String::new();
    let mut rest = page.replace("<rp>(</rp>", "").replace("<rp>)</rp>", "");
    while let Some((before, after)) = rest.split_once("<rt>") {
        plain.push_str(before);
        rest = after.split_once("</rt>").map_or("", |(_, after)| after).to_owned();
    }
    plain.push_str(&rest);
    plain.replace("<ruby>", "").replace("</ruby>", "")
}
