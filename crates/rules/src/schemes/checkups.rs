//! Check-ups and screenings (健診・検診).

use super::Scheme;
use super::build::*;
use crate::fact::{DataClass, Fact, Unit};
use crate::judge::Outcome::{Eligible, NotEligible, Undecided};
use crate::record::{Consents, Person};
use crate::vocabulary::{HealthService, Insurance, Sex};
use crate::words::Words;

/// The page on which 特定健康診査 and 健康診査 of one city were read.
const PAGE: &str = "https://www.city.chiba.jp/hokenfukushi/kenkofukushi/shien/kenshin24.html";

pub(super) fn schemes() -> Vec<Scheme> {
    vec![
        infant_checkup(),
        specific_checkup(),
        health_checkup(),
        lung_and_colorectal(),
        prostate(),
        osteoporosis(),
        periodontal(),
        stomach_risk(),
    ]
}

fn health_office() -> Words {
    Words::of("健康支援課", "｜健康支援課《けんこうしえんか》", "Health Support Section")
}

fn insurance_office() -> Words {
    Words::of("健康保険課", "｜健康保険課《けんこうほけんか》", "Health Insurance Section")
}

fn without_health(person: Person) -> Person {
    Person { consents: Consents::ALL.without(DataClass::Health), ..person }
}

fn after(service: HealthService, person: Person) -> Person {
    Person { had_this_year: Some([service].into()), had_ever: Some([service].into()), ..person }
}

fn infant_checkup() -> Scheme {
    let source = recalled("母子保健法 第13条、乳児一般健康診査の要綱(見本)");
    let name = Words::of("乳児一般健康診査", "｜赤《あか》ちゃんの ｜健診《けんしん》", "Infant check-up");
    let sentence = Words::of(
        "赤ちゃんの健康診査を医療機関で受けられます。",
        "｜病院《びょういん》で ｜赤《あか》ちゃんの ｜体《からだ》を ｜見《み》てもらえます。",
        "A clinic checks your baby's health.",
    );
    scheme("infant-checkup", name, sentence, health_office())
        .months("first_from", 3, &source)
        .months("first_to", 6, &source)
        .months("second_from", 9, &source)
        .months("second_to", 11, &source)
        .when(any_child(any([
            between(Fact::AgeInMonths, "first_from", "first_to"),
            between(Fact::AgeInMonths, "second_from", "second_to"),
        ])))
        .example("4か月の子がいる", [adult("1995-01-01"), child("2026-05-20")], Eligible)
        .example("11か月の最後の日(翌日に1歳)", [adult("1995-01-01"), child("2025-10-02")], Eligible)
        .example("子は7か月で、どちらの時期でもない", [adult("1995-01-01"), child("2026-02-20")], NotEligible)
        .example("子がいない", [adult("1995-01-01")], NotEligible)
        .example(
            "子の生年月日を使う同意がない",
            [adult("1995-01-01"), Person { consents: Consents::NONE, ..child("2026-05-20") }],
            Undecided,
        )
        .done()
}

fn specific_checkup() -> Scheme {
    let source = read("特定健康診査の案内(40歳以上74歳まで、国民健康保険)", PAGE);
    let insured_person = |born| Person { insurance: Some(Insurance::National), ..adult(born) };
    let name = Words::of("特定健康診査", "｜特定健診《とくていけんしん》", "Specific health check-up");
    let sentence = Words::of(
        "国民健康保険の40歳から74歳の人が、生活習慣病の健診を受けられます(妊娠中・産後1年未満などを除く)。",
        "｜国民健康保険《こくみんけんこうほけん》の 40｜歳《さい》から 74歳の ｜人《ひと》が ｜健診《けんしん》を ｜受《う》けられます。",
        "People aged 40 to 74 in the National Health Insurance can have a check-up (not while pregnant or in the year after).",
    );
    scheme("specific-checkup", name, sentence, insurance_office())
        .window((5, 15), (2, 28))
        .years("youngest", 40, &source)
        .years("oldest", 74, &source)
        .when(all([
            from(Fact::AgeAtYearEnd, "youngest"),
            up_to(Fact::Age, "oldest"),
            insured(Insurance::National),
            not_had_this_year(HealthService::SpecificCheckup),
        ]))
        .example("52歳、国民健康保険", [insured_person("1974-06-01")], Eligible)
        .example("年度末の翌日に40歳の誕生日(年度末に40歳)", [insured_person("1987-04-01")], Eligible)
        .example("年度末の2日後に40歳の誕生日", [insured_person("1987-04-02")], NotEligible)
        .example("職場の健康保険", [adult("1974-06-01")], NotEligible)
        .example("今年度に受けた", [after(HealthService::SpecificCheckup, insured_person("1974-06-01"))], NotEligible)
        .example("健康の情報を使う同意がない", [without_health(insured_person("1974-06-01"))], Undecided)
        .done()
}

