//! Causes of telling: handed over, paused, withdrawn, counted.

use base::{Id, Seams, Timestamp};
use messaging::kill_switch::{self, Counters};
use messaging::{TeaserKind, Urgency};
use store::{Row, StoreError, Tx};

use crate::portal::AccountId;

/// Something a person is to be told of.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    /// The cause: the letter's or the notice's id. One person is told of it once by each channel.
    pub campaign: Id,
    /// Whom.
    pub account: AccountId,
    /// How pressing it is.
    pub urgency: Urgency,
    /// What the telephone says.
    pub kind: TeaserKind,
    /// Where in the portal it is read: a path without query, such as `/portal/letters/0192…`. Where several share a campaign,
    /// the path of the first counts.
    pub path: &'a str,
}

/// Hands a matter over, in the transaction of its cause. Doing it twice changes nothing; a person without any channel costs
/// one row.
///
/// # Errors
/// [`StoreError`].
pub fn hand_over(tx: &mut Tx<'_>, seams: &Seams, occasion: &Occasion<'_>) -> Result<(), StoreError> {
    let Occasion { campaign, account, urgency, kind, path } = *occasion;
    hand_over_all(tx, seams, (campaign, urgency, kind, path), &[account])
}

/// The same for many persons of one campaign; at most some ten thousand in one transaction.
///
/// # Errors
/// [`StoreError`].
pub fn hand_over_all(
    tx: &mut Tx<'_>,
    seams: &Seams,
    (campaign, urgency, kind, path): (Id, Urgency, TeaserKind, &str),
    accounts: &[AccountId],
) -> Result<(), StoreError> {
    let now = seams.now();
    tx.queue(
        "INSERT INTO channel_campaigns (campaign_id, urgency, kind, path, state, made_at, handed_over, hard_bounces, \
         soft_bounces, irrelevant, gave_up) VALUES ($1, $2, $3, $4, 'open', $5, 0, 0, 0, 0, 0) \
         ON CONFLICT (campaign_id) DO NOTHING",
        &[campaign.into(), urgency.word().into(), kind.word().into(), path.into(), now.into()],
    )?;
    let lane = i64::from(urgency != Urgency::Emergency);
    for account in accounts {
        tx.queue(
            "INSERT INTO channel_intents (campaign_id, account_id, lane, open_at, made_at) VALUES ($1, $2, $3, $4, $4) \
             ON CONFLICT (campaign_id, account_id) DO NOTHING",
            &[campaign.into(), (*account).into(), lane.into(), now.into()],
        )?;
    }
    Ok(())
}

/// Where a campaign stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CampaignState {
    /// Being told.
    Open,
    /// Stopped for now, by staff or by itself.
    Paused,
    /// Recalled: nobody else is told.
    Withdrawn,
}

impl CampaignState {
    /// From the stored word; an unknown one is paused.
    pub(super) fn from_word(word: &str) -> Self {
        match word {
            "open" => Self::Open,
            "withdrawn" => Self::Withdrawn,
            _ => Self::Paused,
        }
    }
}

/// What became of a campaign so far. Increments, never a count of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignCounters {
    /// Where it stands.
    pub state: CampaignState,
    /// `staff`, `hard-bounces` or `irrelevant` while paused.
    pub paused_for: Option<String>,
    /// Handed to a channel.
    pub handed_over: u64,
    /// Came back for good.
    pub hard_bounces: u64,
    /// Came back for now.
    pub soft_bounces: u64,
    /// Persons who said 関係ない.
    pub irrelevant: u64,
    /// Given up after three days.
    pub gave_up: u64,
}

impl CampaignCounters {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let count = |column| row.int(column).map(|count| u64::try_from(count).unwrap_or(0));
        Ok(Self {
            state: CampaignState::from_word(row.text(0)?),
            paused_for: row.opt_text(1)?.map(str::to_owned),
            handed_over: count(2)?,
            hard_bounces: count(3)?,
            soft_bounces: count(4)?,
            irrelevant: count(5)?,
            gave_up: count(6)?,
        })
    }
}

