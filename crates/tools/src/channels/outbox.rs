//! From an intent to a message that is due, and what became of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base::{Id, Seams, Timestamp};
use messaging::email::Bounce;
use messaging::email::suppression::Event;
use messaging::when::{Digest, next_allowed, next_try};
use messaging::{TeaserKind, Urgency};
use store::{Row, StoreError, Tx};
use ui::Language;

use super::campaigns::{Added, CampaignState, add};
use super::wishes::Chosen;
use super::{Address, Channel, addresses};
use crate::portal::{AccountId, AccountState};
use crate::zone::Outside;

/// Intents looked at in one transaction.
const INTENTS: i64 = 500;
/// Lanes beside the emergencies'.
const LANES: i64 = 8;
/// Seconds a claim is good for: longer than a batch takes when every service is slow.
pub(super) const LEASE_SECONDS: i64 = 300;
/// Days rows are kept after all is done, for bounces and questions (Notify's seven, specs §3.4).
const KEPT_SECONDS: i64 = 7 * 86_400;

/// What is asked once more just before a person is told: does the notice still concern them, do they still consent, did they
/// move or die, are they under protection? Whoever hands over adds theirs to the [`super::Teller`].
pub trait Recheck: Send + Sync {
    /// Whether `account` may still be told of `campaign`. A campaign of somebody else's is answered with `true`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn may_tell(&self, tx: &mut Tx<'_>, campaign: Id, account: AccountId) -> Result<bool, StoreError>;
}

/// What a channel did with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Happened {
    /// It took it.
    Told(Channel),
    /// It says that it arrived.
    Arrived(Channel),
    /// It took none, gave up, or sent it back.
    Failed(Channel),
}

/// Writes down what channels did, in the transaction that ends the messages; one call for all of a batch that belong together.
/// Whoever keeps evidence adds theirs to the [`super::Teller`].
pub trait Witness: Send + Sync {
    /// `what` happened with the messages about `campaign` to `accounts`. A campaign of somebody else's is passed over.
    ///
    /// # Errors
    /// [`StoreError`].
    fn happened(
        &self,
        tx: &mut Tx<'_>,
        seams: &Seams,
        campaign: Id,
        what: Happened,
        accounts: &[AccountId],
    ) -> Result<(), StoreError>;
}

/// What happened, gathered until the batch is written.
#[derive(Default)]
pub(super) struct Gathered(BTreeMap<(Id, Happened), Vec<AccountId>>);

impl Gathered {
    pub(super) fn add(&mut self, campaign: Id, what: Happened, account: AccountId) {
        self.0.entry((campaign, what)).or_default().push(account);
    }

    pub(super) fn tell(self, tx: &mut Tx<'_>, seams: &Seams, witnesses: &[Arc<dyn Witness>]) -> Result<(), StoreError> {
        for ((campaign, what), accounts) in &self.0 {
            for witness in witnesses {
                witness.happened(tx, seams, *campaign, *what, accounts)?;
            }
        }
        Ok(())
    }
}

/// What one round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Worked {
    /// Intents made into messages.
    pub expanded: usize,
    /// Messages handed to a channel.
    pub told: usize,
    /// Put off: quiet hours, a busy service.
    pub put_off: usize,
    /// Ended without telling: no address, recalled, unwanted, given up, refused.
    pub ended: usize,
}

/// Makes messages of intents, emergencies first. Returns how many intents were looked at.
///
/// # Errors
/// [`StoreError`].
pub fn expand(outside: &Outside) -> Result<usize, StoreError> {
    for lane in [0, 1] {
        let seams = outside.seams.clone();
        let looked_at = outside.store.write(move |tx| expand_lane(tx, &seams, lane))?;
        if looked_at > 0 {
            return Ok(looked_at);
        }
    }
    Ok(0)
}

