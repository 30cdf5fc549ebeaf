//! The way to a judgement, line by line, in words a person can read.
//!
//! Of other members nothing is shown but the question itself and its one result; a value of the household (its income)
//! is not shown either.

use crate::fact::{Fact, Unit};
use crate::judge::{Judgement, Outcome, Step, StepKind};
use crate::resolved::{Ask, Count, Node};
use crate::tree::Among;
use crate::value::{Gap, Value};
use crate::words::{CityWords, Language};

/// One line of a reason.
#[derive(Clone, PartialEq, Eq)]
pub struct Line {
    /// How far inside, from 0.
    pub depth: usize,
    /// What was asked.
    pub asked: String,
    /// What is known of the person, or why it is not; empty for groups and for questions about others.
    pub known: String,
    /// What came of it; none for a question that was asked of other members, one by one.
    pub outcome: Option<Outcome>,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<personal> {}: {:?}", self.asked, self.outcome)
    }
}

impl Outcome {
    /// The result of a whole rule: 対象.
    pub fn in_language(self, language: Language) -> &'static str {
        match self {
            Self::Eligible => language.pick("対象", "｜使《つか》えるかもしれません", "may be eligible"),
            Self::NotEligible => language.pick("対象外", "｜使《つか》えません", "not eligible"),
            Self::Undecided => language.pick("判定不能", "わかりません", "cannot be decided"),
        }
    }

    /// The result of one question: はい.
    pub fn as_answer(self, language: Language) -> &'static str {
        match self {
            Self::Eligible => language.pick("当てはまる", "はい", "yes"),
            Self::NotEligible => language.pick("当てはまらない", "いいえ", "no"),
            Self::Undecided => language.pick("わからない", "わかりません", "not known"),
        }
    }
}

impl Judgement {
    /// The way, outermost first.
    pub fn lines(&self, language: Language, city: &CityWords) -> Vec<Line> {
        let mut teller = Teller { language, city, lines: Vec::new() };
        teller.step(&self.root, 0);
        teller.lines
    }
}

struct Teller<'a> {
    language: Language,
    city: &'a CityWords,
    lines: Vec<Line>,
}

impl Teller<'_> {
    fn line(&mut self, depth: usize, asked: String, known: String, outcome: Option<Outcome>) {
        self.lines.push(Line { depth, asked, known, outcome });
    }

    fn step(&mut self, step: &Step, depth: usize) {
        let outcome = Some(step.outcome);
        match &step.kind {
            StepKind::All(steps) | StepKind::Any(steps) => {
                let every = matches!(step.kind, StepKind::All(_));
                self.line(depth, group(every, self.language).to_owned(), String::new(), outcome);
                steps.iter().for_each(|step| self.step(step, depth + 1));
            }
            StepKind::Not(inside) => {
                self.line(depth, negation(self.language).to_owned(), String::new(), outcome);
                self.step(inside, depth + 1);
            }
            StepKind::Test { fact, ask, known } => {
                let asked = question(*fact, ask, self.language, self.city);
                let known = self.known(*fact, *known);
                self.line(depth, asked, known, outcome);
            }
            StepKind::Household { count, among, asked } => {
                let text = members(*count, *among, self.language);
                self.line(depth, text, String::new(), outcome);
                self.asked_only(asked, depth + 1);
            }
        }
    }

    /// A question that was put to others: no answer of theirs is in the line.
    fn asked_only(&mut self, node: &Node, depth: usize) {
        let (text, inside): (String, &[Node]) = match node {
            Node::All(parts) => (group(true, self.language).to_owned(), parts),
            Node::Any(parts) => (group(false, self.language).to_owned(), parts),
            Node::Not(part) => (negation(self.language).to_owned(), std::slice::from_ref(part)),
            Node::Test(fact, ask) => (question(*fact, ask, self.language, self.city), &[]),
            Node::Household { count, among, has } => {
                (members(*count, *among, self.language), std::slice::from_ref(has))
            }
        };
        self.line(depth, text, String::new(), None);
        inside.iter().for_each(|part| self.asked_only(part, depth + 1));
    }

    fn known(&self, fact: Fact, known: Result<Value, Gap>) -> String {
        let language = self.language;
        match known {
            Err(Gap::NotConsented(class)) => {
                let class = class.words();
                let class = class.in_language(language);
                language.pick(
                    format!("{class}の利用に同意していないため、わかりません"),
                    format!("{class}を ｜使《つか》って いいと あなたが ｜言《い》っていないので、わかりません"),
                    format!("not known, because you have not agreed to the use of {class}"),
                )
            }
            Err(Gap::NotRecorded) => language
                .pick("市に記録がありません", "｜市《し》に ｜記録《きろく》が ありません", "the city has no record")
                .to_owned(),
            Err(Gap::InHousehold) => language
                .pick(
                    "世帯に、わからない情報があります",
                    "｜家族《かぞく》の ｜中《なか》に わからないことが あります",
                    "something about the household is not known",
                )
                .to_owned(),
            Ok(_) if fact.is_of_household() => String::new(),
            Ok(Value::Number(number)) => fact.show_number(number, language),
            Ok(Value::Code(code)) => fact.show_code(code, language, self.city),
            Ok(Value::Flag(true)) => Outcome::Eligible.as_answer(language).to_owned(),
            Ok(Value::Flag(false)) => Outcome::NotEligible.as_answer(language).to_owned(),
            Ok(Value::Absent | Value::Set(0)) => language.pick("なし", "ありません", "none").to_owned(),
            Ok(Value::Set(bits)) => {
                let codes = (0..64).filter(|code| bits >> code & 1 == 1);
                codes.map(|code| fact.show_code(code, language, self.city)).collect::<Vec<_>>().join(comma(language))
            }
        }
    }
}

