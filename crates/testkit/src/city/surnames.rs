//! Family names: a head of common ones and a long tail composed of usual parts, weighted like Zipf's law.
//!
//! Names and readings are ordinary words of the language; no list of real persons was used. Order of the head is
//! recalled from public rankings and only gives the city a familiar look.

use super::dice::{Dice, cumulative};

/// Common family names with readings, commonest first (recalled).
const HEAD: &[(&str, &str)] = &[
    ("佐藤", "サトウ"),
    ("鈴木", "スズキ"),
    ("高橋", "タカハシ"),
    ("田中", "タナカ"),
    ("伊藤", "イトウ"),
    ("渡辺", "ワタナベ"),
    ("山本", "ヤマモト"),
    ("中村", "ナカムラ"),
    ("小林", "コバヤシ"),
    ("加藤", "カトウ"),
    ("吉田", "ヨシダ"),
    ("山田", "ヤマダ"),
    ("佐々木", "ササキ"),
    ("山口", "ヤマグチ"),
    ("松本", "マツモト"),
    ("井上", "イノウエ"),
    ("木村", "キムラ"),
    ("林", "ハヤシ"),
    ("斎藤", "サイトウ"),
    ("清水", "シミズ"),
    ("山崎", "ヤマザキ"),
    ("森", "モリ"),
    ("池田", "イケダ"),
    ("橋本", "ハシモト"),
    ("阿部", "アベ"),
    ("石川", "イシカワ"),
    ("山下", "ヤマシタ"),
    ("中島", "ナカジマ"),
    ("石井", "イシイ"),
    ("小川", "オガワ"),
    ("前田", "マエダ"),
    ("岡田", "オカダ"),
    ("長谷川", "ハセガワ"),
    ("藤田", "フジタ"),
    ("後藤", "ゴトウ"),
    ("近藤", "コンドウ"),
    ("村上", "ムラカミ"),
    ("遠藤", "エンドウ"),
    ("青木", "アオキ"),
    ("坂本", "サカモト"),
    ("斉藤", "サイトウ"),
    ("福田", "フクダ"),
    ("太田", "オオタ"),
    ("西村", "ニシムラ"),
    ("藤井", "フジイ"),
    ("金子", "カネコ"),
    ("岡本", "オカモト"),
    ("藤原", "フジワラ"),
    ("三浦", "ミウラ"),
    ("中野", "ナカノ"),
    ("中川", "ナカガワ"),
    ("原田", "ハラダ"),
    ("松田", "マツダ"),
    ("竹内", "タケウチ"),
    ("小野", "オノ"),
    ("田村", "タムラ"),
    ("中山", "ナカヤマ"),
    ("和田", "ワダ"),
    ("石田", "イシダ"),
    ("森田", "モリタ"),
    ("上田", "ウエダ"),
    ("原", "ハラ"),
    ("内田", "ウチダ"),
    ("柴田", "シバタ"),
    ("酒井", "サカイ"),
    ("宮崎", "ミヤザキ"),
    ("横山", "ヨコヤマ"),
    ("高木", "タカギ"),
    ("安藤", "アンドウ"),
    ("宮本", "ミヤモト"),
    ("大野", "オオノ"),
    ("小島", "コジマ"),
    ("谷口", "タニグチ"),
    ("工藤", "クドウ"),
    ("今井", "イマイ"),
    ("高田", "タカダ"),
    ("増田", "マスダ"),
    ("丸山", "マルヤマ"),
    ("杉山", "スギヤマ"),
    ("村田", "ムラタ"),
    ("大塚", "オオツカ"),
    ("新井", "アライ"),
    ("小山", "コヤマ"),
    ("平野", "ヒラノ"),
    ("藤本", "フジモト"),
    ("河野", "コウノ"),
    ("上野", "ウエノ"),
    ("野口", "ノグチ"),
    ("武田", "タケダ"),
    ("松井", "マツイ"),
    ("千葉", "チバ"),
    ("菅原", "スガワラ"),
    ("岩崎", "イワサキ"),
    ("久保", "クボ"),
    ("木下", "キノシタ"),
    ("佐野", "サノ"),
    ("野村", "ノムラ"),
    ("松尾", "マツオ"),
    ("市川", "イチカワ"),
    ("菊地", "キクチ"),
    ("杉本", "スギモト"),
    ("古川", "フルカワ"),
    ("大西", "オオニシ"),
    ("島田", "シマダ"),
    ("水野", "ミズノ"),
    ("桜井", "サクライ"),
    ("高野", "タカノ"),
    ("渡部", "ワタナベ"),
    ("吉川", "ヨシカワ"),
    ("山内", "ヤマウチ"),
    ("西田", "ニシダ"),
    ("飯田", "イイダ"),
    ("菊池", "キクチ"),
    ("西川", "ニシカワ"),
    ("小松", "コマツ"),
    ("北村", "キタムラ"),
    ("安田", "ヤスダ"),
    ("五十嵐", "イガラシ"),
    ("川口", "カワグチ"),
    ("平田", "ヒラタ"),
];

