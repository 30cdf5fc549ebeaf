//! Messages that came back.

use base::Id;
use messaging::email::report::{self, Report};
use messaging::email::suppression::Event;
use messaging::email::{ReportFault, ReturnPath, TokenKey};
use store::StoreError;

use super::campaigns::{Added, add};
use super::{addresses, outbox};
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

/// Takes a message that came to a return path.
///
/// # Errors
/// [`StoreError`].
pub fn take(outside: &Outside, key: &TokenKey, path: &ReturnPath, bytes: &[u8]) -> Result<Bounced, StoreError> {
    let Some(item) = addressed_to(key, path, bytes) else { return Ok(Bounced::NotOurs) };
    let event = match report::read(bytes) {
        Ok(Report::Delivery(found)) => match found.iter().find_map(|one| one.bounce()) {
            Some(bounce) => Event::Bounced(bounce),
            None => return Ok(Bounced::Nothing),
        },
        Ok(Report::Complaint) => Event::Complained,
        Ok(Report::ReadReceipt | Report::NotAReport) => return Ok(Bounced::Nothing),
        Err(fault) => return Ok(Bounced::Unreadable(fault)),
    };
    let now = outside.seams.now();
    outside.store.write(move |tx| {
        let row =
            tx.query_one("SELECT campaign_id, address_id FROM channel_outbox WHERE item_id = $1", &[item.into()])?;
        let Some(row) = row else { return Ok(Bounced::NotOurs) };
        // The state says whether it was counted before: reports come twice.
        let new = tx.execute(
            "UPDATE channel_outbox SET state = 'bounced' WHERE item_id = $1 AND state = 'told'",
            &[item.into()],
        )?;
        if new == 0 {
            return Ok(Bounced::Nothing);
        }
        if let Some(address) = row.opt_text(1)?.and_then(|text| Id::parse(text).ok()) {
            addresses::happened(tx, address, event, now)?;
        }
        let mut added = Added::default();
        if let Event::Bounced(bounce) = event {
            *outbox::bounced(&mut added, bounce) += 1;
        }
        add(tx, row.id(0)?, added)?;
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