fn health_checkup() -> Scheme {
    let source = read("健康診査の案内(後期高齢者医療制度、一定の障害のある65歳以上を含む)", PAGE);
    let elder = |born| Person { insurance: Some(Insurance::LateElderly), ..adult(born) };
    let name = Words::of("健康診査", "｜健康診査《けんこうしんさ》", "Health check-up for the elderly");
    let sentence = Words::of(
        "後期高齢者医療制度の人が健診を受けられます。",
        "｜後期高齢者医療《こうきこうれいしゃいりょう》の ｜人《ひと》が ｜健診《けんしん》を ｜受《う》けられます。",
        "People in the Late-stage Elderly Medical Care can have a check-up.",
    );
    scheme("health-checkup", name, sentence, insurance_office())
        .window((5, 15), (2, 28))
        .years("youngest", 65, &source)
        .when(all([
            from(Fact::Age, "youngest"),
            insured(Insurance::LateElderly),
            not_had_this_year(HealthService::HealthCheckup),
        ]))
        .example("78歳、後期高齢者医療", [elder("1948-03-03")], Eligible)
        .example("障害の認定を受けた67歳", [elder("1959-03-03")], Eligible)
        .example("76歳だが職場の健康保険", [adult("1950-03-03")], NotEligible)
        .example("今年度に受けた", [after(HealthService::HealthCheckup, elder("1948-03-03"))], NotEligible)
        .example("医療保険の記録がない", [Person { insurance: None, ..elder("1948-03-03") }], Undecided)
        .done()
}

fn lung_and_colorectal() -> Scheme {
    let source = recalled("がん予防重点健康教育及びがん検診実施のための指針(肺・大腸、40歳以上)");
    let name = Words::of(
        "肺がん・大腸がん検診",
        "｜肺《はい》がん・｜大腸《だいちょう》がんの ｜検診《けんしん》",
        "Lung and colorectal cancer screening",
    );
    let sentence = Words::of(
        "40歳以上の人が、年に1回、肺がんと大腸がんの検診を受けられます。",
        "40｜歳《さい》か もっと ｜上《うえ》の ｜人《ひと》が、1｜年《ねん》に 1｜回《かい》 がんの ｜検査《けんさ》を ｜受《う》けられます。",
        "People aged 40 and over can be screened for lung and colorectal cancer once a year.",
    );
    scheme("lung-colorectal", name, sentence, health_office())
        .window((5, 1), (2, 28))
        .years("youngest", 40, &source)
        .when(all([from(Fact::AgeAtYearEnd, "youngest"), not_had_this_year(HealthService::LungColorectal)]))
        .example("年度末に40歳", [adult("1987-03-31")], Eligible)
        .example("年度末に39歳", [adult("1988-03-31")], NotEligible)
        .example("今年度に受けた", [after(HealthService::LungColorectal, adult("1960-01-01"))], NotEligible)
        .example("年齢だけで対象外と分かる(同意は要らない)", [without_health(adult("2000-01-01"))], NotEligible)
        .example("受けたかどうか分からない", [without_health(adult("1960-01-01"))], Undecided)
        .done()
}

fn prostate() -> Scheme {
    let source = recalled("前立腺がん検診の要綱(50歳以上の男性、見本)");
    let man = |born| Person { sex: Some(Sex::Male), ..adult(born) };
    let name =
        Words::of("前立腺がん検診", "｜前立腺《ぜんりつせん》がんの ｜検診《けんしん》", "Prostate cancer screening");
    let sentence = Words::of(
        "50歳以上の男性が、血液検査で前立腺がん検診を受けられます。",
        "50｜歳《さい》か もっと ｜上《うえ》の ｜男《おとこ》の ｜人《ひと》が、｜血《ち》の ｜検査《けんさ》を ｜受《う》けられます。",
        "Men aged 50 and over can be screened by a blood test.",
    );
    scheme("prostate", name, sentence, health_office())
        .window((5, 1), (2, 28))
        .asks_sex(source.clone())
        .years("youngest", 50, &source)
        .when(all([sex(Sex::Male), from(Fact::AgeAtYearEnd, "youngest"), not_had_this_year(HealthService::Prostate)]))
        .example("62歳の男性", [man("1964-08-08")], Eligible)
        .example("62歳の女性", [adult("1964-08-08")], NotEligible)
        .example("45歳の男性", [man("1981-08-08")], NotEligible)
        .example("性別の記録がない", [Person { sex: None, ..man("1964-08-08") }], Undecided)
        .done()
}

