//! What can be chosen: fields, ages, places. Codes are stored and never used again for anything else.

use rules::{CityWords, Words};

/// Fields of interest (分野), 0–39.
pub const FIELDS: &[(u8, Words)] = &[
    (0, Words::of("子育て", "｜子《こ》どもを ｜育《そだ》てること", "Raising children")),
    (1, Words::of("学校・教育", "｜学校《がっこう》・｜勉強《べんきょう》", "School and education")),
    (2, Words::of("健康・医療", "｜健康《けんこう》・｜病院《びょういん》", "Health and medicine")),
    (3, Words::of("高齢・介護", "お｜年寄《としよ》りの ｜世話《せわ》", "Old age and care")),
    (4, Words::of("障害のある方", "｜障害《しょうがい》のある ｜人《ひと》", "Disability")),
    (5, Words::of("仕事・職業訓練", "｜仕事《しごと》", "Work and training")),
    (6, Words::of("住まい", "｜住《す》む ｜家《いえ》", "Housing")),
    (
        7,
        Words::of(
            "税・保険・年金",
            "｜税金《ぜいきん》・｜保険《ほけん》・｜年金《ねんきん》",
            "Tax, insurance, pension",
        ),
    ),
    (8, Words::of("ごみ・環境", "ごみ・｜環境《かんきょう》", "Waste and environment")),
    (9, Words::of("防災・防犯", "｜災害《さいがい》・｜安全《あんぜん》", "Disasters and safety")),
    (10, Words::of("文化・催し", "｜文化《ぶんか》・イベント", "Culture and events")),
    (11, Words::of("スポーツ", "スポーツ", "Sport")),
    (12, Words::of("図書館・学び", "｜図書館《としょかん》・｜学《まな》ぶこと", "Library and learning")),
    (13, Words::of("外国人住民", "｜外国人《がいこくじん》の ｜生活《せいかつ》", "Life as a foreign resident")),
    (14, Words::of("地域・ボランティア", "｜近所《きんじょ》・ボランティア", "Neighbourhood, volunteering")),
    (15, Words::of("商売・起業", "｜店《みせ》や ｜会社《かいしゃ》を すること", "Business")),
];

/// Ages of those a person cares for, 40–49. Rules ask for them as for fields.
pub const AGES: &[(u8, Words)] = &[
    (40, Words::of("これから生まれる子", "これから ｜生《う》まれる ｜子《こ》ども", "A child to be born")),
    (41, Words::of("0〜2歳", "0〜2｜歳《さい》", "0 to 2")),
    (42, Words::of("3〜5歳", "3〜5｜歳《さい》", "3 to 5")),
    (43, Words::of("小学生", "｜小学生《しょうがくせい》", "Elementary school")),
    (44, Words::of("中学生", "｜中学生《ちゅうがくせい》", "Junior high school")),
    (45, Words::of("15〜17歳", "15〜17｜歳《さい》", "15 to 17")),
    (46, Words::of("18〜64歳", "18〜64｜歳《さい》", "18 to 64")),
    (47, Words::of("65〜74歳", "65〜74｜歳《さい》", "65 to 74")),
    (48, Words::of("75歳以上", "75｜歳《さい》か、もっと ｜上《うえ》", "75 or over")),
];

/// A place one can choose (地域): towns (大字・町) by the first four digits of their codes.
#[derive(Debug)]
pub struct Area {
    /// Its code; the rules' ward.
    pub code: u16,
    /// Its name.
    pub name: Words,
    /// Towns from this to that, by the first four digits of the town code.
    towns: (u16, u16),
}

impl Area {
    /// Its code among interests: 50–63.
    pub fn interest(&self) -> u8 {
        u8::try_from(self.code).map_or(63, |code| code.saturating_add(49).min(63))
    }
}

/// The sample city's five districts. Another city is offered none until it brings its own.
pub const AREAS: &[Area] = &[
    Area { code: 1, name: Words::of("中央地区", "｜中央《ちゅうおう》", "Central"), towns: (1, 6) },
    Area { code: 2, name: Words::of("北地区", "｜北《きた》", "North"), towns: (7, 12) },
    Area { code: 3, name: Words::of("東地区", "｜東《ひがし》", "East"), towns: (13, 18) },
    Area { code: 4, name: Words::of("西地区", "｜西《にし》", "West"), towns: (19, 24) },
    Area { code: 5, name: Words::of("南地区", "｜南《みなみ》", "South"), towns: (25, 30) },
];
/// The sample city's local public entity code.
const SAMPLE: &str = "99999";

/// The places offered in the city with this local public entity code.
pub fn areas_of(municipality_code: &str) -> &'static [Area] {
    if municipality_code == SAMPLE { AREAS } else { &[] }
}

/// The place (the rules' ward) in which a town of the register lies; `None` outside the list.
pub fn area_of_town(municipality_code: &str, town_code: &str) -> Option<u16> {
    let town: u16 = town_code.get(..4)?.parse().ok()?;
    areas_of(municipality_code).iter().find(|area| (area.towns.0..=area.towns.1).contains(&town)).map(|area| area.code)
}

/// The words of the codes above, for reasons.
pub fn city_words() -> CityWords {
    let own = FIELDS.iter().chain(AGES).map(|(code, words)| (u16::from(*code), words.clone()));
    let areas = AREAS.iter().map(|area| (u16::from(area.interest()), area.name.clone()));
    let wards = AREAS.iter().map(|area| (area.code, area.name.clone())).collect();
    CityWords { wards, interests: own.chain(areas).collect(), ..CityWords::default() }
}
