//! What is shown at the terminals and must not be taken: copies, signatures that were overheard, revoked cards, cards nobody
//! knows, cards that are taken away in the middle. Each is refused by its own sentence at each terminal, leaves nobody known
//! there, and harms nothing: the genuine card is taken right after.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests stop the test")]

mod scene;

use scene::{Desk, PIN, Scene, desks, show};
use store::testing::TestDatabase;
use yakuba_web::testing::Visitor;

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
