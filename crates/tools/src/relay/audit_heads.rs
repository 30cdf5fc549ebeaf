//! Audit heads kept by the other zone: a copy that the operator of one database cannot rewrite alone.

use base::Seams;
use store::{StoreError, Tx};

use super::{HandleError, Message, RelayError, Zone, send};
use crate::audit::Head;

/// The kind of message; the body is one line of a heads file.
pub const KIND: &str = "audit_head";

/// In the transaction that writes the head: sends it away.
pub(crate) fn push(tx: &mut Tx, seams: &Seams, zone: Zone, head: &Head) -> Result<(), RelayError> {
    send(tx, seams, zone.other(), KIND, head.line().as_bytes())?;
    Ok(())
}

/// Keeps a head of `zone`. The first one kept under a number stays; another under the same number is refused, since it
/// would be a rewritten history.
///
/// # Errors
/// [`HandleError`].
pub fn receive(tx: &mut Tx, seams: &Seams, zone: Zone, message: &Message) -> Result<(), HandleError> {
    let line = std::str::from_utf8(&message.body).map_err(|_| HandleError::Malformed("audit head"))?;
    let head = Head::parse(line).ok_or(HandleError::Malformed("audit head"))?;
    if head.zone != zone.name() {
        return Err(HandleError::Refused("an audit head of another zone"));
    }
    let kept = tx.query_one(
        "SELECT line FROM audit_foreign_head WHERE zone = $1 AND number = $2",
        &[zone.name().into(), head.number.into()],
    )?;
    match kept {
        Some(row) if row.text(0)? == line => Ok(()),
        Some(_) => Err(HandleError::Refused("an audit head whose number was used for another: history was rewritten")),
        None => {
            tx.execute(
                "INSERT INTO audit_foreign_head (zone, number, received_at, line) VALUES ($1, $2, $3, $4)",
                &[zone.name().into(), head.number.into(), seams.now().into(), line.into()],
            )?;
            Ok(())
        }
    }
}

/// The heads of `zone` kept here, as the text of a heads file for `yakuba verify audit --against`.
///
/// # Errors
/// [`StoreError`].
pub fn kept(tx: &mut Tx, zone: Zone) -> Result<String, StoreError> {
    let rows =
        tx.query("SELECT line FROM audit_foreign_head WHERE zone = $1 ORDER BY number", &[zone.name().into()])?;
    let mut text = String::new();
    for row in rows {
        text.push_str(row.text(0)?);
        text.push('\n');
    }
    Ok(text)
}
