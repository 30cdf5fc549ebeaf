//! A notice on its way: submitted, released by a second person, judged again before each batch, stopped, let go on, taken back.
//!
//! Who gets it is fixed when it is submitted, so that the second person approves a definite number; from then on the list only
//! shrinks. Right before each batch everybody of it is judged again by the register, the taxes and the wishes as they are then:
//! who moved, died, is protected, withdrew or is not eligible any more gets nothing (ADR 0059).

use std::collections::BTreeSet;

use base::{Id, Seams};
use rules::{DataClass, Outcome, Resolved};
use store::{StoreError, Tx};
use tools::access::{self, Actor, BulkDeclaration, Concerned};
use tools::audit::{self, Event};
use tools::dispatch::intake::{self, PIECE_LINES, Recipient};
use tools::dispatch::work::Recheck;
use tools::dispatch::{self, Dispatch, DispatchError, RECHECKED, State, senders};
use tools::mailbox::Personal;
use tools::staff::Account;
use tools::staff::two_persons::{self, Deed};
use tools::{Inside, ResidentId};

use super::audience::evaluated;
use super::{Campaign, CampaignError, admission, counters, counting, get, of_dispatch};
use crate::notices_for_you::facts::{self, FactsError, Kept, MATCHING, Wishes};

/// As residents see the sender.
const SENDER: &str = "あなたにお知らせサービス";
const JOB: Actor = Actor::System { job: "notices-for-you" };

/// What whoever a notice concerned is told, once a notice.
pub const SENT: BulkDeclaration = BulkDeclaration {
    name: "notices.send",
    japanese: MATCHING.japanese,
    english: MATCHING.english,
    concerned: Concerned::Named,
};

/// Submits a notice: its recipients are chosen now and sealed, a second person is asked. `why` is for that person.
///
/// # Errors
/// [`CampaignError`]: what is missing or wrong, with its reason.
pub fn submit(
    inside: &Inside,
    kept: &Kept,
    by: &Account,
    id: Id,
    why: &str,
    wishes: &dyn Wishes,
) -> Result<(), CampaignError> {
    let campaign = inside.store.read::<_, StoreError, _>(|tx| get(tx, id))?.ok_or(CampaignError::Unknown)?;
    if !campaign.is_draft() {
        return Err(CampaignError::Submitted);
    }
    campaign.texts.check()?;
    if campaign.tested_at.is_none() {
        return Err(CampaignError::NotTested);
    }
    let (live, resolved) = campaign.audience.live(inside.seams.today(), admission(inside))?;
    let hash = counting::hash(live.rule());
    let counted = inside.store.read::<_, StoreError, _>(|tx| counting::last(tx, id, &hash))?;
    // What was not shown would be told by how the notice went.
    if counted.ok_or(CampaignError::NotCounted)?.shown.is_none() {
        return Err(CampaignError::TooNear);
    }
    let recipients = chosen(inside, kept, by, &resolved, wishes)?;
    if recipients.is_empty() {
        return Err(CampaignError::Nobody);
    }
    let draft = campaign.texts.draft();
    let (seams, actor) = (inside.seams.clone(), by.actor());
    let dispatch = inside.store.write::<_, CampaignError, _>(move |tx| {
        ensure_sender(tx, &seams, &actor)?;
        // A name of its own each time: what was begun and not finished is never gone on with by another list.
        let name = format!("notice:{id}:{}", seams.random_id());
        Ok(intake::open(tx, &seams, RECHECKED, &name, &draft)?.id)
    })?;
    let mut first = 1;
    for piece in recipients.chunks(PIECE_LINES) {
        let lines: Vec<Result<Recipient, String>> = piece
            .iter()
            .map(|one| Ok(Recipient { resident: one.as_str().to_owned(), personal: Personal::default() }))
            .collect();
        first = intake::append(inside, dispatch, first, &lines)?;
    }
    let (seams, by, why) = (inside.seams.clone(), by.clone(), why.to_owned());
    let rule = live.rule().to_stored();
    inside.store.write::<_, CampaignError, _>(move |tx| {
        intake::complete(tx, dispatch)?;
        let changed = tx.execute(
            "UPDATE notice_campaigns SET dispatch_id = $2, rule = $3, named_at = NULL \
             WHERE campaign_id = $1 AND dispatch_id IS NULL",
            &[id.into(), dispatch.into(), rule.as_str().into()],
        )?;
        if changed == 0 {
            return Err(CampaignError::Submitted);
        }
        two_persons::ask(tx, &seams, &by, Deed::ReleaseNotice(dispatch), &why)?;
        Ok(())
    })
}

