//! Notices that officers send to those whom they concern (お知らせの配信). Inside.
//!
//! ```text
//!  texts in three languages ┐
//!  audience: interests, rule ┴─► counted ─► looked at ─► submit: recipients sealed in a dispatch ─► a second person
//!      ─► 1 % ─ 10 % ─ 100 % (tools::dispatch); before each batch everybody is judged again ([`sending::StillMeant`])
//!  counters from outside ─► stopped by itself ─► an officer looks, and lets it go on with a reason
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`texts`] | what is written, and why it may be refused |
//! | [`audience`] | whom it is for: interests and a rule, as one rule |
//! | [`counting`] | how many, without telling of a few |
//! | [`sending`] | submitted, sent, judged again, stopped, taken back |
//! | [`counters`] | what outside tells of bounces and 関係ない |
//! | [`telling`] | whether somebody is still to be told, outside |
//! | [`why`] | why somebody got it |

pub mod audience;
pub mod counters;
pub mod counting;
pub mod sending;
pub mod telling;
pub mod texts;
pub mod why;

pub use audience::{Audience, ChosenBy};
pub use texts::{Text, Texts};

use std::collections::BTreeSet;

use base::{Id, Kind, Seams, Timestamp};
use rules::form::{Draft, FieldFault};
use rules::{Admission, Rule};
use store::{Row, StoreError, Tx};
use tools::Inside;
use tools::dispatch::{self, Dispatch, DispatchError};
use tools::staff::StaffError;

use super::facts::FactsError;

/// Why something about a notice was not done.
#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Residents' facts.
    #[error(transparent)]
    Facts(#[from] FactsError),
    /// Sending.
    #[error(transparent)]
    Dispatch(#[from] DispatchError),
    /// Two persons.
    #[error(transparent)]
    Staff(#[from] StaffError),
    /// The relay.
    #[error(transparent)]
    Relay(#[from] tools::relay::RelayError),
    /// There is none of this name.
    #[error("there is no such notice")]
    Unknown,
    /// It was submitted: it is not changed any more.
    #[error("the notice was submitted")]
    Submitted,
    /// Texts that cannot be sent: the field, and the key of the sentence that says why.
    #[error("the texts are not complete")]
    Texts(Vec<(&'static str, &'static str)>),
    /// An audience that cannot be judged: each fault with its field.
    #[error("the rule cannot be evaluated")]
    Rule(Vec<FieldFault>),
    /// Nothing chosen.
    #[error("nobody was chosen")]
    NoAudience,
    /// Nobody fits today.
    #[error("it is for nobody today")]
    Nobody,
    /// Nobody counted how many it is for, by this rule.
    #[error("it was not counted")]
    NotCounted,
    /// Its people are nearly those of a rule that was counted before: sending would tell of the few that differ.
    #[error("too near to a rule counted before")]
    TooNear,
    /// The text was not looked at as it stands.
    #[error("the text was not looked at")]
    NotTested,
    /// An officer counts this often a day at most.
    #[error("{0} counts a day")]
    TooManyCounts(i64),
    /// Not in this state.
    #[error("not in the state it is in")]
    State,
}

impl CampaignError {
    /// What it means to a caller.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Facts(error) => error.kind(),
            Self::Dispatch(error) => error.kind(),
            Self::Relay(error) => error.kind(),
            Self::Staff(_) | Self::Unknown => Kind::NotFound,
            Self::Submitted | Self::State | Self::TooNear => Kind::Conflict,
            Self::Texts(_) | Self::Rule(_) | Self::NoAudience | Self::Nobody | Self::NotTested | Self::NotCounted => {
                Kind::Invalid
            }
            Self::TooManyCounts(_) => Kind::TooMany,
        }
    }
}

/// What an operator must have read a number in before it may be used: a demo takes samples too.
pub const fn admission(inside: &Inside) -> Admission {
    if inside.demo { Admission::Demo } else { Admission::Production }
}

/// A notice.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// Its name.
    pub id: Id,
    /// When it was begun.
    pub made_at: Timestamp,
    /// What is written.
    pub texts: Texts,
    /// Whom it is for, as it is being chosen.
    pub audience: Audience,
    /// When the text as it stands was looked at as residents will see it.
    pub tested_at: Option<Timestamp>,
    /// What it is judged by since it was submitted.
    pub rule: Option<Rule>,
    /// How it is sent since it was submitted.
    pub dispatch: Option<Dispatch>,
    /// `hard-bounces` or `irrelevant` while it is stopped by itself.
    pub paused_for: Option<String>,
    /// Handed to a channel.
    pub handed_over: i64,
    /// Came back for good.
    pub hard_bounces: i64,
    /// Persons who said 関係ない.
    pub irrelevant: i64,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT campaign_id, made_at, texts, chosen_by, interests, form, scheme, tested_at, rule, dispatch_id, paused_for, \
             handed_over, hard_bounces, irrelevant FROM notice_campaigns ",
            $rest
        )
    };
}

