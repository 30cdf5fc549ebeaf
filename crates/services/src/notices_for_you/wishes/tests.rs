//! What is registered comes to the inside as it was meant, and no older word undoes a newer one.

use super::*;

#[test]
fn only_what_is_offered_is_kept_and_nothing_of_one_who_does_not_receive() {
    let wishes = Wishes {
        receives: true,
        interests: [0, 39].into(),
        ages: [43, 0].into(),
        areas: [5, 9].into(),
        classes: Consents::NONE.with(DataClass::Tax),
        language: Language::English,
        answers: Answers { single_parent: Some(true), ..Answers::default() },
    };
    let kept = wishes.clone().known_only();
    assert_eq!((kept.interests.clone(), kept.ages.clone(), kept.areas.clone()), ([0].into(), [43].into(), [5].into()));
    assert_eq!(kept.own_words(), [0, 43, 54].into());
    assert!(kept.opens(DataClass::Tax) && !kept.opens(DataClass::Welfare));
    let stopped = Wishes { receives: false, ..wishes }.known_only();
    assert_eq!(stopped, Wishes { language: Language::English, ..Wishes::default() });
    assert!(!stopped.opens(DataClass::Tax));
    let text = serde_json::to_string(&kept).unwrap();
    assert_eq!(serde_json::from_str::<Wishes>(&text).unwrap(), kept);
    assert_eq!(format!("{kept:?}"), "Wishes(<personal>)");
}

#[test]
fn codes_are_written_once_and_every_one_has_words_in_three_languages() {
    let codes: Vec<u8> = catalogue::FIELDS.iter().chain(catalogue::AGES).map(|(code, _)| *code).collect();
    let distinct: BTreeSet<u8> = codes.iter().copied().collect();
    assert_eq!(distinct.len(), codes.len());
    assert!(codes.iter().all(|code| *code < 64), "a rule asks for codes below 64");
    let areas = catalogue::AREAS.iter().map(|area| &area.name);
    for words in catalogue::FIELDS.iter().chain(catalogue::AGES).map(|(_, words)| words).chain(areas) {
        assert!(words.all().iter().all(|text| !text.is_empty()));
    }
    let codes: BTreeSet<u8> = catalogue::AREAS.iter().map(catalogue::Area::interest).chain(codes).collect();
    assert_eq!(codes.len(), distinct.len() + catalogue::AREAS.len(), "no two things share a code");
    assert_eq!(catalogue::area_of_town("99999", "0007001"), Some(2));
    assert_eq!(catalogue::area_of_town("99999", "0031001"), None);
    assert_eq!(catalogue::areas_of("99999").len(), catalogue::AREAS.len());
    assert!(catalogue::areas_of("13101").is_empty());
}
