//! The job that sends: a batch a transaction, as far as the stage allows.

use std::collections::{BTreeMap, BTreeSet};

use base::Id;
use data_encoding::BASE64;
use store::{StoreError, Tx, Value};

use super::intake::Recipient;
use super::paper::Reason;
use super::{Audience, Dispatch, DispatchError, State, attachments, get, paper, select};
use crate::audit::Zone;
use crate::mailbox::arrivals::{self, PERSONAL_RECIPIENTS, PersonalBody, RECIPIENTS, Recipients};
use crate::mailbox::consents::STOPPED;
use crate::mailbox::{DeliveryLaw, Personal};
use crate::portal::{AccountId, Post};
use crate::{Inside, relay};

/// How long a stage is looked at before the next (15 minutes).
pub const HOLD_SECONDS: i64 = 15 * 60;
/// Keys in one question.
const TOGETHER: usize = 100;

/// Looks once more, right before a batch, at whom it may still go to.
pub trait Recheck: Sync {
    /// Those of `residents` to whom it does not go any more.
    ///
    /// # Errors
    /// Then the batch waits.
    fn left_out(
        &self,
        inside: &Inside,
        dispatch: &Dispatch,
        residents: &[String],
    ) -> Result<BTreeSet<String>, DispatchError>;
}

/// Sends what may be sent now; returns how many recipients were looked at. Called again while it returns more than none.
/// What must be looked at again waits for [`step_with`].
///
/// # Errors
/// [`DispatchError`].
pub fn step(inside: &Inside, post: &Post) -> Result<i64, DispatchError> {
    step_with(inside, post, None)
}

/// The same, with somebody who looks again at the recipients of [`super::RECHECKED`].
///
/// # Errors
/// [`DispatchError`].
pub fn step_with(inside: &Inside, post: &Post, recheck: Option<&dyn Recheck>) -> Result<i64, DispatchError> {
    let sending = inside.store.read::<_, StoreError, _>(|tx| {
        tx.query(select!("WHERE state = 'sending' ORDER BY released_at LIMIT 50"), &[])?
            .iter()
            .map(Dispatch::read)
            .collect::<Result<Vec<_>, _>>()
    })?;
    let mut looked_at = 0;
    for dispatch in sending {
        // One that cannot go on must not hold up the others.
        let recheck = recheck.filter(|_| dispatch.sender == super::RECHECKED);
        if dispatch.sender == super::RECHECKED && recheck.is_none() {
            continue;
        }
        match one(inside, post, &dispatch, recheck) {
            Ok(done) => looked_at += done,
            Err(error) => tracing::error!(dispatch = %dispatch.id, %error, "letters wait; they are tried again"),
        }
    }
    if looked_at == 0 {
        erase_over(inside)?;
    }
    Ok(looked_at)
}

/// Seconds between the release and the first recipients: messages of one instant may change places on their way, and the
/// letter must come before whoever gets it.
const AHEAD_SECONDS: i64 = 2;

fn one(inside: &Inside, post: &Post, dispatch: &Dispatch, recheck: Option<&dyn Recheck>) -> Result<i64, DispatchError> {
    let now = inside.seams.now();
    if dispatch.released_at.is_none_or(|at| now.seconds_since(at) < AHEAD_SECONDS) {
        return Ok(0);
    }
    if dispatch.done == 0 {
        attachments::send(inside, dispatch)?;
    }
    if dispatch.done >= dispatch.target() {
        return advance(inside, dispatch).map(|()| 0);
    }
    match dispatch.draft.audience {
        Audience::Everybody => everybody(inside, dispatch),
        Audience::Listed => listed(inside, post, dispatch, recheck),
    }
}

/// The stage is done: hold, then the next.
fn advance(inside: &Inside, dispatch: &Dispatch) -> Result<(), DispatchError> {
    let (id, now, dispatch_now) = (dispatch.id, inside.seams.now(), dispatch.clone());
    inside.store.write::<_, StoreError, _>(move |tx| {
        let set = |tx: &mut Tx<'_>, state: State, stage: i64, hold: Option<base::Timestamp>| {
            tx.execute(
                "UPDATE dispatches SET state = $2, stage = $3, hold_until = $4 WHERE dispatch_id = $1 AND state = 'sending'",
                &[id.into(), state.word().into(), stage.into(), hold.into()],
            )
        };
        match (dispatch_now.stage, dispatch_now.hold_until) {
            (100, _) => set(tx, State::Done, 100, None),
            // A handful of recipients is the same handful at ten per cent.
            (stage, None) => set(tx, State::Sending, stage, Some(now.plus_seconds(HOLD_SECONDS))),
            (stage, Some(until)) if until <= now => {
                set(tx, State::Sending, if stage < 10 { 10 } else { 100 }, None)
            }
            _ => Ok(0),
        }
    })?;
    Ok(())
}

