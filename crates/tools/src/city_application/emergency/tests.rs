//! What stands on an emergency card, and what does not.

use base::Timestamp;
use proptest::prelude::*;
use store::StoreError;

use super::kept::{Standing, about_to_write, gone_from_card, standing, take_away, take_untold, written};
use super::*;
use crate::resident_id::ResidentId;

fn known() -> Known {
    Known {
        names: vec![(NameForm::Registered, "辻　花子".to_owned()), (NameForm::Kana, "ツジ　ハナコ".to_owned())],
        birth: "1971-09-01".to_owned(),
    }
}

fn everything() -> Choice {
    Choice {
        name: Some(NameForm::Kana),
        has_birth: true,
        blood: "AB-".to_owned(),
        allergies: "ペニシリン\r\n そば".to_owned(),
        medicines: "血液をさらさらにする薬".to_owned(),
        contact: "辻　一郎(夫)".to_owned(),
        telephone: "０９０ー１２３４ー５６７８".to_owned(),
        language: "ja".to_owned(),
    }
}

#[test]
fn each_line_stands_there_only_where_it_was_chosen() {
    let all = "yakuba emergency 1\nname: ツジ　ハナコ\nbirth: 1971-09-01\nblood-told: AB-\nallergies: ペニシリン そば\n\
               medicines: 血液をさらさらにする薬\ncontact: 辻 一郎(夫)\ntelephone: 090-1234-5678\nlanguage: ja\n";
    assert_eq!(**everything().text(&known()).unwrap(), *all);
    let one = Choice { allergies: "そば".to_owned(), ..Choice::default() };
    assert_eq!(**one.text(&known()).unwrap(), *"yakuba emergency 1\nallergies: そば\n");
    assert_eq!(Choice::default().text(&known()), Err(ChoiceFault::Nothing));
    assert_eq!(**typed(" 血液型 A \n").unwrap(), *"yakuba emergency 1\nnote: 血液型 A\n");
}

#[test]
fn what_does_not_fit_or_must_not_stand_there_is_refused_by_name() {
    let with = |change: fn(&mut Choice)| {
        let mut choice = everything();
        change(&mut choice);
        choice.text(&known()).unwrap_err()
    };
    assert_eq!(
        with(|one| one.name = Some(NameForm::Alphabet)),
        ChoiceFault::Unknown,
        "there is no such form of the name"
    );
    assert_eq!(with(|one| one.blood = "C".to_owned()), ChoiceFault::Unknown);
    assert_eq!(with(|one| one.language = "xx".to_owned()), ChoiceFault::Unknown);
    assert_eq!(with(|one| one.telephone = "夫に".to_owned()), ChoiceFault::Telephone);
    assert_eq!(with(|one| one.contact = "夫".repeat(41)), ChoiceFault::Line { field: "contact" });
    assert_eq!(with(|one| one.medicines = "1234-5678-9018".to_owned()), ChoiceFault::IndividualNumber);
    let long = |one: &mut Choice| {
        (one.allergies, one.medicines) = ("あ".repeat(150), "あ".repeat(150));
    };
    assert!(matches!(with(long), ChoiceFault::Long { bytes } if bytes > MOST_BYTES));
    assert!(typed(&"あ".repeat(400)).is_err());
}

proptest! {
    #[test]
    fn nothing_that_is_typed_makes_a_line_of_its_own(allergies in "\\PC{0,60}|(?s).{0,60}", contact in "(?s).{0,60}") {
        let choice = Choice { allergies, contact, has_birth: true, ..Choice::default() };
        if let Ok(text) = choice.text(&known()) {
            prop_assert!(text.len() <= MOST_BYTES);
            let keys: Vec<&str> = text.lines().skip(1).map(|line| line.split(": ").next().unwrap()).collect();
            let all = ["birth", "allergies", "contact"];
            prop_assert!(keys.len() <= 3 && keys.iter().all(|key| all.contains(key)), "{keys:?}");
        }
    }
}

#[test]
fn what_was_chosen_or_taken_away_while_the_chip_was_written_is_not_called_written() {
    let database = store::testing::TestDatabase::on_sqlite();
    let (who, card) = (ResidentId::parse("R0000001").unwrap(), database.seams.random_id());
    let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
    let done = database.inside().write::<_, StoreError, _>(move |tx| {
        let put = "INSERT INTO emergency_cards (resident_id, content, chosen_at) VALUES ($1, $2, $3)";
        tx.execute(put, &[(&who).into(), [1_u8].as_slice().into(), at(10).into()])?;
        about_to_write(tx, &who, card, at(10))?;
        assert_eq!(standing(tx, &who, card)?, Some(Standing::Waits { chosen_at: at(10) }));
        let again = "UPDATE emergency_cards SET chosen_at = $2 WHERE resident_id = $1";
        tx.execute(again, &[(&who).into(), at(20).into()])?;
        written(tx, &who, card, (at(10), at(30)))?;
        assert_eq!(standing(tx, &who, card)?, Some(Standing::Waits { chosen_at: at(20) }), "an older one is there");
        written(tx, &who, card, (at(20), at(40)))?;
        let there = Standing::Written { chosen_at: at(20), written_at: at(40) };
        assert_eq!(standing(tx, &who, card)?, Some(there));

        tx.execute("DELETE FROM emergency_card_copies", &[])?;
        tx.execute("DELETE FROM emergency_cards", &[])?;
        tx.execute(put, &[(&who).into(), [1_u8].as_slice().into(), at(50).into()])?;
        about_to_write(tx, &who, card, at(50))?;
        take_away(tx, &who, at(60))?;
        written(tx, &who, card, (at(50), at(70)))?;
        assert_eq!(
            standing(tx, &who, card)?,
            Some(Standing::TakenAway { at: at(60) }),
            "the chip holds it: it goes later"
        );
        Ok(())
    });
    done.unwrap();
}

#[test]
fn what_was_taken_away_goes_from_each_card_that_holds_it_and_only_then_is_it_over() {
    store::testing::for_each_engine(|database| {
        let who = ResidentId::parse("R0000001").unwrap();
        let (first, second, never) =
            (database.seams.random_id(), database.seams.random_id(), database.seams.random_id());
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        let done = database.inside().write::<_, StoreError, _>(move |tx| {
            let put = "INSERT INTO emergency_cards (resident_id, content, chosen_at) VALUES ($1, $2, $3)";
            tx.execute(put, &[(&who).into(), [1_u8].as_slice().into(), at(10).into()])?;
            for (card, when) in [(first, 20), (second, 30)] {
                about_to_write(tx, &who, card, at(10))?;
                written(tx, &who, card, (at(10), at(when)))?;
            }
            assert_eq!(take_untold(tx, 10)?, std::slice::from_ref(&who), "once, however many cards");
            take_away(tx, &who, at(40))?;
            let gone = Some(Standing::TakenAway { at: at(40) });
            assert_eq!([first, second].map(|card| standing(tx, &who, card).unwrap()), [gone, gone]);
            assert_eq!(standing(tx, &who, never)?, None, "it never held anything");
            gone_from_card(tx, &who, first, at(50))?;
            assert_eq!([first, second].map(|card| standing(tx, &who, card).unwrap()), [None, gone]);
            assert_eq!(take_untold(tx, 10)?, std::slice::from_ref(&who));
            gone_from_card(tx, &who, second, at(60))?;
            assert!(tx.query_one("SELECT 1 FROM emergency_cards", &[])?.is_none(), "no chip can hold it");
            Ok(())
        });
        done.unwrap();
    });
}