/// First parts of two-character names.
const FIRST: &[(&str, &str)] = &[
    ("山", "ヤマ"),
    ("川", "カワ"),
    ("田", "タ"),
    ("中", "ナカ"),
    ("小", "コ"),
    ("大", "オオ"),
    ("高", "タカ"),
    ("松", "マツ"),
    ("竹", "タケ"),
    ("梅", "ウメ"),
    ("藤", "フジ"),
    ("西", "ニシ"),
    ("東", "ヒガシ"),
    ("北", "キタ"),
    ("南", "ミナミ"),
    ("上", "ウエ"),
    ("下", "シモ"),
    ("石", "イシ"),
    ("岩", "イワ"),
    ("森", "モリ"),
    ("木", "キ"),
    ("古", "フル"),
    ("新", "ニイ"),
    ("金", "カネ"),
    ("青", "アオ"),
    ("赤", "アカ"),
    ("白", "シラ"),
    ("黒", "クロ"),
    ("福", "フク"),
    ("吉", "ヨシ"),
    ("長", "ナガ"),
    ("平", "ヒラ"),
    ("安", "ヤス"),
    ("宮", "ミヤ"),
    ("村", "ムラ"),
    ("原", "ハラ"),
    ("野", "ノ"),
    ("秋", "アキ"),
    ("春", "ハル"),
    ("夏", "ナツ"),
    ("冬", "フユ"),
    ("桜", "サクラ"),
    ("杉", "スギ"),
    ("桑", "クワ"),
    ("栗", "クリ"),
    ("柿", "カキ"),
    ("梶", "カジ"),
    ("柳", "ヤナギ"),
    ("若", "ワカ"),
    ("浅", "アサ"),
    ("深", "フカ"),
    ("内", "ウチ"),
    ("外", "ソト"),
    ("前", "マエ"),
    ("堀", "ホリ"),
    ("池", "イケ"),
    ("沢", "サワ"),
    ("滝", "タキ"),
    ("島", "シマ"),
    ("磯", "イソ"),
    ("浜", "ハマ"),
    ("荒", "アラ"),
    ("早", "ハヤ"),
    ("広", "ヒロ"),
    ("細", "ホソ"),
    ("奥", "オク"),
    ("丸", "マル"),
    ("角", "カド"),
    ("国", "クニ"),
    ("町", "マチ"),
    ("坂", "サカ"),
    ("関", "セキ"),
    ("戸", "ト"),
    ("稲", "イナ"),
    ("星", "ホシ"),
    ("水", "ミズ"),
    ("倉", "クラ"),
];