fn comma(language: Language) -> &'static str {
    language.pick("、", "、", ", ")
}

fn group(every: bool, language: Language) -> &'static str {
    if every {
        language.pick("次のすべてに当てはまる", "｜下《した》の ぜんぶが はい", "all of these")
    } else {
        language.pick("次のいずれかに当てはまる", "｜下《した》の どれか 1つが はい", "any of these")
    }
}

fn negation(language: Language) -> &'static str {
    language.pick("次に当てはまらない", "｜下《した》が いいえ", "not this")
}

fn members(count: Count, among: Among, language: Language) -> String {
    let who = match among {
        Among::Everyone => {
            language.pick("世帯に", "いっしょに ｜住《す》んでいる ｜人《ひと》の ｜中《なか》に", "in the household")
        }
        Among::Others => language.pick(
            "世帯のほかの人に",
            "いっしょに ｜住《す》んでいる ほかの ｜人《ひと》の ｜中《なか》に",
            "among the other members",
        ),
        Among::Children => language.pick(
            "世帯の子に",
            "いっしょに ｜住《す》んでいる ｜子《こ》どもの ｜中《なか》に",
            "among your children",
        ),
    };
    match count {
        Count::AtLeast(1) => language.pick(
            format!("{who}、次に当てはまる人がいる"),
            format!("{who}、｜下《した》の ｜人《ひと》が います"),
            format!("someone {who} to whom this applies"),
        ),
        Count::AtLeast(count) => language.pick(
            format!("{who}、次に当てはまる人が{count}人以上いる"),
            format!("{who}、｜下《した》の ｜人《ひと》が {count}｜人《にん》か もっと います"),
            format!("{count} or more {who} to whom this applies"),
        ),
        Count::Every => language.pick(
            format!("{who}、次に当てはまらない人がいない"),
            format!("{who}、｜下《した》に ｜合《あ》わない ｜人《ひと》が いません"),
            format!("nobody {who} to whom this does not apply"),
        ),
    }
}

fn name_is(name: &str, value: &str, language: Language) -> String {
    language.pick(format!("{name}が{value}"), format!("{name}が {value}"), format!("{name}: {value}"))
}

/// One question in words.
fn question(fact: Fact, ask: &Ask, language: Language, city: &CityWords) -> String {
    let words = fact.words();
    let name = words.in_language(language);
    let number = |number: i64| fact.show_number(number, language);
    match ask {
        Ask::Yes => name.to_owned(),
        // "3級以下" is read both ways: a grade is said from its one end to the other.
        Ask::Between { min, max } if fact.unit() == Some(Unit::Grade) => {
            let (first, last) = fact.range();
            match (min.unwrap_or(first), max.unwrap_or(last)) {
                (min, max) if min == max => name_is(name, &number(min), language),
                (min, max) => {
                    let (min, max) = (number(min), number(max));
                    language.pick(
                        format!("{name}が{min}から{max}まで"),
                        format!("{name}が {min}から {max}まで"),
                        format!("{name}: from {min} to {max}"),
                    )
                }
            }
        }
        Ask::Between { min, max } => match (min.map(number), max.map(number)) {
            (Some(min), Some(max)) if min == max => name_is(name, &min, language),
            (Some(min), Some(max)) => language.pick(
                format!("{name}が{min}以上{max}以下"),
                format!("{name}が {min}から {max}まで"),
                format!("{name}: from {min} to {max}"),
            ),
            (Some(min), None) => language.pick(
                format!("{name}が{min}以上"),
                format!("{name}が {min}か、もっと ｜上《うえ》"),
                format!("{name}: {min} or more"),
            ),
            (None, max) => {
                let max = max.unwrap_or_default();
                language.pick(
                    format!("{name}が{max}以下"),
                    format!("{name}が {max}か、もっと ｜下《した》"),
                    format!("{name}: {max} or less"),
                )
            }
        },
        Ask::Within { limit, per_dependant, below } => {
            let limit = number(*limit);
            let each = per_dependant.map(number);
            let text = match each {
                Some(each) => language.pick(
                    format!("{name}が、{limit}に扶養親族等1人につき{each}を加えた額"),
                    format!("{name}が、{limit} + ｜養《やしな》っている ｜家族《かぞく》 1｜人《ひとり》に {each} "),
                    format!("{name}: {limit} plus {each} for each dependant"),
                ),
                None => {
                    language.pick(format!("{name}が{limit}"), format!("{name}が {limit} "), format!("{name}: {limit}"))
                }
            };
            let end = if *below {
                language.pick("未満", "より ｜少《すく》ない", ", less than that")
            } else {
                language.pick("以下", "か、もっと ｜少《すく》ない", " or less")
            };
            format!("{text}{end}")
        }
        Ask::OneOf(codes) | Ask::HasAny(codes) => {
            let choices = codes.iter().map(|code| fact.show_code(*code, language, city));
            let choices = choices.collect::<Vec<_>>().join(comma(language));
            let many = codes.len() > 1;
            let any = if many { language.pick("のいずれか", "の どれか", "") } else { "" };
            language.pick(
                format!("{name}が{choices}{any}"),
                format!("{name}が {choices} {any}"),
                format!("{name}: {choices}"),
            )
        }
    }
}
