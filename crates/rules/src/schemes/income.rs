//! Schemes with a limit of income: judged only for those who opened their tax data.

use super::Scheme;
use super::build::*;
use crate::fact::{DataClass, Fact, Unit};
use crate::judge::Outcome::{Eligible, NotEligible, Undecided};
use crate::record::{Consents, Known, Person};
use crate::tree::{Among, Condition, Quantity, Source};
use crate::vocabulary::{Benefit, Taxation};
use crate::words::Words;

pub(super) fn schemes() -> Vec<Scheme> {
    vec![
        child_rearing_allowance(),
        single_parent_medical(),
        family_life_supporter(),
        welfare_fund(),
        water_reduction(),
        sewer_reduction(),
        fixed_term_housing(),
    ]
}

fn family_office() -> Words {
    Words::of("こども家庭支援課", "こども｜家庭支援課《かていしえんか》", "Child and Family Support Section")
}

fn closed(person: Person) -> Person {
    Person { consents: Consents::ALL.without(DataClass::Tax), ..person }
}

fn receiving(benefit: Benefit, person: Person) -> Person {
    Person { receives: Some([benefit].into()), ..person }
}

/// The limit of 児童扶養手当 since the payment of November 2024, as one city's paper printed it.
fn allowance_limit() -> Source {
    read(
        "児童扶養手当法施行令 第2条の4(令和6年11月分から、扶養0人 208万円未満、1人増すごとに38万円)。市報わかやま 令和6年12月号",
        "https://mykoho.jp/article/和歌山県和歌山市/市報わかやま-令和6年12月号/pick-up-news-02児童扶養手当の制度が拡充されます",
    )
}

fn child_rearing_allowance() -> Scheme {
    let age = recalled("児童扶養手当法 第3条(18歳に達する日以後の最初の3月31日まで、障害があるときは20歳未満)");
    let name = Words::of("児童扶養手当", "｜児童扶養手当《じどうふようてあて》", "Child rearing allowance");
    let sentence = Words::of(
        "ひとりで子を育てる人などが、所得に応じて手当を受けられます。",
        "ひとりで ｜子《こ》どもを ｜育《そだ》てる ｜人《ひと》が、お｜金《かね》を もらえます。",
        "People raising children alone can receive an allowance that depends on income.",
    );
    let disabled = Person { physical_disability: Known::Is(1), ..child("2007-05-05") };
    scheme("child-rearing-allowance", name, sentence, family_office())
        .number("oldest", Unit::Years, "2024-11-01", 18, &age)
        .number("oldest_disabled", Unit::Years, "2024-11-01", 19, &age)
        .number("physical", Unit::Grade, "2024-11-01", 3, &age)
        .number("intellectual", Unit::Grade, "2024-11-01", 1, &age)
        .number("limit", Unit::Yen, "2024-11-01", 2_080_000, &allowance_limit())
        .number("per_dependant", Unit::Yen, "2024-11-01", 380_000, &allowance_limit())
        .when(all([
            yes(Fact::SingleParent),
            any_child(any([
                up_to(Fact::AgeAtYearEnd, "oldest"),
                all([
                    up_to(Fact::Age, "oldest_disabled"),
                    any([
                        up_to(Fact::PhysicalDisability, "physical"),
                        up_to(Fact::IntellectualDisability, "intellectual"),
                    ]),
                ]),
            ])),
            within(Fact::Income, "limit", Some("per_dependant"), true),
            not_yet_received(Benefit::ChildRearingAllowance),
        ]))
        .example("所得が限度額に1円足りない", [single_parent(2_459_999), child("2018-01-01")], Eligible)
        .example("所得がちょうど限度額(扶養1人: 246万円)", [single_parent(2_460_000), child("2018-01-01")], NotEligible)
        .example("子が18歳になった年度(4月2日生まれ)", [single_parent(0), child("2008-04-02")], Eligible)
        .example("子が前の年度末に18歳になった(4月1日生まれ)", [single_parent(0), child("2008-04-01")], NotEligible)
        .example("19歳で重い障害のある子がいる", [single_parent(0), disabled], Eligible)
        .example("ひとり親ではない", [adult("1990-05-05"), child("2018-01-01")], NotEligible)
        .example("税の情報を使う同意がない", [closed(single_parent(1_000_000)), child("2018-01-01")], Undecided)
        .example("所得の申告がない", [Person { income: None, ..single_parent(0) }, child("2018-01-01")], Undecided)
        .done()
}

