//! Judging one person the plain way, with reasons.
//!
//! Three values in Kleene's logic: what is not known may still be decided by what is. A change in a household is judged
//! here at once; a whole city is judged by [`crate::Snapshot`], which must give the same outcomes.

use std::collections::BTreeSet;

use crate::fact::{DataClass, Fact};
use crate::record::Household;
use crate::resolved::{Ask, Count, Node, Resolved};
use crate::tree::Among;
use crate::value::{Gap, Value, value};
use crate::vocabulary::Role;

/// The result for one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// 対象: the rule fits, so the person may be entitled; the office decides.
    Eligible,
    /// 対象外.
    NotEligible,
    /// 判定不能: what would decide is not known or not opened.
    Undecided,
}

impl Outcome {
    pub(crate) fn of(yes: bool) -> Self {
        if yes { Self::Eligible } else { Self::NotEligible }
    }

    pub(crate) fn opposite(self) -> Self {
        match self {
            Self::Eligible => Self::NotEligible,
            Self::NotEligible => Self::Eligible,
            Self::Undecided => Self::Undecided,
        }
    }

    /// All must be eligible; one that is not decides.
    pub(crate) fn all(outcomes: impl Iterator<Item = Self>) -> Self {
        let mut all = Self::Eligible;
        for outcome in outcomes {
            match outcome {
                Self::NotEligible => return outcome,
                Self::Undecided => all = outcome,
                Self::Eligible => {}
            }
        }
        all
    }

    /// One that is eligible decides.
    pub(crate) fn any(outcomes: impl Iterator<Item = Self>) -> Self {
        Self::all(outcomes.map(Self::opposite)).opposite()
    }
}

/// One step of a judgement; read aloud by [`Judgement::lines`].
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) outcome: Outcome,
    pub(crate) kind: StepKind,
}

#[derive(Clone, Debug)]
pub(crate) enum StepKind {
    All(Vec<Step>),
    Any(Vec<Step>),
    Not(Box<Step>),
    Test {
        fact: Fact,
        ask: Ask,
        known: Result<Value, Gap>,
    },
    /// What was asked of members, without any answer of any of them.
    Household {
        count: Count,
        among: Among,
        asked: Box<Node>,
    },
}

/// The result for one person with the way there.
#[derive(Clone, Debug)]
pub struct Judgement {
    pub(crate) root: Step,
    /// By which revision of the rule.
    pub revision: u32,
}

impl Judgement {
    /// The result.
    pub fn outcome(&self) -> Outcome {
        self.root.outcome
    }

    /// Classes of data whose opening by this person might decide: what to invite them to.
    pub fn wanted_consents(&self) -> BTreeSet<DataClass> {
        let mut classes = BTreeSet::new();
        wanted(&self.root, &mut classes);
        classes
    }
}

fn wanted(step: &Step, classes: &mut BTreeSet<DataClass>) {
    // A part that is decided does not keep the whole open.
    if step.outcome != Outcome::Undecided {
        return;
    }
    match &step.kind {
        StepKind::All(steps) | StepKind::Any(steps) => steps.iter().for_each(|step| wanted(step, classes)),
        StepKind::Not(step) => wanted(step, classes),
        StepKind::Test { known: Err(Gap::NotConsented(class)), .. } => {
            classes.insert(*class);
        }
        StepKind::Test { .. } | StepKind::Household { .. } => {}
    }
}

/// Judges member number `who` of a household and says why. None when there is no such member.
pub fn judge(rule: &Resolved, household: &Household, who: usize) -> Option<Judgement> {
    household.members.get(who)?;
    let scene = Scene { household, rule };
    Some(Judgement { root: scene.step(&rule.root, who), revision: rule.revision })
}

/// Judges every member of a household by every rule, without reasons: what a change in it makes necessary. Rows are
/// members in their order, columns are rules.
pub fn judge_household(rules: &[Resolved], household: &Household) -> Vec<Vec<Outcome>> {
    let of = |who| rules.iter().map(|rule| Scene { household, rule }.outcome(&rule.root, who)).collect();
    (0..household.members.len()).map(of).collect()
}

#[derive(Clone, Copy)]
struct Scene<'a> {
    household: &'a Household,
    rule: &'a Resolved,
}