/// Second parts.
const SECOND: &[(&str, &str)] = &[
    ("田", "ダ"),
    ("山", "ヤマ"),
    ("川", "カワ"),
    ("野", "ノ"),
    ("村", "ムラ"),
    ("原", "ハラ"),
    ("木", "キ"),
    ("井", "イ"),
    ("本", "モト"),
    ("島", "シマ"),
    ("崎", "サキ"),
    ("沢", "ザワ"),
    ("口", "グチ"),
    ("谷", "タニ"),
    ("岡", "オカ"),
    ("上", "ガミ"),
    ("下", "シタ"),
    ("内", "ウチ"),
    ("部", "ベ"),
    ("橋", "ハシ"),
    ("尾", "オ"),
    ("越", "コシ"),
    ("屋", "ヤ"),
    ("塚", "ヅカ"),
    ("森", "モリ"),
    ("林", "バヤシ"),
    ("瀬", "セ"),
    ("浦", "ウラ"),
    ("坂", "サカ"),
    ("池", "イケ"),
    ("場", "バ"),
    ("見", "ミ"),
    ("松", "マツ"),
    ("家", "ヤ"),
    ("宮", "ミヤ"),
    ("倉", "クラ"),
    ("脇", "ワキ"),
    ("戸", "ト"),
    ("津", "ヅ"),
    ("葉", "バ"),
    ("江", "エ"),
    ("城", "シロ"),
    ("畑", "ハタ"),
    ("中", "ナカ"),
    ("永", "ナガ"),
    ("光", "ミツ"),
];

/// Family names with characters that ordinary fonts lack or draw otherwise, as Moji_Joho sequences, with MJ numbers
/// where specs/certificates.md §4 names them.
pub(super) const RARE: &[(&str, &str, Option<&str>)] = &[
    ("辻\u{E0102}", "ツジ", Some("MJ025760")),
    ("葛\u{E0102}西", "カサイ", None),
    ("葛\u{E0103}城", "カツラギ", None),
    ("渡邉\u{E010F}", "ワタナベ", None),
    ("渡邉\u{E0110}", "ワタナベ", None),
    ("田邊\u{E0108}", "タナベ", None),
    ("髙橋", "タカハシ", None),
    ("山﨑", "ヤマザキ", None),
    ("𠮷田", "ヨシダ", None),
    ("𠮷野", "ヨシノ", None),
    ("𮕩川", "ミホンガワ", None),
    ("髙﨑", "タカサキ", None),
];

/// All family names of a city.
pub(super) struct Surnames {
    names: Vec<(String, String)>,
    cumulative: Vec<u32>,
}

impl Surnames {
    pub(super) fn new() -> Self {
        let mut names: Vec<(String, String)> =
            HEAD.iter().map(|(name, kana)| ((*name).to_owned(), (*kana).to_owned())).collect();
        let head: std::collections::BTreeSet<String> = names.iter().map(|(name, _)| name.clone()).collect();
        // Second part outside: neighbours in rank then share an ending, not a beginning, which looks less made up.
        for (second, second_kana) in SECOND {
            for (first, first_kana) in FIRST {
                let name = format!("{first}{second}");
                if first != second && !head.contains(&name) {
                    names.push((name, format!("{first_kana}{second_kana}")));
                }
            }
        }
        // A step of a prime spreads the composed names over the ranks.
        let tail = names.split_off(HEAD.len());
        let count = tail.len();
        names.extend((0..count).filter_map(|index| tail.get(index * 1_009 % count).cloned()));
        let weights = (0..names.len()).map(|rank| {
            // Zipf with an offset: the first name is borne by about 1.6 % of people.
            let rank = u32::try_from(rank).unwrap_or(u32::MAX);
            4_000_000 / (rank + 12)
        });
        Self { cumulative: cumulative(weights), names }
    }

    /// A family name and its reading.
    pub(super) fn draw(&self, dice: &mut Dice) -> (&str, &str) {
        let index = dice.weighted(&self.cumulative);
        self.names.get(index).map_or(("見本", "ミホン"), |(name, kana)| (name, kana))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_more_than_three_thousand_different_ones() {
        let surnames = Surnames::new();
        let different: std::collections::BTreeSet<_> = surnames.names.iter().map(|(name, _)| name).collect();
        assert!(different.len() >= 3_000, "{}", different.len());
        assert_eq!(different.len(), surnames.names.len());
        assert!(surnames.names.iter().all(|(_, kana)| base::text::is_katakana_reading(kana)));
    }
}