fn single_parent_medical() -> Scheme {
    let source = recalled("ひとり親家庭等医療費等助成の規則(児童扶養手当と同じ限度額、見本)");
    let name = Words::of(
        "ひとり親家庭等医療費助成",
        "ひとり｜親《おや》の ｜医療費《いりょうひ》の ｜助《たす》け",
        "Medical aid for single parents",
    );
    let sentence = Words::of(
        "ひとり親とその子が、医療費の助成を受けられます。",
        "ひとりで ｜子《こ》どもを ｜育《そだ》てる ｜人《ひと》は、｜病院《びょういん》の お｜金《かね》が ｜安《やす》くなります。",
        "Single parents and their children can get help with medical costs.",
    );
    let has = receiving(Benefit::SingleParentMedical, single_parent(1_000_000));
    scheme("single-parent-medical", name, sentence, family_office())
        .years("oldest", 18, &source)
        .number("limit", Unit::Yen, "2025-01-01", 2_080_000, &source)
        .number("per_dependant", Unit::Yen, "2025-01-01", 380_000, &source)
        .when(all([
            yes(Fact::SingleParent),
            any_child(up_to(Fact::AgeAtYearEnd, "oldest")),
            within(Fact::Income, "limit", Some("per_dependant"), true),
            not_yet_received(Benefit::SingleParentMedical),
        ]))
        .example("所得150万円のひとり親", [single_parent(1_500_000), child("2015-01-01")], Eligible)
        .example("所得300万円のひとり親", [single_parent(3_000_000), child("2015-01-01")], NotEligible)
        .example("もう受けている", [has, child("2015-01-01")], NotEligible)
        .example("税の情報を使う同意がない", [closed(single_parent(1_500_000)), child("2015-01-01")], Undecided)
        .done()
}

/// A single parent with a child under 20, or a widow.
fn family(widow: Condition) -> Condition {
    any([all([yes(Fact::SingleParent), any_child(up_to(Fact::Age, "oldest"))]), widow])
}

fn widow(income: i64) -> Person {
    Person { widow: Some(true), income: Some(income), ..adult("1965-05-05") }
}

fn family_life_supporter() -> Scheme {
    let source = recalled("母子及び父子並びに寡婦福祉法 第17条ほか、日常生活支援事業の要綱(所得の目安、見本)");
    let name = Words::of("家庭生活支援員の派遣", "｜家《いえ》の ｜手伝《てつだ》い", "Family life supporter");
    let sentence = Words::of(
        "ひとり親や寡婦が病気などで困ったとき、家事や育児を手伝う人が来ます。",
        "ひとり｜親《おや》が ｜病気《びょうき》などで こまった とき、｜家《いえ》の ことを ｜手伝《てつだ》う ｜人《ひと》が ｜来《き》ます。",
        "When a single parent or widow is ill or in need, someone comes to help at home.",
    );
    scheme("family-life-supporter", name, sentence, family_office())
        .years("oldest", 19, &source)
        .number("limit", Unit::Yen, "2026-04-01", 2_080_000, &source)
        .number("per_dependant", Unit::Yen, "2026-04-01", 380_000, &source)
        .when(all([
            family(yes(Fact::Widow)),
            within(Fact::Income, "limit", Some("per_dependant"), true),
            not_yet_received(Benefit::FamilyLifeSupporter),
        ]))
        .example("所得100万円のひとり親", [single_parent(1_000_000), child("2010-01-01")], Eligible)
        .example("所得100万円の寡婦", [widow(1_000_000)], Eligible)
        .example("ひとり親でも寡婦でもない", [adult("1990-01-01")], NotEligible)
        .example("所得500万円の寡婦", [widow(5_000_000)], NotEligible)
        .example("税の情報を使う同意がない", [closed(widow(1_000_000))], Undecided)
        .done()
}

