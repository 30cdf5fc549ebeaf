//! What a person agrees to, class by class: tax, welfare, health. The resident register needs no agreement of its own: using
//! it for notices is what registering means, and `Wishes::receives` says so.

use base::Seams;
use rules::{Consents, DataClass};
use store::Tx;
use tools::access::Actor;
use tools::consents::{self, Agreement, ConsentError, ConsentState, Party, SharedItem, Words};
use tools::portal::AccountId;
use tools::zone::CityProfile;

/// Days for which a consent holds: two years.
const DAYS: u32 = 730;

/// The classes with an agreement, and its id.
pub const AGREEMENTS: [(DataClass, &str); 3] =
    [(DataClass::Tax, "notices-tax"), (DataClass::Welfare, "notices-welfare"), (DataClass::Health, "notices-health")];

/// The agreement that opens `class`.
pub fn agreement_for(class: DataClass) -> Option<&'static str> {
    AGREEMENTS.iter().find(|(of, _)| *of == class).map(|(_, id)| *id)
}

fn words(ja: &str, easy: &str, en: &str) -> Words {
    Words { ja: ja.to_owned(), easy: easy.to_owned(), en: en.to_owned() }
}

fn items(class: DataClass) -> Vec<SharedItem> {
    let item = |code: &str, is_sensitive, name| SharedItem { code: code.to_owned(), name, is_sensitive };
    match class {
        DataClass::Tax => vec![
            item("income", false, words("所得の金額", "｜所得《しょとく》", "income")),
            item(
                "taxation",
                false,
                words("市民税の課税・非課税", "｜市民税《しみんぜい》が かかるか", "whether taxed"),
            ),
            item(
                "dependants",
                false,
                words("扶養親族等の数", "｜養《やしな》っている ｜家族《かぞく》の ｜数《かず》", "dependants"),
            ),
        ],
        DataClass::Welfare => vec![
            item(
                "certificates",
                true,
                words("障害者手帳の等級", "｜障害者手帳《しょうがいしゃてちょう》", "disability certificates"),
            ),
            item("care", true, words("要介護度", "｜介護《かいご》の ｜段階《だんかい》", "care level")),
            item(
                "benefits",
                true,
                words("受けている手当・助成", "もらっている お｜金《かね》や ｜助《たす》け", "benefits received"),
            ),
            item("single_parent", true, words("ひとり親・寡婦", "ひとり｜親《おや》か どうか", "single parent, widow")),
        ],
        _ => vec![
            item(
                "insurance",
                false,
                words("加入している健康保険", "｜健康保険《けんこうほけん》の ｜種類《しゅるい》", "health insurance"),
            ),
            item(
                "checkups",
                true,
                words(
                    "受けた健診・予防接種",
                    "｜受《う》けた ｜健診《けんしん》や ｜注射《ちゅうしゃ》",
                    "check-ups and vaccinations",
                ),
            ),
            item(
                "pregnancy",
                true,
                words("妊娠・出産の届出", "｜妊娠《にんしん》・｜出産《しゅっさん》", "pregnancy and childbirth"),
            ),
        ],
    }
}

/// The agreement to the use of `class` in this city.
fn agreement(profile: &CityProfile, class: DataClass, id: &str) -> Agreement {
    let said = class.words();
    let [ja, easy, en] = said.all();
    Agreement {
        id: id.to_owned(),
        name: words(
            &format!("あなたにお知らせ:{ja}"),
            &format!("お｜知《し》らせに つかう:{easy}"),
            &format!("Notices for you: {en}"),
        ),
        purpose: words(
            &format!("{ja}を見て、あなたが使える制度かどうかを判定し、お知らせします。"),
            &format!(
                "{easy}を ｜見《み》て、あなたが ｜使《つか》える ｜制度《せいど》か しらべて、｜知《し》らせます。"
            ),
            &format!("To look at {en} and tell you of schemes you may be able to use."),
        ),
        recipient: Party {
            id: "notices_for_you".to_owned(),
            name: format!("{}(あなたにお知らせサービス)", profile.name),
            address: profile.name.clone(),
            contact: profile.counter.clone(),
            kind: "controller".to_owned(),
        },
        items: items(class),
        lawful_basis: "個人情報の保護に関する法律 第69条第2項第1号(本人の同意)".to_owned(),
        retention: words(
            "判定の結果だけを、次の判定まで。同意をやめると消えます。",
            "｜結果《けっか》だけ、｜次《つぎ》に しらべるまで。やめると ｜消《き》えます。",
            "Only the result, until the next judgement. Gone when you withdraw.",
        ),
        storage: profile.name.clone(),
        jurisdiction: "JP".to_owned(),
        privacy_notice: "/portal/interests".to_owned(),
        days: DAYS,
    }
}

/// Publishes the agreements as they are worded now. Where words changed, older consents hold for nothing: everybody who
/// registered is told anew to the inside.
///
/// # Errors
/// [`ConsentError`].
pub fn publish(tx: &mut Tx<'_>, seams: &Seams, profile: &CityProfile) -> Result<(), ConsentError> {
    for (class, id) in AGREEMENTS {
        let before = consents::latest(tx, id)?.map(|revision| revision.hash);
        let agreement = agreement(profile, class, id);
        let now = consents::publish(tx, seams, &Actor::System { job: "notices" }, &agreement)?;
        if before.is_some_and(|before| before != now.hash) {
            tx.execute("UPDATE notice_wishes SET told = 0", &[])?;
        }
    }
    Ok(())
}

/// What `account` consents to now, and when the first of it lapses.
///
/// # Errors
/// [`ConsentError`].
pub fn consented(
    tx: &mut Tx<'_>,
    now: base::Timestamp,
    account: AccountId,
) -> Result<(Consents, Option<base::Timestamp>), ConsentError> {
    let (mut classes, mut until) = (Consents::NONE, None::<base::Timestamp>);
    for (consent, _) in consents::list(tx, now, account)? {
        let class = AGREEMENTS.iter().find(|(_, id)| *id == consent.agreement).map(|(class, _)| *class);
        if let Some(class) = class.filter(|_| consent.state == ConsentState::Given) {
            classes = classes.with(class);
            until = Some(until.map_or(consent.until, |first| first.min(consent.until)));
        }
    }
    Ok((classes, until))
}
