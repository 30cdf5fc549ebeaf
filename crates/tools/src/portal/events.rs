//! What happened to an account's security, for its person to read. Outside only; words and times, nothing else.

use base::{Seams, Timestamp};
use store::{StoreError, Tx};

use super::AccountId;

/// Rows kept for reading.
const SHOWN: i64 = 30;

/// What happened. The word is the end of its sentence's key, `portal-event-…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum SecurityEvent {
    SignedInCard,
    SignedInApp,
    SignedInPasskey,
    SignedInPassword,
    SignedInTerminal,
    SignedOutEverywhere,
    PasskeyAdded,
    PasskeyStopped,
    EmailChanged,
    PhoneChanged,
    PhoneRemoved,
    CardHeld,
    PasswordSet,
    PasswordReset,
    StopCodeMade,
    StoppedByCode,
    StoppedByOffice,
    ResumedByOffice,
    ResumedByCard,
}

impl SecurityEvent {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::SignedInCard,
        Self::SignedInApp,
        Self::SignedInPasskey,
        Self::SignedInPassword,
        Self::SignedInTerminal,
        Self::SignedOutEverywhere,
        Self::PasskeyAdded,
        Self::PasskeyStopped,
        Self::EmailChanged,
        Self::PhoneChanged,
        Self::PhoneRemoved,
        Self::CardHeld,
        Self::PasswordSet,
        Self::PasswordReset,
        Self::StopCodeMade,
        Self::StoppedByCode,
        Self::StoppedByOffice,
        Self::ResumedByOffice,
        Self::ResumedByCard,
    ];

    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::SignedInCard => "signed-in-card",
            Self::SignedInApp => "signed-in-app",
            Self::SignedInPasskey => "signed-in-passkey",
            Self::SignedInPassword => "signed-in-password",
            Self::SignedInTerminal => "signed-in-terminal",
            Self::SignedOutEverywhere => "signed-out-everywhere",
            Self::PasskeyAdded => "passkey-added",
            Self::PasskeyStopped => "passkey-stopped",
            Self::EmailChanged => "email-changed",
            Self::PhoneChanged => "phone-changed",
            Self::PhoneRemoved => "phone-removed",
            Self::CardHeld => "card-held",
            Self::PasswordSet => "password-set",
            Self::PasswordReset => "password-reset",
            Self::StopCodeMade => "stop-code-made",
            Self::StoppedByCode => "stopped-by-code",
            Self::StoppedByOffice => "stopped-by-office",
            Self::ResumedByOffice => "resumed-by-office",
            Self::ResumedByCard => "resumed-by-card",
        }
    }
}

/// Writes that it happened now.
///
/// # Errors
/// [`StoreError`].
pub fn note(tx: &mut Tx<'_>, seams: &Seams, account: AccountId, event: SecurityEvent) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO portal_events (event_id, account_id, kind, at) VALUES ($1, $2, $3, $4)",
        &[seams.random_id().into(), account.into(), event.word().into(), seams.now().into()],
    )
    .map(drop)
}

/// The latest of an account, newest first; words of a newer version are left out.
///
/// # Errors
/// [`StoreError`].
pub fn latest(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<(SecurityEvent, Timestamp)>, StoreError> {
    let rows = tx.query(
        "SELECT kind, at FROM portal_events WHERE account_id = $1 ORDER BY at DESC, event_id LIMIT $2",
        &[account.into(), SHOWN.into()],
    )?;
    let mut all = Vec::new();
    for row in &rows {
        let word = row.text(0)?;
        if let Some(event) = SecurityEvent::ALL.into_iter().find(|event| event.word() == word) {
            all.push((event, row.timestamp(1)?));
        }
    }
    Ok(all)
}