fn welfare_fund() -> Scheme {
    let source =
        recalled("母子及び父子並びに寡婦福祉法 第13・31条の6・32条(扶養する子のない寡婦の所得 203万6千円以下)");
    let name = Words::of(
        "母子父子寡婦福祉資金",
        "ひとり｜親《おや》などへ お｜金《かね》を ｜貸《か》します",
        "Welfare fund for single parents and widows",
    );
    let sentence = Words::of(
        "ひとり親や寡婦が、進学や生活の資金を借りられます。",
        "ひとり｜親《おや》などが、｜学校《がっこう》や ｜生活《せいかつ》の お｜金《かね》を ｜借《か》りられます。",
        "Single parents and widows can borrow money for schooling and living.",
    );
    scheme("welfare-fund", name, sentence, family_office())
        .years("oldest", 19, &source)
        .number("limit", Unit::Yen, "2026-04-01", 2_036_000, &source)
        .when(all([
            family(all([yes(Fact::Widow), within(Fact::Income, "limit", None, false)])),
            not_yet_received(Benefit::WelfareFundLoan),
        ]))
        .example("ひとり親は所得によらない", [single_parent(6_000_000), child("2010-01-01")], Eligible)
        .example("所得203万6千円の寡婦", [widow(2_036_000)], Eligible)
        .example("所得203万6千1円の寡婦", [widow(2_036_001)], NotEligible)
        .example("税の情報を使う同意がない寡婦", [closed(widow(1_000_000))], Undecided)
        .example("ひとり親は税の同意がなくても分かる", [closed(single_parent(1)), child("2010-01-01")], Eligible)
        .done()
}

fn water_reduction() -> Scheme {
    let name = Words::of(
        "水道料金の減免",
        "｜水道《すいどう》の お｜金《かね》が ｜安《やす》くなります",
        "Water charge reduction",
    );
    let sentence = Words::of(
        "児童扶養手当を受ける世帯や、障害のある人がいる非課税世帯は、水道料金が減ります。",
        "｜手当《てあて》を もらっている ｜家《いえ》などは、｜水道《すいどう》の お｜金《かね》が ｜安《やす》くなります。",
        "Households with certain allowances, or tax-exempt ones with a disabled member, pay less for water.",
    );
    let office = Words::of("水道局営業課", "｜水道局《すいどうきょく》", "Waterworks Sales Section");
    utility("water-reduction", name, sentence, office, Benefit::WaterReduction, "水道料金減免の要綱(見本)")
}

fn sewer_reduction() -> Scheme {
    let name = Words::of(
        "下水道使用料の減免",
        "｜下水道《げすいどう》の お｜金《かね》が ｜安《やす》くなります",
        "Sewer charge reduction",
    );
    let sentence = Words::of(
        "児童扶養手当を受ける世帯や、障害のある人がいる非課税世帯は、下水道使用料が減ります。",
        "｜手当《てあて》を もらっている ｜家《いえ》などは、｜下水道《げすいどう》の お｜金《かね》が ｜安《やす》くなります。",
        "Households with certain allowances, or tax-exempt ones with a disabled member, pay less for sewerage.",
    );
    let office = Words::of("下水道営業課", "｜下水道営業課《げすいどうえいぎょうか》", "Sewerage Sales Section");
    utility("sewer-reduction", name, sentence, office, Benefit::SewerReduction, "下水道使用料減免の要綱(見本)")
}

