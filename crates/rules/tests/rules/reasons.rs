//! A reason is read in three languages and tells nothing of others.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rules::{
    Admission, CityWords, Consents, DataClass, Gap, Household, Judgement, Language, Outcome, Person, Scheme, Words,
    judge,
};

use crate::any::{a_day, a_household, a_rule, date};

fn scheme(code: &str) -> Scheme {
    rules::schemes::all().into_iter().find(|scheme| scheme.code == code).unwrap()
}

fn judged(code: &str, household: &Household) -> Judgement {
    let live = scheme(code).rule.go_live(date("2026-11-26"), Admission::Demo).unwrap();
    judge(&live.on(date("2026-10-01")).unwrap(), household, 0).unwrap()
}

fn told(judgement: &Judgement, language: Language) -> Vec<String> {
    let lines = judgement.lines(language, &CityWords::default());
    let tell = |line: &rules::Line| {
        let outcome = line.outcome.map_or("", |outcome| outcome.as_answer(language));
        format!("{}{}|{}|{}", " ".repeat(line.depth), line.asked, line.known, outcome)
    };
    lines.iter().map(tell).collect()
}

#[test]
fn a_mother_reads_why() {
    let mut household = scheme("child-rearing-allowance").examples[0].household.clone();
    let judgement = judged("child-rearing-allowance", &household);
    assert_eq!(judgement.outcome().in_language(Language::Japanese), "対象");
    assert_eq!(
        told(&judgement, Language::Japanese),
        [
            "次のすべてに当てはまる||当てはまる",
            " ひとり親である|当てはまる|当てはまる",
            " 世帯の子に、次に当てはまる人がいる||当てはまる",
            "  次のいずれかに当てはまる||",
            "   年度末(3月31日)の年齢が18歳以下||",
            "   次のすべてに当てはまる||",
            "    年齢が19歳以下||",
            "    次のいずれかに当てはまる||",
            "     身体障害者手帳の等級が1級から3級まで||",
            "     療育手帳の区分がA||",
            " 所得が、2,080,000円に扶養親族等1人につき380,000円を加えた額未満|2,459,999円|当てはまる",
            " 次に当てはまらない||当てはまる",
            "  受けている手当・助成が児童扶養手当|なし|当てはまらない",
        ]
    );
    household.members[0].consents = Consents::ALL.without(DataClass::Tax);
    let closed = judged("child-rearing-allowance", &household);
    assert_eq!(closed.outcome(), Outcome::Undecided);
    assert_eq!(closed.wanted_consents(), [DataClass::Tax].into());
    let lines = told(&closed, Language::English);
    assert!(lines[10].contains("not known, because you have not agreed to the use of tax data|not known"), "{lines:?}");
    let easy = told(&closed, Language::EasyJapanese);
    assert!(easy[10].contains("｜税金《ぜいきん》の ｜情報《じょうほう》"), "{easy:?}");
}

#[test]
fn a_city_calls_its_own_codes_by_name() {
    let wards = BTreeMap::from([(1, Words::of("中央区", "｜中央区《ちゅうおうく》", "Chuo Ward"))]);
    let city = CityWords { wards, ..CityWords::default() };
    assert_eq!(rules::Fact::Ward.show_code(1, Language::English, &city), "Chuo Ward");
    assert_eq!(rules::Fact::Ward.show_code(2, Language::English, &city), "2");
}

#[test]
fn people_do_not_print() {
    let household = scheme("child-rearing-allowance").examples[0].household.clone();
    let judgement = judged("child-rearing-allowance", &household);
    let printed = format!("{household:?} {:?} {judgement:?}", household.members[0]);
    assert!(!printed.contains("2459999") && !printed.contains("2,459,999") && !printed.contains("1990"), "{printed}");
    assert_eq!(format!("{:?}", Gap::NotRecorded), "NotRecorded");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    /// Whatever is changed in the others' records, a reason of the same outcomes reads the same.
    #[test]
    fn a_reason_tells_of_others_only_the_results(
        day in a_day(), rule in a_rule(), household in a_household(), others in a_household(), language in 0usize..3,
    ) {
        let live = rule.go_live(date("2030-01-01"), Admission::Production).unwrap().on(day).unwrap();
        let me: Person = household.members[0].clone();
        let size = household.members.len();
        let mut changed: Vec<Person> = others.members.into_iter().cycle().take(size.saturating_sub(1)).collect();
        changed.insert(0, me);
        let city = CityWords::default();
        let lines = |household: &Household| judge(&live, household, 0).unwrap().lines(Language::ALL[language], &city);
        let (one, other) = (lines(&household), lines(&Household { members: changed }));
        prop_assert_eq!(one.len(), other.len());
        for (one, other) in one.iter().zip(&other) {
            prop_assert!(!one.asked.is_empty());
            prop_assert_eq!(&one.asked, &other.asked);
            if one.outcome == other.outcome {
                // The person's own facts are the same; of the household there is nothing but why it is not known.
                let of_household = one.known.is_empty() || other.known.is_empty();
                // Why something is not known may differ (no record, or somebody's is missing) and holds no value.
                let is_why = one.outcome == Some(Outcome::Undecided)
                    && [&one.known, &other.known].iter().all(|known| !known.chars().any(char::is_numeric));
                prop_assert!(one.known == other.known || of_household || is_why, "{} {}", one.known, other.known);
            }
        }
    }
}
