//! 見本県見本市 (Mihon City, "sample city"): a place that does not exist.
//!
//! Its local public entity code is 99999, where 01–47 are the prefectures; its postal codes begin with 000, which no
//! real code does; its town codes have the shape of the national 町字ID (four digits 大字, three 丁目; recalled).

use super::dice::Dice;

/// Five digits without the check digit.
pub const MUNICIPALITY_CODE: &str = "99999";
/// Prefecture and city as printed.
pub const CITY: &str = "見本県見本市";

/// Towns: name, number of 丁目 (0: 大字 with 番地), reading is not needed.
const TOWNS: &[(&str, u32)] = &[
    ("中央", 5),
    ("本町", 4),
    ("緑が丘", 6),
    ("桜台", 5),
    ("港町", 3),
    ("北山", 4),
    ("南原", 4),
    ("東雲台", 3),
    ("西浜", 3),
    ("旭町", 5),
    ("若葉台", 6),
    ("美原", 4),
    ("泉", 3),
    ("松風", 3),
    ("白鳥", 4),
    ("希望が丘", 5),
    ("見晴台", 4),
    ("川端", 3),
    ("栄町", 3),
    ("梅ヶ枝", 2),
    ("大字上野沢", 0),
    ("大字下野沢", 0),
    ("大字見本原", 0),
    ("新町", 4),
    ("宝町", 2),
    ("日の出", 3),
    ("花園", 4),
    ("錦", 2),
    ("大字奥見本", 0),
    ("富士見", 5),
];

/// Cities nobody lives in, for addresses before moving in and for family registers.
const ELSEWHERE: &[&str] = &[
    "例示県例示市大手町",
    "例示県架空市本町",
    "仮設県試作市中町",
    "見本県隣見本市栄",
    "仮設県雛形町大字北",
    "例示県標本市港",
    "模型県模型市中央",
    "模型県下書市緑町",
];

const KANJI_DIGITS: [&str; 10] = ["〇", "一", "二", "三", "四", "五", "六", "七", "八", "九"];

const BUILDINGS: &[&str] = &[
    "見本ハイツ",
    "メゾン見本",
    "コーポ若葉",
    "見本市営住宅",
    "グランドール見本",
    "サンプルコート",
    "緑風荘",
    "パークサイド見本",
];

/// An address in the city.
pub(super) struct Place {
    pub(super) postal_code: String,
    pub(super) town_code: String,
    pub(super) number: String,
    pub(super) text: String,
    pub(super) building: Option<String>,
}

fn chome(number: u32) -> &'static str {
    KANJI_DIGITS.get(number as usize).copied().unwrap_or("一")
}

/// A random address; two in five have a building.
pub(super) fn draw(dice: &mut Dice) -> Place {
    let index = dice.below(TOWNS.len() as u32);
    let (town, chomes) = TOWNS.get(index as usize).copied().unwrap_or(("中央", 5));
    let building = dice.chance(4_000).then(|| {
        let floor = 1 + dice.below(9);
        let room = 1 + dice.below(12);
        let name = dice.pick(BUILDINGS);
        if dice.chance(2_000) {
            format!("{name}{}号棟{floor}{room:02}号", 1 + dice.below(12))
        } else {
            format!("{name}{floor}{room:02}")
        }
    });
    let postal_code = format!("000{:04}", index * 10 + 1);
    if chomes == 0 {
        let (lot, branch) = (1 + dice.below(2_900), dice.below(12));
        let (number, text) = if branch == 0 {
            (lot.to_string(), format!("{CITY}{town}{lot}番地"))
        } else {
            (format!("{lot}-{branch}"), format!("{CITY}{town}{lot}番地{branch}"))
        };
        return Place { postal_code, town_code: format!("{:04}000", index + 1), number, text, building };
    }
    let (part, block, house) = (1 + dice.below(chomes), 1 + dice.below(38), 1 + dice.below(30));
    Place {
        postal_code,
        town_code: format!("{:04}{part:03}", index + 1),
        number: format!("{part}-{block}-{house}"),
        text: format!("{CITY}{town}{}丁目{block}番{house}号", chome(part)),
        building,
    }
}

/// An address outside the city.
pub(super) fn elsewhere(dice: &mut Dice) -> String {
    format!("{}{}丁目{}番{}号", dice.pick(ELSEWHERE), chome(1 + dice.below(6)), 1 + dice.below(30), 1 + dice.below(25))
}

/// A place of a family register: two in three in the city itself.
pub(super) fn family_register(dice: &mut Dice) -> String {
    if dice.chance(6_600) {
        let (town, _) = dice.pick(TOWNS);
        format!("{CITY}{town}{}番地", 1 + dice.below(900))
    } else {
        format!("{}{}番地", dice.pick(ELSEWHERE), 1 + dice.below(900))
    }
}