impl Scene<'_> {
    fn outcome(self, node: &Node, who: usize) -> Outcome {
        match node {
            Node::All(parts) => Outcome::all(parts.iter().map(|part| self.outcome(part, who))),
            Node::Any(parts) => Outcome::any(parts.iter().map(|part| self.outcome(part, who))),
            Node::Not(part) => self.outcome(part, who).opposite(),
            Node::Test(fact, ask) => self.test(*fact, ask, who).0,
            Node::Household { count, among, has } => self.members(*count, *among, has, who),
        }
    }

    fn step(self, node: &Node, who: usize) -> Step {
        let steps = |parts: &[Node]| parts.iter().map(|part| self.step(part, who)).collect::<Vec<_>>();
        let (outcome, kind) = match node {
            Node::All(parts) => {
                let steps = steps(parts);
                (Outcome::all(steps.iter().map(|step| step.outcome)), StepKind::All(steps))
            }
            Node::Any(parts) => {
                let steps = steps(parts);
                (Outcome::any(steps.iter().map(|step| step.outcome)), StepKind::Any(steps))
            }
            Node::Not(part) => {
                let step = self.step(part, who);
                (step.outcome.opposite(), StepKind::Not(Box::new(step)))
            }
            Node::Test(fact, ask) => {
                let (outcome, known) = self.test(*fact, ask, who);
                (outcome, StepKind::Test { fact: *fact, ask: ask.clone(), known })
            }
            Node::Household { count, among, has } => {
                let outcome = self.members(*count, *among, has, who);
                (outcome, StepKind::Household { count: *count, among: *among, asked: has.clone() })
            }
        };
        Step { outcome, kind }
    }

    fn test(self, fact: Fact, ask: &Ask, who: usize) -> (Outcome, Result<Value, Gap>) {
        let known = value(self.household, who, fact, self.rule.day);
        let found = match known {
            Err(gap) => return (Outcome::Undecided, Err(gap)),
            Ok(found) => found,
        };
        let fits = match (found, ask) {
            (Value::Number(number), Ask::Between { min, max }) => {
                min.is_none_or(|min| min <= number) && max.is_none_or(|max| number <= max)
            }
            (Value::Number(number), Ask::Within { limit, per_dependant, below }) => {
                let added = match per_dependant {
                    None => 0,
                    Some(each) => match value(self.household, who, Fact::Dependants, self.rule.day) {
                        Ok(Value::Number(dependants)) => dependants.saturating_mul(*each),
                        Ok(_) => 0,
                        Err(gap) => return (Outcome::Undecided, Err(gap)),
                    },
                };
                let limit = limit.saturating_add(added);
                if *below { number < limit } else { number <= limit }
            }
            (Value::Code(code), Ask::OneOf(codes)) => codes.contains(&code),
            (Value::Flag(flag), Ask::Yes) => flag,
            (Value::Set(bits), Ask::HasAny(codes)) => codes.iter().any(|code| *code < 64 && bits >> code & 1 == 1),
            // Known to be absent fits nothing; other pairs were refused before the rule went live.
            _ => false,
        };
        (Outcome::of(fits), known)
    }

    /// Members are asked one by one: "is it one of those meant, and does it fit?"
    fn members(self, count: Count, among: Among, has: &Node, who: usize) -> Outcome {
        let answers = (0..self.household.members.len()).map(|other| {
            let meant = self.is_meant(among, who, other);
            let fits = if meant == Outcome::NotEligible { meant } else { self.outcome(has, other) };
            (meant, fits)
        });
        match count {
            Count::Every => {
                Outcome::all(answers.map(|(meant, fits)| Outcome::any([meant.opposite(), fits].into_iter())))
            }
            Count::AtLeast(least) => {
                let (mut sure, mut possible) = (0, 0);
                for (meant, fits) in answers {
                    let both = Outcome::all([meant, fits].into_iter());
                    sure += u32::from(both == Outcome::Eligible);
                    possible += u32::from(both != Outcome::NotEligible);
                }
                if sure >= least {
                    Outcome::Eligible
                } else if possible < least {
                    Outcome::NotEligible
                } else {
                    Outcome::Undecided
                }
            }
        }
    }

    fn is_meant(self, among: Among, who: usize, other: usize) -> Outcome {
        match among {
            Among::Everyone => Outcome::Eligible,
            Among::Others => Outcome::of(who != other),
            Among::Children if who == other => Outcome::NotEligible,
            Among::Children => is_child(self.role(who), self.role(other)),
        }
    }

    fn role(self, who: usize) -> Option<Role> {
        let person = self.household.members.get(who)?;
        person.role.filter(|_| person.consents.opens(DataClass::BasicRegister))
    }
}

/// Whether `other` is a child of `of` by 続柄. Where the pair cannot be told, undecided.
fn is_child(of: Option<Role>, other: Option<Role>) -> Outcome {
    let parent = |role: Role| match role {
        Role::Head | Role::Spouse => Some(Role::Child),
        Role::Child => Some(Role::Grandchild),
        _ => None,
    };
    match (of, other) {
        (Some(of), Some(other)) => Outcome::of(parent(of) == Some(other)),
        (Some(of), None) if parent(of).is_none() => Outcome::NotEligible,
        (None, Some(other)) if !matches!(other, Role::Child | Role::Grandchild) => Outcome::NotEligible,
        _ => Outcome::Undecided,
    }
}
