//! Vaccinations (予防接種) and care after childbirth.

use super::Scheme;
use super::build::*;
use crate::fact::{DataClass, Fact, Unit};
use crate::judge::Outcome::{Eligible, NotEligible, Undecided};
use crate::record::{Consents, Day, Known, Person};
use crate::vocabulary::{Benefit, HealthService};
use crate::words::Words;

pub(super) fn schemes() -> Vec<Scheme> {
    vec![varicella(), measles_and_rubella(), diphtheria_and_tetanus(), pneumococcal(), postpartum_care()]
}

fn office() -> Words {
    Words::of("医療政策課", "｜医療政策課《いりょうせいさくか》", "Medical Policy Section")
}

fn vaccinated(service: HealthService, person: Person) -> Person {
    Person { had_ever: Some([service].into()), had_this_year: Some([service].into()), ..person }
}

fn parent() -> Person {
    adult("1992-02-02")
}

fn closed(person: Person) -> Person {
    Person { consents: Consents::ALL.without(DataClass::Health), ..person }
}

fn varicella() -> Scheme {
    let source = recalled("予防接種法施行令 第3条(水痘: 生後12月から36月に至るまで)");
    let name = Words::of(
        "水痘(水ぼうそう)予防接種",
        "｜水《みず》ぼうそうの ｜予防注射《よぼうちゅうしゃ》",
        "Chickenpox vaccination",
    );
    let sentence = Words::of(
        "1歳から3歳になる前の子が、水ぼうそうの予防接種を受けられます。",
        "1｜歳《さい》から 2歳の ｜子《こ》どもが、｜注射《ちゅうしゃ》を ｜受《う》けられます。",
        "Children from 1 until they turn 3 can be vaccinated against chickenpox.",
    );
    scheme("varicella", name, sentence, office())
        .months("from", 12, &source)
        .months("to", 35, &source)
        .when(any_child(all([between(Fact::AgeInMonths, "from", "to"), never_had(HealthService::Varicella)])))
        .example("1歳半で受けていない子がいる", [parent(), child("2025-04-10")], Eligible)
        .example("3歳の誕生日の前の日", [parent(), child("2023-10-02")], Eligible)
        .example("3歳の誕生日", [parent(), child("2023-10-01")], NotEligible)
        .example("子はもう受けた", [parent(), vaccinated(HealthService::Varicella, child("2025-04-10"))], NotEligible)
        .example("子の健康の情報を使う同意がない", [parent(), closed(child("2025-04-10"))], Undecided)
        .done()
}

fn measles_and_rubella() -> Scheme {
    let source = recalled("予防接種法施行令 第3条(麻しん・風しん: 第1期 12〜24月、第2期 小学校就学前の1年)");
    let name = Words::of(
        "麻しん風しん混合予防接種",
        "はしか・｜風《ふう》しんの ｜予防注射《よぼうちゅうしゃ》",
        "Measles and rubella vaccination",
    );
    let sentence = Words::of(
        "1歳の子と、小学校に入る前の1年の子が、予防接種を受けられます。",
        "1｜歳《さい》の ｜子《こ》どもと、｜小学校《しょうがっこう》に ｜入《はい》る ｜前《まえ》の 1｜年《ねん》の ｜子《こ》どもが ｜受《う》けられます。",
        "Children aged 1, and those in the year before primary school, can be vaccinated.",
    );
    scheme("measles-rubella", name, sentence, office())
        .months("first_from", 12, &source)
        .months("first_to", 23, &source)
        .years("second", 6, &source)
        .when(any_child(all([
            any([
                between(Fact::AgeInMonths, "first_from", "first_to"),
                between(Fact::AgeAtYearEnd, "second", "second"),
            ]),
            not_had_this_year(HealthService::MeaslesRubella),
        ])))
        .example("1歳3か月の子がいる", [parent(), child("2025-06-20")], Eligible)
        .example("来年4月に入学する子(4月1日生まれ)", [parent(), child("2021-04-01")], Eligible)
        .example("入学が再来年になる子(4月2日生まれ)", [parent(), child("2021-04-02")], NotEligible)
        .example(
            "今年度に受けた子",
            [parent(), vaccinated(HealthService::MeaslesRubella, child("2025-06-20"))],
            NotEligible,
        )
        .example("続柄の記録がない人がいる", [parent(), Person { role: None, ..child("2025-06-20") }], Undecided)
        .done()
}