impl Campaign {
    fn read(row: &Row) -> Result<(Self, Option<Id>), StoreError> {
        let broken = |column| StoreError::Column { column, wanted: "a notice" };
        let fields: Vec<(String, String)> = serde_json::from_str(row.text(5)?).map_err(|_| broken(5))?;
        let form = Draft::from_fields(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let rule = row.opt_text(8)?.map(|text| Rule::from_stored(text).map_err(|_| broken(8))).transpose()?;
        let dispatch = row.opt_text(9)?.map(|text| Id::parse(text).map_err(|_| broken(9))).transpose()?;
        let campaign = Self {
            id: row.id(0)?,
            made_at: row.timestamp(1)?,
            texts: serde_json::from_str(row.text(2)?).map_err(|_| broken(2))?,
            audience: Audience {
                chosen_by: ChosenBy::from_word(row.text(3)?).ok_or_else(|| broken(3))?,
                interests: row.text(4)?.split(',').filter_map(|code| code.parse().ok()).collect(),
                form,
                scheme: row.opt_text(6)?.map(str::to_owned),
            },
            tested_at: row.opt_timestamp(7)?,
            rule,
            dispatch: None,
            paused_for: row.opt_text(10)?.map(str::to_owned),
            handed_over: row.int(11)?,
            hard_bounces: row.int(12)?,
            irrelevant: row.int(13)?,
        };
        Ok((campaign, dispatch))
    }

    fn whole(tx: &mut Tx<'_>, row: &Row) -> Result<Self, StoreError> {
        let (campaign, id) = Self::read(row)?;
        let dispatch = id.map(|id| dispatch::get(tx, id)).transpose()?.flatten();
        Ok(Self { dispatch, ..campaign })
    }

    /// Whether it can still be changed.
    pub const fn is_draft(&self) -> bool {
        self.dispatch.is_none()
    }
}

/// One.
///
/// # Errors
/// [`StoreError`].
pub fn get(tx: &mut Tx<'_>, id: Id) -> Result<Option<Campaign>, StoreError> {
    let row = tx.query_one(select!("WHERE campaign_id = $1"), &[id.into()])?;
    row.map(|row| Campaign::whole(tx, &row)).transpose()
}

/// The one that this dispatch sends.
///
/// # Errors
/// [`StoreError`].
pub fn of_dispatch(tx: &mut Tx<'_>, dispatch: Id) -> Result<Option<Campaign>, StoreError> {
    let row = tx.query_one(select!("WHERE dispatch_id = $1"), &[dispatch.into()])?;
    row.map(|row| Campaign::whole(tx, &row)).transpose()
}

/// The one whose letter this is.
///
/// # Errors
/// [`StoreError`].
pub fn of_letter(tx: &mut Tx<'_>, letter: &str) -> Result<Option<Campaign>, StoreError> {
    let row = tx.query_one(
        select!("WHERE dispatch_id = (SELECT d.dispatch_id FROM dispatches d WHERE d.letter_id = $1)"),
        &[letter.into()],
    )?;
    row.map(|row| Campaign::whole(tx, &row)).transpose()
}

/// The newest hundred.
///
/// # Errors
/// [`StoreError`].
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Campaign>, StoreError> {
    let rows = tx.query(select!("ORDER BY made_at DESC, campaign_id DESC LIMIT 100"), &[])?;
    rows.iter().map(|row| Campaign::whole(tx, row)).collect()
}

/// Begins one.
///
/// # Errors
/// [`StoreError`].
pub fn begin(tx: &mut Tx<'_>, seams: &Seams) -> Result<Id, StoreError> {
    let id = seams.random_id();
    let audience = Audience::default();
    tx.execute(
        "INSERT INTO notice_campaigns (campaign_id, made_at, texts, chosen_by, interests, form, handed_over, hard_bounces, \
         irrelevant, allowed_bounces, allowed_irrelevant) VALUES ($1, $2, $3, $4, '', $5, 0, 0, 0, 0, 0)",
        &[
            id.into(),
            seams.now().into(),
            serde_json::json!(Texts::default()).to_string().into(),
            audience.chosen_by.word().into(),
            stored(&audience.form).into(),
        ],
    )?;
    Ok(id)
}

fn stored(form: &Draft) -> String {
    let mut fields = form.to_fields();
    // Fields without anything in them are left out by the form; what was just added is empty and stays.
    for (at, parameter) in form.parameters.iter().enumerate() {
        fields.push((format!("parameter.{at}.name"), parameter.name.clone()));
        for (number, value) in parameter.values.iter().enumerate() {
            fields.push((format!("parameter.{at}.value.{number}.from"), value.from.clone()));
        }
    }
    serde_json::json!(fields).to_string()
}

/// Keeps what was written, right or not: whether it can be sent is said when it is submitted.
///
/// # Errors
/// [`CampaignError::Submitted`], [`CampaignError::Texts`] for what is not kept at all (HTML, an Individual Number).
pub fn write(tx: &mut Tx<'_>, id: Id, texts: &Texts) -> Result<(), CampaignError> {
    let refused = texts.refused();
    if !refused.is_empty() {
        return Err(CampaignError::Texts(refused));
    }
    let changed = tx.execute(
        "UPDATE notice_campaigns SET texts = $2, tested_at = NULL WHERE campaign_id = $1 AND dispatch_id IS NULL",
        &[id.into(), serde_json::json!(texts).to_string().into()],
    )?;
    if changed == 0 { Err(CampaignError::Submitted) } else { Ok(()) }
}

/// Keeps whom it is for.
///
/// # Errors
/// [`CampaignError::Submitted`].
pub fn choose(tx: &mut Tx<'_>, id: Id, audience: &Audience) -> Result<(), CampaignError> {
    let interests: Vec<String> = audience.interests.iter().map(u8::to_string).collect();
    let changed = tx.execute(
        "UPDATE notice_campaigns SET chosen_by = $2, interests = $3, form = $4, scheme = $5 \
         WHERE campaign_id = $1 AND dispatch_id IS NULL",
        &[
            id.into(),
            audience.chosen_by.word().into(),
            interests.join(",").into(),
            stored(&audience.form).into(),
            audience.scheme.as_deref().into(),
        ],
    )?;
    if changed == 0 { Err(CampaignError::Submitted) } else { Ok(()) }
}

/// The text as it stands was looked at as residents will see it (the test sending).
///
/// # Errors
/// [`CampaignError::Texts`] when it is not complete; [`CampaignError::Submitted`].
pub fn tested(tx: &mut Tx<'_>, seams: &Seams, id: Id) -> Result<(), CampaignError> {
    let campaign = get(tx, id)?.ok_or(CampaignError::Unknown)?;
    campaign.texts.check()?;
    let changed = tx.execute(
        "UPDATE notice_campaigns SET tested_at = $2 WHERE campaign_id = $1 AND dispatch_id IS NULL",
        &[id.into(), seams.now().into()],
    )?;
    if changed == 0 { Err(CampaignError::Submitted) } else { Ok(()) }
}

/// Fields of interest as rules ask for them.
fn codes(interests: &BTreeSet<u8>) -> BTreeSet<u16> {
    interests.iter().map(|code| u16::from(*code)).collect()
}