/// Seconds a finished dispatch is kept while letters may still go out on paper: until then a printing needs each person's part.
/// Longer than [`super::PAPER_DAYS`]; our own figure.
const KEPT_FOR_PAPER: i64 = 60 * 86_400;

/// Erases the recipients and attachments of dispatches that are over, and the key they were sealed under: at once where nobody
/// gets paper, else when the time for paper is over.
fn erase_over(inside: &Inside) -> Result<(), DispatchError> {
    let before = inside.seams.now().plus_seconds(-KEPT_FOR_PAPER);
    let over = inside.store.read::<_, StoreError, _>(|tx| {
        tx.query(
            "SELECT d.dispatch_id, d.state, d.letter, d.released_at FROM dispatches d WHERE d.state IN ('done', 'recalled') \
             AND (EXISTS (SELECT 1 FROM dispatch_pieces p WHERE p.dispatch_id = d.dispatch_id) \
             OR EXISTS (SELECT 1 FROM dispatch_attachments a WHERE a.dispatch_id = d.dispatch_id)) \
             ORDER BY d.released_at LIMIT 200",
            &[],
        )
    })?;
    for row in over {
        let id = row.id(0)?;
        let draft: super::Draft =
            serde_json::from_str(row.text(2)?).map_err(|_| StoreError::Column { column: 2, wanted: "a dispatch" })?;
        let may_need_paper = row.text(1)? == "done" && draft.law() != DeliveryLaw::Free;
        if may_need_paper && row.opt_timestamp(3)?.is_some_and(|at| at > before) {
            continue;
        }
        inside.vault.erase(&super::sealed_under(id))?;
        inside.store.write::<_, StoreError, _>(move |tx| {
            tx.execute("DELETE FROM dispatch_attachments WHERE dispatch_id = $1", &[id.into()])?;
            tx.execute("DELETE FROM dispatch_pieces WHERE dispatch_id = $1", &[id.into()])
        })?;
    }
    Ok(())
}

/// What was decided about a batch.
#[derive(Default)]
struct Decided {
    accounts: Vec<AccountId>,
    paper: Vec<(String, Reason)>,
    unreached: i64,
}

/// A linked account: its state, and since when it consents to (or stopped) the class.
struct Linked {
    account: AccountId,
    is_open: bool,
    has_word: bool,
}

/// What a person's word is about: consent to the class, or stopping a free one.
fn word_of(dispatch: &Dispatch) -> String {
    match dispatch.draft.law() {
        DeliveryLaw::Free => format!("{STOPPED}{}", dispatch.draft.class),
        _ => dispatch.draft.class.clone(),
    }
}

impl Decided {
    fn take(&mut self, law: DeliveryLaw, resident: &str, linked: Option<&Linked>) -> bool {
        let reason = match (law, linked) {
            (DeliveryLaw::Free, Some(one)) if one.is_open && !one.has_word => {
                self.accounts.push(one.account);
                return true;
            }
            (DeliveryLaw::Free, _) => {
                self.unreached += 1;
                return false;
            }
            (DeliveryLaw::PaperRequired, _) => Reason::PaperRequired,
            (_, None) => Reason::NoAccount,
            (_, Some(one)) if !one.is_open => Reason::Away,
            (_, Some(one)) if one.has_word => {
                self.accounts.push(one.account);
                return true;
            }
            _ => Reason::NoConsent,
        };
        self.paper.push((resident.to_owned(), reason));
        false
    }
}