fn expand_lane(tx: &mut Tx<'_>, seams: &Seams, lane: i64) -> Result<usize, StoreError> {
    let now = seams.now();
    let rows = tx.query(
        "SELECT i.campaign_id, i.account_id, c.urgency, c.state, p.state, c.kind, w.quiet_from, w.quiet_until, w.digest, \
         w.zone, w.language, a.channel, a.notices \
         FROM (SELECT campaign_id, account_id FROM channel_intents WHERE lane = $1 AND open_at <= $2 \
         ORDER BY open_at LIMIT $3) i \
         JOIN channel_campaigns c ON c.campaign_id = i.campaign_id \
         LEFT JOIN portal_accounts p ON p.account_id = i.account_id \
         LEFT JOIN channel_wishes w ON w.account_id = i.account_id \
         LEFT JOIN channel_addresses a ON a.account_id = i.account_id AND a.status = 'live'",
        &[lane.into(), now.into(), INTENTS.into()],
    )?;
    let mut intents: BTreeSet<(Id, AccountId)> = BTreeSet::new();
    let mut made: BTreeSet<(Id, AccountId, Channel)> = BTreeSet::new();
    for row in &rows {
        let (campaign, account) = (row.id(0)?, account_of(row, 1)?);
        intents.insert((campaign, account));
        let urgency = Urgency::parse(row.text(2)?).unwrap_or(Urgency::Notice);
        let is_going = CampaignState::from_word(row.text(3)?) != CampaignState::Withdrawn;
        let Some(channel) = row.opt_text(11)?.and_then(Channel::parse) else { continue };
        let refused = urgency == Urgency::Notice && !row.flag(12)?;
        if !is_going
            || refused
            || !receives(row.opt_text(4)?, row.text(5)?)
            || !made.insert((campaign, account, channel))
        {
            continue;
        }
        let chosen = Chosen::from_row(row, 6)?;
        let due = next_allowed(now, urgency, &chosen.wishes);
        let is_digest = urgency == Urgency::Notice && chosen.wishes.digest != Digest::AtOnce;
        let lane = if lane == 0 { 0 } else { 1 + i64::from(account.id().bytes()[0]) % LANES };
        tx.queue(
            "INSERT INTO channel_outbox (item_id, campaign_id, account_id, channel, lane, is_digest, due_at, failed, state, \
             made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 'waiting', $8) \
             ON CONFLICT (campaign_id, account_id, channel) DO NOTHING",
            &[
                seams.random_id().into(),
                campaign.into(),
                account.into(),
                channel.word().into(),
                lane.into(),
                is_digest.into(),
                due.into(),
                now.into(),
            ],
        )?;
    }
    for (campaign, account) in &intents {
        tx.queue(
            "UPDATE channel_intents SET open_at = NULL WHERE campaign_id = $1 AND account_id = $2",
            &[(*campaign).into(), (*account).into()],
        )?;
    }
    Ok(intents.len())
}

pub(super) fn account_of(row: &Row, column: usize) -> Result<AccountId, StoreError> {
    AccountId::parse(row.text(column)?).ok_or(StoreError::Column { column, wanted: "an account" })
}

/// Whether an account may be told. What concerns the account itself is told to whoever has one.
fn receives(state: Option<&str>, kind: &str) -> bool {
    let state = state.map(AccountState::from_word);
    if kind == TeaserKind::Security.word() {
        state.is_some_and(|state| state != AccountState::Ended)
    } else {
        state.is_some_and(AccountState::receives)
    }
}

/// A message that is due: claimed, with all that is needed to send it.
#[derive(Clone, Debug)]
pub(super) struct Claimed {
    /// Whom.
    pub account: AccountId,
    /// The rows told by it: one, or the several of a digest. The first names the message.
    pub items: Vec<(Id, Id)>,
    pub channel: Channel,
    pub urgency: Urgency,
    pub kind: TeaserKind,
    pub path: String,
    pub language: Language,
    pub failed: u32,
    pub first: Timestamp,
    pub addresses: Vec<Address>,
}

/// What became of a message.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// At least one address took it.
    Told { by: Option<Id> },
    /// No address is left.
    Nowhere,
    /// Not now.
    Later { after: Option<u32> },
    /// The mail server refused it at once.
    Bounced { by: Id, bounce: Bounce },
}

/// A message with its outcome, and browsers that turned out to be gone.
pub(super) struct Done {
    pub claimed: Claimed,
    pub outcome: Outcome,
    pub gone: Vec<Id>,
}