fn diphtheria_and_tetanus() -> Scheme {
    let source = recalled("予防接種法施行令 第3条(ジフテリア・破傷風 第2期: 11歳以上13歳未満)");
    let name = Words::of(
        "二種混合予防接種",
        "｜二種混合《にしゅこんごう》の ｜予防注射《よぼうちゅうしゃ》",
        "Diphtheria and tetanus vaccination",
    );
    let sentence = Words::of(
        "11歳と12歳の子が、ジフテリアと破傷風の予防接種を受けられます。",
        "11｜歳《さい》と 12歳の ｜子《こ》どもが、｜注射《ちゅうしゃ》を ｜受《う》けられます。",
        "Children aged 11 and 12 can be vaccinated against diphtheria and tetanus.",
    );
    scheme("diphtheria-tetanus", name, sentence, office())
        .years("from", 11, &source)
        .years("to", 12, &source)
        .when(any_child(all([between(Fact::Age, "from", "to"), never_had(HealthService::DiphtheriaTetanus)])))
        .example("12歳で受けていない子がいる", [parent(), child("2014-03-30")], Eligible)
        .example("子は10歳", [parent(), child("2015-12-30")], NotEligible)
        .example(
            "子はもう受けた",
            [parent(), vaccinated(HealthService::DiphtheriaTetanus, child("2014-03-30"))],
            NotEligible,
        )
        .example("子の記録がない", [parent(), Person { had_ever: None, ..child("2014-03-30") }], Undecided)
        .done()
}

fn pneumococcal() -> Scheme {
    let source = recalled("予防接種法施行令 第3条(高齢者の肺炎球菌感染症: 65歳、60〜64歳で身体障害1級相当)");
    let name = Words::of(
        "高齢者肺炎球菌予防接種",
        "｜肺炎球菌《はいえんきゅうきん》の ｜予防注射《よぼうちゅうしゃ》",
        "Pneumococcal vaccination for the elderly",
    );
    let sentence = Words::of(
        "65歳の人と、60歳から64歳で重い障害のある人が、1回受けられます。",
        "65｜歳《さい》の ｜人《ひと》が、｜注射《ちゅうしゃ》を 1｜回《かい》 ｜受《う》けられます。",
        "People aged 65, and those aged 60 to 64 with a severe disability, can be vaccinated once.",
    );
    let disabled = |grade| Person { physical_disability: Known::Is(grade), ..adult("1964-01-01") };
    scheme("pneumococcal", name, sentence, office())
        .years("age", 65, &source)
        .years("disabled_from", 60, &source)
        .years("disabled_to", 64, &source)
        .grade("severest", 1, &source)
        .when(all([
            any([
                between(Fact::Age, "age", "age"),
                all([between(Fact::Age, "disabled_from", "disabled_to"), up_to(Fact::PhysicalDisability, "severest")]),
            ]),
            never_had(HealthService::Pneumococcal),
        ]))
        .example("65歳", [adult("1961-05-05")], Eligible)
        .example("62歳、身体障害者手帳1級", [disabled(1)], Eligible)
        .example("62歳、身体障害者手帳2級", [disabled(2)], NotEligible)
        .example("66歳", [adult("1960-05-05")], NotEligible)
        .example("62歳、手帳の記録がない", [Person { physical_disability: Known::Unknown, ..disabled(1) }], Undecided)
        .done()
}

fn postpartum_care() -> Scheme {
    let source = recalled("母子保健法 第17条の2(出産後1年を経過しない女子及び乳児)");
    let name = Words::of(
        "産後ケア事業",
        "｜赤《あか》ちゃんを ｜産《う》んだ ｜後《あと》の ｜助《たす》け",
        "Postpartum care",
    );
    let sentence = Words::of(
        "出産から1年になるまで、助産師などの世話や相談を受けられます。",
        "｜赤《あか》ちゃんを ｜産《う》んで 1｜年《ねん》の ｜間《あいだ》、｜体《からだ》の ｜世話《せわ》や ｜相談《そうだん》が できます。",
        "Until a year after giving birth you can get care and advice.",
    );
    let gave_birth = |day| Person { childbirth: Known::Is(Day(date(day))), ..parent() };
    let received = Person { receives: Some([Benefit::PostpartumCare].into()), ..gave_birth("2026-08-01") };
    scheme("postpartum-care", name, sentence, office())
        .number("first_day", Unit::Days, "2026-04-01", 0, &source)
        .number("last_day", Unit::Days, "2026-04-01", 364, &source)
        .when(all([
            between(Fact::DaysSinceChildbirth, "first_day", "last_day"),
            not_yet_received(Benefit::PostpartumCare),
        ]))
        .example("2か月前に出産した", [gave_birth("2026-08-01")], Eligible)
        .example("ちょうど1年前に出産した", [gave_birth("2025-10-01")], NotEligible)
        .example("出産していない", [parent()], NotEligible)
        .example("もう利用している", [received], NotEligible)
        .example("健康の情報を使う同意がない", [closed(gave_birth("2026-08-01"))], Undecided)
        .done()
}