fn everybody(inside: &Inside, dispatch: &Dispatch) -> Result<i64, DispatchError> {
    let most = (dispatch.target() - dispatch.done).min(RECIPIENTS as i64);
    let (id, seams, before) = (dispatch.id, inside.seams.clone(), dispatch.done);
    inside.store.write::<_, DispatchError, _>(move |tx| {
        let dispatch = still(tx, id, before)?;
        let rows = tx.query(
            "SELECT l.account_id, l.told_state, c.given_at FROM portal_links l LEFT JOIN dispatch_consents c \
             ON c.account_id = l.account_id AND c.letter_class = $1 AND c.withdrawn_at IS NULL \
             WHERE l.account_id > $2 ORDER BY l.account_id LIMIT $3",
            &[word_of(&dispatch).into(), dispatch.last_account.as_str().into(), most.into()],
        )?;
        let (mut decided, mut last) = (Decided::default(), dispatch.last_account.clone());
        for row in &rows {
            last = row.text(0)?.to_owned();
            let linked = read_linked(row.text(0)?, row.text(1)?, row.opt_int(2)?.is_some())?;
            decided.take(dispatch.draft.law(), "", Some(&linked));
        }
        send_accounts(tx, &seams, &dispatch, &decided.accounts)?;
        // Accounts may have been closed since the release: then the rest is nobody.
        let looked_at = if (rows.len() as i64) < most { dispatch.total - dispatch.done } else { rows.len() as i64 };
        written(tx, &dispatch, looked_at, &decided, &last)?;
        Ok(looked_at)
    })
}

fn listed(
    inside: &Inside,
    post: &Post,
    dispatch: &Dispatch,
    recheck: Option<&dyn Recheck>,
) -> Result<i64, DispatchError> {
    let (id, before) = (dispatch.id, dispatch.done);
    let piece = inside.store.read::<_, StoreError, _>(|tx| {
        tx.query_one(
            "SELECT first, content FROM dispatch_pieces WHERE dispatch_id = $1 AND first <= $2 ORDER BY first DESC LIMIT 1",
            &[id.into(), (before + 1).into()],
        )
    })?;
    let piece = piece.ok_or(StoreError::Column { column: 0, wanted: "the recipients of a dispatch" })?;
    let plain = inside.vault.open_sealed(&dispatch.sealed_under(), "dispatch_pieces.content", piece.blob(1)?)?;
    let all: Vec<Recipient> =
        serde_json::from_slice(&plain).map_err(|_| StoreError::Column { column: 1, wanted: "recipients" })?;
    let skip = usize::try_from(before + 1 - piece.int(0)?).unwrap_or(usize::MAX).min(all.len());
    let has_own = attachments::has_own(inside, id)?;
    let most = usize::try_from(dispatch.target() - before).unwrap_or(0);
    let most = if has_own { most.min(attachments::OWN_TOGETHER) } else { most };
    let batch: Vec<Recipient> = all.into_iter().skip(skip).take(most).collect();
    if batch.is_empty() {
        return Err(StoreError::Column { column: 1, wanted: "as many recipients as were taken" }.into());
    }
    // Sealing to the other zone needs the accounts, which are read here and hardly change until the transaction: a consent
    // withdrawn in between counts for letters after it.
    let residents: Vec<String> = batch.iter().map(|one| one.resident.clone()).collect();
    let word = word_of(dispatch);
    let left_out = recheck.map_or_else(|| Ok(BTreeSet::new()), |look| look.left_out(inside, dispatch, &residents))?;
    let linked = inside.store.read::<_, DispatchError, _>(|tx| linked(tx, &residents, &word))?;
    let (mut decided, mut parts, mut reached) = (Decided::default(), Vec::new(), BTreeMap::new());
    for recipient in &batch {
        if left_out.contains(&recipient.resident) {
            decided.unreached += 1;
            continue;
        }
        let one = linked.get(&recipient.resident);
        if !decided.take(dispatch.draft.law(), &recipient.resident, one) {
            continue;
        }
        if let Some(one) = one {
            reached.insert(recipient.resident.clone(), one.account);
            if !recipient.personal.is_empty() {
                parts.push((one.account, recipient.personal.clone()));
            }
        }
    }
    let messages = personal_messages(post, dispatch, &parts)?;
    let own = if has_own { attachments::own_messages(inside, post, dispatch, &reached)? } else { Vec::new() };
    let with_parts: BTreeSet<AccountId> = parts.iter().map(|(account, _)| *account).collect();
    let (seams, looked_at) = (inside.seams.clone(), batch.len() as i64);
    inside.store.write::<_, DispatchError, _>(move |tx| {
        let dispatch = still(tx, id, before)?;
        let mut plain: Vec<AccountId> =
            decided.accounts.iter().copied().filter(|account| !with_parts.contains(account)).collect();
        plain.sort_unstable();
        send_accounts(tx, &seams, &dispatch, &plain)?;
        for message in &messages {
            relay::send(tx, &seams, Zone::Outside, arrivals::PERSONAL, message.as_bytes())?;
        }
        for message in &own {
            relay::send(tx, &seams, Zone::Outside, arrivals::OWN_ATTACHMENT, message.as_bytes())?;
        }
        for (resident, reason) in &decided.paper {
            paper::enter(tx, id, resident, *reason, seams.now())?;
        }
        written(tx, &dispatch, looked_at, &decided, "")?;
        Ok(looked_at)
    })
}