/// Claims up to `most` due messages of a lane under `lease`. What is not to be told any more is ended, what is paused is
/// held, what has fallen into quiet hours is put off, all here; returned is what is to be sent, and how many were ended and
/// put off.
pub(super) fn claim(
    tx: &mut Tx<'_>,
    seams: &Seams,
    lane: i64,
    most: i64,
    lease: Id,
    rechecks: &[Arc<dyn Recheck>],
) -> Result<(Vec<Claimed>, Worked), StoreError> {
    let (now, until) = (seams.now(), seams.now().plus_seconds(LEASE_SECONDS));
    let taken = tx.execute(
        "UPDATE channel_outbox SET lease = $1, due_at = $2 WHERE item_id IN (SELECT item_id FROM channel_outbox \
         WHERE lane = $3 AND due_at <= $4 ORDER BY due_at LIMIT $5)",
        &[lease.into(), until.into(), lane.into(), now.into(), most.into()],
    )?;
    let mut worked = Worked::default();
    if taken == 0 {
        return Ok((Vec::new(), worked));
    }
    complete_digests(tx, lease, now, until)?;
    let rows = tx.query(
        "SELECT o.item_id, o.campaign_id, o.account_id, o.channel, o.is_digest, o.failed, o.made_at, c.state, c.urgency, \
         c.kind, c.path, p.state, w.quiet_from, w.quiet_until, w.digest, w.zone, w.language \
         FROM channel_outbox o JOIN channel_campaigns c ON c.campaign_id = o.campaign_id \
         LEFT JOIN portal_accounts p ON p.account_id = o.account_id \
         LEFT JOIN channel_wishes w ON w.account_id = o.account_id WHERE o.lease = $1 ORDER BY o.made_at, o.item_id",
        &[lease.into()],
    )?;
    let addresses = addresses_of(tx, lease)?;
    let mut digests: BTreeMap<(AccountId, Channel), usize> = BTreeMap::new();
    let mut claimed: Vec<Claimed> = Vec::new();
    for row in &rows {
        let (item, campaign, account) = (row.id(0)?, row.id(1)?, account_of(row, 2)?);
        let urgency = Urgency::parse(row.text(8)?).unwrap_or(Urgency::Notice);
        let chosen = Chosen::from_row(row, 12)?;
        // Windows of digests were kept when the row was made; only the quiet is asked again, for a try may have failed since.
        let allowed = next_allowed(now, urgency.max(Urgency::Due), &chosen.wishes);
        let state = match CampaignState::from_word(row.text(7)?) {
            CampaignState::Paused => Some("held"),
            CampaignState::Withdrawn => Some("withdrawn"),
            CampaignState::Open if !receives(row.opt_text(11)?, row.text(9)?) => Some("unwanted"),
            CampaignState::Open if !recheck(tx, rechecks, campaign, account)? => Some("unwanted"),
            CampaignState::Open => None,
        };
        if let Some(state) = state {
            end(tx, item, lease, state, now)?;
            worked.ended += 1;
            continue;
        }
        if allowed > now {
            put_off(tx, item, lease, allowed, 0)?;
            worked.put_off += 1;
            continue;
        }
        let channel = Channel::parse(row.text(3)?).ok_or(StoreError::Column { column: 3, wanted: "a channel" })?;
        if row.flag(4)?
            && let Some(together) = digests.get(&(account, channel)).and_then(|at| claimed.get_mut(*at))
        {
            together.items.push((item, campaign));
            together.kind = TeaserKind::Digest;
            continue;
        }
        digests.insert((account, channel), claimed.len());
        claimed.push(Claimed {
            account,
            items: vec![(item, campaign)],
            channel,
            urgency,
            kind: TeaserKind::parse(row.text(9)?).unwrap_or(TeaserKind::Notice),
            path: row.text(10)?.to_owned(),
            language: chosen.language,
            failed: u32::try_from(row.int(5)?).unwrap_or(u32::MAX),
            first: row.timestamp(6)?,
            addresses: addresses.get(&(account, channel)).cloned().unwrap_or_default(),
        });
    }
    Ok((claimed, worked))
}