fn utility(code: &'static str, name: Words, sentence: Words, office: Words, benefit: Benefit, source: &str) -> Scheme {
    let source = recalled(source);
    let untaxed = |born| Person { taxation: Some(Taxation::Exempt), income: Some(300_000), ..adult(born) };
    let disabled = |born| Person { physical_disability: Known::Is(2), ..untaxed(born) };
    let severe = any([
        up_to(Fact::PhysicalDisability, "physical"),
        up_to(Fact::IntellectualDisability, "intellectual"),
        up_to(Fact::MentalDisability, "mental"),
    ]);
    scheme(code, name, sentence, office)
        .grade("physical", 2, &source)
        .grade("intellectual", 1, &source)
        .grade("mental", 1, &source)
        .when(all([
            yes(Fact::HeadOfHousehold),
            any([
                receives([Benefit::ChildRearingAllowance, Benefit::SpecialChildRearingAllowance]),
                all([
                    household(Quantity::Every, Among::Everyone, exempt()),
                    household(Quantity::Any, Among::Everyone, severe),
                ]),
            ]),
            not_yet_received(benefit),
        ]))
        .example(
            "児童扶養手当を受ける世帯主",
            [receiving(Benefit::ChildRearingAllowance, single_parent(1)), child("2015-01-01")],
            Eligible,
        )
        .example("全員非課税で、身体障害者手帳2級の人がいる", [disabled("1950-01-01"), child("2000-01-01")], Eligible)
        .example(
            "課税されている人がいる",
            [disabled("1950-01-01"), Person { taxation: Some(Taxation::Taxed), ..child("2000-01-01") }],
            NotEligible,
        )
        .example("世帯主ではない", [Person { role: Some(crate::Role::Spouse), ..disabled("1950-01-01") }], NotEligible)
        .example(
            "同居する人の税の情報を使う同意がない",
            [disabled("1950-01-01"), closed(child("2000-01-01"))],
            Undecided,
        )
        .done()
}

fn fixed_term_housing() -> Scheme {
    let source = recalled("公営住宅法施行令 第6条(子育て世帯の裁量階層 月額21万4千円)、期限付き入居の要綱(見本)");
    let name = Words::of(
        "期限付き市営住宅(子育て世帯)",
        "｜子《こ》どもの いる ｜家族《かぞく》の ｜市営住宅《しえいじゅうたく》",
        "Fixed-term city housing for families",
    );
    let sentence = Words::of(
        "小学校に入る前の子がいる世帯が、期限付きで市営住宅に申し込めます。",
        "｜小《ちい》さい ｜子《こ》どもの いる ｜家族《かぞく》が、｜市《し》の ｜家《いえ》に ｜申《もう》し｜込《こ》めます。",
        "Families with a child before school age can apply for city housing for a fixed term.",
    );
    let parent = |income| Person { income: Some(income), dependants: Some(1), ..adult("1990-01-01") };
    let partner = |income| Person { role: Some(crate::Role::Spouse), income: Some(income), ..adult("1991-01-01") };
    let office = Words::of("住宅整備課", "｜住宅整備課《じゅうたくせいびか》", "Housing Section");
    scheme("fixed-term-housing", name, sentence, office)
        .window((6, 1), (6, 30))
        .years("oldest", 6, &source)
        .number("limit", Unit::Yen, "2026-04-01", 2_568_000, &source)
        .number("per_dependant", Unit::Yen, "2026-04-01", 380_000, &source)
        .when(all([
            any_child(up_to(Fact::AgeAtYearEnd, "oldest")),
            within(Fact::HouseholdIncome, "limit", Some("per_dependant"), false),
            not_yet_received(Benefit::CityHousing),
        ]))
        .example("世帯の所得がちょうど限度額", [parent(2_000_000), partner(948_000), child("2022-01-01")], Eligible)
        .example("世帯の所得が1円多い", [parent(2_000_000), partner(948_001), child("2022-01-01")], NotEligible)
        .example("子は小学生", [parent(2_000_000), child("2016-01-01")], NotEligible)
        .example(
            "配偶者の税の情報を使う同意がない",
            [parent(2_000_000), closed(partner(0)), child("2022-01-01")],
            Undecided,
        )
        .done()
}
