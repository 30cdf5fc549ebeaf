//! Whom a notice is for: fields of interest, a rule, or both, as one rule.

use std::collections::BTreeSet;

use base::Date;
use rules::form::{Draft, FieldFault, FormWrong};
use rules::{Admission, Comparison, Condition, Fact, Live, Resolved, Rule, Scheme, Test};

use super::{CampaignError, codes};

/// How interests and a rule go together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChosenBy {
    /// Those who registered one of these fields.
    #[default]
    Interests,
    /// Those whom the rule is for.
    Rule,
    /// Either is enough.
    Either,
    /// Both are needed.
    Both,
}

impl ChosenBy {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Interests, Self::Rule, Self::Either, Self::Both];

    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Interests => "interests",
            Self::Rule => "rule",
            Self::Either => "either",
            Self::Both => "both",
        }
    }

    /// Of a stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// Whether interests decide.
    pub const fn by_interests(self) -> bool {
        !matches!(self, Self::Rule)
    }

    /// Whether a rule decides.
    pub const fn by_rule(self) -> bool {
        !matches!(self, Self::Interests)
    }
}

/// Whom a notice is for, as it is being chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience {
    /// How.
    pub chosen_by: ChosenBy,
    /// Fields of interest.
    pub interests: BTreeSet<u8>,
    /// The rule as typed.
    pub form: Draft,
    /// The ready scheme it was begun from.
    pub scheme: Option<String>,
}

impl Default for Audience {
    fn default() -> Self {
        Self { chosen_by: ChosenBy::default(), interests: BTreeSet::new(), form: Draft::empty(), scheme: None }
    }
}

impl Audience {
    /// With the rule of a ready scheme.
    #[must_use]
    pub fn of_scheme(&self, scheme: &Scheme) -> Self {
        let chosen_by = if self.interests.is_empty() { ChosenBy::Rule } else { self.chosen_by };
        let chosen_by = if chosen_by.by_rule() { chosen_by } else { ChosenBy::Either };
        Self {
            chosen_by,
            interests: self.interests.clone(),
            form: Draft::of(&scheme.rule),
            scheme: Some(scheme.code.clone().into_owned()),
        }
    }

    /// The audience as one rule that may go live, and may be evaluated today.
    ///
    /// # Errors
    /// [`CampaignError::NoAudience`]; [`CampaignError::Rule`] with each fault and its field.
    pub fn live(&self, today: Date, admission: Admission) -> Result<(Live, Resolved), CampaignError> {
        let by_interest = self.chosen_by.by_interests();
        if by_interest && self.interests.is_empty() {
            return Err(CampaignError::NoAudience);
        }
        let interest = Condition::Test(Test { fact: Fact::Interest, is: Comparison::HasAny(codes(&self.interests)) });
        let rule = if self.chosen_by.by_rule() {
            // Faults are found in the rule alone first, so that each stands at its own field.
            let own = self.form.go_live(today, admission).map_err(CampaignError::Rule)?;
            own.on(today).map_err(|fault| CampaignError::Rule(vec![at(&fault)]))?;
            let own = own.rule().clone();
            let when = match self.chosen_by {
                ChosenBy::Either => Condition::Any(vec![interest, own.when.clone()]),
                ChosenBy::Both => Condition::All(vec![interest, own.when.clone()]),
                _ => own.when.clone(),
            };
            Rule { when, ..own }
        } else {
            let (from, parameters) = (today, Vec::new());
            Rule { revision: 1, from, until: None, sex_basis: None, parameters, when: interest }
        };
        evaluated(rule, today, admission)
    }
}

/// A rule that may be evaluated today.
///
/// # Errors
/// [`CampaignError::Rule`].
pub fn evaluated(rule: Rule, today: Date, admission: Admission) -> Result<(Live, Resolved), CampaignError> {
    let live = rule.go_live(today, admission).map_err(|faults| CampaignError::Rule(faults.iter().map(at).collect()))?;
    let resolved = live.on(today).map_err(|fault| CampaignError::Rule(vec![at(&fault)]))?;
    Ok((live, resolved))
}

fn at(fault: &rules::Fault) -> FieldFault {
    FieldFault { field: Draft::field_of(fault.at, fault.part), what: FormWrong::Rule(fault.what) }
}
