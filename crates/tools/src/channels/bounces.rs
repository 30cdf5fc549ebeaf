//! Messages that came back.

use std::sync::Arc;

use base::Id;
use messaging::email::report::{self, Action, Report};
use messaging::email::suppression::Event;
use messaging::email::{ReportFault, ReturnPath, TokenKey};
use store::StoreError;

use super::campaigns::{Added, add};
use super::outbox::{Gathered, Happened, Witness, account_of};
use super::{Channel, addresses, outbox};
use crate::zone::Outside;

/// What a message that came back was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bounced {
    /// It is about one of ours and was counted.
    Counted,
    /// It is about one of ours and changes nothing: a receipt, a delay, a second report.
    Nothing,
    /// It names no message of ours.
    NotOurs,
    /// It is about one of ours and cannot be read; staff look at it.
    Unreadable(ReportFault),
}

/// What a report says.
#[derive(Clone, Copy)]
enum Said {
    /// It was delivered.
    Delivered,
    /// It came back, or the person complained.
    Failed(Event),
}

/// Takes a message that came to a return path; `witnesses` write down what it says.
///
/// # Errors
/// [`StoreError`].
pub fn take(
    outside: &Outside,
    key: &TokenKey,
    path: &ReturnPath,
    bytes: &[u8],
    witnesses: &[Arc<dyn Witness>],
) -> Result<Bounced, StoreError> {
    let Some(item) = addressed_to(key, path, bytes) else { return Ok(Bounced::NotOurs) };
    let said = match report::read(bytes) {
        Ok(Report::Delivery(found)) => match found.iter().find_map(|one| one.bounce()) {
            Some(bounce) => Said::Failed(Event::Bounced(bounce)),
            None if found.iter().any(|one| one.action == Action::Delivered) => Said::Delivered,
            None => return Ok(Bounced::Nothing),
        },
        Ok(Report::Complaint) => Said::Failed(Event::Complained),
        Ok(Report::ReadReceipt | Report::NotAReport) => return Ok(Bounced::Nothing),
        Err(fault) => return Ok(Bounced::Unreadable(fault)),
    };
    let (seams, now, witnesses) = (outside.seams.clone(), outside.seams.now(), witnesses.to_vec());
    outside.store.write(move |tx| {
        let sql = "SELECT campaign_id, address_id, account_id, channel FROM channel_outbox WHERE item_id = $1";
        let Some(row) = tx.query_one(sql, &[item.into()])? else { return Ok(Bounced::NotOurs) };
        let (campaign, account) = (row.id(0)?, account_of(&row, 2)?);
        let channel = Channel::parse(row.text(3)?).unwrap_or(Channel::Email);
        // The state says whether it was counted before: reports come twice.
        let sql = match said {
            Said::Delivered => "UPDATE channel_outbox SET state = 'arrived' WHERE item_id = $1 AND state = 'told'",
            Said::Failed(_) => {
                "UPDATE channel_outbox SET state = 'bounced' WHERE item_id = $1 AND state IN ('told', 'arrived')"
            }
        };
        if tx.execute(sql, &[item.into()])? == 0 {
            return Ok(Bounced::Nothing);
        }
        let mut gathered = Gathered::default();
        let event = match said {
            Said::Delivered => {
                gathered.add(campaign, Happened::Arrived(channel), account);
                gathered.tell(tx, &seams, &witnesses)?;
                return Ok(Bounced::Nothing);
            }
            Said::Failed(event) => event,
        };
        if matches!(event, Event::Bounced(_)) {
            gathered.add(campaign, Happened::Failed(channel), account);
        }
        gathered.tell(tx, &seams, &witnesses)?;
        if let Some(address) = row.opt_text(1)?.and_then(|text| Id::parse(text).ok()) {
            addresses::happened(tx, address, event, now)?;
        }
        let mut added = Added::default();
        if let Event::Bounced(bounce) = event {
            *outbox::bounced(&mut added, bounce) += 1;
        }
        add(tx, campaign, added)?;
        Ok(Bounced::Counted)
    })
}

/// Which message of ours the headers name: where a mail server writes whom it delivered to.
fn addressed_to(key: &TokenKey, path: &ReturnPath, bytes: &[u8]) -> Option<Id> {
    const NAMES: [&str; 4] = ["delivered-to", "x-original-to", "envelope-to", "to"];
    for line in bytes.split(|byte| *byte == b'\n') {
        let line = line.trim_ascii();
        if line.is_empty() {
            break;
        }
        let Some((name, value)) = std::str::from_utf8(line).ok().and_then(|line| line.split_once(':')) else {
            continue;
        };
        if NAMES.iter().any(|known| name.trim().eq_ignore_ascii_case(known))
            && let Some(item) = value.split([',', ' ']).find_map(|word| path.read(key, word))
        {
            return Some(item);
        }
    }
    None
}