fn chosen(
    inside: &Inside,
    kept: &Kept,
    by: &Account,
    rule: &Resolved,
    wishes: &dyn Wishes,
) -> Result<Vec<ResidentId>, CampaignError> {
    let city = kept.now(inside, &by.actor(), wishes)?;
    let audience = city.audience(rule).map_err(|_| CampaignError::State)?;
    let mut all: Vec<ResidentId> =
        audience.people(Outcome::Eligible).filter_map(|place| city.residents.get(place as usize).cloned()).collect();
    // One household's members beside each other in the list would tell who lives with whom.
    all.sort_unstable();
    Ok(all)
}

fn ensure_sender(tx: &mut Tx<'_>, seams: &Seams, actor: &Actor) -> Result<(), DispatchError> {
    match senders::all(tx)?.into_iter().find(|one| one.key == RECHECKED) {
        // An administrator stopped it: nothing is sent until they approve it again.
        Some(one) if one.stopped_at.is_some() => Err(DispatchError::Sender),
        Some(_) => Ok(()),
        None => senders::approve(tx, seams, actor, RECHECKED, SENDER, true).map(drop),
    }
}

/// Takes a submitted notice back to be changed, as long as nobody released it. One that waits for a second person is taken back
/// at the approvals first.
///
/// # Errors
/// [`CampaignError::State`].
pub fn back_to_draft(tx: &mut Tx<'_>, seams: &Seams, actor: &Actor, id: Id) -> Result<(), CampaignError> {
    let dispatch = sent_by(tx, id)?;
    if two_persons::is_asked(tx, seams, Deed::ReleaseNotice(dispatch.id))? {
        return Err(CampaignError::State);
    }
    dispatch::discard(tx, seams, actor, dispatch.id)?;
    tx.execute(
        "UPDATE notice_campaigns SET dispatch_id = NULL, rule = NULL, named_at = NULL WHERE campaign_id = $1",
        &[id.into()],
    )?;
    Ok(())
}

fn sent_by(tx: &mut Tx<'_>, id: Id) -> Result<Dispatch, CampaignError> {
    get(tx, id)?.ok_or(CampaignError::Unknown)?.dispatch.ok_or(CampaignError::State)
}

/// Stops sending, and telling, at once. One person may.
///
/// # Errors
/// [`CampaignError`].
pub fn stop(tx: &mut Tx<'_>, seams: &Seams, actor: &Actor, id: Id) -> Result<(), CampaignError> {
    let dispatch = sent_by(tx, id)?;
    dispatch::halt(tx, seams, actor, dispatch.id, true)?;
    counters::tell_halt(tx, seams, &dispatch, true)?;
    Ok(())
}

/// Lets a notice go on that somebody stopped, or that stopped by itself; `why` is kept in the audit record. What made it stop
/// counts from here on: one more stops it again.
///
/// # Errors
/// [`CampaignError`].
pub fn go_on(tx: &mut Tx<'_>, seams: &Seams, actor: &Actor, id: Id, why: &str) -> Result<(), CampaignError> {
    let campaign = get(tx, id)?.ok_or(CampaignError::Unknown)?;
    let dispatch = campaign.dispatch.ok_or(CampaignError::State)?;
    match dispatch.state {
        State::Stopped => dispatch::halt(tx, seams, actor, dispatch.id, false)?,
        // Everybody was looked at before it stopped: what waits is only being told.
        State::Done if campaign.paused_for.is_some() => {}
        _ => return Err(CampaignError::State),
    }
    tx.execute(
        "UPDATE notice_campaigns SET paused_for = NULL, allowed_bounces = hard_bounces, allowed_irrelevant = irrelevant \
         WHERE campaign_id = $1",
        &[id.into()],
    )?;
    counters::tell_halt(tx, seams, &dispatch, false)?;
    let (name, was) = (id.to_string(), campaign.paused_for.unwrap_or_default());
    audit::append(
        tx,
        seams,
        actor,
        Event::LettersHalted,
        &[("notice", &name), ("went_on_because", why), ("had_stopped_for", &was)],
    )?;
    Ok(())
}

/// Takes a notice back: unread ones leave the boxes. `said` is shown to who read it.
///
/// # Errors
/// [`CampaignError`].
pub fn recall(tx: &mut Tx<'_>, seams: &Seams, actor: &Actor, id: Id, said: &str) -> Result<(), CampaignError> {
    let dispatch = sent_by(tx, id)?;
    dispatch::recall(tx, seams, actor, dispatch.id, said)?;
    tx.execute("UPDATE notice_campaigns SET paused_for = NULL WHERE campaign_id = $1", &[id.into()])?;
    Ok(())
}

/// Judges recipients again, right before a batch.
pub struct StillMeant<'a> {
    /// Where what people told is kept.
    pub wishes: &'a dyn Wishes,
}

