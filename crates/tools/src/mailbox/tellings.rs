//! Evidence of what channels did with the notice of a letter (通知の記録): given to a channel, arrived, or failed. One entry for a
//! batch; which entries concern a person is kept beside them.

use std::sync::LazyLock;

use base::{Id, Seams};
use store::{StoreError, Tx, Value};

use super::evidence::{self, About, Event};
use super::letter::{self, LetterId};
use crate::channels::{Happened, Witness};
use crate::portal::AccountId;

/// Writes evidence for campaigns that are letters; others are not ours.
#[derive(Clone, Copy, Debug)]
pub struct Tellings;

const TOGETHER: usize = 64;

static INSERT: LazyLock<String> = LazyLock::new(|| {
    let rows: Vec<String> = (0..TOGETHER).map(|row| format!("($1, ${}, $2)", row + 3)).collect();
    format!(
        "INSERT INTO mailbox_tellings (letter_id, account_id, position) VALUES {} \
         ON CONFLICT (letter_id, account_id, position) DO NOTHING",
        rows.join(", ")
    )
});

impl Witness for Tellings {
    fn happened(
        &self,
        tx: &mut Tx<'_>,
        seams: &Seams,
        campaign: Id,
        what: Happened,
        accounts: &[AccountId],
    ) -> Result<(), StoreError> {
        let Some(letter) = LetterId::parse(&campaign.to_string()) else { return Ok(()) };
        let Some(letter) = letter::find(tx, letter)? else { return Ok(()) };
        let mut accounts = accounts.to_vec();
        accounts.sort_unstable();
        accounts.dedup();
        let (event, reason) = match what {
            Happened::Told(channel) => (Event::ConsignmentNotification, channel.word()),
            Happened::Arrived(channel) => (Event::NotificationDelivered, channel.word()),
            Happened::Failed(channel) => (Event::ConsignmentNotificationFailure, channel.word()),
        };
        let reason = format!("by {reason}");
        let position = evidence::note(tx, seams, event, &letter, About::Many(&accounts), Some(&reason))?;
        let mut pieces = accounts.chunks_exact(TOGETHER);
        for piece in &mut pieces {
            let mut values: Vec<Value> = vec![letter.id.into(), position.into()];
            values.extend(piece.iter().map(|account| Value::from(*account)));
            tx.queue(INSERT.as_str(), &values)?;
        }
        for account in pieces.remainder() {
            tx.queue(
                "INSERT INTO mailbox_tellings (letter_id, account_id, position) VALUES ($1, $2, $3) \
                 ON CONFLICT (letter_id, account_id, position) DO NOTHING",
                &[letter.id.into(), (*account).into(), position.into()],
            )?;
        }
        Ok(())
    }
}
