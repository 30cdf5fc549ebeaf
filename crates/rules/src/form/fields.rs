//! The draft as named texts, and what a page needs to draw each field.

use std::collections::BTreeMap;

use super::{Draft, MOST_ROWS, ParameterDraft, Row, SourceDraft, ValueDraft, stored_name};
use crate::check::{MOST_PARAMETERS, MOST_VALUES};
use crate::fact::{DataClass, Fact, Kind, Unit};
use crate::words::{CityWords, Words};

/// One thing to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub words: Words,
}

/// How a field is filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Control {
    /// One of these.
    One(Vec<Choice>),
    /// Any of these; the value holds them with commas between, and a form may send the name several times.
    Many(Vec<Choice>),
    /// The name of one of these parameters of the same draft.
    Parameter(Vec<String>),
    /// A whole number.
    Number,
    /// A date.
    Date,
    /// A text.
    Text,
    /// Carried along unseen.
    Hidden,
}

/// One field to draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldSpec {
    /// Its name in the form.
    pub name: String,
    /// What stands in it.
    pub value: String,
    /// Its label.
    pub label: Words,
    /// How it is filled in.
    pub control: Control,
}

impl Draft {
    /// Every field with something in it, by name.
    pub fn to_fields(&self) -> Vec<(String, String)> {
        let mut fields = Vec::new();
        let mut put = |name: String, value: &str| {
            if !value.is_empty() {
                fields.push((name, value.to_owned()));
            }
        };
        put("revision".to_owned(), &self.revision);
        put("from".to_owned(), &self.from);
        put("until".to_owned(), &self.until);
        put_source(&mut put, "sex_basis", &self.sex_basis);
        for (index, row) in self.rows.iter().enumerate() {
            put(format!("row.{index}.depth"), &row.depth.to_string());
            let mut row = row.clone();
            for (part, text) in row_parts(&mut row) {
                put(format!("row.{index}.{part}"), text);
            }
        }
        for (index, parameter) in self.parameters.iter().enumerate() {
            put(format!("parameter.{index}.name"), &parameter.name);
            put(format!("parameter.{index}.unit"), &parameter.unit);
            for (number, value) in parameter.values.iter().enumerate() {
                let place = format!("parameter.{index}.value.{number}");
                put(format!("{place}.from"), &value.from);
                put(format!("{place}.value"), &value.value);
                put_source(&mut put, &place, &value.source);
            }
        }
        fields
    }

