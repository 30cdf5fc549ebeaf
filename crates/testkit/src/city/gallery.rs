//! The first households of every city: one of each thing a visitor wants to see.

use base::Date;
use wire::resident_csv::EntryState;

use super::dice::Dice;
use super::foreigners::Foreigner;
use super::people::{Draft, DraftHousehold, settle};

/// A resident worth showing, by position in the gallery's household.
pub(super) struct Shown {
    pub(super) member: usize,
    pub(super) kind: &'static str,
    pub(super) japanese: &'static str,
    pub(super) english: &'static str,
    pub(super) is_served: bool,
}

const fn shown(
    member: usize,
    kind: &'static str,
    is_served: bool,
    japanese: &'static str,
    english: &'static str,
) -> Shown {
    Shown { member, kind, japanese, english, is_served }
}

fn person(relationship: &'static str, is_male: bool, born: (i16, i8, i8), name: &str, kana: &str) -> Draft {
    Draft {
        relationship,
        is_male,
        birth: Date::new(born.0, born.1, born.2).unwrap_or(Date::from_days_since_epoch(0)),
        name: name.to_owned(),
        kana: Some(kana.to_owned()),
        mj: None,
        former: None,
        common: None,
        foreigner: None,
        state: EntryState::Resident,
        protected: None,
    }
}

fn foreign(mut draft: Draft, nationality: &'static str, status: Option<(&'static str, &'static str)>) -> Draft {
    draft.foreigner = Some(Foreigner {
        name: draft.name.clone(),
        kana: draft.kana.clone().unwrap_or_default(),
        nationality,
        article_30_45: if status.is_some() { "中長期在留者" } else { "特別永住者" },
        status: status.map(|(status, _)| status),
        period: status.map(|(_, period)| period),
        card_number: "ZZ00000000ZZ".to_owned(),
    });
    draft
}

/// The gallery's households, in order, each with whom to show.
pub(super) fn households(dice: &mut Dice, as_of: Date) -> Vec<(DraftHousehold, Vec<Shown>)> {
    let mut gallery = Vec::new();
    let mut add = |members: Vec<Draft>, shows: Vec<Shown>| gallery.push((settle(dice, members, as_of), shows));
    served(&mut add);
    names(&mut add);
    refused(&mut add, as_of);
    seals_and_taxes(&mut add);
    gallery
}

type Add<'a> = dyn FnMut(Vec<Draft>, Vec<Shown>) + 'a;

fn served(add: &mut Add<'_>) {
    let mut hanako = person("世帯主", false, (1944, 5, 3), "辻\u{E0102}　花子", "ツジ　ハナコ");
    hanako.mj = Some("MJ025760");
    add(
        vec![hanako],
        vec![shown(
            0,
            "elderly-single",
            true,
            "ひとり暮らし・82歳・異体字の辻",
            "lives alone, 82, a registered variant of 辻",
        )],
    );
    add(
        vec![
            person("世帯主", true, (1979, 8, 21), "見本　健太郎", "ミホン　ケンタロウ"),
            person("妻", false, (1981, 2, 9), "見本　香織", "ミホン　カオリ"),
            person("子", false, (2008, 11, 30), "見本　美咲", "ミホン　ミサキ"),
            person("子", true, (2012, 4, 2), "見本　湊", "ミホン　ミナト"),
            person("子", false, (2016, 7, 7), "見本　紬", "ミホン　ツムギ"),
            person("母", false, (1950, 12, 24), "見本　和子", "ミホン　カズコ"),
        ],
        vec![
            shown(0, "family-of-six", true, "6人家族・住民票は2枚", "family of six: two pages"),
            shown(3, "under-fifteen", false, "15歳未満", "under 15"),
        ],
    );
    let mut linh = foreign(
        person("世帯主", false, (1995, 3, 14), "NGUYEN THI HOA", "グエン　ティ　ホア"),
        "ベトナム",
        Some(("技術・人文知識・国際業務", "3年")),
    );
    linh.common = Some(("見本　はな".to_owned(), "ミホン　ハナ".to_owned()));
    add(vec![linh], vec![shown(0, "foreign-resident", true, "外国人住民・通称あり", "foreign resident with a 通称")]);
    let mut kim = foreign(person("世帯主", true, (1958, 6, 1), "KIM MINJUN", "キム　ミンジュン"), "韓国", None);
    kim.common = Some(("金田　民俊".to_owned(), "カネダ　タミトシ".to_owned()));
    add(
        vec![kim, person("妻", false, (1960, 1, 20), "金田　良子", "カネダ　リョウコ")],
        vec![shown(
            0,
            "special-permanent-resident",
            true,
            "特別永住者と日本人の世帯",
            "special permanent resident, mixed household",
        )],
    );
    let mut wife = person("妻", false, (1988, 9, 9), "佐藤　真理子", "サトウ　マリコ");
    wife.former = Some(("旧見本".to_owned(), "キュウミホン".to_owned()));
    add(
        vec![person("世帯主", true, (1986, 10, 10), "佐藤　大輔", "サトウ　ダイスケ"), wife],
        vec![
            shown(0, "couple", true, "夫婦2人", "a couple"),
            shown(1, "former-name", true, "旧氏の併記あり", "former family name entered"),
        ],
    );
    add(
        vec![
            person("世帯主", false, (1984, 1, 15), "小川　友美", "オガワ　トモミ"),
            person("子", true, (2010, 6, 18), "小川　樹", "オガワ　イツキ"),
        ],
        vec![shown(0, "one-parent", true, "母と子", "mother and son")],
    );
}

