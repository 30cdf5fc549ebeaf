//! What a person answered about themselves (いくつかの質問) where the city holds nothing: insurance, certificates, benefits,
//! check-ups. It serves the judging of their own schemes alone and is never proof of anything: the office looks at papers.

use std::collections::BTreeSet;

use rules::{Benefit, DataClass, HealthService, Insurance, Known, Person};
use serde::{Deserialize, Serialize};

/// Answers; absent is "not answered", which is never "no". Personal.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Answers {
    /// 加入している健康保険.
    pub insurance: Option<Insurance>,
    /// Check-ups had in this fiscal year, and the year (2026 is 令和8年度) it was said in.
    pub had_this_year: Option<(i16, BTreeSet<HealthService>)>,
    /// Check-ups and vaccinations had ever.
    pub had_ever: Option<BTreeSet<HealthService>>,
    /// ひとり親.
    pub single_parent: Option<bool>,
    /// Benefits received.
    pub receives: Option<BTreeSet<Benefit>>,
    /// 身体障害者手帳: 0 none, else the grade.
    pub physical: Option<u8>,
    /// 療育手帳: 0 none, 1 A, 2 B.
    pub intellectual: Option<u8>,
    /// 精神障害者保健福祉手帳: 0 none, else the grade.
    pub mental: Option<u8>,
}

impl std::fmt::Debug for Answers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Answers(<personal>)")
    }
}

impl Answers {
    /// Whether nothing was answered.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn about_health(&self) -> bool {
        self.insurance.is_some() || self.had_this_year.is_some() || self.had_ever.is_some()
    }

    fn about_welfare(&self) -> bool {
        let certificates = [self.physical, self.intellectual, self.mental];
        self.single_parent.is_some() || self.receives.is_some() || certificates.iter().any(Option::is_some)
    }

    /// Lays the answers over what the city knows of their own person, on a day of fiscal year `year`. What the city knows
    /// and may use stays. Where it knows something it may not use, that is taken out before the answer opens the class.
    pub fn over(&self, person: &mut Person, year: i16) {
        if self.about_health() {
            if !person.consents.opens(DataClass::Health) {
                (person.insurance, person.pregnant) = (None, None);
                (person.due, person.childbirth) = (Known::Unknown, Known::Unknown);
                (person.had_this_year, person.had_ever) = (None, None);
                person.consents = person.consents.with(DataClass::Health);
            }
            person.insurance = person.insurance.or(self.insurance);
            let this_year = self.had_this_year.as_ref().filter(|(said_in, _)| *said_in == year);
            person.had_this_year = person.had_this_year.take().or_else(|| this_year.map(|(_, had)| had.clone()));
            person.had_ever = person.had_ever.take().or_else(|| self.had_ever.clone());
        }
        if self.about_welfare() {
            if !person.consents.opens(DataClass::Welfare) {
                (person.single_parent, person.widow, person.public_assistance) = (None, None, None);
                person.physical_disability = Known::Unknown;
                person.intellectual_disability = Known::Unknown;
                (person.mental_disability, person.care_level) = (Known::Unknown, Known::Unknown);
                person.receives = None;
                person.consents = person.consents.with(DataClass::Welfare);
            }
            person.single_parent = person.single_parent.or(self.single_parent);
            person.receives = person.receives.take().or_else(|| self.receives.clone());
            answered(&mut person.physical_disability, self.physical);
            answered(&mut person.intellectual_disability, self.intellectual);
            answered(&mut person.mental_disability, self.mental);
        }
    }
}

fn answered(known: &mut Known<u8>, answer: Option<u8>) {
    if known.is_unknown() {
        *known = match answer {
            None => Known::Unknown,
            Some(0) => Known::Absent,
            Some(grade) => Known::Is(grade),
        };
    }
}