fn osteoporosis() -> Scheme {
    let source = recalled("健康増進法施行規則 第4条の2、骨粗鬆症検診(40歳から70歳までの5歳ごとの女性)");
    let name = Words::of("骨粗しょう症検診", "｜骨《ほね》の ｜検診《けんしん》", "Osteoporosis screening");
    let sentence = Words::of(
        "節目の年齢の女性が、骨の検診を受けられます。",
        "｜決《き》まった ｜年《とし》の ｜女《おんな》の ｜人《ひと》が、｜骨《ほね》の ｜検査《けんさ》を ｜受《う》けられます。",
        "Women of certain ages can have their bones checked.",
    );
    let names = ["age_40", "age_45", "age_50", "age_55", "age_60", "age_65", "age_70"];
    let mut make = scheme("osteoporosis", name, sentence, health_office()).window((5, 1), (2, 28));
    for (age, name) in (40..).step_by(5).zip(names) {
        make = make.years(name, age, &source);
    }
    make.asks_sex(source)
        .when(all([sex(Sex::Female), at_ages(names), not_had_this_year(HealthService::Osteoporosis)]))
        .example("年度末に50歳の女性", [adult("1976-11-11")], Eligible)
        .example("年度末に51歳の女性", [adult("1975-11-11")], NotEligible)
        .example("年度末に50歳の男性", [Person { sex: Some(Sex::Male), ..adult("1976-11-11") }], NotEligible)
        .example("健康の情報を使う同意がない", [without_health(adult("1976-11-11"))], Undecided)
        .done()
}

fn periodontal() -> Scheme {
    let source = recalled("健康増進法施行規則 第4条の2、歯周疾患検診(40・50・60・70歳、2024年度から20・30歳)");
    let name = Words::of("歯周病検診", "｜歯《は》の ｜検診《けんしん》", "Periodontal disease screening");
    let sentence = Words::of(
        "節目の年齢の人が、歯と歯ぐきの検診を受けられます。",
        "｜決《き》まった ｜年《とし》の ｜人《ひと》が、｜歯《は》の ｜検査《けんさ》を ｜受《う》けられます。",
        "People of certain ages can have teeth and gums checked.",
    );
    let names = ["age_20", "age_30", "age_40", "age_50", "age_60", "age_70"];
    let mut make = scheme("periodontal", name, sentence, health_office()).window((5, 1), (2, 28));
    for (age, name) in (20..).step_by(10).zip(names) {
        let from = if age < 40 { "2024-04-01" } else { "2008-04-01" };
        make = make.number(name, Unit::Years, from, age, &source);
    }
    make.when(all([at_ages(names), not_had_this_year(HealthService::Periodontal)]))
        .example("年度末に30歳", [adult("1996-12-12")], Eligible)
        .example("年度末に35歳", [adult("1991-12-12")], NotEligible)
        .example("今年度に受けた", [after(HealthService::Periodontal, adult("1996-12-12"))], NotEligible)
        .example("生年月日の記録がない", [Person { born: None, ..adult("1996-12-12") }], Undecided)
        .done()
}

fn stomach_risk() -> Scheme {
    let source = recalled("胃がんリスク検査の要綱(40・45・50歳、生涯1回、見本)");
    let name = Words::of("胃がんリスク検査", "｜胃《い》の ｜検査《けんさ》", "Stomach cancer risk test");
    let sentence = Words::of(
        "節目の年齢で受けたことのない人が、血液で胃がんになりやすいかを調べられます。",
        "｜決《き》まった ｜年《とし》の ｜人《ひと》が、｜血《ち》の ｜検査《けんさ》を 1｜回《かい》 ｜受《う》けられます。",
        "People of certain ages who never had it can test their risk by a blood sample.",
    );
    scheme("stomach-risk", name, sentence, health_office())
        .window((5, 1), (2, 28))
        .years("age_40", 40, &source)
        .years("age_45", 45, &source)
        .years("age_50", 50, &source)
        .when(all([at_ages(["age_40", "age_45", "age_50"]), never_had(HealthService::StomachRisk)]))
        .example("年度末に45歳、受けたことがない", [adult("1981-07-07")], Eligible)
        .example("前に受けた", [after(HealthService::StomachRisk, adult("1981-07-07"))], NotEligible)
        .example("年度末に44歳", [adult("1982-07-07")], NotEligible)
        .example("これまでの記録がない", [Person { had_ever: None, ..adult("1981-07-07") }], Undecided)
        .done()
}
