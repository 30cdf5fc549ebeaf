//! `Patient/$match`: asking a hospital whether it knows somebody, and answering without guessing.

use base::text::{hiragana_to_katakana, to_half_width};
use serde_json::{Value, json};

use crate::bundle::Grade;
use crate::patient::Patient;

/// The question.
#[derive(Clone, Debug)]
pub struct MatchRequest {
    /// What is known of the person.
    pub patient: Patient,
    /// Whether only certain matches are wanted.
    pub only_certain: bool,
}

impl MatchRequest {
    /// As the `Parameters` that are posted.
    ///
    /// # Errors
    /// Never for a patient made here.
    pub fn to_json(&self) -> Result<Value, serde_json::Error> {
        Ok(json!({
            "resourceType": "Parameters",
            "parameter": [
                { "name": "resource", "resource": serde_json::to_value(&self.patient)? },
                { "name": "onlyCertainMatches", "valueBoolean": self.only_certain },
                { "name": "count", "valueInteger": 2 },
            ],
        }))
    }
}

/// How sure it is that two records are one person, by the rule of the hospital desk: chart number, day of birth, gender and
/// name in kana are the same, or it is not certain. `system` is the hospital's own for chart numbers.
pub fn grade(asked: &Patient, known: &Patient, system: &str) -> Grade {
    let same = |one: Option<String>, other: Option<String>| match (one, other) {
        (Some(one), Some(other)) => Some(one == other),
        _ => None,
    };
    let number = |patient: &Patient| patient.chart_number(system).map(str::to_owned);
    let facts = [
        same(number(asked), number(known)),
        same(asked.birth_day().map(|day| day.to_string()), known.birth_day().map(|day| day.to_string())),
        same(asked.gender.map(|one| format!("{one:?}")), known.gender.map(|one| format!("{one:?}"))),
        same(asked.kana().map(|kana| folded(&kana)), known.kana().map(|kana| folded(&kana))),
    ];
    let is_gone = known.active == Some(false) || known.replaced_by().is_some();
    let agreeing = facts.iter().filter(|fact| **fact == Some(true)).count();
    let differing = facts.iter().filter(|fact| **fact == Some(false)).count();
    match (agreeing, differing) {
        (4, 0) if !is_gone => Grade::Certain,
        (3.., 0) => Grade::Probable,
        (2.., 0 | 1) => Grade::Possible,
        _ => Grade::CertainlyNot,
    }
}

/// Kana as compared: katakana, full-width, without blanks; small kana and long marks stay what they are.
pub fn folded(kana: &str) -> String {
    let wide: String = half_to_full(kana);
    hiragana_to_katakana(&to_half_width(&wide)).chars().filter(|c| !c.is_whitespace()).collect()
}

/// Half-width katakana as full-width; a mark of voice joins what stands before it.
fn half_to_full(text: &str) -> String {
    const FULL: &str = "ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン";
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\u{FF66}'..='\u{FF9D}' => out.extend(FULL.chars().nth(c as usize - 0xFF66)),
            '\u{FF9E}' => mark(&mut out, &[("カキクケコサシスセソタチツテトハヒフヘホ", 1), ("ウ", 0x4E)]),
            '\u{FF9F}' => mark(&mut out, &[("ハヒフヘホ", 2)]),
            other => out.push(other),
        }
    }
    out
}

/// Puts a mark onto the last character where it may stand; elsewhere it is let go.
fn mark(out: &mut String, where_it_may: &[(&str, u32)]) {
    let Some(last) = out.pop() else { return };
    let step = where_it_may.iter().find(|(letters, _)| letters.contains(last)).map_or(0, |(_, step)| *step);
    out.push(char::from_u32(last as u32 + step).unwrap_or(last));
}

#[cfg(test)]
mod tests {
    use base::Date;

    use super::*;
    use crate::patient::{Gender, Link, Reference};

    const SYSTEM: &str = "urn:oid:1.2.392.100495.20.3.51.11310000000";

    fn known() -> Patient {
        Patient::new(SYSTEM, "0012345")
            .named(("見本", "楓"), ("ミホン", "カエデ"))
            .born(Date::new(1985, 1, 2).unwrap(), Gender::Female)
    }

    #[test]
    fn only_all_four_together_are_certain() {
        assert_eq!(grade(&known(), &known(), SYSTEM), Grade::Certain);
        let mut asked = known();
        asked.name.truncate(1);
        assert_eq!(grade(&asked, &known(), SYSTEM), Grade::Probable, "without kana nothing is certain");
        let asked = known().born(Date::new(1985, 1, 3).unwrap(), Gender::Female);
        assert_eq!(grade(&asked, &known(), SYSTEM), Grade::Possible, "one day apart is another person until shown");
        let mut asked = known();
        asked.identifier = vec![crate::patient::identifier(SYSTEM, "0012346")];
        assert_ne!(grade(&asked, &known(), SYSTEM), Grade::Certain);
        assert_eq!(grade(&Patient::unnumbered(), &known(), SYSTEM), Grade::CertainlyNot);
    }

    #[test]
    fn a_record_that_was_merged_away_is_never_certain() {
        let other = Reference { reference: Some("Patient/2".to_owned()), display: None };
        let mut gone = known();
        gone.link = vec![Link { other, kind: "replaced-by".to_owned() }];
        assert_eq!(grade(&known(), &gone, SYSTEM), Grade::Probable);
        assert_eq!(gone.replaced_by(), Some("Patient/2"));
    }

    #[test]
    fn kana_are_the_same_however_they_are_written() {
        for written in ["ミホン カエデ", "みほん　かえで", "ﾐﾎﾝ ｶｴﾃﾞ", "ミホンカエデ"]
        {
            assert_eq!(folded(written), "ミホンカエデ", "{written}");
        }
        assert_eq!(folded("ﾊﾟｳﾞ"), "パヴ");
        assert_ne!(folded("カエデ"), folded("カエテ"));
    }
}