/// What became of a campaign; `None` for one nobody handed over.
///
/// # Errors
/// [`StoreError`].
pub fn counters(tx: &mut Tx<'_>, campaign: Id) -> Result<Option<CampaignCounters>, StoreError> {
    let row = tx.query_one(
        "SELECT state, paused_for, handed_over, hard_bounces, soft_bounces, irrelevant, gave_up FROM channel_campaigns \
         WHERE campaign_id = $1",
        &[campaign.into()],
    )?;
    row.map(|row| CampaignCounters::read(&row)).transpose()
}

/// What to add to a campaign's counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Added {
    pub handed_over: i64,
    pub hard_bounces: i64,
    pub soft_bounces: i64,
    pub irrelevant: i64,
    pub gave_up: i64,
}

/// Adds, and pauses the campaign when that was too much.
pub(super) fn add(tx: &mut Tx<'_>, campaign: Id, added: Added) -> Result<(), StoreError> {
    if added == Added::default() {
        return Ok(());
    }
    tx.execute(
        "UPDATE channel_campaigns SET handed_over = handed_over + $2, hard_bounces = hard_bounces + $3, \
         soft_bounces = soft_bounces + $4, irrelevant = irrelevant + $5, gave_up = gave_up + $6 WHERE campaign_id = $1",
        &[
            campaign.into(),
            added.handed_over.into(),
            added.hard_bounces.into(),
            added.soft_bounces.into(),
            added.irrelevant.into(),
            added.gave_up.into(),
        ],
    )?;
    if added.hard_bounces + added.irrelevant == 0 {
        return Ok(());
    }
    let Some(found) = counters(tx, campaign)? else { return Ok(()) };
    let seen =
        Counters { handed_over: found.handed_over, hard_bounces: found.hard_bounces, irrelevant: found.irrelevant };
    if let Some(stop) = kill_switch::judge(seen) {
        stop_for(tx, campaign, stop.word())?;
    }
    Ok(())
}

fn stop_for(tx: &mut Tx<'_>, campaign: Id, why: &'static str) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE channel_campaigns SET state = 'paused', paused_for = $2 WHERE campaign_id = $1 AND state = 'open'",
        &[campaign.into(), why.into()],
    )?;
    Ok(changed > 0)
}

/// Stops a campaign for now; returns whether it was going. What is claimed already may still go out.
///
/// # Errors
/// [`StoreError`].
pub fn pause(tx: &mut Tx<'_>, campaign: Id) -> Result<bool, StoreError> {
    stop_for(tx, campaign, "staff")
}

/// Lets a paused campaign go on; returns whether it was paused. One that stopped itself goes on too: the officer has looked
/// at it, and its counters stand, so that the next hard bounce stops it again.
///
/// # Errors
/// [`StoreError`].
pub fn resume(tx: &mut Tx<'_>, campaign: Id, now: Timestamp) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE channel_campaigns SET state = 'open', paused_for = NULL WHERE campaign_id = $1 AND state = 'paused'",
        &[campaign.into()],
    )?;
    if changed == 0 {
        return Ok(false);
    }
    tx.execute(
        "UPDATE channel_outbox SET state = 'waiting', due_at = $2 WHERE campaign_id = $1 AND state = 'held'",
        &[campaign.into(), now.into()],
    )?;
    Ok(true)
}

/// Recalls a campaign: who was not told yet is not told. Returns whether there was one to recall.
///
/// # Errors
/// [`StoreError`].
pub fn withdraw(tx: &mut Tx<'_>, campaign: Id) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE channel_campaigns SET state = 'withdrawn', paused_for = NULL \
         WHERE campaign_id = $1 AND state <> 'withdrawn'",
        &[campaign.into()],
    )?;
    Ok(changed > 0)
}

/// A person pressed 関係ない. Counted once a person; may pause the campaign. Returns whether it was counted.
///
/// # Errors
/// [`StoreError`].
pub fn said_irrelevant(tx: &mut Tx<'_>, campaign: Id, account: AccountId) -> Result<bool, StoreError> {
    let new = tx.execute(
        "INSERT INTO channel_irrelevant (campaign_id, account_id) VALUES ($1, $2) \
         ON CONFLICT (campaign_id, account_id) DO NOTHING",
        &[campaign.into(), account.into()],
    )?;
    if new > 0 {
        add(tx, campaign, Added { irrelevant: 1, ..Added::default() })?;
    }
    Ok(new > 0)
}