fn names(add: &mut Add<'_>) {
    let mut kasai = person("世帯主", true, (1970, 7, 1), "葛\u{E0102}西　誠", "カサイ　マコト");
    kasai.mj = Some("MJ022335");
    add(vec![kasai], vec![shown(0, "rare-kuzu", true, "異体字の葛", "a registered variant of 葛")]);
    add(
        vec![
            person("世帯主", true, (1966, 3, 3), "渡邉\u{E010F}　浩", "ワタナベ　ヒロシ"),
            person("妻", false, (1968, 4, 4), "渡邉\u{E010F}　恵子", "ワタナベ　ケイコ"),
        ],
        vec![shown(0, "rare-nabe", true, "異体字の邉", "a registered variant of 邉")],
    );
    add(
        vec![
            person("世帯主", true, (1975, 5, 5), "髙﨑　剛", "タカサキ　ツヨシ"),
            person("妻", false, (1977, 6, 6), "髙﨑　彩", "タカサキ　アヤ"),
        ],
        vec![shown(0, "rare-takasaki", true, "髙と﨑", "髙 and 﨑")],
    );
    add(
        vec![person("世帯主", true, (1990, 2, 28), "𠮷野　𮕩太", "ヨシノ　ミホンタ")],
        vec![shown(0, "rare-plane-two", true, "第2面の文字 𠮷・𮕩", "characters beyond the basic plane: 𠮷, 𮕩")],
    );
    let long = "JEAN BAPTISTE EMMANUEL ZORG DE LA ROCHEFOUCAULD VON HOHENZOLLERN SIGMARINGEN";
    add(
        vec![foreign(
            person(
                "世帯主",
                true,
                (1985, 12, 31),
                long,
                "ジャン　バティスト　エマニュエル　ゾルグ　ド　ラ　ロシュフコー",
            ),
            "米国",
            Some(("永住者", "無期限")),
        )],
        vec![shown(0, "long-name", true, "とても長い氏名", "a very long name that still fits")],
    );
    let too_long = "PABLO DIEGO JOSE FRANCISCO DE PAULA JUAN NEPOMUCENO MARIA DE LOS REMEDIOS CIPRIANO DE LA SANTISIMA";
    add(
        vec![foreign(
            person("世帯主", true, (1981, 10, 25), too_long, "パブロ　ディエゴ"),
            "フィリピン",
            Some(("永住者", "無期限")),
        )],
        vec![shown(0, "too-long-name", false, "様式に収まらない氏名", "a name longer than the form")],
    );
}

fn refused(add: &mut Add<'_>, as_of: Date) {
    let mut protected = [
        person("世帯主", false, (1987, 7, 19), "山本　綾", "ヤマモト　アヤ"),
        person("子", false, (2015, 9, 1), "山本　杏", "ヤマモト　アン"),
    ];
    for member in &mut protected {
        // Long enough that a demo city stays as described for years.
        member.protected = Some((as_of.plus_days(-100), Some(as_of.plus_days(3_650))));
    }
    add(protected.into(), vec![shown(0, "under-protection", false, "支援措置の対象", "under protection (支援措置)")]);
    let mut leaving = [
        person("世帯主", true, (1992, 11, 11), "中村　翔太", "ナカムラ　ショウタ"),
        person("妻", false, (1993, 1, 2), "中村　遥", "ナカムラ　ハルカ"),
    ];
    leaving[1].state = EntryState::PlannedMoveOut(as_of.plus_days(20));
    add(
        leaving.into(),
        vec![
            shown(1, "planned-move-out", false, "転出予定", "plans to move out"),
            shown(
                0,
                "household-with-planned-move-out",
                false,
                "転出予定の人がいる世帯",
                "a member of the household plans to move out",
            ),
        ],
    );
    let mut gone = person("世帯主", true, (1980, 4, 16), "加藤　淳", "カトウ　ジュン");
    gone.state = EntryState::MovedOut(as_of.plus_days(-200));
    add(vec![gone], vec![shown(0, "moved-out", false, "転出済み", "moved out")]);
    let mut dead = person("夫", true, (1940, 2, 2), "吉田　勇", "ヨシダ　イサム");
    dead.state = EntryState::Dead(as_of.plus_days(-60));
    add(
        vec![person("世帯主", false, (1942, 8, 15), "吉田　節子", "ヨシダ　セツコ"), dead],
        vec![
            shown(0, "widow", true, "配偶者が死亡した世帯", "her husband has died; the paper shows her alone"),
            shown(1, "dead", false, "死亡", "dead"),
        ],
    );
    let mut pending = person("世帯主", false, (1999, 12, 1), "井上　楓", "イノウエ　カエデ");
    pending.state = EntryState::Pending;
    add(vec![pending], vec![shown(0, "pending", false, "届出処理中", "a notification is being processed")]);
}

/// People whom a machine gives some papers and not others.
fn seals_and_taxes(add: &mut Add<'_>) {
    add(
        vec![person("世帯主", true, (1963, 9, 23), "木村　修", "キムラ　オサム")],
        vec![shown(0, super::records::SUSPENDED, true, "印鑑登録は停止中", "seal registration suspended")],
    );
    add(
        vec![person("世帯主", false, (1971, 3, 12), "林　由美子", "ハヤシ　ユミコ")],
        vec![shown(0, super::records::CANCELLED, true, "印鑑登録は廃止済み", "seal registration cancelled")],
    );
    add(
        vec![person("世帯主", true, (1996, 6, 17), "清水　亮", "シミズ　リョウ")],
        vec![shown(0, super::records::UNFILED, true, "所得の申告なし", "filed no tax return")],
    );
    add(
        vec![person("世帯主", false, (2004, 2, 8), "森　七海", "モリ　ナナミ")],
        vec![shown(0, super::records::ZERO_INCOME, true, "所得0円・申告あり", "no income, and said so")],
    );
}