/// Claims what else is due in the digests of which a part was claimed, so that a person gets one.
fn complete_digests(tx: &mut Tx<'_>, lease: Id, now: Timestamp, until: Timestamp) -> Result<(), StoreError> {
    let rows = tx.query(
        "SELECT DISTINCT account_id, channel FROM channel_outbox WHERE lease = $1 AND is_digest = 1",
        &[lease.into()],
    )?;
    for row in rows {
        tx.queue(
            "UPDATE channel_outbox SET lease = $1, due_at = $2 WHERE account_id = $3 AND channel = $4 AND is_digest = 1 \
             AND due_at <= $5",
            &[lease.into(), until.into(), row.text(0)?.into(), row.text(1)?.into(), now.into()],
        )?;
    }
    Ok(())
}

fn addresses_of(tx: &mut Tx<'_>, lease: Id) -> Result<BTreeMap<(AccountId, Channel), Vec<Address>>, StoreError> {
    let rows = tx.query(
        "SELECT a.address_id, a.account_id, a.channel, a.status, a.suppressed, a.notices, a.added_at, a.soft_days, a.sealed \
         FROM channel_addresses a WHERE a.status = 'live' AND a.account_id IN \
         (SELECT account_id FROM channel_outbox WHERE lease = $1)",
        &[lease.into()],
    )?;
    let mut found: BTreeMap<(AccountId, Channel), Vec<Address>> = BTreeMap::new();
    for row in &rows {
        let address = Address::read(row)?;
        found.entry((address.account, address.channel)).or_default().push(address);
    }
    Ok(found)
}

fn recheck(
    tx: &mut Tx<'_>,
    rechecks: &[Arc<dyn Recheck>],
    campaign: Id,
    account: AccountId,
) -> Result<bool, StoreError> {
    for one in rechecks {
        if !one.may_tell(tx, campaign, account)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Ends a row that is still ours. Returns whether it was.
fn end(tx: &mut Tx<'_>, item: Id, lease: Id, state: &'static str, now: Timestamp) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE channel_outbox SET state = $3, due_at = NULL, lease = NULL, done_at = $4 WHERE item_id = $1 AND lease = $2",
        &[item.into(), lease.into(), state.into(), now.into()],
    )?;
    Ok(changed > 0)
}

fn put_off(tx: &mut Tx<'_>, item: Id, lease: Id, due: Timestamp, failed: i64) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE channel_outbox SET due_at = $3, lease = NULL, failed = failed + $4 WHERE item_id = $1 AND lease = $2",
        &[item.into(), lease.into(), due.into(), failed.into()],
    )?;
    Ok(changed > 0)
}

/// Writes down what became of a batch: rows, addresses, counters. A row whose lease another took meanwhile is left to it.
pub(super) fn finish(
    tx: &mut Tx<'_>,
    seams: &Seams,
    lease: Id,
    batch: &[Done],
    witnesses: &[Arc<dyn Witness>],
) -> Result<Worked, StoreError> {
    let mut gathered = Gathered::default();
    let now = seams.now();
    let mut worked = Worked::default();
    let mut counted: BTreeMap<Id, Added> = BTreeMap::new();
    for Done { claimed, outcome, gone } in batch {
        for id in gone {
            addresses::gone(tx, *id)?;
        }
        let next = match outcome {
            Outcome::Later { after } => {
                next_try(claimed.first, claimed.failed.saturating_add(1), now, *after, &*seams.random)
            }
            _ => None,
        };
        let mut is_ours = false;
        for (item, campaign) in &claimed.items {
            let added = counted.entry(*campaign).or_default();
            let held = match (outcome, next) {
                (Outcome::Told { .. }, _) => end(tx, *item, lease, "told", now)?,
                (Outcome::Nowhere, _) => end(tx, *item, lease, "nowhere", now)?,
                (Outcome::Bounced { .. }, _) => end(tx, *item, lease, "bounced", now)?,
                (Outcome::Later { .. }, Some(next)) => put_off(tx, *item, lease, next, 1)?,
                (Outcome::Later { .. }, None) => end(tx, *item, lease, "given-up", now)?,
            };
            if !held {
                continue;
            }
            is_ours = true;
            match (outcome, next) {
                (Outcome::Told { .. }, _) => gathered.add(*campaign, Happened::Told(claimed.channel), claimed.account),
                (Outcome::Later { .. }, Some(_)) => {}
                _ => gathered.add(*campaign, Happened::Failed(claimed.channel), claimed.account),
            }
            match (outcome, next) {
                (Outcome::Told { .. }, _) => {
                    (added.handed_over, worked.told) = (added.handed_over + 1, worked.told + 1)
                }
                (Outcome::Bounced { bounce, .. }, _) => {
                    *bounced(added, *bounce) += 1;
                    worked.ended += 1;
                }
                (Outcome::Later { .. }, Some(_)) => worked.put_off += 1,
                (Outcome::Later { .. }, None) => (added.gave_up, worked.ended) = (added.gave_up + 1, worked.ended + 1),
                (Outcome::Nowhere, _) => worked.ended += 1,
            }
        }
        let event = match outcome {
            Outcome::Told { by } => by.map(|by| (by, Event::HandedOver)),
            Outcome::Bounced { by, bounce } => Some((*by, Event::Bounced(*bounce))),
            _ => None,
        };
        if let Some((address, event)) = event.filter(|_| is_ours) {
            remember(tx, claimed, address, event, now)?;
        }
    }
    for (campaign, added) in counted {
        add(tx, campaign, added)?;
    }
    gathered.tell(tx, seams, witnesses)?;
    Ok(worked)
}

