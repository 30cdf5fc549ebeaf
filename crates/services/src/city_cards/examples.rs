//! Cards that come with the program as examples: live in the demo, a first draft in a real city.

use super::LIBRARY;
use super::model::{Definition, Expiry, Names};
use super::numbers::{Check, NumberFormat};

fn names(japanese: &str, easy: &str, english: &str) -> Names {
    Names { japanese: japanese.to_owned(), easy: easy.to_owned(), english: english.to_owned() }
}

fn number(prefix: &str, digits: u8, check: Check, is_given: bool) -> NumberFormat {
    NumberFormat { prefix: prefix.to_owned(), digits, check, is_given }
}

fn card(names: Names, office: &str, number: NumberFormat, fees: (i64, i64, i64), expiry: Expiry) -> Definition {
    Definition {
        names,
        office: office.to_owned(),
        number,
        own_card: fees.0,
        own_card_again: fees.1,
        one_card: fees.2,
        expiry,
        desks: Vec::new(),
        shows_last_day: false,
        is_online: true,
        has_sticker: false,
        note: String::new(),
    }
}

/// Bicycle parking, sports hall, seal registration, and the numbers of the library. All figures are ours.
pub fn all() -> Vec<(&'static str, Definition)> {
    let parking = names("駐輪場定期利用券", "自転車置き場の定期券", "Bicycle parking pass");
    let sports = names("スポーツ施設利用者カード", "スポーツの建物を使うカード", "Sports hall card");
    let seal = names("印鑑登録証", "はんこの登録のカード", "Seal registration card");
    let library = names("図書館の利用者カード", "図書館のカード", "Library card");
    vec![
        (
            "bicycle_parking",
            Definition {
                shows_last_day: true,
                has_sticker: true,
                ..card(parking, "自転車対策課", number("B-", 7, Check::Luhn, false), (300, 500, 0), Expiry::Months(3))
            },
        ),
        (
            "sports_hall",
            card(sports, "スポーツ振興課", number("S", 6, Check::Mod11, false), (200, 200, 0), Expiry::FiscalYearEnd),
        ),
        (
            "seal_registration",
            Definition {
                is_online: false,
                note: "印鑑登録証(カード)の交付と提示は、市の印鑑条例が定めています。個人番号カードをその代わりに使うには\
                       条例の改正が必要です。改正までは見本として置き、窓口で登録証に代えることはできません。"
                    .to_owned(),
                ..card(seal, "市民課", number("", 7, Check::Nw7Mod16, true), (300, 300, 0), Expiry::Never)
            },
        ),
        (
            LIBRARY,
            Definition {
                has_sticker: true,
                note: "図書館の番号のうち、ポータルからの申込みに使う範囲です。窓口と図書館システムの番号とは重なりません。"
                    .to_owned(),
                ..card(library, "中央図書館", number("L9", 7, Check::Luhn, false), (0, 200, 0), Expiry::Never)
            },
        ),
    ]
}