    /// A draft from the fields of a form, in any order. Names that are not a rule's are left to whoever made the form;
    /// rows may be numbered with gaps, so that a page can leave one out.
    pub fn from_fields<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut draft = Self::default();
        let mut rows: BTreeMap<usize, Row> = BTreeMap::new();
        let mut parameters: BTreeMap<usize, (ParameterDraft, BTreeMap<usize, ValueDraft>)> = BTreeMap::new();
        for (name, text) in fields {
            let parts: Vec<&str> = name.splitn(6, '.').collect();
            match parts.as_slice() {
                ["revision"] => text.clone_into(&mut draft.revision),
                ["from"] => text.clone_into(&mut draft.from),
                ["until"] => text.clone_into(&mut draft.until),
                ["sex_basis", part] => set_source(&mut draft.sex_basis, part, text),
                ["row", index, part] => {
                    if let Some(index) = place(index, &rows, MOST_ROWS) {
                        set_row(rows.entry(index).or_default(), part, text);
                    }
                }
                ["parameter", index, rest @ ..] => {
                    let Some(index) = place(index, &parameters, MOST_PARAMETERS) else { continue };
                    let (parameter, values) = parameters.entry(index).or_default();
                    match rest {
                        ["name"] => text.clone_into(&mut parameter.name),
                        ["unit"] => text.clone_into(&mut parameter.unit),
                        ["value", number, part] => {
                            if let Some(number) = place(number, values, MOST_VALUES) {
                                set_value(values.entry(number).or_default(), part, text);
                            }
                        }
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        draft.rows = rows.into_values().collect();
        draft.parameters = parameters
            .into_values()
            .map(|(parameter, values)| ParameterDraft { values: values.into_values().collect(), ..parameter })
            .collect();
        draft
    }

    /// The fields of the rule itself.
    pub fn rule_fields(&self) -> Vec<FieldSpec> {
        let mut fields = vec![
            spec("revision", &self.revision, Words::of("版", "｜版《はん》", "revision"), Control::Hidden),
            spec(
                "from",
                &self.from,
                Words::of("有効になる日", "｜使《つか》い｜始《はじ》める ｜日《ひ》", "first day"),
                Control::Date,
            ),
            spec(
                "until",
                &self.until,
                Words::of("最後の日(なければ空欄)", "｜終《お》わりの ｜日《ひ》", "last day, if any"),
                Control::Date,
            ),
        ];
        let asks_sex = self.rows.iter().any(|row| row.fact == Fact::Sex.code());
        if asks_sex || self.sex_basis != SourceDraft::default() {
            fields.extend(source_fields("sex_basis", &self.sex_basis));
        }
        fields
    }

    /// The fields of one row; those that its kind and fact use.
    pub fn row_fields(&self, index: usize, city: &CityWords) -> Vec<FieldSpec> {
        let Some(row) = self.rows.get(index) else { return Vec::new() };
        let name = |part: &str| format!("row.{index}.{part}");
        let mut fields = vec![
            spec(&name("depth"), &row.depth.to_string(), Words::of("深さ", "｜深《ふか》さ", "depth"), Control::Hidden),
            spec(&name("kind"), &row.kind, Words::of("種類", "｜種類《しゅるい》", "kind"), Control::One(kinds())),
        ];
        match row.kind.as_str() {
            "household" => {
                let quantity = Words::of("人数", "｜何人《なんにん》", "how many");
                let among = Words::of("だれに", "だれに", "among whom");
                fields.push(spec(&name("among"), &row.among, among, Control::One(amongs())));
                fields.push(spec(&name("quantity"), &row.quantity, quantity, Control::One(quantities())));
                if row.quantity == "at_least" {
                    fields.push(self.parameter_choice(&name("count"), &row.count, count_words(), Unit::People));
                }
            }
            "test" => {
                let label = Words::of("項目", "｜何《なに》を ｜見《み》るか", "fact");
                fields.push(spec(&name("fact"), &row.fact, label, Control::One(facts())));
                if let Some(fact) = Fact::of_code(&row.fact) {
                    fields.extend(self.test_fields(row, fact, &name, city));
                }
            }
            _ => {}
        }
        fields
    }

    fn test_fields(&self, row: &Row, fact: Fact, name: &dyn Fn(&str) -> String, city: &CityWords) -> Vec<FieldSpec> {
        let choice =
            |part: &str, value: &str, words: Words, unit: Unit| self.parameter_choice(&name(part), value, words, unit);
        match fact.kind() {
            Kind::Number(unit) => {
                let mut fields = vec![
                    choice(
                        "min",
                        &row.min,
                        Words::of("下限(以上)", "いちばん ｜小《ちい》さい ｜数《かず》", "at least"),
                        unit,
                    ),
                    choice(
                        "max",
                        &row.max,
                        Words::of("上限(以下)", "いちばん ｜大《おお》きい ｜数《かず》", "at most"),
                        unit,
                    ),
                ];
                if unit == Unit::Yen {
                    let each = Words::of(
                        "扶養1人ごとの加算",
                        "｜家族《かぞく》 1｜人《ひとり》ごとに ｜足《た》す",
                        "added for each dependant",
                    );
                    let below = Words::of(
                        "限度額未満に限る",
                        "｜限度《げんど》より ｜少《すく》ない ときだけ",
                        "only below the limit",
                    );
                    let yes = Choice {
                        value: "yes".to_owned(),
                        words: Words::of("未満", "より ｜少《すく》ない", "below"),
                    };
                    fields.push(choice(
                        "limit",
                        &row.limit,
                        Words::of("限度額", "｜限度《げんど》の お｜金《かね》", "limit"),
                        unit,
                    ));
                    fields.push(choice("per_dependant", &row.per_dependant, each, unit));
                    fields.push(spec(&name("below"), &row.below, below, Control::Many(vec![yes])));
                }
                fields
            }
            Kind::Flag => Vec::new(),
            Kind::Code | Kind::Set => {
                let own = match fact {
                    Fact::Ward => &city.wards,
                    Fact::Town => &city.towns,
                    _ => &city.interests,
                };
                let named = || own.iter().map(|(code, words)| (*code, words.clone())).collect();
                let choices = fact.choices().unwrap_or_else(named);
                let choices = choices.into_iter().map(|(code, words)| Choice { value: code.to_string(), words });
                let label = Words::of("当てはまるもの", "｜合《あ》う もの", "any of");
                vec![spec(&name("codes"), &row.codes, label, Control::Many(choices.collect()))]
            }
        }
    }

    /// The fields of one parameter and its values.
    pub fn parameter_fields(&self, index: usize) -> Vec<FieldSpec> {
        let Some(parameter) = self.parameters.get(index) else { return Vec::new() };
        let place = format!("parameter.{index}");
        let name = Words::of("基準の名前(半角英数)", "｜名前《なまえ》(a〜z、0〜9)", "name (a–z, 0–9)");
        let unit = Words::of("単位", "｜単位《たんい》", "unit");
        let mut fields = vec![
            spec(&format!("{place}.name"), &parameter.name, name, Control::Text),
            spec(&format!("{place}.unit"), &parameter.unit, unit, Control::One(units())),
        ];
        for (number, value) in parameter.values.iter().enumerate() {
            let place = format!("{place}.value.{number}");
            let from = Words::of("この日から", "この ｜日《ひ》から", "from");
            let words = Words::of("値", "｜数《かず》", "value");
            fields.push(spec(&format!("{place}.from"), &value.from, from, Control::Date));
            fields.push(spec(&format!("{place}.value"), &value.value, words, Control::Number));
            fields.extend(source_fields(&place, &value.source));
        }
        fields
    }

    fn parameter_choice(&self, name: &str, value: &str, label: Words, unit: Unit) -> FieldSpec {
        let unit = stored_name(&unit);
        let fitting = self.parameters.iter().filter(|parameter| parameter.unit == unit);
        spec(name, value, label, Control::Parameter(fitting.map(|parameter| parameter.name.clone()).collect()))
    }
}

fn spec(name: &str, value: &str, label: Words, control: Control) -> FieldSpec {
    FieldSpec { name: name.to_owned(), value: value.to_owned(), label, control }
}

fn source_fields(place: &str, draft: &SourceDraft) -> Vec<FieldSpec> {
    let standings = vec![
        choice("read", Words::of("確かめた", "｜見《み》て ｜確《たし》かめた", "read")),
        choice("recalled", Words::of("記憶による見本", "おぼえている だけの ｜見本《みほん》", "a sample from memory")),
    ];
    let name = |part: &str| format!("{place}.{part}");
    let source = Words::of("根拠(法令・要綱・ページ)", "どこに ｜書《か》いて あるか", "source (law, ordinance, page)");
    let page = Words::of("ページのアドレス", "ページの アドレス", "address of the page");
    let checked = Words::of("確かめた日", "｜確《たし》かめた ｜日《ひ》", "checked on");
    let standing = Words::of("確かめ方", "どう ｜確《たし》かめたか", "how well known");
    vec![
        spec(&name("source"), &draft.source, source, Control::Text),
        spec(&name("page"), &draft.page, page, Control::Text),
        spec(&name("checked"), &draft.checked, checked, Control::Date),
        spec(&name("standing"), &draft.standing, standing, Control::One(standings)),
    ]
}

fn choice(value: &str, words: Words) -> Choice {
    Choice { value: value.to_owned(), words }
}

fn kinds() -> Vec<Choice> {
    vec![
        choice("all", Words::of("次のすべて", "ぜんぶ", "all of")),
        choice("any", Words::of("次のいずれか", "どれか 1つ", "any of")),
        choice("not", Words::of("次ではない", "ちがう", "not")),
        choice(
            "household",
            Words::of("世帯の人について", "いっしょに ｜住《す》んでいる ｜人《ひと》", "about the household"),
        ),
        choice("test", Words::of("項目を比べる", "｜比《くら》べる", "compare a fact")),
    ]
}

fn amongs() -> Vec<Choice> {
    vec![
        choice("everyone", Words::of("本人を含む全員", "みんな", "everyone")),
        choice("others", Words::of("本人以外", "ほかの ｜人《ひと》", "the others")),
        choice("children", Words::of("本人の子", "｜子《こ》ども", "the person's children")),
    ]
}

fn quantities() -> Vec<Choice> {
    vec![
        choice("any", Words::of("1人以上", "1｜人《ひとり》か もっと", "one or more")),
        choice("every", Words::of("全員", "みんな", "every one")),
        choice("at_least", Words::of("基準の人数以上", "｜決《き》めた ｜数《かず》か もっと", "at least as many as")),
    ]
}

fn count_words() -> Words {
    Words::of("人数の基準", "｜人《ひと》の ｜数《かず》", "how many")
}

fn units() -> Vec<Choice> {
    let words = |unit| match unit {
        Unit::Years => Words::of("歳", "｜歳《さい》", "years"),
        Unit::Months => Words::of("か月", "か｜月《げつ》", "months"),
        Unit::Days => Words::of("日", "｜日《にち》", "days"),
        Unit::People => Words::of("人", "｜人《にん》", "people"),
        Unit::Yen => Words::of("円", "｜円《えん》", "yen"),
        Unit::Grade => Words::of("等級", "｜級《きゅう》", "grade"),
    };
    Unit::ALL.into_iter().map(|unit| choice(&stored_name(&unit), words(unit))).collect()
}

/// Facts with the class of data that they need.
fn facts() -> Vec<Choice> {
    let with_class = |fact: &Fact| {
        let (words, class) = (fact.words(), fact.class().words());
        if fact.class() == DataClass::BasicRegister {
            return choice(&fact.code(), words);
        }
        let words = Words {
            ja: format!("{}({})", words.ja, class.ja).into(),
            easy: format!("{}({})", words.easy, class.easy).into(),
            en: format!("{} ({})", words.en, class.en).into(),
        };
        choice(&fact.code(), words)
    };
    Fact::ALL.iter().map(with_class).collect()
}

fn row_parts(row: &mut Row) -> [(&'static str, &mut String); 11] {
    [
        ("kind", &mut row.kind),
        ("fact", &mut row.fact),
        ("min", &mut row.min),
        ("max", &mut row.max),
        ("limit", &mut row.limit),
        ("per_dependant", &mut row.per_dependant),
        ("below", &mut row.below),
        ("codes", &mut row.codes),
        ("quantity", &mut row.quantity),
        ("count", &mut row.count),
        ("among", &mut row.among),
    ]
}

fn set_row(row: &mut Row, part: &str, text: &str) {
    if part == "depth" {
        // What is no depth is too deep for every place, and said so when the draft is read.
        row.depth = text.trim().parse().unwrap_or(usize::MAX);
    } else if part == "codes" && !row.codes.is_empty() && !text.is_empty() {
        // A box ticked after another.
        row.codes = format!("{},{text}", row.codes);
    } else if let Some((_, place)) = row_parts(row).into_iter().find(|(name, _)| *name == part) {
        text.clone_into(place);
    }
}

fn put_source(put: &mut impl FnMut(String, &str), place: &str, draft: &SourceDraft) {
    put(format!("{place}.source"), &draft.source);
    put(format!("{place}.page"), &draft.page);
    put(format!("{place}.checked"), &draft.checked);
    put(format!("{place}.standing"), &draft.standing);
}

fn set_source(draft: &mut SourceDraft, part: &str, text: &str) {
    match part {
        "source" => text.clone_into(&mut draft.source),
        "page" => text.clone_into(&mut draft.page),
        "checked" => text.clone_into(&mut draft.checked),
        "standing" => text.clone_into(&mut draft.standing),
        _ => {}
    }
}

fn set_value(value: &mut ValueDraft, part: &str, text: &str) {
    match part {
        "from" => text.clone_into(&mut value.from),
        "value" => text.clone_into(&mut value.value),
        _ => set_source(&mut value.source, part, text),
    }
}

/// The number of a row, when there is room: one more than allowed is kept, so that the excess is noticed.
fn place<T>(text: &str, taken: &BTreeMap<usize, T>, most: usize) -> Option<usize> {
    let index: usize = text.parse().ok()?;
    (taken.contains_key(&index) || taken.len() <= most).then_some(index)
}
