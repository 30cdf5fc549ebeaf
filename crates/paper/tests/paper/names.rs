//! Names up to the limit of the register: printed whole, or refused.

use base::text::visible_length;
use paper::recheck::extract;
use paper::{PaperError, Plan, recheck};
use proptest::prelude::*;

use super::support::*;

#[test]
fn the_longest_name_and_address_of_the_register_are_printed_whole() {
    // Limits of the register's rules: 80 and 120 visible characters.
    let mut first = household(1);
    of_mut(&mut first).people[0].name = personal(&"辻\u{E0102}".repeat(80));
    of_mut(&mut first).people[0].reading = shown(&"ツ".repeat(80));
    of_mut(&mut first).people[0].previous_address = shown(&"隣".repeat(120));
    of_mut(&mut first).head = shown(&"辻\u{E0102}".repeat(80));
    of_mut(&mut first).address = personal(&"見".repeat(120));
    let mut second = household(2);
    of_mut(&mut second).people[1].name = personal(&"漢".repeat(80));
    of_mut(&mut second).people[1].alphabet_name = shown(&"ABCDEFGHI ".repeat(8));
    for (certificate, longest) in
        [(first, ["ツ".repeat(80), "隣".repeat(120)]), (second, ["漢".repeat(80), "ABCDEFGHI ".repeat(8)])]
    {
        let (bytes, codes) = drawn(&certificate);
        assert_eq!(recheck(&bytes, &expected(&certificate, codes)), Ok(()));
        let texts = &extract(&bytes).unwrap().pages[0].texts;
        assert!(longest.iter().all(|text| texts.contains(text)));
    }
}

#[test]
fn registered_variants_copy_out_as_base_and_selector() {
    let (bytes, _) = drawn(&household(4));
    let texts = &extract(&bytes).unwrap().pages[0].texts;
    assert!(texts.iter().any(|text| text == "渡邉\u{E0110}　𠮷乃"));
    assert!(texts.iter().any(|text| text == "髙﨑（タカサキ）"));
}

#[test]
fn left_out_missing_and_absent_look_different() {
    let (bytes, _) = drawn(&household(4));
    let texts = &extract(&bytes).unwrap().pages[0].texts;
    assert_eq!(texts.iter().filter(|text| *text == "省略").count(), 2, "本籍 and 筆頭者 of the child");
    assert!(texts.iter().any(|text| text == "【空欄】"));
    assert_eq!(texts.iter().filter(|text| *text == "以下余白").count(), 1);
}

#[test]
fn blank_below_stands_on_the_last_page_only() {
    let (bytes, _) = drawn(&household(5));
    let found = extract(&bytes).unwrap();
    let has = found.pages.iter().map(|page| page.texts.iter().any(|text| text == "以下余白"));
    assert_eq!(has.collect::<Vec<_>>(), [false, true]);
}

/// Characters of names: common, rare, with selectors, letters of two widths, signs.
fn name() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => proptest::sample::select(vec!["佐", "藤", "渡", "邉", "髙", "﨑", "𠮷", "凜", "々", "ノ", "・", "　"]),
        2 => proptest::sample::select(vec!["辻\u{E0102}", "邉\u{E0110}", "葛\u{E0102}", "邊\u{E0108}"]),
        2 => proptest::sample::select(vec!["MARIA ", "de ", "la ", "Ｊｏｈｎ", "O'", "-", ".", ","]),
    ];
    proptest::collection::vec(piece, 1..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 30, ..ProptestConfig::default() })]

    #[test]
    fn any_name_is_printed_exactly_or_refused(name in name(), address in name(), letters in proptest::option::of("[A-Z ]{1,40}")) {
        prop_assume!(!name.trim().is_empty() && !address.trim().is_empty());
        let mut certificate = household(1);
        of_mut(&mut certificate).people[0].name = personal(&name);
        of_mut(&mut certificate).people[0].alphabet_name = paper::Entry::or_none(letters);
        of_mut(&mut certificate).address = personal(&address);
        match Plan::new(&TYPEFACE, &certificate) {
            Ok(plan) => {
                let codes = codes(&plan);
                let bytes = plan.draw(&codes, &SEAL).unwrap();
                prop_assert_eq!(recheck(&bytes, &expected(&certificate, codes)), Ok(()));
            }
            Err(error) => {
                let is_overflow = matches!(error, PaperError::Overflow { .. });
                prop_assert!(is_overflow && (visible_length(&name) > 80 || visible_length(&address) > 120), "{}", error);
            }
        }
    }
}
