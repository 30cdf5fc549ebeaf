//! What stands on an emergency card, and what does not.

use proptest::prelude::*;

use super::*;

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
