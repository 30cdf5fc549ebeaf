//! Foreign residents: names in Latin letters, 通称, and the items of Article 30-45.

use super::dice::Dice;

/// Country or region as registered, family names, given names (Latin letters with katakana), men's then women's.
struct Country {
    name: &'static str,
    family: &'static [(&'static str, &'static str)],
    men: &'static [(&'static str, &'static str)],
    women: &'static [(&'static str, &'static str)],
    special_permanent: bool,
}

const COUNTRIES: &[Country] = &[
    Country {
        name: "ベトナム",
        family: &[("NGUYEN", "グエン"), ("TRAN", "チャン"), ("LE", "レ"), ("PHAM", "ファム")],
        men: &[("VAN AN", "ヴァン　アン"), ("MINH DUC", "ミン　ドゥック"), ("QUANG HUY", "クアン　フイ")],
        women: &[("THI HOA", "ティ　ホア"), ("THI LAN", "ティ　ラン"), ("NGOC MAI", "ゴック　マイ")],
        special_permanent: false,
    },
    Country {
        name: "中国",
        family: &[("WANG", "オウ"), ("LI", "リ"), ("ZHANG", "チョウ"), ("CHEN", "チン")],
        men: &[("XIAOMING", "シャオミン"), ("WEI", "ウェイ"), ("JUN", "ジュン")],
        women: &[("FANG", "ファン"), ("LIHUA", "リーファ"), ("YAN", "イェン")],
        special_permanent: false,
    },
    Country {
        name: "韓国",
        family: &[("KIM", "キム"), ("LEE", "イ"), ("PARK", "パク"), ("CHOI", "チェ")],
        men: &[("MINJUN", "ミンジュン"), ("SEOJUN", "ソジュン")],
        women: &[("SEOYEON", "ソヨン"), ("JIWOO", "ジウ")],
        special_permanent: true,
    },
    Country {
        name: "フィリピン",
        family: &[("SANTOS", "サントス"), ("REYES", "レイエス"), ("CRUZ", "クルス")],
        men: &[("JOSE MIGUEL", "ホセ　ミゲル"), ("MARK ANTHONY", "マーク　アンソニー")],
        women: &[("MARIA CLARA", "マリア　クララ"), ("ANGELICA", "アンジェリカ")],
        special_permanent: false,
    },
    Country {
        name: "ブラジル",
        family: &[("DA SILVA", "ダ　シルバ"), ("TANAKA SOUZA", "タナカ　ソウザ"), ("OLIVEIRA", "オリベイラ")],
        men: &[("JOAO PEDRO", "ジョアン　ペドロ"), ("LUCAS", "ルーカス")],
        women: &[("ANA BEATRIZ", "アナ　ベアトリス"), ("LARISSA", "ラリッサ")],
        special_permanent: false,
    },
    Country {
        name: "ネパール",
        family: &[("SHRESTHA", "シュレスタ"), ("GURUNG", "グルン")],
        men: &[("BIKASH", "ビカス"), ("SURESH", "スレス")],
        women: &[("SITA", "シタ"), ("ANJALI", "アンジャリ")],
        special_permanent: false,
    },
    Country {
        name: "米国",
        family: &[("SMITH", "スミス"), ("JOHNSON", "ジョンソン"), ("O'BRIEN", "オブライエン")],
        men: &[("JOHN PAUL", "ジョン　ポール"), ("DAVID", "デイビッド")],
        women: &[("EMILY", "エミリー"), ("SARAH ANNE", "サラ　アン")],
        special_permanent: false,
    },
];

const STATUSES: &[(&str, &str)] = &[
    ("技能実習2号ロ", "2年"),
    ("技術・人文知識・国際業務", "3年"),
    ("永住者", "無期限"),
    ("留学", "2年3月"),
    ("定住者", "3年"),
    ("日本人の配偶者等", "3年"),
    ("家族滞在", "1年"),
    ("特定技能1号", "1年"),
];

/// What makes a resident a foreign one.
#[derive(Clone)]
pub(super) struct Foreigner {
    pub(super) name: String,
    pub(super) kana: String,
    pub(super) nationality: &'static str,
    pub(super) article_30_45: &'static str,
    pub(super) status: Option<&'static str>,
    pub(super) period: Option<&'static str>,
    pub(super) card_number: String,
}

/// A foreign resident; `family` keeps a household of one country together.
pub(super) fn draw(dice: &mut Dice, country: u32, is_male: bool) -> Foreigner {
    let fallback = &COUNTRIES[0];
    let country = COUNTRIES.get(country as usize % COUNTRIES.len()).unwrap_or(fallback);
    let (family, family_kana) = dice.pick(country.family);
    let (given, given_kana) = dice.pick(if is_male { country.men } else { country.women });
    // As in a passport and on a residence card: the family name first.
    let (name, kana) = (format!("{family} {given}"), format!("{family_kana}　{given_kana}"));
    let special = country.special_permanent && dice.chance(5_000);
    let (status, period) = dice.pick(STATUSES);
    Foreigner {
        name,
        kana,
        nationality: country.name,
        article_30_45: if special { "特別永住者" } else { "中長期在留者" },
        status: (!special).then_some(status),
        period: (!special).then_some(period),
        card_number: card_number(dice),
    }
}

/// Two letters, eight digits, two letters, as on a residence card.
pub(super) fn card_number(dice: &mut Dice) -> String {
    let mut letter = || char::from(b'A' + u8::try_from(dice.below(26)).unwrap_or(0));
    let (a, b, c, d) = (letter(), letter(), letter(), letter());
    format!("{a}{b}{:08}{c}{d}", dice.below(100_000_000))
}