impl Recheck for StillMeant<'_> {
    fn left_out(
        &self,
        inside: &Inside,
        dispatch: &Dispatch,
        residents: &[String],
    ) -> Result<BTreeSet<String>, DispatchError> {
        let waits = |error: &dyn std::fmt::Display| DispatchError::Recheck(error.to_string());
        let everybody = || residents.iter().cloned().collect::<BTreeSet<String>>();
        let id = dispatch.id;
        let campaign = inside.store.read::<_, StoreError, _>(move |tx| of_dispatch(tx, id))?;
        // What no notice stands behind is for nobody.
        let Some(rule) = campaign.and_then(|campaign| campaign.rule) else { return Ok(everybody()) };
        // A rule whose last day has passed is for nobody.
        let Ok((_, resolved)) = evaluated(rule, inside.seams.today(), admission(inside)) else {
            return Ok(everybody());
        };
        let seams = inside.seams.clone();
        let access = inside
            .store
            .write::<_, FactsError, _>(move |tx| Ok(access::bulk(tx, &seams, &JOB, &facts::purpose(true), &MATCHING)?))
            .map_err(|error| waits(&error))?;
        let known: Vec<ResidentId> = residents.iter().filter_map(|one| ResidentId::parse(one).ok()).collect();
        let meant = inside
            .store
            .read::<_, FactsError, _>(|tx| facts::some(tx, &access, &resolved, &known, self.wishes))
            .map_err(|error| waits(&error))?;
        let mut left_out = everybody();
        left_out.retain(|one| !meant.iter().any(|meant| meant.as_str() == one));
        Ok(left_out)
    }
}

/// Names in who looked, once a released notice, everybody whose facts were judged for it. Returns how many notices.
///
/// # Errors
/// [`CampaignError`].
pub fn name_concerned(inside: &Inside, kept: &Kept, wishes: &dyn Wishes) -> Result<usize, CampaignError> {
    let waiting: Vec<Id> = inside.store.read::<_, StoreError, _>(|tx| {
        let rows = tx.query(
            "SELECT c.campaign_id FROM notice_campaigns c JOIN dispatches d ON d.dispatch_id = c.dispatch_id \
             WHERE c.named_at IS NULL AND c.dispatch_id IS NOT NULL AND d.released_at IS NOT NULL \
             ORDER BY c.campaign_id LIMIT 20",
            &[],
        )?;
        rows.iter().map(|row| row.id(0)).collect()
    })?;
    for id in &waiting {
        let city = kept.now(inside, &JOB, wishes)?;
        let judged: Vec<ResidentId> = city.judged().cloned().collect();
        name(inside, wishes, &judged)?;
        let (id, now) = (*id, inside.seams.now());
        inside.store.write::<_, StoreError, _>(move |tx| {
            tx.execute("UPDATE notice_campaigns SET named_at = $2 WHERE campaign_id = $1", &[id.into(), now.into()])
        })?;
    }
    Ok(waiting.len())
}

/// Names them, each with what was read of them: taxes of those alone who agreed to that.
fn name(inside: &Inside, wishes: &dyn Wishes, judged: &[ResidentId]) -> Result<(), CampaignError> {
    let opens_tax = |page: &[ResidentId]| {
        let told = inside.store.read::<_, StoreError, _>(|tx| wishes.of(tx, page))?;
        let opens = |one: &ResidentId| told.get(one).is_some_and(|opened| opened.consents.opens(DataClass::Tax));
        Ok::<_, CampaignError>(page.iter().cloned().partition::<Vec<_>, _>(opens))
    };
    let (mut taxed, mut others) = (Vec::new(), Vec::new());
    for page in judged.chunks(500) {
        let (with, without) = opens_tax(page)?;
        taxed.extend(with);
        others.extend(without);
    }
    for (people, with_tax) in [(taxed, true), (others, false)].into_iter().filter(|(people, _)| !people.is_empty()) {
        let (seams, purpose) = (inside.seams.clone(), facts::purpose(with_tax));
        let access =
            inside.store.write::<_, FactsError, _>(move |tx| Ok(access::bulk(tx, &seams, &JOB, &purpose, &SENT)?))?;
        let access = std::sync::Arc::new(access);
        for page in people.chunks(500) {
            let (access, page) = (access.clone(), page.to_vec());
            inside.store.write::<_, FactsError, _>(move |tx| Ok(access.concerns(tx, &page)?))?;
        }
    }
    Ok(())
}

impl Campaign {
    /// Whether somebody can stop it now.
    pub fn can_stop(&self) -> bool {
        self.dispatch.as_ref().is_some_and(|dispatch| dispatch.state == State::Sending)
    }

    /// Whether it waits for somebody to let it go on.
    pub fn can_go_on(&self) -> bool {
        self.dispatch.as_ref().is_some_and(|dispatch| {
            dispatch.state == State::Stopped || (dispatch.state == State::Done && self.paused_for.is_some())
        })
    }

    /// Whether it can be taken back.
    pub fn can_recall(&self) -> bool {
        self.dispatch
            .as_ref()
            .is_some_and(|dispatch| dispatch.released_at.is_some() && dispatch.state != State::Recalled)
    }
}