/// The dispatch, when it is still where it was: otherwise another process or a stop came first.
fn still(tx: &mut Tx<'_>, id: Id, before: i64) -> Result<Dispatch, DispatchError> {
    let dispatch = get(tx, id)?.ok_or(DispatchError::Unknown)?;
    if dispatch.state == State::Sending && dispatch.done == before {
        Ok(dispatch)
    } else {
        Err(DispatchError::State("sending"))
    }
}

fn personal_messages(
    post: &Post,
    dispatch: &Dispatch,
    parts: &[(AccountId, Personal)],
) -> Result<Vec<String>, DispatchError> {
    let about = arrivals::bound_to(dispatch.letter);
    let mut messages = Vec::new();
    for piece in parts.chunks(PERSONAL_RECIPIENTS) {
        let sealed = post.seal(&about, serde_json::json!(piece).to_string().as_bytes())?;
        let body = PersonalBody { letter: dispatch.letter.to_string(), sealed: BASE64.encode(&sealed) };
        messages.push(serde_json::json!(body).to_string());
    }
    Ok(messages)
}

fn send_accounts(
    tx: &mut Tx<'_>,
    seams: &base::Seams,
    dispatch: &Dispatch,
    accounts: &[AccountId],
) -> Result<(), DispatchError> {
    for piece in accounts.chunks(RECIPIENTS) {
        let body = Recipients { letter: dispatch.letter.to_string(), accounts: piece.to_vec() };
        relay::send(tx, seams, Zone::Outside, arrivals::PLACE, serde_json::json!(body).to_string().as_bytes())?;
    }
    Ok(())
}

fn written(
    tx: &mut Tx<'_>,
    dispatch: &Dispatch,
    looked_at: i64,
    decided: &Decided,
    last_account: &str,
) -> Result<(), DispatchError> {
    tx.execute(
        "UPDATE dispatches SET done = done + $2, placed = placed + $3, on_paper = on_paper + $4, unreached = unreached + $5, \
         last_account = $6 WHERE dispatch_id = $1",
        &[
            dispatch.id.into(),
            looked_at.into(),
            (decided.accounts.len() as i64).into(),
            (decided.paper.len() as i64).into(),
            decided.unreached.into(),
            last_account.into(),
        ],
    )?;
    Ok(())
}

fn read_linked(account: &str, told_state: &str, has_word: bool) -> Result<Linked, StoreError> {
    let account = AccountId::parse(account).ok_or(StoreError::Column { column: 0, wanted: "an account" })?;
    Ok(Linked { account, is_open: told_state == "open", has_word })
}

/// The accounts of `residents`, a hundred keys a question.
fn linked(tx: &mut Tx<'_>, residents: &[String], word: &str) -> Result<BTreeMap<String, Linked>, DispatchError> {
    static SQL: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        let keys: Vec<String> = (0..TOGETHER).map(|key| format!("${}", key + 2)).collect();
        format!(
            "SELECT l.resident_id, l.account_id, l.told_state, c.given_at FROM portal_links l LEFT JOIN dispatch_consents c \
             ON c.account_id = l.account_id AND c.letter_class = $1 AND c.withdrawn_at IS NULL \
             WHERE l.resident_id IN ({})",
            keys.join(", ")
        )
    });
    let mut all = BTreeMap::new();
    for piece in residents.chunks(TOGETHER) {
        let mut values: Vec<Value> = vec![word.into()];
        values.extend(piece.iter().map(|resident| Value::from(resident.as_str())));
        values.resize_with(TOGETHER + 1, || Value::from(""));
        for row in tx.query(SQL.as_str(), &values)? {
            let linked = read_linked(row.text(1)?, row.text(2)?, row.opt_int(3)?.is_some())?;
            all.insert(row.text(0)?.to_owned(), linked);
        }
    }
    Ok(all)
}