fn remember(tx: &mut Tx<'_>, claimed: &Claimed, address: Id, event: Event, now: Timestamp) -> Result<(), StoreError> {
    addresses::happened(tx, address, event, now)?;
    for (item, _) in &claimed.items {
        tx.queue("UPDATE channel_outbox SET address_id = $2 WHERE item_id = $1", &[(*item).into(), address.into()])?;
    }
    Ok(())
}

/// Claims up to `most` of what is due of the first lane that has any and ends it as told, without telling anybody: what the
/// bench measures. Returns how many rows were ended.
///
/// # Errors
/// [`StoreError`].
pub fn claim_and_finish(outside: &Outside, most: i64) -> Result<usize, StoreError> {
    for lane in lanes(0) {
        let (seams, lease) = (outside.seams.clone(), outside.seams.random_id());
        let (claimed, worked) =
            outside.store.write::<_, StoreError, _>(move |tx| claim(tx, &seams, lane, most, lease, &[]))?;
        if claimed.is_empty() && worked == Worked::default() {
            continue;
        }
        let told = |claimed: Claimed| {
            let by = claimed.addresses.first().map(|address| address.id);
            Done { claimed, outcome: Outcome::Told { by }, gone: Vec::new() }
        };
        let done = Arc::new(claimed.into_iter().map(told).collect::<Vec<_>>());
        let seams = outside.seams.clone();
        let finished = outside.store.write::<_, StoreError, _>(move |tx| finish(tx, &seams, lease, &done, &[]))?;
        return Ok(worked.ended + worked.put_off + finished.told);
    }
    Ok(0)
}

/// Which counter a bounce belongs to. A refusal of the city itself is counted with the soft ones: staff see it grow.
pub(super) fn bounced(added: &mut Added, bounce: Bounce) -> &mut i64 {
    match bounce {
        Bounce::Hard => &mut added.hard_bounces,
        Bounce::Soft | Bounce::Policy => &mut added.soft_bounces,
    }
}

/// Forgets what was done a week ago: rows of messages, looked-at intents. Campaigns and their counters stay.
///
/// # Errors
/// [`StoreError`].
pub fn purge(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
    let before = now.plus_seconds(-KEPT_SECONDS);
    tx.execute("DELETE FROM channel_outbox WHERE due_at IS NULL AND done_at < $1", &[before.into()])?;
    // Intents are what makes a second handing over harmless; causes are not handed over twice weeks apart.
    tx.execute(
        "DELETE FROM channel_intents WHERE open_at IS NULL AND made_at < $1",
        &[before.plus_seconds(-KEPT_SECONDS * 4).into()],
    )?;
    Ok(())
}

/// Lanes in the order in which one looks, beginning somewhere else each round.
pub(super) fn lanes(round: i64) -> impl Iterator<Item = i64> {
    std::iter::once(0).chain((0..LANES).map(move |step| 1 + (round + step).rem_euclid(LANES)))
}
